"""Recordings on a full disk, with a clock that goes back, and made by somebody who means harm."""

from __future__ import annotations

import fcntl
import json
import resource
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from c3s_cli.errors import C3sError
from c3s_cli.model.rows import Container, Pod
from c3s_cli.model.sample import Sample
from c3s_cli.sources.recording.recorder import Recorder
from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request, node, node_metrics, pod, pod_metrics

METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def reading(seconds: float, **cpu: int) -> Sample:
    """Make a reading of pods of one namespace, by their CPU."""
    pods = [
        Pod("c", "shop", name, used, 1 << 20, None, "t", "15s", (Container("app", used, 1 << 20),))
        for name, used in cpu.items()
    ]
    return Sample("c", BEGIN + timedelta(seconds=seconds), "x", [], pods, {}, {}, len(pods))


def record(path: Path, *samples: Sample) -> str:
    recorder = Recorder(str(path), 60)
    for sample in samples:
        recorder.add([sample], [], sample.now.timestamp())
    recorder.close()
    return str(path)


@contextmanager
def changed(path: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def integrity(path: str) -> str:
    with changed(path) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


# --- a full disk, and clocks ----------------------------------------------------------------------------------------


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_and_recording_goes_on_when_there_is_room(run: Run, api: FakeApi, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    api.nodes(node("n1"))
    api.pods(pod("shop", "web", "n1"))
    for kind in ("apps/v1/replicasets", "batch/v1/jobs"):
        api.routes[f"/apis/{kind}"] = Reply({"kind": "List", "metadata": {}, "items": []})
    api.pod_metrics(pod_metrics("shop", "web", ("app", "20m", "10Mi")))
    full = ExitStack()
    asked: list[Request] = []

    def nodes(request: Request) -> Reply:
        asked.append(request)
        if len(asked) == 2:
            full.enter_context(no_file_larger_than(20_000))
        if len(asked) == 4:
            full.close()
        api.node_metrics(node_metrics("n1", f"{len(asked)}00m", "1Gi"))
        answer = api.routes[METRICS]
        assert isinstance(answer, Reply)
        api.routes[METRICS] = nodes
        return answer

    api.routes[METRICS] = nodes
    with full:
        result = run("record", path, "--server", api.url, "--count", "5", "--interval", "1ms")
    assert result.code == 5
    first, *said, _ = result.err.splitlines()
    assert first.startswith(f"{path}: 1 reading, ")
    assert said == [
        f"warning: cannot write {path}: disk I/O error",
        f"{path} can be written again",
    ]
    assert integrity(path) == "ok"
    words = ("top", "nodes", "--from", path, "--at")
    shown = [run(*words, f"#{number}").out.split()[-4] for number in (1, 2, 3)]
    assert shown == ["100m", "400m", "500m"]


def test_a_clock_that_goes_back_is_said_and_no_time_counts_twice(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    recorder = Recorder(path, 60)
    eras = [(0, 1000), (60, 2000), (120, 3000), (30, 4000), (90, 5000), (150, 6000)]
    said = [recorder.add([reading(at, a=used * 10**6)], [], 0.0) for at, used in eras]
    recorder.close()
    assert said[3] == ("the clock of c went back from 2026-03-02T09:02:00Z to 2026-03-02T09:00:30Z",)
    assert {*said[:3], *said[4:]} == {()}
    words = ("top", "pods", "-n", "shop", "--from", path, "--columns", "cpu")
    at = [run(*words, "--at", f"2026-03-02T09:{minute}Z").out.split()[-1] for minute in ("02:00", "01:30", "00:30")]
    assert at == ["3000m", "5000m", "4000m"]
    period = ("--start", "2026-03-02T08:59:30Z", "--end", "2026-03-02T09:02:30Z")
    (item,) = json.loads(run(*words[:-1], "cpu.avg,coverage", *period, "-o", "json").out)["items"]
    assert item["coverage"] == 100
    assert item["cpu"]["avg"] == sum(used * 10**6 for _, used in eras) / len(eras)


def test_a_recorder_says_that_the_clock_went_back(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    assert run("record", path, "--demo-at", "2026-03-02T11:00:00Z", "--count", "1").code == 0
    result = run("record", path, "--demo-at", "2026-03-02T09:00:00Z", "--count", "1")
    note = "note: the clock of demo went back from 2026-03-02T11:00:00Z to 2026-03-02T09:00:00Z"
    assert (result.code, result.err.splitlines()[0]) == (0, note)


# --- malice ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON readings BEGIN DELETE FROM readings; END",
        "CREATE VIEW v AS SELECT load_extension('x')",
        "CREATE TABLE other (x)",
        "CREATE INDEX i ON readings (abs(number))",
        "DROP INDEX readings_by_number",
    ],
)
def test_a_file_whose_tables_are_others_is_refused_and_left_alone(run: Run, tmp_path: Path, statement: str) -> None:
    path = record(tmp_path / "r.c3s", reading(0, a=1))
    with changed(path) as connection:
        connection.execute(statement)
    before = Path(path).read_bytes()
    for words in (
        ["top", "pods", "-A", "--from", path],
        ["record", path, "--demo", "--count", "1"],
        ["recordings", path],
    ):
        result = run(*words)
        assert (result.code, result.err) == (1, f"error: {path} is not a recording of c3s: its tables are others\n")
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE readings SET time = 'soon'",
        "UPDATE readings SET time = 9e999",
        "UPDATE readings SET time = 1e300",
        "UPDATE readings SET number = 'one', base = 'x'",
        "UPDATE readings SET failures = '{\"a\": 1}'",
        "UPDATE sessions SET interval = 'often'",
        "UPDATE sessions SET namespaces = x'ff00'",
        "UPDATE clusters SET context = x'ff00'",
        "UPDATE things SET name = x'ff'",
        "UPDATE things SET containers = '{}'",
        "DELETE FROM things",
        "UPDATE readings SET pod_layout = 'x'",
        "UPDATE readings SET pod_places = x'92ce00ffffffc400'",
        "UPDATE readings SET pod_usage = 'text'",
        "UPDATE readings SET all_facts = 'text'",
        "UPDATE readings SET all_facts = NULL",
    ],
)
def test_what_is_not_of_the_type_that_c3s_stores_is_damage(run: Run, tmp_path: Path, statement: str) -> None:
    path = record(tmp_path / "r.c3s", reading(0, a=1), reading(60, a=2))
    with changed(path) as connection:
        connection.execute(statement)
    for words in (["--at", "#2"], ["--at", "2026-03-02T09:01:00Z"], ["--since", "1h", "--by", "namespace"]):
        result = run("top", "pods", "-A", "--from", path, *words)
        assert result.code == 1
        assert result.err.startswith(f"error: {path} ")
        assert result.err.count("\n") <= 2
    assert run("recordings", path).code in (0, 1)


