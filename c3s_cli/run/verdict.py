"""The remarks about a report for stderr, and its exit code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from c3s_cli.amounts.totals import added
from c3s_cli.columns.vocabulary import COMMON, Column, flat, json_name, unit_of
from c3s_cli.errors import ExitCode
from c3s_cli.model.rows import Group, Pod
from c3s_cli.output import unmatched_paths
from c3s_cli.request.view import TABLES, Format, View
from c3s_cli.run.failures import line_of
from c3s_cli.terminal.stderr import SOME, counted, named, say, with_share

if TYPE_CHECKING:
    from c3s_cli.model.prices import CostTerms
    from c3s_cli.report import Judgement, Report


def say_about(
    report: Report, view: View, before: Iterable[str] = (), after: Iterable[str] = (), of_query: Iterable[str] = ()
) -> None:
    """Say on stderr what there is to say about a report that was printed.

    before, after: what only this command says. of_query: the remarks of the query.
    """
    omitted = []
    if report.omitted and view.format in TABLES:
        omitted.append(f"{counted(report.omitted, 'more row')} {'is' if report.omitted == 1 else 'are'} not shown")
    pending = _not_scheduled(report, view)
    for line in (*before, *omitted, *of_query, *unmatched_paths(report, view), *pending, *remarks(report), *after):
        say(line)


def remarks(report: Report) -> Iterator[str]:
    """Return the lines for stderr: that the report is empty, what could not be read, the result of --fail-if."""
    if report.empty_message:
        yield report.empty_message
    if report.absence:
        yield f"hint: {report.absence}"
    if report.costs:
        yield from about_costs(report.costs)
        yield from _without_members(report)
    yield from _not_unused(report)
    for remark in report.remarks:
        yield f"note: {remark}"
    for failure in report.failures:
        yield f"warning: {line_of(failure, with_context=report.contexts)}"
    if report.fail_if:
        yield from judgement_lines(report.fail_if)


def about_costs(costs: CostTerms) -> Iterator[str]:
    """Return the lines about costs: the currency, how they are allocated, and which nodes or GPUs have no price."""
    yield (
        f"note: costs are {costs.currency} per month of {costs.hours} hours, allocated by requests: "
        "what no pod requests is in no pod's cost"
    )
    if costs.unpriced:
        which = f"{len(costs.unpriced)} of {counted(costs.nodes, 'node')}"
        yield f"warning: no price in {costs.file} for {which}, so their costs are unknown: {named(costs.unpriced)}"
    if costs.without_gpu:
        which = f"{counted(len(costs.without_gpu), 'node')} with pods that request GPUs"
        yield f"warning: no gpuHour in {costs.file} for {which}, whose costs are unknown: {named(costs.without_gpu)}"


def _without_members(report: Report) -> Iterator[str]:
    """Yield which groups have costs of usage without those of members that are not measured."""
    shown = [name for name in ("cost.usage", "cost.waste") if name in {column.name for column in flat(report.columns)}]
    groups = [row for row in report.rows if isinstance(row, Group)] if shown else []
    lacking = [row for row in groups if "cost.usage" in row.unmeasured and "cost.usage" in (row.figures or {})]
    if lacking:
        which = named([f"{row.name} ({row.measured_share})" for row in lacking])
        yield f"note: what is not measured is in cost.requests alone, not in {' or '.join(shown)}: {which}"


def _not_unused(report: Report) -> Iterator[str]:
    """Yield what is requested but is not in columns of what is unused: what is not measured, or reserves nothing."""
    names = [column.name for column in flat(report.columns)]
    shown = [name for name in names if name.endswith(".unused")]
    rows = [row for row in report.rows if isinstance(row, Group | Pod)] if shown else []
    beside = any(name.replace(".unused", ".requests") in names for name in shown)
    lacking = [with_share(row.name, row.measured_share) for row in rows if beside and row.measured_share]
    without = [
        f"{row.name} ({row.unscheduled_pod_count} of {row.pod_count} pods)" if isinstance(row, Group) else row.name
        for row in rows
        if row.unscheduled_requests
    ]
    what = [f"is not measured: {named(lacking, SOME)}"] if lacking else []
    what += [f"is not scheduled: {named(without, SOME)}"] if without else []
    if what:
        yield f"note: {' and '.join(shown)} {'leave' if len(shown) > 1 else 'leaves'} out what {'; what '.join(what)}"
    if rows and all(isinstance(row, Group) for row in rows):
        from c3s_cli.analysis.unused import netted  # few groups show it

        yield from (f"note: {words}" for words in netted(report))


def _not_scheduled(report: Report, view: View) -> Iterator[str]:
    """Yield what sums of requests include of pods without a node, which nodes and clusters leave out."""
    names = {column.name for column in flat(report.columns) if view.format is not Format.NAME}
    if any(name.endswith(".unused") for name in names) or not any(name.endswith(".requests") for name in names):
        return
    rows = [row for row in report.rows if isinstance(row, Group)]
    if not rows and view.sum and report.totals:
        rows = [report.totals]
    count = sum([row.unscheduled_pod_count for row in rows])
    requests = added(row.unscheduled_requests for row in rows)
    from c3s_cli.output.cells import AMOUNTS  # loaded for tables already

    shown = [
        f"{AMOUNTS[unit_of(resource)](value)}{'' if resource in COMMON else f' {resource}'}"
        for resource, value in requests.items()
        if f"{json_name(resource)}.requests" in names
    ]
    if shown:
        pods = f"{counted(count, 'pod')} that {'is' if count == 1 else 'are'} not scheduled"
        yield f"note: requests include {' and '.join(shown)} of {pods}"


def judgement_lines(judgement: Judgement) -> Iterator[str]:
    """Return lines that name the rows that match a condition, and those that could not be judged."""
    if judgement.flag == "--until-all":
        # With --until-all only the count matters, not the names of the rows that match.
        all_of = "all" if judgement.met else f"{len(judgement.matched)} of"
        yield f"{judgement.flag}: {all_of} {counted(judgement.of, 'row')} matched"
    elif judgement.matched:
        yield f"{judgement.flag}: {counted(len(judgement.matched), 'row')} matched: {named(judgement.matched)}"
    if judgement.nothing:
        yield f"{judgement.flag}: {judgement.nothing}"
    if judgement.unjudged:
        # Objects that --where could not judge come last, and have no share.
        pairs = zip_longest(judgement.unjudged, judgement.shares, fillvalue="")
        shown = [with_share(name, share) for name, share in pairs]
        rows, names = counted(len(shown), "row"), named(shown)
        # Usage that is missing comes with the next scrape; what else is unknown may stay so.
        stays = all(reason.endswith(" unknown") for reason in judgement.because.split(", "))
        green = stays and judgement.flag == "--fail-if" and not judgement.fails
        also = "; --fail-if-unknown fails then" if green else ""
        yield f"{judgement.flag}: {rows} could not be judged ({judgement.because}): {names}{also}"


def verdict(report: Report, view: View | None = None, *, unsure: object = False) -> ExitCode:
    """Return the exit code of a report; with a view, that of printing it: a missing value of -o value is no success.

    unsure: whether the command does not know something else that it was asked.
    """
    if report.fail_if and report.fail_if.fails:
        return ExitCode.CONDITION_MET
    blind = report.fail_if and report.fail_if.blind
    incomplete = unsure or report.failures or blind or (view and view.format is Format.VALUE and _has_unknown(report))
    return ExitCode.INCOMPLETE if incomplete else ExitCode.OK


def _has_unknown(report: Report) -> bool:
    from c3s_cli.output.table import lines  # only for -o value

    return any(_is_unknown(column, each) for column in flat(report.columns) for each in lines(report, column))


def _is_unknown(column: Column, row: Any) -> bool:
    """Return whether a value is missing, and not known to be none: a percentage of nothing is known."""
    if column.absent and column.absent(row):
        return False
    if column.ratio and column.ratio[1](row) == 0 and not column.signed:
        return False
    return None in [side(row) for side in column.ratio or (column.value,)]
