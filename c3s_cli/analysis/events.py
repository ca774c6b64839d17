"""What happened between two readings, and what the facts of one reading say about the time before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, Final

from msgspec import Struct

from c3s_cli.amounts.timestamp import epoch
from c3s_cli.analysis.changes import Name, name_of
from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.model.container_states import ContainerStates
from c3s_cli.model.rows import Container, Node, Pod

APPEARED: Final = "appeared"
GONE: Final = "gone"
RESTARTED: Final = "restarted"
PENDING: Final = "pending"
OOM_KILLED: Final = "OOM-killed"
NOT_READY: Final = "not ready"
READY: Final = "ready"
WARN: Final = "above --warn"
CRITICAL: Final = "above --critical"
BELOW: Final = "below --warn"
OOM: Final = "OOMKilled"
# How many events a watch remembers, and for how many seconds before its first reading.
KEPT: Final = 100
RECENT: Final = 3600.0


class Event(Struct, frozen=True):
    """One thing that happened to a row. at: seconds since 1970. row: its context, namespace and name.

    because: the containers that ended and why, or the words of the scheduler; "" if there is nothing to say. column,
    value: the percentage that crossed a threshold.
    """

    at: float
    what: str
    row: Name
    because: str = ""
    column: Column | None = None
    value: float | None = None


class Thresholds(Struct, frozen=True):
    """The percentages that events are about, and the thresholds of all of them."""

    columns: Sequence[Column] = ()
    warn: float = 70
    critical: float = 90

    def level(self, column: Column, row: Any) -> int | None:
        """Return 0 below the thresholds, 1 from --warn, 2 from --critical; None if the percentage is unknown."""
        value = column.value(row)
        if value is None:
            return None
        return 2 if value >= self.critical else int(value >= min(self.warn, self.critical))


def percentages(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns that thresholds are about."""
    return tuple(each for each in columns if each.unit is Unit.PERCENT)


def events(before: Sequence[Any], after: Sequence[Any], at: float, thresholds: Thresholds) -> list[Event]:
    """Compare the rows of two readings, the second one at a time in seconds since 1970; the oldest event comes first.

    Rows of a cluster that could not be read must be in both, or they would be gone. Nothing is said about a value that
    one of the readings does not know.
    """
    # Most rows of most readings are the same objects, and most of them in the same place: nothing has happened to them.
    moved = [pair for pair in zip_longest(before, after) if pair[0] is not pair[1]]
    before = [old for old, _ in moved if old is not None]
    after = [row for _, row in moved if row is not None]
    same = {id(row) for row in before}.intersection(map(id, after))
    known = {name_of(row): row for row in before if id(row) not in same}
    happenings: list[Event] = []
    for row in after:
        if id(row) in same:
            continue
        name = name_of(row)
        old = known.pop(name, None)
        if old is not None and _is_another(old, row):
            happenings.append(Event(at, GONE, name))
            old = None
        if old is None:
            created = row.created_at if isinstance(row, Pod | Node) else None
            happenings.append(Event(_when(created, at), APPEARED, name))
            happenings += _pending(row, at)
        else:
            happenings += _changes(old, row, at)
        happenings += _crossed(old, row, at, thresholds)
    happenings += [Event(at, GONE, name) for name in known]
    return sorted(happenings, key=lambda event: event.at)


def recent(rows: Iterable[Any], at: float) -> list[Event]:
    """Return what the facts of a reading tell about the hour before it; the oldest event comes first.

    Nodes that are not ready, and pods for which there is no node, are events in any case.
    """
    happenings = []
    for row in rows:
        if isinstance(row, Pod):
            ended = epoch(row.states.terminated_at) if row.states else None
            if _is_recent(row.created_at, at):
                happenings.append(Event(row.created_at or at, APPEARED, name_of(row)))
            happenings += _pending(row, row.created_at or at)
            if row.states and row.facts and row.facts.restarts and ended is not None and _is_recent(ended, at):
                happenings.append(Event(ended, _end(row.states), name_of(row), _ends((), row)))
        elif isinstance(row, Node) and _is_ready(row) is False and row.details and row.details.turned_at is not None:
            happenings.append(Event(row.details.turned_at, NOT_READY, name_of(row)))
    return sorted(happenings, key=lambda event: event.at)


