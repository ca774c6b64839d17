"""Every command on the frozen demo: whole output."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

import pytest

from tests.conftest import AT, Run
from tests.servers import FakeApi, Reply, pod, pod_metrics

NODES = """\
NAME        CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)
cp-1        515m         13%         2859Mi          20%
general-1   2568m        32%         4942Mi          16%
general-2   3229m        40%         5490Mi          17%
general-3   2184m        27%         4463Mi          14%
gpu-1       13207m       27%         44314Mi         22%
gpu-2       11876m       24%         45058Mi         23%
memory-1    4668m        59%         38105Mi         60%
memory-2    135m         1%          1619Mi          2%
spot-1      3164m        40%         3894Mi          27%
spot-2      <unknown>    <unknown>   <unknown>       <unknown>
"""
UNJUDGED = "1 row could not be judged (no metrics): spot-2\n"
PODS = """\
NAME                            CPU(cores)   MEMORY(bytes)
api-gp28hkmmnc-jjz9d            231m         499Mi
api-gp28hkmmnc-m6nc5            215m         500Mi
debug-shell                     1m           9Mi
legacy-admin-56wsgbv5bq-489cb   437m         594Mi
redis-0                         41m          145Mi
web-nxls8dq2st-5dshl            96m          109Mi
web-nxls8dq2st-7vtrv            80m          111Mi
web-nxls8dq2st-g9mqd            90m          109Mi
"""
CLUSTER = """\
CONTEXT   NODES   PODS   CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)
demo      9/10    93     41542m       28%      150747Mi        23%
"""


@pytest.mark.parametrize("words", ["top nodes", "nodes", "top node", "top no", "no", "node"])
def test_nodes_by_every_name(run: Run, words: str) -> None:
    assert run(f"{words} --demo --demo-at {AT}") == (0, NODES, "")


@pytest.mark.parametrize("words", ["top pods", "pods", "top pod", "top po", "po", "pod"])
def test_pods_by_every_name(run: Run, words: str) -> None:
    assert run(f"{words} --demo-at {AT}") == (0, PODS, "")


def test_one_number_is_the_sum_of_all_rows(demo: Run) -> None:
    result = demo("top pods -A -o value --columns memory.requests --sum")
    document = json.loads(demo("top pods -A -o json --columns memory.requests").out)
    assert result.out == f"{document['totals']['memory']['requests']}\n"
    assert "--sum with -o value is read as --by context" in result.err


def test_a_namespace_does_nothing_for_a_cluster_and_that_is_said(demo: Run) -> None:
    said = "-n does nothing here: the row is the whole cluster; c3s top ns NAME is a namespace\n"
    assert demo("top cluster -n nosuch").err == said
    assert demo("top nodes -n nosuch").err == ""


@pytest.mark.parametrize("words", ["top cluster", "cluster"])
def test_the_cluster(run: Run, words: str) -> None:
    assert run(f"{words} --demo --demo-at {AT}") == (0, CLUSTER, "")


def test_a_single_pod_and_its_containers(demo: Run) -> None:
    result = demo("top pods prometheus-0 -n monitoring --containers")
    assert result.out == (
        "POD            NAME              CPU(cores)   MEMORY(bytes)\n"
        "prometheus-0   config-reloader   2m           17Mi\n"
        "prometheus-0   prometheus        906m         6665Mi\n"
    )


@pytest.mark.parametrize(
    ("command", "name", "prefixes"),
    [
        ("top nodes", "memory-1", ("node", "nodes", "no")),
        ("top pods", "redis-0", ("pod", "pods", "po")),
        ("pods --containers", "redis-0", ("pod",)),
        ("watch nodes --count 1", "memory-1", ("node",)),
    ],
)
def test_what_o_name_prints_is_a_name(demo: Run, command: str, name: str, prefixes: Sequence[str]) -> None:
    plain = demo(f"{command} {name}")
    assert plain.code == 0
    assert [demo(f"{command} {prefix}/{name}") for prefix in prefixes] == [plain] * len(prefixes)


def test_the_name_of_another_resource_is_no_name(demo: Run) -> None:
    error = "error: invalid resource name \"pod/memory-1\": [may not contain '/']\n"
    assert demo("top nodes pod/memory-1") == (2, "", error)


def test_the_sum_stays_below_its_columns_with_every_flag(demo: Run) -> None:
    for flags in map(
        " ".join,
        itertools.product(("", "-A"), ("", "--containers"), ("", "--no-headers"), ("", "-l app.kubernetes.io/name")),
    ):
        *rows, rule, total = demo(f"top pods --sum {flags}").out.splitlines()
        assert rule.split() == ["________", "________"]
        places = [
            place for place in range(len(rule)) if rule[place : place + 1] == "_" and rule[place - 1 : place] != "_"
        ]
        assert [total[place - 1 : place].strip() for place in places] == ["", ""]
        assert [rows[-1][place - 1] for place in places] == [" ", " "], flags
        assert len(total.split()) == 2


def test_sorting_as_kubectl_does(demo: Run) -> None:
    by_memory = [
        int(line.split()[-1].removesuffix("Mi"))
        for line in demo("top pods -A --sort-by memory --no-headers").out.splitlines()
    ]
    assert by_memory == sorted(by_memory, reverse=True)
    by_cpu = demo("top nodes --sort-by cpu --no-headers").out.splitlines()
    assert [line.split()[1] for line in by_cpu[:2]] == ["13207m", "11876m"]
    assert by_cpu[-1].split()[1] == "<unknown>"


def test_several_keys_directions_and_unknown_last(demo: Run) -> None:
    rows = demo("top nodes -o json --columns default,zone --sort-by zone,cpu%:asc")
    items = [(item["zone"], item["cpu"]["usagePercentOfAllocatable"]) for item in json.loads(rows.out)["items"]]
    assert items == sorted(items, key=lambda item: (item[0], item[1] is None, item[1] or 0))


def test_capacity_instead_of_allocatable(demo: Run) -> None:
    (item,) = json.loads(demo("top nodes --show-capacity -l node-role.kubernetes.io/control-plane -o json").out)[
        "items"
    ]
    assert set(item["cpu"]) == {"usage", "usagePercentOfCapacity"}
    assert item["cpu"]["usagePercentOfCapacity"] == pytest.approx(100 * item["cpu"]["usage"] / 4e9)


def test_swap_where_a_node_has_it(demo: Run) -> None:
    lines = demo("top nodes --show-swap").out.splitlines()
    assert lines[0].split()[-2:] == ["SWAP(bytes)", "SWAP(%)"]


def test_selectors(demo: Run) -> None:
    assert demo("top pods -l app.kubernetes.io/name=web").out.splitlines() == [
        "NAME                   CPU(cores)   MEMORY(bytes)",
        "web-nxls8dq2st-5dshl   96m          109Mi",
        "web-nxls8dq2st-7vtrv   80m          111Mi",
        "web-nxls8dq2st-g9mqd   90m          109Mi",
    ]
    node = "general-1"
    by_field = json.loads(demo(f"top pods -A --field-selector spec.nodeName={node} -o json --columns node").out)
    assert {item["node"] for item in by_field["items"]} == {node}


@pytest.mark.slow
def test_groups_add_up(demo: Run) -> None:
    pods = json.loads(demo("top pods -A -o json --columns wide").out)
    for by in (
        "namespace",
        "owner",
        "node",
        "namespace,owner",
        "pool",
        "zone",
        "instance-type",
        "label:app.kubernetes.io/name",
    ):
        groups = json.loads(demo(f"top pods -A --by {by} -o json --columns wide").out)
        for resource in ("cpu", "memory"):
            assert pods["totals"][resource].items() <= groups["totals"][resource].items(), (by, resource)
        for resource, field in itertools.product(("cpu", "memory"), ("usage", "requests", "limits")):
            of_groups = [item[resource][field] or 0 for item in groups["items"]]
            assert sum(of_groups) == pods["totals"][resource][field], (by, resource, field)
        assert sum(item["pods"]["count"] for item in groups["items"]) == len(pods["items"])


def test_owners_are_what_a_person_deployed(demo: Run) -> None:
    groups = json.loads(demo("top pods -A --by owner -o json").out)
    owners = {item["owner"] for item in groups["items"]}
    assert {"Deployment/payments", "StatefulSet/postgres", "DaemonSet/node-exporter", ""} <= owners
    assert {"Rollout/checkout", "RayCluster/ray-batch", "CronJob/nightly-report", "Job/train-xl"} <= owners
    assert not any(owner.startswith("ReplicaSet/") for owner in owners)


def test_owners_of_one_name_in_two_namespaces_are_two(run: Run, api: FakeApi) -> None:
    spaces = ("a", "b")
    api.pod_metrics(*(pod_metrics(space, f"web-{space}", ("app", "100m", "1Mi")) for space in spaces))
    api.pods(*(pod(space, f"web-{space}", owner=("StatefulSet", "web")) for space in spaces))
    for kinds in ("apps/v1/replicasets", "batch/v1/jobs"):
        api.routes[f"/apis/{kinds}"] = Reply({"items": []})
    lines = run(f"top pods -A --by owner --no-headers --server {api.url}").out.splitlines()
    assert [line.split()[:3] for line in lines] == [[space, "StatefulSet/web", "1/1"] for space in spaces]


def test_nodes_by_pool_agree_with_the_cluster(demo: Run) -> None:
    pools = json.loads(demo("top nodes --by pool -o json --columns wide").out)
    (cluster,) = json.loads(demo("top cluster -o json --columns wide").out)["items"]
    for resource, field in itertools.product(("cpu", "memory"), ("usage", "requests", "limits", "free")):
        assert sum(item[resource][field] or 0 for item in pools["items"]) == cluster[resource][field]
    assert sum(item["nodes"]["measured"] for item in pools["items"]) == cluster["nodes"]["measured"] == 9


def test_an_unmeasured_node_is_never_idle(demo: Run) -> None:
    (cluster,) = json.loads(demo("top cluster -o json").out)["items"]
    cpu = cluster["cpu"]
    assert cpu["measuredAllocatable"] < cpu["allocatable"]
    assert cpu["usagePercentOfAllocatable"] == 100 * cpu["usage"] / cpu["measuredAllocatable"]


def test_the_wide_cluster_has_one_row_per_resource(demo: Run) -> None:
    lines = demo("top cluster -o wide").out.splitlines()
    assert lines[0].split() == [
        "CONTEXT",
        "RESOURCE",
        "USED",
        "USED(%)",
        "REQUESTED",
        "REQUESTED(%)",
        "LIMIT",
        "ALLOCATABLE",
        "FREE",
        "SCHEDULABLE-FREE",
    ]
    assert [line.split()[1] for line in lines[1:]] == ["cpu", "memory", "ephemeralStorage", "pods", "nvidia.com/gpu"]


def test_an_unmeasured_pod_is_a_row_if_specs_are_read(demo: Run) -> None:
    items = json.loads(demo("top pods -A -o json --columns cpu.usage,status").out)["items"]
    states = {item["name"].rsplit("-", 1)[0]: (item["status"], item["cpu"]["usage"]) for item in items}
    assert states["train-xl"] == ("Pending", 0)
    assert states["thumbnails"] == ("ContainerCreating", 0)
    assert states["fraud-scorer-9nqtj8g427"] == ("CrashLoopBackOff", None)
    unmeasured = {item["name"] for item in items if item["cpu"]["usage"] is None}
    assert {"suggest-r96bw8m69z-5st7r", "kube-proxy-zjc9p"} <= unmeasured
    assert len(items) == 87


def test_the_explanation_of_a_pod_and_of_a_node(demo: Run) -> None:
    pod = demo("top pods api-gp28hkmmnc-jjz9d --explain")
    assert [line.split()[0] for line in pod.out.splitlines()] == ["OP", "+", "max", "="]
    assert "init container migrate" in pod.out
    node = demo("top nodes general-1 --explain")
    assert node.out.splitlines()[-1].split()[:4] == ["=", "total", "7380m", "21300m"]
    document = json.loads(demo("top nodes general-1 --explain -o json").out)
    assert document["terms"][-1]["requests"]["cpu"] == 7_380_000_000
    assert demo("top pods --explain").code == 2


def test_limit_says_what_it_left_out(demo: Run) -> None:
    document = json.loads(demo("top pods -A --limit 3 --sort-by cpu -o json").out)
    assert (len(document["items"]), document["omitted"]) == (3, 75)
    whole = json.loads(demo("top pods -A -o json").out)
    assert document["totals"] == whole["totals"]


def test_a_table_says_what_a_limit_left_out(demo: Run) -> None:
    cut = demo("top pods -A --limit 3 --sum --no-headers")
    assert (len(cut.out.splitlines()), cut.err) == (5, "75 more rows are not shown\n")
    assert cut.out.splitlines()[-1].split() == demo("top pods -A --sum").out.splitlines()[-1].split()
    assert "not shown" not in demo("top pods -A --limit 3 -o name").err


def test_where_filters_before_groups_and_sums(demo: Run) -> None:
    words = "top pods -A --where 'memory% > 150, namespace ~ ^mon' -o json --columns default,memory%"
    result = json.loads(demo(words).out)
    assert [item["name"] for item in result["items"]] == ["prometheus-0"]
    assert result["items"][0]["memory"]["usagePercentOfRequests"] > 150
    assert result["totals"]["memory"]["usage"] == result["items"][0]["memory"]["usage"]
    either = json.loads(demo("top pods -A --where 'name ~ ^web' --where 'name ~ ^debug' -o json").out)
    assert len(either["items"]) == 4


def test_a_condition_that_is_met_is_an_exit_code(demo: Run) -> None:
    met = demo("top nodes --fail-if 'cpu% > 50'")
    assert (met.code, met.out) == (3, NODES)
    assert met.err == f"--fail-if: 1 row matched: memory-1\n--fail-if: {UNJUDGED}"
    assert demo("top nodes --fail-if 'cpu% > 99'").code == 0


def test_a_missing_key_is_empty_and_an_unknown_one_is_null(demo: Run) -> None:
    pools = [item["pool"] for item in json.loads(demo("top pods -A --by pool -o json").out)["items"]]
    assert pools[:2] == ["", None]
    assert demo("top pods -A --by pool").out.split("\n")[1].split()[0] == "<none>"
    assert demo("top nodes --by pool --fail-if 'pool = \"\"'").err == "--fail-if: 1 row matched: <none>\n"
    assert demo("top pods -A --by pool --fail-if 'pool = null'").code == 3


def test_unknown_usage_is_searched_among_all_pods(demo: Run) -> None:
    unmeasured = demo("top pods -A --where 'cpu = null' --no-headers").out
    assert unmeasured
    assert all("<unknown>" in line for line in unmeasured.splitlines())
    assert unmeasured == demo("top pods -A --where 'cpu = null' --no-headers --columns cpu,memory").out


def test_a_requested_count_covers_all_pods(demo: Run) -> None:
    every = demo("top pods -A --by namespace --columns pods.count,node --no-headers")
    assert every.code == 2
    counted = json.loads(demo("top pods -A --by namespace -o json --columns pods.count").out)
    read = json.loads(demo("top pods -A --by namespace -o json --columns pods.count,cpu.requests").out)
    assert [item["pods"] for item in counted["items"]] == [item["pods"] for item in read["items"]]


def test_flags_may_be_anywhere_and_switches_take_values(demo: Run, run: Run, demo_server: object) -> None:
    assert demo("--namespace=default top pods").out == PODS
    assert demo("top -n default pods").out == PODS
    assert demo("top pods --no-headers=true").out == demo("top pods --no-headers").out
    assert demo("top pods --no-headers --no-headers=false").out == PODS
    assert demo("top pods -n=default -A=false").out == PODS
    assert demo("top pods -ndefault --use-protocol-buffers=false").out == PODS


def test_formats_may_be_in_capitals_as_in_kubectl(demo: Run) -> None:
    assert demo("top nodes -o JSON") == demo("top nodes -o json")
    assert demo("top nodes -o Custom-Columns=NAME:.name") == demo("top nodes -o custom-columns=NAME:.name")
