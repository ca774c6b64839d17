"""A simulated terminal: keys and events in, whole screens out; only waiting moves its clock."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, TextIO, cast

import pyte
import pytest

from c3s_cli.run.schedule import Clock
from c3s_cli.run.watching import watch
from c3s_cli.terminal.console import Console
from c3s_cli.terminal.screen import Screen
from tests.conftest import Run

Event = str | Callable[[], object]


class Terminal(io.StringIO):
    """The stdout of a process at a terminal."""

    def isatty(self) -> bool:
        return True


class FakeConsole:
    """A console whose window a terminal emulator draws. events: what happens in each wait, keys or anything else."""

    encoding = "utf-8"

    def __init__(self, desk: TerminalSession) -> None:
        self.desk = desk
        self.screen = Screen(cast("TextIO", self))
        self.resized = False
        self.written: list[str] = []

    def write(self, text: str) -> None:
        self.written.append(text)
        self.desk.stream.feed(text)

    def flush(self) -> None:
        pass

    @contextmanager
    def opened(self) -> Iterator[FakeConsole]:
        self.screen.enter()
        self.resized = True
        try:
            yield self
        finally:
            self.screen.leave()

    def size(self) -> tuple[int, int]:
        return self.desk.window.columns, self.desk.window.lines

    def wake(self) -> None:
        pass

    def wait(self, seconds: float) -> list[str]:
        return self.desk.wait(seconds)


class Seen(NamedTuple):
    """What a watch on a terminal came to. looks: the screen at every wait. left: what stands on the terminal after.

    cursors: the name on the line of the cursor at every wait, "" if there is none. command: the command line that is
    left, "" if there is none.
    """

    code: int
    looks: list[list[str]]
    left: str
    err: str
    cursors: list[str]
    command: str


class TerminalSession:
    """Runs a watch on a screen of some size. Each event happens in one wait; at the end of them `q` is typed."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.seconds = 1000.0
        self.waits: list[float] = []
        self.console = FakeConsole(self)
        self.resize(80, 24)

    def resize(self, columns: int, lines: int) -> None:
        self.window = pyte.Screen(columns, lines)
        self.stream = pyte.Stream(self.window)
        self.console.resized = True

    def wait(self, seconds: float) -> list[str]:
        self.looks.append(self.shown())
        self.cursors.append(self.cursor())
        self.waits.append(seconds)
        event = next(self.events, "q")
        if callable(event):
            event()
        # A key comes at once; nothing, or anything else, is waited out.
        self.seconds += 0 if isinstance(event, str) and event else seconds
        return [event] if isinstance(event, str) and event else []

    def shown(self) -> list[str]:
        """Return the lines of the screen, without blanks at their ends."""
        return [line.rstrip() for line in self.window.display]

    def cursor(self) -> str:
        """Return the name on the line that is inverse over its whole width."""
        columns = range(self.window.columns)
        lit = (y for y in range(self.window.lines) if all(self.window.buffer[y][x].reverse for x in columns))
        return next((self.shown()[y][2:].split()[0] for y in lit), "")

    def __call__(self, words: str, *events: Event, size: tuple[int, int] = (80, 24)) -> Seen:
        self.looks: list[list[str]] = []
        self.cursors: list[str] = []
        self.events = iter(events)
        self.resize(*size)
        terminal = Terminal()
        clock = Clock(lambda: self.seconds, lambda _seconds: None)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TERM", "xterm-256color")
            patch.setattr(sys, "stdout", terminal)
            patch.setattr(
                "c3s_cli.commands.watch.watch", partial(watch, clock=clock, console=cast("Console", self.console))
            )
            result = self.run(words)
        command = next((each for each in result.err.splitlines() if each.startswith("c3s watch ")), "")
        err = result.err.replace(f"{command}\n", "") if command else result.err
        return Seen(result.code, self.looks, terminal.getvalue(), err, self.cursors, command)


def block(look: Sequence[str], first: int, last: int) -> str:
    """Return some lines of a screen as one text."""
    return "\n".join(look[first:last])
