"""From a request to its output: connect → read → report → render → write, once or at every interval."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from c3s_cli.errors import C3sError, ExitCode, ReaderGone, UsageError
from c3s_cli.kube import connect
from c3s_cli.metrics import read, requests_at_once
from c3s_cli.output import prepare, render
from c3s_cli.request import Format
from c3s_cli.screen import Screen
from c3s_cli.stages import Stages, say

if TYPE_CHECKING:
    from c3s_cli.demo.server import DemoServer
    from c3s_cli.kube import Cluster
    from c3s_cli.model import Report
    from c3s_cli.request import DemoOptions, Pace, Query, Target, View

NAMED: Final = 10
TABLES: Final = (Format.TABLE, Format.WIDE, Format.MARKDOWN)


def show(target: Target, query: Query, view: View) -> ExitCode:
    """Read once and print."""
    stages = Stages(target.verbosity)
    with opened(target, stages, 1 if view.explain else requests_at_once(query)) as cluster:
        if view.explain:
            return explain(cluster, query, view)
        # While the first bytes are on their way: what computes and prints takes 20 ms to import.
        threading.Thread(target=_prepare, args=(view.format,), daemon=True).start()
        report = report_of(cluster, query, stages)
        write(report, view, stages)
    if report.omitted and view.format in TABLES:
        say(f"{report.omitted} more rows are not shown")
    code = conclude(report)
    stages.summarize()
    return code


def _prepare(format_: Format) -> None:
    """Import what computes and prints."""
    import c3s_cli.report  # noqa: F401, PLC0415  for report_of, which imports it again

    prepare(format_)


@contextmanager
def opened(target: Target, stages: Stages, connections: int = 1, *, quiet: bool = False) -> Iterator[Cluster]:
    """Connect to the cluster of a target, or to a demo that lives as long as the reading.

    connections: how many requests will be made at once.
    """
    server = _demo(target.demo) if target.demo else None
    if server is not None:
        target = structs.replace(target, server=server.url, contexts=(), kubeconfig=None)
    try:
        with stages.stage("connection"):
            cluster = connect(target, *target.contexts, trace=stages.trace, connections=connections)
        for note in () if quiet else cluster.notes:
            say(note)
        try:
            yield cluster
        finally:
            cluster.close()
    finally:
        if server is not None:
            server.close()


def _demo(options: DemoOptions) -> DemoServer:
    from c3s_cli.demo.server import start  # noqa: PLC0415  only --demo pays for a server

    try:
        return start(nodes=options.nodes, pods_per_node=options.pods_per_node, seed=options.seed, at=options.at)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
    except OSError as problem:
        raise C3sError(f"the demo cannot start: {problem}") from problem


def report_of(cluster: Cluster, query: Query, stages: Stages) -> Report:
    """Read and compute."""
    sample = read(cluster, query, stages.count)
    with stages.stage("computing"):
        from c3s_cli.report import make_report  # noqa: PLC0415  imported while the reading waited

        return make_report(sample, query, query.namespace or cluster.namespace)


def explain(cluster: Cluster, query: Query, view: View) -> ExitCode:
    """Print how the requests and limits of one object add up."""
    from c3s_cli.explanation import explained  # noqa: PLC0415  only --explain needs it

    emit(explained(cluster, query, view))
    return ExitCode.OK


def write(report: Report, view: View, stages: Stages) -> None:
    """Render and print. A pipe that is closed stops the rendering, too."""
    with stages.stage("rendering"):
        emit(render(report, view))


def emit(pieces: Iterable[str]) -> None:
    """Print pieces of text. ReaderGone if the pipe is closed, before Typer makes an exit code of its own of that."""
    try:
        for piece in pieces:
            sys.stdout.write(piece)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone("") from None


def conclude(report: Report) -> ExitCode:
    """Say what is to be said beside the output, and what it all amounts to."""
    if report.nothing:
        say(report.nothing)
    for failure in report.failures:
        unread = "" if failure.source == "quantity" else f"{failure.source} could not be read: "
        say(f"warning: {unread}{failure.message}")
    if report.matched:
        named = ", ".join(report.matched[:NAMED])
        more = f" and {len(report.matched) - NAMED} more" if len(report.matched) > NAMED else ""
        say(f"--fail-if is met by {len(report.matched)} of the rows: {named}{more}")
        return ExitCode.CONDITION_MET
    return ExitCode.INCOMPLETE if report.failures else ExitCode.OK


# --- again and again ------------------------------------------------------------------------------------------


class Clock(Struct, frozen=True):
    """Time as the loop sees it; a test brings its own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def watch(target: Target, query: Query, view: View, pace: Pace, clock: Clock | None = None) -> ExitCode:
    """Read and print at every interval.

    The first reading must succeed. When a later one fails, the last table stays, marked as stale, and the
    reading goes on: a watch outlives a restart of what it watches.
    """
    if view.explain:
        raise UsageError("--explain does not go with watch", hint="c3s top explains once")
    stages = Stages(target.verbosity)
    clock = clock or Clock()
    view = structs.replace(view, compact=True)
    begun = clock.now()
    code = ExitCode.OK
    with opened(target, stages, requests_at_once(query)) as cluster:
        frames = _Frames(view)
        for tick in ticks(pace, clock):
            try:
                report = report_of(cluster, query, stages)
            except C3sError as problem:
                if not tick:
                    raise
                code = problem.code
                frames.stale(str(problem), pace)
            else:
                frames.show(report, pace, stages)
                code = conclude(report) if not frames.screen else _silently(report)
                met = report.met
                # Before the next reading, or two of them are held at once.
                del report
                if code is ExitCode.CONDITION_MET:
                    break
                if met:
                    return ExitCode.OK
            _collect()
            if pace.timeout is not None and clock.now() - begun >= pace.timeout:
                say("timed out waiting for the condition")
                return ExitCode.TIMED_OUT
        else:
            if query.until is not None:
                say("the condition was not met")
                return ExitCode.TIMED_OUT
    stages.summarize()
    return code


