"""The demo's Prometheus: real engines with its samples, and its metrics API, give the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from c3s_cli.demo.server import DemoServer, start
from tests import engines
from tests.conftest import AT, Run
from tests.demo.promql import BASE, query
from tests.demo.test_kubelet import scraped
from tests.sources.test_engines import ENGINES

pytestmark = pytest.mark.slow

NOW = int(datetime.fromisoformat(AT).timestamp())
# Those that answer while the other demo ticks.
NODES = ("cp-1", "general-1", "gpu-1", "memory-1", "spot-1")
# What c3s asks for, and for how long.
USAGE = ("container_cpu_usage_seconds_total", "container_memory_working_set_bytes")
COUNTED = (
    "container_cpu_cfs_throttled_periods_total",
    "container_cpu_cfs_periods_total",
    "container_oom_events_total",
    "kube_pod_container_status_last_terminated_reason",
)
FACTS = (
    *(f"kubelet_volume_stats_{what}" for what in ("used_bytes", "capacity_bytes", "inodes_used", "inodes")),
    *(f"kube_node_{what}" for what in ("info", "labels", "status_allocatable", "status_capacity")),
    *(f"kube_node_{what}" for what in ("status_condition", "spec_unschedulable", "spec_taint", "role", "created")),
    *(f"kube_pod_{what}" for what in ("info", "owner", "status_phase", "container_info", "created", "labels")),
    *(f"kube_pod_{kind}container_resource_{what}" for kind in ("", "init_") for what in ("requests", "limits")),
    "kube_pod_init_container_info",
    *("kube_pod_overhead_cpu_cores", "kube_pod_overhead_memory_bytes", "kube_pod_status_qos_class"),
    "kube_pod_container_status_restarts_total",
    "kube_pod_container_status_waiting_reason",
    "kube_pod_spec_volumes_persistentvolumeclaims_info",
    "kube_replicaset_owner",
    "kube_job_owner",
)
MACHINES = ("node_cpu_seconds_total", "node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes")
RANGES = {**dict.fromkeys(MACHINES, "70m"), **dict.fromkeys((*USAGE, *COUNTED), "70m"), **dict.fromkeys(FACTS, "2m")}


def stored(server: DemoServer) -> Iterator[Any]:
    """Give what the demo's Prometheus has scraped."""
    for name, window in RANGES.items():
        for one in query(server, f"{name}[{window}]"):
            labels = {label: value for label, value in one["metric"].items() if label != "__name__"}
            yield name, {**labels, "cluster": "demo"}, ((time, float(value)) for time, value in one["values"])


def scraped_as_often_as_metrics_server_does(server: DemoServer) -> Iterator[Any]:
    """Give what the /metrics/resource of some kubelets says at five ticks."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[int, float]]] = {}
    for tick in range(5):
        if tick:
            server.move(15)
        for node in NODES:
            for name, values in scraped(server, node).items():
                for values_of_labels, (value, millis) in values.items():
                    box = dict(zip(("container", "namespace", "pod"), values_of_labels, strict=False))
                    key = name, tuple({**box, "node": node, "job": "resource", "cluster": "often"}.items())
                    if millis:
                        found.setdefault(key, []).append((millis // 1000, value))
    for (name, labels), samples in sorted(found.items()):
        yield name, dict(labels), samples


@pytest.fixture(scope="module")
def ticking() -> Iterator[DemoServer]:
    """Give a demo that is at AT when it has been scraped."""
    with start(at="2026-03-02T09:29:00Z", pace=0) as server:
        yield server


@pytest.fixture(scope="module")
def samples(demo_server: DemoServer, ticking: DemoServer) -> list[Any]:
    every = [*stored(demo_server), *scraped_as_often_as_metrics_server_does(ticking)]
    return [(name, labels, list(values)) for name, labels, values in every]


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, samples: list[Any]
) -> Iterator[str]:
    why = engines.missing(*ENGINES[request.param])
    if why:
        pytest.skip(why)
    run = engines.prometheus if request.param == "prometheus" else engines.victoria_metrics
    with run(tmp_path_factory.mktemp(request.param), lambda: samples) as url:
        yield url


def document(run: Run, words: str) -> Any:
    result = run(f"{words} -o json")
    assert result.code == 0, result.err
    return json.loads(result.out)


def differences(mine: Any, theirs: Any, within: float, where: str = "") -> Iterator[str]:
    """Give what differs in two documents, numbers by more than a part of them."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in sorted({*mine, *theirs}):
            yield from differences(mine.get(key), theirs.get(key), within, f"{where}.{key}")
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for place, both in enumerate(zip(mine, theirs, strict=True)):
            name = both[0].get("name", place) if isinstance(both[0], dict) else place
            yield from differences(*both, within, f"{where}[{name}]")
    elif isinstance(mine, int | float) and isinstance(theirs, int | float):
        if abs(mine - theirs) > within * abs(theirs):
            yield f"{where}: {mine} {theirs}"
    elif mine != theirs:
        yield f"{where}: {mine} {theirs}"


