"""Report → Grid: the cells of a table with styles, for a screen that shows a part of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

from msgspec import Struct, structs

from c3s_cli.amounts.duration import ago
from c3s_cli.amounts.timestamp import epoch
from c3s_cli.columns.catalogue import CONTAINER, IDENTITY, table_of
from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.model.rows import Group
from c3s_cli.output.cells import cells
from c3s_cli.output.table import (
    TableColumn,
    TableColumns,
    is_pivoted,
    lines,
    pivoted_resources,
    shown_table,
    table_columns,
    text_places,
)
from c3s_cli.report import Report
from c3s_cli.request.view import View
from c3s_cli.terminal.bars import sparkline
from c3s_cli.terminal.colour import style_of
from c3s_cli.terminal.frame import Grid, grid_of
from c3s_cli.terminal.printable import UNKNOWN

BAD_STATES: Final = ("NotReady", "Error", "Failed", "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "OOMKilled")
TREND_CELLS: Final = 8
# What sorting by the trends of CPU and memory is called.
GROWTH: Final = {"cpu growth": 0, "memory growth": 1}
# The styles of percentages above a threshold.
ABOVE: Final = ("warn", "critical")
# How --sort-by, and the status line, call what these columns are sorted by.
SHORT: Final = {"cpu.usage": "cpu", "memory.usage": "memory", "cpu.compact": "cpu", "memory.compact": "memory"}
# The columns that a filter searches, besides those that identify a row.
PLACES: Final = ("node", "owner")

Trends = Callable[[Any], tuple[Sequence[int | None], Sequence[int | None]]]


class LazyCells(Sequence[str]):
    """Cells that are made on demand, since a screen shows only few of them."""

    def __init__(self, make: Callable[[Any], str], rows: Sequence[Any]) -> None:
        self._make, self.rows = make, rows

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.rows)

    def __iter__(self) -> Iterator[str]:
        """Yield the cells of the rows, without end otherwise: there is a cell below the last one."""
        return map(self._make, self.rows)

    def __getitem__(self, place: Any) -> Any:
        """Return the cell of one row; "" below the last row, where the sums are."""
        return self._make(self.rows[place]) if place < len(self.rows) else ""


class _GridColumn(Struct, frozen=True):
    """A column of the grid. column: the report's column; None for a name, a trend, or a pivoted table.

    flexible: whether its cells may be shortened. sort: how sorting by it is called, "" if that is not possible.
    descends: whether it begins with the largest value. searched: whether a filter looks at it.
    """

    title: str
    cells: Sequence[str]
    column: Column | None = None
    flexible: bool = False
    sort: str = ""
    descends: bool = False
    searched: bool = False


def grid(
    report: Report,
    view: View,
    marks: Callable[[Any], str],
    trends: Trends | None = None,
    table: TableColumns | None = None,
) -> Grid:
    """Make the grid of a report. marks, trends: from earlier readings; without trends there are no trend columns.

    table: the headings and cells, if already made.
    """
    rows = lines_of(report, view)
    leading, shown = _columns(report, view, table) if report.rows else (0, [])
    if report.contexts and shown and marks_rows(report, view):
        shown.append(_GridColumn("SAMPLED", LazyCells(lambda row: _sampled(row.timestamp, report.now), rows)))
    if trends is not None and shown and len(rows) == len(report.rows) and marks_rows(report, view):
        shown = _with_trends(shown, rows, trends)
    table_grid = grid_of(
        [each.title for each in shown] if view.headers else [], [each.cells for each in shown], max(1, leading)
    )
    names = {place for place, each in enumerate(shown) if each.flexible}
    if is_pivoted(report, view):
        return structs.replace(
            table_grid,
            style=lambda row, column: _percent_style(shown[column].cells[row], view),
            above=lambda row: any(_percent_style(each.cells[row], view) in ABOVE for each in shown),
        )
    styles = [each.column and _style(each.column, view) for each in shown]

    def style(row: int, column: int) -> str:
        cell = shown[column].cells[row]
        if cell == UNKNOWN:
            return "warn"
        find = styles[column]
        return find(rows[row], cell) if find and row < len(rows) else ""

    def mark(row: int) -> str:
        return marks(rows[row]) if row < len(rows) else ""

    def order(by: str, *, reverse: bool) -> list[int]:
        values, descends = _values(report, view, by, trends)
        if values is None:
            return list(range(table_grid.size))
        # The sums stay below.
        return [*_order(values, descending=descends != reverse), *range(len(values), table_grid.size)]

    percentages = [each for each in table_columns(report, view) if each.column.unit is Unit.PERCENT]

    def above(row: int) -> bool:
        values = (each.column.value(each.rows[row]) for each in percentages if row < len(each.rows))
        return any(style_of(value, view.warn, view.critical) for value in values)

    return structs.replace(
        table_grid,
        style=style,
        above=above,
        descends=lambda column: shown[column].descends,
        mark=mark,
        order=order,
        flexible=frozenset(names),
        sorts=[each.sort for each in shown],
        texts=cache(partial(_names, [each for each in shown if each.searched])),
    )


def _columns(report: Report, view: View, table: TableColumns | None) -> tuple[int, list[_GridColumn]]:
    """Return how many of the first columns stay in place, and all columns. Cells of numbers are made on demand."""
    if is_pivoted(report, view):
        return 0, [_GridColumn(title, column) for title, column in table or shown_table(report, view)]
    columns = table_columns(report, view)
    ready = [column for _, column in table or (shown_table(report, view) if view.sum else ())]
    texts = text_places(columns)
    leading = max((place + 1 for place, each in enumerate(columns) if each.identifies), default=0)
    return leading, [
        _GridColumn(
            each.title,
            ready[place]
            if ready
            else cells(each.column, each.rows)
            if each.identifies
            else LazyCells(partial(_cell, each.column), each.rows),
            None if each.identifies else each.column,
            flexible=place in texts,
            sort=_sort_name(each.column, report),
            descends=each.column.descending,
            searched=each.identifies or each.column.name in PLACES,
        )
        for place, each in enumerate(columns)
    ]


def _names(shown: Sequence[_GridColumn]) -> list[str]:
    """Return the names of each line as one text, for filters."""
    columns = [
        cells(each.column, each.cells.rows) if each.column and isinstance(each.cells, LazyCells) else each.cells
        for each in shown
    ]
    return list(map("/".join, zip(*columns, strict=True)))


def _cell(column: Column, row: Any) -> str:
    return cells(column, [row])[0]


def _with_trends(shown: Sequence[_GridColumn], lines: Sequence[Any], trends: Trends) -> list[_GridColumn]:
    """Put the trends of CPU and memory next to their columns, or at the end if those are not shown."""
    columns = {
        resource: _GridColumn("TREND", LazyCells(partial(_trend, trends, place), lines), sort=growth, descends=True)
        for growth, (resource, place) in zip(GROWTH, (("cpu.usage", 0), ("memory.usage", 1)), strict=True)
    }
    with_trends = []
    for each in shown:
        name = each.column.name if each.column else ""
        with_trends += [each, columns.pop(name)] if name in columns else [each]
    return [*with_trends, *columns.values()]


def _trend(trends: Trends, place: int, row: Any) -> str:
    return sparkline(trends(row)[place], TREND_CELLS, _ceiling(row, ("cpu", "memory")[place]))


def _ceiling(row: Any, resource: str) -> int | None:
    """Return what a trend is drawn against: what a node can offer, or the limit of pods; None if neither is known."""
    bounds = row.allocatable or (row.binding_limits if isinstance(row, Group) else row.limits)
    return (bounds or {}).get(resource) or None


def marks_rows(report: Report, view: View) -> bool:
    """Whether each line is one row, which can have a mark: a wide cluster has a line for each resource."""
    return not is_pivoted(report, view)


def _sampled(timestamp: str | None, now: datetime) -> str:
    """Return the age of a row's metrics, which differs between clusters."""
    measured = epoch(timestamp)
    return UNKNOWN if measured is None else ago(measured, now.timestamp())


