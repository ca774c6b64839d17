"""Random clusters and pods, by what limits them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.analysis.simulated_rules import Json

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
NAMES = ("n1", "n2", "n3", "n4", "n5")
SMALL = {"name": "c", "resources": {"requests": {"cpu": "100m", "memory": "100Mi"}}}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({}, optional=fields)


def taint(key: str, value: str, effect: str) -> Json:
    return {"key": key, "effect": effect} | ({"value": value} if value else {})


taints = st.lists(
    st.sampled_from(
        [
            taint("dedicated", "gpu", "NoSchedule"),
            taint("dedicated", "web", "NoExecute"),
            taint("old", "", "NoSchedule"),
            taint("soft", "", "PreferNoSchedule"),
            taint("node.kubernetes.io/unreachable", "", "NoExecute"),
            taint("node.kubernetes.io/disk-pressure", "", "NoSchedule"),
            taint("node.kubernetes.io/network-unavailable", "", "NoSchedule"),
        ]
    ),
    max_size=2,
    unique_by=lambda each: (each["key"], each["effect"]),
)
rare = st.integers(0, 5).map(lambda number: number == 0)


@st.composite
def rough_nodes(draw: st.DrawFn) -> list[Json]:
    """Draw nodes of which each may be full, cordoned, tainted, not ready or without labels."""
    made = []
    for name in NAMES[: draw(st.integers(1, 5))]:
        labels = {"size": draw(st.sampled_from(["1", "2", "big"]))}
        labels |= {} if draw(rare) else {HOST: name}
        labels |= {} if draw(rare) else {ZONE: draw(st.sampled_from(["a", "b", ""]))}
        ready = "True" if not draw(rare) else draw(st.sampled_from(["False", "Unknown"]))
        cordoned = draw(rare)
        spec: Json = {"taints": list(draw(st.just([]) | taints)), "unschedulable": cordoned}
        if cordoned and draw(st.booleans()):
            spec["taints"].append(taint("node.kubernetes.io/unschedulable", "", "NoSchedule"))
        offered = {
            "cpu": draw(st.sampled_from(["0", "1", "1500m", "4"])),
            "memory": draw(st.sampled_from(["256Mi", "1000Mi", "3000Mi"])),
            "pods": str(draw(st.integers(0, 7))),
        }
        offered |= draw(optional(gpu=st.sampled_from(["0", "1", "3"])))
        made.append(node(name, labels, spec, offered, ready))
    return draw(st.permutations(made))


@st.composite
def calm_nodes(draw: st.DrawFn) -> list[Json]:
    """Draw nodes with room in several zones, so that what limits is how the pods must be spread."""
    made = []
    for name in NAMES[: draw(st.integers(3, 5))]:
        labels = {"size": draw(st.sampled_from(["1", "2"])), HOST: name, ZONE: draw(st.sampled_from(["a", "b", "c"]))}
        if draw(rare):
            del labels[ZONE]
        spec = {"taints": [taint("old", "", "NoSchedule")] if draw(rare) else []}
        offered = {
            "cpu": "4",
            "memory": draw(st.sampled_from(["2000Mi", "3000Mi"])),
            "pods": str(draw(st.integers(2, 9))),
        }
        made.append(node(name, labels, spec, offered, "True"))
    return made


def node(name: str, labels: Json, spec: Json, offered: Json, ready: str) -> Json:
    status = {"allocatable": offered, "conditions": [{"type": "Ready", "status": ready}]}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}


app_labels = optional(app=st.sampled_from(["a", "b"]), tier=st.sampled_from(["x", "y"]))
containers = st.lists(
    st.builds(
        lambda requests: {"name": "c", "resources": {"requests": requests}},
        optional(
            cpu=st.sampled_from(["0", "100m", "300m", "1"]),
            memory=st.sampled_from(["10Mi", "100Mi", "300Mi"]),
            gpu=st.sampled_from(["1"]),
        ),
    ),
    min_size=1,
    max_size=2,
)
expressions = st.sampled_from(
    [
        {"key": "size", "operator": "In", "values": ["1", "2"]},
        {"key": "size", "operator": "NotIn", "values": ["big"]},
        {"key": "size", "operator": "Gt", "values": ["1"]},
        {"key": "size", "operator": "Lt", "values": ["2"]},
        {"key": ZONE, "operator": "Exists"},
        {"key": ZONE, "operator": "DoesNotExist"},
        {"key": ZONE, "operator": "In", "values": ["a"]},
    ]
)
fields = st.sampled_from(
    [{"key": "metadata.name", "operator": operator, "values": ["n1"]} for operator in ("In", "NotIn")]
)
selectors = st.sampled_from(
    [
        {},
        {"matchLabels": {"app": "a"}},
        {"matchLabels": {"app": "b"}},
        {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
        {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["x"]}]},
        None,
    ]
)
terms = st.lists(optional(matchExpressions=st.lists(expressions, max_size=2), matchFields=st.lists(fields, max_size=1)))
aparts = st.lists(
    st.builds(
        lambda key, selector, more: {"topologyKey": key, "labelSelector": selector, **more},
        st.sampled_from([HOST, ZONE]),
        selectors,
        st.sampled_from(
            [
                {},
                {},
                {"namespaces": ["other"]},
                {"namespaceSelector": {}},
                {"namespaceSelector": {"matchLabels": {"team": "x"}}},
                {"namespaceSelector": {"matchLabels": {"team": "y"}}, "namespaces": ["default"]},
                {"matchLabelKeys": ["tier"]},
                {"mismatchLabelKeys": ["tier"]},
            ]
        ),
    ),
    max_size=2,
)
tolerations = st.lists(
    st.sampled_from(
        [
            {"operator": "Exists"},
            {"key": "dedicated", "operator": "Exists"},
            {"key": "dedicated", "value": "gpu"},
            {"key": "dedicated", "operator": "Equal", "value": "web", "effect": "NoExecute"},
            {"key": "old", "effect": "NoSchedule"},
            {"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"},
            {"operator": "Exists", "effect": "NoSchedule"},
        ]
    ),
    max_size=2,
)
spread = st.builds(
    lambda key, selector, skew, strict, more: {
        "topologyKey": key,
        "labelSelector": selector,
        "maxSkew": skew,
        "whenUnsatisfiable": strict,
        **more,
    },
    st.sampled_from([HOST, ZONE]),
    selectors,
    st.integers(1, 2),
    st.sampled_from(["DoNotSchedule", "DoNotSchedule", "ScheduleAnyway"]),
    optional(
        minDomains=st.integers(1, 3),
        nodeAffinityPolicy=st.sampled_from(["Honor", "Ignore"]),
        nodeTaintsPolicy=st.sampled_from(["Honor", "Ignore"]),
        matchLabelKeys=st.just(["tier"]),
    ),
)


def spreads(least: int) -> st.SearchStrategy[list[Json]]:
    return st.lists(
        spread, min_size=least, max_size=2, unique_by=lambda each: (each["topologyKey"], each["whenUnsatisfiable"])
    )


def affinity(node: Any, apart: Any, near: Any = None) -> Json:
    of_nodes = {} if node is None else {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": node}}}
    of_pods = {"podAffinity": {REQUIRED: near}} if near else {}
    return of_nodes | of_pods | ({"podAntiAffinity": {REQUIRED: apart}} if apart else {})


rough_specs = st.builds(
    lambda inside, rules, near: {"containers": inside, **rules, "affinity": near},
    containers,
    optional(
        nodeSelector=st.sampled_from([{"size": "1"}, {ZONE: "a"}, {}]),
        tolerations=tolerations,
        topologySpreadConstraints=spreads(0),
    ),
    st.builds(affinity, st.none() | terms, aparts),
)
calm_specs = st.builds(
    lambda rules, near: {"containers": [SMALL], **rules, "affinity": near},
    optional(
        nodeSelector=st.sampled_from([{}, {"size": "1"}]),
        topologySpreadConstraints=spreads(1),
        tolerations=st.just([{"operator": "Exists"}]),
    ),
    st.builds(affinity, st.none(), st.just([]) | aparts),
)
ports = st.lists(
    st.builds(
        lambda port, more: {"containerPort": port, **more},
        st.sampled_from([80, 443]),
        optional(
            hostPort=st.sampled_from([80, 443]),
            protocol=st.sampled_from(["TCP", "UDP"]),
            hostIP=st.sampled_from(["10.0.0.1", "0.0.0.0"]),  # noqa: S104  what the API server writes
        ),
    ),
    max_size=2,
)
social_specs = st.builds(
    lambda listened, network, near: {"containers": [{**SMALL, "ports": listened}], "affinity": near, **network},
    st.just([]) | ports,
    st.sampled_from([{}, {}, {"hostNetwork": True}]),
    st.builds(affinity, st.none(), st.just([]) | aparts, st.just([]) | aparts),
)
NAMESPACES = st.sampled_from(["default", "default", "other"])


def as_stored(spec: Json, labels: Json) -> Json:
    """Merge the match label keys of affinities into their selectors, as the API server does."""
    stored: Json = json.loads(json.dumps(spec))
    for kind in ("podAffinity", "podAntiAffinity"):
        for term in stored.get("affinity", {}).get(kind, {}).get(REQUIRED, []):
            for field, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")):
                keys = [key for key in term.get(field, []) if key in labels and term["labelSelector"] is not None]
                found = [{"key": key, "operator": operator, "values": [labels[key]]} for key in keys]
                if found:
                    term["labelSelector"].setdefault("matchExpressions", []).extend(found)
    return stored


@st.composite
def running(
    draw: st.DrawFn, specs: st.SearchStrategy[Json], labels: st.SearchStrategy[Json] = app_labels
) -> list[Json]:
    pods = []
    for number in range(draw(st.integers(0, 8))):
        metadata: Json = {"name": f"p{number}", "namespace": draw(NAMESPACES), "labels": draw(labels)}
        if draw(st.integers(0, 2)) == 0:
            metadata["deletionTimestamp"] = "2026-03-02T09:00:00Z"
        owner = draw(st.sampled_from(["ReplicaSet", "DaemonSet", "Node", ""]))
        if owner:
            metadata["ownerReferences"] = [{"kind": owner, "name": "o", "controller": True}]
        spec = as_stored({**draw(specs), **draw(optional(priority=st.integers(0, 2)))}, metadata["labels"])
        node = draw(st.sampled_from((*NAMES, "")))
        spec |= {"nodeName": node} if node else {}
        phase = "Succeeded" if draw(rare) else "Running"
        pods.append({"metadata": metadata, "spec": spec, "status": {"phase": phase}})
    return pods


KINDS = ("Deployment", "Deployment", "StatefulSet", "Job", "Pod", "DaemonSet")
SIMPLE = KINDS[:3]


def manifest(kind: str, namespace: str, labels: Json, spec: Json, replicas: int, more: Json) -> Json:
    """Make a workload with the name `new`."""
    metadata = {"name": "new", "namespace": namespace}
    if kind == "Pod":
        return {"kind": kind, "metadata": {**metadata, "labels": labels}, "spec": spec}
    jobs = {"parallelism": replicas}
    counts = {"Job": jobs, "CronJob": jobs, "DaemonSet": {}}.get(kind, {"replicas": replicas})
    whole = {**counts, **more, "template": {"metadata": {"labels": labels}, "spec": spec}}
    return {
        "kind": kind,
        "metadata": metadata,
        "spec": {"jobTemplate": {"spec": whole}} if kind == "CronJob" else whole,
    }


NOTHING: st.SearchStrategy[Json] = st.just({})


@st.composite
def scene(
    draw: st.DrawFn,
    nodes: st.SearchStrategy[list[Json]],
    specs: st.SearchStrategy[Json],
    kinds: tuple[str, ...],
    labels: st.SearchStrategy[Json] = app_labels,
    around: st.SearchStrategy[Json] = NOTHING,
) -> tuple[Json, Json, int | None]:
    """Draw a cluster, a manifest, and how many pods it asks for; None for one on each node."""
    cluster = {"nodes": draw(nodes), "pods": draw(running(specs, labels)), **draw(around)}
    kind, replicas = draw(st.sampled_from(kinds)), draw(st.integers(0, 9))
    more: Json = {}
    if kind == "StatefulSet":
        more = draw(optional(ordinals=st.just({"start": 1})))
    elif kind in ("Job", "CronJob"):
        more = draw(optional(completionMode=st.just("Indexed")))
    made = manifest(kind, draw(NAMESPACES), draw(app_labels), draw(specs), replicas, more)
    return cluster, made, {"DaemonSet": None, "Pod": 1}.get(kind, replicas)
