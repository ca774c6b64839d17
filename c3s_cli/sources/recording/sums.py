"""The usage of lines, which are objects or groups of them, in one reading: sums over columns, without making rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.sources.recording.history import UNKNOWN

if TYPE_CHECKING:
    from c3s_cli.sources.recording.layout import Layout
    from c3s_cli.sources.recording.usage import Columns

# (node,), (namespace, pod) or (namespace, pod, container).
Key = tuple[str, ...]
OF_CONTAINERS: Final = 3
RESOURCES: Final = ("cpu", "memory")


class Sums:
    """Adds up the values of lines. A line is a list of keys: all of containers, or none."""

    def __init__(self, lines: Sequence[Sequence[Key]]) -> None:
        self.lines = lines
        self.containers = any(len(key) == OF_CONTAINERS for line in lines for key in line)
        self._layout: Layout | None = None
        # The places of the values of each line in a layout, and functions that pick them.
        self._places: list[list[int]] = []
        self._pick: list[Callable[[Any], Sequence[int]]] = []
        self._single = False

    def of(self, resource: str, columns: Columns, layout: Layout) -> Sequence[int]:
        """Return the usage of each line, UNKNOWN if none of its objects was measured."""
        if layout is not self._layout:
            self._learn(layout)
        size = layout.first[-1]
        values = columns.values(resource, layout).tolist()
        unknown = {*columns.unknown(resource, layout)}
        if not self.containers:
            unknown = _whole_pods(values, unknown, resource, columns, layout)
        first = layout.first
        if self._single:
            for place in columns.places.gone():
                values[first[place] : first[place + 1]] = [UNKNOWN] * (first[place + 1] - first[place])
            for at in unknown:
                values[at] = UNKNOWN
            values += [UNKNOWN] * (size + 1 - len(values))
            return self._pick[0](values)
        known = len(values)
        values += [0] * (size - known)
        sums = [sum(pick(values)) for pick in self._pick]
        if 0 in sums:
            for place in columns.places.gone():
                unknown.update(range(first[place], first[place + 1]))
            for line, total in enumerate(sums):
                if total == 0 and all(at >= known or at in unknown for at in self._places[line]):
                    sums[line] = UNKNOWN
        return sums

    def _learn(self, layout: Layout) -> None:
        """Find the values of each line in a layout."""
        self._layout = layout
        by_key: dict[Key, list[int]] = {}
        for (namespace, name, containers), (start, end) in zip(layout.things, pairwise(layout.first), strict=True):
            if namespace is None:
                by_key[name,] = [start]
            elif self.containers:
                for at, container in enumerate(containers, start):
                    by_key.setdefault((namespace, name, container), []).append(at)
            else:
                by_key.setdefault((namespace, name), []).extend(range(start, end))
        self._places = [[at for key in line for at in by_key.get(key, ())] for line in self.lines]
        self._single = all(len(places) <= 1 for places in self._places)
        if self._single:
            # The value after the last one is unknown.
            self._pick = [_picking([places[0] if places else layout.first[-1] for places in self._places])]
        else:
            self._pick = [*map(_picking, self._places)]


def _picking(places: Sequence[int]) -> Callable[[Any], Sequence[int]]:
    """Return a function that picks items of a list."""
    if len(places) == 1:
        return itemgetter(slice(places[0], places[0] + 1))
    return itemgetter(*places) if places else itemgetter(slice(0, 0))


def _whole_pods(values: list[int], unknown: set[int], resource: str, columns: Columns, layout: Layout) -> set[int]:
    """Make the values of each pod add up to its usage, and return where they are unknown.

    That of a pod is unknown if that of one of its containers is, unless it was measured as a whole.
    """
    first = layout.first
    index = ("cpu", "memory", "swap").index(resource)
    places = {bisect_right(first, at) - 1: None for at in unknown} | {
        place: usage[index] for place, usage in columns.other.items()
    }
    for place, usage in places.items():
        start, end = first[place], first[place + 1]
        values[start:end] = [usage or 0, *[0] * (end - start - 1)]
        if usage is None:
            unknown.update(range(start, end))
        else:
            unknown.difference_update(range(start, end))
    return unknown
