"""c3s fit for workloads that run already: their own pods, rollouts, Jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, node, pod

TEMPLATE = {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]}}
HASHED = ("ReplicaSet", "w-6d4cf56db6")


def deployment(replicas: int | None = 3, kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    count = {} if replicas is None else {"replicas": replicas}
    return {"kind": kind, "metadata": {"name": "w"}, "spec": {"template": TEMPLATE, **count, **spec}}


@pytest.fixture
def full(api: FakeApi) -> FakeApi:
    """Give two nodes with room for two pods each; three of the Deployment w run, and one that looks like it."""
    api.nodes(node("a", cpu="2"), node("b", cpu="2"))
    api.pods(
        pod("default", "w-1", "a", owner=HASHED, requests={"cpu": "1"}),
        pod("default", "w-2", "a", owner=HASHED, requests={"cpu": "1"}),
        pod("default", "w-3", "b", owner=HASHED, requests={"cpu": "1"}),
        pod("other", "w-4", "b", owner=HASHED),
        pod("default", "w-5", "b", owner=("ReplicaSet", "w-api-6d4cf56db6")),
    )
    return api


def said(run: Run, api: FakeApi, tmp_path: Path, flags: str, *manifests: dict[str, Any]) -> tuple[int, list[str]]:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"kind": "List", "items": manifests}))
    result = run(f"fit -f {path} {flags} --limit 0 --server {api.url}")
    return result.code, [line for line in result.err.splitlines() if "not shown" not in line]


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
