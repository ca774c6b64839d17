"""The rules that depend on other pods: required affinity and anti-affinity, host ports, topology spread constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from c3s_cli.analysis.running import RunningPods, term_for
from c3s_cli.analysis.spreading import SpreadCounts, counted
from c3s_cli.model.placing import HostPort, PodTerm, Workload
from c3s_cli.model.rows import Node

# With at most this many domains, each domain gets its own heap of nodes, so that a full domain is skipped at once.
BINS: Final = 32
FOR_GOOD: Final = -1
ANY_ADDRESS: Final = HostPort(0).ip


class PodRules:
    """The rules between the pods of a workload and all other pods."""

    def __init__(self, workload: Workload, nodes: Sequence[Node], running: RunningPods) -> None:
        self.nodes = nodes
        placing = workload.placing
        apart = [term_for(term, workload.labels) for term in placing.anti_affinities]
        self.banned = _banned(workload, apart, nodes, running)
        self.own_keys = {
            term.topology_key
            for term in apart
            if running.selects(term, workload.namespace, workload.namespace, workload.labels)
        }
        self.affinity = _Affinity(workload, nodes, running) if placing.affinities else None
        self.has_ports = bool(placing.host_ports)
        self.without_port = (
            {place for place, ports in running.host_ports.items() if _clash(ports, placing.host_ports)}
            if self.has_ports
            else set()
        )
        # A DaemonSet has one pod per node anyway.
        rules = placing.spreads if workload.replicas is not None else ()
        self.spread_counts = [
            SpreadCounts(rule, workload, nodes, counted(rule, rules, placing, nodes), running) for rule in rules
        ]
        # Whether placing a pod changes where the next one may run.
        self.change = bool(self.spread_counts or self.own_keys or self.affinity or self.has_ports)
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
        if self._is_banned(place) or place in self.without_port or (self.affinity and self.affinity.is_far(place)):
            return FOR_GOOD
        for number, counts in enumerate(self.spread_counts):
            domain = counts.domains[place]
            if counts.is_full(domain):
                return FOR_GOOD if domain is None else number
        return None

    def limits(self, place: int) -> tuple[str, ...]:
        """Return the names of the rules that block a node."""
        blocked = {
            "host-ports": place in self.without_port,
            "pod-affinity": self.affinity is not None and self.affinity.is_far(place),
            "anti-affinity": self._is_banned(place),
            "spread": any(counts.is_full(counts.domains[place]) for counts in self.spread_counts),
        }
        return tuple(name for name, blocks in blocked.items() if blocks)

    def add(self, place: int) -> list[int]:
        """Record a placed pod; return the indexes of the constraints that may allow more nodes now."""
        labels = self.nodes[place].labels or {}
        for key in self.own_keys:
            if key in labels:
                self.banned.setdefault(key, set()).add(labels[key])
        if self.has_ports:
            self.without_port.add(place)
        if self.affinity:
            self.affinity.add(place)
        return [number for number, counts in enumerate(self.spread_counts) if counts.add(place)]

    def _is_banned(self, place: int) -> bool:
        labels = self.nodes[place].labels or {}
        return any(labels.get(key) in domains for key, domains in self.banned.items())


class _Affinity:
    """The domains of the pods that a required pod affinity wants nearby. These must match all of its terms."""

    def __init__(self, workload: Workload, nodes: Sequence[Node], running: RunningPods) -> None:
        self.nodes = nodes
        home = workload.namespace
        terms = [term_for(term, workload.labels) for term in workload.placing.affinities]
        self.keys = [term.topology_key for term in terms]
        self.own = all(running.selects(term, home, home, workload.labels) for term in terms)
        self.domains: set[tuple[str, str]] = set()
        for namespace, pods in running.by_namespace.items():
            if all(running.covers(term, home, namespace) for term in terms):
                for place, pod in pods:
                    if all(running.matches(term, pod.labels) for term in terms):
                        self._near(place)

    def is_far(self, place: int) -> bool:
        """Return whether a node is not near such a pod. The first pod of a group that wants itself may run anywhere."""
        labels = self.nodes[place].labels or {}
        if any(key not in labels for key in self.keys):
            return True
        if not self.domains and self.own:
            return False
        return any((key, labels[key]) not in self.domains for key in self.keys)

    def add(self, place: int) -> None:
        """Record a pod of the workload."""
        if self.own:
            self._near(place)

    def _near(self, place: int) -> None:
        labels = self.nodes[place].labels or {}
        self.domains.update((key, labels[key]) for key in self.keys if key in labels)


def _banned(
    workload: Workload, terms: Sequence[PodTerm], nodes: Sequence[Node], running: RunningPods
) -> dict[str, set[str]]:
    """Return the domains, by topology key, where the anti-affinity of either side forbids the workload."""
    home = workload.namespace
    pairs = [
        (term.topology_key, place)
        for term in terms
        for namespace, pods in running.by_namespace.items()
        if running.covers(term, home, namespace)
        for place, pod in pods
        if running.matches(term, pod.labels)
    ]
    for (term, namespace), places in running.anti_affinities.items():
        if running.selects(term, namespace, home, workload.labels):
            pairs += [(term.topology_key, place) for place in places]
    banned: dict[str, set[str]] = {}
    for key, place in pairs:
        domain = (nodes[place].labels or {}).get(key)
        if domain is not None:
            banned.setdefault(key, set()).add(domain)
    return banned


def _clash(taken: Sequence[HostPort], wanted: Sequence[HostPort]) -> bool:
    return any(
        have.port == want.port
        and have.protocol == want.protocol
        and (have.ip == want.ip or ANY_ADDRESS in (have.ip, want.ip))
        for want in wanted
        for have in taken
    )
