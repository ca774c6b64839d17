"""Every command, through the front door, on the frozen demo."""

from __future__ import annotations

import itertools
import json

import pytest

from tests.conftest import AT, Run

NODES = """\
NAME                                      CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)
ip-10-20-0-0.eu-west-1.compute.internal   2716m        34%         3884Mi          12%
ip-10-20-0-1.eu-west-1.compute.internal   1889m        23%         3108Mi          9%
ip-10-20-0-2.eu-west-1.compute.internal   2855m        36%         3259Mi          10%
ip-10-20-0-3.eu-west-1.compute.internal   2014m        25%         2958Mi          9%
ip-10-20-0-4.eu-west-1.compute.internal   1681m        42%         12637Mi         39%
ip-10-20-0-5.eu-west-1.compute.internal   2322m        59%         18783Mi         59%
ip-10-20-0-6.eu-west-1.compute.internal   99m          2%          782Mi           2%
ip-10-20-0-8.eu-west-1.compute.internal   4117m        8%          19232Mi         9%
ip-10-20-0-9.eu-west-1.compute.internal   558m         29%         2651Mi          36%
ip-10-20-0-7.eu-west-1.compute.internal   <unknown>    <unknown>   <unknown>       <unknown>
"""
PODS = """\
NAME                      CPU(cores)   MEMORY(bytes)
broken-k4z6qrpk4-rpf7z    4m           11Mi
debug-shell               2m           3Mi
leaving-p55dv79pp-l6zmg   5m           18Mi
resized-8rt9cdgnz-2q68h   270m         226Mi
web-6ljhmt2hb-8h5p5       63m          58Mi
web-6ljhmt2hb-jfmjf       49m          56Mi
web-6ljhmt2hb-s855c       63m          59Mi
"""
CLUSTER = """\
CONTEXT   NODES   PODS     CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)
demo      9/10    77/580   18247m       19%      67299Mi         15%
"""


@pytest.mark.parametrize("words", ["top nodes", "nodes", "top node", "top no", "no", "node"])
def test_nodes_by_every_name(run: Run, words: str) -> None:
    assert run(f"{words} --demo --demo-at {AT}") == (0, NODES, "")


@pytest.mark.parametrize("words", ["top pods", "pods", "top pod", "top po", "po", "pod"])
def test_pods_by_every_name(run: Run, words: str) -> None:
    assert run(f"{words} --demo-at {AT}") == (0, PODS, "")


@pytest.mark.parametrize("words", ["top cluster", "cluster"])
def test_the_cluster(run: Run, words: str) -> None:
    assert run(f"{words} --demo --demo-at {AT}") == (0, CLUSTER, "")


def test_a_named_pod_and_its_containers(demo: Run) -> None:
    result = demo("top pods prometheus-0 -n monitoring --containers")
    assert result.out == (
        "POD            NAME              CPU(cores)   MEMORY(bytes)\n"
        "prometheus-0   config-reloader   2m           14Mi\n"
        "prometheus-0   prometheus        894m         5825Mi\n"
    )


