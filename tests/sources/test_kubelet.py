"""--from kubelet: rates as metrics-server computes them, and nodes that do not answer."""

from __future__ import annotations

import json
import threading
import time
from functools import partial
from typing import Any

import pytest

from c3s_cli.sources.kubelet import polling
from c3s_cli.sources.kubelet import usage as kubelet
from tests.conftest import Run
from tests.kubelets import NOW, TEXT, THEN, Waiting, look, pages, path
from tests.servers import FakeApi, Reply, Request, node, pod, status


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait no longer than a blink."""
    monkeypatch.setattr(polling, "PAUSE", 0.01)
    monkeypatch.setattr(polling, "STILL", 0.1)


@pytest.fixture
def moving(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """Give an API server whose clock moves, as it were, and that nobody waits for."""
    waiting = Waiting()
    monkeypatch.setattr(polling, "STILL", 100.0)
    monkeypatch.setattr(polling, "PAUSE", 1.0)
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


def test_usage_is_what_the_counter_grew_by_between_two_looks(run: Run, moving: FakeApi) -> None:
    boxes: dict[str, tuple[Any, ...]] = {"n/p/x": (5.0, 1048576, 1e9), "n/p/y": (1.0, 4096, 1e9)}
    later: dict[str, tuple[Any, ...]] = {"n/p/x": (5.123456789, 2097152, 1e9), "n/p/y": (1.0000001, 8192, 1e9)}
    pages(moving, "a", look(THEN, boxes=boxes), look(THEN, boxes=boxes), look(NOW, 103.5, 2.0**31, later))
    (item,) = rows(run, "top pods -A --containers", moving)
    assert item == {
        "context": moving.url.removeprefix("http://"),
        "namespace": "n",
        "name": "p",
        "timestamp": "2026-03-02T09:29:50Z",
        "window": 10.0,
        "cpu": {"usage": 12345678 + 10},
        "memory": {"usage": 2097152 + 8192},
        "containers": [
            {"name": "x", "cpu": {"usage": 12345678}, "memory": {"usage": 2097152}},
            {"name": "y", "cpu": {"usage": 10}, "memory": {"usage": 8192}},
        ],
    }
    assert moving.paths().count(path("a")) == 3
    pages(moving, "a", look(THEN), look(NOW, 103.5, 2.0**31))
    (item,) = rows(run, "top nodes", moving)
    assert (item["cpu"]["usage"], item["memory"]["usage"], item["window"]) == (350_000_000, 2**31, 10.0)


GONE = "n/p/x"


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({"n/p/x": (5, 1, 1e9)}, {"n/p/x": (6, 1, 1e9)}, {"p": 100_000_000}),
        # A counter that falls, or a later start: it is another container by now.
        ({"n/p/x": (5, 1, 1e9)}, {"n/p/x": (4, 1, 1e9)}, {"p": None}),
        ({"n/p/x": (5, 1, 1e9)}, {"n/p/x": (6, 1, 1e9 + 1)}, {"p": None}),
        ({"n/p/x": (5, 1, 1e9)}, {"n/p/x": (1, 1, NOW / 1000 - 10)}, {"p": 100_000_000}),
        # An incomplete container takes its pod along.
        ({"n/p/x": (5, 1, 1e9)}, {"n/p/x": (6, 0, 1e9)}, {}),
        ({"n/p/x": (5, 1, 1e9)}, {"n/p/x": (6, None, 1e9)}, {}),
        ({"n/p/x": (5, 1, 1e9)}, {"n/p/x": (None, 1, 1e9)}, {}),
        # One that was not there before is measured from its start, if it is 10 to 25 seconds old.
        ({"n/p/x": (5, 1, 1e9)}, {"n/p/x": (6, 1, 1e9), "n/p/y": (6, 1, 1e9)}, {"p": None}),
        ({}, {"n/p/x": (2, 1, NOW / 1000 - 10)}, {"p": 200_000_000}),
        ({}, {"n/p/x": (2, 1, NOW / 1000 - 9)}, {"p": None}),
        ({}, {"n/p/x": (5, 1, NOW / 1000 - 25)}, {"p": 200_000_000}),
        ({}, {"n/p/x": (5, 1, NOW / 1000 - 26)}, {"p": None}),
        # What holds the network of a pod, and the sums of its group, are no containers.
        (
            {"n/p/x": (5, 1, 1e9), "n/p/POD": (5, 1, 1e9), "n/p/": (5, 1, 1e9)},
            {"n/p/x": (6, 1, 1e9), "n/p/POD": (9, 1, 1e9), "n/p/": (9, 1, 1e9)},
            {"p": 100_000_000},
        ),
    ],
)
def test_a_pod_is_measured_as_metrics_server_does(
    run: Run, moving: FakeApi, before: Any, after: Any, shown: dict[str, int]
) -> None:
    pages(moving, "a", look(THEN, boxes=before), look(NOW, 101, boxes=after))
    result = run(f"top pods -A --from kubelet -o json --server {moving.url}")
    assert (result.code, {item["name"]: item["cpu"]["usage"] for item in json.loads(result.out)["items"]}) == (0, shown)
    left_out = "note: left out, as by metrics-server: 1 pod, such as n/p; a container has no CPU or no memory\n"
    assert result.err == ("" if shown else f"No resources found\n{left_out}")


@pytest.mark.parametrize("name", ["resource_scrape_error", "scrape_error"])
def test_a_kubelet_that_could_not_look_at_every_container_says_so(run: Run, moving: FakeApi, name: str) -> None:
    pages(moving, "a", f"{look(THEN)}{name} 1\n", f"{look(NOW, 101)}{name} 1\n")
    result = run(f"top nodes --no-headers --from kubelet --server {moving.url}")
    assert (result.code, result.out.split()) == (5, ["a", "100m", "2%", "1024Mi", "12%"])
    assert result.err == (
        "warning: the kubelet of node a: it could not get the metrics of every container; rows may be missing\n"
    )


def test_a_node_needs_all_of_its_values(run: Run, moving: FakeApi) -> None:
    pages(moving, "a", look(THEN), look(NOW, 101, 0))
    (item,) = rows(run, "top nodes", moving)
    assert (item["cpu"]["usage"], item["timestamp"]) == (None, None)


def test_a_kubelet_that_does_not_answer_is_a_row_and_a_warning(run: Run, moving: FakeApi) -> None:
    moving.nodes(node("a"), node("b"))
    pages(moving, "a", look(THEN), look(NOW, 101))
    moving.routes[path("b")] = status(503, "ServiceUnavailable", "error trying to reach service: EOF")
    result = run(f"top nodes --from kubelet --server {moving.url}")
    assert result == (
        5,
        (
            "NAME   CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)\n"
            "a      100m         2%          1024Mi          12%\n"
            "b      <unknown>    <unknown>   <unknown>       <unknown>\n"
        ),
        (
            "warning: the kubelet of node b could not be read: Error from server (ServiceUnavailable): "
            "error trying to reach service: EOF\n"
        ),
    )
    assert moving.paths().count(path("b")) == 1


def test_without_the_right_the_error_names_it(run: Run, moving: FakeApi) -> None:
    moving.routes[path("a")] = status(
        403,
        "Forbidden",
        'nodes "a" is forbidden: User "u" cannot get resource "nodes/proxy" in API group "" at the cluster scope',
    )
    result = run(f"top nodes --from kubelet --server {moving.url}")
    assert result == (
        1,
        "",
        (
            'Error from server (Forbidden): nodes "a" is forbidden: User "u" cannot get resource "nodes/proxy" in API '
            'group "" at the cluster scope\n'
            "hint: check with kubectl auth can-i get nodes/proxy; a Role or ClusterRole grants the right\n"
        ),
    )


def test_no_kubelet_at_all_is_an_error(run: Run, moving: FakeApi) -> None:
    moving.routes[path("a")] = status(502, "BadGateway", "proxy error")
    result = run(f"top pods -A --from kubelet --server {moving.url}")
    assert result == (
        1,
        "",
        (
            "error: no kubelet answered: Error from server (BadGateway): proxy error\n"
            "hint: the API server must be able to reach the kubelets\n"
        ),
    )


def test_a_web_page_is_no_page_of_a_kubelet(run: Run, moving: FakeApi) -> None:
    moving.nodes(node("a"), node("b"))
    pages(moving, "a", look(THEN), look(NOW, 101))
    moving.routes[path("b")] = Reply("<html>", content_type="text/html")
    result = run(f"top nodes --from kubelet --server {moving.url}")
    assert (result.code, result.err.split(":")[2:]) == (5, [" error", " the server sent text/html, not text/plain\n"])


def test_only_the_nodes_of_the_selected_pods_are_asked(run: Run, moving: FakeApi) -> None:
    boxes: dict[str, tuple[Any, ...]] = {"n/p/x": (5, 1, 1e9), "n/q/x": (5, 1, 1e9), "m/p/x": (5, 1, 1e9)}
    pages(moving, "a", look(THEN, boxes=boxes), look(NOW, 101, boxes=dict.fromkeys(boxes, (6, 1, 1000000000.0))))
    moving.nodes(node("a"), node("b"))
    moving.pods(pod("n", "p", "a"), pod("n", "r", ""), namespace="n")
    assert [item["name"] for item in rows(run, "top pods -n n -l a=b", moving)] == ["p"]
    assert set(moving.paths()) == {"/api/v1/namespaces/n/pods", path("a")}
    assert ("labelSelector", "a=b") in moving.requests[0].query


def test_a_clock_that_stands_still_takes_the_kubelets_own_rates(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"))
    pages(api, "a", look(THEN, boxes={"n/p/x": (5, 4096, 1e9)}))
    api.routes[path("a", "stats/summary")] = Reply(
        {
            "node": {"cpu": {"usageNanoCores": 7_000_001}},
            "pods": [
                {
                    "podRef": {"name": "p", "namespace": "n"},
                    "containers": [{"name": "x", "cpu": {"usageNanoCores": 5_000_001}}, {"name": "y"}],
                }
            ],
        }
    )
    (item,) = rows(run, "top nodes", api)
    assert (item["cpu"]["usage"], item["window"]) == (7_000_001, None)
    (item,) = rows(run, "top pods -A", api)
    assert item["cpu"]["usage"] == 5_000_001
    assert api.requests[-1].query == [("only_cpu_and_memory", "true")]
    api.routes.pop(path("a", "stats/summary"))
    result = run(f"top nodes --from kubelet --server {api.url}")
    assert (result.code, result.out.split("\n")[1]) == (
        5,
        "a      <unknown>    <unknown>   1024Mi          12%",
    )
    assert "warning: the CPU of node a could not be read: its counters do not change" in result.err


def test_a_short_timeout_takes_the_kubelets_own_rates(run: Run, moving: FakeApi) -> None:
    """It would otherwise end while c3s waits for the second look, and even what is known would be lost."""
    pages(moving, "a", look(THEN))
    moving.routes[path("a", "stats/summary")] = Reply({"node": {"cpu": {"usageNanoCores": 7_000_000}}})
    words = f"top nodes --no-headers --from kubelet --request-timeout 1s --server {moving.url}"
    result = run(words)
    assert (result.code, result.out.split()) == (0, ["a", "7m", "0%", "1024Mi", "12%"])
    assert result.err == (
        "note: not every container was sampled twice within --request-timeout: "
        "CPU is the kubelets' own rate where one is missing\n"
    )


def test_a_watch_asks_a_node_once_a_reading(run: Run, moving: FakeApi) -> None:
    pages(moving, "a", *(look(THEN + 10_000 * step, 100 + step) for step in range(4)))
    result = run(f"watch nodes --from kubelet --count 3 --interval 0.01 -o csv --server {moving.url}")
    assert (result.code, result.out.count("100000000")) == (0, 3)
    assert moving.paths().count(path("a")) == 4


def test_a_look_of_long_ago_tells_nothing_of_now(run: Run, moving: FakeApi) -> None:
    pages(moving, "a", look(THEN), look(THEN + 130_000, 110), look(THEN + 140_000, 110.5))
    (item,) = rows(run, "top nodes", moving)
    assert (item["cpu"]["usage"], item["window"]) == (50_000_000, 10.0)


@pytest.mark.slow
def test_no_more_than_32_nodes_are_asked_at_once(run: Run, moving: FakeApi) -> None:
    names = [f"n{number}" for number in range(100)]
    moving.nodes(*map(node, names))
    lock, seen = threading.Lock(), {"now": 0, "most": 0}
    asked: dict[str, int] = {}

    def answer(request: Request) -> Reply:
        with lock:
            seen["now"] += 1
            seen["most"] = max(seen["most"], seen["now"])
            again = asked[request.path] = asked.get(request.path, -1) + 1
        time.sleep(0.04)
        with lock:
            seen["now"] -= 1
        return Reply(look(THEN + again * 10_000, 100 + again), content_type=TEXT)

    for name in names:
        moving.routes[path(name)] = answer
    assert {item["cpu"]["usage"] for item in rows(run, "top nodes", moving)} == {100_000_000}
    assert 2 <= seen["most"] <= 32


def test_the_source_is_a_flag_or_a_variable(run: Run, moving: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("C3S_FROM", "kubelet")
    pages(moving, "a", look(THEN), look(NOW, 101))
    assert run(f"top nodes --server {moving.url}").code == 0
    assert path("a") in moving.paths()
    moving.requests.clear()
    run(f"top nodes --from metrics --server {moving.url}")
    assert path("a") not in moving.paths()
    monkeypatch.setenv("C3S_FROM", "tea-leaves")
    assert run("top nodes") == (
        2,
        "",
        (
            "error: unknown source 'tea-leaves' in $C3S_FROM\n"
            "hint: one of: metrics, kubelet, prometheus, prometheus:NAMESPACE/SERVICE:PORT, "
            "the URL of a Prometheus, or a recording such as load.c3s\n"
        ),
    )
    assert run("top nodes --from x").err.startswith("error: unknown source 'x' in --from\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("fit --cpu 1", "error: c3s fit reads the API server, or a recording: --from FILE"),
        ("contexts", "error: unknown flag: --from"),
    ],
)
def test_what_reads_no_usage_asks_no_source(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch, words: str, said: str
) -> None:
    result = run(f"{words} --from kubelet --server {api.url}")
    assert (result.code, result.err.splitlines()[0]) == (2, said)
    assert api.requests == []
    # The variable is for those that do.
    plain = run(f"{words} --server {api.url}")
    monkeypatch.setenv("C3S_FROM", "tea-leaves")
    assert run(f"{words} --server {api.url}") == plain


def test_swap_is_read_where_a_kubelet_has_it(run: Run, moving: FakeApi) -> None:
    labels = '{container="x",namespace="n",pod="p"}'

    def swapping(millis: int, cpu: float) -> str:
        swap = f"node_swap_usage_bytes 8192 {millis}\ncontainer_swap_usage_bytes{labels} 4096 {millis}\n"
        return look(millis, cpu, boxes={"n/p/x": (cpu, 1048576, 1e9)}) + swap

    pages(moving, "a", swapping(THEN, 100.0), swapping(NOW, 101.0))
    (item,) = rows(run, "top nodes --columns swap", moving)
    assert item["swap"]["usage"] == 8192
    pages(moving, "a", swapping(THEN, 100.0), swapping(NOW, 101.0))
    (item,) = rows(run, "top pods -A --columns swap.usage --containers", moving)
    assert item["swap"]["usage"] == item["containers"][0]["swap"]["usage"] == 4096
