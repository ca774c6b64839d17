"""Never a false green: groups, nodes and clusters of which some members are not measured."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, node, node_metrics, pod, pod_metrics, status

OWNED_BY_WEB = {"kind": "Deployment", "name": "web", "controller": True}
WEB = "n/Deployment/web"
NOT_ALL = "could not be judged (not all members are measured)"


@pytest.fixture
def rollout(api: FakeApi) -> FakeApi:
    """Serve three pods of a Deployment, of which one is measured, and a Job whose only pod has not started."""
    requests = {"cpu": "100m", "memory": "100Mi"}
    web = [pod("n", f"web-{name}", owner=("ReplicaSet", "web-1"), requests=requests) for name in "abc"]
    waiting = [{"name": "app", "state": {"waiting": {"reason": "ContainerCreating"}}}]
    job = pod("n", "job-a", owner=("Job", "job"), phase="Pending", requests=requests, containerStatuses=waiting)
    api.pods(*web, job)
    api.pod_metrics(pod_metrics("n", "web-a", ("app", "200m", "90Mi")))
    owner = {"metadata": {"name": "web-1", "namespace": "n", "ownerReferences": [OWNED_BY_WEB]}}
    api.routes["/apis/apps/v1/replicasets"] = Reply({"items": [owner]})
    api.routes["/apis/batch/v1/jobs"] = Reply({"items": []})
    return api


@pytest.mark.parametrize(
    ("condition", "code", "lines"),
    [
        # What is measured is the least that the group can use.
        ("cpu.usage > 150m", 3, [f"--fail-if: 1 row matched: {WEB}"]),
        ("cpu.usage >= 200m", 3, [f"--fail-if: 1 row matched: {WEB}"]),
        ("cpu.usage != 1", 3, [f"--fail-if: 1 row {NOT_ALL}: {WEB} (1 of 3 pods measured)"]),
        ("cpu.usage != 100m", 3, [f"--fail-if: 1 row matched: {WEB}"]),
        ("cpu.usage != 200m", 3, [f"--fail-if: 1 row {NOT_ALL}: {WEB} (1 of 3 pods measured)"]),
        ("cpu.usage > 200m", 3, [f"--fail-if: 1 row {NOT_ALL}: {WEB} (1 of 3 pods measured)"]),
        ("cpu.usage < 150m", 0, []),
        ("cpu.usage < 201m", 3, [f"--fail-if: 1 row {NOT_ALL}: {WEB} (1 of 3 pods measured)"]),
        ("cpu.usage = 150m", 0, []),
        ("cpu.usage = 200m", 3, [f"--fail-if: 1 row {NOT_ALL}: {WEB} (1 of 3 pods measured)"]),
        # 200m of 300m are 66.7 %, whatever the other two use; of the measured pod's 100m they are 200 %.
        ("cpu%requests > 66", 3, [f"--fail-if: 1 row matched: {WEB}"]),
        ("cpu%requests > 67", 3, [f"--fail-if: 1 row {NOT_ALL}: {WEB} (1 of 3 pods measured)"]),
        ("cpu%requests < 66", 0, []),
        # None of them has a limit.
        ("cpu.usagePercentOfLimits >= 0", 0, []),
        ("memory.unused > 1Ki", 3, [f"--fail-if: 1 row {NOT_ALL}: {WEB} (1 of 3 pods measured)"]),
        ("cpu.usage > cpu.requests", 3, [f"--fail-if: 1 row {NOT_ALL}: {WEB} (1 of 3 pods measured)"]),
        ("cpu.usage >= cpu.unused", 3, [f"--fail-if: 1 row {NOT_ALL}: {WEB} (1 of 3 pods measured)"]),
        ("memory.requests >= memory.usage", 3, [f"--fail-if: 1 row {NOT_ALL}: {WEB} (1 of 3 pods measured)"]),
        ("pods.measured < 3, pods.count > 1", 3, [f"--fail-if: 1 row matched: {WEB}"]),
    ],
)
def test_bounds_decide_about_a_group_that_is_measured_in_part(
    run: Run, rollout: FakeApi, condition: str, code: int, lines: list[str]
) -> None:
    words = ["top", "pods", "-A", "--server", rollout.url, "--by", "owner"]
    result = run(*words, "--where", "owner != Job/job", "--fail-if", condition, "--fail-if-unknown")
    assert (result.code, result.err.splitlines()) == (code, lines)


@pytest.mark.parametrize(
    "words", ["top ns", "top ns n", "top pods -A --by namespace", "top pods -A --by node --limit 0"]
)
@pytest.mark.parametrize("flag", ["--fail-if", "--until"])
def test_a_gate_on_groups_looks_for_members_that_nobody_measured(
    run: Run, rollout: FakeApi, words: str, flag: str
) -> None:
    rollout.routes["/apis/metrics.k8s.io/v1beta1/namespaces/n/pods"] = rollout.routes[
        "/apis/metrics.k8s.io/v1beta1/pods"
    ]
    rollout.routes["/api/v1/namespaces/n/pods"] = rollout.routes["/api/v1/pods"]
    words = f"{words} {flag} 'cpu > 5' --server {rollout.url}"
    result = run(f"{words} -o json" if flag == "--fail-if" else f"{words} --count 1 -o name".replace("top", "watch"))
    assert result.code == (0 if flag == "--fail-if" else 4)
    name, share = ("node-a", "1 of 4") if "node" in words else ("n", "1 of 4")
    assert result.err.splitlines()[-1] == f"{flag}: 1 row {NOT_ALL}: {name} ({share} pods measured)"
    if flag == "--fail-if":
        assert json.loads(result.out)["metadata"]["unjudged"] == [name]


def test_a_pod_that_has_not_started_uses_nothing(run: Run, rollout: FakeApi) -> None:
    words = ["top", "pods", "-A", "--server", rollout.url, "--by", "owner", "--where", "owner = Job/job"]
    result = run(*words, "--fail-if", "cpu%requests > 10", "--fail-if-unknown", "-o", "json")
    assert (result.code, result.err) == (0, "")


def test_waiting_goes_on_while_new_pods_are_not_measured(run: Run, rollout: FakeApi) -> None:
    words = ["watch", "pods", "-A", "--server", rollout.url, "--by", "owner", "--interval", "0.01", "--count", "2"]
    for flag in ("--until", "--until-all"):
        result = run(*words, "--where", "owner = Deployment/web", flag, "cpu.usage < 1")
        assert result.code == 4
        assert "1 row could not be judged" in result.err
    # One by one, too: the pods without metrics belong to all.
    plain = ["watch", "pods", "-A", "--server", rollout.url, "--interval", "0.01", "--count", "2"]
    assert run(*plain, "--until-all", "cpu.usage < 1").code == 4


def test_all_pods_are_not_known_without_the_list_that_names_the_unmeasured(run: Run, rollout: FakeApi) -> None:
    rollout.routes["/api/v1/pods"] = status(403, "Forbidden", "pods is forbidden")
    words = ["watch", "pods", "-A", "--server", rollout.url, "--interval", "0.01", "--count", "2"]
    result = run(*words, "--until-all", "cpu.usage < 10")
    assert result.code == 4
    assert result.err.endswith("--until-all: there may be more rows: pods could not be read\n")


def test_a_namespace_without_pods_is_not_yet_done(run: Run, api: FakeApi) -> None:
    api.pod_metrics(pod_metrics("n", "a", ("app", "1", "1Mi")), namespace="n")
    api.pods(pod("n", "a"), namespace="n")
    api.pod_metrics(namespace="empty")
    api.pods(namespace="empty")
    words = ["watch", "pods", "-n", "n,empty", "--server", api.url, "--interval", "0.01", "--count", "2"]
    result = run(*words, "--until-all", "cpu.usage < 10")
    assert result.code == 4
    assert result.err.endswith("--until-all: nothing was judged in namespace empty\n")


def test_what_the_filter_could_not_judge_is_unjudged(run: Run, rollout: FakeApi) -> None:
    words = ["top", "pods", "-A", "--server", rollout.url, "--columns", "cpu,node"]
    result = run(*words, "--where", "cpu.usage > 1m, name ~ web", "--fail-if", "cpu > 5", "--fail-if-unknown")
    assert result.code == 3
    expected = "--fail-if: 2 rows could not be judged (--where: no metrics): n/web-b, n/web-c"
    assert result.err.splitlines() == [expected]
    # What the other half of the filter decides is no question.
    assert run(*words, "--where", "cpu > 1m, status = Failed", "--fail-if", "cpu > 5", "--fail-if-unknown").code == 0


def test_nodes_and_the_cluster_are_bounded_too(run: Run, api: FakeApi) -> None:
    api.nodes(node("a", cpu="4"), node("b", cpu="4"))
    api.node_metrics(node_metrics("a", cpu="3"))
    api.routes["/api/v1/pods"] = Reply({"items": []})
    for words in (["top", "cluster"], ["top", "nodes", "--by", "zone"]):
        judged = [*words, "--server", api.url, "--fail-if-unknown", "--fail-if"]
        # 3 of 8 cores are in use at least; of the measured node's 4 they are 75 %.
        assert run(*judged, "cpu% > 37").code == 3
        unknown = run(*judged, "cpu% > 70")
        assert unknown.code == 3
        assert "(1 of 2 nodes measured)" in unknown.err
        assert run(*judged, "cpu% < 30").code == 0
        assert run(*judged, "cpu% < 40").code == 3


def test_what_the_filter_could_not_judge_may_be_one_of_all(run: Run, rollout: FakeApi) -> None:
    words = ["watch", "pods", "-A", "--server", rollout.url, "--interval", "0.01", "--count", "2"]
    result = run(*words, "--where", "cpu.usage > 1m, name ~ web", "--until-all", "cpu.usage < 1")
    assert result.code == 4
    assert "2 rows could not be judged (--where: no metrics): n/web-b, n/web-c" in result.err
