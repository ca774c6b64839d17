"""Recording rules of kube-prometheus and the Kubernetes mixin, which serve where there are no series of containers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from c3s_cli.sources.prometheus import promql

if TYPE_CHECKING:
    from c3s_cli.sources.prometheus.engine import Engine

CPU: Final = "node_namespace_pod_container:container_cpu_usage_seconds_total"
# By resource, the best first: cores over five minutes, or between two scrapes; bytes.
RULES: Final = {
    "cpu": (f"{CPU}:sum_rate5m", f"{CPU}:sum_irate", f"{CPU}:sum_rate"),
    "memory": ("node_namespace_pod_container:container_memory_working_set_bytes",),
}
OVER_FIVE_MINUTES: Final = RULES["cpu"][0]


def rules_of(engine: Engine, match: str, time: float) -> Mapping[str, str]:
    """Return the rule to use for each resource, as far as there is one. match: matchers added to every selector."""
    names = [name for several in RULES.values() for name in several]
    query = f"group by (__name__) ({promql.braces(promql.one_of('__name__', names), match)})"
    known = {labels.get("__name__") for labels, _ in engine.vector(query, time)}
    found = {resource: next((name for name in several if name in known), "") for resource, several in RULES.items()}
    return {resource: name for resource, name in found.items() if name}


def points_of(resource: str, rules: Mapping[str, str], match: str, period: promql.Range) -> str:
    """Return the query for the points of every container over a range: core seconds in each window, or bytes."""
    series = f"{rules[resource]}{promql.braces(match)}"
    if resource == "cpu":
        return f"avg_over_time({series}[{period.window}s]) * {period.window}"
    return f"last_over_time({series}[{period.lookback}s])"


def remark_on(rules: Mapping[str, str]) -> str:
    """Return what to say about figures that come from recording rules."""
    return f"there are no series of containers: usage comes from the recording rules {' and '.join(rules.values())}"
