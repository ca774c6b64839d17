"""Flags: errors, and the requests they become."""

from __future__ import annotations

import pytest

from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.flags import options
from c3s_cli.request.from_flags import target_of
from c3s_cli.request.period import Period, period_of
from c3s_cli.request.ranges import in_range
from tests.conftest import Run

FORMATS = "csv,custom-columns,grid,json,jsonpath,markdown,name,openmetrics,prometheus,table,tsv,value,wide,yaml"
SOURCES = (
    "hint: one of: metrics, kubelet, prometheus, prometheus:NAMESPACE/SERVICE:PORT, the URL of a Prometheus, "
    "or a recording such as load.c3s"
)
SINCE = "hint: write it as 90m, 24h, 7d or 2w"
TIME = "hint: write it as 14:00, 'yesterday 14:00', -2h, 2026-03-02T09:30:00Z or 2026-03-02"
PAST = "--from http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "-o jsno",
            (
                'error: unable to match a printer suitable for the output format "jsno", '
                f"allowed formats are: {FORMATS}\nhint: did you mean -o json?"
            ),
        ),
        ("--from nosuch", f"error: unknown source 'nosuch' in --from\n{SOURCES}"),
        ("--from \udcff", f"error: unknown source '\\udcff' in --from\n{SOURCES}"),
        (
            "--from kubelet --prometheus-match up",
            "error: --prometheus-match goes with --from prometheus or --from URL",
        ),
        ("--from prometheus --prometheus-user u", "error: --prometheus-user goes with --from URL"),
        (
            "--from metrics --prometheus-header A:b",
            "error: --prometheus-header goes with --from prometheus or --from URL",
        ),
        ("--facts nosuch", "error: unknown value 'nosuch' of --facts\nhint: one of: api, source"),
        ("--facts source", "error: --facts source goes with --from prometheus or --from URL"),
        (
            "--from metrics --since 7d",
            "error: --since goes with --from prometheus, --from URL or --from FILE\nhint: no other source has history",
        ),
        ("-n a|b.*", "error: -n takes names and patterns, not the regular expression 'a|b.*'\nhint: -n 'a,b*'"),
        (
            "-o value --columns cpu --sum --by namespace",
            "error: --sum does not go with -o value\nhint: without --sum it prints each row, with --by each sum",
        ),
        (
            f"{PAST} --at 2026-03-02 --since 7d",
            "error: only one of --at or a time range can be provided",
        ),
        (f"{PAST} --since 7d --start 2026-03-02", "error: only one of --since or --start can be provided"),
        (
            f"{PAST} --end 2026-03-02",
            "error: --end goes with --since or --start\nhint: for a single time, use --at",
        ),
        (f"{PAST} --step 1h", "error: --step goes with --since or --start"),
        (f"{PAST} --since soon", f"error: 'soon' is not a duration for --since\n{SINCE}"),
        (f"{PAST} --since 7d --step x", f"error: 'x' is not a duration for --step\n{SINCE}"),
        (f"{PAST} --since 30s", "error: --since takes from a minute to ten years, not 30s"),
        (f"{PAST} --start soon", f"error: 'soon' is not a time for --start\n{TIME}"),
        (f"{PAST} --since 7d --end soon", f"error: 'soon' is not a time for --end\n{TIME}"),
        (f"{PAST} --at soon", f"error: 'soon' is not a time for --at\n{TIME}"),
        (
            f"{PAST} --start 2026-03-02T00:00:00Z --end 2026-03-02T00:00:59Z",
            "error: --end must be at least a minute after --start",
        ),
        (
            "--columns cpu.p95",
            "error: cpu.p95 is a statistic over time\nhint: set a time range, such as --since 7d",
        ),
    ],
)
def test_a_mistake_is_said_before_anything_is_read(run: Run, words: str, said: str) -> None:
    result = run(f"top nodes --server http://127.0.0.1:1 {words}")
    assert (result.code, result.out, result.err) == (2, "", f"{said}\n")


def test_a_range_may_be_a_minute_long() -> None:
    assert period_of(None, "2026-03-02T00:00:00Z", "2026-03-02T00:01:00Z", None, None) == Period(
        start=1772409600.0, end=1772409660.0
    )


def test_statistics_take_the_place_of_the_default_columns_and_of_no_others() -> None:
    words = ["default", "zone"]
    shown = ["nodes", "cpu.avg", "cpu.p95", "cpu.max", "memory.avg", "memory.p95", "memory.max", "zone"]
    naming = Naming(Kind.NODE_GROUP)
    assert in_range(words, naming, Period(since=600)) == shown
    assert in_range(words, naming, Period(end=600)) == in_range(words, naming, None) == words


def test_sorting_by_what_a_row_begins_with_adds_no_column(demo: Run) -> None:
    plain = demo("top nodes").out
    for key in ("context", "name"):
        assert demo(f"top nodes --sort-by {key}").out == plain


def test_where_to_connect_is_what_the_flags_say() -> None:
    flags = options.Connection(context=["a", "", "b"], as_user="u", as_group=["g"], as_uid="1")
    target = target_of(flags)
    assert (target.contexts, target.as_user, target.as_groups, target.as_uid) == (("a", "b"), "u", ("g",), "1")
