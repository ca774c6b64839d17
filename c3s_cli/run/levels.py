"""The levels of a live view: what Enter, the keys of the levels, and Esc do."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from c3s_cli.analysis.narrowing import narrow
from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.request.levels import level_below, level_within, view_of, widened, words_of
from c3s_cli.request.query import Query
from c3s_cli.request.view import Format, View
from c3s_cli.run.fleet import Fleet
from c3s_cli.run.heading import Heading
from c3s_cli.run.level import Level
from c3s_cli.run.reading import PodReader, Reader, compute_report
from c3s_cli.run.stages import Stages
from c3s_cli.terminal.viewing import Viewing

# Rows of so many objects are not computed before the title stands.
MANY: Final = 20_000


class Levels:
    """The stack of levels: the last one is shown, Esc goes back to the one before it.

    selects_fields: whether facts come from an API server, which knows field selectors.
    """

    def __init__(self, fleet: Fleet, query: Query, view: View, stages: Stages, *, selects_fields: bool = True) -> None:
        self._stages = stages
        self._selects_fields = selects_fields
        heading = Heading(fleet)
        self.stack = [Level(query, view, self._reader(fleet, query, heading), heading, fleet)]

    @property
    def shown(self) -> Level:
        """The level that is shown."""
        return self.stack[-1]

    @property
    def awaited(self) -> str:
        """What is being read, in words."""
        return self._stages.progress.text

    def enter(self) -> None:
        """Go to what the row at the cursor consists of, if there is such a level."""
        above, row = self.shown, self.shown.row
        query = row and level_below(above.query, row, wide=self._wide(above), selects_fields=self._selects_fields)
        if query is None:
            return
        members = [member for member in above.fleet.members if member.name == row.context]
        within = above.fleet.several and len(members) == 1
        self._push(query, structs.replace(above.fleet, members=members) if within else above.fleet)

    def show(self, level: str) -> None:
        """Go to a level within what is shown."""
        above = self.shown
        query = level_within(above.query, level, wide=self._wide(above), selects_fields=self._selects_fields)
        self._push(query, above.fleet)

    def back(self) -> bool:
        """Go back to the level before; return whether there is one."""
        if len(self.stack) == 1:
            return False
        left = self.stack.pop()
        self.shown.viewing = structs.replace(self.shown.viewing, paused=left.viewing.paused)
        return True

    def widen(self) -> bool:
        """Show the columns of -o wide, or again those before; return whether these must be read first."""
        level = self.shown
        before, wide = (level.query, level.view), not self._wide(level)
        query, view = level.other or (
            widened(level.query, wide=wide),
            structs.replace(level.view, format=Format.WIDE if wide else Format.TABLE, named=False, identity=0),
        )
        samples, level.other = level.read.samples, before
        level.viewing = structs.replace(level.viewing, left=0)
        level.query, level.view = query, structs.replace(view, trend=level.view.trend)
        level.read = self._reader(level.fleet, query, level.heading, again=True)
        known = narrow(samples, before[0], query)
        if known and level.report:
            # What was read for more columns is not forgotten.
            level.read.samples = samples
            level.show_again(compute_report(known, query, self._stages, contexts=level.fleet.several))
        return not known

    def forget(self) -> None:
        """Forget what happened between readings: the next one is earlier."""
        for level in self.stack:
            level.forget()

    def _reader(self, fleet: Fleet, query: Query, heading: Heading, *, again: bool = False) -> Reader:
        """Return what reads a level: of the containers of one pod, with what an API server says to explain it."""
        is_one = query.name and query.containers and not fleet.several
        explained = is_one and Needs.PODS in query.needs and self._selects_fields
        return (PodReader if explained else Reader)(fleet, query, self._stages, heading, again=again)

    @staticmethod
    def _wide(above: Level) -> bool:
        return above.view.format is Format.WIDE

    def _push(self, query: Query, fleet: Fleet) -> None:
        """Show a level: one of the stack if it is the same, or else a new one."""
        above = self.shown
        for place, each in enumerate(self.stack):
            if each.fleet is fleet and _subject(each.query) == _subject(query):
                del self.stack[place + 1 :]
                self.shown.viewing = structs.replace(self.shown.viewing, paused=above.viewing.paused)
                return
        view = view_of(above.view, query)
        heading = above.heading if fleet is above.fleet else Heading(fleet)
        read = self._reader(fleet, query, heading, again=True)
        whole = self.stack[0].fleet
        title = words_of(query, [fleet.members[0].name] if whole.several and not fleet.several else ())
        level = Level(query, view, read, heading, fleet, title)
        level.viewing = Viewing(paused=above.viewing.paused)
        self.stack.append(level)
        self._preview(level, above)

    def _preview(self, level: Level, above: Level) -> None:
        """Show what the level above has read of this one."""
        names = {member.name for member in level.fleet.members}
        samples = [each for each in above.read.samples if not above.fleet.several or each.context in names]
        size = sum(len(each.pods) + len(each.pod_facts or ()) for each in samples)
        if size > MANY and not (level.query.name or level.viewing.paused):
            return
        known = narrow(samples, above.query, level.query)
        if known and (level.query.objects is not Kind.POD or any(each.pods or each.pod_facts for each in known)):
            report = compute_report(known, level.query, self._stages, contexts=level.fleet.several)
            level.show_preview(report, above.read_at)


def _subject(query: Query) -> tuple[object, ...]:
    """Return what a query is about, whatever columns it shows, and in whatever order."""
    where = query.where and query.where.texts
    by = tuple(column.name for column in query.by)
    scope = query.name, query.namespaces, query.all_namespaces, query.labels, query.fields, where
    return query.objects, query.containers, by, scope, query.period, query.limit
