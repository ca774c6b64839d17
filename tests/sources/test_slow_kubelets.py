"""Kubelets that are slow, cease to answer, or have no page for metrics: what is known of them, and of the others."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from c3s_cli.sources.kubelet import polling
from c3s_cli.sources.kubelet import usage as kubelet
from tests.conftest import Run
from tests.kubelets import NOW, TEXT, THEN, Waiting, look, pages, path
from tests.servers import FakeApi, Reply, Request, node, pod, status


@pytest.fixture
def moving(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """Give an API server whose clock moves, as it were, and that nobody waits for."""
    waiting = Waiting()
    monkeypatch.setattr(polling, "STILL", 100.0)
    monkeypatch.setattr(kubelet, "Kubelets", partial(kubelet.Kubelets, clock=waiting, sleep=waiting.sleep))
    return api


def test_a_kubelet_that_hangs_does_not_take_the_time_of_the_others(
    run: Run, moving: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def within(seconds: float, job: Any) -> Any:
        waits.append(seconds)
        if "b" in job.args:
            raise TimeoutError
        return job()

    monkeypatch.setattr(polling, "within", within)
    moving.nodes(node("a"), node("b"), node("c"))
    for name in ("a", "c"):
        pages(moving, name, look(THEN))
        moving.routes[path(name, "stats/summary")] = Reply({"node": {"cpu": {"usageNanoCores": 7_000_000}}})
    result = run(f"top nodes --no-headers --from kubelet --request-timeout 20s --server {moving.url}")
    assert (result.code, [line.split()[:4:3] for line in result.out.splitlines()]) == (
        5,
        [["a", "1024Mi"], ["c", "1024Mi"], ["b", "<unknown>"]],
    )
    assert 0 <= min(waits) < max(waits) <= 15
    assert result.err == (
        "note: not every container was sampled twice within --request-timeout: "
        "CPU is the kubelets' own rate where one is missing\n"
        "warning: the kubelet of node b could not be read: timeout while waiting for the kubelet\n"
    )


def test_a_kubelet_that_ceases_to_answer_keeps_what_is_known(run: Run, moving: FakeApi) -> None:
    moving.nodes(node("a"), node("b"))
    pages(moving, "a", look(THEN), look(NOW, 101))
    left = [Reply(look(THEN), content_type=TEXT)]
    moving.routes[path("b")] = lambda _: left.pop() if left else status(503, "ServiceUnavailable", "EOF")
    words = f"top nodes --no-headers --from kubelet --server {moving.url}"
    result = run(words)
    assert (result.code, result.out.splitlines()[1].split()) == (5, ["b", "<unknown>", "<unknown>", "1024Mi", "12%"])
    once = "note: not every kubelet answered twice: CPU is the kubelets' own rate where one is missing\n"
    assert result.err == (
        f"{once}warning: the CPU of node b could not be read: it was sampled only once: CPU is unknown "
        "(Error from server (NotFound): the server could not find the requested resource)\n"
    )
    pages(moving, "a", look(THEN), look(NOW, 101))
    left.append(Reply(look(THEN), content_type=TEXT))
    moving.routes[path("b", "stats/summary")] = Reply({"node": {"cpu": {"usageNanoCores": 7_000_000}}})
    result = run(words)
    assert (result.code, result.out.splitlines()[1].split(), result.err) == (
        0,
        ["b", "7m", "0%", "1024Mi", "12%"],
        once,
    )


def test_who_may_not_list_nodes_can_read_a_summary(run: Run, moving: FakeApi) -> None:
    moving.routes["/api/v1/nodes"] = status(403, "Forbidden", 'nodes is forbidden: User "u" cannot list')
    moving.pods(pod("n", "p", "a"), namespace="n")
    moving.routes["/api/v1/namespaces/n/pods/p"] = Reply(pod("n", "p", "a"))
    box = {"name": "x", "cpu": {"usageNanoCores": 5_000_000}, "memory": {"workingSetBytes": 2**20}}
    moving.routes[path("a", "stats/summary")] = Reply(
        {"node": {}, "pods": [{"podRef": {"name": "p", "namespace": "n"}, "containers": [box]}]}
    )
    result = run(f"top pods p -n n --no-headers --from kubelet --server {moving.url}")
    assert (result.code, result.out.split(), result.err) == (0, ["p", "5m", "1Mi"], "")


def test_a_first_answer_that_takes_long_is_no_clock_that_stands_still(
    run: Run, moving: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Waiting()
    monkeypatch.setattr(kubelet, "Kubelets", partial(kubelet.Kubelets, clock=waiting, sleep=waiting.sleep))
    monkeypatch.setattr(polling, "STILL", 5.0)
    moving.nodes(node("a"))
    texts = [look(NOW, 101), look(THEN)]

    def answer(_request: Request) -> Reply:
        waiting.now += 10.0 * (len(texts) == 2)
        return Reply(texts.pop(), content_type=TEXT)

    moving.routes[path("a")] = answer
    result = run(f"top nodes --no-headers --from kubelet --server {moving.url}")
    assert (result.code, result.out.split(), result.err) == (0, ["a", "100m", "2%", "1024Mi", "12%"], "")
