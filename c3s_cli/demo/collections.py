"""One collection per resource: its sorted objects, the forms that clients request, and the fields for selectors."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any

from c3s_cli.demo import nodes, owners, pods, tables
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.discovery import Resource
from c3s_cli.demo.kubelet import volumes
from c3s_cli.demo.load import TICK
from c3s_cli.demo.metrics import Metrics
from c3s_cli.demo.pod_spec import restart_policy
from c3s_cli.demo.pod_status import phase
from c3s_cli.demo.selectors import Field
from c3s_cli.demo.state import State
from c3s_cli.demo.templates import Json, compact
from c3s_cli.demo.things import Node, Pod

Key = tuple[str, str]
_NODE_FIELDS: dict[str, Callable[[Node], str]] = {
    "metadata.name": lambda node: node.name,
    "spec.unschedulable": lambda node: str(node.unschedulable).lower(),
}
_POD_FIELDS: dict[str, Callable[[Pod], str]] = {
    "metadata.name": lambda pod: pod.name,
    "metadata.namespace": lambda pod: pod.group.namespace,
    "spec.nodeName": lambda pod: pod.node.name if pod.node else "",
    "spec.restartPolicy": lambda pod: restart_policy(pod.group.workload),
    "spec.schedulerName": lambda _: "default-scheduler",
    "spec.serviceAccountName": lambda pod: pod.group.workload.name,
    "spec.hostNetwork": lambda pod: str(pod.group.workload.host_network).lower(),
    "status.phase": lambda pod: phase(pod.state),
    "status.podIP": lambda pod: pod.pod_ip,
    "status.podIPs": lambda pod: pod.pod_ip,
    "status.nominatedNodeName": lambda _: "",
}


@dataclass
class Collection:
    """The objects of one resource, sorted by key."""

    resource: Resource
    objects: Sequence[Any]
    key: Callable[[Any], Key]  # (namespace, name); no namespace is ""
    labels: Callable[[Any], Mapping[str, str]]
    metadata: Callable[[Any], str]  # its JSON
    text: Callable[[Any, int], str]  # the JSON of an object at a time, without kind and apiVersion
    columns: Sequence[Json]
    cells: Callable[[Any, int], list[Any]]  # what `kubectl get` prints for an object at a time
    # Field labels that selectors may use, and how to read them; None if any.
    fields: Mapping[str, Callable[[Any], str]] | None
    keeps: bool = False  # whether a whole, unselected list is worth keeping as bytes
    present: Callable[[Any, int], bool] = lambda _, __: True  # whether an object exists at a time
    on_node: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # an index of pods

    @cached_property
    def keys(self) -> list[Key]:
        """The keys of all objects, in order."""
        return [self.key(item) for item in self.objects]

    def namespace(self, name: str) -> tuple[int, int]:
        """Return the range of a namespace's objects."""
        return bisect_left(self.keys, (name, "")), bisect_right(self.keys, (name, chr(0x10FFFF)))

    def after(self, key: Key) -> int:
        """Return the place of the first object behind a key."""
        return bisect_right(self.keys, key)

    def find(self, namespace: str, name: str) -> Any:
        """Return one object, or None."""
        place = bisect_left(self.keys, (namespace, name))
        return self.objects[place] if place < len(self.keys) and self.keys[place] == (namespace, name) else None

    def narrow(self, terms: Sequence[Field]) -> Sequence[Any]:
        """Return candidates for the terms, in order: all matching objects are among them."""
        for term in terms:
            if self.on_node and term.label == "spec.nodeName" and term.equal:
                if not term.value:
                    return [pod for pod in self.objects if pod.node is None]
                return sorted(self.on_node.get(term.value, ()), key=self.key)
        return self.objects

    def whole(self, item: Any, now: int) -> str:
        """Return an object with its kind and apiVersion; in a list, the list has them."""
        resource = self.resource
        return f'{{"kind":"{resource.kind}","apiVersion":"{resource.api_version}",{self.text(item, now)[1:]}'

    def partial(self, item: Any) -> str:
        """Return only the metadata of an object."""
        return f'{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{self.metadata(item)}}}'

    def table(self, metadata: Json) -> str:
        """Return a Table up to its first row."""
        head = f'{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{compact(metadata)},'
        return f'{head}"columnDefinitions":{compact(list(self.columns))},"rows":['

    def row(self, item: Any, now: int, include: str) -> str:
        """Return a row of a Table, with as much of the object as is wanted."""
        cells = compact(self.cells(item, now))
        if include == "None":
            return f'{{"cells":{cells}}}'
        return f'{{"cells":{cells},"object":{self.whole(item, now) if include == "Object" else self.partial(item)}}}'


