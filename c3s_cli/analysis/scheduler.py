"""Place pods on nodes like the default scheduler: filter the nodes, then choose the least allocated one.

Ties go to the first node by name, so that the result is deterministic. Preferences (preferred affinity,
PreferNoSchedule, ScheduleAnyway) are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from heapq import heappop, heappush
from operator import itemgetter
from typing import Final

from msgspec import Struct, structs

from c3s_cli.analysis.eligibility import OF_DAEMONS, barriers
from c3s_cli.analysis.podrules import PodRules, RunningPod, RunningPods
from c3s_cli.model.placing import Placing, Workload
from c3s_cli.model.rows import Amounts, Node

# The resources that the score of a node counts, and the precision of the score.
SCORED: Final = ("cpu", "memory")
STEPS: Final = 10**6
SLOTS: Final = "pods"


class Outcome(Struct, frozen=True):
    """The placement of one workload. The sequences have one element per node.

    free: before placing, with free pod slots under "pods". fits: how many of the pods fit. placed: how many of the
    replicas are placed. limited_by: the reasons why not one more pod fits. wanted: the number of replicas.
    """

    free: Sequence[Amounts]
    fits: Sequence[int]
    placed: Sequence[int]
    limited_by: Sequence[tuple[str, ...]]
    wanted: int


class Scheduler:
    """The nodes of a cluster with their free resources and running pods. Placing pods changes it."""

    def __init__(self, nodes: Sequence[Node], pods: Iterable[tuple[str, RunningPod]]) -> None:
        """Start with nodes, and pods with the names of their nodes."""
        self.nodes = sorted(nodes, key=lambda node: node.name)
        self.free = [_free(node) for node in self.nodes]
        places = {node.name: place for place, node in enumerate(self.nodes)}
        self.running = RunningPods()
        for name, pod in pods:
            if name in places:
                self.running.add(places[name], pod)
        self.barriers: dict[Placing, list[tuple[str, ...]]] = {}

    def fit(self, workload: Workload) -> Outcome:
        """Place as many replicas of a workload as fit, and count how many more would fit."""
        barred, need = self._barred(workload.placing, daemons=workload.replicas is None), _need(workload)
        pod_rules = PodRules(workload, self.nodes, self.running)
        daemons = workload.replicas is None
        wanted = sum(not why for why in barred) if workload.replicas is None else workload.replicas
        if daemons or pod_rules.change:
            chosen, free = self._chosen(barred, need, pod_rules, most=wanted if daemons else None, once=daemons)
            fits = _counts(chosen, len(free))
        else:
            chosen, _ = self._chosen(barred, need, pod_rules, most=wanted)
            barriers = [why or pod_rules.limits(place) for place, why in enumerate(barred)]
            fits = [0 if why else _times(have, need) for why, have in zip(barriers, self.free, strict=True)]
            free = [_less(have, need, times) for have, times in zip(self.free, fits, strict=True)]
        limited_by = [
            (
                *why,
                *_short(free[place], need),
                *(("one-per-node",) if daemons and fits[place] else ()),
                *(() if why else pod_rules.limits(place)),
            )
            for place, why in enumerate(barred)
        ]
        before = self.free
        placed = self._take(workload, need, chosen[:wanted])
        return Outcome(before, fits, placed, limited_by, wanted)

    def place(self, workload: Workload) -> int:
        """Place as many replicas of a workload as fit; return their number."""
        barred, need = self._barred(workload.placing, daemons=False), _need(workload)
        pod_rules = PodRules(workload, self.nodes, self.running)
        chosen, _ = self._chosen(barred, need, pod_rules, most=workload.replicas)
        self._take(workload, need, chosen)
        return len(chosen)

    def _take(self, workload: Workload, need: Amounts, chosen: Sequence[int]) -> list[int]:
        """Add the placed pods to the nodes; return their number per node."""
        placed = _counts(chosen, len(self.free))
        self.free = [_less(have, need, n) if n else have for have, n in zip(self.free, placed, strict=True)]
        pod = RunningPod(workload.namespace, workload.labels, workload.placing.anti_affinities)
        for place in chosen:
            self.running.add(place, pod)
        return placed

    def _barred(self, rules: Placing, *, daemons: bool) -> list[tuple[str, ...]]:
        """Return for every node why it cannot run a pod, regardless of free resources."""
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
        pod_rules: PodRules,
        *,
        most: int | None,
        once: bool = False,
    ) -> tuple[list[int], list[dict[str, int]]]:
        """Choose nodes for one pod after the other, for `most` pods or until no more fit; also return what is free."""
        free = [dict(have) for have in self.free]
        candidates = _Candidates(pod_rules, partial(self._fullness, free, need))
        for start, why in enumerate(barred):
            if not why and _has_room(free[start], need):
                candidates.put(start)
        chosen: list[int] = []
        while (most is None or len(chosen) < most) and (place := candidates.take()) is not None:
            chosen.append(place)
            for resource, amount in need.items():
                free[place][resource] -= amount
            candidates.let_in(pod_rules.add(place))
            if not once and _has_room(free[place], need):
                candidates.put(place)
        return chosen, free

    def _fullness(self, free: Sequence[Mapping[str, int]], need: Amounts, place: int) -> int:
        """Return the negated LeastAllocated score of a node with one more pod, the mean of CPU and memory."""
        left, offered = free[place], self.nodes[place].allocatable or {}
        return -sum(
            (left.get(resource, 0) - need.get(resource, 0)) * STEPS // offered[resource]
            for resource in SCORED
            if offered.get(resource)
        )


class _Candidates:
    """The nodes with room, least allocated first. A node that a pod rule blocks is set aside until the rule allows it.

    There is one heap for each value of PodRules.bin_of, so that a full domain is skipped at once.
    """

    def __init__(self, pod_rules: PodRules, fullness: Callable[[int], int]) -> None:
        self.pod_rules = pod_rules
        self.fullness = fullness
        self.bins: dict[str | None, list[tuple[int, int]]] = {}
        self.aside: dict[int, list[int]] = {}

    def put(self, place: int) -> None:
        heappush(self.bins.setdefault(self.pod_rules.bin_of(place), []), (self.fullness(place), place))

    def take(self) -> int | None:
        """Remove and return the least allocated node that may run the next pod; None if there is none."""
        ready = [heap for name, heap in self.bins.items() if not self.pod_rules.is_full(name) and self._settle(heap)]
        return heappop(min(ready, key=itemgetter(0)))[1] if ready else None

    def let_in(self, constraints: Iterable[int]) -> None:
        """Put back the nodes that were set aside for these constraints."""
        for constraint in constraints:
            for place in self.aside.pop(constraint, ()):
                self.put(place)

    def _settle(self, heap: list[tuple[int, int]]) -> bool:
        """Set blocked nodes aside until the first node is not blocked. Return whether a node is left."""
        while heap:
            blocking = self.pod_rules.blocking(heap[0][1])
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
