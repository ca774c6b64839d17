"""--series: every reading of a range, one after another; each has the rows that it has alone."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from c3s_cli.cli import main
from c3s_cli.demo.server import start
from c3s_cli.model.rows import Node, NodeFacts, Pod, PodFacts
from c3s_cli.model.sample import WHOLE, Failure, Sample
from c3s_cli.sources.recording.recorder import Recorder
from tests.conftest import AT, Run
from tests.engines import missing

READINGS = 6


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Record a demo in which pods come and go; its clock moves on between the readings."""
    path = str(tmp_path_factory.mktemp("series") / "demo.c3s")
    chance = random.Random(30)  # noqa: S311  a repeatable choice
    with start(at=AT, pace=0) as server:
        for _ in range(READINGS):
            assert main(["record", path, "--server", server.url, "--count", "1"]) == 0
            server.move(chance.randrange(20, 60))
    return path


NODES = [["-l", "topology.kubernetes.io/zone"], ["--by", "pool"], ["--columns", "all"], ["--where", "cpu% > 20"]]
PODS = [
    ["-n", "team-*"],
    ["-l", "app=api"],
    ["--containers"],
    ["--by", "owner"],
    ["--columns", "cpu,memory.usagePercentOfLimits,restarts,age,status"],
    ["--where", "cpu > 100m"],
    ["--sort-by", "memory", "--limit", "3"],
]


