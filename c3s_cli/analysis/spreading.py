"""Topology spread constraints with DoNotSchedule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from c3s_cli.analysis.eligibility import met, mismatches, untolerated
from c3s_cli.analysis.running import RunningPods, with_keys
from c3s_cli.model.placing import Placing, Spread, Workload
from c3s_cli.model.rows import Node


class SpreadCounts:
    """The number of pods that one spread constraint selects, in each domain."""

    def __init__(
        self, rule: Spread, workload: Workload, nodes: Sequence[Node], counted: Collection[int], running: RunningPods
    ) -> None:
        self.rule = rule
        self.domains = [(node.labels or {}).get(rule.topology_key) for node in nodes]
        # The scheduler counts no pods for an empty selector.
        selector = with_keys(rule.selector, rule.match_keys, workload.labels, "in") or None
        self.own = int(selector is not None and met(selector, workload.labels))
        self.counts = Counter(dict.fromkeys((self.domains[place] for place in counted), 0))
        for place, pod in running.by_namespace.get(workload.namespace, ()) if selector else ():
            if place in counted and not pod.leaving and met(selector or (), pod.labels):
                self.counts[self.domains[place]] += 1
        # The number of domains with each count: the minimum rises when no domain has it any more.
        self.levels = Counter(self.counts.values())
        self.least = min(self.levels, default=0)

    def floor(self) -> int:
        """Return the number of pods in the emptiest domain."""
        return 0 if len(self.counts) < self.rule.min_domains else self.least

    def is_full(self, domain: str | None) -> bool:
        """Return whether one more pod in a domain would be too many."""
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


def counted(rule: Spread, rules: Sequence[Spread], placing: Placing, nodes: Sequence[Node]) -> set[int]:
    """Return the indexes of the nodes that a constraint counts: with all topology keys, and within its policies."""
    keys = {each.topology_key for each in rules}
    honors_affinity = rule.honors_affinity and (placing.node_labels or placing.node_terms is not None)
    return {
        place
        for place, node in enumerate(nodes)
        if keys <= (node.labels or {}).keys()
        and not (honors_affinity and mismatches(node, placing))
        and not (rule.honors_taints and untolerated(node, placing.tolerations))
    }
