"""--from prometheus and --from URL: discovery, queries, failures."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.authority import server_context, write_files
from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request, node, pod, status

NOW = 1772443800
CPU, MEMORY = "container_cpu_usage_seconds_total", "container_memory_working_set_bytes"
SERVICES = "/api/v1/services"
QUERY = "/api/v1/query"


def vector(*elements: tuple[dict[str, str], str], **more: Any) -> Reply:
    result = [{"metric": labels, "value": [NOW, value]} for labels, value in elements]
    return Reply({"status": "success", "data": {"resultType": "vector", "result": result}, **more})


def matrix(*series: tuple[dict[str, str], Callable[[int], float] | float], every: int = 30, first: int = 0) -> Reply:
    """Give ten samples of each series, up to NOW, or from the sample `first` on."""
    result = [
        {
            "metric": labels,
            "values": [
                [NOW - every * (9 - place), f"{value(place * every) if callable(value) else value}"]
                for place in range(first, 10)
            ],
        }
        for labels, value in series
    ]
    return Reply({"status": "success", "data": {"resultType": "matrix", "result": result}})


def refusal(code: int, kind: str, words: str) -> Reply:
    return Reply({"status": "error", "errorType": kind, "error": words}, code)


Answer = Callable[[str, Request], Reply | None]


def engine(api: FakeApi, answer: Answer, prefix: str = "") -> list[str]:
    """Answer queries; the list that is returned will hold them."""
    asked: list[str] = []

    def reply(request: Request) -> Reply:
        query = dict(request.query)["query"]
        asked.append(query)
        if query == "time()":
            return Reply({"status": "success", "data": {"resultType": "scalar", "result": [NOW, str(NOW)]}})
        return answer(query, request) or vector()

    api.routes[f"{prefix}{QUERY}"] = reply
    api.routes[f"{prefix}{QUERY}_range"] = reply
    return asked


def two_pods(query: str, _request: Request) -> Reply | None:
    """Tell of n/p with two containers, and of m/q, whose CPU is not known yet."""
    boxes = [{"namespace": "n", "pod": "p", "container": box} for box in ("x", "y")]
    late = {"namespace": "m", "pod": "q", "container": "z"}
    if query.startswith(f"{CPU}{{"):
        reply = matrix((boxes[0], lambda time: time / 4), (boxes[1], lambda time: time / 16))
        reply.body["data"]["result"] += matrix((late, 7.0), first=9).body["data"]["result"]
        return reply
    if query.startswith(f"{MEMORY}{{"):
        return matrix(*((labels, 1048576.0) for labels in boxes), (late, 2097152.0))
    return None


@pytest.fixture
def server() -> Iterator[FakeApi]:
    """Give a Prometheus at an address of its own."""
    with FakeApi() as fake:
        yield fake


def test_a_moment_is_measured_from_the_samples_of_five_minutes(run: Run, api: FakeApi, server: FakeApi) -> None:
    asked = engine(server, two_pods)
    result = run(f"top pods -A --containers --from {server.url} --server {api.url}")
    assert result == (
        0,
        (
            "NAMESPACE   POD   NAME   CPU(cores)   MEMORY(bytes)\n"
            "m           q     z      <unknown>    2Mi\n"
            "n           p     x      250m         1Mi\n"
            "n           p     y      63m          1Mi\n"
        ),
        "",
    )
    chosen = '{container!="",container!="POD"}'
    assert sorted(asked) == sorted(
        [
            "time()",
            f"{CPU}{chosen}[300s]",
            f"{MEMORY}{chosen}[300s]",
            # Kubelets whose runtime has no series of containers.
            " unless ".join(
                f"count by (instance) ({MEMORY}{those})" for those in ('{pod!="",container="",image=""}', chosen)
            ),
        ]
    )
    assert {request.method for request in server.requests} == {"POST"}
    assert {dict(request.query).get("time") for request in server.requests} == {None, f"{NOW}.000"}
    assert api.requests == []


def test_names_namespaces_and_matchers_are_in_the_query(run: Run, api: FakeApi, server: FakeApi) -> None:
    asked = engine(server, two_pods)
    run(
        "top",
        "pods",
        "-n",
        'a"b',
        "p.q",
        "--from",
        server.url,
        "--server",
        api.url,
        "--prometheus-match",
        'cluster="eu"',
    )
    selector = '{container!="",container!="POD",namespace="a\\"b",pod="p.q",cluster="eu"}'
    assert all(selector in query for query in asked if "[300s]" in query)


def test_selectors_are_the_api_servers(run: Run, api: FakeApi, server: FakeApi) -> None:
    engine(server, two_pods)
    api.pods(pod("n", "p"))
    result = run(f"top pods -A -l a=b --no-headers --from {server.url} --server {api.url}")
    assert (result.code, result.err, result.out.split()) == (0, "", ["n", "p", "313m", "2Mi"])
    assert api.requests[0].query[-1] == ("labelSelector", "a=b")


def test_nodes_are_named_by_the_labels_that_there_are(run: Run, api: FakeApi, server: FakeApi) -> None:
    api.nodes(node("a"), node("b"), node("c"), node("d"))
    labels = [
        {"node": "a", "instance": "10.0.0.1:10250"},
        {"kubernetes_io_hostname": "b", "instance": "x:10250"},
        {"instance": "c"},
        {"instance": "10.0.0.4:10250"},
        # Scraped twice.
        {"node": "a", "instance": "10.0.0.1:4194"},
    ]

    def answer(query: str, _request: Request) -> Reply | None:
        if query.startswith("max by (node, internal_ip)"):
            return vector(({"node": "d", "internal_ip": "10.0.0.4"}, "1"))
        if "[300s]" not in query or query.startswith("max"):
            return None
        return matrix(*((each, float if query.startswith(CPU) else 1024.0) for each in labels))

    asked = engine(server, answer)
    result = run(f"top nodes --no-headers --from {server.url} --server {api.url}")
    assert [line.split()[:3] for line in result.out.splitlines()] == [[name, "1000m", "25%"] for name in "abcd"]
    assert f'{CPU}{{id="/"}}[300s]' in asked


def test_a_question_that_is_too_large_is_asked_in_halves(run: Run, api: FakeApi, server: FakeApi) -> None:
    pods = [f"p-{letter}" for letter in "bcdfgh"]

    def answer(query: str, _request: Request) -> Reply | None:
        chosen = [
            name
            for name in pods
            if (match := re.search(r'pod=~"\.\*\[([\w-]+)\]"', query)) is None or name[-1] in match[1]
        ]
        if (match := re.search(r'pod=~?"([^"]*)"', query)) and ".*" not in match[1]:
            chosen = [name for name in chosen if re.fullmatch(match[1], name)]
        if len(chosen) > 2:
            return refusal(
                422, "execution", "query processing would load too many samples into memory in query execution"
            )
        labels = {"namespace": "n", "container": "x"}
        return matrix(*((labels | {"pod": name}, 150.0) for name in chosen)) if "[300s]" in query else None

    engine(server, answer)
    result = run(f"top pods -A --since 1h --columns cpu.max --no-headers --from {server.url} --server {api.url}")
    assert (result.code, result.err) == (0, "")
    assert [line.split() for line in result.out.splitlines()] == [["n", name, "500m"] for name in pods]


def test_what_is_never_small_enough_is_given_up(run: Run, api: FakeApi, server: FakeApi) -> None:
    asked = engine(server, lambda _query, _request: refusal(422, "execution", "exceeds the limit"))
    result = run(f"top pods -A --from {server.url} --server {api.url}")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(
        "error: the query is too large for the server: exceeds the limit\nhint: try a larger --step"
    )
    assert len(asked) < 400


def test_what_cannot_be_read_of_some_is_a_warning(run: Run, api: FakeApi, server: FakeApi) -> None:
    """Only the first half of the alphabet can be read."""

    def answer(query: str, request: Request) -> Reply | None:
        if "increase(" not in query:
            return two_pods(query, request)
        if 'pod=~".*[' not in query:
            return refusal(422, "execution", "exceeds -search.maxSamplesPerQuery")
        if "[abc" in query:
            return matrix(({"namespace": "n", "pod": "p"}, 37.5), every=360)
        return refusal(503, "timeout", "query timed out in expression evaluation")

    engine(server, answer)
    words = f"top pods -A --since 1h --step 6m --columns cpu.p90 --from {server.url} --server {api.url}"
    result = run(words)
    # Notes about the step come first.
    assert (result.code, result.out, result.err.splitlines()[-1]) == (
        5,
        "NAMESPACE   NAME   CPU-P90\nm           q      <unknown>\nn           p      105m\n",
        (
            "warning: the cpu over the range of pods whose names end in one of stuvwxyz0123456789- could not be read: "
            "the query took the server too long: query timed out in expression evaluation; "
            "try a larger --step, such as 1h, or a longer --request-timeout"
        ),
    )
    document = json.loads(run(f"{words} -o json").out)
    assert [failure["source"] for failure in document["failures"]] == [
        "the cpu over the range of pods whose names end in one of stuvwxyz0123456789-"
    ]


def test_warnings_and_partial_answers_are_failures(run: Run, api: FakeApi, server: FakeApi) -> None:
    def answer(query: str, request: Request) -> Reply | None:
        reply = two_pods(query, request)
        if reply and CPU in query:
            reply.body |= {"warnings": ["store 10.0.0.9 is down"]}
        elif reply:
            reply.body |= {"isPartial": True, "warnings": ["PromQL info: metric might not be a counter"]}
        return reply

    engine(server, answer)
    result = run(f"top pods -A --from {server.url} --server {api.url}")
    assert result.code == 5
    assert sorted(result.err.splitlines()) == [
        "warning: prometheus: the answer is partial: some of the storage nodes did not answer",
        "warning: prometheus: the answer is partial: store 10.0.0.9 is down",
    ]


SLOWER = "hint: try a larger --step, such as 1h, or a longer --request-timeout\n"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            refusal(400, "bad_data", "parse error: unexpected character"),
            "error: the server refused the query: parse error: unexpected character\n",
        ),
        (
            refusal(400, "bad_data", f"{'a ' * 250}{'b ' * 50}{' c' * 250}"),
            f"error: the server refused the query: … {' c' * 150}\n",
        ),
        (
            refusal(503, "execution", "query processing would load too many samples into memory"),
            (
                "error: the query is too large for the server: "
                f"query processing would load too many samples into memory\n{SLOWER}"
            ),
        ),
        (
            refusal(422, "execution", "expanding series: context deadline exceeded"),
            f"error: the query took the server too long: expanding series: context deadline exceeded\n{SLOWER}",
        ),
        (
            Reply("<html>log in</html>", content_type="text/html"),
            (
                "error: the server sent text/html, not JSON\n"
                "hint: --from needs the address of a Prometheus API, with its path prefix\n"
            ),
        ),
        (
            Reply("404 page not found", 404, "text/plain"),
            (
                "error: there is no Prometheus API at this address (404)\n"
                "hint: the address may need a path prefix, such as /prometheus or /select/0/prometheus\n"
            ),
        ),
        (
            Reply({"kind": "List"}),
            (
                "error: the server's answer for a query is not that of a Prometheus\n"
                "hint: --from needs the address of a Prometheus API, with its path prefix\n"
            ),
        ),
        (
            Reply("", 302, "text/html", {"Location": "https://login.example"}),
            "error: the server redirects (302)\nhint: pass --from the address that it redirects to\n",
        ),
        (
            Reply("invalid token", 401, "text/plain"),
            (
                "error: the server does not accept the credentials (401)\n"
                "hint: set credentials with --prometheus-token-file, --prometheus-user or --prometheus-header\n"
            ),
        ),
    ],
)
def test_a_server_that_does_not_answer_is_said(
    run: Run, api: FakeApi, server: FakeApi, reply: Reply, said: str
) -> None:
    engine(server, lambda _query, _request: reply)
    assert run(f"top pods -A --from {server.url} --server {api.url}") == (1, "", said)


def test_no_pods_where_there_are_others_is_no_error(run: Run, api: FakeApi, server: FakeApi) -> None:
    engine(server, lambda query, _request: vector(({}, "7")) if query.startswith("count(") else None)
    result = run(f"top pods -n empty --from {server.url} --server {api.url}")
    assert result == (0, "", "No resources found in empty namespace.\n")


@pytest.mark.slow
def test_no_more_than_four_queries_are_sent_at_once(run: Run, api: FakeApi, server: FakeApi) -> None:
    lock, seen = threading.Lock(), {"now": 0, "most": 0}

    def answer(query: str, request: Request) -> Reply | None:
        with lock:
            seen["now"] += 1
            seen["most"] = max(seen["most"], seen["now"])
        time.sleep(0.03)
        with lock:
            seen["now"] -= 1
        if query.startswith((CPU, MEMORY)):
            # CPU and memory at once, each in halves.
            if 'pod=~".*[' not in query:
                return refusal(422, "execution", "too many samples")
            return two_pods(query, request) if "[b" in query or "[a" in query else None
        return None

    engine(server, answer)
    facts = "--facts source --columns cpu,memory,cpu.requests,owner"
    assert run(f"top pods -A {facts} --from {server.url} --server {api.url}").code == 0
    assert 2 <= seen["most"] <= 4


NOTHING = (
    "this Prometheus has no metrics of containers: it must scrape the kubelets' /metrics/cadvisor; "
    "--prometheus-match may select nothing"
)
UNREAD = f"warning: pod metrics could not be read: {NOTHING}\n"


def test_no_data_at_all_is_said(run: Run, api: FakeApi, server: FakeApi) -> None:
    engine(server, lambda _query, _request: None)
    where = f"--from {server.url} --server {api.url}"
    assert run(f"top pods -A {where}") == (5, "", f"No resources found\n{UNREAD}")
    result = run(f"top pods --at 2026-03-01 {where} -o json")
    assert (result.code, json.loads(result.out)["items"]) == (5, [])
    assert result.err == f"No resources found in default namespace.\n{UNREAD}"
    # What the API server knows is shown, and what is missing of it is told.
    api.nodes(node("a"))
    api.pods(pod("n", "p"))
    for words, row, part in (
        ("top nodes", ["a", *["<unknown>"] * 4], "node metrics"),
        ("top pods -A --columns cpu,cpu.requests", ["n", "p", "<unknown>", "0m"], "pod metrics"),
    ):
        result = run(f"{words} --no-headers {where}")
        assert (result.code, result.out.split()) == (5, row)
        assert result.err == f"warning: {part} could not be read: {NOTHING}\n"


def test_nodes_are_told_by_others_where_the_root_of_cgroups_is_dropped(run: Run, api: FakeApi, server: FakeApi) -> None:
    api.nodes(node("a"))
    told = ""
    seen = {"kubelet": {"node": "a", "instance": "10.0.0.1:10250"}, "node_exporter": {"instance": "10.0.0.1:9100"}}
    names = {
        "kubelet": ("node_cpu_usage_seconds_total{", "node_memory_working_set_bytes{"),
        "node_exporter": ("node_cpu_seconds_total{", "node_memory_MemTotal_bytes{"),
    }

    def answer(query: str, request: Request) -> Reply | None:
        if query.startswith("max by (node, internal_ip)"):
            return vector(({"node": "a", "internal_ip": "10.0.0.1"}, "1")) if 'cluster="eu"' in query else None
        if query.startswith("count("):
            return vector(({}, "7"))
        for name in names.get(told, ()):
            if name in query:
                memory = "memory" in name
                if request.path.endswith("_range"):
                    return matrix((seen[told], 1048576.0 if memory else 300.0), every=60)
                if told == "kubelet" or query.startswith(name):
                    return matrix((seen[told], 1048576.0 if memory else float))
                return vector((seen[told], "1048576" if memory else "1"))
        return None

    asked = engine(server, answer)
    where = ["--from", server.url, "--server", api.url, "--prometheus-match", 'cluster="eu"', "--no-headers"]
    for each in seen:
        told = each
        result = run("top", "nodes", *where)
        assert (result.code, result.err, result.out.split()) == (0, "", ["a", "1000m", "25%", "1Mi", "0%"])
        result = run("top", "nodes", "--since", "1h", "--columns", "cpu.max,memory.max", *where)
        assert (result.code, result.out.split()) == (0, ["a", "1000m", "1Mi"])
        result = run("top", "cluster", "--since", "1h", "--columns", "cpu.max", *where)
        assert (result.code, result.out.split()[-1]) == (0, "1000m")
    busy = 'deriv(node_cpu_seconds_total{mode!~"idle|iowait|steal",cluster="eu"}[300s])'
    assert any(busy in query for query in asked)
    total, left = (
        f'last_over_time(node_memory_Mem{each}_bytes{{cluster="eu"}}[300s])' for each in ("Total", "Available")
    )
    left = f"{total} - {left}"
    assert any(left in query for query in asked)
    told = ""
    result = run("top", "nodes", *where)
    assert (result.code, result.out.split()) == (5, ["a", *["<unknown>"] * 4])
    assert result.err == (
        "warning: node metrics could not be read: this Prometheus scrapes neither the kubelets' figures of nodes nor "
        "node_exporter\n"
    )


# --- the service behind the API server ------------------------------------------------------------------------


def service(namespace: str, name: str, labels: dict[str, str], *ports: tuple[str, int], ip: str = "10.1.1.1") -> Any:
    return {
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {"clusterIP": ip, "ports": [{"name": port, "port": number} for port, number in ports]},
    }


def services(api: FakeApi, *items: Any) -> None:
    api.routes[SERVICES] = Reply({"metadata": {}, "items": list(items)})


STACK = service(
    "monitoring", "kps-prometheus", {"app": "kube-prometheus-stack-prometheus"}, ("http-web", 9090), ("reloader", 8080)
)
HEADLESS = service("monitoring", "operated", {"app": "prometheus-server"}, ("web", 9090), ip="None")


@pytest.mark.parametrize(
    ("found", "path"),
    [
        (STACK, "monitoring/services/kps-prometheus:9090/proxy"),
        (
            service("m", "s", {"app": "vmselect"}, ("http", 8481)),
            "m/services/s:8481/proxy/select/0/prometheus",
        ),
        (
            service(
                "m", "s", {"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/component": "server"}, ("x", 1)
            ),
            "m/services/s:1/proxy",
        ),
        (service("m", "s", {"app": "thanos-query"}, ("https", 443)), "m/services/https:s:443/proxy"),
    ],
)
def test_the_prometheus_of_a_cluster_is_found_by_its_labels(run: Run, api: FakeApi, found: Any, path: str) -> None:
    other = service("default", "web", {"app": "prometheus", "component": "alertmanager"}, ("http", 80))
    services(api, other, HEADLESS, found)
    engine(api, two_pods, f"/api/v1/namespaces/{path.replace('https:s:', 'https%3As%3A').replace(':', '%3A')}")
    result = run(f"top pods -A --from prometheus --server {api.url}")
    assert (result.code, result.err) == (0, ""), api.paths()
    assert {request.method for request in api.requests if "proxy" in request.path} == {"POST"}


def test_more_than_one_and_none_are_errors_with_a_next_step(run: Run, api: FakeApi) -> None:
    services(api, STACK, service("thanos", "query", {"app": "thanos-query"}, ("http", 10902)))
    assert run(f"top pods --from prometheus --server {api.url}") == (
        1,
        "",
        (
            "error: 2 services may be the Prometheus of the cluster:\n"
            "  --from prometheus:monitoring/kps-prometheus:9090\n"
            "  --from prometheus:thanos/query:10902\n"
            "hint: name one of them\n"
        ),
    )
    services(api)
    assert run(f"top pods --from prometheus --server {api.url}") == (
        1,
        "",
        (
            "error: no Prometheus service was found in the cluster\n"
            "hint: use --from prometheus:NAMESPACE/SERVICE:PORT, or --from URL for one outside of the cluster\n"
        ),
    )


def test_a_service_that_is_not_there_is_no_question_of_prefixes(run: Run, api: FakeApi) -> None:
    api.routes["/api/v1/namespaces/m/services"] = Reply({"items": []})
    for answer, said, hint in (
        (
            status(404, "NotFound", 'services "s" not found'),
            'Error from server (NotFound): services "s" not found',
            "hint: --from prometheus:NAMESPACE/SERVICE:PORT needs an existing service: kubectl get services -A",
        ),
        (
            status(503, "ServiceUnavailable", 'no endpoints available for service "s"'),
            'Error from server (ServiceUnavailable): no endpoints available for service "s"',
            "hint: check the endpoints of the service: kubectl get endpointslices -A",
        ),
        (
            Reply("404 page not found", 404, "text/plain"),
            "error: there is no Prometheus API at this address (404)",
            "hint: the address may need a path prefix, such as /prometheus or /select/0/prometheus",
        ),
    ):
        api.routes["/api/v1/namespaces/m/services/s%3A9090/proxy" + QUERY] = answer
        result = run(f"top pods -A --from prometheus:m/s:9090 --server {api.url}")
        assert (result.code, result.err.splitlines()) == (1, [said, hint])


def test_a_service_can_be_named(run: Run, api: FakeApi) -> None:
    api.routes["/api/v1/namespaces/m/services"] = Reply({"items": []})
    engine(api, two_pods, "/api/v1/namespaces/m/services/s%3A9090/proxy")
    assert run(f"top pods -A --from prometheus:m/s:9090 --server {api.url}").code == 0


def test_where_nothing_may_be_created_queries_are_sent_in_the_address(run: Run, api: FakeApi) -> None:
    services(api, STACK)
    forbidden = status(403, "Forbidden", 'services "x" is forbidden: User "u" cannot create resource "services/proxy"')
    path = "/api/v1/namespaces/monitoring/services/kps-prometheus%3A9090/proxy"
    asked = engine(api, two_pods, path)
    real = api.routes[f"{path}{QUERY}"]
    assert callable(real)
    api.routes[f"{path}{QUERY}"] = lambda request: forbidden if request.method == "POST" else real(request)
    assert run(f"top pods -A --from prometheus --server {api.url}").code == 0
    assert len(asked) == 4


def test_without_the_right_the_error_names_it(run: Run, api: FakeApi) -> None:
    services(api, STACK)
    api.routes["/api/v1/namespaces/monitoring/services/kps-prometheus%3A9090/proxy" + QUERY] = status(
        403, "Forbidden", 'services "x" is forbidden: User "u" cannot create resource "services/proxy" in API group ""'
    )
    result = run(f"top pods -A --from prometheus --server {api.url}")
    assert (result.code, result.err.splitlines()[1]) == (
        1,
        "hint: check with kubectl auth can-i create services/proxy; a Role or ClusterRole grants the right",
    )


# --- an address of its own ------------------------------------------------------------------------------------


def test_a_prefix_headers_and_credentials_are_sent_over_tls(run: Run, api: FakeApi, tmp_path: Path) -> None:
    files = write_files(tmp_path)
    (tmp_path / "token").write_text("canary-token\n")
    (tmp_path / "password").write_text("canary password\n")
    with FakeApi(server_context()) as server:
        engine(server, two_pods, "/select/0/prometheus")
        base = [
            *("top", "pods", "-A", "--server", api.url, "--from", f"{server.url}/select/0/prometheus/"),
            *("--prometheus-ca", files["ca.crt"]),
        ]
        result = run(
            *base, "--prometheus-token-file", str(tmp_path / "token"), "--prometheus-header", "X-Scope-OrgID: a"
        )
        assert (result.code, result.err) == (0, "")
        assert {request.header("Authorization") for request in server.requests} == {"Bearer canary-token"}
        assert {request.header("X-Scope-OrgID") for request in server.requests} == {"a"}
        server.requests.clear()
        result = run(*base, "--prometheus-user", "u", "--prometheus-password-file", str(tmp_path / "password"))
        assert result.code == 0
        assert {request.header("Authorization") for request in server.requests} == {"Basic dTpjYW5hcnkgcGFzc3dvcmQ="}
    assert api.requests == []


def test_credentials_stay_on_this_machine_where_nothing_is_encrypted(
    run: Run, api: FakeApi, server: FakeApi, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("canary-token")
    flags = ["--prometheus-token-file", str(tmp_path / "token")]
    engine(server, two_pods)
    assert run("top", "pods", "-A", "--server", api.url, "--from", server.url, *flags).code == 0
    assert {request.header("Authorization") for request in server.requests} == {"Bearer canary-token"}
    for secret in (flags, ["--prometheus-header", "Authorization: Bearer canary-token"]):
        result = run("top", "pods", "--server", api.url, "--from", "http://192.0.2.1:9090", *secret)
        assert result == (
            1,
            "",
            (
                "error: credentials are not sent to http://192.0.2.1:9090, which is not encrypted\n"
                "hint: --from https://… is\n"
            ),
        )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--from prometheus --prometheus-token-file x", "--prometheus-token-file goes with --from URL"),
        ("--from kubelet --prometheus-match x", "--prometheus-match goes with --from prometheus or --from URL"),
        ("--prometheus-header a:b", "--prometheus-header goes with --from prometheus or --from URL"),
        ("--since 1x --from prometheus", "'1x' is not a duration for --since"),
        ("--since 1s --from prometheus", "--since takes from a minute to ten years, not 1s"),
        ("--start tomorrow --from prometheus", "'tomorrow' is not a time for --start"),
        ("--start 2026-03-02 --end 2026-03-01 --from prometheus", "--end must be at least a minute after --start"),
        ("--end 2026-03-01", "--end goes with --since or --start"),
        ("--at 2026-03-01 --since 1d --from prometheus", "only one of --at or a time range can be provided"),
        ("--start 2026-03-01 --since 1d --from prometheus", "only one of --since or --start can be provided"),
        ("--step 5m", "--step goes with --since or --start"),
        ("--columns cpu.p95 --from prometheus", "cpu.p95 is a statistic over time"),
        ("--where 'memory.max > 1Gi'", "memory.max is a statistic over time"),
        ("--columns cpu.p0", "unknown column 'cpu.p0'"),
        ("--columns cpu.p95PercentOfAllocatable", "unknown column 'cpu.p95PercentOfAllocatable'"),
        ("--since 7d --from kubelet", "--since goes with --from prometheus, --from URL or --from FILE"),
        ("--at 2026-03-01 --from metrics", "--at goes with --from prometheus, --from URL or --from FILE"),
    ],
)
def test_what_does_not_fit_together_is_said_before_any_request(run: Run, api: FakeApi, words: str, said: str) -> None:
    result = run(f"top pods {words} --server {api.url}")
    # A time without a source is read as a time of Prometheus, which is said before.
    (error,) = [line for line in result.err.splitlines() if line.startswith("error: ")]
    assert (result.code, result.out, error) == (2, "", f"error: {said}")
    assert api.requests == []


# --- what else it knows ---------------------------------------------------------------------------------------


def more(query: str, request: Request) -> Reply | None:
    """Tell of n/p: throttled in 30 of 120 periods, killed three times, once before the range; two claims."""
    of = {"namespace": "n", "pod": "p"}
    for name, value in {
        "increase(container_cpu_cfs_throttled_periods_total": "30.2",
        "increase(container_cpu_cfs_periods_total": "119.8",
        "max_over_time(container_oom_events_total": "3",
        "(container_oom_events_total": "1",
        "max_over_time(kube_pod_container_status_last_terminated_reason": "1",
    }.items():
        if name in query:
            return vector((of, value))
    claims = [{"namespace": "n", "persistentvolumeclaim": claim} for claim in ("c", "p-scratch")]
    for name, value in {"used": "1048576", "capacity": "4194304", "inodes_used": "7", "inodes": "70"}.items():
        if f"kubelet_volume_stats_{name}{{" in query or f"kubelet_volume_stats_{name}_bytes{{" in query:
            return vector(*((labels, value) for labels in claims))
    return two_pods(query, request)


def test_throttling_kills_and_volumes(run: Run, api: FakeApi, server: FakeApi) -> None:
    asked = engine(server, more)
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "c"}}, {"name": "scratch", "ephemeral": {}}]
    api.pods(pod("n", "p", spec={"volumes": volumes}), pod("m", "q"))
    columns = "throttled,oomKills,volumes.used,volumes.usagePercentOfCapacity"
    result = run(f"top pods -A --since 1d --columns {columns} --no-headers --from {server.url} --server {api.url}")
    assert (result.code, result.err) == (0, "")
    assert [line.split() for line in result.out.splitlines()] == [
        ["m", "q", *["<unknown>"] * 4],
        ["n", "p", "25%", "2", "2Mi", "25%"],
    ]
    chosen = '{container!="",container!="POD"}[86400s]'
    assert any(f"(increase(container_cpu_cfs_throttled_periods_total{chosen}))" in query for query in asked)


def test_volumes_name_the_pods_that_mount_them_and_their_nodes(run: Run, api: FakeApi, server: FakeApi) -> None:
    engine(server, more)
    shared = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]}
    api.pods(pod("n", "q", "node-b", spec=shared), pod("n", "a", "node-a", spec=shared), pod("n", "r", "", spec=shared))
    result = run(f"top volumes -A -o json --from {server.url} --server {api.url}")
    rows = {row["name"]: (row["pod"], row["node"]) for row in json.loads(result.out)["items"]}
    assert rows == {"c": (["a", "q", "r"], ["node-a", "node-b"]), "p-scratch": ([], [])}


def test_volumes_without_pods_that_mount_them(run: Run, api: FakeApi, server: FakeApi) -> None:
    engine(server, more)
    api.routes["/api/v1/pods"] = status(403, "Forbidden", "pods is forbidden")
    result = run(f"top volumes -A --no-headers --from {server.url} --server {api.url}")
    assert (result.code, [line.split() for line in result.out.splitlines()]) == (
        5,
        [["n", claim, "<unknown>", "<unknown>", "1Mi", "4Mi", "25%", "10%"] for claim in ("c", "p-scratch")],
    )
    assert (
        result.err
        == "warning: who mounts the volumes could not be read: Error from server (Forbidden): pods is forbidden\n"
    )


def test_series_of_a_container_over_a_range_are_added_up_or_count_once(
    run: Run, api: FakeApi, server: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart in the middle, another job that scrapes the same, a second container; CPUs; and many CPUs."""
    of, cpus, jobs = {"namespace": "n", "pod": "p"}, 1, "ab"

    def answer(query: str, request: Request) -> Reply | None:
        if (f"{CPU}{{" not in query and f"{MEMORY}{{" not in query) or 'pod="p"' in query:
            return None  # there are no samples to read, only what the engine makes of them
        memory = MEMORY in query
        over = request.path.endswith("_range")
        # A core for each CPU: what has grown in five minutes, or the counter itself.
        cores = [(f"cpu{number:02}", 300.0 if over else float) for number in range(cpus)]
        series: list[Any] = []
        for job in jobs:
            for first, last, instance in ((0, 5, "1"), (5, 10, "2")) if over else ((0, 10, "2"),):
                for cpu, value in [("", 1048576.0)] if memory else cores:
                    labels = {**of, "job": job, "id": instance, "cpu": cpu, "container": "x"}
                    series.append((labels, value, first, last))
        if over:
            labels = {**of, "container": "y", "id": "3", "cpu": "total"}
            series.append((labels, 1048576.0 if memory else 300.0, 0, 10))
        reply = matrix(*((labels, value) for labels, value, _, _ in series), every=60 if over else 30)
        for (_, _, first, last), each in zip(series, reply.body["data"]["result"], strict=True):
            each["values"] = each["values"][first:last]
        return reply

    asked = engine(server, answer)
    words = f"top pods -A --since 9m --columns cpu.max,memory.max --no-headers --from {server.url} --server {api.url}"
    assert run(words).out.split() == ["n", "p", "2000m", "2Mi"]
    assert run(f"{words} --containers").out.split() == ["n", "p", "x", "1000m", "1Mi"]
    cpus, jobs = 2, "a"
    assert run(words).out.split() == ["n", "p", "3000m", "2Mi"]
    assert not any(query.startswith("sum by") for query in asked)
    cpus = 4
    assert run(words).out.split() == ["n", "p", "5000m", "2Mi"]
    assert not any(query.startswith("sum by (namespace") for query in asked)
    monkeypatch.setattr("c3s_cli.sources.prometheus.past.FEW_POINTS", 30)
    run(words)
    assert [query for query in asked if query.startswith("sum by (namespace")]
