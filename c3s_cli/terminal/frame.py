"""One frame of the live view: header, headings, visible rows, and status line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from textwrap import wrap
from typing import Final

from msgspec import Struct, structs

from c3s_cli.terminal.header import Header, header_lines
from c3s_cli.terminal.keys import LOST
from c3s_cli.terminal.lines import Line, Span, cut, line, middle, pad, shorten, under_cursor, width
from c3s_cli.terminal.panels import Panel
from c3s_cli.terminal.viewing import Viewing, first_in_sight, matcher

GAP: Final = "   "
# The gap between columns if they do not fit with the normal one.
CLOSE: Final = "  "
# Names are not shortened further while a column can be left out instead, so that they stay recognizable.
SHORTEST: Final = 16
# The minimum in a window that is too small for a name and one number.
TINY: Final = 6
MORE: Final = " →"
DESCENDING: Final = "▼"
ASCENDING: Final = "▲"
MARK_STYLES: Final = {"+": "good", "-": "dim", "!": "critical", "↑": "bold", "↓": "bold", LOST: "warn"}


# The cells that tell a row apart.
Name = tuple[str, ...]


class Grid(Struct, frozen=True):
    """The rows as text: headings and the cells of each column, which may be made on demand.

    widths: the minimum width of each column. style(row, column), mark(row): called only for visible rows. order(by,
    reverse=…): the indexes of the rows, sorted by one of `sorts`, "cpu", "memory" or "name", else as the command sorts
    them; None if they cannot be sorted. flexible: the columns that may be shortened. names: how many columns from the
    left tell rows apart. texts(): what a filter searches, for each row. sorts: what sorting by each column is called,
    "" for one that is not sorted by. descends(column): whether sorting by it begins with the largest value. above(row):
    whether a percentage is above a threshold.
    """

    headings: Sequence[str]
    columns: Sequence[Sequence[str]]
    widths: Sequence[int]
    style: Callable[[int, int], str] = lambda _row, _column: ""
    mark: Callable[[int], str] = lambda _row: ""
    order: Callable[..., list[int]] | None = None
    flexible: frozenset[int] = frozenset()
    names: int = 1
    texts: Callable[[], Sequence[str]] = tuple
    sorts: Sequence[str] = ()
    descends: Callable[[int], bool] = lambda _column: False
    above: Callable[[int], bool] = lambda _row: False

    def chosen(self, view: Viewing) -> list[int]:
        """Return the rows that pass the filter, in the chosen order."""
        places = self.order(view.sort, reverse=view.reverse) if self.order else list(range(self.size))
        if view.above:
            places = [place for place in places if self.above(place)]
        excludes = view.wanted.startswith("!")
        pattern = view.wanted[excludes:]
        if not pattern:
            return places
        matches = matcher(pattern).search
        texts = self.texts() or list(map("/".join, zip(*self.columns[: self.names], strict=True)))
        return [place for place in places if bool(matches(texts[place])) != excludes]

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


class Foot(Struct, frozen=True):
    """What the last lines say besides the rows in sight.

    paused: how old the rows are if the screen is paused, else "". notice: the answer to the last key. empty: shown if
    there are no rows. bound: the lowest threshold. below: lines below the rows, which scroll with them.
    """

    paused: str = ""
    notice: str = ""
    empty: str = ""
    bound: float = 70
    below: Sequence[Line] = ()


def frame(
    header: Header,
    grid: Grid,
    order: Sequence[int],
    view: Viewing,
    size: tuple[int, int],
    foot: Foot,
    panel: Panel | None = None,
) -> Body:
    """Make a frame. order: the rows to show, by index in the grid. size: width and height of the window.

    panel: a text in place of the rows.
    """
    columns, lines = max(1, size[0]), max(1, size[1])
    top_lines = header_lines(header, columns, lines)[: max(0, lines - 3)]
    # A notice is wrapped, as it is there for copying.
    notice = [line(Span(text, "bold")) for text in _pieces(foot.notice, columns)][: max(1, lines // 2)]
    page = max(1, lines - len(top_lines) - 1 - max(1, len(notice)))
    total = len(order) + len(foot.below)
    cursor = max(0, min(view.cursor, total - 1))
    top = first_in_sight(view.top, cursor, total=total, page=page)
    left = max(0, min(view.left, len(grid.columns) - grid.names - 1))
    view = structs.replace(view, cursor=cursor, top=top, left=left)
    natural = grid.widths
    if panel:
        page += 1  # no headings
        view = structs.replace(view, panel_top=max(0, min(view.panel_top, len(panel.lines) - page)))
        middle_lines = list(panel.lines[view.panel_top : view.panel_top + page])
    else:
        shown = order[top : top + page]
        natural = [
            max(least, *(width(column[place]) for place in shown)) if shown else least
            for least, column in zip(grid.widths, grid.columns, strict=True)
        ]
        view, layout, is_whole = _in_sight(grid, view, natural, columns)
        heading = [_headings(grid, layout, view, columns, is_whole=is_whole)] if grid.headings else []
        lit = cursor - top
        drawn = [_row(grid, place, layout, columns, cursor=at == lit) for at, place in enumerate(shown)]
        under = foot.below[max(0, top - len(order)) : max(0, top + page - len(order))]
        first = max(0, len(order) - top)
        drawn += [under_cursor(each, columns) if first + at == lit else each for at, each in enumerate(under)]
        middle_lines = [*heading, *drawn]
        if not order:
            text = wrap(_nothing(view, foot), max(1, columns - 2), break_on_hyphens=False)
            middle_lines += [cut(line(f"  {each}"), columns) for each in text][:page]
    last = notice or [_last(view, panel, page, len(order), grid, foot, columns)]
    filling = lines - len(top_lines) - len(last) - len(middle_lines)
    return Body([*top_lines, *middle_lines, *([()] * filling), *last][:lines], page, view, natural)


def _pieces(text: str, cells: int) -> list[str]:
    return [text[start : start + cells] for start in range(0, len(text), cells)]


def _nothing(view: Viewing, foot: Foot) -> str:
    """Return why there are no rows."""
    if view.wanted:
        return f"no row matches /{view.wanted}"
    return f"no percentage shown is {foot.bound:g} or more; w shows more" if view.above else foot.empty


def _in_sight(grid: Grid, view: Viewing, natural: Sequence[int], columns: int) -> tuple[Viewing, _Layout, bool]:
    """Choose the visible columns; scroll to the sorted one if that is wanted. Return also whether all are visible."""
    count = len(grid.columns)
    target = grid.sorts.index(view.sort) if view.reveal and view.sort in grid.sorts[:count] else 0
    if grid.names <= target < grid.names + view.left:
        view = structs.replace(view, left=target - grid.names)
    while True:
        places = [place for place in range(count) if not grid.names <= place < grid.names + view.left]
        layout = _layout(grid, places, natural, columns)
        if target in layout.widths or target < grid.names or view.left >= count - grid.names - 1:
            return structs.replace(view, reveal=False), layout, len(layout.widths) == len(places)
        view = structs.replace(view, left=view.left + 1)


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
        layout = _Layout({place: natural[place] for place in places}, gap)
        shorten(layout.widths, dict.fromkeys(names, SHORTEST), layout.excess(columns))
        if layout.excess(columns) <= 0:
            return layout
    room = columns - len(MORE)
    longest = max(SHORTEST, columns // 3)
    widths = {place: min(natural[place], longest) if place in names else natural[place] for place in places}
    layout = _Layout(widths, GAP)
    while len(widths) > grid.names + 1 and layout.excess(room) > 0:
        widths.popitem()
    shorten(widths, dict.fromkeys(names & widths.keys(), TINY), layout.excess(room))
    # The remaining width goes to the names.
    while layout.excess(room) < 0 and (
        cut_off := [place for place in names & widths.keys() if widths[place] < natural[place]]
    ):
        widths[min(cut_off, key=widths.__getitem__)] += 1
    return layout


def _headings(grid: Grid, layout: _Layout, view: Viewing, columns: int, *, is_whole: bool) -> Line:
    """Make the line of headings: an arrow at the sorted column, and one that shows that there are more columns."""
    spans = list(_row(grid, None, layout, columns))
    if view.sort and view.sort in grid.sorts:
        column = grid.sorts.index(view.sort)
        place = list(layout.widths).index(column) if column in layout.widths else -1
        at = 2 * place + 2
        if place >= 0 and at < len(spans):
            # It takes the place of a blank before the next column.
            spans[at] = Span(_arrow(grid, view, column) + spans[at].text[1:], "title")
        elif place >= 0:
            spans.append(Span(_arrow(grid, view, column), "title"))
    return cut(spans if is_whole else (*spans, Span(MORE, "dim")), columns)


def _arrow(grid: Grid, view: Viewing, column: int) -> str:
    return DESCENDING if grid.descends(column) != view.reverse else ASCENDING


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


def _sort_label(grid: Grid, sort: str) -> str:
    """Return what rows are sorted by: the heading, or one of the words that have a key."""
    has_key = (
        sort in ("cpu", "memory", "name") or sort.endswith(" growth") or sort not in grid.sorts or not grid.headings
    )
    return sort if has_key else grid.headings[grid.sorts.index(sort)]


def _last(view: Viewing, panel: Panel | None, page: int, shown: int, grid: Grid, foot: Foot, columns: int) -> Line:
    """Make the status line: which rows are shown, and keys."""
    if view.typing is not None:
        return cut(line(Span(f"/{view.typing}", "bold"), "▏"), columns)
    last_row = min(view.top + page, shown)
    parts = [f"{min(view.top + 1, shown)}–{last_row} of {shown}" if shown else f"0 of {shown}"]
    if view.pattern or view.above:
        parts[0] += f" ({grid.size} in total)" if shown != grid.size else ""
        parts += [f"/{view.pattern}"] if view.pattern else []
        parts += [f"above {foot.bound:g}%"] if view.above else []
    if panel:
        parts = [panel.name]
    elif view.sort:
        parts.append(f"by {_sort_label(grid, view.sort)}{', reversed' if view.reverse else ''}")
    if view.paused:
        parts.insert(0, f"PAUSED, {foot.paused} old" if foot.paused else "PAUSED")
    text = "  ".join(parts)
    hint = "h help  q quit"
    gap = columns - width(text) - len(hint)
    return (
        cut(line(Span(text, "inverse" if view.paused else "dim"), Span(" " * gap + hint, "dim")), columns)
        if (gap >= 2)
        else cut(line(Span(text, "dim")), columns)
    )
