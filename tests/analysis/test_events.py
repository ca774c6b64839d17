"""Events: what happened between two readings, and in the hour before the first one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from msgspec import structs

from c3s_cli.analysis.events import KEPT, Event, EventLog, Thresholds, events, recent
from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.model.container_states import ContainerStates
from c3s_cli.model.rows import Container, Group, Node, NodeDetails, NodeFacts, Pod, PodFacts

# 2026-03-02T09:30:00Z
NOW = 1772443800.0
LOAD = Column("load", Unit.PERCENT, lambda row: row.cpu_nanocores, "percent")
THRESHOLDS = Thresholds((LOAD,), 70, 90)


def states(
    ready: int | None = 2, because: str | None = "", at: str | None = "", *, killed: bool = False
) -> ContainerStates:
    return ContainerStates(ready, 2, (), because, at, killed)


def pod(name: str, cpu: int | None = 1, restarts: int | None = 0, uid: str = "u", **more: Any) -> Pod:
    """Make a pod of two containers. more: its ContainerStates as `states`, of its containers, its status and age."""
    containers = tuple(
        Container(each, None, None, states=more["states_of"].get(each, states())) for each in more.get("states_of", ())
    )
    facts = PodFacts(
        uid, "n", "", more.get("status", "Running"), restarts, more.get("created"), "", {}, {}, {}, containers
    )
    facts = structs.replace(facts, pending=more.get("pending"))
    return Pod("c", "ns", name, cpu, 1, timestamp="t", facts=structs.replace(facts, states=more.get("states")))


def node(name: str, status: str, turned_at: float | None = None) -> Node:
    details = NodeDetails({}, status, (), "", (), None, "", "", "", turned_at)
    return Node("c", name, 1, 1, None, "t", facts=NodeFacts(name, {}, {}, None, details))


def between(before: list[Any], after: list[Any]) -> list[tuple[float, str, str, str]]:
    """Return the events between two readings: seconds from now, what, name, because."""
    return [(each.at - NOW, each.what, each.row[2], each.because) for each in events(before, after, NOW, THRESHOLDS)]


def test_rows_appear_and_go() -> None:
    assert between([pod("a"), pod("b")], [pod("b"), pod("c", created=NOW - 9), pod("d", created=NOW - 9999)]) == [
        (-9, "appeared", "c", ""),
        (0, "appeared", "d", ""),
        (0, "gone", "a", ""),
    ]
    assert between([], [pod("a", pending="no room")]) == [(0, "appeared", "a", ""), (0, "pending", "a", "no room")]
    assert between([Group("c", ("x",), 1, 1)], [Group("c", ("y",), 1, 1)]) == [
        (0, "appeared", "y", ""),
        (0, "gone", "x", ""),
    ]


def test_another_pod_of_the_same_name_is_another_pod() -> None:
    assert between([pod("a", restarts=3)], [pod("a", restarts=0, uid="v")]) == [
        (0, "gone", "a", ""),
        (0, "appeared", "a", ""),
    ]
    assert between([pod("a")], [pod("a", uid="")]) == []


def test_a_restart_has_its_time_and_reason() -> None:
    before = pod("a", restarts=1, states=states(), states_of={"app": states(), "side": states()})
    end = states(2, "Error", "2026-03-02T09:29:50Z")
    after = pod("a", restarts=2, states=end, states_of={"app": end, "side": states()})
    assert between([before], [after]) == [(-10, "restarted", "a", "app: Error")]
    assert between([pod("a", restarts=1)], [pod("a", restarts=2)]) == [(0, "restarted", "a", "")]
    # Nothing is said about what a reading does not know.
    assert between([pod("a", restarts=None)], [pod("a", restarts=2)]) == []
    assert between([pod("a", restarts=2)], [pod("a", restarts=None)]) == []


def test_a_restart_after_too_little_memory_is_a_kill() -> None:
    end = states(2, "OOMKilled", "2026-03-02T09:29:59Z", killed=True)
    before = pod("a", restarts=1, states=states(), states_of={"app": states()})
    assert between([before], [pod("a", restarts=2, states=end, states_of={"app": end})]) == [
        (-1, "OOM-killed", "a", "app: OOMKilled")
    ]


def test_readiness_turns_both_ways() -> None:
    assert between(
        [node("a", "Ready"), node("b", "NotReady,SchedulingDisabled")],
        [
            node("a", "NotReady", NOW - 30),
            node("b", "Ready,SchedulingDisabled"),
        ],
    ) == [(-30, "not ready", "a", ""), (0, "ready", "b", "")]
    assert between([pod("a", states=states(2))], [pod("a", cpu=2, states=states(1))]) == [(0, "not ready", "a", "")]
    assert between([pod("a", states=states(2))], [pod("a", cpu=2, states=states(0), status="Completed")]) == []
    assert between([pod("a", states=states(2))], [pod("a", cpu=2, states=states(None))]) == []


def test_a_threshold_is_crossed_once() -> None:
    loads = [10, 70, 75, 95, 80, 69, None, 95, None]
    happened = [
        [(event.what, event.value) for event in events([pod("a", before)], [pod("a", after)], NOW, THRESHOLDS)]
        for before, after in pairwise(loads)
    ]
    assert happened == [
        [("above --warn", 70)],
        [],
        [("above --critical", 95)],
        [],
        [("below --warn", 69)],
        [],
        [],
        [],
    ]
    assert [event.what for event in events([], [pod("a", 95)], NOW, THRESHOLDS)] == ["appeared", "above --critical"]


def test_the_first_reading_tells_of_the_hour_before_it() -> None:
    ended = states(2, "OOMKilled", "2026-03-02T09:20:00Z")
    old = states(2, "Error", "2026-03-02T08:20:00Z")
    rows = [
        pod("a", restarts=1, states=ended),
        pod("b", restarts=1, states=old),
        pod("c", created=NOW - 60),
        pod("d", created=NOW - 7200, pending="no room"),
        node("n", "NotReady", NOW - 86400),
        node("m", "Ready", NOW - 60),
    ]
    assert [(each.at - NOW, each.what, each.row[2], each.because) for each in recent(rows, NOW)] == [
        (-86400, "not ready", "n", ""),
        (-7200, "pending", "d", "no room"),
        (-600, "OOM-killed", "a", "OOMKilled"),
        (-60, "appeared", "c", ""),
    ]


def test_the_log_keeps_the_last_hundred() -> None:
    log = EventLog()
    for second in range(2 * KEPT):
        log.update([pod(str(second))], NOW + second, THRESHOLDS)
    assert len(log.events) == KEPT
    assert log.events[-1] == Event(NOW + 2 * KEPT - 1, "gone", ("c", "ns", str(2 * KEPT - 2)))
