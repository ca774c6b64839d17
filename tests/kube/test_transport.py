"""Time, size and repetition: what a server may do to a reading, and what a reading does about it."""

from __future__ import annotations

import gzip
import json
import re
import time

import pytest

from c3s_cli.kube import bodies, deadline
from c3s_cli.kube import cluster as kube
from c3s_cli.request.target import Target
from tests.conftest import Run
from tests.faults import stall_half_way
from tests.patience import FOR_EVER, PATIENT, Later
from tests.servers import Connection, FakeApi, Reply, Request, node, node_metrics, status

METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"


@pytest.fixture
def cluster(api: FakeApi) -> FakeApi:
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    return api


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_request_ends_when_its_time_is_over(run: Run, cluster: FakeApi, fault: str) -> None:
    cluster.routes[METRICS] = Reply({"items": [node_metrics("a")] * 5}, fault=fault)
    begun = time.monotonic()
    result = run(f"top nodes --request-timeout 300ms --server {cluster.url}")
    assert time.monotonic() - begun < PATIENT
    assert (result.code, result.out) == (1, "")
    assert "timeout" in result.err


@pytest.mark.slow
def test_silence_ends_a_request_without_any_flag(run: Run, cluster: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "SILENCE", 0.2)
    cluster.routes[METRICS] = Reply({}, fault="hang")
    result = run(f"top nodes --server {cluster.url}")
    assert (result.code, result.err.startswith("Unable to connect to the server: timeout")) == (1, True)


@pytest.mark.slow
def test_a_slow_answer_that_goes_on_is_waited_for(run: Run, cluster: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "SILENCE", 1.5)
    # A byte every 50 ms.
    cluster.routes[METRICS] = Reply('{"items": []}' + " " * 20, fault="drip")
    assert run(f"top nodes --server {cluster.url}").err == "error: metrics not available yet\n"