def test_the_sum_stays_below_its_columns_with_every_flag(demo: Run) -> None:
    for flags in map(
        " ".join, itertools.product(("", "-A"), ("", "--containers"), ("", "--no-headers"), ("", "-l app"))
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
    assert [line.split()[1] for line in by_cpu[:2]] == ["4117m", "2855m"]
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
    assert item["cpu"]["usagePercentOfCapacity"] == pytest.approx(100 * item["cpu"]["usage"] / 2e9)


def test_swap_where_a_node_has_it(demo: Run) -> None:
    lines = demo("top nodes --show-swap").out.splitlines()
    assert lines[0].split()[-2:] == ["SWAP(bytes)", "SWAP(%)"]


def test_selectors(demo: Run) -> None:
    assert demo("top pods -l app=web").out.splitlines() == [
        "NAME                  CPU(cores)   MEMORY(bytes)",
        "web-6ljhmt2hb-8h5p5   63m          58Mi",
        "web-6ljhmt2hb-jfmjf   49m          56Mi",
        "web-6ljhmt2hb-s855c   63m          59Mi",
    ]
    node = "ip-10-20-0-0.eu-west-1.compute.internal"
    by_field = json.loads(demo(f"top pods -A --field-selector spec.nodeName={node} -o json --columns node").out)
    assert {item["node"] for item in by_field["items"]} == {node}


def test_groups_add_up(demo: Run) -> None:
    pods = json.loads(demo("top pods -A -o json --columns wide").out)
    for by in ("namespace", "owner", "node", "namespace,owner", "pool", "zone", "instance-type", "label:app"):
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
    assert {
        "Deployment/checkout-api",
        "StatefulSet/orders-db",
        "DaemonSet/node-exporter",
        "Rollout/recommender",
    } <= owners
    assert {"CronJob/reconcile", "Job/transcode", "<none>"} <= owners
    assert not any(owner.startswith("ReplicaSet/") for owner in owners)


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


def test_the_wide_cluster_has_a_row_a_resource(demo: Run) -> None:
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
    ]
    assert [line.split()[1] for line in lines[1:]] == ["cpu", "memory", "ephemeralStorage", "pods", "nvidia.com/gpu"]


def test_an_unmeasured_pod_is_a_row_as_soon_as_specs_are_read(demo: Run) -> None:
    items = json.loads(demo("top pods -o json --columns cpu.usage,status").out)["items"]
    states = {item["name"].rsplit("-", 2)[0]: (item["status"], item["cpu"]["usage"]) for item in items}
    assert states["too-big"] == ("Pending", None)
    assert states["waiting"] == ("Init:0/1", None)
    assert states["web-canary"] == ("Running", None)
    assert states["broken"][0] == "CrashLoopBackOff"
    assert states["leaving"][0] == "Terminating"


def test_the_explanation_of_a_pod_and_of_a_node(demo: Run) -> None:
    name = demo("top pods -n team-checkout -l app=checkout-api -o name").out.split()[0].removeprefix("pod/")
    pod = demo(f"top pods {name} -n team-checkout --explain")
    assert [line.split()[0] for line in pod.out.splitlines()] == ["HOW", "+", "+", "max", "="]
    assert "init container migrate" in pod.out
    node = demo("top nodes ip-10-20-0-1.eu-west-1.compute.internal --explain")
    assert node.out.splitlines()[-1].split()[:5] == ["=", "in", "all", "3950m", "6350m"]
    assert demo("top pods --explain").code == 2


def test_limit_says_what_it_left_out(demo: Run) -> None:
    document = json.loads(demo("top pods -A --limit 3 --sort-by cpu -o json").out)
    assert (len(document["items"]), document["omitted"]) == (3, 62)
    whole = json.loads(demo("top pods -A -o json").out)
    assert document["totals"] == whole["totals"]


def test_where_filters_before_groups_and_sums(demo: Run) -> None:
    result = json.loads(
        demo("top pods -A --where 'memory% > 150, namespace ~ ^team-' -o json --columns default,memory%").out
    )
    assert {item["namespace"] for item in result["items"]} == {"team-search"}
    assert all(item["memory"]["usagePercentOfRequests"] > 150 for item in result["items"])
    either = json.loads(demo("top pods -A --where 'name ~ ^web' --where 'name ~ ^debug' -o json").out)
    assert len(either["items"]) == 4


def test_a_condition_that_is_met_is_an_exit_code(demo: Run) -> None:
    met = demo("top nodes --fail-if 'cpu% > 50'")
    assert (met.code, met.out) == (3, NODES)
    assert met.err == "--fail-if is met by 1 of the rows: ip-10-20-0-5.eu-west-1.compute.internal\n"
    assert demo("top nodes --fail-if 'cpu% > 99'").code == 0


