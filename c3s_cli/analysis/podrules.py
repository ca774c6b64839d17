"""The rules that depend on other pods: required anti-affinity and topology spread constraints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.analysis.eligibility import met, mismatches, untolerated
from c3s_cli.model.placing import AntiAffinity, Selector, Spread, Workload
from c3s_cli.model.rows import Node

# With at most this many domains, each domain gets its own heap of nodes, so that a full domain is skipped at once.
BINS: Final = 32
FOR_GOOD: Final = -1


class RunningPod(Struct, frozen=True, gc=False):
    """A pod on a node. leaving: whether it is being deleted."""

    namespace: str
    labels: Mapping[str, str]
    anti_affinities: tuple[AntiAffinity, ...] = ()
    leaving: bool = False


class RunningPods:
    """The pods on the nodes, each with the index of its node, by namespace; also those with anti-affinity."""

    def __init__(self) -> None:
        self.by_namespace: dict[str, list[tuple[int, RunningPod]]] = {}
        self.with_anti_affinity: list[tuple[int, RunningPod]] = []

    def add(self, place: int, pod: RunningPod) -> None:
        """Add a pod to a node."""
        self.by_namespace.setdefault(pod.namespace, []).append((place, pod))
        if pod.anti_affinities:
            self.with_anti_affinity.append((place, pod))

    def of(self, namespaces: Iterable[str] | None) -> Iterator[tuple[int, RunningPod]]:
        """Yield the pods of some namespaces; None for all."""
        for namespace in self.by_namespace if namespaces is None else namespaces:
            yield from self.by_namespace.get(namespace, ())


class _SpreadCounts:
    """The number of pods that one spread constraint selects, in each domain."""

    def __init__(
        self, rule: Spread, workload: Workload, nodes: Sequence[Node], counted: Collection[int], running: RunningPods
    ) -> None:
        self.rule = rule
        self.domains = [(node.labels or {}).get(rule.topology_key) for node in nodes]
        self.own = int(_selects(rule.selector, workload.labels))
        self.counts = Counter(dict.fromkeys((self.domains[place] for place in counted), 0))
        for place, pod in running.of((workload.namespace,)):
            if place in counted and not pod.leaving and _selects(rule.selector, pod.labels):
                self.counts[self.domains[place]] += 1
        # The number of domains with each count: the minimum rises when no domain has it any more.
        self.levels = Counter(self.counts.values())
        self.least = min(self.levels, default=0)

    def floor(self) -> int:
        return 0 if len(self.counts) < self.rule.min_domains else self.least

    def is_full(self, domain: str | None) -> bool:
        return domain is None or self.counts[domain] + self.own - self.floor() > self.rule.max_skew

    def add(self, place: int) -> bool:
        """Count one more pod. Return whether the minimum rose, so that other domains may accept a pod again."""
        domain = self.domains[place]
        if not self.own or domain not in self.counts:
            return False
        before = self.counts[domain]
        self.counts[domain] += 1
        self.levels[before] -= 1
        self.levels[before + 1] += 1
        if before != self.least or self.levels[before]:
            return False
        self.least += 1
        return True


class PodRules:
    """The rules between the pods of a workload and all other pods."""

    def __init__(
        self,
        workload: Workload,
        nodes: Sequence[Node],
        running: RunningPods,
    ) -> None:
        self.nodes = nodes
        self.banned = _banned(workload, nodes, running)
        self.own_keys = {
            rule.topology_key
            for rule in workload.placing.anti_affinities
            if _forbids(rule, workload.namespace, workload)
        }
        # A DaemonSet has one pod per node anyway.
        rules = workload.placing.spreads if workload.replicas is not None else ()
        self.spread_counts = [
            _SpreadCounts(rule, workload, nodes, _counted(rule, rules, workload, nodes), running) for rule in rules
        ]
        # Whether placing a pod changes where the next one may run.
        self.change = bool(self.spread_counts or self.own_keys)
        smallest = min(self.spread_counts, key=lambda counts: len(counts.counts), default=None)
        self.binned = smallest if smallest and len(smallest.counts) <= BINS else None

    def bin_of(self, place: int) -> str | None:
        """Return the domain whose nodes are skipped together."""
        return self.binned.domains[place] if self.binned else None

    def is_full(self, name: str | None) -> bool:
        """Return whether no node of a bin may run the next pod."""
        return self.binned is not None and self.binned.is_full(name)

    def blocking(self, place: int) -> int | None:
        """Return the index of the constraint that blocks a node now; FOR_GOOD if permanently, None if none does."""
        if self._is_banned(place):
            return FOR_GOOD
        for number, counts in enumerate(self.spread_counts):
            domain = counts.domains[place]
            if counts.is_full(domain):
                return FOR_GOOD if domain is None else number
        return None

    def limits(self, place: int) -> tuple[str, ...]:
        """Return the names of the rules that block a node."""
        apart = ("anti-affinity",) if self._is_banned(place) else ()
        full = any(counts.is_full(counts.domains[place]) for counts in self.spread_counts)
        return (*apart, "spread") if full else apart

    def add(self, place: int) -> list[int]:
        """Record a placed pod; return the indexes of the constraints that may allow more nodes now."""
        labels = self.nodes[place].labels or {}
        for key in self.own_keys:
            if key in labels:
                self.banned.setdefault(key, set()).add(labels[key])
        return [number for number, counts in enumerate(self.spread_counts) if counts.add(place)]

    def _is_banned(self, place: int) -> bool:
        labels = self.nodes[place].labels or {}
        return any(labels.get(key) in domains for key, domains in self.banned.items())


def _banned(workload: Workload, nodes: Sequence[Node], running: RunningPods) -> dict[str, set[str]]:
    """Return the domains, by topology key, where the anti-affinity of either side forbids the workload."""
    home = workload.namespace
    pairs = [
        (rule.topology_key, place)
        for rule in workload.placing.anti_affinities
        for place, pod in running.of(None if rule.namespaces is None else rule.namespaces or (home,))
        if _selects(rule.selector, pod.labels)
    ]
    asked: dict[tuple[AntiAffinity, str], bool] = {}
    for place, pod in running.with_anti_affinity:
        for rule in pod.anti_affinities:
            question = (rule, pod.namespace)
            if question not in asked:
                asked[question] = _forbids(rule, pod.namespace, workload)
            if asked[question]:
                pairs.append((rule.topology_key, place))
    banned: dict[str, set[str]] = {}
    for key, place in pairs:
        domain = (nodes[place].labels or {}).get(key)
        if domain is not None:
            banned.setdefault(key, set()).add(domain)
    return banned


def _forbids(rule: AntiAffinity, home: str, other: Workload) -> bool:
    """Return whether the anti-affinity of a pod in the namespace `home` selects the other pods."""
    if rule.namespaces is not None and other.namespace not in (rule.namespaces or (home,)):
        return False
    return _selects(rule.selector, other.labels)


def _selects(selector: Selector, labels: Mapping[str, str]) -> bool:
    return selector is not None and met(selector, labels)


def _counted(rule: Spread, rules: Sequence[Spread], workload: Workload, nodes: Sequence[Node]) -> set[int]:
    """Return the indexes of the nodes that a constraint counts: with all topology keys, and within its policies."""
    keys = {each.topology_key for each in rules}
    placing = workload.placing
    return {
        place
        for place, node in enumerate(nodes)
        if keys <= (node.labels or {}).keys()
        and not (rule.honors_affinity and mismatches(node, placing))
        and not (rule.honors_taints and untolerated(node, placing.tolerations))
    }
