"""Where a Prometheus is, as companies run it: parameters in the address, tenants, tokens, a proxy in front of it."""

from __future__ import annotations

import hashlib
import stat
import urllib.request
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.authority import server_context, write_files
from tests.conftest import Run
from tests.patience import PATIENT
from tests.servers import FakeApi, Reply, Request, node, status
from tests.sources.test_prometheus import QUERY, STACK, engine, service, services, two_pods

KEPT = (
    "dedup=true&partial_response=false&max_source_resolution=5m&extra_label=tenant%3Dcanary"
    '&extra_filters[]={team="canary"}&nocache=1'
)
ONLY = "dedup, partial_response, max_source_resolution, extra_label, extra_filters[], nocache"


@pytest.mark.slow
def test_the_parameters_of_an_address_go_with_every_query_and_are_never_shown(run: Run, api: FakeApi) -> None:
    with FakeApi() as server:
        engine(server, two_pods, "/select/0/prometheus")
        address = f"{server.url}/select/0/prometheus/?{KEPT}"
        result = run("top", "pods", "-A", "--no-headers", "--from", address, "--server", api.url, "-v", "9")
        assert (result.code, len(result.out.splitlines())) == (0, 2)
        assert {tuple(each) for each in (request.query[:6] for request in server.requests)} == {tuple(parse_qsl(KEPT))}
        assert f"POST {server.url}/select/0/prometheus{QUERY} 200 OK" in result.err
        assert "canary" not in result.out + result.err
        assert "dedup" not in result.err
        # Where queries go by GET, too: the parameters come after them.
        real = server.routes[f"/select/0/prometheus{QUERY}"]
        assert callable(real)
        server.routes[f"/select/0/prometheus{QUERY}"] = lambda request: (
            Reply("", 405, "text/plain") if request.method == "POST" else real(request)
        )
        server.requests.clear()
        assert run("top", "pods", "-A", "--from", address, "--server", api.url).code == 0
        read = [request for request in server.requests if request.method == "GET"]
        assert {tuple(request.query[-6:]) for request in read} == {tuple(parse_qsl(KEPT))}
        # A server that quotes them is not quoted.
        server.routes[f"/select/0/prometheus{QUERY}"] = Reply(
            {"status": "error", "errorType": "422", "error": 'cannot parse {team="canary"} of tenant=canary'}, 422
        )
        result = run("top", "pods", "-A", "--from", address, "--server", api.url)
        assert result == (1, "", "error: the server refused the query: cannot parse … of …\n")


@pytest.mark.parametrize(
    "query", ["token=canary", "dedup=true&token=canary", "canary", "", "#canary", "dedup=true#canary", "a=b@canary"]
)
def test_any_other_query_is_refused_before_anything_is_read(run: Run, api: FakeApi, query: str) -> None:
    for words in ("top pods", "top nodes --facts source", "watch nodes", "doctor"):
        result = run(*words.split(), "--from", f"http://127.0.0.1:1/x?{query}", "--server", api.url)
        assert result == (
            1,
            "",
            (
                "error: the server's address has a query or a fragment in it\n"
                f"hint: it may have these parameters only: {ONLY}\n"
            ),
        )
    assert run("top", "pods", "--from", f"127.0.0.1:1/x?{query}").err.startswith("error: unknown source in --from\n")
    assert api.requests == []


def test_a_password_in_the_address_belongs_into_a_file(run: Run) -> None:
    for address in ("https://u:canary@h", "https://u:canary@h/x?dedup=1", "http://canary@h#x"):
        assert run("top", "pods", "--from", address) == (
            1,
            "",
            (
                "error: the server's address has a user name or a password in it\n"
                "hint: pass them with --prometheus-user and --prometheus-password-file\n"
            ),
        )


def test_an_unknown_authority_is_set_with_the_flag_of_this_server(run: Run, api: FakeApi) -> None:
    with FakeApi(server_context()) as server:
        result = run(f"top pods --from {server.url} --server {api.url}")
    assert (result.code, result.err.splitlines()) == (
        1,
        [
            (
                "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by "
                "unknown authority"
            ),
            "hint: set the CA to trust with --prometheus-ca",
        ],
    )


