"""--from kubelet against the kubelets of the demo, which sample each container at its own time."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from c3s_cli.demo.server import DemoServer, start
from c3s_cli.sources.kubelet import polling
from c3s_cli.sources.kubelet import usage as kubelet
from tests.conftest import AT, Result, Run


def ticking(monkeypatch: pytest.MonkeyPatch, server: DemoServer) -> None:
    """Let a tick pass where c3s waits for the second look."""
    monkeypatch.setattr(polling, "STILL", 100.0)
    monkeypatch.setattr(kubelet, "Kubelets", partial(kubelet.Kubelets, sleep=lambda _: server.move(15)))


KEY = ("namespace", "name")


def by_name(result: Result) -> dict[Any, Any]:
    return {tuple(map(item.get, KEY)): item for item in json.loads(result.out)["items"]}


@pytest.mark.slow
@pytest.mark.parametrize("words", ["top nodes", "top pods -A --containers"])
def test_a_cluster_without_a_metrics_api_has_the_numbers_that_it_would_tell(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """What is sampled between two ticks has a rate between theirs, and the memory of one of them."""
    ticks = []
    with start(at=AT, pace=0) as server, start(at=AT, pace=0) as other:
        for _ in range(3):
            ticks.append(by_name(run(f"{words} --server {other.url} -o json")))
            other.move(15)
        ticking(monkeypatch, server)
        result = run(f"{words} --from kubelet --server {server.url} -o json")
    assert not [request for request in server.requests if "metrics.k8s.io" in request]
    assert (result.code, result.err.count("warning: the kubelet of node spot-2 could not be read")) == (5, 1)
    mine = by_name(result)
    always = set.intersection(*map(set, ticks))
    assert always <= set(mine)
    # metrics-server waits a moment longer for a pod that has just begun.
    assert len(set(mine) - set.union(*map(set, ticks))) < 10
    assert len(always) == 10 if words == "top nodes" else len(always) > 60
    for key in always:
        theirs = [tick[key] for tick in ticks]
        for place, part in enumerate(mine[key].get("containers") or [mine[key]]):
            parts = [each["containers"][place] if "containers" in each else each for each in theirs]
            if None in (each["cpu"]["usage"] for each in parts):
                assert key[1] == "spot-2"
                assert part["cpu"]["usage"] is part["memory"]["usage"] is None
                continue
            held = [each["memory"]["usage"] for each in parts]
            rates = [each["cpu"]["usage"] for each in parts]
            assert min(held) * 0.99 <= part["memory"]["usage"] <= max(held) * 1.01
            assert part["memory"]["usage"] in held or words == "top nodes"
            # From general-2 a pod has just gone, whose share it has.
            if key[1] != "general-2":
                assert min(rates) * 0.999 <= part["cpu"]["usage"] <= max(rates) * 1.001, key


@pytest.mark.slow
def test_hundreds_of_nodes_are_asked_little_more_than_twice(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that have not moved on are not asked again before a few of them have."""
    with start(at=AT, pace=0, nodes=300, pods_per_node=1) as server:
        ticking(monkeypatch, server)
        result = run(f"top nodes --from kubelet --no-headers --server {server.url}")
        asked = sum("/proxy/" in request for request in server.requests)
    # Of a kubelet that ceased to answer in the meantime, the memory is known.
    ceased = result.err.count("warning: the CPU of node ")
    unknown = 4 * result.err.count("warning: ") - 2 * ceased
    assert (len(result.out.splitlines()), result.out.count("<unknown>")) == (300, unknown)
    assert result.code == (5 if "warning: " in result.err else 0)
    assert asked <= 2 * 300 + 100
