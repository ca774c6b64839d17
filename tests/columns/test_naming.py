"""Names of columns: full names, headings of tables, short names."""

from __future__ import annotations

import json

import pytest

from c3s_cli.columns.headings import heading
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import UsageError
from tests.conftest import Run
from tests.servers import FakeApi, node, node_metrics, pod, pod_metrics


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("basis", ["Allocatable", "Capacity"])
def test_every_heading_names_a_column_that_has_it(kind: Kind, basis: str) -> None:
    naming = Naming(kind, basis)
    for column in naming.table().values():
        title = heading(column)
        for written in (title, title.lower(), title.title()):
            assert heading(naming.find(written)) == title
        assert naming.find(column.name.upper()).name.casefold() == column.name.casefold()


@pytest.mark.parametrize(
    ("kind", "written", "name"),
    [
        (Kind.POD, "MEMORY(%LIMITS)", "memory.usagePercentOfLimits"),
        (Kind.POD, "CPU(cores)", "cpu.usage"),
        (Kind.POD, "CPU", "cpu.usage"),
        (Kind.POD, "POD", "name"),
        (Kind.POD, "workload", "owner"),
        (Kind.POD, "Restarts", "restarts"),
        (Kind.NODE, "CPU(%)", "cpu.usagePercentOfAllocatable"),
        (Kind.NODE, "CPU(%CAPACITY)", "cpu.usagePercentOfCapacity"),
        (Kind.NODE, "CPU-REQUESTS(%ALLOCATABLE)", "cpu.requestsPercentOfAllocatable"),
        (Kind.NODE, "INSTANCE-TYPE", "instanceType"),
        (Kind.NODE, "NVIDIA.COM/GPU-FREE", 'resources["nvidia.com/gpu"].free'),
        (Kind.NODE, "HUGE.EXAMPLE.COM/ONE-TWO-LIMITS", 'resources["huge.example.com/one-two"].limits'),
        (
            Kind.NODE,
            "NVIDIA.COM/GPU-REQUESTS(%ALLOCATABLE)",
            'resources["nvidia.com/gpu"].requestsPercentOfAllocatable',
        ),
        (Kind.CLUSTER, "PODS", "pods"),
    ],
)
def test_headings_and_short_words(kind: Kind, written: str, name: str) -> None:
    assert Naming(kind).find(written).name == name


def test_percentages_of_capacity_are_named_by_what_the_command_shows() -> None:
    assert Naming(Kind.NODE, "Capacity").find("CPU(%)").name == "cpu.usagePercentOfCapacity"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("gpu.foo", "did you mean gpu"),
        ("limits", "did you mean cpu.limits or memory.limits?"),
        ("requests", "did you mean cpu.requests or memory.requests?"),
        ("nvidia.com/gpu", 'resources["nvidia.com/gpu"].requests'),
        ("labels[app]", 'labels["app"]'),
    ],
)
def test_only_what_looks_like_a_label_or_a_resource_is_told_of_brackets(written: str, hint: str) -> None:
    with pytest.raises(UsageError) as problem:
        Naming(Kind.POD).find(written)
    assert hint in (problem.value.hint or "")


def test_columns_of_single_rows_are_said_to_be_so_in_groups(run: Run) -> None:
    for words, name, of in (("top pods --by owner", "oomKilled", "pods"), ("top nodes --by pool", "taints", "nodes")):
        result = run(f"{words} --fail-if '{name} = x'")
        assert result.err == (
            f"error: unknown column '{name}'\n"
            f"hint: {name} is a column of single {of}: c3s top {of} shows and judges it, without --by\n"
        )


@pytest.mark.slow
def test_headings_name_columns_in_every_flag(demo: Run) -> None:
    for flags, same in (
        ("--sort-by 'MEMORY(%LIMITS)'", "--sort-by memory.usagePercentOfLimits"),
        ("--columns 'CPU-REQUESTS,STATUS'", "--columns cpu.requests,status"),
        ("--where 'MEMORY(%LIMITS) > 85'", "--where 'memory.usagePercentOfLimits > 85'"),
        ("--fail-if 'RESTARTS > 3'", "--fail-if 'restarts > 3'"),
        ("--by OWNER", "--by owner"),
        ("--by WORKLOAD", "--by owner"),
        ("--by ns,node-pool", "--by namespace,pool"),
    ):
        assert demo(f"top pods -A {flags}") == demo(f"top pods -A {same}")