def test_a_bomb_does_not_fill_the_memory(run: Run, cluster: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGEST", 1 << 20)
    body = gzip.compress(b" " * (8 << 20))
    cluster.routes[METRICS] = Reply(body, headers={"Content-Encoding": "gzip"})
    result = run(f"top nodes --server {cluster.url}")
    assert (result.code, result.out, result.err) == (1, "", "error: the server's answer is larger than 1 MiB\n")


@pytest.mark.parametrize("body", [b"x" * (3 << 20), iter([b"x" * (3 << 20)])], ids=["of known length", "chunked"])
def test_no_more_of_an_error_is_read_than_is_needed(run: Run, cluster: FakeApi, body: object) -> None:
    cluster.routes[METRICS] = Reply(body, status=500)
    read = re.search(
        r"500 Internal Server Error in \d+ ms, (\d+) bytes", run(f"top nodes -v --server {cluster.url}").err
    )
    assert read is not None
    assert 1 << 20 <= int(read[1]) <= 2 << 20


@pytest.mark.slow
def test_a_long_answer_of_known_length_is_read_to_its_end(run: Run, cluster: FakeApi) -> None:
    names = [f"node-{place}" for place in range(5)]
    padding = {"annotations": {"padding": "x" * (8 << 20)}}
    items = [{**node_metrics(name), "metadata": {"name": name, **padding}} for name in names]
    cluster.routes[METRICS] = Reply({"items": items})
    result = run(f"top nodes -o name -v --server {cluster.url}")
    assert result.out == "".join(f"node/{name}\n" for name in (*names, "a"))
    assert re.search(r"nodes 200 OK in \d+ ms, 419\d{5} bytes", result.err)


def test_a_length_that_a_proxy_has_doubled_is_understood(run: Run, cluster: FakeApi) -> None:
    body = json.dumps({"items": [node_metrics("a")]}).encode()
    cluster.routes[METRICS] = Reply(body, headers={"Content-Length": f"{len(body)}, {len(body)}"})
    assert run(f"top nodes -o name --request-timeout 60s --server {cluster.url}") == (0, "node/a\n", "")


def test_compressed_answers_are_read_and_garbage_is_said(run: Run, cluster: FakeApi) -> None:
    body = gzip.compress(json.dumps({"items": [node_metrics("a")]}).encode())
    cluster.routes[METRICS] = Reply(body, headers={"Content-Encoding": "gzip"})
    assert run(f"top nodes -o name --server {cluster.url}").out == "node/a\n"
    cluster.routes[METRICS] = Reply(b"no gzip at all", headers={"Content-Encoding": "gzip"})
    result = run(f"top nodes --server {cluster.url}")
    assert (result.code, result.err) == (1, "Unable to connect to the server: the answer is not valid gzip\n")


@pytest.mark.parametrize("code", [429, 503])
def test_a_short_pause_is_made_and_a_long_one_is_not(run: Run, cluster: FakeApi, code: int) -> None:
    answers = [status(code, "", "busy", **{"Retry-After": "0"}), Reply({"items": [node_metrics("a")]})]
    cluster.routes[METRICS] = lambda _request: answers.pop(0)
    assert run(f"top nodes -o name --server {cluster.url}").out == "node/a\n"
    cluster.routes[METRICS] = status(code, "", "busy", **{"Retry-After": "21600"})
    begun = time.monotonic()
    assert run(f"top nodes --server {cluster.url}").code == 1
    assert time.monotonic() - begun < PATIENT


def test_a_broken_connection_is_tried_once_more(run: Run, cluster: FakeApi) -> None:
    faults = ["reset", ""]
    cluster.routes[METRICS] = lambda _request: Reply({"items": [node_metrics("a")]}, fault=faults.pop(0))
    assert run(f"top nodes -o name --server {cluster.url}").out == "node/a\n"
    assert faults == []


@pytest.mark.slow
def test_a_run_says_what_took_its_time(run: Run, cluster: FakeApi) -> None:
    shortest = {"metadata": {"name": "a"}, "usage": {"cpu": "1", "memory": "1Mi"}}
    cluster.routes[METRICS] = Reply({"items": [shortest]}, fault="drip")
    begun = time.monotonic()
    lines = run(f"top nodes -v --server {cluster.url}").err.splitlines()
    whole = (time.monotonic() - begun) * 1000
    assert [line.partition(" in ")[0] for line in sorted(lines[:2])] == [
        f"GET {cluster.url}/api/v1/nodes 200 OK",
        f"GET {cluster.url}{METRICS} 200 OK",
    ]
    spent = {name: float(ms) for name, ms in re.findall(r"(\w+) ([\d.]+) ms", lines[2])}
    assert list(spent) == ["imports", "connection", "requests", "decoding", "computing", "rendering"]
    slowest = max(int(ms) for ms in re.findall(r"in (\d+) ms", " ".join(lines[:2])))
    assert slowest - 1 <= spent["requests"] <= whole
    assert spent["decoding"] < spent["requests"]


def test_a_watch_keeps_its_connections(run: Run, cluster: FakeApi) -> None:
    assert run(f"watch nodes --count 3 -i 0.01 -o name --server {cluster.url}").out == "node/a\n" * 3
    assert len(cluster.requests) == 6


def test_requests_say_who_asks_and_for_what(run: Run, cluster: FakeApi) -> None:
    run(f"top nodes --server {cluster.url}")
    request: Request = cluster.requests[0]
    agent = request.header("user-agent") or ""
    assert agent.startswith("c3s/")
    assert (request.header("accept"), request.header("authorization")) == ("application/json", None)


def test_times_are_given_as_to_kubectl(run: Run, cluster: FakeApi) -> None:
    for text in ("0", "5", "1m30s", "1.5h"):
        assert run(f"top nodes -o name --request-timeout {text} --server {cluster.url}").code == 0
    wrong = run(f"top nodes --request-timeout soon --server {cluster.url}")
    assert (wrong.code, wrong.err.startswith("error: Invalid timeout value. Timeout must be")) == (2, True)


def test_an_argument_that_is_no_text_does_no_harm(run: Run, cluster: FakeApi) -> None:
    result = run("top", "nodes", "a\udcff", "--server", cluster.url)
    assert result.code == 1
    assert cluster.requests[0].path.endswith("/nodes/a%FF")


def test_no_redirect_is_followed(run: Run, cluster: FakeApi) -> None:
    with FakeApi() as elsewhere:
        for there in (elsewhere.url, cluster.url):
            cluster.requests.clear()
            cluster.routes[METRICS] = Reply("", 302, headers={"Location": f"{there}/login"})
            result = run(f"top nodes --as jane --server {cluster.url}")
            assert (result.code, result.out) == (1, "")
            assert "status code 302" in result.err
            told = f"hint: it redirects to {there}/login, probably a login page; c3s follows no redirect\n"
            assert result.err.endswith(told)
            assert elsewhere.requests == []
            assert "/login" not in cluster.paths()


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://user:word@sso.example.com:8443/auth?state=secret#x", "https://sso.example.com:8443/auth"),
        ("/login?next=secret", "/login"),
        ("https://[::1", ""),
        ("", ""),
    ],
)
def test_a_redirect_tells_no_secret(run: Run, cluster: FakeApi, location: str, target: str) -> None:
    cluster.routes[METRICS] = Reply("", 307, headers={"Location": location} if location else {})
    result = run(f"top nodes --server {cluster.url}")
    assert "secret" not in result.err
    assert "word" not in result.err.replace("password", "")
    said = f"hint: it redirects to {target}, probably a login page; c3s follows no redirect\n" if target else ""
    assert result.err.endswith(said)
    assert ("hint:" in result.err) is bool(target)


