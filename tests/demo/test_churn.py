"""Demo, changes over time: what happens, and that owners, pods and metrics agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from c3s_cli.demo.server import DemoServer, start
from tests.demo.client import METRICS, all_changes, get, key, version

AT = "2026-03-02T09:30:00Z"
LISTS = ("/api/v1/nodes", "/api/v1/pods", "/apis/apps/v1/replicasets", "/apis/batch/v1/jobs")


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with start(at=AT, pace=0) as running:
        yield running


@pytest.mark.slow
def test_many_things_happen(server: DemoServer) -> None:
    before = {path: get(server, path) for path in LISTS}
    server.move(1200)
    events = dict(zip(LISTS, all_changes(server, LISTS, version(before[LISTS[0]])), strict=True))
    pods = [event["object"] for event in events["/api/v1/pods"]]
    kinds = {path: Counter(event["type"] for event in events[path]) for path in LISTS}
    assert all(set(kinds[path]) == {"ADDED", "MODIFIED", "DELETED"} for path in LISTS[1:])
    assert set(kinds["/api/v1/nodes"]) == {"MODIFIED"}
    reasons = {
        status["state"].get("waiting", {}).get("reason")
        for pod in pods
        for status in pod["status"].get("containerStatuses", ())
    }
    assert {"CrashLoopBackOff", "ContainerCreating"} <= reasons
    assert {"Pending", "Running", "Succeeded"} <= {pod["status"]["phase"] for pod in pods}
    restarts: dict[tuple[str, str], set[int]] = {}
    for pod in [*before["/api/v1/pods"]["items"], *pods]:
        for status in pod["status"].get("containerStatuses", ()):
            restarts.setdefault(key(pod), set()).add(status["restartCount"])
    assert any(len(counts) > 1 for counts in restarts.values())
    ready = {
        condition["status"]
        for event in events["/api/v1/nodes"]
        for condition in event["object"]["status"]["conditions"]
        if condition["type"] == "Ready"
    }
    assert ready == {"True", "Unknown"}


def test_a_new_pod_often_has_another_node(server: DemoServer) -> None:
    def places() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for pod in get(server, "/api/v1/pods")["items"]:
            for owner in pod["metadata"].get("ownerReferences", ()):
                found.setdefault(owner["name"], set()).add(pod["spec"].get("nodeName", ""))
        return found

    before = places()
    server.move(1200)
    after = places()
    assert any(before[name] != after[name] for name in set(before) & set(after))


@pytest.mark.slow
def test_owners_know_their_pods(server: DemoServer) -> None:
    for _ in range(12):
        server.move(61)
        pods = get(server, "/api/v1/pods")["items"]
        owners = {item["metadata"]["uid"]: item for path in LISTS[2:] for item in get(server, path)["items"]}
        alive: Counter[str] = Counter()
        for pod in pods:
            for owner in pod["metadata"].get("ownerReferences", ()):
                # What a Job leaves behind goes a second later.
                if owner["kind"] == "ReplicaSet" or (owner["kind"] == "Job" and owner["uid"] in owners):
                    assert owner["uid"] in owners
                    alive[owner["uid"]] += "deletionTimestamp" not in pod["metadata"]
        for uid, item in owners.items():
            assert item["status"].get("replicas", alive[uid]) in (
                alive[uid],
                alive[uid] + 1,  # one that was being deleted when the cluster was made up
            )
        deployments = {item["metadata"]["name"]: item for item in get(server, "/apis/apps/v1/deployments")["items"]}
        wanted = {name: item["spec"]["replicas"] for name, item in deployments.items()}
        assert (wanted["web"], wanted["cart"], wanted["grafana"]) == (3, 3, 1)


@pytest.mark.slow
def test_metrics_are_of_the_pods_that_are_there(server: DemoServer) -> None:
    fresh = 0
    for _ in range(60):
        server.move(15)
        pods = {key(pod): pod for pod in get(server, "/api/v1/pods")["items"]}
        ready = {
            node["metadata"]["name"]
            for node in get(server, "/api/v1/nodes")["items"]
            if {"type": "Ready", "status": "True"}.items()
            <= next(one for one in node["status"]["conditions"] if one["type"] == "Ready").items()
        }
        measured = {key(item): item for item in get(server, f"{METRICS}/pods")["items"]}
        assert set(measured) <= set(pods)
        for name, pod in pods.items():
            on = pod["spec"].get("nodeName")
            old = pod["metadata"]["creationTimestamp"] < "2026-03-02T09:00:00Z"
            status = pod["status"].get("containerStatuses", [{}])[0]
            if pod["status"]["phase"] == "Running" and on in ready - {"spot-2"} and status["restartCount"] == 0 and old:
                assert name in measured
            fresh += name not in measured and pod["status"]["phase"] == "Running" and not old
        assert {item["metadata"]["name"] for item in get(server, f"{METRICS}/nodes")["items"]} == ready - {"spot-2"}
    assert fresh
