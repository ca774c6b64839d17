"""What a server, an address or a kubeconfig has to say reaches the user in true words."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.kube import dial
from tests.conftest import Run
from tests.kube.conftest import Config
from tests.servers import FakeApi, Reply, node, node_metrics

# The codes of TLS alerts, and Go's words for them.
ALERTS = {
    40: "handshake failure",
    42: "bad certificate",
    43: "unsupported certificate",
    44: "revoked certificate",
    45: "expired certificate",
    46: "unknown certificate",
    48: "unknown certificate authority",
    49: "access denied",
    50: "error decoding message",
    70: "protocol version not supported",
    71: "insufficient security level",
    80: "internal error",
    112: "unrecognized name",
    116: "certificate required",
    120: "no application protocol",
}


@pytest.fixture
def alerting() -> Iterator[Any]:
    """A server that answers every handshake with an alert."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve(code: int) -> int:
            def answer() -> None:
                while True:
                    try:
                        connection, _ = server.accept()
                        with connection:
                            connection.recv(4096)
                            connection.sendall(bytes([21, 3, 3, 0, 2, 2, code]))
                    except OSError:
                        return

            threading.Thread(target=answer, daemon=True).start()
            return int(server.getsockname()[1])

        yield serve


@pytest.mark.parametrize(("code", "words"), ALERTS.items())
def test_every_alert_of_tls_has_kubectls_words(run: Run, alerting: Any, code: int, words: str) -> None:
    result = run(f"top nodes --server https://127.0.0.1:{alerting(code)}")
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[0] == f"Unable to connect to the server: remote error: tls: {words}"


def test_an_alert_after_the_handshake_is_heard(
    run: Run, mutual: FakeApi, config: Config, files: dict[str, str]
) -> None:
    path = config(mutual.url, {"token": "t"}, **{"certificate-authority": files["ca.crt"]})
    for _ in range(5):
        words = run(f"top nodes --kubeconfig {path}").err.splitlines()[0]
        assert words == "Unable to connect to the server: remote error: tls: certificate required"


def test_the_text_of_a_bad_request_is_kept(run: Run, api: FakeApi) -> None:
    text = "Client sent an HTTP request to an HTTPS server."
    api.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = Reply(text, status=400, content_type="text/plain")
    result = run(f"top nodes --server {api.url}")
    assert f"unknown reason: {text} (get nodes.metrics.k8s.io)" in result.err
    assert result.err.endswith("hint: the server speaks TLS: write https://\n")


def test_where_nothing_is_found_the_address_is_wrong(run: Run, api: FakeApi) -> None:
    words = "Error from server (NotFound): the server could not find the requested resource\n"
    hint = "hint: not even /version is there: check the path of the server's address\n"
    assert run(f"top nodes --server {api.url}/wrong") == (1, "", words + hint)
    assert run(f"contexts --check --server {api.url}/wrong").code == 1
    assert "metrics-server" not in run(f"doctor --server {api.url}/wrong").out


def test_a_user_whom_no_file_defines_is_not_nobody(run: Run, secure: FakeApi, api: FakeApi, config: Config) -> None:
    api.nodes(node("a"))
    api.node_metrics(node_metrics("a"))
    words = 'context "c" names the user "u", which the kubeconfig does not define'
    path = config(secure.url, {})
    path.write_text(path.read_text().replace('"name": "u"', '"name": "v"'))
    refused = run(f"top nodes --kubeconfig {path}")
    assert (refused.code, refused.err.splitlines()[0], secure.requests) == (1, f"error: {words}", [])
    assert words in run(f"contexts --kubeconfig {path}").err
    path.write_text(path.read_text().replace(secure.url, api.url))
    assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", "")


@pytest.mark.parametrize(
    ("server", "shown"),
    [
        ("https://admin:canary7@127.0.0.1:1/path", "https://127.0.0.1:1/path"),
        ("https://127.0.0.1:1/?token=canary7#canary7", "https://127.0.0.1:1/"),
        ("https://u:canary7/x@host", "https://…"),
        ("u:canary7@host:1", "host:1"),
    ],
)
def test_contexts_show_no_secret_of_an_address(run: Run, config: Config, server: str, shown: str) -> None:
    path = config(server, {"token": "t"})
    assert run(f"contexts --kubeconfig {path}").out.split()[-1] == shown
    assert "canary7" not in run(f"contexts -o json --kubeconfig {path}").out


def test_an_ipv6_address_may_lack_brackets(run: Run) -> None:
    words = "The connection to the server [::1]:1 was refused - did you specify the right host or port?\n"
    assert run("top nodes --server http://::1:1").err == words


def test_a_network_that_cannot_be_reached_is_no_timeout(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_socket: object, _where: object) -> int:
        return errno.ENETUNREACH

    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    result = run("top nodes --server http://127.0.0.1:1")
    words = "Unable to connect to the server: dial tcp 127.0.0.1:1: connect: network is unreachable\n"
    assert result == (1, "", words)


def test_the_next_address_of_a_name_is_tried_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address takes no connection, as behind a firewall that drops packets."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_server(("127.0.0.1", 0)) as good:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)  # noqa: FBT003  the socket's own word
            each.connect_ex(full.getsockname())
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", each.getsockname()) for each in (full, good)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: list(found))
        with dial.open_connection("two.example", 1, 5.0) as connected:
            assert connected.getpeername() == good.getsockname()
        for each in waiting:
            each.close()


ODD: dict[str, str] = {
    "null": "client-certificate: null",
    "empty": "client-key: ''",
    "a time": "token: 1:30",
    "a date": "token: 2024-01-01",
}


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
@pytest.mark.parametrize("end", ["", "---\nnot: [yaml\n"])
def test_a_kubeconfig_is_read_as_go_reads_it(
    run: Run, secure: FakeApi, files: dict[str, str], tmp_path: Path, line: str, end: str
) -> None:
    path = tmp_path / "config"
    path.write_text(
        f"current-context: 2024-01-01\ncontexts: [{{name: 2024-01-01, context: {{cluster: c, user: u}}}}]\n"
        f"clusters: [{{name: c, cluster: {{server: '{secure.url}', certificate-authority: {files['ca.crt']}, "
        f"proxy-url: null}}}}]\nusers:\n- name: u\n  user:\n    {line}\n- user: {{token: x}}\n{end}"
    )
    assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", "")
    expected = f"Bearer {line[7:]}" if line.startswith("token") else None
    assert {request.header("authorization") for request in secure.requests} == {expected}
