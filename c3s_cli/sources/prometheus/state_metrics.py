"""Facts from kube-state-metrics in Prometheus: nodes, pods and owners without an API server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.timestamp import utc
from c3s_cli.amounts.totals import by_key
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ApiError, MetricsUnavailable, UsageError
from c3s_cli.model.rows import NodeDetails, NodeFacts, PodFacts
from c3s_cli.parallel import results_of
from c3s_cli.sources.calls import Memoized
from c3s_cli.sources.core_api import Stale
from c3s_cli.sources.decode.nodes import POOL_LABELS, TYPE_LABELS, ZONE_LABELS
from c3s_cli.sources.decode.owners import Owners
from c3s_cli.sources.prometheus import pod_words, promql, rules
from c3s_cli.sources.prometheus.container_series import queries
from c3s_cli.sources.prometheus.decoding import Labels, Vector
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.pod_series import (
    OWNED,
    OWNER,
    RENAMED,
    TARGET,
    ExportedLabels,
    PodSeries,
    amount_of,
    exported_any,
    own_labels,
    owners_in,
    pod_of,
    still_exported,
)
from c3s_cli.sources.prometheus.range_edges import BACK, Edges, words
from c3s_cli.sources.source import Claims, Scope

Key = tuple[str, str]
Series = list[tuple["Labels", float]]
POD: Final = promql.WHO[:2]
CONTAINER: Final = promql.WHO
INFO: Final = "kube_pod_info"


class StateMetrics(Struct):
    """Facts at a time, None for now. Has the methods of CoreApi.

    If a range ends in a gap of kube-state-metrics, they are of the last moment before that.
    """

    engine: Engine
    match: str
    time: float | None
    scope: Scope
    details: bool
    labels: bool
    states: bool
    _last: Callable[[], float | None] = float

    def __post_init__(self) -> None:
        self._last = Memoized(self._before_gap)
        if self.scope.labels or self.scope.fields:
            raise UsageError("--facts source does not support selectors", hint="only the API server can apply them")

    def nodes(self) -> dict[str, NodeFacts]:
        """Read the nodes, by name: those in scope, or all nodes if the scope is pods."""
        named = self.scope.name if self.scope.objects is Kind.NODE else None
        more = {"node": [named] if named else []}
        wanted = {"allocatable": ("node", "resource"), "capacity": ("node", "resource")}
        vectors = self._ask({f"kube_node_status_{what}": by for what, by in wanted.items()}, more)
        amounts: dict[str, dict[str, dict[str, int]]] = {}
        for what in wanted:
            for labels, number in vectors[f"kube_node_status_{what}"]:
                node_amounts = amounts.setdefault(labels.get("node", ""), {"allocatable": {}, "capacity": {}})
                node_amounts[what].update(amount_of(labels, number))
        # What c3s has printed of the usage of nodes can be shown without facts.
        own = f"count({promql.OWN.memory}{promql.braces(self.match)})"
        if not amounts and not self._vector(own):
            self._explain_nothing(named)
        details = self._node_details(more) if self.details else {}
        return {
            name: NodeFacts(name, node_amounts["allocatable"], node_amounts["capacity"], None, details.get(name))
            for name, node_amounts in amounts.items()
        }

    def _explain_nothing(self, named: str | None) -> None:
        if named:
            raise ApiError(404, "NotFound", f'nodes "{named}" not found')
        nothing = "this Prometheus has no facts about nodes"
        time = self.engine.now() if self.time is None else self.time
        last = Edges(self.engine, self.match, time - BACK, time).last_states()
        hint = None if last is None else f"its last facts before that are of {utc(last)}, which --at shows"
        if self.time is not None:
            raise MetricsUnavailable(f"{nothing} at {utc(self.time)}", hint=hint)
        raise MetricsUnavailable(nothing, hint=hint or "it must scrape kube-state-metrics, version 2")

    def node_names(self) -> dict[str, str]:
        """Read the names of all nodes. Annotations are unknown."""
        vectors = self._ask({"kube_node_status_allocatable": ("node",)})
        return {labels.get("node", ""): "" for labels, _ in vectors["kube_node_status_allocatable"]}

    def addresses(self) -> dict[str, str]:
        """Return nothing: the source looks up addresses itself."""
        return {}

    def _node_details(self, more: Mapping[str, Sequence[str]]) -> dict[str, NodeDetails]:
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
        # Every node has these: without them, nobody knows whether others are exported.
        exported_all = bool(vectors["kube_node_spec_unschedulable"])
        cordoned = {labels.get("node") for labels, number in vectors["kube_node_spec_unschedulable"] if number}
        created = {labels.get("node"): number for labels, number in vectors["kube_node_created"]}
        exported = {labels.get("node"): ExportedLabels(labels) for labels, _ in vectors["kube_node_labels"]}
        roles, taints = (
            by_key((labels.get("node", ""), labels) for labels, _ in vectors[name])
            for name in ("kube_node_role", "kube_node_spec_taint")
        )
        labelled = exported_any(vectors["kube_node_labels"])
        for labels, _ in vectors["kube_node_info"]:
            name = labels.get("node", "")
            known = exported.get(name, ExportedLabels())
            state = "Unknown" if name not in ready else "Ready" if ready[name] else "NotReady"
            status = f"{state},SchedulingDisabled" if name in cordoned else state
            by_name[name] = NodeDetails(
                labels=known,
                status=status if ready else None,
                roles=_roles(roles.get(name, ()), known) if exported_all else None,
                version=labels.get("kubelet_version", ""),
                taints=tuple(
                    f"{each.get('key')}{'=' * bool(each.get('value'))}{each.get('value', '')}:{each.get('effect')}"
                    for each in taints.get(name, ())
                )
                if exported_all
                else None,
                created_at=created.get(name),
                pool=_first(known, POOL_LABELS) if labelled else None,
                zone=_first(known, ZONE_LABELS) if labelled else None,
                instance_type=_first(known, TYPE_LABELS) if labelled else None,
            )
        return by_name

    def pods(self) -> dict[Key, PodFacts]:
        """Read the unfinished pods in scope, by namespace and name."""
        vectors = self._ask(
            {
                "kube_pod_info": (*POD, "node", "uid"),
                "kube_pod_owner": (*POD, *OWNER),
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
                "kube_pod_init_container_status_restarts_total": CONTAINER,
                "kube_pod_created": POD,
                "kube_pod_status_qos_class": (*POD, "qos_class"),
                **({"kube_pod_labels": ()} if self.labels else {}),
                **pod_words.queries(),
                **(queries() if self.states else {}),
            },
            self._pods_in_scope(),
        )
        if self.labels and vectors["kube_pod_info"] and not exported_any(vectors["kube_pod_labels"]):
            self.engine.remarks[
                "kube-state-metrics exports no labels of pods: its --metric-labels-allowlist says which"
            ] = None
        unknown = self._unknown(vectors)
        if "owner" in unknown:
            vectors |= self._owners_by_rule(vectors)
        if self.scope.objects is Kind.POD and self.scope.name and not vectors["kube_pod_info"]:
            raise ApiError(404, "NotFound", f'pods "{self.scope.name}" not found')
        by_pod = PodSeries(vectors, states=self.states, unknown=unknown)
        return {
            key: facts
            for labels, _ in vectors["kube_pod_info"]
            if (facts := by_pod.facts(key := pod_of(labels), labels)) is not None
        }

    def _owners_by_rule(self, vectors: Mapping[str, Series]) -> dict[str, Series]:
        """Return owners by the recording rule; without other facts, also the pods that have usage by rules."""
        by = (*POD, "workload", "workload_type")
        series = self._ask({rules.OWNERS: by}, self._pods_in_scope())[rules.OWNERS]
        if not series:
            return {}
        self.engine.remarks[rules.BY_RULE] = None
        owners = []
        for labels, number in series:
            if (workload := rules.workload_of(labels)) is None:
                continue
            kind, _, name = workload.partition("/")
            owned = {"owner_kind": kind, "owner_name": name, "owner_is_controller": "true"} if kind else {}
            owners.append(({**labels, **owned}, number))
        if vectors["kube_pod_info"]:
            return {"kube_pod_owner": owners}
        measured = promql.one_of("__name__", [name for names in rules.RULES.values() for name in names])
        query = f"group by ({promql.OF_POD}) ({promql.braces(measured, self.match)})"
        used = {promql.who(labels)[:2] for labels, _ in self._vector(query)}
        pods = [({name: labels[name] for name in POD}, 1.0) for labels, _ in series if pod_of(labels) in used]
        return {"kube_pod_owner": owners, "kube_pod_info": pods}

    def _unknown(self, vectors: Mapping[str, Series]) -> list[str]:
        """Return what kube-state-metrics does not export of what a pod may lack: then it is unknown."""
        names = {what: f"kube_pod_container_resource_{what}" for what in ("requests", "limits")}
        names |= {"owner": "kube_pod_owner"}
        inits = vectors["kube_pod_init_container_info"]
        names |= {"initialized": pod_words.INITIALIZED} if inits else {}
        unknown = [
            what
            for what, name in names.items()
            if not vectors[name] and not self._vector(f"count({name}{promql.braces(self.match)})")
        ]
        return unknown if self._knows_sidecars(inits) else [*unknown, "sidecars"]

    def _knows_sidecars(self, inits: Series) -> bool:
        """Return whether sidecars would be marked. inits: the init containers in scope."""
        if not inits or any(labels.get("restart_policy") for labels, _ in inits):
            return True
        policy = 'restart_policy!=""'
        marked = f"kube_pod_init_container_info{promql.braces(self.match, policy)}"
        # Versions that know this mark them, too.
        recent = f"kube_pod_container_status_last_terminated_timestamp{promql.braces(self.match)}"
        return bool(self._vector(f"count({marked} or {recent})"))

    def _pods_in_scope(self) -> dict[str, Sequence[str]]:
        scope = self.scope
        names = [scope.name] if scope.name else []
        if not scope.objects.namespaced:
            return {"node": names if scope.objects is Kind.NODE else []}
        return {"namespace": scope.namespaces, "pod": names}

    def pod_names(self) -> dict[Key, None]:
        """Read the names of the pods in scope."""
        return dict.fromkeys(self.pods())

    def owners(self) -> Owners:
        """Read the owners of the ReplicaSets and Jobs that own pods."""
        return owners_in(self._ask({name: ("namespace", label, *OWNER) for name, (_, label) in OWNED.items()}))

    def claims(self) -> Claims:
        """Read which PersistentVolumeClaims the pods in scope mount."""
        name = "kube_pod_spec_volumes_persistentvolumeclaims_info"
        vectors = self._ask(
            {name: (*POD, "persistentvolumeclaim"), "kube_pod_info": (*POD, "node")}, self._pods_in_scope()
        )
        if not vectors[name]:
            raise MetricsUnavailable("this Prometheus does not know who mounts volumes")
        node_of = {pod_of(labels): labels.get("node", "") for labels, _ in vectors["kube_pod_info"]}
        claims = by_key((pod_of(labels), labels.get("persistentvolumeclaim", "")) for labels, _ in vectors[name])
        return {key: (node_of.get(key, ""), tuple(names)) for key, names in claims.items()}

    def count_pods(self) -> int:
        """Count all pods. MetricsUnavailable if no series tells of any."""
        pods = self._ask({"kube_pod_info": POD})["kube_pod_info"]
        if not pods:
            raise MetricsUnavailable("this Prometheus has no facts about pods")
        return len(pods)

    def namespaces(self) -> list[str]:
        """Return the names of the namespaces that have pods."""
        return [labels.get("namespace", "") for labels, _ in self._ask({"kube_pod_info": POD[:1]})["kube_pod_info"]]

    def stale(self) -> list[Stale]:
        """Return nothing: facts are from the requested time."""
        return []

    def _ask(
        self, wanted: Mapping[str, tuple[str, ...]], scope: Mapping[str, Sequence[str]] | None = None
    ) -> dict[str, list[tuple[Labels, float]]]:
        """Query series by the labels that matter. Series of several kube-state-metrics instances count once.

        scope: the values of labels to choose. Where a scrape job has labels of the same names, Prometheus has renamed
        those that matter (`exported_pod`), unless it was told to honor them.
        """
        chosen = {label: values for label, values in (scope or {}).items() if values}
        answers = self._send(wanted, promql.match_labels(chosen))
        if chosen and not any(answers.values()):
            answers = self._send(wanted, promql.match_labels({f"exported_{label}": chosen[label] for label in chosen}))
        return {
            name: [
                (labels, number)
                for labels, number in own_labels(series, wanted[name])
                if all(label not in labels or labels[label] in values for label, values in chosen.items())
            ]
            for name, series in answers.items()
        }

    def _send(self, wanted: Mapping[str, tuple[str, ...]], more: str) -> dict[str, Vector]:
        jobs = {}
        for name, by in wanted.items():
            series = f"{name}{promql.braces(self.match, more)}"
            more_labels = (*(f"exported_{label}" for label in by if label in RENAMED), *TARGET * (name == INFO))
            labels = ", ".join((*by, *more_labels))
            if name == INFO:
                series = f"timestamp({series})"
            jobs[name] = partial(self._vector, f"max by ({labels}) ({series})" if by else series)
        answers = results_of(jobs)
        return answers | {name: still_exported(answers[name]) for name in answers if name == INFO}

    def _vector(self, query: str) -> Vector:
        found = self.engine.vector(query, self.time)
        last = None if found else self._last()
        return found if last is None else self.engine.vector(query, last)

    def _before_gap(self) -> float | None:
        """Return the last moment with data of a range that ends in a gap; None if it does not."""
        if self.scope.period is None or not self.scope.period.is_range:
            return None
        edges = Edges(self.engine, self.match, *self.scope.period.bounds(self.engine.now() if self.time is None else 0))
        last: float | None = edges.last_states()
        if last is not None and edges.last_usage() is None:
            self.engine.remarks[words(last, edges.end, "of kube-state-metrics")] = None
        return last


def _roles(series: Sequence[Labels], labels: ExportedLabels) -> tuple[str, ...]:
    roles = {*(each.get("role", "") for each in series), labels.get("kubernetes.io/role", "")}
    return tuple(sorted(roles - {""}))


def _first(labels: ExportedLabels, keys: tuple[str, ...]) -> str:
    return next((labels.get(key) for key in keys if labels.get(key)), "")
