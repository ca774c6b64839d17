"""--from kubelet: two samples of every container, each at its own time; other paths, summaries, no times."""

from __future__ import annotations

import json
import zlib
from functools import partial
from typing import Any

import pytest

from c3s_cli.sources.kubelet import polling
from c3s_cli.sources.kubelet import usage as kubelet
from tests.conftest import Run
from tests.kubelets import NOW, TEXT, THEN, Waiting, look, pages, path
from tests.servers import FakeApi, Reply, Request, node, pod, status

MI = 2**20
OWN = "CPU is the kubelets' own rate where one is missing\n"


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """Give the clock of those who wait for kubelets."""
    clock = Waiting()
    monkeypatch.setattr(polling, "STILL", 100.0)
    monkeypatch.setattr(kubelet, "Kubelets", partial(kubelet.Kubelets, clock=clock, sleep=clock.sleep))
    return clock


class Housekeeping:
    """The kubelet of a node whose containers use CPU steadily and are looked at every 10 to 20 s, each by itself.

    cores: by "namespace/pod/container". ages: of those that began after the clock was 0, when.
    """

    def __init__(self, clock: Waiting, cores: dict[str, float], since: dict[str, float] | None = None) -> None:
        self.clock, self.cores, self.since = clock, cores, since or {}

    def __call__(self, _request: Request) -> Reply:
        lines = []
        for name, rate in {"": 4.0, **self.cores}.items():
            begun = self.since.get(name, -1000.0)
            if (seen := self.sampled(name, begun)) is None:
                continue
            namespace, of, container = name.split("/") if name else ("", "", "")
            labels = f'{{container="{container}",namespace="{namespace}",pod="{of}"}}' if name else ""
            family, millis = "container" if name else "node", THEN + int(seen * 1000)
            used = rate * (millis - THEN - begun * 1000) / 1000
            lines.append(f"{family}_cpu_usage_seconds_total{labels} {used} {millis}")
            lines.append(f"{family}_memory_working_set_bytes{labels} {rate * 100 * MI} {millis}")
            if name:
                lines.append(f"container_start_time_seconds{labels} {THEN / 1000 + begun}")
        return Reply("\n".join(lines) + "\n", content_type=TEXT)

    def sampled(self, name: str, begun: float) -> float | None:
        """Return when a container was last looked at."""
        moments, at, turn = [], max(begun + 1, -40.0), 0
        while at <= self.clock.now:
            moments.append(at)
            turn += 1
            at += 10 + zlib.crc32(f"{name}{turn}".encode()) % 1000 / 100
        return moments[-1] if moments else None


def items(run: Run, words: str, api: FakeApi) -> dict[str, Any]:
    result = run(f"{words} --from kubelet -o json --server {api.url}")
    assert (result.code, result.err) == (0, "")
    return {item["name"]: item for item in json.loads(result.out)["items"]}


CORES = {f"n/p{number}/{box}": 0.05 * (number + 1) for number in range(28) for box in ("app", "side")[: 1 + number % 2]}


