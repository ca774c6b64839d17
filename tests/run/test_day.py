"""Watch loop over a day: the grid of readings, and nothing kept of earlier ones."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import C3sError, ExitCode, Unreachable
from c3s_cli.model.rows import Node
from c3s_cli.model.sample import Sample
from c3s_cli.report import Report
from c3s_cli.request.pace import Pace
from c3s_cli.request.view import Format, View
from c3s_cli.run.heading import KEPT, Heading
from c3s_cli.run.schedule import Clock
from c3s_cli.run.stages import Stages
from c3s_cli.run.watching import Pipe, loop

INTERVAL, DAY = 5.0, 86_400


class Quiet(Pipe):
    """Somebody who does not look."""

    def show(self, report: Report) -> None:
        """Show nothing."""

    def failed(self, problem: C3sError) -> None:
        """Say nothing."""


class Day:
    """Time that passes by sleeping and by reading; at noon the server is away for five minutes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.begun: list[float] = []
        self.blocks: list[int] = []

    def read(self) -> Report:
        self.begun.append(self.seconds)
        number = len(self.begun)
        # Most readings take less than an interval, some take several.
        self.seconds += 17.3 if number % 500 == 0 else 0.1 + number % 7 / 10
        if 43_200 <= self.begun[-1] < 43_500:
            raise Unreachable("gone")
        if number in (500, 15_000):
            gc.collect()
            self.blocks.append(sys.getallocatedblocks())
        return Report(datetime.now(UTC), "", Kind.NODE, (), [], None)

    def sleep(self, seconds: float) -> None:
        assert 0 <= seconds <= 80
        self.seconds += seconds


@pytest.mark.slow
def test_a_day_does_not_drift_and_leaves_nothing_behind() -> None:
    day = Day()
    quiet = Quiet(View(Format.TABLE), Stages(0))
    code = loop(day.read, quiet, Pace(INTERVAL, timeout=DAY), Clock(lambda: day.seconds, day.sleep))
    assert (code, day.begun[-1]) == (ExitCode.TIMED_OUT, DAY)
    away = [moment for moment in day.begun if 43_200 <= moment < 43_500]
    # The longest pause is 72 seconds: by then the watch is back on its grid.
    usual = [moment for moment in day.begun if not 43_200 <= moment < 43_575]
    assert all(moment % INTERVAL == 0 for moment in usual)
    # Each of the long readings covers three ticks.
    assert len(usual) + 3 * (len(day.begun) // 500) == pytest.approx((DAY - 375) / INTERVAL, abs=4)
    # Whatever the jitter: at most 5, 8, 16, 32 and then 48 seconds apart, where the grid has sixty.
    assert 7 <= len(away) <= 11
    before, after = day.blocks
    # What was noted here takes some blocks itself: a float a reading.
    assert after - before < 15_000 + 1_000


def test_the_header_keeps_a_bounded_history() -> None:
    fleet: Any = SimpleNamespace(members=(), several=False, parallel=1)
    heading = Heading(fleet)
    for second in range(2 * KEPT):
        node = Node("", "a", 10**9, 2**30, timestamp=f"2026-03-02T09:{second // 60:02d}:{second % 60:02d}Z")
        heading.take([Sample("", datetime.now(UTC), "", nodes=[node])])
    assert [len(gauge.history) for gauge in heading.gauges()] == [KEPT, KEPT]
