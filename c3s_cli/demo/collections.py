"""One collection per resource: its sorted objects, their JSON, and the fields for selectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from c3s_cli.demo import nodes, owners, pods, tables
from c3s_cli.demo.collection import Collection, Dictionaries, Key, Nothing
from c3s_cli.demo.kubelet import volumes
from c3s_cli.demo.load import TICK
from c3s_cli.demo.metrics import Metrics
from c3s_cli.demo.pod_status import phase
from c3s_cli.demo.templates import compact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from c3s_cli.demo.cluster import Cluster
    from c3s_cli.demo.selectors import Field
    from c3s_cli.demo.state import State
    from c3s_cli.demo.things import Node, Pod


class CoreNodes(Collection["Node"]):
    """nodes of the core group."""

    fields = frozenset({"metadata.name", "spec.unschedulable"})
    columns = tables.NODE_COLUMNS
    keeps = True

    def __init__(self, state: State, renderer: nodes.Nodes) -> None:
        self.objects = state.nodes
        self._nodes = renderer

    def key(self, item: Node) -> Key:
        """Return its (namespace, name)."""
        return "", item.name

    def text(self, item: Node, now: int) -> str:  # noqa: ARG002  does not change
        """Return its JSON."""
        return self._nodes.item(item)

    def metadata(self, item: Node) -> str:
        """Return its metadata's JSON."""
        return self._nodes.metadata(item)

    def labels(self, item: Node) -> Mapping[str, str]:
        """Return its labels."""
        return nodes.labels(item)

    def field(self, item: Node, label: str) -> str:
        """Return a field's value."""
        return item.name if label == "metadata.name" else str(item.unschedulable).lower()

    def cells(self, item: Node, now: int) -> list[Any]:
        """Return its row."""
        return tables.node_cells(item, self._nodes.created(item), now)


class CorePods(Collection["Pod"]):
    """pods of the core group."""

    fields = frozenset(
        {
            "metadata.name", "metadata.namespace", "spec.nodeName", "spec.restartPolicy", "spec.schedulerName",
            "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs",
            "status.nominatedNodeName",
        }
    )  # fmt: skip
    columns = tables.POD_COLUMNS

    def __init__(self, state: State, renderer: pods.Pods) -> None:
        self.objects = state.pods
        self.keys = state.keys
        self._state = state
        self._pods = renderer

    def key(self, item: Pod) -> Key:
        """Return its (namespace, name)."""
        return item.group.namespace, item.name

    def text(self, item: Pod, now: int) -> str:  # noqa: ARG002  does not change
        """Return its JSON."""
        return self._pods.item(item)

    def metadata(self, item: Pod) -> str:
        """Return its metadata's JSON."""
        return self._pods.metadata(item)

    def labels(self, item: Pod) -> Mapping[str, str]:
        """Return its labels."""
        return pods.labels(item)

    def field(self, item: Pod, label: str) -> str:
        """Return a field's value."""
        workload = item.group.workload
        match label:
            case "metadata.name":
                return item.name
            case "metadata.namespace":
                return item.group.namespace
            case "spec.nodeName":
                return item.node.name if item.node else ""
            case "status.phase":
                return phase(item.state)
            case "spec.restartPolicy":
                return {"CronJob": "OnFailure", "Job": "Never"}.get(workload.kind, "Always")
            case "spec.schedulerName":
                return "default-scheduler"
            case "spec.serviceAccountName":
                return workload.name
            case "spec.hostNetwork":
                return str(workload.host_network).lower()
            case "status.podIP" | "status.podIPs":
                return item.pod_ip
            case _:
                return ""

    def cells(self, item: Pod, now: int) -> list[Any]:
        """Return its row."""
        texts = self._pods.texts(item)
        return tables.pod_cells(item, (texts.ready, texts.status), self._pods.restarted(item), now)

    def narrow(self, terms: Sequence[Field]) -> Sequence[Pod]:
        """Return the pods of the node that the terms select, if any."""
        for term in terms:
            if term.label == "spec.nodeName" and term.equal:
                if not term.value:
                    return [pod for pod in self.objects if pod.node is None]
                return sorted(self._state.on_node.get(term.value, ()), key=self.key)
        return self.objects


