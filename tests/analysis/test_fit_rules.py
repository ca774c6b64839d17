"""c3s fit: the rules that random clusters seldom reach, each with the smallest cluster that needs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.analysis.clusters import HOST, ZONE, Json, in_zone, placed, spread
from tests.conftest import Run
from tests.servers import FakeApi, node, pod


def test_pods_that_are_being_deleted_do_not_count_for_a_spread(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(in_zone("n1", "a"), in_zone("n2", "b"))
    going = pod("default", "old", "n1", labels={"app": "a"})
    api.pods(going)
    assert placed(run, api, tmp_path, spread(ZONE)) == {"n1": 0, "n2": 1}
    going["metadata"]["deletionTimestamp"] = "2026-03-02T09:00:00Z"
    api.pods(going)
    assert placed(run, api, tmp_path, spread(ZONE)) == {"n1": 1, "n2": 0}


@pytest.mark.parametrize(("policy", "count"), [("Honor", 3), (None, 3), ("Ignore", 1)])
def test_a_spread_counts_the_nodes_of_its_affinity_policy(
    run: Run, api: FakeApi, tmp_path: Path, policy: str | None, count: int
) -> None:
    api.nodes(in_zone("n1", "a", disk="ssd"), in_zone("n2", "b"))
    api.pods()
    rules = spread(ZONE, nodeAffinityPolicy=policy) | {"nodeSelector": {"disk": "ssd"}}
    assert placed(run, api, tmp_path, rules, 3) == {"n1": count, "n2": 0}


@pytest.mark.parametrize(("policy", "count"), [("Honor", 3), (None, 1), ("Ignore", 1)])
def test_a_spread_counts_the_nodes_of_its_taints_policy(
    run: Run, api: FakeApi, tmp_path: Path, policy: str | None, count: int
) -> None:
    tainted = in_zone("n2", "b")
    tainted["spec"] = {"unschedulable": True}
    api.nodes(in_zone("n1", "a"), tainted)
    api.pods()
    assert placed(run, api, tmp_path, spread(ZONE, nodeTaintsPolicy=policy), 3) == {"n1": count, "n2": 0}


def test_a_spread_rises_domain_by_domain(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(in_zone("n1", "a"), in_zone("n2", "a"), in_zone("n3", "b"))
    api.pods()
    assert placed(run, api, tmp_path, spread(ZONE), 7) == {"n1": 2, "n2": 2, "n3": 3}
    assert placed(run, api, tmp_path, spread(HOST), 7) == {"n1": 3, "n2": 2, "n3": 2}
    assert placed(run, api, tmp_path, spread(ZONE, minDomains=3), 7) == {"n1": 1, "n2": 0, "n3": 1}


@pytest.mark.parametrize(
    ("toleration", "count"),
    [
        ({"operator": "Exists"}, 1),
        ({"key": "dedicated", "operator": "Exists"}, 1),
        ({"key": "dedicated", "value": "gpu"}, 1),
        ({"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}, 1),
        ({"key": "dedicated", "value": "gpu", "effect": "NoExecute"}, 0),
        ({"key": "dedicated", "value": "web"}, 0),
        ({"key": "dedicated"}, 0),
        ({"key": "other", "operator": "Exists"}, 0),
        ({"key": "", "value": "gpu"}, 0),
    ],
)
def test_a_taint_is_tolerated(run: Run, api: FakeApi, tmp_path: Path, toleration: Json, count: int) -> None:
    api.nodes(node("n1", spec={"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}))
    api.pods()
    assert placed(run, api, tmp_path, {"tolerations": [toleration]}) == {"n1": count}


@pytest.mark.parametrize(
    ("term", "nodes"),
    [
        ({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]}, ["n2"]),
        ({"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["n2"]}]}, ["n1", "n3"]),
        ({"matchExpressions": [{"key": "size", "operator": "Gt", "values": ["1"]}]}, ["n2"]),
        ({"matchExpressions": [{"key": "size", "operator": "Lt", "values": ["2"]}]}, ["n1"]),
        ({"matchExpressions": [{"key": "size", "operator": "NotIn", "values": ["1"]}]}, ["n2", "n3"]),
        ({"matchExpressions": [{"key": "size", "operator": "DoesNotExist"}]}, ["n3"]),
        (
            {
                "matchExpressions": [{"key": "size", "operator": "Exists"}],
                "matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["n1"]}],
            },
            ["n2"],
        ),
        ({}, []),
    ],
    ids=str,
)
def test_a_node_affinity_matches(run: Run, api: FakeApi, tmp_path: Path, term: Json, nodes: list[str]) -> None:
    sized = [node(name, labels={"size": size} if size else {}) for name, size in (("n1", "1"), ("n2", "2"), ("n3", ""))]
    api.nodes(*sized)
    api.pods()
    rule = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    found = placed(run, api, tmp_path, {"affinity": rule}, 99)
    assert sorted(name for name, count in found.items() if count) == nodes


@pytest.mark.parametrize(
    ("rule", "kept_off"),
    [
        ({}, ["n1"]),
        ({"namespaces": ["other"]}, ["n2"]),
        ({"namespaces": ["default", "other"]}, ["n1", "n2"]),
        ({"namespaceSelector": {}}, ["n1", "n2"]),
    ],
    ids=str,
)
def test_an_anti_affinity_looks_at_its_namespaces(
    run: Run, api: FakeApi, tmp_path: Path, rule: Json, kept_off: list[str]
) -> None:
    term = {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": "b"}}, **rule}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    api.nodes(in_zone("n1", "a"), in_zone("n2", "a"), in_zone("n3", "b"))
    api.pods(pod("default", "one", "n1", labels={"app": "b"}), pod("other", "two", "n2", labels={"app": "b"}))
    found = placed(run, api, tmp_path, {"affinity": affinity}, 99)
    assert sorted(name for name, count in found.items() if not count) == kept_off


def test_running_pods_keep_others_away_with_their_own_anti_affinity(run: Run, api: FakeApi, tmp_path: Path) -> None:
    term = {"topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": "a"}}, "namespaces": ["default"]}
    rule = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    api.nodes(in_zone("n1", "a"), in_zone("n2", "a"), in_zone("n3", "b"))
    api.pods(pod("other", "loner", "n1", spec={"affinity": rule}))
    assert placed(run, api, tmp_path, {}, 9) == {"n1": 0, "n2": 0, "n3": 4}


def test_drained_pods_of_high_priority_are_placed_first_and_deleted_ones_not_at_all(run: Run, api: FakeApi) -> None:
    api.nodes(node("n1"), node("n2", cpu="1"))
    leaving = pod("default", "c", "n1", requests={"cpu": "1"}, spec={"priority": 9})
    leaving["metadata"]["deletionTimestamp"] = "2026-03-02T09:00:00Z"
    low = pod("default", "a", "n1", requests={"cpu": "1"})
    high = pod("default", "b", "n1", requests={"cpu": "1"}, spec={"priority": 5})
    api.pods(low, high, leaving)
    result = run(f"fit --without n1 --server {api.url} --limit 0")
    assert result.err.splitlines()[1] == "1 of 2 pods of n1 fit elsewhere; no room for default/a"
    assert result.code == 3


def test_a_full_domain_opens_again_once_all_others_have_caught_up(run: Run, api: FakeApi, tmp_path: Path) -> None:
    names = [f"n{number:02}" for number in range(33)]
    api.nodes(*(in_zone(name, "a" if name < "n11" else "b") for name in names))
    api.pods()
    assert set(placed(run, api, tmp_path, spread(HOST), 66).values()) == {2}
    both = spread(HOST)["topologySpreadConstraints"] + spread(ZONE, maxSkew=30)["topologySpreadConstraints"]
    assert set(placed(run, api, tmp_path, {"topologySpreadConstraints": both}, 66).values()) == {2}


def test_a_workload_keeps_clear_of_the_pods_placed_before_it(run: Run, api: FakeApi, tmp_path: Path) -> None:
    term = {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": "a"}}}
    rule = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{}], "affinity": rule}}
    items = [
        {"kind": "Deployment", "metadata": {"name": name}, "spec": {"template": template}} for name in ("x", "y", "z")
    ]
    path = tmp_path / "three.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    api.nodes(in_zone("n1", "a"), in_zone("n2", "b"))
    api.pods()
    result = run(f"fit -f {path} --columns placed --no-headers --server {api.url}")
    assert [line.split() for line in result.out.splitlines()] == [
        ["n1", "Deployment/x", "1"],
        ["n2", "Deployment/x", "0"],
        ["n1", "Deployment/y", "0"],
        ["n2", "Deployment/y", "1"],
        ["n1", "Deployment/z", "0"],
        ["n2", "Deployment/z", "0"],
    ]
    assert result.code == 3


@pytest.mark.parametrize(
    ("ports", "network", "count"),
    [
        ([{"containerPort": 80, "hostPort": 80}], False, 0),
        ([{"containerPort": 80}], True, 0),
        ([{"containerPort": 80}], False, 4),
        ([{"containerPort": 80, "hostPort": 80, "protocol": "UDP"}], False, 1),
        ([{"containerPort": 80, "hostPort": 80, "hostIP": "10.0.0.2"}], False, 1),
        ([{"containerPort": 80, "hostPort": 80, "hostIP": "10.0.0.1"}], False, 0),
    ],
)
def test_a_port_of_the_node_is_taken_once(
    run: Run, api: FakeApi, tmp_path: Path, ports: list[Json], network: object, count: int
) -> None:
    taken = [{"name": "c", "ports": [{"containerPort": 80, "hostIP": "10.0.0.1"}]}]
    api.nodes(node("n1", cpu="4"))
    api.pods(pod("other", "old", "n1", spec={"hostNetwork": True, "containers": taken}))
    containers = [{"resources": {"requests": {"cpu": "1"}}, "ports": ports}]
    assert placed(run, api, tmp_path, {"hostNetwork": network, "containers": containers}, 9) == {"n1": count}


def test_numbers_of_labels_are_those_of_go(run: Run, api: FakeApi, tmp_path: Path) -> None:
    sizes = {"n1": "1_0", "n2": "10", "n3": "99999999999999999999", "n4": "+10"}
    api.nodes(*(node(name, labels={"size": size}) for name, size in sizes.items()))
    api.pods()
    term = {"matchExpressions": [{"key": "size", "operator": "Gt", "values": ["5"]}]}
    rule = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    found = placed(run, api, tmp_path, {"affinity": rule}, 99)
    assert sorted(name for name, count in found.items() if count) == ["n2", "n4"]


def test_a_pod_is_counted_in_whole_millicores(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(node("n1", cpu="10m"))
    api.pods(pod("default", "old", "n1", requests={"cpu": "1500u"}))
    containers = [{"resources": {"requests": {"cpu": "1500u"}}}]
    assert placed(run, api, tmp_path, {"containers": containers}, 9) == {"n1": 4}


def test_a_drained_node_remains_a_domain(run: Run, api: FakeApi) -> None:
    rule = {"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    spec = {"topologySpreadConstraints": [{**rule, "labelSelector": {"matchLabels": {"app": "a"}}}]}
    api.nodes(in_zone("n1", "a"), in_zone("n2", "b"))
    api.pods(*(pod("default", f"p{n}", f"n{n}", labels={"app": "a"}, spec=spec) for n in (1, 2)))
    result = run(f"fit --without n1 --server {api.url} --limit 0")
    assert result.err.splitlines()[1:3] == [
        "0 of 1 pods of n1 fit elsewhere; no room for default/p1",
        "1 of 1 pods of n1 fit elsewhere once it is deleted",
    ]
    assert result.code == 3


@pytest.mark.parametrize(("spec", "count"), [({"nodeName": "n2"}, 1), ({"schedulingGates": [{"name": "wait"}]}, 0)])
def test_pods_that_the_scheduler_does_not_place(run: Run, api: FakeApi, tmp_path: Path, spec: Json, count: int) -> None:
    api.nodes(node("n1"), node("n2", cpu="1", spec={"unschedulable": True}))
    api.pods()
    assert placed(run, api, tmp_path, spec, 9) == {"n1": 0, "n2": count}
