"""c3s diff of two times of a Prometheus, and what documents cannot say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from c3s_cli.request.moment import EXAMPLES
from tests.conftest import Run

SIDES = "c3s diff [nodes | pods | cluster | owners] BEFORE [AFTER]"
READ = "--before without --from is read as --from prometheus, the one in the cluster\n"


def test_two_times_of_a_prometheus_are_compared(demo: Run) -> None:
    result = demo("diff -n batch --before 1d --after -1h --columns change,cpu")
    assert result == (
        0,
        (
            "NAME                 CHANGE   CPU-BEFORE   CPU-AFTER   CPU-CHANGE   CPU-CHANGE(%)\n"
            "etl-backfill-zcpgd   added    <none>       1972m       +1972m       <none>\n"
            "etl-backfill-j8k4c   added    <none>       <unknown>   <unknown>    <none>\n"
            "etl-backfill-xtwjw   added    <none>       <unknown>   <unknown>    <none>\n"
        ),
        READ
        + "before: the cluster, usage at 2026-03-01T09:30:00Z\n"
        + "after: the cluster, usage at 2026-03-02T08:30:00Z\n",
    )
    metadata = json.loads(demo("diff -n batch --before 1d -o json").out)["metadata"]
    assert {key: time for key, time in metadata.items() if key.endswith("imestamp")} == {
        "timestamp": "2026-03-02T09:30:00Z",
        "beforeTimestamp": "2026-03-01T09:30:00Z",
        "afterTimestamp": "2026-03-02T09:30:00Z",
    }


def test_the_usage_of_each_time_is_that_of_at(demo: Run) -> None:
    (row,) = json.loads(demo("diff nodes --before 2h --after 1h --where 'name = cp-1' --min-change 0 -o json").out)[
        "items"
    ]
    for side, time in (("before", "2h"), ("after", "1h")):
        (node,) = json.loads(demo(f"top nodes cp-1 --at -{time} -o json").out)["items"]
        assert row["cpu"][side] == node["cpu"]["usage"]


def test_a_pod_that_was_created_since_has_come(demo: Run) -> None:
    """The API server lists it, but it was not there: it is no pod of unknown usage."""
    came = demo("diff -A --before 3h --where 'change = added' --columns name -o value")
    young = demo("top pods -A --where 'age < 3h' --columns name -o value")
    assert set(came.out.splitlines()) == set(young.out.splitlines()) != set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--after 2h", "--after goes with --before or BEFORE\nhint: did you mean --before 2h?"),
        (
            "a b --before 2h",
            f"too many to compare: --before is one side, a and b the other\nhint: {SIDES}",
        ),
        ("nodes cp-1 --before 2h", "cp-1 is no file\nhint: did you mean --where 'name = cp-1'?"),
        ("--before 25:00", f"'25:00' is not a time for --before\nhint: {EXAMPLES}"),
        (
            "--before 2h --from kubelet",
            "2h: a time goes with --from prometheus or URL for the cluster\nhint: no other source has history",
        ),
    ],
)
def test_mistakes(demo: Run, words: str, said: str) -> None:
    result = demo(f"diff {words}")
    assert (result.code, result.out) == (2, "")
    assert result.err.endswith(f"error: {said}\n")


def test_times_in_the_wrong_order_are_said(demo: Run) -> None:
    assert demo("diff nodes --before 1h --after 2h").err.endswith("\nnote: before is later than after\n")
    assert "later" not in demo("diff nodes --before 2h --after 1h").err


def test_documents_of_measured_pods_alone_cannot_tell_which_came(demo: Run, tmp_path: Path) -> None:
    for name, flags in (("few", "--where 'name ~ ^api'"), ("some", "--where 'name ~ ^(api|web)'")):
        (tmp_path / name).write_text(demo(f"top pods -n default -o json {flags}").out)
        (tmp_path / f"{name}-listed").write_text(demo(f"top pods -n default --columns cpu,status -o json {flags}").out)
    few, some = tmp_path / "few", tmp_path / "some"
    words = "may have been there without metrics"
    assert demo(f"diff {few} {some} --columns cpu").err.splitlines()[2:] == [
        f"note: before lists only what was measured: 3 rows added {words}"
    ]
    assert demo(f"diff {some} {few} --columns cpu").err.splitlines()[2:] == [
        f"note: after lists only what was measured: 3 rows removed {words}"
    ]
    assert "note:" not in demo(f"diff {few}-listed {some}-listed --columns cpu").err


def test_what_a_table_shows_adds_up(demo: Run) -> None:
    columns = "name,cpu.before,cpu.after,cpu.change,memory.before,memory.after,memory.change"
    lines = demo(
        f"diff pods -n team-search --before 1h --min-change 0 --columns {columns} --no-headers"
    ).out.splitlines()
    amounts = [[int(cell.rstrip("mMi")) for cell in line.split()[1:]] for line in lines if "<" not in line]
    assert len(amounts) > 5
    assert [(a - b, d - c) for b, a, _, c, d, _ in amounts] == [
        (change, grown) for _, _, change, _, _, grown in amounts
    ]


def test_a_workload_that_is_nowhere_is_not_found(demo: Run) -> None:
    said = 'Error from server (NotFound): deployments.apps "nosuch" not found\n'
    assert demo("diff deploy/nosuch --before 1h --from prometheus") == (1, "", said)


def test_changes_that_a_filter_cannot_judge_are_named(demo: Run) -> None:
    words = "diff pods -n team-checkout --before 2h --from prometheus --columns name,cpu"
    said = "note: --where could not judge 1 row: team-checkout/fraud-scorer-9nqtj8g427-z2tsb\n"
    assert said in demo(f"{words} --where 'cpu.change > 9'").err
    assert said not in demo(words).err
