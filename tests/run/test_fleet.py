"""Several clusters: which are read, how often, order, failures."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.demo.server import start
from tests.conftest import AT, Run
from tests.documents import validate
from tests.fleets import NODE_METRICS, Clusters, kubeconfig
from tests.patience import eventually
from tests.servers import FakeApi, Reply, Request, node, node_metrics, pod, pod_metrics, status

FORBIDDEN = status(
    403,
    "Forbidden",
    'nodes.metrics.k8s.io is forbidden: User "u" cannot list resource "nodes" in API group "metrics.k8s.io" at the '
    "cluster scope",
)
GONE = status(500, "InternalError", "broken")


TABLE = """\
CONTEXT   NAME   CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)
prod-b    n      1000m        25%      1024Mi          12%
dev       n      2000m        50%      1024Mi          12%
prod-a    n      3000m        75%      1024Mi          12%
"""


# --- the whole ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_of_twenty_clusters_four_fail_and_sixteen_are_shown(run: Run, clusters: Clusters, config: Any) -> None:
    with ExitStack() as stack:
        urls = {f"c{n:02}": stack.enter_context(start(seed=n, at=AT)).url for n in range(16)}
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        clusters("forbids").routes[NODE_METRICS] = FORBIDDEN
        meterless = clusters("meterless")
        for path in (NODE_METRICS, "/apis/metrics.k8s.io"):
            del meterless.routes[path]
        failing = {
            "refuses": "http://127.0.0.1:1",
            "hangs": f"http://127.0.0.1:{silent.getsockname()[1]}",
            **clusters.urls,
        }
        names = [*list(urls)[:3], *failing, *list(urls)[3:]]
        config({name: (urls | failing)[name] for name in names})
        result = run("top cluster --all-contexts --request-timeout 2s --sum")
    heading, *rows, _rule, total = result.out.splitlines()
    assert heading.split() == ["CONTEXT", "NODES", "PODS", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]
    assert [row.split()[0] for row in rows] == list(urls)
    assert rows[0] == "c00       9/10       93         41542m       28%        150747Mi        23%"
    assert total.split()[:2] == ["144/160", "1488"]
    assert result.err.splitlines() == [
        (
            "warning: refuses: The connection to the server 127.0.0.1:1 was refused - did you specify the right host "
            "or port?; hint: run c3s doctor --context refuses to find the cause"
        ),
        (
            f"warning: hangs: Unable to connect to the server: timeout while waiting for {failing['hangs'][7:]}; "
            "hint: set a longer --request-timeout"
        ),
        (
            'warning: forbids: Error from server (Forbidden): nodes.metrics.k8s.io is forbidden: User "u" cannot list '
            'resource "nodes" in API group "metrics.k8s.io" at the cluster scope; hint: check with kubectl --context '
            "forbids auth can-i list nodes.metrics.k8s.io; a Role or ClusterRole grants the right"
        ),
        (
            "warning: meterless: Metrics API not available; hint: is metrics-server running? kubectl --context "
            "meterless get apiservice v1beta1.metrics.k8s.io; --from kubelet works without it"
        ),
    ]
    assert result.code == 5


@pytest.mark.slow
def test_failures_are_in_the_document(run: Run, three: Clusters) -> None:
    three.apis["dev"].routes[NODE_METRICS] = GONE
    result = run("top cluster --all-contexts -o json")
    document = json.loads(result.out)
    validate(document)
    assert [item["context"] for item in document["items"]] == ["prod-b", "prod-a"]
    assert document["failures"] == [
        {
            "context": "dev",
            "source": "cluster",
            "message": "Error from server (InternalError): broken",
            "hint": "run c3s doctor --context dev to find the cause",
        }
    ]
    assert document["metadata"] == {"timestamp": "2026-03-02T09:30:00Z", "failures": document["failures"]}
    assert (document["totals"]["nodes"], result.code) == ({"measured": 2, "count": 2}, 5)
    assert run("top nodes --all-contexts -o jsonpath={.metadata.failures[*].context}").out == "dev"
    assert json.loads(run("top nodes --context prod-* -o json").out)["metadata"]["failures"] == []
    assert json.loads(run("top nodes --context prod-b -o json").out)["metadata"].keys() == {"timestamp"}


def test_when_none_answers_the_reasons_are_the_error(run: Run, three: Clusters) -> None:
    for api in three.apis.values():
        api.routes[NODE_METRICS] = GONE
    assert run("top nodes --context prod-*") == (
        1,
        "",
        (
            "error: none of the 2 clusters could be read\n"
            "prod-b: Error from server (InternalError): broken; hint: run c3s doctor --context prod-b "
            "to find the cause\n"
            "prod-a: Error from server (InternalError): broken; hint: run c3s doctor --context prod-a "
            "to find the cause\n"
        ),
    )


def test_a_part_that_cannot_be_read_names_its_context(run: Run, three: Clusters) -> None:
    three.apis["dev"].routes["/api/v1/pods"] = GONE
    result = run("top cluster --all-contexts")
    assert [row.split()[0] for row in result.out.splitlines()] == ["CONTEXT", "prod-b", "dev", "prod-a"]
    assert (result.code, result.err) == (
        5,
        "warning: dev: pod count could not be read: Error from server (InternalError): broken\n",
    )
    document = json.loads(run("top cluster --all-contexts -o json").out)
    # Its rows are there.
    assert (document["metadata"]["failures"], len(document["failures"])) == ([], 1)


# --- which contexts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        ("--all-contexts", ["prod-b", "dev", "prod-a"]),
        ("--context prod-a,prod-b", ["prod-a", "prod-b"]),
        ("--context prod-a --context dev", ["prod-a", "dev"]),
        ("--context prod-*", ["prod-b", "prod-a"]),
        ("--context prod-[!a],dev", ["prod-b", "dev"]),
        ("--context dev,*", ["dev", "prod-b", "prod-a"]),
        ("--context dev,,prod-a", ["dev", "prod-a"]),
    ],
)
def test_contexts_come_in_the_order_of_the_flags_then_of_the_files(
    run: Run, three: Clusters, flags: str, names: list[str]
) -> None:
    result = run(f"top nodes {flags} --no-headers")
    assert [row.split()[0] for row in result.out.splitlines()] == names
    assert (result.code, result.err) == (0, "")


def test_one_context_is_shown_as_ever(run: Run, three: Clusters) -> None:
    plain = run("top nodes --context dev")
    assert plain.out.startswith("NAME ")
    assert run("top nodes --context d*") == run("top nodes --context dev,dev") == plain


def test_a_name_with_a_comma_or_a_star_is_a_name_first(run: Run, clusters: Clusters, config: Any) -> None:
    for name in ("a,b", "a*", "ab"):
        clusters(name, 1, f"of-{len(clusters.apis)}")
    config(clusters.urls)
    assert run("top nodes -o name --context a,b").out == "node/of-0\n"
    assert run("top nodes -o name --context a*").out == "node/of-1\n"


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        ("--context dev,nosuch", 1, 'error: context "nosuch" does not exist\n'),
        ("--context nosuch-*", 1, 'error: no context matches "nosuch-*"\nhint: list them: c3s contexts\n'),
        ("--context ,", 1, 'error: context "," does not exist\n'),
        ("--context dev --all-contexts", 2, "error: only one of --context or --all-contexts can be provided\n"),
        ("--all-contexts --demo", 2, "error: only one of --demo or --all-contexts can be provided\n"),
        ("--all-contexts --token t", 2, "error: --token goes with one context, not with several\n"),
        ("--all-contexts --server x", 2, "error: --server goes with one context, not with several\n"),
        ("--all-contexts --parallel 0", 2, "error: --parallel takes a number from 1 on, not 0\n"),
        ("--all-contexts --explain n", 2, "error: --explain takes one context, not 3\n"),
    ],
)
def test_mistakes_end_before_anything_is_read(run: Run, three: Clusters, flags: str, code: int, said: str) -> None:
    assert run(f"top nodes {flags}") == (code, "", said)
    assert not any(api.requests for api in three.apis.values())


def test_without_contexts_there_is_nothing_to_read(run: Run, config: Any) -> None:
    config({})
    assert run("top nodes --all-contexts") == (1, "", "error: the kubeconfig has no contexts\n")


# --- how they are shown ---------------------------------------------------------------------------------------


def test_a_table_begins_with_the_context(run: Run, three: Clusters) -> None:
    assert run("top nodes --all-contexts") == (0, TABLE, "")
    assert run("top nodes --all-contexts --columns context,cpu --limit 1").out == (
        "CONTEXT   CPU(cores)\nprod-b    1000m\n"
    )


def test_the_order_is_that_of_the_contexts_whichever_answers_first(run: Run, three: Clusters) -> None:
    answer = three.apis["prod-b"].routes[NODE_METRICS]

    def late(_request: Request) -> Reply:
        time.sleep(0.3)
        assert isinstance(answer, Reply)
        return answer

    three.apis["prod-b"].routes[NODE_METRICS] = late
    assert run("top nodes --all-contexts").out == TABLE


def test_rows_are_sorted_cut_and_judged_across_all_clusters(run: Run, three: Clusters) -> None:
    result = run("top nodes --all-contexts --columns cpu --sort-by cpu --limit 2 --fail-if cpu>=2")
    assert result.out == "CONTEXT   NAME   CPU(cores)\nprod-a    n      3000m\ndev       n      2000m\n"
    assert (result.code, result.err) == (3, "1 more row is not shown\n--fail-if: 2 rows matched: prod-a/n, dev/n\n")


def test_where_and_sum_know_the_context(run: Run, three: Clusters) -> None:
    result = run("top cluster --all-contexts --columns cpu,cpu% --where context~^prod --sum")
    assert result.out == (
        "CONTEXT   CPU(cores)   CPU(%)\n"
        "prod-b    1000m        25%\n"
        "prod-a    3000m        75%\n"
        "          ________     ________\n"
        "          4000m        50%\n"
    )
    wide = run("top cluster --all-contexts -o wide --sum --where context~^prod").out.splitlines()
    cpu = [row.split() for row in wide if " cpu " in row]
    assert [row[:3] for row in cpu[:2]] == [["prod-b", "cpu", "1000m"], ["prod-a", "cpu", "3000m"]]
    assert cpu[2][:3] == ["cpu", "4000m", "50%"]


def test_the_context_is_a_key_like_any_other(run: Run, three: Clusters) -> None:
    three.apis["dev"].nodes(node("n", labels={"topology.kubernetes.io/zone": "z"}), node("m"))
    assert run("top nodes --all-contexts --by context --columns nodes").out == (
        "CONTEXT   NODES\nprod-b    1/1\ndev       1/2\nprod-a    1/1\n"
    )
    by_zone = "CONTEXT   ZONE     NODES\nprod-b    <none>   1/1\ndev       <none>   0/1\ndev       z        1/1\n"
    assert run("top nodes --all-contexts --by zone --columns nodes --limit 3").out == by_zone
    assert run("top nodes --all-contexts --by context,zone --columns nodes --limit 3").out == by_zone
    assert run("top nodes --context dev --by context --columns nodes").out == "CONTEXT   NODES\ndev       1/2\n"


def test_nodes_without_usage_stand_last_in_their_cluster(run: Run, three: Clusters) -> None:
    three.apis["dev"].nodes(node("a"), node("n"))
    rows = run("top nodes --all-contexts --no-headers").out.splitlines()
    assert [tuple(row.split()[:2]) for row in rows] == [("prod-b", "n"), ("dev", "n"), ("dev", "a"), ("prod-a", "n")]


def test_names_markdown_csv_and_metrics_have_the_context(run: Run, three: Clusters) -> None:
    flags = "--context prod-* --columns cpu"
    assert run(f"top nodes {flags} -o name").out == "prod-b\tnode/n\nprod-a\tnode/n\n"
    assert run(f"top cluster {flags} -o name").out == "cluster/prod-b\ncluster/prod-a\n"
    assert run(f"top nodes {flags} -o markdown").out.splitlines()[2] == "| prod-b    | n      | 1000m        |"
    assert run(f"top nodes {flags} -o csv").out.splitlines()[1:] == [
        "prod-b,n,1000000000",
        "prod-a,n,3000000000",
    ]
    metrics = run(f"top nodes {flags} -o prometheus --by context").out
    assert 'c3s_node_group_cpu_usage_cores{context="prod-a"} 3.000000000' in metrics


def test_pods_and_their_containers_are_of_a_context_and_a_namespace(run: Run, three: Clusters) -> None:
    for name, api in three.apis.items():
        api.pod_metrics(pod_metrics(f"ns-{name}", "p", ("app", "1", "1Gi")))
    assert run("top pods -A --context prod-* --containers --columns cpu").out == (
        "CONTEXT   NAMESPACE   POD   NAME   CPU(cores)\n"
        "prod-b    ns-prod-b   p     app    1000m\n"
        "prod-a    ns-prod-a   p     app    1000m\n"
    )


def test_nothing_found_names_the_namespace_only_if_it_is_one(run: Run, three: Clusters) -> None:
    for api in three.apis.values():
        api.pod_metrics(namespace="default")
        api.pods(namespace="default")
    assert run("top pods --all-contexts").err == "No resources found in default namespace.\n"


def test_a_name_is_looked_for_everywhere(run: Run, three: Clusters) -> None:
    missing = status(404, "NotFound", 'nodemetrics.metrics.k8s.io "n" not found')
    for name, api in three.apis.items():
        found = name == "dev"
        measured, known = api.routes[NODE_METRICS], api.routes["/api/v1/nodes"]
        assert isinstance(measured, Reply)
        assert isinstance(known, Reply)
        api.routes[f"{NODE_METRICS}/n"] = Reply(measured.body["items"][0]) if found else missing
        api.routes["/api/v1/nodes/n"] = Reply(known.body["items"][0]) if found else missing
    assert run("top nodes n --all-contexts --columns cpu") == (
        0,
        "CONTEXT   NAME   CPU(cores)\ndev       n      2000m\n",
        "",
    )
    assert run("top nodes n --context prod-*") == (
        1,
        "",
        'Error from server (NotFound): nodemetrics.metrics.k8s.io "n" not found\n',
    )


# --- how they are read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flag", "most"), [("--parallel 2", 2), ("--parallel 6", 6)])
def test_no_more_clusters_are_read_at_once_than_allowed(
    run: Run, clusters: Clusters, config: Any, flag: str, most: int
) -> None:
    lock = threading.Lock()
    now, seen = 0, 0

    def slow(answer: Reply, _request: Request) -> Reply:
        nonlocal now, seen
        with lock:
            now += 1
            seen = max(seen, now)
        eventually(lambda: seen >= most)
        time.sleep(0.05)
        with lock:
            now -= 1
        return answer

    for number in range(6):
        api = clusters(f"c{number}")
        answer = api.routes[NODE_METRICS]
        assert isinstance(answer, Reply)
        api.routes[NODE_METRICS] = partial(slow, answer)
    config(clusters.urls)
    assert run(f"top nodes --all-contexts {flag}").out.count("\n") == 7
    assert seen == most


def test_contexts_of_the_same_cluster_and_user_are_read_and_counted_once(
    run: Run, three: Clusters, config: Any, tmp_path: Path
) -> None:
    path = config(three.urls)
    document = json.loads(path.read_text())
    document["contexts"] += [
        {"name": "dev-web", "context": {"cluster": "dev", "user": "dev", "namespace": "web"}},
        {"name": "dev-db", "context": {"cluster": "dev", "user": "dev", "namespace": "db"}},
    ]
    path.write_text(json.dumps(document))
    result = run("top cluster --all-contexts --columns nodes --sum")
    assert [row.split() for row in result.out.splitlines()[1:4]] == [
        ["prod-b", "1/1"],
        ["dev", "1/1"],
        ["prod-a", "1/1"],
    ]
    assert result.out.split()[-1] == "3/3"
    assert (result.code, result.err) == (0, "the same cluster and user as dev, shown once: dev-web, dev-db\n")
    assert three.apis["dev"].paths().count(NODE_METRICS) == 1
    # Pods of different namespaces are different rows.
    for namespace in ("web", "db"):
        three.apis["dev"].pod_metrics(pod_metrics(namespace, "p", ("app", "1", "1Gi")), namespace=namespace)
    assert run("top pods --context dev-web,dev-db -o name") == (0, "dev-web\tpod/p\ndev-db\tpod/p\n", "")
    for_all = run("top pods --context dev-web,dev-db -n web -o name")
    assert for_all == (0, "dev-web\tpod/p\n", "the same cluster and user as dev-web, shown once: dev-db\n")


@pytest.mark.process
def test_each_cluster_gets_its_own_credentials_and_a_plugin_runs_once_for_each_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    from tests.authority import server_context, write_files  # noqa: PLC0415  one test only

    files = write_files(tmp_path)
    ran = tmp_path / "ran"
    plugin = tmp_path / "plugin"
    plugin.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"open({str(ran)!r}, 'a').write(sys.argv[1] + '\\n')\n"
        "status = {'token': 'of-' + sys.argv[1]}\n"
        "version = 'client.authentication.k8s.io/v1'\n"
        "print(json.dumps({'apiVersion': version, 'kind': 'ExecCredential', 'status': status}))\n"
    )
    plugin.chmod(0o755)

    def by_plugin(who: str) -> dict[str, Any]:
        return {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": str(plugin),
                "args": [who],
                "interactiveMode": "Never",
            }
        }

    users = {"a": by_plugin("x"), "b": by_plugin("x"), "c": by_plugin("y"), "d": {"token": "own"}}
    with ExitStack() as stack:
        apis = {name: stack.enter_context(FakeApi(server_context())) for name in users}
        for name, api in apis.items():
            api.nodes(node(name))
            api.node_metrics({"metadata": {"name": name}, "timestamp": "2026-03-02T09:29:50Z", "usage": {}})
        path = kubeconfig(tmp_path / "config", {name: api.url for name, api in apis.items()}, **users)
        document = json.loads(path.read_text())
        for each in document["clusters"]:
            each["cluster"]["certificate-authority"] = files["ca.crt"]
        path.write_text(json.dumps(document))
        monkeypatch.setenv("KUBECONFIG", str(path))
        result = run("top nodes --all-contexts -o name")
        assert result == (0, "".join(f"{name}\tnode/{name}\n" for name in users), "")
        sent = {name: {request.header("Authorization") for request in api.requests} for name, api in apis.items()}
    assert sent == {"a": {"Bearer of-x"}, "b": {"Bearer of-x"}, "c": {"Bearer of-y"}, "d": {"Bearer own"}}
    assert sorted(ran.read_text().split()) == ["x", "y"]


@pytest.mark.process
def test_a_plugin_that_fails_fails_once_for_all_who_need_it(
    run: Run, three: Clusters, config: Any, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    plugin = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "sh",
            "args": ["-c", f"echo ran >> {ran}; echo log in first >&2; exit 1"],
            "interactiveMode": "Never",
        }
    }
    secure = {name: f"https{url[4:]}" for name, url in three.urls.items()} | {"dev": three.urls["dev"]}
    config(secure, **{"prod-a": plugin, "prod-b": plugin})
    result = run("top nodes --all-contexts -o name")
    assert (result.code, result.out) == (5, "dev\tnode/n\n")
    why = "Unable to connect to the server: getting credentials: exec: executable sh failed with exit code 1"
    assert result.err == "".join(f"warning: {name}: {why}; hint: log in first\n" for name in ("prod-b", "prod-a"))
    assert ran.read_text() == "ran\n"


@pytest.mark.process
def test_two_plugins_that_fail_at_once_are_told_apart(run: Run, three: Clusters, config: Any) -> None:
    users = {
        name: {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": "sh",
                "args": ["-c", f"sleep {pause}; echo ask {name} >&2; exit 1"],
                "interactiveMode": "Never",
            }
        }
        for name, pause in (("prod-a", 0.1), ("prod-b", 0.4))
    }
    config({name: f"https{url[4:]}" for name, url in three.urls.items() if name != "dev"}, **users)
    result = run("top nodes --all-contexts")
    assert [line.rpartition("hint: ")[2] for line in result.err.splitlines()[1:]] == ["ask prod-b", "ask prod-a"]


def test_a_context_that_cannot_be_resolved_is_a_failure_of_its_own(run: Run, three: Clusters, config: Any) -> None:
    config({**three.urls, "broken": ""})
    result = run("top nodes --all-contexts -o name")
    assert (result.code, result.out.count("\n")) == (5, 3)
    assert result.err == (
        'warning: broken: no server is known for context "broken"; '
        "hint: its cluster is missing from the kubeconfig; add it, or use --server\n"
    )


# --- on a terminal -------------------------------------------------------------------------------------------


@pytest.mark.process
def test_a_terminal_shows_how_many_have_answered_until_all_have(three: Clusters) -> None:
    answer = three.apis["dev"].routes[NODE_METRICS]
    main, other = pty.openpty()
    said = b""

    def late(_request: Request) -> Reply:
        nonlocal said
        while b"2 of 3" not in said:
            said += os.read(main, 4096)
        assert isinstance(answer, Reply)
        return answer

    three.apis["dev"].routes[NODE_METRICS] = late
    words = [sys.executable, "-m", "c3s_cli", "top", "nodes", "--all-contexts", "--request-timeout", "600s"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=other, text=True) as process:
        out, _ = process.communicate()
    os.close(other)
    try:
        while piece := os.read(main, 4096):
            said += piece
    except OSError:
        pass  # the end, as Linux says it
    os.close(main)
    assert (process.returncode, out) == (0, TABLE)
    shown = said.decode().split("\r\x1b[K")
    assert shown[0] == shown[-1] == ""
    counts = [line for line in shown[1:-1] if line != "computing …"]
    assert set(counts) <= {f"reading clusters … {number} of 3" for number in range(3)}
    assert counts[-1] == "reading clusters … 2 of 3"


@pytest.mark.slow
def test_without_a_terminal_nothing_is_said_of_the_progress(run: Run, three: Clusters) -> None:
    answer = three.apis["dev"].routes[NODE_METRICS]

    def late(_request: Request) -> Reply:
        time.sleep(1.2)
        assert isinstance(answer, Reply)
        return answer

    three.apis["dev"].routes[NODE_METRICS] = late
    assert run("top nodes --all-contexts") == (0, TABLE, "")


def test_pods_of_several_clusters_keep_their_facts(run: Run, three: Clusters) -> None:
    for name, api in three.apis.items():
        api.pod_metrics(pod_metrics("ns", "p", ("app", "1", "1Gi")))
        api.pods(pod("ns", "p", requests={"cpu": str(len(name))}))
    assert run("top pods -A --all-contexts --columns cpu.requests --sum").out == (
        "CONTEXT   NAMESPACE   NAME   CPU-REQUESTS\n"
        "prod-b    ns          p      6000m\n"
        "dev       ns          p      3000m\n"
        "prod-a    ns          p      6000m\n"
        "                             ________\n"
        "                             15000m\n"
    )


def test_what_the_system_trusts_is_loaded_once_for_all_clusters(
    run: Run, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ssl  # noqa: PLC0415  one test only

    from c3s_cli.kube import tls  # noqa: PLC0415
    from tests.authority import server_context  # noqa: PLC0415

    loaded: list[object] = []
    create = ssl.create_default_context

    def counting(**how: Any) -> ssl.SSLContext:
        loaded.append(how)
        return create(**how)

    tls._loaded.cache_clear()  # noqa: SLF001  what is counted
    monkeypatch.setattr(ssl, "create_default_context", counting)
    with FakeApi(server_context()) as api:
        config(dict.fromkeys("abcd", api.url), **{name: {"token": name} for name in "abcd"})
        result = run("top nodes --all-contexts")
    assert (result.code, result.err.count("certificate signed by unknown authority")) == (1, 4)
    assert loaded == [{"cafile": None, "cadata": None}]


@pytest.mark.process
def test_one_more_context_costs_little(tmp_path: Path) -> None:
    """CPU, not time: what the process spends on 40 of 200 contexts is less than three times that of one of them."""
    import resource  # noqa: PLC0415  one test only

    with FakeApi() as api:
        api.nodes(node("n"))
        api.node_metrics(node_metrics("n"))
        users = {f"c{number:03}": {"as": f"u{number}"} for number in range(200)}
        path = kubeconfig(tmp_path / "config", dict.fromkeys(users, api.url), **users)

        def spent(contexts: str) -> float:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            words = ["top", "nodes", "--context", contexts, "--kubeconfig", str(path), "-o", "name"]
            done = subprocess.run([sys.executable, "-m", "c3s_cli", *words], capture_output=True, text=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert done.stdout.count("\n") == (40 if "*" in contexts else 1)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        # Whatever else the machine does can only make it more.
        assert any(spent("c00*,c01*,c02*,c03*") < 3 * spent("c000") for _ in range(5))
