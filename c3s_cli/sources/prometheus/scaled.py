"""Who scales workloads on CPU or memory, from the series that kube-state-metrics has of HorizontalPodAutoscalers."""

from __future__ import annotations

from typing import Final

from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Labels
from c3s_cli.sources.prometheus.engine import Engine

INFO: Final = "kube_horizontalpodautoscaler_info"
METRIC: Final = "kube_horizontalpodautoscaler_spec_target_metric"
BY: Final = "namespace, exported_namespace, horizontalpodautoscaler"


def scaled_workloads(engine: Engine, match: str, time: float) -> dict[tuple[str, str], dict[str, str]]:
    """Return the autoscaler of each resource of workloads, by namespace and Kind/name; nothing without such series."""

    def ask(name: str, more: str) -> list[Labels]:
        query = f"max by ({BY}, {more}) ({name}{promql.braces(match) if match else ''})"
        return [labels for labels, _ in engine.vector(query, time)]

    targets = {_key(each): each for each in ask(INFO, "scaletargetref_kind, scaletargetref_name")}
    scaled: dict[tuple[str, str], dict[str, str]] = {}
    for labels in ask(METRIC, "metric_name") if targets else ():
        target, resource = targets.get(_key(labels)), labels.get("metric_name", "")
        if target and resource in ("cpu", "memory"):
            owner = f"{target.get('scaletargetref_kind')}/{target.get('scaletargetref_name')}"
            namespace, name = _key(labels)
            scaled.setdefault((namespace, owner), {})[resource] = f"HorizontalPodAutoscaler/{name}"
    return scaled


def _key(labels: Labels) -> tuple[str, str]:
    """Return the namespace and the name of an autoscaler."""
    return promql.who(labels)[0], labels.get("horizontalpodautoscaler", "")
