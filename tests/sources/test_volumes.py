"""--from kubelet: disks and volumes, from the summaries of kubelets."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from c3s_cli.sources.kubelet import polling
from c3s_cli.sources.kubelet import usage as kubelet
from tests.conftest import Run
from tests.kubelets import NOW, THEN, Waiting, look, pages, path
from tests.servers import FakeApi, Reply, node, status


@pytest.fixture
def moving(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """Give an API server whose clock moves, as it were, and that nobody waits for."""
    waiting = Waiting()
    monkeypatch.setattr(polling, "STILL", 100.0)
    monkeypatch.setattr(kubelet, "Kubelets", partial(kubelet.Kubelets, clock=waiting, sleep=waiting.sleep))
    api.nodes(node("a"))
    return api


def rows(run: Run, words: str, api: FakeApi, code: int = 0) -> list[Any]:
    result = run(f"{words} --from kubelet -o json --server {api.url}")
    assert result.code == code, result.err
    document = json.loads(result.out)
    assert document["source"] == "kubelet"
    items: list[Any] = document["items"]
    return items


SUMMARY = {
    "node": {"fs": {"usedBytes": 5 << 30}},
    "pods": [
        {
            "podRef": {"name": "p", "namespace": "n"},
            "ephemeral-storage": {"usedBytes": 7 << 20},
            "volume": [
                {"name": "data", "pvcRef": {"name": "c", "namespace": "n"}, "usedBytes": 30 << 20}
                | {"capacityBytes": 120 << 20, "inodes": 1000, "inodesUsed": 10, "time": "2026-03-02T09:29:00Z"},
                {"name": "more", "pvcRef": {"name": "d"}, "usedBytes": 30 << 20, "capacityBytes": 30 << 20},
                {"name": "token", "usedBytes": 4096, "capacityBytes": 8192},
            ],
        },
        {
            "podRef": {"name": "q", "namespace": "n"},
            "volume": [{"name": "data", "pvcRef": {"name": "c", "namespace": "n"}, "usedBytes": 30 << 20}],
        },
    ],
}


def test_the_disk_and_the_volumes_are_read_where_they_are_needed(run: Run, moving: FakeApi) -> None:
    boxes: dict[str, tuple[Any, ...]] = {"n/p/x": (5, 1, 1e9), "n/q/x": (5, 1, 1e9)}
    pages(moving, "a", look(THEN, boxes=boxes), look(NOW, 101, boxes=dict.fromkeys(boxes, (6, 1, 1e9))))
    moving.routes[path("a", "stats/summary")] = Reply(SUMMARY)
    run(f"top pods -A --from kubelet --server {moving.url}")
    assert path("a", "stats/summary") not in moving.paths()
    pages(moving, "a", look(THEN, boxes=boxes), look(NOW, 101, boxes=dict.fromkeys(boxes, (6, 1, 1e9))))
    columns = "ephemeralStorage.usage,volumes.used,volumes.capacity,volumes.usagePercentOfCapacity"
    result = run(f"top pods -A --columns {columns} --from kubelet --no-headers --server {moving.url}")
    assert [line.split() for line in result.out.splitlines()] == [
        ["n", "p", "7Mi", "60Mi", "150Mi", "40%"],
        ["n", "q", "<unknown>", "<unknown>", "<unknown>", "<unknown>"],
    ]
    # A part of the disk is not the disk.
    pages(moving, "a", look(THEN, boxes=boxes), look(NOW, 101, boxes=dict.fromkeys(boxes, (6, 1, 1e9))))
    words = f"top pods -A --by namespace --columns {columns} --from kubelet --no-headers"
    result = run(f"{words} --server {moving.url}")
    assert result.out.split() == ["n", "<unknown>", "60Mi", "150Mi", "40%"]
    pages(moving, "a", look(THEN), look(NOW, 101))
    (item,) = rows(run, "top nodes --columns ephemeralStorage.usage,ephemeralStorage.usagePercentOfAllocatable", moving)
    assert item["ephemeralStorage"]["usage"] == 5 << 30


def test_a_claim_is_one_row_whoever_mounts_it(run: Run, moving: FakeApi) -> None:
    moving.nodes(node("a"), node("b"))
    moving.routes[path("a", "stats/summary")] = Reply(SUMMARY)
    moving.routes[path("b", "stats/summary")] = status(503, "ServiceUnavailable", "no")
    result = run(f"top volumes -A --from kubelet --server {moving.url}")
    assert result == (
        5,
        (
            "NAMESPACE   NAME   POD   NODE   USED(bytes)   CAPACITY(bytes)   USED(%)     INODES(%)\n"
            "n           c      p,q   a      30Mi          <unknown>         <unknown>   <unknown>\n"
            "n           d      p     a      30Mi          30Mi              100%        <unknown>\n"
        ),
        "warning: the kubelet of node b could not be read: Error from server (ServiceUnavailable): no\n",
    )
    moving.nodes(node("a"))
    document = json.loads(run(f"top volumes -n m --from kubelet -o json --server {moving.url}").out)
    assert (document["kind"], document["items"], document["totals"]) == ("VolumeUsageList", [], None)
    result = run(f"top volumes -A --from kubelet --where 'used% >= 100' -o name --server {moving.url}")
    assert result.out == "persistentvolumeclaim/d\n"


def test_the_metrics_api_knows_nothing_of_volumes(run: Run, api: FakeApi) -> None:
    assert run(f"top volumes --from metrics --server {api.url}") == (
        1,
        "",
        "error: the metrics API has no volumes\nhint: use --from kubelet or --from prometheus\n",
    )
