"""Limits while a resize in place is refused, deferred or under way: what bounds a pod now is in its status."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, pod, pod_metrics

SMALL = {"cpu": "200m", "memory": "256Mi"}
LARGE = {"cpu": "4", "memory": "4Gi"}
RUNS = {"running": {"startedAt": "2026-03-01T09:30:00Z"}}
COLUMNS = "memory.limits,memory%limits,memory.declaredLimits"


def resizing(name: str, limits: Any, actual: Any, *, spec: Any = None, **status: Any) -> dict[str, Any]:
    """Make a pod with limits in its spec, and the resources in the status of its container."""
    container = {"name": "app", "state": RUNS, **({} if actual is None else {"resources": actual})}
    containers = {"containers": [{"name": "app", "resources": {"limits": limits}}], **(spec or {})}
    return pod("n", name, spec=containers, containerStatuses=[container], **status)


def refused(reason: str) -> dict[str, Any]:
    return {"conditions": [{"type": "PodResizePending", "status": "True", "reason": reason}]}


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (resizing("p", LARGE, {"limits": SMALL}, **refused("Infeasible")), ["256Mi", "97%", "4096Mi"]),
        (resizing("p", LARGE, {"limits": SMALL}, **refused("Deferred")), ["256Mi", "97%", "4096Mi"]),
        (resizing("p", LARGE, {"limits": SMALL}), ["256Mi", "97%", "4096Mi"]),
        # A limit that is lowered, or new, is not in force yet.
        (resizing("p", SMALL, {"limits": LARGE}), ["4096Mi", "6%", "256Mi"]),
        (resizing("p", SMALL, {"limits": {"cpu": "200m"}}), ["<none>", "<none>", "256Mi"]),
        # A server that says nothing of limits has none to resize.
        (resizing("p", SMALL, None), ["256Mi", "97%", "256Mi"]),
        (resizing("p", SMALL, {"requests": SMALL}), ["256Mi", "97%", "256Mi"]),
        # Of the pod as a whole.
        (
            resizing("p", {}, None, spec={"resources": {"limits": LARGE}}, resources={"limits": SMALL}),
            ["256Mi", "97%", "4096Mi"],
        ),
    ],
)
def test_the_limits_in_force_are_those_of_the_status(run: Run, api: FakeApi, made: Any, shown: list[str]) -> None:
    api.pods(made)
    api.pod_metrics(pod_metrics("n", "p", ("app", "10m", "250Mi")))
    words = f"top pods -A --no-headers --server {api.url} --columns {COLUMNS}"
    assert run(words).out.split()[2:] == shown
    close = run(*words.split(), "--fail-if", "memory%limits > 90", "--fail-if-unknown")
    assert close.code == (3 if shown[1] == "97%" else 0)


def test_a_container_has_its_own_and_a_group_what_is_declared(run: Run, api: FakeApi) -> None:
    made = resizing("p", LARGE | {"x/gpu": "1"}, {"limits": SMALL})
    made["spec"]["containers"].append({"name": "proxy", "resources": {"limits": SMALL}})
    api.pods(made)
    api.pod_metrics(pod_metrics("n", "p", ("app", "10m", "250Mi"), ("proxy", "1m", "64Mi")))
    words = f"top pods -A --no-headers --server {api.url} --columns {COLUMNS}"
    assert [line.split()[2:] for line in run(f"{words} --containers").out.splitlines()] == [
        ["app", "256Mi", "97%", "4096Mi"],
        ["proxy", "256Mi", "25%", "256Mi"],
    ]
    assert run(f"{words} --sum").out.splitlines()[-1].split()[0] == "4352Mi"
    group = run(f"top pods -A --by namespace --no-headers --server {api.url} --columns memory.limits,memory%limits")
    assert group.out.split() == ["n", "4352Mi", "61%"]


@pytest.mark.parametrize(
    ("status", "why"),
    [(refused("Infeasible"), "resize refused"), ({}, "not resized yet")],
)
def test_explain_says_which_limits_are_in_force(run: Run, api: FakeApi, status: dict[str, Any], why: str) -> None:
    api.routes["/api/v1/namespaces/n/pods/p"] = Reply(resizing("p", LARGE, {"limits": SMALL}, **status))
    explained = run(f"top pods p -n n --explain --server {api.url}")
    assert [line.split() for line in explained.out.splitlines()[1:]] == [
        ["+", "container", "app", "-", "4000m", "-", "4096Mi"],
        ["=", "total", "-", "4000m", "-", "4096Mi"],
        ["<=", *f"bound now; limits in force, {why}: app".split(), "-", "200m", "-", "256Mi"],
    ]
