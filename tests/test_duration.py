from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.duration import age, go_duration, parse_duration, parse_nanoseconds, parse_window


@pytest.mark.parametrize(
    ("text", "seconds"), {"0": 0, "5": 5, "1m30s": 90, "1.5h": 5400, "300ms": 0.3, "2h45m": 9900, "1us": 1e-6}.items()
)
def test_reads_request_timeouts(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "abc", "1x", "1.5", "-", "1h-5m", "\uff11s", "s"])
def test_rejects_other_timeouts_in_kubectls_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid timeout value\. Timeout must be a single integer in seconds"):
        parse_duration(text)


def test_reads_windows() -> None:
    assert (parse_window("14.992s"), parse_window("1m0.03s")) == (14_992_000_000, 60_030_000_000)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    {
        0: "0s", 1: "1ns", 1500: "1.5µs", 100_000_000: "100ms", 1_500_000_000: "1.5s", 60 * 10**9: "1m0s",
        28174547382035706 : "7826h15m47.382035706s", -10**9: "-1s",
    }.items(),
)  # fmt: skip
def test_writes_durations_as_go_does(nanoseconds: int, text: str) -> None:
    assert go_duration(nanoseconds) == text


@given(st.integers(-(2**62), 2**62))
def test_what_is_written_reads_back(nanoseconds: int) -> None:
    assert parse_nanoseconds(go_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    {
        0: "0s", 119: "119s", 120: "2m", 185: "3m5s", 600: "10m", 10799: "179m", 10800: "3h", 12000: "3h20m",
        30000: "8h", 172799: "47h", 172800: "2d", 180000: "2d2h", 86400 * 8: "8d", 86400 * 729: "729d",
        86400 * 764: "2y34d", 86400 * 365 * 9: "9y",
    }.items(),
)  # fmt: skip
def test_writes_ages_as_kubectl_get_does(seconds: int, text: str) -> None:
    assert age(seconds) == text
