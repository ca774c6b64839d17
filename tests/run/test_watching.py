"""Watch loop: schedule, end, terminal or pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from c3s_cli.run.schedule import Clock
from c3s_cli.run.watching import watch
from tests.conftest import AT, Run
from tests.servers import FakeApi, Reply, Request, node, node_metrics, status

METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"
BROKEN = status(500, "InternalError", "broken")
HEADERS = "NAME   CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)"


class Time:
    """Time that passes only by sleeping, or by what a test says that a reading takes.

    slept: every pause. asleep: what happens in each of them. patience: how many pauses until Ctrl-C.
    """

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []
        self.asleep: Callable[[], None] = lambda: None
        self.patience: int | None = None

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        self.asleep()
        if len(self.slept) == self.patience:
            raise KeyboardInterrupt
        assert len(self.slept) < 50, "it does not end"


@pytest.fixture
def time() -> Iterator[Time]:
    """Give the time that every watch of a test lives in."""
    told = Time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("c3s_cli.commands.watch.watch", partial(watch, clock=Clock(told.now, told.sleep)))
        yield told


class Cluster:
    """One node, a, whose usage is another one at every reading: cores, or the whole answer; the last one stays."""

    def __init__(self, api: FakeApi, time: Time) -> None:
        self.api, self.time = api, time
        api.nodes(node("a"))

    def uses(self, *readings: int | Reply, taking: tuple[float, ...] = ()) -> str:
        """Say what each reading finds, and how long it takes; give the flag that leads here."""

        # By the pauses that were made, and not by the requests: a request that breaks is made twice.
        def answer(_request: Request) -> Reply:
            tick = len(self.time.slept)
            self.time.seconds += taking[tick] if tick < len(taking) else 0
            found = readings[min(tick, len(readings) - 1)]
            return found if isinstance(found, Reply) else Reply({"items": [node_metrics("a", found)]})

        self.api.routes[METRICS] = answer
        return f"--server {self.api.url}"

    @property
    def readings(self) -> int:
        return self.api.paths().count(METRICS)


@pytest.fixture
def cluster(api: FakeApi, time: Time) -> Cluster:
    return Cluster(api, time)


def row(cores: int) -> str:
    return f"a      {cores}000m        {25 * cores}%      1024Mi          12%"


def table(cores: int) -> str:
    return f"{HEADERS}\n{row(cores)}\n"


def tables(*cores: int) -> str:
    """Return one table after the other, with the time of each but the first above it."""
    return f"{AT}\n".join(table(each) for each in cores)


# --- when it reads --------------------------------------------------------------------------------------------


def test_two_seconds_lie_between_two_readings(run: Run, cluster: Cluster, time: Time) -> None:
    assert run(f"watch nodes --count 3 {cluster.uses(1)}").code == 0
    assert (time.slept, cluster.readings) == ([2, 2], 3)


def test_after_the_last_reading_nobody_waits(run: Run, cluster: Cluster, time: Time) -> None:
    assert run(f"watch nodes --count 1 -i 60 {cluster.uses(1)}") == (0, table(1), "")
    assert (time.slept, cluster.readings) == ([], 1)


def test_readings_stay_on_the_grid_that_the_first_one_began(run: Run, cluster: Cluster, time: Time) -> None:
    assert run(f"watch nodes --count 4 -i 10 {cluster.uses(1, taking=(1, 3, 0.5, 0))}").code == 0
    assert time.slept == [9, 7, 9.5]


def test_a_reading_that_takes_too_long_skips_what_it_missed(run: Run, cluster: Cluster, time: Time) -> None:
    # It begins at 10 and ends at 32: what was due at 20 and 30 is not made up for.
    assert run(f"watch nodes --count 3 -i 10 {cluster.uses(1, taking=(0, 22, 0))}").code == 0
    assert (time.slept, cluster.readings) == ([10, 8], 3)


def test_a_reading_that_fails_keeps_the_time(run: Run, cluster: Cluster, time: Time) -> None:
    assert run(f"watch nodes --count 3 -i 10 {cluster.uses(1, BROKEN, 1, taking=(0, 4))}").code == 0
    assert time.slept == [10, 6]


@pytest.mark.slow
def test_a_pause_that_the_server_asks_for_is_made(run: Run, cluster: Cluster, time: Time) -> None:
    busy = status(503, "ServiceUnavailable", "busy", **{"Retry-After": "40"})
    assert run(f"watch nodes --count 3 --request-timeout 5s {cluster.uses(1, busy, 1)}").code == 0
    assert time.slept == [2, 40]


# --- when it ends ---------------------------------------------------------------------------------------------


def test_it_ends_as_soon_as_its_condition_is_met(run: Run, cluster: Cluster, time: Time) -> None:
    result = run(f"watch nodes --until 'cpu >= 3' --count 9 --timeout 1h {cluster.uses(1, 2, 3, 4)}")
    assert result == (0, tables(1, 2, 3), "--until: 1 row matched: a\n")
    assert time.slept == [2, 2]


def test_it_gives_up_after_as_many_readings(run: Run, cluster: Cluster) -> None:
    result = run(f"watch nodes --until 'cpu >= 3' --count 2 -o name {cluster.uses(1, 2, 3)}")
    assert result == (4, "node/a\nnode/a\n", "the condition was not met\n")


def test_it_looks_once_more_when_the_time_is_over_and_gives_up(run: Run, cluster: Cluster, time: Time) -> None:
    result = run(f"watch nodes --until 'cpu >= 3' --timeout 25s -i 10 -o name {cluster.uses(1)}")
    assert result == (4, "node/a\n" * 4, "timed out waiting for the condition\n")
    assert time.slept == [10, 10, 5]


def test_times_may_have_decimals(run: Run, cluster: Cluster, time: Time) -> None:
    result = run(f"watch nodes --until 'cpu >= 3' --timeout 2.5 -i .5 --count 99 -o name {cluster.uses(1)}")
    assert result.code == 4
    assert time.slept == [0.5] * 5


def test_what_is_met_when_the_time_is_over_is_met(run: Run, cluster: Cluster) -> None:
    result = run(f"watch nodes --until 'cpu >= 3' --timeout 15s -i 10 -o name {cluster.uses(1, 1, 3)}")
    assert result == (0, "node/a\n" * 3, "--until: 1 row matched: a\n")


def test_a_reading_during_which_the_time_is_over_is_the_last(run: Run, cluster: Cluster, time: Time) -> None:
    late = cluster.uses(1, taking=(0, 99))
    result = run(f"watch nodes --until 'cpu >= 3' --timeout 25s -i 10 -o name {late}")
    assert result == (4, "node/a\n" * 2, "timed out waiting for the condition\n")
    assert time.slept == [10]


def test_what_cannot_be_read_is_not_waited_for_any_longer(run: Run, cluster: Cluster, time: Time) -> None:
    result = run(f"watch nodes --until 'cpu >= 3' --timeout 15s -i 10 -o name {cluster.uses(1, BROKEN)}")
    broken = "Error from server (InternalError): broken\n"
    assert result == (4, "node/a\n", f"{broken}{broken}timed out waiting for the condition\n")
    assert time.slept == [10, 5]


def test_a_row_that_fails_it_ends_it(run: Run, cluster: Cluster, time: Time) -> None:
    result = run(f"watch nodes --fail-if 'cpu >= 2' --count 9 -o name {cluster.uses(1, 2, 3)}")
    assert result == (3, "node/a\n" * 2, "--fail-if: 1 row matched: a\n")
    assert time.slept == [2]


def test_failing_goes_before_being_met(run: Run, cluster: Cluster) -> None:
    result = run(f"watch nodes --fail-if 'cpu = 2' --until 'cpu = 2' -o name {cluster.uses(1, 2)}")
    assert result == (3, "node/a\n" * 2, "--fail-if: 1 row matched: a\n")


def test_conditions_are_met_by_labels_too(run: Run) -> None:
    labelled = """'labels["app.kubernetes.io/name"] = web'"""
    assert run(f"watch pods --demo-at {AT} --count 1 -o name --fail-if {labelled}").code == 3


def test_a_label_can_be_waited_for(run: Run) -> None:
    labelled = """'labels["app.kubernetes.io/name"] = web'"""
    assert run(f"watch pods --demo-at {AT} --count 1 -o name --until {labelled}").code == 0


def test_ctrl_c_ends_it_quietly(run: Run, cluster: Cluster, time: Time) -> None:
    time.patience = 2
    assert run(f"watch nodes --until 'cpu >= 3' {cluster.uses(1)}") == (130, tables(1, 1), "")


def test_the_first_reading_must_succeed(run: Run, cluster: Cluster, time: Time) -> None:
    assert run(f"watch nodes {cluster.uses(BROKEN, 1)}") == (1, "", "Error from server (InternalError): broken\n")
    assert time.slept == []


def test_its_end_is_that_of_the_last_reading(run: Run, cluster: Cluster) -> None:
    assert run(f"watch nodes --count 3 {cluster.uses(1, BROKEN, 1)}").code == 0
    unreadable = Reply({"items": [node_metrics("a", "x")]})
    for last, code in ((BROKEN, 1), (unreadable, 5)):
        cluster.time.slept.clear()
        assert run(f"watch nodes --count 2 {cluster.uses(1, last)}").code == code


def test_an_explanation_is_given_once(run: Run, cluster: Cluster) -> None:
    result = run(f"watch nodes a --explain {cluster.uses(1)}")
    assert result == (
        2,
        "",
        (
            "error: unknown flag: --explain\nSee 'c3s watch nodes --help' for usage.\n"
            "hint: c3s top pods NAME --explain shows it once\n"
        ),
    )
    assert cluster.readings == 0


def test_an_interval_that_is_taken_for_a_namespace_is_named(run: Run, api: FakeApi, time: Time) -> None:
    for namespace, hint in (("1", "hint: -n 1 is a namespace; --interval 1 sets the pace\n"), ("shop", "")):
        for group in ("/apis/metrics.k8s.io/v1beta1", "/api/v1"):
            api.routes[f"{group}/namespaces/{namespace}/pods"] = Reply({"items": []})
        result = run(f"watch pods -n {namespace} --count 2 --no-headers -o json --server {api.url}")
        nothing = f"No resources found in {namespace} namespace.\n"
        assert (result.code, result.err) == (0, nothing + hint + nothing)


# --- in a pipe ------------------------------------------------------------------------------------------------


def test_in_a_pipe_a_line_with_the_time_separates_the_tables(run: Run, cluster: Cluster) -> None:
    assert run(f"watch nodes --count 3 {cluster.uses(1, 2, 3)}") == (0, tables(1, 2, 3), "")


def test_in_a_pipe_watch_alone_watches_the_nodes(run: Run, cluster: Cluster) -> None:
    assert run(f"watch --count 2 {cluster.uses(1, 2)}") == (0, tables(1, 2), "")


def test_a_scrape_is_no_stream(run: Run, cluster: Cluster) -> None:
    result = run(f"watch nodes -o prometheus {cluster.uses(1)}")
    assert (result.code, result.out, cluster.readings) == (2, "", 0)
    assert result.err.startswith("error: -o prometheus does not go with watch: a scrape is one reading")


def test_in_a_pipe_a_reading_that_fails_is_a_line_of_words_only(run: Run, cluster: Cluster) -> None:
    result = run(f"watch nodes --count 4 {cluster.uses(1, BROKEN, BROKEN, 2)}")
    broken = "Error from server (InternalError): broken\n"
    assert result == (0, tables(1, 2), broken * 2)


def test_in_a_pipe_a_server_that_is_gone_for_a_while_is_said(run: Run, cluster: Cluster) -> None:
    host = cluster.api.url.removeprefix("http://")
    result = run(f"watch nodes --count 3 {cluster.uses(1, Reply({}, fault='reset'), 2)}")
    assert (result.code, result.out) == (0, tables(1, 2))
    assert result.err.startswith(f"Unable to connect to the server: the connection to {host} ")
    assert result.err.count("\n") == 1


def test_in_a_pipe_a_spreadsheet_goes_on_below_its_headers(run: Run, cluster: Cluster) -> None:
    lines = run(f"watch nodes --count 3 -o csv --columns cpu {cluster.uses(1, BROKEN, 2)}").out.splitlines()
    cells = [line.split(",") for line in lines]
    assert [each[-1] for each in cells] == ["cpu.usage", "1000000000", "2000000000"]
    assert [each[0] for each in cells] == ["time", "2026-03-02T09:30:00Z", "2026-03-02T09:30:00Z"]


def test_in_a_pipe_what_is_missing_is_said_at_every_reading(run: Run, cluster: Cluster) -> None:
    result = run(f"watch nodes --count 2 -o name {cluster.uses(Reply({'items': [node_metrics('a', 'x')]}))}")
    assert result == (5, "node/a\n" * 2, "warning: node a: cpu 'x' is not a quantity\n" * 2)
