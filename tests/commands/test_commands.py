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


def test_one_number_of_a_namespace_is_that_of_the_namespace(run: Run) -> None:
    assert run("top pods -n team-ml -o value --columns cpu --sum").err == (
        "error: --sum does not go with -o value\nhint: for one number: c3s top ns team-ml -o value --columns cpu\n"
    )


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


def test_a_watch_says_when_its_condition_was_not_met(demo: Run) -> None:
    unmet = demo("watch nodes -i 0.01 --count 2 --until 'cpu% > 101'")
    assert (unmet.code, unmet.err) == (4, f"the condition was not met\n--until: {UNJUDGED}")
    both = demo("watch nodes -i 0.01 --until 'cpu% > 50' --fail-if 'cpu% > 50'")
    assert both.code == 3


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


@pytest.mark.slow
def test_wide_has_no_effect_with_columns(demo: Run) -> None:
    for words in ("cluster", "cluster --no-headers", "nodes", "pods -A"):
        for columns in ("cpu%", 'resources["nvidia.com/gpu"].requests,cpu%'):
            wide = demo("top", *words.split(), "-o", "wide", "--columns", columns)
            assert wide == demo("top", *words.split(), "--columns", columns)
            assert wide.out


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


def test_watch_prints_table_after_table(run: Run) -> None:
    assert run(f"watch cluster --interval 0.01 --count 2 --demo-at {AT}").out == f"{CLUSTER}{AT}\n{CLUSTER}"
    assert run(f"watch nodes --interval 10ms --count 1 --demo-at {AT}").out == NODES
    assert run(f"watch --interval 0.01 --count 2 --demo-at {AT}").out == f"{NODES}{AT}\n{NODES}"


def test_watch_prints_one_document_per_line(demo: Run) -> None:
    lines = demo("watch pods -i 0.01 --count 3 -o json").out.splitlines()
    assert [len(json.loads(line)["items"]) for line in lines] == [8, 8, 8]


def test_watch_until(demo: Run) -> None:
    assert demo("watch nodes -i 0.01 --until 'cpu% > 50'").code == 0
    timed_out = demo("watch nodes -i 0.01 --until 'cpu% > 99' --timeout 50ms")
    assert (timed_out.code, timed_out.err) == (4, f"timed out waiting for the condition\n--until: {UNJUDGED}")
    assert demo("watch nodes -i 0.01 --fail-if 'cpu% > 50'").code == 3


def test_a_watch_with_zero_timeout_reads_once(demo: Run) -> None:
    assert demo("watch nodes -i 60 --until 'cpu% > 50' --timeout 0").code == 0
    late = demo("watch nodes -i 60 --until 'cpu% > 99' --timeout 0")
    assert (late.code, late.out, late.err) == (4, NODES, f"timed out waiting for the condition\n--until: {UNJUDGED}")


def test_a_watch_writes_one_table_for_spreadsheets(demo: Run) -> None:
    headings, rows = demo("top nodes -o csv").out.split("\n", 1)
    timed = "".join(f"{AT},{row}\n" for row in rows.splitlines())
    assert demo("watch nodes -i 0.01 --count 2 -o csv").out == f"time,{headings}\n{timed}{timed}"


def test_a_column_is_shown_once(demo: Run) -> None:
    assert demo("top nodes --columns name,cpu").out.split("\n")[0].split() == ["NAME", "CPU(cores)"]
    assert demo("top pods -A --columns namespace,name,cpu").out.split("\n")[0].split() == [
        "NAMESPACE",
        "NAME",
        "CPU(cores)",
    ]
    assert demo("top pods --columns namespace").out.split("\n")[0].split() == ["NAMESPACE"]
    assert demo("top pods -A --by namespace,namespace").out == demo("top pods -A --by namespace").out
    percentages = "cpu.usagePercentOfAllocatable,cpu.usagePercentOfCapacity"
    assert demo(f"top nodes --columns {percentages}").out.split("\n")[0].split() == ["NAME", "CPU(%)", "CPU(%CAPACITY)"]


def test_sums_of_columns_shown_as_a_pair(demo: Run) -> None:
    *_, rule, sums = demo("top nodes --by pool --sum").out.splitlines()
    assert rule.split() == ["________"] * 5
    assert sums.split()[0] == "9/10"
    assert demo("top nodes --columns status --sum").out == demo("top nodes --columns status").out
    *_, last = demo("top nodes -o markdown --sum").out.splitlines()
    *_, total = demo("top nodes --sum").out.splitlines()
    assert last.replace("|", " ").split() == total.split()


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


