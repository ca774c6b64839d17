"""One reading: connect → read → compute → render → write."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from msgspec import structs

from c3s_cli.errors import ExitCode, ReaderGone
from c3s_cli.metrics import requests_at_once
from c3s_cli.output import prepare, render, unmatched_paths
from c3s_cli.request.view import TABLES
from c3s_cli.run.fleet import opened
from c3s_cli.run.reading import progress_of, reader
from c3s_cli.run.stages import Stages
from c3s_cli.run.verdict import remarks, verdict
from c3s_cli.terminal.colour import wants_colour
from c3s_cli.terminal.stderr import not_shown, say

if TYPE_CHECKING:
    from c3s_cli.report import Report
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import Target
    from c3s_cli.request.view import Format, View
    from c3s_cli.run.fleet import Fleet


def show(target: Target, query: Query, view: View, *, explain: bool = False) -> ExitCode:
    """Read once and print the rows; with `explain`, the terms of one row's requests and limits."""
    if explain:
        from c3s_cli.run.explain import explain_one  # only --explain needs it

        return explain_one(target, query, view)
    stages = Stages(target.verbosity)
    requests = requests_at_once(query)
    with opened(target, stages, requests) as fleet:
        while_waiting(target, fleet, requests, partial(_prepare, view.format))
        with progress_of(fleet, stages):
            report = reader(fleet, query, stages, once=True)()
        write(report, view, stages)
    if report.omitted and view.format in TABLES:
        say(not_shown(report.omitted))
    for remark in (*filter(None, [query.remark]), *unmatched_paths(report, view), *remarks(report)):
        say(remark)
    stages.summarize()
    return verdict(report)


def while_waiting(target: Target, fleet: Fleet, requests: int, job: Callable[[], None]) -> None:
    """Run a job in a thread while c3s waits for answers.

    If one API server is read, the job begins when the first requests have been sent. Earlier, it would delay them:
    Python runs one thread at a time.
    """
    run = threading.Thread(target=job, daemon=True).start
    if fleet.several or target.origin.url:
        run()
    else:
        fleet.members[0].cluster().when_sent(requests, run)


def _prepare(format_: Format) -> None:
    """Import the modules that compute and print."""
    import c3s_cli.analysis.report  # noqa: F401  for `reader`, which imports it again

    prepare(format_)


def write(report: Report, view: View, stages: Stages) -> None:
    """Render and print. A closed pipe ends the rendering too."""
    colour = wants_colour(view.color, os.environ, is_terminal=sys.stdout.isatty())
    with stages.stage("rendering"):
        emit(render(report, structs.replace(view, color="always" if colour else "never", width=_width())))


def _width() -> int | None:
    """Return the width of the terminal; None for a pipe or file."""
    if not sys.stdout.isatty():
        return None
    import shutil  # not needed for pipes

    return shutil.get_terminal_size().columns


def emit(pieces: Iterable[str]) -> None:
    """Print pieces of text. ReaderGone if the pipe is closed, before Typer sets its own exit code for that."""
    try:
        for piece in pieces:
            sys.stdout.write(piece)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone("") from None
