"""Demo, Prometheus: series, expressions, ranges, errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from c3s_cli.demo.server import DemoServer, start
from tests.demo.client import METRICS, ask, get, key
from tests.demo.promql import BASE, by, number, query, send

AT = "2026-03-02T09:30:00Z"
NOW = int(datetime.fromisoformat(AT).timestamp())
BOX = 'container!="",container!="POD",image!=""'
CPU = "container_cpu_usage_seconds_total"
MEMORY = "container_memory_working_set_bytes"


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with start(at=AT) as running:
        yield running


# Discovery.


def test_the_service_can_be_found(server: DemoServer) -> None:
    selector = quote("app.kubernetes.io/name=prometheus,app.kubernetes.io/component=server")
    (service,) = get(server, f"/api/v1/services?labelSelector={selector}")["items"]
    assert key(service) == ("monitoring", "prometheus-server")
    assert [port["port"] for port in service["spec"]["ports"]] == [80]
    assert get(server, "/api/v1/services?labelSelector=app%3Dthanos-query")["items"] == []


@pytest.mark.parametrize("name", ["prometheus-server", "prometheus-server:80", "prometheus-server:http"])
def test_the_service_can_be_asked(server: DemoServer, name: str) -> None:
    path = f"/api/v1/namespaces/monitoring/services/{name}/proxy/api/v1/query?query=1"
    assert get(server, path)["data"] == {"resultType": "scalar", "result": [NOW, "1"]}


def test_another_service_or_port_cannot(server: DemoServer) -> None:
    path = "/api/v1/namespaces/monitoring/services/{}/proxy/api/v1/query?query=1"
    assert ask(server, path.format("nosuch:80")).status == 404
    assert ask(server, path.format("prometheus-server:81")).status == 503
    assert ask(server, path.format("prometheus-server:80").replace("monitoring", "default")).status == 404


# What was scraped.


def test_the_rates_are_those_of_metrics_server(server: DemoServer) -> None:
    # Two ticks lie between two scrapes; metrics.k8s.io shows the second.
    rates = by(server, f"irate({CPU}{{{BOX}}}[2m])", "namespace", "pod", "container")
    sizes = by(server, f"{MEMORY}{{{BOX}}}", "namespace", "pod", "container")
    seen = 0
    with start(at="2026-03-02T09:29:45Z") as before:
        # Frozen a tick earlier, the same pods use what they used then.
        pods = {key(item): item for item in get(before, f"{METRICS}/pods")["items"]}
    for item in get(server, f"{METRICS}/pods")["items"]:
        for place, box in enumerate(item["containers"]):
            name = (*key(item), box["name"])
            memory = box["usage"]["memory"]
            assert sizes[name] == (int(memory[:-2]) * 1024 if memory.endswith("Ki") else int(memory))
            if key(item) not in pods:
                continue
            earlier = int(pods[key(item)]["containers"][place]["usage"]["cpu"].removesuffix("n"))
            later = int(box["usage"]["cpu"].removesuffix("n"))
            if earlier and name[1].startswith(("redis", "postgres", "elastic")):
                seen += 1
                assert rates[name] * 1e9 == pytest.approx((earlier + later) / 2, abs=2)
    assert seen > 5


def test_totals_and_pauses_must_not_be_counted(server: DemoServer) -> None:
    careful = number(server, f'sum({MEMORY}{{namespace="team-search",{BOX}}})')
    everything = number(server, f'sum({MEMORY}{{namespace="team-search"}})')
    assert 1.9 < everything / careful < 2.1
    assert number(server, f'count({MEMORY}{{container="POD"}})') == number(
        server, f'count({MEMORY}{{container="",pod!=""}})'
    )
    assert number(server, f'count({MEMORY}{{id="/"}})') == 9
    labels = query(server, f'{CPU}{{pod="redis-0",container="redis"}}')[0]["metric"]
    assert {"cpu", "id", "image", "namespace", "node", "container", "pod", "job", "metrics_path"} <= set(labels)


@pytest.mark.slow
def test_nodes_are_their_pods_and_a_bit_more(server: DemoServer) -> None:
    whole = by(server, f'rate({CPU}{{id="/"}}[5m])', "node")
    pods = by(server, f"sum by (node)(rate({CPU}{{{BOX}}}[5m]))", "node")
    exporter = by(server, 'sum by (node)(rate(node_cpu_seconds_total{mode!="idle",mode!="iowait"}[5m]))', "node")
    assert set(whole) == set(pods)
    assert all(0.05 < whole[node] - pods[node] < 1 for node in whole)
    assert all(exporter[node] == pytest.approx(whole[node]) for node in whole)
    assert set(exporter) - set(whole) == {("spot-2",)}
    sizes = by(server, f'{MEMORY}{{id="/"}}', "node")
    for item in get(server, f"{METRICS}/nodes")["items"]:
        kib = item["usage"]["memory"]
        shown = int(kib[:-2]) * 1024 if kib.endswith("Ki") else int(kib)
        # metrics-server leaves out the pods that it has not seen twice.
        assert shown <= sizes[item["metadata"]["name"],] + 1024 < shown + 256 * 2**20


@pytest.mark.slow
def test_objects_are_those_of_the_api(server: DemoServer) -> None:
    pods = get(server, "/api/v1/pods")["items"]
    info = {(one["metric"]["namespace"], one["metric"]["pod"]): one["metric"] for one in query(server, "kube_pod_info")}
    assert set(info) == {key(pod) for pod in pods}
    for pod in pods:
        seen = info[key(pod)]
        assert seen.get("node", "") == pod["spec"].get("nodeName", "")
        assert seen["uid"] == pod["metadata"]["uid"]
        owner = pod["metadata"].get("ownerReferences", [{"name": ""}])[0]["name"]
        assert seen.get("created_by_name", "") == owner
    phases = by(server, "kube_pod_status_phase == 1", "namespace", "pod", "phase")
    assert set(phases) == {(*key(pod), pod["status"]["phase"]) for pod in pods}
    asked = by(server, "kube_pod_container_resource_requests", "namespace", "pod", "container", "resource", "unit")
    assert asked["team-search", "elasticsearch-0", "elasticsearch", "cpu", "core"] == 1
    assert asked["team-search", "elasticsearch-0", "elasticsearch", "memory", "byte"] == 8 << 30
    cores = by(server, 'kube_node_status_allocatable{resource="cpu"}', "node", "unit")
    assert cores["general-1", "core"] == 7.91
    owners = by(server, 'kube_replicaset_owner{namespace="default"}', "owner_kind", "owner_name")
    assert {("Deployment", "web"), ("Deployment", "api")} < set(owners)
    labels = query(server, 'kube_node_labels{node="gpu-1"}')[0]["metric"]
    assert labels["label_topology_kubernetes_io_zone"].startswith("eu-west-1")


def test_volumes_are_those_of_the_kubelet(server: DemoServer) -> None:
    used = by(server, "kubelet_volume_stats_used_bytes", "namespace", "persistentvolumeclaim", "node")
    (node,) = {node for _, claim, node in used if claim == "data-redis-0"}
    summary = get(server, f"/api/v1/nodes/{node}/proxy/stats/summary")
    held = next(pod for pod in summary["pods"] if pod["podRef"]["name"] == "redis-0")["volume"][0]
    assert used["default", "data-redis-0", node] == held["usedBytes"]
    inodes = by(server, "kubelet_volume_stats_inodes - kubelet_volume_stats_inodes_used", "persistentvolumeclaim")
    assert inodes["data-redis-0",] == held["inodesFree"]


def test_throttling_and_kills(server: DemoServer) -> None:
    periods = "container_cpu_cfs_periods_total"
    share = by(
        server, f"rate(container_cpu_cfs_throttled_periods_total[1h]) / rate({periods}[1h])", "pod", "container", "id"
    )
    assert all(0 <= value < 1 for value in share.values())
    assert any(value > 0.05 for value in share.values())
    kills = by(server, "increase(container_oom_events_total[6h]) > 0", "container", "pod", "id")
    assert {"api"} < {container for container, *_ in kills}


@pytest.mark.slow
def test_history_ends_after_two_weeks_and_at_the_start_of_a_pod(server: DemoServer) -> None:
    text = f"count({CPU}{{{BOX}}})"
    counts = [query(server, text, NOW - days * 86400) for days in (0, 1, 7, 13, 15)]
    seen = [int(found[0]["value"][1]) if found else 0 for found in counts]
    assert seen == sorted(seen, reverse=True)
    assert seen[0] > seen[1] > seen[3] > 20
    assert seen[4] == 0


def test_a_live_cluster_is_followed() -> None:
    with start(at=AT, pace=0) as server:
        before = by(server, f"{MEMORY}{{{BOX}}}", "namespace", "pod", "container")
        server.move(900)
        after = by(server, f"{MEMORY}{{{BOX}}}", "namespace", "pod", "container")
        assert set(before) - set(after)
        assert set(after) - set(before)
        running = {
            (*key(pod), status["name"])
            for pod in get(server, "/api/v1/pods?fieldSelector=status.phase%3DRunning")["items"]
            for status in pod["status"]["containerStatuses"] + pod["status"].get("initContainerStatuses", [])
            if "running" in status["state"] and pod["spec"]["nodeName"] != "spot-2"
        }
        assert len(running ^ set(after)) < 6
        gone = next(iter(set(before) - set(after)))
        range_ = f'{MEMORY}{{namespace="{gone[0]}",pod="{gone[1]}",container="{gone[2]}"}}[1h]'
        assert query(server, f"max_over_time({range_})")


# What it computes.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 ^ 2 ^ 0 + -2 ^ 2", 3.0),
        ("(1 + 2) * 3 % 5", 4.0),
        ("1 / 0 + (1 > bool 2)", math.inf),
        ("time() - 60", NOW - 60.0),
        ("0x10 + 5m", 316.0),
        ("count(kube_node_info) == 10", 10.0),
        ("avg_over_time((time() - 1772443800)[4m:2m])", -60.0),
        ("min_over_time((time() - 1772443800)[4m:2m] offset 2m)", -240.0),
        ("max_over_time((time() - 1772443800)[4m:2m] @ 1772443740)", -120.0),
        ("quantile_over_time(0.5, (time() - 1772443800)[5m:1m])", -120.0),
        ("rate((time() * 2)[10m:30s])", 2.0),
        ("increase((time() * 2)[10m:30s])", 1200.0),
        ("sum(rate(nosuch[5m]) or kube_node_info)", 10.0),
        ("count(kube_node_info unless on(node) kube_node_labels{label_nvidia_com_gpu_product!=''})", 8.0),
        ("count(kube_node_info and on(node) kube_node_labels{label_nvidia_com_gpu_product!=''})", 2.0),
        ("count({__name__=~'kube_node_(info|labels)',node=~'gpu-.*|spot-1'})", 6.0),
        ("count(kube_node_info{node!~'gpu-.*', node!='spot-1'})", 7.0),
        ("sum(kube_node_info offset 1d) + sum(kube_node_info @ start())", 20.0),
        ("sum(kube_node_status_capacity{resource='cpu'}) by (resource)", 156.0),
        ("avg(kube_node_status_capacity{resource='cpu'})", 15.6),
        ("min(kube_node_status_capacity{resource='cpu'})", 4.0),
        ("count(max without (node, instance, metrics_path) (up))", 2.0),
    ],
)
def test_expressions(server: DemoServer, text: str, expected: float) -> None:
    assert number(server, text) == pytest.approx(expected)


def test_rates_agree_however_they_are_computed(server: DemoServer) -> None:
    pod = 'pod="postgres-0",container="postgres"'
    rates = [
        number(server, text)
        for text in (
            f"rate({CPU}{{{pod}}}[1h])",
            f"increase({CPU}{{{pod}}}[1h]) / 3600",
            f"rate(({CPU}{{{pod}}})[1h:30s])",
            f"avg_over_time(rate({CPU}{{{pod}}}[1m])[1h:30s])",
        )
    ]
    assert rates[0] == pytest.approx(rates[1])
    assert rates[0] == pytest.approx(rates[2])
    assert rates[0] == pytest.approx(rates[3], rel=0.01)
    counter = [float(value) for _, value in query(server, f"{CPU}{{{pod}}}[1h]")[0]["values"]]
    assert len(counter) == 120
    ranges = query(server, f"{CPU}{{{pod}}}[1h:1h]")
    assert ranges[0]["metric"]["__name__"] == CPU
    assert (counter[-1] - counter[0]) / (119 * 30) == pytest.approx(rates[0])


def test_a_new_counter_is_not_extrapolated_below_zero(server: DemoServer) -> None:
    # One of these pods runs since half a minute: two samples, and zero lies near the first of them.
    pod = 'pod=~"suggest-.*",container="app"'
    totals = by(server, f"{CPU}{{{pod}}}", "pod")
    grown = by(server, f"increase({CPU}{{{pod}}}[5m])", "pod")
    (new,) = (name for name, total in totals.items() if total < 60)
    assert 0.5 * totals[new] < grown[new] <= totals[new]


@pytest.mark.slow
def test_percentiles_over_a_week(server: DemoServer) -> None:
    inner = f"rate({CPU}{{namespace='default',{BOX}}}[5m])"
    found = by(server, f"quantile_over_time(0.95, {inner}[7d:5m])", "pod", "container", "id")
    most = by(server, f"max_over_time({inner}[7d:5m])", "pod", "container", "id")
    mean = by(server, f"avg_over_time({inner}[7d:5m])", "pod", "container", "id")
    assert set(found) == set(most) == set(mean)
    assert all(mean[name] <= found[name] * 1.001 <= most[name] * 1.002 for name in found)


def test_joins(server: DemoServer) -> None:
    text = (
        f"sum by (owner_name) (rate({CPU}{{{BOX}}}[5m]) * on (namespace, pod) group_left (owner_name) "
        'label_replace(kube_pod_owner{owner_kind="ReplicaSet"}, "owner_name", "$1", "owner_name", "(.*)-[a-z0-9]+"))'
    )
    owners = by(server, text, "owner_name")
    assert {"web", "api", "cart", "payments"} <= {name for (name,) in owners}
    web = number(server, f'sum(rate({CPU}{{pod=~"web-.*",{BOX}}}[5m]))')
    assert owners["web",] == pytest.approx(web)
    left = "kube_node_status_allocatable{resource='cpu'} / ignoring(unit) kube_node_status_capacity{resource='cpu'}"
    assert len(query(server, left)) == 10


def test_ranges(server: DemoServer) -> None:
    reply = send(server, "query_range", query="time()", start=NOW - 120, end=NOW, step="1m")
    assert reply.json["data"] == {
        "resultType": "matrix",
        "result": [{"metric": {}, "values": [[NOW - t, str(NOW - t)] for t in (120, 60, 0)]}],
    }
    text = f"sum by (namespace) (rate({CPU}{{{BOX}}}[5m]))"
    points = send(server, "query_range", query=text, start=AT.replace("09:", "08:"), end=AT, step=300).json
    (default,) = (one for one in points["data"]["result"] if one["metric"] == {"namespace": "default"})
    assert len(default["values"]) == 13
    for when, value in default["values"][:3]:
        (same,) = query(server, f"{text.replace('{', '{namespace=~' + chr(34) + 'default' + chr(34) + ',')}", when)
        assert same["value"][1] == value


def test_get_and_post_are_the_same(server: DemoServer) -> None:
    text = f"sum by (namespace) ({MEMORY}{{{BOX}}})"
    assert get(server, f"{BASE}/query?query={quote(text)}")["data"]["result"] == query(server, text)
    assert get(server, f"{BASE}/query?query=up&time={NOW - 30}")["data"]["result"][0]["value"][0] == NOW - 30


# How it refuses.


@pytest.mark.parametrize(
    ("path", "parameters", "status", "kind", "error"),
    [
        ("query", {}, 400, "bad_data", "no expression found in input"),
        ("query", {"query": "sum("}, 400, "bad_data", 'invalid parameter "query": 1:5: parse error: unclosed left'),
        ("query", {"query": "(1 + 2"}, 400, "bad_data", "unclosed left parenthesis"),
        ("query", {"query": "nosuch(up)"}, 400, "bad_data", 'unknown function with name "nosuch"'),
        ("query", {"query": "absent(up)"}, 400, "bad_data", 'unknown function with name "absent"'),
        ("query", {"query": "topk by (job) (3, up)"}, 422, "execution", "unhandled aggregation operator: topk"),
        ("query", {"query": "topk('3', up)"}, 400, "bad_data", "expected type scalar in aggregation parameter"),
        ("query", {"query": "quantile(up)"}, 400, "bad_data", "wrong number of arguments for aggregate expression"),
        ("query", {"query": "up @ soon"}, 400, "bad_data", "unexpected token in @"),
        ("query", {"query": "rate(up)"}, 400, "bad_data", "expected type range vector"),
        ("query", {"query": "sum(up[5m])"}, 400, "bad_data", "expected type instant vector"),
        ("query", {"query": "rate(up[5m], 1)"}, 400, "bad_data", "expected 1 argument(s)"),
        ("query", {"query": 'up{job="a}'}, 400, "bad_data", "parse error"),
        ("query", {"query": 'up{job=~"("}'}, 400, "bad_data", "error parsing regexp"),
        ("query", {"query": '{job=""}'}, 400, "bad_data", "at least one non-empty matcher"),
        ("query", {"query": "1 and 2"}, 400, "bad_data", "not allowed in binary scalar expression"),
        ("query", {"query": "1 > 2"}, 400, "bad_data", "must use BOOL modifier"),
        ("query", {"query": "(up + up)[5m]"}, 400, "bad_data", "ranges only allowed for vector selectors"),
        ("query", {"query": "up[5m", "time": "1"}, 400, "bad_data", "unclosed left bracket"),
        ("query", {"query": "up", "time": "soon"}, 400, "bad_data", 'invalid parameter "time": cannot parse "soon"'),
        ("query", {"query": "up + on(job) up"}, 422, "execution", "found duplicate series for the match group"),
        ("query", {"query": "rate({__name__=~'kube_node_(info|labels)',node='x'}[5m]) + up + on() up"}, 422,
         "execution", "many-to-many matching not allowed"),
        ("query_range", {"query": "up", "start": 1, "end": 2, "step": 0}, 400, "bad_data", "zero or negative"),
        ("query_range", {"query": "up", "start": 2, "end": 1, "step": 1}, 400, "bad_data", "must not be before start"),
        ("query_range", {"query": "up", "start": 0, "end": 11001, "step": 1}, 400, "bad_data",
         "exceeded maximum resolution of 11,000 points per timeseries"),
        ("query_range", {"query": "up[5m]", "start": 0, "end": 1, "step": 1}, 400, "bad_data",
         'invalid expression type "range vector" for range query'),
    ],
)  # fmt: skip
def test_errors(server: DemoServer, path: str, parameters: dict[str, Any], status: int, kind: str, error: str) -> None:
    reply = send(server, path, **parameters)
    assert (reply.status, reply.json["status"], reply.json["errorType"]) == (status, "error", kind), reply.body
    assert error in reply.json["error"]


def test_other_paths_and_methods(server: DemoServer) -> None:
    assert ask(server, f"{BASE}/nosuch").status == 404
    assert ask(server, f"{BASE}/query", method="DELETE").status == 405
    assert ask(server, f"{BASE}/query?query=up", method="PUT").status == 405


def test_counts_times_and_last_values_are_those_of_the_samples(server: DemoServer) -> None:
    nodes = f'{CPU}{{id="/"}}'
    now = by(server, nodes, "node")
    assert by(server, f"last_over_time({nodes}[5m])", "node") == now
    assert by(server, f"count_over_time({nodes}[5m])", "node") == dict.fromkeys(now, 10.0)
    times = query(server, f"timestamp({nodes})")
    assert {"__name__" in each["metric"] for each in times} == {False}
    assert by(server, f"timestamp({nodes})", "node") == dict.fromkeys(now, float(NOW))
    assert number(server, f"count({nodes})") == len(now)
