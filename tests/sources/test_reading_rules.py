"""Reading a cluster: API version, current time, concurrent requests, what is not read."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
import urllib3

from tests.conftest import AT, Run
from tests.patience import PATIENT
from tests.servers import FakeApi, Reply, Request, node, node_metrics, pod, pod_metrics, status

GROUP = "/apis/metrics.k8s.io"
NO_POD = status(404, "NotFound", 'pods.metrics.k8s.io "gone" not found')
SAID = 'Error from server (NotFound): pods.metrics.k8s.io "gone" not found\n'


# --- which version is asked -----------------------------------------------------------------------------------


def test_a_404_of_the_served_version_is_not_retried(run: Run, api: FakeApi) -> None:
    missing = f"{GROUP}/v1beta1/namespaces/default/pods/gone"
    api.routes[missing] = NO_POD
    api.routes[GROUP] = Reply({"versions": [{"version": "v1beta1"}]})
    assert run(f"top pods gone --server {api.url}") == (1, "", SAID)
    assert api.paths() == [missing, GROUP]


def test_a_404_is_retried_in_the_version_that_the_server_prefers(run: Run, api: FakeApi) -> None:
    older, newer = (f"{GROUP}/{version}/namespaces/default/pods/gone" for version in ("v1beta1", "v1"))
    api.routes[older] = api.routes[newer] = NO_POD
    api.routes[GROUP] = Reply({"versions": [{"version": "v2"}, {"version": "v1"}, {"version": "v1beta1"}]})
    assert run(f"top pods gone --server {api.url}") == (1, "", SAID)
    assert api.paths() == [older, GROUP, newer]


def test_unsupported_versions_mean_that_metrics_are_not_available(run: Run, api: FakeApi) -> None:
    api.routes[GROUP] = Reply({"versions": [{"version": "v2"}]})
    result = run(f"top pods --server {api.url}")
    assert (result.code, result.out, result.err.splitlines()[0]) == (1, "", "error: Metrics API not available")
    assert api.paths() == [f"{GROUP}/v1beta1/namespaces/default/pods", GROUP]


# --- what time it is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers_at", [(0, 7), (7, 0)])
@pytest.mark.parametrize(
    ("words", "paths"),
    [
        ("top nodes", (f"{GROUP}/v1beta1/nodes", "/api/v1/nodes")),
        ("fit --cpu 1", ("/api/v1/nodes", "/api/v1/pods")),
    ],
)
def test_now_is_the_latest_date_of_all_answers(
    run: Run,
    api: FakeApi,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    paths: tuple[str, str],
    answers_at: tuple[int, int],
) -> None:
    """Answers come from several machines; with the latest Date, nothing was created in the future."""
    seconds = dict(zip(paths, answers_at, strict=True))

    def date(handler: Any, _timestamp: float | None = None) -> str:
        return f"Mon, 02 Mar 2026 09:30:0{seconds[handler.path.partition('?')[0]]} GMT"

    monkeypatch.setattr(api.server.RequestHandlerClass, "date_time_string", date)
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    api.pods()
    document = json.loads(run(f"{words} -o json --columns age --server {api.url}").out)
    assert document["metadata"]["timestamp"] == "2026-03-02T09:30:07Z"
    assert [item["age"] for item in document["items"]] == [86_407]


@pytest.mark.parametrize(
    ("created", "said"),
    [
        ("2026-03-02T09:28:00Z", "error: metrics not available yet\n"),
        ("2026-03-02T09:27:59Z", "error: Metrics not available for pod default/p, age: 2m1s\n"),
    ],
)
def test_a_pod_is_young_for_two_minutes(run: Run, api: FakeApi, created: str, said: str) -> None:
    api.pod_metrics(namespace="default")
    api.pods(pod("default", "p", created=created), namespace="default")
    assert run(f"top pods --server {api.url}") == (1, "", said)


# --- how many requests run at once ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "requests"),
    [
        ("top pods", 1),
        ("top nodes", 2),
        ("top pods --field-selector status.phase=Running", 2),
        ("top pods --columns cpu.requests", 2),
        ("top pods --columns owner", 4),
        ("top cluster", 3),
        ("watch cluster --count 1", 3),
        ("top nodes --columns cpu.requests", 3),
    ],
)
def test_concurrent_requests_use_connections_that_were_opened_early(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch, words: str, requests: int
) -> None:
    api.node_metrics(node_metrics("a"))
    api.nodes(node("a"))
    api.pod_metrics(pod_metrics("default", "p", ("app", "1m", "1Mi")), namespace="default")
    api.pods(pod("default", "p"), namespace="default")
    api.pods(pod("default", "p"))
    for kind in ("apps/v1/namespaces/default/replicasets", "batch/v1/namespaces/default/jobs"):
        api.routes[f"/apis/{kind}"] = Reply({"items": []})
    # Nobody is answered before all have asked, so that none of them can take over the connection of another.
    meeting = threading.Barrier(requests)

    def together(reply: Any) -> Any:
        def answer(_request: Request) -> Reply:
            meeting.wait(timeout=PATIENT)
            told: Reply = reply
            return told

        return answer

    api.routes = {path: together(reply) for path, reply in api.routes.items()}
    later: list[object] = []

    def connect(*arguments: object, **_: object) -> None:
        later.append(arguments)
        raise ConnectionRefusedError

    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
    assert run(f"{words} -o name --server {api.url}").code == 0
    assert (len(api.requests), api.connections, later) == (requests, requests, [])


# --- what is read for a condition -----------------------------------------------------------------------------

WEB = """'labels["app.kubernetes.io/name"] = web'"""


def test_labels_are_read_if_only_a_condition_names_them(run: Run) -> None:
    pods = [f"default/web-nxls8dq2st-{end}" for end in ("5dshl", "7vtrv", "g9mqd")]
    named = "".join(f"pod/{each.partition('/')[2]}\n" for each in pods)
    assert run(f"top pods --demo-at {AT} -o name --where {WEB}") == (0, named, "")
    failed = run(f"top pods --demo-at {AT} -o name --fail-if {WEB}")
    assert (failed.code, failed.err) == (3, f"--fail-if: 3 rows matched: {', '.join(pods)}\n")


@pytest.mark.parametrize(
    ("words", "specs"),
    [
        ("--where 'cpu != null'", False),
        ("--where 'cpu > 0'", False),
        ("--where 'cpu = null'", True),
        ("--fail-if 'cpu != null'", False),
        ("--fail-if 'cpu = null'", True),
    ],
)
def test_pods_without_usage_are_read_only_if_a_condition_seeks_them(
    run: Run,
    api: FakeApi,
    words: str,
    specs: bool,  # noqa: FBT001  a table's column
) -> None:
    api.pod_metrics(pod_metrics("default", "p", ("app", "1m", "1Mi")), namespace="default")
    api.pods(pod("default", "p"), namespace="default")
    assert run(f"top pods {words} --server {api.url}").code in (0, 3)
    metrics, core = f"{GROUP}/v1beta1/namespaces/default/pods", "/api/v1/namespaces/default/pods"
    assert sorted(api.paths()) == ([core, metrics] if specs else [metrics])


def test_of_nothing_the_words_are_those_of_kubectl(run: Run, api: FakeApi) -> None:
    api.pod_metrics(namespace="default")
    api.pods(namespace="default")
    result = run(f"top pods --columns default,node --server {api.url}")
    assert (result.code, result.out, result.err) == (0, "", "No resources found in default namespace.\n")
