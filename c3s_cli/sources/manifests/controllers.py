"""The labels that controllers add to their pods.

The value of some is known only once the pods exist. It stands for a value that no other pod has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from c3s_cli.model.placing import Strategy

HASHES: Final = {
    "Deployment": ("pod-template-hash",),
    "StatefulSet": ("controller-revision-hash",),
    "DaemonSet": ("controller-revision-hash", "pod-template-generation"),
}
JOB_NAMES: Final = ("batch.kubernetes.io/job-name", "job-name")
JOB_UIDS: Final = ("batch.kubernetes.io/controller-uid", "controller-uid")
COMPLETION_INDEX: Final = "batch.kubernetes.io/job-completion-index"
POD_INDEX: Final = "apps.kubernetes.io/pod-index"
POD_NAME: Final = "statefulset.kubernetes.io/pod-name"


def added_labels(kind: str, name: str | None, spec: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels that all pods of a workload get. name: None if it is generated. spec: that of the workload."""
    whose = f"of {kind} {name or ''}"  # no label can have such a value
    labels = dict.fromkeys(HASHES.get(kind, ()), whose)
    if kind in ("Job", "CronJob"):
        labels |= dict.fromkeys(JOB_NAMES, name if kind == "Job" and name else whose)
        labels |= dict.fromkeys(JOB_UIDS, whose)
    return labels | dict.fromkeys(numbered_labels(kind, name, spec), whose)


def numbered_labels(kind: str, name: str | None, spec: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels whose value is different for each pod, with what stands before the number of the pod."""
    if kind == "StatefulSet":
        return {POD_INDEX: "", POD_NAME: f"{name or ''}-"}
    return {COMPLETION_INDEX: ""} if spec.get("completionMode") == "Indexed" else {}


def first_number(spec: Mapping[str, Any]) -> int:
    """Return the number of the first pod of a workload."""
    ordinals = spec.get("ordinals")
    start = ordinals.get("start") if isinstance(ordinals, dict) else None
    return start if isinstance(start, int) else 0


def suspended(workload: Mapping[str, Any]) -> bool:
    """Return whether a Job or CronJob starts no pods now."""
    spec = workload.get("spec")
    return isinstance(spec, dict) and spec.get("suspend") is True


def strategy_of(kind: str, spec: Any) -> Strategy:
    """Return how the controller of a workload replaces its pods."""
    spec = spec if isinstance(spec, dict) else {}
    if kind == "StatefulSet":
        return Strategy(0, 1)
    strategy = spec.get("strategy")
    strategy = strategy if isinstance(strategy, dict) else {}
    if strategy.get("type") == "Recreate":
        return Strategy(at_once=True)
    if "blueGreen" in strategy:
        return Strategy("100%", 0, all_first=True)
    rolling = strategy.get("rollingUpdate") or strategy.get("canary")
    rolling = rolling if isinstance(rolling, dict) else {}
    return Strategy(_number(rolling.get("maxSurge")), _number(rolling.get("maxUnavailable")))


def _number(value: Any) -> int | str:
    return value if isinstance(value, int | str) else "25%"
