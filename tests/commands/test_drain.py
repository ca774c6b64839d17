"""c3s fit --without, without pods to place: a row for each pod that must move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, node, pod, status

BUDGETS = "/apis/policy/v1/poddisruptionbudgets"
OWNER = ("ReplicaSet", "web")
MOVES = """\
NAMESPACE   NAME    FROM   TO       REASON
x           big     a      <none>   cpu (1 node), cordoned (1 node)
x           small   a      b        <none>
"""


@pytest.fixture
def cluster(api: FakeApi) -> FakeApi:
    """Give a node to drain, one with a little room, and one that is cordoned."""
    pools = {name: {"karpenter.sh/nodepool": pool} for name, pool in {"a": "old", "b": "new", "c": "old"}.items()}
    api.nodes(
        node("a", labels=pools["a"]),
        node("b", cpu="2", labels=pools["b"]),
        node("c", labels=pools["c"], spec={"unschedulable": True}),
    )
    api.pods(
        pod("x", "small", "a", owner=OWNER, requests={"cpu": "1"}),
        pod("x", "big", "a", owner=OWNER, requests={"cpu": "3"}),
        pod("x", "proxy-a", "a", owner=("DaemonSet", "proxy"), requests={"cpu": "3"}),
        pod("x", "etcd-a", "a", owner=("Node", "a"), requests={"cpu": "3"}),
        pod("x", "elsewhere", "b", owner=OWNER),
    )
    return api


def budget(name: str, allowed: int, selector: Any, policy: str | None = None, **state: int) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "x", "name": name},
        "spec": {"selector": selector, "unhealthyPodEvictionPolicy": policy},
        "status": {"disruptionsAllowed": allowed, **state},
    }


def budgets(api: FakeApi, *items: dict[str, Any]) -> None:
    api.routes[BUDGETS] = Reply({"kind": "PodDisruptionBudgetList", "metadata": {}, "items": items})


def reasons(run: Run, api: FakeApi, flags: str = "--without a") -> dict[str, list[str]]:
    items = json.loads(run(f"fit {flags} -o json --server {api.url}").out)["items"]
    return {item["name"]: item["reason"] for item in items}


def test_a_row_for_each_pod_that_must_move(run: Run, cluster: FakeApi) -> None:
    result = run(f"fit --without a --server {cluster.url}")
    said = "1 of 2 pods of a fit elsewhere; no room for x/big\nnot moved: 1 pod of DaemonSets and 1 static pod\n"
    assert result == (3, MOVES, said)
    assert sorted(cluster.paths()) == ["/api/v1/nodes", "/api/v1/pods", BUDGETS]


def test_pods_that_are_ending_are_named(run: Run, cluster: FakeApi) -> None:
    cluster.pods(ending := pod("x", "old", "a", owner=OWNER), pod("x", "new", "b", owner=OWNER))
    ending["metadata"]["deletionTimestamp"] = "2026-03-02T09:29:00Z"
    assert run(f"fit --without a --server {cluster.url}").err.endswith("not moved: 1 Terminating pod (x/old)\n")


def test_every_format_knows_them(run: Run, cluster: FakeApi) -> None:
    command = f"fit --without a --server {cluster.url}"
    assert run(f"{command} -o name").out == "pod/big\npod/small\n"
    assert (
        run(f"{command} -o csv --columns to,cpu.requests").out
        == "namespace,name,to,cpu.requests\nx,big,,3000000000\nx,small,b,1000000000\n"
    )
    samples = [
        line for line in run(f"{command} -o openmetrics --columns from,to,cpu").out.splitlines() if line[0] != "#"
    ]
    assert [sample.replace(cluster.url.removeprefix("http://"), "CONTEXT") for sample in samples] == [
        'c3s_move_cpu_requests_cores{context="CONTEXT",namespace="x",pod="big"} 3.000000000',
        'c3s_move_cpu_requests_cores{context="CONTEXT",namespace="x",pod="small"} 1.000000000',
        'c3s_move_info{context="CONTEXT",namespace="x",pod="big",from="a",to=""} 1',
        'c3s_move_info{context="CONTEXT",namespace="x",pod="small",from="a",to="b"} 1',
    ]
    document = json.loads(run(f"{command} -o json").out)
    assert document["kind"] == "PodMoveList"
    assert document["metadata"]["workloads"] == []
    assert document["metadata"]["drained"] == [
        {"node": "a", "pods": 2, "placed": 1, "unplaced": ["x/big"], "notConsidered": []}
    ]
    assert document["metadata"]["fits"] is False
    assert document["totals"] == {"pods": {"placed": 1, "count": 2}}
    assert [(item["name"], item["from"], item["to"]) for item in document["items"]] == [
        ("big", "a", ""),
        ("small", "a", "b"),
    ]


def test_groups_are_those_of_the_target(run: Run, cluster: FakeApi) -> None:
    result = run(f"fit --without a --by pool --sum --columns pods,cpu --server {cluster.url}")
    assert [line.split() for line in result.out.splitlines()] == [
        ["POOL", "PODS", "CPU-REQUESTS"],
        ["<none>", "0/1", "3000m"],
        ["new", "1/1", "1000m"],
        ["________", "________"],
        ["1/2", "4000m"],
    ]
    assert run(f"fit --without a --by from --columns reason --no-headers --server {cluster.url}").out == (
        "a     cpu (1 node), cordoned (1 node)\n"
    )


def test_columns_of_nodes_need_pods_to_place(run: Run, cluster: FakeApi) -> None:
    assert run(f"fit --without a --columns cpu.free --server {cluster.url}") == (
        2,
        "",
        (
            "error: unknown column 'cpu.free'\n"
            "hint: cpu.free is a column of nodes, which are the rows with pods to place, such as --cpu 1\n"
        ),
    )


def test_conditions_choose_the_nodes_that_leave(run: Run, cluster: FakeApi) -> None:
    command = f"fit --server {cluster.url} --columns to --no-headers"
    result = run(f"{command} --without-where 'pool = new'")
    assert (result.code, result.out) == (0, "x     elsewhere   a\n")
    assert run(f"{command} --without b --without-where 'name = b'") == result
    none = run(f"{command} --without-where 'pool = nosuch'")
    assert (none.code, none.out) == (1, "")
    assert none.err.startswith("error: no node meets --without-where\n")
    usage = run(f"{command} --without-where 'cpu > 1'")
    assert (usage.code, usage.err) == (2, "error: --without-where: fit reads no usage, so cpu.usage is unknown\n")
    assert (
        run(f"fit --one-by-one --cpu 1 --server {cluster.url}").err
        == "error: --one-by-one goes with --without or --without-where\n"
    )


@pytest.mark.parametrize("condition", ["age > 1d", "gpu.allocatable > 0"])
def test_budgets_are_read_for_nodes_that_any_condition_chooses(run: Run, api: FakeApi, condition: str) -> None:
    old = node("a", allocatable={"cpu": "4", "memory": "8Gi", "pods": "9", "nvidia.com/gpu": "1"})
    old["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    young = node("b")
    young["metadata"]["creationTimestamp"] = "2026-03-02T09:00:00Z"
    api.nodes(old, young)
    api.pods(pod("x", "web", "a", owner=OWNER, labels={"app": "web"}))
    budgets(api, budget("web", 0, {}))
    refused = ["drain refuses: budget web allows no disruption"]
    assert reasons(run, api, f"--without-where '{condition}'") == {"web": refused}


def test_several_nodes_leave_at_once_or_one_by_one(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"), node("b"), node("c"))
    api.pods(
        pod("x", "one", "a", owner=OWNER, requests={"cpu": "1"}),
        pod("x", "two", "c", owner=OWNER, requests={"cpu": "2"}),
    )
    command = f"fit --without a,b --columns from,to --no-headers --server {api.url}"
    assert run(command).out == "x     one   a     c\n"
    one_by_one = run(f"{command} --one-by-one")
    assert one_by_one.out == "x     one   a     b\nx     one   b     c\n"
    assert one_by_one.err == (
        "1 of 1 pods of a fit elsewhere\n1 of 1 pods of b fit elsewhere\n2 of 2 pods of 2 nodes fit elsewhere\n"
    )


def test_pods_of_drained_nodes_make_no_room_for_the_ones_that_stay(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"), node("b", cpu="1"))
    apart = [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "d"}}}]
    rule = {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": apart}}}
    api.pods(
        pod("x", "one", "a", owner=OWNER, spec=rule, requests={"cpu": "1"}),
        pod("x", "two", "b", owner=("DaemonSet", "d"), labels={"app": "d"}),
    )
    api.nodes(node("a"), node("b", labels={"kubernetes.io/hostname": "b"}))
    assert reasons(run, api) == {"one": ["anti-affinity (1 node)"]}


# --- what kubectl drain refuses -------------------------------------------------------------------------------


def test_pods_that_a_drain_refuses_are_named(run: Run, cluster: FakeApi) -> None:
    scratch = {"volumes": [{"name": "v", "emptyDir": {}}]}
    cluster.pods(
        pod("x", "bare", "a"),
        pod("x", "scratch", "a", owner=OWNER, spec=scratch),
        pod("x", "daemon", "a", owner=("DaemonSet", "d"), spec=scratch),
        pod("x", "web", "a", owner=OWNER, labels={"app": "web"}),
        pod("y", "web", "a", owner=OWNER, labels={"app": "web"}),
        pod("x", "sticky", "a", owner=OWNER, spec={"tolerations": [{"operator": "Exists"}]}),
    )
    budgets(cluster, budget("web", 0, {"matchLabels": {"app": "web"}}), budget("none", 0, None))
    result = run(f"fit --without a --columns reason --server {cluster.url}")
    assert result.code == 0
    assert [line.split(maxsplit=2) for line in result.out.splitlines()[1:]] == [
        ["x", "bare", "drain refuses: no controller"],
        ["x", "scratch", "drain refuses: local storage"],
        ["x", "sticky", "may come back: tolerates the cordon"],
        ["x", "web", "drain refuses: budget web allows no disruption"],
        ["y", "web", "<none>"],
    ]
    assert result.err == (
        "5 of 5 pods of a fit elsewhere\n"
        "not moved: 1 pod of DaemonSets\n"
        "kubectl drain refuses 3 pods: x/bare (no controller), x/scratch (local storage), "
        "x/web (budget web allows no disruption)\n"
    )


@pytest.mark.parametrize(
    ("items", "ready", "refused"),
    [
        ([budget("b", 1, {})], True, []),
        ([budget("b", 0, {})], True, ["drain refuses: budget b allows no disruption"]),
        ([budget("b", 0, {})], False, ["drain refuses: budget b allows no disruption"]),
        ([budget("b", 0, {}, "AlwaysAllow")], False, []),
        ([budget("b", 0, {}, "AlwaysAllow")], True, ["drain refuses: budget b allows no disruption"]),
        ([budget("b", 0, {}, currentHealthy=2, desiredHealthy=2)], False, []),
        (
            [budget("b", 0, {}, currentHealthy=1, desiredHealthy=2)],
            False,
            ["drain refuses: budget b allows no disruption"],
        ),
        (
            [budget("b", 0, {}, currentHealthy=0, desiredHealthy=0)],
            False,
            ["drain refuses: budget b allows no disruption"],
        ),
        ([budget("b", 1, {}), budget("c", 1, {})], True, ["drain refuses: more than one budget: b, c"]),
    ],
)
def test_budgets_are_judged_as_the_api_server_does(
    run: Run, api: FakeApi, items: list[dict[str, Any]], *, ready: bool, refused: list[str]
) -> None:
    api.nodes(node("a"), node("b"))
    web = pod("x", "web", "a", owner=OWNER, labels={"app": "web"})
    web["status"]["conditions"] = [{"type": "Ready", "status": str(ready)}]
    api.pods(web)
    budgets(api, *items)
    assert reasons(run, api) == {"web": refused}


def test_budgets_that_cannot_be_read_leave_the_answer_incomplete(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"), node("b"))
    api.pods(pod("x", "web", "a", owner=OWNER))
    api.routes[BUDGETS] = status(403, "Forbidden", "no")
    result = run(f"fit --without a --limit 0 --server {api.url}")
    assert (result.code, result.err.splitlines()[1]) == (
        5,
        "warning: pod disruption budgets could not be read: Error from server (Forbidden): no",
    )


def test_owners_are_read_if_a_column_shows_them(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"), node("b"))
    api.pods(pod("x", "web", "a", owner=OWNER))
    command = f"fit --without a --no-headers --columns owner --server {api.url}"
    owned = {
        "metadata": {
            "namespace": "x",
            "name": "web",
            "ownerReferences": [{"kind": "Deployment", "name": "w", "controller": True}],
        }
    }
    api.routes["/apis/batch/v1/jobs"] = Reply({"items": []})
    api.routes["/apis/apps/v1/replicasets"] = Reply({"items": [owned]})
    assert run(command).out == "Deployment/w\n"
    api.routes["/apis/batch/v1/jobs"] = status(403, "Forbidden", "no")
    assert (run(command).code, run(command).out) == (5, "<unknown>\n")
    assert "no controller" not in run(command).err


# --- what is missing ------------------------------------------------------------------------------------------


def pool(name: str, pool: str, cpu: str = "4", zone: str = "z", **more: Any) -> dict[str, Any]:
    labels = {"karpenter.sh/nodepool": pool, "topology.kubernetes.io/zone": zone, "kubernetes.io/hostname": name}
    return node(name, cpu=cpu, labels=labels, **more)


def test_how_many_nodes_of_each_pool_are_missing(run: Run, api: FakeApi) -> None:
    api.nodes(
        pool("big", "big", "8"),
        pool("gpu", "gpu", "8", spec={"taints": [{"key": "gpu", "effect": "NoSchedule"}]}),
        pool("small", "small", "4"),
        # A cordoned node is still of its kind.
        pool("tiny", "tiny", "2", spec={"unschedulable": True}),
    )
    api.pods(
        pod("x", "proxy", "small", owner=("DaemonSet", "proxy"), requests={"cpu": "1"}),
        pod("x", "full", "big", owner=OWNER, requests={"cpu": "8"}),
    )
    command = f"fit --cpu 2 --memory 1Mi --replicas 6 --missing --server {api.url}"
    result = run(f"{command} --limit 0")
    assert (result.code, result.err.splitlines()[1:]) == (
        3,
        [
            "1 of 6 replicas fit",
            "1 node has room for pods that tolerate the taints: --tolerate gpu:NoSchedule",
            "2 more nodes of pool big would make everything fit",
            "no number of nodes of pool gpu would make everything fit",
            "5 more nodes of pool small would make everything fit",
            "5 more nodes of pool tiny would make everything fit",
        ],
    )
    document = json.loads(run(f"{command} -o json").out)
    assert document["metadata"]["missing"] == [
        {"pool": "big", "nodes": 2},
        {"pool": "gpu", "nodes": None},
        {"pool": "small", "nodes": 5},
        {"pool": "tiny", "nodes": 5},
    ]
    assert [item["name"] for item in document["items"]] == ["big", "gpu", "small", "tiny"]
    assert run(f"fit --cpu 1 --missing --limit 0 --server {api.url}").err.splitlines()[1:] == [
        "1 of 1 replicas fit",
        "no nodes are missing",
    ]


def test_what_a_drain_lacks_is_not_drained(run: Run, api: FakeApi) -> None:
    api.nodes(pool("a", "old"), pool("b", "old", zone="y"))
    api.pods(*(pod("x", name, name, owner=OWNER, requests={"cpu": "4"}) for name in "ab"))
    result = run(f"fit --without-where 'pool = old' --missing --limit 0 --server {api.url}")
    assert result.err.splitlines()[-1] == "2 more nodes of pool old would make everything fit"


def test_new_nodes_are_in_the_zones_of_their_pool(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(pool("a", "p", "1", "y"), pool("b", "p", "1", "z"), pool("c", "q", "1", "y"))
    api.pods()
    rule = {"topologyKey": "topology.kubernetes.io/zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    spec = {
        "topologySpreadConstraints": [{**rule, "labelSelector": {"matchLabels": {"app": "a"}}}],
        "containers": [{"resources": {"requests": {"cpu": "1"}}}],
    }
    template = {"metadata": {"labels": {"app": "a"}}, "spec": spec}
    path = tmp_path / "x.json"
    path.write_text(
        json.dumps({"kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": 6, "template": template}})
    )
    # Zone z has one node; with q alone, it could not keep up.
    assert run(f"fit -f {path} --missing --limit 0 --server {api.url}").err.splitlines()[1:] == [
        "3 of 6 replicas fit",
        "4 more nodes of pool p would make everything fit",
        "no number of nodes of pool q would make everything fit",
    ]
