"""A group that is too large for one query: add up the points of its parts, and compute the statistics from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from c3s_cli.sources.prometheus.slices import Letters, in_two, selectors_of

if TYPE_CHECKING:
    from c3s_cli.sources.prometheus.decoding import Points
    from c3s_cli.sources.prometheus.membership import Members, PodSet


class Part(Struct, frozen=True):
    """Some of the nodes or pods of a group. letters: selects pods of a single set by their last letters."""

    pods: tuple[PodSet, ...] = ()
    nodes: tuple[str, ...] = ()
    letters: Letters = Letters()

    def selectors(self, of_nodes: Callable[[Iterable[str]], list[str]]) -> list[str]:
        """Return the selectors of this part. of_nodes: returns the selectors of nodes."""
        if self.nodes:
            return of_nodes(self.nodes)
        letters = self.letters.matcher()
        return [f"{selector},{letters}" if letters else selector for selector in selectors_of(self.pods)]

    def halves(self) -> Sequence[Part]:
        """Return two halves: of the nodes, of the sets, of the names, or of the letters."""
        if len(self.nodes) > 1:
            return [Part(nodes=part) for part in in_two(self.nodes)]
        if len(self.pods) > 1:
            return [Part(part) for part in in_two(self.pods)]
        if not self.pods:
            return []
        (pods,) = self.pods
        if len(pods.names) > 1:
            return [Part((structs.replace(pods, names=part),)) for part in in_two(pods.names)]
        return [] if pods.names else [Part(self.pods, letters=part) for part in self.letters.halves()]


def whole_of(members: Members) -> Part:
    """Return a whole group as one part."""
    return Part(members.pods, members.nodes)


def added_up(parts: Iterable[Points]) -> list[float]:
    """Add up parts, point by point. A part has no point at times when none of its members existed."""
    sums: dict[float, float] = {}
    for part in parts:
        for time, number in part.items():
            sums[time] = sums.get(time, 0.0) + number
    return list(sums.values())


def statistic_of(name: str, numbers: Sequence[float]) -> float:
    """Return avg, min, max or a percentile, interpolated as in Prometheus."""
    if name == "avg":
        return sum(numbers) / len(numbers)
    ordered = sorted(numbers)
    if name in ("min", "max"):
        return ordered[0 if name == "min" else -1]
    rank = int(name[1:]) / 100 * (len(ordered) - 1)
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
