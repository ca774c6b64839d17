"""The rows that c3s works on: nodes, pods, containers, groups.

Names include the unit: nanocores, bytes, seconds. An `Amounts` maps a resource's Kubernetes name to nanocores ("cpu"),
bytes ("memory", "ephemeral-storage", "hugepages-…") or a count (everything else). None means unknown, never 0. Node,
Pod, Container and Group share the attributes that columns read; one that does not apply to a class is None there.
The rows are msgspec Structs: creating one takes a fifth of the time of a dataclass, and there can be 150,000.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from msgspec import Struct

from c3s_cli.terminal.printable import NONE, UNKNOWN

if TYPE_CHECKING:
    from c3s_cli.model.container_states import ContainerStates
    from c3s_cli.model.placing import Placing

Amounts = Mapping[str, int]

# Values that only some sources have, by the names of the columns: nanocores, bytes or counts.
Figures = Mapping[str, int]
USAGE: Final = ("cpu", "memory")


class Container(Struct, frozen=True, gc=False):
    """One container: usage; if core pods were read requests, limits in force, states. sidecar_at: in initContainers."""

    name: str
    cpu_nanocores: int | None
    memory_bytes: int | None
    swap_bytes: int | None = None
    requests: Amounts | None = None
    limits: Amounts | None = None
    figures: Figures | None = None
    states: ContainerStates | None = None
    sidecar_at: int | None = None
    declared_limits: Amounts | None = None
    unscheduled_requests: Amounts = {}
    restarts: int | None = None

    allocatable: ClassVar[None] = None
    capacity: ClassVar[None] = None
    unmeasured: ClassVar[Mapping[str, int]] = {}

    @property
    def measured_requests(self) -> Amounts | None:
        """The requests that the usage is compared with: the container's own."""
        return self.requests

    @property
    def measured_limits(self) -> Amounts | None:
        """The limits that the usage is compared with: the container's own."""
        return self.limits


class PodFacts(Struct, frozen=True, gc=False):
    """What the core API knows about a pod. `owner` is the workload as "Kind/name", "" for a bare pod.

    node: "" while unscheduled. created_at: seconds since 1970. containers: the names with requests and limits.
    limits: as declared. binding_limits: of the resources that every running container limits; these bound its usage.
    placing: where it may run; None if not read. started: whether any of its containers has ever run. stopped: those of
    several containers that do not run now. pending: what the scheduler says, "" once it is scheduled; None if unknown.
    states: of its containers; None if not read. local_storage: whether it has an emptyDir. ready: whether it is Ready;
    read with `placing`, as local_storage. unknown: which of "requests" and "limits" the source does not tell. phase:
    Pending, Running or Unknown; None if it was not read, as in old recordings.
    """

    uid: str
    node: str
    owner: str | None
    status: str | None
    restarts: int | None
    created_at: float | None
    qos_class: str | None
    labels: Mapping[str, str]
    requests: Amounts
    limits: Amounts
    containers: tuple[Container, ...] = ()
    binding_limits: Amounts = {}
    placing: Placing | None = None
    started: bool = True
    pending: str | None = None
    states: ContainerStates | None = None
    local_storage: bool = False
    ready: bool = True
    unknown: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    phase: str | None = None

    def known(self, name: str) -> Amounts | None:
        """Return its requests, limits or binding_limits; None if they are unknown."""
        amounts: Amounts = getattr(self, name)
        return None if name.removeprefix("binding_") in self.unknown else amounts


