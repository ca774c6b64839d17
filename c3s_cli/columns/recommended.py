"""What sources compute for the columns of `c3s rightsize`, over which time, and what they cannot know."""

from __future__ import annotations

from typing import Final

# The parts of a definition: the text, the time, and what is unknown.
Parts = tuple[str, str, str]
RANGE: Final = "the range, usually 14d"
LIVES: Final = f"{RANGE}; of each replica its own life in it"
NONE: Final = ("", "")
RULE: Final = "with too little history, no use at all, or an autoscaler"
BOUNDS: Final = ", between floor and ceiling, rounded up; what covers the need stays"
WITHOUT: Final = "without those that have no recommendation"
KILLS: Final = "kills that nothing was scraped to see"
# By source, then by the name of a column; {r} is cpu or memory.
COMPUTED: Final[dict[str, dict[str, Parts]]] = {
    "prometheus": {
        "cpu.percentile": (
            "p95 of the growth of container_cpu_usage_seconds_total in 5m, of the replica with the largest",
            LIVES,
            "replicas with data for less than an hour",
        ),
        "cpu.start": (
            "most growth of container_cpu_usage_seconds_total between two scrapes in the first 5m of a replica",
            LIVES,
            "containers without a CPU limit, or that began before the range; all from recording rules",
        ),
        "memory.max": (
            "max_over_time(container_memory_working_set_bytes) of the replica with the largest",
            LIVES,
            "containers of pods of which only the whole has series, unless it is the only one",
        ),
        "oomKills": (
            "growth of container_oom_events_total, but at least kube-state-metrics' restarts by OOMKilled",
            RANGE,
            KILLS,
        ),
        "restarts": (
            "growth of kube_pod_container_status_restarts_total, else further runs by their start times and ids",
            RANGE,
            "containers of which there are no series",
        ),
        "evidence.samples": ("samples of container_memory_working_set_bytes of all replicas", RANGE, ""),
    },
    "recording": {
        "cpu.percentile": (
            "percentile (p95) of the recorded usage, weighted with time, of the replica with the largest",
            LIVES,
            "replicas with data for less than an hour",
        ),
        "cpu.start": (
            "most recorded usage in the first 5m of a replica",
            LIVES,
            "containers without a CPU limit, or that began before the range",
        ),
        "memory.max": ("most recorded working set of the replica with the largest", LIVES, ""),
        "oomKills": ("ends with the reason OOMKilled between two readings", RANGE, "all but the last of one interval"),
        "restarts": ("growth of restartCount between the readings", RANGE, "of pods with several containers"),
        "evidence.samples": ("readings of all replicas", RANGE, ""),
    },
}
# What follows from the figures above is the same from all sources.
DERIVED: Final[dict[str, Parts]] = {
    "cpu.requestsPercentOfUsed": ("cpu.requests / cpu.percentile", LIVES, ""),
    "memory.requestsPercentOfUsed": ("memory.requests / memory.max", LIVES, ""),
    "cpu.recommended.requests": (f"the rule: cpu.percentile{BOUNDS}", LIVES, RULE),
    "memory.recommended.requests": (f"the rule: memory.max + 15%, more after OOM kills{BOUNDS}", LIVES, RULE),
    "cpu.recommended.limits": (
        "the rule: in proportion to the requests, at least cpu.start; 0 where there is none now",
        LIVES,
        RULE,
    ),
    "memory.recommended.limits": ("the rule: memory.recommended.requests", LIVES, RULE),
    "{r}.change": ("({r}.recommended.requests - {r}.requests) * replicas, 0 where it is fine", LIVES, RULE),
    "{r}.freed": (f"sum of the negative {{r}}.change of its containers, {WITHOUT}", LIVES, ""),
    "{r}.needed": (f"sum of the positive {{r}}.change of its containers, {WITHOUT}", LIVES, ""),
    "{r}.finding": ("{r}.requests compared with {r}.recommended.requests", LIVES, ""),
    "{r}.reason": ("the rule that {r}.recommended follows, or why there is none", LIVES, ""),
    "finding": ("the worst of cpu.finding and memory.finding", LIVES, ""),
    "reason": ("cpu.reason and memory.reason", LIVES, ""),
    "recommended.qosClass": ("the class that follows from all recommended requests and limits", LIVES, ""),
    "evidence.from": ("start of the range", *NONE),
    "evidence.to": ("end of the range", *NONE),
    "evidence.seconds": ("time for which some replica had samples", RANGE, ""),
    "evidence.coverage": ("evidence.seconds / the range", RANGE, ""),
    "cost.savings": ("the recommended change of the requests, times the price of each replica's node", LIVES, RULE),
    "containers.count": ("number of containers in its rows", *NONE),
    "workloads.count": ("number of workloads in its rows", *NONE),
    **{
        f"containers.{finding}": (f"containers whose finding is {finding}", LIVES, "")
        for finding in ("risk", "unknown", "waste", "fine")
    },
    "replicas": ("pods of the workload that exist", *NONE),
    "container": ("name of the container in the template, else in the newest pod", *NONE),
    "role": ("place of the container in the template, else in the newest pod", *NONE),
    "autoscaled": (
        "what autoscalers look at; with --facts source, kube_horizontalpodautoscaler_spec_target_metric",
        "",
        "vertical ones with --facts source, all in a recording",
    ),
}


def parts_of(name: str, source: str) -> Parts | None:
    """Return the parts of the definition of a column; None for columns that pods have, too."""
    if parts := COMPUTED.get(source, {}).get(name):
        return parts
    resource, _, field = name.partition(".")
    if resource in ("cpu", "memory"):
        generic = DERIVED.get(f"{{r}}.{field}")
        if generic:
            text, window, unknown = generic
            return text.replace("{r}", resource), window, unknown
    return DERIVED.get(name)
