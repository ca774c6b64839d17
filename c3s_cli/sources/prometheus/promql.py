"""Build PromQL queries as text. No I/O."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.sources.prometheus.decoding import Labels

# What to check if there are no such series.
SCRAPED: Final = "it must scrape the kubelets' /metrics/cadvisor; --prometheus-match may select nothing"
CPU: Final = "container_cpu_usage_seconds_total"
MEMORY: Final = "container_memory_working_set_bytes"
STARTED: Final = "container_start_time_seconds"
# Excludes the pause container, and the sums of pods and parent cgroups, which have no container label.
CONTAINERS: Final = 'container!="",container!="POD"'
# The sums of pods, where the runtime reports no containers.
PODS: Final = 'pod!="",container="",image=""'
# Where a scrape job has labels of the same names, Prometheus renames those of the page: exported_pod.
WHO: Final = ("namespace", "pod", "container")
Who = tuple[str, str, str]
OF_POD: Final = "namespace, exported_namespace, pod, exported_pod"
OF_CONTAINER: Final = f"{OF_POD}, container, exported_container"
# What tells apart the instances of a container, and what tells apart the jobs that scrape it.
INSTANCE: Final = "id, node, cpu"
SCRAPE: Final = "job, metrics_path"
# The labels that may hold a node's name, or its address; which of them depends on the scrape job.
NODE_LABELS: Final = (
    *("exported_node", "node", "kubernetes_node", "kubernetes_io_hostname", "nodename", "hostname", "host"),
    "instance",
)
NODE: Final = ", ".join(NODE_LABELS)
# Labels whose values are names of clusters.
CLUSTERS: Final = ("cluster", "cluster_name")
BY_CLUSTER: Final = ", ".join(CLUSTERS)
MACHINE: Final = f"{NODE}, {BY_CLUSTER}, job"
# The CPU modes that count as used: not waiting, and not stolen by other machines.
BUSY: Final = 'mode!~"idle|iowait|steal"'
# The window of usage now, and the least of a range: enough scrapes that their jitter does not matter.
WINDOW: Final = 300
# Scrapes that are further apart leave two or three samples in it.
FAR: Final = 110
# Longer windows to try if that one has too few samples.
WIDER: Final = (900, 3600)
# How many scrapes before the first sample in a window, and after the last, engines extrapolate.
NEAR: Final = 1.1
# Default steps of a range, in seconds, which limit the number of points.
STEPS: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
POINTS: Final = 2100
# At so many points of a range, one looks for what was there.
LOOKS: Final = 1440
# The most names that one query has.
MOST_NAMES: Final = 500
# Longer ranges, in seconds, have no steps shorter than the window of a rate.
SHORT: Final = 6 * 3600


class Range(Struct, frozen=True):
    """A range of time, in whole seconds, and the step between two points of it.

    interval: between two scrapes, longest: what nine of ten are below. extrapolates: whether the engine extrapolates a
    growth to the ends of its window, as Prometheus does; VictoriaMetrics does not. only_fresh: whether to look no
    further back for a gauge than the last scrape. patient: whether to look some minutes back.
    """

    seconds: int
    step: int
    interval: float = 60.0
    extrapolates: bool = True
    longest: float = 0.0
    only_fresh: bool = False
    patient: bool = False

    @property
    def window(self) -> int:
        """The window of a rate: at least the whole step, so that no part of the range is skipped."""
        return max(WINDOW, self.step, math.ceil(2.5 * self.interval))

    @property
    def uneven(self) -> bool:
        """Whether samples come at uneven times."""
        return self.longest > NEAR * self.interval

    @property
    def points(self) -> int:
        """How many points there are."""
        return max(1, self.seconds // self.step)

    @property
    def lookback(self) -> int:
        """How old the last sample of a gauge may be: two scrapes, so that what has ended soon disappears."""
        if self.only_fresh:
            return math.ceil(max(self.interval, min(self.longest, self.interval + 20))) + 1
        return max(WINDOW if self.patient else 60, math.ceil(2 * self.interval) + 20)


def usual_step(seconds: float) -> int:
    """Return the step of a range if none is given."""
    least = STEPS[0] if seconds <= SHORT else WINDOW
    return next((each for each in STEPS if each >= least and seconds / each <= POINTS), STEPS[-1])


def range_of(seconds: float, step: float | None, interval: float, *, extrapolates: bool, longest: float = 0.0) -> Range:
    """Choose the step for a range, if none is given, and shorten it so that the range is a whole number of steps."""
    wanted = min(int(step or usual_step(seconds)), int(seconds))
    return Range(int(seconds), int(seconds) // math.ceil(int(seconds) / wanted), interval, extrapolates, longest)


def all_of(*matchers: str) -> str:
    """Join matchers with commas, without those that are empty."""
    return ",".join(filter(None, matchers))


def braces(*matchers: str) -> str:
    """Write matchers as a selector."""
    return "{" + all_of(*matchers) + "}"


def quote(text: str) -> str:
    """Write text as a string of PromQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def one_of(label: str, values: Sequence[str]) -> str:
    """Match a label that has one of some values."""
    if len(values) == 1:
        return f"{label}={quote(values[0])}"
    return f"{label}=~{quote('|'.join(map(escape, values)))}"


