"""One reading: connect → read → compute → print."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from c3s_cli.errors import ExitCode
from c3s_cli.metrics import requests_at_once
from c3s_cli.output import prepare, unmatched_paths
from c3s_cli.request.view import TABLES
from c3s_cli.run.fleet import opened
from c3s_cli.run.printing import write
from c3s_cli.run.reading import progress_of, reader
from c3s_cli.run.stages import Stages
from c3s_cli.run.verdict import remarks, verdict
from c3s_cli.terminal.stderr import not_shown, say

if TYPE_CHECKING:
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import Target
    from c3s_cli.request.view import Format, View
    from c3s_cli.run.fleet import Fleet


def show(target: Target, query: Query, view: View) -> ExitCode:
    """Read once and print the rows."""
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
