"""An API server on loopback that answers exactly what a test tells it to, faults included."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.patience import FOR_EVER

DATE = "Mon, 02 Mar 2026 09:30:00 GMT"


# Writes to a connection whatever it likes; it also gets the body of the reply.
Fault = Callable[["Connection", bytes], None]


@dataclass
class Reply:
    """One answer. body: JSON, text or bytes, or an iterator of bytes, each sent as a chunk when it comes.

    fault: hang, drip, stall (half-way), cut, reset; or a function that answers as it likes (tests/faults.py). In a body
    of chunks, b"" is a cut.
    """

    body: Any = None
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    fault: str | Fault = ""


@dataclass
class Request:
    path: str
    query: list[tuple[str, str]]
    headers: list[tuple[str, str]]
    body: Any = None
    method: str = "GET"

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


Answers = Reply | Callable[[Request], Reply]


def status(code: int, reason: str, message: str, **headers: str) -> Reply:
    """Answer with a Status."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return Reply(body, code, headers=headers)


class FakeApi:
    """`api.routes["/api/v1/nodes"] = Reply(…)`; whatever has no route is a 404. `requests` remembers all.

    connections: how many were made.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.routes: dict[str, Answers] = {}
        self.requests: list[Request] = []
        self.connections = 0
        self.ended, self.sent = threading.Event(), 0
        handler = type("Handler", (Connection,), {"fake": self})
        self.server = _Server(("127.0.0.1", port), handler)
        self.server.fake = self
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        # Wake it up: serve_forever() of the standard library would only look from time to time.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            self.thread.join()
        self.server.server_close()

    def accept(self) -> None:
        while not self.ended.is_set():
            self.server.handle_request()

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    # --- what most tests need ---

    def nodes(self, *nodes: dict[str, Any]) -> None:
        self.routes["/api/v1/nodes"] = Reply(
            {"kind": "NodeList", "apiVersion": "v1", "metadata": {}, "items": list(nodes)}
        )

    def node_metrics(self, *items: dict[str, Any]) -> None:
        body = {"kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": list(items)}
        self.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = Reply(body)

    def pod_metrics(self, *items: dict[str, Any], namespace: str | None = None) -> None:
        body = {"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": list(items)}
        scope = f"namespaces/{namespace}/" if namespace else ""
        self.routes[f"/apis/metrics.k8s.io/v1beta1/{scope}pods"] = Reply(body)

    def pods(self, *items: dict[str, Any], namespace: str | None = None) -> None:
        scope = f"namespaces/{namespace}/" if namespace else ""
        self.routes[f"/api/v1/{scope}pods"] = Reply(
            {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": list(items)}
        )


def node(name: str, cpu: str = "4", memory: str = "8Gi", **more: Any) -> dict[str, Any]:
    amounts = {"cpu": cpu, "memory": memory, "pods": "110"}
    made = {
        "metadata": {"name": name, "labels": more.pop("labels", {}), "creationTimestamp": "2026-03-01T09:30:00Z"},
        "spec": more.pop("spec", {}),
        "status": {
            "allocatable": amounts,
            "capacity": more.pop("capacity", amounts),
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    made["status"].update(more)
    return made


def node_metrics(name: str, cpu: Any = "1", memory: Any = "1Gi", **usage: Any) -> dict[str, Any]:
    measured = {key: value for key, value in {"cpu": cpu, "memory": memory, **usage}.items() if value != "-"}
    return {"metadata": {"name": name}, "timestamp": "2026-03-02T09:29:50Z", "window": "15s", "usage": measured}


def pod_metrics(namespace: str, name: str, *containers: tuple[str, Any, Any]) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": namespace},
        "timestamp": "2026-03-02T09:29:50Z",
        "window": "15s",
        "containers": [
            {"name": container, "usage": {k: v for k, v in (("cpu", cpu), ("memory", memory)) if v != "-"}}
            for container, cpu, memory in containers
        ],
    }


def pod(namespace: str, name: str, node: str = "node-a", **more: Any) -> dict[str, Any]:
    """Make a core pod; `requests`, `limits`, `created`, `phase`, `owner` as asked for."""
    owner = more.pop("owner", None)
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": more.pop("labels", {}),
        "creationTimestamp": more.pop("created", "2026-03-01T09:30:00Z"),
    }
    if owner:
        metadata["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
    resources = {"requests": more.pop("requests", {}), "limits": more.pop("limits", {})}
    return {
        "metadata": metadata,
        "spec": {"nodeName": node, "containers": [{"name": "app", "resources": resources}], **more.pop("spec", {})},
        "status": {"phase": more.pop("phase", "Running"), **more},
    }


class Tunnel:
    """A proxy that opens tunnels (CONNECT), wherever to, to one port of loopback; `heads` remembers who asked."""

    def __init__(self, port: int, authorization: str = "") -> None:
        self.port, self.authorization, self.heads = port, authorization, list[str]()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.tunnel, args=(self.listener.accept()[0],), daemon=True).start()

    def tunnel(self, near: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += near.recv(4096)
        self.heads.append(head.decode())
        if self.authorization and f"authorization: {self.authorization}\r\n" not in self.heads[-1]:
            near.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            near.close()
            return
        far = socket.create_connection(("127.0.0.1", self.port))
        near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=pour, args=(far, near), daemon=True).start()
        pour(near, far)


def pour(source: socket.socket, sink: socket.socket) -> None:
    """Hand on what comes until it ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # c3s opens many connections at once. One too many for the queue would be tried again after a second.
    request_queue_size = 128
    fake: FakeApi

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count, then answer."""
        if self.fake.ended.is_set():
            self.shutdown_request(request)
            return
        self.fake.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is what a test is about."""


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise every answer over a connection that stays open takes 40 ms.
    disable_nagle_algorithm = True
    fake: FakeApi

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        form = "form-urlencoded" in (self.headers.get("Content-Type") or "")
        if form:
            self.answer("POST", parse_qsl(body.decode(), keep_blank_values=True))
        else:
            self.answer("POST", [], json.loads(body) if body else None)

    def do_GET(self) -> None:
        self.answer("GET", [])

    def answer(self, method: str, form: list[tuple[str, str]], document: Any = None) -> None:
        parts = urlsplit(self.path)
        query = [*parse_qsl(parts.query, keep_blank_values=True), *form]
        request = Request(parts.path, query, self.headers.items(), document, method)
        self.fake.requests.append(request)
        route = self.fake.routes.get(parts.path)
        if route is None:
            reply = Reply("404 page not found\n", 404, "text/plain; charset=utf-8")
        else:
            reply = route if isinstance(route, Reply) else route(request)
        if isinstance(reply.body, Iterator):
            self.stream(reply)
        else:
            self.reply(reply)

    def stream(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in reply.body:
            if not chunk:
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def reply(self, reply: Reply) -> None:
        body = reply.body
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        if callable(reply.fault):
            reply.fault(self, body)
            return
        if reply.fault == "hang":
            self.fake.ended.wait(FOR_EVER)
        if reply.fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            self.connection.close()
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.fault == "cut":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif reply.fault == "stall":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.fake.ended.wait(FOR_EVER)
            self.close_connection = True
        elif reply.fault == "drip":
            for place in range(len(body)):
                self.wfile.write(body[place : place + 1])
                self.wfile.flush()
                time.sleep(0.05)
        else:
            self.wfile.write(body)

    def date_time_string(self, _timestamp: float | None = None) -> str:
        return DATE

    def log_message(self, *_: object) -> None:
        pass
