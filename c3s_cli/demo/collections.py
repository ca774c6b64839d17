"""One collection for each resource: its objects in order, their text, and what selectors look at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from c3s_cli.demo import nodes, owners, pods, tables
from c3s_cli.demo.catalogue import PENDING
from c3s_cli.demo.load import TICK
from c3s_cli.demo.metrics import Metrics
from c3s_cli.demo.templates import Json, compact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from c3s_cli.demo.cluster import Cluster, Node, Pod
    from c3s_cli.demo.selectors import Field

T = TypeVar("T")
Key = tuple[str, str]


class Collection(Generic[T]):
    """The objects of one resource, sorted by (namespace, name)."""

    objects: Sequence[T]
    # The field labels that its lists can be selected by; None when any may be asked for.
    fields: frozenset[str] | None = frozenset({"metadata.name", "metadata.namespace"})
    columns: Sequence[Json] = tables.NAME_AND_AGE
    # Whether a whole, unselected list is worth keeping as bytes.
    keeps = False

    def __len__(self) -> int:
        return len(self.objects)

    def key(self, item: T) -> Key:
        """Give (namespace, name) of an object; no namespace is ""."""
        raise NotImplementedError

    def text(self, item: T, now: int) -> str:
        """Give the JSON of an object, without kind and apiVersion."""
        raise NotImplementedError

    def metadata(self, item: T) -> str:
        """Give the JSON of an object's metadata."""
        raise NotImplementedError

    def labels(self, item: T) -> Mapping[str, str]:
        """Give an object's labels."""
        raise NotImplementedError

    def field(self, item: T, label: str) -> str:
        """Give the value of a field that selectors can look at."""
        return self.key(item)[label == "metadata.name"]

    def cells(self, item: T, now: int) -> list[Any]:
        """Give what `kubectl get` prints of an object."""
        raise NotImplementedError

    def narrow(self, terms: Sequence[Field]) -> Sequence[T]:  # noqa: ARG002  pods have an index
        """Give objects among which are all that match the terms, in order."""
        return self.objects

    @cached_property
    def keys(self) -> list[Key]:
        """The keys of all objects, in order."""
        return [self.key(item) for item in self.objects]

    def namespace(self, name: str) -> tuple[int, int]:
        """Give the range of a namespace's objects."""
        return bisect_left(self.keys, (name, "")), bisect_right(self.keys, (name, chr(0x10FFFF)))

    def after(self, key: Key) -> int:
        """Give the place of the first object behind a key."""
        return bisect_right(self.keys, key)

    def find(self, namespace: str, name: str) -> T | None:
        """Give one object."""
        place = bisect_left(self.keys, (namespace, name))
        return self.objects[place] if place < len(self.keys) and self.keys[place] == (namespace, name) else None

    def present(self, item: T, now: int) -> bool:  # noqa: ARG002  what metrics differ in
        """Say whether the object is there at a time."""
        return True


class Dictionaries(Collection[Json]):
    """Objects that are few enough to be dictionaries."""

    def __init__(self, objects: Sequence[Json], cluster: Cluster, columns: str = "") -> None:
        self.objects = objects
        self.cluster = cluster
        self.kind = columns
        self.columns = tables.COLUMNS.get(columns, tables.NAME_AND_AGE)

    def key(self, item: Json) -> Key:
        """Give its (namespace, name)."""
        return item["metadata"].get("namespace", ""), item["metadata"]["name"]

    def text(self, item: Json, now: int) -> str:  # noqa: ARG002  does not change
        """Give its JSON."""
        return compact(item)

    def metadata(self, item: Json) -> str:
        """Give its metadata's JSON."""
        return compact(item["metadata"])

    def labels(self, item: Json) -> Mapping[str, str]:
        """Give its labels."""
        labels: Mapping[str, str] = item["metadata"].get("labels", {})
        return labels

    def cells(self, item: Json, now: int) -> list[Any]:
        """Give its row."""
        return tables.cells(self.kind, item, now)


class Nothing(Dictionaries):
    """A resource that the cluster has no objects of; events are asked for by many fields."""

    fields = None


