"""Reading at an interval. The clock, the frames and the reading come from outside, so that tests need not wait."""

from __future__ import annotations

import gc
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, structs

from c3s_cli.errors import C3sError, ExitCode
from c3s_cli.metrics import requests_at_once
from c3s_cli.output import render
from c3s_cli.request.view import DELIMITED, TABLES
from c3s_cli.run.once import emit, opened, reader, remarks, verdict, write
from c3s_cli.run.stages import Stages
from c3s_cli.terminal.printable import printable
from c3s_cli.terminal.screen import Screen
from c3s_cli.terminal.words import say

if TYPE_CHECKING:
    from c3s_cli.model import Report
    from c3s_cli.request.pace import Pace
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import Target
    from c3s_cli.request.view import View


class Clock(Struct, frozen=True):
    """The time, as the loop needs it. Seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Frames(Protocol):
    """Where the readings of a watch are shown."""

    def show(self, report: Report) -> None:
        """Show a new report."""

    def stale(self, problem: C3sError) -> None:
        """Say that the reading failed; the last report is still the newest."""


def watch(target: Target, query: Query, view: View, pace: Pace, clock: Clock | None = None) -> ExitCode:
    """Read and print at every interval."""
    stages = Stages(target.verbosity)
    view = structs.replace(view, compact=True)
    with opened(target, stages, requests_at_once(query)) as clusters:
        on_screen = view.format in TABLES and sys.stdout.isatty()
        frames = ScreenFrames(view, pace) if on_screen else PipeFrames(view, stages)
        code = loop(
            reader(target, clusters, query, stages), frames, pace, clock or Clock(), until=query.until is not None
        )
    stages.summarize()
    return code


def loop(read: Callable[[], Report], frames: Frames, pace: Pace, clock: Clock, *, until: bool = False) -> ExitCode:
    """Read at every interval until a condition, the count or the time ends it.

    The first reading must succeed. If a later one fails, the last report stays and the loop goes on: a watch outlives
    a restart of what it watches.
    """
    begun = clock.now()
    code = ExitCode.OK
    for tick in ticks(pace, clock):
        try:
            report = read()
        except C3sError as problem:
            if not tick:
                raise
            code = problem.code
            frames.stale(problem)
        else:
            frames.show(report)
            code = verdict(report)
            until_met = report.until_met
            # Before the next reading, so that two are never held at once.
            del report
            if code is ExitCode.CONDITION_MET or until_met:
                return code if code is ExitCode.CONDITION_MET else ExitCode.OK
        _collect()
        if pace.timeout is not None and clock.now() - begun >= pace.timeout:
            say("timed out waiting for the condition")
            return ExitCode.TIMED_OUT
    if until:
        say("the condition was not met")
        return ExitCode.TIMED_OUT
    return code


def _collect() -> None:
    """Collect what the tick left behind. The process of c3s runs without the collector, which only costs time there.

    Freezing keeps what has survived so far out of the next collection.
    """
    if not gc.isenabled():
        gc.collect()
        gc.freeze()


def ticks(pace: Pace, clock: Clock) -> Iterator[int]:
    """Count readings, one at every interval. A reading that takes longer skips the ticks it missed."""
    begun = clock.now()
    tick = 0
    while pace.count is None or tick < pace.count:
        yield tick
        tick += 1
        if tick == pace.count:
            return
        spent = clock.now() - begun
        pause = pace.interval - spent % pace.interval
        if pace.timeout is not None:
            pause = min(pause, max(0.0, pace.timeout - spent))
        clock.sleep(pause)


class PipeFrames:
    """Reports one after the other, for a file or another program."""

    def __init__(self, view: View, stages: Stages) -> None:
        self.view = view
        self.stages = stages
        self.first = True

    def show(self, report: Report) -> None:
        """Print a report and its remarks."""
        if not self.first and self.view.format in TABLES:
            emit(["\n"])
        self.first = False
        write(report, self.view, self.stages)
        if self.view.format in DELIMITED:
            # One table, which the next report continues.
            self.view = structs.replace(self.view, headers=False)
        for remark in remarks(report):
            say(remark)

    def stale(self, problem: C3sError) -> None:
        """Print the first line of the problem on stderr."""
        say(str(problem).split("\n", 1)[0])


class ScreenFrames:
    """Reports drawn over each other on a terminal."""

    def __init__(self, view: View, pace: Pace) -> None:
        self.screen = Screen(sys.stdout, _window)
        self.view = view
        self.interval = f"Every {pace.interval:g}s"
        self.text = ""
        self.read_at = ""

    def show(self, report: Report) -> None:
        """Draw a report. Remarks would spoil the screen, except the last ones."""
        self.text = "".join(render(report, self.view)) or report.empty_message
        self.read_at = f"{report.now:%Y-%m-%d %H:%M:%SZ}"
        self.screen.draw(f"{self.interval}    {self.read_at}", self.text)
        for remark in remarks(report) if report.fail_if_matches else ():
            say(remark)

    def stale(self, problem: C3sError) -> None:
        """Keep the last report, marked as stale."""
        first_line = printable(str(problem).split("\n", 1)[0])
        self.screen.draw(f"{self.interval}    STALE since {self.read_at}: {first_line}", self.text)


def _window() -> tuple[int, int]:
    columns, lines = shutil.get_terminal_size()
    return columns, lines
