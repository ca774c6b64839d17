"""How many pods a workload has if a HorizontalPodAutoscaler sets their number."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from c3s_cli.model.placing import Workload
from c3s_cli.model.surroundings import Scaler


def scaled(workload: Workload, scalers: Iterable[Scaler], namespace: str) -> Workload:
    """Return a workload with at least minReplicas and at most maxReplicas. namespace: the default one."""
    if not workload.is_scalable:
        return workload
    for each in scalers:
        if (each.namespace, each.target) == (workload.namespace or namespace, workload.kind_and_name):
            replicas = max(each.least, min(workload.replicas or 0, each.most))
            note = f"HorizontalPodAutoscaler/{each.name} sets {replicas} replicas, not {workload.replicas}"
            changed = structs.replace(workload, replicas=replicas, note=note)
            return changed if replicas != workload.replicas else workload
    return workload
