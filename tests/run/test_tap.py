"""c3s watch --record and c3s record --until: a watch that keeps what it reads, a recording that ends by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from c3s_cli.errors import C3sError
from c3s_cli.sources.recording.recorder import Recorder
from tests.conftest import AT, Run
from tests.run.terminal_session import TerminalSession
from tests.servers import FakeApi, Reply, node, node_metrics, pod, pod_metrics, status

EMPTY = Reply({"kind": "List", "metadata": {}, "items": []})


@pytest.fixture
def shop(api: FakeApi) -> FakeApi:
    """Give a cluster with a node and pods in two namespaces, whose CPU grows by 10m with every reading."""
    api.nodes(node("n1"))
    api.node_metrics(node_metrics("n1", "100m", "1Gi"))
    readings = iter(range(1, 99))

    def growing(_request: object) -> Reply:
        items = [pod_metrics("shop", "web", ("app", f"{10 * next(readings)}m", "10Mi"))]
        return Reply({"kind": "PodMetricsList", "metadata": {}, "items": items})

    for namespace in (None, "shop"):
        where = f"namespaces/{namespace}/" if namespace else ""
        others = [] if namespace else [pod("ops", "other", "n1")]
        api.pods(pod("shop", "web", "n1", requests={"cpu": "200m"}), *others, namespace=namespace)
        api.routes[f"/apis/metrics.k8s.io/v1beta1/{where}pods"] = growing
        api.routes[f"/apis/apps/v1/{where}replicasets"] = EMPTY
        api.routes[f"/apis/batch/v1/{where}jobs"] = EMPTY
    return api


@pytest.mark.parametrize(
    "words",
    [
        "pods -A",
        "pods -n shop -o wide",
        "pods -n shop --containers",
        "pods -A --by namespace --sum",
        "nodes --columns cpu,cpu.requests,pods",
        "cluster",
    ],
)
def test_what_a_watch_shows_is_what_it_records(run: Run, shop: FakeApi, tmp_path: Path, words: str) -> None:
    file = str(tmp_path / "w.c3s")
    every = f"--server {shop.url} --interval 10ms --count 2"
    watched = run(f"watch {words} {every} --record {file}")
    assert watched.code == 0
    readings = watched.out.partition("2026-03-02T09:30:00Z\n")[::2]
    assert readings[0] != readings[1] or words.startswith(("nodes", "cluster"))
    for number, shown in enumerate(readings, 1):
        assert run(f"top {words} --from {file} --at #{number}").out == shown


def test_a_watch_of_pods_records_its_namespace_and_one_of_nodes_records_all(
    run: Run, shop: FakeApi, tmp_path: Path
) -> None:
    every = f"--server {shop.url} --count 1"
    for words, covers in (("pods -n shop", "namespaces shop"), ("pods -A", "everything"), ("nodes", "everything")):
        file = str(tmp_path / f"{words.split()[-1]}.c3s")
        assert run(f"watch {words} {every} --record {file}").code == 0
        assert covers in run(f"recordings {file}").out
    assert run(f"top pods -A --from {tmp_path / 'nodes.c3s'}").out.splitlines()[1].split()[:2] == ["shop", "web"]


def test_a_failed_reading_of_a_watch_is_recorded(run: Run, shop: FakeApi, tmp_path: Path) -> None:
    file = str(tmp_path / "w.c3s")
    path = "/apis/metrics.k8s.io/v1beta1/pods"
    good = shop.routes[path]
    answers = iter([good, status(500, "InternalError", "overloaded"), good])

    def answer(request: object) -> Reply:
        route = next(answers)
        return route if isinstance(route, Reply) else route(request)  # type: ignore[arg-type]

    shop.routes[path] = answer
    shop.routes["/api/v1/pods"] = status(403, "Forbidden", "pods is forbidden")
    result = run(f"watch pods -A --server {shop.url} --interval 10ms --count 3 --record {file}")
    assert "overloaded" in result.err
    words = run(f"recordings {file} -o json").out
    assert '"readings": 3' in words
    assert '"failures": 1' in words


def test_a_watch_goes_on_if_the_disk_is_full(
    run: Run, shop: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise C3sError("cannot write w.c3s: database or disk is full")

    monkeypatch.setattr(Recorder, "add", full)
    result = run(f"watch pods -n shop --server {shop.url} --count 1 --record {tmp_path / 'w.c3s'}")
    assert result == (
        5,
        "NAME   CPU(cores)   MEMORY(bytes)\nweb    10m          10Mi\n",
        "warning: recording: cannot write w.c3s: database or disk is full\n",
    )


def test_a_screen_shows_the_same_and_records(run: Run, tmp_path: Path) -> None:
    file, every = str(tmp_path / "w.c3s"), f"--demo-at {AT}"
    desk = TerminalSession(run)
    for words in ("watch nodes", "watch pods -A"):
        plain = desk(f"{words} {every}", size=(120, 30))
        taped = desk(f"{words} {every} --record {file}", "", size=(120, 30))
        assert (taped.code, taped.looks[0]) == (plain.code, plain.looks[0])
    assert run(f"top nodes --from {file}").out == run(f"top nodes {every}").out


def test_only_what_is_recorded_selects(run: Run, shop: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "w.c3s"
    result = run(f"watch pods --server {shop.url} --field-selector status.phase=Running --record {file}")
    assert result == (2, "", "error: --record does not go with --field-selector status.phase: it is not recorded\n")
    assert not file.exists()


def test_a_recording_ends_with_its_condition(run: Run, shop: FakeApi, tmp_path: Path) -> None:
    file = str(tmp_path / "r.c3s")
    words = f"record {file} -n shop --server {shop.url} --interval 10ms"
    met = run(f"{words} --until 'cpu > 25m' --count 9")
    begun, ended, matched = met.err.splitlines()
    assert (met.code, begun.partition(", ")[0]) == (0, f"{file}: 1 reading")
    assert (ended.partition(", ")[0], matched) == (f"{file}: 3 readings", "--until: 1 row matched: shop/web")
    unmet = run(f"{words} --until 'cpu > 25' --count 2")
    assert (unmet.code, unmet.err.splitlines()[2:]) == (4, ["the condition was not met"])
    both = run(f"{words} --until 'cpu > 25' --until 'cpu% > 1' --count 2")
    assert both.code == 0
    assert run(f"{words} --until 'oomKills > 1'").err == "error: --until: c3s record does not read oomKills\n"
