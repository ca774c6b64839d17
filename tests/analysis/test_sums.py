"""Groups, totals, nodes and clusters add up: random clusters with unknown values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.analysis.report import make_report
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.flags import options
from c3s_cli.model.rows import Group, Node, NodeDetails, NodeFacts, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.report import Report
from c3s_cli.request.from_flags import request_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NODES = ("n1", "n2", "n3")
RESOURCES = ("cpu", "memory", "nvidia.com/gpu")
maybe = st.none() | st.integers(0, 10**12)
amounts = st.dictionaries(st.sampled_from(RESOURCES), st.integers(0, 10**12))
timestamps = st.sampled_from(["2026-03-02T09:29:00Z", "2026-03-02T09:29:30Z"])


def facts(node: str, owner: str, requests: dict[str, int], limits: dict[str, int], limited: frozenset[str]) -> PodFacts:
    bounds = {resource: amount for resource, amount in limits.items() if resource in limited}
    return PodFacts("", node, owner, "Running", 0, 0.0, "Burstable", {}, requests, limits, (), bounds)


pod_facts = st.builds(
    facts,
    st.sampled_from((*NODES, "")),
    st.sampled_from(["Deployment/a", "Job/b", ""]),
    amounts,
    amounts,
    st.frozensets(st.sampled_from(RESOURCES)),
)
node_facts = st.builds(
    lambda allocatable, capacity, swap, pool, zone: NodeFacts(
        "", allocatable, capacity, swap, NodeDetails({}, "Ready", (), "v1", (), 0.0, pool, zone, "m")
    ),
    amounts,
    amounts,
    maybe,
    st.sampled_from(["p", "q"]),
    st.sampled_from(["y", "z"]),
)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Draw a cluster in which the metrics API, the core API or both know each node and pod."""
    places = draw(
        st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from("pqrstu")), unique=True, max_size=8)
    )
    known = st.sampled_from([(True, True), (True, False), (False, True)])
    knows_nodes = {name: draw(known) for name in NODES}
    knows_pods = {place: draw(known) for place in places}
    return Sample(
        "c",
        NOW,
        "test",
        [
            Node("c", name, draw(maybe), draw(maybe), draw(maybe), draw(timestamps))
            for name, (measured, _) in knows_nodes.items()
            if measured
        ],
        [
            Pod("c", *place, draw(maybe), draw(maybe), draw(maybe), draw(timestamps))
            for place, (measured, _) in knows_pods.items()
            if measured
        ],
        {name: draw(node_facts) for name, (_, listed) in knows_nodes.items() if listed},
        {place: draw(pod_facts) for place, (_, listed) in knows_pods.items() if listed},
        len(places),
    )


def report(sample: Sample, kind: Kind, **rows: Any) -> Report:
    query, _ = request_of(
        kind,
        None,
        options.Connection(),
        options.Selection(sum=True, **rows),
        options.Display(columns="all"),
        pods=options.Pods(),
    )
    return make_report([sample], query)


def total(rows: Sequence[Any], *path: str) -> int:
    found = []
    for row in rows:
        value = getattr(row, path[0])
        found.append((value or {}).get(path[1], 0) if len(path) > 1 else value or 0)
    return sum(found)


FIELDS = (
    ("cpu_nanocores",),
    ("memory_bytes",),
    ("swap_bytes",),
    *((field, resource) for field in ("requests", "limits") for resource in RESOURCES),
)
OF_MEASURED_PODS = tuple(("measured_requests", resource) for resource in RESOURCES)
OF_MEASURED_NODES = tuple(
    (f"measured_{field}", resource) for field in ("requests", "allocatable", "capacity") for resource in RESOURCES
)
OF_NODES = tuple((field, resource) for field in ("allocatable", "capacity") for resource in RESOURCES)


@pytest.mark.slow
@given(samples(), st.sampled_from(["namespace", "owner", "node", "namespace,owner", "pool", "owner,zone,namespace"]))
def test_groups_of_pods_add_up_to_the_pods_and_to_the_totals(sample: Sample, by: str) -> None:
    pods, groups = report(sample, Kind.POD), report(sample, Kind.POD, by=by)
    for field in FIELDS:
        # A group has the limits that are declared, as `kubectl describe node` counts them.
        expected = total(pods.rows, "declared_limits" if field[0] == "limits" else field[0], *field[1:])
        assert total(groups.rows, *field) == expected
        assert total([groups.totals], *field) == expected
    for field in OF_MEASURED_PODS:
        assert total(groups.rows, *field) == total([groups.totals], *field)
    assert len(pods.rows) == sample.pod_count
    # Where pods are not listed, how many there are is unknown.
    counts = [getattr(group, "pod_count", None) for group in groups.rows]
    assert sum(filter(None, counts)) == len(pods.rows) or None in counts
    assert total(groups.rows, "measured_pod_count") == sum(map(is_used, sample.pods))