# --- a service of the cluster -------------------------------------------------------------------------------------


def test_a_header_is_passed_on_to_the_service(run: Run, api: FakeApi) -> None:
    services(api, STACK)
    path = "/api/v1/namespaces/monitoring/services/kps-prometheus%3A9090/proxy"
    engine(api, two_pods, path)
    result = run(f"top pods -A --from prometheus --prometheus-header 'X-Scope-OrgID: team a' --server {api.url}")
    assert (result.code, result.err) == (0, "")
    tenants = {(path in request.path, request.header("X-Scope-OrgID")) for request in api.requests}
    assert tenants == {(True, "team a"), (False, None)}
    # Also by GET.
    real = api.routes[f"{path}{QUERY}"]
    assert callable(real)
    api.routes[f"{path}{QUERY}"] = lambda request: (
        status(403, "Forbidden", "no") if request.method == "POST" else real(request)
    )
    api.requests.clear()
    run(f"top pods -A --from prometheus --prometheus-header 'X-Scope-OrgID: team a' --server {api.url}")
    read = [request for request in api.requests if request.method == "GET" and path in request.path]
    assert len(read) > 2
    assert {request.header("X-Scope-OrgID") for request in read} == {"team a"}


@pytest.mark.parametrize(
    "header", ["Authorization: Bearer canary", "cookie: canary", "X-Api-Key: canary", "Impersonate-User: canary"]
)
def test_credentials_are_not_for_a_service(run: Run, api: FakeApi, header: str) -> None:
    for source in ("prometheus", "prometheus:m/s:9090"):
        result = run("top", "pods", "--from", source, "--prometheus-header", header, "--server", api.url)
        assert result == (
            2,
            "",
            (
                "error: --prometheus-header cannot send credentials to a service of the cluster\n"
                "hint: the API server does not pass them on; use --from URL\n"
            ),
        )
    assert api.requests == []


def test_a_service_without_a_port_has_the_port_of_the_api(run: Run, api: FakeApi) -> None:
    for found, source, path in (
        (service("m", "s", {}, ("reloader", 8080), ("http-web", 9090)), "s", "s%3A9090"),
        (service("m", "s", {}, ("https", 9091)), "s", "https%3As%3A9091"),
        (service("m", "s", {}, ("x", 9091)), "https:s", "https%3As%3A9091"),
        (service("m", "s", {}, ("x", 9091)), "s:x", "s%3Ax"),
        (service("m", "s", {"app": "vmselect"}, ("http", 8481)), "s", "s%3A8481"),
    ):
        api.routes.clear()
        api.routes["/api/v1/namespaces/m/services"] = Reply({"metadata": {}, "items": [found]})
        prefix = "/select/0/prometheus" * bool(found["metadata"]["labels"])
        engine(api, two_pods, f"/api/v1/namespaces/m/services/{path}/proxy{prefix}")
        result = run(f"top pods -A --from prometheus:m/{source} --server {api.url}")
        assert (result.code, result.err) == (0, ""), api.paths()
    # Without a port, the service must be read; without the right to do so, that is the error.
    api.routes["/api/v1/namespaces/m/services"] = status(403, "Forbidden", "services is forbidden")
    result = run(f"top pods -A --from prometheus:m/s --server {api.url}")
    assert (result.code, result.err) == (1, "Error from server (Forbidden): services is forbidden\n")


def test_a_port_that_the_service_does_not_have_is_said(run: Run, api: FakeApi) -> None:
    words = 'no service port 9999 found for service "s"'
    api.routes[f"/api/v1/namespaces/m/services/s%3A9999/proxy{QUERY}"] = status(503, "ServiceUnavailable", words)
    result = run(f"top pods -A --from prometheus:m/s:9999 --server {api.url}")
    assert result == (
        1,
        "",
        f"Error from server (ServiceUnavailable): {words}\nhint: see its ports: kubectl -n m get service s\n",
    )


