"""Connections that are under way early: as many as are used, and no other words than without them."""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import socket
import ssl
import struct
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.errors import ConfigError
from c3s_cli.kube import dial
from c3s_cli.kube.access import Access
from c3s_cli.kube.cluster import connect
from c3s_cli.kube.tls import Tls
from c3s_cli.request.target import Target
from tests.authority import authority, server_context, write_files
from tests.conftest import Run
from tests.patience import PATIENT
from tests.servers import FakeApi, Reply, Request, Tunnel, node, node_metrics, pod, pod_metrics, status


@pytest.fixture
def cluster(api: FakeApi) -> FakeApi:
    return filled(api)


def filled(api: FakeApi) -> FakeApi:
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    api.pod_metrics(pod_metrics("default", "web", ("app", "1m", "1Mi")), namespace="default")
    api.pods(pod("default", "web"), namespace="default")
    return api


@pytest.mark.parametrize(
    ("words", "connections"),
    [
        ("top pods", 1),
        ("top nodes", 2),
        ("top nodes a", 2),
        ("top pods --field-selector status.phase=Running", 2),
        ("top pods -o wide", 4),
        ("top pods web --explain", 1),
        ("watch nodes --count 3 -i 0.01", 2),
    ],
)
def test_no_connection_is_made_that_is_not_used(run: Run, cluster: FakeApi, words: str, connections: int) -> None:
    run(f"{words} --server {cluster.url}")
    assert cluster.requests
    assert cluster.connections <= connections


@pytest.fixture
def secure(tmp_path: Path) -> Any:
    files = write_files(tmp_path)
    with FakeApi(server_context()) as api:
        config = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": api.url, "certificate-authority": files["ca.crt"]}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
        }
        (tmp_path / "config").write_text(json.dumps(config))
        yield f"--kubeconfig {tmp_path / 'config'}", filled(api)


