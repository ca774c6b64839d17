"""c3s fit with flags, and the columns `schedulable` and `schedulableFree`."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, node, node_metrics, pod, status

TAINTED = "{} nodes have room for pods that tolerate the taints: "
OF_GPUS = "--tolerate nvidia.com/gpu=true:NoSchedule"
LEAVING = "terminating pods count until they are gone: team-search/search-api-4dxwmcbrpf-9vw4g\n"
NODES = """\
NAME        CPU-FREE   MEMORY-FREE   PODS-FREE   FITS   PLACED   LIMITED-BY
cp-1        3060m      14139Mi       51          0      0        taint node-role.kubernetes.io/control-plane:NoSchedule
general-1   530m       21881Mi       44          0      0        cpu
general-2   940m       22201Mi       44          0      0        cpu
general-3   1320m      22583Mi       44          1      1        cpu
gpu-1       35710m     145311Mi      228         0      0        taint nvidia.com/gpu=true:NoSchedule
gpu-2       35710m     145311Mi      228         0      0        taint nvidia.com/gpu=true:NoSchedule
memory-1    1080m      22086Mi       47          1      1        cpu
memory-2    7710m      63391Mi       55          0      0        cordoned
spot-1      4960m      10495Mi       53          4      4        cpu
spot-2      3710m      10335Mi       52          3      3        cpu
"""
POOLS = """\
POOL       NODES      CPU-FREE   MEMORY-FREE   PODS-FREE   FITS       PLACED     LIMITED-BY
<none>     0/1        3060m      14139Mi       51          0          0          taint node-role.kubernetes.io/control-plane:NoSchedule
general    1/3        2790m      66667Mi       132         1          1          cpu
gpu-a10g   0/2        71420m     290623Mi      456         0          0          taint nvidia.com/gpu=true:NoSchedule
memory     1/2        8790m      85478Mi       102         1          0          cpu,cordoned
spot       2/2        8670m      20831Mi       105         7          3          cpu
           ________   ________   ________      ________    ________   ________
           4/10       94730m     477742Mi      846         9          4
