"""A pod of the cluster -> its JSON. Pods of the same group and state share one template."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import (
    CRASHING,
    CREATING,
    DEFERRED,
    EVICTED,
    FAILED,
    FINISHED,
    PENDING,
    RESIZED,
    SUCCEEDED,
    TERMINATING,
)
from c3s_cli.demo.clock import rfc3339
from c3s_cli.demo.templates import Json, template

if TYPE_CHECKING:
    from c3s_cli.demo.catalogue import Box, Workload
    from c3s_cli.demo.cluster import Cluster, Group, Pod

_PHASES = {
    PENDING: "Pending",
    CREATING: "Pending",
    SUCCEEDED: "Succeeded",
    FAILED: "Failed",
    EVICTED: "Failed",
}
_DIGEST = "sha256:ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34"
_ACCESS = {
    "name": "kube-api-access-@@suffix@@",
    "readOnly": True,
    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
}

_RARE = ("finished", "restarted", "deleted", "restarts", "ordinal", "nodes")


class Texts(NamedTuple):
    """The templates of a kind of pod, and what `kubectl get pods` says of it."""

    item: str
    metadata: str
    ready: str
    status: str
    rare: bool  # whether it has gaps that most pods have not


def phase(state: str) -> str:
    """status.phase of a state."""
    return _PHASES.get(state, "Running")


def _amounts(cpu: int | None, memory: int | None) -> Json:
    result: Json = {}
    if cpu is not None:
        result["cpu"] = f"{cpu}m" if cpu % 1000 else str(cpu // 1000)
    if memory is not None:
        result["memory"] = f"{memory}Mi" if memory % 1024 else f"{memory // 1024}Gi"
    return result


def resources(box: Box) -> Json:
    """Give a container's resources."""
    limits, requests = _amounts(box.cpu_limit, box.memory_limit), _amounts(box.cpu, box.memory)
    if box.storage:
        requests["ephemeral-storage"], limits["ephemeral-storage"] = box.storage
    limits |= dict(box.extra)
    requests |= dict(box.extra)
    return {key: dict(sorted(value.items())) for key, value in (("limits", limits), ("requests", requests)) if value}


def qos_class(workload: Workload) -> str:
    """Give the quality of service class, from CPU and memory alone."""
    if workload.pod_level:
        cpu, memory, cpu_limit, memory_limit = workload.pod_level
        return "Guaranteed" if (cpu, memory) == (cpu_limit, memory_limit) else "Burstable"
    boxes = (*workload.boxes, *workload.sidecars, *workload.init)
    asked = [amount for box in boxes for amount in (box.cpu, box.memory, box.cpu_limit, box.memory_limit)]
    if not any(asked):
        return "BestEffort"
    if all(asked) and all((box.cpu, box.memory) == (box.cpu_limit, box.memory_limit) for box in boxes):
        return "Guaranteed"
    return "Burstable"


def _container(box: Box, workload: Workload, *, sidecar: bool = False) -> Json:
    result: Json = {"name": box.name, "image": box.image}
    if box.command:
        result["command"] = list(box.command)
    if box.port:
        result["ports"] = [{"name": "http", "containerPort": box.port, "protocol": "TCP"}]
    result["env"] = [
        {"name": "LOG_LEVEL", "value": "info"},
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
    ]
    result["resources"] = resources(box)
    if sidecar:
        result["restartPolicy"] = "Always"
    result["volumeMounts"] = [{"name": "config", "mountPath": "/etc/app"}, _ACCESS]
    if box.port and workload.kind != "Job":
        result["readinessProbe"] = {
            "httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"},
            "timeoutSeconds": 1,
            "periodSeconds": 5,
            "successThreshold": 1,
            "failureThreshold": 3,
        }
    return result | {
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }


