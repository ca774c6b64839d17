"""What exists in the simulated cluster: pools of nodes, workloads, and where their pods run."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400
ZONES: Final = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True, slots=True)
class Pool:
    """Alike nodes. cpu in millicores, memory in Mi; `share` of all nodes in a larger cluster."""

    name: str
    machine: str
    cpu: int
    memory: int
    nodes: int
    share: float
    taints: tuple[tuple[str, str, str], ...] = ()
    gpus: int = 0
    roles: tuple[str, ...] = ()
    slots: int = 58


POOLS: Final = (
    Pool("general", "m6i.2xlarge", 8000, 32768, 4, 0.6),
    Pool("memory", "r6i.xlarge", 4000, 32768, 3, 0.2),
    Pool("spot", "c6i.xlarge", 4000, 8192, 1, 0.14),
    Pool("gpu", "g5.12xlarge", 48000, 196608, 1, 0.05, (("nvidia.com/gpu", "present", "NoSchedule"),), gpus=4),
    Pool(
        "control-plane",
        "m6i.large",
        2000,
        8192,
        1,
        0.01,
        (("node-role.kubernetes.io/control-plane", "", "NoSchedule"),),
        roles=("control-plane",),
    ),
)


@dataclass(frozen=True, slots=True)
class Box:
    """A container: what it asks for, and what it uses on average. cpu in millicores, memory in Mi; 0 asks nothing."""

    name: str
    cpu: int = 0
    cpu_limit: int = 0
    memory: int = 0
    memory_limit: int = 0
    uses_cpu: int = 10
    uses_memory: int = 32
    disk: int = 0
    gpus: int = 0
    init: bool = False
    sidecar: bool = False


@dataclass(frozen=True, slots=True)
class Workload:
    """Something a person deployed. kind: Deployment, Rollout, StatefulSet, DaemonSet, CronJob, Job, Node or Pod.

    replicas: how many pods; a DaemonSet has one on every node. resized: a container's allocated CPU in
    millicores after an in-place resize.
    """

    namespace: str
    name: str
    kind: str
    replicas: int
    boxes: tuple[Box, ...]
    pools: tuple[str, ...] = ("general",)
    state: str = "Running"
    age: int = 12 * DAY
    restarts: int = 0
    overhead: tuple[int, int] = (0, 0)
    pod_level: tuple[int, int] = (0, 0)
    resized: int = 0
    tolerates: bool = False


PROXY: Final = Box("istio-proxy", 100, 2000, 128, 1024, 14, 61, sidecar=True)

WORKLOADS: Final = (
    Workload("kube-system", "kube-proxy", "DaemonSet", 0, (Box("kube-proxy", 100, 0, 0, 0, 3, 21),), tolerates=True),
    Workload(
        "kube-system",
        "aws-node",
        "DaemonSet",
        0,
        (
            Box("aws-vpc-cni-init", 25, 0, 0, 0, 0, 0, init=True),
            Box("aws-node", 50, 0, 0, 0, 6, 62),
            Box("eks-nodeagent", 50, 0, 0, 0, 4, 38),
        ),
        tolerates=True,
    ),
    Workload(
        "kube-system",
        "kube-apiserver",
        "Node",
        1,
        (Box("kube-apiserver", 250, 0, 0, 0, 310, 1450),),
        ("control-plane",),
    ),
    Workload("kube-system", "etcd", "Node", 1, (Box("etcd", 100, 0, 100, 0, 95, 410),), ("control-plane",)),
    Workload("kube-system", "coredns", "Deployment", 2, (Box("coredns", 100, 0, 70, 170, 9, 48),)),
    Workload("kube-system", "metrics-server", "Deployment", 1, (Box("metrics-server", 100, 0, 200, 400, 12, 88),)),
    Workload(
        "monitoring",
        "node-exporter",
        "DaemonSet",
        0,
        (Box("node-exporter", 50, 250, 32, 64, 5, 19),),
        tolerates=True,
    ),
    Workload(
        "monitoring",
        "prometheus",
        "StatefulSet",
        2,
        (
            Box("init-config", 50, 100, 64, 64, 0, 0, init=True),
            Box("prometheus", 1000, 2000, 4096, 6144, 620, 5750, disk=2048),
            Box("config-reloader", 10, 50, 32, 64, 1, 14),
        ),
        ("memory",),
        age=41 * DAY,
    ),
    Workload("monitoring", "grafana", "Deployment", 1, (Box("grafana", 100, 500, 128, 512, 22, 187),)),
    Workload(
        "team-checkout",
        "checkout-api",
        "Deployment",
        4,
        (
            Box("migrate", 1500, 0, 512, 0, 0, 0, init=True),
            PROXY,
            Box("app", 500, 1000, 512, 768, 410, 488, disk=512),
        ),
        age=3 * DAY,
    ),
    Workload("team-checkout", "payments", "Deployment", 3, (Box("app", 250, 500, 256, 384, 264, 341),), age=3 * DAY),
    Workload(
        "team-checkout",
        "orders-db",
        "StatefulSet",
        3,
        (
            Box("postgres", 1000, 1000, 8192, 8192, 480, 6210, disk=4096),
            Box("exporter", 50, 50, 64, 64, 4, 22),
        ),
        ("memory",),
        age=41 * DAY,
    ),
    Workload(
        "team-checkout",
        "reconcile",
        "CronJob",
        1,
        (Box("reconcile", 500, 1000, 512, 1024, 710, 640),),
        age=4 * MINUTE,
    ),
    Workload(
        "team-checkout",
        "reconcile",
        "CronJob",
        2,
        (Box("reconcile", 500, 1000, 512, 1024),),
        state="Succeeded",
        age=2 * HOUR,
    ),
    Workload(
        "team-search",
        "search-api",
        "Deployment",
        3,
        (PROXY, Box("app", 200, 0, 256, 1024, 655, 702)),
        age=DAY,
    ),
    Workload(
        "team-search",
        "indexer",
        "Deployment",
        3,
        (Box("indexer", 1500, 2000, 3072, 4096, 85, 420, disk=8192),),
        age=19 * DAY,
    ),
    Workload(
        "team-search",
        "recommender",
        "Rollout",
        2,
        (Box("model", 750, 1500, 1024, 2048, 390, 910),),
        age=6 * HOUR,
    ),
    Workload(
        "team-search",
        "embedder",
        "Deployment",
        2,
        (Box("embedder", 2000, 4000, 8192, 16384, 1730, 9300, gpus=1),),
        ("gpu",),
        tolerates=True,
    ),
    Workload("default", "web", "Deployment", 3, (Box("nginx", 100, 0, 64, 0, 46, 58),), age=27 * DAY),
    Workload("default", "web-canary", "Deployment", 1, (Box("nginx", 100, 0, 64, 0, 4, 40),), state="Young", age=25),
    Workload("default", "resized", "Deployment", 1, (Box("app", 250, 500, 256, 512, 205, 231),), resized=750),
    Workload("default", "debug-shell", "Pod", 1, (Box("shell", 0, 0, 0, 0, 1, 3),), age=2 * DAY),
    Workload(
        "default",
        "broken",
        "Deployment",
        1,
        (Box("app", 50, 100, 64, 128, 2, 11),),
        state="CrashLoopBackOff",
        restarts=37,
        age=5 * HOUR,
    ),
    Workload(
        "default",
        "leaving",
        "Deployment",
        1,
        (Box("app", 50, 100, 64, 128, 3, 18),),
        state="Terminating",
        age=DAY,
    ),
    Workload("default", "too-big", "Deployment", 1, (Box("app", 64000, 0, 1024, 0),), state="Pending", age=3 * HOUR),
    Workload(
        "default",
        "waiting",
        "Deployment",
        1,
        (Box("fetch", 100, 0, 64, 0, init=True), Box("app", 100, 0, 64, 0, 0, 1)),
        state="Initializing",
        age=40,
    ),
    Workload(
        "batch",
        "nightly-report",
        "CronJob",
        1,
        (Box("report", 1000, 0, 2048, 0),),
        state="Succeeded",
        age=9 * HOUR,
    ),
    Workload("batch", "import", "Job", 1, (Box("import", 250, 500, 256, 256),), state="Failed", age=26 * HOUR),
    Workload(
        "batch",
        "transcode",
        "Job",
        2,
        (Box("ffmpeg", 1000, 2000, 512, 1024, 1480, 530),),
        ("spot",),
        age=35 * MINUTE,
    ),
    Workload(
        "batch",
        "sandbox",
        "Deployment",
        1,
        (Box("runner", 250, 500, 256, 512, 120, 190),),
        overhead=(250, 160),
    ),
    Workload(
        "batch",
        "bundle",
        "Deployment",
        1,
        (Box("a", 100, 0, 64, 0, 70, 51), Box("b", 0, 0, 0, 0, 35, 40)),
        pod_level=(500, 512),
    ),
)


@dataclass(slots=True)
class NodeThere:
    """A node. measured: whether it reports metrics."""

    number: int
    name: str
    pool: Pool
    zone: str
    address: str
    measured: bool = True
    cordoned: bool = False
    swap: int = 0
    pods: list[PodThere] = field(default_factory=list)


@dataclass(slots=True)
class PodThere:
    """A pod. number: its place among all; phase: where its load is in the day, 0 to 999; owner: its direct one."""

    number: int
    name: str
    workload: Workload
    owner: str
    node: NodeThere | None
    phase: int


@dataclass(slots=True)
class World:
    """All nodes and pods; the direct owners (ReplicaSets, Jobs) by namespace and name, with their workloads."""

    nodes: list[NodeThere]
    pods: list[PodThere]
    owners: dict[tuple[str, str], Workload]
    workloads: list[Workload]
    seed: int

    @property
    def namespaces(self) -> list[str]:
        """Name the namespaces."""
        return sorted({workload.namespace for workload in self.workloads} | {"default", "kube-public"})


def build(nodes: int | None, pods_per_node: int | None, seed: int) -> World:
    """Make a cluster; the same arguments make the same one."""
    there = list(_nodes(nodes, seed))
    workloads = list(WORKLOADS if pods_per_node is None else _many(len(there), pods_per_node))
    world = World(there, [], {}, workloads, seed)
    for workload in workloads:
        _place(world, workload)
    return world


def _nodes(count: int | None, seed: int) -> Iterator[NodeThere]:
    sizes = _sizes(count)
    number = 0
    for pool in POOLS:
        for place in range(sizes[pool.name]):
            second, third, fourth = number >> 16 & 255, number >> 8 & 255, number & 255
            address = f"10.{second + 20}.{third}.{fourth}"
            name = f"ip-{address.replace('.', '-')}.eu-west-1.compute.internal"
            yield NodeThere(
                number=number,
                name=name,
                pool=pool,
                zone=ZONES[(number + seed) % 3],
                address=address,
                measured=not (pool.name == "spot" and place == 0),
                cordoned=pool.name == "memory" and place == 2,
                swap=4 << 30 if pool.name == "memory" else 0,
            )
            number += 1


def _sizes(count: int | None) -> Mapping[str, int]:
    """Say how many nodes each pool has; a small cluster keeps the pools that matter most."""
    if count is None:
        return {pool.name: pool.nodes for pool in POOLS}
    sizes = {pool.name: int(count * pool.share) for pool in POOLS}
    sizes["general"] += count - sum(sizes.values())
    return sizes


def _many(nodes: int, pods_per_node: int) -> Iterator[Workload]:
    """Fill a cluster: an agent on every node, and copies of the usual workloads for the rest."""
    agents = [workload for workload in WORKLOADS if workload.kind == "DaemonSet"][: max(0, min(3, pods_per_node - 1))]
    yield from agents
    left = nodes * (pods_per_node - len(agents))
    usual = [w for w in WORKLOADS if w.kind in ("Deployment", "StatefulSet", "Rollout") and w.state == "Running"]
    usual = [w for w in usual if w.pools == ("general",)]
    copy = 0
    while left > 0:
        for workload in usual:
            replicas = min(left, 5 + (copy * 7 + len(workload.name)) % 21)
            if replicas <= 0:
                return
            yield Workload(
                workload.namespace,
                f"{workload.name}-{copy}" if copy else workload.name,
                workload.kind,
                replicas,
                workload.boxes,
                ("general", "memory", "spot", "gpu"),
                tolerates=True,
            )
            left -= replicas
        copy += 1


def _place(world: World, workload: Workload) -> None:
    """Give a workload its pods, on the nodes that may run them, in turn."""
    if workload.kind == "DaemonSet":
        hosts: list[NodeThere | None] = list(world.nodes)
    else:
        eligible = [node for node in world.nodes if node.pool.name in workload.pools and not node.cordoned]
        eligible = eligible or world.nodes
        start = zlib.crc32(f"{world.seed}/{workload.namespace}/{workload.name}".encode())
        hosts = [eligible[(start + turn) % len(eligible)] for turn in range(workload.replicas)]
    for ordinal, host in enumerate(hosts):
        node = None if workload.state == "Pending" else host
        number = len(world.pods)
        owner, name = _names(world, workload, ordinal, node)
        pod = PodThere(number, name, workload, owner, node, _scatter(world.seed, number) % 1000)
        world.pods.append(pod)
        if node is not None:
            node.pods.append(pod)
        if owner:
            world.owners.setdefault((workload.namespace, owner), workload)


def _names(world: World, workload: Workload, ordinal: int, node: NodeThere | None) -> tuple[str, str]:
    """Name a pod's direct owner (ReplicaSet or Job, else "") and the pod, as Kubernetes would."""
    name, salt = workload.name, world.seed
    tail = code(f"{salt}/{workload.namespace}/{name}/{workload.state}/{ordinal}", 5)
    match workload.kind:
        case "Deployment" | "Rollout":
            owner = f"{name}-{code(f'{salt}/{workload.namespace}/{name}/{workload.state}', 9)}"
            return owner, f"{owner}-{tail}"
        case "StatefulSet":
            return "", f"{name}-{ordinal}"
        case "DaemonSet":
            return "", f"{name}-{code(f'{salt}/{name}/{ordinal}', 5)}"
        case "CronJob":
            owner = f"{name}-{29538000 + zlib.crc32(tail.encode()) % 9000}"
            return owner, f"{owner}-{tail}"
        case "Job":
            return name, f"{name}-{tail}"
        case "Node":
            return "", f"{name}-{node.name}" if node else name
        case _:
            return "", name


def code(text: str, length: int) -> str:
    """Make letters of a text, as Kubernetes makes suffixes."""
    number = zlib.crc32(text.encode()) | zlib.adler32(text.encode()[::-1]) << 32
    letters = []
    for _ in range(length):
        number, letter = divmod(number, len(LETTERS))
        letters.append(LETTERS[letter])
    return "".join(letters)


def _scatter(seed: int, number: int) -> int:
    return (number * 2654435761 + seed * 40503 + 97) >> 7 & 0xFFFFFF
