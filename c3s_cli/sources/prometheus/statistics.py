"""Figures of pods other than CPU and memory, from Prometheus: throttling and volumes; and the series of OOM kills."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.totals import by_key
from c3s_cli.model.volume_rows import Volume
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.clusters import refuse_mixture
from c3s_cli.sources.prometheus.decoding import Labels, Vector
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.range_edges import Edges
from c3s_cli.sources.source import Claims, Key

# The namespace, pod, container and id of one run of a container.
Instance = tuple[str, str, str, str]
Ask = Callable[[str], "Vector"]
OOM: Final = "container_oom_events_total"
COUNTERS: Final = {
    "cfs.throttled": "container_cpu_cfs_throttled_periods_total",
    "cfs.periods": "container_cpu_cfs_periods_total",
}
# From kube-state-metrics: why a container ended the last time, and how often it was started again.
KILLED: Final = 'reason="OOMKilled"'
LAST_OOM: Final = "kube_pod_container_status_last_terminated_reason"
RESTARTS: Final = "kube_pod_container_status_restarts_total"
# The most points that are read of restarts.
POINTS: Final = 2000
VOLUMES: Final = {
    "used": "kubelet_volume_stats_used_bytes",
    "capacity": "kubelet_volume_stats_capacity_bytes",
    "inodes_used": "kubelet_volume_stats_inodes_used",
    "inodes": "kubelet_volume_stats_inodes",
}


class Counters(Struct):
    """The growth of counters in a range, by namespace and pod; with `containers` also by namespace, pod and container.

    selector: the matchers of the pods.
    """

    engine: Engine
    selector: str
    edges: Edges
    containers: bool = False

    def counts(self, wanted: Iterable[str]) -> dict[tuple[str, ...], dict[str, int]]:
        """Return the growth of the counters that are wanted."""
        figures: dict[tuple[str, ...], dict[str, int]] = {}
        for name in [each for each in wanted if each in COUNTERS]:
            for who, number in self._growth(COUNTERS[name]).items():
                figures.setdefault(who, {})[name] = number
        return figures

    def _growth(self, name: str) -> dict[tuple[str, ...], int]:
        series = f"{name}{promql.braces(promql.CONTAINERS, self.selector)}"
        each = f"max by ({promql.OF_CONTAINER}, id) (increase({series}[{self._seconds}s]))"
        by = {2: promql.OF_POD, **({3: promql.OF_CONTAINER} if self.containers else {})}
        return {
            promql.who(labels)[:size]: round(number)
            for size, names in by.items()
            for labels, number in self.engine.vector(f"sum by ({names}) ({each})", self.edges.end)
        }

    @property
    def _seconds(self) -> int:
        return int(self.edges.end - self.edges.start)


def kills_before(engine: Engine, selector: str, edges: Edges) -> dict[Instance, float]:
    """Return how many kills the counter of each instance had when a range began.

    One that was not scraped then has those of its first sample, if it had been started before.
    """
    names, span = f"{promql.OF_CONTAINER}, id", f"[{int(edges.end - edges.start)}s]"
    series, started = (f"{name}{promql.braces(promql.CONTAINERS, selector)}" for name in (OOM, promql.STARTED))

    def ask(query: str, time: float) -> dict[Instance, float]:
        return {instance_of(labels): number for labels, number in engine.vector(query, time)}

    known = ask(f"max by ({names}) ({series})", edges.first_usage() or edges.start)
    first = ask(f"min by ({names}) (min_over_time({series}{span}))", edges.end)
    if first.keys() <= known.keys():
        return known
    starts = ask(f"min by ({names}) (min_over_time({started}{span}))", edges.end)
    return {who: number for who, number in first.items() if starts.get(who, edges.end) < edges.start} | known


def instance_of(labels: Labels) -> Instance:
    """Return which run of a container labels name."""
    return (*promql.who(labels), labels.get("id", ""))


def step_of(start: float, end: float) -> int:
    """Return the time between two points of restarts in a range."""
    return max(15, math.ceil(int(end - start) / POINTS))


def restarts_after_kills(
    engine: Engine, selector: str, start: float, end: float
) -> Iterator[tuple[promql.Who, float, int]]:
    """Yield each container that was started again after it had been killed, when, and how often."""
    step = step_of(start, end)
    restarts, kills = (
        engine.points(f"max by ({promql.OF_CONTAINER}) ({series})", start, end, step)
        for series in (f"{RESTARTS}{promql.braces(selector)}", f"{LAST_OOM}{promql.braces(KILLED, selector)}")
    )
    killed = {
        promql.who(labels): [time for time, value in zip(*points, strict=True) if value] for labels, points in kills
    }
    for labels, points in restarts:
        who = promql.who(labels)
        for (_, before), (time, after) in pairwise(zip(*points, strict=True)):
            # The reason may be scraped a little later than the restart.
            if after > before and any(time <= each <= time + 4 * step for each in killed.get(who, ())):
                yield who, time, round(after - before)


def volume_usage(ask: Ask, claims: Claims, selector: str) -> dict[Key, dict[str, int]]:
    """Return how full the claimed volumes of pods are. claims: by namespace and name of the pod."""
    stats = [_by_claim(ask, name, selector) for name in ("used", "capacity")]
    figures: dict[Key, dict[str, int]] = {}
    for (namespace, pod), (_, names) in claims.items():
        known = [tuple(stat[namespace, name] for stat in stats if (namespace, name) in stat) for name in names]
        # Both or neither, so that they can be compared.
        if known and all(len(both) == len(stats) for both in known):
            used, capacity = map(sum, zip(*known, strict=True))
            figures[namespace, pod] = {"volumes.used": used, "volumes.capacity": capacity}
    return figures


def _by_claim(ask: Ask, name: str, selector: str) -> dict[Key, int]:
    query = f"max by (namespace, persistentvolumeclaim) ({VOLUMES[name]}{promql.braces(selector)})"
    return {
        (labels.get("namespace", ""), labels.get("persistentvolumeclaim", "")): round(number)
        for labels, number in ask(query)
    }


def volumes(ask: Ask, context: str, timestamp: str, claims: Claims | None, selector: str) -> list[Volume]:
    """Return a row for each claim that a kubelet reports. claims: None if it is unknown which pods mount them."""
    clusters = ask(f"group by ({promql.BY_CLUSTER}) ({VOLUMES['used']}{promql.braces(selector)})")
    refuse_mixture(("", labels) for labels, _ in clusters if set(labels) & {*promql.CLUSTERS})
    stats = {name: _by_claim(ask, name, selector) for name in VOLUMES}
    pods = by_key(
        ((namespace, claim), (pod, node))
        for (namespace, pod), (node, names) in (claims or {}).items()
        for claim in names
    )

    def mounting(claim: Key, place: int) -> tuple[str, ...] | None:
        return None if claims is None else tuple(sorted({each[place] for each in pods.get(claim, ())} - {""}))

    return [
        Volume(
            context,
            *claim,
            mounting(claim, 0),
            mounting(claim, 1),
            stats["used"].get(claim),
            stats["capacity"].get(claim),
            stats["inodes_used"].get(claim),
            stats["inodes"].get(claim),
            timestamp,
        )
        for claim in dict.fromkeys(key for stat in stats.values() for key in stat)
    ]
