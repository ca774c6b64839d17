"""Reading a cluster: requests, and strange, wrong or missing answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request, node, node_metrics, pod, pod_metrics, status

RECORDED = Path(__file__).parents[1] / "recorded"


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def wrapped(name: str) -> Reply:
    """Return a recorded error answer unchanged."""
    told = recorded(name)
    return Reply(told["body"], told["status"], told["headers"]["Content-Type"])


# --- what is asked for ----------------------------------------------------------------------------------------


def test_plain_readings_request_no_more_than_they_need(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    api.pod_metrics(pod_metrics("default", "p", ("app", "1m", "1Mi")), namespace="default")
    api.routes["/api/v1/pods"] = Reply({"metadata": {"remainingItemCount": 41}, "items": [pod("a", "b")]})
    metrics = "/apis/metrics.k8s.io/v1beta1"
    for words, paths in {
        "top nodes": [f"{metrics}/nodes", "/api/v1/nodes"],
        "top pods": [f"{metrics}/namespaces/default/pods"],
        "top cluster": [f"{metrics}/nodes", "/api/v1/nodes", "/api/v1/pods"],
    }.items():
        api.requests.clear()
        assert run(f"{words} --server {api.url}").code == 0
        assert sorted(api.paths()) == sorted(paths)
    (count,) = [request for request in api.requests if request.path == "/api/v1/pods"]
    assert count.query == [("limit", "1")]
    assert run(f"top cluster --no-headers --server {api.url}").out.split()[1:3] == ["1/1", "42"]


def test_selectors_are_sent_as_kubectl_sends_them(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    run("top", "nodes", "-l", "b=1,a in (y,x)", "--server", api.url)
    assert [request.query for request in api.requests] == [[("labelSelector", "a in (x,y),b=1")]] * 2


def test_a_name_stays_one_segment_of_the_path(run: Run, api: FakeApi) -> None:
    run("top", "pods", "-n", "x y", "b?c#d", "--server", api.url)
    assert api.requests[0].path == "/apis/metrics.k8s.io/v1beta1/namespaces/x%20y/pods/b%3Fc%23d"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pods", "-n", "..", ".."), """invalid namespace "..": [may not be '..']"""),
        (("pods", "-n", "a/b"), """invalid namespace "a/b": [may not contain '/']"""),
        (("pods", "../x%2f"), """invalid resource name "../x%2f": [may not contain '/' may not contain '%']"""),
        (("nodes", "."), """invalid resource name ".": [may not be '.']"""),
    ],
)
def test_a_name_that_changes_the_path_is_refused(run: Run, api: FakeApi, words: tuple[str, ...], said: str) -> None:
    result = run("top", *words, "--server", api.url)
    assert (result.code, result.out, result.err) == (2, "", f"error: {said}\n")
    assert api.requests == []


def test_another_version_is_found_by_discovery_after_a_404(run: Run, api: FakeApi) -> None:
    group = "/apis/metrics.k8s.io"
    api.routes[group] = Reply({"versions": [{"version": "v1"}, {"version": "v1beta1"}]})
    api.routes[f"{group}/v1/nodes"] = Reply({"metadata": {}, "items": [node_metrics("a")]})
    api.nodes(node("a"))
    result = run(f"top nodes -o json --server {api.url}")
    assert json.loads(result.out)["source"] == "metrics.k8s.io/v1"


def test_pages_are_read_to_the_end(run: Run, api: FakeApi) -> None:
    pages = {"": ("one", "t1"), "t1": ("two", "t2"), "t2": ("three", "")}

    def answer(request: Request) -> Reply:
        name, onward = pages[dict(request.query).get("continue", "")]
        return Reply({"metadata": {"continue": onward}, "items": [pod("default", name, requests={"cpu": "100m"})]})

    api.pod_metrics(namespace="default")
    api.routes["/api/v1/namespaces/default/pods"] = answer
    result = run(f"top pods -o json --columns cpu.requests --server {api.url}")
    assert [item["name"] for item in json.loads(result.out)["items"]] == ["one", "three", "two"]


@pytest.mark.parametrize("times", [1, 2])
def test_an_expired_list_starts_over_once_and_mixes_nothing(run: Run, api: FakeApi, times: int) -> None:
    expired: list[Request] = []

    def answer(request: Request) -> Reply:
        if "continue" in dict(request.query) and len(expired) < times:
            expired.append(request)
            return wrapped("err-410-expired-continue")
        first = "continue" not in dict(request.query)
        name = f"{'old' if not expired else 'new'}-{1 if first else 2}"
        return Reply({"metadata": {"continue": "more" if first else ""}, "items": [pod("default", name)]})

    api.pod_metrics(pod_metrics("default", "new-1", ("app", "1m", "1Mi")), namespace="default")
    api.routes["/api/v1/namespaces/default/pods"] = answer
    result = run(f"top pods -o json --columns node --server {api.url}")
    if times == 1:
        assert [item["name"] for item in json.loads(result.out)["items"]] == ["new-1", "new-2"]
    else:
        assert result.err.startswith("warning: pods could not be read: Error from server (Expired): The provided")
        assert result.code == 5


# --- what is made of it ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_recorded_answers_are_read_by_the_same_code(run: Run, api: FakeApi) -> None:
    api.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = Reply(recorded("nodemetrics-list"))
    api.routes["/api/v1/nodes"] = Reply(recorded("nodes-list"))
    api.routes["/apis/metrics.k8s.io/v1beta1/pods"] = Reply(recorded("podmetrics-list"))
    api.routes["/api/v1/pods"] = Reply({**recorded("pods-list"), "metadata": {}})
    nodes = json.loads(run(f"top nodes -o json --columns all --server {api.url}").out)
    raw = {item["metadata"]["name"]: item for item in recorded("nodes-list")["items"]}
    for item in nodes["items"]:
        if item["name"] in raw:
            assert item["version"] == raw[item["name"]]["status"]["nodeInfo"]["kubeletVersion"]
            assert item["instanceType"] == raw[item["name"]]["metadata"]["labels"]["node.kubernetes.io/instance-type"]
    assert nodes["failures"] == []
    pods = json.loads(run(f"top pods -A -o json --columns all --server {api.url}").out)
    measured = [item for item in pods["items"] if item["cpu"]["usage"] is not None]
    raw_pods = recorded("podmetrics-list")["items"]
    assert sorted(item["cpu"]["usage"] for item in measured) == sorted(
        sum(int(container["usage"]["cpu"].removesuffix("n")) for container in raw["containers"]) for raw in raw_pods
    )


def test_nodes_without_metrics_and_metrics_without_nodes(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("gone", "5m", "5Mi"), node_metrics("node-a", "123456789n", "1Gi"))
    api.nodes(node("node-z"), node("node-a"), node("node-y"))
    assert run(f"top nodes --server {api.url}").out == (
        "NAME     CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)\n"
        "gone     5m           <unknown>   5Mi             <unknown>\n"
        "node-a   124m         3%          1024Mi          12%\n"
        "node-y   <unknown>    <unknown>   <unknown>       <unknown>\n"
        "node-z   <unknown>    <unknown>   <unknown>       <unknown>\n"
    )


def test_unknown_is_unknown_and_never_zero(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a", "-", "1Gi"), node_metrics("b", None, 1048576), node_metrics("c", 0.25, "12x"))
    api.nodes(node("a"), node("b"), node("c"))
    result = run(f"top nodes --no-headers --server {api.url}")
    assert [line.split() for line in result.out.splitlines()] == [
        ["a", "<unknown>", "<unknown>", "1024Mi", "12%"],
        ["b", "<unknown>", "<unknown>", "1Mi", "0%"],
        ["c", "250m", "6%", "<unknown>", "<unknown>"],
    ]
    assert (result.code, result.err) == (5, "warning: node c: memory '12x' is not a quantity\n")
    document = json.loads(run(f"top nodes -o json --server {api.url}").out)
    assert document["items"][0]["cpu"] == {"usage": None, "usagePercentOfAllocatable": None}
    assert document["totals"]["cpu"]["usage"] == 250_000_000
    assert document["failures"] == [
        {
            "context": api.url.removeprefix("http://"),
            "source": "quantity",
            "message": "node c: memory '12x' is not a quantity",
        }
    ]


def test_a_node_with_nothing_allocatable(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a", "0", "0"))
    assert run(f"top nodes --no-headers --server {api.url}").out.split() == ["a", "1000m", "0%", "1024Mi", "0%"]


def test_nothing_found_is_reported_with_exit_code_0(run: Run, api: FakeApi) -> None:
    api.pod_metrics(namespace="default")
    api.pods(namespace="default")
    assert run(f"top pods --server {api.url}") == (0, "", "No resources found in default namespace.\n")
    result = run(f"top pods -o json --server {api.url}")
    assert (result.code, json.loads(result.out)["items"]) == (0, [])
    api.pod_metrics()
    api.pods()
    assert run(f"top pods -A --server {api.url}") == (0, "", "No resources found\n")


def test_young_pods_and_pods_that_should_have_metrics(run: Run, api: FakeApi) -> None:
    api.pod_metrics(namespace="default")
    api.pods(pod("default", "young", created="2026-03-02T09:29:00Z"), namespace="default")
    assert run(f"top pods --server {api.url}") == (1, "", "error: metrics not available yet\n")
    api.pods(pod("default", "alpha", created="2026-03-02T08:29:00Z"), namespace="default")
    said = "error: Metrics not available for pod default/alpha, age: 1h1m0s\n"
    assert run(f"top pods --server {api.url}") == (1, "", said)
    hint = "hint: --pending instead of the selector shows the pods that wait, and why\n"
    assert run(f"top pods --field-selector status.phase=Pending --server {api.url}").err == said + hint
    hint = "hint: --where 'phase!=Failed' instead of the selector shows pods without metrics\n"
    assert run(f"top pods --field-selector status.phase!=Failed --server {api.url}").err == said + hint
    assert run(f"top pods --field-selector metadata.name=alpha --server {api.url}").err == said


def test_field_selectors_work_on_every_server(run: Run, api: FakeApi) -> None:
    api.pod_metrics(
        pod_metrics("default", "here", ("app", "1m", "1Mi")),
        pod_metrics("default", "there", ("app", "2m", "2Mi")),
        namespace="default",
    )
    api.pods(pod("default", "here"), namespace="default")
    result = run(f"top pods --no-headers --field-selector spec.nodeName=a --server {api.url}")
    assert result.out.split() == ["here", "1m", "1Mi"]
    queries = {request.path: dict(request.query) for request in api.requests}
    assert "fieldSelector" not in queries["/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"]
    assert queries["/api/v1/namespaces/default/pods"]["fieldSelector"] == "spec.nodeName=a"


def test_permissions_in_one_namespace_are_enough_for_its_pods(run: Run, api: FakeApi) -> None:
    api.pod_metrics(pod_metrics("default", "p", ("app", "100m", "1Mi")), namespace="default")
    api.pods(pod("default", "p", requests={"cpu": "200m"}), namespace="default")
    api.routes["/api/v1/nodes"] = wrapped("err-403-nodes")
    api.routes["/apis/apps/v1/namespaces/default/replicasets"] = Reply({"items": []})
    api.routes["/apis/batch/v1/namespaces/default/jobs"] = Reply({"items": []})
    result = run(f"top pods --columns cpu,cpu.requests,pool --no-headers --server {api.url}")
    assert (result.code, result.out.split()) == (5, ["p", "100m", "200m", "<unknown>"])
    assert result.err.count("\n") == 1
    assert 'cannot list resource "nodes"' in result.err


def test_ties_are_broken_by_name(run: Run, api: FakeApi) -> None:
    pods = [pod_metrics(space, f"p{number}", ("app", "5m", "5Mi")) for number in range(9, -1, -1) for space in "ba"]
    api.pod_metrics(*pods)
    lines = run(f"top pods -A --no-headers --sort-by cpu --server {api.url}").out.splitlines()
    assert [line.split()[:2] for line in lines] == [[space, f"p{number}"] for space in "ab" for number in range(10)]


def test_no_name_can_send_control_characters_to_a_terminal(run: Run, api: FakeApi) -> None:
    evil = "a\x1b[2J\u202e\x9b\x07\r\n=cmd"
    api.node_metrics(node_metrics(evil))
    api.nodes(node(evil, labels={"pool": evil}))
    for words in ("", "-o wide", "-o csv", "-o tsv", "-o name", "-o yaml", "-o json", "-o markdown", "-o prometheus"):
        result = run("top", "nodes", *words.split(), "--columns", 'default,labels["pool"]', "--server", api.url)
        assert not [letter for letter in result.out + result.err if not (letter.isprintable() or letter in "\n\t")], (
            words
        )
    api.routes["/api/v1/nodes"] = status(403, "Forbidden", f"no {evil}")
    refused = run(f"top nodes --server {api.url}")
    assert "\x1b" not in refused.err
    assert "\\x1b[2J" in refused.err


# --- errors, in kubectl's words -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("metrics", wrapped("err-403-nodemetrics"), "error: nodes.metrics.k8s.io is forbidden: User"),
        ("nodes", wrapped("err-403-nodes"), "Error from server (Forbidden): nodes is forbidden: User"),
        ("nodes", wrapped("err-401-bad-token"), "error: You must be logged in to the server (Unauthorized)\n"),
        ("metrics", wrapped("err-503-metrics-unavailable"), "Error from server (ServiceUnavailable): the"),
        ("metrics", wrapped("err-404-metrics-missing"), "error: Metrics API not available\n"),
        ("metrics", Reply({"items": []}), "error: metrics not available yet\n"),
        ("metrics", Reply({"items": None}), "error: metrics not available yet\n"),
        ("nodes", Reply("<html>log in</html>", 200, "text/html"), "error: the server sent text/html, not JSON\nhint:"),
        ("nodes", Reply('{"items": [', 200), "error: the server's answer for nodes is not valid: "),
        ("nodes", Reply("[" * 100_000, 200), "error: the server's answer for nodes is not valid: "),
        ("nodes", Reply({"items": 7}), "error: the server's answer for nodes is not valid: Expected"),
        ("nodes", Reply({"items": []}, fault="cut"), "Unable to connect to the server: unexpected EOF\n"),
        ("nodes", Reply({}, fault="reset"), "Unable to connect to the server: the connection to 127.0.0.1:"),
        ("nodes", Reply({}, 302, headers={"Location": "/elsewhere"}), "Error from server: "),
    ],
)  # fmt: skip
def test_failures_go_to_stderr_and_stdout_stays_empty(
    run: Run, api: FakeApi, path: str, answer: Reply, said: str
) -> None:
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    api.routes["/elsewhere"] = Reply({"items": []})
    api.routes["/apis/metrics.k8s.io/v1beta1/nodes" if path == "metrics" else "/api/v1/nodes"] = answer
    result = run(f"top nodes --server {api.url}")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(said.replace("error: nodes.metrics", "Error from server (Forbidden): nodes.metrics"))
    assert "/elsewhere" not in api.paths()
    assert result.err.count("\n") <= 2
    assert "Traceback" not in result.err


def test_a_refused_connection(run: Run) -> None:
    result = run("top nodes --server http://127.0.0.1:1")
    assert (result.code, result.out) == (1, "")
    said = "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n"
    assert result.err == said


def test_without_a_cluster_the_hint_names_the_ways_to_one(run: Run) -> None:
    result = run("top nodes")
    assert result.code == 1
    assert all(way in result.err for way in ("kubeconfig", "service account", "--server", "--demo"))


def test_huge_numbers_are_rejected_quickly(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a", "1e999999", "9" * 1000))
    api.nodes(node("a"))
    result = run(f"top nodes --no-headers --server {api.url}")
    assert (result.code, result.out.split()) == (5, ["a", *["<unknown>"] * 4])


def test_a_watch_outlives_a_failure(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"))
    answers = [
        Reply({"items": [node_metrics("a")]}),
        status(500, "InternalError", "broken"),
        Reply({"items": [node_metrics("a")]}),
    ]
    api.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = lambda _request: answers.pop(0)
    result = run(f"watch nodes --count 3 -i 0.01 --no-headers --server {api.url}")
    assert (result.code, result.out.count("1000m"), result.err) == (0, 2, "Error from server (InternalError): broken\n")


def test_a_cluster_prints_what_could_be_read(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    api.routes["/api/v1/pods"] = wrapped("err-403-pods-all")
    result = run(f"top cluster --no-headers --server {api.url}")
    assert (result.code, result.out.split()[1:3]) == (5, ["1/1", "<unknown>"])
    assert result.err.startswith(
        "warning: pod count could not be read: Error from server (Forbidden): pods is forbidden"
    )


def test_a_percentage_of_limits_needs_everything_limited(run: Run, api: FakeApi) -> None:
    limited: dict[str, Any] = {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}
    api.pod_metrics(
        pod_metrics("default", "free", ("app", "900m", "1Mi")),
        pod_metrics("default", "tied", ("app", "500m", "1Mi")),
        namespace="default",
    )
    api.pods(pod("default", "free"), pod("default", "tied", **limited), namespace="default")
    columns = "--no-headers --columns cpu.limits,cpu.usagePercentOfLimits"
    lines = run(f"top pods {columns} --server {api.url}").out.splitlines()
    assert [line.split() for line in lines] == [["free", "<none>", "<none>"], ["tied", "1000m", "50%"]]
    assert run(f"top pods --by namespace {columns} --server {api.url}").out.split() == ["default", "1000m", "<none>"]
    where = "--where 'name = tied'"
    assert run(f"top pods --by namespace {where} {columns} --server {api.url}").out.split()[-1] == "50%"