class Collections:
    """The collections of a cluster's states, each made on first use."""

    def __init__(self, cluster: Cluster) -> None:
        self.metrics = Metrics(cluster)
        self._cluster = cluster
        self._pods = pods.Pods(cluster)
        self._nodes = nodes.Nodes(cluster)
        self._known: dict[int, dict[Resource, Collection]] = {}

    def get(self, state: State, resource: Resource) -> Collection:
        """Return the collection of a resource in a state; those of the last states are kept."""
        known = self._known.get(state.version)
        if known is None:
            while len(self._known) > 3:
                self._known.pop(next(iter(self._known)))
            known = self._known[state.version] = {}
        if resource not in known:
            known[resource] = self._make(state, resource)
        return known[resource]

    def _make(self, state: State, resource: Resource) -> Collection:
        match resource.group, resource.name:
            case "", "nodes":
                return self._core_nodes(state, resource)
            case "", "pods":
                return self._core_pods(state, resource)
            case "metrics.k8s.io", "nodes":
                return self._node_metrics(state, resource)
            case "metrics.k8s.io", "pods":
                return self._pod_metrics(state, resource)
            case _:
                return self._others(state, resource)

    def _core_nodes(self, state: State, resource: Resource) -> Collection:
        renderer = self._nodes
        return Collection(
            resource, state.nodes, lambda node: ("", node.name), nodes.labels, renderer.metadata,
            lambda node, _: renderer.item(node), tables.NODE_COLUMNS,
            lambda node, now: tables.node_cells(node, renderer.created(node), now), _NODE_FIELDS, keeps=True,
        )  # fmt: skip

    def _core_pods(self, state: State, resource: Resource) -> Collection:
        renderer = self._pods

        def cells(pod: Pod, now: int) -> list[Any]:
            texts = renderer.texts(pod)
            return tables.pod_cells(pod, (texts.ready, texts.status), renderer.restarted(pod), now)

        return Collection(
            resource, state.pods, attrgetter("key"), pods.labels, renderer.metadata,
            lambda pod, _: renderer.item(pod), tables.POD_COLUMNS, cells, _POD_FIELDS, on_node=state.on_node,
        )  # fmt: skip

    def _node_metrics(self, state: State, resource: Resource) -> Collection:
        def cells(node: Node, now: int) -> list[Any]:
            return tables.metrics_cells(node.name, *self.metrics.load.node(node, now // TICK, state.running(node, now)))

        return Collection(
            resource, state.nodes, lambda node: ("", node.name), nodes.labels,
            lambda node: compact({"name": node.name, "labels": nodes.labels(node)}),
            lambda node, now: self.metrics.node(node, now // TICK, state.running(node, now)),
            tables.METRICS_COLUMNS, cells,
            {"metadata.name": lambda node: node.name, "metadata.namespace": lambda _: ""}, keeps=True,
            present=lambda node, _: not node.silent,
        )  # fmt: skip

    def _pod_metrics(self, state: State, resource: Resource) -> Collection:
        def cells(pod: Pod, now: int) -> list[Any]:
            used = self.metrics.load.containers(pod, now // TICK)
            return tables.metrics_cells(pod.name, sum(cpu for _, cpu, _ in used), sum(memory for *_, memory in used))

        return Collection(
            resource, state.pods, attrgetter("key"), pods.labels,
            lambda pod: compact({"name": pod.name, "namespace": pod.group.namespace, "labels": pods.labels(pod)}),
            lambda pod, now: self.metrics.pod(pod, now // TICK), tables.METRICS_COLUMNS, cells,
            {"metadata.name": lambda pod: pod.name, "metadata.namespace": lambda pod: pod.group.namespace},
            keeps=True, present=state.measured,
        )  # fmt: skip

    def _others(self, state: State, resource: Resource) -> Collection:
        """Return objects that are few enough to be dictionaries; of most resources there are none."""
        lists = {
            "namespaces": owners.namespaces,
            "persistentvolumeclaims": volumes.claims,
            "services": owners.services,
            "leases": owners.leases,
        }
        objects: list[Json] | None = None
        if resource.group in ("apps", "batch", "argoproj.io", "ray.io"):
            objects = owners.controllers(self._cluster, resource.kind, state.members)
        elif make := lists.get(resource.name):
            objects = make(self._cluster)
        kind = resource.kind
        fields: dict[str, Callable[[Json], str]] = {
            "metadata.name": lambda item: item["metadata"]["name"],
            "metadata.namespace": lambda item: item["metadata"].get("namespace", ""),
        }
        return Collection(
            resource, objects or [], lambda item: (item["metadata"].get("namespace", ""), item["metadata"]["name"]),
            lambda item: item["metadata"].get("labels", {}), lambda item: compact(item["metadata"]),
            lambda item, _: compact(item), tables.columns(kind), lambda item, now: tables.cells(kind, item, now),
            # Events may be selected by many fields.
            None if objects is None else fields,
        )  # fmt: skip