def test_a_dash_before_a_column_sorts_it_descending(demo: Run) -> None:
    for column in ("cpu.unused", "name", "cpu"):
        assert demo(f"top pods -A --sort-by -{column}") == demo(f"top pods -A --sort-by {column}:desc")
        assert demo(f"top pods -A --sort-by=-{column}") == demo(f"top pods -A --sort-by {column}:desc")
    several = demo("top pods -A --sort-by namespace,-memory --columns memory --no-headers").out.splitlines()
    amounts = [int(line.split()[2].removesuffix("Mi")) for line in several if line.startswith("monitoring")]
    assert amounts == sorted(amounts, reverse=True)
    two = demo("top pods --sort-by -cpu:asc")
    assert (two.code, two.err) == (
        2,
        "error: two directions in '-cpu:asc' in --sort-by\nhint: cpu:asc or cpu:desc\n",
    )


# --- shown because it is used ---------------------------------------------------------------------------------


def titles(run: Run, words: str) -> list[str]:
    return run(words).out.split("\n")[0].split()


def test_a_column_that_sorts_or_filters_is_shown_after_the_others(demo: Run) -> None:
    default = ["NAME", "CPU(cores)", "MEMORY(bytes)"]
    assert titles(demo, "top pods --sort-by restarts") == [*default, "RESTARTS"]
    assert titles(demo, "top pods --where 'age > 1m' --sort-by cpu.unused,restarts") == [
        *default,
        "CPU-UNUSED",
        "RESTARTS",
        "AGE",
    ]
    assert titles(demo, "top pods --where 'name ~ a, namespace = default' --sort-by name") == default
    assert titles(demo, "top pods --sort-by restarts --columns cpu") == ["NAME", "CPU(cores)"]
    assert titles(demo, "top nodes --by pool --sort-by cpu.free,nodes.count")[-1] == "CPU-FREE"
    assert titles(demo, "top pods -A --by owner --where 'restarts > 3'")[-1] == "MEMORY(bytes)"
    assert titles(demo, "top pods --show-swap --sort-by restarts")[-2:] == ["SWAP(bytes)", "RESTARTS"]


def test_amounts_that_are_compared_before_they_are_summed_are_said(demo: Run) -> None:
    """--where of objects knows no sums: without a word, a namespace of many small pods would seem to be a small one."""
    said = "--where filters {}s before they are summed; --having filters the sums\n"
    for words, kind in (
        ("top pods -A --by namespace --where 'memory > 20Gi'", "pod"),
        ("top pods -A --by owner --where 'name ~ inf, cpu >= 1'", "pod"),
        ("top pods -A --by node --where 'cpu% > 50' --where 'name = none'", "pod"),
        ("top nodes --by pool --where 'memory.free < 100Gi'", "node"),
    ):
        assert said.format(kind) in demo(words).err.splitlines(keepends=True), words
    for words in (
        "top pods -A --where 'memory > 1Gi'",
        "top ns --where 'memory > 20Gi'",
        "top pods -A --by namespace --where 'name ~ a, restarts > 0, memory.limits = none, memory.requests != 0'",
        "top ns --fail-if 'memory > 900Gi'",
        "top cluster --where 'memory > 1Gi'",
    ):
        assert "before they are summed" not in demo(words).err, words


def test_the_structured_formats_have_what_is_used_too(demo: Run) -> None:
    (item,) = json.loads(demo("top pods --where 'restarts > 3' -o json").out)["items"]
    assert item["restarts"] == 12
    assert demo("top pods --where 'restarts > 3' -o csv").out.split("\n")[0].endswith(",memory.usage,restarts")
    (item,) = json.loads(demo("top pods --where 'restarts > 3' --columns cpu -o json").out)["items"]
    assert "restarts" not in item


@pytest.mark.parametrize("words", ["top nodes", "top pods -A", "top pods -A --containers", "top nodes --show-swap"])
@pytest.mark.parametrize("key", ["cpu", "memory"])
def test_the_orders_of_kubectl_change_no_columns(demo: Run, words: str, key: str) -> None:
    assert titles(demo, f"{words} --sort-by {key}") == titles(demo, words)


# --- keys -----------------------------------------------------------------------------------------------------

KEYS = "The keys are context, namespace, node, owner, pool, zone, instance-type, status and label:KEY"


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("namespce", "did you mean namespace?"),
        ("Deployment", "did you mean owner?"),
        ("pod", "without --by, each row is a pod."),
        ("container", "--containers shows a row for each container."),
        ("a=b", "did you mean label:a=b?"),
        ("labels", "name the label, as in label:team."),
    ],
)
def test_a_key_that_is_none_is_refused_if_it_may_mean_another(demo: Run, key: str, hint: str) -> None:
    assert demo(f"top pods --by {key}") == (2, "", f"error: unknown key '{key}' in --by\nhint: {hint} {KEYS}\n")


