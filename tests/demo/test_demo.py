from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from c3s_cli.demo.server import DemoServer, start
from tests.kubectl import find_kubectl, run_kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = "2026-03-02T09:30:00Z"
METRICS = "/apis/metrics.k8s.io/v1beta1"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with start(at=AT) as running:
        yield running


class Reply:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def port_of(server: DemoServer) -> int:
    return int(server.url.rsplit(":", 1)[1])


@contextmanager
def connected(server: DemoServer) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=20)
    try:
        yield connection
    finally:
        connection.close()


def ask(server: DemoServer, path: str, *, method: str = "GET", **headers: str) -> Reply:
    with connected(server) as connection:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return Reply(connection.getresponse())


def get(server: DemoServer, path: str, accept: str = "application/json") -> Any:
    reply = ask(server, path, accept=accept)
    assert reply.status == 200, reply.body
    return reply.json


def names(document: Any) -> list[str]:
    return [item["metadata"]["name"] for item in document["items"]]


def refused(server: DemoServer, path: str, code: int, **headers: str) -> Any:
    reply = ask(server, path, **headers)
    body = reply.json
    assert (reply.status, body["kind"], body["status"], body["code"]) == (code, "Status", "Failure", code)
    return body


# The cluster.


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
    with connected(server) as connection:
        seen = []
        for path in paths:
            connection.request("GET", path)
            reply = Reply(connection.getresponse())
            seen.append(json.dumps(reply.headers).encode() + reply.body)
    return seen


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
        start(port=port_of(server))


def test_closing_frees_the_port_at_once() -> None:
    first = start(at=AT)
    with connected(first) as connection:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        began = time.monotonic()
        first.close()
        first.close()
        assert time.monotonic() - began < 1
    with start(port=port_of(first), at=AT) as second:
        assert ask(second, "/readyz").body == b"ok"


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
    with connected(server) as connection:
        began = time.monotonic()
        for _ in range(100):
            connection.request("GET", f"{METRICS}/nodes")
            connection.getresponse().read()
        # A body that waits for the acknowledgement of its head takes 40 ms each.
        assert time.monotonic() - began < 2
    assert server.requests[-1] == f"GET {METRICS}/nodes"


def test_large_bodies_are_compressed_for_those_who_want_it() -> None:
    with start(nodes=40, pods_per_node=30, at=AT) as server:
        plain = ask(server, f"{METRICS}/pods")
        packed = ask(server, f"{METRICS}/pods", accept_encoding="gzip")
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        assert "content-encoding" not in ask(server, "/version", accept_encoding="gzip").headers


def test_long_lists_leave_in_pieces(server: DemoServer) -> None:
    with start(nodes=80, pods_per_node=30, at=AT) as large:
        reply = ask(large, "/api/v1/pods")
        assert reply.headers["transfer-encoding"] == "chunked"
        assert len(reply.json["items"]) == 2400
        packed = ask(large, "/api/v1/pods", accept_encoding="gzip")
        assert gzip.decompress(packed.body) == reply.body
        page = get(large, "/api/v1/pods?limit=1")
        assert page["metadata"]["remainingItemCount"] == 2399
        assert set(page["items"][0]) == set(get(server, "/api/v1/pods?limit=1")["items"][0])


@pytest.mark.parametrize(("nodes", "pods_per_node"), [(1, 1), (3, 10), (20, 5), (100, 30), (25, 100)])
def test_clusters_of_any_size_have_the_pods_asked_for(nodes: int, pods_per_node: int) -> None:
    with start(nodes=nodes, pods_per_node=pods_per_node, at=AT) as server:
        assert len(get(server, "/api/v1/nodes")["items"]) == nodes
        count = get(server, "/api/v1/pods?limit=1")["metadata"].get("remainingItemCount", 0) + 1
        # Every node has its DaemonSet pods, however few were asked for.
        assert count == nodes * pods_per_node or pods_per_node < 6


def test_importing_the_package_is_light() -> None:
    heavy = ("http.server", "asyncio", "email", "ssl")
    program = f"import sys, c3s_cli.demo.server; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


# The real kubectl.

needs_kubectl = pytest.mark.skipif(find_kubectl() is None, reason="there is no kubectl")


def kubectl(server: DemoServer, home: Path, command: str) -> subprocess.CompletedProcess[str]:
    binary = find_kubectl()
    assert binary is not None
    return run_kubectl(binary, home, "--server", server.url, *command.split())


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


@needs_kubectl
def test_kubectl_hears_of_errors(server: DemoServer, tmp_path: Path) -> None:
    run = kubectl(server, tmp_path, "top node nosuch")
    assert run.stderr == 'Error from server (NotFound): nodemetrics.metrics.k8s.io "nosuch" not found\n'
    run = kubectl(server, tmp_path, "top pod redis-0 -A")
    assert run.stderr == "Error from server (NotFound): the server could not find the requested resource\n"
