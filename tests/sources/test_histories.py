"""Recommendations from generated histories equal those that are computed from the same samples, whatever the source."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from c3s_cli.model.container_states import ContainerStates
from c3s_cli.model.rows import Container, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.sources.recording.recorder import Recorder
from tests import engines
from tests.conftest import Run
from tests.engines import END, HOUR, MEBIBYTE, missing, quantile
from tests.patience import PATIENT
from tests.servers import FakeApi, Reply, pod

pytestmark = pytest.mark.slow

BEGIN = END - 72 * HOUR
RANGE = "--since 3d --end 2026-03-02"
SCRAPE, READING, MINUTES = 60, 300, 300
MILLI = 10**6
KILL = BEGIN + 48 * HOUR


class Life(NamedTuple):
    """A pod from `start` to `end`, in hours of the range, and what it uses: in millicores and mebibytes, by the hour.

    burst: in its first five minutes. gap: hours without data. killed: when it ran out of memory.
    """

    owner: str
    name: str
    start: float
    end: float
    cpu: Callable[[int], int]
    memory: Callable[[int], int]
    burst: int = 0
    gap: tuple[int, int] = (0, 0)
    killed: int = 0

    @property
    def times(self) -> list[int]:
        """When it is scraped."""
        return _times(self)

    def cores(self, when: int) -> float:
        """CPU in the second before a time."""
        begin = BEGIN + round(self.start * HOUR)
        milli = self.burst if self.burst and when <= begin + MINUTES else self.cpu((when - 1 - BEGIN) // HOUR)
        return milli / 1000

    def held(self, when: int) -> int:
        """Memory at a time, in bytes."""
        return self.memory((when - 1 - BEGIN) // HOUR) * MEBIBYTE


@cache
def _times(life: Life) -> list[int]:
    begin, end = (BEGIN + round(hours * HOUR) for hours in (life.start, life.end))
    hidden = range(BEGIN + life.gap[0] * HOUR + 1, BEGIN + life.gap[1] * HOUR)
    return [when for when in range(begin, end + 1, SCRAPE) if when not in hidden]


def wave(low: int, step: int, of: int) -> Callable[[int], int]:
    return lambda hour: low + step * (hour * 7 % of)


def later(peak: int) -> Callable[[int], int]:
    """Use most for one hour, long after the start: neither a percentile nor a limit depends on it."""
    usual = wave(120, 5, 7)
    return lambda hour: peak if hour == 50 else usual(hour)


LIVES = (
    Life("Deployment/web", "web-6f5d8c9b7-bbbbb", 0, 36, wave(60, 20, 11), wave(200, 7, 13)),
    Life("Deployment/web", "web-6f5d8c9b7-ccccc", 0, 36, wave(90, 20, 11), wave(230, 7, 13)),
    Life("Deployment/web", "web-7c4b9d6f8-ddddd", 36, 72, wave(70, 20, 11), wave(210, 7, 13), killed=KILL),
    Life("Deployment/web", "web-7c4b9d6f8-fffff", 36, 72, wave(80, 20, 11), wave(220, 7, 13)),
    Life("StatefulSet/db", "db-0", 0, 72, wave(130, 9, 17), wave(600, 11, 19)),
    Life("Deployment/hour", "hour-7d9fbc6b4-bbbbb", 0, 72, wave(30, 1, 5), wave(100, 1, 5)),
    Life("Deployment/hour", "hour-7d9fbc6b4-ccccc", 10, 11, wave(930, 0, 5), wave(300, 0, 5)),
    Life("Deployment/short", "short-7d9fbc6b4-bbbbb", 0, 72, wave(30, 1, 5), wave(100, 1, 5)),
    Life("Deployment/short", "short-7d9fbc6b4-ccccc", 10, 10.5, wave(1930, 0, 5), wave(700, 0, 5)),
    Life("Deployment/gap", "gap-7d9fbc6b4-bbbbb", 0, 72, wave(210, 10, 7), wave(310, 10, 7), gap=(20, 26)),
    Life("Deployment/scale", "scale-7d9fbc6b4-bbbbb", 0, 72, wave(110, 10, 7), wave(150, 3, 7)),
    Life("Deployment/scale", "scale-7d9fbc6b4-ccccc", 66, 72, wave(310, 10, 7), wave(350, 3, 7)),
    Life("Deployment/scale", "scale-7d9fbc6b4-ddddd", 66, 72, wave(290, 10, 7), wave(340, 3, 7)),
    Life("Deployment/young", "young-7d9fbc6b4-bbbbb", 67, 72, wave(110, 10, 7), wave(150, 3, 7)),
    Life("Deployment/limited", "limited-6f5d8c9b7-bbbbb", 0, 30, wave(110, 5, 7), wave(150, 3, 7)),
    Life("Deployment/limited", "limited-7d9fbc6b4-bbbbb", 30, 72, later(960), wave(150, 3, 7), burst=870),
)
# Requests and limits of CPU in millicores, then those of memory in mebibytes; 0 for none.
DECLARED = {
    "Deployment/web": (500, 0, 512, 512),
    "StatefulSet/db": (250, 0, 2048, 2048),
    "Deployment/limited": (400, 1000, 256, 256),
}
USUAL = (1000, 0, 1024, 1024)


def amounts(owner: str) -> tuple[dict[str, int], dict[str, int]]:
    cpu, cpu_limit, memory, memory_limit = DECLARED.get(owner, USUAL)
    limits = {"cpu": cpu_limit * MILLI} if cpu_limit else {}
    return {"cpu": cpu * MILLI, "memory": memory * MEBIBYTE}, {**limits, "memory": memory_limit * MEBIBYTE}


# --- the independent computation, from the samples alone ----------------------------------------------------------


def up(value: float, step: int) -> int:
    return -(-round(value) // step) * step


def expected(owner: str) -> dict[str, Any]:
    """Compute what a workload should request."""
    lives = [life for life in LIVES if life.owner == owner]
    (requests, limits), percentiles, starts, most = amounts(owner), [], [], 0
    for life in lives:
        pairs = [(after, life.cores(after)) for before, after in pairwise(life.times) if after - before == SCRAPE]
        if len(pairs) * SCRAPE >= HOUR:
            percentiles.append(quantile(0.95, [cores for _, cores in pairs]))
        if life.start:
            first = BEGIN + round(life.start * HOUR)
            starts.append(max(cores for when, cores in pairs if when <= first + MINUTES))
        most = max(most, *(life.held(when) for when in life.times))
    killed = any(life.killed for life in lives)
    memory = up(max(most * 1.15, 1.25 * limits["memory"] if killed else 0), 64 * MEBIBYTE)
    cpu = up(max(percentiles) * 1e9, 25 * MILLI)
    limit = 0
    if "cpu" in limits:
        limit = up(max(limits["cpu"] * cpu / requests["cpu"], *(1e9 * start for start in starts)), 25 * MILLI)
    return {"cpu": (cpu, limit), "memory": (memory, memory)}


# --- the sources ------------------------------------------------------------------------------------------------


def series() -> Iterator[Any]:
    for life in LIVES:
        where = {"namespace": "shop", "pod": life.name}
        box = {**where, "container": "app", "job": "kubelet", "node": "n", "instance": "n:10250"}
        used = [0.0]
        for when in range(life.times[0] + SCRAPE, life.times[-1] + 1, SCRAPE):
            used.append(used[-1] + SCRAPE * life.cores(when))
        at = dict(zip(range(life.times[0], life.times[-1] + 1, SCRAPE), used, strict=True))
        cpu = "container_cpu_usage_seconds_total"
        before = [when for when in life.times if not life.killed or when <= life.killed]
        yield cpu, {**box, "id": "/1", "cpu": "total"}, [(when, at[when]) for when in before]
        if after := [when for when in life.times if life.killed and when > life.killed]:
            # Another instance: its counter begins anew.
            zero = at[life.killed]
            yield cpu, {**box, "id": "/2", "cpu": "total"}, [(when, at[when] - zero) for when in after]
        # What two Prometheus servers have scraped is no longer a history.
        for more in ({}, {"replica": "b"}) if any(life.gap) else ({},):
            held = [(when, float(life.held(when))) for when in life.times]
            yield "container_memory_working_set_bytes", {**box, **more}, held
        yield from states(life, {**where, "job": "kube-state-metrics"})
    for name in ("web-6f5d8c9b7", "web-7c4b9d6f8"):
        labels = {"namespace": "shop", "replicaset": name, "job": "kube-state-metrics", **controlled("Deployment/web")}
        yield "kube_replicaset_owner", labels, [(when, 1.0) for when in range(BEGIN, END + 1, SCRAPE)]
    yield from scalers()


def scalers() -> Iterator[Any]:
    """Give the series of an autoscaler of Deployment/gap on CPU, and on requests of another metric."""
    where = {"namespace": "shop", "horizontalpodautoscaler": "gap", "job": "kube-state-metrics"}
    times = range(END - HOUR, END + 1, SCRAPE)
    target = {"scaletargetref_kind": "Deployment", "scaletargetref_name": "gap"}
    yield "kube_horizontalpodautoscaler_info", {**where, **target}, [(when, 1.0) for when in times]
    for metric in ("cpu", "requests_per_second"):
        labels = {**where, "metric_name": metric, "metric_target_type": "utilization"}
        yield "kube_horizontalpodautoscaler_spec_target_metric", labels, [(when, 80.0) for when in times]


def controlled(owner: str) -> dict[str, str]:
    kind, _, name = owner.partition("/")
    return {"owner_kind": kind, "owner_name": name, "owner_is_controller": "true"}


def states(life: Life, where: dict[str, str]) -> Iterator[Any]:
    _, limits = amounts(life.owner)
    box = {**where, "container": "app"}
    direct = owner_of(life)
    yield "kube_pod_owner", {**where, **controlled(f"{direct[0]}/{direct[1]}")}, [(when, 1.0) for when in life.times]
    memory = {**box, "resource": "memory", "unit": "byte"}
    yield "kube_pod_container_resource_limits", memory, [(when, float(limits["memory"])) for when in life.times]
    restarted = [(when, float(bool(life.killed) and when > life.killed)) for when in life.times]
    yield "kube_pod_container_status_restarts_total", box, iter(restarted)
    if life.killed:
        reason = {**box, "reason": "OOMKilled"}
        yield (
            "kube_pod_container_status_last_terminated_reason",
            reason,
            [(when, 1.0) for when, value in restarted if value],
        )


def owner_of(life: Life) -> tuple[str, str]:
    kind, _, name = life.owner.partition("/")
    return ("ReplicaSet", life.name.rpartition("-")[0]) if kind == "Deployment" else (kind, name)


def record(path: str) -> None:
    """Record the same lives, a reading every five minutes."""
    recorder = Recorder(path, READING)
    scraped = {life: set(life.times) for life in LIVES}
    for when in range(BEGIN + READING, END + 1, READING):
        now, known, used = datetime.fromtimestamp(when, UTC), {}, []
        for life in LIVES:
            times = life.times
            if not times[0] < when <= times[-1]:
                continue
            known["shop", life.name] = facts_of(life, when)
            if when in scraped[life]:
                cpu = sum(life.cores(second) for second in range(when - READING + SCRAPE, when + 1, SCRAPE)) / 5
                box = Container("app", round(cpu * 1e9), life.held(when))
                used.append(Pod("c", "shop", life.name, box.cpu_nanocores, box.memory_bytes, None, "t", "5m", (box,)))
        recorder.add([Sample("c", now, "metrics", [], used, None, known, len(known))], [], now.timestamp())
    recorder.close()


def facts_of(life: Life, when: int) -> PodFacts:
    requests, limits = amounts(life.owner)
    killed = bool(life.killed) and when > life.killed
    at = datetime.fromtimestamp(life.killed, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if killed else ""
    shown = ContainerStates(1, 1, (), "OOMKilled" if killed else "", at, oom_killed=killed)
    box = Container("app", None, None, None, requests, limits, None, shown)
    created = BEGIN + life.start * HOUR
    return PodFacts(
        "", "n", life.owner, "Running", int(killed), created, "Burstable", {}, requests, limits, (box,), states=shown
    )


@pytest.fixture(scope="module", params=["prometheus", "victoria-metrics", "recording"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the same history from each source, as the value of --from."""
    directory = tmp_path_factory.mktemp(request.param)
    if request.param == "recording":
        record(str(directory / "lives.c3s"))
        yield str(directory / "lives.c3s")
        return
    if why := missing(request.param, *(("promtool",) if request.param == "prometheus" else ())):
        pytest.skip(why)
    start = engines.prometheus if request.param == "prometheus" else engines.victoria_metrics
    with start(directory, series) as url:
        yield url


