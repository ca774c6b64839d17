"""Sums of many groups of numbers, without a step of the interpreter for each number.

The numbers of all groups of one size are laid side by side. Their first members are one long integer then, with 64 bits
for each, their second members another one, and so on: adding these adds up all groups at once.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, Final

WIDTH: Final = 8
# So many numbers of less than 48 bits have a sum of less than 64.
FEW: Final = 64


class Adder:
    """Adds up numbers of an array by groups. groups: the places of the numbers of each, in ascending order."""

    def __init__(self, groups: Sequence[Sequence[int]]) -> None:
        # Large groups are cut into parts.
        parts = [(group, at) for group, places in enumerate(groups) for at in range(0, len(places), FEW)]
        by_size: dict[int, list[tuple[int, int]]] = {}
        for group, at in parts:
            by_size.setdefault(min(FEW, len(groups[group]) - at), []).append((group, at))
        # Of each size: how many parts there are, and where their numbers begin once they are laid side by side.
        self._sizes: list[tuple[int, int, int]] = []
        slices: list[slice] = []
        parts_of: list[list[int]] = [[] for _ in groups]
        begin = number = 0
        for size, alike in by_size.items():
            self._sizes.append((size, len(alike), begin))
            begin += size * len(alike)
            for group, at in alike:
                slices += _runs(groups[group][at : at + size])
                parts_of[group].append(number)
                number += 1
        self._gather = picking(slices)
        # The sum of an empty group is that of no part, which comes last.
        self._order = picking([places[0] if places else number for places in parts_of])
        self._large = [(group, places) for group, places in enumerate(parts_of) if len(places) > 1]

    def sums(self, numbers: array[int]) -> list[int]:
        """Return the sum of each group, 0 if it is empty. No number may be negative, or have more than 48 bits."""
        gathered, parts = array("q"), array("q")
        gathered.frombytes(b"".join(self._gather(numbers.tobytes())))
        for size, count, begin in self._sizes:
            end = begin + size * count
            total = sum(
                int.from_bytes(gathered[at:end:size].tobytes(), sys.byteorder) for at in range(begin, begin + size)
            )
            parts.frombytes(total.to_bytes(count * WIDTH, sys.byteorder))
        parts.append(0)
        sums = list(self._order(parts))
        for group, places in self._large:
            sums[group] = sum([parts[place] for place in places])
        return sums


def picking(items: Sequence[Any]) -> Any:
    """Return a function that picks items, of which there may be one or none, as itemgetter does of several."""
    return itemgetter(*items) if len(items) > 1 else lambda whole: [whole[item] for item in items]


def _runs(places: Sequence[int]) -> Iterator[slice]:
    """Yield the bytes of places that follow each other."""
    begin = end = places[0]
    for place in places:
        if place != end:
            yield slice(begin * WIDTH, end * WIDTH)
            begin = place
        end = place + 1
    yield slice(begin * WIDTH, end * WIDTH)
