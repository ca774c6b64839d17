"""The request of `c3s fit` (pods, what they request, where they may run) and its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from c3s_cli.model.requirement import Requirement

# The requirements of a label selector: None selects nothing, () everything.
Selector = tuple[Requirement, ...] | None


class Toleration(Struct, frozen=True):
    """The taints that a pod tolerates. key: "" for any (with Exists). effect: "" for any."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class NodeTerm(Struct, frozen=True):
    """One term of a required node affinity. fields: requirements for metadata.name."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()


class AntiAffinity(Struct, frozen=True):
    """A required pod anti-affinity term. namespaces: None for all, () for the pod's own."""

    topology_key: str
    selector: Selector
    namespaces: tuple[str, ...] | None = ()


class Spread(Struct, frozen=True):
    """A topology spread constraint with DoNotSchedule.

    honors_affinity, honors_taints: whether to count only nodes that match the pod's affinity, or its tolerations.
    """

    topology_key: str
    selector: Selector
    max_skew: int = 1
    min_domains: int = 1
    honors_affinity: bool = True
    honors_taints: bool = False


class Placing(Struct, frozen=True):
    """Where a pod may run.

    node_labels: the nodeSelector. node_terms: the required node affinity, None if there is none. ignored: the rules of
    the spec that c3s does not consider, in words.
    """

    node_labels: tuple[Requirement, ...] = ()
    node_terms: tuple[NodeTerm, ...] | None = None
    tolerations: tuple[Toleration, ...] = ()
    spreads: tuple[Spread, ...] = ()
    anti_affinities: tuple[AntiAffinity, ...] = ()
    priority: int = 0
    ignored: tuple[str, ...] = ()


ANYWHERE: Final = Placing()


class Workload(Struct, frozen=True):
    """Identical pods. name: "Kind/name". namespace: "" for that of the context.

    replicas: None for one on every eligible node (a DaemonSet). requests: the effective requests of one pod.
    """

    name: str
    requests: Mapping[str, int]
    replicas: int | None = 1
    namespace: str = ""
    labels: Mapping[str, str] = {}
    placing: Placing = ANYWHERE


class FitRequest(Struct, frozen=True):
    """The workloads to place, and the names of the nodes to drain first."""

    workloads: tuple[Workload, ...]
    without: tuple[str, ...] = ()

    @property
    def looks_at_pods(self) -> bool:
        """Whether the placement depends on the labels of running pods."""
        return bool(self.without) or any(
            each.placing.spreads or each.placing.anti_affinities for each in self.workloads
        )


class FitResult(Struct, frozen=True):
    """The placement of a workload, or of the pods of a drained node (namespace: None, workload: the node's name).

    unplaced: "namespace/name" of the pods of a drained node that do not fit. not_considered: rules that were ignored.
    context: "" if only one was requested.
    """

    workload: str
    namespace: str | None
    replicas: int
    placed: int
    unplaced: tuple[str, ...] = ()
    not_considered: tuple[str, ...] = ()
    context: str = ""
