"""The state of a pod -> its status."""

from __future__ import annotations

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import FINISHED, STARTING, Box, Stage, Workload
from c3s_cli.demo.pod_spec import qos_class, resources
from c3s_cli.demo.templates import Json

_DIGEST = "sha256:ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34"
_BACK_OFF: Json = {
    "reason": "CrashLoopBackOff",
    "message": "back-off 5m0s restarting failed container=app pod=@@name@@_@@namespace@@(@@uid@@)",
}
_CONTAINER = {"containerID": "containerd://@@hex@@@@hex@@"}


def phase(state: str) -> str:
    """status.phase of a state."""
    if state in FINISHED:
        return "Succeeded" if state == Stage.SUCCEEDED else "Failed"
    return "Pending" if state in STARTING else "Running"


def _terminated(code: int, reason: str, started: str, finished: str) -> Json:
    return {
        "terminated": {"exitCode": code, "reason": reason, "startedAt": started, "finishedAt": finished} | _CONTAINER
    }


def _state_json(state: str, *, done: bool, restarts: bool) -> tuple[Json, Json, bool]:
    """(state, lastState, ready) of a container."""
    if done or state == Stage.SUCCEEDED:
        return _terminated(0, "Completed", "@@started@@", "@@finished@@"), {}, done
    failed = _terminated(1, "Error", "@@started@@", "@@finished@@")
    if state == Stage.FAILED:
        return failed, {}, False
    if state == Stage.CRASHING:
        return {"waiting": _BACK_OFF}, failed, False
    waits = state in (Stage.PENDING, Stage.CREATING)
    if restarts and state not in FINISHED:
        killed = _terminated(137, "OOMKilled", "@@started@@", "@@restarted@@")
        return {"running": {"startedAt": "@@restarted@@"}}, killed, not waits
    if waits:
        return {"waiting": {"reason": "ContainerCreating"}}, {}, False
    return {"running": {"startedAt": "@@started@@"}}, {}, True


def _container_status(box: Box, place: int, state: str, *, done: bool, restarts: bool) -> Json:
    now, last, ready = _state_json(state, done=done, restarts=restarts)
    has_begun = "waiting" not in now or state == Stage.CRASHING
    result: Json = {
        "name": box.name, "state": now, "lastState": last, "ready": ready,
        "restartCount": "@@#restarts@@" if restarts else 0, "image": box.image,
        "imageID": f"{box.image.rsplit(':', 1)[0]}@{_DIGEST}" if has_begun else "",
    }  # fmt: skip
    if has_begun:
        result["containerID"] = f"containerd://@@hex@@{dice.hexadecimal(place)}"
    result["started"] = ready and not done
    amounts = resources(box)
    if ready and not done and amounts:
        result |= {"allocatedResources": amounts.get("requests", {}), "resources": amounts}
    return result


def _condition(kind: str, when: str, *, true: bool, why: str | None = None) -> Json:
    result: Json = {"type": kind, "status": "True" if true else "False", "lastProbeTime": None}
    result["lastTransitionTime"] = when
    return result | ({"reason": why} if why and not true else {})


def _conditions(state: str, *, ready: bool) -> list[Json]:
    if state == Stage.PENDING:
        message = "0/@@nodes@@ nodes are available: @@nodes@@ Insufficient nvidia.com/gpu."
        unscheduled = _condition("PodScheduled", "@@created@@", true=False, why="Unschedulable")
        return [unscheduled | {"message": message}]
    why = "PodCompleted" if state == Stage.SUCCEEDED else "PodFailed" if state == Stage.FAILED else "ContainersNotReady"
    result = [
        _condition("PodReadyToStartContainers", "@@started@@", true=state not in FINISHED | {Stage.CREATING}),
        _condition("Initialized", "@@created@@", true=state != Stage.CREATING, why="ContainersNotInitialized"),
        _condition("Ready", "@@started@@", true=ready, why=why),
        _condition("ContainersReady", "@@started@@", true=ready, why=why),
        _condition("PodScheduled", "@@created@@", true=True),
    ]
    if state == Stage.DEFERRED:
        message = "Node didn't have enough resource: cpu, requested: 750, used: 7800, capacity: 7910"
        pending = _condition("PodResizePending", "@@restarted@@", true=True)
        result.append(pending | {"reason": "Deferred", "message": message})
    return result


def status(workload: Workload, state: str, *, restarts: bool) -> Json:
    """Return the status of the pods in a state; `restarts` says whether the first container has been restarted."""
    result: Json = {"phase": phase(state)}
    if state == Stage.EVICTED:
        message = "The node was low on resource: ephemeral-storage. Threshold quantity: 10%, available: 7%. "
        result |= {"message": message, "reason": "Evicted", "startTime": "@@created@@"}
    elif state != Stage.NEW:
        result["conditions"] = _conditions(state, ready=state not in FINISHED | STARTING | {Stage.CRASHING})
    if state in (Stage.NEW, Stage.EVICTED, Stage.PENDING):
        return result | {"qosClass": qos_class(workload)}
    result |= {"hostIP": "@@host_ip@@", "hostIPs": [{"ip": "@@host_ip@@"}]}
    if state != Stage.CREATING:
        result |= {"podIP": "@@pod_ip@@", "podIPs": [{"ip": "@@pod_ip@@"}]}
    result["startTime"] = "@@created@@"
    init = [
        _container_status(box, first + place, state, done=done, restarts=False)
        for boxes, first, done in ((workload.sidecars, 50, False), (workload.init, 70, state != Stage.CREATING))
        for place, box in enumerate(boxes)
    ]
    if init:
        result["initContainerStatuses"] = init
    result["containerStatuses"] = [
        _container_status(box, place, state, done=False, restarts=restarts and place == 0)
        for place, box in enumerate(workload.boxes)
    ]
    return result | {"qosClass": qos_class(workload)}
