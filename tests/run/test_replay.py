"""Replays: a recording on the watch screen and in a pipe; when its readings come, and what keys lead to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs

from c3s_cli.model.rows import Container, Node, NodeDetails, NodeFacts, Pod, PodFacts
from c3s_cli.model.sample import WHOLE, Failure, Sample
from c3s_cli.report import Report
from c3s_cli.run.poll import Poll
from c3s_cli.run.schedule import Clock
from c3s_cli.run.watching import watch
from c3s_cli.sources.recording.recorder import Recorder
from tests.conftest import Result, Run
from tests.run.terminal_session import TerminalSession

BEGIN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
# The seconds of the readings: the fourth one fails, and a gap follows.
SECONDS = (0, 30, 60, 90, 120, 720)
PODS = (("web",), ("web",), ("web", "job"), (), ("web", "job"), ("web", "job"))
Pipe = Callable[[str], tuple[Result, list[float]]]
RESTARTS = (0, 0, 0, 0, 2, 2)


def sample(place: int) -> Sample:
    now = BEGIN + timedelta(seconds=SECONDS[place])
    stamp = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    usage = (100 + place) * 10**6
    pods = [
        Pod("c", "shop", name, usage, 64 << 20, None, stamp, "15s", (Container("app", usage, 64 << 20),))
        for name in PODS[place]
    ]
    facts = {
        ("shop", name): PodFacts("u", "n1", "", "Running", RESTARTS[place], 1.0, "Burstable", {}, {}, {})
        for name in PODS[place]
    }
    details = NodeDetails({}, "Ready", (), "v1.33.2", (), 1.0, "", "", "")
    nodes = {"n1": NodeFacts("n1", {"cpu": 4 * 10**9, "memory": 8 << 30}, {}, None, details)}
    used = [Node("c", "n1", 10**9, 1 << 30, None, stamp, "15s")]
    return Sample("c", now, "x", used, pods, nodes, facts, len(pods))


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Record a pod that comes, a failure, a restart, and nothing more after a gap."""
    path = str(tmp_path / "r.c3s")
    recorder = Recorder(path, 30)
    for place, seconds in enumerate(SECONDS):
        if PODS[place]:
            recorder.add([sample(place)], [], 0)
        else:
            at = BEGIN + timedelta(seconds=seconds)
            recorder.add([], [Failure("c", WHOLE, "etcd is slow")], at.timestamp())
    recorder.close()
    return path


@pytest.fixture
def desk(run: Run) -> TerminalSession:
    return TerminalSession(run)


def places(looks: Sequence[Sequence[str]]) -> list[int]:
    """Return which reading each screen shows."""
    lines = [next(text for text in look if " of 6" in text) for look in looks]
    return [int(line.partition(" of 6")[0].split()[-1]) for line in lines]


def rows(look: Sequence[str]) -> list[str]:
    """Return the rows of a screen, with their marks."""
    start = next(place for place, text in enumerate(look) if "CPU(cores)" in text) + 1
    return [text for text in look[start:-1] if text]


