"""The cells that `kubectl get` prints, which the server makes, not kubectl."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from c3s_cli.demo import clock
from c3s_cli.demo.catalogue import CREATING, EVICTED, FINISHED, NEW, PENDING
from c3s_cli.demo.nodes import KUBELET

if TYPE_CHECKING:
    from c3s_cli.demo.templates import Json
    from c3s_cli.demo.things import Node, Pod


def _columns(names: str, wide: str = "") -> list[Json]:
    """Definitions of columns; the first is the name, the wide ones are for -o wide only."""
    result: list[Json] = []
    for text, priority in ((names, 0), (wide, 1)):
        for name in filter(None, text.split("|")):
            form = "" if result else "name"
            result.append({"name": name, "type": "string", "format": form, "description": "", "priority": priority})
    return result


NAME_AND_AGE = _columns("Name|Age")
NODE_COLUMNS = _columns(
    "Name|Status|Roles|Age|Version", "Internal-IP|External-IP|OS-Image|Kernel-Version|Container-Runtime"
)
POD_COLUMNS = _columns("Name|Ready|Status|Restarts|Age", "IP|Node|Nominated Node|Readiness Gates")
METRICS_COLUMNS = _columns("Name|cpu|memory|Window")
COLUMNS = {
    "Namespace": _columns("Name|Status|Age"),
    "Deployment": _columns("Name|Ready|Up-to-date|Available|Age"),
    "ReplicaSet": _columns("Name|Desired|Current|Ready|Age"),
    "StatefulSet": _columns("Name|Ready|Age"),
    "DaemonSet": _columns("Name|Desired|Current|Ready|Up-to-date|Available|Age"),
    "Job": _columns("Name|Status|Completions|Age"),
    "CronJob": _columns("Name|Schedule|Suspend|Active|Last Schedule|Age"),
}


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
    count = 0 if pod.state in FINISHED | {NEW, PENDING, CREATING} else pod.restarts
    restarts = f"{count} ({clock.age(now - restarted)} ago)" if count else "0"
    address = "<none>" if pod.state in (NEW, PENDING, CREATING, EVICTED) else pod.pod_ip
    node = pod.node.name if pod.node else "<none>"
    return [pod.name, *printed, restarts, clock.age(now - pod.created), address, node, "<none>", "<none>"]


def metrics_cells(name: str, nano: int, kib: int) -> list[Any]:
    """Return the row of a NodeMetrics or PodMetrics."""
    return [name, f"{nano}n", f"{kib}Ki", "15s"]


def _since(text: str | None, now: int) -> str:
    return clock.age(now - int(datetime.fromisoformat(text).timestamp())) if text else "<none>"


def cells(kind: str, item: Json, now: int) -> list[Any]:
    """Return the row of any other object."""
    name, age = item["metadata"]["name"], _since(item["metadata"]["creationTimestamp"], now)
    spec, status = item.get("spec", {}), item.get("status", {})
    middle: list[Any]
    match kind:
        case "Namespace":
            middle = [status["phase"]]
        case "Deployment":
            ready = f"{status['readyReplicas']}/{spec['replicas']}"
            middle = [ready, status["updatedReplicas"], status["availableReplicas"]]
        case "ReplicaSet":
            middle = [spec["replicas"], status["replicas"], status["readyReplicas"]]
        case "StatefulSet":
            middle = [f"{status['readyReplicas']}/{spec['replicas']}"]
        case "DaemonSet":
            fields = ("desired", "current", "Ready", "updated", "Available")
            long = {"desired": "desiredNumberScheduled", "current": "currentNumberScheduled"}
            long |= {
                "updated": "updatedNumberScheduled",
                "Ready": "numberReady",
                "Available": "numberAvailable",
            }
            middle = [status[long[field]] for field in fields]
        case "Job":
            done = status.get("succeeded", 0)
            word = "Complete" if "completionTime" in status else "Failed" if status.get("failed") else "Running"
            middle = [word, f"{done}/{spec['completions']}"]
        case "CronJob":
            middle = [spec["schedule"], "False", 0, _since(status.get("lastScheduleTime"), now)]
        case _:
            middle = []
    return [name, *middle, age]
