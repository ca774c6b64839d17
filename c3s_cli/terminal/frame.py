"""One frame of the live view: header, headings, visible rows, and status line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from itertools import repeat
from typing import Final, Protocol

from msgspec import Struct, structs

from c3s_cli.terminal.header import Header, header_lines
from c3s_cli.terminal.keys import KEYS, LOST, MARKS
from c3s_cli.terminal.lines import Line, Span, cut, line, middle, pad, under_cursor, width
from c3s_cli.terminal.viewing import Viewing, first_in_sight, matcher

GAP: Final = "   "
# The gap between columns if they do not fit with the normal one.
CLOSE: Final = "  "
# Names are not shortened further while a column can be left out instead, so that they stay recognizable.
SHORTEST: Final = 16
# The minimum in a window that is too small for a name and one number.
TINY: Final = 6
MORE: Final = " →"
MARK_STYLES: Final = {"+": "good", "-": "dim", "!": "critical", "↑": "bold", "↓": "bold", LOST: "warn"}


# The cells that tell a row apart.
Name = tuple[str, ...]


class Order(Protocol):
    """Sorts the rows of a grid by one of its `sorts`, "cpu", "memory" or "name", or keeps the command's order."""

    def __call__(self, by: str, *, reverse: bool) -> list[int]:
        """Return the indexes of the rows in order."""


class Grid(Struct, frozen=True):
    """The rows as text: headings and the cells of each column, which may be made on demand.

    widths: the minimum width of each column. style(row, column), mark(row): called only for visible rows. order: None
    if rows cannot be sorted. flexible: the columns that may be shortened. names: how many columns from the left tell
    rows apart. searched: the columns that a filter searches. sorts: what sorting by each column is called, "" for one
    that is not sorted by.
    """

    headings: Sequence[str]
    columns: Sequence[Sequence[str]]
    widths: Sequence[int]
    style: Callable[[int, int], str] = lambda _row, _column: ""
    mark: Callable[[int], str] = lambda _row: ""
    order: Order | None = None
    flexible: frozenset[int] = frozenset()
    names: int = 1
    searched: Sequence[int] = ()
    sorts: Sequence[str] = ()

    def chosen(self, view: Viewing) -> list[int]:
        """Return the rows that pass the filter, in the chosen order."""
        places = self.order(view.sort, reverse=view.reverse) if self.order else list(range(self.size))
        if not view.pattern:
            return places
        excludes = view.pattern.startswith("!")
        matches = matcher(view.pattern[excludes:]).search
        searched = [self.columns[place] for place in self.searched or range(self.names)]
        return [place for place in places if bool(matches("/".join([cells[place] for cells in searched]))) != excludes]

    def name(self, place: int) -> Name:
        """Return the cells that tell a row apart."""
        return tuple(column[place] for column in self.columns[: self.names])

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.columns[0]) if self.columns else 0


def grid_of(headings: Sequence[str], columns: Sequence[Sequence[str]], names: int = 1) -> Grid:
    """Make a grid. Only names are measured, once for each reading, so that a redraw need not visit every row."""
    measured = [_widest(column) for column in columns[:names]] + [0] * (len(columns) - names)
    widths = [max(each, width(heading)) for each, heading in zip(measured, headings or repeat(""), strict=False)]
    return Grid(headings, columns, widths, names=names)


def _widest(column: Sequence[str]) -> int:
    return max(map(len, column), default=0) if "".join(column).isascii() else max(map(width, column))


class Body(Struct, frozen=True):
    """The lines of a frame. page: how many rows fit. view: with a scroll position within the rows and columns.

    widths: the grid's, or those of the visible cells if these are wider. They are kept so that columns do not jump
    while scrolling.
    """

    lines: list[Line]
    page: int
    view: Viewing
    widths: Sequence[int]


def frame(header: Header, grid: Grid, order: Sequence[int], view: Viewing, size: tuple[int, int], note: str) -> Body:
    """Make a frame. order: the rows to show, by index in the grid. size: width and height of the window.

    note: shown if there are no rows.
    """
    columns, lines = max(1, size[0]), max(1, size[1])
    top_lines = header_lines(header, columns, lines)[: max(0, lines - 3)]
    page = max(1, lines - len(top_lines) - 2)
    cursor = max(0, min(view.cursor, len(order) - 1))
    top = first_in_sight(view.top, cursor, total=len(order), page=page)
    left = max(0, min(view.left, len(grid.columns) - grid.names - 1))
    view = structs.replace(view, cursor=cursor, top=top, left=left)
    natural = grid.widths
    if view.help:
        help_lines = _help(columns)
        first = max(0, min(view.help_top, len(help_lines) - page))
        middle_lines = help_lines[first : first + page]
    else:
        places = [place for place in range(len(grid.columns)) if not grid.names <= place < grid.names + left]
        shown = order[top : top + page]
        natural = [
            max(least, *(width(column[place]) for place in shown)) if shown else least
            for least, column in zip(grid.widths, grid.columns, strict=True)
        ]
        layout = _layout(grid, places, natural, columns)
        heading = [_headings(grid, layout, len(places), columns)] if grid.headings else []
        lit = cursor - top
        drawn = [_row(grid, place, layout, columns, cursor=at == lit) for at, place in enumerate(shown)]
        middle_lines = [*heading, *drawn]
        if not shown:
            middle_lines.append(
                cut(line(f"  no row matches /{view.pattern}" if view.pattern else f"  {note}"), columns)
            )
    filling = lines - len(top_lines) - 1 - len(middle_lines)
    last = _last(view, top, page, len(order), grid.size, columns)
    return Body([*top_lines, *middle_lines, *([()] * filling), last][:lines], page, view, natural)


