"""Watch on a real terminal: whatever ends or stops it, the terminal is restored."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyte
import pytest

from c3s_cli.demo.server import DemoServer
from tests.conftest import AT
from tests.patience import PATIENT
from tests.run.drilled_screens import POD, PODS
from tests.run.test_live import LARGE, MEDIUM, SMALL

pytestmark = [
    pytest.mark.process,
    pytest.mark.measured,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals"),
]
ROOT = Path(__file__).parents[2]
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
C3S = (sys.executable, "-m", "c3s_cli")


class Session:
    """A process at a terminal of its own: what it writes is drawn by an emulator."""

    def __init__(self, *words: str, keyboard: bool = True, size: tuple[int, int] = (80, 24), cwd: Path = ROOT) -> None:
        self.controller, self.terminal = pty.openpty()
        self.screen = pyte.Screen(*size)
        self.stream = pyte.ByteStream(self.screen)
        self.written = b""
        self._size(*size)
        self.before = termios.tcgetattr(self.terminal)
        environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            words,
            stdin=self.terminal if keyboard else subprocess.DEVNULL,
            stdout=self.terminal,
            stderr=self.terminal,
            cwd=cwd,
            env={**environment, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)},
            start_new_session=True,
            preexec_fn=self._control,  # noqa: PLW1509  only a child can take a terminal as its own
        )

    def _control(self) -> None:
        fcntl.ioctl(self.terminal, termios.TIOCSCTTY, 0)

    def _size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.controller, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        self._size(columns, lines)

    def type(self, keys: str) -> None:
        os.write(self.controller, keys.encode())

    def until(self, text: str) -> list[str]:
        """Wait until a line of the screen holds a text; return the screen."""
        end = time.monotonic() + PATIENT
        while not any(text in line for line in self.screen.display):
            assert time.monotonic() < end, "\n".join(self.screen.display)
            self.pump(0.05)
        return [line.rstrip() for line in self.screen.display]

    def pump(self, seconds: float) -> bool:
        """Read what is written for so long, at least what has been written already; return whether there was any."""
        end, before = time.monotonic() + seconds, len(self.written)
        while select.select([self.controller], [], [], max(0.0, end - time.monotonic()))[0]:
            try:
                data = os.read(self.controller, 65536)
            except OSError:
                break
            self.written += data
            self.stream.feed(data)
            if time.monotonic() > end:
                break
        return len(self.written) > before

    def drain(self) -> None:
        """Read until nothing more comes."""
        while self.pump(0.1):
            pass

    def ended(self) -> int:
        """Wait for the end; return the exit code. The terminal must be as it was."""
        end = time.monotonic() + PATIENT
        while self.process.poll() is None:
            assert time.monotonic() < end, "it does not end"
            self.pump(0.05)
        self.drain()
        assert self.written.count(ENTERED) == self.written.count(LEFT)
        assert self.written.rfind(LEFT) > self.written.rfind(ENTERED) or ENTERED not in self.written
        assert termios.tcgetattr(self.terminal) == self.before
        assert self.written.count(b"\x1b[?25l") == self.written.count(b"\x1b[?25h")
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.controller)
        os.close(self.terminal)


@pytest.fixture
def open_session(demo_server: DemoServer) -> Iterator[Any]:
    """Give a function that starts a watch of the frozen demo at a terminal."""
    sessions: list[Session] = []

    def opened(words: str = "watch", **options: Any) -> Session:
        session = Session(*C3S, *words.split(), "--server", demo_server.url, "--interval", "0.5", **options)
        sessions.append(session)
        session.until("1–10 of 10")
        return session

    yield opened
    for session in sessions:
        session.close()


def test_q_ends_it(open_session: Any) -> None:
    session = open_session()
    session.type("q")
    assert session.ended() == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_a_signal_ends_it_with_its_code(open_session: Any, number: signal.Signals, code: int) -> None:
    session = open_session()
    session.process.send_signal(number)
    assert session.ended() == code


def test_ctrl_c_ends_it(open_session: Any) -> None:
    session = open_session()
    session.type("\x03")
    assert session.ended() == 130


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell")
@pytest.mark.parametrize(
    ("command", "last"),
    [
        *((f"watch -o {output} --server {{url}}", "spot-2") for output in ("table", "json", "csv")),
        ("demo --port 0", "Serving"),
    ],
)
def test_after_ctrl_c_the_prompt_is_on_a_line_of_its_own(demo_server: DemoServer, command: str, last: str) -> None:
    session = Session("bash", "--norc", "--noprofile", "-i")
    try:
        session.pump(0.5)
        session.type(f"PS1='ready> '; {sys.executable} -m c3s_cli {command.format(url=demo_server.url)}\n")
        session.until(last)
        session.screen.reset()
        session.type("\x03")
        look = session.until("ready>")
        assert [line for line in look if "ready>" in line] == ["ready>"]
    finally:
        session.close()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with job control")
def test_ctrl_z_gives_the_terminal_back_until_fg(demo_server: DemoServer) -> None:
    session = Session("bash", "--norc", "--noprofile", "-i")
    try:
        session.pump(0.5)
        session.type(f"PS1='ready> '; {sys.executable} -m c3s_cli watch --server {demo_server.url}\n")
        session.until("1–10 of 10")
        session.screen.reset()
        session.type("\x1a")
        session.until("Stopped")
        session.until("ready>")
        assert session.written.count(LEFT) == session.written.count(ENTERED) == 1
        session.screen.reset()
        session.type("fg\n")
        look = session.until("1–10 of 10")
        assert "  gpu-1       13207m       27%         44314Mi         22%" in look
        session.screen.reset()
        session.type("q")
        session.until("ready>")
        assert session.written.count(LEFT) == session.written.count(ENTERED) == 2
    finally:
        session.close()


def test_keys_and_the_size_of_the_window_count_at_once(open_session: Any) -> None:
    session = open_session("watch --interval 60")
    session.type("c")
    look = session.until("by cpu")
    assert next(line for line in look if "gpu-1" in line or "cp-1" in line).startswith("  gpu-1")
    session.resize(60, 10)
    look = session.until("1–6 of 10")
    assert all(len(line) <= 60 for line in look)
    session.type("\x1b[6~")
    session.until("5–10 of 10")
    session.type("/spot\r")
    session.until("1–2 of 2 (10 in total)")
    session.type("\x1b")
    session.until("5–10 of 10")
    session.type("q")
    assert session.ended() == 0


def screen(size: tuple[int, int], header: str, rows: str, last: str) -> str:
    """Lay out a whole screen: header and rows from the top, the last line at the bottom, the hint at its right."""
    columns, lines = size
    above = [*header.splitlines(), *rows.splitlines()]
    hint = "h help  q quit"
    return "\n".join([*above, *[""] * (lines - len(above) - 1), f"{last}{hint:>{columns - len(last)}}"])


SHORT = "CPU █▋···· 28%  MEMORY █▍···· 23%  nodes 10/10 ready  pods 93\n"
SHORT += "every 60s   09:30:00Z   sampled 0s ago over 15s\n"
HEADINGS = "  NAME        CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)\n"
ROWS = {
    "cp-1": "  cp-1        515m         13%         2859Mi          20%\n",
    "general-1": "  general-1   2568m        32%         4942Mi          16%\n",
    "general-2": "  general-2   3229m        40%         5490Mi          17%\n",
    "general-3": "  general-3   2184m        27%         4463Mi          14%\n",
    "gpu-1": "  gpu-1       13207m       27%         44314Mi         22%\n",
    "gpu-2": "  gpu-2       11876m       24%         45058Mi         23%\n",
    "memory-1": "  memory-1    4668m        59%         38105Mi         60%\n",
    "spot-1": "  spot-1      3164m        40%         3894Mi          27%\n",
    "spot-2": "  spot-2      <unknown>    <unknown>   <unknown>       <unknown>\n",
}


def table(*names: str) -> str:
    return HEADINGS + "".join(ROWS[name] for name in names)


def by_cpu(*names: str) -> str:
    return table(*names).replace("CPU(cores) ", "CPU(cores)▼", 1)


def test_every_screen_of_a_session_is_whole() -> None:
    session = Session(*C3S, "watch", "--demo-at", AT, "--interval", "60", size=(120, 40))

    def look(until: str) -> str:
        session.until(until)
        session.drain()
        # The clock of the terminal goes on.
        shown = "\n".join(line.rstrip() for line in session.screen.display)
        return re.sub("(sampled|PAUSED,) [0-9]+s", r"\1 0s", shown)

    def typed(keys: str, until: str) -> str:
        session.type(keys)
        return look(until)

    try:
        assert look("1–10 of 10") == LARGE.replace("every 2s", "every 60s")
        session.resize(40, 10)
        assert look("1–6 of 10") == SMALL
        session.resize(80, 24)
        assert look("1–10 of 10") == MEDIUM.replace("every 2s", "every 60s")
        session.resize(80, 8)
        size = (80, 8)
        assert look("1–4 of 10") == screen(
            size, SHORT, table("cp-1", "general-1", "general-2", "general-3"), "1–4 of 10"
        )
        assert typed("c", "by cpu") == screen(
            size, SHORT, by_cpu("gpu-1", "gpu-2", "memory-1", "general-2"), "1–4 of 10  by cpu"
        )
        assert typed("\x1b[6~", "5–8") == screen(
            size, SHORT, by_cpu("spot-1", "general-1", "general-3", "cp-1"), "5–8 of 10  by cpu"
        )
        assert typed("/", "/▏") == screen(
            size, SHORT, by_cpu("spot-1", "general-1", "general-3", "cp-1"), "/▏"
        ).replace("h help  q quit", "").rstrip(" ")
        assert typed("spot\r", "1–2") == screen(
            size, SHORT, by_cpu("spot-1", "spot-2"), "1–2 of 2 (10 in total)  /spot  by cpu"
        )
        assert typed(" ", "PAUSED") == screen(
            size, SHORT, by_cpu("spot-1", "spot-2"), "PAUSED, 0s old  1–2 of 2 (10 in total)  /spot  by cpu"
        )
        session.type("q")
        assert session.ended() == 0
    finally:
        session.close()


def test_every_screen_of_drilling_down_is_whole() -> None:
    session = Session(*C3S, "watch", "--demo-at", AT, "--interval", "60", size=(120, 40))

    def look(until: str, lines: int) -> str:
        session.until(until)
        session.drain()
        shown = [line.rstrip() for line in session.screen.display][:lines]
        return re.sub("sampled [0-9]+s", "sampled 0s", "\n".join(shown))

    try:
        session.until("1–10 of 10")
        session.type("j\r")
        assert look("1–14 of 14", 40) == PODS[120]
        for columns, lines, until in ((80, 24, "1–14 of 14"), (60, 15, "1–10 of 14"), (40, 10, "1–5 of 14")):
            session.resize(columns, lines)
            assert look(until, lines) == PODS[columns]
        session.type("j" * 10 + "\r")
        assert look("1–1 of 1", 10) == POD[40]
        for columns, lines in ((60, 15), (80, 24), (120, 40)):
            session.resize(columns, lines)
            assert look(f"1–1 of 1{'h help  q quit':>{columns - 8}}", lines) == POD[columns]
        session.type("\x1b")
        session.until("14 of 14")
        session.type("gG\x1b[5~k")
        session.until("14 of 14")
        for key, title in (("4", "workloads"), ("6", "containers"), ("5", "pods"), ("2", "nodes"), ("3", "namespaces")):
            session.type(key)
            session.until(f"{title} on node general-1")
        session.type("1")
        session.until("clusters")
        session.type("q")
        assert session.ended() == 0
        assert session.written.endswith(f"c3s watch cluster --interval 60 --demo-at {AT}\r\n".encode())
    finally:
        session.close()


def test_without_a_keyboard_it_still_draws(open_session: Any) -> None:
    session = open_session(keyboard=False)
    session.process.terminate()
    assert session.ended() == 143


def test_what_never_can_be_read_is_said_on_the_normal_screen(demo_server: DemoServer) -> None:
    session = Session(*C3S, "watch", "nodes", "none", "--server", demo_server.url)
    try:
        assert session.ended() == 1
        assert b'nodemetrics.metrics.k8s.io "none" not found' in session.written.rpartition(LEFT)[2]
    finally:
        session.close()
