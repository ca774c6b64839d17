"""Demo, frozen cluster: objects, load, time, sizes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from c3s_cli.demo.server import DemoServer, start
from tests.demo.client import METRICS, ask, connected, get
from tests.patience import PATIENT

AT = "2026-03-02T09:30:00Z"


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with start(at=AT) as running:
        yield running


def test_the_default_cluster_has_a_bit_of_everything(server: DemoServer) -> None:
    nodes = get(server, "/api/v1/nodes")["items"]
    pods = get(server, "/api/v1/pods")["items"]
    zones = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert (len(nodes), len(zones)) == (10, 3)
    assert sum(node["spec"].get("unschedulable", False) for node in nodes) == 1
    assert sum("nvidia.com/gpu" in node["status"]["allocatable"] for node in nodes) == 2
    assert sum("swap" in node["status"]["nodeInfo"] for node in nodes) == 2
    assert len(get(server, f"{METRICS}/nodes")["items"]) == 9
    assert {pod["status"]["phase"] for pod in pods} == {"Running", "Pending", "Succeeded", "Failed"}
    assert {pod["status"]["qosClass"] for pod in pods} == {"Guaranteed", "Burstable", "BestEffort"}
    owners = {pod["metadata"].get("ownerReferences", [{"kind": None}])[0]["kind"] for pod in pods}
    assert owners == {"ReplicaSet", "StatefulSet", "DaemonSet", "Job", "RayCluster", "Node", None}
    assert sum("deletionTimestamp" in pod["metadata"] for pod in pods) == 1
    assert sum("overhead" in pod["spec"] for pod in pods) == 3
    assert sum("resources" in pod["spec"] for pod in pods) == 1
    sidecars = [box for pod in pods for box in pod["spec"].get("initContainers", []) if box.get("restartPolicy")]
    assert len(sidecars) == 3


def test_resizes_show_in_the_status(server: DemoServer) -> None:
    pods = get(server, "/api/v1/namespaces/team-checkout/pods?labelSelector=app.kubernetes.io/name%3Dpayments")["items"]
    seen = Counter(
        (
            pod["spec"]["containers"][0]["resources"]["requests"]["cpu"],
            pod["status"]["containerStatuses"][0]["allocatedResources"]["cpu"],
            any(condition["type"] == "PodResizePending" for condition in pod["status"]["conditions"]),
        )
        for pod in pods
    )
    assert seen == {("500m", "500m", False): 1, ("750m", "750m", False): 1, ("750m", "500m", True): 1}


@pytest.mark.slow
def test_owners_lead_to_what_was_deployed(server: DemoServer) -> None:
    by_uid = {
        item["metadata"]["uid"]: (resource, item)
        for path in ("apps/v1/replicasets", "apps/v1/deployments", "apps/v1/statefulsets", "apps/v1/daemonsets",
                     "batch/v1/jobs", "batch/v1/cronjobs", "argoproj.io/v1alpha1/rollouts", "ray.io/v1/rayclusters")
        for resource, item in ((path.rsplit("/", 1)[1], item) for item in get(server, f"/apis/{path}")["items"])
    }  # fmt: skip
    tops: Counter[str] = Counter()
    for pod in get(server, "/api/v1/pods")["items"]:
        item, top = pod, "pod"
        while owners := item["metadata"].get("ownerReferences"):
            assert owners[0]["controller"] is True
            if owners[0]["kind"] == "Node":
                top = "node"
                break
            top, item = by_uid[owners[0]["uid"]]
            assert item["metadata"]["name"] == owners[0]["name"]
        tops[top] += 1
    assert set(tops) == {"deployments", "rollouts", "statefulsets", "daemonsets", "jobs", "cronjobs", "rayclusters",
                         "pod", "node"}  # fmt: skip


def test_measured_pods_are_those_that_run_since_a_while_on_a_node_that_reports(server: DemoServer) -> None:
    measured = {
        (item["metadata"]["namespace"], item["metadata"]["name"]) for item in get(server, f"{METRICS}/pods")["items"]
    }
    running = {
        (pod["metadata"]["namespace"], pod["metadata"]["name"]): pod
        for pod in get(server, "/api/v1/pods?fieldSelector=status.phase%3DRunning")["items"]
    }
    missing = set(running) - measured
    assert measured < set(running)
    why = Counter(
        "node" if running[key]["spec"]["nodeName"] == "spot-2" else key[1].rsplit("-", 2)[0] for key in missing
    )
    assert set(why) == {"node", "suggest", "fraud-scorer"}


def test_node_usage_is_that_of_its_pods_and_a_bit_more(server: DemoServer) -> None:
    usage: Counter[str] = Counter()
    place = {
        (pod["metadata"]["namespace"], pod["metadata"]["name"]): pod["spec"].get("nodeName")
        for pod in get(server, "/api/v1/pods")["items"]
    }
    for item in get(server, f"{METRICS}/pods")["items"]:
        node = place[item["metadata"]["namespace"], item["metadata"]["name"]]
        usage[node] += sum(int(box["usage"]["cpu"].rstrip("n")) for box in item["containers"])
    for node in get(server, f"{METRICS}/nodes")["items"]:
        system = int(node["usage"]["cpu"].rstrip("n")) - usage[node["metadata"]["name"]]
        assert 0 < system < 1_000_000_000


# Determinism and time.


def everything(server: DemoServer) -> list[bytes]:
    paths = (
        "/api/v1/nodes",
        "/api/v1/pods",
        f"{METRICS}/nodes",
        f"{METRICS}/pods",
        "/apis/apps/v1/replicasets",
    )
    replies = [ask(server, path) for path in paths]
    return [json.dumps(reply.headers).encode() + reply.body for reply in replies]


@pytest.mark.process
def test_a_frozen_cluster_is_the_same_in_every_byte_and_another_process(server: DemoServer) -> None:
    with start(at=AT) as again:
        assert everything(again) == everything(server)
    with start(at=AT, seed=1) as other:
        assert everything(other) != everything(server)
    with start(at="2026-03-02T10:30:00+01:00") as same_moment:
        assert everything(same_moment)[2:4] == everything(server)[2:4]
    program = (
        "import hashlib\nfrom c3s_cli.demo.server import start\nfrom urllib.request import urlopen\n"
        f"with start(at={AT!r}) as s: print(hashlib.sha256(urlopen(s.url + '{METRICS}/pods').read()).hexdigest())"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == hashlib.sha256(ask(server, f"{METRICS}/pods").body).hexdigest()


def test_the_date_is_the_simulated_now_and_samples_are_aligned(server: DemoServer) -> None:
    assert ask(server, "/version").headers["date"] == "Mon, 02 Mar 2026 09:30:00 GMT"
    with start(at="2026-03-02T09:30:14Z") as later:
        items = get(later, f"{METRICS}/nodes")["items"]
    assert {item["timestamp"] for item in items} == {AT}
    assert all(14.9 < float(item["window"].rstrip("s")) < 15.1 for item in items)


def test_load_moves_with_time_but_not_far_in_one_step(server: DemoServer) -> None:
    now = {item["metadata"]["name"]: item["usage"] for item in get(server, f"{METRICS}/nodes")["items"]}
    with start(at="2026-03-02T09:30:15Z") as later:
        then = {item["metadata"]["name"]: item["usage"] for item in get(later, f"{METRICS}/nodes")["items"]}
    changes = [int(then[n]["cpu"][:-1]) / int(now[n]["cpu"][:-1]) for n in now]
    assert now != then
    assert all(0.5 < change < 2 for change in changes)


@pytest.mark.slow
def test_live_time_keeps_creation_times() -> None:
    with start() as live:
        before = get(live, "/api/v1/pods?limit=3")
        time.sleep(1.05)
        assert get(live, "/api/v1/pods?limit=3") == before


@pytest.mark.parametrize("at", ["yesterday", "2026-03-02", "2026-03-02T09:30:00", "2026-13-02T09:30:00Z", ""])
def test_a_wrong_time_is_a_value_error(at: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  datetime has a text of its own for each
        start(at=at)


def test_a_taken_port_is_an_os_error(server: DemoServer) -> None:
    with pytest.raises(OSError):  # noqa: PT011  its text is the system's
        start(port=server.port)


def test_closing_frees_the_port_at_once() -> None:
    first = start(at=AT)
    with connected(first) as connection:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        began = time.monotonic()
        first.close()
        first.close()
        assert time.monotonic() - began < PATIENT
    with start(port=first.port, at=AT) as second:
        assert ask(second, "/readyz").body == b"ok"


@pytest.mark.parametrize(("nodes", "pods_per_node"), [(1, 1), (3, 10), (20, 5), (100, 30), (25, 100)])
def test_clusters_of_any_size_have_the_pods_asked_for(nodes: int, pods_per_node: int) -> None:
    with start(nodes=nodes, pods_per_node=pods_per_node, at=AT) as server:
        assert len(get(server, "/api/v1/nodes")["items"]) == nodes
        count = get(server, "/api/v1/pods?limit=1")["metadata"].get("remainingItemCount", 0) + 1
        # Every node has its DaemonSet pods, however few were asked for.
        assert count == nodes * pods_per_node or pods_per_node < 6


@pytest.mark.process
def test_importing_the_package_is_light() -> None:
    heavy = ("http.server", "asyncio", "email", "ssl")
    program = f"import sys, c3s_cli.demo.server; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
