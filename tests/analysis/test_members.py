"""Which members a group counts: those that ended, and those whose requests or limits nobody knows."""

from __future__ import annotations

import pytest
from msgspec import structs

from c3s_cli.analysis.rollup import sum_pods
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.model.rows import Pod
from c3s_cli.request.where import parse
from tests.analysis.test_rollup import (
    cores,
    measured_node,
    measured_pod,
    milli,
    node_facts,
    of_nodes,
    of_pods,
    pod_facts,
    unmeasured_pod,
)


def lacks(pods: list[Pod], name: str) -> bool:
    column = Naming(Kind.POD_GROUP).find(name)
    assert column.in_part
    return bool(column.in_part(sum_pods(pods, "c")))


def test_what_has_ended_uses_and_requests_nothing_now() -> None:
    facts = pod_facts(requests=cores(cpu=100), limits=cores(cpu=200))
    running = measured_pod(50, facts)
    ended = structs.replace(unmeasured_pod(facts), ended=True)
    assert of_pods([running, ended], "cpu.usage", "cpu.requests", "cpu.limits") == [milli(50), milli(100), milli(200)]
    assert not lacks([running, ended], "cpu.usage")
    assert lacks([running, unmeasured_pod(facts)], "cpu.usage")


@pytest.mark.parametrize("unknown", ["requests", "limits"])
def test_a_pod_whose_requests_or_limits_are_unknown_is_on_neither_side(unknown: str) -> None:
    facts = pod_facts(requests=cores(cpu=200), limits=cores(cpu=400), bounds=cores(cpu=400))
    pods = [measured_pod(100, facts), measured_pod(100, structs.replace(facts, unknown=(unknown,)))]
    assert of_pods(pods, "cpu%", "cpu.usagePercentOfLimits", "cpu.unused") == [50, 25, milli(100)]


def test_what_bounds_a_pod_that_nobody_knows_is_unknown() -> None:
    bound = measured_pod(100, pod_facts(bounds=cores(cpu=400)))
    assert sum_pods([bound], "c").binding_limits == cores(cpu=400)
    assert sum_pods([bound, measured_pod(100)], "c").binding_limits is None


def test_the_requests_of_nodes_are_unknown_if_those_of_one_are() -> None:
    facts = node_facts(cores(cpu=1000))
    nodes = [measured_node(100, facts, requests=cores(cpu=500)), measured_node(100, facts)]
    assert of_nodes(nodes[:1], "cpu.requests", "cpu.free") == [milli(500), milli(500)]
    assert of_nodes(nodes, "cpu.requests", "cpu.free") == [None, None]


def test_a_node_with_too_many_requests_takes_nothing_from_what_is_free_on_others() -> None:
    facts = node_facts(cores(cpu=1000))
    nodes = [measured_node(100, facts, requests=cores(cpu=each)) for each in (400, 1500)]
    assert of_nodes(nodes, "cpu.free", "cpu.schedulableFree") == [milli(100), milli(600)]


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        # 90m of 300m, whatever the other two use; of the measured pod's 100m they are 90 %.
        ("cpu.usagePercentOfLimits > 29", True),
        ("cpu.usagePercentOfLimits > 31", None),
        ("cpu.usagePercentOfLimits < 30", False),
        ("cpu.usagePercentOfLimits < 31", None),
        ("cpu.unused > 1m", None),
        ("cpu.unused < 1", None),
        ("cpu.unused >= -1", None),
    ],
)
def test_bounds_are_of_all_members(condition: str, truth: bool | None) -> None:  # noqa: FBT001
    facts = pod_facts(requests=cores(cpu=100), bounds=cores(cpu=100))
    group = sum_pods([measured_pod(90, facts), unmeasured_pod(facts), unmeasured_pod(facts)], "c")
    assert parse([condition], Naming(Kind.POD_GROUP)).judge(group) is truth
