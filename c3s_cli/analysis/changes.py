"""Changes between the readings of a watch, and the last values of each row, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

from c3s_cli.model import Node, Pod

# The number of values in a trend, and for how many readings a mark stays.
KEPT: Final = 30
FADES: Final = 3
# Smaller changes of usage are noise: below a tenth, and below a minimum.
SHARE: Final = 10
CPU_NOISE: Final = 5 * 10**6
MEMORY_NOISE: Final = 4 << 20

Name = tuple[str, str, str]


class _Seen(Struct):
    """The memory of one row. since: the reading that set the mark."""

    kind: type
    timestamp: str | None
    cpu: int | None
    memory: int | None
    restarts: int | None
    cpu_trend: deque[int | None]
    memory_trend: deque[int | None]
    mark: str = ""
    since: int = 0


class Changes:
    """The memory of a watch: an entry for each row that exists or vanished a few readings ago."""

    def __init__(self) -> None:
        self._rows: dict[Name, _Seen] = {}
        self._vanished: dict[Name, _Seen] = {}
        self._reading = 0

    def update(self, rows: Iterable[Any]) -> None:
        """Compare the rows of a new reading with those of the last one."""
        self._reading += 1
        before, self._rows = self._rows, {}
        for row in rows:
            name = name_of(row)
            seen = before.pop(name, None)
            restarts = _restarts(row)
            # Most readings have no new sample for most rows.
            if seen is None or seen.timestamp != row.timestamp or seen.restarts != restarts:
                seen = self._next(seen, row, restarts)
            self._rows[name] = seen
        for seen in before.values():
            seen.mark, seen.since = "-", self._reading
        vanished = self._vanished | before
        self._vanished = {
            name: seen for name, seen in vanished.items() if name not in self._rows and self._is_fresh(seen)
        }

    def _is_fresh(self, seen: _Seen) -> bool:
        return self._reading - seen.since < FADES

    def _next(self, seen: _Seen | None, row: Any, restarts: int | None) -> _Seen:
        if seen is None:
            return _Seen(
                type(row),
                row.timestamp,
                row.cpu_nanocores,
                row.memory_bytes,
                restarts,
                deque([row.cpu_nanocores], KEPT),
                deque([row.memory_bytes], KEPT),
                "+" if self._reading > 1 else "",
                self._reading,
            )
        is_new = row.timestamp != seen.timestamp
        mark = "!" if restarts is not None and seen.restarts is not None and restarts > seen.restarts else ""
        if is_new and not mark:
            mark = _moved(seen.cpu, row.cpu_nanocores, CPU_NOISE) or _moved(seen.memory, row.memory_bytes, MEMORY_NOISE)
        if mark:
            seen.mark, seen.since = mark, self._reading
        if is_new:
            # The metrics API samples every 15 s or less often: a reading without a new sample adds nothing to a trend.
            seen.cpu_trend.append(row.cpu_nanocores)
            seen.memory_trend.append(row.memory_bytes)
            seen.cpu, seen.memory, seen.timestamp = row.cpu_nanocores, row.memory_bytes, row.timestamp
        seen.restarts = restarts
        return seen

    def mark(self, row: Any) -> str:
        """Return the mark of a row: "+" appeared, "!" restarted, "↑" or "↓" moved, "-" vanished, "" for none."""
        name = name_of(row)
        seen = self._rows.get(name) or self._vanished.get(name)
        return seen.mark if seen and self._is_fresh(seen) else ""

    @property
    def vanished(self) -> list[Node | Pod]:
        """The nodes or pods that vanished a few readings ago, with their last usage."""
        rows: list[Node | Pod] = []
        for (context, namespace, name), seen in self._vanished.items():
            if seen.kind is Pod:
                rows.append(Pod(context, namespace, name, seen.cpu, seen.memory, None, seen.timestamp))
            elif seen.kind is Node:
                rows.append(Node(context, name, seen.cpu, seen.memory, None, seen.timestamp))
        return rows

    def trends(self, row: Any) -> tuple[Sequence[int | None], Sequence[int | None]]:
        """Return the last values of CPU (nanocores) and memory (bytes), the newest last."""
        seen = self._rows.get(name_of(row))
        return (tuple(seen.cpu_trend), tuple(seen.memory_trend)) if seen else ((), ())

    def __len__(self) -> int:
        """Return how many rows are remembered."""
        return len(self._rows) + len(self._vanished)


def name_of(row: Any) -> Name:
    """Return the key that identifies a row."""
    return row.context, row.namespace if isinstance(row, Pod) else getattr(row, "namespace", ""), row.name


def _restarts(row: Any) -> int | None:
    """Return the restarts of a pod; None if they were not read, and for other kinds of rows."""
    return row.facts.restarts if isinstance(row, Pod) and row.facts is not None else None


def _moved(before: int | None, now: int | None, noise: int) -> str:
    if before is None or now is None or abs(now - before) <= max(noise, before // SHARE):
        return ""
    return "↑" if now > before else "↓"
