"""STATUS and RESTARTS as `kubectl get pods` computes them, and requests during a resize."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, pod

Object = dict[str, Any]


def running(name: str, restarts: int = 0, **more: Any) -> Object:
    return {"name": name, "ready": True, "restartCount": restarts, "state": {"running": {}}, **more}


def waiting(name: str, reason: str = "", restarts: int = 0) -> Object:
    return {"name": name, "restartCount": restarts, "state": {"waiting": {"reason": reason}}}


def ended(name: str, restarts: int = 0, **how: Any) -> Object:
    return {"name": name, "restartCount": restarts, "state": {"terminated": how}}


def condition(kind: str, status: str = "True", reason: str = "") -> Object:
    return {"type": kind, "status": status, "reason": reason, "lastTransitionTime": "2026-03-01T09:30:00Z"}


def shown(run: Run, api: FakeApi, columns: str, **more: Any) -> tuple[Any, ...]:
    """Return the figures of one pod."""
    deleted = more.pop("deleted", None)
    one = pod("default", "p", **more)
    if deleted:
        one["metadata"]["deletionTimestamp"] = "2026-03-02T09:30:00Z"
    api.pod_metrics(namespace="default")
    api.pods(one, namespace="default")
    result = run(f"top pods -o json --columns {columns} --server {api.url}")
    assert result.code == 0, result.err
    (item,) = json.loads(result.out)["items"]
    return tuple(item.get(column, item) for column in columns.split(","))


INIT = {"initContainers": [{"name": "i"}, {"name": "j"}]}
SIDECAR = {"initContainers": [{"name": "s", "restartPolicy": "Always"}, {"name": "j"}]}
GATED = [condition("PodScheduled", "False", "SchedulingGated")]
READY, INITIALIZED = [condition("Ready")], [condition("Initialized")]


@pytest.mark.parametrize(
    ("status", "word", "restarts"),
    [
        ({"phase": ""}, "Unknown", 0),
        ({"phase": "Pending"}, "Pending", 0),
        ({"phase": "Pending", "reason": "Evicted"}, "Evicted", 0),
        ({"phase": "Pending", "conditions": GATED}, "SchedulingGated", 0),
        ({"phase": "Pending", "conditions": [condition("PodScheduled", "False", "Unschedulable")]}, "Pending", 0),
        ({"phase": "Pending", "conditions": [condition("Other", "False", "SchedulingGated")]}, "Pending", 0),
        ({"phase": "Pending", "conditions": None}, "Pending", 0),
        ({"containerStatuses": [running("app", 2), running("b", 3)]}, "Running", 5),
        ({"containerStatuses": [{"name": "app"}]}, "Running", 0),
        ({"containerStatuses": [waiting("app", "CrashLoopBackOff", 7)]}, "CrashLoopBackOff", 7),
        ({"containerStatuses": [waiting("app")]}, "Running", 0),
        ({"containerStatuses": [running("app", 1)], "reason": "NodeAffinity"}, "NodeAffinity", 1),
        ({"containerStatuses": [running("app", 1, state={"running": {}, "waiting": {"reason": "Odd"}})]}, "Odd", 1),
        ({"containerStatuses": [ended("app", reason="Error", exitCode=1)]}, "Error", 0),
        ({"containerStatuses": [ended("app", exitCode=3)]}, "ExitCode:3", 0),
        ({"containerStatuses": [ended("app", exitCode=3, signal=9)]}, "Signal:9", 0),
        # The first container has the last word.
        ({"containerStatuses": [waiting("a", "ErrImagePull"), ended("b", reason="Error")]}, "ErrImagePull", 0),
        ({"containerStatuses": [running("a"), ended("b", reason="Error")]}, "Error", 0),
        # One container has completed, another one is running.
        (
            {"containerStatuses": [running("a"), ended("b", reason="Completed")], "conditions": READY},
            "Running",
            0,
        ),
        ({"containerStatuses": [running("a"), ended("b", reason="Completed")]}, "NotReady", 0),
        (
            {
                "containerStatuses": [running("a"), ended("b", reason="Completed")],
                "conditions": [condition("Ready", "False")],
            },
            "NotReady",
            0,
        ),
        ({"containerStatuses": [running("a", ready=False), ended("b", reason="Completed")]}, "Completed", 0),
        ({"deleted": True, "containerStatuses": [running("app", 1)]}, "Terminating", 1),
        ({"deleted": True, "reason": "NodeLost"}, "Unknown", 0),
        ({"reason": "NodeLost"}, "NodeLost", 0),
        # Init containers.
        ({"spec": INIT, "phase": "Pending", "initContainerStatuses": [running("i", 1)]}, "Init:0/2", 1),
        (
            {"spec": INIT, "phase": "Pending", "initContainerStatuses": [ended("i", 2, exitCode=0), running("j", 3)]},
            "Init:1/2",
            5,
        ),
        ({"spec": INIT, "initContainerStatuses": [running("i", 1, started=True)]}, "Init:0/2", 1),
        ({"spec": INIT, "initContainerStatuses": [ended("i", exitCode=1, reason="Error")]}, "Init:Error", 0),
        ({"spec": INIT, "initContainerStatuses": [ended("i", exitCode=4)]}, "Init:ExitCode:4", 0),
        ({"spec": INIT, "initContainerStatuses": [ended("i", exitCode=4, signal=6)]}, "Init:Signal:6", 0),
        ({"spec": INIT, "initContainerStatuses": [waiting("i", "ErrImagePull")]}, "Init:ErrImagePull", 0),
        ({"spec": INIT, "initContainerStatuses": [waiting("i", "PodInitializing")]}, "Init:0/2", 0),
        # Restarts of init containers no longer count once the pod is initialized.
        (
            {
                "spec": INIT,
                "initContainerStatuses": [ended("i", 4, exitCode=0), ended("j", 5, exitCode=0)],
                "containerStatuses": [running("app", 1)],
            },
            "Running",
            1,
        ),
        (
            {
                "spec": INIT,
                "initContainerStatuses": [running("i", 4)],
                "containerStatuses": [running("app", 1)],
                "conditions": INITIALIZED,
            },
            "Init:0/2",
            1,
        ),
        (
            {
                "spec": INIT,
                "initContainerStatuses": [running("i", 4)],
                "containerStatuses": [waiting("app", "ErrImagePull", 1)],
                "conditions": [condition("Initialized", "False")],
            },
            "Init:0/2",
            4,
        ),
        # A sidecar counts as initialized once it has started, and its restarts count for ever.
        (
            {
                "spec": SIDECAR,
                "initContainerStatuses": [running("s", 2, started=True), ended("j", 3, exitCode=0)],
                "containerStatuses": [running("app", 1)],
            },
            "Running",
            3,
        ),
        ({"spec": SIDECAR, "initContainerStatuses": [running("s", 2, started=False)]}, "Init:0/2", 2),
        (
            {"spec": SIDECAR, "initContainerStatuses": [running("s", 2, started=True), running("j", 3)]},
            "Init:1/2",
            5,
        ),
    ],
)
def test_status_and_restarts_are_those_of_kubectl(
    run: Run, api: FakeApi, status: Object, word: str, restarts: int
) -> None:
    assert shown(run, api, "status,restarts", **status) == (word, restarts)


def resized(name: str, allocated: str, actual: str = "") -> Object:
    status: Object = {"name": name, "allocatedResources": {"cpu": allocated}}
    return status | ({"resources": {"requests": {"cpu": actual}}} if actual else {})


def containers(**cpu: str) -> Object:
    return {"containers": [{"name": name, "resources": {"requests": {"cpu": each}}} for name, each in cpu.items()]}


def sidecar(cpu: str) -> Object:
    return {"initContainers": [{"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": cpu}}}]}


OF_POD: Object = {"resources": {"requests": {"cpu": "500m"}}}
REFUSED = [condition("PodResizePending", "True", "Infeasible")]
DEFERRED = [condition("PodResizePending", "True", "Deferred")]


@pytest.mark.parametrize(
    ("more", "millicores"),
    [
        # A resize counts as soon as it is asked for, and as long as it may still happen.
        ({"spec": containers(a="300m"), "containerStatuses": [resized("a", "100m", "100m")]}, 300),
        ({"spec": containers(a="100m"), "containerStatuses": [resized("a", "300m", "200m")]}, 300),
        ({"spec": containers(a="100m"), "containerStatuses": [resized("a", "100m", "400m")]}, 400),
        (
            {"spec": containers(a="300m"), "containerStatuses": [resized("a", "100m", "100m")], "conditions": DEFERRED},
            300,
        ),
        # A refused one does not.
        (
            {"spec": containers(a="300m"), "containerStatuses": [resized("a", "100m", "100m")], "conditions": REFUSED},
            100,
        ),
        (
            {"spec": containers(a="300m"), "containerStatuses": [resized("a", "100m", "100m")], "resize": "Infeasible"},
            100,
        ),
        # What is allocated counts without actual resources, too.
        ({"spec": containers(a="300m"), "containerStatuses": [resized("a", "100m")], "conditions": REFUSED}, 100),
        ({"spec": containers(a="300m"), "containerStatuses": [resized("a", "500m")]}, 500),
        # Of the whole pod.
        ({"spec": containers(a="100m"), "allocatedResources": {"cpu": "300m"}}, 300),
        ({"spec": containers(a="100m"), "resources": {"requests": {"cpu": "400m"}}}, 400),
        (
            {"spec": containers(a="100m") | OF_POD, "resources": {"requests": {"cpu": "400m"}}, "conditions": REFUSED},
            400,
        ),
        ({"spec": containers(a="100m") | OF_POD, "allocatedResources": {"cpu": "400m"}}, 500),
        # The statuses may have another order than the spec.
        (
            {
                "spec": containers(a="100m", b="200m"),
                "containerStatuses": [resized("b", "100m", "100m"), resized("a", "200m", "200m")],
                "conditions": REFUSED,
            },
            300,
        ),
        (
            {
                "spec": containers(a="100m", b="700m"),
                "containerStatuses": [resized("a", "100m", "100m"), resized("b", "200m", "200m")],
                "conditions": REFUSED,
            },
            300,
        ),
        # Of sidecars, too.
        (
            {
                "spec": containers(a="100m") | sidecar("900m"),
                "containerStatuses": [resized("a", "100m", "100m")],
                "initContainerStatuses": [resized("s", "200m", "200m")],
                "conditions": REFUSED,
            },
            300,
        ),
    ],
)
def test_a_resize_counts_unless_it_is_refused(run: Run, api: FakeApi, more: Object, millicores: int) -> None:
    (item,) = shown(run, api, "cpu.requests", **more)
    assert item["cpu"]["requests"] == millicores * 10**6


@pytest.mark.parametrize(
    ("spec", "statuses", "of_sidecars"),
    [
        (containers(a="300m"), [resized("a", "100m", "100m")], []),
        (containers(a="100m", b="300m"), [resized("b", "100m", "100m"), resized("a", "300m", "300m")], []),
        (containers(a="100m") | sidecar("900m"), [resized("a", "100m", "100m")], [resized("s", "200m", "200m")]),
    ],
)
def test_of_pods_alike_but_for_a_refused_resize_each_has_its_own_requests(
    run: Run, api: FakeApi, spec: Object, statuses: list[Object], of_sidecars: list[Object]
) -> None:
    more: Object = {"spec": spec, "containerStatuses": statuses, "initContainerStatuses": of_sidecars}
    (asked,) = shown(run, api, "cpu.requests", **more)
    (refused,) = shown(run, api, "cpu.requests", **more, conditions=REFUSED)
    expected = [each["cpu"]["requests"] for each in (asked, refused, asked)]
    assert asked != refused
    conditions = [[], REFUSED, []]
    api.pods(
        *[pod("default", f"p{number}", conditions=each, **more) for number, each in enumerate(conditions)],
        namespace="default",
    )
    items = json.loads(run(f"top pods -o json --columns cpu.requests --server {api.url}").out)["items"]
    assert [item["cpu"]["requests"] for item in items] == expected


ALONE: Object = {"spec": containers(a="300m"), "containerStatuses": [resized("a", "300m", "300m")]}


@pytest.mark.parametrize(
    "other",
    [
        {"containerStatuses": [resized("a", "500m", "300m")]},
        {"containerStatuses": [resized("a", "300m", "500m")]},
        {"spec": containers(a="300m") | {"overhead": {"cpu": "50m"}}},
        {"spec": containers(a="300m") | {"resources": {"requests": {"cpu": "900m"}}}},
        {"allocatedResources": {"cpu": "700m"}},
    ],
    ids=["allocated", "actual", "overhead", "of the pod", "allocated to the pod"],
)
def test_of_pods_alike_but_for_one_thing_each_has_its_own_requests(run: Run, api: FakeApi, other: Object) -> None:
    (one,), (another,) = (shown(run, api, "cpu.requests", **ALONE | more) for more in ({}, other))
    assert one != another
    api.pods(
        *[pod("default", f"p{number}", **ALONE | more) for number, more in enumerate(({}, other, {}))],
        namespace="default",
    )
    items = json.loads(run(f"top pods -o json --columns cpu.requests --server {api.url}").out)["items"]
    expected = [each["cpu"]["requests"] for each in (one, another, one)]
    assert [item["cpu"]["requests"] for item in items] == expected
