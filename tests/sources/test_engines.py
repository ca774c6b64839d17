"""Real Prometheus and VictoriaMetrics: statistics of a generated week, computed independently."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pytest

from c3s_cli.model.rows import Container, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.sources.recording.recorder import Recorder
from tests import engines
from tests.conftest import Run
from tests.engines import END, Made, living, missing, pods, points, statistic
from tests.servers import FakeApi, Reply, node, pod

pytestmark = pytest.mark.slow

RANGE = "--since 7d --end 2026-03-02"
ENGINES = {"prometheus": ("prometheus", "promtool"), "victoria-metrics": ("victoria-metrics",)}


def week() -> Iterator[Any]:
    return chain(engines.series(), engines.nodes())


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a real engine that knows the week."""
    why = missing(*ENGINES[request.param])
    if why:
        pytest.skip(why)
    start = engines.prometheus if request.param == "prometheus" else engines.victoria_metrics
    with start(tmp_path_factory.mktemp(request.param), week) as url:
        yield url


@pytest.fixture
def cluster(api: FakeApi) -> FakeApi:
    """Give an API server that knows the pods that run at the end."""
    api.nodes(*(node(f"node-{number}") for number in range(10)))
    api.pods(*map(core_pod, living()))
    sets = sorted({(each.namespace, each.replica_set, each.owner) for each in pods() if each.replica_set})
    items = [
        {"metadata": {"namespace": namespace, "name": name, "ownerReferences": [reference(*owner.split("/"))]}}
        for namespace, name, owner in sets
    ]
    api.routes["/apis/apps/v1/replicasets"] = Reply({"metadata": {}, "items": items})
    api.routes["/apis/batch/v1/jobs"] = Reply({"metadata": {}, "items": []})
    return api


def reference(kind: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "controller": True}


def core_pod(made: Made) -> dict[str, Any]:
    kind, _, name = made.owner.partition("/")
    owner = ("ReplicaSet", made.replica_set) if made.replica_set else (kind, name)
    resources = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
    core = pod(made.namespace, made.name, made.node, owner=owner)
    core["spec"]["containers"] = [{"name": container, "resources": resources} for container in made.containers]
    return core


Ask = Callable[[str], list[Any]]


@pytest.fixture
def ask(run: Run, engine: str, cluster: FakeApi) -> Ask:
    def asked(words: str) -> list[Any]:
        result = run(f"{words} --from {engine} --server {cluster.url} -o json")
        note = (
            "note: samples are 2m0s apart: rates cover 5m0s, and what starts or ends is seen up to 2m0s late\n"
            if RANGE in words
            else ""
        )
        assert (result.code, result.err) == (0, note)
        items: list[Any] = json.loads(result.out)["items"]
        return items

    return asked


def of(owner: str) -> list[Made]:
    """Give the pods of a workload, those that are gone, too."""
    return [each for each in pods() if each.owner == owner]


def close(value: float, expected: float, within: float = 0.01) -> bool:
    return abs(value - expected) <= within * expected


def nanocores(name: str, several: Sequence[Made], container: str | None = None) -> float:
    return 1e9 * statistic(name, points(several, "cpu", container))


def test_workloads_have_the_statistics_of_their_sum(ask: Ask) -> None:
    items = ask(f"top pods -A {RANGE} --by owner --columns cpu.requests,cpu.p95,cpu.max,cpu.avg,memory.max,memory.p50")
    found = {item["owner"]: item for item in items}
    assert len(found) == 18
    for owner, item in found.items():
        several = of(owner)
        alive = [each for each in several if each.end == END]
        assert item["cpu"]["requests"] == 100_000_000 * sum(len(each.containers) for each in alive)
        for name in ("p95", "avg"):
            assert close(item["cpu"][name], nanocores(name, several)), (owner, name)
        # The rate at the edge of an hour is as the engine interpolates it.
        assert close(item["cpu"]["max"], nanocores("max", several), 0.02), owner
        memory = points(several, "memory")
        assert item["memory"]["max"] == statistic("max", memory), owner
        assert close(item["memory"]["p50"], statistic("p50", memory)), owner


def test_the_statistic_of_a_group_is_not_the_sum_of_those_of_its_members(ask: Ask) -> None:
    (item,) = ask(f"top pods -A {RANGE} --by owner --where 'owner = StatefulSet/db-3' --columns cpu.max,cpu.p95")
    several = of("StatefulSet/db-3")
    assert close(item["cpu"]["max"], nanocores("max", several), 0.02)
    assert nanocores("max", several) < 0.9 * sum(nanocores("max", [each]) for each in several)


