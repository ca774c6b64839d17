"""Conditions that nothing meets name the values that were probably meant."""

from __future__ import annotations

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, node, node_metrics, pod, pod_metrics

BEFORE_SUMS = "--where filters pods before they are summed; --having filters the sums\n"


@pytest.fixture
def server(api: FakeApi) -> str:
    """Serve a pod of a Deployment and one of a StatefulSet of the same name."""
    api.nodes(node("node-a"))
    api.node_metrics(node_metrics("node-a"))
    api.pods(pod("n", "web-1", owner=("ReplicaSet", "web")), pod("n", "web-0", owner=("StatefulSet", "web")))
    api.pod_metrics(pod_metrics("n", "web-1", ("app", "5m", "9Mi")))
    for path in ("apps/v1/replicasets", "batch/v1/jobs"):
        api.routes[f"/apis/{path}"] = Reply({"items": []})
    return api.url


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("owner = web", 'owner = "web"; did you mean ReplicaSet/web or StatefulSet/web?'),
        ("owner in (x, WEB)", 'owner = "WEB"; did you mean ReplicaSet/web or StatefulSet/web?'),
        ("status = running", 'status = "running"; did you mean Running?'),
        ("cpu > 1m, node = Node-A", 'node = "Node-A"; did you mean node-a?'),
        # Nothing is near, or the value is not what keeps the rows out.
        ("owner = db", ""),
        ("owner = ReplicaSet/web, cpu > 1", ""),
        ("owner ~ ^web", ""),
        ("owner = none", ""),
    ],
)
def test_a_filter_that_finds_nothing_offers_what_there_is(run: Run, server: str, condition: str, meant: str) -> None:
    result = run("top", "pods", "-A", "--server", server, "--where", condition)
    hint = f"hint: no row has {meant}\n" if meant else ""
    assert result == (0, "", f"No resources found\n{hint}")
    if "status" not in condition and "node" not in condition:
        grouped = run("top", "pods", "-A", "--by", "owner", "--server", server, "--where", condition)
        assert grouped.err.removeprefix(BEFORE_SUMS) == result.err


def test_a_condition_that_no_row_meets_does_so_too(run: Run, server: str) -> None:
    words = ["top", "pods", "-A", "--server", server, "--columns", "status"]
    result = run(*words, "--fail-if", "status = running")
    assert (result.code, result.err) == (0, 'note: no row has status = "running"; did you mean Running?\n')
    assert run(*words, "--fail-if", "status = CrashLoopBackOff").err == ""
    assert run("top", "nodes", "--server", server, "--where", "name = NODE-A").err.splitlines()[-1] == (
        'hint: no row has name = "NODE-A"; did you mean node-a?'
    )


def test_rows_that_a_filter_cannot_judge_are_named(run: Run, server: str) -> None:
    result = run("top", "pods", "-A", "--server", server, "--where", "owner not in (web), cpu > 1")
    note = "note: --where could not judge 1 pod (no metrics): n/web-0\n"
    assert result == (0, "", f"No resources found\n{note}")
    of_containers = run(
        "top", "pods", "-A", "--server", server, "--containers", "--where", "owner not in (web), cpu > 1"
    )
    assert "note: --where could not judge 1 container (no metrics): n/web-0/" in of_containers.err