def lines_of(report: Report, view: View) -> Sequence[Any]:
    """Return the row behind each line: a pod appears once for each container, a wide cluster for each resource."""
    if is_pivoted(report, view):
        return [row for row in report.rows for _ in pivoted_resources(report)]
    if not report.containers:
        return report.rows
    return [pod for pod in report.rows for _ in getattr(pod, "containers", ())]


def _values(report: Report, view: View, by: str, trends: Trends | None) -> tuple[Sequence[Any] | None, bool]:
    """Return what lines are sorted by, and whether the largest value comes first; None for the command's order.

    CPU, memory and the name are there even if they are not shown. Trends are sorted by their growth.
    """
    if by in GROWTH and trends is not None:
        return [_growth(trends(row)[GROWTH[by]]) for row in report.rows], True
    names = CONTAINER if report.containers else IDENTITY["name"]
    usage = (column for name in SHORT if (column := table_of(report.kind).get(name)))
    hidden = (TableColumn("", column, lines(report, column)) for column in (names, *usage))
    for each in (*table_columns(report, view), *hidden):
        if _sort_name(each.column, report) == by:
            values = map(each.column.value, each.rows)
            # Nothing is not the first of the texts.
            return [None if value in ("", ()) else value for value in values], each.column.descending
    return None, False


def _growth(trend: Sequence[int | None]) -> int | None:
    known = [value for value in trend if value is not None]
    return known[-1] - known[0] if known else None


def _sort_name(column: Column, report: Report) -> str:
    """Return how sorting by a column is called. With containers, `name` is theirs."""
    name = SHORT.get(column.name, column.name)
    return {"name": "pod", "container": "name"}.get(name, name) if report.containers else name


def _order(values: Sequence[Any], *, descending: bool) -> list[int]:
    """Sort lines by their values, unknown ones last in both directions."""
    known = [place for place, value in enumerate(values) if value is not None]
    known.sort(key=values.__getitem__, reverse=descending)
    return [*known, *(place for place, value in enumerate(values) if value is None)]


def _style(column: Column, view: View) -> Callable[[Any, str], str] | None:
    """Return the styling of a column's cells: percentages by thresholds, and bad states."""
    if column.unit is Unit.PERCENT:
        return lambda row, _cell: style_of(column.value(row), view.warn, view.critical)
    if column.name == "status":
        return lambda _row, cell: "critical" if any(state in cell for state in BAD_STATES) else ""
    return None


def _percent_style(cell: str, view: View) -> str:
    """Return the style of a cell of a pivoted table, from its truncated percentage; thresholds are whole numbers."""
    if cell == UNKNOWN:
        return "warn"
    return style_of(float(cell[:-1]), view.warn, view.critical) if cell.endswith("%") else ""
