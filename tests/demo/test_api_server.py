"""Demo, API server: discovery, selectors, pages, tables, errors, connections, kubectl."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from c3s_cli.demo.server import DemoServer, start
from tests.demo.client import METRICS, PARTIAL, PARTIAL_LIST, ask, get, names, refused
from tests.kubectl import find_kubectl, run_kubectl

AT = "2026-03-02T09:30:00Z"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with start(at=AT) as running:
        yield running


# Discovery.


def test_plain_discovery(server: DemoServer) -> None:
    assert get(server, "/api")["versions"] == ["v1"]
    groups = {group["name"] for group in get(server, "/apis")["groups"]}
    assert {"apps", "batch", "metrics.k8s.io", "coordination.k8s.io"} <= groups
    assert get(server, "/apis/metrics.k8s.io")["preferredVersion"]["version"] == "v1beta1"
    assert get(server, METRICS) == {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": "metrics.k8s.io/v1beta1",
        "resources": [
            {
                "name": "nodes",
                "singularName": "",
                "namespaced": False,
                "kind": "NodeMetrics",
                "verbs": ["get", "list"],
            },
            {
                "name": "pods",
                "singularName": "",
                "namespaced": True,
                "kind": "PodMetrics",
                "verbs": ["get", "list"],
            },
        ],
    }
    assert "pods" in {resource["name"] for resource in get(server, "/api/v1")["resources"]}
    assert get(server, "/version")["gitVersion"].startswith("v1.")


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
def test_aggregated_discovery(server: DemoServer, version: str) -> None:
    reply = ask(server, "/apis", accept=AGGREGATED.replace("v=v2", f"v={version}"))
    assert (
        reply.headers["content-type"] == f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    )
    assert reply.json["apiVersion"] == f"apidiscovery.k8s.io/{version}"
    assert "metrics.k8s.io" in names(reply.json)
    assert get(server, "/api", AGGREGATED)["kind"] == "APIGroupDiscoveryList"


def test_every_resource_lists_and_every_object_is_found_again(server: DemoServer) -> None:
    for group in [None, *get(server, "/apis")["groups"]]:
        base = "/api/v1" if group is None else f"/apis/{group['preferredVersion']['groupVersion']}"
        for resource in get(server, base)["resources"]:
            path = f"{base}/{resource['name']}"
            whole = get(server, path)
            assert whole["kind"] == f"{resource['kind']}List"
            keys = [(item["metadata"].get("namespace", ""), item["metadata"]["name"]) for item in whole["items"]]
            assert keys == sorted(keys)
            for item, (namespace, name) in list(zip(whole["items"], keys, strict=True))[:3]:
                home = f"{base}/namespaces/{namespace}/{resource['name']}" if namespace else path
                one = get(server, f"{home}/{name}")
                assert one == {"kind": resource["kind"], "apiVersion": whole["apiVersion"]} | item
                partial = get(server, f"{home}/{name}", PARTIAL)
                assert (partial["kind"], partial["metadata"]["name"]) == ("PartialObjectMetadata", name)
                assert name in names(get(server, home))


# Selectors and pages.


def pods_named(server: DemoServer, query: str, path: str = "/api/v1/pods") -> set[str]:
    return {name.split("-")[0] for name in names(get(server, f"{path}?{query}"))}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("app.kubernetes.io/name=web", {"web"}),
        ("app.kubernetes.io/name==web", {"web"}),
        ("app.kubernetes.io/name in (web,api)", {"web", "api"}),
        ("team=checkout,app.kubernetes.io/name notin (cart, postgres)", {"checkout", "payments", "fraud"}),
        ("!app.kubernetes.io/name,tier", {"etcd", "kube"}),
        ("ray.io/cluster", {"ray"}),
        ("team=checkout,app.kubernetes.io/name!=cart,!pod-template-hash", {"checkout", "postgres"}),
        ("statefulset.kubernetes.io/pod-name=redis-0", {"redis"}),
        ("apps.kubernetes.io/pod-index>1", {"elasticsearch"}),
    ],
)
def test_label_selectors(server: DemoServer, selector: str, expected: set[str]) -> None:
    query = f"labelSelector={quote(selector)}"
    assert pods_named(server, query) == expected
    assert pods_named(server, query, f"{METRICS}/pods") <= expected


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("a===b", "unable to parse requirement: found '=', expected: identifier"),
        ("a=b,,", "found ',', expected: identifier after ','"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
    ],
)
def test_bad_label_selectors(server: DemoServer, selector: str, message: str) -> None:
    for path in ("/api/v1/pods", f"{METRICS}/pods"):
        assert refused(server, f"{path}?labelSelector={quote(selector)}", 400)["message"] == message


def test_field_selectors(server: DemoServer) -> None:
    pods = get(server, "/api/v1/pods")["items"]
    on_node = [pod["metadata"]["name"] for pod in pods if pod["spec"].get("nodeName") == "general-2"]
    assert sorted(names(get(server, "/api/v1/pods?fieldSelector=spec.nodeName%3Dgeneral-2"))) == sorted(on_node)
    assert names(get(server, "/api/v1/pods?fieldSelector=spec.nodeName%3D"))[0].startswith("train-xl")
    active = "spec.nodeName=spot-1,status.phase!=Failed,status.phase!=Succeeded"
    phases = {pod["status"]["phase"] for pod in get(server, f"/api/v1/pods?fieldSelector={quote(active)}")["items"]}
    assert phases <= {"Running", "Pending"}
    assert names(get(server, "/api/v1/namespaces/default/pods?fieldSelector=metadata.name%3Dredis-0")) == ["redis-0"]
    assert names(get(server, "/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue")) == ["memory-2"]
    assert names(get(server, f"{METRICS}/nodes?fieldSelector=metadata.name%3Dgpu-1")) == ["gpu-1"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/api/v1/pods?fieldSelector=spec.nosuch%3Dx", "field label not supported: spec.nosuch"),
        ("/api/v1/nodes?fieldSelector=spec.nosuch%3Dx", "field label not supported: spec.nosuch"),
        (
            "/api/v1/pods?fieldSelector=spec.nodeName",
            "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'",
        ),
        (
            f"{METRICS}/pods?fieldSelector=spec.nodeName%3Dx",
            '"spec.nodeName" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ("/api/v1/pods?limit=many", 'strconv.ParseInt: parsing "many": invalid syntax'),
    ],
)
def test_bad_parameters(server: DemoServer, path: str, message: str) -> None:
    assert refused(server, path, 400)["message"] == message


@pytest.mark.parametrize(
    "path",
    ["/api/v1/pods", "/api/v1/namespaces/kube-system/pods", "/api/v1/nodes", "/apis/apps/v1/replicasets"],
)
def test_pages_add_up_to_the_whole(server: DemoServer, path: str) -> None:
    whole = get(server, path)["items"]
    seen: list[Any] = []
    query = "?limit=4"
    while True:
        page = get(server, path + query)
        seen += page["items"]
        assert len(seen) + page["metadata"].get("remainingItemCount", 0) == len(whole)
        if "continue" not in page["metadata"]:
            break
        query = f"?limit=4&continue={page['metadata']['continue']}"
    assert seen == whole


def test_pages_of_a_selection_do_not_count_the_rest(server: DemoServer) -> None:
    page = get(server, "/api/v1/pods?limit=2&labelSelector=team%3Dsearch")
    assert len(page["items"]) == 2
    assert "remainingItemCount" not in page["metadata"]
    rest = get(server, f"/api/v1/pods?labelSelector=team%3Dsearch&continue={page['metadata']['continue']}")
    assert names(page) + names(rest) == names(get(server, "/api/v1/pods?labelSelector=team%3Dsearch"))
    on_node = "fieldSelector=spec.nodeName%3Dgeneral-1"
    page = get(server, f"/api/v1/pods?limit=5&{on_node}")
    rest = get(server, f"/api/v1/pods?{on_node}&continue={page['metadata']['continue']}")
    assert names(page) + names(rest) == names(get(server, f"/api/v1/pods?{on_node}"))


def test_a_bad_continue_token_is_refused(server: DemoServer) -> None:
    assert refused(server, "/api/v1/pods?limit=2&continue=garbage", 400)["message"].startswith("invalid continue token")


def test_metrics_do_not_page(server: DemoServer) -> None:
    assert get(server, f"{METRICS}/pods?limit=1") == get(server, f"{METRICS}/pods")


# Forms.


def test_partial_metadata_is_the_metadata(server: DemoServer) -> None:
    for path in ("/api/v1/pods", "/api/v1/nodes", "/apis/apps/v1/replicasets", "/apis/batch/v1/jobs"):
        whole, partial = get(server, path), get(server, path, PARTIAL_LIST)
        assert (partial["kind"], partial["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
        assert [item["metadata"] for item in partial["items"]] == [item["metadata"] for item in whole["items"]]


def test_tables(server: DemoServer) -> None:
    table = get(server, "/api/v1/namespaces/default/pods", TABLE)
    assert table["kind"] == "Table"
    assert [column["name"] for column in table["columnDefinitions"]][:5] == [
        "Name",
        "Ready",
        "Status",
        "Restarts",
        "Age",
    ]
    rows = {row["cells"][0]: row["cells"] for row in table["rows"]}
    assert rows["redis-0"][1:6] == ["1/1", "Running", "0", "90d", rows["redis-0"][5]]
    assert {row["object"]["metadata"]["namespace"] for row in table["rows"]} == {"default"}
    nodes = get(server, "/api/v1/nodes", TABLE)["rows"]
    assert nodes[0]["cells"][:5] == ["cp-1", "Ready", "control-plane", "212d", "v1.33.2"]


def test_protobuf_only_is_not_acceptable(server: DemoServer) -> None:
    body = refused(server, "/api/v1/pods", 406, accept="application/vnd.kubernetes.protobuf")
    assert body["reason"] == "NotAcceptable"
    reply = ask(server, f"{METRICS}/nodes", accept="application/vnd.kubernetes.protobuf, */*")
    assert reply.headers["content-type"] == "application/json"


# Refusals.


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/api/v1/nodes/x", 'nodes "x" not found'),
        ("/api/v1/namespaces/default/pods/x", 'pods "x" not found'),
        ("/apis/apps/v1/namespaces/default/deployments/x", 'deployments.apps "x" not found'),
        (f"{METRICS}/nodes/x", 'nodemetrics.metrics.k8s.io "x" not found'),
        (f"{METRICS}/nodes/spot-2", 'nodemetrics.metrics.k8s.io "spot-2" not found'),
        (f"{METRICS}/namespaces/ns/pods/x", 'podmetrics.metrics.k8s.io "ns/x" not found'),
        (f"{METRICS}/pods/redis-0", "the server could not find the requested resource"),
        ("/api/v1/nosuch", "the server could not find the requested resource"),
        ("/apis/nosuch.io/v1/things", "the server could not find the requested resource"),
        ("/nosuch", "the server could not find the requested resource"),
        ("/", "the server could not find the requested resource"),
    ],
)
def test_not_found(server: DemoServer, path: str, message: str) -> None:
    body = refused(server, path, 404)
    assert (body["reason"], body["message"]) == ("NotFound", message)


def test_other_methods_and_watches_are_refused(server: DemoServer) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        reply = ask(server, "/api/v1/pods", method=method)
        assert (reply.status, reply.json["reason"]) == (405, "MethodNotAllowed")
    assert refused(server, "/api/v1/pods?watch=true", 405)["reason"] == "MethodNotAllowed"
    head = ask(server, "/api/v1/nodes", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) == len(ask(server, "/api/v1/nodes").body)


# HTTP.


def test_connections_are_kept_alive_and_quick(server: DemoServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        for _ in range(3):
            connection.sendall(f"GET {METRICS}/nodes HTTP/1.1\r\n\r\n".encode())
            # A body that is sent after its head would wait for the acknowledgement of that, for 40 ms.
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert len(json.loads(body)["items"]) == 9
    assert server.requests[-1] == f"GET {METRICS}/nodes"


def test_large_bodies_are_compressed_for_those_who_want_it() -> None:
    with start(nodes=40, pods_per_node=30, at=AT) as server:
        plain = ask(server, f"{METRICS}/pods")
        packed = ask(server, f"{METRICS}/pods", accept_encoding="gzip")
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        assert "content-encoding" not in ask(server, "/version", accept_encoding="gzip").headers


@pytest.mark.slow
def test_long_lists_leave_in_pieces(server: DemoServer) -> None:
    with start(nodes=80, pods_per_node=30, at=AT) as large:
        reply = ask(large, "/api/v1/pods")
        assert reply.headers["transfer-encoding"] == "chunked"
        assert len(reply.json["items"]) == 2400
        packed = ask(large, "/api/v1/pods", accept_encoding="gzip")
        assert gzip.decompress(packed.body) == reply.body
        several = ask(large, "/api/v1/pods?limit=500")
        assert int(several.headers["content-length"]) == len(several.body)
        assert several.json["items"] == reply.json["items"][:500]
        page = get(large, "/api/v1/pods?limit=1")
        assert page["metadata"]["remainingItemCount"] == 2399
        assert set(page["items"][0]) == set(get(server, "/api/v1/pods?limit=1")["items"][0])


# The real kubectl.

needs_kubectl = pytest.mark.skipif(find_kubectl() is None, reason="there is no kubectl")


def kubectl(server: DemoServer, home: Path, command: str) -> subprocess.CompletedProcess[str]:
    binary = find_kubectl()
    assert binary is not None
    return run_kubectl(binary, home, "--server", server.url, *command.split())


@pytest.mark.process
@needs_kubectl
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("get nodes", "memory-2    Ready,SchedulingDisabled"),
        ("get pods -A", "CrashLoopBackOff"),
        ("get pods -A -o wide --sort-by=.metadata.name", "general-1"),
        ("get deploy,rs,sts,ds,job,cronjob -A", "deployment.apps/web"),
        ("top nodes", "spot-2      <unknown>"),
        ("top pods -A", "elasticsearch-0"),
        ("top pods -n default --containers", "redis-0"),
        ("top pods -n team-search -l app.kubernetes.io/name=indexer --sum", "________"),
        ("describe node gpu-1", "nvidia.com/gpu     2"),
        ("describe node memory-1", "elasticsearch-0"),
        ("describe pod -n team-checkout postgres-0", "Controlled By:  StatefulSet/postgres"),
    ],
)
def test_kubectl_is_content(server: DemoServer, tmp_path: Path, command: str, expected: str) -> None:
    run = kubectl(server, tmp_path, command)
    assert (run.returncode, run.stderr) == (0, "")
    assert expected in run.stdout


@pytest.mark.process
@needs_kubectl
def test_kubectl_hears_of_errors(server: DemoServer, tmp_path: Path) -> None:
    run = kubectl(server, tmp_path, "top node nosuch")
    assert run.stderr == 'Error from server (NotFound): nodemetrics.metrics.k8s.io "nosuch" not found\n'
    run = kubectl(server, tmp_path, "top pod redis-0 -A")
    assert run.stderr == "Error from server (NotFound): the server could not find the requested resource\n"
