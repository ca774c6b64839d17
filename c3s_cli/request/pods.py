"""The pods that `c3s fit` looks for room for: how many, what they request, and where they may run.

The rules are the scheduler's own, as a pod's spec states them; running pods have them, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from c3s_cli.request.selectors import Requirement

HOSTNAME: Final = "kubernetes.io/hostname"
# A label selector whose requirements must all be met; None selects nothing, an empty one everything.
Selector = tuple[Requirement, ...] | None


class Toleration(Struct, frozen=True):
    """Which taints a pod tolerates. An empty key (with Exists) is any key, an empty effect any effect."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class NodeTerm(Struct, frozen=True):
    """One alternative of a required node affinity. fields: requirements of the node's name."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()


class Apart(Struct, frozen=True):
    """A required anti-affinity: no selected pod in the same domain. namespaces: None for all, () for its own."""

    topology_key: str
    selector: Selector
    namespaces: tuple[str, ...] | None = ()


class Spread(Struct, frozen=True):
    """A topology spread constraint with DoNotSchedule.

    honors_affinity, honors_taints: whether only nodes that the pod may run on are counted.
    """

    topology_key: str
    selector: Selector
    max_skew: int = 1
    min_domains: int = 1
    honors_affinity: bool = True
    honors_taints: bool = False


class Placing(Struct, frozen=True):
    """Where a pod may run.

    node_labels: its nodeSelector. node_terms: its required node affinity, None if it has none. priority: the higher
    one is placed first. ignored: the rules of its spec that c3s does not consider, in words.
    """

    node_labels: tuple[Requirement, ...] = ()
    node_terms: tuple[NodeTerm, ...] | None = None
    tolerations: tuple[Toleration, ...] = ()
    spreads: tuple[Spread, ...] = ()
    aparts: tuple[Apart, ...] = ()
    priority: int = 0
    ignored: tuple[str, ...] = ()


ANYWHERE: Final = Placing()


class Workload(Struct, frozen=True):
    """Pods that are alike. name: "Kind/name". namespace: "" for the context's own.

    replicas: None for one on every node that the rules allow (a DaemonSet). requests: the effective requests of each
    pod, in nanocores, bytes or a count.
    """

    name: str
    requests: Mapping[str, int]
    replicas: int | None = 1
    namespace: str = ""
    labels: Mapping[str, str] = {}
    placing: Placing = ANYWHERE


class Room(Struct, frozen=True):
    """The question of `c3s fit`: the workloads, and the nodes that are drained first."""

    workloads: tuple[Workload, ...]
    without: tuple[str, ...] = ()

    @property
    def looks_at_pods(self) -> bool:
        """Whether the labels of running pods decide where the others may go."""
        return bool(self.without) or any(each.placing.spreads or each.placing.aparts for each in self.workloads)
