"""Answers that go on, and credentials that are replaced while a cluster is read."""

from __future__ import annotations

import contextlib
import gc
import gzip
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from c3s_cli.errors import ApiError, C3sError, InvalidAnswer, Silent, Unreachable
from c3s_cli.kube import session
from c3s_cli.kube.cluster import Cluster, connect
from c3s_cli.kube.streaming import Stream
from c3s_cli.request.target import Target
from tests.authority import authority, server_context, write_files
from tests.kube.conftest import Config
from tests.kube.test_tls import plugin
from tests.patience import FOR_EVER, PATIENT, eventually
from tests.servers import FakeApi, Reply, Request, Tunnel, status

WATCH = "/api/v1/pods"
OPEN_FILES = Path("/proc/self/fd")


def lasting(*chunks: bytes, over: threading.Event) -> Iterator[bytes]:
    """Say something, and then nothing until it is over."""
    yield from chunks
    over.wait(FOR_EVER)


@pytest.fixture
def over() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


def stream(cluster: Cluster, silence: float = 10) -> Stream:
    return cluster.stream(WATCH, [("watch", "1")], accept="application/json", silence=silence)


def close_from_elsewhere(streamed: Stream) -> None:
    """Close a stream that is being read, from another thread; it must end."""
    heard: list[bytes] = []
    thread = threading.Thread(target=lambda: heard.extend(streamed.chunks()))
    thread.start()
    eventually(lambda: heard)
    streamed.close()
    thread.join(PATIENT)
    assert (thread.is_alive(), heard) == (False, [b"one"])


def open_files() -> int:
    return len(list(OPEN_FILES.iterdir()))


def test_chunks_come_as_they_are_sent_until_the_end(api: FakeApi) -> None:
    cluster = connect(Target(server=api.url))
    api.routes[WATCH] = Reply(iter([b"one", b"two"]))
    assert list(stream(cluster).chunks()) == [b"one", b"two"]
    assert api.requests[0].header("accept-encoding") in (None, "identity")
    # Each stream has a connection of its own, beside the one that is opened early.
    api.routes[WATCH] = lambda _request: Reply(iter([b"three"]))
    assert list(stream(cluster).chunks()) == [b"three"]
    assert api.connections == 3
    cluster.close()


def test_what_is_compressed_all_the_same_is_inflated(api: FakeApi) -> None:
    cluster = connect(Target(server=api.url))
    api.routes[WATCH] = Reply(gzip.compress(b"one\n"), headers={"Content-Encoding": "gzip"})
    assert b"".join(stream(cluster).chunks()) == b"one\n"
    cluster.close()


def test_it_can_be_closed_while_nothing_comes(api: FakeApi, over: threading.Event) -> None:
    cluster = connect(Target(server=api.url))
    api.routes[WATCH] = lambda _request: Reply(lasting(b"one", over=over))
    close_from_elsewhere(stream(cluster, FOR_EVER))
    early = stream(cluster)
    early.close()
    assert b"".join(early.chunks()) in (b"", b"one")
    early.close()
    cluster.close()


def test_it_can_be_closed_over_tls_and_through_a_tunnel(
    config: Config,
    files: dict[str, str],
    over: threading.Event,
) -> None:
    with FakeApi(server_context()) as api, Tunnel(api.port) as proxy:
        api.routes[WATCH] = lambda _request: Reply(lasting(b"one", over=over))
        ca = {"certificate-authority": files["ca.crt"]}
        tunnel = {"tls-server-name": "127.0.0.1", "proxy-url": f"http://{proxy.address}"}
        for server, more in ((api.url, {}), ("https://cluster.invalid", tunnel)):
            cluster = connect(Target(kubeconfig=str(config(server, {}, **ca, **more))))
            close_from_elsewhere(stream(cluster, FOR_EVER))
            cluster.close()
        assert len(proxy.heads) == 1


@pytest.mark.slow
def test_silence_breaks_off_and_the_bound_of_other_requests_does_not(api: FakeApi, over: threading.Event) -> None:
    cluster = connect(Target(server=api.url, request_timeout=1.0))
    api.routes[WATCH] = lambda _request: Reply(lasting(b"one", over=over))
    begun = time.monotonic()
    with pytest.raises(Silent):
        list(stream(cluster, silence=1.2).chunks())
    assert 1.1 < time.monotonic() - begun < PATIENT
    api.routes[WATCH] = Reply("", fault="hang")
    with pytest.raises(Unreachable, match="timeout"):
        stream(cluster)
    cluster.close()


