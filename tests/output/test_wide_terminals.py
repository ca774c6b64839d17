"""Tables for eyes: columns that do not fit, sums that lack members, compact cells, PODS and MEASURED."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest

from tests.conftest import Result, Run
from tests.output.test_narrow import Terminal
from tests.servers import FakeApi, Reply, node, node_metrics, pod, pod_metrics


def at_terminal(run: Run, words: str, columns: int) -> Result:
    """Run a command at a terminal of that many columns."""
    terminal: io.StringIO = Terminal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        patch.setenv("COLUMNS", str(columns))
        result = run(f"{words} --color never")
    return result._replace(out=terminal.getvalue())


def left_out(*headings: str) -> str:
    return (
        f"left out, since the window is too narrow: {', '.join(headings)}; `| cat` shows all columns, "
        "and --columns takes some, such as cpu.compact,memory.compact\n"
    )


@pytest.fixture
def three(api: FakeApi) -> str:
    """Serve two measured pods of three, on one measured node of two."""
    api.nodes(node("node-a"), node("node-b"))
    api.node_metrics(node_metrics("node-a"))
    asked: Any = {"requests": {"cpu": "250m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "2Gi"}}
    long = "a-name-that-is-quite-long"
    api.pods(pod("n", long, **asked), pod("n", "b", requests={"cpu": "2"}), pod("n", "new"))
    api.pod_metrics(pod_metrics("n", long, ("app", "37m", "90Mi")), pod_metrics("n", "b", ("app", "2", "1Gi")))
    for group, resource in (("apps", "replicasets"), ("batch", "jobs")):
        api.routes[f"/apis/{group}/v1/{resource}"] = Reply({"items": []})
    return api.url


WIDE = (
    "CPU(cores)",
    "CPU-REQUESTS",
    "CPU(%REQUESTS)",
    "CPU-LIMITS",
    "CPU(%LIMITS)",
    "MEMORY(bytes)",
    "MEMORY-REQUESTS",
    "MEMORY(%REQUESTS)",
    "MEMORY-LIMITS",
    "MEMORY(%LIMITS)",
    "NODE",
    "OWNER",
    "STATUS",
    "RESTARTS",
    "AGE",
)


@pytest.mark.parametrize("sums", ["", " --sum"])
@pytest.mark.parametrize(
    # The whole table takes 243; one column always stays.
    ("columns", "count"),
    [(243, 15), (242, 14), (100, 4), (60, 1), (20, 1)],
)
def test_wide_leaves_out_columns_and_cuts_no_names(run: Run, three: str, columns: int, count: int, sums: str) -> None:
    words = f"top pods -A -o wide{sums} --server {three}"
    whole = run(words)
    assert (max(map(len, whole.out.splitlines())), whole.err) == (243, "")
    result = at_terminal(run, words, columns)
    first, *rows = result.out.splitlines()
    assert first.split() == ["NAMESPACE", "NAME", *WIDE[:count]]
    assert all(len(line) <= max(columns, 50) for line in result.out.splitlines())
    assert [row.split()[1] for row in rows[:3]] == ["a-name-that-is-quite-long", "b", "new"]
    note = "usage and its percentages are of what is measured only: the sum (2 of 3 pods measured)\n" if sums else ""
    assert result.err == (left_out(*WIDE[count:]) if count < len(WIDE) else "") + note


def test_a_pipe_and_other_formats_have_all_columns(run: Run, three: str) -> None:
    words = f"top pods -A --columns wide --server {three}"
    assert len(run(f"{words} -o wide").out.splitlines()[0].split()) == 17
    result = at_terminal(run, f"{words} -o csv", 40)
    assert (result.out, result.err) == (run(f"{words} -o csv").out, "")


def test_a_wide_cluster_leaves_out_columns_too(run: Run, three: str) -> None:
    result = at_terminal(run, f"top cluster -o wide --server {three}", 40)
    assert [line.split()[1] for line in result.out.splitlines()] == [
        "RESOURCE",
        "cpu",
        "memory",
        "ephemeralStorage",
        "pods",
    ]
    titles = ("USED(%)", "REQUESTED", "REQUESTED(%)", "LIMIT", "ALLOCATABLE", "FREE", "SCHEDULABLE-FREE")
    name = three.removeprefix("http://")
    note = f"usage and its percentages are of what is measured only: {name} (1 of 2 nodes measured)\n"
    assert result.err == left_out(*titles) + note


def test_what_no_compact_column_shows_is_not_said_to_be_in_one(run: Run, three: str) -> None:
    result = at_terminal(run, f"fit --cpu 1 -o wide --server {three}", 60)
    assert result.err.splitlines()[0].endswith(
        "LIMITED-BY, STATUS, POOL, ZONE; `| cat` shows all columns, and --columns takes some"
    )


@pytest.mark.parametrize(
    ("words", "note"),
    [
        ("top pods -A --by namespace --columns cpu,cpu.requests", "n (2 of 3 pods measured)"),
        ("top pods -A --columns cpu,cpu.requests --sum", "the sum (2 of 3 pods measured)"),
        ("top nodes --sum", "the sum (1 of 2 nodes measured)"),
        ("top nodes --by zone", "<none> (1 of 2 nodes measured)"),
        # Without usage nothing is missing, and without a list of pods nothing is known to be.
        ("top pods -A --by namespace --columns cpu.requests", ""),
        ("top pods -A --by namespace", ""),
        ("top nodes", ""),
    ],
)
def test_sums_that_lack_members_are_named_below_a_table_for_eyes(run: Run, three: str, words: str, note: str) -> None:
    of = "usage and its percentages are" if "nodes" in words else "usage is the sum"
    expected = f"{of} of what is measured only: {note}\n" if note else ""
    assert at_terminal(run, f"{words} --server {three}", 200).err == expected
    # In a pipe nothing is added, and cells stay numbers.
    assert run(f"{words} --server {three}").err == ""
    # Data without the counts of the members say so, too.
    counted = words == "top nodes --by zone"
    assert at_terminal(run, f"{words} --server {three} -o json", 200).err == ("" if counted else expected)


def test_compact_cells(run: Run, three: str) -> None:
    words = f"top pods -A --columns cpu.compact,memory.compact --server {three}"
    assert run(f"{words} --sum").out == (
        "NAMESPACE   NAME                        CPU(USE/REQ/LIM)      MEMORY(USE/REQ/LIM)\n"
        "n           a-name-that-is-quite-long   37m/250m/1            90Mi/128Mi/2Gi\n"
        "n           b                           2/2/<none>            1Gi/0Mi/<none>\n"
        "n           new                         <unknown>/0m/<none>   <unknown>/0Mi/<none>\n"
        "                                        ________              ________\n"
        "                                        2037m/2250m/1         1114Mi/128Mi/2Gi\n"
    )
    # Elsewhere they are the columns that they are made of.
    (item, *_) = json.loads(run(f"{words} -o json").out)["items"]
    assert item["cpu"] == {"usage": 37_000_000, "requests": 250_000_000, "limits": 1_000_000_000}
    wrong = run("top", "pods", "--where", "cpu.compact > 1")
    assert (wrong.code, wrong.err.splitlines()[0]) == (
        2,
        "error: cpu.compact shows three columns and cannot be compared",
    )


def test_pods_are_taken_slots_out_of_slots_and_what_is_measured_is_headed_so(
    run: Run, three: str, api: FakeApi
) -> None:
    def second(words: str) -> list[str]:
        lines = run(f"{words} --server {three}").out.splitlines()
        return [line.split()[1] for line in lines[:2]]

    assert second("top nodes --columns pods") == ["PODS", "3/110"]
    assert second("top nodes --by zone --columns pods") == ["PODS", "3/220"]
    assert second("top pods -A --by namespace --columns pods,cpu.requests") == ["MEASURED", "2/3"]
    # Where pods are not listed, only the measured ones are known.
    assert second("top pods -A --by namespace") == ["MEASURED", "2"]
    api.requests.clear()
    assert second("top cluster --columns pods") == ["PODS", "3"]
    # Without a list of pods.
    assert [each.query for each in api.requests if each.path == "/api/v1/pods"] == [[("limit", "1")]]
    (item,) = json.loads(run(f"top cluster --server {three} -o json").out)["items"]
    assert item["pods"] == {"count": 3, "allocatable": 220}


@pytest.mark.parametrize(
    ("columns", "units"),
    [
        ("cpu,restarts", "values are in nanocores; --unit cores,MiB sets other units\n"),
        ("cpu,memory", "values are in nanocores and bytes; --unit cores,MiB sets other units\n"),
        ("restarts", ""),
        ("cpu --unit cores", ""),
        ("-o custom-columns=A:.cpu.usage", "values are in nanocores; --unit cores,MiB sets other units\n"),
        ("-o custom-columns=A:.restarts", ""),
    ],
)
def test_a_person_learns_the_units_of_bare_values(run: Run, three: str, columns: str, units: str) -> None:
    format_ = columns if columns.startswith("-o") else f"-o value --columns {columns}"
    words = f"top pods -A {format_} --server {three}"
    assert at_terminal(run, words, 100).err == units + run(words).err
    assert "values are in" not in run(words).err
