"""The series that kube-state-metrics has of API objects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from c3s_cli.demo import dice, nodes
from c3s_cli.demo.catalogue import Stage
from c3s_cli.demo.pod_spec import qos_class, resize, resources
from c3s_cli.demo.prometheus.scene import Scene, Span
from c3s_cli.demo.prometheus.series import INTERVAL, Series, constant
from c3s_cli.demo.runs import FOREVER
from c3s_cli.demo.things import Owner

_PHASES = ("Pending", "Succeeded", "Failed", "Unknown", "Running")
_SCRAPED = {"job": "kube-state-metrics", "instance": "10.128.2.17:8080"}
_SUFFIXES = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}


def amount(text: str) -> float:
    """Read a quantity."""
    if text.endswith("m"):
        return int(text[:-1]) / 1000
    return float(int(text[:-2]) * _SUFFIXES[text[-2:]]) if text[-2:] in _SUFFIXES else float(text)


def _resources(amounts: dict[str, str]) -> Iterator[tuple[str, str, float]]:
    """(resource, unit, value) of what a node or a container has."""
    for name, text in amounts.items():
        unit = {"cpu": "core", "memory": "byte", "ephemeral-storage": "byte"}.get(name, "integer")
        if name.startswith("hugepages"):
            unit = "byte"
        yield re.sub(r"\W", "_", name), unit, amount(text)


def _owned_by(owner: Owner | None) -> dict[str, str]:
    if owner is None:
        return {}
    return {"owner_kind": owner.kind, "owner_name": owner.name, "owner_is_controller": "true"}


class States:
    """Series of objects."""

    names = (
        "kube_pod_info", "kube_pod_owner", "kube_pod_status_phase", "kube_pod_container_info",
        "kube_pod_container_resource_requests", "kube_pod_container_resource_limits",
        "kube_pod_init_container_info", "kube_pod_overhead_cpu_cores", "kube_pod_overhead_memory_bytes",
        "kube_pod_status_qos_class",
        "kube_pod_init_container_resource_requests", "kube_pod_init_container_resource_limits",
        "kube_replicaset_owner", "kube_job_owner", "kube_node_info", "kube_node_labels",
        "kube_node_status_allocatable", "kube_node_status_capacity",
    )  # fmt: skip

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def series(self, name: str) -> Iterator[Series]:
        """Return all series of a name."""
        if name.startswith("kube_pod"):
            for span in self._scene.spans():
                life = self._scene.life(span.start, span.end)
                if life is not None:
                    yield from self._pod(name, span, life)
        elif name.startswith("kube_node"):
            yield from self._node(name)
        else:
            yield from self._owner(name)

    def _pod(self, name: str, span: Span, life: tuple[int, int]) -> Iterator[Series]:
        pod, group = span.pod, span.pod.group
        uid = dice.uid(pod.bits)
        labels = {**_SCRAPED, "namespace": group.namespace, "pod": pod.name, "uid": uid}
        node = pod.node.name if pod.node else ""
        owner = group.owner
        match name:
            case "kube_pod_info":
                about = {"node": node, "host_ip": pod.node.host_ip if pod.node else "", "pod_ip": pod.pod_ip}
                about |= {"host_network": str(group.workload.host_network).lower()}
                about |= {"created_by_kind": owner.kind, "created_by_name": owner.name} if owner else {}
                yield Series(name, labels | about, life, constant(1.0))
            case "kube_pod_owner":
                yield Series(name, labels | _owned_by(owner), life, constant(1.0))
            case "kube_pod_status_phase":
                yield from self._phases(name, labels, span, life)
            case "kube_pod_container_info" | "kube_pod_init_container_info":
                yield from self._boxes(name, labels, span, life)
            case "kube_pod_overhead_cpu_cores" | "kube_pod_overhead_memory_bytes" | "kube_pod_status_qos_class":
                yield from self._of_pod(name, labels, span, life)
            case _:
                which = name.rpartition("_")[2]
                workload = group.workload
                boxes = (*workload.init, *workload.sidecars) if "_init_" in name else workload.boxes
                for box in boxes:
                    amounts = {kind: dict(each) for kind, each in resources(box).items()}
                    if box is workload.boxes[0] and pod.state in (Stage.RESIZED, Stage.DEFERRED):
                        resize({"containers": [{"resources": amounts}]})
                    for resource, unit, value in _resources(amounts.get(which, {})):
                        about = {"container": box.name, "node": node, "resource": resource, "unit": unit}
                        yield Series(name, labels | about, life, constant(value))

    def _boxes(self, name: str, labels: dict[str, str], span: Span, life: tuple[int, int]) -> Iterator[Series]:
        workload = span.pod.group.workload
        for box in (*workload.init, *workload.sidecars) if "_init_" in name else workload.boxes:
            about = {"container": box.name, "image": box.image}
            about |= {"restart_policy": "Always"} if box in workload.sidecars else {}
            yield Series(name, labels | about, life, constant(1.0))

    def _of_pod(self, name: str, labels: dict[str, str], span: Span, life: tuple[int, int]) -> Iterator[Series]:
        workload = span.pod.group.workload
        if name == "kube_pod_status_qos_class":
            mine = qos_class(workload)
            for each in ("Guaranteed", "Burstable", "BestEffort"):
                yield Series(name, labels | {"qos_class": each}, life, constant(float(each == mine)))
        elif workload.overhead:
            cpu, memory = workload.overhead
            yield Series(name, labels, life, constant(cpu / 1000 if name.endswith("cores") else float(memory << 20)))

    def _phases(self, name: str, labels: dict[str, str], span: Span, life: tuple[int, int]) -> Iterator[Series]:
        def is_in(scrape: int, which: str) -> float:
            then = [phase for when, phase in span.phases if when <= scrape * INTERVAL]
            return float((then or [span.phases[0][1]])[-1] == which)

        for which in _PHASES:
            values = lambda first, last, which=which: [is_in(at, which) for at in range(first, last + 1)]  # noqa: E731
            yield Series(name, labels | {"phase": which}, life, values)

    def _owner(self, name: str) -> Iterator[Series]:
        kind = "ReplicaSet" if name == "kube_replicaset_owner" else "Job"
        label = "replicaset" if kind == "ReplicaSet" else "job_name"
        for group in self._scene.world.state().members:
            life = self._scene.life(self._scene.epoch - group.age, FOREVER)
            if group.owner and group.owner.kind == kind and life:
                above = group.owners[1] if len(group.owners) > 1 else None
                labels = {**_SCRAPED, "namespace": group.namespace, label: group.owner.name}
                yield Series(name, labels | _owned_by(above), life, constant(1.0))

    def _node(self, name: str) -> Iterator[Series]:
        for node, life in self._scene.nodes:
            labels = {**_SCRAPED, "node": node.name}
            if name == "kube_node_info":
                about = {"kubelet_version": nodes.KUBELET, "internal_ip": node.host_ip}
                about |= {"container_runtime_version": "containerd://1.7.27"}
                yield Series(name, labels | about, life, constant(1.0))
            elif name == "kube_node_labels":
                about = {f"label_{re.sub(r'[^a-zA-Z0-9]', '_', k)}": v for k, v in nodes.labels(node).items()}
                yield Series(name, labels | about, life, constant(1.0))
            else:
                whole, left = nodes.capacity(node.pool, node.capacity)
                for resource, unit, value in _resources(left if name.endswith("allocatable") else whole):
                    yield Series(name, labels | {"resource": resource, "unit": unit}, life, constant(value))
