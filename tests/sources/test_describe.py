"""Requests and limits: the same as `Allocated resources` of `kubectl describe node`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib import request as urlrequest
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from c3s_cli.amounts.quantity import cpu_percent, memory_percent, nanos, whole
from c3s_cli.demo.server import DemoServer
from tests.conftest import Run
from tests.kubectl import find_kubectl, run_kubectl, version
from tests.servers import FakeApi, Reply, Request
from tests.sources.test_reading import recorded

LINE = re.compile(
    r"^  (cpu|memory|ephemeral-storage|nvidia\.com/gpu)\s+(\S+)(?: \((-?\d+)%\))?\s+(\S+)(?: \((-?\d+)%\))?$",
    re.MULTILINE,
)


def allocated(kubectl: str, home: Path, server: str, name: str) -> dict[str, tuple[str, str | None, str, str | None]]:
    ran = run_kubectl(kubectl, home, "describe", "node", name, "--server", server)
    assert ran.returncode == 0, ran.stderr
    section = ran.stdout[ran.stdout.index("Allocated resources:") :]
    return {match[1]: (match[2], match[3], match[4], match[5]) for match in LINE.finditer(section)}


def compare(run: Run, kubectl: str, home: Path, server: str) -> int:
    columns = ",".join(
        f"{resource}.{field}"
        for resource in ("cpu", "memory", "ephemeralStorage")
        for field in ("requests", "limits", "allocatable")
    )
    document = json.loads(run(f"top nodes -o json --columns {columns} --server {server}").out)
    compared = 0
    for item in document["items"]:
        said = allocated(kubectl, home, server, item["name"])
        for resource, key in (("cpu", "cpu"), ("memory", "memory"), ("ephemeral-storage", "ephemeralStorage")):
            read = nanos if resource == "cpu" else whole
            requests, requests_percent, limits, limits_percent = said[resource]
            ours = item[key]
            assert (ours["requests"], ours["limits"]) == (read(requests), read(limits)), (item["name"], resource)
            percent = cpu_percent if resource == "cpu" else memory_percent
            assert percent(ours["requests"], ours["allocatable"]) == int(requests_percent or 0)
            assert percent(ours["limits"], ours["allocatable"]) == int(limits_percent or 0)
            compared += 1
    return compared


@pytest.fixture
def kubectl() -> str:
    found = find_kubectl()
    if found is None:
        pytest.skip("no kubectl on PATH")
    return found


@pytest.mark.process
def test_agrees_on_every_node_of_the_demo(
    run: Run, demo_server: DemoServer, kubectl: str, tmp_path: Path, api: FakeApi
) -> None:
    if version(kubectl) < (1, 36):
        # Older kubectls do not know resources that are stated for a whole pod; without them, all must agree.
        relay(api, demo_server, without="resources")
        server = api.url
    else:
        server = demo_server.url
    assert compare(run, kubectl, tmp_path, server) == 30


def relay(api: FakeApi, demo_server: DemoServer, without: str) -> None:
    """Serve the demo's answers without one field of every pod's spec."""

    class Routes(dict[str, Any]):
        def get(self, path: str, default: Any = None) -> Any:
            return lambda request: answer(path, request)

    def answer(path: str, request: Request) -> Reply:
        query = urlencode(request.query)
        accept = {"Accept": request.header("accept") or "*/*"}
        with urlopen(urlrequest.Request(f"{demo_server.url}{path}?{query}", headers=accept)) as told:  # noqa: S310  loopback
            body, kind = told.read(), told.headers["Content-Type"]
        if path.endswith("/pods") and b'"PodList"' in body[:40]:
            document = json.loads(body)
            for item in document["items"]:
                item["spec"].pop(without, None)
            body = json.dumps(document).encode()
        return Reply(body, 200, kind)

    api.routes = Routes()


@pytest.mark.process
def test_agrees_on_recorded_nodes_and_pods(run: Run, api: FakeApi, kubectl: str, tmp_path: Path) -> None:
    nodes, pods = recorded("nodes-list"), {**recorded("pods-list"), "metadata": {}}
    metrics = recorded("nodemetrics-list")
    names = {item["metadata"]["name"] for item in nodes["items"]}
    metrics["items"] = [item for item in metrics["items"] if item["metadata"]["name"] in names]
    for item in pods["items"]:
        # The three recorded pods run on nodes of which not all were recorded.
        item["spec"]["nodeName"] = min(names)

    def of_node(request: Request) -> Reply:
        selector = dict(request.query).get("fieldSelector", "")
        wanted = re.search(r"spec\.nodeName=([^,]+)", selector)
        chosen = [item for item in pods["items"] if not wanted or item["spec"]["nodeName"] == wanted[1]]
        return Reply({**pods, "items": chosen})

    api.routes["/api"] = Reply({"kind": "APIVersions", "versions": ["v1"]})
    api.routes["/apis"] = Reply({"kind": "APIGroupList", "groups": []})
    api.routes["/api/v1"] = Reply(
        {
            "kind": "APIResourceList",
            "groupVersion": "v1",
            "resources": [
                {
                    "name": "nodes",
                    "singularName": "node",
                    "namespaced": False,
                    "kind": "Node",
                    "verbs": ["get", "list"],
                },
                {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ["get", "list"]},
            ],
        }
    )
    api.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = Reply(metrics)
    api.routes["/api/v1/nodes"] = Reply(nodes)
    api.routes["/api/v1/pods"] = of_node
    api.routes["/api/v1/events"] = Reply({"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": []})
    for item in nodes["items"]:
        api.routes[f"/api/v1/nodes/{item['metadata']['name']}"] = Reply({"kind": "Node", "apiVersion": "v1", **item})
    assert compare(run, kubectl, tmp_path, api.url) == 3 * len(names)
