"""SOCKS proxies: the same answers and the same deadline as without them. They need PySocks, an optional extra."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.authority import server_context, write_files
from tests.conftest import Run
from tests.faults import Listener, healthy, say_nothing
from tests.kube.test_deadline import config, in_time
from tests.servers import FakeApi, pour

pytest.importorskip("socks", reason="needs PySocks")

ACCEPTED = bytes([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
Serve = Callable[[socket.socket, threading.Event], None]


def name_asked_for(near: socket.socket) -> str:
    """Agree on SOCKS 5 without a password, and return the host and port of the request."""
    assert near.recv(64)[0] == 5
    near.sendall(bytes([5, 0]))
    request = near.recv(512)
    assert request[:4] == bytes([5, 1, 0, 3])
    return f"{request[5 : 5 + request[4]].decode()}:{int.from_bytes(request[-2:])}"


def passing_to(port: int, names: list[str]) -> Serve:
    """Make a proxy that notes the names that it is asked for, and connects to a port of this machine."""

    def serve(near: socket.socket, _ended: threading.Event) -> None:
        names.append(name_asked_for(near))
        far = socket.create_connection(("127.0.0.1", port))
        near.sendall(ACCEPTED)
        threading.Thread(target=pour, args=(far, near), daemon=True).start()
        pour(near, far)

    return serve


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("proxy_scheme", ["socks5", "socks5h"])
def test_a_proxy_resolves_the_name_and_passes_everything_on(
    run: Run, tmp_path: Path, scheme: str, proxy_scheme: str
) -> None:
    files = write_files(tmp_path)
    names: list[str] = []
    context = server_context() if scheme == "https" else None
    with FakeApi(context) as api, Listener(passing_to(healthy(api).port, names)) as proxy:
        cluster = {"proxy-url": f"{proxy_scheme}://127.0.0.1:{proxy.port}"}
        if scheme == "https":
            cluster |= {"certificate-authority": files["ca.crt"], "tls-server-name": "127.0.0.1"}
        path = config(tmp_path / "config", f"{scheme}://cluster.invalid:6443", {"token": "t"}, **cluster)
        assert run(f"top nodes -o name --kubeconfig {path}") == (0, "node/a\n", "")
    assert set(names) == {"cluster.invalid:6443"}


def test_a_server_behind_a_proxy_that_wants_a_certificate_is_heard(run: Run, tmp_path: Path) -> None:
    files = write_files(tmp_path)
    with FakeApi(server_context(clients=True)) as api, Listener(passing_to(healthy(api).port, [])) as proxy:
        cluster = {"certificate-authority": files["ca.crt"], "tls-server-name": "127.0.0.1"}
        cluster["proxy-url"] = f"socks5://127.0.0.1:{proxy.port}"
        path = config(tmp_path / "config", "https://cluster.invalid", {"token": "t"}, **cluster)
        result = run(f"top nodes --kubeconfig {path}")
    words = "Unable to connect to the server: remote error: tls: certificate required"
    assert (result.code, result.err.splitlines()[0]) == (1, words)


def never_connect(near: socket.socket, ended: threading.Event) -> None:
    name_asked_for(near)
    ended.wait()


def connect_to_nothing(near: socket.socket, ended: threading.Event) -> None:
    name_asked_for(near)
    near.sendall(ACCEPTED)
    ended.wait()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("serve", [say_nothing, never_connect, connect_to_nothing])
def test_a_proxy_that_hangs_ends_at_the_deadline(run: Run, tmp_path: Path, scheme: str, serve: Serve) -> None:
    with Listener(serve) as proxy:
        address = f"socks5://127.0.0.1:{proxy.port}"
        path = config(tmp_path / "config", f"{scheme}://cluster.invalid", **{"proxy-url": address})
        assert "timeout while waiting for cluster.invalid" in in_time(run, f"top nodes --kubeconfig {path}")


def test_a_proxy_that_refuses_is_named(run: Run, tmp_path: Path) -> None:
    def refuse(near: socket.socket, _ended: threading.Event) -> None:
        name_asked_for(near)
        near.sendall(bytes([5, 5, 0, 1, 0, 0, 0, 0, 0, 0]))

    with Listener(refuse) as proxy:
        address = f"socks5://127.0.0.1:{proxy.port}"
        path = config(tmp_path / "config", "https://cluster.invalid", **{"proxy-url": address})
        result = run(f"top nodes --kubeconfig {path}")
    words = "Unable to connect to the server: the proxy refused or failed (0x05: Connection refused)\n"
    assert result == (1, "", words)


def test_a_proxy_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    path = config(tmp_path / "config", "https://cluster.invalid", **{"proxy-url": "socks5://127.0.0.1:1"})
    assert run(f"top nodes --kubeconfig {path}") == (
        1,
        "",
        (
            "The connection to the server cluster.invalid was refused - did you specify the right host or port?\n"
            "hint: the connection goes through a proxy: see proxy-url, HTTPS_PROXY\n"
        ),
    )
