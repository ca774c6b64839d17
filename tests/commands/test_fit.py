"""`c3s fit` through the front door: the frozen demo, manifests of every kind, and what can be wrong with them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, node, pod, status

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
    assert result == (3, NODES, "9 of 10 replicas fit\n")


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


# --- manifests ------------------------------------------------------------------------------------------------

APP = """\
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}
      initContainers: [{name: migrate, resources: {requests: {cpu: 600m}}}]
      containers: [{name: app, resources: {limits: {cpu: 0.5, memory: 1Gi}}, ports: [{hostPort: 80}]}]
---
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: 600m}}}]}}}
"""
APP_ROWS = """\
NAME        WORKLOAD          FITS   PLACED   LIMITED-BY
general-2   Deployment/web    1      1        cpu,anti-affinity
general-3   Deployment/web    1      1        anti-affinity
memory-1    Deployment/web    1      0        cpu,anti-affinity
general-3   DaemonSet/agent   1      1        cpu,one-per-node
memory-1    DaemonSet/agent   1      1        cpu,one-per-node
memory-2    DaemonSet/agent   1      1        one-per-node
"""


def test_a_file_of_several_documents(demo: Run, tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(APP)
    result = demo(f"fit -f {path} --where 'fits > 0' --columns fits,placed,limitedBy")
    assert result.err == (
        "Deployment/web: 2 of 2 replicas fit\n"
        "DaemonSet/agent: 3 of 5 replicas fit\n"
        "not considered: host ports (Deployment/web)\n"
    )
    assert result.code == 3
    assert result.out == APP_ROWS


def test_groups_by_workload(demo: Run, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(APP)
    (tmp_path / "notes.txt").write_text("not read")
    result = demo(f"fit -f {tmp_path} --by workload --columns nodes,fits,placed")
    assert [line.split() for line in result.out.splitlines()] == [
        ["WORKLOAD", "NODES", "FITS", "PLACED"],
        ["DaemonSet/agent", "3/10", "3", "3"],
        ["Deployment/web", "3/10", "3", "2"],
    ]


TEMPLATE = {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}]}}


def of_kind(kind: str, spec: Any, **metadata: str) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "x", **metadata}, "spec": spec}


@pytest.mark.parametrize(
    ("manifest", "replicas"),
    [
        (of_kind("Deployment", {"replicas": 7, "template": TEMPLATE}), 7),
        (of_kind("Deployment", {"template": TEMPLATE}), 1),
        (of_kind("Deployment", {"replicas": 0, "template": TEMPLATE}), 0),
        (of_kind("StatefulSet", {"replicas": 3, "template": TEMPLATE}), 3),
        (of_kind("ReplicaSet", {"replicas": 2, "template": TEMPLATE}), 2),
        (of_kind("ReplicationController", {"replicas": 2, "template": TEMPLATE}), 2),
        (of_kind("Job", {"template": TEMPLATE}), 1),
        (of_kind("Job", {"parallelism": 4, "completions": 3, "template": TEMPLATE}), 3),
        (of_kind("CronJob", {"jobTemplate": {"spec": {"parallelism": 5, "template": TEMPLATE}}}), 5),
        (of_kind("Pod", TEMPLATE["spec"]), 1),
        (of_kind("DaemonSet", {"template": TEMPLATE}), 5),
        (of_kind("Rollout", {"replicas": 6, "template": TEMPLATE}), 6),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else str(value),
)
def test_every_kind_with_pods(demo: Run, tmp_path: Path, manifest: Any, replicas: int) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"kind": "List", "items": [manifest]}, indent="\t"))
    document = json.loads(demo(f"fit -f {path} -o json").out)
    (workload,) = document["metadata"]["workloads"]
    assert (workload["workload"], workload["replicas"]) == (f"{manifest['kind']}/x", replicas)
    more = json.loads(demo(f"fit -f {path} -o json --replicas 2").out)
    assert more["metadata"]["workloads"][0]["replicas"] == (5 if manifest["kind"] == "DaemonSet" else 2)


@pytest.mark.parametrize(
    ("spec", "requested"),
    [
        (
            {"containers": [{"resources": {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": 1}}}]},
            (1000, 1024),
        ),
        (
            {"containers": [{"resources": {"limits": {"cpu": 2}}}, {"resources": {"requests": {"cpu": "0.5"}}}]},
            (2500, 0),
        ),
        ({"containers": [{}], "initContainers": [{"resources": {"limits": {"memory": "2Gi"}}}]}, (0, 2048)),
        ({"containers": [{}], "overhead": {"cpu": "250m"}}, (250, 0)),
        ({"containers": [{"resources": {"requests": {"cpu": "1"}}}], "resources": {"limits": {"cpu": 3}}}, (1000, 0)),
        ({"containers": [{}], "resources": {"limits": {"cpu": 3}}}, (3000, 0)),
        ({"containers": [{}], "resources": {"limits": {"cpu": 3}, "requests": {"cpu": "2"}}}, (2000, 0)),
    ],
)
def test_requests_are_those_that_the_api_server_would_store(
    run: Run, api: FakeApi, tmp_path: Path, spec: Any, requested: tuple[int, int]
) -> None:
    path = tmp_path / "pod.json"
    path.write_text(json.dumps(of_kind("Pod", spec)))
    cpu, memory = requested
    api.pods()
    for less, code in ((0, 0), (1, 3)):
        for offer in ((cpu - less, memory), (cpu, memory - less)):
            api.nodes(node("a", cpu=f"{max(0, offer[0])}m", memory=f"{max(0, offer[1])}Mi"))
            expected = 0 if offer[0] < 0 or offer[1] < 0 else code
            assert run(f"fit -f {path} --server {api.url}").code == expected, offer


def test_stdin_and_names_from_two_namespaces(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    deployments = [of_kind("Deployment", {"template": TEMPLATE}, namespace=name) for name in ("a", "b")]
    text = "".join(map(json.dumps, deployments))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    result = demo("fit -f - -o name --limit 0")
    assert result.err == "a/Deployment/x: 1 of 1 replicas fit\nb/Deployment/x: 1 of 1 replicas fit\n"


def test_what_is_not_considered_is_named(demo: Run, tmp_path: Path) -> None:
    term = {"topologyKey": "zone", "labelSelector": {}}
    rule = "requiredDuringSchedulingIgnoredDuringExecution"
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    spec = {
        **TEMPLATE["spec"],
        "nodeName": "n",
        "schedulerName": "volcano",
        "runtimeClassName": "gvisor",
        "schedulingGates": [{"name": "g"}],
        "resourceClaims": [{"name": "gpu"}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}],
        "topologySpreadConstraints": [{**spread, "matchLabelKeys": ["pod-template-hash"]}],
        "affinity": {
            "podAffinity": {rule: [term]},
            "podAntiAffinity": {
                rule: [{**term, "namespaceSelector": {"matchLabels": {"a": "b"}}, "mismatchLabelKeys": ["k"]}]
            },
        },
    }
    path = tmp_path / "x.json"
    path.write_text(json.dumps(of_kind("DaemonSet", {"template": {"spec": spec}})))
    document = json.loads(demo(f"fit -f {path} -o json").out)
    assert document["metadata"]["workloads"][0]["notConsidered"] == [
        "required pod affinity",
        "namespaceSelector of a pod anti-affinity",
        "matchLabelKeys of a pod anti-affinity",
        "matchLabelKeys of a topology spread constraint",
        "the zones and limits of volumes",
        "resource claims",
        "the overhead of its runtime class",
        "its scheduler volcano",
        "scheduling gates",
        "nodeName",
        "topology spread constraints of a DaemonSet",
    ]


# --- drains ---------------------------------------------------------------------------------------------------


def test_the_pods_of_a_drained_node_go_first(demo: Run) -> None:
    result = demo("fit --cpu 1 --without general-1 --without node/spot-1 --columns cpu.free,fits --where 'fits > 0'")
    assert result == (
        3,
        "",
        (
            "No resources found\n"
            "8 of 11 pods of general-1 fit elsewhere; no room for team-checkout/checkout-ndmsvxjpsx-zf4ts, "
            "team-search/indexer-2s92tgqzg2-2kxs4, team-search/search-api-4dxwmcbrpf-b2bbc\n"
            "2 of 2 pods of spot-1 fit elsewhere\n"
            "0 of 1 replicas fit\n"
        ),
    )


def test_pods_of_daemons_end_with_their_node(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"), node("b", cpu="2"))
    api.pods(
        pod("kube-system", "proxy", "a", owner=("DaemonSet", "proxy"), requests={"cpu": "3"}),
        pod("kube-system", "etcd-a", "a", owner=("Node", "a"), requests={"cpu": "3"}),
        pod("default", "web", "a", owner=("ReplicaSet", "web"), requests={"cpu": "1"}),
    )
    result = run(f"fit --cpu 1 --without a --server {api.url} --columns cpu.free,placed --no-headers")
    assert (result.code, result.out.split()) == (0, ["b", "1000m", "1"])
    assert result.err == "1 of 1 pods of a fit elsewhere\n1 of 1 replicas fit\n"


def test_a_drain_alone(demo: Run) -> None:
    result = demo("fit --without spot-1 --limit 0")
    assert result == (0, "", "9 more rows are not shown\n2 of 2 pods of spot-1 fit elsewhere\n")


def test_a_drained_node_must_exist(demo: Run) -> None:
    assert demo("fit --cpu 1 --without nosuch") == (1, "", 'Error from server (NotFound): nodes "nosuch" not found\n')


# --- what is wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "fit",
            (
                "error: say which pods: -f, --cpu, --memory or --resource\n"
                "hint: for example c3s fit --cpu 2 --memory 4Gi --replicas 10, or c3s fit -f deployment.yaml\n"
            ),
        ),
        ("fit --cpu 2x", "error: '2x' is no quantity for --cpu\nhint: write it as 500m or 2, 512Mi or 4Gi\n"),
        ("fit --memory=-1Gi", "error: '-1Gi' is no quantity for --memory\nhint: write it as 500m or 2, 512Mi or 4Gi\n"),
        ("fit --resource gpu", "error: --resource takes NAME=QUANTITY, such as nvidia.com/gpu=1, not 'gpu'\n"),
        ("fit --cpu 1 --replicas -1", "error: --replicas takes a number from 0 on, not -1\n"),
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
        ("fit --cpu 1 --by owner", None),
        ("fit --cpu 1 --columns cpu.usage", None),
    ],
)
def test_wrong_flags(demo: Run, words: str, said: str | None) -> None:
    result = demo(words)
    assert (result.code, result.out) == (2, "")
    assert said is None or result.err == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: [", "is neither YAML nor JSON: "),
        ("just words", "holds a document that is no Kubernetes object: it has no kind\n"),
        ("{kind: List, items: [1]}", "holds a list with something that is no Kubernetes object: it has no kind\n"),
        ("kind: Service", "no pods in "),
        ("", "no pods in "),
        ("{kind: Service, spec: {template: {spec: {containers: [{}]}}}}", "how many pods it makes is not known\n"),
        ("{kind: Deployment, metadata: {name: x}}", "Deployment/x has no pod template\n"),
        ("{kind: CronJob, metadata: {name: x}, spec: {jobTemplate: [1]}}", "CronJob/x has no pod template\n"),
        (
            "{kind: Deployment, metadata: {name: x}, spec: {template: {}}}",
            "Deployment/x: Object missing required field",
        ),
        ("{kind: Pod, metadata: [1], spec: {}}", "Pod: Expected `object`"),
        ("{kind: Pod, metadata: {name: x}, spec: {containers: 7}}", "Pod/x: Expected `array | null`, got `int`"),
        ("{kind: Pod, metadata: {name: x}, spec: {tolerations: 7}}", "Pod/x: Expected `array | null`, got `int`"),
        (
            "{kind: Deployment, metadata: {name: x}, spec: {replicas: two, template: {spec: {}}}}",
            "Expected `int | null`",
        ),
        (
            "{kind: Pod, metadata: {name: x}, spec: {containers: [{name: c, resources: {requests: {cpu: 2 cores}}}]}}",
            "Pod/x, container c: cpu '2 cores' is not a quantity\n",
        ),
        ("&a {kind: Pod, metadata: {name: x}, spec: {containers: [*a]}}", "recursion"),
        ("&a {kind: List, items: [*a]}", "no pods in "),
    ],
)
def test_wrong_manifests(demo: Run, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    result = demo(f"fit -f {path}")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert str(path) in result.err
    assert said in result.err


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
