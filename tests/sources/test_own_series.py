"""What c3s has printed as OpenMetrics, read back from a real Prometheus: where there is nothing else, and exactly."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.cli import main
from tests import engines
from tests.conftest import Run
from tests.engines import missing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing("prometheus", "promtool")), reason=missing("prometheus", "promtool")),
]

TIMES = ["2026-03-02T09:30:00Z", "2026-03-02T09:31:00Z", "2026-03-02T09:40:00Z"]
PRINTED = (["nodes"], ["pods", "-A", "--containers"], ["pods", "-n", "team-search"])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Record the demo at three moments."""
    path = str(tmp_path_factory.mktemp("recordings") / "demo.c3s")
    for moment in TIMES:
        assert main(["record", path, "--demo-at", moment, "--count", "1"]) == 0
    return path


def store(directory: Path, texts: list[str]) -> Iterator[str]:
    """Run a Prometheus with blocks that promtool has made of documents of OpenMetrics, one after another."""
    for text in texts:
        (directory / "x.om").write_text(text)
        command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "x.om", "data"]
        subprocess.run(command, check=True, cwd=directory, capture_output=True)
    with engines.prometheus(directory, tuple) as url:
        yield url
    shutil.rmtree(directory)


def printed(run: Run, file: str, *words: str) -> str:
    return run("top", *words, "--from", file, "--series", "-o", "openmetrics").out


@pytest.fixture
def whole(run: Run, file: str, tmp_path: Path) -> Iterator[str]:
    """Run a Prometheus that knows nodes, containers, and the pods of a namespace."""
    yield from store(tmp_path, [printed(run, file, *words) for words in PRINTED])


def usage(run: Run, *words: str) -> dict[Any, Any]:
    """Give the usage of all rows that have some, and of their containers."""
    result = run("top", *words, "--columns", "cpu,memory", "-o", "json")
    items = json.loads(result.out)["items"]
    assert result.code == (0 if items else 5), result.err
    names = ("namespace", "name", "owner")
    return {
        tuple(item.get(name) for name in names): (
            item["cpu"],
            item["memory"],
            [(each["name"], each["cpu"], each["memory"]) for each in item.get("containers", ())],
        )
        for item in items
        if item["memory"]["usage"] is not None
    }


def test_the_usage_of_each_reading_is_read_back_exactly(run: Run, file: str, whole: str) -> None:
    for time in TIMES:
        for words in (["nodes"], ["pods", "-A"], ["pods", "-A", "--containers"], ["pods", "-n", "team-search"]):
            back = usage(run, *words, "--from", whole, "--facts", "source", "--at", time)
            assert back == usage(run, *words, "--from", file, "--at", time), (time, words)
            assert len(back) > 5
    # After a reading, but not so late that there is none.
    words = ["pods", "-A", "--from", whole, "--facts", "source", "--at"]
    assert usage(run, *words, "2026-03-02T09:32:30Z") == usage(run, *words, TIMES[1])
    assert usage(run, *words, "2026-03-02T09:37:00Z") == {}


def test_it_says_what_it_reads_and_that_facts_are_unknown(run: Run, whole: str) -> None:
    words = ("top", "nodes", "--from", whole, "--at", TIMES[0])
    nodes = run(*words, "--facts", "source")
    assert nodes.code == 0
    assert nodes.out.splitlines()[1].split()[2::2] == ["<unknown>", "<unknown>"]
    note = "note: there are no series of cAdvisor: usage is what c3s printed, "
    assert f"{note}c3s_node_cpu_usage_cores and c3s_node_memory_usage_bytes\n" in nodes.err
    pods = run("top", "pods", "-A", *words[2:], "--facts", "source")
    assert f"{note}c3s_container_cpu_usage_cores and c3s_container_memory_usage_bytes\n" in pods.err
    cluster = run("top", "cluster", "-o", "json", *words[2:], "--facts", "source")
    assert cluster.code == 5
    assert json.loads(cluster.out)["items"][0]["pods"]["count"] is None


def test_statistics_and_series_of_them_are_those_of_a_prometheus(run: Run, file: str, whole: str) -> None:
    words = ("pods", "-n", "team-search", "--from", whole, "--facts", "source", "-o", "json")
    steps = ("--start", TIMES[0], "--end", TIMES[1], "--step", "1m")
    maxima = json.loads(run("top", *words, *steps, "--columns", "memory.max").out)["items"]
    nodes = run("top", "nodes", *words[3:], *steps, "--columns", "memory.max,cpu.avg")
    recorded = usage(run, "nodes", "--from", file, "--at", TIMES[1])
    assert {item["name"]: item["memory"]["max"] for item in json.loads(nodes.out)["items"]} == {
        name: memory["usage"] for (_, name, _), (_, memory, _) in recorded.items()
    }
    for item in json.loads(nodes.out)["items"]:
        # Over the five minutes before, which have two readings.
        assert item["cpu"]["avg"] == pytest.approx(recorded[None, item["name"], None][0]["usage"], rel=0.1)
    series = json.loads(run("top", *words, *steps, "--series", "--columns", "memory").out)["items"]
    assert {item["time"] for item in series} == {TIMES[1]}
    known = usage(run, "pods", "-n", "team-search", "--from", file, "--at", TIMES[1])
    assert {item["name"]: item["memory"]["max"] for item in maxima} == {
        name: memory["usage"] for (_, name, _), (_, memory, _) in known.items()
    }


def test_readings_of_several_clusters_are_never_added_up(run: Run, file: str, tmp_path: Path) -> None:
    text = printed(run, file, "pods", "-A")
    for url in store(tmp_path, [text, text.replace('context="demo"', 'context="other"')]):
        words = ("top", "pods", "-A", "--from", url, "--facts", "source", "--at", TIMES[0])
        both = run(*words)
        assert both.code == 1
        assert both.err.startswith(
            "error: this Prometheus has several clusters here, which cannot be added up: "
            'context is "demo", "other"\nhint: choose one with --prometheus-match \'context="demo"\''
        )
        assert run(*words, "--prometheus-match", 'context="other"').code == 0