class CoreNodes(Collection["Node"]):
    """nodes of the core group."""

    fields = frozenset({"metadata.name", "spec.unschedulable"})
    columns = tables.NODE_COLUMNS
    keeps = True

    def __init__(self, cluster: Cluster) -> None:
        self.objects = cluster.nodes
        self.cluster = cluster
        self._nodes = nodes.Nodes(cluster)

    def key(self, item: Node) -> Key:
        """Give its (namespace, name)."""
        return "", item.name

    def text(self, item: Node, now: int) -> str:  # noqa: ARG002  does not change
        """Give its JSON."""
        return self._nodes.item(item)

    def metadata(self, item: Node) -> str:
        """Give its metadata's JSON."""
        return self._nodes.metadata(item)

    def labels(self, item: Node) -> Mapping[str, str]:
        """Give its labels."""
        return nodes.labels(item)

    def field(self, item: Node, label: str) -> str:
        """Give a field's value."""
        return item.name if label == "metadata.name" else str(item.unschedulable).lower()

    def cells(self, item: Node, now: int) -> list[Any]:
        """Give its row."""
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

    def __init__(self, cluster: Cluster) -> None:
        self.objects = cluster.pods
        self.cluster = cluster
        self._pods = pods.Pods(cluster)

    def key(self, item: Pod) -> Key:
        """Give its (namespace, name)."""
        return item.group.namespace, item.name

    def text(self, item: Pod, now: int) -> str:  # noqa: ARG002  does not change
        """Give its JSON."""
        return self._pods.item(item)

    def metadata(self, item: Pod) -> str:
        """Give its metadata's JSON."""
        return self._pods.metadata(item)

    def labels(self, item: Pod) -> Mapping[str, str]:
        """Give its labels."""
        return pods.labels(item)

    def field(self, item: Pod, label: str) -> str:
        """Give a field's value."""
        workload = item.group.workload
        match label:
            case "metadata.name":
                return item.name
            case "metadata.namespace":
                return item.group.namespace
            case "spec.nodeName":
                return item.node.name if item.node else ""
            case "status.phase":
                return pods.phase(item.state)
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
        """Give its row."""
        texts = self._pods.texts(item)
        return tables.pod_cells(item, (texts.ready, texts.status), self._pods.restarted(item), now)

    def narrow(self, terms: Sequence[Field]) -> Sequence[Pod]:
        """Give the pods of the one node that is asked for, if one is."""
        for term in terms:
            if term.label == "spec.nodeName" and term.equal:
                if not term.value:
                    return [pod for pod in self.objects if pod.state == PENDING]
                node = self.cluster.by_name.get(term.value)
                return sorted(node.pods, key=self.key) if node else []
        return self.objects


class NodeMetrics(Collection["Node"]):
    """nodes of metrics.k8s.io."""

    columns = tables.METRICS_COLUMNS
    keeps = True

    def __init__(self, cluster: Cluster, metrics: Metrics) -> None:
        self.objects = cluster.nodes
        self._metrics = metrics

    def key(self, item: Node) -> Key:
        """Give its (namespace, name)."""
        return "", item.name

    def text(self, item: Node, now: int) -> str:
        """Give its JSON."""
        return self._metrics.node(item, now // TICK)

    def metadata(self, item: Node) -> str:
        """Give its metadata's JSON."""
        return compact({"name": item.name, "labels": nodes.labels(item)})

    def labels(self, item: Node) -> Mapping[str, str]:
        """Give its labels."""
        return nodes.labels(item)

    def cells(self, item: Node, now: int) -> list[Any]:
        """Give its row."""
        return tables.metrics_cells(item.name, *self._metrics.load.node(item, now // TICK))

    def present(self, item: Node, now: int) -> bool:  # noqa: ARG002  a node stays silent
        """Say whether there are metrics of it."""
        return item.measured


class PodMetrics(Collection["Pod"]):
    """pods of metrics.k8s.io."""

    columns = tables.METRICS_COLUMNS
    keeps = True

    def __init__(self, cluster: Cluster, metrics: Metrics) -> None:
        self.objects = cluster.pods
        self.cluster = cluster
        self._metrics = metrics

    def key(self, item: Pod) -> Key:
        """Give its (namespace, name)."""
        return item.group.namespace, item.name

    def text(self, item: Pod, now: int) -> str:
        """Give its JSON."""
        return self._metrics.pod(item, now // TICK)

    def metadata(self, item: Pod) -> str:
        """Give its metadata's JSON."""
        return compact({"name": item.name, "namespace": item.group.namespace, "labels": pods.labels(item)})

    def labels(self, item: Pod) -> Mapping[str, str]:
        """Give its labels."""
        return pods.labels(item)

    def cells(self, item: Pod, now: int) -> list[Any]:
        """Give its row."""
        used = self._metrics.load.containers(item, now // TICK)
        return tables.metrics_cells(item.name, sum(cpu for _, cpu, _ in used), sum(memory for *_, memory in used))

    def present(self, item: Pod, now: int) -> bool:
        """Say whether there are metrics of it."""
        return self.cluster.measured(item, now)


class Collections:
    """The collections of a cluster, each made when it is first asked for."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._made: dict[tuple[str, str], Collection[Any]] = {}
        self._metrics = Metrics(cluster)

    def get(self, group: str, name: str, kind: str) -> Collection[Any]:
        """Give the collection of a resource."""
        found = self._made.get((group, name))
        if found is None:
            found = self._made[group, name] = self._make(group, name, kind)
        return found

    def _make(self, group: str, name: str, kind: str) -> Collection[Any]:
        cluster = self.cluster
        match group, name:
            case "", "nodes":
                return CoreNodes(cluster)
            case "", "pods":
                return CorePods(cluster)
            case "metrics.k8s.io", "nodes":
                return NodeMetrics(cluster, self._metrics)
            case "metrics.k8s.io", "pods":
                return PodMetrics(cluster, self._metrics)
            case "", "namespaces":
                return Dictionaries(owners.namespaces(cluster), cluster, kind)
            case "coordination.k8s.io", "leases":
                return Dictionaries(owners.leases(cluster), cluster, kind)
            case _:
                pass
        if group in ("apps", "batch", "argoproj.io", "ray.io"):
            return Dictionaries(owners.controllers(cluster, kind), cluster, kind)
        return Nothing([], cluster)
