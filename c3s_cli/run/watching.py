"""Read at an interval. Clock, console and threads are parameters, so that tests need not wait."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from c3s_cli.amounts.timestamp import utc
from c3s_cli.errors import ApiError, C3sError, ExitCode, UsageError
from c3s_cli.metrics import calls_at_once
from c3s_cli.output import unmatched_paths
from c3s_cli.parallel import in_background
from c3s_cli.request.pace import Pace, is_interval
from c3s_cli.request.view import DELIMITED, TABLES, Format, View
from c3s_cli.run.fleet import Fleet, open_fleet, run_all
from c3s_cli.run.garbage import collect
from c3s_cli.run.printing import emit, write
from c3s_cli.run.reading import Reader, progress_of
from c3s_cli.run.schedule import Clock, Schedule
from c3s_cli.run.stages import Stages
from c3s_cli.run.verdict import judgement_lines, remarks, verdict
from c3s_cli.signals import on_exit
from c3s_cli.terminal.stderr import say, write_at_once

if TYPE_CHECKING:
    from c3s_cli.report import Judgement, Report
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import Target
    from c3s_cli.run.levels import Levels
    from c3s_cli.terminal.console import Console

# The formats for a live view; the others are for programs.
ON_SCREEN: Final = (Format.TABLE, Format.WIDE)


def watch(
    target: Target,
    query: Query,
    view: View,
    pace: Pace,
    clock: Clock | None = None,
    console: Console | None = None,
    record: str | None = None,
) -> ExitCode:
    """Read at every interval: as a live view on a terminal, as one report after another in a pipe or file.

    record: the recording that what is read is added to.
    """
    if record and target.origin.file:
        raise UsageError("a recording cannot be recorded", hint="c3s recordings FILE --copy NEW copies it")
    clock = clock or Clock()
    stages = Stages(target.verbosity)
    view = structs.replace(view, compact=True)
    for remark in query.remarks:
        say(remark)
    with ExitStack() as stack:
        fleet = stack.enter_context(open_fleet(target, stages, calls_at_once(query)))
        if record:
            from c3s_cli.run.tap import recorded_to  # only --record records

            stack.enter_context(recorded_to(fleet, query, record, pace, target.origin.kind))
        if pace.count != 1:
            fleet.follow()
        schedule = _schedule(fleet, pace, clock)
        if view.format in ON_SCREEN and sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
            from c3s_cli.run.levels import Levels  # only a live view needs them

            levels = Levels(fleet, query, view, stages, selects_fields=not target.origin.facts)
            code = _on_screen(levels, target, stages, pace, schedule, clock, console)
        else:
            read = Reader(fleet, query, stages)
            pipe = Pipe(view, stages, query.namespaces, noted=frozenset() if pace.replay else None)
            # A terminal has echoed ^C: continue on the next line.
            with on_exit(partial(write_at_once, 1, "\n")):
                progress = progress_of(fleet, stages)
                waits = query.until is not None
                code = loop(read, pipe, pace, clock, schedule=schedule, waits=waits, progress=progress)
    stages.summarize()
    return code


def _schedule(fleet: Fleet, pace: Pace, clock: Clock) -> Schedule:
    if pace.replay is None:
        begun = clock.now()
        return Schedule(pace.interval, begun, begun)
    from c3s_cli.run.replay import replay_from  # only a recording is replayed

    return replay_from(fleet, pace.replay, clock.now)


def _on_screen(
    levels: Levels,
    target: Target,
    stages: Stages,
    pace: Pace,
    schedule: Schedule,
    clock: Clock,
    console: Console | None,
) -> ExitCode:
    """Show the live view; print the last table afterwards unless a key ended it."""
    from c3s_cli.run.live import Live, show_live  # only a live view needs them
    from c3s_cli.run.poll import Poll
    from c3s_cli.terminal.console import Console

    fleet = levels.shown.fleet
    # Plugins may ask for credentials: on the normal screen. What fails is said by the first reading.
    run_all(fleet, [member.cluster for member in fleet.members], progress=not stages.verbose)
    poll = Poll(in_background if console is None else lambda job: job())
    live = Live(levels, console or Console(sys.stdout), pace, target)
    with fleet.plugins.prompts.none():
        ended = show_live(live, poll, schedule, clock.now)
    until = ended.report.until if ended.report else None
    waits = levels.stack[0].query.until is not None
    if ended.by_key or ended.report is None:
        # The next one may want to see the same.
        say(live.command_line(schedule))
        return _conclude(ended.code, until, timed_out=False, waits=waits)
    write(ended.report, structs.replace(levels.stack[0].view, compact=False), Stages(0))
    for remark in remarks(ended.report):
        say(remark)
    return _conclude(ended.code, until, timed_out=ended.timed_out, waits=until is not None)


def _conclude(code: ExitCode, until: Judgement | None, *, timed_out: bool, waits: bool) -> ExitCode:
    """Report the result of --until and the rows that could not be judged; return the exit code."""
    met = until is not None and until.met
    if code is ExitCode.CONDITION_MET or not (waits or timed_out):
        return code
    if not met:
        say("timed out waiting for the condition" if timed_out else "the condition was not met")
    for line in judgement_lines(until) if until else ():
        say(line)
    if met:
        return ExitCode.OK
    return ExitCode.CONDITION_MET if until and until.fails else ExitCode.TIMED_OUT


def loop(
    read: Callable[[], Report],
    pipe: Pipe,
    pace: Pace,
    clock: Clock,
    *,
    schedule: Schedule | None = None,
    waits: bool = False,
    progress: AbstractContextManager[None] | None = None,
) -> ExitCode:
    """Read at every interval until a condition, --count, --timeout or the end of a recording ends the loop.

    The first reading must succeed. If a later one fails, the loop goes on, so that a watch survives a restart of the
    server. waits: whether there is a condition to wait for. progress: a context for the first reading, which is slow.
    """
    begun = clock.now()
    schedule = schedule or Schedule(pace.interval, begun, begun)
    readings = 0
    until: Judgement | None = None
    while True:
        schedule.begins(clock.now())
        try:
            with nullcontext() if readings else progress or nullcontext():
                report = read()
        except C3sError as problem:
            if not readings:
                raise
            code = problem.code
            pipe.failed(problem)
            schedule.failed(clock.now(), problem.retry_after if isinstance(problem, ApiError) else None)
        else:
            pipe.show(report)
            code, until = verdict(report, pipe.view), report.until
            schedule.succeeded(clock.now())
            # Drop it before the next reading, so that two are never in memory at once.
            del report
        readings += 1
        if code is ExitCode.CONDITION_MET or (until and until.met):
            return _conclude(code, until, timed_out=False, waits=waits)
        collect(readings)
        timed_out = pace.timeout is not None and clock.now() - begun >= pace.timeout
        if timed_out or readings == pace.count or schedule.over:
            return _conclude(code, until, timed_out=timed_out, waits=waits)
        due = schedule.due if pace.timeout is None else min(schedule.due, begun + pace.timeout)
        clock.sleep(max(0.0, due - clock.now()))


class Pipe(Struct):
    """Writes one report after another, for a file or another program."""

    view: View
    stages: Stages
    namespaces: Sequence[str] = ()
    first: bool = True
    said: Sequence[str] = ()
    # What was said of a recording, whose readings have most in common.
    noted: frozenset[str] | None = None

    def show(self, report: Report) -> None:
        """Print a report and its remarks."""
        if not self.first and self.view.format in TABLES:
            emit([f"{utc(report.now)}\n"])
        write(report, self.view, self.stages)
        # Only once: the template is the same for every reading.
        for remark in unmatched_paths(report, self.view) if self.first else ():
            say(remark)
        first, self.first = self.first, False
        if self.view.format in DELIMITED:
            # One table, continued by the next report.
            self.view = structs.replace(self.view, headers=False)
        for remark in (*self._about_data(report), *self._unsaid(list(remarks(report)))):
            say(remark)
        if first and not report.rows and len(self.namespaces) == 1 and is_interval(self.namespaces[0]):
            say(f"hint: -n {self.namespaces[0]} is a namespace; --interval {self.namespaces[0]} sets the pace")

    def _unsaid(self, lines: Sequence[str]) -> Sequence[str]:
        """Leave out the notes on a reading of a recording that were said of the one before."""
        if self.noted is None:
            return lines
        before, self.noted = self.noted, frozenset(line for line in lines if line.startswith("note: "))
        return [line for line in lines if line not in before]

    def _about_data(self, report: Report) -> Sequence[str]:
        """Return what scripts would not know, unless it was said for the reading before."""
        if self.view.format in TABLES:
            return ()
        from c3s_cli.run.footnotes import about_data  # a table for eyes has it below

        before, self.said = self.said, tuple(about_data(report, self.view))
        return self.said if self.said != before else ()

    def failed(self, problem: C3sError) -> None:
        """Print the first line of the error on stderr."""
        say(problem.first_line)