def test_watch_prints_table_after_table(run: Run) -> None:
    assert run(f"watch --interval 0.01 --count 2 --demo-at {AT}").out == f"{CLUSTER}\n{CLUSTER}"
    assert run(f"watch nodes --interval 0.01 --count 1 --demo-at {AT}").out == NODES


def test_watch_prints_a_document_a_line(demo: Run) -> None:
    lines = demo("watch pods -i 0.01 --count 3 -o json").out.splitlines()
    assert [len(json.loads(line)["items"]) for line in lines] == [7, 7, 7]


def test_watch_until(demo: Run) -> None:
    assert demo("watch nodes -i 0.01 --until 'cpu% > 50'").code == 0
    timed_out = demo("watch nodes -i 0.01 --until 'cpu% > 99' --timeout 50ms")
    assert (timed_out.code, timed_out.err) == (4, "timed out waiting for the condition\n")
    assert demo("watch nodes -i 0.01 --fail-if 'cpu% > 50'").code == 3


def test_flags_stand_anywhere_and_switches_take_values(demo: Run, run: Run, demo_server: object) -> None:
    assert demo("--namespace=default top pods").out == PODS
    assert demo("top -n default pods").out == PODS
    assert demo("top pods --no-headers=true").out == demo("top pods --no-headers").out
    assert demo("top pods --no-headers --no-headers=false").out == PODS
    assert demo("top pods -n=default -A=false").out == PODS
    assert demo("top pods -ndefault --use-protocol-buffers=false").out == PODS


def test_a_bare_group_is_its_help_on_stderr(run: Run) -> None:
    bare = run("top")
    assert (bare.code, bare.out) == (1, "")
    assert "nodes" in bare.err
    assert run("top --help").out
    assert run("--version").out.startswith("c3s ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("top foo", "error: unknown command \"foo\"\nSee 'c3s top -h' for help and examples\n"),
        ("foo", 'error: unknown command "foo" for "c3s"\nhint: c3s --help lists the commands\n'),
        ("top nodes --foo", "error: unknown flag: --foo\nSee 'c3s top nodes --help' for usage.\n"),
        (
            "top nodes --containers",
            "error: unknown flag: --containers\nSee 'c3s top nodes --help' for usage.\nhint: did you mean --context?\n",
        ),
        ("top pods -x", "error: unknown shorthand flag: 'x' in -x\nSee 'c3s top pods --help' for usage.\n"),
        ("top pods -l", "error: flag needs an argument: 'l' in -l\nSee 'c3s top pods --help' for usage.\n"),
        ("top pods --selector", "error: flag needs an argument: --selector\nSee 'c3s top pods --help' for usage.\n"),
        ("top nodes a b", "error: node [NAME | -l label]\nSee 'c3s top node -h' for help and examples\n"),
        ("top nodes a -l b=c", "error: only one of NAME or --selector can be provided\n"),
        ("top pods a --field-selector b=c", "error: only one of NAME or selector can be provided\n"),
        ("top pods -l a=b,,", "error: found ',', expected: identifier after ','\n"),
        ("top pods --limit -1", "error: --limit takes a number from 0 on, not -1\n"),
        (
            "top pods --sort-by cpuu",
            "error: unknown column 'cpuu'\nhint: did you mean cpu? `c3s columns` lists them all\n",
        ),
        ("watch --interval 0", "error: --interval takes a number of seconds above 0, not 0\n"),
        (
            "top pods --by colour",
            (
                "error: unknown key 'colour' in --by\n"
                "hint: one of: namespace, node, owner, pool, zone, instance-type, status, label:KEY\n"
            ),
        ),
    ],
)
def test_usage_errors_come_before_any_request(demo: Run, words: str, said: str) -> None:
    assert demo(words) == (2, "", said)


def test_the_columns_are_listed(run: Run) -> None:
    nodes = run("columns nodes").out
    assert "cpu.usagePercentOfAllocatable" in nodes
    assert "cpu%" in nodes
    assert run("columns foo").code == 2
