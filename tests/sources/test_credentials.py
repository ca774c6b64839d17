"""Credentials for other servers, such as a Prometheus: what is sent, and that nothing is shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.authority import server_context, write_files
from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request
from tests.sources.test_hostile import EVERYTHING
from tests.sources.test_prometheus import NOW, QUERY, vector

CANARY = "canary7/secret+="


def sent(request: Request) -> str:
    """Quote everything that a client sent, as some servers and proxies do."""
    return "; ".join(f"{name}: {value}" for name, value in request.headers)


ECHOES: dict[str, Callable[[Request], Reply]] = {
    "text": lambda request: Reply(sent(request), 500, "text/plain"),
    "a Status": lambda request: Reply({"kind": "Status", "reason": sent(request), "message": sent(request)}, 403),
    "an error": lambda request: Reply({"status": "error", "errorType": sent(request), "error": sent(request)}, 422),
    "a long error": lambda request: Reply({"status": "error", "error": "q" * 2000 + sent(request)}, 422),
    "a redirect": lambda request: Reply(
        "", 302, headers={"Location": f"https://x/{(request.header('authorization') or '').rpartition(' ')[2]}"}
    ),
    "warnings": lambda request: vector((EVERYTHING, str(NOW)), warnings=[sent(request)]),
    "a number": lambda request: vector((EVERYTHING, sent(request).rpartition("earer ")[2])),
    "a content type": lambda request: Reply("", content_type=sent(request).replace(";", ",")),
}
IDENTITIES = {
    "a token": "--prometheus-token-file {token}",
    "a password": "--prometheus-user u --prometheus-password-file {token}",
    "a header": "--prometheus-header 'Authorization: Bearer {canary}'",
    "what a command prints": "--prometheus-token-command 'cat {token}'",
    "a key": "--prometheus-header 'X-Api-Key: {canary}'",
    "a cookie": "--prometheus-header 'Cookie: session={canary}'",
}


TOGETHER = [*((IDENTITIES["a token"], echo) for echo in ECHOES), *((each, "text") for each in IDENTITIES.values())]


@pytest.mark.parametrize(("identity", "quote"), TOGETHER)
def test_what_was_sent_to_log_in_is_not_shown_even_if_the_server_quotes_it(
    run: Run, api: FakeApi, tmp_path: Path, identity: str, quote: str
) -> None:
    files = write_files(tmp_path)
    (tmp_path / "token").write_text(CANARY)
    flags = identity.format(token=tmp_path / "token", canary=CANARY)
    secrets = (CANARY, "dTpjYW5hcnk3")
    with FakeApi(server_context()) as tls, FakeApi() as plain:
        for there in (tls, plain):
            there.routes[QUERY] = ECHOES[quote]
            for more in (" -v 9", " -o json")[: 1 + (there is tls)]:
                result = run(
                    f"top pods -A {flags} --from {there.url} --prometheus-ca {files['ca.crt']} --server {api.url}{more}"
                )
                assert [secret for secret in secrets if secret in result.out + result.err] == []
            assert there.requests


def test_of_two_secrets_that_begin_alike_the_longer_one_is_hidden_whole(run: Run, api: FakeApi, tmp_path: Path) -> None:
    files = write_files(tmp_path)
    keys = f"--prometheus-header 'X-Api-Key: canary' --prometheus-header 'X-Auth-Token: canary{'long' * 3}'"
    with FakeApi(server_context()) as server:
        server.routes[QUERY] = ECHOES["text"]
        result = run(f"top pods {keys} --from {server.url} --prometheus-ca {files['ca.crt']} --server {api.url}")
    assert (result.code, result.out) == (1, "")
    assert "X-Api-Key: …; X-Auth-Token: …" in result.err
    assert "long" not in result.err


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (f"https://u:{CANARY}@127.0.0.1:1", 1),
        (f"u:{CANARY}@127.0.0.1:1", 2),
        (f"https:///u:{CANARY}@127.0.0.1:1", 1),
        (f"https://127.0.0.1:1/prometheus?token={CANARY}", 1),
        (f"https://127.0.0.1:1/#{CANARY}", 1),
    ],
)
def test_an_address_with_a_secret_is_refused_and_not_quoted(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch, url: str, code: int
) -> None:
    for words in ("top pods -A", "top nodes -v 9", "doctor", "watch pods --count 1"):
        result = run(*words.split(), "--from", url, "--server", api.url)
        assert CANARY not in result.out + result.err
    assert run("top", "nodes", "--from", url, "--server", api.url).code == code
    result = run("top", "nodes", "-v", "9", "--server", url)
    assert (result.code, result.out, CANARY in result.err) == (1, "", False)
    monkeypatch.setenv("C3S_FROM", url)
    assert CANARY not in run("top", "nodes", "--server", api.url).err


@pytest.mark.parametrize(
    "name", ["Authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "X-Amz-Security-Token", "Proxy-Authorization"]
)
def test_no_secret_header_is_sent_where_nothing_is_encrypted(run: Run, api: FakeApi, name: str) -> None:
    result = run(
        "top", "pods", "--server", api.url, "--from", "http://192.0.2.1:9", "--prometheus-header", f"{name}: x"
    )
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: credentials are not sent to http://192.0.2.1:9, which is not encrypted\n")


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        ("--prometheus-password-file {token}", 2, "--prometheus-password-file goes with --prometheus-user"),
        (
            "--prometheus-user u --prometheus-token-file {token}",
            2,
            "only one of --prometheus-token-file or --prometheus-user can be provided",
        ),
        (
            "--prometheus-token-file {token} --prometheus-header 'authorization: x'",
            2,
            "--prometheus-header 'Authorization: …' does not go with --prometheus-token-file",
        ),
        ("--prometheus-key {key}", 1, 'the user of context "{host}" has a client key but no client certificate'),
        (
            "--prometheus-cert {key}",
            1,
            "client-key-data or client-key must be specified for --from to use the clientCert authentication method.",
        ),
        (
            "--prometheus-ca {ca} --insecure-skip-tls-verify",
            1,
            "specifying a root certificates file with the insecure flag is not allowed",
        ),
    ],
)
def test_an_identity_that_would_not_be_used_is_an_error(
    run: Run, api: FakeApi, tmp_path: Path, flags: str, code: int, said: str
) -> None:
    """It would be another one, or nobody, who asks."""
    files = write_files(tmp_path)
    (tmp_path / "token").write_text("t")
    with FakeApi(server_context()) as server:
        known = {"token": tmp_path / "token", "key": files["client.key"], "ca": files["ca.crt"]}
        host = server.url.removeprefix("https://")
        result = run(f"top pods -A --from {server.url} --server {api.url} {flags.format(**known)}")
        assert (result.code, result.out, result.err.splitlines()[0]) == (code, "", f"error: {said.format(host=host)}")
        assert server.connections == 0


def test_a_password_file_without_end_or_without_a_writer_is_refused(run: Run, api: FakeApi, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    words = f"top pods --server {api.url} --from https://127.0.0.1:1 --prometheus-user u --request-timeout 200ms"
    result = run(f"{words} --prometheus-password-file {tmp_path / 'pipe'}")
    assert (result.code, result.err.splitlines()[0]) == (
        1,
        f"error: timeout while reading the password file '{tmp_path / 'pipe'}'",
    )
    result = run(f"{words.replace('200ms', '20s')} --prometheus-password-file /dev/zero")
    assert (result.code, result.err) == (1, "error: the password file '/dev/zero' is larger than 32 MiB\n")