def test_all_that_is_sent_goes_over_them(
    run: Run, cluster: FakeApi, secure: tuple[str, FakeApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c3s_cli.kube.connections.open_connection", lambda *_, **__: pytest.fail("a later one"))
    assert run(f"top nodes -o name --server {cluster.url}").out == "node/a\n"
    assert run(f"top nodes -o name {secure[0]}").out == "node/a\n"
    assert secure[1].connections == 2


AUTHORITY, THEIRS = (base64.b64encode(ca.cert_pem.bytes()).decode() for ca in (authority(), authority("theirs")))


@pytest.mark.parametrize(
    ("cluster_part", "user_part", "early"),
    [
        ({"certificate-authority": "ca.crt"}, {"token": "t"}, True),
        ({"certificate-authority-data": AUTHORITY}, {}, True),
        # Inline data wins, so this server is not to be trusted.
        ({"certificate-authority-data": THEIRS, "certificate-authority": "ca.crt"}, {}, None),
        ({"certificate-authority": "ca.crt", "tls-server-name": "127.0.0.1"}, {}, True),
        ({"insecure-skip-tls-verify": True}, {}, True),
        ({"certificate-authority": "ca.crt", "tls-server-name": "n\u00f6de"}, {}, None),
        ({"certificate-authority": "ca.crt"}, {"client-certificate": "client.crt", "client-key": "client.key"}, True),
    ],
)
def test_the_handshake_is_over_before_the_client_gets_a_connection(
    run: Run,
    secure: tuple[str, FakeApi],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cluster_part: dict[str, Any],
    user_part: dict[str, Any],
    early: bool | None,  # noqa: FBT001  None for a server that is not trusted
) -> None:
    answered = dial.Dial.answered
    given: list[bool] = []

    def noticed(early: dial.Dial, timeout: float | None) -> Any:
        opened = answered(early, timeout)
        given.append(isinstance(opened, ssl.SSLSocket))
        return opened

    monkeypatch.setattr(dial.Dial, "answered", noticed)
    config = json.loads((tmp_path / "config").read_text())
    config["clusters"][0]["cluster"] = {"server": secure[1].url, **cluster_part}
    config["users"][0]["user"] = user_part
    (tmp_path / "config").write_text(json.dumps(config))
    result = run(f"top nodes -o name {secure[0]}")
    if early is None:
        assert (result.code, given) == (1, [False] * len(given))
    else:
        # The second request may find the connection of the first free again.
        assert (result.out, set(given)) == ("node/a\n", {early})


def access(authority_file: Path) -> Access:
    return Access("c", "", "https://127.0.0.1", {"certificate-authority": str(authority_file)}, {})


def test_newer_credentials_get_a_tls_context_of_their_own(secure: tuple[str, FakeApi], tmp_path: Path) -> None:
    cluster = connect(Target(kubeconfig=str(tmp_path / "config")), connections=2)
    session = cluster._session  # noqa: SLF001  rotated CAs look the same from outside
    contexts = [session._tls, session._open(), session._tls]  # type: ignore[func-returns-value]  # noqa: SLF001
    assert len(set(contexts)) == 3
    cluster.close()


def test_newer_credentials_do_not_use_what_was_opened_for_the_old_ones(
    secure: tuple[str, FakeApi], tmp_path: Path
) -> None:
    tokens = tmp_path / "token"
    tokens.write_text("first")
    config = json.loads((tmp_path / "config").read_text())
    config["users"][0]["user"] = {"tokenFile": str(tokens)}
    (tmp_path / "config").write_text(json.dumps(config))

    def only_the_second(request: Request) -> Reply:
        tokens.write_text("second")
        return Reply({}) if request.header("authorization") == "Bearer second" else status(401, "Unauthorized", "no")

    secure[1].routes["/version"] = only_the_second
    # One request needs one connection, so the other one is left when the credentials are renewed.
    cluster = connect(Target(kubeconfig=str(tmp_path / "config")), connections=2)
    assert cluster.get("/version").body == b"{}"
    cluster.close()


def test_a_connection_that_cannot_be_secured_is_closed(tmp_path: Path) -> None:
    (tmp_path / "no.crt").write_text("no certificate")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as plain:
        with pytest.raises(ConfigError, match="certificate"):
            Tls(access(tmp_path / "no.crt")).secured(plain)
        assert plain.fileno() == -1


@pytest.mark.parametrize("waits", [0.0, 0.05])
def test_a_connection_that_the_server_resets_is_closed(tmp_path: Path, waits: float) -> None:
    (tmp_path / "ca.crt").write_bytes(authority().cert_pem.bytes())
    early = Tls(access(tmp_path / "ca.crt"))
    assert early.context is not None
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as plain:
        far, _ = server.accept()
        # A reset instead of an orderly end.
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()
        time.sleep(waits)
        with warnings.catch_warnings(record=True, action="always") as left_open, pytest.raises(OSError, match=r"."):
            early.secured(plain)
        gc.collect()
        assert [str(each.message) for each in left_open] == []


def test_one_that_waited_too_long_is_not_used(
    run: Run, cluster: FakeApi, secure: tuple[str, FakeApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "FRESH", -1.0)
    assert run(f"top nodes -o name --server {cluster.url}").out == "node/a\n"
    assert run(f"top nodes -o name {secure[0]}").out == "node/a\n"
    assert secure[1].connections == 4


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "https://127.0.0.1:1", "http://[::1]:1"])
def test_a_refusal_is_said_in_the_same_words(run: Run, address: str) -> None:
    host = address.partition("://")[2]
    result = run(f"top nodes --server {address}")
    assert (result.code, result.out) == (1, "")
    assert result.err == f"The connection to the server {host} was refused - did you specify the right host or port?\n"


@pytest.mark.slow
@pytest.mark.parametrize("words", ["top nodes", "top pods"])
def test_a_server_that_never_answers_takes_no_longer_than_it_may(run: Run, words: str) -> None:
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = full.getsockname()[1]
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003  the socket's own word
            waiting.connect_ex(("127.0.0.1", port))
        begun = time.monotonic()
        result = run(f"{words} --request-timeout 300ms --server http://127.0.0.1:{port}")
        assert time.monotonic() - begun < PATIENT
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"Unable to connect to the server: timeout while waiting for 127.0.0.1:{port}\n")


def test_nothing_goes_past_a_proxy(run: Run, secure: tuple[str, FakeApi], tmp_path: Path) -> None:
    _, api = secure
    config = json.loads((tmp_path / "config").read_text())
    with Tunnel(api.port) as tunnel:
        config["clusters"][0]["cluster"]["proxy-url"] = f"http://{tunnel.address}"
        (tmp_path / "config").write_text(json.dumps(config))
        assert run(f"top nodes -o name --kubeconfig {tmp_path / 'config'}").out == "node/a\n"
        # One or two: a connection may be free again before the second request.
        assert api.connections == len(tunnel.heads) > 0


@pytest.mark.parametrize("server", ["http://127.0.0.1:99999", "http://127.0.0.1:x", "ftp://127.0.0.1", "http://"])
def test_an_address_that_is_none_is_left_to_the_client(server: str) -> None:
    assert dial.dial(server, 2, 1.0) == []
