"""Real Prometheus and VictoriaMetrics: what restarted, ended, was killed, or moved is told as it was."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from c3s_cli.sources.prometheus.decoding import Points
from c3s_cli.sources.prometheus.history import History, Lines
from c3s_cli.sources.prometheus.promql import Range
from c3s_cli.sources.prometheus.reduction import reduce_series
from tests import engines, six_hours
from tests.conftest import Run
from tests.engines import missing
from tests.servers import FakeApi, Reply, node, pod
from tests.sources.test_engines import ENGINES

pytestmark = pytest.mark.slow

END = "--end 2026-03-02"


@contextmanager
def running(name: str, tmp_path_factory: pytest.TempPathFactory, series: Any) -> Iterator[str]:
    """Run a real engine that knows some series."""
    why = missing(*ENGINES[name])
    if why:
        pytest.skip(why)
    start = engines.prometheus if name == "prometheus" else engines.victoria_metrics
    with start(tmp_path_factory.mktemp(name), series) as url:
        yield url


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(request.param, tmp_path_factory, six_hours.everything) as url:
        yield url


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(run: Run, engine: str) -> Ask:
    """Ask for rows by their names, or by the first key of --by."""

    def asked(words: str, code: int = 0) -> dict[str, Any]:
        result = run(f"top {words} --from {engine} --facts source -o json")
        assert result.code == code, result.err
        rows = json.loads(result.out)["items"]
        return {row.get("name") or row.get("owner") or row.get("namespace") or "": row for row in rows}

    return asked


def millicores(nanocores: float) -> float:
    return nanocores / 1e6


def near(number: float, percent: float = 1.0) -> Any:
    return pytest.approx(number, rel=percent / 100)


def test_the_last_start_counts_from_its_own_samples(ask: Ask) -> None:
    rows = ask("pods -n m --at 2026-03-02")
    shown = {name: (row["cpu"]["usage"], row["memory"]["usage"] // six_hours.MI) for name, row in rows.items()}
    assert shown["restarted"] == (near(1e8), 100)
    assert shown["plain"] == (near(5e8), 50)
    assert shown["cores"] == (near(7.5e8), 10)
    assert shown["crasher"] == shown["twice"] == (near(1e9), 300)
    # A deleted pod is not shown as running.
    assert "nightly-29933100-bcdfg" not in shown


def test_a_pod_that_is_gone_is_not_shown_as_running(ask: Ask) -> None:
    assert list(ask("pods -n d --at 2026-03-01T23:57:00Z")) == ["deleted"]
    assert ask("pods -n d --at 2026-03-02") == {}


def test_a_steady_load_is_steady_wherever_the_range_ends(ask: Ask) -> None:
    """The last scrape is 20 seconds old at each point."""
    cpu = ask("pods -n m --since 5h --end 2026-03-01T23:59:50Z --columns cpu.min,cpu.avg,cpu.max")["cores"]["cpu"]
    assert [millicores(cpu[name]) for name in ("min", "avg", "max")] == [near(750, 0.5)] * 3


def test_runs_within_a_step_are_added_up(ask: Ask) -> None:
    rows = ask(f"pods -n m --since 6h {END} --step 1h --columns cpu.avg,cpu.max")
    # Three runs in each hour, and the begin of a fourth in the last one.
    truths = {"crasher": (767.1, 790.3), "twice": (767.1, 790.3), "cores": (750, 750)}
    for name, (average, most) in truths.items():
        assert millicores(rows[name]["cpu"]["avg"]) == near(average), name
        assert millicores(rows[name]["cpu"]["max"]) == near(most, 2), name
    # One that lived for less than a step used what it used.
    assert millicores(rows["young"]["cpu"]["avg"]) == near(1000, 2)
    assert millicores(rows["young"]["cpu"]["max"]) == near(1000, 5)


def test_runs_of_a_few_scrapes_lose_nothing_but_their_ends(run: Run, engine: str) -> None:
    flags = f"-n k --since 6h {END} --from {engine} --facts source -o json --columns"
    columns = "cpu.avg,cpu.min,cpu.max,memory.avg"
    # Of the many series of one container with several CPUs, the engine makes one.
    for pods, names in (("pods", ["k/bare", "k/cpus", "k/loop"]), ("pods cpus", ["k/cpus"])):
        result = run(f"top {pods} {flags} {columns}")
        document = json.loads(result.out)
        assert sorted(f"{row['namespace']}/{row['name']}" for row in document["items"]) == names
        for row in document["items"]:
            # A window of five minutes has at least 183 seconds of runs, and at most 200; 15 of them are estimated.
            shown = [millicores(row["cpu"][each]) for each in ("avg", "min", "max")]
            assert shown == [near(631, 1.5), near(610, 8), near(667, 8)], row["name"]
            assert row["memory"]["avg"] == near(500 * six_hours.MI, 3)
            # What a run used after its last scrape is estimated: up to 30 of 317 seconds.
            assert 90 < row["coverage"] < 98
        (remark,) = document["metadata"]["remarks"]
        words = (
            r"CPU is partial, up to \d% is estimated, of what restarts so often that it ends between two scrapes: (.*)"
        )
        said = re.fullmatch(words, remark)
        assert said, remark
        assert sorted(said[1].split(", ")) == names
        assert f"note: {remark}\n" in result.err
    assert "partial" not in run(f"top pods {flags} memory.avg").err


def test_recommendations_count_what_restarts_often_or_moves_as_ranges_do(run: Run, engine: str, api: FakeApi) -> None:
    words = f"rightsize -o json --since 6h {END} --min-history 1h --from {engine}"
    result = run(f"{words} -n k --facts source")
    assert result.out, result.err
    document = json.loads(result.out)
    assert {row["owner"]: millicores(row["cpu"]["percentile"]) for row in document["items"]} == dict.fromkeys(
        ("Pod/bare", "Pod/cpus", "Pod/loop"), near(690, 8)
    )
    said = "CPU is partial, of what restarts so often that it ends between two scrapes: k/bare, k/cpus, k/loop"
    assert said in document["metadata"]["remarks"]
    nobody_owns(api)
    api.pods(pod("v", "moved-0", "n1", spec={"containers": [{"name": "main"}]}))
    (row,) = json.loads(run(f"{words} -A --server {api.url}").out)["items"]
    assert row["evidence"]["coverage"] == near(100)


def test_short_rows_name_the_step(run: Run, engine: str) -> None:
    result = run(f"top pods young -n m --since 6h {END} --step 1h --columns cpu.max --from {engine} --facts source")
    assert result.err.endswith(
        "note: 1 row lived for less than 3 steps of 1h0m0s: for maxima and percentiles, use a shorter --step\n"
    )


def test_only_rows_that_are_shown_are_said_to_be_short(run: Run, engine: str) -> None:
    words = f"top pods -n m --since 6h {END} --step 1h --columns cpu.max --from {engine} --facts source"
    assert "1 row lived for less than 3 steps" in run(f"{words} --where 'name ~ ^(young|plain)$'").err
    assert "lived for less" not in run(f"{words} --where 'name = plain'").err
    assert "1 row lived for less than 3 steps" in run(f"{words} --where 'name = young' --containers").err
    assert "lived for less" not in run(f"{words} --by namespace").err
    assert "1 row lived for less than 3 steps of 1h0m0s" in run(f"{words} --by owner --where 'name = young'").err
    words = words.replace("--columns cpu.max", "--columns pods")
    assert "lived for less" not in run(f"{words} --by owner --where 'cpu.max > 0, name = young'").err


def test_rows_with_data_for_little_of_a_range_are_counted(run: Run, engine: str) -> None:
    words = f"top pods -n m --since 6h {END} --from {engine} --facts source --where 'name ~ ^(young|plain)$'"
    said = "note: 1 row has data for less than a quarter of the range: --columns default,coverage says for how much\n"
    assert run(words).err.endswith(said)
    assert "quarter" not in run(f"{words} --columns default,coverage").err
    # The rule for a few steps comes first, and nothing is said twice.
    assert "quarter" not in run(f"{words} --step 1h").err


def test_a_step_that_is_longer_than_usual_is_said_to_lower_maxima(run: Run, engine: str) -> None:
    words = f"top pods plain -n m --since 6h {END} --columns cpu.max --from {engine} --facts source"
    said = "note: each point of CPU is the average of a --step, so maxima are lower than with the usual 1m0s\n"
    assert said in run(f"{words} --step 30m").err
    # A rate covers five minutes in any case.
    assert said not in run(f"{words} --step 5m").err
    # So is the usual step of a long range: its maximum may be below that of its last hours.
    said = "note: each point of CPU is the average of 30m0s, so maxima are lower than with a shorter --step\n"
    assert said in run(words.replace("6h", "30d")).err
    assert said not in run(words.replace("6h", "30d").replace("max", "avg")).err


def test_what_ended_has_rows_that_say_so(ask: Ask) -> None:
    columns = "--columns cpu.max,cpu.avg"
    rows = ask(f"pods -n m --since 6h {END} {columns}")
    gone = rows["nightly-29933100-bcdfg"]
    assert [name for name, row in rows.items() if row["ended"]] == ["nightly-29933100-bcdfg"]
    # The average is that of its life; the share of the range is said.
    assert (millicores(gone["cpu"]["max"]), millicores(gone["cpu"]["avg"])) == (near(2000, 3), near(2000, 2))
    assert gone["coverage"] == near(100 / 3, 3)
    assert rows["young"]["coverage"] == near(100 / 36, 12)
    assert rows["restarted"]["coverage"] == near(100)
    by_owner = ask(f"pods -n m --by owner --since 6h {END} {columns}")
    nightly = by_owner["CronJob/nightly"]
    assert (nightly["ended"], millicores(nightly["cpu"]["max"])) == (True, near(2000, 3))
    assert [row["ended"] for name, row in by_owner.items() if name != "CronJob/nightly"] == [False]


def test_the_last_minutes_count_as_much_as_others(ask: Ask) -> None:
    rows = ask(f"pods -n b --since 1h {END} --columns cpu.avg,cpu.max")
    # Four of sixty minutes with three cores; the windows of points that are a minute apart overlap.
    assert millicores(rows["busy"]["cpu"]["avg"]) == near((4 * 3000 + 56 * 200) / 60)


def test_a_pod_and_its_successor_are_not_there_at_the_same_time(ask: Ask) -> None:
    (row,) = ask(f"pods -n b --by namespace --since 6h {END} --columns memory.max,memory.avg").values()
    assert row["memory"]["max"] == 510 * six_hours.MI
    assert row["memory"]["avg"] == near(510 * six_hours.MI, 0.5)


def test_what_ended_just_after_the_begin_counts_for_its_seconds(ask: Ask) -> None:
    (row,) = ask(f"pods -n w --by namespace --since 4h {END} --columns cpu.avg,coverage").values()
    assert millicores(row["cpu"]["avg"]) == near((40 * 200 + 480 * 1000) / 520, 2)
    assert row["coverage"] == pytest.approx(100 * 520 / 14400, abs=0.3)


def test_what_is_down_at_the_end_has_ended_where_its_node_is_scraped(ask: Ask) -> None:
    rows = ask(f"pods -n c --since 6h {END} --columns cpu.avg")
    assert {name: row["ended"] for name, row in rows.items()} == {"looping": True, "steady": False}


def test_what_ended_just_before_the_end_has_a_row(ask: Ask) -> None:
    rows = ask(f"pods -n l --since 6h {END} --columns cpu.avg")
    assert [(name, row["ended"]) for name, row in rows.items()] == [("late", True)]
    assert millicores(rows["late"]["cpu"]["avg"]) == near(500)
    # So have its containers, for whoever asks which of them was killed.
    (container,) = ask(f"pods -n l --since 6h {END} --containers --columns cpu.avg")["late"]["containers"]
    assert (container["name"], millicores(container["cpu"]["avg"])) == ("main", near(500))


def test_what_ended_is_a_member_of_its_node_and_label(ask: Ask) -> None:
    rows = ask(f"pods -n b --by label:app --since 6h {END} --columns cpu.avg,coverage --where 'name ~ first|second'")
    assert [(millicores(row["cpu"]["avg"]), row["coverage"]) for row in rows.values()] == [(near(500), near(100))]
    nodes = ask(f"pods -n b --since 6h {END} --columns node,cpu.avg")
    assert {name: row["node"] for name, row in nodes.items()} == {"first": "n2", "second": "n1", "busy": None}


def test_what_ended_has_its_own_names_where_a_job_renamed_them(ask: Ask) -> None:
    rows = ask(f"pods -A --since 6h {END} --columns cpu.max")
    gone = rows["gone"]
    assert (gone["namespace"], gone["ended"], millicores(gone["cpu"]["max"])) == ("other", True, near(3000, 3))
    assert gone["coverage"] == near(100 / 3, 3)


def test_sums_count_what_ended(run: Run, engine: str) -> None:
    words = f"top pods -n m --since 6h {END} --columns memory.max --sum -o json --from {engine} --facts source"
    totals = json.loads(run(words).out)["totals"]
    # At its most: restarted, crasher, twice, cores, plain, nightly, oomer, counted.
    assert totals["memory"]["max"] == (1200 + 300 + 300 + 10 + 900 + 500 + 100 + 10) * six_hours.MI


def test_what_has_ended_uses_nothing_now_and_that_is_known(run: Run, engine: str) -> None:
    words = f"top pods -n m --by namespace --since 6h {END} --from {engine} --facts source --no-headers"
    flags = "--columns pods,cpu.avg,cpu.requests --fail-if 'cpu > 9' --fail-if-unknown"
    result = run(f"{words} {flags} --where 'name ~ nightly|plain|cores'")
    assert (result.code, result.out.split()[1], "judged" in result.err) == (0, "3/3", False)


def test_what_some_scrapes_missed_was_there(ask: Ask) -> None:
    for words, members in (("--by namespace", 2), ("", 1)):
        rows = ask(f"pods -n x {words} --since 6h {END} --columns memory.min,cpu.avg")
        for row in rows.values():
            assert row["memory"]["min"] == members * 10 * six_hours.MI
            assert millicores(row["cpu"]["avg"]) == near(500 * members)


def test_what_two_servers_scrape_lives_once(ask: Ask) -> None:
    (row,) = ask(f"pods -n twins --since 6h {END} --step 1h --columns cpu.avg").values()
    assert (millicores(row["cpu"]["avg"]), row["coverage"]) == (near(1000), near(100 * 7800 / 21600))


def test_windows_of_two_servers_are_not_mixed(ask: Ask) -> None:
    """They end at different scrapes: with the larger of both for each container, those that take turns work together.

    Where one of the servers missed scrapes, the other counts.
    """
    for namespace in ("turns", "turns-without-ids"):
        (row,) = ask(f"pods -n {namespace} --since 2h {END} --step 1m --columns cpu.min,cpu.p50,cpu.max").values()
        assert [millicores(row["cpu"][each]) for each in ("min", "p50", "max")] == [near(1100, 1)] * 3


def test_which_of_several_servers_counts_is_no_chance() -> None:
    """The order of sets is another one in each process."""
    history, times = History(Range(600, 60, 30), 0.0), array("d", [60.0 * place for place in range(11)])
    matrix = [
        (
            {
                "namespace": "n",
                "pod": pod,
                "container": "c",
                "id": pod,
                "cluster": pod,
                "replica": pod + name,
                "shard": pod,
            },
            Points(times, array("d", [1 + place / 100] * 11)),
        )
        for pod in "pqr"
        for place, name in enumerate("abcdef")
    ]

    def unite(lines: Lines, **more: Any) -> array[float]:
        return history.unite("cpu", lines, **more)

    found = reduce_series(matrix, "cpu", history.line, containers=False, jobs=False, unite=unite, follow=True)
    assert {pod: {*line[1:]} for (_, pod), line in found.items()} == {key: {1.0} for key in "pqr"}


def test_pods_that_are_not_exported_any_more_are_gone(ask: Ask) -> None:
    """Prometheus finds their last samples for five minutes, unless it was told that they are gone."""
    assert ask("nodes n3 --at 2026-03-02 --columns pods")["n3"]["pods"] == {"usage": 1, "allocatable": 110}


def test_scrapes_that_are_far_apart_are_said(run: Run, engine: str) -> None:
    result = run(f"top pods -n far --since 6h {END} --columns cpu.max --from {engine} --facts source")
    assert result.code == 0
    assert result.err.splitlines()[1:] == [
        "note: samples are 2m0s apart: rates cover 5m0s, and what starts or ends is seen up to 2m0s late"
    ]


def test_a_pod_that_moved_used_what_it_used_on_both_nodes(ask: Ask) -> None:
    for step in ("1m", "1h"):
        (row,) = ask(f"pods -n v --since 6h {END} --step {step} --columns cpu.avg,cpu.max").values()
        assert (millicores(row["cpu"]["avg"]), millicores(row["cpu"]["max"])) == (near(748), near(1000)), step


def test_the_first_seconds_count_where_the_start_is_known(ask: Ask) -> None:
    for what in ("", "--containers"):
        rows = ask(f"pods -n f --since 6h {END} --columns cpu.avg {what}")
        shown = {name: millicores(row["cpu"]["avg"]) for name, row in rows.items()}
        assert shown == dict.fromkeys(("created", "started"), near((403 * 500 + 13 * 2500) / 403, 0.3))


def test_what_was_busy_only_at_its_first_or_last_minutes_was_busy(ask: Ask) -> None:
    """What ended two minutes before the range has no row, though the windows of rates reach that far."""
    for step, pods in (("1m", ("first", "last")), ("590s", ("last",))):
        rows = ask(f"pods -n e --since 4h {END} --step {step} --columns cpu.max")
        assert sorted(rows) == ["first", "last"]
        assert [millicores(rows[pod]["cpu"]["max"]) for pod in pods] == [near(3000)] * len(pods), step


@pytest.mark.parametrize("step", ["1m", "10m"])
def test_what_was_deleted_and_made_again_did_not_exist_meanwhile(ask: Ask, step: str) -> None:
    flags = f"--since 5h {END} --step {step} --columns cpu.avg,cpu.min,cpu.p50,memory.avg"
    for words in ("pods -n i", "pods -n i --by owner,label:app --where 'name = again-0'"):
        rows = ask(f"{words} {flags}")
        again = rows.get("again-0") or rows[""]
        shown = [millicores(again["cpu"][each]) for each in ("avg", "min", "p50")]
        assert shown == [near(2500 / 3), near(500), near(1000)], words
        assert again["coverage"] == pytest.approx(60, abs=0.5)
        assert again["memory"]["avg"] == near(40 / 3 * six_hours.MI, 2)
    down = ask(f"pods -n i {flags}")["down-0"]
    assert [millicores(down["cpu"][each]) for each in ("avg", "min", "p50")] == [near(500), 0, near(500)]
    assert down["coverage"] == near(100)


def test_the_first_window_counts_if_scraping_began_with_the_range(ask: Ask) -> None:
    (row,) = ask(f"pods -n opening --since 6h {END} --step 30m --columns cpu.max,cpu.min").values()
    assert [millicores(row["cpu"][each]) for each in ("max", "min")] == [near(3000), near(500)]


def test_averages_of_short_lives_count_each_for_its_time(run: Run, engine: str) -> None:
    """Engines find the last memory of what has ended for two scrapes more, as many points as a short life has."""
    words = f"top pods -n unlike --by namespace --since 6h {END} --columns cpu.avg,memory.avg -o json"
    document = json.loads(run(f"{words} --from {engine} --facts source").out)
    (row,) = document["items"]
    assert row["memory"]["avg"] == near((200 * 900 + 2000 * 100) / 2200 * six_hours.MI, 4)
    assert millicores(row["cpu"]["avg"]) == near(1000 * (200 * 0.2 + 2000 * 0.6) / 2200, 2)
    # Between which seconds they ended is not known.
    said = document["metadata"]["remarks"][-1]
    assert re.fullmatch(
        r"averages are partial, up to [3-7]% off, of groups with pods that lived shortly, .*: unlike", said
    )
    assert row["partial"]


@pytest.mark.parametrize("step", ["1m", "1h"])
def test_one_instance_under_two_names_of_its_target_counts_once(ask: Ask, step: str) -> None:
    rows = ask(f"pods -n j --since 6h {END} --step {step} --columns cpu.avg,cpu.max")
    assert millicores(rows["brief"]["cpu"]["avg"]) == near(1000, 5)
    assert millicores(rows["brief"]["cpu"]["max"]) == near(1000, 5)


@pytest.mark.parametrize("name", ENGINES)
def test_nodes_have_their_names_and_their_lives_whatever_scrapes_them(
    run: Run, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(name, tmp_path_factory, six_hours.addressed) as url:
        words = f"top nodes --since 6h {END} --columns cpu.avg,cpu.min,cpu.max --from {url} --facts source -o json"
        rows = json.loads(run(words).out)["items"]
        shown = {
            row["name"]: (*(millicores(row["cpu"][each]) for each in ("avg", "min", "max")), row["ended"])
            for row in rows
        }
        assert shown == {
            # It did not exist for two hours in between.
            "again": (near(750), near(500, 2), near(1000, 2), False),
            "gone": (near(1000), near(1000, 2), near(1000, 2), True),
            "moved": (near(2000), near(1000, 20), near(3000, 2), False),
            "young": (near(2000, 2), near(2000, 2), near(2000, 2), False),
        }
        assert {row["name"]: row["coverage"] for row in rows} == {
            "again": pytest.approx(66.7, abs=1),
            "gone": pytest.approx(50, abs=1),
            "moved": near(100),
            "young": pytest.approx(50, abs=1),
        }


@pytest.mark.parametrize(("since", "kills"), [("6h", {"oomer": 3, "counted": 2}), ("1h", {"oomer": 0, "counted": 1})])
def test_kills_count_in_the_range_in_which_they_were(ask: Ask, since: str, kills: dict[str, int]) -> None:
    rows = ask(f"pods -n m --since {since} {END} --columns oomKills")
    assert {name: rows[name]["oomKills"] for name in kills} == kills


@pytest.mark.parametrize(
    ("since", "restarts"),
    [
        ("6h", {"old": 1, "recreated": 2, "new": 3, "past": 1, "stuck": 1}),
        ("1h", {"old": 1, "recreated": 0, "new": 1, "stuck": 1}),
    ],
)
def test_restarts_count_in_the_range_in_which_they_were(ask: Ask, since: str, restarts: dict[str, int]) -> None:
    rows = ask(f"pods -n r --since {since} {END} --columns restarts")
    assert {name: row["restarts"] for name, row in rows.items()} == restarts


def test_at_a_moment_restarts_are_all_there_have_been(ask: Ask) -> None:
    rows = ask("pods -n r --at 2026-03-02 --columns restarts")
    assert {name: row["restarts"] for name, row in rows.items()} == {"old": 8, "recreated": 2, "new": 3, "stuck": 4}


@pytest.mark.parametrize(
    ("since", "restarts"),
    [
        ("6h", {"crasher": 18, "twice": 18, "restarted": 1, "plain": 1, "oomer": 3, "cores": 0, "counted": 0}),
        ("30m", {"crasher": 2, "twice": 2, "restarted": 1, "plain": 1, "oomer": 0, "cores": 0, "counted": 0}),
    ],
)
def test_without_counts_every_further_run_is_a_restart(ask: Ask, since: str, restarts: dict[str, int]) -> None:
    """Only oomer has one of kube-state-metrics; plain has no id, its counter falls."""
    rows = ask(f"pods -n m --since {since} {END} --columns restarts")
    assert {name: rows[name]["restarts"] for name in restarts} == restarts
    assert rows["young"]["restarts"] == 0


@pytest.mark.parametrize(("since", "restarts"), [("6h", 3), ("1h", 1), ("10m", 0)])
def test_without_counts_and_ids_every_other_start_is_a_restart(ask: Ask, since: str, restarts: int) -> None:
    assert ask(f"pods -n s --since {since} {END} --columns restarts")["quick"]["restarts"] == restarts


def test_a_node_is_one_whatever_its_machine(ask: Ask) -> None:
    rows = ask(f"nodes --since 6h {END} --columns cpu.avg,cpu.min,cpu.max,memory.max")
    truths = {"n1": (2000, 1000, 3000, False), "n2": (6000, 6000, 6000, True), "n3": (1000, 1000, 1000, False)}
    assert set(rows) == set(truths)
    for name, (average, least, most, ended) in truths.items():
        cpu = rows[name]["cpu"]
        shown = [millicores(cpu[statistic]) for statistic in ("avg", "min", "max")]
        assert shown == [near(average), near(least, 3), near(most, 3)], name
        assert rows[name]["ended"] is ended
    assert rows["n1"]["memory"]["max"] == 3 * 2**30


def test_the_cluster_is_that_of_each_moment(ask: Ask) -> None:
    (row,) = ask(f"cluster --since 6h {END} --columns cpu.avg,cpu.max,cpu.min").values()
    shown = [millicores(row["cpu"][statistic]) for statistic in ("avg", "max", "min")]
    assert shown == [near(5500), near(7000, 2), near(4000, 2)]


@pytest.mark.parametrize("by", ["pool", "label:team"])
def test_a_node_that_is_gone_is_of_its_pool_as_long_as_it_was_there(run: Run, engine: str, by: str) -> None:
    words = f"top nodes --by {by} --since 6h {END} --columns nodes,cpu.avg,cpu.allocatable --no-headers"
    result = run(f"{words} --from {engine} --facts source")
    rows = [line.split() for line in result.out.splitlines()]
    pools = {"pool": ("a", "b"), "label:team": ("of-a", "of-b")}[by]
    # One core and then four; six for half the time, of a node that has nothing to allocate now.
    assert sorted([row[0], row[1], row[3]] for row in rows) == [
        [pools[0], "2/2", "16000m"],
        [pools[1], "1/1", "<unknown>"],
    ]
    shown = {row[0]: float(row[2].rstrip("m")) for row in rows}
    assert shown == {pools[0]: near(2500), pools[1]: near(6000)}
    assert result.err.count("\n") == 1, result.err


def test_the_pool_of_a_node_that_is_gone_may_be_unknown_and_that_is_said(
    run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running("prometheus", tmp_path_factory, six_hours.nameless) as url:
        words = f"top nodes --by pool --since 6h {END} --columns nodes,cpu.avg --from {url} --facts source --no-headers"
        result = run(words)
        assert sorted(line.split()[:2] for line in result.out.splitlines()) == [["<unknown>", "1/1"], ["a", "2/2"]]
        assert "note: pool, zone and labels are unknown of nodes that are gone: n2\n" in result.err
        assert "gone" not in run(words.replace("--by pool", "")).err


def nobody_owns(api: FakeApi) -> None:
    for path in ("/apis/apps/v1/replicasets", "/apis/batch/v1/jobs"):
        api.routes[path] = Reply({"metadata": {}, "items": []})


def recommend(run: Run, api: FakeApi, url: str) -> None:
    """Recommendations say that there is a gap, and whose usage nobody knows."""
    nobody_owns(api)
    several = {"owner": ("StatefulSet", "s"), "spec": {"containers": [{"name": "main"}]}}
    old, new = "2026-03-01T09:30:00Z", "2026-03-01T23:59:00Z"
    for names, created in (("pr", old), ("pr", new)):
        api.pods(*(pod("m", each, "n1", **several, created=old if each == "p" else created) for each in names))
        result = run(f"rightsize -A --since 6h {END} --min-history 4h -o json --from {url} --server {api.url}")
        document = json.loads(result.out)
        (row,) = document["items"]
        assert row["evidence"]["coverage"] == pytest.approx(100 * 5 / 6, abs=2.5)
        remarks = [each for each in document["metadata"]["remarks"] if " could not be read" not in each]
        assert re.fullmatch(r"there is no data for (1h|5\dm|1h\dm)0s of the range of 6h0m0s", remarks[0]), remarks
        assert remarks[1:] == ["running pods without data, which do not count: m/r"] * (created == old)


@pytest.mark.parametrize("name", ENGINES)
def test_gaps_are_said_and_count_for_nothing(
    run: Run, api: FakeApi, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An hour without scrapes, and six hours before the first one, are not times without load."""
    api.nodes(node("n1"))
    series = partial(six_hours.interrupted, root=name == "prometheus")
    with running(name, tmp_path_factory, series) as url:
        for words, key, truths in (
            ("pods -n m", "name", {"p": (500, 10), "q": (250, 10)}),
            ("nodes", "name", {"n1": (1000, 1024)}),
            ("pods -n m --by namespace", "namespace", {"m": (750, 20)}),
        ):
            for since, hours in (("6h", 1), ("12h", 7)):
                columns = f"--since {since} {END} --columns cpu.min,cpu.avg,cpu.max,memory.min,coverage"
                result = run(f"top {words} {columns} -o json --from {url} --server {api.url}")
                document = json.loads(result.out)
                rows = {row[key]: row for row in document["items"]}
                assert set(rows) == set(truths)
                for of, (cores, mebibytes) in truths.items():
                    cpu = rows[of]["cpu"]
                    assert [millicores(cpu[each]) for each in ("min", "avg", "max")] == [near(cores)] * 3, (
                        words,
                        since,
                    )
                    assert rows[of]["memory"]["min"] == mebibytes * six_hours.MI
                    assert rows[of]["coverage"] == pytest.approx(100 * 5 / int(since[:-1]), abs=2.5)
                (remark,) = [each for each in document["metadata"]["remarks"] if "just before the range" not in each]
                said = re.fullmatch(r"there is no data for (?:(\d+)h)?(\d+)m0s of the range of \d+h0m0s", remark)
                assert said, remark
                # The last samples before a gap count for their windows.
                assert int(said[1] or 0) + int(said[2]) / 60 == pytest.approx(hours, abs=0.3)
                assert f"note: {remark}\n" in result.err
        recommend(run, api, url)
        # Peaks at the seam of each two windows are in the average.
        (row,) = json.loads(
            run(f"top pods -n s --since 6h {END} --columns cpu.avg -o json --from {url} --server {api.url}").out
        )["items"]
        assert millicores(row["cpu"]["avg"]) == near(100, 3)


