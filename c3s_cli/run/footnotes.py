"""Lines below a table on a terminal: which sums lack members or count idle ones, and which columns did not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from c3s_cli.analysis.rollup import is_idle
from c3s_cli.columns.catalogue import table_of
from c3s_cli.columns.naming import totals_of
from c3s_cli.columns.vocabulary import Unit, flat
from c3s_cli.model.rows import Group, Pod
from c3s_cli.report import Report
from c3s_cli.request.view import TABLES, Format, View
from c3s_cli.terminal.stderr import named

USAGE: Final = {"cpu.usage", "memory.usage"}
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
    if view.format is Format.VALUE and not view.unit:
        units = {column.unit: name for column in flat(report.columns) if (name := EXACT.get(column.unit))}
        if units:
            yield f"values are in {' and '.join(units.values())}; --unit cores,MiB sets other units"
    if view.format not in TABLES:
        return
    sums = {row.name: (row, tuple(flat(report.columns))) for row in report.rows if isinstance(row, Group)}
    if view.sum and report.totals:
        sums["the sum"] = (report.totals, totals_of(report.kind, report.columns))
    # The columns whose value lacks members of a group.
    lacking = {
        name: [each for each in columns if each.in_part and each.in_part(row)] for name, (row, columns) in sums.items()
    }
    incomplete = [f"{name} ({sums[name][0].measured_share})" for name, columns in lacking.items() if columns]
    if incomplete:
        percent = any(column.unit is Unit.PERCENT for columns in lacking.values() for column in columns)
        what = "usage and its percentages are" if percent else "usage is the sum"
        yield f"{what} of what is measured only: {named(incomplete)}"
    shown = {column.name for column in flat(report.columns)}
    idle = [row.name for row in report.rows if isinstance(row, Pod) and is_idle(row) and shown & USAGE]
    idle += [
        f"{name} ({count} of {row.pod_count} pods)"
        for name, (row, columns) in sums.items()
        if (count := _not_started(row)) and any(column.in_part for column in columns)
    ]
    if idle:
        yield f"pods that have not started count as using nothing: {named(idle)}"


def _not_started(row: Group) -> int:
    """Return how many pods of a group have not started: they are not measured, but are known to use nothing."""
    if row.ended or row.node_count is not None or row.measured_pod_count is None or row.pod_count is None:
        return 0
    return row.pod_count - row.measured_pod_count - row.unmeasured.get("range", 0)