@pytest.mark.slow
@given(samples(), st.sampled_from(["pool", "zone", "pool,zone"]))
def test_groups_of_nodes_add_up_to_the_cluster(sample: Sample, by: str) -> None:
    groups, cluster = report(sample, Kind.NODE, by=by), report(sample, Kind.CLUSTER)
    counts = (("pod_count",), ("node_count",), ("measured_node_count",), ("swap_capacity_bytes",))
    for field in (*FIELDS, *OF_NODES, *OF_MEASURED_NODES, *counts):
        assert total(groups.rows, *field) == total(cluster.rows, *field)
    scheduled = [fact for fact in (sample.pod_facts or {}).values() if fact.node]
    assert total(groups.rows, "pod_count") == len(scheduled)
    assert total(groups.rows, "requests", "cpu") == sum(fact.requests.get("cpu", 0) for fact in scheduled)


def is_used(row: Node | Pod) -> bool:
    """Whether any usage of a row is known."""
    return uses(row, "cpu") or uses(row, "memory")


def uses(row: Node | Pod, resource: str) -> bool:
    """Whether a row's usage is known; for resources other than CPU and memory it never is."""
    usage = {"cpu": row.cpu_nanocores, "memory": row.memory_bytes}
    return usage.get(resource, 0) is not None


@pytest.mark.slow
@given(samples())
def test_the_usage_of_a_cluster_is_compared_with_its_measured_nodes(sample: Sample) -> None:
    (cluster,) = report(sample, Kind.CLUSTER).rows
    assert isinstance(cluster, Group)
    measured = {node.name for node in sample.nodes if is_used(node)}
    for resource in RESOURCES:
        known = {node.name for node in sample.nodes if uses(node, resource)} & set(sample.node_facts or {})
        offered = [fact for name, fact in (sample.node_facts or {}).items() if name in known]
        asked = [fact for fact in (sample.pod_facts or {}).values() if fact.node in known]
        for amounts_of_cluster, parts in (
            (cluster.measured_allocatable, [fact.allocatable for fact in offered]),
            (cluster.measured_capacity, [fact.capacity for fact in offered]),
            (cluster.measured_requests, [fact.requests for fact in asked]),
        ):
            assert (amounts_of_cluster or {}).get(resource, 0) == sum(part.get(resource, 0) for part in parts)
        # A node of which one pod goes unlimited, or that has none, may be used beyond any limit.
        bounded = known == {fact.node for fact in asked} and all(resource in fact.binding_limits for fact in asked)
        expected = sum(fact.binding_limits[resource] for fact in asked) if bounded else 0
        assert (cluster.measured_limits or {}).get(resource, 0) == expected
    assert cluster.measured_node_count == len(measured)
    assert cluster.node_count == len(NODES)
    assert cluster.existing_pod_count == sample.pod_count
    assert cluster.timestamp == min((node.timestamp or "" for node in sample.nodes), default=None)


@pytest.mark.slow
@given(samples())
def test_the_usage_of_pods_is_compared_with_the_requests_of_the_measured_ones(sample: Sample) -> None:
    pods = report(sample, Kind.POD).totals
    assert pods is not None
    for resource in RESOURCES:
        known = {(pod.namespace, pod.name) for pod in sample.pods if uses(pod, resource)}
        asked = [fact for place, fact in (sample.pod_facts or {}).items() if place in known]
        requests = sum(fact.requests.get(resource, 0) for fact in asked)
        assert (pods.measured_requests or {}).get(resource, 0) == requests
        bounded = all(resource in fact.binding_limits for fact in asked)
        expected = sum(fact.binding_limits[resource] for fact in asked) if bounded else 0
        assert (pods.measured_limits or {}).get(resource, 0) == expected
    assert pods.timestamp == min((pod.timestamp or "" for pod in sample.pods), default=None)


@pytest.mark.slow
@given(samples(), st.integers(0, 9), st.sampled_from(["cpu", "memory", "cpu.usage:asc,name", "owner,name:desc"]))
def test_a_limit_cuts_off_the_rows_that_sort_last(sample: Sample, limit: int, sort_by: str) -> None:
    whole, cut = report(sample, Kind.POD, sort_by=sort_by), report(sample, Kind.POD, sort_by=sort_by, limit=limit)
    assert list(cut.rows) == list(whole.rows)[:limit]
    assert cut.omitted == len(whole.rows) - len(cut.rows)
    assert cut.totals == whole.totals