@pytest.mark.parametrize("seed", range(8))
def test_each_reading_has_the_rows_that_it_has_alone(run: Run, file: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  a repeatable choice
    kind, flags = chance.choice([("nodes", NODES), ("pods", PODS), ("pods", PODS), ("cluster", [["--columns", "all"]])])
    words = ["top", kind, *chain(*chance.sample(flags, chance.randrange(2))), "--from", file, "-o", "json"]
    if kind == "pods" and "-n" not in words:
        words.append("-A")
    document = json.loads(run(*words, "--series").out)
    rows: dict[str, list[Any]] = {}
    for item in document["items"]:
        assert next(iter(item)) == "time"
        rows.setdefault(item.pop("time"), []).append(item)
    assert len(rows) == document["metadata"]["readings"] == READINGS
    assert [*rows] == sorted(rows)
    assert (document["metadata"]["start"], document["metadata"]["end"]) == (min(rows), max(rows))
    for time, items in rows.items():
        assert items == json.loads(run(*words, "--at", time).out)["items"], time
    if kind == "pods" and len(words) < 8:
        names = [{item.get("name", item.get("owner")) for item in items} for items in rows.values()]
        assert any(some != names[0] for some in names), "no pod came or went"


def test_a_cluster_has_one_line_for_each_reading(run: Run, file: str) -> None:
    words = ("top", "cluster", "--from", file, "-o", "wide")
    heading, *lines = run(*words, "--series").out.splitlines()
    assert heading.split()[:4] == ["TIME", "CONTEXT", "NODES", "CPU(cores)"]
    assert heading.split()[-1] == "NVIDIA.COM/GPU-SCHEDULABLE-FREE"
    assert [line.split()[0] for line in lines] == sorted({line.split()[0] for line in lines})
    assert len(lines) == READINGS


# --- readings whose every value is known ------------------------------------------------------------------------------

BEGIN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def reading(number: int, *pods: Pod) -> Sample:
    facts = {
        (each.namespace, each.name): PodFacts("u", "n1", "", "Running", number, 1.0, "Burstable", {}, {}, {})
        for each in pods
    }
    return Sample("c", BEGIN + timedelta(seconds=30 * number), "x", [], pods, {}, facts, len(pods))


def used(name: str, millicores: int) -> Pod:
    return Pod("c", "shop", name, millicores * 10**6, 10 << 20, None, "2026-03-02T09:29:50Z", "15s")


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """Record a pod with a short name that goes, a reading that fails, and a pod with a long name that comes."""
    path = str(tmp_path / "shop.c3s")
    recorder = Recorder(path, 30)
    recorder.add([reading(0, used("a", 20))], [], 0)
    recorder.add([], [Failure("c", WHOLE, "etcd is slow")], (BEGIN + timedelta(seconds=30)).timestamp())
    recorder.add([reading(2, used("a", 40))], [], 0)
    recorder.add([reading(3, used("a-long-name", 30))], [], 0)
    recorder.close()
    return path


def test_a_table_is_as_wide_as_the_longest_cell_of_all_readings(run: Run, shop: str) -> None:
    result = run("top", "pods", "-n", "shop", "--from", shop, "--series")
    assert result.out == (
        "TIME                   NAME          CPU(cores)   MEMORY(bytes)\n"
        "2026-03-02T09:30:00Z   a             20m          10Mi\n"
        "2026-03-02T09:31:00Z   a             40m          10Mi\n"
        "2026-03-02T09:31:30Z   a-long-name   30m          10Mi\n"
    )
    assert result.err == (
        "usage of 4 readings from 2026-03-02T09:30:00Z to 2026-03-02T09:31:30Z\n"
        "warning: cluster could not be read: the reading failed: etcd is slow\n"
    )
    assert result.code == 5


def test_a_range_has_its_own_readings(run: Run, shop: str) -> None:
    words = ("top", "pods", "-A", "--from", shop, "--series", "-o", "csv", "--columns", "cpu")
    later = "time,namespace,name,cpu.usage\n2026-03-02T09:31:00Z,shop,a,40000000\n"
    last = "2026-03-02T09:31:30Z,shop,a-long-name,30000000\n"
    assert run(*words, "--start", "2026-03-02T09:30:30Z").out == later + last
    assert run(*words, "--start", "2026-03-02T09:30:01Z", "--end", "2026-03-02T09:31:01Z").out == later
    assert run(*words, "--since", "1m").out == later + last
    nothing = run(*words, "--start", "2026-03-02T08:00:00Z", "--end", "2026-03-02T09:00:00Z")
    assert (nothing.code, nothing.err) == (
        1,
        f"error: {shop} has no reading of c from 2026-03-02T08:00:00Z to 2026-03-02T09:00:00Z\n",
    )


def test_the_time_comes_first_whatever_columns_are_named(run: Run, shop: str) -> None:
    words = ("top", "pods", "-A", "--from", shop, "--series", "--columns", "cpu,name,memory", "--where", "cpu > 30m")
    assert run(*words).out == (
        "TIME                   CPU(cores)   NAME   MEMORY(bytes)\n2026-03-02T09:31:00Z   40m          a      10Mi\n"
    )
    assert run(*words, "-o", "tsv").out == (
        "time\tcpu.usage\tname\tmemory.usage\n2026-03-02T09:31:00Z\t40000000\ta\t10485760\n"
    )


def test_families_of_open_metrics_stand_in_one_piece_and_have_the_times_of_the_readings(run: Run, shop: str) -> None:
    words = ("top", "pods", "-A", "--from", shop, "--series", "-o", "openmetrics", "--columns", "cpu,restarts,status")
    lines = run(*words).out.splitlines()
    assert [line for line in lines if not line.startswith("# HELP")] == [
        "# TYPE c3s_pod_cpu_usage_cores gauge",
        "# UNIT c3s_pod_cpu_usage_cores cores",
        'c3s_pod_cpu_usage_cores{context="c",namespace="shop",pod="a"} 0.020000000 1772443800',
        'c3s_pod_cpu_usage_cores{context="c",namespace="shop",pod="a"} 0.040000000 1772443860',
        'c3s_pod_cpu_usage_cores{context="c",namespace="shop",pod="a-long-name"} 0.030000000 1772443890',
        "# TYPE c3s_pod_restarts gauge",
        'c3s_pod_restarts{context="c",namespace="shop",pod="a"} 0 1772443800',
        'c3s_pod_restarts{context="c",namespace="shop",pod="a"} 2 1772443860',
        'c3s_pod_restarts{context="c",namespace="shop",pod="a-long-name"} 3 1772443890',
        "# TYPE c3s_pod_info gauge",
        'c3s_pod_info{context="c",namespace="shop",pod="a",status="Running"} 1 1772443800',
        'c3s_pod_info{context="c",namespace="shop",pod="a",status="Running"} 1 1772443860',
        'c3s_pod_info{context="c",namespace="shop",pod="a-long-name",status="Running"} 1 1772443890',
        "# EOF",
    ]


def test_a_reading_that_is_not_later_than_the_one_before_is_no_sample_of_a_store(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "back.c3s")
    recorder = Recorder(path, 30)
    for number in (1, 1, 0, 2):
        recorder.add([reading(number, used("a", 10 + number))], [], 0)
    recorder.close()
    words = ("top", "pods", "-A", "--from", path, "--series", "--columns", "cpu", "-o")
    times = [line.split()[-1] for line in run(*words, "openmetrics").out.splitlines() if line[0] != "#"]
    assert times == ["1772443830", "1772443860"]
    assert len(run(*words, "csv").out.splitlines()) == 1 + 4


def test_a_named_pod_is_shown_as_long_as_it_lives(run: Run, shop: str) -> None:
    result = run("top", "pods", "a", "-n", "shop", "--from", shop, "--series", "--no-headers")
    assert [line.split()[1] for line in result.out.splitlines()] == ["a", "a"]
    never = run("top", "pods", "b", "-n", "shop", "--from", shop, "--series")
    assert (never.code, never.out, never.err) == (1, "", 'Error from server (NotFound): pods "b" not found\n')


def test_all_readings_have_the_columns_of_the_first(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "r.c3s")
    recorder = Recorder(path, 30)
    for number, amounts in enumerate([{"cpu": 4 * 10**9}, {"cpu": 4 * 10**9, "example.com/gpu": 1}]):
        sample = reading(number, used("a", 20))
        facts = {"n1": NodeFacts("n1", amounts, amounts, None)}
        recorder.add([structs.replace(sample, nodes=[Node("c", "n1", 1, 1)], node_facts=facts)], [], 0)
    recorder.close()
    words = ("top", "cluster", "--from", path, "--columns", "wide", "-o", "csv")
    assert "example.com/gpu" in run(*words).out
    heading, *lines = run(*words, "--series").out.splitlines()
    assert "example.com/gpu" not in heading
    assert [line.count(",") for line in lines] == [heading.count(",")] * 2


def test_clusters_that_have_a_reading_are_shown_in_it(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "two.c3s")
    recorder = Recorder(path, 30)
    first, second = reading(0, used("a", 20)), reading(1, used("a", 30))
    recorder.add([first], [], 0)
    recorder.add([second, structs.replace(second, context="d")], [], 0)
    recorder.add([second], [Failure("d", WHOLE, "no answer")], BEGIN.timestamp() + 60)
    recorder.close()
    result = run("top", "pods", "-A", "--from", path, "--series", "-o", "csv", "--columns", "context,cpu")
    assert result.out.splitlines()[1:] == [
        "2026-03-02T09:30:00Z,c,20000000",
        "2026-03-02T09:30:30Z,c,30000000",
        "2026-03-02T09:30:30Z,d,30000000",
        "2026-03-02T09:31:00Z,c,30000000",
    ]
    assert (result.code, result.err.splitlines()[0].split(";")[0]) == (5, "warning: d: the reading failed: no answer")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (
            "top nodes",
            "--series goes with --from prometheus, --from URL or --from FILE\nhint: no other source has history",
        ),
        ("top nodes --from kubelet", "--series goes with --from prometheus, --from URL or --from FILE"),
        ("top nodes --from prometheus", "--series from a Prometheus goes with --since or --start"),
        ("top nodes --from x.c3s --at -1h", "only one of --at or --series can be provided"),
        ("top nodes --from x.c3s -o yaml", "--series does not go with -o yaml"),
        ("top nodes --from x.c3s -o openmetrics --no-timestamps", "--no-timestamps does not go with --series"),
        (
            "top nodes --from x.c3s --sum",
            (
                "--sum goes with one reading, not with --series\n"
                "hint: --by prints sums, such as --by namespace; c3s top cluster has the whole"
            ),
        ),
        ("top nodes --from x.c3s --fail-if cpu>1", "--fail-if goes with one reading, not with --series"),
        (
            "top nodes --from x.c3s --columns cpu.p95",
            "cpu.p95 is a statistic over time, and --series shows each reading",
        ),
    ],
)
def test_what_does_not_go_with_a_series_is_refused(run: Run, words: str, problem: str) -> None:
    result = run(*words.split(), "--series")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {problem}")


