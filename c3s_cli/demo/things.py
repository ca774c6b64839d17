"""The objects of a cluster: nodes, pods, and the groups of pods that one controller manages."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import FINISHED, YOUNG

if TYPE_CHECKING:
    from c3s_cli.demo.catalogue import Pool, Workload

# metrics-server needs two scrapes of a container, 15 s apart, before it reports it.
METRICS_DELAY = 75


class Node:
    """A machine of the cluster with the pods that have been bound to it."""

    __slots__ = (
        "capacity",
        "changed",
        "cpu",
        "gpus",
        "index",
        "measured",
        "memory",
        "name",
        "pods",
        "pool",
        "ready",
        "slots",
        "unschedulable",
        "version",
        "zone",
    )

    def __init__(self, index: int, name: str, pool: Pool, zone: str, slots: int) -> None:
        self.index = index
        self.name = name
        self.pool = pool
        self.zone = zone
        self.slots = slots  # free pod slots
        self.capacity = slots
        self.cpu = pool.cores * 1000 - 90  # free millicores by requests
        self.memory = pool.memory * 1024 - 1400  # free MiB by requests
        self.gpus = pool.gpus
        self.unschedulable = False
        self.measured = True
        self.ready = True
        self.changed = 0  # when it became ready or not ready since the cluster was made up
        self.version = 0  # its resourceVersion, once something has changed
        self.pods: list[Pod] = []  # those of the beginning

    def but(self, **changes: Any) -> Node:
        """Return this node with some attributes changed."""
        result = copy(self)
        for name, value in changes.items():
            setattr(result, name, value)
        return result

    @property
    def silent(self) -> bool:
        """Whether its kubelet does not answer."""
        return not (self.measured and self.ready)

    @property
    def host_ip(self) -> str:
        """The node's address."""
        return f"10.0.{self.index // 250}.{self.index % 250 + 4}"

    @property
    def bits(self) -> int:
        """64 bits that tell this node from others."""
        return dice.of_text(7, self.name)


@dataclass(frozen=True, slots=True)
class Owner:
    """The controller of pods, or of their ReplicaSet or Job."""

    api_version: str
    kind: str
    name: str
    uid: str


class Group:
    """The pods of one controller: one ReplicaSet, StatefulSet, DaemonSet, Job, or one bare pod."""

    def __init__(self, workload: Workload, owners: tuple[Owner, ...], labels: dict[str, str], age: int) -> None:
        self.workload = workload
        self.namespace = workload.namespace
        self.owners = owners  # the direct owner first, then its owner
        self.labels = labels
        self.age = age  # seconds before the cluster's epoch
        self.root_age = age  # of the controller above the direct one
        self.pods: list[Pod] = []  # those of the beginning
        self.gpus = workload.gpus
        self.requested = requested(workload)
        self.phase = dice.of_text(3, f"{self.namespace}/{workload.name}") % 97

    @property
    def owner(self) -> Owner | None:
        """The direct owner of the pods."""
        return self.owners[0] if self.owners else None

    @cached_property
    def running(self) -> tuple[tuple[str, int, int, int, int], ...]:
        """(name, nanocores, KiB, limit in nanocores, limit in KiB) of what runs, in the order of metrics-server."""
        unlimited = 1 << 60
        return tuple(
            (
                box.name,
                box.uses_cpu * 1_000_000,
                box.uses_memory * 1024,
                box.cpu_limit * 1_000_000 if box.cpu_limit else unlimited,
                box.memory_limit * 1024 if box.memory_limit else unlimited,
            )
            for box in (*self.workload.boxes, *self.workload.sidecars)
        )


class Pod:
    """A pod: everything that differs between the pods of a group. One that changes is replaced by another Pod."""

    __slots__ = (
        "bits",
        "created",
        "deleted",
        "finished",
        "group",
        "measured_from",
        "name",
        "node",
        "ordinal",
        "restarted",
        "restarts",
        "slot",
        "started",
        "state",
        "version",
    )

    def __init__(self, group: Group, name: str, ordinal: int, state: str, bits: int, created: int) -> None:
        self.group = group
        self.name = name
        self.ordinal = ordinal
        self.state = state
        self.bits = bits
        self.created = created
        self.node: Node | None = None
        self.slot = 0
        self.restarts = group.workload.restarts  # of its first container
        # When something happened to it, in seconds since 1970, or 0: pods.py knows what that means for old pods.
        self.started = self.restarted = self.finished = self.deleted = 0
        self.measured_from = created + METRICS_DELAY if state == YOUNG else 0
        self.version = 0  # its resourceVersion, once something has changed

    def but(self, **changes: Any) -> Pod:
        """Return this pod with some attributes changed."""
        result = copy(self)
        for name, value in changes.items():
            setattr(result, name, value)
        return result

    @property
    def key(self) -> tuple[str, str]:
        """(namespace, name): the order of every list."""
        return self.group.namespace, self.name

    @property
    def occupies(self) -> bool:
        """Whether it takes one of its node's pod slots."""
        return self.state not in FINISHED

    @property
    def pod_ip(self) -> str:
        """The pod's address in the network of its node."""
        node = self.node
        if node is None:
            return ""
        if self.group.workload.host_network:
            return node.host_ip
        return f"10.{128 + node.index // 256}.{node.index % 256}.{self.slot + 2}"


def requested(workload: Workload) -> tuple[int, int]:
    """(millicores, MiB) that the scheduler sets aside for one pod."""
    if workload.pod_level:
        cpu, memory = workload.pod_level[:2]
    else:
        lasting = (*workload.boxes, *workload.sidecars)
        cpu = max([sum(box.cpu or 0 for box in lasting), *(box.cpu or 0 for box in workload.init)])
        memory = max([sum(box.memory or 0 for box in lasting), *(box.memory or 0 for box in workload.init)])
    if workload.overhead:
        cpu, memory = cpu + workload.overhead[0], memory + workload.overhead[1]
    return cpu, memory


class Members(NamedTuple):
    """The pods that a group has at a time."""

    pods: tuple[Pod, ...]
    wanted: int
    version: int = 0  # the controller's resourceVersion, once something has changed
