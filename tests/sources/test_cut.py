"""Answers that are cut where neither a length nor TLS says that they have ended: never fewer rows, always a failure."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.sources.kubelet import polling
from tests.authority import server_context, write_files
from tests.conftest import Run
from tests.kubelets import NOW, TEXT, look, pages, path
from tests.servers import Connection, FakeApi, Fault, Reply, Request, node, node_metrics, pod
from tests.sources.test_prometheus import QUERY

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nConnection: close\r\n\r\n"
BOXES = {f"n/p{number}/x": (1.0, 4096, 1e9) for number in range(3)}
PAGE = look(NOW, boxes=BOXES)
# At the end of a line: nothing in it says that it is not whole.
HALF = "".join(PAGE.splitlines(keepends=True)[:-3])
NO_END = "Unable to connect to the server: unexpected EOF"


def sending(kind: str, *, ends: bool) -> Fault:
    """Send an answer over TLS without a length, and then end TLS as it must be ended, or only the connection."""

    def send(connection: Connection, body: bytes) -> None:
        connection.wfile.write(HEAD % kind.encode() + body)
        connection.wfile.flush()
        connection.close_connection = True
        if ends:
            secured: Any = connection.connection
            with contextlib.suppress(OSError):
                secured.unwrap()

    return send


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PAUSE", 0.0)
    monkeypatch.setattr(polling, "STILL", 0.0)


@pytest.fixture
def secure() -> Iterator[FakeApi]:
    with FakeApi(server_context()) as fake:
        fake.nodes(node("a"))
        yield fake


@pytest.fixture
def trusted(secure: FakeApi, tmp_path: Path) -> str:
    return f"--server {secure.url} --certificate-authority {write_files(tmp_path)['ca.crt']}"


@pytest.mark.parametrize("ends", [True, False])
def test_a_page_of_a_kubelet_that_is_cut_is_a_failure(run: Run, secure: FakeApi, trusted: str, *, ends: bool) -> None:
    text = PAGE if ends else HALF
    secure.routes[path("a")] = Reply(text, content_type=TEXT, fault=sending(TEXT, ends=ends))
    result = run(f"top pods -A --from kubelet -o name {trusted}")
    if ends:
        assert (result.code, result.out) == (5, "pod/p0\npod/p1\npod/p2\n")  # CPU is unknown: it never moves
        assert "no kubelet answered" not in result.err
    else:
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith(f"error: no kubelet answered: {NO_END}\n")


def test_a_page_of_a_kubelet_whose_last_line_has_no_end_is_a_failure(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"), node("b"))
    pages(api, "a", PAGE)
    pages(api, "b", PAGE.replace("/p", "/q")[:-9])
    result = run(f"top pods -A --from kubelet -o name --server {api.url}")
    assert (result.code, result.out) == (5, "pod/p0\npod/p1\npod/p2\n")
    assert "the kubelet of node b could not be read: error: the answer is cut: its last line has no end" in result.err


def test_a_page_of_a_kubelet_may_be_larger_than_an_error(run: Run, api: FakeApi) -> None:
    boxes = {f"n/{'p' * 200}{number}/x": (1.0, 4096, 1e9) for number in range(3000)}
    api.nodes(node("a"))
    pages(api, "a", look(NOW, boxes=boxes))
    result = run(f"top pods -A --from kubelet -o name --server {api.url}")
    assert len(result.out.splitlines()) == 3000


LISTS = {
    "the metrics API": ("top nodes", "/apis/metrics.k8s.io/v1beta1/nodes", {"items": [node_metrics("a")]}),
    "the core API": ("top nodes", "/api/v1/nodes", {"items": [node("a")]}),
    "a Prometheus": ("top nodes --from {server} --prometheus-ca {authority}", QUERY, {"status": "success", "data": {}}),
}


@pytest.mark.parametrize(("words", "where", "body"), LISTS.values(), ids=LISTS)
def test_an_answer_of_any_source_that_is_cut_is_not_taken_for_whole(
    run: Run, secure: FakeApi, trusted: str, words: str, where: str, body: Any
) -> None:
    """Blanks after the JSON are cut: only TLS can say so."""
    secure.node_metrics(node_metrics("a"))
    kind = "application/json"
    secure.routes[where] = Reply(json.dumps(body) + " ", fault=sending(kind, ends=False))
    result = run(f"{words.format(server=secure.url, authority=trusted.rsplit(maxsplit=1)[-1])} {trusted}")
    assert NO_END in result.err
    assert result.code in (1, 5)


def test_an_idle_connection_that_ends_without_the_end_of_tls_is_made_anew(
    run: Run, secure: FakeApi, trusted: str
) -> None:
    """Two requests over one connection, which the server closes after the first one, as many do."""

    def close(request: Request) -> Reply:
        def send(connection: Connection, data: bytes) -> None:
            connection.wfile.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(data), data)
            )
            connection.close_connection = True

        more = "continue" not in dict(request.query)
        metadata = {"continue": "more"} if more else {}
        return Reply({"metadata": metadata, "items": [pod("default", "p0" if more else "p1")]}, fault=send)

    secure.pod_metrics(namespace="default")
    secure.routes["/api/v1/namespaces/default/pods"] = close
    result = run(f"top pods -o name --columns cpu.requests {trusted}")
    assert (result.code, result.out) == (0, "pod/p0\npod/p1\n"), result.err


# --- a pod that two kubelets report -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs_on", "times", "cpu"),
    [
        ("a", (NOW, NOW + 1000), 100_000_000),
        ("b", (NOW + 1000, NOW), 200_000_000),
        # Nobody knows: the newer one.
        (None, (NOW + 1000, NOW), 100_000_000),
        (None, (NOW, NOW + 1000), 200_000_000),
    ],
)
def test_a_pod_that_two_kubelets_report_is_counted_once(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch, runs_on: str | None, times: tuple[int, int], cpu: int
) -> None:
    monkeypatch.setattr(polling, "STILL", 100.0)
    api.nodes(node("a"), node("b"))
    if runs_on:
        api.pods(pod("n", "p", runs_on))
    for name, now, seconds in (("a", times[0], 1.0), ("b", times[1], 2.0)):
        before = look(now - 10_000, boxes={"n/p/x": (5.0, 4096, 1e9)})
        pages(api, name, before, look(now, 200.0, boxes={"n/p/x": (5.0 + seconds, 4096, 1e9)}))
    document = json.loads(run(f"top pods -A --from kubelet -o json --sum --server {api.url}").out)
    (item,) = document["items"]
    assert (item["name"], item["cpu"]["usage"], document["totals"]["cpu"]["usage"]) == ("p", cpu, cpu)
