"""One reading: connect → read → compute → print."""

from __future__ import annotations

from msgspec import structs

from c3s_cli.errors import ExitCode
from c3s_cli.metrics import calls_at_once
from c3s_cli.report import Report
from c3s_cli.request.query import Query
from c3s_cli.request.target import Target
from c3s_cli.request.view import TABLES, Format, View
from c3s_cli.run.fleet import open_fleet
from c3s_cli.run.printing import write
from c3s_cli.run.reading import Reader, progress_of
from c3s_cli.run.stages import Stages
from c3s_cli.run.verdict import say_about, verdict


def show(target: Target, query: Query, view: View) -> ExitCode:
    """Read once and print the rows; with --series, those of every reading in a range."""
    if query.series:
        from c3s_cli.run.series import show_series  # only --series needs it

        return show_series(target, query, query.series, view)
    stages = Stages(target.verbosity)
    with open_fleet(target, stages, calls_at_once(query), query.period) as fleet:
        with progress_of(fleet, stages):
            report = _with_judged(Reader(fleet, query, stages, once=True)(), query, view)
        write(report, view, stages)
    before = []
    if report.moment and (view.format in TABLES or (query.period and query.period.local)):
        before.append(f"usage {report.moment}")
    groups = view.objects and query.of_several_namespaces
    if (report.namespaces or groups) and report.rows and view.format is Format.NAME:
        columns = f"namespace,{'owner' if groups else 'name'}"
        before.append(f"-o name: names alone, as kubectl prints them; -o value --columns {columns} has the namespaces")
    if view.format not in TABLES:
        from c3s_cli.run.footnotes import about_data  # a table for eyes has it below

        before += about_data(report, view)
    say_about(report, view, before, of_query=query.remarks)
    stages.summarize()
    return verdict(report, view)


def _with_judged(report: Report, query: Query, view: View) -> Report:
    """Add to a table what --fail-if compared, if it found something: otherwise nothing shows why."""
    if not (query.fail_if and report.fail_if and report.fail_if.matched) or view.format not in TABLES or view.named:
        return report
    from c3s_cli.request.columns import used_columns  # only what is judged needs it

    judged = used_columns((), query.fail_if, (*report.columns, *report.keys))
    return structs.replace(report, columns=(*report.columns, *dict.fromkeys(judged)))
