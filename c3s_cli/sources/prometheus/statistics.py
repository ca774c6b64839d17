"""Figures of pods other than CPU and memory, from Prometheus: throttling, OOM kills, and volumes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from c3s_cli.model.rows import Volume
from c3s_cli.sources.prometheus import promql

if TYPE_CHECKING:
    from c3s_cli.sources.prometheus.decoding import Vector
    from c3s_cli.sources.source import Claims

Who = tuple[str, str]
Ask = Callable[[str], "Vector"]
# A restarted container has a new id, and so a new series.
LIFE: Final = "namespace, pod, container, id"
COUNTERS: Final = {
    "cfs.throttled": "container_cpu_cfs_throttled_periods_total",
    "cfs.periods": "container_cpu_cfs_periods_total",
    "oomKills": "container_oom_events_total",
}
# From kube-state-metrics, which remembers the kill after the container's counter is gone.
LAST_OOM: Final = 'kube_pod_container_status_last_terminated_reason{reason="OOMKilled"%s}'
VOLUMES: Final = {
    "used": "kubelet_volume_stats_used_bytes",
    "capacity": "kubelet_volume_stats_capacity_bytes",
    "inodes_used": "kubelet_volume_stats_inodes_used",
    "inodes": "kubelet_volume_stats_inodes",
}


def counted(ask: Ask, wanted: Iterable[str], selector: str, seconds: int) -> dict[Who, dict[str, int]]:
    """Return the growth of counters over some seconds, by namespace and name of the pod."""
    by_pod: dict[Who, dict[str, int]] = {}
    for name in [each for each in wanted if each in COUNTERS]:
        series = f"{COUNTERS[name]}{promql.braces(promql.CONTAINERS, [selector] if selector else [])}"
        query = f"sum by (namespace, pod) (max by ({LIFE}) (increase({series}[{seconds}s])))"
        for labels, number in ask(query):
            by_pod.setdefault(_pod(labels), {})[name] = round(number)
        if name == "oomKills":
            series = LAST_OOM % (f",{selector}" if selector else "")
            last = f"max by (namespace, pod, container) (max_over_time({series}[{seconds}s]))"
            for labels, number in ask(f"sum by (namespace, pod) ({last})"):
                figures = by_pod.setdefault(_pod(labels), {})
                figures[name] = max(figures.get(name, 0), round(number))
    return by_pod


def _pod(labels: Mapping[str, str]) -> Who:
    return labels.get("namespace", ""), labels.get("pod", "")


def claimed(ask: Ask, claims: Claims, selector: str) -> dict[Who, dict[str, int]]:
    """Return how full the claimed volumes of pods are. claims: by namespace and name of the pod."""
    stats = [_by_claim(ask, name, selector) for name in ("used", "capacity")]
    by_pod: dict[Who, dict[str, int]] = {}
    for (namespace, pod), (_, names) in claims.items():
        known = [tuple(stat[namespace, name] for stat in stats if (namespace, name) in stat) for name in names]
        # Both or neither, so that they can be compared.
        if known and all(len(both) == len(stats) for both in known):
            used, capacity = map(sum, zip(*known, strict=True))
            by_pod[namespace, pod] = {"volumes.used": used, "volumes.capacity": capacity}
    return by_pod


def _by_claim(ask: Ask, name: str, selector: str) -> dict[Who, int]:
    query = (
        f"max by (namespace, persistentvolumeclaim) ({VOLUMES[name]}{promql.braces([selector] if selector else [])})"
    )
    return {
        (labels.get("namespace", ""), labels.get("persistentvolumeclaim", "")): round(number)
        for labels, number in ask(query)
    }


def volumes(ask: Ask, context: str, timestamp: str, claims: Claims | None, selector: str) -> list[Volume]:
    """Return a row for each claim that a kubelet reports. claims: None if it is unknown which pods mount them."""
    stats = {name: _by_claim(ask, name, selector) for name in VOLUMES}
    pods: dict[Who, list[tuple[str, str]]] = {}
    for (namespace, pod), (node, names) in (claims or {}).items():
        for claim in names:
            pods.setdefault((namespace, claim), []).append((pod, node))

    def pods_of(claim: Who, place: int) -> tuple[str, ...] | None:
        return None if claims is None else tuple(sorted({each[place] for each in pods.get(claim, ())} - {""}))

    return [
        Volume(
            context,
            *claim,
            pods_of(claim, 0),
            pods_of(claim, 1),
            stats["used"].get(claim),
            stats["capacity"].get(claim),
            stats["inodes_used"].get(claim),
            stats["inodes"].get(claim),
            timestamp,
        )
        for claim in dict.fromkeys(key for stat in stats.values() for key in stat)
    ]