def test_a_guarded_service_is_not_taken_for_a_lost_login(run: Run, api: FakeApi) -> None:
    """As on OpenShift: the port speaks TLS, and a proxy in front of it wants the token of the user."""
    api.nodes(node("a"))
    services(
        api, service("openshift-monitoring", "thanos-querier", {"app.kubernetes.io/name": "thanos-query"}, ("web", 91))
    )
    base = "/api/v1/namespaces/openshift-monitoring/services"
    api.routes[f"{base}/thanos-querier%3A91/proxy{QUERY}"] = Reply(
        "Client sent an HTTP request to an HTTPS server.\n", 400, "text/plain"
    )
    result = run(f"top nodes --from prometheus --server {api.url}")
    assert (result.code, result.err.splitlines()) == (
        1,
        [
            (
                "Error from server (BadRequest): the server rejected our request for an unknown reason: "
                "Client sent an HTTP request to an HTTPS server."
            ),
            "hint: the port of the service speaks TLS: --from prometheus:openshift-monitoring/https:thanos-querier:91",
        ],
    )
    for code, words, more in (
        (401, "Unauthorized\n", {}),
        (403, "Forbidden\n", {}),
        (302, "", {"Location": "https://oauth"}),
    ):
        api.routes[f"{base}/https%3Athanos-querier%3A91/proxy{QUERY}"] = Reply(words, code, "text/plain", more)
        result = run(f"top nodes --from prometheus:openshift-monitoring/https:thanos-querier:91 --server {api.url}")
        assert (result.code, result.err.splitlines()) == (
            1,
            [
                (
                    "error: the service openshift-monitoring/thanos-querier, not the API server, wants other "
                    f"credentials ({code})"
                ),
                (
                    "hint: the API server does not pass your credentials on to a service: use --from URL (on "
                    "OpenShift, that of its route) with --prometheus-token-file or --prometheus-token-command"
                ),
            ],
        )
    # The API server's own refusals stay what they are.
    api.routes[f"{base}/https%3Athanos-querier%3A91/proxy{QUERY}"] = status(401, "Unauthorized", "Unauthorized")
    result = run(f"top nodes --from prometheus:openshift-monitoring/https:thanos-querier:91 --server {api.url}")
    assert result.err.startswith("error: You must be logged in to the server (Unauthorized)\n")


# --- tokens, pauses, signatures -----------------------------------------------------------------------------------


def command(folder: Path, text: str) -> str:
    script = folder / "to ken"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return f"'{script}'"