def test_plurals_are_keys(demo: Run) -> None:
    assert demo("top pods -A --by nodes,owners") == demo("top pods -A --by node,owner")
    assert demo("top nodes --by instance-types,zones") == demo("top nodes --by instance-type,zone")
    assert demo("top nodes --by zones").code == 0


def test_a_key_that_is_none_is_a_label(demo: Run) -> None:
    for key in ("app", "app.kubernetes.io/name", "team"):
        expected = demo(f"top pods -A --by label:{key}")
        remark = f"--by {key} is read as label:{key}\n"
        result = demo(f"top pods -A --by {key}")
        assert (result.code, result.out) == (0, expected.out)
        assert remark in result.err
    both = demo("watch pods -A --by team,node,app --count 1")
    assert both.err.startswith("--by team, app is read as label:team, label:app\n")


@pytest.mark.parametrize(
    ("kind", "written", "name"),
    [
        (Kind.POD, "mem-requests", "memory.requests"),
        (Kind.POD, "mem%limit", "memory.usagePercentOfLimits"),
        (Kind.POD, "mem_limit_pct", "memory.usagePercentOfLimits"),
        (Kind.POD, "cpu/request", "cpu.usagePercentOfRequests"),
        (Kind.POD, "lastState", "lastTermination.reason"),
        (Kind.POD, "lastTermination.time", "lastTermination.finishedAt"),
        (Kind.POD, "lastRestart", "lastTermination.finishedAt"),
        (Kind.POD, "cpu_requests", "cpu.requests"),
        (Kind.POD, "memRequests", "memory.requests"),
        (Kind.POD, "requests.memory", "memory.requests"),
        (Kind.POD, "memory.limit", "memory.limits"),
        (Kind.POD, "MEM/LIMITS", "memory.usagePercentOfLimits"),
        (Kind.POD, "mem%req", "memory.usagePercentOfRequests"),
        (Kind.POD, "cpu-limit-util", "cpu.usagePercentOfLimits"),
        (Kind.POD, "cpuUsagePercentOfLimits", "cpu.usagePercentOfLimits"),
        (Kind.POD, "cpuPercent", "cpu.usagePercentOfRequests"),
        (Kind.POD, "mem-used", "memory.usage"),
        (Kind.POD, "memory-max", "memory.max"),
        (Kind.POD, "p95_cpu", "cpu.p95"),
        (Kind.POD, "cpu.idle", "cpu.unused"),
        (Kind.POD, "restartCount", "restarts"),
        (Kind.POD, "{.status.phase}", "phase"),
        (Kind.POD, ".spec.nodeName", "node"),
        (Kind.POD, "ns", "namespace"),
        (Kind.POD, "oom", "oomKilled"),
        (Kind.POD, "cpu-throttling", "throttled"),
        (Kind.NODE, "{.metadata.name}", "name"),
        (Kind.NODE, "cpu_util", "cpu.usagePercentOfAllocatable"),
        (Kind.NODE, "mem-percent", "memory.usagePercentOfAllocatable"),
        (Kind.NODE, "memory_used_percent_of_capacity", "memory.usagePercentOfCapacity"),
        (Kind.NODE, "cpu-requests-percent", "cpu.requestsPercentOfAllocatable"),
        (Kind.NODE, "cpu-requests-percent-of-allocatable", "cpu.requestsPercentOfAllocatable"),
        (Kind.NODE, "memAvailable", "memory.free"),
        (Kind.NODE, "nodepool", "pool"),
    ],
)
def test_other_spellings(kind: Kind, written: str, name: str) -> None:
    assert Naming(kind).find(written).name == name


@pytest.mark.parametrize(
    "written", ["cpu-memory", "cpu-nosuch", "mem-limits-requests", "memory.limits.foo", "cpu.p999"]
)
def test_what_is_no_spelling(written: str) -> None:
    with pytest.raises(UsageError, match="unknown column"):
        Naming(Kind.POD).find(written)


# --- gpu ------------------------------------------------------------------------------------------------------


def with_gpus(api: FakeApi, *names: str) -> str:
    gpus = dict.fromkeys(names, "4")
    api.node_metrics(node_metrics("a"), node_metrics("b"))
    amounts = {"cpu": "4", "memory": "8Gi", "pods": "110"}
    api.nodes(node("a", allocatable={**amounts, **gpus}, capacity=amounts), node("b"))
    api.pods(pod("x", "p", node="a", requests=dict.fromkeys(names, "1"), limits=dict.fromkeys(names, "1")))
    api.pod_metrics(pod_metrics("x", "p", ("app", "1m", "1Mi")))
    return f"--server {api.url}"


