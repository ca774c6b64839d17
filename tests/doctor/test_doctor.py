"""c3s doctor: findings in a healthy cluster and in each recorded failure."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
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
NOBODY = "not logged in: the kubeconfig's user has no credentials that the server accepts"
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


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the clock of this machine to that of the servers; return a function that lets it run ahead."""
    at = datetime.fromisoformat(AT).timestamp()

    def ahead(seconds: float) -> None:
        monkeypatch.setattr("c3s_cli.doctor.doctor.local_time", lambda: at + seconds)

    ahead(0)
    return ahead


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
        "credentials      ok       none: c3s sends no credentials over plain HTTP",
        f"api server       ok       {cluster.url} answers in {milliseconds} ms: v1.36.2",
        "identity         ok       jane (ops)",
        "rights           ok       all 38 that c3s may need, in namespace default and in all namespaces",
        "metrics API      ok       metrics.k8s.io/v1beta1 is registered",
        "metrics server   ok       kube-system/metrics-server answers",
        "node metrics     ok       the newest metrics are 10s old",
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
    assert len(asked) == 38
    written = {
        f"{each['verb']} {'/'.join(filter(None, (each['resource'], each.get('subresource'))))} "
        f"{each['group'] or 'core'} {each.get('namespace', '-')}"
        for each in asked
    }
    assert written == set(RIGHTS)


# Every right that a command needs.
RIGHTS = [
    "list nodes metrics.k8s.io -",
    "list nodes core -",
    "list pods metrics.k8s.io default",
    "get nodes/proxy core -",
    "list services core -",
    "get services/proxy core -",
    "get nodes metrics.k8s.io -",
    "get nodes core -",
    "get pods metrics.k8s.io default",
    "get pods core default",
    "list pods core default",
    "list replicasets apps default",
    "list jobs batch default",
    "list pods metrics.k8s.io -",
    "list pods core -",
    "list replicasets apps -",
    "list jobs batch -",
    "list namespaces core -",
    "list poddisruptionbudgets policy -",
    "list resourcequotas core default",
    "list limitranges core default",
    "list horizontalpodautoscalers autoscaling default",
    "list persistentvolumeclaims core -",
    "list persistentvolumes core -",
    "list storageclasses storage.k8s.io -",
    "list csinodes storage.k8s.io -",
    "list runtimeclasses node.k8s.io -",
    "list priorityclasses scheduling.k8s.io -",
    "list deviceclasses resource.k8s.io -",
    "list deployments apps default",
    "list statefulsets apps default",
    "list daemonsets apps default",
    "list cronjobs batch default",
    "list verticalpodautoscalers autoscaling.k8s.io default",
    "watch nodes core -",
    "watch pods core -",
    "watch replicasets apps -",
    "watch jobs batch -",
]


def nothing(request: Request) -> Reply:
    """Allow nothing."""
    return Reply({**request.body, "status": {"allowed": False}}, 201)


@pytest.mark.parametrize(
    ("source", "required"),
    [
        ("metrics", {"list nodes.metrics.k8s.io", "list pods.metrics.k8s.io in namespace default"}),
        ("kubelet", {"get nodes/proxy"}),
        ("prometheus", {"list services in all namespaces", "get services/proxy in all namespaces"}),
    ],
)
def test_each_right_that_is_missing_is_named_with_the_command_that_gives_it(
    doctor: Doctor, cluster: FakeApi, source: str, required: set[str]
) -> None:
    cluster.routes[ACCESS] = nothing
    code, findings = doctor(f"--from {source}")
    rights = [each for each in findings if each.check == "rights"]
    assert {each.finding.partition(":")[0] for each in rights if each.result == "broken"} == {
        f"may not {right}" for right in (*required, "list nodes")
    }
    assert (code, len(rights)) == (1, 38)
    for right, each in zip(RIGHTS, rights, strict=True):
        verb, resource, group, namespace = right.split()
        what = resource if group == "core" else f"{resource}.{group}"
        scope = "clusterrole c3s" if namespace == "-" else f"role c3s -n {namespace}"
        assert each.hint == (
            f"an administrator can allow it: kubectl --context c create {scope} --verb={verb} --resource={what}, "
            "and bind it to this user"
        )


# --- the recorded failures ------------------------------------------------------------------------------------

