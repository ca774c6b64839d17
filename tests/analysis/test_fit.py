"""c3s fit: the same result as a reference scheduler, on random clusters."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c3s_cli.cli import main
from tests.analysis.simulated import Json, simulate
from tests.servers import FakeApi, Reply

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
NAMES = ("n1", "n2", "n3", "n4", "n5")
SMALL = {"name": "c", "resources": {"requests": {"cpu": "100m", "memory": "100Mi"}}}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        yield fake


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
def running(draw: st.DrawFn, specs: st.SearchStrategy[Json]) -> list[Json]:
    pods = []
    for number in range(draw(st.integers(0, 8))):
        metadata: Json = {"name": f"p{number}", "namespace": draw(NAMESPACES), "labels": draw(app_labels)}
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


TEAMS = {"default": {"team": "x"}, "other": {"team": "y"}}
KINDS = ("Deployment", "Deployment", "StatefulSet", "Job", "Pod", "DaemonSet")


def manifest(kind: str, namespace: str, labels: Json, spec: Json, replicas: int) -> Json:
    metadata = {"name": "new", "namespace": namespace}
    if kind == "Pod":
        return {"kind": kind, "metadata": {**metadata, "labels": labels}, "spec": spec}
    counts = {"Job": {"parallelism": replicas}, "DaemonSet": {}}.get(kind, {"replicas": replicas})
    template = {"metadata": {"labels": labels}, "spec": spec}
    return {"kind": kind, "metadata": metadata, "spec": {**counts, "template": template}}


scenes = st.one_of(
    st.tuples(rough_nodes(), running(rough_specs), st.sampled_from(KINDS), app_labels, rough_specs),
    st.tuples(calm_nodes(), running(calm_specs), st.sampled_from(KINDS[:3]), app_labels, calm_specs),
    st.tuples(calm_nodes(), running(social_specs), st.sampled_from(KINDS[:3]), app_labels, social_specs),
    st.tuples(calm_nodes(), running(social_specs), st.sampled_from(KINDS), st.just({"app": "a"}), social_specs),
    st.tuples(calm_nodes(), running(calm_specs), st.sampled_from(KINDS[:3]), st.just({"app": "a"}), calm_specs),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenes, NAMESPACES, st.integers(0, 9), st.lists(st.sampled_from(NAMES[:3]), max_size=2, unique=True))
def test_fit_finds_what_a_simulation_finds(
    server: FakeApi,
    tmp_path_factory: pytest.TempPathFactory,
    scene: tuple[list[Json], list[Json], str, Json, Json],
    namespace: str,
    replicas: int,
    without: list[str],
) -> None:
    cluster, pods, kind, labels, spec = scene
    names = {each["metadata"]["name"] for each in cluster}
    without = [name for name in without if name in names]
    wanted = {"DaemonSet": None, "Pod": 1}.get(kind, replicas)
    pod = {"metadata": {"name": "new", "namespace": namespace, "labels": labels}, "spec": spec}
    rows, left = simulate(cluster, pods, pod, wanted, without, TEAMS)

    server.nodes(*cluster)
    server.pods(*pods)
    server.routes["/api/v1/namespaces"] = Reply(
        {"metadata": {}, "items": [{"metadata": {"name": name, "labels": team}} for name, team in TEAMS.items()]}
    )
    path = tmp_path_factory.getbasetemp() / "manifest.json"
    path.write_text(json.dumps(manifest(kind, namespace, labels, spec, replicas)))
    document, code, said = fit(server, path, without)

    found = {row["name"]: (row["fits"], row["placed"], sorted(row["limitedBy"])) for row in document["items"]}
    assert found == rows
    assert [each["unplaced"] for each in document["metadata"]["drained"]] == left
    (verdict,) = document["metadata"]["workloads"]
    assert verdict["placed"] == sum(placed for _, placed, _ in rows.values())
    if wanted is not None:
        assert verdict["replicas"] == wanted
    assert code == (0 if verdict["placed"] == verdict["replicas"] and not any(left) else 3)
    if verdict["replicas"]:
        assert f"{verdict['placed']} of {verdict['replicas']} replicas fit\n" in said


def fit(server: FakeApi, path: Path, without: list[str]) -> tuple[Any, int, str]:
    out, err = io.StringIO(), io.StringIO()
    drains = [word for name in without for word in ("--without", name)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["fit", "-f", str(path), *drains, "-o", "json", "--server", server.url])
    return json.loads(out.getvalue()), code, err.getvalue()
