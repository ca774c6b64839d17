"""The columns and cells that `kubectl get` prints, which the server makes, not kubectl."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from c3s_cli.demo import clock
from c3s_cli.demo.catalogue import FINISHED, STARTING, Stage
from c3s_cli.demo.nodes import KUBELET
from c3s_cli.demo.templates import Json
from c3s_cli.demo.things import Node, Pod


def columns_of(names: str, wide: str = "") -> list[Json]:
    """Return definitions of columns, parted by bars; the first is the name, the wide ones are for -o wide only."""
    parts = [(name, 0) for name in names.split("|")] + [(name, 1) for name in wide.split("|") if name]
    return [
        {"name": name, "type": "string", "format": "" if place else "name", "description": "", "priority": priority}
        for place, (name, priority) in enumerate(parts)
    ]


NODE_COLUMNS = columns_of(
    "Name|Status|Roles|Age|Version", "Internal-IP|External-IP|OS-Image|Kernel-Version|Container-Runtime"
)
POD_COLUMNS = columns_of("Name|Ready|Status|Restarts|Age", "IP|Node|Nominated Node|Readiness Gates")
METRICS_COLUMNS = columns_of("Name|cpu|memory|Window")


def node_cells(node: Node, created: int, now: int) -> list[Any]:
    """Return the row of a node."""
    status = "Ready" if node.ready else "NotReady"
    if node.unschedulable:
        status += ",SchedulingDisabled"
    roles = "control-plane" if node.pool.name == "cp" else "<none>"
    system = ("Amazon Linux 2023.7.20250609", "6.1.134-152.225.amzn2023.x86_64", "containerd://1.7.27")
    return [node.name, status, roles, clock.age(now - created), KUBELET, node.host_ip, "<none>", *system]


def pod_cells(pod: Pod, printed: tuple[str, str], restarted: int, now: int) -> list[Any]:
    """Return the row of a pod; `printed` are its READY and STATUS."""
    count = 0 if pod.state in FINISHED | STARTING else pod.restarts
    restarts = f"{count} ({clock.age(now - restarted)} ago)" if count else "0"
    address = "<none>" if pod.state in STARTING | {Stage.EVICTED} else pod.pod_ip
    node = pod.node.name if pod.node else "<none>"
    return [pod.name, *printed, restarts, clock.age(now - pod.created), address, node, "<none>", "<none>"]


def metrics_cells(name: str, nano: int, kib: int) -> list[Any]:
    """Return the row of a NodeMetrics or PodMetrics."""
    return [name, f"{nano}n", f"{kib}Ki", "15s"]


def _since(text: str | None, now: int) -> str:
    return clock.age(now - int(datetime.fromisoformat(text).timestamp())) if text else "<none>"


def _ready(spec: Json, status: Json) -> str:
    return f"{status['readyReplicas']}/{spec['replicas']}"


def _job(spec: Json, status: Json) -> list[Any]:
    word = "Complete" if "completionTime" in status else "Failed" if status.get("failed") else "Running"
    return [word, f"{status.get('succeeded', 0)}/{spec['completions']}"]


_Cells = Callable[[Json, Json, int], list[Any]]
_DAEMONS = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled")
# Kind -> the columns between name and age, and their cells of (spec, status, now).
_KINDS: dict[str, tuple[str, _Cells]] = {
    "Namespace": ("Status|", lambda _, status, __: [status["phase"]]),
    "Deployment": (
        "Ready|Up-to-date|Available|",
        lambda spec, status, _: [_ready(spec, status), status["updatedReplicas"], status["availableReplicas"]],
    ),
    "ReplicaSet": (
        "Desired|Current|Ready|",
        lambda spec, status, _: [spec["replicas"], status["replicas"], status["readyReplicas"]],
    ),
    "StatefulSet": ("Ready|", lambda spec, status, _: [_ready(spec, status)]),
    "DaemonSet": (
        "Desired|Current|Ready|Up-to-date|Available|",
        lambda _, status, __: [status[field] for field in (*_DAEMONS, "numberAvailable")],
    ),
    "Job": ("Status|Completions|", lambda spec, status, _: _job(spec, status)),
    "CronJob": (
        "Schedule|Suspend|Active|Last Schedule|",
        lambda spec, status, now: [spec["schedule"], "False", 0, _since(status.get("lastScheduleTime"), now)],
    ),
}
_OTHER: tuple[str, _Cells] = "", lambda *_: []


def columns(kind: str) -> list[Json]:
    """Return the columns of any other kind."""
    return columns_of(f"Name|{_KINDS.get(kind, _OTHER)[0]}Age")


def cells(kind: str, item: Json, now: int) -> list[Any]:
    """Return the row of any other object."""
    middle = _KINDS.get(kind, _OTHER)[1](item.get("spec", {}), item.get("status", {}), now)
    return [item["metadata"]["name"], *middle, _since(item["metadata"]["creationTimestamp"], now)]
