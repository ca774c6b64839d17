"""What `c3s rightsize` knows of a container of a workload, the rule to apply, and the row that comes of both."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Final

from msgspec import Struct

from c3s_cli.model.rows import Amounts, Group

DAY: Final = 86_400
MEBI: Final = 1 << 20
# What containers are: sidecars are init containers with restartPolicy Always.
CONTAINER, SIDECAR, INIT = "container", "sidecar", "init"


class Finding(StrEnum):
    """What the past says of a container's requests, the worst first."""

    RISK = "risk"
    UNKNOWN = "unknown"
    WASTE = "waste"
    FINE = "fine"


class Rule(Struct, frozen=True):
    """How recommendations are computed. Shares are in basis points: 1500 is 15%.

    cpu_min, cpu_max: nanocores; memory_min, memory_max: bytes; None for no ceiling. exact: whether amounts are left
    unrounded. min_history: seconds. include_autoscaled: whether autoscaled resources get recommendations, too.
    """

    cpu_percentile: int = 95
    memory_buffer: int = 1500
    oom_buffer: int = 12500
    cpu_min: int = 25_000_000
    cpu_max: int | None = None
    memory_min: int = 64 * MEBI
    memory_max: int | None = None
    exact: bool = False
    min_change: int = 1000
    min_history: float = DAY
    include_autoscaled: bool = False


class Declared(Struct, frozen=True, gc=False):
    """A container of a manifest or of a pod template: its requests and limits count instead of those of pods.

    namespace: "" for that of the command. owner: the workload, as Kind/name. replicas: None for one on each node.
    of_pod: the resources that are declared for the whole pod.
    """

    namespace: str
    owner: str
    container: str
    role: str
    place: int
    replicas: int | None
    requests: Amounts | None
    limits: Amounts | None
    of_pod: tuple[str, ...] = ()


class RightsizeRequest(Struct, frozen=True):
    """What `c3s rightsize` is asked.

    workload: the only one, as Kind/name, "" for all. past: whether there is a past. declared: the containers of
    manifests, None without; unknown: their objects with pods that c3s does not know.
    """

    rule: Rule = Rule()
    workload: str = ""
    past: bool = True
    declared: tuple[Declared, ...] | None = None
    unknown: tuple[str, ...] = ()


class Replica(Struct, frozen=True, gc=False):
    """One container of one pod in a range: nanocores, bytes, seconds, counts; None is unknown.

    seconds: for how long it had data, between first and last, in seconds since 1970. cpu: the percentile over its life.
    cpu_start: the most in its first five minutes. memory: the most. oom_limits: its memory limits when it was killed.
    """

    pod: str
    seconds: float
    first: float
    last: float
    samples: int
    cpu: int | None = None
    cpu_start: int | None = None
    memory: int | None = None
    throttled_periods: int | None = None
    periods: int | None = None
    oom_kills: int | None = None
    oom_limit: int | None = None
    restarts: int | None = None


class Histories(Struct, frozen=True):
    """What a source has of the containers of all pods in a range: by namespace, pod and container.

    start, end: of the range, both the same for a snapshot. ended: the pods that are gone. read: how each figure was
    read, in the words of the source: its query, or which readings. scaled: who scales a workload, by namespace,
    "Kind/name" and resource, as far as the source knows.
    """

    start: float
    end: float
    replicas: Mapping[tuple[str, str, str], Replica]
    ended: frozenset[tuple[str, str]] = frozenset()
    read: Mapping[str, str] = {}
    scaled: Mapping[tuple[str, str], Mapping[str, str]] = {}


class ContainerHistory(Struct, frozen=True):
    """A container of a workload: what is declared now, and the replicas that ran in a range.

    owner: the workload, as Kind/name. role: CONTAINER, SIDECAR or INIT. count: how many replicas there are now.
    requests, limits: as declared, None if unknown. seconds: for how long at least one replica had data. start, end: of
    the range; both the same for a snapshot. by_runs: whether each replica is a run of its own, as those of Jobs are.
    autoscaled: who scales the workload, by resource. qos_class: of its pods. place: its place among the
    containers of the pod, or among the init containers. nodes: of its replicas, "" for one without. of_pod: the
    resources that are declared for the whole pod. running: what all replicas request now, which may be other than
    what is declared; None if that is unknown, or not compared.
    """

    context: str
    namespace: str
    owner: str
    container: str
    count: int
    requests: Amounts | None
    limits: Amounts | None
    replicas: tuple[Replica, ...] = ()
    role: str = CONTAINER
    seconds: float = 0.0
    start: float = 0.0
    end: float = 0.0
    by_runs: bool = False
    autoscaled: Mapping[str, str] = {}
    qos_class: str = ""
    place: int = 0
    nodes: tuple[str, ...] = ()
    of_pod: tuple[str, ...] = ()
    running: Amounts | None = None


