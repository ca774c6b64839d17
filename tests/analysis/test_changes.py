"""Marks and trends of a watch: what changed since the last reading, and forgetting rows that are gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.analysis.changes import FADES, KEPT, Changes
from c3s_cli.model.rows import Group, Node, Pod, PodFacts

MI = 1 << 20


def pod(name: str, cpu: int | None = 100, at: int = 0, memory: int = 100, restarts: int | None = None) -> Pod:
    """Make a pod: CPU in millicores, memory in Mi, sampled at a second."""
    facts = None
    if restarts is not None:
        facts = PodFacts("", "n", "", "Running", restarts, None, "", {}, {}, {})
    usage = None if cpu is None else cpu * 10**6
    return Pod("c", "ns", name, usage, memory * MI, timestamp=f"t{at}", facts=facts)


def marks(*readings: list[Pod]) -> list[str]:
    """Return the mark of the first pod after each reading."""
    changes, found = Changes(with_trends=True), []
    for rows in readings:
        changes.update(rows)
        found.append(changes.mark(readings[0][0]))
    return found


def test_the_rows_of_the_first_reading_have_no_marks() -> None:
    assert marks([pod("a")]) == [""]


def test_a_mark_fades_after_a_few_readings() -> None:
    assert marks([pod("a")], [pod("a", 200, 1)], *[[pod("a", 200, 1)]] * 3) == ["", "↑", "↑", "↑", ""]


def test_usage_within_the_noise_has_no_mark() -> None:
    assert marks([pod("a", 100)], [pod("a", 110, 1)]) == ["", ""]
    assert marks([pod("a", 100)], [pod("a", 111, 1)]) == ["", "↑"]
    assert marks([pod("a", 10)], [pod("a", 14, 1)]) == ["", ""]
    assert marks([pod("a", 10)], [pod("a", 3, 1)]) == ["", "↓"]
    assert marks([pod("a", memory=10)], [pod("a", at=1, memory=14)]) == ["", ""]
    assert marks([pod("a", memory=10)], [pod("a", at=1, memory=15)]) == ["", "↑"]


def test_a_restart_is_marked_even_without_a_new_sample() -> None:
    assert marks([pod("a", restarts=1)], [pod("a", restarts=2)]) == ["", "!"]
    assert marks([pod("a", restarts=None)], [pod("a", restarts=2)]) == ["", ""]


def test_every_restart_is_marked_not_only_the_first() -> None:
    counts = [1, 2, 2, 2, 2, 3]
    assert marks(*[[pod("a", restarts=count)] for count in counts]) == ["", "!", "!", "!", "", "!"]


def test_the_same_sample_is_no_change() -> None:
    assert marks([pod("a", 100)], [pod("a", 900)]) == ["", ""]


def test_what_vanished_is_shown_for_a_few_readings() -> None:
    changes = Changes(with_trends=True)
    changes.update([pod("a"), pod("b")])
    seen = []
    for _ in range(4):
        changes.update([pod("a")])
        seen.append([(row.name, changes.mark(row), row.cpu_nanocores) for row in changes.vanished])
    assert seen == [[("b", "-", 100 * 10**6)]] * FADES + [[]]
    assert len(changes) == 1


def test_nodes_are_remembered_like_pods_and_groups_leave_nothing_behind() -> None:
    node, group = Node("c", "n1", 7, 8, None, "t0"), Group("c", (), 7, 8)
    changes = Changes(with_trends=True)
    changes.update([node, group])
    assert (changes.mark(node), changes.trends(node), changes.trends(group)) == ("", ((7,), (8,)), ((7,), (8,)))
    changes.update([])
    assert (changes.mark(node), changes.mark(group)) == ("-", "-")
    assert changes.vanished == [node]


def test_what_comes_back_is_new() -> None:
    assert marks([pod("a")], [], [pod("a")]) == ["", "-", "+"]


def test_a_trend_has_a_point_for_each_sample() -> None:
    changes = Changes(with_trends=True)
    for second, cpu in enumerate([1, 1, 2, 3, None, 4]):
        changes.update([pod("a", cpu, second // 2)])
    cpu_trend, memory_trend = changes.trends(pod("a"))
    assert list(cpu_trend) == [10**6, 2 * 10**6, None]
    assert list(memory_trend) == [100 * MI] * 3
    assert changes.trends(pod("b")) == ((), ())


@pytest.mark.slow
@given(st.lists(st.sets(st.sampled_from("abcdef")), max_size=60))
def test_memory_is_bounded_by_what_is_there(readings: list[set[str]]) -> None:
    changes = Changes(with_trends=True)
    for second, names in enumerate(readings):
        changes.update([pod(name, second, second) for name in names])
        recent = readings[max(0, second - FADES) : second + 1]
        assert len(changes) <= len(set().union(*recent))
        assert all(len(changes.trends(pod(name))[0]) <= KEPT for name in names)


def test_a_sum_that_lacks_members_is_a_gap_in_its_trend() -> None:
    changes = Changes(with_trends=True)
    for second, missing in enumerate([{}, {"cpu": 1}, {"memory": 0}]):
        changes.update([Group("c", ("web",), 10 + second, 20 + second, timestamp=f"t{second}", unmeasured=missing)])
    assert changes.trends(Group("c", ("web",), 0, 0)) == ((10, None, 12), (20, 21, 22))


def test_a_trend_does_not_grow_without_end() -> None:
    changes = Changes(with_trends=True)
    for second in range(2 * KEPT):
        changes.update([pod("a", second, second)])
    cpu_trend, memory_trend = changes.trends(pod("a"))
    assert (len(cpu_trend), cpu_trend[-1], len(memory_trend)) == (KEPT, (2 * KEPT - 1) * 10**6, KEPT)
