"""Schedule of a watch: a grid that does not drift, and rarer attempts after failures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.run.schedule import JITTER, LONGEST_PAUSE, Schedule


def schedule(interval: float = 2.0, chance: float = 0.5) -> Schedule:
    return Schedule(interval, 1000.0, 1000.0, chance=lambda: chance)


@given(st.floats(0.1, 60), st.lists(st.floats(0, 200), max_size=50))
def test_every_reading_is_due_on_the_grid_and_after_the_last(interval: float, readings: list[float]) -> None:
    made = schedule(interval)
    now = 1000.0
    for taking in readings:
        now = max(now, made.due) + taking
        before = made.tick
        made.succeeded(now)
        assert made.tick > before
        assert made.due == 1000.0 + made.tick * interval
        assert made.due >= now or made.tick == before + 1


def test_a_day_of_readings_does_not_drift() -> None:
    made, now = schedule(2.0), 1000.0
    for _ in range(43_200):
        now = made.due + 0.3
        made.succeeded(now)
    assert made.due == 1000.0 + 86_400


def test_a_reading_that_takes_exactly_an_interval_is_followed_at_once() -> None:
    made = schedule(2.0)
    made.succeeded(1002.0)
    assert made.due == 1002.0


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_tries_become_rarer_up_to_a_minute(chance: float) -> None:
    made, now, pauses = schedule(2.0, chance), 1000.0, []
    for _ in range(10):
        made.failed(now)
        pauses.append(made.due - now)
        now = made.due
    share = 1 - JITTER + 2 * JITTER * chance
    assert pauses[0] == 2
    assert pauses[1] == pytest.approx(max(2, 4 * share))
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE * share)
    made.succeeded(now)
    assert made.due - now <= 2
    assert (made.due - 1000) % 2 == 0


def test_a_long_interval_is_never_exceeded_by_much() -> None:
    made = schedule(300.0)
    for _ in range(5):
        made.failed(1000.0)
    assert made.due <= 1000.0 + 300 * 5


def test_the_server_says_how_long_to_wait() -> None:
    made = schedule(2.0)
    made.failed(1000.0, retry_after=45)
    assert made.due == 1045


def test_another_interval_keeps_to_the_clock_that_it_began_with() -> None:
    made = schedule(2.0)
    made.succeeded(1003.0)
    made.set_interval(10.0, 1003.5)
    assert (made.interval, made.due) == (10.0, 1010.0)
    made.set_interval(1.0, 1004.2)
    assert made.due == 1005.0
    made.succeeded(1005.1)
    assert made.due == 1006.0
