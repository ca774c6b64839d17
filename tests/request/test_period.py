"""Ranges of time: --since, --start, --end, --at."""

from __future__ import annotations

import pytest

from c3s_cli.errors import UsageError
from c3s_cli.request.moment import read_moment
from c3s_cli.request.period import Period, period_of, span
from c3s_cli.sources.prometheus.promql import Range, range_of

DAY = 86400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7d", 7 * DAY),
        ("2w", 14 * DAY),
        ("7days", 7 * DAY),
        ("week", 7 * DAY),
        ("1w2d", 9 * DAY),
        ("36h", 129600),
        ("1d12h30m", 131400),
        ("90s", 90),
        ("1y", 365 * DAY),
    ],
)
def test_a_length_of_time(text: str, seconds: int) -> None:
    assert span(text, "--since") == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "7 dogs", "-7d", "59s", "11y", "1d1w", "7d ", "9999999d"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(UsageError, match="--since"):
        span(text, "--since")


@pytest.mark.parametrize(
    "text",
    ["2026-03-02T09:30:00Z", "2026-03-02 09:30:00", "2026-03-02t10:30:00+01:00", "2026-03-02T09:30"],
)
def test_a_time_is_utc_unless_it_says_otherwise(text: str) -> None:
    assert read_moment(text, "--at") == 1772443800
    assert read_moment("2026-03-02", "--at") == 1772409600


def test_bounds_end_now_or_where_they_are_said_to() -> None:
    assert Period(since=60).bounds(1000.7) == (940.0, 1000.0)
    assert Period(since=60, end=500).bounds(1000) == (440.0, 500.0)
    assert Period(start=100).bounds(1000) == (100, 1000.0)
    assert Period(end=500).bounds(1000) == (500.0, 500.0)
    assert not Period(end=500).is_range
    assert period_of("7d", None, "2026-03-02", None, "1h") == Period(since=7 * DAY, end=1772409600.0, step=3600.0)
    assert period_of(None, None, None, None, None) is None


@pytest.mark.parametrize(
    ("seconds", "step", "made"),
    [
        (7 * DAY, None, Range(7 * DAY, 300)),
        (DAY, None, Range(DAY, 300)),
        (3600, None, Range(3600, 60)),
        (30 * DAY, None, Range(30 * DAY, 1800)),
        (3650 * DAY, None, Range(3650 * DAY, 86400)),
        (7 * DAY, 3600, Range(7 * DAY, 3600)),
        (600, 3600, Range(600, 600)),
    ],
)
def test_the_step_suits_the_range(seconds: float, step: float | None, made: Range) -> None:
    assert range_of(seconds, step, 60.0, extrapolates=True) == made
    assert made.window == max(300, made.step)
