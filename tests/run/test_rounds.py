"""Watch of several clusters: which are asked, how often, how many at once."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from c3s_cli.errors import Unreachable
from c3s_cli.kube.deadline import Deadline
from c3s_cli.run.rounds import Rounds
from tests.patience import FOR_EVER, PATIENT, Later


def rounds(job: Any, names: str, parallel: int = 16) -> Rounds:
    return Rounds(list(names), job, parallel, Deadline(0))  # type: ignore[arg-type]  # a name is all that a job needs


def of_two() -> tuple[Rounds, list[str]]:
    """Give the rounds of a cluster that answers, a, and of one that does not, b; and who has been asked."""
    asked: list[str] = []

    def job(name: Any) -> str:
        asked.append(name)
        if name == "b":
            raise Unreachable("gone")
        return "fine"

    return rounds(job, "ab"), asked


def test_a_cluster_that_fails_again_and_again_is_asked_less_and_less() -> None:
    asking, asked = of_two()
    results = [asking.ask() for _ in range(12)]
    assert [str(bad) for _, bad in results] == ["gone"] * 12
    assert [good for good, _ in results] == ["fine"] * 12
    # In the rounds 1, 2, 4 and 8.
    assert (asked.count("a"), asked.count("b")) == (12, 4)


def test_a_pause_is_not_longer_than_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    asking, asked = of_two()
    monkeypatch.setattr("c3s_cli.run.rounds.RETRIED", 0.0)
    for _ in range(6):
        asking.ask()
    assert asked.count("b") == 6


def test_if_all_fail_all_are_asked_since_the_watch_itself_pauses() -> None:
    asked: list[str] = []

    def job(name: Any) -> str:
        asked.append(name)
        raise Unreachable("gone")

    asking = rounds(job, "ab")
    for _ in range(5):
        asking.ask()
    assert (asked.count("a"), asked.count("b")) == (5, 5)


def test_one_that_is_back_is_asked_every_time_again() -> None:
    fails = [True, True, False, False, True, False]
    asked: list[bool] = []

    def job(name: Any) -> str:
        if name == "b":
            asked.append(fails.pop(0))
            if asked[-1]:
                raise Unreachable("gone")
        return "fine"

    asking = rounds(job, "ab")
    for _ in range(7):
        asking.ask()
    # Left out of the third round only.
    assert asked == [True, True, False, False, True, False]


def test_no_more_are_asked_at_once_than_allowed_but_those_that_are_late_do_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = Later()
    monkeypatch.setattr("c3s_cli.run.rounds.time", later)
    monkeypatch.setattr("c3s_cli.run.rounds.PATIENCE", FOR_EVER)
    monkeypatch.setattr("c3s_cli.run.rounds.SLOWER", 0)
    lock, go = threading.Lock(), threading.Event()
    now, most = 0, 0

    def job(name: Any) -> str:
        nonlocal now, most
        if name == "b":
            go.wait(FOR_EVER)
            return "late"
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        if name == "c":
            # From now on b is late.
            later.seconds = 2 * FOR_EVER
        return "fine"

    asking = rounds(job, "abcdef", parallel=2)
    results = asking.ask()
    go.set()
    assert [str(result) for result in results] == ["fine", "no answer for 20m", *["fine"] * 4]
    assert most <= 2


def test_as_long_as_nobody_has_answered_all_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("c3s_cli.run.rounds.PATIENCE", 0.01)

    def job(name: Any) -> str:
        if name == "a":
            raise Unreachable("gone")
        time.sleep(0.2)
        return "slow"

    gone, slow = rounds(job, "ab").ask()
    assert (str(gone), slow) == ("gone", "slow")


def test_a_fault_of_c3s_is_not_hidden() -> None:
    def job(_name: Any) -> str:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        rounds(job, "a").ask()


def test_clusters_that_hang_do_not_keep_others_from_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("c3s_cli.run.rounds.PATIENCE", 0.05)
    over = threading.Event()

    def job(name: Any) -> str:
        if name != "z":
            over.wait(FOR_EVER)
        return "fine"

    begun = time.monotonic()
    *hanging, fine = rounds(job, "abz", parallel=1).ask()
    over.set()
    assert fine == "fine"
    assert [str(each)[:13] for each in hanging] == ["no answer for"] * 2
    assert time.monotonic() - begun < PATIENT
