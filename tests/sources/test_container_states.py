"""Columns of what pods wait for and how their containers ended: from the status of a pod, or kube-state-metrics."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request, pod
from tests.sources.test_prometheus import engine, vector

Object = dict[str, Any]
COLUMNS = "ready,waiting,pending,lastTermination.reason,lastTermination.finishedAt,oomKilled"


def status(name: str, *, ready: bool = False, last: Object | None = None, **state: Object) -> Object:
    return {"name": name, "ready": ready, "restartCount": 0, "state": state, "lastState": last or {}}


def ended(reason: str, at: str = "", code: int = 1) -> Object:
    return {"terminated": {"reason": reason, "exitCode": code, "finishedAt": at or None}}


RUNNING: Object = {"startedAt": "2026-03-02T09:00:00Z"}
OOM = ended("OOMKilled", "2026-03-02T09:00:00Z", 137)
EARLIER = ended("Error", "2026-03-02T08:00:00Z")


def spec(*names: str, init: tuple[str, ...] = (), sidecars: tuple[str, ...] = ()) -> Object:
    first = [{"name": name} for name in init] + [{"name": name, "restartPolicy": "Always"} for name in sidecars]
    return {"containers": [{"name": name} for name in names], "initContainers": first}


def unscheduled(**condition: str) -> Object:
    return {"phase": "Pending", "node": "", "conditions": [{"type": "PodScheduled", "status": "False", **condition}]}


NEVER = ["", "", False]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # What has no status yet is neither ready nor ended.
        ({}, [0, 1, [], "", *NEVER]),
        ({"containerStatuses": [status("app", ready=True, running=RUNNING)]}, [1, 1, [], "", *NEVER]),
        ({"containerStatuses": [status("app", running=RUNNING)]}, [0, 1, [], "", *NEVER]),
        ({"containerStatuses": [status("app", ready=True)]}, [0, 1, [], "", *NEVER]),
        # OOM-killed now, or the last time; a container that ended otherwise since was not.
        (
            {"containerStatuses": [status("app", **OOM)]},
            [0, 1, [], "", "OOMKilled", "2026-03-02T09:00:00Z", True],
        ),
        (
            {"containerStatuses": [status("app", waiting={"reason": "CrashLoopBackOff"}, last=OOM)]},
            [0, 1, ["CrashLoopBackOff"], "", "OOMKilled", "2026-03-02T09:00:00Z", True],
        ),
        (
            {"containerStatuses": [status("app", **ended("", code=3))]},
            [0, 1, [], "", "ExitCode:3", "", False],
        ),
        # Of several containers: every reason to wait once, the latest end, any OOM kill.
        (
            {
                "spec": spec("a", "b", "c", "d"),
                "containerStatuses": [
                    status("a", waiting={"reason": "CrashLoopBackOff"}, last=OOM),
                    status("b", waiting={"reason": "ImagePullBackOff"}),
                    status("c", waiting={"reason": "CrashLoopBackOff"}, last=EARLIER),
                    status("d", ready=True, running=RUNNING),
                ],
            },
            [1, 4, ["CrashLoopBackOff", "ImagePullBackOff"], "", "OOMKilled", "2026-03-02T09:00:00Z", True],
        ),
        # Sidecars count as containers, init containers do not; one that has done its work has not failed.
        (
            {
                "spec": spec("app", init=("prepare",), sidecars=("proxy",)),
                "initContainerStatuses": [
                    status("prepare", last=OOM, **ended("Completed", "2026-03-02T09:10:00Z", 0)),
                    status("proxy", ready=True, running=RUNNING, last=EARLIER),
                ],
                "containerStatuses": [status("app", ready=True, running=RUNNING)],
            },
            [2, 2, [], "", "Error", "2026-03-02T08:00:00Z", False],
        ),
        (
            {
                "phase": "Pending",
                "spec": spec("app", init=("prepare",)),
                "initContainerStatuses": [status("prepare", waiting={"reason": "CrashLoopBackOff"}, last=OOM)],
                "containerStatuses": [status("app", waiting={"reason": "PodInitializing"})],
            },
            [0, 1, ["CrashLoopBackOff", "PodInitializing"], "", "OOMKilled", "2026-03-02T09:00:00Z", True],
        ),
        # In the scheduler's words.
        (
            unscheduled(reason="Unschedulable", message="0/3 nodes are available: 3 Insufficient cpu."),
            [0, 1, [], "0/3 nodes are available: 3 Insufficient cpu.", *NEVER],
        ),
        (unscheduled(reason="SchedulingGated"), [0, 1, [], "SchedulingGated", *NEVER]),
        ({"phase": "Pending", "node": ""}, [0, 1, [], "no scheduler has considered it yet", *NEVER]),
    ],
)
def test_the_states_of_a_pod(run: Run, api: FakeApi, given: Object, expected: list[Any]) -> None:
    api.pods(pod("n", "p", **given))
    result = run(f"top pods -A -o json --columns {COLUMNS} --server {api.url}")
    assert result.err == ""
    (item,) = json.loads(result.out)["items"]
    last = item["lastTermination"]
    found = [*item["ready"].values(), item["waiting"], item["pending"], *last.values(), item["oomKilled"]]
    assert found == expected


@pytest.fixture
def three(api: FakeApi) -> str:
    """Serve a pod that runs, one with a container that crashes, and one that waits for a node."""
    crashing = [
        status("app", ready=True, running=RUNNING),
        status("b", waiting={"reason": "CrashLoopBackOff"}, last=OOM),
    ]
    api.pods(
        pod("n", "fine", containerStatuses=[status("app", ready=True, running=RUNNING)]),
        pod("n", "part", spec=spec("app", "b"), containerStatuses=crashing),
        pod("n", "new", **unscheduled(message="0/3 nodes\x1b[31m are available")),
    )
    return api.url


def test_the_states_are_columns_like_any_other(run: Run, three: str) -> None:
    words = f"top pods -A --server {three} --columns {COLUMNS}"
    assert run(f"{words} --sort-by lastTermination.finishedAt,-name").out == (
        "NAMESPACE   NAME   READY   WAITING            PENDING                           LAST-TERMINATION-REASON   "
        "LAST-TERMINATION-FINISHED-AT   OOM-KILLED\n"
        "n           part   1/2     CrashLoopBackOff   <none>                            OOMKilled                 "
        "2026-03-02T09:00:00Z           true\n"
        "n           new    0/1     <none>             0/3 nodes\\x1b[31m are available   <none>                    "
        "<none>                         false\n"
        "n           fine   1/1     <none>             <none>                            <none>                    "
        "<none>                         false\n"
    )
    assert run(f"top pods -A --server {three} --columns ready,waiting,oomKilled --containers --no-headers").out == (
        "n     fine   app   1/1   <none>             false\n"
        "n     new    app   0/1   <none>             false\n"
        "n     part   app   1/1   <none>             false\n"
        "n     part   b     0/1   CrashLoopBackOff   true\n"
    )
    assert run(f"top pods -A --server {three} --columns name,oomKilled,ready -o csv").out == (
        "name,oomKilled,ready.count,ready.expected\nfine,false,1,1\nnew,false,0,1\npart,true,1,2\n"
    )
    metrics = run(f"top pods -A --server {three} --columns oomKilled --where oomKilled=true -o prometheus").out
    assert (
        metrics.splitlines()[-1]
        == f'c3s_pod_oom_killed{{context="{three.removeprefix("http://")}",namespace="n",pod="part"}} 1'
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("oomKilled = true", ["part"]),
        ("oomKilled != true", ["fine", "new"]),
        ("ready.count < ready.expected", ["new", "part"]),
        ("waiting = CrashLoopBackOff", ["part"]),
        ("waiting != none", ["part"]),
        ("pending ~ available", ["new"]),
        ("lastTermination.reason = OOMKilled", ["part"]),
        ("lastTermination.finishedAt = none", ["fine", "new"]),
        ("lastTermination.finishedAt > 2026-03-02T08:59:59Z", ["part"]),
        # What has never ended has not ended before some time, either.
        ("lastTermination.finishedAt < 2026-03-03T00:00:00Z", ["part"]),
    ],
)
def test_the_states_are_compared(run: Run, three: str, condition: str, expected: list[str]) -> None:
    words = ["top", "pods", "-A", "--server", three, "--columns", "name", "--no-headers", "--where", condition]
    assert run(*words).out.split() == expected
    judged = run("top", "pods", "-A", "--server", three, "--fail-if", condition)
    assert (judged.code, judged.err.rpartition(": ")[2].strip()) == (3, ", ".join(f"n/{name}" for name in expected))


def test_states_are_only_true_or_false(run: Run) -> None:
    for condition, words in (
        ("oomKilled = yes", "'yes' is no value for oomKilled (boolean)\nhint: write it as true or false"),
        ("oomKilled > true", "> does not go with oomKilled (boolean)\nhint: did you mean oomKilled = true?"),
        (
            "ready < 1",
            (
                "ready shows two columns and cannot be compared\n"
                "hint: compare ready.count or ready.expected, or both: 'ready.count < ready.expected'"
            ),
        ),
    ):
        assert run("top", "pods", "--fail-if", condition) == (2, "", f"error: {words}\n")


def test_a_watch_follows_the_states(run: Run, api: FakeApi) -> None:
    api.pods(pod("n", "p", containerStatuses=[status("app", **OOM)]))
    words = f"watch pods -A --server {api.url} --count 1 --interval 0.01 -o value"
    assert run(f"{words} --columns oomKilled,ready").out == "true\t0\t1\n"


# --- from kube-state-metrics ----------------------------------------------------------------------------------

Series = dict[str, dict[str, str]]
# By series: the value, or the reason, of each container.
QUIET: Series = {
    "status_ready": {"app": "1"},
    "status_waiting": {"app": "0"},
    "status_terminated": {"app": "0"},
    "status_restarts_total": {"app": "0"},
}
KILLED: Series = {
    **QUIET,
    "status_ready": {"app": "0"},
    "status_waiting": {"app": "1"},
    "status_restarts_total": {"app": "4"},
    "status_waiting_reason": {"app": "CrashLoopBackOff"},
    "status_last_terminated_reason": {"app": "OOMKilled"},
    "status_last_terminated_timestamp": {"app": "1772442000"},
}
UNKNOWN = [None, 1, None, None, None, None]


def both(one: Series, other: Series) -> Series:
    """Join the series of two containers, the second as b."""
    renamed = {name: dict.fromkeys("b", *values.values()) for name, values in other.items()}
    return {name: {**one.get(name, {}), **renamed.get(name, {})} for name in {**one, **renamed}}


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ({"info": {"app": "1"}}, UNKNOWN),
        (QUIET, [1, 1, [], "", "", False]),
        (KILLED, [0, 1, ["CrashLoopBackOff"], "OOMKilled", "2026-03-02T09:00:00Z", True]),
        # A restart whose reason is not exported.
        ({**QUIET, "status_restarts_total": {"app": "4"}}, [1, 1, [], None, None, None]),
        ({**QUIET, "status_terminated": {"app": "1"}}, [1, 1, [], None, None, None]),
        ({**QUIET, "status_terminated_reason": {"app": "OOMKilled"}}, [1, 1, [], "OOMKilled", None, True]),
        ({**KILLED, "status_waiting_reason": {}}, [0, 1, None, "OOMKilled", "2026-03-02T09:00:00Z", True]),
        (both(QUIET, KILLED), [1, 2, ["CrashLoopBackOff"], "OOMKilled", "2026-03-02T09:00:00Z", True]),
        # The only one of two that has ended, at a time that is not known.
        (both(QUIET, {**QUIET, "status_terminated_reason": {"app": "Error"}}), [2, 2, [], "Error", None, False]),
        (both(KILLED, {"info": {"app": "1"}}), [None, 2, None, None, None, True]),
        (
            {**QUIET, "init_status_waiting": {"i": "1"}, "init_status_waiting_reason": {"i": "CrashLoopBackOff"}},
            [1, 1, ["CrashLoopBackOff"], None, None, None],
        ),
        # An init container that failed, at a time that is not exported; whoever waits for it comes after it.
        (
            {
                **QUIET,
                "status_waiting": {"app": "1"},
                "status_waiting_reason": {"app": "PodInitializing"},
                "init_status_waiting": {"i": "1"},
                "init_status_terminated": {"i": "0"},
                "init_status_waiting_reason": {"i": "CrashLoopBackOff"},
                "init_status_last_terminated_reason": {"i": "OOMKilled"},
            },
            [1, 1, ["CrashLoopBackOff", "PodInitializing"], "OOMKilled", None, True],
        ),
        # One that has done its work has not failed, whatever was before.
        (
            {
                **QUIET,
                "init_status_waiting": {"i": "0"},
                "init_status_terminated_reason": {"i": "Completed"},
                "init_status_last_terminated_reason": {"i": "OOMKilled"},
            },
            [1, 1, [], "", "", False],
        ),
    ],
)
def test_the_states_in_kube_state_metrics(run: Run, series: Series, expected: list[Any]) -> None:
    labels = {"namespace": "n", "pod": "p"}
    names = {name for values in series.values() for name in values if name != "i"}
    all_series = {"container_info": dict.fromkeys(names, "1"), **series}

    def answer(query: str, _request: Request) -> Reply:
        if "kube_pod_info" in query:
            return vector(({**labels, "node": "a"}, "1"))
        for name, values in all_series.items():
            prefix = "kube_pod_" if name.startswith(("init", "container")) else "kube_pod_container_"
            full = f"{prefix}{name.replace('init_status', 'init_container_status')}{{"
            if f"({full}" in query and name.endswith("_reason"):
                return vector(*(({**labels, "container": each, "reason": why}, "1") for each, why in values.items()))
            if f"({full}" in query:
                return vector(*(({**labels, "container": each}, value) for each, value in values.items()))
        return vector()

    with FakeApi() as server:
        engine(server, answer)
        result = run(f"top pods -A -o json --columns {COLUMNS} --from {server.url} --facts source")
    (item,) = json.loads(result.out)["items"]
    last = item["lastTermination"]
    assert [*item["ready"].values(), item["waiting"], *last.values(), item["oomKilled"]] == expected
    assert item["pending"] == ""
