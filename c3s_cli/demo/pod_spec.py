"""A workload -> the spec of its pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c3s_cli.demo.catalogue import claim_of
from c3s_cli.demo.templates import Json

if TYPE_CHECKING:
    from c3s_cli.demo.catalogue import Box, Workload

_ACCESS = {
    "name": "kube-api-access-@@suffix@@",
    "readOnly": True,
    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
}


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


def qos_class(workload: Workload) -> str:
    """Return the quality of service class, from CPU and memory alone."""
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
    """Return the spec of a workload's pods, without a node."""
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
    if claim_of(workload):
        claim = {"claimName": "data-@@name@@"}
        result["volumes"].append({"name": "data", "persistentVolumeClaim": claim})
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


def resize(spec_json: Json) -> None:
    """Resize in place: raise the CPU request of the first container by half."""
    amounts = spec_json["containers"][0]["resources"]
    for kind in amounts.values():
        kind["cpu"] = f"{int(kind['cpu'].removesuffix('m')) * 3 // 2}m"
