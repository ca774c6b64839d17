"""Changes between the readings of a watch, and the last values of each row, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

from c3s_cli.model.rows import Group, Node, Pod

# The number of values in a trend, and for how many readings a mark stays.
KEPT: Final = 30
FADES: Final = 3
# Smaller changes of usage are noise: below a tenth, and below a minimum.
SHARE: Final = 10
CPU_NOISE: Final = 5 * 10**6
MEMORY_NOISE: Final = 4 << 20

Name = tuple[str, str, str]


class PreviousReading(Struct):
    """The memory of one row. row: the last one; since: the reading that set the mark; reading: the last one with it."""

    kind: type
    timestamp: str | None
    cpu: int | None
    memory: int | None
    restarts: int | None
    trends: tuple[deque[int | None], deque[int | None]] | None = None
    mark: str = ""
    since: int = 0
    reading: int = 0
    row: Any = None


class Changes:
    """The memory of a watch: an entry for each row that exists or vanished a few readings ago.

    with_trends: whether to keep the last values of each row, which take most of the memory.
    """

    def __init__(self, *, with_trends: bool) -> None:
        self.with_trends = with_trends
        self._rows: dict[Name, PreviousReading] = {}
        self._vanished: dict[Name, PreviousReading] = {}
        self._reading = 0

    def update(self, rows: Iterable[Any]) -> None:
        """Compare the rows of a new reading with those of the last one."""
        self._reading += 1
        known = self._rows
        for row in rows:
            name = name_of(row)
            previous = known.get(name)
            # Most readings have no new sample for most rows, which are then often the same objects.
            if previous is None or previous.row is not row:
                restarts = _restarts(row)
                if previous is None or previous.timestamp != row.timestamp or previous.restarts != restarts:
                    previous = known[name] = self._next(previous, row, restarts)
                previous.row = row
            previous.reading = self._reading
        gone = [name for name, previous in known.items() if previous.reading != self._reading]
        for name in gone:
            previous = self._vanished[name] = known.pop(name)
            previous.mark, previous.since = "-", self._reading
        self._vanished = {
            name: previous
            for name, previous in self._vanished.items()
            if name not in known and self._is_fresh(previous)
        }

    def _is_fresh(self, previous: PreviousReading) -> bool:
        return self._reading - previous.since < FADES

    def _next(self, previous: PreviousReading | None, row: Any, restarts: int | None) -> PreviousReading:
        cpu, memory = row.cpu_nanocores, row.memory_bytes
        if previous is None:
            mark = "+" if self._reading > 1 else ""
            previous = PreviousReading(type(row), row.timestamp, cpu, memory, restarts, None, mark, self._reading)
            if self.with_trends:
                previous.trends = deque([_whole(row, "cpu", cpu)], KEPT), deque([_whole(row, "memory", memory)], KEPT)
            return previous
        mark = "!" if restarts is not None and previous.restarts is not None and restarts > previous.restarts else ""
        previous.restarts = restarts
        if row.timestamp != previous.timestamp:
            mark = mark or _moved(previous.cpu, cpu, CPU_NOISE) or _moved(previous.memory, memory, MEMORY_NOISE)
            if previous.trends is None and self.with_trends:
                previous.trends = deque(maxlen=KEPT), deque(maxlen=KEPT)
            if previous.trends:
                # The metrics API samples every 15 s or less often: a reading without a new sample adds nothing.
                previous.trends[0].append(_whole(row, "cpu", cpu))
                previous.trends[1].append(_whole(row, "memory", memory))
            previous.cpu, previous.memory, previous.timestamp = cpu, memory, row.timestamp
        if mark:
            previous.mark, previous.since = mark, self._reading
        return previous

    def mark(self, row: Any) -> str:
        """Return the mark of a row: "+" appeared, "!" restarted, "↑" or "↓" moved, "-" vanished, "" for none."""
        name = name_of(row)
        previous = self._rows.get(name) or self._vanished.get(name)
        return previous.mark if previous and self._is_fresh(previous) else ""

    @property
    def vanished(self) -> list[Node | Pod]:
        """The nodes or pods that vanished a few readings ago, with their last usage."""
        rows: list[Node | Pod] = []
        for (context, namespace, name), previous in self._vanished.items():
            if previous.kind is Pod:
                rows.append(Pod(context, namespace, name, previous.cpu, previous.memory, None, previous.timestamp))
            elif previous.kind is Node:
                rows.append(Node(context, name, previous.cpu, previous.memory, None, previous.timestamp))
        return rows

    def trends(self, row: Any) -> tuple[Sequence[int | None], Sequence[int | None]]:
        """Return the last values of CPU (nanocores) and memory (bytes), the newest last."""
        previous = self._rows.get(name_of(row))
        return (tuple(previous.trends[0]), tuple(previous.trends[1])) if previous and previous.trends else ((), ())

    def __len__(self) -> int:
        """Return how many rows are remembered."""
        return len(self._rows) + len(self._vanished)


def _whole(row: Any, resource: str, value: int | None) -> int | None:
    """Return a value of a trend; None for a sum that lacks members, which would look like less usage."""
    return None if isinstance(row, Group | Pod) and row.unmeasured.get(resource) else value


def name_of(row: Any) -> Name:
    """Return the key that identifies a row."""
    return row.context, row.namespace if isinstance(row, Pod) else getattr(row, "namespace", ""), row.name


def _restarts(row: Any) -> int | None:
    """Return the restarts of a pod; None if they were not read, and for other kinds of rows."""
    return row.facts.restarts if isinstance(row, Pod) and row.facts is not None else None


def _moved(before: int | None, now: int | None, noise: int) -> str:
    if before is None or now is None:
        return ""
    change = now - before
    if -noise <= change <= noise or abs(change) <= before // SHARE:
        return ""
    return "↑" if change > 0 else "↓"
