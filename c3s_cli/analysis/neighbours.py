"""What pods that stand elsewhere say to the next one: required anti-affinity and topology spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.analysis.eligibility import met, unlike, untolerated
from c3s_cli.model import Node
from c3s_cli.request.pods import Apart, Selector, Spread, Workload

# Up to so many domains the nodes of each are kept apart, so that a full domain is passed over as a whole.
BINS: Final = 32
FOR_GOOD: Final = -1


class Standing(Struct, frozen=True, gc=False):
    """A pod that has a node. leaving: whether it is being deleted."""

    namespace: str
    labels: Mapping[str, str]
    aparts: tuple[Apart, ...] = ()
    leaving: bool = False


class Crowd:
    """The pods that stand on the nodes, by namespace, each with the place of its node; those with demands apart."""

    def __init__(self) -> None:
        self.by_namespace: dict[str, list[tuple[int, Standing]]] = {}
        self.demanding: list[tuple[int, Standing]] = []

    def add(self, place: int, pod: Standing) -> None:
        """Let a pod stand on a node."""
        self.by_namespace.setdefault(pod.namespace, []).append((place, pod))
        if pod.aparts:
            self.demanding.append((place, pod))

    def of(self, namespaces: Iterable[str] | None) -> Iterator[tuple[int, Standing]]:
        """Return the pods of some namespaces, or of all."""
        for namespace in self.by_namespace if namespaces is None else namespaces:
            yield from self.by_namespace.get(namespace, ())


class _Balance:
    """One spread constraint: how many pods that it selects stand in each domain."""

    def __init__(
        self, rule: Spread, workload: Workload, nodes: Sequence[Node], counted: Collection[int], crowd: Crowd
    ) -> None:
        self.rule = rule
        self.domains = [(node.labels or {}).get(rule.topology_key) for node in nodes]
        self.own = int(_selects(rule.selector, workload.labels))
        self.counts = Counter(dict.fromkeys((self.domains[place] for place in counted), 0))
        for place, pod in crowd.of((workload.namespace,)):
            if place in counted and not pod.leaving and _selects(rule.selector, pod.labels):
                self.counts[self.domains[place]] += 1
        # How many domains have each count: the least count rises when none has it any more.
        self.levels = Counter(self.counts.values())
        self.least = min(self.levels, default=0)

    def floor(self) -> int:
        return 0 if len(self.counts) < self.rule.min_domains else self.least

    def is_full(self, domain: str | None) -> bool:
        return domain is None or self.counts[domain] + self.own - self.floor() > self.rule.max_skew

    def add(self, place: int) -> bool:
        """Count one more pod. Whether another domain may take one now."""
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


class Neighbours:
    """The pods beside which those of a workload are placed, as far as they matter to it."""

    def __init__(
        self,
        workload: Workload,
        nodes: Sequence[Node],
        crowd: Crowd,
    ) -> None:
        self.nodes = nodes
        self.banned = _banned(workload, nodes, crowd)
        self.own_keys = {
            rule.topology_key for rule in workload.placing.aparts if _forbids(rule, workload.namespace, workload)
        }
        # A DaemonSet has one pod on every node already.
        rules = workload.placing.spreads if workload.replicas is not None else ()
        self.balances = [
            _Balance(rule, workload, nodes, _counted(rule, rules, workload, nodes), crowd) for rule in rules
        ]
        # Whether a pod that is placed changes where the next one may stand.
        self.change = bool(self.balances or self.own_keys)
        smallest = min(self.balances, key=lambda balance: len(balance.counts), default=None)
        self.binned = smallest if smallest and len(smallest.counts) <= BINS else None

    def bin_of(self, place: int) -> str | None:
        """Name the domain whose nodes are passed over together."""
        return self.binned.domains[place] if self.binned else None

    def is_full(self, name: str | None) -> bool:
        """Whether no node of a bin takes a pod now."""
        return self.binned is not None and self.binned.is_full(name)

    def blocking(self, place: int) -> int | None:
        """Say which constraint keeps the next pod off a node for now, `FOR_GOOD` for ever; None if nothing does."""
        if self._is_banned(place):
            return FOR_GOOD
        for number, balance in enumerate(self.balances):
            domain = balance.domains[place]
            if balance.is_full(domain):
                return FOR_GOOD if domain is None else number
        return None

    def limits(self, place: int) -> tuple[str, ...]:
        """Say which rules keep the next pod off a node."""
        apart = ("anti-affinity",) if self._is_banned(place) else ()
        full = any(balance.is_full(balance.domains[place]) for balance in self.balances)
        return (*apart, "spread") if full else apart

    def add(self, place: int) -> list[int]:
        """Take note of a pod that was placed; say which constraints let more nodes in now."""
        labels = self.nodes[place].labels or {}
        for key in self.own_keys:
            if key in labels:
                self.banned.setdefault(key, set()).add(labels[key])
        return [number for number, balance in enumerate(self.balances) if balance.add(place)]

    def _is_banned(self, place: int) -> bool:
        labels = self.nodes[place].labels or {}
        return any(labels.get(key) in domains for key, domains in self.banned.items())


def _banned(workload: Workload, nodes: Sequence[Node], crowd: Crowd) -> dict[str, set[str]]:
    """Find the domains, by topology key, where an anti-affinity of either side forbids the workload."""
    home = workload.namespace
    found = [
        (rule.topology_key, place)
        for rule in workload.placing.aparts
        for place, pod in crowd.of(None if rule.namespaces is None else rule.namespaces or (home,))
        if _selects(rule.selector, pod.labels)
    ]
    asked: dict[tuple[Apart, str], bool] = {}
    for place, pod in crowd.demanding:
        for rule in pod.aparts:
            question = (rule, pod.namespace)
            if question not in asked:
                asked[question] = _forbids(rule, pod.namespace, workload)
            if asked[question]:
                found.append((rule.topology_key, place))
    banned: dict[str, set[str]] = {}
    for key, place in found:
        domain = (nodes[place].labels or {}).get(key)
        if domain is not None:
            banned.setdefault(key, set()).add(domain)
    return banned


def _forbids(rule: Apart, home: str, other: Workload) -> bool:
    """Whether an anti-affinity of a pod in the namespace `home` means the other pods."""
    if rule.namespaces is not None and other.namespace not in (rule.namespaces or (home,)):
        return False
    return _selects(rule.selector, other.labels)


def _selects(selector: Selector, labels: Mapping[str, str]) -> bool:
    return selector is not None and met(selector, labels)


def _counted(rule: Spread, rules: Sequence[Spread], workload: Workload, nodes: Sequence[Node]) -> set[int]:
    """Return the places of the nodes that a constraint counts: with every topology key, and as its policies say."""
    keys = {each.topology_key for each in rules}
    placing = workload.placing
    return {
        place
        for place, node in enumerate(nodes)
        if keys <= (node.labels or {}).keys()
        and not (rule.honors_affinity and unlike(node, placing))
        and not (rule.honors_taints and untolerated(node, placing.tolerations))
    }