class _Layout(Struct, frozen=True):
    """The widths of the visible columns, and the gap between them."""

    widths: dict[int, int]
    gap: str

    def excess(self, columns: int) -> int:
        """Return by how many cells the line is too long."""
        return 2 + sum(self.widths.values()) + len(self.gap) * (len(self.widths) - 1) - columns


def _layout(grid: Grid, places: Sequence[int], natural: Sequence[int], columns: int) -> _Layout:
    """Choose the visible columns and their widths. natural: the width of each column's cells.

    Names are shortened, the longest first, and gaps are reduced if that makes all columns fit. Otherwise only the
    columns that fit are shown; a name may then take a third of the window.
    """
    names = grid.flexible.intersection(places)
    for gap in (GAP, CLOSE):
        layout = _shortened(_Layout({place: natural[place] for place in places}, gap), names, SHORTEST, columns)
        if layout.excess(columns) <= 0:
            return layout
    room = columns - len(MORE)
    longest = max(SHORTEST, columns // 3)
    widths = {place: min(natural[place], longest) if place in names else natural[place] for place in places}
    layout = _Layout(widths, GAP)
    while len(widths) > grid.names + 1 and layout.excess(room) > 0:
        widths.popitem()
    layout = _shortened(layout, names & widths.keys(), TINY, room)
    # The remaining width goes to the names.
    while layout.excess(room) < 0 and (
        cut_off := [place for place in names & widths.keys() if widths[place] < natural[place]]
    ):
        widths[min(cut_off, key=widths.__getitem__)] += 1
    return layout


def _shortened(layout: _Layout, names: AbstractSet[int], least: int, columns: int) -> _Layout:
    """Shorten names, the longest first, until everything fits or all have the minimum width."""
    widths = layout.widths
    while layout.excess(columns) > 0:
        longest = max(names, key=widths.__getitem__, default=None)
        if longest is None or widths[longest] <= least:
            break
        widths[longest] -= 1
    return layout


def _headings(grid: Grid, layout: _Layout, count: int, columns: int) -> Line:
    """Make the line of headings; an arrow shows that there are more columns."""
    spans = _row(grid, None, layout, columns)
    return cut((*spans, Span(MORE, "dim")), columns) if len(layout.widths) < count else spans


def _row(grid: Grid, place: int | None, layout: _Layout, columns: int, *, cursor: bool = False) -> Line:
    """Make the line of one row, or of the headings if no row is given. cursor: whether the cursor is on it."""
    mark = (grid.mark(place) if place is not None else "") or " "
    spans = [Span(f"{mark} ", MARK_STYLES.get(mark[:1], ""))]
    dim = "dim" if mark in ("-", LOST) else ""
    for column, cells in layout.widths.items():
        text = grid.headings[column] if place is None else grid.columns[column][place]
        style = "title" if place is None else grid.style(place, column) or dim
        text = middle(text, cells) if column in grid.flexible else text
        spans += [Span(text, style), Span(pad("", cells - width(text)) + layout.gap)]
    return under_cursor(cut(spans[:-1], columns), columns) if cursor else cut(spans[:-1], columns)


def _help(columns: int) -> list[Line]:
    keys = [
        cut(line(Span(f"  {key:<8}", "bold"), text), columns)
        for key, text in ((each.shown, each.words) for each in KEYS)
    ]
    marks = [cut(line(Span(f"  {mark:<8}", "bold"), text), columns) for mark, text in MARKS]
    titles = [cut(line(Span(title, "title")), columns) for title in ("Keys", "Marks before a row")]
    return [titles[0], *keys, titles[1], *marks]


def _last(view: Viewing, top: int, page: int, shown: int, total: int, columns: int) -> Line:
    """Make the status line: which rows are shown, and keys."""
    if view.typing is not None:
        return cut(line(Span(f"/{view.typing}", "bold"), "▏"), columns)
    last_row = min(top + page, shown)
    parts = [f"{top + 1}–{last_row} of {shown}" if shown else f"0 of {shown}"]
    if view.pattern:
        parts[0] += f" ({total} in total)" if shown != total else ""
        parts.append(f"/{view.pattern}")
    if view.help:
        parts = ["help"]
    elif view.sort:
        parts.append(f"by {view.sort}{', reversed' if view.reverse else ''}")
    if view.paused:
        parts.insert(0, "PAUSED")
    text = "  ".join(parts)
    hint = "h help  q quit"
    gap = columns - width(text) - len(hint)
    return (
        cut(line(Span(text, "inverse" if view.paused else "dim"), Span(" " * gap + hint, "dim")), columns)
        if (gap >= 2)
        else cut(line(Span(text, "dim")), columns)
    )
