"""The state of a pod -> its status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import (
    CRASHING,
    CREATING,
    DEFERRED,
    EVICTED,
    FAILED,
    FINISHED,
    NEW,
    PENDING,
    SUCCEEDED,
)
from c3s_cli.demo.pod_spec import qos_class, resources
from c3s_cli.demo.templates import Json

if TYPE_CHECKING:
    from c3s_cli.demo.catalogue import Box, Workload

_PHASES = {
    NEW: "Pending",
    PENDING: "Pending",
    CREATING: "Pending",
    SUCCEEDED: "Succeeded",
    FAILED: "Failed",
    EVICTED: "Failed",
}
_DIGEST = "sha256:ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34"


def phase(state: str) -> str:
    """status.phase of a state."""
    return _PHASES.get(state, "Running")


def _state_json(state: str, *, done: bool) -> tuple[Json, Json, bool]:
    """(state, lastState, ready) of a container."""
    started = {"startedAt": "@@started@@"}
    ended = started | {"finishedAt": "@@finished@@", "containerID": "containerd://@@hex@@@@hex@@"}
    if done or state == SUCCEEDED:
        return {"terminated": {"exitCode": 0, "reason": "Completed"} | ended}, {}, done
    if state == FAILED:
        return {"terminated": {"exitCode": 1, "reason": "Error"} | ended}, {}, False
    if state in (PENDING, CREATING):
        return {"waiting": {"reason": "ContainerCreating"}}, {}, False
    if state == CRASHING:
        message = "back-off 5m0s restarting failed container=app pod=@@name@@_@@namespace@@(@@uid@@)"
        last = {"terminated": {"exitCode": 1, "reason": "Error"} | ended}
        return {"waiting": {"reason": "CrashLoopBackOff", "message": message}}, last, False
    return {"running": {"startedAt": "@@started@@"}}, {}, True


def _container_status(box: Box, place: int, state: str, *, done: bool, restarts: bool) -> Json:
    now, last, ready = _state_json(state, done=done)
    if restarts and state not in FINISHED and state != CRASHING and not done:
        ended: Json = {
            "exitCode": 137,
            "reason": "OOMKilled",
            "startedAt": "@@started@@",
            "finishedAt": "@@restarted@@",
        }
        last = {"terminated": ended | {"containerID": "containerd://@@hex@@@@hex@@"}}
        now = {"running": {"startedAt": "@@restarted@@"}}
    result: Json = {
        "name": box.name,
        "state": now,
        "lastState": last,
        "ready": ready,
        "restartCount": "@@#restarts@@" if restarts else 0,
        "image": box.image,
        "imageID": "" if "waiting" in now and state != CRASHING else f"{box.image.rsplit(':', 1)[0]}@{_DIGEST}",
    }
    if "waiting" not in now or state == CRASHING:
        result["containerID"] = f"containerd://@@hex@@{dice.hexadecimal(place)}"
    result["started"] = ready and not done
    amounts = resources(box)
    if ready and not done and amounts:
        result |= {"allocatedResources": amounts.get("requests", {}), "resources": amounts}
    return result


def _conditions(state: str, *, ready: bool) -> list[Json]:
    def condition(kind: str, when: str, *, true: bool, why: str | None = None) -> Json:
        result: Json = {"type": kind, "status": "True" if true else "False", "lastProbeTime": None}
        result["lastTransitionTime"] = when
        return result | ({"reason": why} if why and not true else {})

    if state == PENDING:
        message = "0/@@#nodes@@ nodes are available: @@#nodes@@ Insufficient nvidia.com/gpu."
        message = message.replace("@@#nodes@@", "@@nodes@@")
        unscheduled = condition("PodScheduled", "@@created@@", true=False, why="Unschedulable")
        return [unscheduled | {"message": message}]
    why = "PodCompleted" if state == SUCCEEDED else "PodFailed" if state == FAILED else "ContainersNotReady"
    result = [
        condition("PodReadyToStartContainers", "@@started@@", true=state not in FINISHED | {CREATING}),
        condition("Initialized", "@@created@@", true=state != CREATING, why="ContainersNotInitialized"),
        condition("Ready", "@@started@@", true=ready, why=why),
        condition("ContainersReady", "@@started@@", true=ready, why=why),
        condition("PodScheduled", "@@created@@", true=True),
    ]
    if state == DEFERRED:
        message = "Node didn't have enough resource: cpu, requested: 750, used: 7800, capacity: 7910"
        result.append(
            {
                "type": "PodResizePending",
                "status": "True",
                "lastProbeTime": None,
                "lastTransitionTime": "@@restarted@@",
                "reason": "Deferred",
                "message": message,
            }
        )
    return result


def status(workload: Workload, state: str, *, restarts: bool) -> Json:
    """Return the status of the pods in a state; `restarts` says whether the first container has been restarted."""
    result: Json = {"phase": phase(state)}
    if state == NEW:
        return result | {"qosClass": qos_class(workload)}
    if state == EVICTED:
        return result | {
            "message": "The node was low on resource: ephemeral-storage. Threshold quantity: 10%, available: 7%. ",
            "reason": "Evicted",
            "startTime": "@@created@@",
            "qosClass": qos_class(workload),
        }
    crashed = state == CRASHING
    result["conditions"] = _conditions(state, ready=state not in FINISHED | {PENDING, CREATING} and not crashed)
    if state == PENDING:
        return result | {"qosClass": qos_class(workload)}
    result |= {"hostIP": "@@host_ip@@", "hostIPs": [{"ip": "@@host_ip@@"}]}
    if state != CREATING:
        result |= {"podIP": "@@pod_ip@@", "podIPs": [{"ip": "@@pod_ip@@"}]}
    result["startTime"] = "@@created@@"
    init = [
        _container_status(box, 50 + place, state, done=False, restarts=False)
        for place, box in enumerate(workload.sidecars)
    ]
    waiting = state == CREATING
    init += [
        _container_status(box, 70 + place, state, done=not waiting, restarts=False)
        for place, box in enumerate(workload.init)
    ]
    if init:
        result["initContainerStatuses"] = init
    result["containerStatuses"] = [
        _container_status(box, place, state, done=False, restarts=restarts and place == 0)
        for place, box in enumerate(workload.boxes)
    ]
    return result | {"qosClass": qos_class(workload)}
