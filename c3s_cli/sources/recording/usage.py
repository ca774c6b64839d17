"""The usage in a Sample ↔ bytes: exact integers, in columns whose order is that of a layout."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from c3s_cli.amounts.totals import sum_all
from c3s_cli.model.rows import Container, Node, Pod
from c3s_cli.sources.recording.layout import GrowingLayout, Layout
from c3s_cli.sources.recording.planes import (
    pack,
    pack_places,
    unpack,
    unpack_places,
)

Triple = tuple[int | None, int | None, int | None]
RESOURCES: Final = ("cpu", "memory", "swap")


class Places(Struct, array_like=True):
    """Which places of a layout have values in a reading. size: how many the layout had. absent: those without."""

    size: int
    absent: bytes

    def unmeasured(self) -> Sequence[int]:
        """Return the places of those that were not measured. ValueError or zlib.error if damaged."""
        return unpack_places(self.absent, self.size)


class _Columns(Struct, array_like=True):
    """The usage of nodes or pods in one reading.

    cpu, memory, swap: of nodes or containers, 0 where it is unknown; swap is empty if it is unknown of all. no_cpu,
    no_memory, no_swap: where it is unknown of those that are there. timestamps, windows: the different texts;
    timestamp_of, window_of: which of them each place has. other: the usage of pods that is not the sum of their
    containers', by place.
    """

    cpu: bytes
    memory: bytes
    swap: bytes
    no_cpu: bytes
    no_memory: bytes
    no_swap: bytes
    timestamps: list[str | None]
    timestamp_of: bytes
    windows: list[str | None]
    window_of: bytes
    other: dict[int, Triple]


class Columns:
    """The usage of nodes or pods in one reading, decoded as it is needed. ValueError or zlib.error if it is damaged."""

    def __init__(self, places: bytes, usage: bytes) -> None:
        self.places = msgspec.msgpack.decode(places, type=Places)
        self._stored = msgspec.msgpack.decode(usage, type=_Columns)
        self.size = self.places.size
        self.other = self._stored.other

    def values(self, resource: str, layout: Layout) -> array[int]:
        """Return the usage of nodes or containers, 0 where it is unknown."""
        count = layout.first[self.size]
        content = getattr(self._stored, resource)
        numbers = unpack(content, count) if content else array("q", bytes(8 * count))
        if len(numbers) != count:
            raise ValueError("a column is too short")
        return numbers

    def width(self, resource: str) -> int:
        """Return how many bytes the largest value takes."""
        content: bytes = getattr(self._stored, resource)
        return content[0] if content else 0

    def unknown(self, resource: str, layout: Layout) -> Sequence[int]:
        """Return where the usage of what is not absent is unknown."""
        count = layout.first[self.size]
        if resource == "swap" and not self._stored.swap:
            return range(count)
        return unpack_places(getattr(self._stored, f"no_{resource}"), count)

    def times(self) -> Sequence[tuple[str | None, str | None]]:
        """Return the timestamp and window of each place, also of those that were not measured."""
        stored = self._stored
        pairs = zip(unpack(stored.timestamp_of, self.size), unpack(stored.window_of, self.size), strict=True)
        return (
            [(stored.timestamps[time], stored.windows[window]) for time, window in pairs] if stored.timestamps else []
        )


def encode_usage(rows: Sequence[Node | Pod], places: Sequence[int], layout: GrowingLayout) -> tuple[bytes, bytes]:
    """Return the places and the columns of nodes or pods at places of a layout.

    OverflowError for a number of more than 64 bits.
    """
    size, first = len(layout.things), layout.first
    columns = [array("q", bytes(8 * first[-1])) for _ in RESOURCES]
    unknown: tuple[list[int], ...] = tuple([] for _ in RESOURCES)
    timestamps, windows = _index(row.timestamp for row in rows), _index(row.window for row in rows)
    timestamp_of, window_of = array("q", bytes(8 * size)), array("q", bytes(8 * size))
    other: dict[int, Triple] = {}
    for row, place in zip(rows, places, strict=True):
        timestamp_of[place], window_of[place] = timestamps[row.timestamp], windows[row.window]
        known: tuple[Any, ...] = row.containers if isinstance(row, Pod) else (row,)
        start = first[place]
        for at, each in enumerate(known, start):
            for column, nothing, value in zip(columns, unknown, _usage(each), strict=True):
                if value is None:
                    nothing.append(at)
                else:
                    column[at] = value
        if not known:
            for nothing in unknown:
                nothing.append(start)
        if isinstance(row, Pod) and (usage := _usage(row)) != _sums(row.containers):
            other[place] = usage
    has_swap = len(unknown[-1]) < sum([first[place + 1] - first[place] for place in places])
    stored = _Columns(
        pack(columns[0]),
        pack(columns[1]),
        pack(columns[2]) if has_swap else b"",
        pack_places(sorted(unknown[0])),
        pack_places(sorted(unknown[1])),
        pack_places(sorted(unknown[2])) if has_swap else b"",
        list(timestamps),
        pack(timestamp_of),
        list(windows),
        pack(window_of),
        other,
    )
    gone = Places(size, pack_places(sorted({*range(size)}.difference(places))))
    return msgspec.msgpack.encode(gone), msgspec.msgpack.encode(stored)


def _index(texts: Iterable[str | None]) -> dict[str | None, int]:
    return {text: place for place, text in enumerate(dict.fromkeys(texts))}


def _usage(row: Node | Pod | Container) -> Triple:
    return row.cpu_nanocores, row.memory_bytes, row.swap_bytes


def _sums(containers: Sequence[Container]) -> Triple:
    if len(containers) == 1:  # most pods
        return _usage(containers[0])
    if not containers:
        return None, None, None
    cpu, memory, swap = (sum_all(values) for values in zip(*map(_usage, containers), strict=True))
    return cpu, memory, swap


def nodes_of(columns: Columns, layout: Layout, context: str) -> list[Node]:
    """Return the nodes of a reading by name. ValueError, LookupError or zlib.error if it is damaged."""
    cpu, memory, swap = _lists(columns, layout)
    times, gone = columns.times(), {*columns.places.unmeasured()}
    nodes = [
        Node(context, layout.things[place][1], cpu[place], memory[place], swap[place], *times[place])
        for place in range(columns.size)
        if place not in gone
    ]
    nodes.sort(key=lambda node: node.name)
    return nodes


def pods_of(columns: Columns, layout: Layout, context: str) -> list[Pod]:
    """Return the pods of a reading by namespace and name. Errors as for `nodes_of`."""
    cpu, memory, swap = _lists(columns, layout)
    times, gone = columns.times(), {*columns.places.unmeasured()}
    pods: list[Pod] = []
    for place in range(columns.size):
        if place in gone:
            continue
        namespace, name, names = layout.things[place]
        at = layout.first[place]
        containers = tuple([Container(each, cpu[i], memory[i], swap[i]) for i, each in enumerate(names, at)])
        usage = columns.other.get(place) or _sums(containers)
        timestamp, window = times[place]
        pods.append(Pod(context, namespace or "", name, *usage, timestamp, window, containers))
    pods.sort(key=lambda pod: (pod.namespace, pod.name))
    return pods


def _lists(columns: Columns, layout: Layout) -> list[list[int | None]]:
    """Return CPU, memory and swap, each None where it is unknown."""
    if columns.size > len(layout.things):
        raise ValueError("things are missing")
    lists: list[list[int | None]] = []
    for resource in RESOURCES:
        values: list[int | None] = list(columns.values(resource, layout))
        for place in columns.unknown(resource, layout):
            values[place] = None
        lists.append(values)
    return lists