def test_a_cut_is_unreachable_and_a_refusal_an_error(api: FakeApi) -> None:
    cluster = connect(Target(server=api.url))
    api.routes[WATCH] = lambda _request: Reply(iter([b"one", b""]))
    heard: list[bytes] = []
    with pytest.raises(Unreachable):
        heard.extend(stream(cluster).chunks())
    for wrong, error in (
        (status(410, "Expired", "too old"), ApiError),
        (Reply("<html>", content_type="text/html"), InvalidAnswer),
        (Reply({}, fault="reset"), Unreachable),
    ):
        api.routes[WATCH] = wrong
        with pytest.raises(error):
            stream(cluster)
    cluster.close()


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="only Linux shows them here")
def test_streams_leave_no_file_open(api: FakeApi) -> None:
    """Whatever ends them, and however often; garbage need not be collected for it."""
    cluster = connect(Target(server=api.url))
    answers: list[Any] = [
        lambda _request: Reply(iter([b"one"])),
        lambda _request: Reply(iter([b"one", b""])),
        status(410, "Expired", "too old"),
        Reply({}, fault="reset"),
    ]
    counts = []
    gc.disable()
    try:
        for number in range(40):
            api.routes[WATCH] = answers[number % 4]
            with contextlib.suppress(C3sError):
                list(stream(cluster).chunks())
            counts.append(open_files())
    finally:
        gc.enable()
    assert counts[-1] <= counts[3] + 4  # those of the server's side may still be closing
    cluster.close()


# --- credentials that are replaced ----------------------------------------------------------------------------


class Guard:
    """Lets those in who bring the token of the hour. seen: what was brought."""

    def __init__(self, api: FakeApi, token: str) -> None:
        self.token = token
        self.seen: list[str | None] = []
        api.routes[WATCH] = self.answer

    def answer(self, request: Request) -> Reply:
        self.seen.append((request.header("authorization") or "").removeprefix("Bearer "))
        if self.seen[-1] != self.token:
            return status(401, "Unauthorized", "Unauthorized")
        return Reply(iter([b"one"])) if dict(request.query) else Reply({"items": []})


@pytest.mark.process
def test_refused_credentials_are_renewed_every_time(
    secure: FakeApi,
    config: Config,
    files: dict[str, str],
    tmp_path: Path,
) -> None:
    """A watch of many hours outlives many tokens."""
    guard = Guard(secure, "1")
    counting = f"path = {str(tmp_path / 'count')!r}\n"
    counting += "runs = os.path.getsize(path) + 1 if os.path.exists(path) else 1\n"
    counting += "open(path, 'a').write('x')\ncredential(token=str(runs))"
    path = config(secure.url, plugin(tmp_path, counting), **{"certificate-authority": files["ca.crt"]})
    cluster = connect(Target(kubeconfig=str(path)))
    for hour in (1, 2, 3, 4):
        guard.token = str(hour)
        assert list(stream(cluster).chunks()) == [b"one"]
        assert cluster.get(WATCH).body == b'{"items": []}'
    assert guard.seen == ["1", "1", "1", "2", "2", "2", "3", "3", "3", "4", "4"]
    guard.token = "never"
    with pytest.raises(ApiError) as refused:
        stream(cluster)
    assert (refused.value.status, guard.seen[-2:]) == (401, ["4", "5"])
    cluster.close()


