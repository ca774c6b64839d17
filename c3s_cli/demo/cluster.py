"""The simulated cluster: which nodes there are, which pods, and where they run. The same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import (
    DAEMONS,
    FINISHED,
    MEASURABLE,
    PENDING,
    POOLS,
    RUNNING,
    STATIC,
    WORKLOADS,
    YOUNG,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from c3s_cli.demo.catalogue import Pool, Workload
    from c3s_cli.demo.clock import Clock

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
REGION = "eu-west-1"
# metrics-server needs two scrapes of a container, 15 s apart, before it says anything about it.
METRICS_DELAY = 75
DEFAULT_NODES = 10
DEFAULT_PODS_PER_NODE = 15
YOUNG_AGE = 38
_SIZES = (("xlarge", 1), ("2xlarge", 2), ("4xlarge", 4), ("8xlarge", 8), ("16xlarge", 16), ("32xlarge", 32))


class Node:
    """A machine of the cluster with the pods that have been bound to it."""

    __slots__ = (
        "cpu",
        "gpus",
        "index",
        "measured",
        "memory",
        "name",
        "pods",
        "pool",
        "slots",
        "unschedulable",
        "zone",
    )

    def __init__(self, index: int, name: str, pool: Pool, zone: str, slots: int) -> None:
        self.index = index
        self.name = name
        self.pool = pool
        self.zone = zone
        self.slots = slots
        self.cpu = pool.cores * 1000 - 90  # free millicores by requests
        self.memory = pool.memory * 1024 - 1400  # free MiB by requests
        self.gpus = pool.gpus
        self.unschedulable = False
        self.measured = True
        self.pods: list[Pod] = []

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
        self.pods: list[Pod] = []
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
    """A pod: everything that differs between the pods of a group."""

    __slots__ = ("bits", "created", "group", "name", "node", "ordinal", "slot", "state")

    def __init__(self, group: Group, name: str, ordinal: int, state: str, bits: int, created: int) -> None:
        self.group = group
        self.name = name
        self.ordinal = ordinal
        self.state = state
        self.bits = bits
        self.created = created
        self.node: Node | None = None
        self.slot = 0

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


class Cluster:
    """Nodes and pods, made once; `pods` is sorted as the API server lists them."""

    def __init__(self, *, nodes: int | None, pods_per_node: int | None, seed: int, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.groups: list[Group] = []
        scaled = nodes is not None or pods_per_node is not None
        count = DEFAULT_NODES if nodes is None else nodes
        per_node = DEFAULT_PODS_PER_NODE if pods_per_node is None else pods_per_node
        self.nodes = list(_scaled_nodes(count, per_node) if scaled else _default_nodes())
        _oddities(self.nodes)
        self._by_pool: dict[str, list[Node]] = {}
        for node in self.nodes:
            self._by_pool.setdefault(node.pool.name, []).append(node)
        self._ordinary = [node for node in self.nodes if node.pool.name not in ("cp", "gpu")] or self.nodes
        self._turn: dict[str, int] = {}
        self._full: dict[str, list[tuple[int, int]]] = {}
        bound = self._daemons()
        if scaled:
            self._deploy(_spread(max(0, count * per_node - bound)))
        else:
            self._deploy((workload, workload.replicas) for workload in WORKLOADS)
        self.nodes.sort(key=lambda node: node.name)
        self.pods = sorted((pod for group in self.groups for pod in group.pods), key=lambda pod: pod.key)
        self.by_name = {node.name: node for node in self.nodes}
        self.namespaces = sorted(
            {"default", "kube-node-lease", "kube-public", "kube-system"} | {g.namespace for g in self.groups}
        )

    def measured(self, pod: Pod, now: int) -> bool:
        """Tell whether metrics-server has something to say about a pod at a time."""
        return (
            pod.state in MEASURABLE
            and pod.node is not None
            and pod.node.measured
            and (now - pod.created >= METRICS_DELAY or pod.state != YOUNG)
        )

    # How pods come to be.

    def _daemons(self) -> int:
        """Bind the DaemonSets' and static pods to their nodes; answer how many pods these are."""
        bound = 0
        for workload in DAEMONS:
            nodes = self._by_pool.get(workload.pool, []) if workload.pool else self.nodes
            if not nodes:
                continue
            group = self._group(workload, workload.age)
            for ordinal, node in enumerate(nodes):
                pod = self._pod(group, ordinal, RUNNING)
                # A node's DaemonSet pods come with the node.
                pod.created = max(pod.created, self.clock.epoch - node.pool.age + 20)
                self._bind(pod, node)
            bound += len(nodes)
        for node in self._by_pool.get("cp", []):
            for workload in STATIC:
                labels = {"component": workload.name, "tier": "control-plane"}
                owner = Owner("v1", "Node", node.name, dice.uid(dice.hexadecimal(node.bits)))
                group = Group(workload, (owner,), labels, workload.age)
                self.groups.append(group)
                bits = dice.of_text(self.seed, f"{workload.name}-{node.name}")
                pod = Pod(group, f"{workload.name}-{node.name}", 0, RUNNING, bits, self.clock.epoch - group.age)
                group.pods.append(pod)
                self._bind(pod, node)
                bound += 1
        return bound

    def _deploy(self, workloads: Iterable[tuple[Workload, int]]) -> None:
        for workload, replicas in workloads:
            if not replicas:
                continue
            states = dict(workload.states)
            wanted = requested(workload)
            one_each = workload.kind == "CronJob"
            jobs = min(replicas, max(workload.states, default=(0, ""))[0] + 2) if one_each else 1
            group = None if one_each else self._group(workload, workload.age)
            for ordinal in range(replicas):
                if one_each and ordinal < jobs:
                    # The last of them runs now, the ones before it were a day apart.
                    group = self._group(workload, workload.age + (jobs - 1 - ordinal) * 86400)
                assert group is not None  # noqa: S101  the first ordinal has made one
                pod = self._pod(group, ordinal, states.get(ordinal, RUNNING))
                if pod.state != PENDING:
                    self._place(pod, workload.pool, wanted)

    def _group(self, workload: Workload, age: int) -> Group:
        path = f"{workload.namespace}/{workload.kind}/{workload.name}"
        bits = dice.of_text(self.seed, path)
        uid = dice.uid(dice.hexadecimal(bits))
        labels = {
            "app.kubernetes.io/instance": workload.name,
            "app.kubernetes.io/name": workload.name.rstrip("0123456789-"),
        }
        if workload.team:
            labels |= {"app.kubernetes.io/part-of": "shop", "team": workload.team}
        name = workload.name
        if workload.kind in ("Deployment", "Rollout"):
            mark = dice.letters(bits, 10)
            apps = "apps/v1" if workload.kind == "Deployment" else "argoproj.io/v1alpha1"
            labels["pod-template-hash" if workload.kind == "Deployment" else "rollouts-pod-template-hash"] = mark
            replicaset = Owner("apps/v1", "ReplicaSet", f"{name}-{mark}", dice.uid(dice.hexadecimal(bits + 1)))
            owners: tuple[Owner, ...] = (replicaset, Owner(apps, workload.kind, name, uid))
        elif workload.kind == "CronJob":
            # The controller names a job after its scheduled minute since 1970.
            job = f"{name}-{(self.clock.epoch - age) // 60}"
            job_uid = dice.uid(dice.hexadecimal(dice.of_text(self.seed, f"{path}/{age}")))
            labels |= {"batch.kubernetes.io/job-name": job, "job-name": job}
            owners = (Owner("batch/v1", "Job", job, job_uid), Owner("batch/v1", "CronJob", name, uid))
        elif workload.kind == "Job":
            labels |= {"batch.kubernetes.io/job-name": name, "job-name": name}
            owners = (Owner("batch/v1", "Job", name, uid),)
        elif workload.kind == "RayCluster":
            labels |= {"ray.io/cluster": name, "ray.io/node-type": "worker"}
            owners = (Owner("ray.io/v1", "RayCluster", name, uid),)
        elif workload.kind == "Pod":
            owners = ()
        else:
            labels["controller-revision-hash"] = f"{name}-{dice.letters(bits, 9)}"
            owners = (Owner("apps/v1", workload.kind, name, uid),)
        group = Group(workload, owners, labels, age)
        self.groups.append(group)
        return group

    def _pod(self, group: Group, ordinal: int, state: str) -> Pod:
        workload = group.workload
        if workload.kind == "StatefulSet":
            name = f"{workload.name}-{ordinal}"
            bits = dice.of_text(self.seed, f"{group.namespace}/{name}")
        else:
            stem = group.owner.name if group.owner else workload.name
            bits = dice.mix(self.seed + len(self.groups), ordinal)
            name = f"{stem}-{dice.letters(bits, 5)}" if group.owner else stem
        age = YOUNG_AGE if state == YOUNG else max(8, group.age - (ordinal * 37) % (group.age // 2 + 1))
        pod = Pod(group, name, ordinal, state, bits, self.clock.epoch - age)
        group.pods.append(pod)
        return pod

    def _bind(self, pod: Pod, node: Node) -> None:
        pod.node = node
        pod.slot = len(node.pods)
        node.pods.append(pod)
        if pod.state not in FINISHED:
            cpu, memory = pod.group.requested
            node.cpu -= cpu
            node.memory -= memory
            node.gpus -= pod.group.gpus
            node.slots -= 1

    def _place(self, pod: Pod, pool: str, wanted: tuple[int, int]) -> None:
        """Bind a pod to the next node of its pool with room, or else of any pool without special hardware."""
        if pool == "gpu":
            if not self._fits(pod, pool, wanted):
                pod.state = PENDING
            return
        if pod.state in FINISHED:
            wanted = (0, 0)
        if any(self._fits(pod, name, wanted) for name in (pool, "general", "memory", "spot")):
            return
        # Nothing has room: overcommit, so that a cluster of any size has the pods that it was asked for.
        turn = self._turn["overcommit"] = (self._turn.get("overcommit", -1) + 1) % len(self._ordinary)
        self._bind(pod, self._ordinary[turn])

    def _fits(self, pod: Pod, pool: str, wanted: tuple[int, int]) -> bool:
        """Bind a pod to the next node of a pool with room for it, if there is one."""
        cpu, memory = wanted
        gpus = pod.group.gpus
        full = self._full.setdefault(pool, [])
        if any(cpu >= full_cpu and memory >= full_memory for full_cpu, full_memory in full):
            return False
        nodes = self._by_pool.get(pool, [])
        start = self._turn.get(pool, 0)
        for step in range(len(nodes)):
            node = nodes[(start + step) % len(nodes)]
            roomy = node.cpu >= cpu and node.memory >= memory and node.gpus >= gpus
            if roomy and node.slots > 0 and not node.unschedulable:
                self._turn[pool] = (start + step + 1) % len(nodes)
                self._bind(pod, node)
                return True
        # Room never comes back, so what asks for as much need not look again.
        if not gpus:
            full.append(wanted)
        return False


def _default_nodes() -> Iterator[Node]:
    index = 0
    for pool in POOLS:
        for number in range(pool.count):
            name = f"{pool.name}-{number + 1}"
            yield Node(index, name, pool, ZONES[(number + len(pool.name)) % 3], 58 if pool.cores < 16 else 234)
            index += 1


def _scaled_nodes(count: int, per_node: int) -> Iterator[Node]:
    """Give the pools in proportion, their machines big enough for that many pods."""
    masters = 0 if count < 3 else 1 if count < 20 else 3
    left = count - masters
    shares = {pool.name: int(left * pool.share) for pool in POOLS[1:]}
    shares["general"] += left - sum(shares.values())
    shares["cp"] = masters
    slots = max(58, 2 * per_node + 20)
    index = 0
    for pool in POOLS:
        sized = _sized(pool, per_node)
        width = len(str(shares[pool.name]))
        for number in range(shares[pool.name]):
            yield Node(index, f"{pool.name}-{number + 1:0{width}d}", sized, ZONES[number % 3], slots)
            index += 1


def _sized(pool: Pool, per_node: int) -> Pool:
    """Give the same pool of machines for more (or fewer) pods each than the default cluster has."""
    if pool.gpus or pool.name == "cp":
        return pool
    factor = pool.cores // 4
    while factor * 15 < per_node * 3 and factor < 32:
        factor *= 2
    size = next(name for name, cores in _SIZES if cores == factor)
    return replace(pool, instance=size, cores=factor * 4, memory=pool.memory // (pool.cores // 4) * factor)


def _oddities(nodes: list[Node]) -> None:
    """Cordon the last node of the idle pool; let the last spot node report no metrics."""
    for pool, attribute, value in (("memory", "unschedulable", True), ("spot", "measured", False)):
        members = [node for node in nodes if node.pool.name == pool]
        if len(members) > 1:
            setattr(members[-1], attribute, value)


def _spread(total: int) -> Iterator[tuple[Workload, int]]:
    """Give copies of the catalogue, with more replicas of what can grow, that add up to `total` pods.

    What stands for an exception (a crash, an eviction) or needs a GPU keeps its size in each copy.
    """
    base = sum(workload.replicas for workload in WORKLOADS)
    copies = max(1, int((total / base) ** 0.5))
    grows = [
        workload.replicas > len(workload.states) and workload.kind != "Pod" and not workload.gpus
        for workload in WORKLOADS
    ]
    fixed = sum(workload.replicas for workload, grow in zip(WORKLOADS, grows, strict=True) if not grow)
    if total < base:
        counts = [0] * len(WORKLOADS)
        left = total
    else:
        left = total - fixed * copies
        growing = (base - fixed) * copies
        counts = [
            left * workload.replicas // growing if grow else workload.replicas
            for workload, grow in zip(WORKLOADS, grows, strict=True)
        ] * copies
        left = total - sum(counts)
    place = 0
    while left > 0:
        if grows[place % len(WORKLOADS)] or total < base:
            counts[place % len(counts)] += 1
            left -= 1
        place += 1
    for place, count in enumerate(counts):
        copy, kind = divmod(place, len(WORKLOADS))
        workload = WORKLOADS[kind]
        yield (replace(workload, name=f"{workload.name}-{copy:03d}") if copy else workload), count
