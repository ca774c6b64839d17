"""The usage in a Sample ↔ bytes: exact integers, in columns."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

import msgspec
from msgspec import Struct

from c3s_cli.model.rows import Container, Node, Pod
from c3s_cli.sources.recording.planes import inflated, packed, unpacked

# A node (namespace None), or a pod with the containers that were measured.
Thing = tuple[str | None, str, tuple[str, ...]]


class _Rows(Struct, array_like=True):
    """Nodes or pods, by ascending number. cpu, memory, swap: of nodes, or of the containers of all pods.

    timestamps, windows: the different texts; timestamp_of, window_of: which of them a row has. other: rows whose usage
    is not the sum of its containers.
    """

    steps: bytes
    cpu: bytes
    memory: bytes
    swap: bytes
    timestamps: list[str | None]
    timestamp_of: bytes
    windows: list[str | None]
    window_of: bytes
    other: dict[int, tuple[int | None, int | None, int | None]]


class _Usage(Struct, array_like=True):
    nodes: _Rows
    pods: _Rows


def encoded_usage(nodes: Sequence[Node], pods: Sequence[Pod], number_of: Callable[[Thing], int]) -> bytes:
    """Encode the usage of one reading. number_of: returns the number of a node or pod in the file."""
    of_nodes = sorted(((number_of((None, node.name, ())), node) for node in nodes), key=lambda pair: pair[0])
    of_pods = sorted(
        ((number_of((pod.namespace, pod.name, tuple(each.name for each in pod.containers))), pod) for pod in pods),
        key=lambda pair: pair[0],
    )
    containers = [each for _, pod in of_pods for each in pod.containers]
    usage = _Usage(_rows(of_nodes, [node for _, node in of_nodes], {}), _rows(of_pods, containers, _others(of_pods)))
    return zlib.compress(msgspec.msgpack.encode(usage), 6)


def _rows(
    rows: Sequence[tuple[int, Node | Pod]],
    measured: Sequence[Node | Container],
    other: dict[int, tuple[int | None, int | None, int | None]],
) -> _Rows:
    numbers = [number for number, _ in rows]
    timestamps = list(dict.fromkeys(row.timestamp for _, row in rows))
    windows = list(dict.fromkeys(row.window for _, row in rows))
    place = {text: index for index, text in enumerate(timestamps)}
    place_of_window = {text: index for index, text in enumerate(windows)}
    swaps = [each.swap_bytes for each in measured]
    return _Rows(
        packed(number - before for before, number in zip([0, *numbers], numbers, strict=False)),
        packed(each.cpu_nanocores for each in measured),
        packed(each.memory_bytes for each in measured),
        packed(swaps) if any(swap is not None for swap in swaps) else b"",
        timestamps,
        packed(place[row.timestamp] for _, row in rows),
        windows,
        packed(place_of_window[row.window] for _, row in rows),
        other,
    )


def _others(rows: Sequence[tuple[int, Pod]]) -> dict[int, tuple[int | None, int | None, int | None]]:
    known = ((number, (pod.cpu_nanocores, pod.memory_bytes, pod.swap_bytes), pod.containers) for number, pod in rows)
    return {number: usage for number, usage, containers in known if usage != _sums(containers)}


def _sums(containers: Sequence[Container]) -> tuple[int | None, int | None, int | None]:
    def total(values: Sequence[int | None]) -> int | None:
        known = [value for value in values if value is not None]
        return sum(known) if known and len(known) == len(values) else None

    return (
        total([each.cpu_nanocores for each in containers]),
        total([each.memory_bytes for each in containers]),
        total([each.swap_bytes for each in containers]),
    )


def decoded_usage(
    content: bytes, things: Callable[[int, int], Mapping[int, Thing]], context: str
) -> tuple[list[Node], list[Pod]]:
    """Decode the usage of one reading. things: returns the nodes and pods with a range of numbers.

    Raises zlib.error, msgspec.MsgspecError, ValueError or LookupError if it is damaged.
    """
    usage = msgspec.msgpack.decode(inflated(content), type=_Usage)
    return _nodes(usage.nodes, things, context), _pods(usage.pods, things, context)


def _known(planes: bytes) -> list[int]:
    return [value or 0 for value in unpacked(planes)]


def _named(rows: _Rows, things: Callable[[int, int], Mapping[int, Thing]]) -> tuple[list[int], Mapping[int, Thing]]:
    numbers = list(accumulate(_known(rows.steps)))
    return numbers, things(numbers[0], numbers[-1]) if numbers else {}


def _nodes(rows: _Rows, things: Callable[[int, int], Mapping[int, Thing]], context: str) -> list[Node]:
    numbers, names = _named(rows, things)
    cpu, memory = unpacked(rows.cpu), unpacked(rows.memory)
    swap = unpacked(rows.swap) if rows.swap else [None] * len(numbers)
    times, windows = _known(rows.timestamp_of), _known(rows.window_of)
    return [
        Node(
            context,
            names[number][1],
            cpu[place],
            memory[place],
            swap[place],
            rows.timestamps[times[place]],
            rows.windows[windows[place]],
        )
        for place, number in enumerate(numbers)
    ]


def _pods(rows: _Rows, things: Callable[[int, int], Mapping[int, Thing]], context: str) -> list[Pod]:
    numbers, names = _named(rows, things)
    cpu, memory = unpacked(rows.cpu), unpacked(rows.memory)
    swap = unpacked(rows.swap) if rows.swap else [None] * len(cpu)
    times, windows = _known(rows.timestamp_of), _known(rows.window_of)
    pods: list[Pod] = []
    first = 0
    for place, number in enumerate(numbers):
        namespace, name, names_of_containers = names[number]
        containers = tuple(
            Container(of, cpu[first + index], memory[first + index], swap[first + index])
            for index, of in enumerate(names_of_containers)
        )
        first += len(containers)
        pods.append(
            Pod(
                context,
                namespace or "",
                name,
                *rows.other.get(number, _sums(containers)),
                timestamp=rows.timestamps[times[place]],
                window=rows.windows[windows[place]],
                containers=containers,
            )
        )
    pods.sort(key=lambda pod: (pod.namespace, pod.name))
    return pods