class EventLog:
    """The last events of one screen, in bounded memory."""

    def __init__(self) -> None:
        self.events: deque[Event] = deque(maxlen=KEPT)
        self._rows: Sequence[Any] | None = None

    def update(self, rows: Sequence[Any], at: float, thresholds: Thresholds) -> None:
        """Take the rows of a reading, made at a time in seconds since 1970."""
        self.events += recent(rows, at) if self._rows is None else events(self._rows, rows, at, thresholds)
        self._rows = rows


def _pending(row: Any, at: float) -> list[Event]:
    """Return that no node has been found for a pod, in the words of the scheduler."""
    reason = row.facts.pending if isinstance(row, Pod) and row.facts else None
    return [Event(at, PENDING, name_of(row), reason)] if reason else []


def _is_another(old: Any, row: Any) -> bool:
    """Return whether a pod replaced another one with its name, as those of StatefulSets do."""
    return bool(
        isinstance(row, Pod) and old.facts and row.facts and old.facts.uid and row.facts.uid not in ("", old.facts.uid)
    )


def _changes(old: Any, row: Any, at: float) -> list[Event]:
    """Return the restarts and the change of readiness of a node or pod."""
    happenings = []
    name = name_of(row)
    if _restarted(old, row):
        ended = epoch(row.states.terminated_at) if row.states and old.states else None
        is_new = ended is not None and old.states.terminated_at != row.states.terminated_at
        what = _end(row.states) if row.states else RESTARTED
        happenings.append(Event(_when(ended if is_new else None, at), what, name, _ends(old.facts.containers, row)))
    was, now = _is_ready(old), _is_ready(row)
    if was is not None and now is not None and was != now:
        turned = row.details.turned_at if isinstance(row, Node) and row.details else None
        happenings.append(Event(_when(turned, at), READY if now else NOT_READY, name))
    return happenings


def _restarted(old: Any, row: Any) -> bool:
    if not (isinstance(row, Pod) and old.facts and row.facts):
        return False
    before, now = old.facts.restarts, row.facts.restarts
    return before is not None and now is not None and now > before


def _end(states: ContainerStates) -> str:
    return OOM_KILLED if states.terminated_because == OOM else RESTARTED


def _ends(before: Sequence[Container], row: Pod) -> str:
    """Return which containers ended, and why: `app: Error`. before: the containers of the last reading."""
    old = {each.name: each.states.terminated_at for each in before if each.states}
    ended = [
        f"{each.name}: {each.states.terminated_because}"
        for each in (row.facts.containers if row.facts else ())
        if each.states and each.states.terminated_because and each.states.terminated_at != old.get(each.name, "")
    ]
    return ", ".join(ended) or (row.states.terminated_because or "" if row.states else "")


def _is_ready(row: Any) -> bool | None:
    """Return whether a node is ready, or all containers of a running pod are; None if unknown, or for other rows."""
    if isinstance(row, Node):
        return row.details.status.split(",")[0] == "Ready" if row.details and row.details.status else None
    if isinstance(row, Pod) and row.states and row.facts and row.facts.status not in ("Completed", "Succeeded"):
        return None if row.states.ready_count is None else row.states.ready_count >= row.states.count
    return None


def _crossed(old: Any, row: Any, at: float, thresholds: Thresholds) -> list[Event]:
    """Return which percentages are on the other side of a threshold than before; new rows were below all of them."""
    happenings = []
    for column in thresholds.columns:
        now = thresholds.level(column, row)
        was = 0 if old is None else thresholds.level(column, old)
        if now is not None and was is not None and now != was:
            what = (BELOW, WARN, CRITICAL)[now]
            if now > was or not now:
                happenings.append(Event(at, what, name_of(row), column=column, value=column.value(row)))
    return happenings


def _when(moment: float | None, at: float) -> float:
    """Return the time that the cluster tells for an event, or that of the reading if it is not plausible."""
    return moment if moment is not None and _is_recent(moment, at) else at


def _is_recent(moment: float | None, at: float) -> bool:
    return moment is not None and at - RECENT <= moment <= at
