"""Joins in a watch: joining only what changed gives the rows of a new join."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.analysis.joining import Joiner, pod_rows
from c3s_cli.model.rows import Container, NodeDetails, NodeFacts, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.model.snapshot import Snapshot
from c3s_cli.sources.decode.owner_resolver import OwnerResolver

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NAMES = st.sampled_from("abcde")


def measured(name: str, cpu: int) -> Pod:
    container = Container("app", cpu, 1)
    return Pod("c", "n", name, cpu, 1, None, f"t{cpu}", "15s", (container,))


def facts(version: int, owner: str = "", created_at: float | None = None) -> PodFacts:
    requests = {"cpu": version}
    container = Container("app", None, None, None, requests, {})
    return PodFacts("", "n1", owner, "Running", version, created_at, "", {}, requests, {}, (container,))


FACTS = st.builds(
    facts,
    st.integers(0, 3),
    st.sampled_from(["", "ReplicaSet/r", "ReplicaSet/s", "Job/j", "DaemonSet/d"]),
    st.sampled_from([None, NOW.timestamp() - 5, NOW.timestamp() + 7]),
)
USAGE = st.dictionaries(NAMES, st.integers(0, 3), max_size=5)
# What happens between two readings: pods appear, change (facts) or vanish (None).
EVENTS = st.dictionaries(NAMES, st.none() | FACTS, max_size=3)
OWNERS = st.none() | st.dictionaries(
    st.sampled_from([("n", "ReplicaSet", "r"), ("n", "ReplicaSet", "s"), ("n", "Job", "j")]),
    st.sampled_from(["Deployment/x", "Deployment/y", "CronJob/z"]),
)
READINGS = st.lists(st.tuples(EVENTS, st.none() | USAGE, OWNERS, st.booleans()), min_size=1, max_size=8)


@pytest.mark.slow
@given(READINGS, st.booleans())
def test_the_rows_of_a_watch_are_those_of_a_new_join(readings: list[Any], containers: bool) -> None:  # noqa: FBT001
    joiner, owned = Joiner(), OwnerResolver()
    pods: list[Pod] = []
    known: dict[tuple[str, str], PodFacts] = {}
    last: Snapshot | None = None
    for second, (events, usage, owners, lost) in enumerate(readings):
        for name, happened in events.items():
            if happened is None:
                known.pop(("n", name), None)
            else:
                known["n", name] = happened
        # A list that was read anew does not say what has changed.
        last = Snapshot(known, None if lost else last, {("n", name) for name in events})
        if usage is not None:
            pods = [measured(name, cpu) for name, cpu in sorted(usage.items())]
        made = owned.pods(last, owners)
        assert made == OwnerResolver().pods(dict(known), owners)
        sample = Sample("c", NOW + timedelta(seconds=second), "test", (), pods, pod_facts=made)
        rows = joiner(sample, containers=containers)
        assert sorted(rows, key=named) == sorted(pod_rows(sample, containers=containers), key=named)


def named(pod: Pod) -> str:
    return pod.name


def test_rows_whose_facts_and_usage_stay_are_the_same_objects() -> None:
    joiner = Joiner()
    first = Snapshot({("n", "a"): facts(1), ("n", "b"): facts(1, created_at=NOW.timestamp() - 60)})
    pods = [measured("a", 1), measured("b", 1)]
    before = joiner(Sample("c", NOW, "test", (), pods, pod_facts=first))
    second = Snapshot({**first, ("n", "a"): facts(2)}, first, [("n", "a")])
    after = joiner(Sample("c", NOW + timedelta(seconds=9), "test", (), pods, pod_facts=second))
    assert {row.name: row for row in after}["b"] is {row.name: row for row in before}["b"]
    assert [(row.name, row.facts.restarts, row.created_at) for row in after if row.facts] == [
        ("b", 1, NOW.timestamp() - 60),
        ("a", 2, None),
    ]


def test_each_context_has_rows_of_its_own() -> None:
    joiner = Joiner()
    pods, first = [measured("a", 1)], Snapshot({("n", "a"): facts(1)})
    for context in ("c", "d", "c"):
        sample = Sample(context, NOW, "test", (), pods, pod_facts=Snapshot(first, first))
        assert joiner(sample) == pod_rows(sample)


def test_the_details_of_a_node_are_never_old() -> None:
    joiner = Joiner()
    pods, last = [measured("a", 1)], Snapshot({("n", "a"): facts(1)})
    for status in ("Ready", "NotReady"):
        last = Snapshot(last, last)
        nodes = {"n1": NodeFacts("", {}, {}, None, NodeDetails({}, status, (), "", (), None, "", "", ""))}
        sample = Sample("c", NOW, "test", (), pods, node_facts=nodes, pod_facts=last)
        assert joiner(sample) == pod_rows(sample)


def test_a_snapshot_only_knows_what_changed_since_the_one_before() -> None:
    first = Snapshot({1: "a"})
    second = Snapshot({1: "b"}, first, [1])
    third = Snapshot({1: "b"}, second)
    assert second.changes_since(first) == frozenset([1])
    assert third.changes_since(second) == frozenset()
    unknown = [first.changes_since(first), third.changes_since(first), third.changes_since(None)]
    assert [*unknown, second.changes_since({1: "a"})] == [None] * 4
