"""c3s record, --from FILE and c3s recordings: what was live is read back, byte for byte."""

from __future__ import annotations

import json
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest

from c3s_cli.model.rows import Container, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.sources.recording.recorder import Recorder
from tests.commands.conftest import TIMES
from tests.conftest import Run
from tests.servers import FakeApi, Reply, node, node_metrics, pod, pod_metrics, status

NODES = [
    ["-l", "topology.kubernetes.io/zone"],
    ["--by", "pool"],
    ["-o", "wide"],
    ["-o", "json"],
    ["-o", "csv"],
    ["--show-capacity"],
    ["--columns", "all"],
    ["--where", "cpu% > 20"],
    ["--sum"],
    ["general-1"],
    ["nosuch"],
]
PODS = [
    ["-A"],
    ["-n", "team-checkout"],
    ["-n", "team-*"],
    ["-n", "nosuch"],
    ["-l", "app=api"],
    ["--containers"],
    ["--by", "owner"],
    ["--by", "node"],
    ["-o", "json"],
    ["-o", "name"],
    ["-o", "openmetrics"],
    ["--columns", "all"],
    ["--where", "cpu = unknown"],
    ["--fail-if", "memory%limits > 90", "--fail-if-unknown"],
    ["--field-selector", "spec.nodeName=general-1"],
    ["api-gp28hkmmnc-jjz9d"],
]
CLUSTER = [["-o", "wide"], ["-o", "json"], ["--columns", "all"]]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_every_question_has_the_answer_that_it_had_live(run: Run, file: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  a repeatable choice
    kind, flags = chance.choice([("nodes", NODES), ("pods", PODS), ("pods", PODS), ("cluster", CLUSTER)])
    number = chance.randrange(len(TIMES))
    words = ["top", kind, *chain(*chance.sample(flags, chance.randrange(3)))]
    live = run(*words, "--demo-at", TIMES[number])
    for moment in (f"#{number + 1}", TIMES[number]):
        recorded = run(*words, "--from", file, "--at", moment)
        assert (recorded.code, recorded.out) == (live.code, live.out)


def test_the_last_reading_is_shown_and_named(run: Run, file: str) -> None:
    live = run("top", "nodes", "--demo-at", TIMES[-1])
    result = run("top", "nodes", "--from", file)
    assert (result.out, result.err) == (live.out, "usage of reading 4, 2026-03-02T11:00:00Z\n")


def test_a_moment_without_a_reading_is_an_error_with_both_ends_of_the_gap(run: Run, file: str) -> None:
    gap = run("top", "nodes", "--from", file, "--at", "2026-03-02T10:00:00Z")
    assert (gap.code, gap.out) == (1, "")
    assert gap.err == (
        f"error: {file} has no reading of demo at 2026-03-02T10:00:00Z: "
        "the one before is of 2026-03-02T09:31:00Z, the next of 2026-03-02T11:00:00Z\n"
    )
    before = run("top", "nodes", "--from", file, "--at", "2026-03-02T09:00:00Z")
    assert before.err.endswith("at 2026-03-02T09:00:00Z: the first is of 2026-03-02T09:30:00Z\n")
    number = run("top", "nodes", "--from", file, "--at", "#5")
    assert number.err == f"error: {file} has no reading 5 of demo: it has 1 to 4\n"


def test_what_is_in_a_recording_is_listed(run: Run, file: str) -> None:
    result = run("recordings", file, "-o", "json")
    (item,) = json.loads(result.out)["items"]
    assert item.pop("mebibytes") > 0
    assert item == {
        "name": file,
        "context": "demo",
        "from": TIMES[0],
        "to": TIMES[-1],
        "readings": 4,
        "failures": 0,
        "gaps": 1,
        "covers": "everything",
        "recording": "no",
    }


def test_statistics_weigh_each_reading_by_the_time_that_it_stands_for(run: Run, file: str) -> None:
    def usage(number: int) -> dict[str, int]:
        items = json.loads(run("top", "nodes", "--from", file, "--at", f"#{number}", "-o", "json").out)["items"]
        return {item["name"]: item["cpu"]["usage"] for item in items}

    readings = [usage(number) for number in (1, 2, 3)]
    words = ("top", "nodes", "--from", file, "--start", "2026-03-02T09:29:50Z", "--end", TIMES[2], "-o", "json")
    result = json.loads(run(*words, "--columns", "cpu.avg,cpu.min,cpu.max,cpu.p50,coverage").out)
    weights = [10, 30, 30]
    for item in result["items"]:
        values = [reading[item["name"]] for reading in readings]
        if None in values:
            assert item["cpu"]["avg"] is None
            continue
        average = sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)
        assert item["cpu"]["avg"] == round(average)
        assert (item["cpu"]["min"], item["cpu"]["max"]) == (min(values), max(values))
        assert min(values) <= item["cpu"]["p50"] <= max(values)
        assert item["coverage"] == 100


