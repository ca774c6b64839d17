"""Series in place of those of containers: recording rules of kube-prometheus, or what c3s printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from c3s_cli.columns.kinds import RESOURCES
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Labels
from c3s_cli.sources.prometheus.engine import Engine

CPU: Final = "node_namespace_pod_container:container_cpu_usage_seconds_total"
# By resource, the best first: cores over five minutes, or between two scrapes; bytes.
RULES: Final = {
    "cpu": (f"{CPU}:sum_rate5m", f"{CPU}:sum_irate", f"{CPU}:sum_rate"),
    "memory": ("node_namespace_pod_container:container_memory_working_set_bytes",),
}
OVER_FIVE_MINUTES: Final = RULES["cpu"][0]
# What `c3s top pods -o openmetrics` prints, with --containers and without.
OWN: Final = {
    thing: {"cpu": (f"c3s_{thing}_cpu_usage_cores",), "memory": (f"c3s_{thing}_memory_usage_bytes",)}
    for thing in ("container", "pod")
}


# The workload of each pod, with its kind in small letters.
OWNERS: Final = "namespace_workload_pod:kube_pod_owner:relabel"
BY_OWNER: Final = "namespace, exported_namespace, pod, exported_pod, workload, workload_type"
KINDS: Final = {kind.casefold(): kind for kind in RESOURCES}
BY_RULE: Final = f"kube-state-metrics' series of owners are missing: they come from the recording rule {OWNERS}"


def workload_of(labels: Labels) -> str | None:
    """Return the workload that the rule names, as Kind/name; "" if there is none, None for an unknown kind."""
    kind = labels.get("workload_type", "")
    return "" if kind == "barepod" else f"{KINDS[kind]}/{labels.get('workload')}" if kind in KINDS else None


def rules_of(engine: Engine, match: str, time: float) -> Mapping[str, str]:
    """Return the series to use for each resource, as far as there are any. match: matchers added to every selector."""
    kinds: list[Mapping[str, Sequence[str]]] = [RULES, *OWN.values()]
    names = [name for kind in kinds for several in kind.values() for name in several]
    query = f"group by (__name__) ({promql.braces(promql.one_of('__name__', names), match)})"
    known = {labels.get("__name__") for labels, _ in engine.vector(query, time)}
    for kind in kinds:
        best = {resource: next((name for name in several if name in known), "") for resource, several in kind.items()}
        if any(best.values()):
            return {resource: name for resource, name in best.items() if name}
    return {}


def is_own(rules: Mapping[str, str]) -> bool:
    """Return whether these are the series that c3s prints, which have samples at the times of its readings."""
    return any(name.startswith("c3s_") for name in rules.values())


def selector_of(rules: Mapping[str, str]) -> str:
    """Return the matchers that select the series of containers."""
    return "" if any(name.startswith("c3s_pod_") for name in rules.values()) else promql.CONTAINERS


def points_of(resource: str, rules: Mapping[str, str], match: str, period: promql.Range) -> str:
    """Return the query for the points of every container over a range: core seconds in each window, or bytes."""
    series = f"{rules[resource]}{promql.braces(match)}"
    if resource == "cpu":
        return f"avg_over_time({series}[{period.window}s]) * {period.window}"
    return f"last_over_time({series}[{period.lookback}s])"


def remark_on(rules: Mapping[str, str]) -> str:
    """Return what to say about figures that come from recording rules."""
    names = " and ".join(rules.values())
    if is_own(rules):
        return f"there are no series of cAdvisor: usage is what c3s printed, {names}"
    return f"there are no series of containers: usage comes from the recording rules {names}"
