"""c3s fit for workloads that run already: their own pods, rollouts, Jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, node, pod, status

TEMPLATE = {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]}}
HASHED = ("ReplicaSet", "w-6d4cf56db6")


def deployment(replicas: int | None = 3, kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    count = {} if replicas is None else {"replicas": replicas}
    return {"kind": kind, "metadata": {"name": "w"}, "spec": {"template": TEMPLATE, **count, **spec}}


@pytest.fixture
def full(api: FakeApi) -> FakeApi:
    """Give two nodes with room for two pods each; three of the Deployment w run, and some that look like it."""
    api.nodes(node("a", cpu="2"), node("b", cpu="2"))
    api.pods(
        pod("default", "w-1", "a", owner=HASHED, requests={"cpu": "1"}),
        pod("default", "w-2", "a", owner=HASHED, requests={"cpu": "1"}),
        pod("default", "w-3", "b", owner=HASHED, requests={"cpu": "1"}),
        pod("other", "w-4", "b", owner=HASHED),
        pod("default", "w-5", "b", owner=("ReplicaSet", "w-api-6d4cf56db6")),
        pod("default", "w-6", "b", owner=("ReplicaSet", "w-db-6d4cf56db6")),
        pod("default", "w-7", "", owner=HASHED),
    )
    return api


def said(run: Run, api: FakeApi, tmp_path: Path, flags: str, *manifests: dict[str, Any]) -> tuple[int, list[str]]:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"kind": "List", "items": manifests}))
    result = run(f"fit -f {path} {flags} --limit 0 --server {api.url}")
    return result.code, [line for line in result.err.splitlines() if "not shown" not in line]


def test_terminating_pods_are_named_if_something_does_not_fit(run: Run, full: FakeApi, tmp_path: Path) -> None:
    leaving = pod("default", "old", "a", requests={"cpu": "2"})
    leaving["metadata"]["deletionTimestamp"] = "2026-03-01T10:00:00Z"
    gone = pod("default", "gone", "nosuch", requests={"cpu": "2"})
    gone["metadata"]["deletionTimestamp"] = "2026-03-01T10:00:00Z"
    full.pods(leaving, gone)
    assert said(run, full, tmp_path, "", deployment(3)) == (
        3,
        ["2 of 3 replicas fit", "terminating pods count until they are gone: default/old"],
    )
    assert said(run, full, tmp_path, "", deployment(2)) == (0, ["2 of 2 replicas fit"])


def test_pods_that_run_stay_and_are_said(run: Run, full: FakeApi, tmp_path: Path) -> None:
    assert said(run, full, tmp_path, "", deployment(3)) == (
        3,
        ["1 of 3 replicas fit", "3 pods of Deployment/w run and stay; 3 more would fit only in part: 1"],
    )
    assert said(run, full, tmp_path, "", deployment(1)) == (
        0,
        ["1 of 1 replicas fit", "3 pods of Deployment/w run and stay; 1 more would fit"],
    )
    full.nodes(node("a", cpu="2"), node("b", cpu="1"))
    assert said(run, full, tmp_path, "", deployment(3)) == (
        3,
        ["0 of 3 replicas fit", "3 pods of Deployment/w run and stay; 3 more would not fit"],
    )


def test_replace_does_not_count_the_pods_of_the_workload(run: Run, full: FakeApi, tmp_path: Path) -> None:
    assert said(run, full, tmp_path, "--replace", deployment(4)) == (0, ["4 of 4 replicas fit"])
    assert said(run, full, tmp_path, "--replace", deployment(5)) == (3, ["4 of 5 replicas fit"])
    assert said(run, full, tmp_path, "--replace --rollout", deployment(5))[0] == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replicas", "strategy", "code", "fit"),
    [
        # One place is free: one pod after the other is replaced.
        (3, {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, 0, "3 of 3 replicas fit"),
        (3, {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}, 0, "3 of 3 replicas fit"),
        (3, {}, 0, "3 of 3 replicas fit"),
        (4, {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, 3, "1 of 4 replicas fit"),
        (4, {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}, 0, "4 of 4 replicas fit"),
        (5, {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "20%"}}, 3, "1 of 5 replicas fit"),
        (4, {"type": "Recreate"}, 0, "4 of 4 replicas fit"),
    ],
)
def test_a_rollout_goes_step_by_step(
    run: Run, full: FakeApi, tmp_path: Path, replicas: int, strategy: dict[str, Any], code: int, fit: str
) -> None:
    ended, lines = said(run, full, tmp_path, "--rollout", deployment(replicas, strategy=strategy))
    assert (ended, lines[0]) == (code, fit)


@pytest.mark.parametrize(
    ("strategy", "fit"),
    [
        # All new pods start beside the old ones, or one at a time.
        ({"blueGreen": {}}, "1 of 3 replicas fit"),
        ({"canary": {"maxSurge": 1, "maxUnavailable": 0}}, "3 of 3 replicas fit"),
    ],
)
def test_the_strategies_of_a_rollout_with_or_without_a_template(
    run: Run, full: FakeApi, tmp_path: Path, strategy: dict[str, Any], fit: str
) -> None:
    own = deployment(3, "Rollout", strategy=strategy)
    assert said(run, full, tmp_path, "--rollout", own)[1][0] == fit
    del own["spec"]["template"]
    own["spec"]["workloadRef"] = {"kind": "Deployment", "name": "v"}
    full.routes[WEB.replace("/w", "/v")] = Reply({"metadata": {"name": "v"}, "spec": deployment(0)["spec"]})
    assert said(run, full, tmp_path, "--rollout", own)[1][0] == fit


def test_a_rollout_that_stops_names_the_old_pods(run: Run, full: FakeApi, tmp_path: Path) -> None:
    strategy = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    full.nodes(node("a", cpu="2"), node("b", cpu="1"))
    assert said(run, full, tmp_path, "--rollout", deployment(3, strategy=strategy)) == (
        3,
        ["0 of 3 replicas fit", "the rollout stops; old pods that stay: w-1, w-2, w-3"],
    )
    assert said(run, full, tmp_path, "--rollout --without a", deployment(3)) == (
        2,
        ["error: --rollout does not go with --without: a drain is over before"],
    )


def test_pods_of_a_daemon_set_run_on_their_nodes(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(node("a", cpu="1"), node("b", cpu="2"))
    api.pods(*(pod("default", f"w-{name}", name, owner=("DaemonSet", "w"), requests={"cpu": "1"}) for name in "ab"))
    agent = deployment(None, "DaemonSet")
    assert said(run, api, tmp_path, "", agent) == (
        3,
        ["1 of 2 replicas fit", "2 pods of DaemonSet/w run and stay; 2 more would fit only in part: 1"],
    )
    for flag in ("--replace", "--rollout"):
        assert said(run, api, tmp_path, flag, agent) == (0, ["2 of 2 replicas fit"])


def test_pods_of_a_stateful_set_are_replaced_one_by_one(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(node("a", cpu="2"))
    api.pods(*(pod("default", f"w-{n}", "a", owner=("StatefulSet", "w"), requests={"cpu": "1"}) for n in range(2)))
    assert said(run, api, tmp_path, "--rollout", deployment(2, "StatefulSet")) == (0, ["2 of 2 replicas fit"])
    assert said(run, api, tmp_path, "", deployment(2, "StatefulSet"))[0] == 3


@pytest.mark.parametrize(
    ("kind", "spec", "fit"),
    [
        ("Job", {"suspend": True, "parallelism": 9}, ["0 of 0 replicas fit", "it is suspended"]),
        ("CronJob", {"suspend": True}, ["0 of 0 replicas fit", "it is suspended"]),
        ("CronJob", {"concurrencyPolicy": "Forbid"}, ["1 of 1 replicas fit"]),
        ("CronJob", {"concurrencyPolicy": "Replace"}, ["1 of 1 replicas fit"]),
        ("CronJob", {}, ["0 of 1 replicas fit", "1 pod of CronJob/w runs and stays; 1 more would not fit"]),
    ],
)
def test_jobs_start_no_pods_or_wait_for_theirs(
    run: Run, api: FakeApi, tmp_path: Path, kind: str, spec: dict[str, Any], fit: list[str]
) -> None:
    api.nodes(node("a", cpu="1"))
    api.pods(pod("default", "w-29000000-abc", "a", owner=("Job", "w-29000000"), requests={"cpu": "1"}))
    pods = {"jobTemplate": {"spec": {"template": TEMPLATE}}} if kind == "CronJob" else {"template": TEMPLATE}
    manifest = {"kind": kind, "metadata": {"name": "w"}, "spec": {**pods, **spec}}
    assert said(run, api, tmp_path, "", manifest) == (0 if fit[0][0] == fit[0][5] else 3, fit)


# --- autoscalers ----------------------------------------------------------------------------------------------


def scaler(least: int | None = None, most: int = 9, target: str = "w", **metadata: str) -> dict[str, Any]:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": target}, "maxReplicas": most}
    count = {} if least is None else {"minReplicas": least}
    return {"kind": "HorizontalPodAutoscaler", "metadata": {"name": "h", **metadata}, "spec": {**spec, **count}}


@pytest.mark.parametrize(
    ("replicas", "autoscaler", "fit"),
    [
        (None, scaler(4), ["4 of 4 replicas fit", "HorizontalPodAutoscaler/h sets 4 replicas, not 1"]),
        (2, scaler(4), ["4 of 4 replicas fit", "HorizontalPodAutoscaler/h sets 4 replicas, not 2"]),
        (5, scaler(1, 3), ["3 of 3 replicas fit", "HorizontalPodAutoscaler/h sets 3 replicas, not 5"]),
        (2, scaler(), ["2 of 2 replicas fit"]),
        (0, scaler(4), ["0 of 0 replicas fit"]),
        (2, scaler(4, target="other"), ["2 of 2 replicas fit"]),
    ],
)
@pytest.mark.parametrize("where", ["file", "cluster"])
def test_an_autoscaler_sets_the_number_of_pods(
    run: Run, api: FakeApi, tmp_path: Path, replicas: int | None, autoscaler: dict[str, Any], fit: list[str], where: str
) -> None:
    api.nodes(node("a", cpu="16"))
    api.pods()
    items = {"items": [{**autoscaler, "metadata": {"name": "h", "namespace": "default"}}]}
    if where == "cluster":
        api.routes["/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"] = Reply(items)
    manifests = [deployment(replicas), *([autoscaler] if where == "file" else [])]
    assert said(run, api, tmp_path, "", *manifests) == (0, fit)
    assert said(run, api, tmp_path, "--replicas 7", *manifests) == (0, ["7 of 7 replicas fit"])


def test_the_autoscaler_of_the_file_decides(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(node("a", cpu="16"))
    api.pods()
    items = {"items": [scaler(4, namespace="default")]}
    api.routes["/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"] = Reply(items)
    assert said(run, api, tmp_path, "", deployment(2), scaler(6))[1][0] == "6 of 6 replicas fit"


# --- workloads of the cluster ---------------------------------------------------------------------------------

WEB = "/apis/apps/v1/namespaces/default/deployments/w"


def test_a_workload_of_the_cluster_is_scaled(run: Run, full: FakeApi) -> None:
    full.routes[WEB] = Reply({"metadata": {"name": "w", "namespace": "default"}, "spec": deployment(3)["spec"]})
    command = f"fit deploy/w --columns placed --no-headers --server {full.url}"
    assert run(command) == (0, "a     2\nb     1\n", "3 of 3 replicas fit\n3 pods of Deployment/w run\n")
    more = run(f"{command} --replicas 10")
    assert more.code == 3
    assert more.err == ("4 of 10 replicas fit\n3 pods of Deployment/w run; 7 more would fit only in part: 1\n")
    first, *others = more.err.splitlines()
    further = run(f"{command} --replicas +7")
    assert further.err.splitlines() == [first, "10 replicas are its 3 and 7 more", *others]
    assert (further.code, further.out) == (more.code, more.out)
    assert run(f"fit deployment w --replicas 4 --limit 0 --server {full.url}").err.splitlines()[1:] == [
        "4 of 4 replicas fit",
        "3 pods of Deployment/w run; 1 more would fit",
    ]
    fewer = run(f"fit deploy/w --replicas 1 -o json --server {full.url}")
    (workload,) = json.loads(fewer.out)["metadata"]["workloads"]
    assert (fewer.code, workload["replicas"], workload["placed"]) == (0, 1, 1)


def test_a_workload_that_is_not_there_or_no_workload(run: Run, full: FakeApi) -> None:
    full.routes[WEB] = status(404, "NotFound", 'deployments.apps "w" not found')
    missing = 'Error from server (NotFound): deployments.apps "w" not found\n'
    assert run(f"fit deploy/w --server {full.url}") == (1, "", missing)
    rollout = "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/w"
    full.routes[rollout] = Reply(deployment(4, "Rollout"))
    hint = f"hint: did you mean c3s fit Rollout/w --server {full.url} --replicas 4?\n"
    assert run(f"fit deploy/w --server {full.url} --replicas 4") == (1, "", missing + hint)
    assert run(f"fit deploy w --server {full.url} --replicas 4") == (1, "", missing + hint)
    several = run(f"fit deploy/w sts/x --server {full.url}").err
    assert several == f"{missing}hint: did you mean Rollout/w?\n"
    assert run(f"fit rollout/w --server {full.url} --limit 0").err.splitlines()[1] == "4 of 4 replicas fit"
    kinds = "hint: the kinds are CronJob, DaemonSet, Deployment, Job, ReplicaSet, Rollout, StatefulSet\n"
    wrong = f"error: 'web' is not a workload, such as deploy/web\n{kinds}"
    assert run(f"fit web --server {full.url}") == (2, "", wrong)


def test_a_rollout_takes_the_template_of_its_workload(run: Run, full: FakeApi, tmp_path: Path) -> None:
    rollout = {
        "kind": "Rollout",
        "metadata": {"name": "r"},
        "spec": {"replicas": 2, "workloadRef": {"kind": "Deployment", "name": "w"}},
    }
    message = "warning: Rollout/r: its pods were not placed, as Deployment/w could not be read: Error from server"
    code, lines = said(run, full, tmp_path, "", rollout)
    assert code == 5
    assert any(line.startswith(message) for line in lines)
    full.routes[WEB] = Reply({"metadata": {"name": "w", "namespace": "default"}, "spec": deployment(0)["spec"]})
    assert said(run, full, tmp_path, "", rollout) == (3, ["1 of 2 replicas fit"])
    code, lines = said(run, full, tmp_path, "", rollout, deployment(0))
    assert (code, lines[0]) == (3, "Rollout/r: 1 of 2 replicas fit")
    full.routes["/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/r"] = Reply(rollout)
    assert run(f"fit rollout/r --server {full.url} --limit 0").err.splitlines()[1] == "1 of 2 replicas fit"
