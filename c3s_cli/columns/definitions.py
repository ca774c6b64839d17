"""What each source computes for each column, over which time, and what it cannot know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from c3s_cli.columns.catalogue import table_of
from c3s_cli.columns.recommended import parts_of
from c3s_cli.columns.sources import is_known, sources_of
from c3s_cli.columns.statistics import WORDS, default_statistics, statistic_column
from c3s_cli.columns.vocabulary import COMPARED, FITTING, MOVING, RIGHTSIZING, Column, Kind


class Definition(Struct, frozen=True):
    """What a source computes. window: over which time. unknown: what it cannot know, "" if nothing."""

    text: str
    window: str
    unknown: str = ""

    def about(self, words: str) -> Definition:
        """Return the definition with these words for its {}."""
        return Definition(self.text.format(words), self.window, self.unknown)

    def __str__(self) -> str:
        """Return the text with what is unknown."""
        return f"{self.text}; unknown: {self.unknown}" if self.unknown else self.text


By = Mapping[str, Definition]
NOT_KNOWN: Final = Definition("this source cannot know it", "")
READING: Final = "the time of the reading"
SIDES: Final = "of each side, the time of its reading, or its range"
TWO_SCRAPES: Final = "two scrapes of metrics-server, usually 15s: see window"
OWN_SAMPLES: Final = "two samples of each container, 10s to 25s: see window"
LINE: Final = "5m; 15m or 1h if there are fewer than four samples: see window"
LAST: Final = "the last sample, at most two scrapes and 20s old"
READINGS: Final = "the readings of the range, of which each stands for the time since the one before"
POINTS: Final = "one sample per --step"
WINDOWS: Final = "windows of one --step, but at least 5m and 2.5 scrapes"
PAGE: Final = "/metrics/resource"
SUMMARY: Final = "/stats/summary"

POD_CPU: Final[By] = {
    "metrics": Definition(
        "growth of the containers' CPU counters / time", TWO_SCRAPES, "pods with a container that was scraped once"
    ),
    "kubelet": Definition(
        f"growth of each container's CPU counter in {PAGE} / time between its samples",
        OWN_SAMPLES,
        "containers younger than 10s",
    ),
    "prometheus": Definition(
        "slope of the line through the samples of container_cpu_usage_seconds_total since the container's last start",
        LINE,
        "containers with one sample; single containers if the runtime reports pods only",
    ),
}
POD_MEMORY: Final[By] = {
    "metrics": Definition("working set of the containers", "the last scrape of metrics-server"),
    "kubelet": Definition(f"container_memory_working_set_bytes in {PAGE}", "the last sample"),
    "prometheus": Definition(
        "container_memory_working_set_bytes", LAST, "single containers if the runtime reports pods only"
    ),
}
NODE_CPU: Final[By] = {
    "metrics": Definition("growth of the CPU counter of the root cgroup / time", TWO_SCRAPES),
    "kubelet": Definition(f"growth of node_cpu_usage_seconds_total in {PAGE} / time", OWN_SAMPLES),
    "prometheus": Definition(
        'slope of the line through the samples of container_cpu_usage_seconds_total{id="/"}, else of '
        "node_cpu_usage_seconds_total, else of node_exporter's node_cpu_seconds_total in all modes but idle, iowait "
        "and steal",
        LINE,
        "nodes whose series have labels or addresses of no node",
    ),
}
NODE_MEMORY: Final[By] = {
    "metrics": Definition("working set of the root cgroup", "the last scrape of metrics-server"),
    "kubelet": Definition(f"node_memory_working_set_bytes in {PAGE}", "the last sample"),
    "prometheus": Definition(
        'container_memory_working_set_bytes{id="/"}, else node_memory_working_set_bytes, else node_exporter\'s '
        "MemTotal - MemAvailable, which counts slightly differently",
        LAST,
    ),
}
SWAP: Final[By] = {
    "metrics": Definition("swap of the containers or the node", "the last scrape", "all of it on old metrics-servers"),
    "kubelet": Definition(
        f"container_swap_usage_bytes, node_swap_usage_bytes in {PAGE}", "the last sample", "on kubelets without them"
    ),
}
DISK: Final[By] = {
    "kubelet": Definition(f"ephemeral-storage.usedBytes of a pod, fs.usedBytes of a node in {SUMMARY}", "a minute"),
}
CLAIMED: Final[By] = {
    "kubelet": Definition(f"sum of {{}}Bytes of the claims it mounts in {SUMMARY}", "a minute", "unmounted claims"),
    "prometheus": Definition(
        "sum of kubelet_volume_stats_{}_bytes of the claims it mounts", "the last sample, at most 5m old"
    ),
}
VOLUME: Final[By] = {
    "kubelet": Definition(f"{{}} in {SUMMARY}", "a minute", "claims that no running pod mounts"),
    "prometheus": Definition(
        "kubelet_volume_stats_{}", "the last sample, at most 5m old", "claims that are not mounted"
    ),
}
ALL_TIME: Final = "since the pod was created"
IN_RANGE: Final = "the range; without one, 5m"
# By the name of a column; {r} is cpu or memory.
MEASURED: Final[Mapping[str, By]] = {
    "throttled": {
        "prometheus": Definition(
            "growth of container_cpu_cfs_throttled_periods_total / growth of container_cpu_cfs_periods_total", IN_RANGE
        )
    },
    "oomKills": {
        "prometheus": Definition(
            "growth of container_oom_events_total, but at least the restarts that kube-state-metrics saw with the "
            "reason OOMKilled",
            IN_RANGE,
            "kills that neither was scraped to see, and those of what started again where nothing tells why",
        )
    },
    "restarts": {
        **dict.fromkeys(("metrics", "kubelet"), Definition("restartCount of the containers", ALL_TIME)),
        "prometheus": Definition(
            "restartCount of the containers, with --facts source kube_pod_container_status_restarts_total; over a "
            "range the growth of that, else the containers' further runs by container_start_time_seconds and id",
            f"{ALL_TIME}; with --since, the range",
            "over a range, pods of which there are no series",
        ),
    },
    "coverage": {"prometheus": Definition("time for which the row has data / the range", "the range")},
    **{
        f"volumes.{field}": {source: definition.about(field) for source, definition in CLAIMED.items()}
        for field in ("used", "capacity")
    },
    **{
        name: {
            source: definition.about(of_kubelet if source == "kubelet" else series)
            for source, definition in VOLUME.items()
        }
        for name, of_kubelet, series in (
            ("volume.used", "usedBytes", "used_bytes"),
            ("volume.capacity", "capacityBytes", "capacity_bytes"),
            ("inodes.used", "inodesUsed", "inodes_used"),
            ("inodes.capacity", "inodes", "inodes"),
        )
    },
    "swap.usage": SWAP,
    "ephemeralStorage.usage": DISK,
    "cpu.avg": {
        "prometheus": Definition(
            "growth of the CPU counters / time for which the row existed", "the range, without gaps"
        )
    },
    "memory.avg": {"prometheus": Definition("mean of the working set at each point", POINTS)},
    "cpu": {"prometheus": Definition("{} of the growth of the CPU counters in each window / its length", WINDOWS)},
    "memory": {"prometheus": Definition("{} of the working set at each point", POINTS)},
    "timestamp": {
        "metrics": Definition("when metrics-server scraped, of a pod the oldest of its containers", READING),
        "kubelet": Definition("when the kubelet took the last sample, of a pod the oldest of its containers", READING),
        "prometheus": Definition("the time of the query, or of --at, or the end of the range", READING),
    },
    "window": {
        "metrics": Definition("the time between the two scrapes", READING),
        "kubelet": Definition("the time between the two samples", READING),
        "prometheus": Definition("the time that the samples of the rate cover; of a range, its length", READING),
    },
}
# What kube-state-metrics knows, with --facts source; anything else is unknown then.
STATES: Final[Mapping[str, str]] = {
    "requests": "kube_pod_container_resource_requests and those of init containers",
    "limits": "kube_pod_container_resource_limits and those of init containers",
    "declaredLimits": "kube_pod_container_resource_limits",
    "allocatable": "kube_node_status_allocatable",
    "capacity": "kube_node_status_capacity",
    "node": "kube_pod_info",
    "owner": "kube_pod_owner, kube_replicaset_owner, kube_job_owner",
    "status": "kube_pod_status_phase and waiting reasons, kube_node_status_condition",
    "phase": "kube_pod_status_phase",
    "age": "kube_pod_created, kube_node_created",
    "qosClass": "kube_pod_status_qos_class",
    "ready": "kube_pod_container_status_ready",
    "waiting": "kube_pod_container_status_waiting_reason",
    "pending": "kube_pod_info, without the words of the scheduler",
    "lastTermination": "kube_pod_container_status_last_terminated_reason and its timestamp",
    "oomKilled": "kube_pod_container_status_last_terminated_reason",
    "roles": "kube_node_role",
    "version": "kube_node_info",
    "taints": "kube_node_spec_taint",
    "schedulable": "kube_node_spec_unschedulable, kube_node_spec_taint, kube_node_status_condition",
    **dict.fromkeys(("pool", "zone", "instanceType"), "kube_node_labels, if the label is exported"),
    "pods": "kube_pod_info",
    "nodes": "kube_node_status_allocatable",
    "name": "kube_pod_info, kube_node_status_allocatable",
    "namespace": "kube_pod_info",
    "context": "the label cluster",
    "pod": "kube_pod_spec_volumes_persistentvolumeclaims_info",
}
LOST: Final = (
    "with --facts source, what depends on the order of init containers, and pod-level resources that the quality of "
    "service gives away; other pod-level resources and resizes under way do not show"
)
# What they leave open, by the same names.
UNKNOWN_STATES: Final[Mapping[str, str]] = {
    "requests": LOST,
    "limits": f"{LOST}, so these are the declared ones",
    "declaredLimits": LOST,
    "owner": "with --facts source, pods in neither kube_pod_owner nor the recording rule",
    "status": "with --facts source, pods whose series of reasons do not decide, and those without a node",
    "waiting": "with --facts source, pods without series of reasons",
    "lastTermination": "with --facts source, ends without a reason or time",
    "oomKilled": "with --facts source, containers that ended without a reason",
    "ready": "with --facts source, pods without these series",
    "pending": "with --facts source, why pods are pending",
    **dict.fromkeys(("pool", "zone", "instanceType"), "with --facts source, labels that are not exported"),
}
COSTS: Final = {
    "cost.requests": "requests times the price of the node, from --prices",
    "cost.usage": "cpu.usage, memory.usage and the GPUs requested, times the price of the node",
    "cost.waste": "cost.requests - cost.usage, at least 0",
}
PERCENT: Final = re.compile(r"(?P<r>.+)\.(?P<part>\w+)PercentOf(?P<whole>\w+)")
STATISTIC: Final = re.compile(r"(?P<r>cpu|memory)\.(?P<statistic>avg|min|max|p\d+)")
USAGE: Final = {
    "cpu.usage": (POD_CPU, NODE_CPU),
    "memory.usage": (POD_MEMORY, NODE_MEMORY),
}
SIMULATED: Final = ("fits", "placed", "limitedBy", "nodes.fitting", "pods.placed", "to")
PLACED: Final = "pods placed one by one, as the scheduler would, by what the API server says"
OF_PODS: Final = (Kind.POD, Kind.POD_GROUP)
SUMMED: Final = (Kind.NODE_GROUP, Kind.POD_GROUP, Kind.CLUSTER)


def definition_of(column: Column, kind: Kind, source: str) -> Definition:
    """Return what a source computes for a column of a kind of row. source: one of SOURCES, or "recording"."""
    if kind in COMPARED:
        return _of_sides(column)
    if not is_known(column, kind, source):
        return NOT_KNOWN
    if kind in RIGHTSIZING and (parts := parts_of(column.name, source)):
        text, window, unknown = parts
        return Definition(text, window or READING, unknown)
    return _of_recording(column, kind) if source == "recording" else _of_reading(column, kind, source)


def _of_sides(column: Column) -> Definition:
    """Return what a column of changes is, from all sources."""
    of, _, field = column.name.rpartition(".")
    texts = {"change": f"{of}.after - {of}.before", "changePercent": f"{of}.change / {of}.before"} if of else {}
    return Definition(texts.get(field, column.summary), SIDES)


def _of_reading(column: Column, kind: Kind, source: str) -> Definition:
    """Return what a source computes for a column that it knows."""
    name = column.name
    if match := PERCENT.fullmatch(name):
        resource, part, whole = match["r"], match["part"], match["whole"].lower()
        lacking = "for members without usage" if kind in SUMMED and column.in_part else ""
        over = {"volume": "volume.used", "volumes": "volumes.used", "inodes": "inodes.used"}.get(resource)
        text = f"{over or f'{resource}.{part}'} / {resource}.{whole}"
        # The others may use the whole node.
        text += ", if the pod or every running container has one" if (part, whole) == ("usage", "limits") else ""
        return Definition(text, _window(over or f"{resource}.{part}", kind, source), lacking)
    prefix, _, field = name.rpartition(".")
    if field == "compact":
        fields = f"{prefix}.usage, {prefix}.requests and {prefix}.limits"
        return Definition(fields, _window(f"{prefix}.usage", kind, source))
    if field == "unused":
        return Definition(f"{prefix}.requests - {prefix}.usage", _window(f"{prefix}.usage", kind, source))
    if field in ("free", "schedulableFree"):
        nodes = " of schedulable nodes" if field == "schedulableFree" else ""
        return Definition(f"{prefix}.allocatable - {prefix}.requests{nodes}", READING)
    if name in COSTS:
        return Definition(COSTS[name], _window("cpu.usage", kind, source) if field != "requests" else READING)
    if known := _measured(name, kind):
        base = known[source]
        if match := STATISTIC.fullmatch(name):
            members = " of the sum over its members" if kind in SUMMED else ""
            return Definition(
                f"{base.text.format(WORDS.get(match['statistic'], match['statistic']))}{members}", base.window
            )
        if not (kind in SUMMED and prefix and field == "usage"):
            return base
        members = "pods" if kind in OF_PODS else "nodes"
        return Definition(f"sum over its {members}: {base.text}", base.window, base.unknown)
    return _fact(name, kind, source)


def _of_recording(column: Column, kind: Kind) -> Definition:
    """Return what a recording computes: what was read of the metrics API, or statistics of that."""
    if match := STATISTIC.fullmatch(column.name):
        members = " of the sum over its members" if kind in SUMMED else ""
        word = {"avg": "mean"}.get(match["statistic"]) or WORDS.get(match["statistic"], match["statistic"])
        return Definition(f"{word} of the recorded usage, weighted with time{members}", READINGS, "gaps of readings")
    if column.name == "coverage":
        return Definition("time that the readings with the row cover / the range", READINGS)
    if column.name == "restarts":
        text = "restartCount of the containers; over a range its growth between the first and the last reading"
        return Definition(text, f"{ALL_TIME}; with --since, the range")
    base = definition_of(column, kind, "metrics" if "metrics" in sources_of(column, kind) else "prometheus")
    if base.window == READING:
        return base
    return Definition(f"recorded: {base.text}", f"the reading: {base.window}", base.unknown)


def _measured(name: str, kind: Kind) -> By | None:
    if name in USAGE:
        return USAGE[name][0 if kind in OF_PODS else 1]
    if match := STATISTIC.fullmatch(name):
        return MEASURED.get(name) or MEASURED[match["r"]]
    return MEASURED.get(name)


def _window(name: str, kind: Kind, source: str) -> str:
    known = _measured(name, kind)
    return known[source].window if known and source in known else READING


def _fact(name: str, kind: Kind, source: str) -> Definition:
    """Return the definition of a fact of the core API, or of a count."""
    first, _, field = name.partition(".")
    if field in ("measured", "measuredAllocatable"):
        return Definition("counted over the members that report usage", READING)
    # Pods have no series of requests for slots.
    series = STATES.get(first) if first == "pods" and field in ("", "usage", "requests") else STATES.get(field)
    series = series or STATES.get(first)
    text = PLACED if name in SIMULATED else "from the API server"
    if source == "prometheus" and name == "swap.capacity":
        return Definition(text, READING, "with --facts source")
    if source == "prometheus" and kind not in (*FITTING, *MOVING):
        text += f"; with --facts source, {f'from {series}' if series else 'as far as it is exported'}"
        left_open = UNKNOWN_STATES.get(first) or UNKNOWN_STATES.get(field, "")
        return Definition(text, READING, left_open if first != "pods" else "")
    return Definition(text, READING)


def documented(kind: Kind) -> tuple[Column, ...]:
    """Return all columns that have a fixed name, and statistics over a range in their place: those shown by default."""
    columns = list(table_of(kind).values())
    statistics = (statistic_column(name, kind) for name in default_statistics())
    if "coverage" in table_of(kind):
        place = [column.name for column in columns].index("coverage")
        columns[place:place] = filter(None, statistics)
    return tuple(columns)
