"""The readings of a range → averages, extremes and percentiles of objects and of groups of them. No I/O.

The usage of a reading is that of the time since the reading before, but of at most two intervals. This is its weight.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from c3s_cli.sources.recording.planes import UNKNOWN

if TYPE_CHECKING:
    from c3s_cli.model.rows import Node, Pod

# (node,), (namespace, pod) or (namespace, pod, container).
Key = tuple[str, ...]
# The least weight of a reading, in seconds.
LEAST: Final = 0.001
RESOURCES: Final = ("cpu", "memory")


class History:
    """The usage of objects in readings. weights: the seconds of each reading. seconds: those of the range."""

    def __init__(self, weights: Sequence[float], seconds: float) -> None:
        self.weights = weights
        self.seconds = seconds
        self._lines: dict[str, dict[Key, array[int]]] = {resource: {} for resource in RESOURCES}

    def add(self, place: int, nodes: Iterable[Node], pods: Iterable[Pod], *, containers: bool) -> None:
        """Add the usage of a reading, by its place among the weights."""
        for node in nodes:
            self._put((node.name,), place, node.cpu_nanocores, node.memory_bytes)
        for pod in pods:
            key = (pod.namespace, pod.name)
            self._put(key, place, pod.cpu_nanocores, pod.memory_bytes)
            for each in pod.containers if containers else ():
                self._put((*key, each.name), place, each.cpu_nanocores, each.memory_bytes)

    def _put(self, key: Key, place: int, cpu: int | None, memory: int | None) -> None:
        for resource, value in zip(RESOURCES, (cpu, memory), strict=True):
            lines = self._lines[resource]
            line = lines.get(key)
            if line is None:
                line = lines[key] = array("q", [UNKNOWN]) * len(self.weights)
            if value is not None:
                line[place] = value

    def objects(self) -> list[Key]:
        """Return all objects that were measured in the range."""
        return list(self._lines["memory"])

    def figures(self, keys: Sequence[Key], wanted: Iterable[str]) -> dict[str, int]:
        """Return statistics such as `cpu.avg` of an object, or of the sum of several, in nanocores and bytes."""
        found: dict[str, int] = {}
        points: dict[str, list[tuple[int, float]]] = {}
        for name in wanted:
            resource, _, statistic = name.partition(".")
            if resource not in self._lines:
                continue
            if resource not in points:
                points[resource] = sorted(self._sums(resource, keys))
            if points[resource]:
                found[name] = round(statistic_of(statistic, points[resource]))
        return found

    def coverage(self, keys: Sequence[Key]) -> dict[str, int]:
        """Return for how many seconds of the range there is data, and how many seconds the range has."""
        seconds = sum(weight for _, weight in self._sums("memory", keys))
        return {"coverage.seconds": round(seconds), "coverage.range": round(self.seconds)}

    def _sums(self, resource: str, keys: Sequence[Key]) -> list[tuple[int, float]]:
        """Return the sum over those that were measured, and the weight, of each reading that measured any."""
        lines = [line for key in keys if (line := self._lines[resource].get(key)) is not None]
        found = []
        for values, weight in zip(zip(*lines, strict=True), self.weights, strict=True) if lines else ():
            known = [value for value in values if value != UNKNOWN]
            if known:
                found.append((sum(known), weight))
        return found


def statistic_of(name: str, ordered: Sequence[tuple[int, float]]) -> float:
    """Return the average, min, max or a percentile of sorted values with weights, interpolated between two values.

    With equal weights percentiles are those of Prometheus.
    """
    if name == "min":
        return ordered[0][0]
    if name == "max":
        return ordered[-1][0]
    if name == "avg":
        return sum(value * weight for value, weight in ordered) / sum(weight for _, weight in ordered)
    places = [0.0]
    for (_, before), (_, weight) in pairwise(ordered):
        places.append(places[-1] + (before + weight) / 2)
    rank = int(name[1:]) / 100 * places[-1]
    upper = next((place for place, at in enumerate(places) if at >= rank), len(places) - 1)
    if upper == 0 or places[upper] == places[upper - 1]:
        return ordered[upper][0]
    share = (rank - places[upper - 1]) / (places[upper] - places[upper - 1])
    return ordered[upper - 1][0] + (ordered[upper][0] - ordered[upper - 1][0]) * share


def weights_of(times: Sequence[float], intervals: Sequence[float], start: float, most: float) -> list[float]:
    """Return the weight of each reading, which is never 0: two readings may have the same time, or the clock jump back.

    times, intervals: theirs. most: how many intervals a reading may stand for.
    """
    before = [start, *times]
    return [
        max(LEAST, min(time - last, most * interval))
        for time, last, interval in zip(times, before, intervals, strict=False)
    ]
