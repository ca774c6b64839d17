"""The node pools and workloads of the simulated cluster, as data.

CPU is in millicores and memory in MiB everywhere here. The numbers are chosen to show typical cases: an indexer that
requests far more than it uses, a Prometheus that uses more than it requests, an API close to its memory limit, a pool
that is full by requests next to an idle one.
"""

from __future__ import annotations

from dataclasses import dataclass


class Stage:
    """The states of a pod."""

    RUNNING = "running"
    YOUNG = "young"  # started seconds ago: metrics-server has not scraped it twice
    NEW = "new"  # not scheduled yet
    PENDING = "pending"  # fits on no node
    CREATING = "creating"  # has a node, but its containers have not started
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EVICTED = "evicted"
    CRASHING = "crashing"  # CrashLoopBackOff
    TERMINATING = "terminating"
    RESIZED = "resized"  # an in-place resize that the kubelet has carried out
    DEFERRED = "deferred"  # an in-place resize that waits for room on the node


MEASURABLE = frozenset({Stage.RUNNING, Stage.YOUNG, Stage.TERMINATING, Stage.RESIZED, Stage.DEFERRED})
STARTING = frozenset({Stage.NEW, Stage.PENDING, Stage.CREATING})
FINISHED = frozenset({Stage.SUCCEEDED, Stage.FAILED, Stage.EVICTED})
_CLAIMS = {"elasticsearch": 200, "prometheus": 100, "postgres": 50, "redis": 8, "alertmanager": 2}