class Pod(Struct, frozen=True, gc=False):
    """A pod: the exact sum of its containers' usage, and its facts if core pods were read.

    timestamp, window: as the metrics API sent them. node_details: of its node. ended: whether it ended within the
    range. unmeasured_containers: those that run, as far as is known, but of which there is no usage.
    """

    context: str
    namespace: str
    name: str
    cpu_nanocores: int | None
    memory_bytes: int | None
    swap_bytes: int | None = None
    timestamp: str | None = None
    window: str | None = None
    containers: tuple[Container, ...] = ()
    facts: PodFacts | None = None
    node_details: NodeDetails | None = None
    figures: Figures | None = None
    ended: bool = False
    unmeasured_containers: tuple[str, ...] = ()

    allocatable: ClassVar[None] = None
    capacity: ClassVar[None] = None

    @property
    def unmeasured(self) -> Mapping[str, int]:
        """How many containers have unknown usage although others are measured, by resource."""
        return dict.fromkeys(USAGE, len(self.unmeasured_containers)) if self.unmeasured_containers else {}

    @property
    def measured_share(self) -> str:
        """Which containers are not measured; "" if the usage of the pod is all of it."""
        return f"without {', '.join(self.unmeasured_containers)}" if self.unmeasured_containers else ""

    @property
    def created_at(self) -> float | None:
        """When it was created, in seconds since 1970."""
        return self.facts.created_at if self.facts else None

    @property
    def labels(self) -> Mapping[str, str] | None:
        """The labels of the core pod."""
        return self.facts.labels if self.facts else None

    @property
    def states(self) -> ContainerStates | None:
        """The states of its containers."""
        return self.facts.states if self.facts else None

    @property
    def restarts(self) -> int | None:
        """The restarts of its containers; over a range, those in it."""
        return self.facts.restarts if self.facts else None

    @property
    def requests(self) -> Amounts | None:
        """The effective requests, as the scheduler counts them."""
        return self.facts.known("requests") if self.facts and not self.ended else None

    @property
    def limits(self) -> Amounts | None:
        """What bounds the usage now; a resource that some running container does not limit is missing."""
        return self.facts.known("binding_limits") if self.facts and not self.ended else None

    @property
    def declared_limits(self) -> Amounts | None:
        """The sum of the limits in the spec, as `kubectl describe node` counts them."""
        return self.facts.known("limits") if self.facts and not self.ended else None

    @property
    def unscheduled_requests(self) -> Amounts:
        """The requests while no node has room for it: they reserve nothing."""
        return self.requests or {} if self.facts and not (self.facts.node or self.facts.started) else {}

    measured_requests = requests
    measured_limits = limits


class NodeDetails(Struct, frozen=True, gc=False):
    """What the core API knows about a node, apart from its allocatable and capacity.

    turned_at: when it last became ready or not ready, in seconds since 1970. None if unknown, also for other fields.
    """

    labels: Mapping[str, str]
    status: str | None
    roles: tuple[str, ...] | None
    version: str
    taints: tuple[str, ...] | None
    created_at: float | None
    pool: str | None
    zone: str | None
    instance_type: str | None
    turned_at: float | None = None


class NodeFacts(Struct, frozen=True, gc=False):
    """Allocatable and capacity of a node. swap_capacity_bytes: None if it has no swap. details: None if not read.

    metrics_path: where its kubelet has its metrics, "" for the usual path.
    """

    name: str
    allocatable: Amounts
    capacity: Amounts
    swap_capacity_bytes: int | None
    details: NodeDetails | None = None
    metrics_path: str = ""


class Node(Struct, frozen=True, gc=False):
    """A node: its usage, its facts, and the requests and limits of its pods if core pods were read."""

    context: str
    name: str
    cpu_nanocores: int | None
    memory_bytes: int | None
    swap_bytes: int | None = None
    timestamp: str | None = None
    window: str | None = None
    facts: NodeFacts | None = None
    requests: Amounts | None = None
    limits: Amounts | None = None
    binding_limits: Amounts | None = None
    pod_count: int | None = None
    figures: Figures | None = None
    ended: bool = False

    namespace: ClassVar[str] = ""
    unscheduled_requests: ClassVar[Amounts] = {}
    unmeasured_containers: ClassVar[tuple[str, ...]] = ()

    @property
    def created_at(self) -> float | None:
        """When it was created, in seconds since 1970."""
        return self.facts.details.created_at if self.facts and self.facts.details else None

    @property
    def measured(self) -> bool:
        """Whether the metrics API reported this node."""
        return self.timestamp is not None

    @property
    def details(self) -> NodeDetails | None:
        """Labels, status, version and so on of the node object."""
        return self.facts.details if self.facts else None

    @property
    def labels(self) -> Mapping[str, str] | None:
        """The labels of the node object."""
        return self.details.labels if self.details else None

    @property
    def allocatable(self) -> Amounts | None:
        """What pods may request in total; None of a node that is gone."""
        return self.facts.allocatable if self.facts and not self.ended else None

    @property
    def capacity(self) -> Amounts | None:
        """The capacity of the machine; None if it is gone."""
        return self.facts.capacity if self.facts and not self.ended else None

    measured_allocatable = allocatable
    measured_capacity = capacity

    @property
    def measured_requests(self) -> Amounts | None:
        """The requests that the usage is compared with: the node's own."""
        return self.requests

    @property
    def measured_limits(self) -> Amounts | None:
        """The limits that the usage is compared with: those of the resources that every container limits."""
        return self.binding_limits