def test_a_group_is_summed_at_each_reading(run: Run, file: str) -> None:
    def usage(number: int) -> int:
        words = ("top", "pods", "-n", "team-search", "--from", file, "--at", f"#{number}", "-o", "json")
        return sum(item["cpu"]["usage"] or 0 for item in json.loads(run(*words).out)["items"])

    sums = [usage(number) for number in (1, 2, 3)]
    words = ("top", "pods", "-n", "team-search", "--by", "namespace", "--from", file)
    span = ("--start", "2026-03-02T09:29:30Z", "--end", TIMES[2])
    (row,) = json.loads(run(*words, *span, "--columns", "cpu.max,cpu.avg", "-o", "json").out)["items"]
    assert row["cpu"] == {"max": max(sums), "avg": round(sum(sums) / 3)}


# --- a server that changes ------------------------------------------------------------------------------------------


@pytest.fixture
def shop(api: FakeApi) -> FakeApi:
    """Give a cluster with a node and two pods, of which one is measured."""
    api.nodes(node("n1"))
    api.node_metrics(node_metrics("n1", "100m", "1Gi"))
    api.pods(pod("shop", "old", "n1", requests={"cpu": "1"}), pod("shop", "new", "n1", labels={"app": "new"}))
    api.pod_metrics(pod_metrics("shop", "old", ("app", "20m", "10Mi")))
    for path in ("apps/v1/replicasets", "apps/v1/namespaces/shop/replicasets"):
        api.routes[f"/apis/{path}"] = Reply({"kind": "List", "metadata": {}, "items": []})
    for path in ("batch/v1/jobs", "batch/v1/namespaces/shop/jobs"):
        api.routes[f"/apis/{path}"] = Reply({"kind": "List", "metadata": {}, "items": []})
    return api