@pytest.mark.parametrize("name", ENGINES)
def test_swings_between_uneven_scrapes_are_read_as_they_were(
    run: Run, api: FakeApi, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whose windows end at other times, containers that take turns seem to rest, or to work, together."""
    with running(name, tmp_path_factory, six_hours.swinging) as url:
        for step in ("1m", "5m"):
            words = f"top pods -A --since 5h {END} --step {step} --columns cpu.min,cpu.avg,cpu.max -o json"
            document = json.loads(run(f"{words} --from {url} --server {api.url}").out)
            ((row,), remarks) = document["items"], document["metadata"].get("remarks", [])
            shown = [millicores(row["cpu"][each]) for each in ("min", "avg", "max")]
            assert shown == [near(1100, 2), near(1100, 0.5), near(1100, 2)], step
            # A turn may be anywhere between two samples.
            words = "samples come at uneven times: minima, maxima and percentiles of CPU may be up to 4% off"
            assert [each for each in remarks if "uneven" in each] == [words]


def test_values_that_are_old_when_they_are_scraped_are_said(
    run: Run, api: FakeApi, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Their times do not tell; what is missing before is there after."""
    with running("prometheus", tmp_path_factory, six_hours.aged) as url:
        words = f"top pods -A --since 5h {END} --from {url} --server {api.url} -o json --prometheus-match"
        for job in ("seldom", "often"):
            said = run(f"{words} 'job=\"{job}\"' --columns cpu.max").err
            assert re.search(r"values are up to (1\d|20)s old when they are scraped: ", said), (job, said)
        words += " 'job=\"kubelet\"' --columns"
        document = json.loads(run(f"{words} cpu.min,cpu.avg,cpu.max").out)
        assert len(document["items"]) == 12
        for row in document["items"]:
            assert millicores(row["cpu"]["avg"]) == near(1000, 0.2)
            assert [millicores(row["cpu"][each]) for each in ("min", "max")] == [near(1000, 7)] * 2
        (remark,) = document["metadata"]["remarks"]
        assert re.fullmatch(
            r"values are up to (1\d|20)s old when they are scraped: "
            r"minima, maxima and percentiles of CPU may be up to [4-7]% off",
            remark,
        ), remark
        for columns in ("cpu.avg,memory.max", "cpu.avg,cpu.max --step 1h"):
            assert "old when" not in run(f"{words} {columns}").err
        # A node has too few samples; its kubelet is that of the containers.
        api.nodes(node("n1"))
        assert remark in run(f"{words.replace('pods -A', 'nodes')} cpu.max").err


@pytest.mark.parametrize("name", ENGINES)
def test_gaps_that_are_shorter_than_a_step_or_window_are_said(
    run: Run, api: FakeApi, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(name, tmp_path_factory, six_hours.short_gaps) as url:
        for since, step, said in (("6h", "1h", "3[345]m0s"), ("6h", "1m", "3[345]m0s"), ("5h", "5m", "3[345]m0s")):
            words = f"top pods -A --since {since} {END} --step {step} --columns cpu.min,cpu.avg -o json"
            document = json.loads(run(f"{words} --from {url} --server {api.url}").out)
            remarks = [each for each in document["metadata"]["remarks"] if "no data for" in each]
            assert len(remarks) == 1, (step, document["metadata"]["remarks"])
            assert re.fullmatch(f"there is no data for {said} of the range of {since}0m0s", remarks[0]), (step, remarks)
            (row,) = document["items"]
            if step != "1h":
                assert [millicores(row["cpu"][each]) for each in ("min", "avg")] == [near(500), near(500)], step
        # After both.
        document = json.loads(
            run(f"top pods -A --since 1h {END} --columns cpu.avg -o json --from {url} --server {api.url}").out
        )
        assert "remarks" not in document["metadata"]


@pytest.mark.parametrize("name", ENGINES)
def test_scrapes_that_were_missed_do_not_lose_load(
    run: Run, api: FakeApi, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Engines extrapolate half a scrape at most, so the minimum of a window of ten seemed to be 10 % lower."""
    api.nodes(node("n1"), node("n2"))
    with running(name, tmp_path_factory, six_hours.holes) as url:
        for since, step in (("5h", "1m"), ("5h", "7m"), ("1h", "1m")):
            for words, cores in (("pods -n m", (500, 250)), ("nodes", (2000, 1000))):
                line = f"top {words} --since {since} {END} --step {step} --columns cpu.min,cpu.avg,cpu.max -o json"
                document = json.loads(run(f"{line} --from {url} --server {api.url}").out)
                shown = [[millicores(each["cpu"][of]) for of in ("min", "avg", "max")] for each in document["items"]]
                assert sorted(shown, reverse=True) == [[near(each, 0.5)] * 3 for each in cores], line
        # What ended has grown no more since its last sample.
        line = f"top pods -A --by namespace --since 5h {END} --columns cpu.min,cpu.max,memory.min -o json"
        document = json.loads(run(f"{line} --from {url} --server {api.url}").out)
        steady, again, row, late = document["items"]
        # Of a counter that begins again, engines lose all since its last sample.
        assert millicores(again["cpu"]["min"]) == near(1000, 5)
        assert millicores(row["cpu"]["max"]) == near(1000, 6)
        # Nobody knows when it ended, and that is said.
        assert (steady["partial"], row["partial"]) == (False, True)
        assert any("off, of what ends between two scrapes: " in each for each in document["metadata"]["remarks"])
        # What takes over before the next scrape was there before its first sample.
        assert (millicores(late["cpu"]["min"]), late["memory"]["min"]) == (near(2000, 4), 20 * six_hours.MI)
        # A point that several scrapes before have missed has the last memory.
        line = f"top pods -n m --by namespace --since 15210s --step 507s --columns memory.min -o json --from {url}"
        (row,) = json.loads(run(f"{line} --end 2026-03-01T23:50:00Z --server {api.url}").out)["items"]
        assert row["memory"]["min"] == 20 * six_hours.MI


@pytest.mark.parametrize("name", ENGINES)
def test_scrapes_at_uneven_times_do_not_lose_load(
    run: Run, api: FakeApi, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Engines do not extrapolate over a gap that is longer than usual: they lose 5 % of a window, 2 % of a range."""
    with running(name, tmp_path_factory, six_hours.uneven) as url:
        words = f"top pods -A --since 3h {END} --columns cpu.min,cpu.avg,cpu.p50,cpu.max -o json"
        rows = {
            row["name"]: row["cpu"] for row in json.loads(run(f"{words} --from {url} --server {api.url}").out)["items"]
        }
        for pod, cores in (("p0", 1000), ("p1", 500)):
            assert [millicores(rows[pod][each]) for each in ("avg", "min")] == [near(cores, 0.5)] * 2, pod
            assert millicores(rows[pod]["p50"]) == near(cores, 0.5), pod
        api.nodes(node("n1"))
        (machine,) = json.loads(run(f"{words.replace('pods -A', 'nodes')} --from {url} --server {api.url}").out)[
            "items"
        ]
        assert [millicores(machine["cpu"][each]) for each in ("avg", "p50", "max")] == [near(2000, 0.5)] * 3
        # A quarter of an hour old.
        assert millicores(rows["p2"]["avg"]) == near(500, 2)


def test_samples_that_were_not_read_are_said_and_rows_are_marked(
    run: Run, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's own figures serve for what started again so often, or where there is too much of it."""
    words = f"-n k --since 6h {END} --from {engine} --facts source -o json --columns cpu.avg,memory.max"
    said = "the samples of %s that restarted, or may have, were too many to read or could not be read"
    marked = json.loads(run(f"top pods {words}").out)["items"]
    assert [row["partial"] for row in marked] == [True] * 3  # of each, something is estimated
    monkeypatch.setattr("c3s_cli.sources.prometheus.raw_samples.MOST_SAMPLES", 1)
    for command, rows in (("top pods", 3), ("top pods --by namespace", 1)):
        document = json.loads(run(f"{command} {words}").out)
        assert [row["partial"] for row in document["items"]] == [True] * rows
        assert [each.partition(":")[0] for each in document["metadata"]["remarks"]] == [said % "3 pods"]
    steady = json.loads(run(f"top pods {words.replace('-n k', '-n x')}").out)
    assert ("remarks" in steady["metadata"], "partial" in steady["items"][0]) == (False, False)