@pytest.mark.process
def test_a_command_prints_the_token_and_a_new_one_when_that_is_refused(run: Run, api: FakeApi, tmp_path: Path) -> None:
    files = write_files(tmp_path)
    script = command(tmp_path, f'echo x >> {tmp_path}/n; echo "token-$(grep -c x {tmp_path}/n)-$1"')
    with FakeApi(server_context()) as server:
        engine(server, two_pods)
        real = server.routes[QUERY]
        assert callable(real)

        def first_expired(request: Request) -> Reply:
            expired = request.header("Authorization") == "Bearer token-1-a"
            return Reply("expired", 401, "text/plain") if expired else real(request)

        server.routes[QUERY] = first_expired
        where = ["--from", server.url, "--server", api.url, "--prometheus-ca", files["ca.crt"]]
        result = run("top", "pods", "-A", *where, "--prometheus-token-command", f"{script} a")
        assert (result.code, result.err) == (0, "")
        sent = [request.header("Authorization") for request in server.requests]
        assert sent[:2] == ["Bearer token-1-a", "Bearer token-2-a"]
        assert set(sent[2:]) == {"Bearer token-2-a"}
    assert api.requests == []
    # Plain HTTP within this machine, such as a tunnel.
    with FakeApi() as server:
        engine(server, two_pods)
        run("top", "pods", "-A", "--from", server.url, "--prometheus-token-command", f"{script} a", "--server", api.url)
        assert {request.header("Authorization") for request in server.requests} == {"Bearer token-3-a"}


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo canary canary", "executable {0} did not print a token, and nothing else"),
        ("true", "executable {0} did not print a token, and nothing else"),
        ("echo log in first >&2; exit 3", "executable {0} failed with exit code 3\nhint: log in first"),
        ("sleep 999", "timeout while waiting for executable {0}\nhint: set a longer --request-timeout"),
    ],
)
def test_a_command_without_a_token_is_an_error(run: Run, api: FakeApi, tmp_path: Path, text: str, said: str) -> None:
    script = command(tmp_path, text)
    flags = ["--request-timeout", "300ms" if "sleep" in text else "60s", "--prometheus-token-command", script]
    result = run("top", "pods", "--from", "https://127.0.0.1:1", "--server", api.url, *flags)
    words = f"Unable to connect to the server: getting credentials: exec: {said.format(script[1:-1])}\n"
    assert result == (1, "", words)


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["token-command", "' a"], 1, "--prometheus-token-command is not a command: No closing quotation"),
        (["token-command", "x", "token-file", "y"], 2, "only one of --prometheus-token-file or "),
        (["token-command", "x", "user", "y"], 2, "only one of --prometheus-token-command or "),
        (["token-command", "x", "header", "Authorization: y"], 2, "--prometheus-header 'Authorization: "),
    ],
)
def test_one_identity_is_enough(run: Run, api: FakeApi, flags: list[str], code: int, said: str) -> None:
    words = [word if place % 2 else f"--prometheus-{word}" for place, word in enumerate(flags)]
    result = run("top", "pods", "--from", "https://127.0.0.1:1", "--server", api.url, *words)
    assert (result.code, result.err.startswith(f"error: {said}")) == (code, True)


def test_a_token_is_not_for_a_service(run: Run, api: FakeApi) -> None:
    result = run(f"top pods --from prometheus --prometheus-token-command x --server {api.url}")
    assert (result.code, result.err) == (2, "error: --prometheus-token-command goes with --from URL\n")


def test_a_pause_that_the_server_asks_for_is_made(run: Run, api: FakeApi) -> None:
    with FakeApi() as server:
        engine(server, two_pods)
        real = server.routes[QUERY]
        assert callable(real)
        server.routes[QUERY] = lambda request: (
            real(request) if len(server.requests) > 1 else Reply("slow down", 429, "text/plain", {"Retry-After": "0"})
        )
        assert run(f"top pods -A --from {server.url} --server {api.url}").code == 0
        assert len({tuple(request.query) for request in server.requests}) == len(server.requests) - 1
        server.routes[QUERY] = Reply("the request rate limit is exceeded", 429, "text/plain")
        result = run(f"top pods -A --from {server.url} --server {api.url}")
        assert (result.code, result.err) == (
            1,
            "error: the server limits the rate of queries (429)\nhint: wait, or ask less often\n",
        )


def test_a_proxy_on_this_machine_may_sign_the_queries(run: Run, api: FakeApi) -> None:
    """As the proxies for SigV4 do: they sign the path and the hash of the body, and need no other credentials."""
    with FakeApi() as server, FakeApi() as proxy:
        engine(server, two_pods, "/workspaces/ws-1")
        seen: list[str] = []

        def signed(request: Request) -> Reply:
            body = urlencode(request.query).encode()
            signature = hashlib.sha256(request.path.encode() + body).hexdigest()
            passed_on = urllib.request.Request(  # noqa: S310  loopback
                f"{server.url}{request.path}", body, {"Authorization": f"AWS4-HMAC-SHA256 Signature={signature}"}
            )
            seen.append(signature)
            with urllib.request.urlopen(passed_on, timeout=PATIENT) as answer:  # noqa: S310  loopback
                return Reply(answer.read())

        proxy.routes[f"/workspaces/ws-1{QUERY}"] = signed
        result = run(f"top pods -A --no-headers --from {proxy.url}/workspaces/ws-1 --server {api.url}")
        assert (result.code, len(result.out.splitlines()), len(seen)) == (0, 2, len(proxy.requests))
        assert {request.header("Authorization") for request in proxy.requests} == {None}