class NodeMetrics(Collection["Node"]):
    """nodes of metrics.k8s.io."""

    columns = tables.METRICS_COLUMNS
    keeps = True

    def __init__(self, state: State, metrics: Metrics) -> None:
        self.objects = state.nodes
        self._state = state
        self._metrics = metrics

    def key(self, item: Node) -> Key:
        """Return its (namespace, name)."""
        return "", item.name

    def text(self, item: Node, now: int) -> str:
        """Return its JSON."""
        return self._metrics.node(item, now // TICK, self._state.running(item, now))

    def metadata(self, item: Node) -> str:
        """Return its metadata's JSON."""
        return compact({"name": item.name, "labels": nodes.labels(item)})

    def labels(self, item: Node) -> Mapping[str, str]:
        """Return its labels."""
        return nodes.labels(item)

    def cells(self, item: Node, now: int) -> list[Any]:
        """Return its row."""
        running = self._state.running(item, now)
        return tables.metrics_cells(item.name, *self._metrics.load.node(item, now // TICK, running))

    def present(self, item: Node, now: int) -> bool:  # noqa: ARG002  a node stays silent
        """Return whether there are metrics of it."""
        return not item.silent


class PodMetrics(Collection["Pod"]):
    """pods of metrics.k8s.io."""

    columns = tables.METRICS_COLUMNS
    keeps = True

    def __init__(self, state: State, metrics: Metrics) -> None:
        self.objects = state.pods
        self.keys = state.keys
        self._state = state
        self._metrics = metrics

    def key(self, item: Pod) -> Key:
        """Return its (namespace, name)."""
        return item.group.namespace, item.name

    def text(self, item: Pod, now: int) -> str:
        """Return its JSON."""
        return self._metrics.pod(item, now // TICK)

    def metadata(self, item: Pod) -> str:
        """Return its metadata's JSON."""
        return compact({"name": item.name, "namespace": item.group.namespace, "labels": pods.labels(item)})

    def labels(self, item: Pod) -> Mapping[str, str]:
        """Return its labels."""
        return pods.labels(item)

    def cells(self, item: Pod, now: int) -> list[Any]:
        """Return its row."""
        used = self._metrics.load.containers(item, now // TICK)
        return tables.metrics_cells(item.name, sum(cpu for _, cpu, _ in used), sum(memory for *_, memory in used))

    def present(self, item: Pod, now: int) -> bool:
        """Return whether there are metrics of it."""
        return self._state.measured(item, now)


class Renderers:
    """The renderers for the objects of every state of a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.pods = pods.Pods(cluster)
        self.nodes = nodes.Nodes(cluster)
        self.metrics = Metrics(cluster)


class Collections:
    """The collections of a cluster's state, each made on first use."""

    def __init__(self, state: State, renderers: Renderers) -> None:
        self._state = state
        self._renderers = renderers
        self._made: dict[tuple[str, str], Collection[Any]] = {}

    def get(self, group: str, name: str, kind: str) -> Collection[Any]:
        """Return the collection of a resource."""
        found = self._made.get((group, name))
        if found is None:
            found = self._made[group, name] = self._make(group, name, kind)
        return found

    def _make(self, group: str, name: str, kind: str) -> Collection[Any]:
        state, cluster, renderers = self._state, self._state.cluster, self._renderers
        match group, name:
            case "", "nodes":
                return CoreNodes(state, renderers.nodes)
            case "", "pods":
                return CorePods(state, renderers.pods)
            case "metrics.k8s.io", "nodes":
                return NodeMetrics(state, renderers.metrics)
            case "metrics.k8s.io", "pods":
                return PodMetrics(state, renderers.metrics)
            case "", "namespaces":
                return Dictionaries(owners.namespaces(cluster), kind)
            case "", "persistentvolumeclaims":
                return Dictionaries(volumes.claims(cluster), kind)
            case "", "services":
                return Dictionaries(owners.services(cluster), kind)
            case "coordination.k8s.io", "leases":
                return Dictionaries(owners.leases(cluster), kind)
            case _:
                pass
        if group in ("apps", "batch", "argoproj.io", "ray.io"):
            return Dictionaries(owners.controllers(cluster, kind, state.members), kind)
        return Nothing([])
