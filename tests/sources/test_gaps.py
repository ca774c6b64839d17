"""Real engines whose scrapes failed where a range begins or ends: what was there has not ended, and counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from c3s_cli.amounts.timestamp import utc
from tests import gaps
from tests.conftest import Run
from tests.servers import FakeApi, node
from tests.sources.test_engines import ENGINES
from tests.sources.test_past import millicores, near, running

pytestmark = pytest.mark.slow

RANGE = "--since 6h --end 2026-03-02"
IN_GAP = "--at 2026-03-01T23:50:00Z"
GAP = "a gap from 2026-03-01T23:20:00Z to 2026-03-02T00:00:00Z"
SAID = f"the range ends in {GAP}: the last data before it stands for its end"
OF_STATES = SAID.replace("a gap from", "a gap of kube-state-metrics from")
ENDED = {**dict.fromkeys(gaps.PODS, False), gaps.DONE: True}


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(request.param, tmp_path_factory, gaps.scenes) as url:
        yield url


@pytest.fixture
def ask(run: Run, engine: str) -> Any:
    """Run a command on a scene; return its rows by name, and its remarks."""

    def asked(scene: str, words: str, facts: str = "--facts source") -> tuple[dict[str, Any], list[str]]:
        chosen = ("--from", engine, "--prometheus-match", f'scene="{scene}"')
        result = run(*words.split(), "-o", "json", *chosen, *facts.split())
        assert result.code == 0, result.err
        document = json.loads(result.out)
        # Of a pod that lived shortly, a line of its own says so.
        remarks = [each for each in document["metadata"].get("remarks", []) if not each.startswith("1 row")]
        return {row.get("name", ""): row for row in document["items"]}, remarks

    return asked


@pytest.mark.parametrize(
    ("scene", "remarks", "covered"), [("end", [SAID], 89), ("nearly", [SAID], 89), ("states", [OF_STATES], 100)]
)
def test_pods_before_a_gap_have_not_ended(ask: Any, scene: str, remarks: list[str], covered: int) -> None:
    facts = "" if scene == "nearly" else ",cpu.requests"
    rows, said = ask(scene, f"top pods -n m {RANGE} --columns cpu.avg,cpu.usage,coverage{facts}")
    assert {name: row.get("ended", False) for name, row in rows.items()} == ENDED
    assert said == remarks
    for name in gaps.PODS[1:]:
        assert millicores(rows[name]["cpu"]["avg"]) == near(500)
        # At the last moment with data.
        assert millicores(rows[name]["cpu"]["usage"]) == near(500)
        assert rows[name]["coverage"] == pytest.approx(covered, abs=1)
    assert rows[gaps.DONE]["cpu"]["usage"] is None


def test_facts_before_a_gap_stand_for_its_end(ask: Any) -> None:
    rows, said = ask("end", f"top nodes {RANGE} --columns cpu.avg,cpu.allocatable")
    assert {name: row["cpu"]["allocatable"] for name, row in rows.items()} == {"n1": 8 * 10**9, "n2": 8 * 10**9}
    assert said == [SAID]

    rows, said = ask("end", f"top cluster {RANGE} --columns cpu.avg,cpu.allocatable")
    (cluster,) = rows.values()
    assert (millicores(cluster["cpu"]["avg"]), cluster["cpu"]["allocatable"]) == (near(8000), 16 * 10**9)
    assert said == [SAID]


@pytest.mark.parametrize(("minutes", "lines"), [(1, 0), (4, 0), (5, 1), (6, 1), (11, 1)])
def test_a_gap_at_the_end_may_have_begun_just_now(ask: Any, minutes: int, lines: int) -> None:
    for scene in ("end", "nearly"):
        rows, said = ask(
            scene, f"top pods -n m --since 10790s --end 2026-03-01T23:{20 + minutes}:30Z --columns cpu.avg"
        )
        assert {name: row.get("ended", False) for name, row in rows.items()} == ENDED, scene
        unscraped = "11 pods were not scraped for up to 270s at the end of the range: averages of CPU may be up to "
        low = [f"{unscraped}3% too low, minima more"] * ((scene, minutes) == ("nearly", 4))
        assert [each.partition(" from ")[0] for each in said] == ["the range ends in a gap"] * lines + low, scene


def test_a_node_whose_kubelet_is_silent_is_still_there(ask: Any, run: Run, engine: str, api: FakeApi) -> None:
    rows, said = ask("node", f"top pods -n m {RANGE} --columns cpu.avg")
    assert {name: row.get("ended", False) for name, row in rows.items()} == ENDED
    assert [each[:46] for each in said] == ["6 pods are still there, but without data since"]
    for what, who in (("pods -n m", "6 pods were"), ("nodes", "1 node was")):
        # Whether it was is not known before five minutes.
        _, said = ask("node", f"top {what} --since 30m --end {utc(gaps.DOWN + 180)} --columns cpu.avg")
        words = f"{who} not scraped for up to 180s at the end of the range: averages of CPU may be up to 9% too low"
        assert said == [f"{words}, minima more"]
    rows, said = ask("node", f"top nodes {RANGE} --columns cpu.avg,cpu.usage")
    assert (rows["n1"].get("ended"), rows["n1"]["cpu"].get("usage")) == (None, None)
    assert [each[:63] for each in said] == ["nodes without data until the end of the range: n1 since 2026-03"]
    # The API server does not know them any more: only the source can tell.
    api.nodes(node("n1"), node("n2"))
    api.pods(namespace="m")
    rows, _ = ask("node", f"top pods -n m {RANGE} --columns cpu.avg,status,node", f"--server {api.url}")
    assert {name: row.get("ended", False) for name, row in rows.items()} == ENDED
    assert (rows["p00"]["status"], rows[gaps.DONE]["status"]) == ("Unknown", "Ended")


def test_a_gap_just_before_the_range_makes_no_minimum_smaller_and_is_said(ask: Any) -> None:
    words = f"--start {utc(gaps.UP + 40)} --end {utc(gaps.UP + 5400)} --columns cpu.min,cpu.avg,memory.min"
    for what in ("pods -n m", "nodes"):
        rows, said = ask("begin", f"top {what} {words}")
        assert said == [
            "there is no data just before the range: minima, maxima and percentiles of CPU leave out its first 4m55s"
        ]
        for name, row in rows.items():
            cores = 4000 if what == "nodes" else 500
            assert (millicores(row["cpu"]["min"]), millicores(row["cpu"]["avg"])) == (near(cores), near(cores)), name


@pytest.mark.parametrize("scene", ["begin", "late", "restarted"])
def test_what_was_counted_before_a_gap_at_the_start_is_not_of_the_range(
    ask: Any, run: Run, engine: str, scene: str
) -> None:
    """Of a gap of all, of one kubelet, of kube-state-metrics."""
    rows, _ = ask(scene, f"top pods -n m {RANGE} --columns oomKills,restarts,cpu.avg")
    for name in gaps.PODS:
        row = rows[name]
        assert (row["oomKills"], row["restarts"], millicores(row["cpu"]["avg"])) == (1, 1, near(500)), name
    result = run(
        *f"rightsize -n m {RANGE} -o json --from {engine} --facts source --prometheus-match".split(), f'scene="{scene}"'
    )
    assert {(item["oomKills"], item["restarts"]) for item in json.loads(result.out)["items"]} == {(1, 1)}


def test_recommendations_say_that_their_range_ends_in_a_gap(run: Run, engine: str) -> None:
    result = run(*f"rightsize -n m {RANGE} --from {engine} --facts source --prometheus-match".split(), 'scene="end"')
    assert f"note: {SAID}\n" in result.err


def test_a_single_moment_in_a_gap_says_when_the_last_data_was(run: Run, engine: str) -> None:
    def words(command: str) -> tuple[int, str]:
        result = run(*command.split(), "--from", engine, "--facts", "source", "--prometheus-match", 'scene="end"')
        return result.code, result.err.splitlines()[-1]

    last = "of 2026-03-01T23:20:00Z"
    nothing = f"this Prometheus has no data at 2026-03-01T23:50:00Z: the last before that is {last}"
    absent = f"warning: pod metrics could not be read: {nothing}"
    assert words(f"top pods -n m {IN_GAP}") == (5, absent)
    assert words(f"top nodes {IN_GAP}") == (1, f"hint: its last facts before that are {last}, which --at shows")


def test_a_comparison_with_a_moment_in_a_gap_is_refused(ask: Any, run: Run, engine: str) -> None:
    """Everything would seem to have come or gone."""
    chosen = ["--from", engine, "--facts", "source", "--prometheus-match", 'scene="end"']
    before, after = "2026-03-01T22:00:00Z", "2026-03-01T23:50:00Z"
    for kind, what in (("pods -n m", "data"), ("nodes", "facts about nodes")):
        result = run(*f"diff {kind} --before {before} --after {after}".split(), *chosen)
        assert (result.code, result.out) == (1, ""), kind
        assert f"error: this Prometheus has no {what} at {after}" in result.err
        assert "2026-03-01T23:20:00Z" in result.err
    # Ranges have data before the gap; what ended before the first one is no row.
    for kind in ("pods -n m", "nodes"):
        result = run(*f"diff {kind} --since 1h --before {before} --after {after}".split(), *chosen)
        assert (result.code, result.out) == (0, ""), kind
        assert "note: after: the range ends in a gap from 2026-03-01T23:20:00Z to" in result.err


def test_a_gap_that_ends_within_the_first_step_is_said_and_does_not_count(ask: Any) -> None:
    rows, remarks = ask("begin", "top pods -A --since 315m --end 2026-03-02 --step 30m --columns cpu.min,cpu.avg")
    assert {row["name"]: [millicores(row["cpu"][each]) for each in ("min", "avg")] for row in rows.values()} == {
        pod: [near(500), near(500)] for pod in (*gaps.PODS, gaps.DONE)
    }
    assert "there is no data for 15m0s of the range of 5h15m0s" in remarks


@pytest.mark.parametrize(("seconds", "covered"), [(95, 96), (125, 96), (180, 95), (240, 94)])
def test_averages_are_over_the_time_that_samples_cover(ask: Any, seconds: int, covered: int) -> None:
    """Scrapes that stopped so shortly before the end are no gap yet, but no usage of 0 either."""
    end = utc(gaps.DOWN + seconds)
    for what in ("pods -n m", "nodes"):
        rows, said = ask("end", f"top {what} --since 1h --end {end} --columns cpu.min,cpu.avg,cpu.max,coverage")
        truth = near(4000 if what == "nodes" else 500, 0.1)
        for name, row in rows.items():
            assert [millicores(row["cpu"][each]) for each in ("min", "avg", "max")] == [truth] * 3, name
            assert row["coverage"] == pytest.approx(covered, abs=1.5), name
        assert (bool(rows), said) == (True, [])