def test_a_replay_begins_with_the_first_reading_that_succeeded(pipe: Pipe, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    recorder = Recorder(path, 30)
    recorder.add([], [Failure("c", WHOLE, "etcd is slow")], BEGIN.timestamp() - 30)
    recorder.add([sample(0)], [], 0)
    recorder.close()
    result, slept = pipe(f"watch pods -A --from {path} -o csv --columns cpu --no-headers")
    assert result == (0, "2026-03-02T09:30:00Z,shop,web,100000000\n", "")
    assert slept == []


def test_readings_come_at_their_distances_divided_by_the_speed(desk: TerminalSession, file: str) -> None:
    seen = desk(f"watch pods -A --from {file} --speed 10", *[""] * 20, size=(90, 12))
    assert (seen.code, seen.left) == (0, "")
    spent = dict.fromkeys(range(1, 7), 0.0)
    for place, wait in zip(places(seen.looks), desk.waits, strict=True):
        spent[place] += wait
    assert [spent[place] for place in range(1, 6)] == [3, 3, 3, 3, 60]


def test_the_header_says_that_it_is_a_replay_and_of_when(desk: TerminalSession, file: str) -> None:
    looks = desk(f"watch pods -A --from {file} --speed 10", "", "", "", "]", "]", size=(90, 12)).looks
    assert looks[2][:5] == [
        "CPU █▌···· 25%  MEMORY ▊····· 12%  nodes 1/1 ready  pods 2",
        "10x, 3 of 6   sampled 0s ago over 15s   replay of 2026-03-02T09:31:00Z",
        "  NAMESPACE   NAME   CPU(cores)   MEMORY(bytes)",
        "+ shop        job    102m         64Mi",
        "  shop        web    102m         64Mi",
    ]
    assert looks[3][1] == "10x, 4 of 6, with the rows of 09:31:00Z: the reading failed: etcd is slow"
    assert rows(looks[3]) == rows(looks[2])
    assert looks[5][1] == "10x, 6 of 6, the last   sampled 0s ago over 15s   replay of 2026-03-02T09:42:00Z"
    large = desk(f"watch pods -A --from {file}", size=(90, 20)).looks[0]
    assert large[0] == "context c   nodes 1/1 ready, 1 reporting   pods 1"


def test_brackets_step_and_nothing_is_compared_with_what_was_later(desk: TerminalSession, file: str) -> None:
    keys = ["[", "]", "]", "[", "]", "]", "]", "[", "]", "]", "]", "]"]
    seen = desk(f"watch pods -A --from {file}", *keys, size=(90, 12))
    assert places(seen.looks) == [1, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 6, 6]
    assert [rows(seen.looks[place])[0][:1] for place in (3, 4, 5)] == ["+", " ", "+"]
    assert len(rows(seen.looks[4])) == 1


def test_on_the_way_back_a_reading_is_compared_with_the_one_before(desk: TerminalSession, file: str) -> None:
    seen = desk(f"watch pods -A --from {file} --at '#6'", *"{{{e", size=(90, 12))
    assert places(seen.looks[:4]) == [6, 5, 4, 3]
    assert rows(seen.looks[3])[0].split()[:3] == ["+", "shop", "job"]
    assert [text.split()[:3] for text in seen.looks[4] if "shop" in text] == [["09:31:00Z", "appeared", "shop/job"]]


def test_a_reading_that_a_key_has_left_behind_is_not_shown(desk: TerminalSession, file: str) -> None:
    begin = Poll.begin
    under_way: list[Callable[[], None]] = []

    def answer() -> None:
        under_way.pop(0)()

    def slowly(poll: Poll, read: Callable[[], Report], wake: Callable[[], None]) -> None:
        if desk.looks:
            poll._start = under_way.append  # noqa: SLF001  the first one was as fast as ever
        report = read()
        begin(poll, lambda: report, wake)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Poll, "begin", slowly)
        seen = desk(f"watch pods -A --from {file} --at '#2'", "]", "[", answer, answer, size=(90, 12))
    assert [rows(look) for look in seen.looks] == [["  shop        web    101m         64Mi"]] * 5


def test_enter_shows_what_is_recorded_while_time_stands_still(desk: TerminalSession, file: str) -> None:
    seen = desk(f"watch --from {file} --at '#2'", "space", "enter", "enter", "escape", "escape", size=(90, 12))
    assert [look[2] for look in seen.looks[2:5]] == ["pods on node n1", "pod shop/web", "pods on node n1"]
    assert [look[4].split()[0] for look in seen.looks[2:5]] == ["shop", "app", "shop"]
    assert seen.looks[5] == seen.looks[1]


def test_braces_jump_to_where_something_happened(desk: TerminalSession, file: str) -> None:
    """A pod comes, a reading fails, containers restart; nothing has happened since."""
    seen = desk(f"watch pods -A --from {file}", *"}}}}}", *"{{{{{", size=(90, 12))
    assert places(seen.looks) == [1, 3, 4, 5, 6, 6, 5, 4, 3, 1, 1]
    nodes = desk(f"watch nodes --from {file}", *"}}}{{{", size=(90, 12))
    assert places(nodes.looks) == [1, 4, 6, 6, 4, 1, 1]
    one = desk(f"watch pods web -n shop --from {file}", *"}}}", size=(90, 12))
    assert places(one.looks) == [1, 4, 5, 6]


def test_time_stands_still_while_paused_but_keys_lead_on(desk: TerminalSession, file: str) -> None:
    keys = ["]", "]", "space", "", "", "enter", "]", "[", "escape", "space", ""]
    seen = desk(f"watch nodes --from {file} --speed 100", *keys, size=(90, 12))
    assert places(seen.looks) == [1, 2, 3, 3, 3, 3, 3, 4, 3, 3, 3, 4]
    below = seen.looks[6]
    assert below[2] == "pods on node n1"
    assert [text.split()[:3] for text in rows(below)] == [["shop", "job", "102m"], ["shop", "web", "102m"]]
    assert all("sampled 0s ago" in look[1] for look in seen.looks if "rows of" not in look[1])
    assert "PAUSED" in below[-1]
    assert "old" not in below[-1]


def test_what_was_seen_last_can_be_replayed_from_there(desk: TerminalSession, file: str) -> None:
    seen = desk(f"watch pods -A --from {file} --speed 10 --end 2026-03-02T09:35:00Z", "]", "]", "-", size=(90, 12))
    flags = "--speed 20 --end 2026-03-02T09:35:00Z --at '#3'"
    assert seen.command == f"c3s watch pods -A {flags} --from {file}"
    assert desk(seen.command.removeprefix("c3s "), size=(90, 12)).looks[0][1] == seen.looks[-1][1]