@pytest.mark.parametrize(
    ("words", "within"),
    [
        ("top nodes --at T", 0.003),
        ("top pods -A --at T --containers", 0.0001),
        ("top pods -A --at T --columns cpu,memory,cpu.requests,owner,node --facts source", 0.0001),
        ("top nodes --at T --columns default,pool,zone,status,taints --facts source", 0.003),
        ("top volumes -A --at T", 0.0001),
        # Points that are no scrapes: whether a range takes in its first moment depends on the version.
        ("top nodes --since 1h --end T --step 77s", 0.01),
        ("top cluster --since 1h --end T --step 77s --columns cpu.avg,cpu.p95,memory.max", 0.01),
        ("top pods -n team-search --since 1h --end T --step 77s --columns cpu.avg,cpu.p50,cpu.max,memory.p95", 0.02),
        ("top pods -A --since 1h --end T --step 77s --by namespace --columns cpu.avg,cpu.p99,memory.max", 0.02),
        ("top pods -n default --since 1h --end T --step 77s --by owner --columns cpu.p95,memory.max", 0.02),
        ("top pods -n team-search --since 1h --end T --columns throttled,oomKills,volumes.used", 0.05),
    ],
)
def test_the_demo_answers_as_a_real_engine_with_its_samples(
    run: Run, demo_server: DemoServer, engine: str, words: str, within: float, request: pytest.FixtureRequest
) -> None:
    words = words.replace(" T", f" {AT}")
    # VictoriaMetrics takes the sample before a window in, and does not extrapolate.
    within = within if "prometheus" in request.node.callspec.id else max(within, 0.06)
    proxy = BASE.removesuffix("/api/v1")
    said = document(run, f"{words} --server {demo_server.url} --from {demo_server.url}{proxy}")
    chosen = ["--from", engine, "--prometheus-match", 'cluster="demo"']
    result = run(*words.split(), *("--server", demo_server.url, "-o", "json"), *chosen)
    assert result.code == 0, result.err
    theirs = json.loads(result.out)
    for one in (said, theirs):
        for item in (*one["items"], *([one["totals"]] if one["totals"] else [])):
            item.pop("context", None)
        one.pop("metadata")
    assert said["items"]
    assert list(differences(said, theirs, within)) == []


def test_a_real_engine_tells_what_the_metrics_api_tells(run: Run, ticking: DemoServer, engine: str) -> None:
    chosen = ("--from", engine, "--prometheus-match", 'job="resource"', "--at", AT)
    for words in ("top nodes", "top pods -A --containers"):
        result = run(*words.split(), *chosen, "--server", ticking.url, "-o", "json")
        assert (result.code, result.err) == (0, "")
        said = {tuple(map(item.get, ("namespace", "name"))): item for item in json.loads(result.out)["items"]}
        theirs = document(run, f"{words} --server {ticking.url}")["items"]
        compared = 0
        for item in theirs:
            mine = said.pop((item.get("namespace"), item["name"]), None)
            if mine is None or mine["cpu"]["usage"] is None:
                continue
            compared += 1
            for each in (item, mine):
                for key in ("context", "timestamp", "window"):
                    each.pop(key)
            assert list(differences(mine, item, 0.2)) == []
        # The one is of the last quarter of a minute, the other of all of it. What has only just begun has no rate yet.
        assert {item["cpu"]["usage"] for item in said.values()} <= {None}
        assert compared == 5 if words == "top nodes" else compared > 40