def few_of(label: str, names: Sequence[str], most: int = MOST_NAMES) -> str:
    """Match a label that has one of some names; "" for all, if these are too many for one query."""
    return one_of(label, names) if len(names) <= most else ""


def escape(text: str) -> str:
    """Escape text for a regular expression."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def match_labels(matchers: Mapping[str, Sequence[str]]) -> str:
    """Match labels that each have one of some values; any, if there are none."""
    return all_of(*(one_of(label, values) for label, values in matchers.items() if values))


def who(labels: Labels) -> Who:
    """Return the namespace, pod and container that labels name; "" for a missing label."""
    namespace, pod, container = (labels.get(f"exported_{label}") or labels.get(label, "") for label in WHO)
    return namespace, pod, container


class Kind(Struct, frozen=True):
    """A kind of series of nodes: a counter of seconds, a gauge of bytes, and the matcher that selects nodes.

    own: whether c3s has printed them; then the CPU is a gauge, too, of cores.
    """

    cpu: str
    memory: str
    match: str = ""
    own: bool = False


# Series with the usage of a node, the best first: the root cgroup, as metrics-server counts; the kubelet's
# /metrics/resource, which is the same. Common charts drop the first.
KUBELET: Final = (
    Kind(CPU, MEMORY, 'id="/"'),
    Kind("node_cpu_usage_seconds_total", "node_memory_working_set_bytes"),
)
# The third is close: the busy time of each core, and available memory, as node_exporter has them.
EXPORTER: Final = "node_exporter"
OWN: Final = Kind("c3s_node_cpu_usage_cores", "c3s_node_memory_usage_bytes", own=True)
MACHINES: Final = "node_memory_MemTotal_bytes"
AVAILABLE: Final = "node_memory_MemAvailable_bytes"
BUSY_TIME: Final = "node_cpu_seconds_total"


def busy_of_machines(match: str, window: int) -> str:
    """Return the query for the busy time of machines now.

    It is the slope of the line through the samples, unless a machine was started again: a rate is too low once the last
    sample is more than a scrape ago.
    """
    series = f"{BUSY_TIME}{braces(BUSY, match)}[{window}s]"
    return _of_machines(f"deriv({series}) unless resets({series}) > 0 or rate({series})")


def _of_machines(busy: str) -> str:
    return f"sum by ({MACHINE}) (max by ({MACHINE}, cpu, mode) ({busy}))"


def memory_of_machines(match: str, lookback: int) -> str:
    """Return the query for the memory of machines that is not available, of samples of the last seconds."""
    total, left = (f"last_over_time({name}{braces(match)}[{lookback}s])" for name in (MACHINES, AVAILABLE))
    return f"max by ({MACHINE}) ({total} - {left})"


def growth_of(series: str, period: Range) -> str:
    """Return the query for the growth of counters in the window before a point.

    VictoriaMetrics counts from the sample before the window, so that a window may get a scrape more or less. Its rate
    does not depend on that; it is multiplied by the seconds of the window in which the counter existed.
    """
    window = period.window
    if period.extrapolates:
        return f"increase({series}[{window}s])"
    interval, lag = f"{period.interval:g}", f"{1.1 * period.interval:g}"
    wider = f"{series}[{math.ceil(window + 1.1 * period.interval)}s]"
    rate, last = f"rate({series}[{window}s])", f"tlast_over_time({series}[{window}s])"
    # As in Prometheus: until now if the last scrape is that near, else for half of the time between two; and since the
    # counter was 0, or for half of the time before its first scrape.
    until = f"{last} + {interval} * (0.5 + ({last} >=bool time() - {lag}))"
    age = f"first_over_time({wider}) / ({rate} + 1e-12)"
    before = f"({age}) * ({age} <=bool {lag}) + {interval} * 0.5 * ({age} >bool {lag})"
    since = f"tfirst_over_time({wider}) - ({before})"
    seconds = f"clamp_max({until}, time()) - clamp_min({since}, time() - {window})"
    return f"{rate} * ({seconds})"


def of_containers(resource: str, match: str, period: Range) -> str:
    """Return the query for the points of every series of containers over a range."""
    if resource == "memory":
        return f"last_over_time({MEMORY}{braces(match)}[{period.lookback}s])"
    return growth_of(f"{CPU}{braces(match)}", period)


def last_of_containers(match: str, period: Range, offset: int) -> tuple[str, str]:
    """Return the queries for the last values of the counters of containers, and for the times of these.

    offset: how many seconds before a point.
    """
    return _last_of(f"{CPU}{braces(match)}", period, offset)


def last_of_nodes(kind: Kind, match: str, period: Range, offset: int) -> tuple[str, str]:
    """Return the same for nodes."""
    value, time = _last_of(f"{kind.cpu}{braces(kind.match, match)}", period, offset)
    return f"max by ({NODE}, job) (sum without (cpu) ({value}))", f"max by ({NODE}, job) ({time})"


def _last_of(series: str, period: Range, offset: int) -> tuple[str, str]:
    earlier = f" offset {offset}s" if offset else ""
    last = f"{series}[{max(period.lookback, WINDOW)}s]{earlier}"
    time = f"timestamp({series}{earlier})" if period.extrapolates else f"tlast_over_time({last})"
    return f"last_over_time({last})", time


def of_pods(resource: str, match: str, period: Range, *, containers: bool, jobs: bool) -> str:
    """Return the query for the points of pods or containers over a range. jobs: whether several jobs scrape them.

    A container that two jobs scrape counts once; instances before and after a restart, and CPUs, are added up.
    """
    each = of_containers(resource, match, period)
    if resource == "memory":
        each = f"max by ({OF_CONTAINER}) ({each})"
    elif jobs:
        each = f"max by ({OF_CONTAINER}, {INSTANCE}, {SCRAPE}) ({each})"
        each = f"max by ({OF_CONTAINER}) (sum by ({OF_CONTAINER}, {SCRAPE}) ({each}))"
    else:
        each = f"max by ({OF_CONTAINER}, {INSTANCE}) ({each})"
        return f"sum by ({OF_CONTAINER if containers else OF_POD}) ({each})"
    return each if containers else f"sum by ({OF_POD}) ({each})"


def of_nodes(resource: str, kind: Kind | str, match: str, period: Range) -> str:
    """Return the query for the points of nodes over a range, one series for each job and address of a node."""
    if not isinstance(kind, Kind):
        if resource == "cpu":
            return _of_machines(growth_of(f"{BUSY_TIME}{braces(BUSY, match)}", period))
        return memory_of_machines(match, max(WINDOW, period.lookback))
    chosen = braces(kind.match, match)
    if resource == "cpu" and kind.own:
        return f"max by ({NODE}, job) (avg_over_time({kind.cpu}{chosen}[{period.window}s])) * {period.window}"
    if resource == "cpu":
        return f"max by ({NODE}, job) (sum without (cpu) ({growth_of(kind.cpu + chosen, period)}))"
    return f"max by ({NODE}, job) (last_over_time({kind.memory}{chosen}[{period.lookback}s]))"


def samples_of(series: str, by: str, period: Range) -> str:
    """Return the query for the number of samples of each object in each step of a range.

    Those of instances before and after a restart are added up, but not what two Prometheus servers have scraped.
    """
    target = f"{by}, container, exported_container, instance, {SCRAPE}"
    counted = f"max by ({target}, id) (count_over_time({series}[{period.step}s]))"
    return f"max by ({by}) (sum by ({target}) ({counted}))"


def of_others(match: str) -> list[str]:
    """Return selectors of the memory of nodes, or of whatever else there may be, the best first."""
    kinds = [(kind.memory, kind.match) for kind in KUBELET]
    return [f"{name}{braces(match, chosen)}" for name, chosen in (*kinds, (MACHINES, ""), (MEMORY, ""))]


def look_step(seconds: float) -> int:
    """Return the step at which to look for what was there in a range of so many seconds."""
    return max(STEPS[0], int(seconds) // LOOKS)
