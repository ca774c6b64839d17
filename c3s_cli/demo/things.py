"""The objects of a cluster: nodes, pods, and the groups of pods that one controller manages."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Self

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import FINISHED, Pool, Stage, Workload
from c3s_cli.demo.templates import Json

# metrics-server needs two scrapes of a container, 15 s apart, before it reports it.
METRICS_DELAY = 75
UNLIMITED = 1 << 60


class _Changeable:
    """What is replaced by a copy when it changes."""

    __slots__ = ()

    def but(self, **changes: Any) -> Self:
        """Return this object with some attributes changed."""
        result = copy(self)
        for name, value in changes.items():
            setattr(result, name, value)
        return result


@dataclass(slots=True, eq=False)
class Node(_Changeable):
    """A machine of the cluster with the pods that have been bound to it."""

    index: int
    name: str
    pool: Pool
    zone: str
    slots: int  # free pod slots
    unschedulable: bool = False
    measured: bool = True
    ready: bool = True
    changed: int = 0  # when it became ready or not ready since the cluster was created
    version: int = 0  # its resourceVersion, once something has changed
    pods: list[Pod] = field(default_factory=list)  # those of the beginning
    capacity: int = field(init=False)
    cpu: int = field(init=False)  # free millicores by requests
    memory: int = field(init=False)  # free MiB by requests
    gpus: int = field(init=False)

    def __post_init__(self) -> None:
        self.capacity = self.slots
        self.cpu = self.pool.cores * 1000 - 90
        self.memory = self.pool.memory * 1024 - 1400
        self.gpus = self.pool.gpus

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

    @property
    def reference(self) -> Json:
        """The reference by which an object names its controller."""
        about = {"apiVersion": self.api_version, "kind": self.kind, "name": self.name, "uid": self.uid}
        return about | {"controller": True}


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
        return tuple(
            (
                box.name, box.uses_cpu * 1_000_000, box.uses_memory * 1024,
                (box.cpu_limit or 0) * 1_000_000 or UNLIMITED, (box.memory_limit or 0) * 1024 or UNLIMITED,
            )
            for box in (*self.workload.boxes, *self.workload.sidecars)
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class Pod(_Changeable):
    """A pod: everything that differs between the pods of a group. One that changes is replaced by another Pod."""

    group: Group
    name: str
    ordinal: int
    state: str
    bits: int
    created: int
    node: Node | None = None
    slot: int = 0
    # When something happened to it, in seconds since 1970, or 0: pods.py knows what that means for old pods.
    started: int = 0
    restarted: int = 0
    finished: int = 0
    deleted: int = 0
    version: int = 0  # its resourceVersion, once something has changed
    restarts: int = field(init=False)  # of its first container
    measured_from: int = field(init=False)

    def __post_init__(self) -> None:
        self.restarts = self.group.workload.restarts
        self.measured_from = self.created + METRICS_DELAY if self.state == Stage.YOUNG else 0

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
