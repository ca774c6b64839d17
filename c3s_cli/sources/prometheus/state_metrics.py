"""Facts from kube-state-metrics in Prometheus: nodes, pods and owners without an API server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, partial
from sys import intern
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.amounts.allocation import ContainerResources, PodResources, binding_limits_of, limits_of, requests_of
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ApiError, C3sError, MetricsUnavailable, UsageError
from c3s_cli.model.rows import Amounts, Container, NodeDetails, NodeFacts, PodFacts
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.decode.nodes import POOL_LABELS, TYPE_LABELS, ZONE_LABELS
from c3s_cli.sources.decode.pods import FINISHED
from c3s_cli.sources.prometheus import promql

if TYPE_CHECKING:
    from c3s_cli.sources.core_api import Stale
    from c3s_cli.sources.decode.owners import Owners
    from c3s_cli.sources.prometheus.decoding import Labels
    from c3s_cli.sources.prometheus.engine import Engine
    from c3s_cli.sources.source import Claims, Scope

Key = tuple[str, str]
POD: Final = ("namespace", "pod")
CONTAINER: Final = (*POD, "container")
# Resource names are sanitised for labels, so some characters are lost.
NAMES: Final = {"ephemeral_storage": "ephemeral-storage"}
DOMAIN: Final = re.compile(r"(?P<domain>\w+?_(?:com|io|org|dev|net))_(?P<name>\w+)")


@cache
def resource_of(label: str) -> str:
    """Restore the name of a resource: `nvidia_com_gpu` is `nvidia.com/gpu`."""
    if label.startswith("hugepages_"):
        return label.replace("_", "-")
    match = DOMAIN.fullmatch(label)
    return f"{match['domain'].replace('_', '.')}/{match['name']}" if match else NAMES.get(label, label)


class ExportedLabels(dict[str, str]):
    """Labels of an object, by the names that kube-state-metrics gives them: `a.b/c` is `label_a_b_c`."""

    def get(self, key: str, default: Any = None) -> Any:
        """Return a label by its original name."""
        return super().get(_exported(key), default)


def _exported(key: str) -> str:
    return "label_" + re.sub(r"[^a-zA-Z0-9_]", "_", key)


class StateMetrics:
    """Facts at a time, None for now. Has the methods of CoreApi."""

    def __init__(
        self, engine: Engine, match: str, time: float | None, scope: Scope, *, details: bool, labels: bool
    ) -> None:
        if scope.labels or scope.fields:
            raise UsageError("--facts source does not support selectors", hint="only the API server can apply them")
        self.engine = engine
        self.match = match
        self.time = time
        self.scope = scope
        self.details = details
        self.labels = labels

    def nodes(self) -> dict[str, NodeFacts]:
        """Read the nodes, by name: those in scope, or all nodes if the scope is pods."""
        named = self.scope.name if self.scope.objects is Kind.NODE else None
        more = promql.joined({"node": [named] if named else []})
        wanted = {"allocatable": ("node", "resource"), "capacity": ("node", "resource")}
        vectors = self._ask({f"kube_node_status_{what}": by for what, by in wanted.items()}, more)
        amounts: dict[str, dict[str, dict[str, int]]] = {}
        for what in wanted:
            for labels, number in vectors[f"kube_node_status_{what}"]:
                node_amounts = amounts.setdefault(labels.get("node", ""), {"allocatable": {}, "capacity": {}})
                node_amounts[what].update(_amount(labels, number))
        if not amounts:
            self._explain_nothing(named)
        details = self._node_details(more) if self.details else {}
        return {
            name: NodeFacts(name, node_amounts["allocatable"], node_amounts["capacity"], None, details.get(name))
            for name, node_amounts in amounts.items()
        }

    def _explain_nothing(self, named: str | None) -> None:
        if named:
            raise ApiError(404, "NotFound", f'nodes "{named}" not found')
        raise MetricsUnavailable(
            "this Prometheus has no facts about nodes", hint="it must scrape kube-state-metrics, version 2"
        )

    def node_names(self) -> dict[str, str]:
        """Read the names of all nodes. Annotations are unknown."""
        vectors = self._ask({"kube_node_status_allocatable": ("node",)})
        return {labels.get("node", ""): "" for labels, _ in vectors["kube_node_status_allocatable"]}

    def addresses(self) -> dict[str, str]:
        """Return nothing: the source looks up addresses itself."""
        return {}

    def _node_details(self, more: str) -> dict[str, NodeDetails]:
        vectors = self._ask(
            {
                "kube_node_info": ("node", "kubelet_version"),
                "kube_node_labels": (),
                "kube_node_status_condition": ("node", "condition", "status"),
                "kube_node_spec_unschedulable": ("node",),
                "kube_node_spec_taint": ("node", "key", "value", "effect"),
                "kube_node_created": ("node",),
                "kube_node_role": ("node", "role"),
            },
            more,
        )
        by_name = {}
        ready = {
            labels.get("node"): labels.get("status") == "true"
            for labels, number in vectors["kube_node_status_condition"]
            if labels.get("condition") == "Ready" and number
        }
        cordoned = {labels.get("node") for labels, number in vectors["kube_node_spec_unschedulable"] if number}
        created = {labels.get("node"): number for labels, number in vectors["kube_node_created"]}
        exported = {labels.get("node"): ExportedLabels(labels) for labels, _ in vectors["kube_node_labels"]}
        roles, taints = (_by_node(vectors[name]) for name in ("kube_node_role", "kube_node_spec_taint"))
        for labels, _ in vectors["kube_node_info"]:
            name = labels.get("node", "")
            known = exported.get(name, ExportedLabels())
            status = "Unknown" if name not in ready else "Ready" if ready[name] else "NotReady"
            by_name[name] = NodeDetails(
                labels=known,
                status=f"{status},SchedulingDisabled" if name in cordoned else status,
                roles=tuple(sorted(each.get("role", "") for each in roles.get(name, ()))),
                version=labels.get("kubelet_version", ""),
                taints=tuple(
                    f"{each.get('key')}{'=' * bool(each.get('value'))}{each.get('value', '')}:{each.get('effect')}"
                    for each in taints.get(name, ())
                ),
                created_at=created.get(name),
                pool=_first(known, POOL_LABELS),
                zone=_first(known, ZONE_LABELS),
                instance_type=_first(known, TYPE_LABELS),
            )
        return by_name

    def pods(self) -> dict[Key, PodFacts]:
        """Read the unfinished pods in scope, by namespace and name."""
        vectors = self._ask(
            {
                "kube_pod_info": (*POD, "node", "uid"),
                "kube_pod_owner": (*POD, "owner_kind", "owner_name", "owner_is_controller"),
                "kube_pod_status_phase": (*POD, "phase"),
                "kube_pod_container_info": CONTAINER,
                "kube_pod_container_resource_requests": (*CONTAINER, "resource"),
                "kube_pod_container_resource_limits": (*CONTAINER, "resource"),
                "kube_pod_init_container_resource_requests": (*CONTAINER, "resource"),
                "kube_pod_init_container_resource_limits": (*CONTAINER, "resource"),
                "kube_pod_init_container_info": (*CONTAINER, "restart_policy"),
                "kube_pod_overhead_cpu_cores": POD,
                "kube_pod_overhead_memory_bytes": POD,
                "kube_pod_container_status_restarts_total": CONTAINER,
                "kube_pod_container_status_waiting_reason": (*POD, "reason"),
                "kube_pod_created": POD,
                "kube_pod_status_qos_class": (*POD, "qos_class"),
                **({"kube_pod_labels": ()} if self.labels else {}),
            },
            self._pods_in_scope(),
        )
        by_pod = _Pods(vectors)
        return {
            key: facts
            for labels, _ in vectors["kube_pod_info"]
            if (facts := by_pod.facts(key := _pod(labels), labels)) is not None
        }

    def _pods_in_scope(self) -> str:
        scope = self.scope
        if not scope.objects.namespaced:
            return promql.joined({"node": [scope.name] if scope.name and scope.objects is Kind.NODE else []})
        return promql.joined(
            {"namespace": [scope.namespace] if scope.namespace else [], "pod": [scope.name] if scope.name else []}
        )

    def pod_names(self) -> dict[Key, None]:
        """Read the names of the pods in scope."""
        return dict.fromkeys(self.pods())

    def owners(self) -> Owners:
        """Read the owners of the ReplicaSets and Jobs that own pods."""
        kinds = {"kube_replicaset_owner": ("ReplicaSet", "replicaset"), "kube_job_owner": ("Job", "job_name")}
        by = ("owner_kind", "owner_name", "owner_is_controller")
        vectors = self._ask({name: ("namespace", label, *by) for name, (_, label) in kinds.items()})
        return {
            (labels.get("namespace", ""), kind, labels.get(label, "")): owner
            for name, (kind, label) in kinds.items()
            for labels, _ in vectors[name]
            if (owner := _owner(labels))
        }

    def claims(self) -> Claims:
        """Read which PersistentVolumeClaims the pods in scope mount."""
        name = "kube_pod_spec_volumes_persistentvolumeclaims_info"
        vectors = self._ask(
            {name: (*POD, "persistentvolumeclaim"), "kube_pod_info": (*POD, "node")}, self._pods_in_scope()
        )
        if not vectors[name]:
            raise MetricsUnavailable("this Prometheus does not know who mounts volumes")
        node_of = {_pod(labels): labels.get("node", "") for labels, _ in vectors["kube_pod_info"]}
        claims: dict[Key, list[str]] = {}
        for labels, _ in vectors[name]:
            claims.setdefault(_pod(labels), []).append(labels.get("persistentvolumeclaim", ""))
        return {key: (node_of.get(key, ""), tuple(names)) for key, names in claims.items()}

    def count_pods(self) -> int:
        """Count all pods."""
        vectors = self._ask({"kube_pod_info": POD})
        return len(vectors["kube_pod_info"])

    def stale(self) -> list[Stale]:
        """Return nothing: facts are from the requested time."""
        return []

    def _ask(self, wanted: Mapping[str, tuple[str, ...]], more: str = "") -> dict[str, list[tuple[Labels, float]]]:
        """Query series by the labels that matter. Series of several kube-state-metrics instances count once."""
        selector = ",".join(filter(None, (self.match, more)))
        jobs = {}
        for name, by in wanted.items():
            series = f"{name}{promql.braces(selector)}"
            query = f"max by ({', '.join(by)}) ({series})" if by else series
            jobs[name] = partial(self.engine.vector, query, self.time)
        answers = in_parallel(jobs)
        for answer in answers.values():
            if isinstance(answer, C3sError):
                raise answer
        return answers


class _Pods:
    """The series of pods, by namespace and name."""

    def __init__(self, vectors: Mapping[str, list[tuple[Labels, float]]]) -> None:
        self.vectors = {name: _by_pod(series) for name, series in vectors.items()}

    def series_of(self, name: str, key: Key) -> list[tuple[Labels, float]]:
        return self.vectors.get(name, {}).get(key, [])

    def facts(self, key: Key, info: Labels) -> PodFacts | None:
        """Build the facts of a pod; None if it has finished."""
        phase = next(
            (labels.get("phase", "") for labels, number in self.series_of("kube_pod_status_phase", key) if number), ""
        )
        if phase in FINISHED:
            return None
        sidecars = {
            labels.get("container", "")
            for labels, _ in self.series_of("kube_pod_init_container_info", key)
            if labels.get("restart_policy") == "Always"
        }
        resources = PodResources(
            self._containers("", key, set()), self._containers("init_", key, sidecars), self._overhead(key)
        )
        waiting = self._word("kube_pod_container_status_waiting_reason", "reason", key)
        restarts = self.series_of("kube_pod_container_status_restarts_total", key)
        owner = next(filter(None, (_owner(labels) for labels, _ in self.series_of("kube_pod_owner", key))), "")
        return PodFacts(
            uid=info.get("uid", ""),
            node=intern(info.get("node", "")),
            owner=intern(owner),
            status=intern(waiting or phase or "Unknown"),
            restarts=round(sum(number for _, number in restarts)) if restarts else None,
            created_at=next((number for _, number in self.series_of("kube_pod_created", key)), None),
            qos_class=next(
                (each.get("qos_class", "") for each, n in self.series_of("kube_pod_status_qos_class", key) if n), ""
            ),
            labels=next(
                (ExportedLabels(labels) for labels, _ in self.series_of("kube_pod_labels", key)), ExportedLabels()
            ),
            requests=requests_of(resources),
            limits=limits_of(resources),
            binding_limits=binding_limits_of(resources),
            containers=tuple(
                Container(each.name, None, None, None, each.requests, each.limits)
                for each in (*resources.containers, *resources.init_containers)
                if each.restartable or each in resources.containers
            ),
        )

    def _word(self, name: str, label: str, key: Key) -> str:
        """Return the label of the series whose value is 1, such as the phase of a pod."""
        return next((labels.get(label, "") for labels, number in self.series_of(name, key) if number), "")

    def _overhead(self, key: Key) -> Amounts | None:
        names = {"cpu": ("cpu_cores", 10**9), "memory": ("memory_bytes", 1)}
        amounts = {
            resource: round(number * unit)
            for resource, (name, unit) in names.items()
            for _, number in self.series_of(f"kube_pod_overhead_{name}", key)
        }
        return amounts or None

    def _containers(self, kind: str, key: Key, sidecars: set[str]) -> list[ContainerResources]:
        amounts: dict[str, dict[str, dict[str, int]]] = {
            labels.get("container", ""): {"requests": {}, "limits": {}}
            for labels, _ in ([] if kind else self.series_of("kube_pod_container_info", key))
        }
        for what in ("requests", "limits"):
            for labels, number in self.series_of(f"kube_pod_{kind}container_resource_{what}", key):
                container = amounts.setdefault(labels.get("container", ""), {"requests": {}, "limits": {}})
                container[what].update(_amount(labels, number))
        return [
            ContainerResources(intern(name), container["requests"], container["limits"], restartable=name in sidecars)
            for name, container in amounts.items()
        ]


def _by_pod(series: list[tuple[Labels, float]]) -> dict[Key, list[tuple[Labels, float]]]:
    vectors: dict[Key, list[tuple[Labels, float]]] = {}
    for labels, number in series:
        vectors.setdefault(_pod(labels), []).append((labels, number))
    return vectors


def _pod(labels: Labels) -> Key:
    return labels.get("namespace", ""), labels.get("pod", "")


def _amount(labels: Labels, number: float) -> Amounts:
    resource = resource_of(labels.get("resource", ""))
    return {resource: round(number * 10**9 if resource == "cpu" else number)}


def _owner(labels: Labels) -> str:
    if labels.get("owner_is_controller") != "true" or not labels.get("owner_name"):
        return ""
    return f"{labels.get('owner_kind')}/{labels['owner_name']}"


def _by_node(series: list[tuple[Labels, float]]) -> dict[str, list[Labels]]:
    vectors: dict[str, list[Labels]] = {}
    for labels, _ in series:
        vectors.setdefault(labels.get("node", ""), []).append(labels)
    return vectors


def _first(labels: ExportedLabels, keys: tuple[str, ...]) -> str:
    return next((labels.get(key) for key in keys if labels.get(key)), "")
