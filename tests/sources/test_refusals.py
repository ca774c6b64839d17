"""What servers refuse to those who ask too often, in words that help."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request, node
from tests.sources.test_prometheus import QUERY, engine, matrix, refusal, two_pods, vector

PROXY = "/api/v1/namespaces/m/services/p%3A80/proxy"


def test_a_limit_is_worded_whatever_its_name(run: Run, api: FakeApi) -> None:
    with FakeApi() as server:
        body = {"status": "error", "errorType": "too_many_requests", "error": "4 queries are running"}
        server.routes[QUERY] = Reply(body, 429)
        result = run(f"top pods -A --from {server.url} --server {api.url}")
        assert (result.code, result.err.splitlines()[0]) == (
            1,
            "error: the server limits the rate of queries (429): 4 queries are running",
        )


@pytest.mark.parametrize(("prefix", "source"), [("", "{url}"), (PROXY, "prometheus:m/p:80")])
def test_who_names_no_tenant_is_told_how(run: Run, api: FakeApi, prefix: str, source: str) -> None:
    """In the words of Mimir."""
    with FakeApi() as server:
        (api if prefix else server).routes[f"{prefix}{QUERY}"] = Reply("no org id\n", 401, "text/plain")
        result = run(f"top pods -A --from {source.format(url=server.url)} --server {api.url}")
    assert (result.code, result.err) == (
        1,
        (
            "error: the server wants a tenant: no org id (401)\n"
            "hint: name it: --prometheus-header 'X-Scope-OrgID: TENANT'; several are a|b\n"
        ),
    )


@pytest.mark.parametrize(
    ("pause", "code"), [("Mon, 02 Mar 2026 09:30:00 GMT", 0), ("Mon, 02 Mar 2026 21:30:00 GMT", 1)]
)
def test_a_pause_may_be_a_time(run: Run, api: FakeApi, pause: str, code: int) -> None:
    """By the server's clock, which the fake one has stopped at half past nine."""
    with FakeApi() as server:
        engine(server, two_pods)
        answer = server.routes[QUERY]
        assert callable(answer)
        slower = Reply("slow down", 429, "text/plain", {"Retry-After": pause})
        server.routes[QUERY] = lambda request: answer(request) if len(server.requests) > 1 else slower
        assert run(f"top pods -A --from {server.url} --server {api.url}").code == code


@pytest.mark.parametrize("exporter", [False, True])
def test_a_question_about_nodes_that_is_too_large_is_asked_in_halves(run: Run, api: FakeApi, *, exporter: bool) -> None:
    nodes = [f"node-{number}" for number in range(7)]
    # Some have an address, one a name, one an address in brackets.
    addresses = {name: f"10.0.0.{place}:9100" for place, name in enumerate(nodes)}
    addresses |= {"node-5": "node-5", "node-6": "[fe80::6]:9100"}

    def answer(query: str, _request: Request) -> Reply | None:
        if exporter and query == "node_memory_MemTotal_bytes{}[900s]":
            return matrix(({"instance": "10.0.0.1:9100"}, 1.0))
        if ("node_cpu_seconds_total" in query or "node_memory_MemA" in query) != exporter:
            return None
        matchers = re.findall(r'instance([=!]~)"([^"]*)"', query)
        chosen = [
            {"node": name, "instance": address}
            for name, address in addresses.items()
            if all((re.fullmatch(pattern, address) is not None) == (sign == "=~") for sign, pattern in matchers)
        ]
        if len(chosen) > 2:
            return refusal(422, "execution", "query processing would load too many samples into memory")
        if exporter:
            return vector(*((labels, "0.5") for labels in chosen))
        return matrix(*((labels, lambda time: time / 2) for labels in chosen)) if 'id="/"' in query else None

    with FakeApi() as server:
        engine(server, answer)
        api.nodes(*map(node, nodes))
        result = run(f"top nodes --no-headers --columns cpu.usage --from {server.url} --server {api.url}")
    assert (result.code, result.err) == (0, "")
    assert [line.split() for line in result.out.splitlines()] == [[name, "500m"] for name in nodes]
