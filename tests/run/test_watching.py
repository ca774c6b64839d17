"""Again and again: when a watch reads, when it ends, and what stands on a terminal or in a pipe meanwhile."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import pytest

from c3s_cli.run.watching import Clock, watch
from tests.conftest import AT, Run
from tests.servers import FakeApi, Reply, Request, node, node_metrics, status

METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"
BROKEN = status(500, "InternalError", "broken")
HEADERS = "NAME   CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)"
NOW = "2026-03-02 09:30:00Z"


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


# --- when it ends ---------------------------------------------------------------------------------------------


def test_it_ends_as_soon_as_its_condition_is_met(run: Run, cluster: Cluster, time: Time) -> None:
    result = run(f"watch nodes --until 'cpu >= 3' --count 9 --timeout 1h {cluster.uses(1, 2, 3, 4)}")
    assert result == (0, f"{table(1)}\n{table(2)}\n{table(3)}", "--until: 1 row matched: a\n")
    assert time.slept == [2, 2]


def test_it_gives_up_after_as_many_readings(run: Run, cluster: Cluster) -> None:
    result = run(f"watch nodes --until 'cpu >= 3' --count 2 -o name {cluster.uses(1, 2, 3)}")
    assert result == (4, "node/a\nnode/a\n", "the condition was not met\n")


def test_it_looks_once_more_when_the_time_is_over_and_gives_up(run: Run, cluster: Cluster, time: Time) -> None:
    result = run(f"watch nodes --until 'cpu >= 3' --timeout 25s -i 10 -o name {cluster.uses(1)}")
    assert result == (4, "node/a\n" * 4, "timed out waiting for the condition\n")
    assert time.slept == [10, 10, 5]


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
    assert run(f"watch nodes --until 'cpu >= 3' {cluster.uses(1)}") == (130, f"{table(1)}\n{table(1)}", "")


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
    assert result == (2, "", "error: --explain does not go with watch\nhint: c3s top explains once\n")
    assert cluster.readings == 0


# --- in a pipe ------------------------------------------------------------------------------------------------


def test_in_a_pipe_a_blank_line_parts_the_tables(run: Run, cluster: Cluster) -> None:
    assert run(f"watch nodes --count 3 {cluster.uses(1, 2, 3)}") == (0, f"{table(1)}\n{table(2)}\n{table(3)}", "")


def test_in_a_pipe_a_reading_that_fails_is_a_line_of_words_only(run: Run, cluster: Cluster) -> None:
    result = run(f"watch nodes --count 4 {cluster.uses(1, BROKEN, BROKEN, 2)}")
    broken = "Error from server (InternalError): broken\n"
    assert result == (0, f"{table(1)}\n{table(2)}", broken * 2)


def test_in_a_pipe_a_server_that_is_gone_for_a_while_is_said(run: Run, cluster: Cluster) -> None:
    host = cluster.api.url.removeprefix("http://")
    result = run(f"watch nodes --count 3 {cluster.uses(1, Reply({}, fault='reset'), 2)}")
    assert (result.code, result.out) == (0, f"{table(1)}\n{table(2)}")
    assert result.err.startswith(f"Unable to connect to the server: the connection to {host} ")
    assert result.err.count("\n") == 1


def test_in_a_pipe_a_spreadsheet_goes_on_below_its_headers(run: Run, cluster: Cluster) -> None:
    lines = run(f"watch nodes --count 3 -o csv --columns cpu {cluster.uses(1, BROKEN, 2)}").out.splitlines()
    assert [line.split(",")[-1] for line in lines] == ["cpu.usage", "1000000000", "2000000000"]


def test_in_a_pipe_what_is_missing_is_said_at_every_reading(run: Run, cluster: Cluster) -> None:
    result = run(f"watch nodes --count 2 -o name {cluster.uses(Reply({'items': [node_metrics('a', 'x')]}))}")
    assert result == (5, "node/a\n" * 2, "warning: node a: cpu 'x' is not a quantity\n" * 2)


# --- on a terminal --------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """A terminal of one's own window; what it shows is drawn from the few sequences that it knows, and no others."""

    def isatty(self) -> bool:
        return True

    def shown(self) -> str:
        """Give what stands on the screen now, without blanks at the ends."""
        columns, lines = int(os.environ["COLUMNS"]), int(os.environ["LINES"])
        screen, line, column = [""] * lines, 0, 0
        for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\n|[^\x1b\n]+|\x1b", self.getvalue()):
            match piece:
                case "\x1b[H":
                    line, column = 0, 0
                case "\x1b[2J":
                    screen = [""] * lines
                case "\x1b[K":
                    screen[line] = screen[line][:column]
                case "\x1b[J":
                    screen[line:] = [screen[line][:column], *[""] * (lines - line - 1)]
                case "\n":
                    line, column = line + 1, 0
                    assert line < lines, "it scrolls"
                case _:
                    assert piece.isprintable(), f"no terminal was asked for {piece!r}"
                    end = column + len(piece)
                    assert end <= columns, "a line is wrapped"
                    screen[line] = screen[line][:column].ljust(column) + piece + screen[line][end:]
                    column = end
        return "\n".join(text.rstrip() for text in screen).rstrip("\n")


