"""The usage of lines, which are objects or groups of them, in one reading: sums over columns, without making rows."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from c3s_cli.sources.recording.adder import Adder, picking
from c3s_cli.sources.recording.history import UNKNOWN
from c3s_cli.sources.recording.layout import Layout
from c3s_cli.sources.recording.usage import Columns

# (node,), (namespace, pod) or (namespace, pod, container).
Key = tuple[str, ...]
OF_CONTAINERS: Final = 3
# What Adder can add up.
SMALL: Final = 1 << 48


class Sums:
    """Adds up the values of lines. A line is a list of keys: all of containers, or none."""

    def __init__(self, lines: Sequence[Sequence[Key]]) -> None:
        self.lines = lines
        self.containers = any(len(key) == OF_CONTAINERS for line in lines for key in line)
        self._layout: Layout | None = None
        # The places of the values of each line in a layout.
        self._places: list[list[int]] = []
        # Picks the only value of each line, if no line has several; else `_adder` adds them up.
        self._only: Any = None
        self._adder = Adder([])

    def of(self, resource: str, columns: Columns, layout: Layout) -> Sequence[int]:
        """Return the usage of each line, UNKNOWN if none of its objects was measured."""
        if layout is not self._layout:
            self._learn(layout)
        values = columns.values(resource, layout)
        unknown = {*columns.unknown(resource, layout)}
        largest = 1 << (8 * columns.width(resource))
        if not self.containers:
            largest = max(largest, _make_whole(values, unknown, resource, columns, layout))
        known, first = len(values), layout.first
        # Then come the values of things that were added later, and one that is always unknown.
        values.frombytes(bytes(values.itemsize * (first[-1] + 1 - known)))
        sums = self._sums(values, largest) if self._only is None else []
        if sums and 0 not in sums:
            return sums
        unknown.update(range(known, len(values)))
        for place in columns.places.unmeasured():
            unknown.update(range(first[place], first[place + 1]))
        if self._only is not None:
            for at in unknown:
                values[at] = UNKNOWN
            picked: Sequence[int] = self._only(values)
            return picked
        nothing = [line for line, total in enumerate(sums) if total == 0 and unknown.issuperset(self._places[line])]
        for line in nothing:
            sums[line] = UNKNOWN
        return sums

    def _sums(self, values: array[int], largest: int) -> list[int]:
        if largest <= SMALL:
            return self._adder.sums(values)
        return [sum([values[at] for at in places]) for places in self._places]

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
        self._places = [sorted(at for key in line for at in by_key.get(key, ())) for line in self.lines]
        if all(len(places) <= 1 for places in self._places):
            self._only = picking([places[0] if places else layout.first[-1] for places in self._places])
        else:
            self._only, self._adder = None, Adder(self._places)


def _make_whole(values: array[int], unknown: set[int], resource: str, columns: Columns, layout: Layout) -> int:
    """Make the values of each pod add up to its usage, say where they are unknown, and return the largest of the new.

    That of a pod is unknown if that of one of its containers is, unless it was measured as a whole.
    """
    first = layout.first
    index = ("cpu", "memory", "swap").index(resource)
    places = {bisect_right(first, at) - 1: None for at in unknown} | {
        place: usage[index] for place, usage in columns.other.items()
    }
    for place, usage in places.items():
        start, end = first[place], first[place + 1]
        values[start:end] = array("q", [usage or 0, *[0] * (end - start - 1)])
        if usage is None:
            unknown.update(range(start, end))
        else:
            unknown.difference_update(range(start, end))
    return max((usage or 0 for usage in places.values()), default=0)