@pytest.mark.slow
def test_an_answer_that_stalls_half_way_ends_with_its_time(
    run: Run, cluster: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Later()
    monkeypatch.setattr(deadline, "time", later)

    def stall(connection: Connection, body: bytes) -> None:
        later.seconds = FOR_EVER - 0.5
        stall_half_way(connection, body)

    cluster.routes[METRICS] = Reply({"items": [node_metrics("a")] * 5}, fault=stall)
    begun = time.monotonic()
    result = run(f"top nodes --request-timeout {FOR_EVER:.0f}s --server {cluster.url}")
    assert time.monotonic() - begun < PATIENT
    assert (result.code, result.out) == (1, "")


def test_a_date_without_a_zone_is_of_utc(cluster: FakeApi) -> None:
    client = kube.connect(Target(server=cluster.url))
    dates = {
        "Mon, 02 Mar 2026 09:30:00 -0000": 9,
        "Mon, 02 Mar 2026 09:30:00 +0200": 7,
        "Fri, 31 Dec 9999 23:59:59 -2300": None,
        "soon": None,
    }
    for text, hour in dates.items():
        # http.server writes one Date of its own; a client takes the first.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.servers.DATE", text)
            date = client.get(METRICS).date
        assert (date and (date.hour, str(date.tzinfo))) == (hour and (hour, "UTC"))
    client.close()


def test_what_failed_is_traced_too(run: Run, cluster: FakeApi) -> None:
    cluster.routes[METRICS] = Reply({}, fault="cut")
    assert f"GET {cluster.url}{METRICS} failed in " in run(f"top nodes -v 6 --server {cluster.url}").err


def test_a_server_without_a_context_is_called_by_its_address(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    api.routes |= {f"/k8s/clusters/c{path}": reply for path, reply in api.routes.items()}
    document = json.loads(run(f"top nodes -o json --columns context --server {api.url}/k8s/clusters/c").out)
    assert [item["context"] for item in document["items"]] == [f"127.0.0.1:{api.port}"]
