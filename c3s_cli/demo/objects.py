"""The simulated objects as Kubernetes JSON.

Nodes and the few other kinds are dictionaries. Pods, of which there may be 150,000, are filled into templates: one for
every shape of workload, made from a dictionary too, with a gap for what differs from pod to pod.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import md5
from typing import Any, Final

from c3s_cli.demo.world import DAY, HOUR, Box, NodeThere, PodThere, Workload, World

Json = dict[str, Any]
FAR: Final = 63 * DAY


def stamp(seconds: float) -> str:
    """Write a time as Kubernetes does."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def uid(*words: object) -> str:
    """Give an object's uid, the same for the same words."""
    digits = md5("/".join(map(str, words)).encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


class Objects:
    """Renders the objects of a world that was born at a time."""

    def __init__(self, world: World, born: float) -> None:
        self.world = world
        self.born = born
        self.templates: dict[object, str] = {}

    # --- nodes ------------------------------------------------------------------------------------------------

    def node(self, node: NodeThere) -> Json:
        """Give a Node."""
        pool = node.pool
        amounts = {
            "cpu": str(pool.cpu // 1000),
            "ephemeral-storage": "104845292Ki",
            "hugepages-1Gi": "0",
            "hugepages-2Mi": "0",
            "memory": f"{pool.memory * 1024 - 1_146_000 % 9000}Ki",
            "pods": str(pool.slots),
        }
        allocatable = amounts | {
            "cpu": f"{pool.cpu - 90}m",
            "ephemeral-storage": "95551679124",
            "memory": f"{pool.memory * 1024 - 1_017_000}Ki",
        }
        if pool.gpus:
            amounts["nvidia.com/gpu"] = allocatable["nvidia.com/gpu"] = str(pool.gpus)
        spec: Json = {
            "podCIDR": f"10.100.{node.number & 255}.0/24",
            "providerID": f"aws:///{node.zone}/i-{uid('i', node.name)[:8]}",
        }
        taints = [
            {"key": key, "value": value, "effect": effect} if value else {"key": key, "effect": effect}
            for key, value, effect in pool.taints
        ]
        if node.cordoned:
            spec["unschedulable"] = True
            taints.append(
                {
                    "key": "node.kubernetes.io/unschedulable",
                    "effect": "NoSchedule",
                    "timeAdded": stamp(self.born - HOUR),
                }
            )
        if taints:
            spec["taints"] = taints
        info: Json = {
            "architecture": "amd64",
            "bootID": uid("boot", node.name),
            "containerRuntimeVersion": "containerd://2.1.4",
            "kernelVersion": "6.12.40-64.114.amzn2023.x86_64",
            "kubeProxyVersion": "",
            "kubeletVersion": "v1.34.2",
            "machineID": uid("machine", node.name).replace("-", ""),
            "operatingSystem": "linux",
            "osImage": "Amazon Linux 2023",
            "systemUUID": uid("system", node.name),
        }
        if node.swap:
            info["swap"] = {"capacity": node.swap}
        return {
            "metadata": {
                "name": node.name,
                "uid": uid("node", node.name),
                "resourceVersion": str(1000 + node.number),
                "creationTimestamp": stamp(self.born - FAR + node.number * 3600 % (40 * DAY)),
                "labels": self.node_labels(node),
                "annotations": {
                    "node.alpha.kubernetes.io/ttl": "0",
                    "volumes.kubernetes.io/controller-managed-attach-detach": "true",
                },
            },
            "spec": spec,
            "status": {
                "capacity": amounts,
                "allocatable": allocatable,
                "conditions": self._node_conditions(),
                "addresses": [
                    {"type": "InternalIP", "address": node.address},
                    {"type": "Hostname", "address": node.name},
                ],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
                "nodeInfo": info,
                "images": [
                    {
                        "names": [
                            f"registry.example/{image}@sha256:{'0' * 64}",
                            f"registry.example/{image}:2.14.3",
                        ],
                        "sizeBytes": 41_000_000 + 977 * place,
                    }
                    for place, image in enumerate(("app", "nginx", "postgres", "istio-proxy", "aws-node", "kube-proxy"))
                ],
            },
        }

    def node_labels(self, node: NodeThere) -> dict[str, str]:
        """Give a node's labels."""
        pool = node.pool
        return {
            "eks.amazonaws.com/capacityType": "SPOT" if pool.name == "spot" else "ON_DEMAND",
            "eks.amazonaws.com/nodegroup": pool.name,
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": node.name,
            "kubernetes.io/os": "linux",
            "node.kubernetes.io/instance-type": pool.machine,
            "topology.kubernetes.io/region": "eu-west-1",
            "topology.kubernetes.io/zone": node.zone,
        } | {f"node-role.kubernetes.io/{role}": "" for role in pool.roles}

    def _node_conditions(self) -> list[Json]:
        beat, change = stamp(self.born - 40), stamp(self.born - 20 * DAY)
        quiet = (
            (
                "MemoryPressure",
                "False",
                "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available",
            ),
            ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        )
        return [
            {
                "type": kind,
                "status": status,
                "lastHeartbeatTime": beat,
                "lastTransitionTime": change,
                "reason": reason,
                "message": message,
            }
            for kind, status, reason, message in quiet
        ]

    # --- pods -------------------------------------------------------------------------------------------------

    def pod(self, pod: PodThere) -> bytes:
        """Give a Pod as JSON, as it stands in a list."""
        return (self._template(pod.workload) % self._gaps(pod)).encode()

    def pod_metadata(self, pod: PodThere) -> bytes:
        """Give just the metadata of a Pod, as it stands in a list of metadata."""
        text = self._template(pod.workload)
        return (text[: text.index(',"spec":')] % self._gaps(pod) + "}").encode()

    def pod_labels(self, workload: Workload) -> dict[str, str]:
        """Give the labels that the pods of a workload share."""
        return {
            "app.kubernetes.io/instance": f"{workload.name}-prod",
            "app.kubernetes.io/name": workload.name,
            "app.kubernetes.io/version": "2.14.3",
            "app": workload.name,
            "team": workload.namespace.removeprefix("team-"),
        }

    def created(self, pod: PodThere) -> float:
        """Say when a pod was made."""
        spread = pod.phase * pod.workload.age // 4000 if pod.workload.age > HOUR else 0
        return self.born - pod.workload.age + spread

    def _gaps(self, pod: PodThere) -> Mapping[str, str]:
        node, made = pod.node, self.created(pod)
        number = pod.number
        return {
            "name": pod.name,
            "uid": uid("pod", pod.workload.namespace, pod.name),
            "version": str(20_000 + number),
            "created": stamp(made),
            "started": stamp(made + 4),
            "app": pod.workload.name,
            "owner": pod.owner or pod.workload.name,
            "owneruid": self.owner_uid(pod),
            "node": node.name if node else "",
            "host": node.address if node else "",
            "ip": f"10.{100 + (number >> 16)}.{number >> 8 & 255}.{number & 255}",
        }

    def owner_uid(self, pod: PodThere) -> str:
        """Give the uid of what owns a pod directly."""
        if pod.workload.kind == "Node":
            return uid("node", pod.node.name if pod.node else "")
        return uid(_direct_kind(pod.workload), pod.workload.namespace, pod.owner or pod.workload.name)

    def _template(self, workload: Workload) -> str:
        """Give the template for pods like those of a workload."""
        shape = (
            workload.namespace,
            workload.boxes,
            workload.kind,
            workload.state,
            workload.resized,
            workload.restarts,
        )
        template = self.templates.get(shape)
        if template is None:
            text = json.dumps(self._pod(workload), separators=(",", ":")).replace("%", "%%")
            for gap in (
                "name",
                "uid",
                "version",
                "created",
                "started",
                "app",
                "owner",
                "owneruid",
                "node",
                "host",
                "ip",
            ):
                text = text.replace(f"<{gap}>", f"%({gap})s")
            template = self.templates[shape] = text
        return template

    def _pod(self, workload: Workload) -> Json:
        metadata: Json = {"name": "<name>"}
        if workload.kind != "Pod":
            metadata["generateName"] = "<owner>-"
        metadata |= {
            "namespace": workload.namespace,
            "uid": "<uid>",
            "resourceVersion": "<version>",
            "creationTimestamp": "<created>",
        }
        if workload.state == "Terminating":
            metadata |= {"deletionTimestamp": stamp(self.born - 20), "deletionGracePeriodSeconds": 30}
        metadata["labels"] = self.pod_labels(Workload(workload.namespace, "<app>", "", 0, ()))
        kind = _direct_kind(workload)
        if kind:
            owner = "<node>" if kind == "Node" else "<owner>"
            metadata["ownerReferences"] = [
                {
                    "apiVersion": _version_of(kind),
                    "kind": kind,
                    "name": owner,
                    "uid": "<owneruid>",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ]
        return {"metadata": metadata, "spec": _spec(workload), "status": _status(workload, self.born)}

    # --- owners -----------------------------------------------------------------------------------------------

    def owner(self, namespace: str, name: str, workload: Workload) -> Json:
        """Give a ReplicaSet or Job that owns pods directly."""
        kind = _direct_kind(workload)
        metadata = self._metadata(namespace, name, kind, workload)
        above = {"Deployment": "Deployment", "Rollout": "Rollout", "CronJob": "CronJob"}.get(workload.kind)
        if above:
            metadata["ownerReferences"] = [
                {
                    "apiVersion": _version_of(above),
                    "kind": above,
                    "name": workload.name,
                    "uid": uid(above, namespace, workload.name),
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ]
        return {
            "metadata": metadata,
            "spec": {"replicas": workload.replicas},
            "status": {"replicas": workload.replicas},
        }

    def workload(self, workload: Workload) -> Json:
        """Give a Deployment, StatefulSet, DaemonSet or CronJob."""
        metadata = self._metadata(workload.namespace, workload.name, workload.kind, workload)
        return {
            "metadata": metadata,
            "spec": {"replicas": workload.replicas},
            "status": {"replicas": workload.replicas},
        }

    def _metadata(self, namespace: str, name: str, kind: str, workload: Workload) -> Json:
        return {
            "name": name,
            "namespace": namespace,
            "uid": uid(kind, namespace, name),
            "resourceVersion": "900",
            "creationTimestamp": stamp(self.born - workload.age - 60),
            "labels": self.pod_labels(workload),
        }

    def namespace(self, name: str) -> Json:
        """Give a Namespace."""
        return {
            "metadata": {
                "name": name,
                "uid": uid("namespace", name),
                "resourceVersion": "7",
                "creationTimestamp": stamp(self.born - FAR),
                "labels": {"kubernetes.io/metadata.name": name},
            },
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }


# --- the parts of a pod ---------------------------------------------------------------------------------------


def _direct_kind(workload: Workload) -> str:
    kinds = {"Deployment": "ReplicaSet", "Rollout": "ReplicaSet", "CronJob": "Job", "Pod": ""}
    return kinds.get(workload.kind, workload.kind)


def _version_of(kind: str) -> str:
    versions = {"Job": "batch/v1", "CronJob": "batch/v1", "Rollout": "argoproj.io/v1alpha1", "Node": "v1"}
    return versions.get(kind, "apps/v1")


def _resources(box: Box) -> Json:
    requests, limits = {}, {}
    for name, asked, limit in (
        ("cpu", f"{box.cpu}m", f"{box.cpu_limit}m"),
        ("memory", f"{box.memory}Mi", f"{box.memory_limit}Mi"),
        ("ephemeral-storage", f"{box.disk}Mi", "0Mi"),
        ("nvidia.com/gpu", f"{box.gpus}", f"{box.gpus}"),
    ):
        if asked.strip("miM") != "0":
            requests[name] = asked
        if limit.strip("miM") != "0":
            limits[name] = limit
    resources = {}
    if limits:
        resources["limits"] = limits
    if requests:
        resources["requests"] = requests
    return resources


def _container(box: Box) -> Json:
    container: Json = {
        "name": box.name,
        "image": f"registry.example/{box.name}:2.14.3",
        "imagePullPolicy": "IfNotPresent",
        "env": [
            {
                "name": "POD_NAME",
                "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}},
            }
        ],
        "resources": _resources(box),
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [
            {
                "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                "name": "kube-api-access",
                "readOnly": True,
            }
        ],
    }
    if box.sidecar:
        container["restartPolicy"] = "Always"
    return container


def _spec(workload: Workload) -> Json:
    spec: Json = {}
    initial = [box for box in workload.boxes if box.init or box.sidecar]
    if initial:
        spec["initContainers"] = [_container(box) for box in initial]
    spec["containers"] = [_container(box) for box in workload.boxes if not (box.init or box.sidecar)]
    if workload.pod_level != (0, 0):
        cpu, memory = workload.pod_level
        spec["resources"] = {
            "requests": {"cpu": f"{cpu}m", "memory": f"{memory}Mi"},
            "limits": {"cpu": f"{cpu * 2}m", "memory": f"{memory}Mi"},
        }
    if workload.overhead != (0, 0):
        spec["overhead"] = {"cpu": f"{workload.overhead[0]}m", "memory": f"{workload.overhead[1]}Mi"}
        spec["runtimeClassName"] = "kata"
    spec |= {
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "restartPolicy": "Never" if workload.kind in ("Job", "CronJob") else "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": 30,
        "tolerations": [
            {
                "effect": "NoExecute",
                "key": "node.kubernetes.io/not-ready",
                "operator": "Exists",
                "tolerationSeconds": 300,
            },
            {
                "effect": "NoExecute",
                "key": "node.kubernetes.io/unreachable",
                "operator": "Exists",
                "tolerationSeconds": 300,
            },
        ],
        "volumes": [
            {
                "name": "kube-api-access",
                "projected": {
                    "defaultMode": 420,
                    "sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}],
                },
            }
        ],
    }
    if workload.tolerates:
        spec["tolerations"].insert(0, {"operator": "Exists"})
    if workload.state != "Pending":
        spec["nodeName"] = "<node>"
    return spec


def _qos(workload: Workload) -> str:
    boxes = [box for box in workload.boxes if not box.init]
    if all(
        box.cpu and box.cpu == box.cpu_limit and box.memory and box.memory == box.memory_limit for box in workload.boxes
    ):
        return "Guaranteed"
    asks = any(box.cpu or box.memory or box.cpu_limit or box.memory_limit for box in boxes) or workload.pod_level != (
        0,
        0,
    )
    return "Burstable" if asks else "BestEffort"


PHASES: Final = {
    "Succeeded": "Succeeded",
    "Failed": "Failed",
    "Pending": "Pending",
    "Initializing": "Pending",
}


def _status(workload: Workload, born: float) -> Json:
    state = workload.state
    phase = PHASES.get(state, "Running")
    status: Json = {"phase": phase, "qosClass": _qos(workload)}
    if state == "Pending":
        message = "0/10 nodes are available: 10 Insufficient cpu."
        status["conditions"] = [_condition("PodScheduled", "False", "Unschedulable", message)]
        return status
    ready = "True" if state in ("Running", "Young", "Terminating") else "False"
    status |= {
        "conditions": [
            _condition("Initialized", "False" if state == "Initializing" else "True"),
            _condition("Ready", ready),
            _condition("ContainersReady", ready),
            _condition("PodScheduled", "True"),
        ],
        "hostIP": "<host>",
        "podIP": "<ip>",
        "podIPs": [{"ip": "<ip>"}],
        "startTime": "<started>",
    }
    initial = [_container_status(box, workload, born) for box in workload.boxes if box.init or box.sidecar]
    if initial:
        status["initContainerStatuses"] = initial
    status["containerStatuses"] = [
        _container_status(box, workload, born) for box in workload.boxes if not (box.init or box.sidecar)
    ]
    return status


def _condition(kind: str, status: str, reason: str = "", message: str = "") -> Json:
    condition: Json = {
        "type": kind,
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": "<started>",
    }
    if reason:
        condition |= {"reason": reason, "message": message}
    return condition


def _container_status(box: Box, workload: Workload, born: float) -> Json:
    state, ready = _container_state(box, workload, born)
    status: Json = {
        "name": box.name,
        "image": f"registry.example/{box.name}:2.14.3",
        "imageID": f"registry.example/{box.name}@sha256:{'0' * 64}",
        "containerID": f"containerd://{uid('container', box.name).replace('-', '') * 2}",
        "ready": ready,
        "restartCount": 0 if box.init else workload.restarts,
        "started": "running" in state,
        "lastState": {},
        "state": state,
    }
    if workload.resized and not box.init:
        resources = _resources(box)
        resources["requests"] = {**resources["requests"], "cpu": f"{workload.resized}m"}
        status |= {"allocatedResources": resources["requests"], "resources": resources}
    return status


def _container_state(box: Box, workload: Workload, born: float) -> tuple[Json, bool]:
    ended = {"startedAt": "<started>", "finishedAt": stamp(born - 60), "containerID": ""}
    match workload.state:
        case "Initializing":
            return (
                {"running": {"startedAt": "<started>"}} if box.init else {"waiting": {"reason": "PodInitializing"}}
            ), False
        case "Succeeded":
            return {"terminated": {"exitCode": 0, "reason": "Completed", **ended}}, False
        case "Failed":
            return {"terminated": {"exitCode": 137, "reason": "OOMKilled", **ended}}, False
        case "CrashLoopBackOff":
            message = "back-off 5m0s restarting failed container"
            return {"waiting": {"reason": "CrashLoopBackOff", "message": message}}, False
        case _:
            pass
    if box.init:
        return {"terminated": {"exitCode": 0, "reason": "Completed", **ended}}, True
    return {"running": {"startedAt": "<started>"}}, True
