"""Demo, kubelets: /metrics/resource and /stats/summary agree with metrics.k8s.io."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from c3s_cli.demo.server import DemoServer, start
from tests.demo.client import METRICS, ask, get, key

AT = "2026-03-02T09:30:00Z"
_LINE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)(?: (\d+))?")
Labels = tuple[str, ...]


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with start(at=AT, pace=0) as running:
        yield running


def scraped(server: DemoServer, node: str) -> dict[str, dict[Labels, tuple[float, int]]]:
    """Read /metrics/resource: name -> values of the labels, sorted by their names -> (value, time in ms)."""
    reply = ask(server, f"/api/v1/nodes/{node}/proxy/metrics/resource")
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    found: dict[str, dict[Labels, tuple[float, int]]] = {}
    for line in reply.body.decode().splitlines():
        if line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        assert match, line
        name, labels, value, millis = match.groups()
        values = tuple(re.findall(r'\w+="([^"]*)"', labels or ""))
        found.setdefault(name, {})[values] = float(value), int(millis or 0)
    return found


def measured(server: DemoServer, nodes: set[str]) -> dict[Labels, dict[str, str]]:
    """Read metrics.k8s.io: (container, namespace, pod) -> its usage."""
    places = {key(pod): pod["spec"].get("nodeName") for pod in get(server, "/api/v1/pods")["items"]}
    return {
        (box["name"], *key(item)): box["usage"]
        for item in get(server, f"{METRICS}/pods")["items"]
        if places[key(item)] in nodes
        for box in item["containers"]
    }


def nanocores(text: str) -> int:
    return int(text.removesuffix("n"))


def in_bytes(text: str) -> int:
    return int(text[:-2]) * 1024 if text.endswith("Ki") else int(text)


Ticks = list[dict[Labels, dict[str, str]]]


def ticks_of(server: DemoServer, nodes: set[str], count: int) -> Ticks:
    """Let ticks pass, and read metrics.k8s.io at each."""
    ticks = [measured(server, nodes)]
    for _ in range(count):
        server.move(15)
        ticks.append(measured(server, nodes))
    return ticks


def spread(ticks: Ticks, labels: Labels, what: str) -> list[int]:
    read = nanocores if what == "cpu" else in_bytes
    return sorted(read(tick[labels][what]) for tick in ticks if labels in tick)


def test_two_scrapes_give_what_metrics_server_says(server: DemoServer) -> None:
    """The window of a container lies in three ticks: its rate is between theirs, its memory that of one of them."""
    nodes = {"general-1", "memory-1", "gpu-1", "spot-1", "cp-1"}
    ticks = ticks_of(server, nodes, 1)
    before = {node: scraped(server, node) for node in nodes}
    whole = [{item["metadata"]["name"]: item["usage"] for item in get(server, f"{METRICS}/nodes")["items"]}]
    for _ in range(2):
        ticks += ticks_of(server, nodes, 1)[1:]
        whole.append({item["metadata"]["name"]: item["usage"] for item in get(server, f"{METRICS}/nodes")["items"]})
    seen, gaps, moments = 0, set(), set()
    for node in nodes:
        after = scraped(server, node)
        for labels, (value, millis) in after["container_cpu_usage_seconds_total"].items():
            if any(labels not in tick for tick in ticks) or value < before[node][CPU][labels][0]:
                continue
            earlier, then = before[node][CPU][labels]
            rates = spread(ticks, labels, "cpu")
            assert rates[0] - 1 <= int((value - earlier) * 1e12) / (millis - then) <= rates[-1] + 1, labels
            assert after["container_memory_working_set_bytes"][labels][0] in spread(ticks, labels, "memory")
            seen += 1
            gaps.add(millis - then)
            moments.add(millis)
        (value, millis), (earlier, then) = (page["node_cpu_usage_seconds_total"][()] for page in (after, before[node]))
        rates = sorted(nanocores(tick[node]["cpu"]) for tick in whole)
        assert rates[0] * 0.99 <= (value - earlier) * 1e12 / (millis - then) <= rates[-1] * 1.01
        memory = after["node_memory_working_set_bytes"][()][0]
        assert memory in [in_bytes(tick[node]["memory"]) for tick in whole]
    assert seen > 50
    assert len(gaps) > 10
    assert len(moments) > 30


CPU = "container_cpu_usage_seconds_total"


def test_the_rate_over_a_minute_is_the_mean_of_its_ticks(server: DemoServer) -> None:
    labels = ("postgres", "team-checkout", "postgres-0")
    before = scraped(server, "memory-1")[CPU][labels]
    rates = spread(ticks_of(server, {"memory-1"}, 4), labels, "cpu")
    after = scraped(server, "memory-1")[CPU][labels]
    rate = (after[0] - before[0]) * 1e12 / (after[1] - before[1])
    assert abs(rate / (sum(rates) / 5) - 1) < 0.01


@pytest.mark.slow
def test_each_container_is_sampled_every_10_to_20_seconds_at_its_own_time(server: DemoServer) -> None:
    seen: dict[Labels, dict[int, float]] = {}
    for _ in range(90):
        for labels, (value, millis) in scraped(server, "memory-1")[CPU].items():
            # Until the next sample the counter stays as it is.
            assert seen.setdefault(labels, {}).setdefault(millis, value) == value
        server.move(1)
    gaps = [
        later - earlier
        for samples in seen.values()
        for earlier, later in zip(list(samples)[:-1], list(samples)[1:], strict=True)
    ]
    assert 10_000 <= min(gaps) < 12_000
    assert 18_000 < max(gaps) <= 20_000
    assert len({min(samples) for samples in seen.values()}) > 10


@pytest.mark.slow
def test_counters_only_grow_but_for_what_is_new(server: DemoServer) -> None:
    before: dict[Labels, float] = {}
    restarts: dict[tuple[str, str], int] = {}
    fell = set()
    for _ in range(80):
        server.move(13)
        pods = get(server, "/api/v1/pods?fieldSelector=spec.nodeName%3Dgeneral-2")["items"]
        families = scraped(server, "general-2") if not_lost(server, "general-2") else {}
        for family in ("node_cpu_usage_seconds_total", "pod_cpu_usage_seconds_total"):
            for labels, (value, _) in families.get(family, {}).items():
                assert value >= before.get((family, *labels), 0.0)
                before[(family, *labels)] = value
        for labels, (value, _) in families.get("container_cpu_usage_seconds_total", {}).items():
            if value < before.get(labels, 0.0):
                fell.add(labels[1:])
            before[labels] = value
        for pod in pods:
            count = sum(status["restartCount"] for status in pod["status"].get("containerStatuses", ()))
            restarts[key(pod)] = max(count, restarts.get(key(pod), 0))
    assert all(restarts[namespace, name] for namespace, name in fell)


def not_lost(server: DemoServer, name: str) -> bool:
    return ask(server, f"/api/v1/nodes/{name}/proxy/metrics/resource").status == 200


def test_every_family_is_there(server: DemoServer) -> None:
    families = scraped(server, "memory-1")
    assert set(families) == {
        "container_cpu_usage_seconds_total",
        "container_memory_working_set_bytes",
        "container_start_time_seconds",
        "container_swap_usage_bytes",
        "node_cpu_usage_seconds_total",
        "node_memory_working_set_bytes",
        "node_swap_usage_bytes",
        "pod_cpu_usage_seconds_total",
        "pod_memory_working_set_bytes",
        "pod_swap_usage_bytes",
        "resource_scrape_error",
        "scrape_error",
    }
    assert families["scrape_error"] == {(): (0.0, 0)}
    started, millis = families["container_start_time_seconds"]["redis", "default", "redis-0"]
    assert (int(started), millis) == (int(datetime.fromisoformat("2025-12-02T09:30:07Z").timestamp()), 0)
    assert set(scraped(server, "general-1")) == {name for name in families if "swap" not in name}


def summary(server: DemoServer, node: str, query: str = "") -> Any:
    return get(server, f"/api/v1/nodes/{node}/proxy/stats/summary{query}")


def test_the_summary_has_nodes_pods_containers_and_volumes(server: DemoServer) -> None:
    before = summary(server, "memory-1")
    ticks = ticks_of(server, {"memory-1"}, 2)
    after = summary(server, "memory-1")
    node = after["node"]
    assert node["nodeName"] == "memory-1"
    (then, cpu), (now, used) = (
        (datetime.fromisoformat(each["node"]["cpu"]["time"]).timestamp(), each["node"]["cpu"]["usageCoreNanoSeconds"])
        for each in (before, after)
    )
    assert abs((used - cpu) / (now - then) / node["cpu"]["usageNanoCores"] - 1) < 0.02
    memory = in_bytes(get(server, f"{METRICS}/nodes/memory-1")["usage"]["memory"])
    assert abs(node["memory"]["workingSetBytes"] / memory - 1) < 0.02
    for disk in (node["fs"], node["runtime"]["imageFs"]):
        assert {"capacityBytes", "availableBytes", "usedBytes", "inodes", "inodesFree", "inodesUsed"} < set(disk)
    pods = {(pod["podRef"]["namespace"], pod["podRef"]["name"]): pod for pod in after["pods"]}
    on_node = get(server, "/api/v1/pods?fieldSelector=spec.nodeName%3Dmemory-1")["items"]
    uids = {key(pod): pod["metadata"]["uid"] for pod in on_node if pod["status"]["phase"] == "Running"}
    assert {name: pod["podRef"]["uid"] for name, pod in pods.items()} == uids
    postgres = pods["team-checkout", "postgres-0"]
    assert [box["name"] for box in postgres["containers"]] == ["exporter", "postgres"]
    for box in postgres["containers"]:
        labels = (box["name"], "team-checkout", "postgres-0")
        assert box["memory"]["workingSetBytes"] in spread(ticks, labels, "memory")
        assert box["cpu"]["usageNanoCores"] in spread(ticks, labels, "cpu")
        assert box["rootfs"]["usedBytes"] + box["logs"]["usedBytes"] < postgres["ephemeral-storage"]["usedBytes"]
    (volume,) = (volume for volume in postgres["volume"] if "pvcRef" in volume)
    assert volume["pvcRef"] == {"name": "data-postgres-0", "namespace": "team-checkout"}
    assert volume["usedBytes"] + volume["availableBytes"] == volume["capacityBytes"] < 50 << 30
    assert volume["inodesUsed"] + volume["inodesFree"] == volume["inodes"]


def test_a_brief_summary_has_no_disks(server: DemoServer) -> None:
    brief = summary(server, "memory-1", "?only_cpu_and_memory=true")
    assert "fs" not in brief["node"]
    assert not any({"volume", "ephemeral-storage"} & set(pod) for pod in brief["pods"])
    assert len(brief["pods"]) == len(summary(server, "memory-1")["pods"])


def test_claims_lead_from_pods_to_volumes(server: DemoServer) -> None:
    claims = {key(claim): claim for claim in get(server, "/api/v1/persistentvolumeclaims")["items"]}
    named = {
        (key(pod)[0], volume["persistentVolumeClaim"]["claimName"])
        for pod in get(server, "/api/v1/pods")["items"]
        for volume in pod["spec"]["volumes"]
        if "persistentVolumeClaim" in volume
    }
    assert set(claims) == named
    assert claims["default", "data-redis-0"]["status"]["capacity"] == {"storage": "8Gi"}


def test_a_node_that_does_not_answer(server: DemoServer) -> None:
    for path in ("metrics/resource", "stats/summary"):
        reply = ask(server, f"/api/v1/nodes/spot-2/proxy/{path}")
        assert (reply.status, reply.json["reason"]) == (503, "ServiceUnavailable")
        assert reply.json["message"] == (
            "error trying to reach service: dial tcp 10.0.0.13:10250: connect: connection refused"
        )
    assert ask(server, "/api/v1/nodes/nosuch/proxy/stats/summary").json["message"] == 'nodes "nosuch" not found'
    assert ask(server, "/api/v1/nodes/cp-1/proxy/nosuch")[::2] == (404, b"404 page not found\n")
    assert ask(server, "/api/v1/nodes/cp-1/proxy/stats/summary", method="POST").status == 405


def test_a_lost_node_does_not_answer_until_it_is_back(server: DemoServer) -> None:
    seen = set()
    for _ in range(400):
        server.move(10)
        for node in get(server, "/api/v1/nodes")["items"]:
            name = node["metadata"]["name"]
            ready = next(one["status"] for one in node["status"]["conditions"] if one["type"] == "Ready")
            if ready == "Unknown":
                seen.add(name)
                assert not not_lost(server, name)
                assert any("unreachable" in taint["key"] for taint in node["spec"]["taints"])
        if seen:
            break
    server.move(60)
    assert seen
    assert all(not_lost(server, name) for name in seen - {"spot-2"})


def test_the_frozen_cluster_has_kubelets_too() -> None:
    with start(at=AT) as server:
        assert scraped(server, "gpu-1") == scraped(server, "gpu-1")
        assert summary(server, "gpu-1")["pods"]
