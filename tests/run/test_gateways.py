"""A watch behind a gateway that breaks its streams in silence: no fact is shown as live for longer than promised."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from c3s_cli.run.schedule import Clock
from c3s_cli.run.watching import watch
from tests.conftest import Run
from tests.patience import FOR_EVER
from tests.servers import FakeApi, Reply, Request, pod, pod_metrics

PODS = "/api/v1/namespaces/default/pods"
# Seconds; instead of 90.
SILENCE = 0.3
BEFORE = [pod("default", "a", requests={"cpu": "100m"}), pod("default", "b", requests={"cpu": "1"})]
AFTER = [pod("default", "a", requests={"cpu": "300m"})]
HALF = b'{"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"default","resourceVersion":"9"},'


def listed(items: list[Any]) -> dict[str, Any]:
    return {"kind": "PodList", "metadata": {"resourceVersion": "1"}, "items": items}


def slowly(*chunks: bytes, pause: float = 0.05) -> Iterator[bytes]:
    for chunk in chunks:
        time.sleep(pause)
        yield chunk


def dripping(api: FakeApi, chunk: bytes) -> Iterator[bytes]:
    while not api.ended.wait(0.05):
        yield chunk


def holding(api: FakeApi) -> Iterator[bytes]:
    api.ended.wait(FOR_EVER)
    yield from ()


WAYS: dict[str, Callable[[FakeApi], Reply]] = {
    "a list and no line end": lambda _: Reply(iter([json.dumps(listed(BEFORE)).encode()])),
    "an empty answer": lambda _: Reply(b""),
    "headers and then nothing": lambda api: Reply(holding(api)),
    "a blank now and then": lambda api: Reply(dripping(api, b"\n")),
    "an event that never ends": lambda api: Reply(itertools.chain([HALF], dripping(api, b" "))),
    "every stream ends after a moment": lambda _: Reply(slowly(b"\n")),
    "every stream ends within an event": lambda _: Reply(slowly(HALF, b"")),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_fact_is_shown_as_live_for_longer_than_promised(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch, way: Callable[[FakeApi], Reply]
) -> None:
    monkeypatch.setattr("c3s_cli.sources.following.follower.SILENCE", SILENCE)
    items = list(BEFORE)

    def pods(request: Request) -> Reply:
        return way(api) if "watch" in dict(request.query) else Reply(listed(items))

    def change() -> None:
        items[:] = AFTER
        api.pod_metrics(pod_metrics("default", "a", ("app", "1m", "1Mi")), namespace="default")
        time.sleep(SILENCE + 0.1)

    between = iter([change])

    def sleep(_seconds: float) -> None:
        next(between, lambda: None)()

    monkeypatch.setattr("c3s_cli.commands.watch.watch", partial(watch, clock=Clock(sleep=sleep)))
    api.routes[PODS] = pods
    api.pod_metrics(*(pod_metrics("default", name, ("app", "1m", "1Mi")) for name in "ab"), namespace="default")
    result = run(f"watch pods --columns cpu.requests --count 3 -o json --server {api.url}")
    readings = [json.loads(line)["items"] for line in result.out.splitlines()]
    requests = [{item["name"]: item["cpu"]["requests"] for item in items} for items in readings]
    assert requests == [{"a": 10**8, "b": 10**9}, {"a": 3 * 10**8}, {"a": 3 * 10**8}]
    remark = "the watch brings no events, so the list is read at every reading"
    assert result.err == f"warning: pods could not be read: {remark}\n"
