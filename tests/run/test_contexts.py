"""c3s contexts: the kubeconfig, and with --check the answers of the clusters."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from c3s_cli.demo.server import DemoServer
from tests.conftest import Run
from tests.fleets import kubeconfig
from tests.kubectl import find_kubectl, run_kubectl
from tests.servers import FakeApi, Reply, status

VERSION = Reply({"gitVersion": "v1.36.2"})
GROUP = Reply({"kind": "APIGroup", "versions": [{"version": "v1beta1"}]})


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a kubeconfig of three contexts, two of them into the same cluster; the second one is current."""
    document = {
        "current-context": "web",
        "contexts": [
            {"name": "admin", "context": {"cluster": "prod", "user": "root"}},
            {"name": "web", "context": {"cluster": "prod", "user": "jane", "namespace": "web"}},
            {"name": "lost", "context": {"cluster": "gone", "user": "jane"}},
        ],
        "clusters": [{"name": "prod", "cluster": {"server": "https://prod.example.com"}}],
        "users": [{"name": "jane", "user": {"token": "canary"}}, {"name": "root", "user": {}}],
    }
    path = tmp_path / "config"
    path.write_text(json.dumps(document))
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


TABLE = """\
CURRENT   NAME    CLUSTER   USER   NAMESPACE   SERVER
          admin   prod      root               https://prod.example.com
*         web     prod      jane   web         https://prod.example.com
          lost    gone      jane
"""


def test_contexts_are_listed_in_the_order_of_the_files(run: Run, config: Path) -> None:
    assert run("contexts") == (0, TABLE, "")
    assert run("contexts --context w*,admin -o name") == (0, "web\nadmin\n", "")


@pytest.mark.process
def test_the_list_is_that_of_kubectl(run: Run, config: Path, tmp_path: Path) -> None:
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("no kubectl")
    listed = run_kubectl(kubectl, tmp_path, "config", "get-contexts", "--kubeconfig", str(config)).stdout
    of_kubectl = {tuple(line.split()) for line in listed.splitlines()[1:]}
    rows = json.loads(run("contexts -o json").out)["items"]
    assert of_kubectl == {
        tuple(filter(None, ("*" if row["current"] else "", row["name"], row["cluster"], row["user"], row["namespace"])))
        for row in rows
    }


def test_every_format_has_the_same_contexts(run: Run, config: Path) -> None:
    document = json.loads(run("contexts -o json").out)
    assert (document["apiVersion"], document["kind"]) == ("c3s/v1", "ContextList")
    assert document["items"][1] == {
        "name": "web",
        "cluster": "prod",
        "user": "jane",
        "namespace": "web",
        "server": "https://prod.example.com",
        "current": True,
    }
    assert yaml.safe_load(run("contexts -o yaml").out) == document
    assert run("contexts -o csv").out.splitlines()[::2] == [
        "name,cluster,user,namespace,server,current",
        "web,prod,jane,web,https://prod.example.com,true",
    ]
    row = run("contexts -o markdown").out.splitlines()[3]
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        *("\\*", "web", "prod", "jane", "web"),
        "https\\://prod.example.com",
    ]
    assert run("contexts -o wide") == (
        2,
        "",
        "error: unknown format 'wide'\nhint: one of: table, json, yaml, csv, markdown, name\n",
    )


def test_without_a_kubeconfig_there_is_nothing_to_list(run: Run) -> None:
    result = run("contexts")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: no cluster to read: there is no kubeconfig")


def test_a_server_and_the_demo_are_contexts_too(run: Run, demo_server: DemoServer) -> None:
    address = demo_server.url.removeprefix("http://")
    assert run(f"contexts --server {demo_server.url} -o name").out == f"{address}\n"
    checked = json.loads(run("contexts --demo --check -o json").out)["items"]
    assert [(each["answers"], each["serverVersion"], each["metricsApi"]) for each in checked] == [
        (True, "v1.33.2", "v1beta1")
    ]


# --- checked --------------------------------------------------------------------------------------------------


