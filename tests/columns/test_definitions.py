"""What each source computes for each column: `c3s columns --from`, and that nothing is left out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from c3s_cli.columns.definitions import NOT_KNOWN, PLACED, SIDES, definition_of, documented
from c3s_cli.columns.sources import DEFINED, is_known
from c3s_cli.columns.vocabulary import FITTING, Kind
from tests.conftest import Run


@pytest.mark.parametrize("kind", Kind)
def test_every_source_has_a_definition_and_a_window_for_each_column_that_it_knows(kind: Kind) -> None:
    for column in documented(kind):
        for source in DEFINED:
            found = definition_of(column, kind, source)
            knows = is_known(column, kind, source)
            assert (found is NOT_KNOWN, bool(found.text), bool(found.window)) == (not knows, True, knows), column.name
            assert not {"{", "}"} & set(found.text.replace('{id="/"}', "")), column.name


def test_definition_and_window_stand_beside_the_sources(run: Run) -> None:
    rows = {row["column"]: row for row in json.loads(run("columns pods --from prometheus -o json").out)}
    assert list(rows["cpu.usage"]) == [
        *("of", "column", "alias", "unit", "needs", "sources", "definition", "window", "meaning")
    ]
    shown = {name: (rows[name]["definition"], rows[name]["window"]) for name in ("cpu.usage", "cpu.max", "swap.usage")}
    assert shown == {
        "cpu.usage": (
            (
                "slope of the line through the samples of container_cpu_usage_seconds_total since the container's last "
                "start; unknown: containers with one sample; single containers if the runtime reports pods only"
            ),
            "5m; 15m or 1h if there are fewer than four samples: see window",
        ),
        "cpu.max": (
            "most of the growth of the CPU counters in each window / its length",
            "windows of one --step, but at least 5m and 2.5 scrapes",
        ),
        "swap.usage": ("this source cannot know it", ""),
    }
    assert rows["cpu.requests"]["definition"].endswith(
        "; with --facts source, from kube_pod_container_resource_requests and those of init containers; "
        "unknown: with --facts source, what depends on the order of init containers, and pod-level resources that the "
        "quality of service gives away; other pod-level resources and resizes under way do not show"
    )
    heading, first = run("columns cluster --from kubelet").out.splitlines()[:2]
    assert heading.split() == [
        *("OF", "COLUMN", "ALIAS", "UNIT", "NEEDS", "SOURCES", "DEFINITION", "WINDOW", "MEANING")
    ]
    assert "from the API server" in first


def test_the_page_about_sources_has_a_line_for_every_column() -> None:
    """Each with what all four sources compute; c3s fit reads the API server only."""
    page = Path("docs/sources.md").read_text().partition("## Column by column")[2]
    lines = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    named = {name for first, *cells in lines if len(cells) == 4 for name in re.findall(r"`([^`]+)`", first)}
    kinds = [kind for kind in Kind if kind not in FITTING]
    assert {column.name for kind in kinds for column in documented(kind)} <= named


@pytest.mark.parametrize(
    ("kind", "source", "column", "definition", "window"),
    [
        (
            *("pods", "load.c3s", "cpu.p95"),
            "p95 of the recorded usage, weighted with time; unknown: gaps of readings",
            "the readings of the range, of which each stands for the time since the one before",
        ),
        (
            *("pods", "recording", "memory.usage"),
            "recorded: working set of the containers",
            "the reading: the last scrape of metrics-server",
        ),
        ("pods", "file:load", "oomKills", "this source cannot know it", ""),
        (
            *("rightsize", "prometheus", "memory.max"),
            (
                "max_over_time(container_memory_working_set_bytes) of the replica with the largest; unknown: "
                "containers of pods of which only the whole has series, unless it is the only one"
            ),
            "the range, usually 14d; of each replica its own life in it",
        ),
        ("rightsize", "prometheus", "evidence.from", "start of the range", "the time of the reading"),
        ("pod-changes", "metrics", "cpu.change", "cpu.after - cpu.before", SIDES),
        ("pod-changes", "prometheus", "change", "added, removed or changed", SIDES),
        ("moves", "prometheus", "to", PLACED, "the time of the reading"),
        ("moves", "prometheus", "from", "from the API server", "the time of the reading"),
    ],
)
def test_a_column_of_a_source_is_defined(
    run: Run, kind: str, source: str, column: str, definition: str, window: str
) -> None:
    (row,) = [row for row in json.loads(run(f"columns {kind} --from {source} -o json").out) if row["column"] == column]
    assert (row["definition"], row["window"]) == (definition, window)


def test_a_service_and_an_address_mean_a_prometheus(run: Run) -> None:
    expected = run("columns nodes --from prometheus")
    for source in ("https://prometheus.example?dedup=true", "prometheus:monitoring/p:9090"):
        assert run("columns", "nodes", "--from", source) == expected
    assert run("columns --from x:canary") == (
        2,
        "",
        "error: unknown source in --from\nhint: one of: metrics, kubelet, prometheus, recording, or a URL\n",
    )


def test_swap_in_a_condition_on_a_prometheus_is_an_error(run: Run) -> None:
    result = run("top pods --from http://127.0.0.1:1 --where 'swap.usage > 0'")
    assert (result.code, result.err.splitlines()[0]) == (2, "error: --where: Prometheus does not report swap.usage")
