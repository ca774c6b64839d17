"""Lines below a table on a terminal: which sums lack members, and which columns did not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from c3s_cli.columns.catalogue import table_of
from c3s_cli.columns.naming import totals_of
from c3s_cli.columns.vocabulary import flat
from c3s_cli.model.rows import Group
from c3s_cli.request.view import TABLES
from c3s_cli.terminal.stderr import named

if TYPE_CHECKING:
    from c3s_cli.columns.vocabulary import Column
    from c3s_cli.report import Report
    from c3s_cli.request.view import View


def footnotes(report: Report, view: View, left_out: Sequence[str]) -> Iterator[str]:
    """Yield the lines. left_out: the headings of columns that did not fit."""
    if left_out:
        compact = ", such as cpu.compact,memory.compact" if "cpu.compact" in table_of(report.kind) else ""
        yield (
            f"left out, since the window is too narrow: {', '.join(left_out)}; "
            f"`| cat` shows all columns, and --columns takes some{compact}"
        )
    if view.format not in TABLES:
        return
    columns = flat(report.columns)
    incomplete = {row.name: row for row in report.rows if isinstance(row, Group) and _lacks_members(row, columns)}
    if view.sum and report.totals and _lacks_members(report.totals, totals_of(report.kind, report.columns)):
        incomplete["the sum"] = report.totals
    if incomplete:
        names = named([f"{name} ({row.measured_share})" for name, row in incomplete.items()])
        yield f"usage is the sum of what is measured only: {names}"


def _lacks_members(row: Group, columns: Sequence[Column]) -> bool:
    return any(column.in_part and column.in_part(row) for column in columns)