def test_every_pod_is_shown_once_each_of_its_containers_was_sampled_twice(
    run: Run, api: FakeApi, waiting: Waiting
) -> None:
    api.nodes(node("a"), node("b"))
    for name, of in (("a", 0), ("b", 1)):
        cores = {box: rate for place, (box, rate) in enumerate(CORES.items()) if place // 3 % 2 == of}
        api.routes[path(name)] = Housekeeping(waiting, cores)
    rows = items(run, "top pods -A --containers", api)
    assert len(rows) == 28
    shown = {
        f"n/{name}/{box['name']}": box["cpu"]["usage"] / 1e9 for name, row in rows.items() for box in row["containers"]
    }
    assert shown == {name: pytest.approx(rate, rel=0.001) for name, rate in CORES.items()}
    assert all(10 <= row["window"] <= 20 for row in rows.values())
    assert len({row["timestamp"] for row in rows.values()}) > 5
    assert 15 < waiting.now <= 20
    (_, other) = items(run, "top nodes", api).values()
    assert other["cpu"]["usage"] / 1e9 == pytest.approx(4, rel=0.001)


def own_rates(rates: dict[str, int], cpu: int = 3_000_000_000) -> Reply:
    """Answer with a summary. rates: nanocores by "namespace/pod/container"; a mebibyte each."""
    pods: dict[tuple[str, str], list[Any]] = {}
    for name, rate in rates.items():
        namespace, of, box = name.split("/")
        measured = {"cpu": {"time": "2026-03-02T09:29:50Z", "usageNanoCores": rate, "usageCoreNanoSeconds": 5}}
        pods.setdefault((namespace, of), []).append(
            {"name": box, **measured, "memory": {"workingSetBytes": MI}, "swap": {"swapUsageBytes": 4096}}
        )
    whole = {"cpu": {"time": "2026-03-02T09:29:55Z", "usageNanoCores": cpu}, "memory": {"workingSetBytes": 2**31}}
    refs = [
        {"podRef": {"namespace": namespace, "name": of}, "containers": boxes} for (namespace, of), boxes in pods.items()
    ]
    return Reply({"node": whole, "pods": refs})


@pytest.mark.parametrize(
    ("flags", "within", "most"), [("", "25s", 26), (" --request-timeout 12s", "--request-timeout", 9)]
)
def test_what_was_sampled_only_once_has_the_kubelets_own_rate(
    run: Run, api: FakeApi, waiting: Waiting, flags: str, within: str, most: int
) -> None:
    """One container is stuck: all others are measured all the same, and no row is missing."""
    api.nodes(node("a"))
    usual = Housekeeping(waiting, {"n/p/x": 0.5, "n/q/x": 0.25})

    def answer(request: Request) -> Reply:
        stuck = look(THEN, boxes={"n/r/x": (5, MI, 1e9)}).split("\n", 2)[2]
        return Reply(usual(request).body + stuck, content_type=TEXT)

    api.routes[path("a")] = answer
    api.routes[path("a", "stats/summary")] = own_rates({"n/p/x": 7, "n/q/x": 8, "n/r/x": 90_000_000})
    result = run(f"top pods -A --no-headers --from kubelet{flags} --server {api.url}")
    rows = {line.split()[1]: line.split()[2] for line in result.out.splitlines()}
    assert (result.code, result.err) == (0, f"note: not every container was sampled twice within {within}: {OWN}")
    assert (set(rows), rows["r"]) == ({"p", "q", "r"}, "90m")
    assert rows["p"] in ({"500m"} if most > 20 else {"500m", "1m"})
    assert waiting.now <= most


def test_a_container_that_starts_meanwhile_is_not_waited_for(run: Run, api: FakeApi, waiting: Waiting) -> None:
    api.nodes(node("a"))
    api.routes[path("a")] = Housekeeping(waiting, {"n/p/x": 0.5, "n/late/x": 0.1}, {"n/late/x": 4.0})
    rows = items(run, "top pods -A", api)
    assert rows["p"]["cpu"]["usage"] == pytest.approx(5e8, rel=0.001)
    assert rows["late"]["cpu"]["usage"] in (None, pytest.approx(1e8, rel=0.001))
    assert rows["late"]["memory"]["usage"] == 10 * MI
    assert waiting.now <= 20


def test_a_watch_keeps_the_samples_of_each_container(run: Run, api: FakeApi, waiting: Waiting) -> None:
    """The first reading waits; the next ones ask once, whatever has begun or changed since."""
    api.nodes(node("a"))
    boxes = [{"n/p/x": (5.0, 1, 1e9)}, {"n/p/x": (5.5, 1, 1e9)}, {"n/p/x": (5.5, 1, 1e9), "n/q/x": (1.0, 1, 1e9)}]
    pages(api, "a", *(look(THEN + 10_000 * turn, 100 + turn, boxes=box) for turn, box in enumerate(boxes)))
    result = run(f"watch pods -A --from kubelet --count 2 --interval 0.01 -o csv --server {api.url}")
    assert (result.code, api.paths().count(path("a"))) == (0, 3)
    lines = [line.split(",") for line in result.out.splitlines()]
    first, second = lines[1], lines[-2:]
    assert "50000000" in first
    assert [("50000000" in line, "q" in line) for line in second] == [(False, False), (False, True)]


# --- other places ---------------------------------------------------------------------------------------------


def annotated(name: str, where: Any) -> dict[str, Any]:
    made = node(name)
    made["metadata"]["annotations"] = {"metrics.k8s.io/resource-metrics-path": where, "other": "x" * 9}
    return made


NO_PAGE = Reply("404 page not found\n", 404, content_type=TEXT)


@pytest.mark.parametrize("words", ["top nodes", "top pods -A", "top pods -n n", "watch pods -A --count 1"])
def test_the_path_of_the_annotation_is_read(run: Run, api: FakeApi, waiting: Waiting, words: str) -> None:
    del waiting
    api.nodes(annotated("a", "/metrics/nodes/a b/metrics/resource"))
    api.pods(pod("n", "p", "a"), namespace="n")
    text = "metrics/nodes/a%20b/metrics/resource"
    boxes: dict[str, tuple[Any, ...]] = {"n/p/x": (5, MI, 1e9)}
    api.routes[path("a")] = NO_PAGE
    pages(api, "a", look(THEN, boxes=boxes), look(NOW, 101, boxes={"n/p/x": (6, MI, 1e9)}), where=text)
    result = run(f"{words} --from kubelet -o csv --server {api.url}")
    assert (result.code, result.err, "100000000" in result.out) == (0, "", True)


def test_a_path_that_leads_elsewhere_is_ignored(run: Run, api: FakeApi, waiting: Waiting) -> None:
    del waiting
    api.nodes(annotated("a", "/../../../secrets"), annotated("b", "metrics"))
    for name in ("a", "b"):
        pages(api, name, look(THEN), look(NOW, 101))
    assert [row["cpu"]["usage"] for row in items(run, "top nodes", api).values()] == [100_000_000, 100_000_000]
    assert set(api.paths()) == {"/api/v1/nodes", path("a"), path("b")}


def test_a_kubelet_without_such_a_page_is_read_by_its_summary(run: Run, api: FakeApi, waiting: Waiting) -> None:
    api.nodes(node("a"), node("b"))
    api.routes[path("a")] = NO_PAGE
    api.routes[path("a", "stats/summary")] = own_rates({'n/p"\\/x': 200_000_000, 'n/p"\\/y': 5})
    pages(api, "b", look(THEN, boxes={"n/q/x": (5, MI, 1e9)}), look(NOW, 101, boxes={"n/q/x": (6, MI, 1e9)}))
    rows = items(run, "top pods -A --columns cpu,memory.usage,swap.usage", api)
    assert {name: (row["cpu"]["usage"], row["memory"]["usage"]) for name, row in rows.items()} == {
        'p"\\': (200_000_005, 2 * MI),
        "q": (100_000_000, MI),
    }
    assert rows['p"\\']["swap"]["usage"] == 8192
    pages(api, "b", look(THEN), look(NOW, 101))
    first, other = items(run, "top nodes", api).values()
    assert (first["cpu"]["usage"], first["memory"]["usage"], first["timestamp"]) == (
        3_000_000_000,
        2**31,
        "2026-03-02T09:29:55Z",
    )
    assert other["memory"]["usage"] == 2**30
    assert "window" not in first or first["window"] is None
    assert waiting.now <= 2


def test_a_kubelet_that_answers_404_is_no_kubelet_out_of_reach(run: Run, api: FakeApi, waiting: Waiting) -> None:
    del waiting
    api.nodes(node("a"))
    api.routes[path("a")] = NO_PAGE
    api.routes[path("a", "stats/summary")] = NO_PAGE
    result = run(f"top nodes --from kubelet --server {api.url}")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: no kubelet has /metrics/resource or /stats/summary: ")
    assert "reach" not in result.err


def test_samples_without_times_give_memory_and_a_word_about_cpu(run: Run, api: FakeApi, waiting: Waiting) -> None:
    api.nodes(node("a"))
    text = look(THEN, boxes={"n/p/x": (5, MI, 1e9)}).replace(f" {THEN}", "")
    pages(api, "a", text)
    result = run(f"top pods -A --no-headers --from kubelet --server {api.url}")
    assert (result.code, result.out.split()) == (5, ["n", "p", "<unknown>", "1Mi"])
    word = "note: samples of kubelets have no time: CPU is the kubelets' own rate where it is known\n"
    assert result.err.startswith(
        f"{word}warning: the CPU of node a could not be read: its samples have no time: CPU is unknown ("
    )
    api.routes[path("a", "stats/summary")] = own_rates({"n/p/x": 70_000_000})
    result = run(f"top pods -A --no-headers --from kubelet --server {api.url}")
    assert (result.code, result.out.split(), result.err) == (0, ["n", "p", "70m", "1Mi"], word)
    assert waiting.now == 0


def test_a_missing_right_to_the_summary_leaves_the_404(run: Run, api: FakeApi, waiting: Waiting) -> None:
    del waiting
    api.nodes(node("a"), node("b"))
    pages(api, "b", look(THEN), look(NOW, 101))
    api.routes[path("a")] = NO_PAGE
    api.routes[path("a", "stats/summary")] = status(403, "Forbidden", "no")
    result = run(f"top nodes --from kubelet --no-headers --server {api.url}")
    assert (result.code, result.out.splitlines()[1].split()[:2]) == (5, ["a", "<unknown>"])
    assert result.err.startswith("warning: the kubelet of node a could not be read: Error from server")


def test_a_pod_that_two_nodes_report_is_that_of_its_node_else_the_newer(
    run: Run, api: FakeApi, waiting: Waiting
) -> None:
    del waiting
    api.nodes(node("a"), node("b"))

    def used() -> int:
        for name, cores, late in (("a", 1, 1000), ("b", 2, 0)):
            boxes = ({"n/p/x": (seconds, MI, 1e9)} for seconds in (5, 5 + 10 * cores))
            pages(api, name, *(look(when + late, boxes=each) for when, each in zip((THEN, NOW), boxes, strict=True)))
        return int(items(run, "top pods -A", api)["p"]["cpu"]["usage"])

    assert used() == 10**9
    api.pods(pod("n", "p", "b"))
    assert used() == 2 * 10**9


def test_a_summary_without_times_is_read(run: Run, api: FakeApi, waiting: Waiting) -> None:
    del waiting
    api.nodes(node("a"))
    api.routes[path("a")] = NO_PAGE
    measured = {"cpu": {"usageNanoCores": 7_000_000}, "memory": {"workingSetBytes": MI}}
    api.routes[path("a", "stats/summary")] = Reply({"node": measured})
    result = run(f"top nodes --no-headers --from kubelet --server {api.url}")
    assert (result.code, result.out.split()) == (0, ["a", "7m", "0%", "1Mi", "0%"])
