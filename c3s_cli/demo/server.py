"""The simulated API server on loopback: HTTP/1.1, keep-alive, gzip. No more of HTTP than an API server needs."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import zlib
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from c3s_cli.demo.answer import Answer, Refusal
from c3s_cli.demo.api import Api
from c3s_cli.demo.world import build

LARGEST_HEAD: Final = 64 << 10
# The real server compresses what is larger.
COMPRESSED_FROM: Final = 128 << 10
REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
}
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def start(
    *,
    port: int = 0,
    nodes: int | None = None,
    pods_per_node: int | None = None,
    seed: int = 0,
    at: str | None = None,
) -> DemoServer:
    """Serve a cluster on 127.0.0.1; port 0 takes any. `at` (RFC 3339) freezes it.

    Raises ValueError for a time that is none, OSError if the port is taken.
    """
    frozen = None if at is None else _moment(at)
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    try:
        born = time.time() if frozen is None else frozen
        return DemoServer(listener, Api(build(nodes, pods_per_node, seed), born), frozen)
    except BaseException:
        listener.close()
        raise


def _moment(at: str) -> float:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise ValueError(f"{at!r} is no time such as 2026-03-02T09:30:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class DemoServer:
    """A server that runs in threads of its own until it is closed."""

    def __init__(self, listener: socket.socket, api: Api, frozen: float | None) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.api = api
        self._listener = listener
        self._frozen = frozen
        self._compressed: dict[int, tuple[bytes, bytes]] = {}
        self._closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; connections end with their threads."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def serve_forever(self) -> None:
        """Wait until somebody interrupts or closes."""
        while not self._closed.wait(3600):
            pass

    def now(self) -> float:
        """Give the simulated time, in seconds since 1970."""
        return time.time() if self._frozen is None else self._frozen

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        """Answer the requests of one connection, one after the other. A client that leaves is no error."""
        with connection, contextlib.suppress(OSError, UnicodeDecodeError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pending = b""
            while not self._closed.is_set():
                while b"\r\n\r\n" not in pending:
                    more = connection.recv(65536)
                    if not more or len(pending) > LARGEST_HEAD:
                        return
                    pending += more
                head, _, pending = pending.partition(b"\r\n\r\n")
                request, *lines = head.decode("latin-1").split("\r\n")
                method, _, rest = request.partition(" ")
                headers = {
                    name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
                }
                if not self._answer(connection, method, rest.rpartition(" ")[0], headers):
                    return

    def _answer(self, connection: socket.socket, method: str, target: str, headers: dict[str, str]) -> bool:
        """Answer one request; say whether the connection goes on."""
        now = self.now()
        if method in ("GET", "HEAD"):
            answer = self.api.get(target, headers.get("accept", ""), now)
        else:
            answer = Refusal(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
            ).answer()
        body, encoding = answer.body, ""
        if len(body) > COMPRESSED_FROM and "gzip" in headers.get("accept-encoding", ""):
            body, encoding = self._gzipped(answer), "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
        closing = headers.get("connection", "").lower() == "close" or method not in ("GET", "HEAD")
        head = (
            f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, '')}\r\n"
            f"Content-Type: {answer.content_type}\r\n{encoding}"
            f"Cache-Control: no-cache, private\r\nDate: {http_date(now)}\r\nContent-Length: {len(body)}\r\n"
            f"{'Connection: close' if closing else 'X-Content-Type-Options: nosniff'}\r\n\r\n"
        ).encode("latin-1")
        if method == "HEAD":
            connection.sendall(head)
        elif len(body) < 65536:
            connection.sendall(head + body)
        else:
            connection.sendall(head)
            connection.sendall(body)
        return not closing

    def _gzipped(self, answer: Answer) -> bytes:
        """Compress a body; a lasting one once for all."""
        known = self._compressed.get(id(answer.body))
        if known is not None and known[0] is answer.body:
            return known[1]
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        packed = packer.compress(answer.body) + packer.flush()
        if answer.lasting:
            if len(self._compressed) > 8:
                self._compressed.clear()
            self._compressed[id(answer.body)] = (answer.body, packed)
        return packed


def http_date(seconds: float) -> str:
    """Write a time as HTTP does."""
    time_ = datetime.fromtimestamp(int(seconds), UTC)
    return f"{DAYS[time_.weekday()]}, {time_:%d} {MONTHS[time_.month - 1]} {time_:%Y %H:%M:%S} GMT"
