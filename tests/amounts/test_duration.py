from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.amounts.duration import age, go_duration, parse_duration, parse_nanoseconds, parse_window


@pytest.mark.parametrize(
    ("text", "seconds"),
    {
        "0": 0, "5": 5, "+5": 5, "007": 7, "1m30s": 90, "1.5h": 5400, "300ms": 0.3, "2h45m": 9900, "1us": 1e-6,
        "-5s": 0, "-0": 0, "9223372036854775807": 2.0**63,
    }.items(),
)  # fmt: skip
def test_reads_request_timeouts(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "abc", "1x", "1.5", "-", "-5", "1h-5m", "\uff11s", "s", "1 s", "9223372036854775808", "1" * 200 + "s"]
)
def test_rejects_other_timeouts_in_kubectls_words(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid timeout") as problem:
        parse_duration(text)
    assert str(problem.value) == (
        "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a "
        "corresponding time unit (e.g. 1s | 2m | 3h)"
    )


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    {
        "0.3ms": 300_000, "1.9ns": 1, "0.1us": 100, "1.00000000000000000001s": 10**9, "0.000000001h": 3600,
        "2562047h47m16.854775807s": 2**63 - 1, "9223372036854775807ns": 2**63 - 1, ".5s": 5 * 10**8, "1.s": 10**9,
        "-.5s": -5 * 10**8, "1h1h": 7200 * 10**9, "1\u00b5s": 1000, "1\u03bcs": 1000, "0.123456789123s": 123456789,
        "0": 0, "+0": 0, "-0": 0, "0" * 99 + "s": 0,
    }.items(),
)  # fmt: skip
def test_reads_what_go_reads(text: str, nanoseconds: int) -> None:
    assert parse_nanoseconds(text) == nanoseconds


@pytest.mark.parametrize(
    "text", ["", "+", "1", "1 s", "1e3s", ".s", "9223372036854775808ns", "1s ", "1\n", "0" * 100 + "s"]
)
def test_rejects_what_go_rejects(text: str) -> None:
    with pytest.raises(ValueError, match="time: invalid duration"):
        parse_window(text)


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
def test_written_durations_parse_back(nanoseconds: int) -> None:
    assert parse_nanoseconds(go_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    {
        -5: "<invalid>", -2: "<invalid>", -1.9: "0s", -1: "0s", 0.9: "0s", 0: "0s", 119.9: "119s",
        120: "2m", 185: "3m5s", 600: "10m", 659: "10m", 10799: "179m", 10800: "3h", 12000: "3h20m",
        30000: "8h", 172799: "47h", 172800: "2d", 180000: "2d2h", 86400 * 8: "8d", 86400 * 8 + 3600: "8d",
        86400 * 729: "729d", 86400 * 730: "2y", 86400 * 731: "2y1d", 86400 * 764: "2y34d", 86400 * 2919: "7y364d",
        86400 * 2920: "8y", 86400 * 2921: "8y", 86400 * 365 * 9: "9y",
    }.items(),
)  # fmt: skip
def test_writes_ages_as_kubectl_get_does(seconds: float, text: str) -> None:
    assert age(seconds) == text
