"""Watch of several clusters: clusters that fail, hang or are slow, and come back."""

from __future__ import annotations

import json
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.run.schedule import Clock
from c3s_cli.run.watching import watch
from tests.conftest import Run
from tests.fleets import NODE_METRICS, Clusters
from tests.patience import FOR_EVER, PATIENT
from tests.run.terminal_session import TerminalSession
from tests.servers import FakeApi, Reply, Request, node, node_metrics, status

GONE = status(500, "InternalError", "broken")


class Ticks:
    """The time of a watch: it passes only between two readings, in which something may happen."""

    def __init__(self) -> None:
        self.seconds, self.between = 0.0, list[Any]()

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self.between:
            self.between.pop(0)()


def test_a_watch_goes_on_without_a_cluster_that_goes_away_and_takes_it_back(
    run: Run, three: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = Ticks()
    monkeypatch.setattr("c3s_cli.commands.watch.watch", partial(watch, clock=Clock(lambda: ticks.seconds, ticks.sleep)))
    dev = three.apis["dev"]
    measured = dev.routes[NODE_METRICS]
    ticks.between = [
        lambda: dev.routes.update({NODE_METRICS: GONE}),
        lambda: dev.routes.update({NODE_METRICS: measured}),
    ]
    result = run("watch nodes --all-contexts --count 3 -o json --columns cpu")
    readings = [json.loads(line) for line in result.out.splitlines()]
    assert [[item["context"] for item in each["items"]] for each in readings] == [
        ["prod-b", "dev", "prod-a"],
        ["prod-b", "prod-a"],
        ["prod-b", "dev", "prod-a"],
    ]
    assert [[failure["context"] for failure in each["failures"]] for each in readings] == [[], ["dev"], []]
    assert result.code == 0
    assert result.err.startswith("warning: dev: Error from server (InternalError): broken")


def test_all_rows_are_not_known_while_a_cluster_cannot_be_read(run: Run, three: Clusters) -> None:
    three.apis["dev"].routes[NODE_METRICS] = GONE
    words = "nodes --all-contexts --interval 0.01 --count 2"
    result = run(f"watch {words} --until-all cpu<100")
    assert result.code == 4
    assert result.err.endswith(
        "the condition was not met\n"
        "--until-all: 2 of 2 rows matched\n--until-all: there may be more rows: dev could not be read\n"
    )
    # One row that matches is enough for --until.
    assert run(f"watch {words} --until cpu<100").code == 0


@pytest.fixture
def login(tmp_path: Path) -> Any:
    """Give a user whose plugin gives the token that stands in a file, or fails; and the function that writes it."""
    state, plugin = tmp_path / "token", tmp_path / "plugin"
    plugin.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"token = open({str(state)!r}).read()\n"
        "sys.exit('expired') if not token else None\n"
        "version = 'client.authentication.k8s.io/v1'\n"
        "print(json.dumps({'apiVersion': version, 'kind': 'ExecCredential', 'status': {'token': token}}))\n"
    )
    plugin.chmod(0o755)
    how = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}
    return {"exec": how}, state.write_text


@pytest.mark.process
@pytest.mark.parametrize("several", [False, True])
def test_a_watch_runs_a_plugin_again_that_has_failed(
    run: Run, config: Any, login: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, several: bool
) -> None:
    from tests.authority import server_context, write_files  # noqa: PLC0415

    user, write = login
    wanted = ["first"]

    def answer(body: Any, request: Request) -> Reply:
        known = request.header("Authorization") == f"Bearer {wanted[0]}"
        return Reply(body) if known else status(401, "Unauthorized", "Unauthorized")

    def expire() -> None:
        wanted[0] = "second"
        write("")

    ticks = Ticks()
    ticks.between = [expire, lambda: write("second")]
    monkeypatch.setattr("c3s_cli.commands.watch.watch", partial(watch, clock=Clock(lambda: ticks.seconds, ticks.sleep)))
    write("first")
    authority = write_files(tmp_path)["ca.crt"]
    with FakeApi(server_context()) as api:
        api.routes[NODE_METRICS] = partial(answer, {"items": [node_metrics("n")]})
        api.routes["/api/v1/nodes"] = partial(answer, {"items": [node("n")]})
        servers = {"a": api.url, "b": api.url} if several else {"a": api.url}
        config(servers, a=user, b={**user, "as": "jane"})
        words = f"watch nodes --all-contexts --certificate-authority {authority} --count 3 -o name"
        result = run(words)
    rows = "a\tnode/n\nb\tnode/n\n" if several else "node/n\n"
    assert (result.code, result.out) == (0, rows * 2)
    # Of two requests that are refused at once, the first one hears of the plugin, and the other one of the refusal.
    one = ("error: You must be logged in", "Unable to connect to the server: getting credentials: exec")
    assert result.err.startswith("error: none of the 2 clusters" if several else one)


def test_a_watch_begins_with_the_clusters_that_answer(run: Run, three: Clusters, config: Any) -> None:
    config({"refuses": "http://127.0.0.1:1", **three.urls})
    result = run("watch cluster --all-contexts --count 1 --columns nodes")
    assert result.out == "CONTEXT   NODES\nprod-b    1/1\ndev       1/1\nprod-a    1/1\n"
    assert result.code == 5