"""  # noqa: E501  as it is


def test_a_row_for_every_node_and_three_for_what_does_not_fit(demo: Run) -> None:
    result = demo("fit --cpu 1 --memory 2Gi --replicas 10 --tolerate spot")
    assert result == (3, NODES, f"9 of 10 replicas fit\n{LEAVING}{TAINTED.format(2)}{OF_GPUS}\n")


def test_a_row_for_every_pool_and_zero_for_what_fits(demo: Run) -> None:
    result = demo("fit --cpu 1 --memory 2Gi --replicas 4 --tolerate spot=true:NoSchedule --by pool --sum")
    assert result == (0, POOLS, "4 of 4 replicas fit\n")


def test_the_numbers_are_those_of_the_nodes(demo: Run) -> None:
    nodes = json.loads(demo("top nodes -o json --columns cpu.free,memory.free,pods.free,schedulable").out)["items"]
    document = json.loads(demo("fit --cpu 300m --memory 3Gi --replicas 0 -o json").out)
    assert {item["name"]: item["fits"] for item in document["items"]} == {
        item["name"]: min(item["cpu"]["free"] // 300_000_000, item["memory"]["free"] // (3 << 30), item["pods"]["free"])
        if item["schedulable"] == "yes"
        else 0
        for item in nodes
    }
    assert document["metadata"] == {
        "timestamp": "2026-03-02T09:30:00Z",
        "fits": True,
        "workloads": [{"workload": "pods", "namespace": "default", "replicas": 0, "placed": 0, "notConsidered": []}],
        "drained": [],
    }
    assert (document["kind"], document["source"]) == ("NodeFitList", "v1")


def test_nothing_but_nodes_and_pods_is_read(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"))
    api.pods()
    assert run(f"fit --cpu 1 --server {api.url} -o name") == (0, "node/a\n", "1 of 1 replicas fit\n")
    assert sorted(api.paths()) == ["/api/v1/nodes", "/api/v1/pods"]


@pytest.mark.parametrize(
    ("flags", "fitting"),
    [
        ("", ["general-1", "general-2", "general-3", "memory-1"]),
        ("-l node.kubernetes.io/instance-type=r6i.2xlarge", ["memory-1"]),
        ("-l 'topology.kubernetes.io/zone in (eu-west-1b), !spot'", ["general-1"]),
        ("--tolerate nvidia.com/gpu=true --resource nvidia.com/gpu=1", ["gpu-1", "gpu-2"]),
        ("--tolerate nvidia.com/gpu=true --resource nvidia.com/gpu=3", []),
        ("--tolerate nvidia.com/gpu=false --resource nvidia.com/gpu=1", []),
        ("--tolerate spot:NoExecute", ["general-1", "general-2", "general-3", "memory-1"]),
        (
            "--tolerate node.kubernetes.io/unschedulable:NoSchedule",
            ["general-1", "general-2", "general-3", "memory-1", "memory-2"],
        ),
    ],
)
def test_selectors_tolerations_and_resources_choose_nodes(demo: Run, flags: str, fitting: list[str]) -> None:
    result = demo(f"fit --cpu 100m {flags} --where 'fits > 0' -o name")
    assert result.out.split() == [f"node/{name}" for name in fitting]
    assert result.code == (0 if fitting else 3)


def test_what_stops_more_is_said_in_full(run: Run, api: FakeApi) -> None:
    taints = [
        {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"},
        {"key": "soft", "effect": "PreferNoSchedule"},
    ]
    api.nodes(
        node("cordoned", spec={"unschedulable": True}),
        node("full", allocatable={"cpu": "4", "memory": "1Gi", "pods": "1"}),
        node("notready", conditions=[{"type": "Ready", "status": "Unknown"}]),
        node("tainted", spec={"taints": taints}, labels={"disk": "ssd"}),
    )
    api.pods(pod("default", "p", "full", requests={"cpu": "3500m", "memory": "1Gi"}))
    result = run(f"fit --cpu 1 --memory 1Gi -l disk=ssd -o json --server {api.url}")
    assert result.code == 3
    assert "no node matches" not in result.err
    none = run(f"fit --cpu 1 -l 'disk=ssd,pool=x,zone in (a,b)' --server {api.url}").err
    assert none == "0 of 1 replicas fit\nno node matches pool=x; none matches zone in (a,b)\n"
    assert {item["name"]: item["limitedBy"] for item in json.loads(result.out)["items"]} == {
        "cordoned": ["cordoned", "selector"],
        "full": ["selector", "cpu", "memory", "pods"],
        "notready": ["NotReady", "selector"],
        "tainted": ["taint dedicated=gpu:NoSchedule"],
    }
    schedulable = run(f"fit --cpu 1 --columns schedulable --no-headers --server {api.url}").out
    assert [line.split(maxsplit=1) for line in schedulable.splitlines()] == [
        ["cordoned", "cordoned"],
        ["full", "yes"],
        ["notready", "NotReady"],
        ["tainted", "taint dedicated=gpu:NoSchedule"],
    ]


def test_the_emptiest_node_is_taken_and_of_equals_the_first(run: Run, api: FakeApi) -> None:
    api.nodes(node("b", cpu="4"), node("a", cpu="4"), node("c", cpu="8"))
    api.pods(pod("default", "p", "c", requests={"cpu": "4"}))
    result = run(f"fit --cpu 1 --replicas 3 --columns placed --no-headers --server {api.url}")
    assert [line.split() for line in result.out.splitlines()] == [["a", "2"], ["b", "1"], ["c", "0"]]


# --- drains ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("volume", [{"ephemeral": {}}, {"ephemeral": {"volumeClaimTemplate": {"spec": {}}}}])
def test_an_ephemeral_volume_binds_a_pod_as_a_claim_does(run: Run, api: FakeApi, volume: dict[str, object]) -> None:
    api.nodes(node("a"), node("b"))
    api.pods(pod("x", "one", "a", owner=("ReplicaSet", "one"), spec={"volumes": [{"name": "v", **volume}]}))
    result = run(f"fit --without a --server {api.url}")
    assert result.err == "1 of 1 pods of a fit elsewhere\nnot considered: volumes (pods of a)\n"


def test_metrics_name_the_node_once(run: Run) -> None:
    lines = run("fit --demo --cpu 1 --limit 1 --columns fits,placed -o openmetrics").out.splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'c3s_fit_fits{context="demo",node="cp-1",workload="pods"} 0',
        'c3s_fit_placed{context="demo",node="cp-1",workload="pods"} 0',
    ]


# --- what is wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "fit",
            (
                "error: no pods to place: use -f, --cpu, --memory or --resource\n"
                "hint: for example c3s fit --cpu 2 --memory 4Gi --replicas 10, or c3s fit -f deployment.yaml; "
                "-f - reads stdin\n"
            ),
        ),
        ("fit --cpu 2x", "error: '2x' is not a quantity for --cpu\nhint: write it as 500m or 2, 512Mi or 4Gi\n"),
        (
            "fit --memory=-1Gi",
            "error: '-1Gi' is not a quantity for --memory\nhint: write it as 500m or 2, 512Mi or 4Gi\n",
        ),
        ("fit --resource gpu", "error: --resource takes NAME=QUANTITY, such as nvidia.com/gpu=1, not 'gpu'\n"),
        ("fit --cpu 1 --replicas -1", "error: --replicas takes a number from 0 on, not -1\n"),
        ("fit --cpu 1 --replicas x", "error: --replicas takes a number from 0 on, not x\n"),
        (
            "fit --cpu 1 --replicas +2",
            (
                "error: --replicas +2 goes with a workload, such as deploy/web, or with -f\n"
                "hint: did you mean --replicas 2?\n"
            ),
        ),
        (
            "fit --cpu 1 --tolerate a:Never",
            (
                "error: --tolerate takes KEY[=VALUE][:EFFECT], not 'a:Never'\n"
                "hint: the effects are NoSchedule, PreferNoSchedule, NoExecute\n"
            ),
        ),
        (
            "fit --cpu 1 --tolerate =b",
            (
                "error: --tolerate takes KEY[=VALUE][:EFFECT], not '=b'\n"
                "hint: the effects are NoSchedule, PreferNoSchedule, NoExecute\n"
            ),
        ),
        ("fit --cpu 1 -l 'a in'", "error: unable to parse requirement: found '' expected: '('\n"),
        ("fit -f x.yaml --cpu 1", "error: --cpu does not go with -f: the manifest describes the pods\n"),
        ("fit -f /nosuch.yaml", 'error: the path "/nosuch.yaml" does not exist\n'),
        (
            "fit -f https://example.com/x.yaml",
            (
                "error: -f takes files, not the URL https://example.com/x.yaml\n"
                "hint: curl -fsS https://example.com/x.yaml | c3s fit -f -\n"
            ),
        ),
        (
            "fit --cpu 1 --columns cpu.usage",
            "error: unknown column 'cpu.usage'\nhint: did you mean cpu.free? `c3s columns` lists them all\n",
        ),
    ],
)
def test_wrong_flags(demo: Run, words: str, said: str | None) -> None:
    result = demo(words)
    assert (result.code, result.out) == (2, "")
    assert said is None or result.err == said


def test_a_key_that_may_be_a_label_is_one_and_is_said(demo: Run) -> None:
    result = demo("fit --cpu 1 --by owner")
    assert result == (
        0,
        demo("fit --cpu 1 --by label:owner").out,
        "--by owner is read as label:owner\n1 of 1 replicas fit\n",
    )


def test_no_rights_no_answer(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"))
    api.routes["/api/v1/pods"] = status(403, "Forbidden", "pods is forbidden")
    assert run(f"fit --cpu 1 --server {api.url}") == (1, "", "Error from server (Forbidden): pods is forbidden\n")


# --- schedulable ----------------------------------------------------------------------------------------------


def test_free_counts_every_node_and_schedulable_free_those_that_take_pods(demo: Run) -> None:
    columns = "cpu.free,memory.free,pods.free,schedulable"
    nodes = json.loads(demo(f"top nodes -o json --columns {columns}").out)["items"]
    whole = "cpu.free,cpu.schedulableFree,memory.schedulableFree,pods.schedulableFree"
    (cluster,) = json.loads(demo(f"top cluster -o json --columns {whole}").out)["items"]
    takes = [item for item in nodes if item["schedulable"] == "yes"]
    assert cluster["cpu"]["free"] == sum(item["cpu"]["free"] for item in nodes)
    for resource in ("cpu", "memory", "pods"):
        assert cluster[resource]["schedulableFree"] == sum(item[resource]["free"] for item in takes), resource
    assert {item["name"]: item["schedulable"] for item in nodes if item not in takes} == {
        "cp-1": "taint node-role.kubernetes.io/control-plane:NoSchedule",
        "gpu-1": "taint nvidia.com/gpu=true:NoSchedule",
        "gpu-2": "taint nvidia.com/gpu=true:NoSchedule",
        "memory-2": "cordoned",
        "spot-1": "taint spot=true:NoSchedule",
        "spot-2": "taint spot=true:NoSchedule",
    }


def test_wide_shows_what_is_free_where_pods_may_go_beside_what_is_free(demo: Run) -> None:
    columns = {resource: f"{resource}.free,{resource}.schedulableFree" for resource in ("cpu", "memory", "pods")}
    (wide,) = json.loads(demo("top cluster -o json --columns wide").out)["items"]
    (both,) = json.loads(demo(f"top cluster -o json --columns {','.join(columns.values())}").out)["items"]
    for resource in columns:
        shown = {field: wide[resource][field] for field in ("free", "schedulableFree")}
        assert shown == {field: both[resource][field] for field in shown}, resource


def test_a_node_that_is_overcommitted_takes_nothing_from_the_others(run: Run, api: FakeApi) -> None:
    api.nodes(node("a", cpu="4"), node("b", cpu="4"))
    api.node_metrics(node_metrics("a"), node_metrics("b"))
    api.pods(pod("default", "one", "a", requests={"cpu": "5"}), pod("default", "two", "b", requests={"cpu": "1"}))
    result = run(f"top cluster --columns cpu.free,cpu.schedulableFree --no-headers --server {api.url}")
    assert result.out.split()[1:] == ["2000m", "3000m"]


def test_groups_of_nodes_know_what_is_free_where_pods_may_go(demo: Run) -> None:
    result = demo(
        "top nodes --by pool --columns 'cpu.schedulableFree,resources[\"nvidia.com/gpu\"].schedulableFree' --sum"
    )
    assert [line.split() for line in result.out.splitlines()] == [
        ["POOL", "CPU-SCHEDULABLE-FREE", "NVIDIA.COM/GPU-SCHEDULABLE-FREE"],
        ["<none>", "0m", "0"],
        ["general", "2790m", "0"],
        ["gpu-a10g", "0m", "0"],
        ["memory", "1080m", "0"],
        ["spot", "0m", "0"],
        ["________", "________"],
        ["3870m", "0"],
    ]
