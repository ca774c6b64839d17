"""`c3s doctor`: what it finds, in a healthy cluster, in each recorded failure, and before there is a cluster at all.

The file is long because each finding has its whole output here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import AT, Run
from tests.fleets import kubeconfig
from tests.servers import FakeApi, Reply, Request, node, node_metrics, status

RECORDED = Path(__file__).parents[1] / "recorded"
GROUP = "/apis/metrics.k8s.io"
METRICS = f"{GROUP}/v1beta1"
REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
SERVICE = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
INSTALL = "install metrics-server: https://github.com/kubernetes-sigs/metrics-server"
NOBODY = "nobody is logged in: the kubeconfig's user has no credentials that the server accepts"
LOGS = "kubectl --context c -n kube-system logs deployment/metrics-server"


class Found(NamedTuple):
    """A finding, as the JSON has it."""

    check: str
    result: str
    finding: str
    hint: str


Doctor = Callable[..., tuple[int, list[Found]]]


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def answer(name: str) -> tuple[str, Reply]:
    """Return the path and the answer of a recorded failure."""
    record = recorded(name)
    path = record["request"].split()[1].partition("?")[0]
    # The seconds that the server asks for would only be waited for.
    return path, Reply(record["body"], record["status"], record["headers"]["Content-Type"])


def allowing(*denied: str) -> Callable[[Request], Reply]:
    """Return a route that allows everything but some rights, written as `list nodes.metrics.k8s.io ns`."""

    def review(request: Request) -> Reply:
        asked = request.body["spec"]["resourceAttributes"]
        resource = f"{asked['resource']}.{asked['group']}".rstrip(".")
        words = f"{asked['verb']} {resource} {asked.get('namespace', '')}".rstrip()
        return Reply({**request.body, "status": {"allowed": words not in denied}}, 201)

    return review


@pytest.fixture
def cluster(api: FakeApi) -> FakeApi:
    """Give a cluster with which all is well."""
    api.nodes(node("a"), node("b"))
    api.node_metrics(node_metrics("a"), node_metrics("b"))
    api.pods()
    api.pods(namespace="default")
    api.pod_metrics(namespace="default")
    api.routes |= {
        "/version": Reply(recorded("version")),
        GROUP: Reply(recorded("apigroup-metrics")),
        METRICS: Reply(recorded("apiresourcelist-metrics")),
        SERVICE: Reply(recorded("apiservice-metrics-available")),
        REVIEWS: Reply({"status": {"userInfo": {"username": "jane", "groups": ["ops"]}}}, 201),
        ACCESS: allowing(),
    }
    return api


@pytest.fixture
def doctor(run: Run, cluster: FakeApi, tmp_path: Path) -> Doctor:
    """Examine the cluster; return the exit code and what is not ok."""
    path = kubeconfig(tmp_path / "config", {"c": cluster.url})

    def examine(flags: str = "") -> tuple[int, list[Found]]:
        result = run(f"doctor -o json --kubeconfig {path} {flags}")
        assert result.err == ""
        findings = [Found(**each) for each in json.loads(result.out)["items"]]
        return result.code, [each for each in findings if each.result != "ok"]

    return examine


# --- health ---------------------------------------------------------------------------------------------------


def test_where_all_is_well_every_check_is_ok(run: Run, cluster: FakeApi, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", {"c": cluster.url})
    result = run(f"doctor --kubeconfig {path}")
    lines = result.out.splitlines()
    milliseconds = lines[3].split(" answers in ")[1].split()[0]
    assert lines == [
        "CHECK            RESULT   FINDING",
        f"kubeconfig       ok       {path}: context c, server {cluster.url}",
        "credentials      ok       none: nothing secret is sent over plain HTTP",
        f"api server       ok       {cluster.url} answers in {milliseconds} ms: v1.36.2",
        "identity         ok       jane (ops)",
        "rights           ok       all 14 that c3s may need, in namespace default and in all",
        "metrics API      ok       metrics.k8s.io/v1beta1 is registered",
        "metrics server   ok       kube-system/metrics-server answers",
        "node metrics     ok       the newest figures are 10s old",
        "nodes            ok       all 2 report usage",
    ]
    assert (result.code, result.err) == (0, "")


def test_the_demo_has_one_node_that_does_not_report(run: Run) -> None:
    result = run(f"doctor --demo-at {AT}")
    assert result.code == 1
    assert result.out.splitlines()[-2:] == [
        "nodes            broken   1 of 10 without usage: spot-2",
        " " * 26 + "hint: metrics-server cannot read their kubelets: kubectl -n kube-system logs "
        "deployment/metrics-server",
    ]


def test_questions_are_the_only_thing_that_is_sent(doctor: Doctor, cluster: FakeApi) -> None:
    doctor()
    sent = [request for request in cluster.requests if request.body is not None]
    assert {request.path for request in sent} == {REVIEWS, ACCESS}
    asked = [request.body["spec"]["resourceAttributes"] for request in sent if request.path == ACCESS]
    assert len(asked) == 14
    assert {(each["verb"], each["group"], each["resource"], each.get("namespace", "")) for each in asked} == {
        *(("list", group, "nodes", "") for group in ("", "metrics.k8s.io")),
        *(("get", group, "nodes", "") for group in ("", "metrics.k8s.io")),
        *(("get", group, "pods", "default") for group in ("", "metrics.k8s.io")),
        *(
            ("list", group, resource, namespace)
            for namespace in ("default", "")
            for group, resource in (
                ("", "pods"),
                ("metrics.k8s.io", "pods"),
                ("apps", "replicasets"),
                ("batch", "jobs"),
            )
        ),
    }


# --- the recorded failures ------------------------------------------------------------------------------------

CASES = {
    "err-401-bad-token": (
        "/version",
        [
            Found(
                "credentials",
                "broken",
                "You must be logged in to the server (Unauthorized)",
                "the server does not know these credentials; log in again, or name another user or context",
            )
        ],
    ),
    "err-404-metrics-group-missing": (
        GROUP,
        [Found("metrics API", "broken", "metrics.k8s.io is not registered: nothing measures usage", INSTALL)],
    ),
    "err-404-metrics-missing": (
        GROUP,
        [Found("metrics API", "broken", "metrics.k8s.io is not registered: nothing measures usage", INSTALL)],
    ),
    "err-503-metrics-discovery": (
        METRICS,
        [
            Found(
                "metrics server",
                "broken",
                "Error from server (ServiceUnavailable): the server is currently unable to handle the request",
                f"kubectl --context c -n kube-system get pods -l k8s-app=metrics-server; {LOGS}",
            )
        ],
    ),
    "err-503-metrics-unavailable": (
        f"{METRICS}/nodes",
        [
            Found(
                "node metrics",
                "broken",
                "Error from server (ServiceUnavailable): the server is currently unable to handle the request "
                "(get nodes.metrics.k8s.io)",
                "kubectl --context c get apiservice v1beta1.metrics.k8s.io says why the metrics API is not available",
            )
        ],
    ),
    "err-503-metrics-just-down": (
        f"{METRICS}/nodes",
        [
            Found(
                "node metrics",
                "broken",
                "Error from server (ServiceUnavailable): the server is currently unable to handle the request "
                "(get nodes.metrics.k8s.io)",
                "kubectl --context c get apiservice v1beta1.metrics.k8s.io says why the metrics API is not available",
            )
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_cause_is_named(doctor: Doctor, cluster: FakeApi, name: str) -> None:
    path, found = CASES[name]
    _, cluster.routes[path] = answer(name)
    assert doctor() == (1, found)


# A recorded refusal of a reading: it must be found whether or not the server can be asked for rights.
READINGS = {
    "err-403-nodes": ("nodes", "broken", "list nodes"),
    "err-403-viewer-nodes": ("nodes", "broken", "list nodes"),
    "err-403-nodemetrics": ("node metrics", "broken", "list nodes.metrics.k8s.io"),
    "err-403-podmetrics-ns": ("pod metrics", "broken", "list pods.metrics.k8s.io default"),
    "err-403-pods-ns": ("pods", "warning", "list pods default"),
    "err-403-pods-all": ("all pods", "warning", "list pods"),
}


@pytest.mark.parametrize("name", READINGS)
def test_a_right_that_is_missing_is_named_with_the_commands_that_need_it(
    doctor: Doctor, cluster: FakeApi, name: str
) -> None:
    path, refusal = answer(name)
    _, result, right = READINGS[name]
    cluster.routes |= {path: refusal, ACCESS: allowing(right)}
    code, (finding,) = doctor()
    words = right.replace(" default", " in namespace default")
    in_all = " in all namespaces" if name == "err-403-pods-all" else ""
    assert (finding.check, finding.result) == ("rights", result)
    assert finding.finding.startswith(f"may not {words}{in_all}: ")
    assert finding.hint.startswith("an administrator can allow it: kubectl --context c create ")
    assert f"--verb=list --resource={right.split()[1]}, and bind it" in finding.hint
    assert code == (1 if result == "broken" else 0)


@pytest.mark.parametrize("name", READINGS)
def test_a_refusal_is_found_where_rights_cannot_be_asked_for(doctor: Doctor, cluster: FakeApi, name: str) -> None:
    path, refusal = answer(name)
    cluster.routes |= {path: refusal, ACCESS: status(403, "Forbidden", "no questions")}
    code, (unknown, finding) = doctor()
    assert unknown == (
        "rights",
        "unknown",
        "the server does not tell which the caller has: Error from server (Forbidden): no questions",
        "",
    )
    check, result, _ = READINGS[name]
    assert finding[:3] == (check, result, f"Error from server (Forbidden): {refusal.body['message']}")
    assert code == (1 if result == "broken" else 0)


def test_a_caller_without_credentials_is_nobody(doctor: Doctor, cluster: FakeApi) -> None:
    path, refusal = answer("err-403-anonymous")
    cluster.routes |= {path: refusal, REVIEWS: refusal, ACCESS: refusal}
    code, findings = doctor()
    assert code == 1
    assert findings[0] == ("identity", "broken", "system:anonymous", NOBODY)
    assert [(each.check, each.hint) for each in findings if each.result == "broken"] == [
        ("identity", NOBODY),
        ("nodes", NOBODY),
    ]


# Whatever else a server answered to a list of pods, for parameters that c3s does not send, or for a while.
OF_PODS = [
    "err-400-continue",
    "err-400-fieldselector",
    "err-400-fieldselector-syntax",
    "err-400-labelselector",
    "err-406",
    "err-410-expired-continue",
    "err-410-expired-rv",
    "err-429",
    "err-504-future-rv",
]
OF_METRICS = ["err-400-labelselector-metrics", "err-406-metrics"]


@pytest.mark.parametrize("name", OF_PODS)
def test_any_other_answer_is_repeated(doctor: Doctor, cluster: FakeApi, name: str) -> None:
    path, refusal = answer(name)
    cluster.routes[path] = refusal
    code, (finding,) = doctor()
    too_many = "the server has received too many requests"
    message = refusal.body["message"] if isinstance(refusal.body, dict) else too_many
    assert (code, finding.check, finding.result) == (1, "all pods", "broken")
    assert message.split("\n")[0][:200] in finding.finding
    assert len(finding.finding) <= 301


@pytest.mark.parametrize("name", OF_METRICS)
def test_any_other_answer_of_a_metrics_server_is_repeated(doctor: Doctor, cluster: FakeApi, name: str) -> None:
    _, refusal = answer(name)
    cluster.routes[f"{METRICS}/nodes"] = refusal
    code, (finding,) = doctor()
    assert (code, finding.check, finding.result) == (1, "node metrics", "broken")
    assert refusal.body["message"].split("\n")[0] in finding.finding


def test_a_registered_metrics_server_that_is_down_is_named_with_the_reason(doctor: Doctor, cluster: FakeApi) -> None:
    cluster.routes |= {
        SERVICE: Reply(recorded("apiservice-metrics-unavailable")),
        METRICS: answer("err-503-metrics-discovery")[1],
        f"{METRICS}/nodes": answer("err-503-metrics-unavailable")[1],
    }
    code, (finding,) = doctor()
    reason = recorded("apiservice-metrics-unavailable")["status"]["conditions"][0]
    assert finding == (
        "metrics server",
        "broken",
        f"kube-system/metrics-server is not available: FailedDiscoveryCheck: {reason['message']}",
        "kubectl --context c -n kube-system get pods, and the logs of those behind the service metrics-server",
    )
    assert code == 1


def test_who_may_not_see_the_registration_learns_the_same_from_the_metrics_server(
    doctor: Doctor, cluster: FakeApi
) -> None:
    cluster.routes |= {SERVICE: status(403, "Forbidden", "no"), METRICS: answer("err-503-metrics-discovery")[1]}
    code, (finding,) = doctor()
    assert (code, finding.check, finding.result) == (1, "metrics server", "broken")


def test_a_metrics_server_that_has_just_started_has_no_figures(doctor: Doctor, cluster: FakeApi) -> None:
    cluster.routes[f"{METRICS}/nodes"] = Reply(recorded("nodemetrics-list-empty"))
    assert doctor() == (
        1,
        [
            Found(
                "node metrics",
                "broken",
                "metrics not available yet: no node reports usage",
                f"metrics-server needs a minute after its start; after that its logs say why: {LOGS}",
            )
        ],
    )


def test_every_recorded_failure_of_a_cluster_is_tried() -> None:
    # An object that is asked for by name and is not there says nothing about the cluster.
    by_name = {
        f"err-404-{what}" for what in ("node", "pod", "podmetrics", "nodemetrics", "nodemetrics-notyet", "resource")
    }
    tried = {*CASES, *READINGS, *OF_PODS, *OF_METRICS, "err-403-anonymous"}
    assert {path.stem for path in RECORDED.glob("err-*.json")} == by_name | tried


# --- figures and nodes ----------------------------------------------------------------------------------------


def test_old_figures_are_found(doctor: Doctor, cluster: FakeApi) -> None:
    old = [{**node_metrics(name), "timestamp": "2026-03-02T09:20:00Z"} for name in ("a", "b")]
    cluster.node_metrics(*old)
    assert doctor() == (
        1,
        [
            Found(
                "node metrics",
                "broken",
                "the newest figures are 600s old",
                f"metrics-server has stopped measuring: {LOGS}",
            )
        ],
    )


def test_nodes_without_usage_are_told_apart_by_what_to_do(doctor: Doctor, cluster: FakeApi) -> None:
    new, sick = node("new"), node("sick", conditions=[{"type": "Ready", "status": "False"}])
    new["metadata"]["creationTimestamp"] = "2026-03-02T09:29:00Z"
    cluster.nodes(node("a"), node("b"), node("mute"), new, sick)
    assert doctor() == (
        1,
        [
            Found(
                "nodes",
                "broken",
                "not ready, and without usage: sick",
                "kubectl --context c describe node sick says why",
            ),
            Found(
                "nodes",
                "broken",
                "1 of 5 without usage: mute",
                f"metrics-server cannot read their kubelets: {LOGS}",
            ),
        ],
    )
    cluster.nodes(node("a"), node("b"), new)
    assert doctor() == (0, [])


# --- before there is a cluster --------------------------------------------------------------------------------


def test_a_server_that_does_not_answer_ends_the_examination(run: Run, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", {"c": "http://127.0.0.1:1"})
    result = run(f"doctor --kubeconfig {path}")
    assert result.code == 1
    assert result.out.splitlines()[3:] == [
        (
            "api server    broken   The connection to the server 127.0.0.1:1 was refused - did you specify the right "
            "host or port?"
        ),
        " " * 23 + "hint: is http://127.0.0.1:1 the right address, is the VPN or the proxy up, does the cluster still "
        "exist?",
    ]


def test_a_page_instead_of_an_api_server_is_found(doctor: Doctor, cluster: FakeApi) -> None:
    cluster.routes["/version"] = Reply("<html>", content_type="text/html")
    assert doctor() == (
        1,
        [
            Found(
                "api server",
                "broken",
                "the server sent text/html, not JSON",
                "is that an API server, or a login page or proxy?",
            )
        ],
    )


def test_the_version_may_be_a_secret(doctor: Doctor, cluster: FakeApi) -> None:
    cluster.routes["/version"] = status(403, "Forbidden", "no")
    assert doctor() == (0, [])


def test_an_older_server_does_not_say_who_the_caller_is(doctor: Doctor, cluster: FakeApi) -> None:
    del cluster.routes[REVIEWS]
    code, (finding,) = doctor()
    assert (code, finding.check, finding.result) == (0, "identity", "unknown")


@pytest.mark.parametrize(
    ("text", "check", "words"),
    [
        ("a: [b", "kubeconfig", "it is not valid YAML"),
        ("current-context: nosuch", "kubeconfig", 'context "nosuch" does not exist'),
        (
            (
                '{"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}], '
                '"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}], '
                '"users": [{"name": "u", "user": {"tokenFile": "/nosuch"}}]}'
            ),
            "credentials",
            "cannot read the token file '/nosuch'",
        ),
    ],
)
def test_what_is_wrong_with_the_files_is_a_finding(run: Run, tmp_path: Path, text: str, check: str, words: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    result = run(f"doctor -o json --kubeconfig {path}")
    last = json.loads(result.out)["items"][-1]
    assert (result.code, last["check"], last["result"], words in last["finding"]) == (1, check, "broken", True)


def test_several_contexts_are_too_many(run: Run, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", {"a": "x", "b": "y"})
    assert run(f"doctor --all-contexts --kubeconfig {path}") == (2, "", "error: c3s doctor takes one context, not 2\n")
    assert run("doctor --demo -o name").err == (
        "error: unknown format 'name'\nhint: one of: table, json, yaml, csv, markdown\n"
    )


def test_a_secret_is_never_shown(run: Run, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", {"c": "https://127.0.0.1:1"}, c={"token": "canary"})
    result = run(f"doctor --kubeconfig {path}")
    assert ("canary" in result.out + result.err, "credentials   ok       a token" in result.out) == (False, True)


def test_a_server_by_flag_needs_no_kubeconfig(run: Run, cluster: FakeApi) -> None:
    result = run(f"doctor --server {cluster.url} -o csv")
    assert result.out.splitlines()[1] == f"kubeconfig,ok,not needed: --server is {cluster.url},"