class Group(Struct, frozen=True, gc=False):
    """Several nodes or pods as one row: a rollup, the totals, or a whole cluster.

    keys: the values that the members share, in the order of --by; None if unknown. The comparable_… and measured_… sums
    leave out members whose usage or facts are unknown, so that both sides of a percentage have the same members.
    pod_count: None if unknown. existing_pod_count: all pods that the API server has, including finished ones.
    unmeasured: how many members have unknown usage or a part of it, by resource or figure; as `range` how many have no
    data at all, as `members` how many lack any of it. A pod that has not started uses nothing.
    binding_limits: of all members, whether or not they are measured. ended: whether all of them ended in the range.
    unscheduled_requests: of the members that no node has room for, which reserve nothing; unscheduled_pod_count: how
    many these are. left_unused: the sum of what each member leaves unused, whatever others use above their requests;
    only where unused is asked for. restarts: of the members of which they are known; unknown_restarts: of how many they
    are not.
    """

    context: str
    keys: tuple[str | None, ...]
    cpu_nanocores: int | None
    memory_bytes: int | None
    swap_bytes: int | None = None
    timestamp: str | None = None
    window: str | None = None
    node_count: int | None = None
    measured_node_count: int | None = None
    pod_count: int | None = None
    measured_pod_count: int | None = None
    existing_pod_count: int | None = None
    requests: Amounts | None = None
    limits: Amounts | None = None
    allocatable: Amounts | None = None
    capacity: Amounts | None = None
    comparable_cpu_nanocores: int | None = None
    comparable_memory_bytes: int | None = None
    measured_requests: Amounts | None = None
    measured_limits: Amounts | None = None
    measured_allocatable: Amounts | None = None
    measured_capacity: Amounts | None = None
    swap_capacity_bytes: int | None = None
    schedulable_free: Amounts | None = None
    fitting_node_count: int | None = None
    fits: int | None = None
    placed: int | None = None
    limited_by: tuple[str, ...] = ()
    figures: Figures | None = None
    unmeasured: Mapping[str, int] = {}
    binding_limits: Amounts | None = None
    ended: bool = False
    unscheduled_requests: Amounts = {}
    unscheduled_pod_count: int = 0
    left_unused: Amounts = {}
    restarts: int | None = None
    unknown_restarts: int = 0

    @property
    def measured_share(self) -> str:
        """How many members report usage, such as `2 of 5 pods measured`, or all usage; "" if all do."""
        things, count, measured = ("pods", self.pod_count, self.measured_pod_count)
        if self.node_count is not None:
            things, count, measured = ("nodes", self.node_count, self.measured_node_count)
        for what, lacking in {"": (count or 0) - (measured or 0), **self.unmeasured}.items():
            if self.unmeasured and count and lacking > 0 and what in ("", *USAGE):
                return f"{what and f'{what} of '}{count - lacking} of {count} {things} measured"
        return ""

    @property
    def name(self) -> str:
        """The keys as one name; the context for a whole cluster."""
        return "/".join(self.labels_or_placeholders) if self.keys else self.context

    @property
    def labels_or_placeholders(self) -> tuple[str, ...]:
        """The keys as text: `<none>` for "" (no such label), `<unknown>` for None."""
        return tuple(UNKNOWN if key is None else key or NONE for key in self.keys)
