"""The request of `c3s fit` (pods, what they request, where they may run) and its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from c3s_cli.amounts.allocation import PodResources
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


class PodTerm(Struct, frozen=True):
    """A required pod affinity or anti-affinity term.

    namespaces, namespace_selector: where the other pods are; the pod's own namespace if there is neither. match_keys,
    mismatch_keys: labels whose value the other pods must share with the pod, or must not.
    """

    topology_key: str
    selector: Selector
    namespaces: tuple[str, ...] = ()
    namespace_selector: Selector = None
    match_keys: tuple[str, ...] = ()
    mismatch_keys: tuple[str, ...] = ()


class HostPort(Struct, frozen=True):
    """A port that a pod takes on its node. ip: 0.0.0.0 for every address."""

    port: int
    protocol: str = "TCP"
    ip: str = "0.0.0.0"  # noqa: S104  what the API server writes


class Spread(Struct, frozen=True):
    """A topology spread constraint with DoNotSchedule.

    honors_affinity, honors_taints: whether to count only nodes that match the pod's affinity, or its tolerations.
    match_keys: as in PodTerm.
    """

    topology_key: str
    selector: Selector
    max_skew: int = 1
    min_domains: int = 1
    honors_affinity: bool = True
    honors_taints: bool = False
    match_keys: tuple[str, ...] = ()


class Placing(Struct, frozen=True):
    """Where a pod may run.

    node_labels: the nodeSelector. node_terms: the required node affinity, None if there is none. node_name: the node
    that the spec names. host_network: whether it uses the network of the node. claims: the names of its
    PersistentVolumeClaims. volumes: for each volume, the terms of which a node must match one. refused: why the pod
    fits nowhere, such as scheduling gates. preempts: whether it may preempt pods of lower priority. ignored: the rules
    of the spec that c3s does not consider, in words.
    """

    node_labels: tuple[Requirement, ...] = ()
    node_terms: tuple[NodeTerm, ...] | None = None
    tolerations: tuple[Toleration, ...] = ()
    spreads: tuple[Spread, ...] = ()
    affinities: tuple[PodTerm, ...] = ()
    anti_affinities: tuple[PodTerm, ...] = ()
    host_ports: tuple[HostPort, ...] = ()
    node_name: str = ""
    host_network: bool = False
    refused: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    volumes: tuple[tuple[NodeTerm, ...], ...] = ()
    priority: int = 0
    preempts: bool = True
    ignored: tuple[str, ...] = ()


ANYWHERE: Final = Placing()
# Why a pod is refused that waits for its scheduling gates to be removed.
GATES: Final = "scheduling-gates"


class Claim(Struct, frozen=True):
    """A PersistentVolumeClaim. storage_class: None for the default one.

    volume: the name of its volume. bound: whether it is bound to it. new: whether it does not exist yet. state: `lost`
    or `being deleted`. node: the one that was selected for it. block: whether it is no file system.
    """

    storage_class: str | None = None
    size: int = 0
    modes: tuple[str, ...] = ()
    selector: Selector = ()
    volume: str = ""
    bound: bool = False
    new: bool = False
    state: str = ""
    node: str = ""
    block: bool = False

    @property
    def exclusive(self) -> bool:
        """Whether only one pod may use it."""
        return "ReadWriteOncePod" in self.modes


class Template(Struct, frozen=True):
    """What the API server still has to decide about the pods of a manifest.

    runtime_class, priority_class: their names, "" for none. deadline: whether the pods end after some time. new_claims:
    the claims that are created with each pod; with what stands before the number of the pod in the name, "" if unknown.
    """

    resources: PodResources
    runtime_class: str = ""
    priority_class: str = ""
    deadline: bool = False
    new_claims: tuple[tuple[str, Claim], ...] = ()


class Cap(Struct, frozen=True):
    """How many pods of a workload there can be, and why, in words."""

    pods: int
    why: str


# An autoscaler scales the Deployment of a ReplicaSet instead.
NEVER_SCALED: Final = ("Pod", "Job", "CronJob", "ReplicaSet", "ReplicationController")
# How the running pods of a workload count.
BESIDE: Final = "beside"
KEPT: Final = "kept"
ENDED: Final = "ended"


class Strategy(Struct, frozen=True):
    """How a controller replaces pods: numbers, or percentages such as `25%`.

    at_once: whether old ones end first. all_first: whether every new one runs before an old one ends.
    """

    max_surge: int | str = "25%"
    max_unavailable: int | str = "25%"
    at_once: bool = False
    all_first: bool = False

    def surge(self, replicas: int) -> int:
        """Return how many pods there may be too many. Percentages are rounded up."""
        return _share(self.max_surge, replicas, up=True)

    def unavailable(self, replicas: int) -> int:
        """Return how many pods may be missing. Percentages are rounded down."""
        return _share(self.max_unavailable, replicas, up=False)


def _share(number: int | str, replicas: int, *, up: bool) -> int:
    if isinstance(number, int):
        return max(0, number)
    percent = number.removesuffix("%")
    if not percent.isdecimal() or len(percent) > 9:
        return 0
    return -(-replicas * int(percent) // 100) if up else replicas * int(percent) // 100


class Workload(Struct, frozen=True):
    """Identical pods. name: "Kind/name". namespace: "" for that of the context.

    replicas: None for one on every eligible node (a DaemonSet). requests: the effective requests of one pod.
    numbered: labels whose value is this text with the number of the pod; first: the number of the first pod. template:
    None for pods described by flags. cap: None if there can be any number of pods. own: how its running pods count:
    `beside` the new ones, `kept` as some of the replicas, or `ended` before. strategy: how they are replaced. fixed:
    whether a flag sets the number. note: something to say about the number of pods.
    """

    name: str
    requests: Mapping[str, int]
    replicas: int | None = 1
    namespace: str = ""
    labels: Mapping[str, str] = {}
    placing: Placing = ANYWHERE
    numbered: Mapping[str, str] = {}
    first: int = 0
    template: Template | None = None
    cap: Cap | None = None
    own: str = BESIDE
    strategy: Strategy = Strategy()
    fixed: bool = False
    note: str = ""

    @property
    def kind_and_name(self) -> str:
        """The name without the namespace that may tell it from others."""
        return "/".join(self.name.split("/")[-2:])

    @property
    def is_scalable(self) -> bool:
        """Whether an autoscaler may set the number of its pods."""
        kind = self.kind_and_name.partition("/")[0]
        return bool(self.template and self.replicas) and not self.fixed and kind not in NEVER_SCALED

    def one(self, number: int) -> Workload:
        """Return a workload with only one of the pods; the first has the number 0."""
        own = {key: f"{text}{self.first + number}" for key, text in self.numbered.items()}
        return structs.replace(self, replicas=1, labels={**self.labels, **own}, numbered={})


class Reference(Struct, frozen=True):
    """A workload of the cluster. namespace: "" for that of the context. replicas: None for its own number.

    more: how many more pods than its own number.
    used_by: the "Kind/name" of the manifest that refers to it, "" if it was asked for. strategy, fixed: as in Workload.
    """

    kind: str
    name: str
    namespace: str = ""
    replicas: int | None = None
    more: int = 0
    used_by: str = ""
    strategy: Strategy = Strategy()
    fixed: bool = False


class Manifests(Struct, frozen=True):
    """The pods of manifests. unknown: the names of objects whose pods cannot be placed. beside: others, by kind.

    references: workloads of the cluster, placed last.
    """

    workloads: tuple[Workload, ...]
    unknown: tuple[str, ...] = ()
    beside: Mapping[str, Sequence[Mapping[str, Any]]] = {}
    references: tuple[Reference, ...] = ()


class FitRequest(Manifests, frozen=True):
    """The workloads to place, and the names of the nodes to drain first.

    one_by_one: whether to drain the nodes one after the other, not all at once. missing: whether to count the nodes
    that are missing. with_pending: whether to place the pending pods first. strict: whether the exit code says that a
    rule was not considered. replace: whether the own pods of workloads end first. rollout: whether they are replaced
    step by step.
    """

    without: tuple[str, ...] = ()
    one_by_one: bool = False
    missing: bool = False
    with_pending: bool = False
    strict: bool = False
    replace: bool = False
    rollout: bool = False

    @property
    def looks_at_pods(self) -> bool:
        """Whether the placement of the workloads depends on the labels of running pods."""
        return (
            self.with_pending
            or bool(self.references)
            or any(
                each.placing.spreads or each.placing.affinities or each.placing.anti_affinities
                for each in self.workloads
            )
        )


class FitResult(Struct, frozen=True):
    """The placement of a workload, or of the pods of a drained node (namespace: None, workload: the node's name).

    unplaced: "namespace/name" of the pods of a drained node that do not fit. not_considered: rules that were ignored.
    remarks: what else decided, in words. pending: whether it is that of the pods that are pending now.
    context: "" if only one was requested. placed_after_deletion: how many pods of a drained node fit once it is
    deleted; None if that is the same. daemon_pods, static_pods: how many stay on a drained node. ending:
    "namespace/name" of its pods that are ending. refused: "namespace/name (why)" of those that a drain would refuse.
    """

    workload: str
    namespace: str | None
    replicas: int
    placed: int
    unplaced: tuple[str, ...] = ()
    not_considered: tuple[str, ...] = ()
    context: str = ""
    placed_after_deletion: int | None = None
    daemon_pods: int = 0
    static_pods: int = 0
    ending: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    pending: bool = False


class MissingNodes(Struct, frozen=True):
    """How many more nodes of a pool would make everything fit; None if they would not."""

    context: str
    pool: str
    nodes: int | None