def test_the_screen_of_a_watch_says_who_is_missing(run: Run, three: Clusters) -> None:
    three.apis["dev"].routes[NODE_METRICS] = GONE
    seen = TerminalSession(run)("watch nodes --all-contexts --columns cpu", size=(100, 24))
    look = "\n".join(seen.looks[0])
    assert "clusters 2 of 3" in look
    assert "cluster totals: without dev (for " in look
    assert "CPU    ███" in look
    assert [line.split()[:2] for line in seen.looks[0] if " n " in line] == [["prod-b", "n"], ["prod-a", "n"]]
    assert seen.code == 0


def test_the_screen_counts_a_cluster_of_two_contexts_once(run: Run, three: Clusters, config: Any) -> None:
    path = config(three.urls)
    document = json.loads(path.read_text())
    document["contexts"].append({"name": "twin", "context": {"cluster": "dev", "user": "dev", "namespace": "web"}})
    path.write_text(json.dumps(document))
    seen = TerminalSession(run)("watch nodes --all-contexts --columns cpu", size=(100, 24))
    look = "\n".join(seen.looks[0])
    assert "clusters 3 of 3   nodes 3/3 ready, 3 reporting" in look
    assert "6.0 / 12.0 cores" in look


class Stuck:
    """A route that hangs until it is let go."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.go, self.asked = answer, threading.Event(), 0

    def __call__(self, _request: Request) -> Any:
        self.asked += 1
        assert self.go.wait(FOR_EVER)
        return self.answer


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait long for a cluster, and do not keep what it said before."""
    monkeypatch.setattr("c3s_cli.run.rounds.PATIENCE", 1.5)
    monkeypatch.setattr("c3s_cli.run.rounds.KEPT", 0.0)


def watched(run: Run, monkeypatch: pytest.MonkeyPatch, words: str, *between: Any) -> tuple[int, list[Any], str]:
    """Run a watch; between its readings something happens. Return the code, the documents and stderr."""
    ticks = Ticks()
    ticks.between = list(between)
    monkeypatch.setattr("c3s_cli.commands.watch.watch", partial(watch, clock=Clock(lambda: ticks.seconds, ticks.sleep)))
    result = run(f"watch nodes --all-contexts -o json --columns cpu {words}")
    return result.code, [json.loads(line) for line in result.out.splitlines()], result.err


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_a_cluster_that_hangs_holds_up_nobody_and_is_not_asked_twice(
    run: Run, three: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = three.apis["dev"]
    stuck = Stuck(dev.routes[NODE_METRICS])
    begun = time.monotonic()

    def let_go() -> None:
        stuck.go.set()
        for thread in threading.enumerate():
            if thread.name.endswith("(work)"):
                thread.join(PATIENT)

    code, readings, err = watched(
        run,
        monkeypatch,
        "--count 4 --request-timeout 600s",
        lambda: dev.routes.update({NODE_METRICS: stuck}),
        lambda: None,
        let_go,
    )
    assert time.monotonic() - begun < PATIENT
    assert [[item["context"] for item in each["items"]] for each in readings] == [
        ["prod-b", "dev", "prod-a"],
        ["prod-b", "prod-a"],
        ["prod-b", "prod-a"],
        ["prod-b", "dev", "prod-a"],
    ]
    late = [each["metadata"]["failures"] for each in readings[1:3]]
    assert [(failure["context"], failure["message"].split(" for ")[0]) for (failure,) in late] == [
        ("dev", "no answer")
    ] * 2
    assert err.startswith("warning: dev: no answer for ")
    # Once while it hangs, and once after that.
    assert (code, stuck.asked) == (0, 2)


@pytest.mark.slow
def test_the_last_answer_of_a_slow_cluster_stands_for_a_while(
    run: Run, three: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c3s_cli.run.rounds.PATIENCE", 1.0)
    stuck = Stuck(three.apis["dev"].routes[NODE_METRICS])
    code, readings, err = watched(
        run, monkeypatch, "--count 2", lambda: three.apis["dev"].routes.update({NODE_METRICS: stuck})
    )
    stuck.go.set()
    assert readings[0]["items"] == readings[1]["items"]
    assert (code, len(readings[1]["items"]), err) == (0, 3, "")


def test_the_screen_marks_the_rows_of_a_cluster_that_goes_away_and_says_how_old_each_is(
    run: Run, three: Clusters
) -> None:
    dev = three.apis["dev"]
    measured = dev.routes[NODE_METRICS]
    seen = TerminalSession(run)(
        "watch nodes --all-contexts --columns cpu",
        lambda: dev.routes.update({NODE_METRICS: GONE}),
        lambda: dev.routes.update({NODE_METRICS: measured}),
        "",
        size=(100, 24),
    )
    rows = [[line for line in look if "CONTEXT" in line or " n " in line] for look in seen.looks]
    whole = [
        "  CONTEXT   NAME   CPU(cores)   SAMPLED",
        "  prod-b    n      1000m        10s ago",
        "  dev       n      2000m        10s ago",
        "  prod-a    n      3000m        10s ago",
    ]
    gone = [*whole[:2], whole[3], "? dev       n      2000m        10s ago"]
    assert rows[:3] == [whole, gone, whole]
    assert seen.code == 0


def test_a_wide_cluster_has_a_line_for_each_resource_and_no_marks(run: Run, three: Clusters) -> None:
    dev = three.apis["dev"]
    seen = TerminalSession(run)(
        "watch cluster --all-contexts -o wide",
        lambda: dev.routes.update({NODE_METRICS: GONE}),
        "",
        size=(120, 30),
    )
    assert [
        sum("dev " in line for line in look if "|" not in line and "without" not in line) > 0 for look in seen.looks
    ][:2] == [True, False]
    assert not any("SAMPLED" in line or line.startswith("?") for look in seen.looks for line in look)