def test_pods_that_ended_in_a_range_have_rows_and_facts(run: Run, shop: FakeApi, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    assert run("record", path, "--server", shop.url, "--count", "1").code == 0
    shop.pods(pod("shop", "new", "n1"))
    shop.pod_metrics(pod_metrics("shop", "new", ("app", "30m", "20Mi")))
    assert run("record", path, "--server", shop.url, "--count", "1").code == 0
    now = run("top", "pods", "-n", "shop", "--from", path)
    assert now.out == "NAME   CPU(cores)   MEMORY(bytes)\nnew    30m          20Mi\n"
    whole = run("top", "pods", "-n", "shop", "--from", path, "--since", "1h", "--columns", "cpu.max,status")
    assert whole.out == "NAME   CPU-MAX   STATUS\nnew    30m       Running\nold    20m       Running\n"
    before = run("top", "pods", "-n", "shop", "--from", path, "--at", "#1", "--columns", "cpu,cpu.requests")
    assert before.out == "NAME   CPU(cores)   CPU-REQUESTS\nnew    <unknown>    0m\nold    20m          1000m\n"


def test_a_recording_of_one_namespace_answers_for_no_other(run: Run, shop: FakeApi, tmp_path: Path) -> None:
    path = str(tmp_path / "shop.c3s")
    shop.pods(pod("shop", "old", "n1", requests={"cpu": "1"}), namespace="shop")
    shop.pod_metrics(pod_metrics("shop", "old", ("app", "20m", "10Mi")), namespace="shop")
    assert run("record", path, "--server", shop.url, "--count", "2", "-i", "10ms", "-n", "shop").code == 0
    # What holds for the whole recording is said once.
    replayed = run("replay", path, "--speed", "1000")
    assert replayed.out.count("n1 ") == 2
    assert replayed.err.count("note: the recording covers only namespaces shop\n") == 1
    nodes = run("top", "nodes", "--from", path, "--columns", "cpu,cpu.requests")
    assert nodes.code == 5
    assert nodes.out == "NAME   CPU(cores)   CPU-REQUESTS\nn1     100m         <unknown>\n"
    assert "note: the recording covers only namespaces shop\n" in nodes.err
    other = run("top", "pods", "-n", "kube-system", "--from", path)
    assert (other.code, other.err) == (
        1,
        (
            "error: the recording has no pods of namespace kube-system\n"
            "hint: it covers only namespaces shop: -n shop or -A shows them\n"
        ),
    )


def test_labels_are_left_out_on_request(run: Run, shop: FakeApi, tmp_path: Path) -> None:
    kept, bare = str(tmp_path / "kept.c3s"), str(tmp_path / "bare.c3s")
    assert run("record", kept, "--server", shop.url, "--count", "1").code == 0
    assert run("record", bare, "--server", shop.url, "--count", "1", "--no-labels").code == 0
    words = ("top", "pods", "-A", "-l", "app=new", "--columns", "name,status", "--from")
    assert run(*words, kept).out == "NAME   STATUS\nnew    Running\n"
    assert run(*words, bare).out == ""


def test_failures_are_recorded_and_the_next_reading_succeeds(run: Run, shop: FakeApi, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    metrics = shop.routes["/apis/metrics.k8s.io/v1beta1/pods"]
    assert isinstance(metrics, Reply)
    answers = [metrics, status(500, "InternalError", "etcd is slow"), metrics]
    shop.routes["/apis/metrics.k8s.io/v1beta1/pods"] = lambda _request: answers.pop(0)
    result = run("record", path, "--server", shop.url, "--count", "3", "--interval", "50ms")
    assert result.code == 5
    assert "failed" in result.err
    (item,) = json.loads(run("recordings", path, "-o", "json").out)["items"]
    assert item["readings"] == 3
    assert run("top", "pods", "-A", "--from", path, "--at", "#3").code == 0
    second = run("top", "pods", "-A", "--from", path, "--at", "#2")
    assert second.code != 0
    assert "etcd is slow" in second.err


def test_a_file_is_private_and_has_one_recorder(run: Run, shop: FakeApi, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    assert run("record", path, "--server", shop.url, "--count", "1").code == 0
    assert Path(path).stat().st_mode & 0o777 == 0o600
    other = Recorder(path, 30)
    second = run("record", path, "--server", shop.url, "--count", "1")
    listed = json.loads(run("recordings", path, "-o", "json").out)["items"][0]["recording"]
    other.close()
    assert (second.code, listed) == (1, "yes")
    assert second.err == f"error: {path} is being recorded by another c3s\nhint: record into another file\n"


def test_a_recording_is_copied_whole(run: Run, file: str, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy.c3s")
    assert run("recordings", file, "--copy", copy).code == 0
    words = ("top", "pods", "-A", "-o", "json", "--from")
    assert run(*words, copy).out == run(*words, file).out
    again = run("recordings", file, "--copy", copy)
    assert (again.code, again.err) == (1, f"error: cannot write {copy}: file exists\n")


def test_names_in_a_recording_are_printed_safely(run: Run, file: str, tmp_path: Path) -> None:
    path = tmp_path / "x.c3s"
    path.write_bytes(Path(file).read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE clusters SET context = 'bad\x1b]0;gone\x07'")
        connection.execute("UPDATE things SET name = 'bad\x1b[2J' WHERE name = 'cp-1'")
        connection.execute("UPDATE sessions SET namespaces = 'bad\x1b[2J', source = 'x\x1b[2J'")
    for words in (["top", "nodes"], ["top", "cluster"], ["top", "pods", "-A"], ["recordings"]):
        result = run(*words, *(["--from"] * (words != ["recordings"])), str(path))
        assert "bad" in result.out + result.err
        assert not {"\x1b", "\x07"} & {*result.out, *result.err}


def test_old_readings_are_dropped_and_the_others_stay_whole(run: Run, file: str, tmp_path: Path) -> None:
    path = tmp_path / "kept.c3s"
    path.write_bytes(Path(file).read_bytes())
    before = run("top", "pods", "-A", "--columns", "all", "-o", "json", "--from", str(path))
    result = run("record", str(path), "--demo-at", "2026-03-02T11:00:30Z", "--count", "1", "--keep", "1m")
    assert result.code == 0
    words = ("top", "pods", "-A", "--columns", "all", "-o", "json", "--from", str(path), "--at", "#4")
    assert run(*words).out == before.out


def test_a_reading_stands_for_two_intervals_at_most(run: Run, file: str) -> None:
    words = ("top", "nodes", "--from", file, "--start", "2026-03-02T09:29:50Z", "--end", TIMES[3])
    items = json.loads(run(*words, "--columns", "cpu.avg,coverage", "-o", "json").out)["items"]
    assert {round(item["coverage"], 1) for item in items if item["cpu"]["avg"] is not None} == {2.4}


def facts(node: str) -> PodFacts:
    return PodFacts("u", node, "", "Running", 0, 1.0, "Burstable", {}, {"cpu": 10**9}, {})


def test_readings_of_one_recorder_keep_what_changed_and_what_later_ones_need(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    pods = {("shop", "stays"): facts("a"), ("shop", "goes"): facts("a")}
    # A source may measure the whole pod, too: its usage is not that of its containers.
    usage = Pod("c", "shop", "stays", 7 * 10**6, 8 << 20, None, "t", "15s", (Container("app", 10**6, 1 << 20),))
    recorder = Recorder(path, 30)
    for number in range(3):
        known = pods if number == 0 else {("shop", "stays"): facts("b")}
        now = begin + timedelta(seconds=30 * number)
        recorder.add([Sample("c", now, "x", [], [usage], None, known, 2)], [], now.timestamp())
    words = ("top", "pods", "-A", "--from", path, "--columns", "name,cpu,memory,node", "--at")
    first = "NAME    CPU(cores)   MEMORY(bytes)   NODE\ngoes    <unknown>    <unknown>       a\n"
    later = "NAME    CPU(cores)   MEMORY(bytes)   NODE\nstays   7m           8Mi             b\n"
    assert run(*words, "#1").out == f"{first}stays   7m           8Mi             a\n"
    assert run(*words, "#3").out == later
    assert recorder.drop_before((begin + timedelta(seconds=60)).timestamp()) == 0
    recorder.close()
    assert run(*words, "#3").out == later


def test_totals_of_what_was_not_measured_are_unknown(tmp_path: Path) -> None:
    path, now = str(tmp_path / "r.c3s"), datetime(2026, 3, 2, tzinfo=UTC)
    recorder = Recorder(path, 30)
    half = Pod("c", "shop", "half", None, 1 << 20, None, "t", "15s", (Container("app", None, 1 << 20),))
    recorder.add([Sample("c", now, "x", [], [half])], [], now.timestamp())
    recorder.close()
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT cpu_nanocores, memory_bytes FROM readings").fetchone()
    assert found == (None, 1 << 20)


def test_the_namespace_that_is_compared_is_said(run: Run, file: str) -> None:
    said = "only namespace default is compared: -A compares all that the recording has\n"
    assert said in run(f"diff {file}@#1 {file}@#2").err
    for more in ("-A", "-n default", "-n team-ml"):
        assert said not in run(f"diff {file}@#1 {file}@#2 {more}").err
    assert said not in run(f"diff nodes {file}@#1 {file}@#2").err