def test_a_command_group_alone_prints_its_help_on_stderr(run: Run) -> None:
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
        ("top nodes --quux", "error: unknown flag: --quux\nSee 'c3s top nodes --help' for usage.\n"),
        (
            "top nodes --containers",
            (
                "error: unknown flag: --containers\nSee 'c3s top nodes --help' for usage.\n"
                "hint: --containers goes with c3s top pods\n"
            ),
        ),
        ("top pods -x", "error: unknown shorthand flag: 'x' in -x\nSee 'c3s top pods --help' for usage.\n"),
        ("top pods -l", "error: flag needs an argument: 'l' in -l\nSee 'c3s top pods --help' for usage.\n"),
        ("top pods --selector", "error: flag needs an argument: --selector\nSee 'c3s top pods --help' for usage.\n"),
        ("top volumes a b", "error: unexpected arguments: a b\nSee 'c3s top volumes --help' for usage.\n"),
        ("top nodes a -l b=c", "error: only one of NAME or --selector can be provided\n"),
        ("top pods a --field-selector b=c", "error: only one of NAME or selector can be provided\n"),
        ("top pods -l a=b,,", "error: found ',', expected: identifier after ','\n"),
        ("top pods --limit -1", "error: --limit takes a number from 0 on, not -1\n"),
        (
            "top pods --sort-by cpuu",
            "error: unknown column 'cpuu'\nhint: did you mean cpu? `c3s columns` lists them all\n",
        ),
        (
            "top pods --sort-by cpu:down",
            "error: unknown direction 'down' in --sort-by\nhint: cpu:asc or cpu:desc\n",
        ),
        (
            "top nodes --columns labels[app]",
            (
                "error: unknown column 'labels[app]'\n"
                'hint: write labels as label:app or labels["app"], and other resources as '
                'resources["nvidia.com/gpu"].requests\n'
            ),
        ),
        ("top nodes --server http://127.0.0.1:1 --demo", "error: only one of --demo or --server can be provided\n"),
        ("watch --interval 0", "error: --interval takes a time above 0, such as 2, 500ms or 1m, not '0'\n"),
        ("watch --interval soon", "error: --interval takes a time above 0, such as 2, 500ms or 1m, not 'soon'\n"),
        ("watch --interval inf", "error: --interval takes a time above 0, such as 2, 500ms or 1m, not 'inf'\n"),
        (
            "watch nodes -n 1",
            "error: -n 1 is a namespace, and nodes have none\nhint: --interval 1 sets the pace\n",
        ),
        (
            "watch -n 0.5s",
            "error: -n 0.5s is a namespace, and nodes have none\nhint: --interval 0.5s sets the pace\n",
        ),
        (
            "watch cluster -n 5",
            "error: -n 5 is a namespace, and a cluster has none\nhint: --interval 5 sets the pace\n",
        ),
        (
            "watch --until cpu>1 --timeout 0.3.1",
            (
                "error: Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by "
                "a corresponding time unit (e.g. 1s | 2m | 3h)\n"
            ),
        ),
        (
            "top nodes --where cpu",
            (
                "error: expected one of =, !=, >, >=, <, <=, in, not in after cpu in 'cpu'\n"
                "hint: write the condition in single quotes: a shell takes < and > for files, "
                "as in --where 'cpu > 1'\n"
            ),
        ),
        (
            "top nodes --columns .metadata.creationTimestamp",
            (
                "error: unknown column '.metadata.creationTimestamp'\n"
                "hint: did you mean age? `c3s columns` lists them all\n"
            ),
        ),
        (
            "top nodes --columns cordoned",
            "error: unknown column 'cordoned'\nhint: did you mean schedulable? `c3s columns` lists them all\n",
        ),
        (
            "top pods --by ownr",
            (
                "error: unknown key 'ownr' in --by\n"
                "hint: did you mean owner? "
                "The keys are context, namespace, node, owner, pool, zone, instance-type, status and label:KEY\n"
            ),
        ),
    ],
)
def test_usage_errors_come_before_any_request(demo: Run, words: str, said: str) -> None:
    assert demo(words) == (2, "", said)


