"""Measure a watch on a terminal of 120 columns and 40 lines, at size L: `python benchmarks/live.py`.

Prints the CPU time of reading pods, with and without -o wide, compared with `kubectl top pods -A`, and of a redraw.
Pods are measured every 15 s, so that at the default interval most readings bring the same metrics as the one before.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cases import SIZES
from servers import AT, server

COMMAND: Final = (sys.executable, "-m", "c3s_cli", "watch", "pods", "-A")
WARM, READINGS, REDRAWS = 3, 30, 200
# The default interval of a watch, in seconds. Pods are measured every 15 s.
USUAL: Final = "2"
# So many simulated seconds per real second, and this interval, bring new metrics with every reading.
FAST, SHORT = 40, "0.4"
SERVER: Final = """
from c3s_cli.demo.server import start
with start(nodes={nodes}, pods_per_node={pods}, at="{at}", pace={pace}) as server:
    print(server.port, flush=True)
    server.wait()
"""
REDRAW: Final = b"\x0c"  # Ctrl-L
# The beginning of a frame.
FRAME: Final = b"\x1b[?2026h"


@contextlib.contextmanager
def demo(pace: int) -> Iterator[list[str]]:
    """Serve a demo cluster of size L, whose clock runs. Yields the flags that point to it."""
    nodes, pods = SIZES["L"]
    code = SERVER.format(nodes=nodes, pods=pods, at=AT, pace=pace)
    with server([sys.executable, "-c", code]) as port:
        yield ["--server", f"http://127.0.0.1:{port}"]


class Session(NamedTuple):
    """A watch on its own terminal. drawn: the number of frames so far. written: what it has written."""

    process: subprocess.Popen[bytes]
    keyboard: int
    drawn: list[int]
    written: list[bytes]

    def wait_until(self, text: bytes) -> None:
        """Wait until a text is written."""
        while text not in b"".join(self.written):
            time.sleep(0.002)

    def type(self, keys: bytes, *texts: bytes) -> list[float]:
        """Type keys; return after how many seconds each text was written."""
        self.written.clear()
        begun = time.monotonic()
        os.write(self.keyboard, keys)
        spent = []
        for text in texts:
            self.wait_until(text)
            spent.append(time.monotonic() - begun)
        return spent

    def wait_for(self, frames: int) -> None:
        """Wait for a number of frames."""
        while sum(self.drawn) < frames:
            time.sleep(0.01)


@contextlib.contextmanager
def at_terminal(*words: str, command: Sequence[str] = COMMAND) -> Iterator[Session]:
    """Run a watch on a terminal until the block ends."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(controller, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}

    def own() -> None:
        """Make it the controlling terminal; otherwise no keys are read."""
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    with subprocess.Popen(
        [*command, *words],
        stdin=terminal,
        stdout=terminal,
        env=environment,
        start_new_session=True,
        preexec_fn=own,  # noqa: PLW1509  only a child can do it
    ) as process:
        os.close(terminal)
        session = Session(process, controller, [], [])
        threading.Thread(target=_drain, args=(session,), daemon=True).start()
        try:
            yield session
        finally:
            process.kill()


def _drain(session: Session) -> None:
    with contextlib.suppress(OSError):
        while written := os.read(session.keyboard, 65536):
            session.drawn.append(written.count(FRAME))
            session.written.append(written)


def cpu_of(*words: str) -> float:
    """Run a watch to its end; return its CPU time in seconds."""
    with at_terminal(*words) as session:
        _, status, usage = os.wait4(session.process.pid, 0)
        session.process.returncode = os.waitstatus_to_exitcode(status)
    if session.process.returncode:
        sys.exit(f"{' '.join(words)} ended with {session.process.returncode}")
    return usage.ru_utime + usage.ru_stime


def reading(*words: str, interval: str) -> float:
    """Return the CPU time of one reading, averaged over many, in seconds."""
    few, many = (cpu_of(*words, "--interval", interval, "--count", str(count)) for count in (WARM, WARM + READINGS))
    return (many - few) / READINGS


def redraw(*words: str) -> float:
    """Return the CPU time of one full redraw, in seconds, while nothing is read."""
    with at_terminal(*words, "--interval", "600") as session:
        session.wait_until("1–".encode())
        time.sleep(1)
        drawn, before = sum(session.drawn), _spent(session.process.pid)
        for frames in range(1, REDRAWS + 1):
            os.write(session.keyboard, REDRAW)
            session.wait_for(drawn + frames)
        return (_spent(session.process.pid) - before) / REDRAWS


def drilled(*flags: str) -> dict[str, list[float]]:
    """Return after how many seconds a level has its title and its rows, by what leads to it."""
    with at_terminal(*flags, "--interval", "600", command=COMMAND[:-2]) as session:
        session.wait_until("1–".encode())
        return {
            "node → its pods": session.type(b"\r", b"pods on node", b"AGE"),
            "pod → its containers": session.type(b"\r", b"pod ", b"CONTAINER"),
            "back": session.type(b"\x1b", b"AGE"),
            "all namespaces": session.type(b"3", b"namespaces", b"MEASURED"),
            "all workloads": session.type(b"4", b"workloads", b"OWNER"),
            "all pods": session.type(b"5", b"pods", b"AGE"),
        }


def _spent(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kubectl(flags: list[str]) -> float:
    """Return the CPU time of `kubectl top pods -A`, in seconds."""
    command = ["kubectl", "top", "pods", "-A", *flags]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print a Markdown table."""
    with demo(pace=1) as flags:
        theirs = sorted(kubectl(flags) for _ in range(5))[2]
        plain, wide = (reading(*words, *flags, interval=USUAL) for words in ((), ("-o", "wide")))
        drawn = redraw("-o", "wide", *flags)
        levels = drilled(*flags)
    with demo(pace=FAST) as flags:
        new, new_wide = (reading(*words, *flags, interval=SHORT) for words in ((), ("-o", "wide")))
    print("| at L, on a terminal | CPU | compared |\n|---|---|---|")
    print(f"| `kubectl top pods -A` | {theirs * 1000:.0f} ms | |")
    for what, ours, ours_wide in (("", plain, wide), (", new metrics every time", new, new_wide)):
        print(f"| a reading of `watch pods -A`{what} | {ours * 1000:.0f} ms | {ours / theirs:.2f} of kubectl |")
        compared = f"{ours_wide / theirs:.2f} of kubectl, {ours_wide / ours:.1f} of the plain one"
        print(f"| a reading of `watch pods -A -o wide`{what} | {ours_wide * 1000:.0f} ms | {compared} |")
    print(f"| a redraw of `watch pods -A -o wide` | {drawn * 1000:.1f} ms | |")
    print("\n| drilling down | title | rows |\n|---|---|---|")
    for what, (*title, rows) in levels.items():
        print(f"| {what} | {title[0] * 1000 if title else 0:.0f} ms | {rows * 1000:.0f} ms |")


if __name__ == "__main__":
    main()
