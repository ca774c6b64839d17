"""A table with colour: the same bytes, with escape sequences around the cells that cross a threshold. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from c3s_cli.output.grid import grid
from c3s_cli.output.table import GAP, layout, shown_table, widths_of
from c3s_cli.report import Report
from c3s_cli.request.view import View
from c3s_cli.terminal.lines import RESET, SGR


def painted(report: Report, view: View) -> Iterator[str]:
    """Write kubectl's table with percentages above the thresholds, bad states and unknown values in colour."""
    if not report.rows:
        return
    columns = shown_table(report, view)
    styles = grid(report, view, lambda _row: "", table=columns).style
    widths = widths_of(columns, view)
    headings = [title for title, _ in columns] if view.headers else None
    text = "".join(layout(headings, [cells for _, cells in columns]))
    lines = iter(text.splitlines())
    if view.headers:
        yield f"{next(lines)}\n"
    for row, line in enumerate(lines):
        yield _line(line, [styles(row, column) for column in range(len(columns))], widths) + "\n"


def _line(line: str, styles: Sequence[str], widths: Sequence[int]) -> str:
    """Put the styles around the cells of one line."""
    pieces = []
    start = 0
    for style, width in zip(styles, widths, strict=True):
        cell = line[start : start + width]
        text = cell.rstrip(" ")
        pieces.append(f"\x1b[{SGR[style]}m{text}{RESET}{cell[len(text) :]}" if style and text else cell)
        pieces.append(line[start + width : start + width + len(GAP)])
        start += width + len(GAP)
    return "".join(chain(pieces, [line[start:]]))
