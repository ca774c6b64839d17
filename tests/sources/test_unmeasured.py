"""What `c3s top pod NAME` says about a pod that is not measured."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, node, pod, pod_metrics, status
from tests.sources.test_container_states import EARLIER, OOM, RUNNING, unscheduled
from tests.sources.test_container_states import status as container
from tests.sources.test_prometheus import engine, vector

Object = dict[str, Any]
METRICS = "/apis/metrics.k8s.io/v1beta1/namespaces/n/pods/p"
CORE = "/api/v1/namespaces/n/pods/p"
NOT_FOUND = 'Error from server (NotFound): podmetrics.metrics.k8s.io "n/p" not found\n'
WAITING: Any = {"waiting": {"reason": "CrashLoopBackOff"}}


@pytest.fixture
def missing(api: FakeApi) -> FakeApi:
    """Serve a metrics API that does not have the pod."""
    api.routes[METRICS] = status(404, "NotFound", 'podmetrics.metrics.k8s.io "n/p" not found')
    api.routes["/apis/metrics.k8s.io"] = Reply({"versions": [{"version": "v1beta1"}]})
    return api


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            unscheduled(reason="Unschedulable", message="0/3 nodes are\x1b available."),
            "the pod is Pending: 0/3 nodes are\\x1b available.",
        ),
        (
            {"phase": "Pending", "containerStatuses": [container("app", waiting={"reason": "ContainerCreating"})]},
            "the pod has not started: ContainerCreating",
        ),
        (
            {"containerStatuses": [container("app", last=OOM, **WAITING)]},
            "the pod waits: CrashLoopBackOff; a container ended 30m ago: OOMKilled",
        ),
        (
            {"created": "2026-03-02T09:29:20Z", "containerStatuses": [container("app", running=RUNNING)]},
            "the pod was created 40s ago: metrics follow within two minutes",
        ),
        # The clock of the node is ahead.
        (
            {"created": "2026-03-02T09:31:20Z", "containerStatuses": [container("app", running=RUNNING)]},
            "the pod was created 0s ago: metrics follow within two minutes",
        ),
        (
            {
                "containerStatuses": [
                    container(
                        "app",
                        running=RUNNING,
                        last={"terminated": {"reason": "Error", "finishedAt": "2026-03-02T09:29:00Z"}},
                    )
                ]
            },
            "a container ended 60s ago: Error; metrics follow within two minutes",
        ),
        (
            {"containerStatuses": [container("app", running=RUNNING)]},
            "the pod is Running on node node-a, but nothing measures it: c3s doctor looks for the cause",
        ),
        (
            {"containerStatuses": [container("app", running=RUNNING, last=EARLIER)]},
            "the pod is Running on node node-a, but nothing measures it: c3s doctor looks for the cause",
        ),
        ({"phase": "Succeeded"}, "the pod has finished"),
    ],
)
def test_why_a_pod_is_not_measured_is_said_below_the_words_of_kubectl(
    run: Run, missing: FakeApi, given: Object, why: str
) -> None:
    missing.routes[CORE] = Reply(pod("n", "p", **given))
    result = run(f"top pod p -n n --server {missing.url}")
    assert result == (1, "", f"{NOT_FOUND}hint: {why}\n")


def test_what_cannot_be_read_about_it_is_not_said(run: Run, missing: FakeApi) -> None:
    missing.routes[CORE] = status(403, "Forbidden", "pods is forbidden")
    assert run(f"top pod p -n n --server {missing.url}") == (1, "", NOT_FOUND)
    missing.routes[CORE] = status(404, "NotFound", 'pods "p" not found')
    hint = "hint: there is no such pod; c3s top pods -A --where 'name ~ p' looks for a part of the name everywhere\n"
    assert run(f"top pod p -n n --server {missing.url}") == (1, "", f"{NOT_FOUND}{hint}")


def test_a_row_without_usage_is_explained(run: Run, missing: FakeApi) -> None:
    missing.routes[CORE] = Reply(pod("n", "p", **unscheduled(message="0/3 nodes are available.")))
    result = run(f"top pod p -n n --columns cpu,node --no-headers --server {missing.url}")
    assert (result.code, result.out.split()) == (5, ["0m", "<none>"])
    assert result.err == (
        f"note: the pod is Pending: 0/3 nodes are available.\nwarning: pod metrics could not be read: {NOT_FOUND}"
    )
    assert [path for path in missing.paths() if path == CORE] == [CORE]
    # No container is left in its metrics.
    missing.routes[METRICS] = Reply(pod_metrics("n", "p"))
    result = run(f"top pod p -n n --server {missing.url} --no-headers")
    assert (result.code, result.out.split()) == (0, ["p", "<unknown>", "<unknown>"])
    assert result.err == "note: the pod is Pending: 0/3 nodes are available.\n"


def test_a_measured_pod_takes_no_further_request(run: Run, api: FakeApi) -> None:
    api.routes[METRICS] = Reply(pod_metrics("n", "p", ("app", "5m", "9Mi")))
    assert run(f"top pod p -n n --server {api.url}").err == ""
    assert api.paths() == [METRICS]


def test_a_named_pod_without_usage_is_an_error_of_every_source(run: Run, api: FakeApi) -> None:
    api.nodes(node("node-a"))
    api.routes[CORE] = Reply(pod("n", "p", **unscheduled(message="0/1 nodes are available.")))
    expected = (1, "", "error: no metrics of pod n/p\nhint: the pod is Pending: 0/1 nodes are available.\n")
    assert run(f"top pod p -n n --server {api.url} --from kubelet --fail-if 'cpu > 1'") == expected
    with FakeApi() as server:
        engine(server, lambda _query, _request: vector())
        words = f"top pod p -n n --server {api.url} --from {server.url}"
        assert run(words) == expected
        api.routes[CORE] = status(404, "NotFound", 'pods "p" not found')
        assert run(words) == (1, "", 'Error from server (NotFound): pods "p" not found\n')
        assert run(f"{words} --facts source").err == 'Error from server (NotFound): pods "p" not found\n'
