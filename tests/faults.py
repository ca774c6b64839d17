"""Everything that a broken or hostile API server may do, as answers for FakeApi and as servers of their own.

What takes time goes on until the test is over, so that only a deadline of c3s can end it.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Self

from tests.patience import FOR_EVER
from tests.servers import Answers, Connection, FakeApi, Fault, Reply, Request, node, node_metrics, status

RECORDED = Path(__file__).parent / "recorded"
PAUSE = 0.05
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEBI = 1 << 20
PIECE = 16 * MEBI


def recorded(name: str) -> Reply:
    """Give an answer that a real API server gave."""
    told = json.loads((RECORDED / f"{name}.json").read_text())
    if "body" not in told:
        return Reply(told)
    headers = {name: value for name, value in told["headers"].items() if name == "Retry-After"}
    return Reply(told["body"], told["status"], told["headers"]["Content-Type"], headers)


# --- time -----------------------------------------------------------------------------------------------------


def drip(connection: Connection, data: bytes) -> None:
    """Send a byte at a time, and then nothing more."""
    with contextlib.suppress(OSError):
        for place in range(len(data)):
            connection.wfile.write(data[place : place + 1])
            connection.wfile.flush()
            if connection.fake.ended.wait(PAUSE):
                return
        connection.fake.ended.wait(FOR_EVER)


def hang(connection: Connection, _body: bytes) -> None:
    connection.fake.ended.wait(FOR_EVER)


def drip_status(connection: Connection, body: bytes) -> None:
    drip(connection, HEAD + b"\r\n" + body)


def drip_headers(connection: Connection, _body: bytes) -> None:
    connection.wfile.write(HEAD)
    drip(connection, b"X-Slow: " + b"a" * 10_000)


def drip_length(connection: Connection, body: bytes) -> None:
    connection.wfile.write(HEAD + b"Content-Length: %d\r\n\r\n" % (len(body) + 10_000))
    drip(connection, body + b" " * 10_000)


def drip_chunks(connection: Connection, body: bytes) -> None:
    connection.wfile.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n")
    drip(connection, b"1;" + b"a" * 10_000)


def drip_close(connection: Connection, body: bytes) -> None:
    connection.wfile.write(HEAD + b"Connection: close\r\n\r\n")
    drip(connection, body + b" " * 10_000)


def continue_for_ever(connection: Connection, _body: bytes) -> None:
    drip(connection, b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def stall_half_way(connection: Connection, body: bytes) -> None:
    connection.wfile.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2])
    connection.fake.ended.wait(FOR_EVER)


SLOW: dict[str, Fault] = {
    each.__name__: each
    for each in (
        hang,
        drip_status,
        drip_headers,
        drip_length,
        drip_chunks,
        drip_close,
        continue_for_ever,
        stall_half_way,
    )
}


def endless_error(connection: Connection, _body: bytes) -> None:
    """Refuse, with a body that goes on for 64 MiB or until the client hangs up; `fake.sent` counts it."""
    connection.close_connection = True
    with contextlib.suppress(OSError):
        connection.wfile.write(HEAD.replace(b"200 OK", b"500 No") + b"Connection: close\r\n\r\n")
        for _ in range(64):
            connection.wfile.write(b"x" * MEBI)
            connection.fake.sent += MEBI


# --- broken answers -------------------------------------------------------------------------------------------


def raw(data: bytes) -> Fault:
    """Send these bytes, and close the connection."""

    def answer(connection: Connection, _body: bytes) -> None:
        connection.wfile.write(data)
        connection.close_connection = True

    return answer


def cut_length(connection: Connection, body: bytes) -> None:
    raw(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2])(connection, body)


def cut_chunk(connection: Connection, body: bytes) -> None:
    raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body[: len(body) // 2])(connection, body)


def cut_close(connection: Connection, body: bytes) -> None:
    raw(HEAD + b"Connection: close\r\n\r\n" + body[: len(body) // 2])(connection, body)


def bomb(size: int) -> Reply:
    """Compress at least `size` blanks, to a two-hundredth of it."""
    pieces = _blanks() * -(-size // PIECE)
    return Reply(pieces, headers={"Content-Encoding": "gzip"})


@cache
def _blanks() -> bytes:
    return gzip.compress(b" " * PIECE, 1)


LIST = {"kind": "NodeMetricsList", "metadata": {}, "items": [node_metrics("a")]}
GZIP = {"Content-Encoding": "gzip"}
HTML = "<html><body><h1>Sign in</h1><form action='/login'></form></body></html>"
UNEXPECTED = "Unable to connect to the server: unexpected EOF"
BROKEN_OFF = r"Unable to connect to the server: the connection to 127\.0\.0\.1:\d+ was broken off"
MALFORMED = r"Unable to connect to the server: malformed HTTP response from 127\.0\.0\.1:\d+"
NO_GZIP = "Unable to connect to the server: the answer is not valid gzip"
INVALID = "error: the server's answer for node metrics is not valid: .*"

# What the metrics API answers, and what c3s says of it, as a pattern.
BROKEN: dict[str, tuple[Reply, str]] = {
    "cut with a length": (Reply(LIST, fault=cut_length), UNEXPECTED),
    "cut in a chunk": (Reply(LIST, fault=cut_chunk), UNEXPECTED),
    "cut without a length": (Reply(LIST, fault=cut_close), INVALID),
    "no answer": (Reply(fault=raw(b"")), BROKEN_OFF),
    "reset": (Reply(fault="reset"), BROKEN_OFF),
    "garbage": (Reply(fault=raw(bytes(range(256)) * 40)), MALFORMED),
    "another protocol": (Reply(fault=raw(b"SSH-2.0-OpenSSH_9.6\r\n")), MALFORMED),
    "a status that is none": (Reply(fault=raw(b"HTTP/1.1 abc OK\r\n\r\n")), MALFORMED),
    "a header without end": (Reply(fault=raw(HEAD + b"X: " + b"a" * 100_000)), MALFORMED),
    "a thousand headers": (Reply(fault=raw(HEAD + b"X: y\r\n" * 1000 + b"\r\n")), MALFORMED),
    "a chunk that is none": (Reply(fault=raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")), UNEXPECTED),
    "two lengths": (Reply(fault=raw(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ")), ".+"),
    "an empty body": (Reply(b""), INVALID),
    "HTML with 200": (Reply(HTML, content_type="text/html"), "error: the server sent text/html, not JSON"),
    "no content type": (Reply(LIST, content_type=""), "error: the server sent something unnamed, not JSON"),
    "text that says it is JSON": (Reply("hello"), INVALID),
    "bytes that are no UTF-8": (Reply(b'{"items": [{"metadata": {"name": "\xff\xfe"}}]}'), INVALID),
    "JSON twice": (Reply('{"items": []}{"items": []}'), INVALID),
    "gzip that is none": (Reply(b"no gzip", headers=GZIP), NO_GZIP),
    "gzip that is cut": (Reply(gzip.compress(b"[" * 5000)[:-12], headers=GZIP), INVALID),
    "a gzip bomb": (bomb(300 * MEBI), "error: the server's answer is larger than 256 MiB"),
    "deep JSON": (Reply("[" * 200_000), INVALID),
    "deep JSON in an item": (Reply('{"items": [{"metadata": {"name": "a"}, "x": ' + '{"a":' * 100_000), INVALID),
    "a long number": (Reply('{"items": [{"metadata": {"name": ' + "9" * 100_000 + "}}]}"), INVALID),
    "a list": (Reply([]), INVALID),
    "a text": (Reply('"items"'), INVALID),
    "null": (Reply("null"), INVALID),
    "items that are a map": (Reply({"items": {}}), INVALID),
    "items of numbers": (Reply({"items": [1, 2]}), INVALID),
    "an item of null": (Reply({"items": [None]}), INVALID),
    "an item without metadata": (Reply({"items": [{}]}), INVALID),
    "a name that is a number": (Reply({"items": [{"metadata": {"name": 7}}]}), INVALID),
    "usage that is a list": (Reply({"items": [{**node_metrics("a"), "usage": [1]}]}), INVALID),
    "items: null": (Reply({"items": None}), "error: metrics not available yet"),
    "no items": (recorded("nodemetrics-list-empty"), "error: metrics not available yet"),
    "an empty object": (Reply({}), "error: metrics not available yet"),
    "a redirect to itself": (Reply("", 302, headers={"Location": "/"}), "Error from server: .*status code 302.*"),
    "a redirect elsewhere": (
        Reply("", 307, headers={"Location": "http://127.0.0.1:1/"}),
        "Error from server: .*status code 307.*",
    ),
    "204": (Reply("", 204), "Error from server: .*status code 204.*"),
}

REFUSALS: dict[str, tuple[Reply, str]] = {
    "400 JSON": (recorded("err-400-labelselector-metrics"), r"Error from server \(BadRequest\): .*"),
    "401 JSON": (recorded("err-401-bad-token"), r"error: You must be logged in to the server \(Unauthorized\)"),
    "401 HTML": (Reply(HTML, 401, "text/html"), "error: You must be logged in to the server .*"),
    "403 JSON": (recorded("err-403-nodemetrics"), r"Error from server \(Forbidden\): .*"),
    "403 text": (Reply("no\n", 403, "text/plain"), r"Error from server \(Forbidden\): no \(get nodes.*"),
    "404 JSON": (recorded("err-404-metrics-group-missing"), "error: Metrics API not available"),
    "404 text": (recorded("err-404-metrics-missing"), "error: Metrics API not available"),
    "406 JSON": (recorded("err-406-metrics"), r"Error from server \(NotAcceptable\): .*"),
    "410 JSON": (recorded("err-410-expired-rv"), r"Error from server \(Expired\): .*"),
    "429 text": (Reply("later\n", 429, "text/plain"), r"Error from server \(TooManyRequests\): .*"),
    "429 for long": (status(429, "", "busy", **{"Retry-After": "3600"}), r"Error from server: busy"),
    "429 with a date": (
        status(429, "", "busy", **{"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}),
        "Error from server: busy",
    ),
    "500 JSON": (status(500, "InternalError", "leader changed"), r"Error from server \(InternalError\): leader .*"),
    "500 text": (Reply("oops", 500, "text/plain"), r'Error from server \(InternalError\): .*\("oops"\).*'),
    "502 HTML": (Reply(HTML, 502, "text/html"), r"Error from server \(InternalError\): .*Sign in.*"),
    "503 JSON": (recorded("err-503-metrics-just-down"), r"Error from server \(ServiceUnavailable\): .*"),
    "503 text": (
        Reply("service unavailable\n", 503, "text/plain"),
        r"Error from server \(ServiceUnavailable\): the server is currently unable to handle the request.*",
    ),
    "504 JSON": (recorded("err-504-future-rv"), r"Error from server \(Timeout\): .*"),
    "504 HTML": (Reply(HTML, 504, "text/html"), r"Error from server \(Timeout\): .*"),
    "an endless 500": (Reply(b"x" * (5 * MEBI), 500, "text/plain"), r"Error from server \(InternalError\): .*xxx.*"),
    "a bomb as 500": (
        Reply(bomb(300 * MEBI).body, 500, "text/plain", GZIP),
        r"Error from server \(InternalError\): .*",
    ),
}


# --- answers that depend on the request -----------------------------------------------------------------------


def until_renewed(token: str, then: Answers) -> Callable[[Request], Reply]:
    """Refuse with 401 whoever does not bring the token."""

    def answer(request: Request) -> Reply:
        if request.header("authorization") != f"Bearer {token}":
            return recorded("err-401-bad-token")
        return then if isinstance(then, Reply) else then(request)

    return answer


def endless(item: Callable[[int], dict[str, Any]], *, same_token: bool, announced: int | None) -> Answers:
    """Answer with page after page, each of which says that there is one more."""

    def answer(request: Request) -> Reply:
        last = int(dict(request.query).get("continue", "0"))
        onward = 1 if same_token else last + 1
        metadata: dict[str, Any] = {"continue": str(onward)}
        if announced is not None:
            metadata["remainingItemCount"] = announced
        return Reply({"metadata": metadata, "items": [item(last)]})

    return answer


# --- servers --------------------------------------------------------------------------------------------------


def healthy(api: FakeApi) -> FakeApi:
    """Give a server one node, `a`."""
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    return api


def refused_port() -> int:
    """Give a port of loopback at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Listener:
    """A server below HTTP: whoever connects is handed to `serve`, with the event that the test is over."""

    def __init__(self, serve: Callable[[socket.socket, threading.Event], None]) -> None:
        self.ended, self.accepted = threading.Event(), 0
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connected = self._socket.accept()[0]
                self.accepted += 1
                threading.Thread(target=self._handle, args=(connected,), daemon=True).start()

    def _handle(self, connected: socket.socket) -> None:
        with contextlib.suppress(OSError), connected:
            self._serve(connected, self.ended)


def say_nothing(_connected: socket.socket, ended: threading.Event) -> None:
    """Accept, and wait: TLS never begins."""
    ended.wait(FOR_EVER)


def drip_handshake(connected: socket.socket, ended: threading.Event) -> None:
    """Answer a TLS handshake with a record that comes a byte at a time."""
    connected.recv(4096)
    for byte in b"\x16\x03\x03\x40\x00" + b"\x02" * 10_000:
        connected.sendall(bytes([byte]))
        if ended.wait(PAUSE):
            return


@contextlib.contextmanager
def mortal(tls: ssl.SSLContext | None = None) -> Iterator[Mortal]:
    """Give a server that can die, and return at the same port."""
    server = Mortal(tls)
    try:
        yield server
    finally:
        server.die()


class Mortal:
    """A FakeApi with one node that stops listening and comes back."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self.api = healthy(FakeApi(tls))
        self.url, self.port = self.api.url, self.api.port

    def die(self) -> None:
        self.api.__exit__()

    def revive(self) -> None:
        self.api = healthy(FakeApi(self._tls, port=self.port))
