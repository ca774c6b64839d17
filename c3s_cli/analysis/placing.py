"""Pods → nodes, as the scheduler's defaults do it: filter the nodes, then take the one that stays the emptiest.

A `Floor` holds the nodes, what they have left and the pods that stand on them. It changes as pods are placed, and is
the only thing here that does. Ties go to the node whose name comes first, so that the same cluster gives the same
answer. Required anti-affinity, of the pods that run as well, and topology spread are kept; preferences are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from heapq import heappop, heappush
from operator import itemgetter
from typing import Final

from msgspec import Struct, structs

from c3s_cli.analysis.eligibility import OF_DAEMONS, barriers
from c3s_cli.analysis.neighbours import Crowd, Neighbours, Standing
from c3s_cli.model import Amounts, Node
from c3s_cli.request.pods import Placing, Workload

# What the emptiness of a node is measured in, and in which steps.
SCORED: Final = ("cpu", "memory")
STEPS: Final = 10**6
SLOTS: Final = "pods"


class Outcome(Struct, frozen=True):
    """Where the pods of a workload went, for each node of the floor.

    free: what was left before. fits: how many more pods it takes in all. placed: how many of the replicas it got.
    limited_by: what stops one more than `fits`. wanted: how many replicas there are.
    """

    free: Sequence[Amounts]
    fits: Sequence[int]
    placed: Sequence[int]
    limited_by: Sequence[tuple[str, ...]]
    wanted: int


class Floor:
    """The nodes of a cluster, what is free on them, and the pods that stand there."""

    def __init__(self, nodes: Sequence[Node], standing: Iterable[tuple[str, Standing]]) -> None:
        """Take the nodes, and the pods with the names of their nodes."""
        self.nodes = sorted(nodes, key=lambda node: node.name)
        self.free = [_free(node) for node in self.nodes]
        places = {node.name: place for place, node in enumerate(self.nodes)}
        self.crowd = Crowd()
        for name, pod in standing:
            if name in places:
                self.crowd.add(places[name], pod)
        self.barriers: dict[Placing, list[tuple[str, ...]]] = {}

    def fit(self, workload: Workload) -> Outcome:
        """Place the replicas of a workload, as far as they fit, and find out how many more would."""
        barred, need = self._barred(workload.placing, daemons=workload.replicas is None), _need(workload)
        neighbours = Neighbours(workload, self.nodes, self.crowd)
        daemons = workload.replicas is None
        wanted = sum(not why for why in barred) if workload.replicas is None else workload.replicas
        if daemons or neighbours.change:
            chosen, free = self._chosen(barred, need, neighbours, most=wanted if daemons else None, once=daemons)
            fits = _counts(chosen, len(free))
        else:
            chosen, _ = self._chosen(barred, need, neighbours, most=wanted)
            barriers = [why or neighbours.limits(place) for place, why in enumerate(barred)]
            fits = [0 if why else _times(have, need) for why, have in zip(barriers, self.free, strict=True)]
            free = [_less(have, need, times) for have, times in zip(self.free, fits, strict=True)]
        limited_by = [
            (
                *why,
                *_short(free[place], need),
                *(("one-per-node",) if daemons and fits[place] else ()),
                *(() if why else neighbours.limits(place)),
            )
            for place, why in enumerate(barred)
        ]
        before = self.free
        placed = self._take(workload, need, chosen[:wanted])
        return Outcome(before, fits, placed, limited_by, wanted)

    def place(self, workload: Workload) -> int:
        """Place the replicas of a workload; return how many found a node."""
        barred, need = self._barred(workload.placing, daemons=False), _need(workload)
        neighbours = Neighbours(workload, self.nodes, self.crowd)
        chosen, _ = self._chosen(barred, need, neighbours, most=workload.replicas)
        self._take(workload, need, chosen)
        return len(chosen)

    def _take(self, workload: Workload, need: Amounts, chosen: Sequence[int]) -> list[int]:
        """Let pods stand where they were placed; return how many there are on each node."""
        placed = _counts(chosen, len(self.free))
        self.free = [_less(have, need, n) if n else have for have, n in zip(self.free, placed, strict=True)]
        pod = Standing(workload.namespace, workload.labels, workload.placing.aparts)
        for place in chosen:
            self.crowd.add(place, pod)
        return placed

    def _barred(self, rules: Placing, *, daemons: bool) -> list[tuple[str, ...]]:
        """Say for every node what keeps a pod off, whatever room there is."""
        if daemons:
            rules = structs.replace(rules, tolerations=(*rules.tolerations, *OF_DAEMONS))
        known = self.barriers.get(rules)
        if known is None:
            known = self.barriers[rules] = [barriers(node, rules) for node in self.nodes]
        return known

    def _chosen(
        self,
        barred: Sequence[tuple[str, ...]],
        need: Amounts,
        neighbours: Neighbours,
        *,
        most: int | None,
        once: bool = False,
    ) -> tuple[list[int], list[dict[str, int]]]:
        """Choose nodes one after the other until nothing fits any more, or there are `most`; and what is free then."""
        free = [dict(have) for have in self.free]
        queue = _Queue(neighbours, partial(self._fullness, free, need))
        for start, why in enumerate(barred):
            if not why and _has_room(free[start], need):
                queue.put(start)
        chosen: list[int] = []
        while (most is None or len(chosen) < most) and (place := queue.take()) is not None:
            chosen.append(place)
            for resource, amount in need.items():
                free[place][resource] -= amount
            queue.let_in(neighbours.add(place))
            if not once and _has_room(free[place], need):
                queue.put(place)
        return chosen, free

    def _fullness(self, free: Sequence[Mapping[str, int]], need: Amounts, place: int) -> int:
        """Measure how full a node would be with one more: the scheduler's LeastAllocated, CPU and memory alike."""
        left, offered = free[place], self.nodes[place].allocatable or {}
        return -sum(
            (left.get(resource, 0) - need.get(resource, 0)) * STEPS // offered[resource]
            for resource in SCORED
            if offered.get(resource)
        )