def _collect() -> None:
    """Collect what the tick left behind where the collector is off, as in a process of c3s.

    Rows are no garbage and need no collector while they are made; what has been there since the start is not looked
    through again.
    """
    import gc  # noqa: PLC0415  only a process that lives long collects garbage

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


class _Frames:
    """Where the tables of a watch go: over each other on a terminal, after each other in a pipe."""

    def __init__(self, view: View) -> None:
        terminal = view.format in TABLES and sys.stdout.isatty()
        self.screen = Screen(sys.stdout, _window) if terminal else None
        self.view = view
        self.text = ""
        self.read_at = ""
        self.first = True

    def show(self, report: Report, pace: Pace, stages: Stages) -> None:
        """Show a new report."""
        if self.screen is None:
            if not self.first and self.view.format in TABLES:
                emit(["\n"])
            self.first = False
            write(report, self.view, stages)
            if self.view.format in (Format.CSV, Format.TSV):
                # One table, which goes on.
                self.view = structs.replace(self.view, headers=False)
            return
        self.text = "".join(render(report, self.view)) or report.nothing
        self.read_at = f"{report.now:%Y-%m-%d %H:%M:%SZ}"
        self.screen.draw(f"Every {pace.interval:g}s    {self.read_at}", self.text)

    def stale(self, problem: str, pace: Pace) -> None:
        """Keep the last report, and say that it is not of now."""
        first_line = problem.split("\n", 1)[0]
        if self.screen is None:
            say(first_line)
        else:
            self.screen.draw(f"Every {pace.interval:g}s    STALE since {self.read_at}: {first_line}", self.text)


def _window() -> tuple[int, int]:
    columns, lines = shutil.get_terminal_size()
    return columns, lines


def _silently(report: Report) -> ExitCode:
    """Conclude without words where words would spoil the screen, unless they are the last ones."""
    if report.matched:
        return conclude(report)
    return ExitCode.INCOMPLETE if report.failures else ExitCode.OK
