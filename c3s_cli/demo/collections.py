"""The listable things of the simulated cluster: what each record is called, and how it is rendered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from c3s_cli.demo.discovery import SERVED, Served
from c3s_cli.demo.objects import PHASES, Json, Objects
from c3s_cli.demo.world import NodeThere, PodThere, Workload, World


@dataclass(frozen=True, slots=True)
class Record:
    """One object: its names, labels and selectable fields, and how to write it (whole, or its metadata)."""

    namespace: str
    name: str
    labels: Callable[[], Mapping[str, str]]
    fields: Callable[[], Mapping[str, str]]
    whole: Callable[[], bytes]
    metadata: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Collection:
    """All objects of a kind, in the order of their names. selectable: the fields that a selector may name."""

    served: Served
    records: Sequence[Record]
    selectable: tuple[str, ...]


COMMON: Final = ("metadata.name", "metadata.namespace")
POD_FIELDS: Final = (
    *COMMON,
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
)
NODE_FIELDS: Final = ("metadata.name", "spec.unschedulable")


def collections(world: World, objects: Objects) -> dict[tuple[str, str], Collection]:
    """Give every collection by API group and resource."""
    made = {}
    for served in SERVED:
        if served.group == "metrics.k8s.io":
            continue
        records = sorted(_records(served, world, objects), key=lambda record: (record.namespace, record.name))
        selectable = {"pods": POD_FIELDS, "nodes": NODE_FIELDS}.get(served.resource, COMMON)
        made[served.group, served.resource] = Collection(served, records, selectable)
    return made


def _records(served: Served, world: World, objects: Objects) -> Iterable[Record]:
    match served.resource:
        case "pods":
            return (_pod(pod, objects) for pod in world.pods)
        case "nodes":
            return (_node(node, objects) for node in world.nodes)
        case "namespaces":
            return (_plain("", name, partial(objects.namespace, name)) for name in world.namespaces)
        case "replicasets" | "jobs":
            kinds = ("Deployment", "Rollout") if served.resource == "replicasets" else ("CronJob", "Job")
            return (
                _plain(namespace, name, partial(objects.owner, namespace, name, workload))
                for (namespace, name), workload in world.owners.items()
                if workload.kind in kinds
            )
        case _:
            named = {(w.namespace, w.name): w for w in world.workloads if w.kind == served.kind}
            return (_plain(*of, partial(objects.workload, workload)) for of, workload in named.items())


def _pod(pod: PodThere, objects: Objects) -> Record:
    return Record(
        pod.workload.namespace,
        pod.name,
        partial(objects.pod_labels, pod.workload),
        partial(_pod_fields, pod),
        partial(objects.pod, pod),
        partial(objects.pod_metadata, pod),
    )


def _pod_fields(pod: PodThere) -> Mapping[str, str]:
    workload: Workload = pod.workload
    return {
        "spec.nodeName": pod.node.name if pod.node else "",
        "spec.restartPolicy": "Never" if workload.kind in ("Job", "CronJob") else "Always",
        "spec.schedulerName": "default-scheduler",
        "spec.serviceAccountName": "default",
        "status.phase": PHASES.get(workload.state, "Running"),
        "status.podIP": "",
    }


def _node(node: NodeThere, objects: Objects) -> Record:
    fields = {"spec.unschedulable": "true" if node.cordoned else "false"}
    return _plain("", node.name, partial(objects.node, node), labels=partial(objects.node_labels, node), fields=fields)


def _plain(
    namespace: str,
    name: str,
    value: Callable[[], Json],
    labels: Callable[[], Mapping[str, str]] | None = None,
    fields: Mapping[str, str] | None = None,
) -> Record:
    return Record(
        namespace,
        name,
        labels or (lambda: value()["metadata"].get("labels", {})),
        lambda: fields or {},
        lambda: _bytes(value()),
        lambda: _bytes({"metadata": value()["metadata"]}),
    )


def _bytes(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
