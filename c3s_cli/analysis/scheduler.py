"""Place pods on nodes like the default scheduler: filter the nodes, then choose the least allocated one.

Ties go to the first node by name, so that the result is deterministic. Preferences (preferred affinity,
PreferNoSchedule, ScheduleAnyway) are ignored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from operator import itemgetter
from typing import Final

from msgspec import Struct, structs

from c3s_cli.analysis.eligibility import barriers, cordoned
from c3s_cli.analysis.filling import Fullness, least_allocated
from c3s_cli.analysis.podrules import PodRules
from c3s_cli.analysis.running import RunningPod, RunningPods, term_for
from c3s_cli.errors import C3sError
from c3s_cli.model.placing import Placing, Workload
from c3s_cli.model.rows import Amounts, Node

# The resources that the score of a node counts, and the precision of the score.
SCORED: Final = ("cpu", "memory")
STEPS: Final = 10**6
SLOTS: Final = "pods"
DRAINED: Final = ("drained",)
MILLICORE: Final = 10**6
# More than any node has.
UNCOUNTED: Final = 1 << 62
# More pods of one workload on one node change nothing for others, and there may be a billion.
MOST_COUNTED: Final = 1000
# From this number on, pods are not placed one by one where that gives the same.
MANY: Final = 10_000
# More pods are not placed one by one: it would take minutes.
MOST_ONE_BY_ONE: Final = 600_000


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

    def __init__(
        self,
        nodes: Sequence[Node],
        pods: Iterable[tuple[str, RunningPod]],
        namespaces: Mapping[str, Mapping[str, str]],
        served: Collection[str] = (),
    ) -> None:
        """Start with nodes, and pods with the names of their nodes.

        served: resources that are not counted on nodes that do not offer them.
        """
        self.nodes = sorted(nodes, key=lambda node: node.name)
        self.free = [_free(node) for node in self.nodes]
        for place, node in enumerate(self.nodes if served else ()):
            uncounted = (resource for resource in served if not (node.allocatable or {}).get(resource))
            self.free[place] |= dict.fromkeys(uncounted, UNCOUNTED)
        self.drained: set[str] = set()
        self.places = places = {node.name: place for place, node in enumerate(self.nodes)}
        self.running = RunningPods(namespaces)
        for name, pod in pods:
            if name in places:
                self.running.add(places[name], pod)
                if pod.cpu_rest:
                    self.free[places[name]]["cpu"] -= pod.cpu_rest
        self.barriers: dict[Placing, list[tuple[str, ...]]] = {}
        self.offered = [_scales(node) for node in self.nodes]

    def drain(self, names: Collection[str], staying: Iterable[tuple[str, RunningPod]]) -> None:
        """Cordon nodes and remove their pods, except for those that stay, with the names of their nodes."""
        places = {self.places[name] for name in names}
        self.drained.update(names)
        self.running.clear(places)
        for place in places:
            self.nodes[place] = cordoned(self.nodes[place])
        for name, pod in staying:
            self.running.add(self.places[name], pod)
        for known in self.barriers.values():
            for place in places:
                known[place] = DRAINED

    def remove(self, node: str, pod: RunningPod, requests: Amounts) -> None:
        """Remove a running pod from a node."""
        place = self.places[node]
        self.running.remove(place, pod)
        for resource, amount in {**in_millicores(requests), SLOTS: 1}.items():
            self.free[place][resource] = self.free[place].get(resource, 0) + amount

    def fit(self, workload: Workload) -> Outcome:
        """Place as many replicas of a workload as fit, and count how many more would fit."""
        daemons = workload.replicas is None
        barred, need = self._barred(workload.placing), need_of(workload)
        pod_rules = PodRules(workload, self.nodes, self.running)
        wanted = sum(not why for why in barred) if workload.replicas is None else workload.replicas
        cap = workload.cap
        if daemons or cap or pod_rules.change:
            free = [dict(have) for have in self.free]
            bounds = [*([wanted] if daemons else []), *([cap.pods] if cap else [])]
            most = min(bounds, default=None)
            chosen = self._chosen(barred, need, pod_rules, free, most=most, once=daemons)
            fits = _counts(chosen, len(free))
            placed = _counts(chosen[:wanted], len(free))
        else:
            barriers = [why or pod_rules.limits(place) for place, why in enumerate(barred)]
            fits = [0 if why else _times(have, need) for why, have in zip(barriers, self.free, strict=True)]
            placed = fits
            if MANY < wanted < sum(fits):
                placed = least_allocated([(n, self._growth(place, need)) for place, n in enumerate(fits)], wanted)
            elif wanted < sum(fits):
                free = [dict(have) for have in self.free]
                placed = _counts(self._chosen(barred, need, pod_rules, free, most=wanted), len(free))
            free = [_less(have, need, times) for have, times in zip(self.free, fits, strict=True)]
        limited_by = [
            (
                *why,
                *_short(free[place], need),
                *(("one-per-node",) if daemons and fits[place] else ()),
                *(() if why else pod_rules.limits(place)),
                *((cap.why,) if cap and not why and sum(fits) >= cap.pods else ()),
            )
            for place, why in enumerate(barred)
        ]
        before = self.free
        self.free = [_less(have, need, n) if n else have for have, n in zip(self.free, placed, strict=True)]
        self._add(workload, {place: count for place, count in enumerate(placed) if count})
        return Outcome(before, fits, placed, limited_by, wanted)

    def place(self, workload: Workload) -> list[int]:
        """Place as many replicas of a workload as fit; return the indexes of their nodes, one after the other."""
        barred, need = self._barred(workload.placing), need_of(workload)
        pod_rules = PodRules(workload, self.nodes, self.running)
        chosen = self._chosen(barred, need, pod_rules, self.free, most=workload.replicas)
        self._add(workload, Counter(chosen))
        return chosen

    def why_not(self, workload: Workload) -> list[tuple[str, ...]]:
        """Return for every node why it cannot run one more pod."""
        barred, need = self._barred(workload.placing), need_of(workload)
        pod_rules = PodRules(workload, self.nodes, self.running)
        return [why or (*_short(self.free[place], need), *pod_rules.limits(place)) for place, why in enumerate(barred)]

    def _add(self, workload: Workload, placed: Mapping[int, int]) -> None:
        """Count the placed pods as running. placed: how many on each node."""
        placing = workload.placing
        pod = RunningPod(workload.namespace, workload.labels, placing.anti_affinities, placing.host_ports)
        if placing.anti_affinities:
            terms = tuple(term_for(term, workload.labels) for term in placing.anti_affinities)
            pod = structs.replace(pod, anti_affinities=terms)
        for place, count in placed.items():
            for _ in range(min(count, MOST_COUNTED)):
                self.running.add(place, pod)

    def _barred(self, rules: Placing) -> list[tuple[str, ...]]:
        """Return for every node why it cannot run a pod, regardless of free resources."""
        # Most pods differ only in rules about other pods.
        rules = structs.replace(
            rules, spreads=(), affinities=(), anti_affinities=(), host_ports=(), priority=0, ignored=()
        )
        known = self.barriers.get(rules)
        if known is None:
            known = self.barriers[rules] = [
                DRAINED if node.name in self.drained else barriers(node, rules) for node in self.nodes
            ]
        return known

    def _chosen(
        self,
        barred: Sequence[tuple[str, ...]],
        need: Amounts,
        pod_rules: PodRules,
        free: list[dict[str, int]],
        *,
        most: int | None,
        once: bool = False,
    ) -> list[int]:
        """Choose nodes for one pod after the other, for `most` pods or until no more fit; take it from what is free."""
        candidates = _Candidates(pod_rules, lambda place: self._by_fullness(free, need, [place])[0][0])
        places = [place for place, why in enumerate(barred) if not why]
        for resource, amount in need.items():
            places = [place for place in places if free[place].get(resource, 0) >= amount]
        candidates.fill(self._by_fullness(free, need, places))
        chosen: list[int] = []
        while (most is None or len(chosen) < most) and (place := candidates.take()) is not None:
            chosen.append(place)
            if len(chosen) > MOST_ONE_BY_ONE:
                raise too_many(MOST_ONE_BY_ONE)
            for resource, amount in need.items():
                free[place][resource] -= amount
            candidates.let_in(pod_rules.add(place))
            if not once and all(free[place].get(resource, 0) >= amount for resource, amount in need.items()):
                candidates.put(place)
        return chosen

    def _growth(self, place: int, need: Amounts) -> Fullness:
        """Return the fullness of a node with some more pods."""
        free = self.free[place]
        return lambda count: self._by_fullness({place: _less(free, need, count - 1)}, need, [place])[0][0]

    def _by_fullness(
        self, free: Sequence[Mapping[str, int]] | Mapping[int, Mapping[str, int]], need: Amounts, places: Iterable[int]
    ) -> list[tuple[int, int]]:
        """Return the fullness of several nodes, with their indexes. Every pod of a drain asks for all nodes.

        It is the negated LeastAllocated score of a node with one more pod, the mean of CPU and memory.
        """
        (cpu, memory), offered = SCORED, self.offered
        cpu_need, memory_need = need.get(cpu, 0), need.get(memory, 0)
        ranked = []
        for place in places:
            left, (cpu_scale, cpu_offered, memory_scale, memory_offered) = free[place], offered[place]
            ranked.append(
                (
                    -((left.get(cpu, 0) - cpu_need) * cpu_scale // cpu_offered)
                    - (left.get(memory, 0) - memory_need) * memory_scale // memory_offered,
                    place,
                )
            )
        return ranked


class _Candidates:
    """The nodes with room, least allocated first. A node that a pod rule blocks is set aside until the rule allows it.

    There is one heap for each value of PodRules.bin_of, so that a full domain is skipped at once.
    """

    def __init__(self, pod_rules: PodRules, fullness: Callable[[int], int]) -> None:
        self.pod_rules = pod_rules
        self.fullness = fullness
        self.bins: dict[str | None, list[tuple[int, int]]] = {}
        self.aside: dict[int, list[int]] = {}

    def fill(self, places: Iterable[tuple[int, int]]) -> None:
        """Put several nodes at once, each with its fullness."""
        if not self.pod_rules.binned:
            self.bins[None] = list(places)
        for each in places if self.pod_rules.binned else ():
            self.bins.setdefault(self.pod_rules.bin_of(each[1]), []).append(each)
        for heap in self.bins.values():
            heapify(heap)

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


def in_millicores(requests: Amounts) -> Amounts:
    """Round CPU up to whole millicores, as the scheduler counts a pod."""
    rest = -requests.get("cpu", 0) % MILLICORE
    return {**requests, "cpu": requests["cpu"] + rest} if rest else requests


def too_many(most: int) -> C3sError:
    """Return the error of pods that would have to be placed one by one, because of their rules about other pods."""
    return C3sError(f"more than {most:,} pods: their rules ask to place them one by one, which would take too long")


def need_of(workload: Workload) -> Amounts:
    """Return what one pod takes from a node, with its slot."""
    requests = in_millicores(workload.requests)
    return {**{resource: amount for resource, amount in requests.items() if amount > 0}, SLOTS: 1}


def _scales(node: Node) -> tuple[int, int, int, int]:
    """Return what CPU and memory are multiplied with and divided by for the score; what is not offered has none."""
    cpu, memory = ((node.allocatable or {}).get(resource, 0) for resource in SCORED)
    return STEPS if cpu else 0, cpu or 1, STEPS if memory else 0, memory or 1


def _free(node: Node) -> dict[str, int]:
    offered, taken = in_millicores(node.allocatable or {}), {**(node.requests or {}), SLOTS: node.pod_count or 0}
    return {resource: offered.get(resource, 0) - taken.get(resource, 0) for resource in {**offered, **taken}}


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
