"""Usage of which a part is not measured, of pods and groups: a lower bound, for conditions, tables and scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.sources.kubelet import polling
from tests.conftest import Run
from tests.kubelets import NOW, THEN, look, pages
from tests.output.test_wide_terminals import at_terminal
from tests.servers import FakeApi, Reply, node, pod, pod_metrics

HALF = "n/half (without app)"
UNJUDGED = f"--fail-if: 1 row could not be judged (not all containers are measured): {HALF}"
LIMITS = {"cpu": "200m", "memory": "100Mi"}
RUNS = {"running": {"startedAt": "2026-03-01T09:30:00Z"}}
WAITS = {"waiting": {"reason": "CrashLoopBackOff"}}
ENDED = {"terminated": {"reason": "Completed", "exitCode": 0}}


def with_containers(name: str, owner: str = "db", **states: dict[str, Any]) -> dict[str, Any]:
    """Make a pod with containers in these states, each with requests and limits."""
    containers = [{"name": each, "resources": {"requests": LIMITS, "limits": LIMITS}} for each in states]
    statuses = [{"name": each, "state": state} for each, state in states.items()]
    return pod("n", name, owner=("StatefulSet", owner), spec={"containers": containers}, containerStatuses=statuses)


@pytest.fixture
def halves(api: FakeApi) -> FakeApi:
    """Serve a pod of which one of two running containers is measured, and others of which all are that run."""
    api.pods(
        with_containers("half", app=RUNS, proxy=RUNS),
        with_containers("whole", app=RUNS, proxy=RUNS),
        # What waits or has ended uses nothing.
        with_containers("crashing", "web", app=RUNS, proxy=WAITS),
        with_containers("worked", "web", app=RUNS, proxy=ENDED),
    )
    for path in ("/apis/apps/v1/replicasets", "/apis/batch/v1/jobs"):
        api.routes[path] = Reply({"kind": "List", "metadata": {}, "items": []})
    api.pod_metrics(
        pod_metrics("n", "half", ("proxy", "5m", "50Mi")),
        pod_metrics("n", "whole", ("app", "10m", "10Mi"), ("proxy", "5m", "5Mi")),
        pod_metrics("n", "crashing", ("app", "10m", "10Mi")),
        pod_metrics("n", "worked", ("app", "10m", "10Mi")),
    )
    return api


@pytest.mark.parametrize(
    ("condition", "code", "line"),
    [
        ("cpu > 1", 3, UNJUDGED),
        ("memory%limits > 30", 3, UNJUDGED),
        ("memory%limits < 50", 3, f"--fail-if: 3 rows matched: n/crashing, n/whole, n/worked\n{UNJUDGED}"),
        ("cpu.unused < 1m", 3, UNJUDGED),
        ("cpu != 5m, name = half", 3, UNJUDGED),
        ("cpu > cpu.requests", 3, UNJUDGED),
        # What is measured decides already.
        ("memory > 40Mi", 3, "--fail-if: 1 row matched: n/half"),
        ("memory%limits > 20", 3, "--fail-if: 1 row matched: n/half"),
        ("memory > 60Mi, name = whole", 0, ""),
        ("memory < 40Mi, name = half", 0, ""),
    ],
)
def test_what_is_measured_of_a_pod_is_a_lower_bound(
    run: Run, halves: FakeApi, condition: str, code: int, line: str
) -> None:
    words = ["top", "pods", "-A", "--server", halves.url]
    result = run(*words, "--fail-if", condition, "--fail-if-unknown")
    assert (result.code, result.err.rstrip("\n")) == (code, line)
    # The cells are those that kubectl prints.
    assert result.out.splitlines()[2].split()[1:4] == ["half", "5m", "50Mi"]


def test_until_all_waits_and_where_counts_what_it_cannot_judge(run: Run, halves: FakeApi) -> None:
    words = ["-A", "--server", halves.url]
    waited = run("watch", "pods", *words, "--until-all", "cpu < 1", "--timeout", "0")
    assert (waited.code, waited.err.splitlines()[1:]) == (
        4,
        ["--until-all: 3 of 4 rows matched", UNJUDGED.replace("--fail-if", "--until-all")],
    )
    filtered = run("top", "pods", *words, "--where", "cpu > 7m", "--fail-if", "name = half", "--fail-if-unknown")
    assert (filtered.code, filtered.err) == (3, f"{UNJUDGED.replace('(not', '(--where: not')}\n")


def test_a_group_counts_it_as_not_measured(run: Run, halves: FakeApi) -> None:
    words = ["top", "pods", "-A", "--by", "owner", "--server", halves.url]
    result = run(*words, "--fail-if", "cpu > 1", "--fail-if-unknown", "--columns", "pods,cpu,cpu%,cpu.unused")
    assert [line.split() for line in result.out.splitlines()[1:]] == [
        # A percentage compares the pods that are measured whole.
        ["n", "StatefulSet/db", "1/2", "20m", "3%", "385m"],
        ["n", "StatefulSet/web", "2/2", "20m", "2%", "780m"],
    ]
    unjudged = "--fail-if: 1 row could not be judged (not all members are measured)"
    assert (result.code, result.err) == (3, f"{unjudged}: n/StatefulSet/db (1 of 2 pods measured)\n")


def test_tables_for_eyes_and_scripts_say_so_in_a_line(run: Run, halves: FakeApi) -> None:
    of_pods = f"usage is the sum of what is measured only: {HALF}\n"
    words = f"top pods -A --server {halves.url} --columns cpu,cpu.requests"
    assert at_terminal(run, words, 100).err == of_pods
    for format_ in ("value", "csv", "json", "custom-columns=CPU:.cpu.usage"):
        result = run(*words.split(), "-o", format_)
        assert (result.code, result.err) == (0, of_pods)
    of_groups = "usage is the sum of what is measured only: n/StatefulSet/db (1 of 2 pods measured)\n"
    for format_ in ("value", "tsv", "prometheus"):
        result = run(*words.split(), "--by", "owner", "-o", format_)
        assert (result.code, result.err) == (0, of_groups)
    # Of templates, what they print.
    for template, err in (
        ("custom-columns=CPU:.cpu.usage,R:.cpu.requests", of_groups),
        ("custom-columns=CPU:.cpu.usage,R:.cpu.requests,M:.pods.measured", ""),
        ("custom-columns=R:.cpu.requests", ""),
        ("jsonpath={.items[*].cpu.usage}{.items[*].cpu.requests}", of_groups),
    ):
        assert run(*words.split()[:-2], "--by", "owner", "-o", template).err == err, template
    # Piped tables stay as they are, and names say nothing of usage.
    assert run(words).err == ""
    assert "measured" not in run(*words.split(), "-o", "name").err


def test_containers_that_are_left_add_up_to_what_is_measured_of_them(run: Run, halves: FakeApi) -> None:
    words = f"top pods -A --containers --sum --no-headers --server {halves.url}"
    both = at_terminal(run, f"{words} --columns cpu,cpu.requests --where name=half", 100)
    assert [line.split() for line in both.out.splitlines()] == [
        ["n", "half", "app", "<unknown>", "200m"],
        ["n", "half", "proxy", "5m", "200m"],
        ["________", "________"],
        ["5m", "400m"],
    ]
    assert both.err == "usage is the sum of what is measured only: the sum (0 of 1 pods measured)\n"
    proxy = at_terminal(run, f"{words} --columns cpu.requests,cpu --where name=half,container=proxy", 100)
    assert (proxy.out.split()[-1], proxy.err) == ("5m", "")
    app = at_terminal(run, f"{words} --columns cpu.requests,cpu --where name=half,container=app", 100)
    assert app.out.split()[-1] == "<unknown>"


def test_a_kubelet_that_lacks_a_container_is_no_other(run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "PAUSE", 0.01)
    monkeypatch.setattr(polling, "STILL", 0.1)
    api.nodes(node("node-a"))
    api.pods(with_containers("half", app=RUNS, proxy=RUNS))
    boxes = ({"n/half/proxy": (5, 1 << 20, 1e9)}, {"n/half/proxy": (6, 1 << 20, 1e9)})
    pages(api, "node-a", look(THEN, boxes=boxes[0]), look(NOW, 101, boxes=boxes[1]))
    words = ["top", "pods", "-A", "--from", "kubelet", "--server", api.url]
    result = run(*words, "--fail-if", "memory > 1Gi", "--fail-if-unknown")
    assert (result.code, result.err) == (3, f"{UNJUDGED}\n")


# --- groups of which nobody is measured -----------------------------------------------------------------------


def test_a_sum_of_started_pods_that_nobody_measured_is_unknown(run: Run, api: FakeApi) -> None:
    waiting: dict[str, Any] = {"phase": "Pending", "containerStatuses": [{"name": "app", "state": WAITS}]}
    api.pods(pod("n", "runs", requests=LIMITS), pod("n", "new", requests=LIMITS, **waiting))
    api.pod_metrics()
    words = ["top", "pods", "-A", "--by", "namespace", "--server", api.url]
    result = run(*words, "-o", "value", "--columns", "cpu,cpu.unused,cpu%,memory")
    assert (result.code, result.out, result.err) == (
        5,
        "\t\t\t\n",
        "usage and its percentages are of what is measured only: n (0 of 2 pods measured)\n",
    )


def test_pods_without_any_amount_are_not_measured_and_amounts_have_shares_of_their_own(run: Run, api: FakeApi) -> None:
    api.pods(*(pod("n", name) for name in ("empty", "half", "zero")))
    api.pod_metrics(
        pod_metrics("n", "empty", ("app", "-", "-")),
        pod_metrics("n", "half", ("app", "-", "1Mi")),
        pod_metrics("n", "zero", ("app", "0", "0")),
    )
    words = ["top", "pods", "-A", "--by", "namespace", "--server", api.url, "--fail-if", "cpu > 10"]
    reason = "1 row could not be judged (not all members are measured): n"
    result = run(*words)
    assert result.out.splitlines()[1].split() == ["n", "2/3", "0m", "1Mi"]
    assert result.err == f"--fail-if: {reason} (2 of 3 pods measured)\n"
    assert run(*words, "--where", "name != empty").err == f"--fail-if: {reason} (cpu of 1 of 2 pods measured)\n"


def test_a_percentage_of_no_limit_is_none_whatever_is_used(run: Run, api: FakeApi) -> None:
    api.pods(pod("n", "free"), pod("n", "bounded", limits=LIMITS))
    api.pod_metrics()
    words = ["top", "pods", "-A", "--server", api.url, "--columns", "memory%limits"]
    result = run(*words, "--fail-if", "memory%limits > 90", "--fail-if-unknown")
    assert result.code == 3
    assert [line.split() for line in result.out.splitlines()[1:]] == [
        ["n", "bounded", "<unknown>"],
        ["n", "free", "<none>"],
    ]
    assert result.err == "--fail-if: 1 row could not be judged (no metrics): n/bounded\n"
    free = run(*words, "--where", "memory%limits = none", "-o", "value")
    assert (free.code, free.out) == (0, "\n")
    assert json.loads(run(*words, "--where", "memory%limits = none", "-o", "json").out)["items"][0]["memory"] == {
        "usagePercentOfLimits": None
    }


def test_a_value_of_a_group_looks_for_all_its_members(run: Run, halves: FakeApi) -> None:
    words = f"top pods -A --by namespace --server {halves.url} -o value --columns"
    result = run(f"{words} cpu")
    assert (result.code, result.out, result.err) == (
        0,
        "40000000\n",
        "usage is the sum of what is measured only: n (3 of 4 pods measured)\n",
    )
    halves.requests.clear()
    assert run(f"{words} pods.measured").err == ""
    assert not [path for path in halves.paths() if path.startswith("/api/v1/pods")]


def test_so_are_its_costs(run: Run, halves: FakeApi, tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("currency: EUR\nhoursPerMonth: 700\ndefault: {coreHour: 0.03, gibHour: 0.004}\n")
    halves.nodes(node("node-a"))
    halves.pod_metrics(pod_metrics("n", "half", ("proxy", "5m", "50Mi")))
    halves.pods(
        with_containers("half", app=RUNS, proxy=RUNS),
        pod(
            "n",
            "new",
            owner=("StatefulSet", "db"),
            phase="Pending",
            containerStatuses=[{"name": "app", "state": WAITS}],
        ),
        pod("m", "runs"),
        pod("m", "new", phase="Pending", containerStatuses=[{"name": "app", "state": WAITS}]),
    )
    words = f"top pods -A --prices {prices} --server {halves.url}"
    judged = run(*words.split(), "--where", "name = half", "--fail-if", "cost.usage > 100", "--fail-if-unknown")
    assert (judged.code, judged.err.splitlines()[-1]) == (3, UNJUDGED)
    groups = run(*words.split(), "--by", "namespace", "--columns", "cost.usage", "-o", "value")
    assert groups.code == 5
    assert [bool(line) for line in groups.out.splitlines()] == [False, True]
    assert groups.err.splitlines()[0] == (
        "usage is the sum of what is measured only: m (0 of 2 pods measured), n (0 of 2 pods measured)"
    )


def test_use_above_the_requests_does_not_hide_what_others_leave_unused(run: Run, api: FakeApi) -> None:
    one = {"cpu": "1", "memory": "100Mi"}
    api.pods(pod("n", "idle", requests=one), pod("n", "busy"), pod("m", "even", requests=one))
    api.pod_metrics(
        pod_metrics("n", "idle", ("app", "400m", "100Mi")),
        pod_metrics("n", "busy", ("app", "700m", "1Mi")),
        pod_metrics("m", "even", ("app", "300m", "1Mi")),
    )
    result = run(f"top ns --columns cpu.unused,memory.unused --sort-by cpu.unused --no-headers --server {api.url}")
    assert result == (
        0,
        "m     700m    99Mi\nn     -100m   -1Mi\n",
        "note: cpu.unused is net of what others use above their requests; without that: n (600m)\n",
    )
