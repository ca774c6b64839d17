"""It adds up: groups, totals, nodes and cluster of random clusters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from c3s_cli import options
from c3s_cli.columns import Kind
from c3s_cli.model import Group, Node, NodeDetails, NodeFacts, Pod, PodFacts, Report, Sample
from c3s_cli.report import make_report
from c3s_cli.request import request_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NODES = ("n1", "n2", "n3")
maybe = st.none() | st.integers(0, 10**12)
amounts = st.dictionaries(st.sampled_from(["cpu", "memory", "nvidia.com/gpu"]), st.integers(0, 10**12))


def facts(node: str, owner: str, requests: dict[str, int], limits: dict[str, int]) -> PodFacts:
    return PodFacts("", node, owner, "Running", 0, 0.0, "Burstable", {}, requests, limits)


pod_facts = st.builds(
    facts, st.sampled_from((*NODES, "")), st.sampled_from(["Deployment/a", "Job/b", ""]), amounts, amounts
)
node_facts = st.builds(
    lambda allocatable, pool: NodeFacts(
        "", allocatable, allocatable, None, NodeDetails({}, "Ready", (), "v1", (), 0.0, pool, "z", "m")
    ),
    amounts,
    st.sampled_from(["p", "q"]),
)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    places = draw(
        st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from("pqrstu")), unique=True, max_size=8)
    )
    pods = [Pod("c", *place, draw(maybe), draw(maybe), None, "t") for place in places if draw(st.booleans())]
    nodes = [Node("c", name, draw(maybe), draw(maybe), None, "t") for name in NODES if draw(st.booleans())]
    return Sample(
        "c",
        NOW,
        "test",
        nodes,
        pods,
        {name: draw(node_facts) for name in NODES},
        {place: draw(pod_facts) for place in places},
        len(places),
    )


def report(sample: Sample, kind: Kind, **rows: Any) -> Report:
    query, _ = request_of(
        kind,
        None,
        options.Connection(),
        options.Rows(sum=True, **rows),
        options.Look(columns="all"),
        pods=options.Pods(),
    )
    return make_report(sample, query, "default")


def total(rows: Sequence[Any], *path: str) -> int:
    found = []
    for row in rows:
        value = getattr(row, path[0])
        found.append((value or {}).get(path[1], 0) if len(path) > 1 else value or 0)
    return sum(found)


FIELDS = (
    ("cpu_nanocores",),
    ("memory_bytes",),
    *((field, resource) for field in ("requests", "limits") for resource in ("cpu", "memory", "nvidia.com/gpu")),
)


@given(samples(), st.sampled_from(["namespace", "owner", "node", "namespace,owner", "pool", "owner,zone,namespace"]))
def test_groups_of_pods_add_up_to_the_pods_and_to_the_totals(sample: Sample, by: str) -> None:
    pods, groups = report(sample, Kind.POD), report(sample, Kind.POD, by=by)
    for field in FIELDS:
        expected = total(pods.rows, *field)
        assert total(groups.rows, *field) == expected
        assert total([groups.totals], *field) == expected
    assert total(groups.rows, "pod_count") == len(pods.rows)
    assert total(groups.rows, "measured_pod_count") == len([pod for pod in pods.rows if pod.timestamp is not None])


@given(samples(), st.sampled_from(["pool", "zone", "pool,zone"]))
def test_groups_of_nodes_add_up_to_the_cluster(sample: Sample, by: str) -> None:
    groups, cluster = report(sample, Kind.NODE, by=by), report(sample, Kind.CLUSTER)
    for field in (*FIELDS, ("allocatable", "cpu"), ("measured_allocatable", "memory"), ("pod_count",)):
        if field != ("pod_count",):
            assert total(groups.rows, *field) == total(cluster.rows, *field)
    scheduled = [fact for fact in (sample.pod_facts or {}).values() if fact.node]
    assert total(groups.rows, "pod_count") == len(scheduled)
    assert total(groups.rows, "requests", "cpu") == sum(fact.requests.get("cpu", 0) for fact in scheduled)


@given(samples())
def test_a_ratio_compares_what_belongs_together(sample: Sample) -> None:
    (cluster,) = report(sample, Kind.CLUSTER).rows
    assert isinstance(cluster, Group)
    measured = {node.name for node in sample.nodes}
    expected = sum(
        fact.allocatable.get("cpu", 0) for name, fact in (sample.node_facts or {}).items() if name in measured
    )
    assert (cluster.measured_allocatable or {}).get("cpu", 0) == expected
    assert cluster.measured_node_count == len(measured)
    assert cluster.node_count == len(NODES)


@given(samples(), st.integers(0, 9), st.sampled_from(["cpu", "memory", "cpu.usage:asc,name", "owner,name:desc"]))
def test_a_limit_cuts_what_sorting_put_last(sample: Sample, limit: int, sort_by: str) -> None:
    whole, cut = report(sample, Kind.POD, sort_by=sort_by), report(sample, Kind.POD, sort_by=sort_by, limit=limit)
    assert list(cut.rows) == list(whole.rows)[:limit]
    assert cut.omitted == len(whole.rows) - len(cut.rows)
    assert cut.totals == whole.totals