def test_a_rollout_counts_with_the_pods_that_are_gone(ask: Ask) -> None:
    (item,) = ask(f"top pods -A {RANGE} --by owner --where 'owner = Deployment/web-7' --columns cpu.avg,cpu.min")
    several = of("Deployment/web-7")
    assert len(several) == 8
    assert close(item["cpu"]["avg"], nanocores("avg", several))
    living_only = [each for each in several if each.end == END]
    assert not close(nanocores("avg", several), nanocores("avg", living_only))


def test_pods_and_containers_have_their_own(ask: Ask) -> None:
    items = ask(
        f"top pods -A {RANGE} --where 'namespace = team-0' --containers "
        "--columns cpu.p95,cpu.max,memory.p99,memory.maxPercentOfLimits"
    )
    made = {each.name: each for each in living() if each.namespace == "team-0"}
    assert {item["name"] for item in items} == set(made)
    for item in items:
        one = made[item["name"]]
        assert close(item["cpu"]["p95"], nanocores("p95", [one]))
        assert close(item["memory"]["p99"], statistic("p99", points([one], "memory")))
        limit = 128 * len(one.containers) << 20
        assert item["memory"]["maxPercentOfLimits"] == 100 * max(points([one], "memory")) / limit
        assert [box["name"] for box in item["containers"]] == sorted(one.containers)
        for box in item["containers"]:
            assert close(box["cpu"]["max"], nanocores("max", [one], box["name"]), 0.02)


def test_namespaces_nodes_and_the_cluster_are_sums_over_time(ask: Ask) -> None:
    for item in ask(f"top pods -A {RANGE} --by namespace"):
        several = [each for each in pods() if each.namespace == item["namespace"]]
        for name in ("avg", "p95", "max"):
            assert close(item["cpu"][name], nanocores(name, several), 0.02), item["namespace"]
    found = {item["name"]: item["cpu"] for item in ask(f"top nodes {RANGE}")}
    system = 1e8
    for number in range(10):
        several = engines.on_node(number)
        for name in ("avg", "p95", "max"):
            assert close(found[f"node-{number}"][name], nanocores(name, several) + system)
    (whole,) = ask(f"top cluster {RANGE} --columns cpu.p95,cpu.p95PercentOfAllocatable")
    every = [each for number in range(10) for each in engines.on_node(number)]
    assert close(whole["cpu"]["p95"], nanocores("p95", every) + 10 * system)
    assert close(whole["cpu"]["p95PercentOfAllocatable"], whole["cpu"]["p95"] / 40e9 * 100)
    assert whole["cpu"]["p95"] < sum(cpu["p95"] for cpu in found.values())


def test_a_moment_of_the_past_is_what_was_used_then(ask: Ask) -> None:
    when = END - 12 * 3600 + 1200
    items = ask("top pods -A --at 2026-03-01T12:20:00Z --containers")
    assert len(items) == len(living()) == 73
    for item in items:
        one = next(each for each in living() if each.name == item["name"])
        hour = (when - (END - engines.WEEK)) // 3600
        for box in item["containers"]:
            assert close(box["cpu"]["usage"], 1e9 * engines.cores(one, box["name"], hour), 0.001)
            assert box["memory"]["usage"] == engines.held(one, box["name"], hour)
        assert item["timestamp"] == "2026-03-01T12:20:00Z"


def test_statistics_select_sort_and_judge(run: Run, engine: str, cluster: FakeApi) -> None:
    where = f"--from {engine} --server {cluster.url} {RANGE}"
    result = run(f"top pods -A {where} --by owner --where 'memory.max > 120Mi' --sort-by cpu.p95 --limit 3 -o csv")
    lines = result.out.splitlines()
    assert lines[0].endswith("cpu.avg,cpu.p95,cpu.max,memory.avg,memory.p95,memory.max")
    chosen = [each for each in living() if max(points([each], "memory")) > 120 << 20]
    by_owner: dict[str, list[Made]] = {}
    for each in chosen:
        by_owner.setdefault(each.owner, []).append(each)
    highest = max(by_owner, key=lambda owner: nanocores("p95", by_owner[owner]))
    assert highest in lines[1]
    words = "--where 'namespace = data' --fail-if 'memory.maxPercentOfLimits > 80' --columns memory.max"
    judged = run(f"top pods -A {where} {words}")
    hot = [each for each in living() if each.namespace == "data" and max(points([each], "memory")) > 0.8 * (128 << 20)]
    assert judged.code == 3
    assert f"\n--fail-if: {len(hot)} rows matched: " in judged.err


SPARSE = "note: samples are 20m0s apart: rates cover 1h0m0s, and what starts or ends is seen up to 20m0s late\n"


