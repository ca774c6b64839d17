"""Run c3s, send it signals at some moment, and see what is wrong with its end."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from tests.signals.kinds import READING, Kind

# After that many seconds it is said to hang.
PATIENCE: Final = 60.0
# Starts c3s where Python cannot make a file in memory.
WITHOUT_MEMORY_FILES: Final = "import os; del os.memfd_create; from c3s_cli.__main__ import entry_point; entry_point()"
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
HIDDEN, SHOWN = b"\x1b[?25l", b"\x1b[?25h"


class Outcome(NamedTuple):
    """How it ended. code: negative for a signal. faults: in words. early: in Python's own start, before c3s."""

    code: int
    faults: tuple[str, ...]
    early: bool
    written: bytes


class Terminal:
    """What c3s writes to: a terminal, or a pipe for its stderr."""

    def __init__(self, kind: Kind) -> None:
        self.screen = kind.screen
        self.source, self.sink = pty.openpty() if kind.screen else os.pipe()
        os.set_blocking(self.source, False)
        if kind.screen:
            fcntl.ioctl(self.source, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
            self.modes = termios.tcgetattr(self.sink)

    def read(self, seconds: float) -> bytes:
        """Wait for what comes next; nothing if the time is over."""
        if not select.select([self.source], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self.source, 1 << 16)
        except OSError:
            return b""

    def faults(self, written: bytes, *, unread: bool) -> list[str]:
        """Say in which way the terminal is not as it was."""
        if not self.screen:
            return []
        # Nothing can be said to a terminal that takes no more output; its modes can be restored.
        left = unread or written.rfind(LEFT) >= written.rfind(ENTERED)
        shown = unread or written.rfind(SHOWN) >= written.rfind(HIDDEN)
        checks = {
            "other modes of the terminal": termios.tcgetattr(self.sink)[:4] == self.modes[:4],
            "left in the alternate screen": left,
            "the cursor is hidden": shown,
        }
        return [fault for fault, is_right in checks.items() if not is_right]

    def close(self) -> None:
        """Close both ends."""
        os.close(self.source)
        os.close(self.sink)


def program(python: str, kind: Kind) -> list[str]:
    """Return how to start c3s: its script, as users do, or another beginning that this kind needs."""
    if kind.files:
        return [python, "-c", WITHOUT_MEMORY_FILES]
    script = Path(python).with_name("c3s")
    return [str(script)] if script.exists() else [python, "-m", "c3s_cli"]


def outcome(argv: list[str], kind: Kind, moment: float, within: float) -> Outcome:
    """Run it once. moment: when the signal is sent, in seconds. within: how many seconds its end may take."""
    folder = tempfile.mkdtemp(prefix="signals-")
    terminal = Terminal(kind)
    # A process that hangs says where, when it is aborted.
    env = {**os.environ, "TMPDIR": folder, "TERM": "xterm-256color", "PYTHONFAULTHANDLER": "1"}
    streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout"), terminal.sink if kind.screen else subprocess.DEVNULL)
    process = subprocess.Popen(argv, **streams, stderr=terminal.sink, env=env, cwd=folder, start_new_session=True)
    try:
        chosen = [random.choice(kind.signals) for _ in range(1 + kind.again)]  # noqa: S311  no secret
        written, took = _signalled(process, terminal, kind, moment, chosen)
        faults = terminal.faults(written, unread=kind.unread)
        left = [path for path in Path(folder).rglob("*") if path.is_file()]
        if left:
            faults.append(
                "a key is left" if any(b"PRIVATE KEY" in path.read_bytes() for path in left) else "a file is left"
            )
        broke = any(word in written for word in (b"Traceback", b"Fatal Python error", b"KeyboardInterrupt"))
        early = broke and b"c3s_cli" + os.sep.encode() not in written
        if broke and not early:
            faults.append("a traceback")
        # Python itself may swallow what comes so early.
        if took > (PATIENCE if early else within):
            faults.append(f"hung for {PATIENCE:g} s" if took >= PATIENCE else f"took more than {within:g} s")
        if b"internal error" in written:
            faults.append("an internal error")
        allowed = {0, 1} if kind.ends else set[int]()
        # Killed by a signal: before Python or c3s could handle it.
        if not early and process.returncode not in allowed.union(*({128 + each, -each} for each in chosen)):
            faults.append(f"exit code {process.returncode}")
        return Outcome(process.returncode, tuple(faults), early, written)
    finally:
        terminal.close()
        shutil.rmtree(folder)


def _signalled(
    process: subprocess.Popen[bytes], terminal: Terminal, kind: Kind, moment: float, chosen: list[signal.Signals]
) -> tuple[bytes, float]:
    """Send the signals at their moment, and wait for the end. Return what was written, and how long it took."""
    written = b""
    begun = time.monotonic()
    while kind.unread and ENTERED not in written and time.monotonic() < begun + PATIENCE and process.poll() is None:
        written += terminal.read(0.01)
    moment += time.monotonic() if kind.unread else begun
    while (left := moment - time.monotonic()) > 0 and process.poll() is None:
        if kind.unread:
            time.sleep(left)
        else:
            written += terminal.read(left)
    for number in chosen:
        process.send_signal(number)
        if kind.again:
            time.sleep(random.uniform(0, 0.004))  # noqa: S311  no secret
    sent = time.monotonic()
    while process.poll() is None and time.monotonic() < sent + PATIENCE:
        if kind.unread:
            time.sleep(0.005)
        else:
            written += terminal.read(0.005)
    took = time.monotonic() - sent
    if process.poll() is None:
        process.send_signal(signal.SIGABRT)
        time.sleep(0.2)
        process.kill()
        process.wait()
    while more := terminal.read(0):
        written += more
    return written, took


def outcomes(
    kind: Kind, places: dict[str, str], runs: int, within: float, python: str = sys.executable
) -> list[Outcome]:
    """Run a kind often, some at a time, at moments that are spread over its time."""
    argv = [*program(python, kind), *kind.words.format(**places).split()]
    reading = [*program(python, kind), *READING.format(**places).split()]
    first, last = kind.between
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        unit = _unit(*reading)
        moments = [unit * (first + (last - first) * (run + random.random()) / runs) for run in range(runs)]  # noqa: S311
        random.shuffle(moments)
        return list(pool.map(lambda moment: outcome(argv, kind, moment, within), moments))


@cache
def _unit(*argv: str) -> float:
    """Return how long a reading takes here and now, while as many others run."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return median(pool.map(_seconds, [argv] * 3))


def _seconds(argv: Sequence[str]) -> float:
    begun = time.monotonic()
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - begun


def summary(results: list[Outcome]) -> str:
    """Say how often what happened."""
    codes = dict(Counter(result.code for result in results).most_common())
    faults = dict(Counter(fault for result in results for fault in result.faults))
    early = sum(result.early for result in results)
    return f"{len(results)} runs, exit codes {codes}, in Python's own start {early}, faults: {faults or 'none'}"
