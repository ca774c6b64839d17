"""The cluster states that kubectl and c3s are run against: their objects and their faults."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from c3s_cli.demo.selectors import BadSelector, field_selector, label_selector
from tests.servers import Reply, Request, node, node_metrics, pod, pod_metrics, status

Json = dict[str, Any]
RECORDED = Path(__file__).parent.parent / "recorded"
OBJECT = re.compile(
    r"/(?:api/v1|apis/(?P<group>metrics\.k8s\.io)/(?P<version>\w+))/(?:namespaces/(?P<ns>[^/]+)/)?"
    r"(?P<resource>nodes|pods)(?:/(?P<name>[^/]+))?"
)
PAGE = 2


@dataclass(frozen=True)
class State:
    """A cluster. faults: replies that replace the regular ones, by a pattern of paths."""

    summary: str
    nodes: tuple[Json, ...] = ()
    node_metrics: tuple[Json, ...] = ()
    pods: tuple[Json, ...] = ()
    pod_metrics: tuple[Json, ...] = ()
    discovery: str = "aggregated"
    version: str = "v1beta1"
    faults: Mapping[str, Callable[[], Reply]] = field(default_factory=dict)
    paged: bool = False

    def answer(self, request: Request) -> Reply:
        """Answer a request as kube-apiserver and metrics-server would."""
        for pattern, fault in self.faults.items():
            if re.fullmatch(pattern, request.path):
                return fault()
        if request.path in ("/api", "/apis", "/apis/metrics.k8s.io"):
            return self._discovery(request)
        match = OBJECT.fullmatch(request.path)
        if match is None or (match["group"] and (self.discovery == "missing" or match["version"] != self.version)):
            return not_served()
        if match["group"] and match["name"] and match["resource"] == "pods" and not match["ns"]:
            return status(404, "NotFound", "the server could not find the requested resource")
        try:
            return self._objects(match, dict(request.query))
        except BadSelector as problem:
            return status(400, "BadRequest", str(problem))

    def _discovery(self, request: Request) -> Reply:
        aggregated = "apidiscovery.k8s.io" in (request.header("accept") or "")
        if request.path == "/apis/metrics.k8s.io":
            if self.discovery == "missing":
                return not_served()
            return Reply(renamed(recorded("apigroup-metrics"), self.version))
        if not aggregated or self.discovery == "plain":
            name = (
                "api" if request.path == "/api" else "apis-metrics-missing" if self.discovery == "missing" else "apis"
            )
            return Reply(renamed(recorded(name), self.version))
        unavailable = self.discovery == "stale"
        name = "apis-aggregated-metrics-unavailable" if unavailable else "apis-aggregated"
        body = recorded("api-aggregated" if request.path == "/api" else name)
        if self.discovery == "missing":
            body = {**body, "items": [each for each in body["items"] if each["metadata"].get("name") != GROUP]}
        kind = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        return Reply(renamed(body, self.version), content_type=kind)

    def _objects(self, match: re.Match[str], query: Mapping[str, str]) -> Reply:
        measured = bool(match["group"])
        if match["resource"] == "nodes":
            items = self.node_metrics if measured else self.nodes
            kind = "NodeMetrics" if measured else "Node"
        else:
            items = self.pod_metrics if measured else self.pods
            kind = "PodMetrics" if measured else "Pod"
        version = f"{GROUP}/{self.version}" if measured else "v1"
        if match["ns"]:
            items = tuple(each for each in items if each["metadata"]["namespace"] == match["ns"])
        if match["name"]:
            found = [each for each in items if each["metadata"]["name"] == match["name"]]
            if found:
                return Reply({"kind": kind, "apiVersion": version, **found[0]})
            return missing(match)
        chosen = self._chosen(items, query, measured=measured)
        body: Json = {"kind": f"{kind}List", "apiVersion": version, "metadata": {}, "items": chosen}
        if self.paged and not measured and "limit" in query:
            if query.get("continue"):
                return wrapped("err-410-expired-continue")
            body = {**body, "items": chosen[:PAGE], "metadata": {"continue": "onward"}}
        return Reply(body)

    def _chosen(self, items: tuple[Json, ...], query: Mapping[str, str], *, measured: bool) -> list[Json]:
        labels = label_selector(query.get("labelSelector", ""))
        fields = field_selector(query.get("fieldSelector", ""))
        for term in fields:
            if measured and term.label not in ("metadata.name", "metadata.namespace"):
                raise BadSelector(
                    f'"{term.label}" is not a known field selector: only "metadata.name", "metadata.namespace"'
                )
            if term.label not in FIELDS:
                raise BadSelector(f"field label not supported: {term.label}")
        return [
            each
            for each in items
            if (labels is None or labels(each["metadata"].get("labels") or {}))
            and all((FIELDS[term.label](each) == term.value) is term.equal for term in fields)
        ]


GROUP = "metrics.k8s.io"
FIELDS: dict[str, Callable[[Json], str]] = {
    "metadata.name": lambda each: str(each["metadata"]["name"]),
    "metadata.namespace": lambda each: str(each["metadata"].get("namespace", "")),
    "spec.nodeName": lambda each: str(each["spec"]["nodeName"]),
    "status.phase": lambda each: str(each["status"]["phase"]),
}


@cache
def recorded(name: str) -> Json:
    """Return the recorded answer of a real API server, reduced to the relevant API groups."""
    answer: Json = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    if name.startswith("apis-aggregated"):
        answer["items"] = [each for each in answer["items"] if each["metadata"].get("name") in ("apps", GROUP)]
    return answer


def wrapped(name: str, **headers: str) -> Reply:
    """Return a recorded error with its status; text bodies stay text."""
    error = recorded(name)
    return Reply(error["body"], error["status"], error["headers"]["Content-Type"], headers)


def renamed(body: Json, version: str) -> Json:
    """Replace the version of the metrics API in an answer."""
    if version == "v1beta1":
        return body
    text = json.dumps(body).replace('"metrics.k8s.io/v1beta1"', f'"metrics.k8s.io/{version}"')
    changed: Json = json.loads(text.replace('"version": "v1beta1"', f'"version": "{version}"'))
    return changed


def not_served() -> Reply:
    return Reply("404 page not found\n", 404, "text/plain; charset=utf-8")


def missing(match: re.Match[str]) -> Reply:
    """Return NotFound as kube-apiserver or metrics-server does; their resource names differ."""
    resource, name = match["resource"], match["name"]
    if match["group"]:
        resource = f"{resource.removesuffix('s')}metrics.metrics.k8s.io"
        name = f"{match['ns']}/{name}" if match["ns"] else name
    return status(404, "NotFound", f'{resource} "{name}" not found')


def again(first: int, trouble: Callable[[], Reply], *after: Callable[[], Reply]) -> Callable[[], Reply]:
    """Answer with `trouble` `first` times, then once with `well`, and repeat."""
    (well,) = after
    turns = count()
    return lambda: well() if next(turns) % (first + 1) == first else trouble()


def slowly(reply: Callable[[], Reply], seconds: float) -> Callable[[], Reply]:
    def answer() -> Reply:
        time.sleep(seconds)
        return reply()

    return answer


def ago(**past: float) -> str:
    return (datetime.now(UTC) - timedelta(**past)).strftime("%Y-%m-%dT%H:%M:%SZ")


def forbidden(resource: str, group: str, where: str) -> Callable[[], Reply]:
    name = f"{resource}.{group}" if group else resource
    message = f'{name} is forbidden: User "lab" cannot list resource "{resource}" in API group "{group}" {where}'
    return lambda: status(403, "Forbidden", message)


def labelled(item: Json, **labels: str) -> Json:
    return {**item, "metadata": {**item["metadata"], "labels": labels}}


METRICS = r"/apis/metrics\.k8s\.io/v1beta1/.*"
ORDINARY = State(
    "four nodes, pods in three namespaces",
    nodes=(
        labelled(node("node-a", "2", "8Gi", capacity={"cpu": "4", "memory": "16Gi"}), pool="big", zone="a"),
        labelled(node("node-b", "4", "16Gi", capacity={"cpu": "4", "memory": "17Gi"}), pool="big", zone="b"),
        labelled(node("node-c", "1930m", "3145728Ki", capacity={"cpu": "2", "memory": "4Gi"}), pool="small"),
        labelled(node("node-d", "1", "1Gi", capacity={"cpu": "1", "memory": "1Gi"}), zone="a"),
    ),
    node_metrics=(
        labelled(node_metrics("node-a", "580m", "1500Ki"), pool="big", zone="a"),
        labelled(node_metrics("node-b", "123456789n", "7Gi"), pool="big", zone="b"),
        labelled(node_metrics("node-c", "2900001u", "3145729Ki"), pool="small"),
        labelled(node_metrics("node-d", "1n", "1"), zone="a"),
    ),
    pods=(
        pod("default", "alpha", "node-a", labels={"app": "alpha", "tier": "web"}),
        pod("default", "beta", "node-b", labels={"app": "beta"}),
        pod("default", "gamma", "node-a", labels={"app": "alpha"}, phase="Pending"),
        pod("kube-system", "dns", "node-c", labels={"app": "dns"}),
        pod("team", "worker", "node-d", labels={"app": "worker", "tier": "web"}),
    ),
    pod_metrics=(
        labelled(
            pod_metrics("default", "alpha", ("app", "250m", "128Mi"), ("sidecar", "1n", "1Ki")), app="alpha", tier="web"
        ),
        labelled(pod_metrics("default", "beta", ("app", "1500000u", "1Gi")), app="beta"),
        labelled(pod_metrics("default", "gamma", ("z", "1m", "900Ki"), ("a", "300m", "900Ki")), app="alpha"),
        labelled(pod_metrics("kube-system", "dns", ("dns", "3m", "70Mi"), ("cache", "2500u", "17Mi")), app="dns"),
        labelled(
            pod_metrics("team", "worker", ("main", "2", "3Gi"), ("log", "500n", "999999")), app="worker", tier="web"
        ),
    ),
)

SUFFIXES = ("", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "E2", "e-2", "e+1")
LARGE = ("T", "P", "Ti", "Pi")
# In thousandths these no longer fit into 64 bits.
TOO_LARGE = ("E", "Ei", "0000000Ti")
AMOUNTS = ("1", "250", "0.5", "1.5", "999999", "1000001")
BARE = (1, 0, 2, 0.25)


def _with_suffixes() -> State:
    """Return a state whose usage has every form of quantity."""
    written: list[tuple[str, Any, Any]] = [
        (f"q{place:02}-{number:02}", f"{amount}{suffix}", f"{amount}{suffix}")
        for place, suffix in enumerate(SUFFIXES)
        for number, amount in enumerate(AMOUNTS)
    ]
    written += [(f"r{place}", "1m", f"1{suffix}") for place, suffix in enumerate(LARGE)]
    written += [(f"s{place}", value, value) for place, value in enumerate(BARE)]
    return State(
        "every suffix of a quantity, exponents and bare numbers",
        nodes=tuple(node(name, "3", "7Gi") for name, _, _ in written),
        node_metrics=tuple(node_metrics(name, cpu, memory) for name, cpu, memory in written),
        pod_metrics=tuple(
            pod_metrics("default", name, ("a", cpu, memory), ("b", "1n", "1")) for name, cpu, memory in written
        ),
    )


def _too_large() -> State:
    written = [(f"r{place}", f"1{suffix}", f"1{suffix}") for place, suffix in enumerate(TOO_LARGE)]
    return State(
        "quantities that do not fit into 64 bits in thousandths",
        nodes=tuple(node(name, "3", "7Gi") for name, _, _ in written),
        node_metrics=tuple(node_metrics(name, cpu, memory) for name, cpu, memory in written),
        pod_metrics=tuple(pod_metrics("default", name, ("a", cpu, memory)) for name, cpu, memory in written),
    )


def _fails(summary: str, path: str, reply: Callable[[], Reply], **more: Any) -> State:
    return replace(ORDINARY, summary=summary, faults={path: reply}, **more)


def _without_metrics(summary: str, *created: str) -> State:
    pods = tuple(pod("default", f"pod-{place}", created=at) for place, at in enumerate(created))
    return State(summary, nodes=ORDINARY.nodes, pods=pods)


def _status(code: int, reason: str, message: str, **headers: str) -> Callable[[], Reply]:
    return lambda: status(code, reason, message, **headers)


TIED = tuple(pod_metrics("default", f"p{place:02}", ("app", f"{5 + place % 2}m", "5Mi")) for place in range(20))
WITH_SWAP = node("swap-a", nodeInfo={"swap": {"capacity": 4 << 30}})


@cache
def states() -> dict[str, State]:
    """Return all states; ages count from now."""
    just = r"/apis/metrics\.k8s\.io/v1beta1/"
    return {
        "ordinary": ORDINARY,
        "plain-discovery": replace(ORDINARY, summary="a server without aggregated discovery", discovery="plain"),
        "without-metrics": replace(ORDINARY, summary="a node without metrics", node_metrics=ORDINARY.node_metrics[1:]),
        "several-without-metrics": replace(
            ORDINARY, summary="several nodes without metrics", node_metrics=ORDINARY.node_metrics[:1]
        ),
        "without-node": replace(ORDINARY, summary="metrics of a node that no longer exists", nodes=ORDINARY.nodes[1:]),
        "zero-allocatable": State(
            "a node with nothing allocatable",
            nodes=(node("nothing", "0", "0"), node("some", "1", "1Gi")),
            node_metrics=(node_metrics("nothing", "5m", "5Mi"), node_metrics("some", "500m", "512Mi")),
        ),
        "ties": State(
            "equal rows, ordered by name",
            nodes=tuple(node(f"n{place}") for place in range(3)),
            node_metrics=tuple(node_metrics(f"n{place}", "5m", "5Mi") for place in range(3)),
            pod_metrics=(
                *(pod_metrics("default", f"p{place}", ("b", "5m", "5Mi"), ("a", "5m", "5Mi")) for place in range(3)),
                pod_metrics("team", "p0", ("b", "10m", "10Mi")),
            ),
        ),
        "many-ties": State("more equal rows than kubectl keeps in a stable order", pod_metrics=TIED),
        "unicode": State(
            "non-ASCII names",
            nodes=(node("knoten-ä"), node("节点")),
            node_metrics=(node_metrics("knoten-ä", "5m", "5Mi"), node_metrics("节点", "500m", "512Mi")),
            pod_metrics=(
                pod_metrics("default", "приложение", ("контейнер", "5m", "5Mi")),
                pod_metrics("default", "z", ("a", "500m", "1Gi")),
            ),
        ),
        "swap": State(
            "a node and a pod with swap, and others without",
            nodes=(WITH_SWAP, node("swap-b")),
            node_metrics=(
                node_metrics("swap-a", "5m", "5Mi", swap="1Gi"),
                node_metrics("swap-b", "500m", "512Mi"),
            ),
            pod_metrics=(
                {
                    **pod_metrics("default", "swapped"),
                    "containers": [
                        {"name": "a", "usage": {"cpu": "1m", "memory": "1Mi", "swap": "100Mi"}},
                        {"name": "b", "usage": {"cpu": "1m", "memory": "1Mi", "swap": "1500Ki"}},
                    ],
                },
                pod_metrics("default", "unswapped", ("a", "2m", "2Mi")),
            ),
        ),
        "empty": State("a cluster with nodes, but without pods or metrics", nodes=ORDINARY.nodes),
        # Still young at the end of the suite, even on a slow machine.
        "young": _without_metrics("pods that are too young for metrics", ago(hours=-1), ago(hours=-2)),
        "old": _without_metrics("pods old enough to have metrics, but without any", ago(hours=-1), ago(days=3)),
        "other-namespace": replace(
            _without_metrics("old pods without metrics, in another namespace"),
            pods=(pod("team", "worker", created=ago(days=3)),),
        ),
        "suffixes": _with_suffixes(),
        "overflowing": _too_large(),
        "missing-usage": State(
            "a usage without memory, and one that is null",
            nodes=(node("bare"), node("whole")),
            node_metrics=(node_metrics("bare", "5m", "-"), node_metrics("whole", "500m", "512Mi")),
            pod_metrics=(
                pod_metrics("default", "bare", ("a", "5m", "-"), ("b", "5m", "1Mi")),
                pod_metrics("default", "whole", ("a", "500m", "512Mi")),
            ),
        ),
        "bad-quantity": State(
            "an invalid quantity",
            nodes=(node("broken"), node("whole")),
            node_metrics=(node_metrics("broken", "5x", "5Mi"), node_metrics("whole", "500m", "512Mi")),
            pod_metrics=(
                pod_metrics("default", "broken", ("a", "1K", "5Mi")),
                pod_metrics("default", "whole", ("a", "500m", "512Mi")),
            ),
        ),
        "metrics-v1": replace(ORDINARY, summary="the metrics API in version v1 only", version="v1"),
        "api-missing": replace(ORDINARY, summary="no metrics API", discovery="missing"),
        "api-missing-plain": _fails(
            "no metrics API, on a server without aggregated discovery",
            r"/apis",
            lambda: Reply(recorded("apis-metrics-missing")),
            discovery="missing",
        ),
        "api-stale": _fails(
            "the metrics API is down, and aggregated discovery says so",
            METRICS,
            lambda: wrapped("err-503-metrics-unavailable"),
            discovery="stale",
        ),
        "api-down": _fails(
            "the metrics API is down", METRICS, lambda: wrapped("err-503-metrics-unavailable"), discovery="plain"
        ),
        "api-just-down": _fails(
            "the metrics API has just gone down", METRICS, lambda: wrapped("err-503-metrics-just-down")
        ),
        "unauthorized": _fails("unknown credentials", r".*", lambda: wrapped("err-401-bad-token")),
        "unauthorized-text": _fails(
            "a proxy that requires other credentials", METRICS, lambda: Reply("who are you?\n", 401, "text/plain")
        ),
        "forbidden-node-metrics": _fails(
            "no permission for node metrics", just + "nodes.*", forbidden("nodes", GROUP, "at the cluster scope")
        ),
        "forbidden-nodes": _fails(
            "no permission for nodes", r"/api/v1/nodes.*", forbidden("nodes", "", "at the cluster scope")
        ),
        "forbidden-pods": _fails(
            "no permission for pod metrics", just + ".*pods.*", forbidden("pods", GROUP, 'in the namespace "default"')
        ),
        "namespace-only": _fails(
            "permissions in one namespace only",
            r"/apis/metrics\.k8s\.io/v1beta1/(pods|nodes|namespaces/(?!team/)[^/]+/pods)",
            forbidden("pods", GROUP, "at the cluster scope"),
        ),
        "forbidden-core": replace(
            ORDINARY,
            summary="no pod metrics, and no permission for pods",
            pod_metrics=(),
            faults={r"/api/v1/.*pods": forbidden("pods", "", 'in the namespace "default"')},
        ),
        "forbidden-text": _fails("a proxy that forbids", METRICS, lambda: Reply("not for you\n", 403, "text/plain")),
        "expired-page": replace(ORDINARY, summary="lists that expire between pages", paged=True),
        "expired": _fails(
            "lists that have expired",
            r"/api/v1/.*|" + METRICS,
            lambda: wrapped("err-410-expired-rv"),
        ),
        "busy": _fails(
            "too many requests, without Retry-After",
            METRICS,
            lambda: Reply("Too many requests, please try again later.\n", 429, "text/plain; charset=utf-8"),
        ),
        "busy-for-a-moment": _fails(
            "too many requests, twice",
            just + "namespaces/default/pods",
            again(
                2,
                lambda: wrapped("err-429", **{"Retry-After": "0"}),
                lambda: Reply(
                    {
                        "kind": "PodMetricsList",
                        "apiVersion": "metrics.k8s.io/v1beta1",
                        "metadata": {},
                        "items": list(ORDINARY.pod_metrics[:3]),
                    }
                ),
            ),
        ),
        "error": _fails("an internal error", METRICS, _status(500, "InternalError", "Internal error occurred: etcd")),
        "error-text": _fails("an internal error, as text", METRICS, lambda: Reply("boom\n", 500, "text/plain")),
        "error-without-reason": _fails("an error without a reason", METRICS, _status(500, "", "etcd is away")),
        "unavailable": _fails(
            "the server is unavailable", METRICS, _status(503, "ServiceUnavailable", "apiserver is shutting down")
        ),
        "gateway": _fails("a bad gateway", METRICS, lambda: Reply("<html>Bad Gateway</html>\n", 502, "text/html")),
        "server-timeout": _fails(
            "a timeout reported by the server", METRICS, _status(504, "Timeout", "Timeout: request did not complete")
        ),
        "login-page": _fails("a login page", METRICS, lambda: Reply("<html>log in</html>\n", 200, "text/html")),
        "garbage": _fails("an answer that is not JSON", METRICS, lambda: Reply('{"kind": "NodeMet', 200)),
        "slow": _fails(
            "a slow answer",
            just + "nodes",
            slowly(
                lambda: Reply(
                    {
                        "kind": "NodeMetricsList",
                        "apiVersion": "metrics.k8s.io/v1beta1",
                        "metadata": {},
                        "items": list(ORDINARY.node_metrics),
                    }
                ),
                0.4,
            ),
        ),
    }
