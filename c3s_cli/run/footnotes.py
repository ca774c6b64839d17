"""Lines below a table on a terminal: which sums lack members or count idle ones, and which columns did not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.analysis.judging import full_name
from c3s_cli.analysis.rollup import is_idle
from c3s_cli.columns.catalogue import table_of
from c3s_cli.columns.naming import totals_of
from c3s_cli.columns.vocabulary import Column, Unit, flat
from c3s_cli.model.rows import Group, Pod
from c3s_cli.report import Report
from c3s_cli.request.view import TABLES, WITH_TEMPLATE, Format, View
from c3s_cli.terminal.stderr import named, with_share

USAGE: Final = {"cpu.usage", "memory.usage"}
COUNTS: Final = {"pods.measured", "nodes.measured"}
RESTARTS: Final = "restarts"
# The units of exact values.
EXACT: Final = {Unit.NANOCORES: "nanocores", Unit.BYTES: "bytes"}


def footnotes(report: Report, view: View, left_out: Sequence[str]) -> Iterator[str]:
    """Yield the lines. left_out: the headings of columns that did not fit."""
    if left_out:
        compact = ", such as cpu.compact,memory.compact" if "cpu.compact" in table_of(report.kind) else ""
        yield (
            f"left out, since the window is too narrow: {', '.join(left_out)}; "
            f"`| cat` shows all columns, and --columns takes some{compact}"
        )
    if view.format in (Format.VALUE, Format.CUSTOM_COLUMNS) and not view.unit:
        units = {column.unit: name for column in _printed(report, view) if (name := EXACT.get(column.unit))}
        if units:
            yield f"values are in {' and '.join(units.values())}; --unit cores,MiB sets other units"
    if view.format not in TABLES:
        return
    yield from in_part(report, view)
    sums = _sums(report, view)
    shown = {column.name for column in flat(report.columns)}
    idle = [row.name for row in report.rows if isinstance(row, Pod) and is_idle(row) and shown & USAGE]
    idle += [
        f"{name} ({count} of {row.pod_count} pods)"
        for name, (row, columns) in sums.items()
        if (count := _not_started(row)) and any(column.in_part for column in columns)
    ]
    if idle:
        yield f"pods that have not started count as using nothing: {named(idle)}"


def _printed(report: Report, view: View) -> tuple[Column, ...]:
    """Return the columns that are printed: of a template, those that it names."""
    columns = tuple(flat(report.columns))
    if view.format not in WITH_TEMPLATE:
        return columns
    from c3s_cli.request.jsonpath import paths_in_spec, paths_in_template  # only for templates

    paths = (paths_in_spec if view.format is Format.CUSTOM_COLUMNS else paths_in_template)(view.template)
    # The objects on the way to a value are paths, too.
    whole = [path for path in paths if not any(path == each[: len(path)] != each for each in paths)]
    return tuple(each for each in columns if any(tuple(each.name.split("."))[: len(path)] == path for path in whole))


def about_data(report: Report, view: View) -> Iterator[str]:
    """Yield what scripts would not know: that usage is in part, unless the data have the counts of its members."""
    printed = _printed(report, view)
    counted = {column.name for column in printed} & COUNTS
    if view.format is not Format.NAME and not counted:
        yield from in_part(structs.replace(report, columns=printed), view)


def in_part(report: Report, view: View) -> Iterator[str]:
    """Yield a line about usage that is shown although some of it is not measured."""
    # The columns whose value lacks members of a group, or containers of a pod.
    lacking = {
        name: (row.measured_share, those)
        for name, (row, columns) in _sums(report, view).items()
        if (those := [each for each in columns if each.name != RESTARTS and each.in_part and each.in_part(row)])
    }
    columns = [] if report.containers else [each for each in flat(report.columns) if each.in_part]
    for row in report.rows if columns else ():
        if isinstance(row, Pod) and row.unmeasured_containers:
            lacking[full_name(row, contexts=report.contexts)] = (row.measured_share, columns)
    if lacking:
        percent = any(column.unit is Unit.PERCENT for _, those in lacking.values() for column in those)
        what = "usage and its percentages are" if percent else "usage is the sum"
        names = [with_share(name, share) for name, (share, _) in lacking.items()]
        yield f"{what} of what is measured only: {named(names)}"
    yield from _restarts_in_part(report, view)


def _restarts_in_part(report: Report, view: View) -> Iterator[str]:
    """Yield the sums of restarts that lack those of some pods."""
    lacking = [
        f"{name} ({row.unknown_restarts} of {row.pod_count} pods unknown)"
        for name, (row, columns) in _sums(report, view).items()
        if row.unknown_restarts and RESTARTS in {column.name for column in columns}
    ]
    if lacking:
        yield f"restarts are the sum of what is known only: {named(lacking)}"


def _sums(report: Report, view: View) -> dict[str, tuple[Group, tuple[Column, ...]]]:
    """Return the groups in a report by their names, each with the columns that are shown of it."""
    sums = {row.name: (row, tuple(flat(report.columns))) for row in report.rows if isinstance(row, Group)}
    if view.sum and report.totals:
        sums["the sum"] = (report.totals, totals_of(report.kind, report.columns))
    return sums


def _not_started(row: Group) -> int:
    """Return how many pods of a group have not started: they are not measured, but are known to use nothing."""
    if row.ended or row.node_count is not None or row.measured_pod_count is None or row.pod_count is None:
        return 0
    return row.pod_count - row.measured_pod_count - row.unmeasured.get("members", 0)