def _tolerations(workload: Workload) -> list[Json]:
    if workload.kind in ("DaemonSet", "Node"):
        return [{"operator": "Exists"}]
    result: list[Json] = [
        {
            "key": f"node.kubernetes.io/{what}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 300,
        }
        for what in ("not-ready", "unreachable")
    ]
    if workload.pool == "gpu":
        result.append({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"})
    if workload.pool == "spot":
        result.append({"key": "spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"})
    return result


def spec(workload: Workload) -> Json:
    """Give the spec of a workload's pods, without a node."""
    result: Json = {
        "volumes": [
            {"name": "config", "configMap": {"name": f"{workload.name}-config", "defaultMode": 420}},
            {
                "name": "kube-api-access-@@suffix@@",
                "projected": {
                    "sources": [
                        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                        {
                            "configMap": {
                                "name": "kube-root-ca.crt",
                                "items": [{"key": "ca.crt", "path": "ca.crt"}],
                            }
                        },
                    ],
                    "defaultMode": 420,
                },
            },
        ],
    }
    init = [_container(box, workload, sidecar=True) for box in workload.sidecars]
    init += [_container(box, workload) for box in workload.init]
    if init:
        result["initContainers"] = init
    result["containers"] = [_container(box, workload) for box in workload.boxes]
    if workload.pod_level:
        cpu, memory, cpu_limit, memory_limit = workload.pod_level
        result["resources"] = {"limits": _amounts(cpu_limit, memory_limit), "requests": _amounts(cpu, memory)}
    result |= {
        "restartPolicy": "OnFailure" if workload.kind == "CronJob" else "Never" if workload.kind == "Job" else "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
    }
    if workload.pool and workload.pool not in ("general", "cp"):
        key = "eks.amazonaws.com/nodegroup" if workload.pool == "gpu" else "karpenter.sh/nodepool"
        result["nodeSelector"] = {key: "gpu-a10g" if workload.pool == "gpu" else workload.pool}
    result |= {"serviceAccountName": workload.name, "serviceAccount": workload.name}
    if workload.host_network:
        result["hostNetwork"] = True
    result |= {
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "tolerations": _tolerations(workload),
        "priority": 2_000_001_000 if workload.kind == "Node" else 0,
    }
    if workload.overhead:
        result |= {"runtimeClassName": "kata", "overhead": _amounts(*workload.overhead)}
    return result | {"enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority"}


def _resize(spec_json: Json) -> None:
    """Ask, as someone has since it was started, for half as much CPU again for the first container."""
    amounts = spec_json["containers"][0]["resources"]
    for kind in amounts.values():
        kind["cpu"] = f"{int(kind['cpu'].removesuffix('m')) * 3 // 2}m"


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


def _status(workload: Workload, state: str) -> Json:
    result: Json = {"phase": phase(state)}
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
    restarts = bool(workload.restarts)
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


def _metadata(group: Group, state: str) -> Json:
    workload = group.workload
    owner = group.owner
    labels = dict(group.labels)
    annotations = {"prometheus.io/scrape": "true"} if workload.boxes[0].port else {}
    result: Json = {"name": "@@name@@"}
    if owner and workload.kind != "Node":
        stem = workload.name if workload.kind == "StatefulSet" else owner.name
        result["generateName"] = f"{stem}-"
    result |= {"namespace": group.namespace, "uid": "@@uid@@", "resourceVersion": "@@rv@@"}
    if state in (RESIZED, DEFERRED):
        result["generation"] = 2
    result["creationTimestamp"] = "@@created@@"
    if state == TERMINATING:
        result |= {"deletionTimestamp": "@@deleted@@", "deletionGracePeriodSeconds": 30}
    if workload.kind == "StatefulSet":
        labels |= {
            "apps.kubernetes.io/pod-index": "@@ordinal@@",
            "statefulset.kubernetes.io/pod-name": "@@name@@",
        }
    if workload.kind == "Node":
        annotations = {"kubernetes.io/config.mirror": "@@hex@@", "kubernetes.io/config.source": "file"}
    if labels:
        result["labels"] = dict(sorted(labels.items()))
    if annotations:
        result["annotations"] = annotations
    if owner:
        reference: Json = {
            "apiVersion": owner.api_version,
            "kind": owner.kind,
            "name": owner.name,
            "uid": owner.uid,
        }
        result["ownerReferences"] = [
            reference | {"controller": True} | ({} if owner.kind == "Node" else {"blockOwnerDeletion": True})
        ]
    manager: Json = {
        "manager": "kube-controller-manager",
        "operation": "Update",
        "apiVersion": "v1",
        "time": "@@created@@",
    }
    fields: Json = {"f:metadata": {"f:labels": {".": {}} | {f"f:{key}": {} for key in group.labels}}}
    result["managedFields"] = [manager | {"fieldsType": "FieldsV1", "fieldsV1": fields}]
    return result


def _printed(workload: Workload, state: str) -> tuple[str, str]:
    """(READY, STATUS) of `kubectl get pods`."""
    count = len(workload.boxes) + len(workload.sidecars)
    names = {SUCCEEDED: "Completed", FAILED: "Error", EVICTED: "Evicted", CRASHING: "CrashLoopBackOff"}
    names |= {PENDING: "Pending", CREATING: "ContainerCreating", TERMINATING: "Terminating"}
    ready = 0 if state in FINISHED | {PENDING, CREATING, CRASHING} else count
    return f"{ready}/{count}", names.get(state, "Running")


def _build(group: Group, state: str) -> Texts:
    workload = group.workload
    metadata = _metadata(group, state)
    spec_json = spec(workload)
    status = _status(workload, state)
    if state != PENDING:
        spec_json["nodeName"] = "@@node@@"
    if state in (RESIZED, DEFERRED):
        _resize(spec_json)
        if state == RESIZED:
            done = spec_json["containers"][0]["resources"]
            status["containerStatuses"][0] |= {"allocatedResources": done["requests"], "resources": done}
    whole = {"metadata": metadata, "spec": spec_json, "status": status}
    item = template(whole)
    rare = any(f"%({name})s" in item for name in _RARE)
    return Texts(item, template(metadata), *_printed(workload, state), rare)


class Pods:
    """Renders pods; every group has a template for each state that its pods are in."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._texts: dict[tuple[int, str], Texts] = {}

    def texts(self, pod: Pod) -> Texts:
        """Give the templates of a pod."""
        key = id(pod.group), pod.state
        texts = self._texts.get(key)
        if texts is None:
            texts = self._texts[key] = _build(pod.group, pod.state)
        return texts

    def gaps(self, pod: Pod) -> dict[str, object]:
        """Give what fills the gaps of the templates."""
        epoch = self.cluster.clock.epoch
        digits = dice.hexadecimal(pod.bits)
        node = pod.node
        created = pod.created
        gaps: dict[str, object] = {
            "name": pod.name,
            "namespace": pod.group.namespace,
            "uid": dice.uid(digits),
            "hex": digits,
            "suffix": digits[:5],
            "rv": 5_000_000 + pod.bits % 90_000,
            "created": rfc3339(created),
            "started": rfc3339(min(created + 7, epoch)),
            "node": node.name if node else "",
            "host_ip": node.host_ip if node else "",
            "pod_ip": pod.pod_ip,
        }
        if self.texts(pod).rare:
            gaps |= {
                "finished": rfc3339(min(created + 431, epoch)),
                "restarted": rfc3339(self.restarted(pod)),
                "deleted": rfc3339(epoch + 12),
                "restarts": pod.group.workload.restarts,
                "ordinal": pod.ordinal,
                "nodes": len(self.cluster.nodes),
            }
        return gaps

    def restarted(self, pod: Pod) -> int:
        """When its first container was last restarted, in seconds since 1970."""
        return self.cluster.clock.epoch - 300 - pod.bits % 9000

    def item(self, pod: Pod) -> str:
        """Give a pod as in a list: without kind and apiVersion."""
        return self.texts(pod).item % self.gaps(pod)

    def metadata(self, pod: Pod) -> str:
        """Give only its metadata."""
        return self.texts(pod).metadata % self.gaps(pod)


def labels(pod: Pod) -> dict[str, str]:
    """Give a pod's labels."""
    if pod.group.workload.kind != "StatefulSet":
        return pod.group.labels
    own = {"apps.kubernetes.io/pod-index": str(pod.ordinal), "statefulset.kubernetes.io/pod-name": pod.name}
    return pod.group.labels | own