def test_a_token_file_is_read_again_within_a_minute(
    secure: FakeApi,
    config: Config,
    files: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before the old one is refused: it is replaced long before it expires."""
    moment = [1000.0]
    monkeypatch.setattr(session, "time", SimpleNamespace(monotonic=lambda: moment[0]))
    guard = Guard(secure, "1")
    token = tmp_path / "token"
    token.write_text("1")
    path = config(secure.url, {"tokenFile": str(token)}, **{"certificate-authority": files["ca.crt"]})
    told: list[str] = []
    cluster = connect(Target(kubeconfig=str(path)), trace=told.append)
    cluster.get(WATCH)
    # As the kubelet does it: another file under the same name.
    fresh = tmp_path / "fresh"
    fresh.write_text("2")
    fresh.replace(token)
    moment[0] += 59
    cluster.get(WATCH)
    moment[0] += 2
    guard.token = "2"
    cluster.get(WATCH)
    assert guard.seen == ["1", "1", "2"]
    # One that is just being written is none yet.
    token.write_text("")
    moment[0] += 61
    cluster.get(WATCH)
    assert guard.seen[3:] == ["2"]
    assert [line for line in told if "newer" in line] == [
        f"newer credentials cannot be used yet: error: read empty token from file {str(token)!r}"
    ]
    token.write_text("3")
    guard.token = "3"
    moment[0] += 61
    assert list(stream(cluster).chunks()) == [b"one"]
    assert guard.seen[4:] == ["3"]
    cluster.close()


def test_certificates_that_were_replaced_are_loaded_once_the_old_ones_are_refused(
    config: Config,
    files: dict[str, str],
) -> None:
    """The server trusts another authority from now on, and cuts off whoever has a certificate of the old one."""
    context = server_context(clients=True)
    with FakeApi(context) as api:
        api.routes[WATCH] = lambda request: Reply(iter([b"one"])) if request.query else Reply({"items": []})
        theirs = authority("theirs").issue_cert("tester@example.com")
        Path(files["client.crt"]).write_bytes(b"".join(blob.bytes() for blob in theirs.cert_chain_pems))
        Path(files["client.key"]).write_bytes(theirs.private_key_pem.bytes())
        user = {"client-certificate": files["client.crt"], "client-key": files["client.key"]}
        path = config(api.url, user, **{"certificate-authority": files["ca.crt"]})
        cluster = connect(Target(kubeconfig=str(path)))
        with pytest.raises(Unreachable):
            cluster.get(WATCH)
        write_files(Path(files["ca.crt"]).parent)
        assert list(stream(cluster).chunks()) == [b"one"]
        assert cluster.get(WATCH).body == b'{"items": []}'
        assert len(api.requests) == 2
        cluster.close()


@pytest.mark.process
def test_a_plugin_is_asked_for_another_certificate_if_the_old_one_is_refused(
    config: Config,
    files: dict[str, str],
    tmp_path: Path,
) -> None:
    theirs = authority("theirs").issue_cert("tester@example.com")
    (tmp_path / "0.crt").write_bytes(b"".join(blob.bytes() for blob in theirs.cert_chain_pems))
    (tmp_path / "0.key").write_bytes(theirs.private_key_pem.bytes())
    code = f"path = {str(tmp_path / 'count')!r}\nfirst = not os.path.exists(path)\nopen(path, 'a').write('x')\n"
    names = [[str(tmp_path / "0.crt"), str(tmp_path / "0.key")], [files["client.crt"], files["client.key"]]]
    code += f"crt, key = {names!r}[0 if first else 1]\n"
    code += "credential(clientCertificateData=open(crt).read(), clientKeyData=open(key).read())"
    with FakeApi(server_context(clients=True)) as api:
        api.routes[WATCH] = lambda _request: Reply(iter([b"one"]))
        path = config(api.url, plugin(tmp_path, code), **{"certificate-authority": files["ca.crt"]})
        cluster = connect(Target(kubeconfig=str(path)))
        assert list(stream(cluster).chunks()) == [b"one"]
        assert (tmp_path / "count").read_text() == "xx"
        cluster.close()


def test_a_pipe_is_not_read_twice(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert session._stamp(str(pipe)) is None  # noqa: SLF001  what is not opened cannot be seen from outside


@pytest.mark.slow
@pytest.mark.skipif(not OPEN_FILES.exists(), reason="only Linux shows them here")
def test_connections_of_old_credentials_are_closed(
    secure: FakeApi,
    config: Config,
    files: dict[str, str],
    tmp_path: Path,
) -> None:
    token = tmp_path / "token"
    token.write_text("1")
    guard = Guard(secure, "1")
    path = config(secure.url, {"tokenFile": str(token)}, **{"certificate-authority": files["ca.crt"]})
    cluster = connect(Target(kubeconfig=str(path)))
    before = 0
    for number in range(20):
        guard.token = str(number)
        token.write_text(str(number))
        cluster.get(WATCH)
        before = before or open_files()
    assert open_files() <= before + 3
    assert secure.connections <= 21
    cluster.close()
