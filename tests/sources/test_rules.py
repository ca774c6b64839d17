"""Recording rules of kube-prometheus, where the series of containers are dropped; on real engines and a fake one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import engines
from tests.conftest import Run
from tests.engines import DAY, END, missing
from tests.servers import FakeApi, Reply, Request, pod
from tests.sources.test_prometheus import engine, vector
from tests.sources.test_state_metrics import told

CPU = "node_namespace_pod_container:container_cpu_usage_seconds_total"
MEMORY = "node_namespace_pod_container:container_memory_working_set_bytes"
WHERE = {"cluster": "", "namespace": "n", "pod": "p", "node": "a"}


def series(rule: str, *, memory: bool) -> Iterator[Any]:
    """Two containers with half a core and a core; the second from noon on only."""
    for container, cores, start in (("x", 0.5, END - DAY), ("y", 1.0, END - DAY // 2)):
        times = range(start, END + 1, 60)
        labels = {key: value for key, value in {**WHERE, "container": container}.items() if value}
        yield f"{CPU}:{rule}", labels, iter([(when, cores) for when in times])
        if memory:
            yield MEMORY, labels, ((when, float(64 << 20)) for when in times)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["prometheus", "victoria_metrics"])
@pytest.mark.parametrize(("rule", "memory"), [("sum_rate5m", True), ("sum_irate", False)])
def test_rules_serve_where_there_are_no_series(
    run: Run, api: FakeApi, tmp_path: Path, name: str, rule: str, *, memory: bool
) -> None:
    if absent := missing("prometheus", "promtool", "victoria-metrics"):
        pytest.skip(absent)
    start: Callable[..., Any] = getattr(engines, name)
    api.pods(pod("n", "p"))
    used = f"{CPU}:{rule}" + f" and {MEMORY}" * memory
    note = f"note: there are no series of containers: usage comes from the recording rules {used}\n"
    with start(tmp_path, lambda: series(rule, memory=memory)) as url:
        where = f"--from {url} --server {api.url} -o json"
        result = run(f"top pods -A --at 2026-03-02T00:00:00Z --containers {where}")
        assert note in result.err
        rows = {row["name"]: row for row in json.loads(result.out)["items"][0]["containers"]}
        assert {each: row["cpu"]["usage"] for each, row in rows.items()} == {"x": 5 * 10**8, "y": 10**9}
        result = run(f"top pods -A --since 1d --end 2026-03-02 --columns cpu.avg,cpu.max,memory.max {where}")
        assert note in result.err
        (row,) = json.loads(result.out)["items"]
        assert row["cpu"]["avg"] == pytest.approx(10**9, rel=0.01)
        assert row["cpu"]["max"] == pytest.approx(1.5 * 10**9, rel=0.01)
        if memory:
            assert row["memory"]["max"] == 128 << 20


def test_without_rules_nothing_changes(run: Run, api: FakeApi) -> None:
    with FakeApi() as server:
        asked = engine(server, lambda _query, _request: vector())
        result = run(f"top pods -A --from {server.url} --server {api.url}")
    assert (result.code, result.out) == (5, "")
    assert result.err.startswith(
        "No resources found\nwarning: pod metrics could not be read: this Prometheus has no metrics of containers"
    )
    assert sum("sum_rate5m" in query for query in asked) == 1


OWNERS = "namespace_workload_pod:kube_pod_owner:relabel"
SAID = f"note: kube-state-metrics' series of owners are missing: they come from the recording rule {OWNERS}\n"


def ruled(query: str, request: Request) -> Reply | None:
    """Answer without kube_pod_owner: pod p is of a StatefulSet, q of nothing, r of a kind that is not known."""
    if OWNERS in query:
        kinds = (("p", "web", "statefulset"), ("q", "q", "barepod"), ("r", "r", "staticpod"))
        labels = ("pod", "workload", "workload_type")
        return vector(*((dict(zip(labels, each, strict=True)) | {"namespace": "n"}, "1") for each in kinds))
    if "kube_pod_owner" in query:
        return vector()
    if "kube_pod_info" in query:
        return vector(*(({"namespace": "n", "pod": name, "node": "a"}, "1") for name in "pqrs"))
    return told(query, request)


def test_owners_come_from_the_rule_where_their_series_are_missing(run: Run) -> None:
    with FakeApi() as server:
        asked = engine(server, ruled)
        words = f"top pods -A --columns owner --no-headers --from {server.url} --facts source"
        result = run(words)
        assert (result.code, result.err) == (0, SAID)
        assert result.out.split() == ["StatefulSet/web", "<none>", "<unknown>", "<unknown>"]
        assert SAID.strip().removeprefix("note: ") in json.loads(run(f"{words} -o json").out)["metadata"]["remarks"]
        # Where kube-state-metrics has owners, nobody asks for the rule.
        asked.clear()
        engine(server, told)
        assert "StatefulSet" not in run(words).out
        assert not any(OWNERS in query for query in asked)


def test_rules_alone_tell_of_the_pods_that_use_something(run: Run) -> None:
    def only_rules(query: str, request: Request) -> Reply | None:
        if "kube_pod_info" in query:
            return vector()
        if query.startswith("group by (namespace, exported_namespace, pod") and "node_namespace_pod_container" in query:
            return vector(({"namespace": "n", "pod": "p"}, "1"))
        return ruled(query, request)

    with FakeApi() as server:
        engine(server, only_rules)
        result = run(
            f"top pods -A --by owner --columns cpu,cpu.requests --no-headers --from {server.url} --facts source"
        )
    assert (result.code, result.err, result.out.split()) == (0, SAID, ["n", "StatefulSet/web", "250m", "885m"])
