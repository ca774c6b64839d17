"""Broken or hostile Prometheus and kubelets: an answer or one line of error, never a bug."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from c3s_cli.sources.kubelet import polling as kubelet
from c3s_cli.sources.kubelet.samples import NODE_MEMORY
from tests.commands.test_random import nested, run
from tests.conftest import Run
from tests.faults import BROKEN, HTML
from tests.kubelets import NOW as LATER
from tests.kubelets import TEXT, THEN, look, pages, path
from tests.servers import FakeApi, Reply, Request, node, pod
from tests.sources.test_prometheus import NOW, QUERY, engine, matrix, vector


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubelet, "PAUSE", 0.0)
    monkeypatch.setattr(kubelet, "STILL", 0.0)


@pytest.fixture(scope="module")
def cluster() -> Iterator[FakeApi]:
    with FakeApi() as api:
        api.nodes(node("a"), node("b"))
        api.pods(pod("n", "p", "a"))
        yield api


@pytest.fixture(scope="module")
def server() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


# --- Prometheus -----------------------------------------------------------------------------------------------

EVERYTHING = {
    "namespace": "n",
    "pod": "p",
    "container": "c",
    "node": "a",
    "resource": "cpu",
    "phase": "Running",
    "persistentvolumeclaim": "v",
    "c3s_group": "0",
    "condition": "Ready",
    "status": "true",
    "label_x": "y",
}
# Together they ask for every kind of series.
QUESTIONS = (
    "top pods -A --containers",
    "top nodes",
    "top cluster -o json",
    "top volumes -A",
    "top pods -A --by namespace --since 1h --columns cpu.p95",
    "top pods -A --columns throttled,oomKills,volumes.used",
    "top pods -A --facts source --columns all",
    "top nodes --facts source --columns all -o csv",
)
ADDRESS = "hint: --from needs the address of a Prometheus API, with its path prefix\n"


def scalar(value: object) -> Reply:
    return Reply({"status": "success", "data": {"resultType": "scalar", "result": [NOW, value]}})


@pytest.mark.parametrize("value", ["abc", "", "0x10", "1_000", "\u0661", "1e", "infinitely"])
def test_what_is_no_number_is_refused(run: Run, api: FakeApi, server: FakeApi, value: str) -> None:
    engine(server, lambda _query, _request: samples(value))
    result = run(f"top pods -A --from {server.url} --server {api.url}")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: the server's answer for a query is not valid: ")
    assert result.err.endswith(ADDRESS)


def samples(value: str, **more: Any) -> Reply:
    series = [{"metric": EVERYTHING, "values": [[NOW, value]]}]
    return Reply({"status": "success", "data": {"resultType": "matrix", "result": series}, **more})


@pytest.mark.slow
@pytest.mark.parametrize("value", ["1e308", "-1e308", "9" * 400, "+Inf", "-Inf", "NaN", "1e18"])
def test_what_nothing_can_measure_is_unknown(run: Run, cluster: FakeApi, server: FakeApi, value: str) -> None:
    engine(server, lambda query, _request: samples("1048576" if "memory" in query else value))
    result = run(f"top pods -A --no-headers --from {server.url} --server {cluster.url}")
    assert (result.code, result.out.split(), result.err) == (0, ["n", "p", "<unknown>", "1Mi"], "")
    for words in QUESTIONS if value == "1e308" else ():
        engine(server, lambda _query, _request: vector((EVERYTHING, value)))
        assert "internal error" not in run(f"{words} --from {server.url} --server {cluster.url}").err


def test_an_answer_is_not_decoded_beyond_the_deadline(
    run: Run, cluster: FakeApi, server: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have a million series."""
    monkeypatch.setattr("c3s_cli.kube.cluster.Cluster.seconds_left", lambda _cluster: 0.0)
    engine(server, lambda _query, _request: matrix((EVERYTHING, 1048576.0)))
    result = run(f"top pods -A --from {server.url} --server {cluster.url}")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("timeout while decoding the answer\nhint: try a larger --step")


@pytest.mark.parametrize("shape", ["-1048576", "of later", "before", "once", "1e999", "1e17"])
def test_what_cannot_be_is_not_shown(run: Run, cluster: FakeApi, server: FakeApi, shape: str) -> None:
    """Less than nothing, and samples of the day after tomorrow, of no range, or of one time only."""

    def answer(_query: str, request: Request) -> Reply:
        points = request.path.endswith("_range")
        late = {"of later": 2 * 86400, "before": -3630 * points}.get(shape, 0)
        reply = matrix((EVERYTHING, -1048576.0 if shape == "-1048576" else 1048576.0))
        for series in reply.body["data"]["result"]:
            series["values"] = [[time + late, number] for time, number in series["values"]]
            if shape == "once":
                series["values"] = [[NOW - 60, number] for _, number in series["values"]]
            if shape.startswith("1e") and points:
                series["values"][-1][0] = "TIME"
        return Reply(json.dumps(reply.body).replace('"TIME"', shape))

    engine(server, answer)
    for words in (*QUESTIONS[:2], QUESTIONS[4]):
        result = run(f"{words} --no-headers --from {server.url} --server {cluster.url}")
        assert "internal error" not in result.err
        assert shape not in ("-1048576", "of later") or not re.search(r"[1-9]\d*Mi", result.out), words


