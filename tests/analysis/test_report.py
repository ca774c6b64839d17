"""From a Sample to a Report: joining, filtering, grouping, sorting, limits, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from c3s_cli.analysis.joining import node_rows, pod_rows
from c3s_cli.analysis.report import make_report
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.flags import options
from c3s_cli.flags.watch_options import Repeat
from c3s_cli.model.rows import Amounts, Container, Node, NodeDetails, NodeFacts, Pod, PodFacts
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.report import Judgement, Report
from c3s_cli.request.from_flags import request_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
THEN = "2026-03-02T09:29:30Z"
HOUR = 3600
NONE: Amounts = {}


def milli(number: int) -> int:
    """Return millicores in nanocores."""
    return number * 10**6


def used_by(name: str, cpu: int | None = 1, *, namespace: str = "shop", **more: Any) -> Pod:
    """Make a pod as the metrics API reports it, its CPU in millicores."""
    return Pod("c", namespace, name, None if cpu is None else milli(cpu), None, None, THEN, "15s", **more)


def pod_facts(requests: Amounts = NONE, **more: Any) -> PodFacts:
    """Make the facts of a pod on n1, created an hour ago."""
    said: dict[str, Any] = {"uid": "", "node": "n1", "owner": "", "status": "Running", "restarts": 0}
    said |= {"created_at": NOW.timestamp() - HOUR, "qos_class": "Burstable", "labels": {}, "limits": {}}
    return PodFacts(requests=requests, **(said | more))


def used_on(name: str, cpu: int | None = 1) -> Node:
    """Make a node as the metrics API reports it, its CPU in millicores."""
    return Node("c", name, None if cpu is None else milli(cpu), None, None, THEN, "20s")


def details(*, created_at: float | None = None, pool: str = "", zone: str = "") -> NodeDetails:
    return NodeDetails({}, "Ready", (), "v1.35.0", (), created_at, pool, zone, "")


def node_facts(allocatable: Amounts = NONE, of: NodeDetails | None = None) -> NodeFacts:
    return NodeFacts("", allocatable, allocatable, None, of)


def sample_of(nodes: Sequence[Node] = (), pods: Sequence[Pod] = (), **more: Any) -> Sample:
    return Sample("c", NOW, "test", nodes, pods, **more)


def report(
    sample: Sample,
    kind: Kind = Kind.POD,
    columns: str = "cpu",
    *,
    containers: bool = False,
    everywhere: bool = False,
    until: str | None = None,
    **rows: Any,
) -> Report:
    query, _ = request_of(
        kind,
        None,
        options.Connection(),
        options.Selection(**rows),
        options.Display(columns=columns),
        pods=options.Pods(containers=containers, all_namespaces=everywhere) if kind is Kind.POD else None,
        repeat=Repeat(until=[until]) if until else None,
    )
    return make_report([structs.replace(sample, namespaces=("shop",))], query)


def names(report: Report) -> list[str]:
    return [row.name for row in report.rows]


def table(report: Report) -> list[tuple[Any, ...]]:
    """Return the name and the columns of every row, as the report shows them."""
    return [(row.name, *(column.value(row) for column in report.columns)) for row in report.rows]


# --- joining nodes --------------------------------------------------------------------------------------------


def test_a_node_has_its_usage_facts_and_age() -> None:
    facts = node_facts({"cpu": milli(1000)}, details(created_at=NOW.timestamp() - HOUR))
    assert node_rows(sample_of([used_on("n1", 250)], node_facts={"n1": facts})) == [
        Node("c", "n1", milli(250), None, None, THEN, "20s", facts)
    ]


def test_a_node_without_metrics_is_a_row_without_usage() -> None:
    facts = node_facts({"cpu": milli(1000)})
    assert node_rows(sample_of(node_facts={"n1": facts})) == [Node("c", "n1", None, None, facts=facts)]


def test_metrics_without_a_node_are_a_row_without_facts() -> None:
    assert node_rows(sample_of([used_on("gone")], node_facts={})) == [used_on("gone")]
    assert node_rows(sample_of([used_on("n1")])) == [used_on("n1")]


def test_a_node_sums_the_requests_of_its_pods_measured_or_not() -> None:
    facts = {
        ("shop", "web"): pod_facts({"cpu": 1, "memory": 2}, limits={"cpu": 5, "memory": 6}, binding_limits={"cpu": 5}),
        ("shop", "api"): pod_facts({"cpu": 10}, limits={"cpu": 50}, binding_limits={"cpu": 50, "memory": 60}),
        ("shop", "far"): pod_facts({"cpu": 100}, node="n2"),
        ("shop", "unscheduled"): pod_facts({"cpu": 1000}, node=""),
    }
    measured = sample_of([used_on("n1"), used_on("n2"), used_on("n3")], [used_by("web")], pod_facts=facts)
    assert [(row.name, row.pod_count, row.requests, row.limits, row.binding_limits) for row in node_rows(measured)] == [
        ("n1", 2, {"cpu": 11, "memory": 2}, {"cpu": 55, "memory": 6}, {"cpu": 55}),
        ("n2", 1, {"cpu": 100}, {}, {}),
        ("n3", 0, {}, {}, {}),
    ]


def test_the_requests_of_a_node_are_unknown_if_its_pods_were_not_read() -> None:
    (row,) = node_rows(sample_of([used_on("n1")], [used_by("web")]))
    assert (row.pod_count, row.requests, row.limits, row.binding_limits) == (None, None, None, None)


# --- joining pods ---------------------------------------------------------------------------------------------


def test_a_pod_has_its_usage_facts_age_and_node() -> None:
    facts, home = pod_facts({"cpu": 5}), details(zone="z")
    measured = sample_of(
        pods=[used_by("web", 50)], pod_facts={("shop", "web"): facts}, node_facts={"n1": node_facts(of=home)}
    )
    assert pod_rows(measured) == [
        Pod("c", "shop", "web", milli(50), None, None, THEN, "15s", (), facts, node_details=home)
    ]


def test_a_pod_without_metrics_is_a_row_without_usage() -> None:
    facts = pod_facts({"cpu": 5})
    assert pod_rows(sample_of(pod_facts={("shop", "web"): facts})) == [Pod("c", "shop", "web", None, None, facts=facts)]


def test_a_measured_pod_that_the_core_api_does_not_know_is_a_row_without_facts() -> None:
    pods = [used_by("gone", 7), used_by("web", 50)]
    measured = sample_of(pods=pods, pod_facts={("shop", "web"): pod_facts({"cpu": milli(100)})})
    assert table(report(measured, columns="cpu,cpu.requests")) == [
        ("gone", milli(7), None),
        ("web", milli(50), milli(100)),
    ]
    assert table(report(measured, columns="pods.measured,pods.count,cpu", by="namespace")) == [
        ("shop", 2, 2, milli(57))
    ]


def test_pods_of_one_name_in_two_namespaces_keep_their_own_facts() -> None:
    pods = [used_by("web", 1), used_by("web", 2, namespace="test")]
    facts = {("shop", "web"): pod_facts({"cpu": 10}), ("test", "web"): pod_facts({"cpu": 20})}
    rows = pod_rows(sample_of(pods=pods, pod_facts=facts))
    assert [(row.namespace, row.cpu_nanocores, row.requests) for row in rows] == [
        ("shop", milli(1), {"cpu": 10}),
        ("test", milli(2), {"cpu": 20}),
    ]


def test_without_core_pods_the_rows_are_the_measured_pods() -> None:
    assert pod_rows(sample_of(pods=[used_by("web")])) == [used_by("web")]


def test_a_container_has_its_usage_requests_and_limits() -> None:
    used = (Container("app", 1, 2), Container("debugger", 3, 4))
    spec = (Container("app", None, None, None, {"cpu": 5}, {"cpu": 6}),)
    (row,) = pod_rows(
        sample_of(pods=[used_by("web", containers=used)], pod_facts={("shop", "web"): pod_facts(containers=spec)})
    )
    # Nothing is known of what a container asks for that the core pod does not list.
    assert row.containers == (Container("app", 1, 2, None, {"cpu": 5}, {"cpu": 6}), Container("debugger", 3, 4))


def test_a_container_without_metrics_is_listed_without_usage() -> None:
    waiting = Container("waiting", None, None, None, {"cpu": 7}, {})
    spec = (Container("app", None, None, None, {"cpu": 5}, {}), waiting)
    (row,) = pod_rows(
        sample_of(
            pods=[used_by("web", containers=(Container("app", 1, 2),))],
            pod_facts={("shop", "web"): pod_facts(containers=spec)},
        )
    )
    assert row.containers == (Container("app", 1, 2, None, {"cpu": 5}, {}), waiting)


# --- ages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "age"),
    [
        pytest.param(NOW.timestamp() - 90.75, 90, id="whole-seconds"),
        pytest.param(NOW.timestamp(), 0, id="just-now"),
        pytest.param(NOW.timestamp() + 90, 0, id="a-clock-that-is-ahead"),
        pytest.param(0.0, int(NOW.timestamp()), id="the-epoch-is-a-time"),
        pytest.param(None, None, id="unknown"),
    ],
)
def test_an_age_is_in_whole_seconds_and_never_negative(made: float | None, age: int | None) -> None:
    facts = {"n1": node_facts(of=details(created_at=made))}
    whole = sample_of(node_facts=facts, pod_facts={("shop", "web"): pod_facts(created_at=made)})
    assert table(report(whole, Kind.NODE, "age")) == [("n1", age)]
    assert table(report(whole, Kind.POD, "age")) == [("web", age)]


def test_the_age_of_a_node_without_details_is_unknown() -> None:
    assert table(report(sample_of([used_on("n1")], node_facts={"n1": node_facts()}), Kind.NODE, "age")) == [
        ("n1", None)
    ]


# --- filtering, grouping and summing --------------------------------------------------------------------------

FIVE = sample_of(
    [used_on("n1", 600), used_on("n2", 300)],
    [used_by(name, cpu) for name, cpu in (("e", 10), ("d", 40), ("c", 20), ("b", 50), ("a", 30))],
    pod_facts={
        ("shop", name): pod_facts({"cpu": milli(100)}, owner=owner, node=node)
        for name, owner, node in zip(
            "abcde", ("Job/x", "Job/x", "Job/y", "Job/y", ""), ("n1", "n1", "n2", "n2", "n2"), strict=True
        )
    },
    node_facts={name: node_facts({"cpu": milli(1000)}, details(pool="p")) for name in ("n1", "n2", "n3")},
    pod_count=9,
)


def test_where_keeps_the_rows_that_match() -> None:
    assert names(report(FIVE, where=["cpu > 20m"])) == ["a", "b", "d"]
    assert names(report(FIVE, Kind.NODE, where=["cpu > 400m"])) == ["n1"]


def test_where_filters_objects_before_they_are_grouped_and_summed() -> None:
    groups = report(FIVE, columns="pods.count,cpu", by="owner", where=["cpu > 20m"], sum=True)
    assert table(groups) == [("Job/x", 2, milli(80)), ("Job/y", 1, milli(40))]
    assert groups.totals is not None
    assert (groups.totals.pod_count, groups.totals.cpu_nanocores) == (3, milli(120))
    pools = report(FIVE, Kind.NODE, "nodes.count,cpu", by="pool", where=["cpu < 400m"])
    assert table(pools) == [("p", 1, milli(300))]


def test_where_filters_the_cluster_as_one_row() -> None:
    assert table(report(FIVE, Kind.CLUSTER, where=["cpu > 899m"])) == [("c", milli(900))]
    assert table(report(FIVE, Kind.CLUSTER, where=["cpu > 900m"])) == []


def test_a_cluster_sums_all_its_nodes_and_their_pods() -> None:
    columns = "nodes.measured,nodes.count,pods.count,cpu,cpu.requests,cpu.allocatable,cpu.usagePercentOfAllocatable"
    # Nine pods exist, the finished ones too; of the three nodes two are measured.
    assert table(report(FIVE, Kind.CLUSTER, columns)) == [
        ("c", 2, 3, 9, milli(900), milli(500), milli(3000), 45.0),
    ]


def test_totals_sum_all_objects_behind_the_rows_and_only_on_request() -> None:
    pods, groups, nodes = (
        report(FIVE, kind, by=by, limit=1, sum=True)
        for kind, by in ((Kind.POD, None), (Kind.POD, "owner"), (Kind.NODE, None))
    )
    assert pods.totals is not None
    assert (pods.totals.pod_count, pods.totals.cpu_nanocores, pods.totals.keys) == (5, milli(150), ())
    assert groups.totals == pods.totals
    assert nodes.totals is not None
    assert (nodes.totals.node_count, nodes.totals.measured_node_count) == (3, 2)
    assert nodes.totals.cpu_nanocores == milli(900)
    assert report(FIVE).totals is None


# --- order ----------------------------------------------------------------------------------------------------


def test_pods_are_ordered_by_namespace_and_name() -> None:
    pods = [used_by("b"), used_by("a"), used_by("c", namespace="data")]
    assert names(report(sample_of(pods=pods), everywhere=True)) == ["c", "a", "b"]


def test_nodes_without_metrics_come_last_unless_sort_by_is_set() -> None:
    facts = {name: node_facts() for name in ("n1", "n2", "n3")}
    nodes = sample_of([used_on("n3", 5), used_on("n2", 7)], node_facts=facts)
    assert names(report(nodes, Kind.NODE)) == ["n2", "n3", "n1"]
    assert names(report(nodes, Kind.NODE, sort_by="name")) == ["n1", "n2", "n3"]


def test_pods_without_metrics_are_ordered_like_the_others() -> None:
    pods = sample_of(pods=[used_by("b")], pod_facts={("shop", name): pod_facts() for name in "cba"})
    assert names(report(pods)) == ["a", "b", "c"]


def test_groups_are_ordered_by_their_keys() -> None:
    assert names(report(FIVE, by="owner")) == ["<none>", "Job/x", "Job/y"]
    assert names(report(FIVE, by="node,owner")) == ["n1/Job/x", "n2/<none>", "n2/Job/y"]


def test_the_first_sort_key_counts_most_and_ties_go_by_namespace_and_name() -> None:
    pods = [used_by("b", 1), used_by("z", 2), used_by("c", 1), used_by("c", 1, namespace="data")]
    by_two = report(sample_of(pods=pods), columns="namespace", sort_by="cpu:asc,name:desc")
    assert table(by_two) == [("c", "data"), ("c", "shop"), ("b", "shop"), ("z", "shop")]
    by_one = report(sample_of(pods=pods), columns="namespace", sort_by="cpu")
    assert table(by_one) == [("z", "shop"), ("c", "data"), ("b", "shop"), ("c", "shop")]


def test_unknown_values_come_last_in_either_direction() -> None:
    pods = sample_of(pods=[used_by("silent", None), used_by("low", 1), used_by("high", 9)])
    assert names(report(pods, sort_by="cpu:asc")) == ["low", "high", "silent"]
    assert names(report(pods, sort_by="cpu:desc")) == ["high", "low", "silent"]


# --- containers -----------------------------------------------------------------------------------------------


def containers_of(sort_by: str | None) -> list[list[str]]:
    """Return the containers of two pods, in the order of a report."""
    three = tuple(Container(name, cpu, None) for name, cpu in (("b", 3), ("c", None), ("a", 2), ("d", 9)))
    pods = [used_by("one", 1, containers=three), used_by("two", 2, containers=(Container("x", 1, None),))]
    facts = {("shop", name): pod_facts(restarts=restarts) for name, restarts in (("one", 5), ("two", 1))}
    rows = report(sample_of(pods=pods, pod_facts=facts), containers=True, sort_by=sort_by).rows
    return [[container.name for container in row.containers] for row in rows if isinstance(row, Pod)]


def test_containers_are_ordered_by_name() -> None:
    assert containers_of(None) == [["a", "b", "c", "d"], ["x"]]


def test_containers_are_sorted_by_their_own_values() -> None:
    assert containers_of("cpu.usage") == [["x"], ["d", "b", "a", "c"]]
    assert containers_of("cpu.usage:asc") == [["a", "b", "d", "c"], ["x"]]


def test_the_first_sort_key_counts_most_for_containers_too() -> None:
    three = (Container("a", 2, 9), Container("b", 1, 3), Container("c", 1, 5))
    pods = sample_of(pods=[used_by("web", containers=three)])
    (row,) = report(pods, containers=True, sort_by="cpu.usage:asc,memory.usage:desc").rows
    assert isinstance(row, Pod)
    assert [container.name for container in row.containers] == ["c", "b", "a"]


@pytest.mark.parametrize("key", ["name:desc", "age,name:desc"])
def test_sorting_by_a_pod_column_leaves_containers_by_name(key: str) -> None:
    assert containers_of(key) == [["x"], ["a", "b", "c", "d"]]


def test_containers_that_are_not_shown_are_not_sorted() -> None:
    given = (Container("b", 1, None), Container("a", 2, None))
    (row,) = report(sample_of(pods=[used_by("web", containers=given)])).rows
    assert isinstance(row, Pod)
    assert row.containers == given


# --- limit, --fail-if and --until -----------------------------------------------------------------------------


def test_a_limit_keeps_the_first_rows_and_says_how_many_it_left_out() -> None:
    cut = report(FIVE, sort_by="cpu", limit=2)
    assert (names(cut), cut.omitted) == (["b", "d"], 3)
    empty = report(FIVE, limit=0)
    assert (names(empty), empty.omitted, empty.empty_message) == ([], 5, "")
    whole = report(FIVE, limit=9)
    assert (names(whole), whole.omitted) == (["a", "b", "c", "d", "e"], 0)


def test_a_limit_cuts_groups() -> None:
    cut = report(FIVE, by="owner", limit=1)
    assert (names(cut), cut.omitted) == (["<none>"], 2)


def test_fail_if_also_tests_the_rows_that_a_limit_cuts_off() -> None:
    judged = report(FIVE, sort_by="cpu", limit=1, fail_if=["cpu < 25m"])
    assert names(judged) == ["b"]
    assert judged.fail_if == Judgement("--fail-if", met=True, fails=True, of=5, matched=("shop/c", "shop/e"))
    assert matches(report(FIVE, Kind.NODE, limit=0, fail_if=["cpu > 500m"])) == ("n1",)


def matches(made: Report) -> tuple[str, ...]:
    assert made.fail_if
    return made.fail_if.matched


def is_met(made: Report) -> bool:
    assert made.until
    return made.until.met


def test_until_also_tests_the_rows_that_a_limit_cuts_off() -> None:
    assert is_met(report(FIVE, sort_by="cpu", limit=1, until="cpu < 15m"))
    assert is_met(report(FIVE, limit=0, until="cpu >= 50m"))
    assert not is_met(report(FIVE, until="cpu > 50m"))
    assert report(FIVE).judgements == ()


def test_fail_if_and_until_test_only_the_rows_that_where_keeps() -> None:
    judged = report(FIVE, where=["cpu > 20m"], fail_if=["cpu < 35m"], until="cpu < 25m")
    assert (matches(judged), is_met(judged)) == (("shop/a",), False)


def test_fail_if_and_until_test_groups_not_their_members() -> None:
    judged = report(FIVE, by="owner", fail_if=["cpu > 60m"], until="cpu > 80m")
    assert (matches(judged), is_met(judged)) == (("Job/x",), False)
    assert matches(report(FIVE, Kind.CLUSTER, fail_if=["cpu > 600m"])) == ("c",)


# --- the rest of a report -------------------------------------------------------------------------------------


def test_a_report_has_its_time_source_and_failures() -> None:
    failure = Failure("c", "nodes", "forbidden")
    made = report(sample_of(pods=[used_by("web", 5)], failures=(failure,)))
    assert made == Report(
        now=NOW,
        source="test",
        kind=Kind.POD,
        columns=made.columns,
        rows=[used_by("web", 5)],
        totals=None,
        failures=(failure,),
    )
    assert [column.name for column in made.columns] == ["cpu.usage"]


@pytest.mark.parametrize(
    ("kind", "everywhere", "words"),
    [
        (Kind.POD, False, "No resources found in shop namespace."),
        (Kind.POD, True, "No resources found"),
        (Kind.NODE, False, "No resources found"),
    ],
)
def test_a_report_without_rows_says_so_in_the_words_of_kubectl(kind: Kind, words: str, *, everywhere: bool) -> None:
    assert report(sample_of(), kind, everywhere=everywhere) == Report(
        now=NOW,
        source="test",
        kind=kind,
        columns=report(FIVE, kind).columns,
        rows=[],
        totals=None,
        namespaces=everywhere,
        empty_message=words,
    )
    assert report(FIVE, kind, everywhere=everywhere).empty_message == ""


def test_no_row_left_by_where_reads_as_no_resources_found() -> None:
    assert report(FIVE, where=["cpu > 5"]).empty_message == "No resources found in shop namespace."


def test_a_wide_cluster_adds_the_extended_resources_that_nodes_have_or_pods_request() -> None:
    cluster = sample_of(
        [used_on("n1")],
        node_facts={"n1": node_facts({"cpu": 1, "pods": 110, "nvidia.com/gpu": 4, "hugepages-2Mi": 0})},
        pod_facts={("shop", "web"): pod_facts({"nvidia.com/gpu": 1, "example.com/dongle": 2, "memory": 5})},
    )
    wide = [column.name for column in report(cluster, Kind.CLUSTER, "wide").columns]
    fields = ("requests", "requestsPercentOfAllocatable", "limits", "allocatable", "free", "schedulableFree")
    assert [name for name in wide if name.startswith("resources")] == [
        f'resources["{resource}"].{field}' for resource in ("example.com/dongle", "nvidia.com/gpu") for field in fields
    ]
    narrow = report(cluster, Kind.CLUSTER, "default").columns
    assert not [column.name for column in narrow if column.name.startswith("resources")]


def test_a_group_gets_the_figures_that_its_source_has_of_it_and_another_keeps_its_sums() -> None:
    pods = [used_by(name, figures={"network.receive": 1}) for name in ("a", "b")]
    facts = {("shop", name): pod_facts(owner=f"Job/{name}") for name in ("a", "b")}
    told = {("shop", "Job/a"): {"cpu.p95": 5}, (): {"cpu.p95": 9}}
    sample = sample_of(pods=pods, pod_facts=facts, group_figures=told)
    found = report(sample, by="namespace,owner", sum=True)
    assert found.totals is not None
    assert [row.figures for row in found.rows] == [{"network.receive": 1, "cpu.p95": 5}, {"network.receive": 1}]
    assert found.totals.figures == {"network.receive": 2, "cpu.p95": 9}
