"""Report of several contexts: order, groups, totals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.analysis.report import make_report
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.flags import options
from c3s_cli.model.rows import Node, NodeFacts, Pod
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.report import Report
from c3s_cli.request.from_flags import request_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
THEN = "2026-03-02T09:29:30Z"
CORE = 10**9


def cluster(context: str, later: int = 0, /, **cores: int | None) -> Sample:
    """Make the Sample of a context: nodes of ten cores that use some, None for unknown."""
    nodes = [Node(context, name, used * CORE, 0, None, THEN, "15s") for name, used in cores.items() if used is not None]
    offers = {"cpu": 10 * CORE, "memory": 1}
    facts = {name: NodeFacts(name, offers, offers, None) for name in cores}
    return Sample(context, NOW + timedelta(seconds=later), "test", nodes, node_facts=facts, pod_count=len(cores))


def report(*samples: Sample, kind: Kind = Kind.NODE, columns: str = "cpu", failures: Any = (), **rows: Any) -> Report:
    query, _ = request_of(kind, None, options.Connection(), options.Selection(**rows), options.Display(columns=columns))
    return make_report(samples, query, failures=failures, contexts=True)


def rows(report: Report) -> list[tuple[str, str]]:
    return [(row.context, row.name) for row in report.rows]


B, A = cluster("b", n=1, m=5), cluster("a", n=3, x=None, o=2)


def test_contexts_keep_their_order_and_nodes_theirs_within_each() -> None:
    assert rows(report(B, A)) == [("b", "m"), ("b", "n"), ("a", "n"), ("a", "o"), ("a", "x")]
    assert rows(report(A, B)) == [("a", "n"), ("a", "o"), ("a", "x"), ("b", "m"), ("b", "n")]
    assert rows(report(B, A, kind=Kind.CLUSTER)) == [("b", "b"), ("a", "a")]


def test_an_order_by_value_is_of_all_contexts_and_ties_keep_theirs() -> None:
    assert rows(report(B, A, sort_by="cpu")) == [("b", "m"), ("a", "n"), ("a", "o"), ("b", "n"), ("a", "x")]
    assert rows(report(B, A, sort_by="name")) == [("b", "m"), ("b", "n"), ("a", "n"), ("a", "o"), ("a", "x")]
    assert rows(report(B, A, sort_by="context")) == [("a", "n"), ("a", "o"), ("a", "x"), ("b", "m"), ("b", "n")]


@given(st.permutations(["c", "a", "b"]))
def test_groups_are_of_one_context_each_in_its_order(names: list[str]) -> None:
    samples = [cluster(name, n=1) for name in names]
    grouped = report(*samples, by="zone")
    assert [row.context for row in grouped.rows] == names
    assert [row.context for row in report(*samples, by="context").rows] == names


def test_a_named_context_is_a_column_of_the_report() -> None:
    made = report(B, A, columns="context,cpu")
    assert [column.name for column in made.columns] == ["context", "cpu.usage"]
    assert made.contexts


def test_totals_are_of_all_clusters_that_are_shown() -> None:
    total = report(B, A, kind=Kind.CLUSTER, sum=True).totals
    assert total is not None
    assert (total.context, total.cpu_nanocores, total.node_count, total.existing_pod_count) == ("", 11 * CORE, 5, 5)
    # The node without usage is left out of what its cluster's percentage is of.
    assert (total.measured_allocatable or {})["cpu"] == 40 * CORE
    some = report(B, A, kind=Kind.CLUSTER, sum=True, where=["cpu > 5500m"])
    assert rows(some) == [("b", "b")]
    assert some.totals is not None
    assert (some.totals.cpu_nanocores, some.totals.node_count) == (6 * CORE, 2)


def matched(report: Report) -> tuple[str, ...]:
    assert report.fail_if is not None
    return report.fail_if.matched


def test_matches_are_named_with_their_context() -> None:
    assert matched(report(B, A, fail_if=["cpu >= 3"])) == ("b/m", "a/n")
    assert matched(report(B, A, kind=Kind.CLUSTER, fail_if=["cpu > 5500m"])) == ("b",)
    pods = [Sample(name, NOW, "test", (), [Pod(name, "ns", "p", CORE, 0, None, THEN)]) for name in "xy"]
    assert matched(report(*pods, kind=Kind.POD, fail_if=["cpu >= 1"])) == ("x/ns/p", "y/ns/p")


def test_the_report_is_as_new_as_the_newest_sample() -> None:
    assert report(cluster("a", 0, n=1), cluster("b", 7, n=1), cluster("c", 3, n=1)).now == NOW + timedelta(seconds=7)


def test_clusters_that_failed_come_before_parts_that_did() -> None:
    whole, part = Failure("c", "cluster", "gone", "look"), Failure("a", "pods", "forbidden")
    sample = Sample("a", NOW, "test", A.nodes, failures=(part,))
    assert report(sample, failures=(whole,)).failures == (whole, part)


def test_what_is_not_found_is_not_found_in_a_namespace_only_if_all_read_the_same() -> None:
    same = [Sample(name, NOW, "test", namespaces=("web",)) for name in "ab"]
    assert report(*same, kind=Kind.POD).empty_message == "No resources found in web namespace."
    two = [Sample(name, NOW, "test", namespaces=(name,)) for name in "ab"]
    assert report(*two, kind=Kind.POD).empty_message == "No resources found"
