"""Sums of rows: which members a group sums, and what its percentages compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import structs

from c3s_cli.amounts.totals import sum_known
from c3s_cli.analysis.rollup import add_amounts, add_shared, earliest, grouped, sum_nodes, sum_pods
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.model.rows import Amounts, Group, Node, NodeDetails, NodeFacts, Pod, PodFacts

EARLY, LATE = "2026-03-02T09:29:00Z", "2026-03-02T09:29:30Z"
NONE: Amounts = {}


def milli(number: int) -> int:
    """Return millicores in nanocores."""
    return number * 10**6


def cores(**amounts: int) -> Amounts:
    """Return amounts whose CPU is in millicores."""
    return {name: milli(number) if name == "cpu" else number for name, number in amounts.items()}


def pod_facts(requests: Amounts = NONE, limits: Amounts = NONE, bounds: Amounts = NONE, owner: str = "") -> PodFacts:
    return PodFacts("", "n1", owner, "Running", 0, None, "Burstable", {}, requests, limits, (), bounds)


def node_facts(
    allocatable: Amounts = NONE, capacity: Amounts = NONE, swap: int | None = None, zone: str = ""
) -> NodeFacts:
    details = NodeDetails({}, "Ready", (), "v1.35.0", (), None, "", zone, "")
    return NodeFacts("", allocatable, capacity, swap, details)


def measured_pod(cpu: int | None, facts: PodFacts | None = None, **more: Any) -> Pod:
    """Make a pod that reports usage, in millicores."""
    usage = {"cpu_nanocores": None if cpu is None else milli(cpu), "memory_bytes": None}
    return Pod("c", "shop", "web", facts=facts, **(usage | {"timestamp": LATE, "window": "15s"} | more))


def unmeasured_pod(facts: PodFacts) -> Pod:
    return Pod("c", "shop", "web", None, None, facts=facts)


def measured_node(cpu: int | None, facts: NodeFacts | None = None, **more: Any) -> Node:
    """Make a node that reports usage, in millicores."""
    usage = {"cpu_nanocores": None if cpu is None else milli(cpu), "memory_bytes": None}
    return Node("c", "n", facts=facts, **(usage | {"timestamp": LATE, "window": "15s"} | more))


def unmeasured_node(facts: NodeFacts | None, **more: Any) -> Node:
    return Node("c", "n", None, None, facts=facts, **more)


def values(group: Group, kind: Kind, *names: str) -> list[Any]:
    """Return the values of the named columns for a group."""
    return [Naming(kind).find(name).value(group) for name in names]


def of_pods(pods: Sequence[Pod], *names: str) -> list[Any]:
    return values(sum_pods(pods, "c"), Kind.POD_GROUP, *names)


def of_nodes(nodes: Sequence[Node], *names: str) -> list[Any]:
    return values(sum_nodes(nodes, "c"), Kind.NODE_GROUP, *names)


# --- sums -----------------------------------------------------------------------------------------------------


def test_a_sum_adds_the_known_values_and_is_unknown_if_there_are_none() -> None:
    assert sum_known([1, None, 2]) == 3
    assert sum_known([0]) == 0
    assert sum_known([None, None]) is None
    assert sum_known([]) is None


def test_amounts_are_summed_resource_by_resource() -> None:
    assert add_amounts([{"cpu": 1, "memory": 2}, None, {"cpu": 10, "nvidia.com/gpu": 1}]) == {
        "cpu": 11,
        "memory": 2,
        "nvidia.com/gpu": 1,
    }


def test_empty_amounts_are_known_and_differ_from_unknown_ones() -> None:
    assert add_amounts([{}]) == {}
    assert add_amounts([None]) is None
    assert add_amounts([]) is None


def test_shared_amounts_cover_only_resources_that_all_known_members_have() -> None:
    assert add_shared([{"cpu": 1, "memory": 2}, None, {"cpu": 10}]) == {"cpu": 11}
    assert add_shared([{"cpu": 1}, {}]) == {}
    assert add_shared([None]) is None
    assert add_shared([]) is None


def test_the_earliest_time_ignores_missing_ones() -> None:
    assert earliest([LATE, None, EARLY, ""]) == EARLY
    assert earliest([None, ""]) is None


# --- pods -----------------------------------------------------------------------------------------------------


def test_a_group_of_pods_shows_their_sums() -> None:
    pods = [
        measured_pod(50, pod_facts(cores(cpu=100, memory=7), cores(cpu=200), cores(cpu=200)), memory_bytes=3),
        measured_pod(30, pod_facts(cores(cpu=60), cores(cpu=300, memory=9), cores(cpu=300)), memory_bytes=4),
    ]
    names = ("cpu.usage", "cpu.requests", "cpu.limits", "cpu.usagePercentOfRequests", "cpu.usagePercentOfLimits")
    assert of_pods(pods, *names) == [milli(80), milli(160), milli(500), 50.0, 16.0]
    assert of_pods(pods, "memory.usage", "memory.requests", "memory.limits") == [7, 7, 9]
    assert of_pods(pods, "pods.measured", "pods.count", "cpu.unused") == [2, 2, milli(80)]


def test_a_pod_without_metrics_adds_to_count_and_requests_but_never_counts_as_idle() -> None:
    idle = pod_facts(cores(cpu=900), cores(cpu=900), cores(cpu=900))
    pods = [measured_pod(50, pod_facts(cores(cpu=100), cores(cpu=200), cores(cpu=200))), unmeasured_pod(idle)]
    assert of_pods(pods, "pods.measured", "pods.count") == [1, 2]
    assert of_pods(pods, "cpu.usage", "cpu.requests", "cpu.limits") == [milli(50), milli(1000), milli(1100)]
    assert of_pods(pods, "cpu.usagePercentOfRequests", "cpu.usagePercentOfLimits") == [50.0, 25.0]
    assert of_pods(pods, "cpu.unused") == [milli(50)]


def test_what_does_not_run_at_the_end_of_a_range_counts_in_percentages_of_the_range() -> None:
    facts = pod_facts(cores(cpu=100), cores(cpu=200), cores(cpu=200))
    down = structs.replace(measured_pod(50, facts), cpu_nanocores=None, figures={"cpu.p95": milli(90)})
    group = structs.replace(sum_pods([measured_pod(50, facts), down], "c"), figures={"cpu.p95": milli(150)})
    assert values(group, Kind.POD_GROUP, "cpu.p95PercentOfRequests", "cpu.p95PercentOfLimits") == [75.0, 37.5]


def test_one_pod_without_limits_makes_the_percentage_of_limits_unknown() -> None:
    limited = measured_pod(50, pod_facts(NONE, cores(cpu=200), cores(cpu=200)))
    unlimited = measured_pod(50, pod_facts())
    assert of_pods([limited, unlimited], "cpu.limits", "cpu.usagePercentOfLimits") == [milli(200), None]


def test_an_unmeasured_pod_without_limits_does_not_hide_the_percentage_of_the_others() -> None:
    limited = measured_pod(50, pod_facts(NONE, cores(cpu=200), cores(cpu=200)))
    assert of_pods([limited, unmeasured_pod(pod_facts())], "cpu.usagePercentOfLimits") == [25.0]


def test_only_the_usage_of_pods_is_known_if_their_facts_were_not_read() -> None:
    group = sum_pods([measured_pod(50), measured_pod(30)], "c", ("shop",))
    assert group == Group(
        "c",
        ("shop",),
        cpu_nanocores=milli(80),
        memory_bytes=None,
        timestamp=LATE,
        window="15s",
        measured_pod_count=2,
        unmeasured={"memory": 2},
    )


def test_the_usage_of_pods_without_metrics_is_unknown_not_zero() -> None:
    pods = [unmeasured_pod(pod_facts(cores(cpu=100)))]
    names = ("cpu.usage", "cpu.usagePercentOfRequests", "cpu.unused", "timestamp", "window", "cpu.requests")
    assert of_pods(pods, *names) == [None, None, None, None, None, milli(100)]


def test_a_group_of_pods_is_as_old_as_the_oldest_measurement() -> None:
    pods = [measured_pod(1), measured_pod(1, timestamp=EARLY), measured_pod(1, timestamp="")]
    assert of_pods(pods, "timestamp") == [EARLY]


def test_swap_of_pods_is_summed() -> None:
    assert of_pods([measured_pod(1, swap_bytes=5), measured_pod(1, swap_bytes=6), measured_pod(1)], "swap.usage") == [
        11
    ]


# --- nodes ----------------------------------------------------------------------------------------------------


def test_a_group_of_nodes_shows_their_sums() -> None:
    nodes = [
        measured_node(
            300,
            node_facts(cores(cpu=1000), cores(cpu=1500)),
            requests=cores(cpu=600),
            limits=cores(cpu=800),
            binding_limits=cores(cpu=800),
            pod_count=3,
        ),
        measured_node(
            200,
            node_facts(cores(cpu=1000), cores(cpu=1000)),
            requests=cores(cpu=400),
            limits=cores(cpu=1200),
            binding_limits=cores(cpu=1200),
            pod_count=4,
        ),
    ]
    assert of_nodes(nodes, "nodes.measured", "nodes.count", "pods.usage") == [2, 2, 7]
    amounts = ("cpu.usage", "cpu.requests", "cpu.limits", "cpu.allocatable", "cpu.capacity", "cpu.free", "cpu.unused")
    assert of_nodes(nodes, *amounts) == [*map(milli, (500, 1000, 2000, 2000, 2500, 1000, 500))]
    bases = ("Allocatable", "Capacity", "Requests", "Limits")
    assert of_nodes(nodes, *(f"cpu.usagePercentOf{basis}" for basis in bases)) == [25.0, 20.0, 50.0, 25.0]
    assert of_nodes(nodes, "cpu.requestsPercentOfAllocatable", "cpu.limitsPercentOfAllocatable") == [50.0, 100.0]


SILENT = unmeasured_node(
    node_facts(cores(cpu=8000), cores(cpu=8000)),
    requests=cores(cpu=8000),
    limits=cores(cpu=8000),
    binding_limits=cores(cpu=8000),
    pod_count=5,
)


def test_a_node_without_metrics_counts_in_allocatable_and_requests() -> None:
    asked = {"requests": cores(cpu=500), "limits": cores(cpu=800), "binding_limits": cores(cpu=800), "pod_count": 3}
    nodes = [measured_node(200, node_facts(cores(cpu=1000), cores(cpu=2000)), **asked), SILENT]
    assert of_nodes(nodes, "nodes.measured", "nodes.count", "pods.usage") == [1, 2, 8]
    amounts = ("cpu.requests", "cpu.limits", "cpu.allocatable", "cpu.capacity", "cpu.free")
    assert of_nodes(nodes, *amounts) == [*map(milli, (8500, 8800, 9000, 10_000, 500))]


@pytest.mark.parametrize(
    ("basis", "percent"),
    [("Allocatable", 20.0), ("Capacity", 10.0), ("Requests", 40.0), ("Limits", 25.0)],
)
def test_usage_is_a_percentage_of_what_the_measured_nodes_have(basis: str, percent: float) -> None:
    asked = {"requests": cores(cpu=500), "limits": cores(cpu=800), "binding_limits": cores(cpu=800)}
    node = measured_node(200, node_facts(cores(cpu=1000), cores(cpu=2000)), **asked)
    assert of_nodes([node, SILENT], "cpu.usage", f"cpu.usagePercentOf{basis}") == [milli(200), percent]
    assert of_nodes([SILENT], f"cpu.usagePercentOf{basis}") == [None]


def test_measured_allocatable_is_shown_next_to_allocatable() -> None:
    nodes = [measured_node(200, node_facts(cores(cpu=1000))), SILENT]
    assert of_nodes(nodes, "cpu.measuredAllocatable", "cpu.allocatable") == [milli(1000), milli(9000)]


def test_an_unmeasured_node_without_limits_does_not_hide_the_percentage_of_the_others() -> None:
    node = measured_node(200, node_facts(), binding_limits=cores(cpu=800))
    assert of_nodes([node, unmeasured_node(node_facts(), binding_limits=NONE)], "cpu.usagePercentOfLimits") == [25.0]
    assert of_nodes([node, measured_node(200, node_facts(), binding_limits=NONE)], "cpu.usagePercentOfLimits") == [None]


def test_a_group_of_nodes_has_the_oldest_timestamp_and_the_first_window() -> None:
    nodes = [
        unmeasured_node(None),
        measured_node(1, window="20s"),
        measured_node(1, timestamp=EARLY, window="10s"),
        measured_node(1, timestamp=""),
    ]
    assert of_nodes(nodes, "timestamp", "window") == [EARLY, 20.0]


def test_swap_usage_and_capacity_are_summed() -> None:
    nodes = [
        measured_node(1, node_facts(swap=100), swap_bytes=10),
        measured_node(1, node_facts(swap=200), swap_bytes=20),
        measured_node(1, node_facts()),
        measured_node(1),
    ]
    group = sum_nodes(nodes, "c")
    assert (group.swap_bytes, group.swap_capacity_bytes) == (30, 300)
    assert sum_nodes([measured_node(1, node_facts())], "c").swap_capacity_bytes is None


def test_only_the_usage_of_nodes_is_known_if_their_facts_were_not_read() -> None:
    assert sum_nodes([measured_node(50), measured_node(None)], "c") == Group(
        "c",
        (),
        cpu_nanocores=milli(50),
        memory_bytes=None,
        timestamp=LATE,
        window="15s",
        node_count=2,
        measured_node_count=1,
        unmeasured={"cpu": 1, "memory": 2, "members": 1},
    )


def test_a_group_of_no_members_has_only_counts() -> None:
    assert sum_nodes([], "c") == Group("c", (), None, None, node_count=0, measured_node_count=0)
    assert sum_pods([], "c") == Group("c", (), None, None, pod_count=0, measured_pod_count=0)


# --- percentages where facts are missing ----------------------------------------------------------------------

POD_OF_UNKNOWN_FACTS = measured_pod(900)
POD_OF_KNOWN_FACTS = measured_pod(50, pod_facts(cores(cpu=100), cores(cpu=200), cores(cpu=200)))
NODE_OF_UNKNOWN_FACTS = measured_node(900, requests=cores(cpu=10), binding_limits=cores(cpu=10))
NODE_OF_KNOWN_FACTS = measured_node(
    50, node_facts(cores(cpu=100), cores(cpu=200)), requests=cores(cpu=90), binding_limits=cores(cpu=90)
)


def test_usage_sums_all_measured_members_with_or_without_facts() -> None:
    assert of_pods([POD_OF_KNOWN_FACTS, POD_OF_UNKNOWN_FACTS], "cpu.usage", "cpu.requests") == [milli(950), milli(100)]
    assert of_pods([POD_OF_KNOWN_FACTS, POD_OF_UNKNOWN_FACTS], "pods.measured", "pods.count") == [2, 2]
    nodes = [NODE_OF_KNOWN_FACTS, NODE_OF_UNKNOWN_FACTS]
    assert of_nodes(nodes, "cpu.usage", "cpu.allocatable", "cpu.capacity") == [milli(950), milli(100), milli(200)]


@pytest.mark.parametrize(("basis", "percent"), [("Requests", 50.0), ("Limits", 25.0)])
def test_a_percentage_of_pods_has_the_same_pods_on_both_sides(basis: str, percent: float) -> None:
    pods = [POD_OF_KNOWN_FACTS, POD_OF_UNKNOWN_FACTS]
    assert of_pods(pods, f"cpu.usagePercentOf{basis}") == [percent]
    assert of_pods(pods[::-1], f"cpu.usagePercentOf{basis}") == [percent]


@pytest.mark.parametrize(("basis", "percent"), [("Allocatable", 50.0), ("Capacity", 25.0)])
def test_a_percentage_of_nodes_has_the_same_nodes_on_both_sides(basis: str, percent: float) -> None:
    nodes = [NODE_OF_KNOWN_FACTS, NODE_OF_UNKNOWN_FACTS]
    assert of_nodes(nodes, f"cpu.usagePercentOf{basis}") == [percent]
    assert of_nodes(nodes[::-1], f"cpu.usagePercentOf{basis}") == [percent]


def test_unused_covers_only_pods_whose_requests_are_known() -> None:
    assert of_pods([POD_OF_KNOWN_FACTS, POD_OF_UNKNOWN_FACTS], "cpu.unused") == [milli(50)]


def test_a_percentage_is_unknown_if_no_measured_member_has_facts() -> None:
    pods = [POD_OF_UNKNOWN_FACTS, unmeasured_pod(pod_facts(cores(cpu=100), cores(cpu=100), cores(cpu=100)))]
    assert of_pods(pods, "cpu.usagePercentOfRequests", "cpu.usagePercentOfLimits") == [None, None]
    nodes = [NODE_OF_UNKNOWN_FACTS, SILENT]
    assert of_nodes(nodes, "cpu.usagePercentOfAllocatable", "cpu.usagePercentOfCapacity") == [None, None]


# --- who goes together ----------------------------------------------------------------------------------------


def test_rows_of_the_same_keys_are_one_group_in_the_order_they_came() -> None:
    pods = [measured_pod(1, pod_facts(owner=owner)) for owner in ("Job/b", "Deployment/a", "Job/b")]
    by = [Naming(Kind.POD).find(name) for name in ("namespace", "owner")]
    groups = grouped(pods, by, sum_pods)
    assert [(group.name, group.keys, group.pod_count) for group in groups] == [
        ("shop/Job/b", ("shop", "Job/b"), 2),
        ("shop/Deployment/a", ("shop", "Deployment/a"), 1),
    ]


def test_an_empty_key_differs_from_an_unknown_one() -> None:
    pods = [measured_pod(1, pod_facts(owner="")), measured_pod(1), measured_pod(1, pod_facts(owner=""))]
    groups = grouped(pods, [Naming(Kind.POD).find("owner")], sum_pods)
    assert [(group.name, group.keys, group.pod_count) for group in groups] == [
        ("<none>", ("",), 2),
        ("<unknown>", (None,), None),
    ]


def test_a_group_never_spans_two_clusters() -> None:
    nodes = [Node(context, "n", 1, 1, timestamp=LATE, facts=node_facts(zone="z")) for context in ("one", "two", "one")]
    groups = grouped(nodes, [Naming(Kind.NODE).find("zone")], sum_nodes)
    assert [(group.context, group.name, group.node_count) for group in groups] == [("one", "z", 2), ("two", "z", 1)]


def test_a_member_with_unknown_cpu_is_left_out_of_cpu_percentages_only() -> None:
    asks = pod_facts(cores(cpu=100, memory=10), cores(cpu=100, memory=10), cores(cpu=100, memory=10))
    whole, half = measured_pod(50, asks, memory_bytes=4), measured_pod(None, asks, memory_bytes=6)
    figures = [
        f"{resource}.usagePercentOf{basis}" for resource in ("cpu", "memory") for basis in ("Requests", "Limits")
    ]
    assert of_pods([whole, half], *figures) == [50, 50, 50, 50]
    offers = node_facts(cores(cpu=100, memory=10), cores(cpu=200, memory=10))
    nodes = [measured_node(50, offers, memory_bytes=4), measured_node(None, offers, memory_bytes=6)]
    assert of_nodes(nodes, "cpu.usagePercentOfAllocatable", "cpu.usagePercentOfCapacity") == [50, 25]
    assert of_nodes(nodes, "memory.usagePercentOfAllocatable") == [50]
