"""One level of the live view: what it reads, what was last read, and what keys have chosen on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from msgspec import structs

from c3s_cli.analysis.changes import Changes
from c3s_cli.analysis.events import EventLog, Thresholds, percentages
from c3s_cli.columns.naming import Naming
from c3s_cli.errors import C3sError
from c3s_cli.model.rows import Pod
from c3s_cli.output.grid import GROWTH, grid, lines_of, marks_rows
from c3s_cli.output.pod_facts import pod_facts
from c3s_cli.report import Report
from c3s_cli.request.query import Query
from c3s_cli.request.view import View
from c3s_cli.run.events_panel import events_panel
from c3s_cli.run.failures import lost_contexts
from c3s_cli.run.fleet import Fleet
from c3s_cli.run.heading import Heading
from c3s_cli.run.reading import Reader
from c3s_cli.terminal.frame import Body, Foot, Grid, frame, grid_of
from c3s_cli.terminal.header import Header
from c3s_cli.terminal.keys import LOST
from c3s_cli.terminal.lines import Line
from c3s_cli.terminal.panels import Panel, help_panel, paragraphs
from c3s_cli.terminal.viewing import Viewing, press

# Of so many rows a trend is remembered before it is asked for.
FEW: Final = 2000


class Level:
    """A table of the live view.

    query, view, fleet: what it shows, of which clusters. read: reads it. heading: the header above it. title: what it
    shows, in words; "" for the view of the command. report, read_at: the last reading, None before the first, and when
    it ended. preview: what another reading knew of it. problem: why the last try failed, None if it did not. other: the
    query and view that `w` leads to, None before it was pressed.
    """

    def __init__(self, query: Query, view: View, read: Reader, heading: Heading, fleet: Fleet, title: str = "") -> None:
        self.query, self.view, self.read, self.heading, self.fleet = query, view, read, heading, fleet
        self.title = title
        self.viewing = Viewing()
        self.changes = Changes(with_trends=view.trend)
        self.log = EventLog()
        self.report: Report | None = None
        self.preview: Report | None = None
        self.read_at = 0.0
        self.problem: C3sError | None = None
        self.other: tuple[Query, View] | None = None
        # The row behind each line of the grid.
        self.lines: Sequence[Any] = ()
        self._rows: Sequence[Any] = ()
        self._grid: Grid = grid_of([], [])
        self._order: list[int] = []
        self._vanished = 0
        self._lost: Collection[str] = set()
        self._page = 1
        self._panel_lines = 0
        self._lines_below = 0

    @property
    def shown(self) -> Report | None:
        """The report behind the rows: of the last reading, or the preview before it."""
        return self.report or self.preview

    def take(self, report: Report, now: float) -> None:
        """Take a new report."""
        # The rows of a cluster that does not answer stay, at the end of the list.
        lost = lost_contexts(report) if marks_rows(report, self.view) else set()
        self._rows = [*report.rows, *(row for row in self._rows if row.context in lost)]
        self.compare(report, self._rows)
        self.report, self.problem, self.read_at = report, None, now
        self._show(report, [] if report.containers else self.changes.vanished, lost)

    def compare(self, report: Report, rows: Sequence[Any]) -> None:
        """Find what has happened since the report before. rows: those of the report, and of clusters that were lost."""
        self.changes.with_trends = self.view.trend or len(rows) <= FEW
        self.changes.update(rows)
        thresholds = Thresholds(percentages(report.columns), self.view.warn, self.view.critical)
        self.log.update(rows, report.now.timestamp(), thresholds)

    def forget(self) -> None:
        """Compare the next reading with none."""
        self.changes, self.log = Changes(with_trends=self.view.trend), EventLog()
        self.heading.forget()

    def show_preview(self, report: Report, read_at: float) -> None:
        """Show what another reading knows of these rows, before they are read. read_at: when that ended."""
        self.preview, self.read_at, self._rows = report, read_at, report.rows
        self._show(report, [], set())

    def show_again(self, report: Report | None = None) -> None:
        """Show the rows of the last reading in another way. report: the same rows with other columns."""
        if report is not None:
            self._rows = [*report.rows, *(row for row in self._rows if row.context in self._lost)]
            self.report = self.report and report
        if again := report or self.shown:
            self._show(again, [] if again.containers else self.changes.vanished, self._lost)

    def _show(self, report: Report, vanished: Sequence[Any], lost: Collection[str]) -> None:
        """Make the grid. vanished: rows that are gone. lost: the contexts that do not answer."""
        self._lost = lost
        shown = structs.replace(report, rows=[*self._rows, *vanished])

        def mark(row: Any) -> str:
            return LOST if row.context in lost else self.changes.mark(row)

        before = self._grid
        new = grid(shown, self.view, mark, self.changes.trends if self.view.trend else None)
        if before.headings == new.headings:
            new = structs.replace(new, widths=[max(each) for each in zip(before.widths, new.widths, strict=True)])
        else:
            self.viewing = structs.replace(self.viewing, reveal=True)
        self.lines, self._vanished = lines_of(shown, self.view), len(vanished)
        self._arrange(new)

    def press(self, key: str) -> None:
        """Handle a key that changes only how this level is shown."""
        before = self.viewing
        total = self._panel_lines if before.panel else len(self._order) + self._lines_below
        self.viewing = press(before, key, total=total, page=self._page, sorts=self._grid.sorts)
        if _choice(before) != _choice(self.viewing):
            self._arrange(self._grid)

    @property
    def row(self) -> Any:
        """The row at the cursor; None if there is none."""
        place = self._order[self.viewing.cursor] if self.viewing.cursor < len(self._order) else len(self.lines)
        return self.lines[place] if place < len(self.lines) else None

    @property
    def has_trends(self) -> bool:
        """Whether its rows can have trends: containers have none, nor lines that are not rows."""
        report = self.shown
        return report is not None and not report.containers and marks_rows(report, self.view)

    @property
    def table(self) -> Report | None:
        """The rows that pass the filter, in the order that is shown; None before the first reading."""
        if self.report is None or not marks_rows(self.report, self.view):
            return self.report
        lines = self.lines[: len(self.lines) - self._vanished]
        if self.report.containers:
            each = (container for pod in self._rows for container in pod.containers)
            lines = [structs.replace(pod, containers=(only,)) for pod, only in zip(lines, each, strict=True)]
        return structs.replace(self.report, rows=[lines[place] for place in self._order if place < len(lines)])

    @property
    def sorted_by(self) -> str:
        """The order that keys have chosen, as --sort-by takes it; "" for the command's."""
        sort, query = self.viewing.sort, self.query
        if query.containers:
            # No command sorts by the names of containers.
            sort = {"name": "", "pod": "name"}.get(sort, sort)
        if not sort or sort in GROWTH:
            return ""
        if not self.viewing.reverse:
            return sort
        column = Naming(query.kind, keys=query.keys, containers=query.containers).find(sort)
        return f"{sort}:{'asc' if column.descending else 'desc'}"

    def draw(self, header: Header, size: tuple[int, int], foot: Foot) -> Body:
        """Make the frame."""
        panel, below = self._panel(size[0]), self._below(size[0])
        self._panel_lines, self._lines_below = len(panel.lines) if panel else 0, len(below)
        foot = structs.replace(foot, bound=min(self.view.warn, self.view.critical), below=below)
        body = frame(header, self._grid, self._order, self.viewing, size, foot, panel)
        self._page, self.viewing = body.page, body.view
        self._grid = structs.replace(self._grid, widths=body.widths)
        return body

    def _panel(self, columns: int) -> Panel | None:
        """Return the text in place of the rows."""
        match self.viewing.panel:
            case "help":
                return help_panel(columns)
            case "events":
                return events_panel(self.log.events, columns, self.report)
            case _:
                return None

    def _below(self, columns: int) -> Sequence[Line]:
        """Return what explains a single pod, below its containers."""
        report = self.shown
        pod = report.rows[0] if report and report.rows and self.query.name and self.query.containers else None
        if report is None or not isinstance(pod, Pod):
            return ()
        return [(), *paragraphs(pod_facts(pod, self.read.details, report.now), columns)]

    def _arrange(self, new: Grid) -> None:
        """Put the rows in order. The cursor stays on its row, or on its neighbour if that is gone."""
        before, known = self._grid, self._order
        self._grid, self._order = new, new.chosen(self.viewing)
        cursor = self._followed(before, known) if self.viewing.follows else 0
        top = self.viewing.top + cursor - self.viewing.cursor if self.viewing.follows else 0
        self.viewing = structs.replace(self.viewing, cursor=cursor, top=max(0, top))

    def _followed(self, before: Grid, known: Sequence[int]) -> int:
        """Return the place of the row that was at the cursor, or of the nearest row that still exists."""
        at, new, order = self.viewing.cursor, self._grid, self._order
        if not order or at >= len(known):
            return 0
        # What has vanished stands below the other rows.
        last = new.size if self._vanished == 0 else len(self.lines) - self._vanished
        name = before.name(known[at])
        if at < len(order) and order[at] < last and new.name(order[at]) == name:
            return at
        own = new.columns[new.names - 1]
        for place, row in enumerate(order):
            if own[row] == name[-1] and row < last and new.name(row) == name:
                return place
        places = {new.name(row): place for place, row in enumerate(order) if row < last}
        near = (*known[at + 1 :], *reversed(known[:at]))
        return next((places[each] for each in map(before.name, near) if each in places), 0)


def _choice(viewing: Viewing) -> tuple[str, bool, str, bool]:
    return viewing.sort, viewing.reverse, viewing.wanted, viewing.above