def test_a_prometheus_has_a_row_for_every_step(demo: Run) -> None:
    words = ("top", "pods", "-n", "team-search", "--from", "prometheus", "-o", "json")
    series = demo(*words, "--series", "--since", "10m", "--step", "5m")
    items = json.loads(series.out)["items"]
    for time in ("2026-03-02T09:25:00Z", AT):
        mine = [{**item} for item in items if item["time"] == time]
        assert [item.pop("time") for item in mine] == [time] * len(mine)
        assert mine == json.loads(demo(*words, "--at", time).out)["items"]
    assert (series.code, {item["time"] for item in items}) == (0, {"2026-03-02T09:25:00Z", AT})
    said = "restarts is of now: --facts source has what Prometheus knows of then\n"
    states = [*words[:-1], "csv", "--columns", "restarts", "--series", "--since", "10m", "--step", "5m"]
    assert (said in demo(*states).err, said in series.err) == (True, False)


def test_readings_without_rows_are_counted(demo: Run) -> None:
    result = demo(
        "top pods -n team-checkout --workload Deployment/cart --series --since 1d --step 6h --from prometheus"
    )
    assert {line.split()[0] for line in result.out.splitlines()[1:]} == {"2026-03-02T03:30:00Z", "2026-03-02T09:30:00Z"}
    assert result.err == (
        "usage of 4 readings from 2026-03-01T15:30:00Z to 2026-03-02T09:30:00Z\nnote: 2 of 4 readings have no rows\n"
    )


@pytest.mark.process
@pytest.mark.skipif(bool(missing("promtool")), reason=missing("promtool"))
def test_promtool_makes_blocks_of_a_recording(run: Run, file: str, tmp_path: Path) -> None:
    text = tmp_path / "r.om"
    words = ("top", "pods", "-A", "--from", file, "--series", "-o", "openmetrics")
    text.write_text(run(*words, "--columns", "all", "--containers").out)
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(tmp_path / "data")]
    made = subprocess.run(command, check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    samples = sum(line[0] != "#" for line in text.read_text().splitlines())
    assert str(samples) in made.stdout.split()


def test_a_step_without_a_curve_names_the_flag_for_one(demo: Run) -> None:
    note = "--step is how finely the range is read: --series prints a row for each step\n"
    words = "top pods --from prometheus --since 10m --step 5m"
    assert note in demo(words).err
    assert note not in demo(f"{words} --series").err
    assert note not in demo("top pods --from prometheus --since 10m").err