CASES = {
    "err-401-bad-token": (
        "/version",
        [
            Found(
                "credentials",
                "broken",
                "You must be logged in to the server (Unauthorized)",
                "the server does not accept these credentials; log in again, or use another user or context",
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
                "see why the metrics API is not available: kubectl --context c get apiservice v1beta1.metrics.k8s.io",
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
                "see why the metrics API is not available: kubectl --context c get apiservice v1beta1.metrics.k8s.io",
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
        "the server does not report the caller's rights: Error from server (Forbidden): no questions",
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
        "see the pods behind the service metrics-server and their logs: kubectl --context c -n kube-system get pods",
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
                f"metrics-server needs a minute after it starts; if there are still none, see its logs: {LOGS}",
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


def test_a_clock_that_is_wrong_is_found(doctor: Doctor, clock: Callable[[float], None]) -> None:
    hint = "synchronize both with NTP: certificates and tokens depend on the time"
    clock(600)
    assert doctor() == (0, [Found("clock", "warning", "this machine is 10m ahead of the server", hint)])
    clock(-45)
    assert doctor() == (0, [Found("clock", "warning", "this machine is 45s behind the server", hint)])
    clock(20)
    assert doctor() == (0, [])


def test_figures_from_the_future_are_found(doctor: Doctor, cluster: FakeApi) -> None:
    cluster.node_metrics(*({**node_metrics(name), "timestamp": "2026-03-02T09:31:00Z"} for name in ("a", "b")))
    assert doctor() == (
        0,
        [
            Found(
                "node metrics",
                "warning",
                "the newest metrics are 60s ahead of the server's clock",
                "the clocks of the nodes and of the API server differ: is NTP running on them?",
            )
        ],
    )


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Live in a zone that is not UTC."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("new_york")
def test_a_timestamp_without_a_zone_is_utc(doctor: Doctor, cluster: FakeApi) -> None:
    cluster.node_metrics(*({**node_metrics(name), "timestamp": "2026-03-02T09:30:00"} for name in ("a", "b")))
    assert doctor() == (0, [])


def test_a_node_with_old_figures_is_named(doctor: Doctor, cluster: FakeApi) -> None:
    cluster.node_metrics(node_metrics("a"), {**node_metrics("b"), "timestamp": "2026-03-02T09:20:00Z"})
    assert doctor() == (
        0,
        [
            Found(
                "node metrics",
                "warning",
                "1 of 2 with old metrics: b (10m)",
                f"metrics-server no longer reads their kubelets: {LOGS}",
            )
        ],
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "found"),
    [
        (
            "kubelet",
            [
                ("kubelets", "ok", "usage of 9 nodes", ""),
                (
                    "kubelets",
                    "broken",
                    (
                        "the kubelet of node spot-2: Error from server (ServiceUnavailable): error trying to reach "
                        "service: dial tcp 10.0.0.13:10250: connect: connection refused"
                    ),
                    "",
                ),
                ("nodes", "broken", "1 of 10 without usage: spot-2", "is the node up, and can c3s read its kubelet?"),
            ],
        ),
        (
            "prometheus",
            [
                # Of spot-2 from its node_exporter.
                ("prometheus", "ok", "usage of 10 nodes", ""),
                ("nodes", "ok", "all 10 report usage", ""),
                (
                    "container series",
                    "ok",
                    "106 with the labels namespace, pod and container, scraped by kubelet /metrics/cadvisor",
                    "",
                ),
                ("node series", "ok", "root cgroups of 9 nodes, node_exporter of 10 nodes, named by node", ""),
                ("state metrics", "ok", "10 nodes and 93 pods: --facts source works", ""),
                ("clusters", "ok", "one: there is no label cluster", ""),
                ("samples", "ok", "one every 30s", ""),
                ("history", "ok", "samples since 2026-02-16T09:30Z, 14d ago", ""),
            ],
        ),
    ],
)
def test_another_source_is_examined_instead_of_the_metrics_api(
    demo: Run, source: str, found: list[tuple[str, ...]]
) -> None:
    result = demo(f"doctor -o json --from {source}")
    items = [Found(**each) for each in json.loads(result.out)["items"]]
    assert [each.check for each in items[:5]] == ["kubeconfig", "credentials", "api server", "identity", "rights"]
    code = int(any(each[1] == "broken" for each in found))
    assert (result.code, [each for each in items[5:] if each.check != "node metrics"]) == (code, found)


def test_old_figures_are_found(doctor: Doctor, cluster: FakeApi) -> None:
    old = [{**node_metrics(name), "timestamp": "2026-03-02T09:20:00Z"} for name in ("a", "b")]
    cluster.node_metrics(*old)
    assert doctor() == (
        1,
        [
            Found(
                "node metrics",
                "broken",
                "the newest metrics are 600s old",
                f"metrics-server has stopped measuring: {LOGS}",
            )
        ],
    )


@pytest.mark.slow
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
                "see why: kubectl --context c describe node sick",
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


# --- unusual servers -------------------------------------------------------------------------------------------


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


def test_a_server_by_flag_needs_no_kubeconfig(run: Run, cluster: FakeApi) -> None:
    cluster.nodes(node("a"), node("b"), node("mute"))
    markdown = run(f"doctor --server {cluster.url} -o markdown").out.splitlines()
    assert markdown[0].split() == ["|", "CHECK", "|", "RESULT", "|", "FINDING", "|", "HINT", "|"]
    assert markdown[-1].removesuffix("|").rstrip().endswith("kubectl -n kube-system logs deployment/metrics-server")
    assert {len(line) for line in markdown} == {len(markdown[0])}
    result = run(f"doctor --server {cluster.url} -o csv")
    assert result.out.splitlines()[1] == f"kubeconfig,ok,not needed: --server is {cluster.url},"


def test_services_to_choose_from_are_listed(doctor: Doctor, cluster: FakeApi) -> None:
    items = [
        {
            "metadata": {"namespace": "m", "name": name, "labels": {"app": "prometheus-server"}},
            "spec": {"clusterIP": "10.1.1.1", "ports": [{"name": "web", "port": 80}]},
        }
        for name in ("a", "b")
    ]
    cluster.routes["/api/v1/services"] = Reply({"metadata": {}, "items": items})
    _, found = doctor("--from prometheus")
    words = "2 services may be the Prometheus of the cluster: --from prometheus:m/a:80, --from prometheus:m/b:80"
    assert [each for each in found if each.check == "prometheus"] == [
        Found("prometheus", "broken", words, "name one of them")
    ]
