"""A workload -> the spec of its pods."""

from __future__ import annotations

from c3s_cli.demo.catalogue import Box, Workload, claim_of
from c3s_cli.demo.templates import Json

_ACCESS = "kube-api-access-@@suffix@@"
_MOUNTS: list[Json] = [
    {"name": "config", "mountPath": "/etc/app"},
    {"name": _ACCESS, "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
]
_SOURCES: list[Json] = [
    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
]
_ENV: list[Json] = [
    {"name": "LOG_LEVEL", "value": "info"},
    {"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
]
_PROBE: Json = {
    "httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"},
    "timeoutSeconds": 1, "periodSeconds": 5, "successThreshold": 1, "failureThreshold": 3,
}  # fmt: skip


def _amounts(cpu: int | None, memory: int | None) -> Json:
    result: Json = {}
    if cpu is not None:
        result["cpu"] = f"{cpu}m" if cpu % 1000 else str(cpu // 1000)
    if memory is not None:
        result["memory"] = f"{memory}Mi" if memory % 1024 else f"{memory // 1024}Gi"
    return result


def resources(box: Box) -> Json:
    """Return a container's resources."""
    limits, requests = _amounts(box.cpu_limit, box.memory_limit), _amounts(box.cpu, box.memory)
    if box.storage:
        requests["ephemeral-storage"], limits["ephemeral-storage"] = box.storage
    limits |= dict(box.extra)
    requests |= dict(box.extra)
    return {key: dict(sorted(value.items())) for key, value in (("limits", limits), ("requests", requests)) if value}


def restart_policy(workload: Workload) -> str:
    """Return what happens to containers that end."""
    return {"CronJob": "OnFailure", "Job": "Never"}.get(workload.kind, "Always")


def qos_class(workload: Workload) -> str:
    """Return the quality of service class, from CPU and memory alone."""
    if workload.pod_level:
        cpu, memory, cpu_limit, memory_limit = workload.pod_level
        return "Guaranteed" if (cpu, memory) == (cpu_limit, memory_limit) else "Burstable"
    boxes = (*workload.boxes, *workload.sidecars, *workload.init)
    amounts = [amount for box in boxes for amount in (box.cpu, box.memory, box.cpu_limit, box.memory_limit)]
    if not any(amounts):
        return "BestEffort"
    if all(amounts) and all((box.cpu, box.memory) == (box.cpu_limit, box.memory_limit) for box in boxes):
        return "Guaranteed"
    return "Burstable"


def _container(box: Box, workload: Workload, *, sidecar: bool = False) -> Json:
    result: Json = {"name": box.name, "image": box.image}
    if box.command:
        result["command"] = list(box.command)
    if box.port:
        result["ports"] = [{"name": "http", "containerPort": box.port, "protocol": "TCP"}]
    result |= {"env": _ENV, "resources": resources(box)}
    if sidecar:
        result["restartPolicy"] = "Always"
    result["volumeMounts"] = _MOUNTS
    if box.port and workload.kind != "Job":
        result["readinessProbe"] = _PROBE
    result |= {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
    return result | {"imagePullPolicy": "IfNotPresent"}


def _tolerations(workload: Workload) -> list[Json]:
    if workload.kind in ("DaemonSet", "Node"):
        return [{"operator": "Exists"}]
    lasting = {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    result: list[Json] = [{"key": f"node.kubernetes.io/{what}"} | lasting for what in ("not-ready", "unreachable")]
    if workload.pool == "gpu":
        result.append({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"})
    if workload.pool == "spot":
        result.append({"key": "spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"})
    return result


def spec(workload: Workload) -> Json:
    """Return the spec of a workload's pods, without a node."""
    volumes: list[Json] = [
        {"name": "config", "configMap": {"name": f"{workload.name}-config", "defaultMode": 420}},
        {"name": _ACCESS, "projected": {"sources": _SOURCES, "defaultMode": 420}},
    ]
    if claim_of(workload):
        volumes.append({"name": "data", "persistentVolumeClaim": {"claimName": "data-@@name@@"}})
    result: Json = {"volumes": volumes}
    init = [_container(box, workload, sidecar=True) for box in workload.sidecars]
    init += [_container(box, workload) for box in workload.init]
    if init:
        result["initContainers"] = init
    result["containers"] = [_container(box, workload) for box in workload.boxes]
    if workload.pod_level:
        cpu, memory, cpu_limit, memory_limit = workload.pod_level
        result["resources"] = {"limits": _amounts(cpu_limit, memory_limit), "requests": _amounts(cpu, memory)}
    result |= {"restartPolicy": restart_policy(workload), "terminationGracePeriodSeconds": 30}
    result["dnsPolicy"] = "ClusterFirst"
    if workload.pool == "gpu":
        result["nodeSelector"] = {"eks.amazonaws.com/nodegroup": "gpu-a10g"}
    elif workload.pool not in ("", "general", "cp"):
        result["nodeSelector"] = {"karpenter.sh/nodepool": workload.pool}
    result |= {"serviceAccountName": workload.name, "serviceAccount": workload.name}
    if workload.host_network:
        result["hostNetwork"] = True
    result |= {"securityContext": {}, "schedulerName": "default-scheduler", "tolerations": _tolerations(workload)}
    result["priority"] = 2_000_001_000 if workload.kind == "Node" else 0
    if workload.overhead:
        result |= {"runtimeClassName": "kata", "overhead": _amounts(*workload.overhead)}
    return result | {"enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority"}


def resize(spec_json: Json) -> None:
    """Resize in place: raise the CPU request of the first container by half."""
    amounts = spec_json["containers"][0]["resources"]
    for kind in amounts.values():
        kind["cpu"] = f"{int(kind['cpu'].removesuffix('m')) * 3 // 2}m"
