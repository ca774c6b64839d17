"""A client of the demo that knows HTTP and JSON, and nothing of c3s."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

from c3s_cli.demo.server import DemoServer
from tests.patience import FOR_EVER

METRICS = "/apis/metrics.k8s.io/v1beta1"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@contextmanager
def connected(server: DemoServer) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=FOR_EVER)
    try:
        yield connection
    finally:
        connection.close()


def ask(server: DemoServer, path: str, *, method: str = "GET", body: str | None = None, **headers: str) -> Reply:
    with connected(server) as connection:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        seen = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, seen, response.read())


def get(server: DemoServer, path: str, accept: str = "application/json") -> Any:
    reply = ask(server, path, accept=accept)
    assert reply.status == 200, reply.body
    return reply.json


def names(document: Any) -> list[str]:
    return [item["metadata"]["name"] for item in document["items"]]


def refused(server: DemoServer, path: str, code: int, **headers: str) -> Any:
    reply = ask(server, path, **headers)
    body = reply.json
    assert (reply.status, body["kind"], body["status"], body["code"]) == (code, "Status", "Failure", code)
    return body


def key(item: Any) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


class Watch:
    """An open watch: the events come one at a time."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.response = response
        self.content_type = response.getheader("Content-Type")

    def next(self) -> Any:
        """Wait for an event; None is the end."""
        line = self.response.readline()
        return json.loads(line) if line else None

    def rest(self) -> list[Any]:
        """Give all events until the end."""
        return [json.loads(line) for line in self.response]


@contextmanager
def watching(server: DemoServer, path: str, accept: str = "application/json") -> Iterator[Watch]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=FOR_EVER)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        yield Watch(response)
    finally:
        connection.close()


def version(document: Any) -> str:
    result: str = document["metadata"]["resourceVersion"]
    return result


def changes(server: DemoServer, path: str, since: str, accept: str = "application/json") -> list[Any]:
    """Give what a watch has to say at once: it ends after the shortest time there is."""
    mark = "&" if "?" in path else "?"
    with watching(server, f"{path}{mark}watch=1&resourceVersion={since}&timeoutSeconds=1", accept) as watch:
        return watch.rest()


def all_changes(server: DemoServer, paths: Iterable[str], since: str, accept: str = "application/json") -> list[Any]:
    """Give the changes of several paths: each takes a second, so all watches run at once."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda path: changes(server, path, since, accept), paths))
