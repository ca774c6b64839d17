"""Budget: number of requests, rows and slow paths of a run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.analysis import report
from c3s_cli.analysis.rollup import sum_pods
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.demo.server import DemoServer, start
from c3s_cli.model.rows import Group, Pod
from c3s_cli.output import document, names, render
from c3s_cli.report import Report
from c3s_cli.request.view import Format, View
from c3s_cli.sources.decode import metrics, nodes, pods, shapes
from c3s_cli.sources.kubelet import polling
from tests.authority import server_context, write_files
from tests.conftest import AT, Run
from tests.fleets import kubeconfig
from tests.patience import PATIENT
from tests.project.test_imports import HEAVY, modules_after
from tests.run.terminal_session import TerminalSession
from tests.servers import FakeApi, node, node_metrics

METRICS = "/apis/metrics.k8s.io/v1beta1"


@pytest.fixture(scope="module")
def many() -> Iterator[DemoServer]:
    with start(nodes=120, pods_per_node=30, at=AT) as server:
        yield server


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that imports a module of the benchmarks, which are scripts beside each other."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    return import_module


@pytest.fixture(scope="module")
def living() -> Iterator[DemoServer]:
    """A cluster whose lists can be followed."""
    with start(at=AT, pace=0) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "paths"),
    [
        ("top nodes", [f"{METRICS}/nodes", "/api/v1/nodes"]),
        ("top pods -A", [f"{METRICS}/pods"]),
        ("top pods -A --containers --sort-by cpu --sum", [f"{METRICS}/pods"]),
        ("top cluster", [f"{METRICS}/nodes", "/api/v1/nodes", "/api/v1/pods?limit=1"]),
        ("top nodes --columns schedulable", [f"{METRICS}/nodes", "/api/v1/nodes"]),
    ],
)
def test_a_reading_asks_once_for_what_it_needs(run: Run, many: DemoServer, words: str, paths: list[str]) -> None:
    many.requests.clear()
    assert run(f"{words} --server {many.url}").code == 0
    assert sorted(many.requests) == sorted(f"GET {path}" for path in paths)


@pytest.mark.slow
def test_specs_come_in_large_pages(run: Run, many: DemoServer) -> None:
    many.requests.clear()
    assert run(f"top pods -A -o wide --server {many.url}").code == 0
    pages = [request for request in many.requests if request.startswith("GET /api/v1/pods?")]
    assert len(pages) == 4  # of 1,000 pods each; kubectl asks for 500


@pytest.mark.slow
def test_the_next_page_is_on_its_way_while_one_is_decoded(
    run: Run, many: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[bool] = []
    page = pods.PodDecoder.page

    def waiting(decoder: pods.PodDecoder, listing: shapes.Listing) -> Iterator[Any]:
        more = bool(listing.metadata and listing.metadata.continue_)
        until = time.monotonic() + PATIENT
        while more and sum("/api/v1/pods" in each for each in many.requests) < len(decoded) + 2:
            assert time.monotonic() < until, "the next page waits for this one"
            time.sleep(0.001)
        decoded.append(more)
        yield from page(decoder, listing)

    many.requests.clear()
    monkeypatch.setattr(pods.PodDecoder, "page", waiting)
    assert run(f"top nodes -o wide --server {many.url}").code == 0
    assert decoded == [True, True, True, False]


def test_what_metrics_server_sends_never_takes_the_careful_way(
    run: Run, many: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "amount_of", lambda *_: pytest.fail("one quantity after the other"))
    assert run(f"top pods -A --server {many.url}").code == 0


@pytest.mark.parametrize("words", ["top nodes", "top nodes -o json --sort-by cpu%", "top cluster --fail-if cpu%>99"])
def test_nodes_say_no_more_than_is_asked_for(
    run: Run, many: DemoServer, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "_details", lambda _: pytest.fail("labels, conditions and taints for nothing"))
    assert run(*words.split(), "--server", many.url).code == 0


def test_nodes_of_a_kind_are_read_once(run: Run, many: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    nodes._declared.cache_clear()  # noqa: SLF001  what is counted
    decode_one = shapes.decode_one

    def counting(body: shapes.Body, shape: Any, what: str) -> Any:
        read.append(bytes(body))
        return decode_one(body, shape, what)

    monkeypatch.setattr(nodes, "decode_one", counting)
    assert run(f"top nodes --server {many.url}").out.count("\n") > 100
    assert len(read) == len(set(read))
    nodes._declared.cache_clear()  # noqa: SLF001  it holds what the demo has


@pytest.mark.parametrize(
    ("words", "sums"), [("", 0), ("--sort-by cpu", 0), ("--sum", 1), ("-o json", 1), ("-o csv", 0)]
)
def test_only_sums_that_are_shown_are_computed(
    run: Run, many: DemoServer, words: str, sums: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed: list[int] = []

    def counting(rows: Sequence[Pod], context: str) -> Group:
        summed.append(len(rows))
        return sum_pods(rows, context)

    monkeypatch.setattr(report, "sum_pods", counting)
    assert run(f"top pods -A --server {many.url} {words}").code == 0
    assert len(summed) == sums


@pytest.mark.parametrize("short", [True, False])
def test_a_short_list_is_decoded_at_once_and_a_long_one_some_hundred_items_at_a_time(
    run: Run, many: DemoServer, monkeypatch: pytest.MonkeyPatch, *, short: bool
) -> None:
    decoded: list[object] = []
    decode_one = shapes.decode_one

    def counting(body: shapes.Body, shape: Any, what: str) -> Any:
        decoded.append(shape)
        return decode_one(body, shape, what)

    monkeypatch.setattr(shapes, "decode_one", counting)
    words = f"top pods -A --no-headers --server {many.url}"
    if short:
        assert run(words).out.count("\n") > 3000
        assert len(decoded) == 2
        return
    at_once = run(words).out
    decoded.clear()
    monkeypatch.setattr(shapes, "SHORT", 1000)
    assert run(words).out == at_once
    batches = -(-at_once.count("\n") // shapes.BATCH)
    assert len(decoded) == 2 + batches


class Counted(list[Any]):
    """Rows that know how many of them were looked at."""

    seen = 0

    def __iter__(self) -> Iterator[Any]:
        for row in super().__iter__():
            self.seen += 1
            yield row


def test_the_facts_of_nodes_take_one_look_at_each_series(bench: Any) -> None:
    facts = bench("facts")
    answers = facts.series(50)
    for name, series in answers.items():
        answers[name] = Counted(series)
    assert len(facts.nodes_of(answers)) == 50
    assert {name: series.seen / len(series) for name, series in answers.items()} == dict.fromkeys(answers, 1.0)


@pytest.mark.parametrize(
    ("format_", "piece"), [(Format.NAME, names.PIECE), (Format.JSON, document.PIECE)], ids=["name", "json"]
)
def test_a_reader_who_leaves_early_costs_no_more_than_a_piece(format_: Format, piece: int) -> None:
    rows = Counted([Pod("c", "default", f"p{place}", 1, 1) for place in range(3 * piece)])
    pieces = render(Report(datetime.now(UTC), "test", Kind.POD, (), rows, None), View(format_))
    next(pieces)
    next(pieces)
    assert rows.seen <= 2 * piece
    assert list(pieces)
    assert rows.seen == 3 * piece


@pytest.mark.process
def test_a_reading_over_tls_loads_no_more_than_the_loader_needs(tmp_path: Path) -> None:
    files = write_files(tmp_path)
    with FakeApi(server_context()) as fake:
        fake.node_metrics(node_metrics("a"))
        fake.nodes(node("a"))
        config = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": fake.url, "certificate-authority": files["ca.crt"]}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
        }
        (tmp_path / "config").write_text(json.dumps(config))
        words = ["top", "nodes", "--kubeconfig", str(tmp_path / "config")]
        loaded = modules_after(f"from c3s_cli.cli import main\nmain({words!r})")
    assert not loaded & HEAVY
    assert not {name for name in loaded if name.startswith(("kubernetes.client.models", "kubernetes.client.api"))}
    assert len(loaded) < 415


@pytest.mark.slow
@pytest.mark.parametrize("output", ["", "-o json", "-o name", "-o csv", "-o wide"])
def test_what_the_limit_leaves_out_is_not_rendered(
    run: Run, many: DemoServer, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[int] = []

    def counting(shown: Report, view: View) -> Iterator[str]:
        rendered.append(len(shown.rows))
        return render(shown, view)

    monkeypatch.setattr("c3s_cli.run.printing.render", counting)
    assert run(f"top pods -A --limit 10 {output} --server {many.url}").code == 0
    assert rendered == [10]


# --- a tick of a live watch -----------------------------------------------------------------------------------


def ticks(run: Run, words: str, *servers: DemoServer) -> list[list[str]]:
    """Watch on a terminal; return the requests of the second tick to each server, without those of watch streams."""
    requests: list[list[str]] = []

    def note() -> None:
        requests[:] = [sorted(each for each in server.requests if "watch=1" not in each) for server in servers]
        for server in servers:
            server.requests.clear()

    assert TerminalSession(run)(words, note, note, note).code == 0
    return requests


COUNT = "GET /api/v1/pods?limit=1"


@pytest.mark.parametrize(
    ("words", "requests"),
    [
        ("nodes", [COUNT, f"GET {METRICS}/nodes"]),
        (
            "nodes general-1",
            ["GET /api/v1/nodes/general-1", COUNT, f"GET {METRICS}/nodes", f"GET {METRICS}/nodes/general-1"],
        ),
        ("pods -A", [COUNT, f"GET {METRICS}/nodes", f"GET {METRICS}/pods"]),
        ("pods -A -o wide", [COUNT, f"GET {METRICS}/nodes", f"GET {METRICS}/pods"]),
        ("cluster", [COUNT, f"GET {METRICS}/nodes"]),
    ],
)
def test_a_tick_asks_once_for_rows_and_header(run: Run, living: DemoServer, words: str, requests: list[str]) -> None:
    assert ticks(run, f"watch {words} --server {living.url}", living) == [requests]


@pytest.mark.slow
@pytest.mark.parametrize("words", ["nodes", "nodes general-1", "pods -A", "pods -n team-search"])
def test_a_tick_asks_every_kubelet_once(
    run: Run, living: DemoServer, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "STILL", 0.0)
    (requests,) = ticks(run, f"watch {words} --from kubelet --server {living.url}", living)
    kubelets = [each for each in requests if each.endswith("/metrics/resource")]
    assert len(kubelets) == len(set(kubelets)) == 10
    assert not [each for each in requests if each in ("GET /api/v1/nodes", "GET /api/v1/services")]


@pytest.mark.slow
@pytest.mark.parametrize(("words", "queries"), [("nodes", 8), ("pods -A", 11), ("pods -A -o wide", 11)])
def test_a_tick_finds_prometheus_once_and_sends_each_query_once(
    run: Run, living: DemoServer, words: str, queries: int
) -> None:
    (requests,) = ticks(run, f"watch {words} --from prometheus --server {living.url}", living)
    assert (len([each for each in requests if each.startswith("POST ")]), len(requests)) == (queries, queries + 1)


def test_a_tick_of_a_fleet_asks_every_cluster_once(
    run: Run, living: DemoServer, many: DemoServer, tmp_path: Path
) -> None:
    path = kubeconfig(tmp_path / "config", {"a": living.url, "b": many.url})
    words = f"watch nodes --kubeconfig {path} --all-contexts"
    assert ticks(run, words, living, many) == [
        [COUNT, f"GET {METRICS}/nodes"],
        ["GET /api/v1/nodes", COUNT, f"GET {METRICS}/nodes"],
    ]