class _Queue:
    """Nodes with room, the emptiest first. Those that other pods keep the next one off wait aside.

    One heap for each domain that is passed over as a whole; see Neighbours.bin_of.
    """

    def __init__(self, neighbours: Neighbours, fullness: Callable[[int], int]) -> None:
        self.neighbours = neighbours
        self.fullness = fullness
        self.bins: dict[str | None, list[tuple[int, int]]] = {}
        self.aside: dict[int, list[int]] = {}

    def put(self, place: int) -> None:
        heappush(self.bins.setdefault(self.neighbours.bin_of(place), []), (self.fullness(place), place))

    def take(self) -> int | None:
        """Take the emptiest node that may have a pod now."""
        ready = [heap for name, heap in self.bins.items() if not self.neighbours.is_full(name) and self._settle(heap)]
        return heappop(min(ready, key=itemgetter(0)))[1] if ready else None

    def let_in(self, constraints: Iterable[int]) -> None:
        """Put the nodes back that waited for these constraints."""
        for constraint in constraints:
            for place in self.aside.pop(constraint, ()):
                self.put(place)

    def _settle(self, heap: list[tuple[int, int]]) -> bool:
        """Put blocked nodes aside, up to the first that is not. Whether there is one."""
        while heap:
            blocking = self.neighbours.blocking(heap[0][1])
            if blocking is None:
                return True
            self.aside.setdefault(blocking, []).append(heappop(heap)[1])
        return False


def _need(workload: Workload) -> Amounts:
    return {**{resource: amount for resource, amount in workload.requests.items() if amount > 0}, SLOTS: 1}


def _free(node: Node) -> Amounts:
    offered, taken = node.allocatable or {}, {**(node.requests or {}), SLOTS: node.pod_count or 0}
    return {resource: offered.get(resource, 0) - taken.get(resource, 0) for resource in {**offered, **taken}}


def _has_room(free: Mapping[str, int], need: Amounts) -> bool:
    return all(free.get(resource, 0) >= amount for resource, amount in need.items())


def _times(free: Mapping[str, int], need: Amounts) -> int:
    return max(0, min(free.get(resource, 0) // amount for resource, amount in need.items()))


def _less(free: Mapping[str, int], need: Amounts, times: int) -> dict[str, int]:
    return {resource: left - times * need.get(resource, 0) for resource, left in free.items()}


def _short(free: Mapping[str, int], need: Amounts) -> tuple[str, ...]:
    return tuple(resource for resource, amount in need.items() if free.get(resource, 0) < amount)


def _counts(places: Iterable[int], size: int) -> list[int]:
    counts = [0] * size
    for place in places:
        counts[place] += 1
    return counts
