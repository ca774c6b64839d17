"""Pods none of whose containers has started: they use nothing, and that is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.output.test_wide_terminals import at_terminal
from tests.servers import FakeApi, node, node_metrics, pod, pod_metrics

PODS = "pods measured"
COLUMNS = "--columns cpu,cpu.unused,cpu%,memory.usage"


@pytest.fixture
def starting(api: FakeApi) -> FakeApi:
    """Serve a pod that runs beside one that waits for a node, and one that has only just started."""
    requests = {"cpu": "100m", "memory": "100Mi"}
    waiting = [{"name": "app", "state": {"waiting": {"reason": "ContainerCreating"}}}]
    api.pods(
        pod("n", "runs", requests=requests),
        pod("n", "waits", requests=requests, phase="Pending", containerStatuses=waiting),
        pod("m", "waits", requests=requests, phase="Pending", containerStatuses=waiting),
        pod("l", "runs", requests=requests),
        pod("l", "young", requests=requests),
    )
    api.pod_metrics(pod_metrics("n", "runs", ("app", "50m", "90Mi")), pod_metrics("l", "runs", ("app", "50m", "90Mi")))
    return api


def test_they_count_with_their_requests_and_use_nothing(run: Run, starting: FakeApi) -> None:
    words = f"top pods -A --by namespace {COLUMNS} --server {starting.url}"
    rows = {item["namespace"]: item for item in json.loads(run(f"{words} -o json").out)["items"]}
    assert {name: (row["cpu"], row["memory"]["usage"]) for name, row in rows.items()} == {
        "n": ({"usage": 50_000_000, "unused": 150_000_000, "usagePercentOfRequests": 25.0}, 90 << 20),
        "m": ({"usage": 0, "unused": 100_000_000, "usagePercentOfRequests": 0.0}, 0),
        # What is unknown counts on neither side.
        "l": ({"usage": 50_000_000, "unused": 50_000_000, "usagePercentOfRequests": 50.0}, 90 << 20),
    }
    assert rows["m"]["timestamp"] is None
    judged = run(f"{words} --where 'namespace = n' --fail-if 'cpu%requests > 30' --fail-if-unknown")
    assert (judged.code, judged.err) == (0, "")


def test_the_pods_and_their_containers_use_nothing_either(run: Run, starting: FakeApi) -> None:
    words = f"top pods -A --server {starting.url} --fail-if 'cpu.usage > 1' --fail-if-unknown"
    result = run(f"{words} --columns cpu,memory,cpu.unused --no-headers")
    assert [line.split() for line in result.out.splitlines()] == [
        ["l", "runs", "50m", "90Mi", "50m"],
        ["l", "young", "<unknown>", "<unknown>", "<unknown>"],
        ["m", "waits", "0m", "0Mi", "100m"],
        ["n", "runs", "50m", "90Mi", "50m"],
        ["n", "waits", "0m", "0Mi", "100m"],
    ]
    assert (result.code, result.err) == (3, "--fail-if: 1 row could not be judged (no metrics): l/young\n")
    containers = "top pods -A --containers --where 'namespace = m' --columns cpu,cpu.unused --no-headers"
    assert run(f"{containers} --server {starting.url}").out.split() == ["m", "waits", "app", "0m", "100m"]


def test_what_is_not_scheduled_or_still_pulls_images_is_pending(run: Run, starting: FakeApi, tmp_path: Path) -> None:
    starting.nodes(node("node-a"))
    starting.node_metrics(node_metrics("node-a", "1"))
    # Only the owners cannot be read.
    assert run(f"record {tmp_path}/r.c3s --count 1 --server {starting.url}").code == 5
    for source in (f"--server {starting.url}", f"--from {tmp_path}/r.c3s"):
        for words in ("pending", "top pods -A --phase Pending"):
            result = run(f"{words} -o value --columns namespace,name,status {source}")
            names = [line.split("\t")[:3] for line in result.out.splitlines()]
            assert names == [[namespace, "waits", "ContainerCreating"] for namespace in "mn"]
        running = run(f"top pods -A --where 'phase = Running' -o value --columns name,phase {source}")
        assert running.out == "runs\tRunning\nyoung\tRunning\nruns\tRunning\n"
        assert run(f"top pods -A --where 'status = Pending' {source}").out == ""


def test_the_sum_of_what_is_unused_is_that_of_the_rows(run: Run, starting: FakeApi) -> None:
    words = f"top pods -A --by namespace --columns cpu.unused --sum --server {starting.url}"
    assert [line.split()[-1] for line in run(words).out.splitlines()[1:]] == [
        "50m",
        "100m",
        "150m",
        "________",
        "300m",
    ]


def test_a_table_for_eyes_says_which_sums_count_them(run: Run, starting: FakeApi) -> None:
    words = f"top pods -A --by namespace {COLUMNS} --server {starting.url}"
    assert at_terminal(run, f"{words} --sum", 200).err.splitlines() == [
        f"usage and its percentages are of what is measured only: l (1 of 2 {PODS}), the sum (2 of 5 {PODS})",
        "pods that have not started count as using nothing: m (1 of 1 pods), n (1 of 2 pods), the sum (2 of 5 pods)",
    ]
    assert at_terminal(run, words.replace(COLUMNS, "--columns cpu.requests"), 200).err == ""
    pods = f"top pods -A --server {starting.url} --columns"
    assert (
        at_terminal(run, f"{pods} cpu,status", 200).err
        == "pods that have not started count as using nothing: waits, waits\n"
    )
    assert at_terminal(run, f"{pods} cpu.requests", 200).err == ""
    assert run(words).err == ""


def test_what_is_not_scheduled_reserves_nothing(run: Run, api: FakeApi) -> None:
    """A large job that no node has room for led the list of who wastes most."""
    one, huge = {"cpu": "1"}, {"cpu": "32", "memory": "64Gi"}
    waiting = [{"name": "app", "state": {"waiting": {"reason": "ContainerCreating"}}}]
    api.pods(
        pod("n", "runs", requests=one),
        pod("n", "pulls", requests=one, phase="Pending", containerStatuses=waiting),
        pod("n", "huge", node="", requests=huge, phase="Pending"),
    )
    api.pod_metrics(pod_metrics("n", "runs", ("app", "400m", "9Mi")))
    pods = f"top pods -A --server {api.url} --sort-by cpu.unused"
    words = f"{pods} --columns name,cpu.requests,cpu.unused"
    note = "note: cpu.unused leaves out what is not scheduled: "
    heading = "NAME    CPU-REQUESTS   CPU-UNUSED\n"
    rows = "pulls   1000m          1000m\nruns    1000m          600m\nhuge    32000m         0m\n"
    assert run(words) == (0, heading + rows, f"{note}huge\n")
    assert run(f"{words} --where 'cpu.unused > 1'").out == ""
    lines = run(f"{pods} --containers --columns name,cpu.unused --no-headers").out.splitlines()
    assert [line.split() for line in lines] == [["pulls", "1000m"], ["runs", "600m"], ["huge", "0m"]]
    whole = run(f"top pods -A --server {api.url} --by namespace --columns cpu.requests,cpu.unused -o csv")
    assert (whole.out.splitlines()[1], whole.err) == ("n,34000000000,1600000000", f"{note}n (1 of 3 pods)\n")
    # Nodes and clusters do not have it, sums of pods do; names are no sums.
    words = f"top pods -A --server {api.url} --columns cpu.requests"
    ways = ("", "--by namespace -o name", "--sum", "--by namespace", "--by namespace --sum -o json")
    assert [run(f"{words} {how}").err for how in ways] == [
        "",
        "",
        *["note: requests include 32000m of 1 pod that is not scheduled\n"] * 3,
    ]


def test_what_is_requested_but_not_measured_is_named_beside_what_is_unused(run: Run, starting: FakeApi) -> None:
    words = f"top ns --columns cpu.requests,cpu.unused --server {starting.url}"
    assert f"note: cpu.unused leaves out what is not measured: l (1 of 2 {PODS})\n" in run(words).err
