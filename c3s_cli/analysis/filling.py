"""Place many pods at once that have no rules about other pods, exactly as one after the other would be placed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

# The fullness of a node with some more pods; it never falls with their number.
Fullness = Callable[[int], int]


def least_allocated(nodes: Sequence[tuple[int, Fullness]], wanted: int) -> list[int]:
    """Return how many of the wanted pods each node gets, if each pod goes to the least allocated one.

    nodes: how many pods fit on each, more than are wanted in total, and its fullness. Ties go to the first node.
    """
    last = [(fits, fullness) for fits, fullness in nodes if fits]
    low, high = min(fullness(1) for _, fullness in last), max(fullness(fits) for fits, fullness in last)
    while low < high:
        middle = (low + high) // 2
        if sum(_up_to(each, middle, wanted) for each in nodes) >= wanted:
            high = middle
        else:
            low = middle + 1
    counts = [_up_to(each, low - 1, wanted) for each in nodes]
    left = wanted - sum(counts)
    for place, each in enumerate(nodes):
        more = min(left, _up_to(each, low, wanted) - counts[place])
        counts[place] += more
        left -= more
    return counts


def _up_to(node: tuple[int, Fullness], bound: int, wanted: int) -> int:
    """Return how many pods make a node no fuller than a bound, at most as many as are wanted."""
    fits, fullness = node
    return bisect_right(range(1, min(fits, wanted) + 1), bound, key=fullness)