def test_plus_and_minus_change_the_speed(desk: TerminalSession, file: str) -> None:
    seen = desk(f"watch pods -A --from {file} --speed 10", "-", "+", "+", size=(90, 12))
    assert [look[1].split(",")[0] for look in seen.looks] == ["10x", "20x", "10x", "5x"]
    assert desk.waits == [3, 1.5, 3, 5]


def test_conditions_end_a_replay(run: Run, file: str) -> None:
    words = f"watch pods -A --from {file} --speed 1000 --no-headers"
    met = run(f"{words} --until 'name = job'")
    assert (met.code, met.err) == (0, "--until: 1 row matched: shop/job\n")
    never = run(f"{words} --start 2026-03-02T09:30:00Z --end 2026-03-02T09:30:30Z --until 'name = job'")
    assert (never.code, never.err) == (4, "the condition was not met\n")


@pytest.fixture
def pipe(run: Run, monkeypatch: pytest.MonkeyPatch) -> Pipe:
    """Run a watch in a pipe; return its result, and how long it slept each time."""

    def piped(words: str) -> tuple[Result, list[float]]:
        slept: list[float] = []
        clock = Clock(lambda: sum(slept), slept.append)
        monkeypatch.setattr("c3s_cli.commands.watch.watch", partial(watch, clock=clock))
        return run(words), slept

    return piped


def test_in_a_pipe_one_report_follows_the_other_until_the_last(pipe: Pipe, file: str) -> None:
    result, slept = pipe(f"watch pods -A --from {file} --speed 10 -o csv --columns cpu --limit 1")
    assert result.code == 0
    assert result.err == "error: the reading failed: etcd is slow\n"
    assert result.out.splitlines() == [
        "time,namespace,name,cpu.usage",
        "2026-03-02T09:30:00Z,shop,web,100000000",
        "2026-03-02T09:30:30Z,shop,web,101000000",
        "2026-03-02T09:31:00Z,shop,job,102000000",
        "2026-03-02T09:32:00Z,shop,job,104000000",
        "2026-03-02T09:42:00Z,shop,job,105000000",
    ]
    assert slept == [3, 3, 3, 3, 60]


@pytest.mark.parametrize(
    ("flags", "readings"),
    [
        ("--start 2026-03-02T09:31:30Z", ["09:32", "09:42"]),
        ("--end 2026-03-02T09:30:30Z", ["09:30", "09:30"]),
        ("--at '#5'", ["09:32", "09:42"]),
        ("--at 2026-03-02T09:31:10Z --end 2026-03-02T09:35:00Z", ["09:31", "09:32"]),
    ],
)
def test_flags_bound_a_replay(pipe: Pipe, file: str, flags: str, readings: list[str]) -> None:
    result, _ = pipe(f"watch pods -A --from {file} {flags} -o csv --columns cpu --limit 1 --no-headers")
    assert [line[11:16] for line in result.out.splitlines()] == readings


def test_a_replay_that_begins_later_leads_back(desk: TerminalSession, file: str) -> None:
    seen = desk(f"watch pods -A --from {file} --at '#3'", "[", "[", "[", size=(90, 12))
    assert places(seen.looks) == [3, 2, 1, 1]


def test_several_clusters_are_replayed_together(desk: TerminalSession, tmp_path: Path) -> None:
    path = str(tmp_path / "two.c3s")
    recorder = Recorder(path, 30)
    for place in (0, 2):
        both = [structs.replace(sample(place), context=name) for name in ("c", "d")]
        recorder.add(both if place else both[:1], [], 0)
    recorder.close()
    looks = desk(f"watch pods -A --from {path}", "]", size=(90, 12)).looks
    assert [text.split()[:3] for text in rows(looks[1])] == [
        ["+", "c", "shop"],
        ["c", "shop", "web"],
        ["+", "d", "shop"],
        ["+", "d", "shop"],
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("--speed 10 --demo", "--speed goes with --from FILE: only a recording is replayed"),
        ("--at -1h --from kubelet", "--at goes with --from FILE: only a recording is replayed"),
        (
            "--from x.c3s --interval 5s",
            "--interval does not go with --from FILE: the readings have their own distances",
        ),
        ("--from x.c3s --record y.c3s", "a recording cannot be recorded"),
        ("--from x.c3s --speed 0", "--speed takes a number from 0.01 on, not 0"),
        ("--from x.c3s --speed nan", "--speed takes a number from 0.01 on, not nan"),
        ("--from x.c3s --start later", "'later' is not a time for --start"),
    ],
)
def test_what_does_not_go_with_a_replay_is_refused(run: Run, words: str, problem: str) -> None:
    result = run(f"watch nodes {words}")
    assert (result.code, result.err.splitlines()[0]) == (2, f"error: {problem}")


def test_a_range_without_readings_is_an_error(run: Run, file: str) -> None:
    result = run(f"watch nodes --from {file} --start 2026-03-03")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"error: {file} has no reading of c from 2026-03-03T00:00:00Z")