@pytest.fixture
def apis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, FakeApi]]:
    """Give four servers: all is well, no metrics API, a metrics server that is down, and one that knows nobody."""
    names = ("well", "meterless", "down", "stranger")
    made = {name: FakeApi() for name in names}
    for api in made.values():
        api.routes |= {"/version": VERSION, "/apis/metrics.k8s.io": GROUP, "/apis/metrics.k8s.io/v1beta1": Reply({})}
    del made["meterless"].routes["/apis/metrics.k8s.io"]
    made["down"].routes["/apis/metrics.k8s.io/v1beta1"] = Reply("service unavailable\n", 503, "text/plain")
    made["stranger"].routes["/version"] = status(401, "Unauthorized", "Unauthorized")
    servers = {name: api.url for name, api in made.items()} | {"refuses": "http://127.0.0.1:1", "broken": ""}
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", servers)))
    yield made
    for api in made.values():
        api.__exit__()


def checked(run: Run, flags: str = "") -> tuple[int, dict[str, Any]]:
    result = run(f"contexts --check -o json {flags}")
    assert result.err == ""
    return result.code, {item["name"]: item for item in json.loads(result.out)["items"]}


def test_each_context_says_whether_it_answers_and_what_it_serves(run: Run, apis: dict[str, FakeApi]) -> None:
    code, found = checked(run)
    assert code == 5
    assert list(found) == ["well", "meterless", "down", "stranger", "refuses", "broken"]
    assert {
        name: (each["answers"], each["serverVersion"], each["metricsApi"], each["problem"])
        for name, each in found.items()
    } == {
        "well": (True, "v1.36.2", "v1beta1", ""),
        "meterless": (True, "v1.36.2", None, "Metrics API not available"),
        "down": (
            True,
            "v1.36.2",
            None,
            "Error from server (ServiceUnavailable): the server is currently unable to handle the request",
        ),
        "stranger": (False, None, None, "You must be logged in to the server (Unauthorized)"),
        "refuses": (
            False,
            None,
            None,
            "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
        ),
        "broken": (False, None, None, 'no server is known for context "broken"'),
    }
    assert found["refuses"]["hint"] == "run c3s doctor --context refuses to find the cause"
    assert 0 < found["well"]["milliseconds"] < 5000
    assert found["refuses"]["milliseconds"] is None


def test_the_table_says_it_in_columns(run: Run, apis: dict[str, FakeApi]) -> None:
    heading, well, meterless = run("contexts --check --context well,meterless").out.splitlines()
    assert heading.split() == [
        *("CURRENT", "NAME", "CLUSTER", "USER", "NAMESPACE", "SERVER"),
        *("ANSWERS", "MS", "VERSION", "METRICS", "PROBLEM"),
    ]
    assert well.split()[:4] == ["*", "well", "well", "well"]
    assert [*well.split()[5:6], *well.split()[7:]] == ["yes", "v1.36.2", "v1beta1"]
    assert meterless.endswith("v1.36.2   <none>    Metrics API not available")


@pytest.mark.parametrize(("names", "code"), [("well", 0), ("well,meterless", 0), ("well,refuses", 5), ("refuses", 1)])
def test_the_exit_code_says_whether_all_answer(run: Run, apis: dict[str, FakeApi], names: str, code: int) -> None:
    assert checked(run, f"--context {names}")[0] == code


def test_a_version_that_may_not_be_seen_is_an_answer(run: Run, apis: dict[str, FakeApi]) -> None:
    apis["well"].routes["/version"] = status(403, "Forbidden", "no")
    code, found = checked(run, "--context well")
    assert (code, found["well"]["answers"], found["well"]["serverVersion"], found["well"]["metricsApi"]) == (
        0,
        True,
        None,
        "v1beta1",
    )


def test_contexts_of_the_same_cluster_and_user_ask_once(run: Run, apis: dict[str, FakeApi], tmp_path: Path) -> None:
    path = tmp_path / "config"
    document = json.loads(path.read_text())
    document["contexts"].append({"name": "twin", "context": {"cluster": "well", "user": "well", "namespace": "x"}})
    path.write_text(json.dumps(document))
    _, found = checked(run, "--context well,twin")
    assert [each["answers"] for each in found.values()] == [True, True]
    assert apis["well"].paths().count("/version") == 1


@pytest.mark.slow
def test_a_server_that_hangs_does_not_hold_up_the_others(run: Run, apis: dict[str, FakeApi], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        path = tmp_path / "config"
        document = json.loads(path.read_text())
        document["clusters"][4]["cluster"]["server"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        path.write_text(json.dumps(document))
        code, found = checked(run, "--context well,refuses --request-timeout 1s")
    assert (code, [each["answers"] for each in found.values()]) == (5, [True, False])
    assert "timeout while waiting for" in found["refuses"]["problem"]