def test_a_limit_of_the_engine_splits_the_query(
    run: Run, cluster: FakeApi, tmp_path_factory: pytest.TempPathFactory
) -> None:
    why = missing(*ENGINES["victoria-metrics"])
    if why:
        pytest.skip(why)
    directory = tmp_path_factory.mktemp("limited")
    with engines.victoria_metrics(directory, lambda: engines.series(1200), "-search.maxUniqueTimeseries=15") as url:
        where = f"{RANGE} --step 1h --from {url} --server {cluster.url} -o json"
        result = run(f"top pods -A --columns cpu.max {where}")
        said = "--step is how finely the range is read: --series prints a row for each step\n"
        assert (result.code, result.err) == (0, f"{said}{SPARSE}")
        assert len(json.loads(result.out)["items"]) == 77
        assert all(item["cpu"]["max"] for item in json.loads(result.out)["items"])
        # Too large even for one namespace: the points of its sum are added up by c3s.
        columns = "cpu.avg,cpu.p95,memory.p50,memory.max,memory.avg"
        result = run(f"top pods -A --by namespace --sum --columns {columns} {where}")
    assert (result.code, result.err) == (0, f"{said}{SPARSE}")
    document = json.loads(result.out)
    hours = range(END - engines.WEEK + 3600, END + 1, 3600)
    for item in (*document["items"], document["totals"]):
        several = [each for each in pods() if item.get("namespace", each.namespace) == each.namespace]
        held = [sum(each_held(one, when) for one in several if one.start <= when <= one.end) for when in hours]
        for name in ("p50", "max", "avg"):
            assert close(item["memory"][name], statistic(name, held), 0.004), (item.get("namespace"), name)
        for name in ("avg", "p95"):
            assert close(item["cpu"][name], nanocores(name, several), 0.03), (item.get("namespace"), name)


def each_held(made: Made, when: int) -> float:
    hour = min((when - END + engines.WEEK) // 3600, 167)
    return float(sum(engines.held(made, container, hour) for container in made.containers))


# --- a recording of the same days ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Record the last two days as `c3s record --interval 5m` would have."""
    path = str(tmp_path_factory.mktemp("recordings") / "days.c3s")
    recorder = Recorder(path, engines.STEP)
    for when in range(END - 2 * engines.DAY, END + 1, engines.STEP):
        made = [each for each in pods() if each.start + engines.STEP <= when <= each.end]
        facts = {(each.namespace, each.name): recorded_facts(each) for each in made}
        rows = [recorded_pod(each, when) for each in made]
        recorder.add([Sample("c", datetime.fromtimestamp(when, UTC), "x", [], rows, {}, facts, len(rows))], [], when)
    recorder.close()
    return path


def recorded_facts(made: Made) -> PodFacts:
    return PodFacts("u", made.node, made.owner, "Running", 0, 1.0, "Burstable", {}, {}, {})


def recorded_pod(made: Made, when: int) -> Pod:
    containers = []
    for name in made.containers:
        before, after = engines.counters(made, name, (when - engines.STEP, when))
        (memory,) = engines.memories(made, name, [when])
        containers.append(Container(name, round((after - before) * 10**9 / engines.STEP), int(memory)))
    cpu, held = (sum(getattr(each, of) or 0 for each in containers) for of in ("cpu_nanocores", "memory_bytes"))
    return Pod("c", made.namespace, made.name, cpu, held, None, "t", "5m0s", tuple(containers))


@pytest.mark.parametrize("by", [[], ["--by", "owner"], ["--by", "namespace"]], ids=["pods", "owners", "namespaces"])
def test_a_recording_of_the_same_days_has_the_same_statistics(
    run: Run, engine: str, cluster: FakeApi, recording: str, by: list[str]
) -> None:
    columns = "cpu.avg,cpu.p50,cpu.p95,cpu.max,memory.avg,memory.p95,memory.min,memory.max"
    words = ("top", "pods", "-A", *by, "--since", "2d", "--end", "2026-03-02", "--columns", columns, "-o", "json")

    def shown(*source: str) -> dict[Any, Any]:
        items = json.loads(run(*words, "--from", *source).out)["items"]
        return {tuple(each.get(key) for key in ("namespace", "owner", "name")): each for each in items}

    stored, recorded = shown(engine, "--server", cluster.url), shown(recording)
    assert len(stored) == len(recorded) > 5
    for key, row in stored.items():
        for resource in ("cpu", "memory"):
            for name, value in row[resource].items():
                assert abs(recorded[key][resource][name] - value) <= 0.01 * value, (key, resource, name)