class Seen(NamedTuple):
    """What a watch on a terminal came to. shown: the screen after every reading."""

    code: int
    shown: list[str]
    err: str


class Desk:
    """Somebody at a terminal, who looks at it in every pause and at the end."""

    def __init__(self, run: Run, time: Time) -> None:
        self.run, self.time, self.terminal = run, time, Terminal()

    def __call__(self, words: str) -> Seen:
        looks: list[str] = []
        self.time.asleep = lambda: looks.append(self.terminal.shown())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdout", self.terminal)
            result = self.run(words)
        # What Ctrl-C ends was looked at already.
        if self.time.patience is None:
            looks.append(self.terminal.shown())
        assert result.out == ""
        return Seen(result.code, looks, result.err)


@pytest.fixture
def desk(run: Run, time: Time, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    return Desk(run, time)


def frame(title: str, *lines: str) -> str:
    return "\n".join([f"Every 2s    {title}", "", *lines])


def test_on_a_terminal_each_reading_takes_the_place_of_the_last(desk: Desk, cluster: Cluster) -> None:
    seen = desk(f"watch nodes --count 3 {cluster.uses(1, 2, 3)}")
    assert seen == (0, [frame(NOW, HEADERS, row(cores)) for cores in (1, 2, 3)], "")


def test_on_a_terminal_the_window_is_cleared_once_and_then_drawn_over(desk: Desk, cluster: Cluster) -> None:
    """No frame begins with an empty screen, which would flicker; what is left of the last one is cleared after it."""
    desk(f"watch nodes --count 2 -i 0.5 {cluster.uses(1, 2)}")
    first, second = (
        f"Every 0.5s    {NOW}\x1b[K\n\x1b[K\n{HEADERS}\x1b[K\n{row(cores)}\x1b[K\n\x1b[J" for cores in (1, 2)
    )
    assert desk.terminal.getvalue() == f"\x1b[2J\x1b[H{first}\x1b[H{second}"


def test_on_a_terminal_nothing_is_left_of_what_was_longer(desk: Desk, cluster: Cluster) -> None:
    names = Reply({"items": [node_metrics("a"), node_metrics("a-long-name"), node_metrics("b")]})
    seen = desk(f"watch nodes --count 2 {cluster.uses(names, 2)}")
    assert [len(look.splitlines()) for look in seen.shown] == [6, 4]
    assert seen.shown[-1] == frame(NOW, HEADERS, row(2))


def test_on_a_terminal_a_reading_that_fails_leaves_the_last_table_and_says_so(desk: Desk, cluster: Cluster) -> None:
    seen = desk(f"watch nodes --count 4 {cluster.uses(1, BROKEN, BROKEN, 2)}")
    stale = f"STALE since {NOW}: Error from server (InternalError): broken"[: 80 - len("Every 2s    ")]
    good, bad, again = (frame(title, HEADERS, row(cores)) for title, cores in ((NOW, 1), (stale, 1), (NOW, 2)))
    assert seen == (0, [good, bad, bad, again], "")


def test_on_a_terminal_a_server_that_is_gone_is_waited_for(
    desk: Desk, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    seen = desk(f"watch nodes --count 3 {cluster.uses(1, Reply({}, fault='reset'), 2)}")
    gone = f"STALE since {NOW}: Unable to connect to the server: the connection to "
    assert (seen.code, seen.err) == (0, "")
    assert seen.shown[1].startswith(frame(gone)[: len("Every 2s    ") + len(gone)])
    assert seen.shown[1].splitlines()[1:] == seen.shown[0].splitlines()[1:]
    assert seen.shown[2] == frame(NOW, HEADERS, row(2))


def test_on_a_terminal_stale_stays_what_ends_stale(desk: Desk, cluster: Cluster) -> None:
    seen = desk(f"watch nodes --count 2 {cluster.uses(1, BROKEN)}")
    assert (seen.code, seen.err) == (1, "")
    assert "STALE since" in seen.shown[-1]


def test_on_a_terminal_only_the_first_line_of_a_failure_has_a_place(
    desk: Desk, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    wordy = status(500, "InternalError", "one\ntwo")
    seen = desk(f"watch nodes --count 2 {cluster.uses(1, wordy)}")
    stale = f"STALE since {NOW}: Error from server (InternalError): one"
    assert seen.shown[-1] == frame(stale, HEADERS, row(1))


def test_on_a_terminal_no_failure_can_command_it(desk: Desk, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    evil = status(500, "", "a\x1b[2J\x9b\rb")
    seen = desk(f"watch nodes --count 2 {cluster.uses(1, evil)}")
    assert seen.shown[-1] == frame(rf"STALE since {NOW}: Error from server: a\x1b[2J\x9b\rb", HEADERS, row(1))


def test_on_a_terminal_a_window_that_is_small_shows_what_fits(
    desk: Desk, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "6")
    fits, more = (Reply({"items": [node_metrics(name, 1) for name in names]}) for names in ("ab", "abc"))
    seen = desk(f"watch nodes --count 2 --columns cpu {cluster.uses(fits, more)}")
    title = f"Every 2s    {NOW}"[:20]
    assert seen.shown == [
        f"{title}\n\nNAME   CPU(cores)\na      1000m\nb      1000m",
        f"{title}\n\nNAME   CPU(cores)\na      1000m\n… 2 more lines",
    ]


def test_on_a_terminal_a_window_that_grows_is_used(
    desk: Desk, cluster: Cluster, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    seen: list[str] = []

    def look() -> None:
        seen.append(desk.terminal.shown())
        monkeypatch.setenv("COLUMNS", "80")

    words = f"watch nodes --count 2 {cluster.uses(1)}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", desk.terminal)
        time.asleep = look
        assert desk.run(words).code == 0
    assert seen == [f"Every 2s\n\n{HEADERS[:12].rstrip()}\n{row(1)[:12].rstrip()}"]
    assert desk.terminal.shown() == frame(NOW, HEADERS, row(1))


def test_on_a_terminal_nothing_found_stands_in_the_frame(desk: Desk, api: FakeApi) -> None:
    api.pod_metrics(namespace="default")
    api.pods(namespace="default")
    seen = desk(f"watch pods --count 1 --server {api.url}")
    assert seen == (0, [frame(NOW, "No resources found in default namespace.")], "")


def test_on_a_terminal_words_do_not_spoil_the_frame(desk: Desk, cluster: Cluster) -> None:
    unreadable = Reply({"items": [node_metrics("a", "x")]})
    seen = desk(f"watch nodes --count 2 --columns cpu --no-headers {cluster.uses(unreadable)}")
    assert seen == (5, [frame(NOW, "a     <unknown>")] * 2, "")


def test_on_a_terminal_what_ends_it_is_said_below_the_frame(desk: Desk, cluster: Cluster) -> None:
    failed = desk(f"watch nodes --columns cpu --no-headers --fail-if 'cpu > 1' {cluster.uses(1, 2)}")
    frames = [frame(NOW, f"a     {cores}000m") for cores in (1, 2)]
    assert failed == (3, frames, "--fail-if: 1 row matched: a\n")


def test_on_a_terminal_ctrl_c_leaves_the_last_frame(desk: Desk, cluster: Cluster, time: Time) -> None:
    time.patience = 2
    seen = desk(f"watch nodes {cluster.uses(1, 2)}")
    assert seen == (130, [frame(NOW, HEADERS, row(cores)) for cores in (1, 2)], "")
    assert desk.terminal.shown() == frame(NOW, HEADERS, row(2))


def test_on_a_terminal_documents_are_no_frames(desk: Desk, cluster: Cluster) -> None:
    """A terminal in which somebody wants documents gets them as a pipe does."""
    words = f"watch nodes --count 2 -o json --columns cpu {cluster.uses(1, 2)}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", desk.terminal)
        assert desk.run(words).code == 0
    documents = [json.loads(line) for line in desk.terminal.getvalue().splitlines()]
    assert [item["cpu"]["usage"] for document in documents for item in document["items"]] == [10**9, 2 * 10**9]
