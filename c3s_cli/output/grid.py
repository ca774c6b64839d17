"""Report → Grid: the cells of a table with their styles, for a screen that shows a part of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from msgspec import structs

from c3s_cli.amounts.duration import age
from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.model import Report
from c3s_cli.output.table import is_pivoted, shown_table
from c3s_cli.request.view import View
from c3s_cli.terminal.bars import sparkline
from c3s_cli.terminal.colour import style_of
from c3s_cli.terminal.frame import Grid, grid_of

UNKNOWN: Final = "<unknown>"
BAD_STATES: Final = ("NotReady", "Error", "Failed", "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "OOMKilled")
TREND_CELLS: Final = 12

Trends = Callable[[Any], tuple[Sequence[int | None], Sequence[int | None]]]


def grid(report: Report, view: View, marks: Callable[[Any], str], trends: Trends | None = None) -> Grid:
    """Make the grid of a report. marks, trends: what is known of a row's past; no trends, no columns for them."""
    columns = shown_table(report, view) if report.rows else []
    leading = max(0, len(columns) - len(report.columns))
    lines = _lines(report)
    if report.contexts and columns and marks_rows(report, view):
        ages = [_sampled(row.timestamp, report.now) for row in lines]
        columns.append(("SAMPLED", [*ages, *[""] * (len(columns[0][1]) - len(ages))]))
    if trends is not None and columns and len(lines) == len(report.rows):
        both = [trends(row) for row in report.rows]
        rest = [""] * (len(columns[0][1]) - len(both))
        columns.append(("CPU-TREND", [*(sparkline(cpu, TREND_CELLS) for cpu, _ in both), *rest]))
        columns.append(("MEMORY-TREND", [*(sparkline(memory, TREND_CELLS) for _, memory in both), *rest]))
    titles = [title for title, _ in columns] if view.headers else []
    made = grid_of(titles, [cells for _, cells in columns])
    names = frozenset(range(leading)) | {
        leading + place for place, column in enumerate(report.columns) if column.unit in (Unit.TEXT, Unit.TEXTS)
    }
    if len(columns) < leading + len(report.columns):
        return made
    styles = [None] * leading + [_style(column, view) for column in report.columns]

    def style(row: int, column: int) -> str:
        find = styles[column] if column < len(styles) else None
        cell = columns[column][1][row]
        if cell == UNKNOWN:
            return "warn"
        return find(lines[row], cell) if find and row < len(lines) else ""

    def mark(row: int) -> str:
        return marks(lines[row]) if row < len(lines) else ""

    def order(by: str, *, reverse: bool) -> list[int]:
        return [*_order(_sorted_by(report), by, reverse=reverse), *range(len(lines), made.size)]

    shown: Grid = structs.replace(made, style=style, mark=mark, order=order, flexible=names, names=leading)
    return shown


def marks_rows(report: Report, view: View) -> bool:
    """Whether each line is one row, which can have a mark: a wide cluster has a line for each resource."""
    return not is_pivoted(report, view)


def _sampled(timestamp: str | None, now: datetime) -> str:
    """Say how old the figures of a row are: each cluster has its own age."""
    if not timestamp:
        return UNKNOWN
    try:
        seconds = (now - datetime.fromisoformat(timestamp)).total_seconds()
    except (ValueError, TypeError):
        return UNKNOWN
    return f"{age(max(0.0, seconds))} ago"


def _lines(report: Report) -> Sequence[Any]:
    """Return the row behind each line: a pod comes once for each of its containers, if they are shown."""
    if not report.containers:
        return report.rows
    return [pod for pod in report.rows for _ in getattr(pod, "containers", ())]


def _sorted_by(report: Report) -> Sequence[Any]:
    """Return what each line is sorted by: a container has its own usage and name."""
    if not report.containers:
        return report.rows
    return [container for pod in report.rows for container in getattr(pod, "containers", ())]


def _order(rows: Sequence[Any], by: str, *, reverse: bool) -> list[int]:
    """Sort lines: the largest usage first, names from A on; unknown usage last either way."""
    if not by:
        return list(range(len(rows)))
    if by == "name":
        return sorted(range(len(rows)), key=lambda place: rows[place].name, reverse=reverse)
    usage = attrgetter({"cpu": "cpu_nanocores", "memory": "memory_bytes"}[by])
    known = [place for place, row in enumerate(rows) if usage(row) is not None]
    known.sort(key=lambda place: usage(rows[place]), reverse=not reverse)
    return [*known, *(place for place, row in enumerate(rows) if usage(row) is None)]


def _style(column: Column, view: View) -> Callable[[Any, str], str] | None:
    """Return how the cells of a column are styled: percentages by the thresholds, states that are bad."""
    if column.unit is Unit.PERCENT:
        return lambda row, _cell: style_of(column.value(row), view.warn, view.critical)
    if column.name == "status":
        return lambda _row, cell: "critical" if any(state in cell for state in BAD_STATES) else ""
    return None