@pytest.mark.slow
def test_columns_that_would_fill_the_memory_are_refused(run: Run, tmp_path: Path) -> None:
    path = record(tmp_path / "r.c3s", reading(0, a=1))
    with changed(path) as connection:
        (stored,) = connection.execute("SELECT pod_usage FROM readings").fetchone()
        columns = msgspec.msgpack.decode(stored)
        plane = zlib.compress(bytes(1 << 28), 9)
        columns[0] = b"\x01\x01\x00\x00\x00" + len(plane).to_bytes(4, "little") + plane
        connection.execute("UPDATE readings SET pod_usage = ?", [msgspec.msgpack.encode(columns)])
    result = run("top", "pods", "-A", "--from", path)
    assert (result.code, result.err) == (1, f"error: {path} is damaged: a reading cannot be decoded\n")


def test_a_number_of_more_than_64_bits_is_said_and_not_stored(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path / "r.c3s"), 60)
    with pytest.raises(C3sError, match="a number of the reading has more than 64 bits"):
        recorder.add([reading(0, a=1 << 64)], [], 0.0)
    recorder.add([reading(60, a=1)], [], 0.0)
    recorder.close()
    assert integrity(str(tmp_path / "r.c3s")) == "ok"


# --- two at a time --------------------------------------------------------------------------------------------------


def test_a_copy_has_all_readings_but_the_one_under_way(run: Run, tmp_path: Path) -> None:
    path, copy = str(tmp_path / "r.c3s"), str(tmp_path / "copy.c3s")
    recorder = Recorder(path, 60)
    recorder.add([reading(0, a=10**9)], [], 0.0)
    recorder.add([reading(60, a=2 * 10**9)], [], 0.0)
    assert run("recordings", path, "--copy", copy).code == 0
    recorder.add([reading(120, a=3 * 10**9)], [], 0.0)
    recorder.close()
    items = json.loads(run("recordings", copy, "-o", "json").out)["items"]
    assert (items[0]["readings"], integrity(copy)) == (2, "ok")
    words = ("top", "pods", "-A", "--columns", "cpu", "--from")
    assert [run(*words, each).out.split()[-1] for each in (path, copy)] == ["3000m", "2000m"]


def test_a_recorder_that_finds_another_one_leaves_a_new_file_to_it(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "r.c3s"
    path.touch()
    with path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = run("record", str(path), "--demo", "--count", "1")
    assert (result.code, path.stat().st_size) == (1, 0)
    assert result.err == f"error: {path} is being recorded by another c3s\nhint: record into another file\n"


def test_a_format_that_never_was_is_refused_and_namespaces_are_listed(run: Run, tmp_path: Path) -> None:
    path = record(tmp_path / "r.c3s", reading(0, web=1))
    with changed(path) as connection:
        connection.execute("UPDATE sessions SET namespaces = 'shop,team-a'")
    (item,) = json.loads(run(f"recordings {path} -o json").out)["items"]
    assert item["covers"] == "namespaces shop, team-a"
    with changed(path) as connection:
        connection.execute("PRAGMA user_version = 0")
    said = f"error: {path} was recorded by a c3s that was never released (format 0)\n"
    assert run(f"top nodes --from {path}") == (1, "", said)


def test_readings_share_the_names_of_pods_until_most_of_them_are_gone(tmp_path: Path) -> None:
    many, few = {f"web-{number}": 1 for number in range(10)}, {"job-1": 1}
    path = record(tmp_path / "r.c3s", *(reading(60 * n, **pods) for n, pods in enumerate((many, many, few, few))))
    with changed(path) as connection:
        names = connection.execute("SELECT count(*) FROM things GROUP BY layout ORDER BY layout").fetchall()
    assert names == [(10,), (1,)]
