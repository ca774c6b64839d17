"""One reading: connect → read → compute → render → write."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from msgspec import structs

from c3s_cli.errors import C3sError, ExitCode, ReaderGone, UsageError
from c3s_cli.kube.cluster import connect
from c3s_cli.metrics import read, requests_at_once, source_of
from c3s_cli.output import prepare, render, unmatched_paths
from c3s_cli.request.view import TABLES
from c3s_cli.run.stages import Stages
from c3s_cli.terminal.colour import wants_colour
from c3s_cli.terminal.words import say

if TYPE_CHECKING:
    from c3s_cli.demo.server import DemoServer
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.model import Judgement, Report, Sample
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import DemoOptions, Target
    from c3s_cli.request.view import Format, View

# As many rows as a message names.
NAMED: Final = 10


def show(target: Target, query: Query, view: View, *, explain: bool = False) -> ExitCode:
    """Read once and print the rows; or, with `explain`, the terms of one row's requests and limits."""
    if explain:
        from c3s_cli.run.explain import explain_one  # only --explain needs it

        return explain_one(target, query, view)
    stages = Stages(target.verbosity)
    with opened(target, stages, requests_at_once(query)) as clusters:
        # Importing what computes and prints takes 20 ms: the first answer is under way meanwhile.
        threading.Thread(target=_prepare, args=(view.format,), daemon=True).start()
        report = reader(target, clusters, query, stages)()
        write(report, view, stages)
    if report.omitted and view.format in TABLES:
        say(f"{report.omitted} more rows are not shown")
    for remark in (*unmatched_paths(report, view), *remarks(report)):
        say(remark)
    stages.summarize()
    return verdict(report)


def _prepare(format_: Format) -> None:
    """Import what computes and prints."""
    import c3s_cli.analysis.report  # noqa: F401  for `reader`, which imports it again

    prepare(format_)


@contextmanager
def opened(target: Target, stages: Stages, connections: int = 1, *, quiet: bool = False) -> Iterator[Sequence[Cluster]]:
    """Connect to each context of a target, or to a demo that runs until the block ends.

    connections: how many requests will be made at once to each.
    """
    with ExitStack() as stack:
        if target.demo:
            server = stack.enter_context(_demo(target.demo))
            target = structs.replace(target, server=server.url, contexts=(), kubeconfig=None)
        clusters = []
        with stages.stage("connection"):
            for context in target.contexts or (None,):
                cluster = connect(target, context, trace=stages.trace, connections=connections)
                stack.callback(cluster.close)
                clusters.append(cluster)
                if target.origin.url:
                    cluster.engine = _endpoint(target, stages)
                    stack.callback(cluster.engine.close)
        for note in () if quiet else (note for cluster in clusters for note in cluster.notes):
            say(note)
        yield clusters


def _endpoint(target: Target, stages: Stages) -> Cluster:
    from c3s_cli.kube.endpoint import open_endpoint  # only --from URL needs one

    return open_endpoint(target, stages.trace)


def _demo(options: DemoOptions) -> DemoServer:
    from c3s_cli.demo.server import start  # only --demo needs a server

    try:
        return start(nodes=options.nodes, pods_per_node=options.pods_per_node, seed=options.seed, at=options.at)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
    except OSError as problem:
        raise C3sError(f"the demo cannot start: {problem}") from problem


def sampler(target: Target, clusters: Sequence[Cluster], query: Query, stages: Stages) -> Callable[[], list[Sample]]:
    """Return a function that reads what a query needs from the clusters."""
    sources = [(source_of(cluster, target.origin, stages.count), cluster.namespace) for cluster in clusters]
    return lambda: [read(source, query, namespace) for source, namespace in sources]


def reader(target: Target, clusters: Sequence[Cluster], query: Query, stages: Stages) -> Callable[[], Report]:
    """Return a function that reads the clusters and computes a Report."""
    sample = sampler(target, clusters, query, stages)

    def report() -> Report:
        samples = sample()
        with stages.stage("computing"):
            from c3s_cli.analysis.report import make_report  # imported while waiting for the answer

            return make_report(samples, query)

    return report


def write(report: Report, view: View, stages: Stages) -> None:
    """Render and print. A pipe that is closed ends the rendering too."""
    colour = wants_colour(view.color, os.environ, is_terminal=sys.stdout.isatty())
    with stages.stage("rendering"):
        emit(render(report, structs.replace(view, color="always" if colour else "never", width=_width())))


def _width() -> int | None:
    """Return the columns of the terminal; None for a pipe or file."""
    if not sys.stdout.isatty():
        return None
    import shutil  # pipes do without

    return shutil.get_terminal_size().columns


def emit(pieces: Iterable[str]) -> None:
    """Print pieces of text. ReaderGone if the pipe is closed, before Typer turns that into an exit code of its own."""
    try:
        for piece in pieces:
            sys.stdout.write(piece)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone("") from None


def remarks(report: Report) -> Iterator[str]:
    """Return what stderr says about a report: that it is empty, what could not be read, what --fail-if came to."""
    if report.empty_message:
        yield report.empty_message
    for failure in report.failures:
        unread = "" if failure.source == "quantity" else f"{failure.source} could not be read: "
        yield f"warning: {unread}{failure.message}"
    if report.fail_if:
        yield from judged(report.fail_if)


def judged(judgement: Judgement) -> Iterator[str]:
    """Say which rows match a condition, and which could not be judged."""
    if judgement.flag == "--until-all":
        # Who waits for all wants to know how many are missing; the names of those that match are no news.
        all_of = "all" if judgement.met else f"{len(judgement.matched)} of"
        yield f"{judgement.flag}: {all_of} {_counted(judgement.of)} matched"
    elif judgement.matched:
        yield f"{judgement.flag}: {_counted(len(judgement.matched))} matched: {_named(judgement.matched)}"
    if judgement.unjudged:
        rows, names = _counted(len(judgement.unjudged)), _named(judgement.unjudged)
        yield f"{judgement.flag}: {rows} could not be judged ({judgement.because}): {names}"


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"


def _named(rows: Sequence[str]) -> str:
    return ", ".join(rows[:NAMED]) + (f" and {len(rows) - NAMED} more" if len(rows) > NAMED else "")


def verdict(report: Report) -> ExitCode:
    """Return the exit code that a report comes to."""
    if report.fail_if and report.fail_if.fails:
        return ExitCode.CONDITION_MET
    return ExitCode.INCOMPLETE if report.failures else ExitCode.OK