FORMATS = "csv,custom-columns,grid,json,jsonpath,markdown,name,openmetrics,prometheus,table,tsv,value,wide,yaml"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("prom", "hint: did you mean -o prometheus?\n"),
        ("jsn", "hint: did you mean -o json?\n"),
        ("md", "hint: did you mean -o markdown?\n"),
        ("svg", "hint: -o markdown is a table that a page can show\n"),
        (
            "go-template={{.}}",
            "hint: -o jsonpath=TEMPLATE takes a template; -o value --columns namespace,name,cpu prints columns\n",
        ),
        ("html", "hint: -o markdown is a table that a page can show\n"),
    ],
)
def test_a_format_is_suggested_for_a_word_that_is_none(demo: Run, word: str, hint: str) -> None:
    said = f'error: unable to match a printer suitable for the output format "{word}", allowed formats are: {FORMATS}\n'
    assert demo(f"top nodes -o {word}") == (2, "", said + hint)


def test_formats_may_be_in_capitals_as_in_kubectl(demo: Run) -> None:
    assert demo("top nodes -o JSON") == demo("top nodes -o json")
    assert demo("top nodes -o Custom-Columns=NAME:.name") == demo("top nodes -o custom-columns=NAME:.name")


@pytest.mark.slow
def test_a_label_is_a_column_under_its_short_name_too(demo: Run) -> None:
    key = "app.kubernetes.io/name"
    for short in (
        f"top pods -A --columns default,label:{key}",
        f"top pods -A --sort-by label:{key}",
        f"top pods -A --sort-by label:{key}:desc",
        f"top pods -A --where 'label:{key} in (indexer, redis)' -o json",
        f"top nodes --fail-if 'label:{key} = none'",
        f"top pods -A --by label:{key} --sort-by label:{key}",
    ):
        # Quotes outside quotes are the shell's.
        quote = '"' if "'" in short else '\\"'
        assert demo(short) == demo(short.replace(f"label:{key}", f"labels[{quote}{key}{quote}]"))
    assert "indexer" in demo(f"top pods -A --columns label:{key}").out
    # A key without dots is not taken for a column with a direction.
    assert demo("top pods -A --sort-by label:component") == demo('top pods -A --sort-by labels[\\"component\\"]')
    assert demo("top pods -A --sort-by label:component").code == 0


@pytest.mark.parametrize(
    ("flags", "headings"),
    [
        ("--sort-by memory.limits", "NAME CPU(cores) MEMORY(bytes) MEMORY-LIMITS"),
        ("--where 'restarts = 0' --sort-by age", "NAME CPU(cores) MEMORY(bytes) AGE RESTARTS"),
        ("--sort-by cpu", "NAME CPU(cores) MEMORY(bytes)"),
        ("--sort-by memory", "NAME CPU(cores) MEMORY(bytes)"),
        ("--sort-by name --where 'namespace = default'", "NAME CPU(cores) MEMORY(bytes)"),
        ("--sort-by memory.limits --where 'restarts = 0' --columns cpu", "NAME CPU(cores)"),
        ("--sort-by memory.limits --columns default", "NAME CPU(cores) MEMORY(bytes)"),
        # What is judged is not shown: it may be the same for all rows.
        ("--fail-if 'restarts > 99'", "NAME CPU(cores) MEMORY(bytes)"),
    ],
)
def test_a_column_that_is_used_is_shown_unless_columns_says_otherwise(demo: Run, flags: str, headings: str) -> None:
    assert demo(f"top pods -n default {flags}").out.splitlines()[0].split() == headings.split()


@pytest.mark.parametrize("by", ["pool", "owner", "status", "label:app.kubernetes.io/name"])
def test_a_key_that_groups_are_sorted_by_is_shown_once(demo: Run, by: str) -> None:
    plain, ordered = demo(f"top pods -A --by {by}"), demo(f"top pods -A --by {by} --sort-by {by}")
    assert ordered.out.splitlines()[0].split() == plain.out.splitlines()[0].split()
    assert sorted(ordered.out.splitlines()) == sorted(plain.out.splitlines())


def test_the_columns_are_listed(run: Run) -> None:
    nodes = run("columns nodes").out
    assert "cpu.usagePercentOfAllocatable" in nodes
    assert "cpu%" in nodes
    assert run("columns foo").code == 2
