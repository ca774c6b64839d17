"""HTTP/1.1 on loopback: as much of it as clients of an API server use, and quick to start.

The standard library's http.server takes 20 ms to import, more than the rest of the simulation needs to start.
"""

from __future__ import annotations

import contextlib
import socket
import zlib
from collections import deque
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Self

from c3s_cli.demo.api import Api
from c3s_cli.demo.clock import Clock, http_date
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.dice import of_text, uid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedReader

    from c3s_cli.demo.answer import Answer
    from c3s_cli.demo.resources import Resources

_GZIP_FROM = 128 * 1024
_PHRASES = {
    200: "OK", 201: "Created", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
    410: "Gone", 422: "Unprocessable Entity", 503: "Service Unavailable",
}  # fmt: skip
_GZIPPED = ("Content-Encoding: gzip", "Vary: Accept-Encoding")
# With at least this many pods, the long lists are made at the start, not while the first client waits.
_LARGE = 5000
_LONGEST_LINE = 65536
_LOGGED_REQUESTS = 1000


@dataclass(slots=True)
class _Request:
    """A request. Only what is passed on has a use for its body."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def keep_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"

    @property
    def gzip(self) -> bool:
        return "gzip" in self.headers.get("accept-encoding", "").lower()


def _read_request(stream: BufferedReader) -> _Request | None:
    """Read one request; None when the client has no more."""
    line = stream.readline(_LONGEST_LINE)
    while line in (b"\r\n", b"\n"):
        line = stream.readline(_LONGEST_LINE)
    words = line.decode("latin-1").split()
    if len(words) != 3:
        return None
    headers: dict[str, str] = {}
    while (line := stream.readline(_LONGEST_LINE)).strip():
        name, _, value = line.decode("latin-1").partition(":")
        key = name.strip().lower()
        # Several Accept headers mean one list.
        headers[key] = f"{headers[key]},{value.strip()}" if key in headers else value.strip()
    length = headers.get("content-length", "0")
    body = stream.read(int(length)) if length.isdecimal() else b""
    if "transfer-encoding" in headers:
        headers["connection"] = "close"
    return _Request(words[0], words[1], headers, body)


def _gzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    # 31: a gzip container; it has no time in it, so the same body always gives the same bytes.
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


class DemoServer:
    """A running server; leave the `with` block or call close() to stop it."""

    def __init__(self, listener: socket.socket, api: Api) -> None:
        self._listener = listener
        self._api = api
        self._clients: set[socket.socket] = set()
        self._lock = Lock()
        self._closed = Event()
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.requests: deque[str] = deque(maxlen=_LOGGED_REQUESTS)
        self._thread = Thread(target=self._accept, name="c3s-demo", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self) -> None:
        """Block until the server is closed; a KeyboardInterrupt passes through."""
        while not self._closed.wait(3600):
            pass

    def close(self) -> None:
        """Stop at once: no new connections, and the open ones end."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._api.clock.stop()
        # A connection wakes the accepting thread on every system; closing the listener does so only on some.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            pass
        self._thread.join(5)
        self._listener.close()
        with self._lock:
            for client in self._clients:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    def move(self, seconds: int) -> None:
        """Advance the simulated time by some seconds at once, if start() was given a pace."""
        self._api.clock.move(seconds)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._closed.is_set():
                client.close()
                return
            with self._lock:
                self._clients.add(client)
            try:
                Thread(target=self._serve, args=(client,), name="c3s-demo-client", daemon=True).start()
            except RuntimeError:
                self._serve(client)  # a limit allows no more threads

    def _serve(self, client: socket.socket) -> None:
        try:
            # Ignore clients that disconnect in the middle.
            with contextlib.suppress(OSError), client, client.makefile("rb") as stream:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while (request := _read_request(stream)) is not None:
                    self.requests.append(f"{request.method} {request.target}")
                    accepted = request.headers.get("accept", "")
                    answer = self._api.answer(request.method, request.target, accepted, request.body)
                    self._send(client, request, answer)
                    if not request.keep_alive:
                        return
        finally:
            with self._lock:
                self._clients.discard(client)

    def _head(self, request: _Request, answer: Answer, extra: Iterable[str]) -> bytes:
        audit = uid(of_text(self._api.cluster.seed, f"{request.method} {request.target}"))
        lines = [
            f"HTTP/1.1 {answer.status} {_PHRASES[answer.status]}",
            f"Audit-Id: {audit}",
            "Cache-Control: no-cache, private",
            f"Content-Type: {answer.content_type}",
            f"Date: {http_date(self._api.clock.now())}",
            "X-Kubernetes-Pf-Flowschema-Uid: 7e7a5944-4659-484b-99f2-816b87593ec4",
            *extra,
        ]
        if not request.keep_alive:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _send(self, client: socket.socket, request: _Request, answer: Answer) -> None:
        if answer.pieces is not None:
            self._stream(client, request, answer, answer.pieces)
            return
        body, extra = answer.body, []
        if request.gzip and len(body) > _GZIP_FROM:
            if answer.packed is None:
                answer.packed = b"".join(_gzip([body]))
            body, extra = answer.packed, [*_GZIPPED]
        head = self._head(request, answer, [*extra, f"Content-Length: {len(body)}"])
        body = b"" if request.method == "HEAD" else body
        # One packet if it is short: a body sent after its head would wait for the client's delayed acknowledgement.
        for part in (head + body,) if len(body) < 65536 else (head, body):
            client.sendall(part)

    def _stream(self, client: socket.socket, request: _Request, answer: Answer, pieces: Iterable[bytes]) -> None:
        """Send a body in pieces; if their length is unknown, in chunks."""
        packs = request.gzip and not answer.live
        chunks = packs or answer.length is None
        extra = ["Transfer-Encoding: chunked" if chunks else f"Content-Length: {answer.length}"]
        client.sendall(self._head(request, answer, [*_GZIPPED, *extra] if packs else extra))
        if request.method == "HEAD":
            return
        for piece in _gzip(pieces) if packs else pieces:
            client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunks else piece)
        if chunks:
            client.sendall(b"0\r\n\r\n")


def start(
    *,
    port: int = 0,
    nodes: int | None = None,
    pods_per_node: int | None = None,
    seed: int = 0,
    at: str | None = None,
    pace: float | None = None,
    resources: Resources | None = None,
) -> DemoServer:
    """Serve a simulated cluster on 127.0.0.1; port 0 takes a free one.

    `nodes` and `pods_per_node` replace the default cluster by one of that size. `at` (RFC 3339) freezes its time; with
    a `pace` it is only the start, and that many simulated seconds pass per real second; with 0, only DemoServer.move()
    advances the time. In a frozen cluster nothing happens and nothing can be watched.
    `resources` are other requests and limits of the workloads.
    Raises ValueError for an invalid time or a size below one, OSError if the port is taken.
    """
    for name, value in (("nodes", nodes), ("pods_per_node", pods_per_node)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")
    clock = Clock(at, pace)
    # Bind before making the cluster, so that a taken port is reported at once.
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    try:
        api = Api(Cluster(nodes=nodes, pods_per_node=pods_per_node, seed=seed, clock=clock, resources=resources or {}))
        if len(api.cluster.pods) >= _LARGE:
            api.warm()
        return DemoServer(listener, api)
    except BaseException:
        listener.close()
        raise