def test_gpu_is_the_only_gpu_of_the_cluster(run: Run, api: FakeApi) -> None:
    server = with_gpus(api, "amd.com/gpu")
    table = run(f"top nodes --columns gpu,gpu.free,gpu% --sort-by gpu.free --where 'gpu.allocatable != none' {server}")
    assert table.out.splitlines() == [
        "NAME   AMD.COM/GPU-REQUESTS   AMD.COM/GPU-FREE   AMD.COM/GPU-REQUESTS(%ALLOCATABLE)",
        "a      1                      3                  25%",
    ]
    assert run(f"top nodes --fail-if 'gpu.free > 2' -o name {server}").code == 3
    item = json.loads(run(f"top pods -A --where 'gpu > 0' -o json {server}").out)["items"][0]
    assert item["resources"] == {"amd.com/gpu": {"requests": 1}}
    grouped = run(f"top pods -A --by namespace --columns gpu --no-headers --sort-by gpu {server}")
    assert grouped.out.split() == ["x", "1"]
    watched = run(f"watch nodes --count 2 -i 0.01 --columns gpu --until-all 'gpu < 2' --no-headers {server}")
    assert (watched.code, watched.err) == (0, "--until-all: all 2 rows matched\n")


def test_pods_without_a_gpu_are_known_to_have_none(run: Run, api: FakeApi) -> None:
    server = with_gpus(api, "amd.com/gpu")
    api.pods(pod("x", "p", node="a"))
    assert run(f"top pods -A --columns gpu --no-headers {server}").out.split() == ["x", "p", "0"]


def test_a_gpu_that_could_be_another_is_refused(run: Run, api: FakeApi) -> None:
    result = run(f"top nodes --columns gpu.free {with_gpus(api, 'nvidia.com/gpu', 'amd.com/gpu')}")
    assert result == (
        1,
        "",
        'error: gpu could be amd.com/gpu or nvidia.com/gpu\nhint: name one: resources["amd.com/gpu"].requests\n',
    )


def test_a_cluster_without_gpus_says_so(run: Run, api: FakeApi) -> None:
    result = run(f"top pods -A --where 'gpu > 0' {with_gpus(api)}")
    assert result == (
        1,
        "",
        (
            "error: gpu: no resource of this cluster has gpu in its name\n"
            'hint: any resource is a column: resources["NAME"].requests\n'
        ),
    )


@pytest.mark.parametrize("name", ['labels["cpu"].requests', 'resources["cpu"]', 'labels["app"].requests'])
def test_a_label_has_no_fields_and_a_resource_has_nothing_else(demo: Run, name: str) -> None:
    result = demo("top", "pods", "--columns", name)
    assert (result.code, result.out, result.err.splitlines()[0]) == (2, "", f"error: unknown column '{name}'")


def test_a_column_that_is_taken_for_a_flag_is_shown(demo: Run) -> None:
    for name in ("gpu", "restarts", "memory.limits", "mem-requests"):
        result = demo(f"top pods --{name}")
        assert result.out == demo(f"top pods --columns default,{name}").out
        assert result.err.startswith(f"--{name} is read as --columns default,{name}\n")
    assert demo("top pods --sort-by {.metadata.name}").out == demo("top pods").out


def test_a_wide_cluster_says_nothing_twice(demo: Run) -> None:
    found = titles(demo, "top cluster --columns wide,gpu,gpu.free")
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("kind", "short", "name"),
    [
        (Kind.POD, "mem", "memory.usage"),
        (Kind.POD, "mem%", "memory.usagePercentOfRequests"),
        (Kind.NODE, "mem%", "memory.usagePercentOfAllocatable"),
        (Kind.POD, "mem.requests", "memory.requests"),
        (Kind.POD, "memory%limits", "memory.usagePercentOfLimits"),
        (Kind.POD, "cpu%limits", "cpu.usagePercentOfLimits"),
        (Kind.POD_GROUP, "memory%requests", "memory.usagePercentOfRequests"),
        (Kind.POD, "memory.limits%", "memory.usagePercentOfLimits"),
        (Kind.POD, "cpu.requests%", "cpu.usagePercentOfRequests"),
        (Kind.NODE, "cpu.requests%", "cpu.requestsPercentOfAllocatable"),
    ],
)
def test_short_names_for_what_is_asked_most(kind: Kind, short: str, name: str) -> None:
    assert Naming(kind).find(short).name == name
