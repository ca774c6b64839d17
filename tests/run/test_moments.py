"""Times that people type: 14:00, yesterday 14:00, -2h, in the local zone and by the clock of the server."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.conftest import Run


@pytest.fixture
def past(demo: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Read the Prometheus of the demo, which is frozen at 09:30 UTC, from Berlin, where it is 10:30."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield lambda words: demo(f"{words} --from prometheus")
    monkeypatch.undo()
    time.tzset()


UTC = "2026-03-02T08:00:00Z"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "same", "said"),
    [
        ("09:00", UTC, "2026-03-02 09:00:00 CET"),
        ("9:00:00", UTC, "2026-03-02 09:00:00 CET"),
        ("'today 09:00'", UTC, "2026-03-02 09:00:00 CET"),
        ("'Yesterday  at 14:00'", "2026-03-01T13:00:00Z", "2026-03-01 14:00:00 CET"),
        ("yesterday", "2026-02-28T23:00:00Z", "2026-03-01 00:00:00 CET"),
        ("-90m", UTC, "2026-03-02 09:00:00 CET"),
        ("'90 minutes ago'", UTC, "2026-03-02 09:00:00 CET"),
        ("'1 day ago'", "2026-03-01T09:30:00Z", "2026-03-01 10:30:00 CET"),
        ("'1h30m ago'", UTC, "2026-03-02 09:00:00 CET"),
        ("-1d", "2026-03-01T09:30:00Z", "2026-03-01 10:30:00 CET"),
        ("now", "2026-03-02T09:30:00Z", "2026-03-02 10:30:00 CET"),
    ],
)
def test_a_time_is_in_the_local_zone_which_is_said(past: Run, typed: str, same: str, said: str) -> None:
    for words in ("top pods -A -o csv", "top pods -A -o csv --facts source"):
        result, expected = past(f"{words} --at {typed}"), past(f"{words} --at {same}")
        assert (result.code, result.out) == (0, expected.out)
        assert (result.err, expected.err) == (f"usage at {said} ({same})\n", "")


@pytest.mark.slow
def test_what_has_no_zone_stays_utc_and_a_table_says_which_moment_it_shows(past: Run) -> None:
    for typed in ("2026-03-02T08:00", "'2026-03-02 08:00:00'", "2026-03-02T09:00:00+01:00", UTC):
        result = past(f"top nodes --at {typed}")
        assert (result.code, result.err) == (0, f"usage at {UTC}\n")
    assert past("top nodes --at 2026-03-02").err == "usage at 2026-03-02T00:00:00Z\n"
    assert past(f"top nodes -o json --at {UTC}").err == ""
    assert past("top nodes --since 2h").err == ""
    assert past("top nodes").err == ""


@pytest.mark.slow
def test_a_range_between_times(past: Run) -> None:
    for typed, start, end, said in (
        ("--start 9:45 --end -30m", "2026-03-02T08:45:00Z", "2026-03-02T09:00:00Z", ("02 09:45", "02 10:00")),
        (
            "--start 'yesterday 20:00' --end 'yesterday 20:20'",
            *("2026-03-01T19:00:00Z", "2026-03-01T19:20:00Z", ("01 20:00", "01 20:20")),
        ),
    ):
        result = past(f"top nodes {typed} -o json")
        assert (result.code, result.out) == (0, past(f"top nodes --start {start} --end {end} -o json").out)
        first, last = (f"2026-03-{each}:00 CET" for each in said)
        assert result.err == f"usage from {first} to {last} ({start} to {end})\n"
    until_now = past("top nodes --start -2h -o csv")
    assert until_now.out == past("top nodes --since 2h -o csv").out


@pytest.mark.parametrize(
    ("flags", "message", "hint"),
    [
        (
            "--at 14:00",
            "--at 14:00 is in the future: it is 2026-03-02 10:30:00 CET",
            "did you mean --at 'yesterday 14:00'?",
        ),
        (
            "--at +2h",
            "--at +2h is in the future",
            "write it as 14:00, 'yesterday 14:00', -2h, 2026-03-02T09:30:00Z or 2026-03-02",
        ),
        ("--start 09:00 --end 09:00:30", "--end must be at least a minute after --start", None),
        ("--start -30s", "--start must be at least a minute ago", None),
        ("--since 14:00", "'14:00' is not a duration for --since", "did you mean --start 14:00?"),
        (
            "--since 'yesterday 14:00'",
            "'yesterday 14:00' is not a duration for --since",
            "did you mean --start 'yesterday 14:00'?",
        ),
        *(
            (
                f"--at '{typed}'",
                f"'{typed}' is not a time for --at",
                "write it as 14:00, 'yesterday 14:00', -2h, 2026-03-02T09:30:00Z or 2026-03-02",
            )
            for typed in ("24:00", "14", "tomorrow", "-2x", "-", " ago", "14:0", "yesterday 9")
        ),
    ],
)
def test_a_time_that_cannot_be_is_refused(past: Run, flags: str, message: str, hint: str | None) -> None:
    below = f"hint: {hint}\n" if hint else ""
    assert past(f"top pods {flags}") == (2, "", f"error: {message}\n{below}")


@pytest.mark.slow
def test_a_moment_without_data_says_so(past: Run) -> None:
    nothing = "this Prometheus has no data at 2020-01-01T00:00:00Z\n"
    said = "usage at 2020-01-01T00:00:00Z\n"
    unread = "warning: pod metrics could not be read:"
    assert past("top pods -A --at 2020-01-01") == (5, "", f"{said}No resources found\n{unread} {nothing}")
    assert past("top ns --at 2020-01-01 --fail-if cpu>1").code == 5
    assert past("top volumes -A --at 2020-01-01") == (0, "", f"{said}No resources found\nhint: {nothing}")
    nodes = past("top nodes --at 2020-01-01")
    assert (nodes.code, nodes.err) == (5, f"{said}warning: node metrics could not be read: {nothing}")
    assert past("top pods -A --start 2020-01-01 --end 2020-01-02").err.endswith(
        f"{unread} this Prometheus has no data from 2020-01-01T00:00:00Z to 2020-01-02T00:00:00Z\n"
    )
    facts = past("top nodes --at 2020-01-01 --facts source")
    assert facts == (1, "", "error: this Prometheus has no facts about nodes at 2020-01-01T00:00:00Z\n")


@pytest.mark.slow
def test_a_local_time_in_utc_is_said_once(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    result = demo("top nodes --from prometheus --at -90m")
    monkeypatch.undo()
    time.tzset()
    assert result.err == f"usage at {UTC}\n"


@pytest.mark.slow
def test_today_is_the_day_of_the_zone(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Kiritimati it is 23:30 when it is 09:30 in Greenwich."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    result = demo("top nodes --from prometheus --at 'yesterday 22:00'")
    monkeypatch.undo()
    time.tzset()
    assert result.err == "usage at 2026-03-01 22:00:00 +14 (2026-03-01T08:00:00Z)\n"