@pytest.mark.parametrize(
    "time", [scalar("1e17"), scalar("-1"), scalar("0"), scalar("NaN"), scalar("253402300800"), vector()]
)
def test_a_server_without_a_time_is_refused(run: Run, cluster: FakeApi, server: FakeApi, time: Reply) -> None:
    """It would be the time of every row, and the end of every range."""
    server.routes[QUERY] = time
    for words in ("top pods -A", "top nodes --since 1d --columns cpu.avg"):
        result = run(f"{words} --from {server.url} --server {cluster.url}")
        assert result == (1, "", "error: the server does not report its time\n")


@pytest.mark.parametrize("code", [400, 422, 500, 503])
def test_the_words_of_a_refusal_are_one_line(run: Run, cluster: FakeApi, server: FakeApi, code: int) -> None:
    words = "no\nerror: you have been hacked\nhint: \x1b[2J" + "x" * 9000
    engine(server, lambda _query, _request: Reply({"status": "error", "errorType": words, "error": words}, code))
    for command in (QUESTIONS[0], QUESTIONS[4]):
        result = run(f"{command} --from {server.url} --server {cluster.url}")
        assert (result.code, result.out, result.err.count("\n"), len(result.err) < 2000) == (1, "", 1, True)


def test_warnings_without_end_are_cut(run: Run, cluster: FakeApi, server: FakeApi) -> None:
    warnings = [f"{number} {'w' * 9000}\x1b[2J\nerror: x" for number in range(500)]
    engine(server, lambda _query, _request: samples("1", warnings=warnings))
    result = run(f"top pods -A -o value --columns name --from {server.url} --server {cluster.url}")
    lines = result.err.splitlines()
    assert (result.code, result.out, len(lines)) == (5, "p\n", 10)
    assert all(line.startswith("warning: prometheus: the answer is partial: ") and len(line) < 400 for line in lines)


values = st.sampled_from(["1", "0.25", "-1", "NaN", "1e308", "x", "1772443800"]) | st.text(max_size=4)
sets_of_labels = st.dictionaries(st.sampled_from(sorted(EVERYTHING)), st.text(max_size=4), max_size=8).map(
    lambda some: {**EVERYTHING, **some}
)
sample = st.tuples(st.just(NOW), values) | nested
elements = st.fixed_dictionaries(
    {"metric": sets_of_labels | nested, "value": sample, "values": st.lists(sample, max_size=3) | nested}
)
answers = st.fixed_dictionaries(
    {
        "status": st.just("success") | nested,
        "data": st.fixed_dictionaries(
            {
                "resultType": st.sampled_from(["vector", "scalar", "matrix", "matrix"]),
                "result": st.lists(elements, max_size=3) | st.tuples(st.just(NOW), values) | nested,
            }
        )
        | nested,
    },
    optional={"warnings": st.lists(st.text(max_size=4), max_size=2) | nested, "isPartial": st.booleans()},
)


@given(answer=answers | nested, words=st.sampled_from(QUESTIONS), also_the_time=st.booleans())
@example(
    answer={"status": "success", "data": {"resultType": "scalar", "result": [1, "x"]}},
    words=QUESTIONS[0],
    also_the_time=True,
)
def test_any_answer_of_a_prometheus_is_shown_or_refused(
    cluster: FakeApi,
    server: FakeApi,
    answer: Any,
    words: str,
    also_the_time: bool,  # noqa: FBT001  hypothesis names it
) -> None:
    reply = Reply(json.dumps(answer))
    engine(server, lambda _query, _request: reply)
    if also_the_time:
        server.routes[QUERY] = reply
    result = run(*words.split(), "--from", server.url, "--server", cluster.url, "--request-timeout", "5s")
    assert not result.out or result.code in (0, 5)


# --- kubelets -------------------------------------------------------------------------------------------------

BOXES: dict[str, tuple[Any, ...]] = {"n/p/x": (5.0, 1048576, 1e9)}
GROWN: dict[str, tuple[Any, ...]] = {"n/p/x": (6.0, 1048576, 1e9)}
UNFIT = {name: reply for name, (reply, _) in BROKEN.items() if not reply.fault and "bomb" not in name}