@dataclass(frozen=True, slots=True)
class Box:
    """A container: its requests and average usage. None means no request."""

    name: str
    image: str
    cpu: int | None = None
    memory: int | None = None
    cpu_limit: int | None = None
    memory_limit: int | None = None
    uses_cpu: int = 5
    uses_memory: int = 20
    extra: tuple[tuple[str, str], ...] = ()  # requests = limits of an extended resource
    storage: tuple[str, str] | None = None  # ephemeral-storage request and limit
    port: int | None = None
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload, with the number of its pods in the default cluster."""

    namespace: str
    kind: str  # Deployment, Rollout, StatefulSet, DaemonSet, CronJob, Job, RayCluster, Node (static pod), Pod
    name: str
    replicas: int
    boxes: tuple[Box, ...]
    init: tuple[Box, ...] = ()
    sidecars: tuple[Box, ...] = ()  # init containers that restart always
    pool: str = "general"
    shape: str = "daily"  # how its CPU moves: daily, steady, spiky
    age: int = 12 * 86400  # of its pods, in seconds
    states: tuple[tuple[int, str], ...] = ()  # ordinal -> state; all others are Stage.RUNNING
    restarts: int = 0
    overhead: tuple[int, int] | None = None  # RuntimeClass overhead: millicores, MiB
    pod_level: tuple[int, int, int, int] | None = None  # spec.resources: cpu, memory, cpu limit, memory limit
    host_network: bool = False
    team: str | None = None

    @property
    def gpus(self) -> int:
        """GPUs that one pod needs."""
        return sum(int(count) for box in self.boxes for name, count in box.extra if name == "nvidia.com/gpu")


@dataclass(frozen=True, slots=True)
class Pool:
    """A node pool: the machines for some workloads."""

    name: str
    count: int  # nodes in the default cluster
    share: float  # of the nodes of a cluster of any other size
    family: str
    instance: str
    cores: int
    memory: int  # GiB
    labels: tuple[tuple[str, str], ...]
    taints: tuple[tuple[str, str, str], ...] = ()
    gpus: int = 0
    swap: int = 0  # bytes
    age: int = 40 * 86400


POOLS = (
    Pool("cp", 1, 0.0, "m6i", "xlarge", 4, 16, (("node-role.kubernetes.io/control-plane", ""),),
        (("node-role.kubernetes.io/control-plane", "", "NoSchedule"),), age=212 * 86400),
    Pool("general", 3, 0.6, "m6i", "2xlarge", 8, 32,
        (("karpenter.sh/nodepool", "general"), ("karpenter.sh/capacity-type", "on-demand")), age=180 * 86400),
    Pool("memory", 2, 0.2, "r6i", "2xlarge", 8, 64,
        (("karpenter.sh/nodepool", "memory"), ("karpenter.sh/capacity-type", "on-demand")),
        swap=8 * 2**30, age=96 * 86400),
    Pool("gpu", 2, 0.05, "g5", "12xlarge", 48, 192,
        (("eks.amazonaws.com/nodegroup", "gpu-a10g"), ("eks.amazonaws.com/capacityType", "ON_DEMAND")),
        (("nvidia.com/gpu", "true", "NoSchedule"),), gpus=4, age=17 * 86400),
    Pool("spot", 2, 0.15, "c6i", "2xlarge", 8, 16,
        (("karpenter.sh/nodepool", "spot"), ("karpenter.sh/capacity-type", "spot")),
        (("spot", "true", "NoSchedule"),), age=2 * 86400 + 7 * 3600),
)  # fmt: skip

_ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/"
_ISTIO_INIT = Box("istio-init", "docker.io/istio/proxyv2:1.26.1", 10, 40, 2000, 1024)
_ISTIO = Box("istio-proxy", "docker.io/istio/proxyv2:1.26.1", 50, 64, 2000, 1024, 14, 58, port=15090)
_SHIPPER = Box("log-shipper", "fluent/fluent-bit:3.2.10", 20, 32, 100, 64, 4, 21)

# User workloads. Their order decides which of them a tiny cluster has.
WORKLOADS = (
    Workload("default", "Deployment", "web", 3,
        (Box("nginx", "nginx:1.29.1", 100, 128, 500, 256, 62, 88, port=8080),),
        sidecars=(_SHIPPER,), age=6 * 86400 + 3 * 3600),
    Workload("team-checkout", "Rollout", "checkout", 4,
        (Box("app", _ECR + "checkout:v2.14.3", 1000, 512, 1500, 1024, 410, 470, port=8080), _ISTIO),
        init=(_ISTIO_INIT,), age=3 * 86400 + 5 * 3600, team="checkout"),
    Workload("team-search", "Deployment", "search-api", 4,
        (Box("app", _ECR + "search-api:v5.2.0", 750, 768, 2000, 1024, 520, 590, port=8080), _ISTIO),
        init=(_ISTIO_INIT,), shape="spiky", age=20 * 3600, states=((3, Stage.TERMINATING),), team="search"),
    Workload("default", "Deployment", "api", 2,
        (Box("api", _ECR + "api:v1.8.2", 250, 512, 1000, 512, 180, 494, port=8080),),
        init=(Box("migrate", _ECR + "api:v1.8.2", 500, 256, 500, 256, command=("./migrate", "up")),),
        age=2 * 86400 + 4 * 3600, restarts=1),
    Workload("team-checkout", "Deployment", "payments", 3,
        (Box("app", _ECR + "payments:v3.0.7", 500, 1024, 500, 1024, 260, 690, port=8443),),
        age=9 * 86400, states=((0, Stage.RESIZED), (1, Stage.DEFERRED)), team="checkout"),
    Workload("team-search", "StatefulSet", "elasticsearch", 3,
        (Box("elasticsearch", "elasticsearch:8.18.1", 1000, 8192, 3000, 8192, 640, 7150, port=9200,
             storage=("10Gi", "20Gi")),), init=(Box("sysctl", "busybox:1.37", 10, 16, 50, 32),),
        pool="memory", age=58 * 86400, team="search"),
    Workload("team-search", "Deployment", "indexer", 3,
        (Box("indexer", _ECR + "indexer:v5.2.0", 2500, 4096, 4000, 6144, 45, 310),),
        shape="steady", age=31 * 86400, team="search"),
    Workload("monitoring", "StatefulSet", "prometheus", 1,
        (Box("prometheus", "quay.io/prometheus/prometheus:v3.4.1", 500, 4096, None, 12288, 860, 6900, port=9090),
         Box("config-reloader", "quay.io/prometheus-operator/prometheus-config-reloader:v0.83.0", 10, 25, 10, 50,
             1, 18)), pool="memory", age=44 * 86400, shape="steady"),
    Workload("batch", "CronJob", "nightly-report", 3,
        (Box("report", _ECR + "report:v1.3.1", 1000, 2048, 2000, 2048, 1350, 1500, storage=("2Gi", "4Gi")),),
        pool="spot", shape="steady", age=1800, states=((0, Stage.SUCCEEDED), (1, Stage.SUCCEEDED))),
    Workload("team-ml", "Deployment", "inference", 2,
        (Box("server", "nvcr.io/nvidia/tritonserver:25.05-py3", 4000, 16384, 8000, 32768, 5200, 19800,
             extra=(("nvidia.com/gpu", "1"),), port=8000),), pool="gpu", age=5 * 86400, team="ml"),
    Workload("default", "StatefulSet", "redis", 1,
        (Box("redis", "redis:8.0.2", 100, 256, None, 512, 38, 143, port=6379),),
        pool="memory", shape="steady", age=90 * 86400),
    Workload("team-checkout", "Deployment", "cart", 3,
        (Box("app", _ECR + "cart:v2.9.1", 300, 256, 1000, 320, 150, 301, port=8080), _ISTIO),
        init=(_ISTIO_INIT,), age=11 * 3600, restarts=4, team="checkout"),
    Workload("team-checkout", "StatefulSet", "postgres", 2,
        (Box("postgres", "postgres:17.5", 1000, 4096, 2000, 4096, 340, 2900, port=5432, storage=("1Gi", "2Gi")),
         Box("exporter", "quay.io/prometheuscommunity/postgres-exporter:v0.17.1", 10, 32, 50, 64, 2, 17, port=9187)),
        pool="memory", age=88 * 86400, team="checkout"),
    Workload("batch", "Job", "etl-backfill", 3,
        (Box("worker", _ECR + "etl:v0.41.0", 1500, 1536, 2000, 3072, 1720, 1400, storage=("8Gi", "16Gi")),),
        pool="spot", shape="spiky", age=5 * 3600, overhead=(250, 160)),
    Workload("default", "Deployment", "legacy-admin", 1,
        (Box("admin", _ECR + "legacy-admin:latest", uses_cpu=340, uses_memory=612, port=8080),),
        age=171 * 86400, restarts=12),
    Workload("team-ml", "RayCluster", "ray-batch", 2,
        (Box("ray-worker", "rayproject/ray:2.46.0-gpu", 8000, 32768, 8000, 32768, 3100, 21400,
             extra=(("nvidia.com/gpu", "1"),)),), pool="gpu", shape="spiky", age=9 * 3600, team="ml"),
    Workload("team-ml", "Deployment", "notebook", 1,
        (Box("jupyter", "quay.io/jupyter/scipy-notebook:2025-06-09", uses_cpu=220, uses_memory=2100, port=8888),
         Box("git-sync", "registry.k8s.io/git-sync/git-sync:v4.4.0", uses_cpu=0, uses_memory=24)),
        pod_level=(1000, 4096, 2000, 8192), pool="memory", age=4 * 3600, team="ml"),
    Workload("team-ml", "Job", "train-xl", 1,
        (Box("trainer", _ECR + "trainer:v0.9.0", 32000, 131072, 32000, 131072, extra=(("nvidia.com/gpu", "8"),)),),
        pool="gpu", age=3 * 3600 + 600, states=((0, Stage.PENDING),), team="ml"),
    Workload("default", "Pod", "debug-shell", 1,
        (Box("shell", "nicolaka/netshoot:v0.14", uses_cpu=1, uses_memory=9, command=("sleep", "infinity")),),
        shape="steady", age=26 * 3600),
    Workload("default", "Job", "db-migrate", 1, (Box("migrate", _ECR + "api:v1.8.2", 200, 256, 500, 512),),
        age=2 * 86400 + 4 * 3600 + 300, states=((0, Stage.SUCCEEDED),)),
    Workload("team-search", "Deployment", "suggest", 2,
        (Box("app", _ECR + "suggest:v1.1.0", 200, 256, 400, 512, 95, 170, port=8080),),
        age=8 * 86400, states=((1, Stage.YOUNG),), team="search"),
    Workload("team-checkout", "Deployment", "fraud-scorer", 1,
        (Box("app", _ECR + "fraud-scorer:v0.3.0", 200, 512, 1000, 512, 140, 400, port=8080),),
        age=7 * 3600, states=((0, Stage.CRASHING),), restarts=37, team="checkout"),
    Workload("batch", "CronJob", "backup", 2, (Box("backup", _ECR + "backup:v1.0.4", 250, 128, 500, 256),),
        pool="spot", age=3600, states=((0, Stage.FAILED), (1, Stage.SUCCEEDED))),
    Workload("batch", "Pod", "import-2291", 1,
        (Box("import", _ECR + "import:v2.2.1", uses_cpu=10, storage=("1Gi", "1Gi")),),
        pool="spot", age=9 * 3600, states=((0, Stage.EVICTED),)),
    Workload("batch", "Job", "thumbnails", 1, (Box("resize", _ECR + "thumbnails:v4.0.0", 500, 512, 1000, 1024),),
        pool="spot", age=8, states=((0, Stage.CREATING),)),
    Workload("monitoring", "Deployment", "grafana", 1,
        (Box("grafana", "grafana/grafana:12.0.1", 100, 256, None, 512, 28, 187, port=3000),), age=44 * 86400),
    Workload("monitoring", "StatefulSet", "alertmanager", 1,
        (Box("alertmanager", "quay.io/prometheus/alertmanager:v0.28.1", 20, 64, None, 128, 3, 41, port=9093),),
        shape="steady", age=44 * 86400),
    Workload("kube-system", "Deployment", "coredns", 2,
        (Box("coredns", "registry.k8s.io/coredns/coredns:v1.12.1", 100, 70, None, 170, 31, 34, port=9153),),
        age=63 * 86400),
    Workload("kube-system", "Deployment", "metrics-server", 1,
        (Box("metrics-server", "registry.k8s.io/metrics-server/metrics-server:v0.8.0", 100, 200, None, None, 22, 71,
             port=10250),), shape="steady", age=63 * 86400),
    Workload("monitoring", "Deployment", "kube-state-metrics", 1,
        (Box("kube-state-metrics", "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.15.0", 10, 64, 100, 256,
             6, 52, port=8080),), shape="steady", age=44 * 86400),
)  # fmt: skip
# One pod of each on every node (of the pool, if one is named).
DAEMONS = (
    Workload("kube-system", "DaemonSet", "kube-proxy", 0,
        (Box("kube-proxy", "registry.k8s.io/kube-proxy:v1.33.2", 100, uses_cpu=3, uses_memory=26),),
        pool="", shape="steady", age=63 * 86400, host_network=True),
    Workload("kube-system", "DaemonSet", "aws-node", 0,
        (Box("aws-node", "amazon-k8s-cni:v1.19.5", 25, None, uses_cpu=5, uses_memory=47),
         Box("aws-eks-nodeagent", "aws-network-policy-agent:v1.2.1", 25, None, uses_cpu=2, uses_memory=22)),
        init=(Box("aws-vpc-cni-init", "amazon-k8s-cni-init:v1.19.5", 25),),
        pool="", shape="steady", age=63 * 86400, host_network=True),
    Workload("monitoring", "DaemonSet", "node-exporter", 0,
        (Box("node-exporter", "quay.io/prometheus/node-exporter:v1.9.1", 50, 32, 100, 64, 4, 19, port=9100),),
        pool="", shape="steady", age=44 * 86400, host_network=True),
    Workload("kube-system", "DaemonSet", "nvidia-device-plugin", 0,
        (Box("nvidia-device-plugin", "nvcr.io/nvidia/k8s-device-plugin:v0.17.2", uses_cpu=1, uses_memory=31),),
        pool="gpu", shape="steady", age=17 * 86400),
)  # fmt: skip
# Static pods: the kubelet of each control-plane node runs them, and their owner is that Node.
STATIC = (
    Workload("kube-system", "Node", "etcd", 0,
        (Box("etcd", "registry.k8s.io/etcd:3.5.21-0", 100, 100, uses_cpu=68, uses_memory=410),),
        pool="cp", age=63 * 86400, host_network=True),
    Workload("kube-system", "Node", "kube-apiserver", 0,
        (Box("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.33.2", 250, uses_cpu=190, uses_memory=1260),),
        pool="cp", age=63 * 86400, host_network=True),
    Workload("kube-system", "Node", "kube-controller-manager", 0,
        (Box("kube-controller-manager", "registry.k8s.io/kube-controller-manager:v1.33.2", 200, uses_cpu=41,
             uses_memory=170),), pool="cp", age=63 * 86400, host_network=True),
    Workload("kube-system", "Node", "kube-scheduler", 0,
        (Box("kube-scheduler", "registry.k8s.io/kube-scheduler:v1.33.2", 100, uses_cpu=9, uses_memory=74),),
        pool="cp", age=63 * 86400, host_network=True),
)  # fmt: skip


def claim_of(workload: Workload) -> int:
    """GiB of the volume that each pod of a workload claims; 0 is none."""
    return _CLAIMS.get(workload.name.rstrip("0123456789-"), 0) if workload.kind == "StatefulSet" else 0