class Advice(Struct, frozen=True, gc=False):
    """What is said of one resource of a container: nanocores or bytes of one replica; 0 for none, None if unknown.

    used: what the recommendation starts from. recommended_requests, recommended_limits: None without a recommendation.
    changes: whether they differ enough to be changed. change: what is recommended minus what is requested, 0 if it
    should stay. unknown: why nothing can be recommended, "" if it can.
    """

    requests: int | None
    limits: int | None
    used: int | None
    recommended_requests: int | None
    recommended_limits: int | None
    finding: Finding
    reason: str
    changes: bool = False
    change: int | None = None
    unknown: str = ""


class Recommendation(Struct, frozen=True, gc=False):
    """The row of one container of a workload. replicas: how many there are now.

    samples, seconds: how much evidence there is; range_seconds: of how long a range. throttled_periods, periods,
    oom_kills, restarts: of all replicas; None if unknown. recommended_qos_class: that of the pods after all changes.
    place: as in its history. declared_requests, declared_limits: of all resources, other devices included.
    running: as in its history. cost, savings: what the requests of all replicas cost, and what the change saves, as in
    amounts/money.py; None if unknown, or without prices.
    """

    context: str
    namespace: str
    owner: str
    container: str
    role: str
    replicas: int
    cpu: Advice
    memory: Advice
    cpu_start: int | None = None
    start: float = 0.0
    end: float = 0.0
    samples: int = 0
    seconds: float = 0.0
    throttled_periods: int | None = None
    periods: int | None = None
    oom_kills: int | None = None
    restarts: int | None = None
    autoscaled: Mapping[str, str] = {}
    qos_class: str = ""
    recommended_qos_class: str = ""
    place: int = 0
    declared_requests: Amounts | None = None
    declared_limits: Amounts | None = None
    nodes: tuple[str, ...] = ()
    running: Amounts | None = None
    cost: int | None = None
    savings: int | None = None

    timestamp: ClassVar[None] = None
    window: ClassVar[None] = None
    figures: ClassVar[None] = None

    @property
    def range_seconds(self) -> float:
        """The seconds of the range; 0 for a snapshot."""
        return self.end - self.start

    @property
    def name(self) -> str:
        """The workload and the container, such as Deployment/web:app."""
        return f"{self.owner}:{self.container}"

    @property
    def finding(self) -> Finding:
        """The worst finding."""
        return worst(self.cpu.finding, self.memory.finding)

    @property
    def changes(self) -> bool:
        """Whether something should change."""
        return self.cpu.changes or self.memory.changes

    @property
    def unknown(self) -> tuple[str, ...]:
        """Why nothing can be recommended, for CPU, memory or both; () if it can."""
        return tuple(dict.fromkeys(filter(None, (self.cpu.unknown, self.memory.unknown))))

    @property
    def reason(self) -> str:
        """Why that much CPU and memory."""
        if self.cpu.reason == self.memory.reason:
            return self.cpu.reason
        return f"cpu: {self.cpu.reason}; memory: {self.memory.reason}"


class Sums(Struct, frozen=True, gc=False):
    """One resource of several containers, times their replicas. recommended: the requests after all changes."""

    requests: int | None
    recommended: int | None
    freed: int
    needed: int

    @property
    def change(self) -> int:
        """How much more is requested after all changes, or less if negative."""
        return self.needed - self.freed


class RecommendationGroup(Group, frozen=True, gc=False):
    """Several containers of workloads.

    findings: how many containers have each. unknown_count: of how many too little is known for a recommendation.
    """

    workload_count: int = 0
    unknown_count: int = 0
    findings: Mapping[Finding, int] = {}
    cpu: Sums = Sums(None, None, 0, 0)
    memory: Sums = Sums(None, None, 0, 0)
    cost: int | None = None
    savings: int | None = None

    @property
    def container_count(self) -> int:
        """How many containers there are."""
        return sum(self.findings.values())


def worst(*findings: Finding) -> Finding:
    """Return the worst of several findings."""
    order = list(Finding)
    return min(findings, key=order.index)