@pytest.fixture
def moving(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """Give two nodes, of which `a` measures."""
    monkeypatch.setattr(kubelet, "STILL", 100.0)
    api.nodes(node("a"), node("b"))
    pages(api, "a", look(THEN, boxes=BOXES), look(LATER, 101, boxes=GROWN))
    return api


@pytest.mark.parametrize("text", [HTML, "", "{}", "up 1\n", "\x00" * 100, "node_cpu_usage_seconds_total x 1\n"])
def test_a_page_without_metrics_is_a_failure_and_no_empty_node(run: Run, moving: FakeApi, text: str) -> None:
    moving.routes[path("b")] = Reply(text, content_type=TEXT)
    result = run(f"top pods -A -o value --columns name --from kubelet --server {moving.url}")
    said = "warning: the kubelet of node b could not be read: error: the answer has no metrics\n"
    assert result == (5, "p\n", said)


@pytest.mark.parametrize("name", UNFIT)
def test_any_broken_page_of_one_kubelet_leaves_the_others(run: Run, moving: FakeApi, name: str) -> None:
    reply = UNFIT[name]
    moving.routes[path("b")] = Reply(reply.body, reply.status, TEXT, reply.headers)
    result = run(f"top pods -A -o value --columns name --from kubelet --server {moving.url}")
    assert (result.code, result.out) == (5, "p\n")
    assert result.err.startswith("warning: the kubelet of node b could not be read: ")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("number", ["-1", "1.5", "9" * 400, '"1"', "true"])
def test_a_summary_that_counts_wrongly_is_a_failure(run: Run, moving: FakeApi, number: str) -> None:
    claim = {"name": "v", "pvcRef": {"name": "c", "namespace": "n"}, "usedBytes": 0}
    told = json.dumps({"node": {}, "pods": [{"podRef": {"name": "p", "namespace": "n"}, "volume": [claim]}]})
    moving.routes[path("a", "stats/summary")] = Reply(told)
    moving.routes[path("b", "stats/summary")] = Reply(told.replace('"usedBytes": 0', f'"usedBytes": {number}'))
    result = run(f"top volumes -A -o value --columns name --from kubelet --server {moving.url}")
    assert (result.code, result.out) == (5, "c\n")
    assert result.err.startswith("warning: the kubelet of node b could not be read: ")


numbers = st.sampled_from(["1", "5.5", "-1", "1e308", "NaN", "x", "9" * 5000, "1e9", "0"])
moments = st.sampled_from([str(THEN), str(LATER), "-8", "0", "9" * 18, "9" * 5000, "x", ""])
marks = st.sampled_from(
    [
        "",
        '{container="x",namespace="n",pod="p"}',
        '{pod="=1\x1b[2J",namespace="|",container="\udcff"}',
        "{",
        "{}",
        '{a="',
    ]
)
families = st.sampled_from([*kubelet.OF_PODS, NODE_MEMORY, "# HELP x", ""])
lines = st.tuples(families, marks, numbers, moments).map(lambda line: f"{line[0]}{line[1]} {line[2]} {line[3]}\n")
texts = st.lists(lines, max_size=8).map("".join)


@pytest.mark.slow
@given(
    before=texts, after=texts, words=st.sampled_from(["top pods -A", "top nodes -o json", "top pods -A -o prometheus"])
)
@example(before=look(THEN), after=look(10**18), words="top nodes")
@example(before=look(THEN), after=look(LATER, 1e308, 1e308), words="top nodes")
@example(before=look(THEN, boxes={}), after=look(LATER, boxes={"n/p/x": (1, 1, 1e308)}), words="top pods -A")
def test_any_page_of_a_kubelet_is_shown_or_refused(before: str, after: str, words: str) -> None:
    with FakeApi() as api:
        api.nodes(node("a"))
        api.routes[path("a", "stats/summary")] = Reply({"node": {"cpu": {"usageNanoCores": 5}}})
        left = [text.encode("utf-8", "surrogateescape") for text in (before, after)]
        api.routes[path("a")] = lambda _request: Reply(left.pop(0) if len(left) > 1 else left[0], content_type=TEXT)
        result = run(*words.split(), "--from", "kubelet", "--server", api.url, "--request-timeout", "5s")
    assert not result.out or result.code in (0, 5)


def test_a_template_with_a_quantity_that_is_none_is_read_without_it(run: Run, api: FakeApi) -> None:
    api.pods()
    api.pod_metrics()
    container = {"name": "app", "resources": {"requests": {"cpu": "one", "memory": "256Mi"}}}
    web = {
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    api.routes["/apis/apps/v1/deployments"] = Reply({"metadata": {}, "items": [web]})
    result = run(f"rightsize -A --server {api.url}")
    assert (result.code, result.out, result.err.splitlines()[0]) == (5, "", "No resources found")