@pytest.fixture
def cluster(api: FakeApi) -> FakeApi:
    """Give an API server that knows the pods that run at the end."""
    living = [life for life in LIVES if life.end == 72]
    items = []
    for life in living:
        requests, limits = (
            {"cpu": f"{each.get('cpu', 0)}n", "memory": str(each["memory"])} for each in amounts(life.owner)
        )
        limits = limits if amounts(life.owner)[1].get("cpu") else {"memory": limits["memory"]}
        created = datetime.fromtimestamp(BEGIN + life.start * HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        more = {"owner": owner_of(life), "requests": requests, "limits": limits, "created": created}
        items.append(pod("shop", life.name, "n", **more))
    api.pods(*items)
    sets = {owner_of(life)[1]: life.owner.partition("/") for life in living if life.owner.startswith("Deployment")}
    api.routes["/apis/apps/v1/replicasets"] = Reply(
        {
            "metadata": {},
            "items": [
                {
                    "metadata": {
                        "namespace": "shop",
                        "name": name,
                        "ownerReferences": [{"kind": kind, "name": of, "controller": True}],
                    }
                }
                for name, (kind, _, of) in sets.items()
            ],
        }
    )
    api.routes["/apis/batch/v1/jobs"] = Reply({"metadata": {}, "items": []})
    return api


@pytest.fixture
def ask(run: Run, source: str, cluster: FakeApi) -> Callable[[str], dict[str, Any]]:
    def asked(more: str) -> dict[str, Any]:
        server = "" if source.endswith(".c3s") else f"--server {cluster.url}"
        result = run(f"rightsize -A {RANGE} --from {source} {server} -o json {more}")
        assert result.code in (0, 5), result.err
        return {item["owner"]: item for item in json.loads(result.out)["items"]}

    return asked


def test_every_recommendation_equals_an_independent_computation(ask: Callable[[str], dict[str, Any]]) -> None:
    found = ask("--include-autoscaled")
    assert list(found) == sorted({life.owner for life in LIVES})
    young = found.pop("Deployment/young")
    assert (young["finding"], young["cpu"]["reason"]) == ("unknown", "too little history: 5h of 24h")
    for owner, item in found.items():
        for resource, pair in expected(owner).items():
            recommended = item[resource]["recommended"]
            assert (recommended["requests"], recommended["limits"]) == pair, (owner, resource)


def test_the_words_of_each_history(ask: Callable[[str], dict[str, Any]]) -> None:
    found = ask("")
    assert found["Deployment/web"]["memory"]["reason"] == "max + 15%, raised after OOM"
    assert (found["Deployment/web"]["memory"]["finding"], found["Deployment/web"]["oomKills"]) == ("risk", 1)
    assert found["Deployment/web"]["restarts"] == 1
    assert found["Deployment/hour"]["replicas"] == found["Deployment/short"]["replicas"] == 1
    assert found["Deployment/scale"]["replicas"] == 3
    assert 90 < found["Deployment/gap"]["evidence"]["coverage"] < 93
    assert found["StatefulSet/db"]["evidence"]["coverage"] > 99
    assert 6 < found["Deployment/young"]["evidence"]["coverage"] < 8
    assert all(item["evidence"]["samples"] for item in found.values())


def test_who_scales_a_workload_is_read_from_kube_state_metrics(
    ask: Callable[[str], dict[str, Any]], source: str
) -> None:
    gap = ask("")["Deployment/gap"]
    if source.endswith(".c3s"):
        assert gap["autoscaled"] == []
        return
    assert (gap["autoscaled"], gap["cpu"]["reason"]) == (["cpu"], "autoscaled on cpu: left alone")
    assert gap["memory"]["recommended"]["requests"] == expected("Deployment/gap")["memory"][0]


def asked(url: str, query: str) -> dict[str, float]:
    """Ask an engine as krr does; return the value of each pod."""
    words = urllib.parse.urlencode({"query": query, "time": END})
    with urllib.request.urlopen(f"{url}/api/v1/query?{words}", timeout=PATIENT) as answer:  # noqa: S310  loopback
        result = json.load(answer)["data"]["result"]
    return {each["metric"]["pod"]: float(each["value"][1]) for each in result}


def test_the_documented_rule_of_krr_agrees_once_it_is_rounded(
    ask: Callable[[str], dict[str, Any]], source: str
) -> None:
    if source.endswith(".c3s"):
        pytest.skip("krr reads a Prometheus")
    chosen = 'namespace="shop", container="app"'
    rate = f"max(rate(container_cpu_usage_seconds_total{{{chosen}}}[5m])) by (container, pod, job)"
    cpu = asked(source, f"quantile_over_time(0.95, {rate}[72h:5m])")
    memory = asked(
        source, f"max_over_time(max(container_memory_working_set_bytes{{{chosen}}}) by (container, pod, job)[72h:75s])"
    )
    found = ask("--include-autoscaled")
    for owner in {life.owner for life in LIVES} - {"Deployment/young"}:
        lives = [life for life in LIVES if life.owner == owner]
        proposed = max(cpu[life.name] for life in lives if life.end - life.start >= 1)
        # The steps of c3s are wider than those of krr, which rounds to 1m and 1Mi.
        assert found[owner]["cpu"]["recommended"]["requests"] == up(proposed * 1e9, 25 * MILLI), owner
        buffered = max(memory[life.name] for life in lives) * 1.15
        killed = 1.25 * amounts(owner)[1]["memory"] if any(life.killed for life in lives) else 0
        assert found[owner]["memory"]["recommended"]["requests"] == up(max(buffered, killed), 64 * MEBIBYTE), owner


def of_pods() -> Iterator[Any]:
    """Give the series as of a runtime that reports pods only."""
    for name, labels, samples in series():
        if name.startswith("container_"):
            labels = {key: value for key, value in labels.items() if key != "container"}  # noqa: PLW2901
        yield name, labels, samples


def of_rules() -> Iterator[Any]:
    """Give what recording rules made of the series, and no others."""
    for life in LIVES:
        box = {"namespace": "shop", "pod": life.name, "container": "app", "node": "n"}
        rule = "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_rate5m"
        known = {*life.times}
        times = [when for when in life.times if known.issuperset(range(when - 4 * SCRAPE, when, SCRAPE))]
        rates = (sum(life.cores(second) for second in range(when - 4 * SCRAPE, when + 1, SCRAPE)) / 5 for when in times)
        yield rule, box, [*zip(times, rates, strict=True)]
        memory = [(when, float(life.held(when))) for when in life.times]
        yield "node_namespace_pod_container:container_memory_working_set_bytes", box, memory


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        (of_pods, "there are no series of containers: those of pods serve for workloads whose pods have one container"),
        (
            of_rules,
            "there are no series of containers: usage comes from the recording rules node_namespace_pod_contain",
        ),
    ],
)
def test_what_serves_instead_of_containers_has_the_same_past(
    run: Run, cluster: FakeApi, tmp_path: Path, layout: Callable[[], Iterator[Any]], said: str
) -> None:
    if why := missing("prometheus", "promtool"):
        pytest.skip(why)
    with engines.prometheus(tmp_path, layout) as url:
        result = run(f"rightsize -A {RANGE} --from {url} --server {cluster.url} -o json --include-autoscaled")
    assert (result.code, said in result.err) == (5, True), result.err
    found = {item["owner"]: item for item in json.loads(result.out)["items"]}
    assert found.pop("Deployment/young")["cpu"]["reason"] == "too little history: 5h of 24h"
    assert list(found) == sorted({life.owner for life in LIVES} - {"Deployment/young"})
    for owner, item in found.items():
        of_rule, (cpu, memory) = layout is of_rules, (item["cpu"]["recommended"], item["memory"]["recommended"])
        truth = expected(owner)
        # Rules show neither the first minutes nor kills.
        assert (cpu["requests"], of_rule or cpu["limits"]) == (truth["cpu"][0], of_rule or truth["cpu"][1]), owner
        if not of_rule or owner != "Deployment/web":
            assert (memory["requests"], memory["limits"]) == truth["memory"], owner
