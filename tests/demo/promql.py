"""Queries of the Prometheus in the demo."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from c3s_cli.demo.server import DemoServer
from tests.demo.client import Reply, ask

BASE = "/api/v1/namespaces/monitoring/services/prometheus-server:80/proxy/api/v1"


def send(server: DemoServer, path: str, **parameters: Any) -> Reply:
    form = "application/x-www-form-urlencoded"
    return ask(server, f"{BASE}/{path}", method="POST", body=urlencode(parameters, doseq=True), content_type=form)


def query(server: DemoServer, text: str, time: float | None = None) -> Any:
    reply = send(server, "query", query=text, **({} if time is None else {"time": time}))
    assert reply.json["status"] == "success", reply.body
    return reply.json["data"]["result"]


def number(server: DemoServer, text: str) -> float:
    """Give a scalar, or the one element of a vector."""
    result = query(server, text)
    return float(result[1] if isinstance(result[0], int) else result[0]["value"][1])


def by(server: DemoServer, text: str, *labels: str) -> dict[Any, float]:
    """Give the elements of a vector by some of their labels, each of which has to be there once."""
    result: dict[Any, float] = {}
    for one in query(server, text):
        found = tuple(one["metric"].get(label, "") for label in labels)
        assert found not in result
        result[found] = float(one["value"][1])
    return result
