"""jsonpath and custom columns: paths that match nothing."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Run

COLUMNS = "-o value --columns NAME prints columns, which `c3s columns` lists"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("custom-columns=N:.name,C:.cpu.usage", []),
        (
            "custom-columns=A:.metadata.name,B:.spec.nodeName,C:.cpu.usege,D:.nosuch",
            [
                "custom-columns: .metadata.name is read as .name, as -o json prints it",
                "custom-columns: .spec.nodeName is read as .node, as -o json prints it",
                "custom-columns: no row has .cpu.usege; did you mean .cpu.usage?",
                f"custom-columns: no row has .nosuch; {COLUMNS}",
            ],
        ),
        ("custom-columns=A:.containers[*].name", [f"custom-columns: no row has .containers[*].name; {COLUMNS}"]),
        # What is unknown, empty or elsewhere in the list is there.
        ("custom-columns=A:.labels.nosuch,B:.cpu.limits,C:.owner", []),
        ("jsonpath={.items[*].name}", []),
        # The prefix is missing, or one too many.
        ("jsonpath={.cpu.usage}", ["jsonpath: no row has .cpu.usage; did you mean .items[*].cpu.usage?"]),
        (
            "jsonpath={.metadata.name}",
            [
                "jsonpath: .metadata.name is read as .name, as -o json prints it",
                "jsonpath: no row has .name; did you mean .items[*].name?",
            ],
        ),
        (
            "jsonpath={range .items[*]}{.items[*].name}{end}",
            ["jsonpath: no row has .items[*].name; did you mean .name?"],
        ),
        ("custom-columns=A:.items[*].name", ["custom-columns: no row has .items[*].name; did you mean .name?"]),
        ("jsonpath={.items[?(@.cpu.usage>1e15)].name}", []),
        # A filter by what no row has selects nothing, as one by what no row is.
        (
            "jsonpath={.items[?(@.cpu.usge>1e6)].name}",
            ["jsonpath: no row has .cpu.usge; did you mean .cpu.usage?"],
        ),
        (
            'jsonpath={range .items[?(@.nmae=="x")]}{.name}{end}',
            ["jsonpath: no row has .nmae; did you mean .name?"],
        ),
        ("jsonpath={.items[?(@.nosuch)].name}", []),
        ("jsonpath={.totals.cpu.usage}{..usage}{@}", []),
        (
            "jsonpath={.items[0].memory.usge}{.items[*].nosuch}",
            [
                "jsonpath: no row has .items[0].memory.usge; did you mean .items[0].memory.usage?",
                f"jsonpath: no row has .items[*].nosuch; {COLUMNS}",
            ],
        ),
        # The name of a column that is no path, in an item or without it.
        (
            "jsonpath={range .items[*]}{.memory.percent}{end}{.items[0].cpu%}{.items[1].mem}{.cpu%limits}",
            [
                "jsonpath: no row has .memory.percent; did you mean .memory.usagePercentOfRequests?",
                "jsonpath: no row has .items[0].cpu%; did you mean .items[0].cpu.usagePercentOfRequests?",
                "jsonpath: no row has .items[1].mem; did you mean .items[1].memory.usage?",
                "jsonpath: no row has .cpu%limits; did you mean .items[*].cpu.usagePercentOfLimits?",
            ],
        ),
        ("custom-columns=A:.mem%", ["custom-columns: no row has .mem%; did you mean .memory.usagePercentOfRequests?"]),
        ("jsonpath={range .rows[*]}{.name}{end}", [f"jsonpath: no row has .rows[*]; {COLUMNS}"]),
    ],
)
def test_a_path_that_no_row_has_is_said(demo: Run, template: str, said: list[str]) -> None:
    result = demo("top", "pods", "-o", template)
    assert (result.code, result.err.splitlines()) == (0, said)
    watched = demo("watch", "pods", "--count", "2", "-i", "0.01", "-o", template)
    assert watched.err == result.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("pods --sum -o jsonpath={.total.memory}", ".total.memory; did you mean .totals.memory.usage?"),
        ("deploy -o jsonpath={.items[*].metadata.name}", ".items[*].name; did you mean .items[*].owner?"),
        ("deploy -o custom-columns=N:.metadata.name", ".name; did you mean .owner?"),
        ("ns -o custom-columns=N:.name", ".name; did you mean .namespace?"),
    ],
)
def test_groups_and_totals_have_names_of_their_own(demo: Run, words: str, said: str) -> None:
    result = demo(f"top {words}")
    assert (result.code, result.err.partition(": ")[2]) == (0, f"no row has {said}\n")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (
            "custom-columns=A:.metadata.name,B:.metadata.namespace,C:.spec.nodeName,D:.status.phase",
            "custom-columns=A:.name,B:.namespace,C:.node,D:.phase",
        ),
        ("custom-columns=A:.usage.cpu,B:{.usage.memory}", "custom-columns=A:.cpu.usage,B:.memory.usage"),
        ("custom-columns=A:.metadata.labels.team", "custom-columns=A:.labels.team"),
        ("jsonpath={.items[*].metadata.name}", "jsonpath={.items[*].name}"),
        (
            "jsonpath={range .items[*]}{.metadata['name']} {.usage.cpu}{end}",
            "jsonpath={range .items[*]}{.name} {.cpu.usage}{end}",
        ),
        (
            "jsonpath={.items[0].status.phase} {.items[0].metadata.name}",
            "jsonpath={.items[0].phase} {.items[0].name}",
        ),
        (
            "jsonpath={.items[?(@.metadata.name=='redis-0')].usage.memory}",
            "jsonpath={.items[?(@.name=='redis-0')].memory.usage}",
        ),
    ],
)
def test_paths_of_kubectls_documents_are_those_of_ours(demo: Run, theirs: str, ours: str) -> None:
    result, expected = demo("top", "pods", "-o", theirs), demo("top", "pods", "-o", ours)
    assert (result.code, result.out, expected.err) == (0, expected.out, "")
    assert result.out.strip("\n ")
    # jq does not find these paths in what -o json prints.
    format_ = theirs.partition("=")[0]
    said = re.compile(rf"{format_}: \.\w+\.\w+ is read as (\.\w+)+, as -o json prints it(, in (nanocores|bytes))?")
    assert all(map(said.fullmatch, result.err.splitlines()))
    assert result.err.count("\n") == len(re.findall(r"\.(metadata|usage|spec|status)\.", theirs))


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("custom-columns=N:.name,CPU:.cpu", ".cpu"),
        ("jsonpath={.items[0].memory}", ".items[0].memory"),
        ("jsonpath={range .items[*]}{.name} {.cpu} {end}", ".cpu"),
    ],
)
def test_a_resource_is_no_number(demo: Run, template: str, path: str) -> None:
    result = demo("top", "pods", "-o", template)
    format_ = template.partition("=")[0]
    assert result.err == f"{format_}: {path} is an object; did you mean {path}.usage?\n"
    assert '{"usage":' in result.out
    assert demo("top", "pods", "-o", template.replace(path, f"{path}.usage")).err == ""


def test_without_rows_no_path_is_wrong(demo: Run) -> None:
    result = demo("top pods -n nosuch -o custom-columns=N:.metadata.name")
    assert result.err == "No resources found in nosuch namespace.\n"


def test_what_nodes_offer_is_where_kubectl_has_it_and_in_exact_units(demo: Run) -> None:
    typed = "{.items[0].status.allocatable.memory} {.items[0].capacity.cpu}"
    result = demo("top", "nodes", "-o", f"jsonpath={typed}")
    assert result.out == demo("top nodes -o value --columns memory.allocatable,cpu.capacity").out.split("\n")[
        0
    ].replace("\t", " ")
    assert result.err.splitlines() == [
        "jsonpath: .allocatable.memory is read as .memory.allocatable, as -o json prints it, in bytes",
        "jsonpath: .capacity.cpu is read as .cpu.capacity, as -o json prints it, in nanocores",
    ]
    in_cores = demo("top", "pods", "-o", "custom-columns=CPU:.requests.cpu", "--unit", "cores")
    assert in_cores.err == "custom-columns: .requests.cpu is read as .cpu.requests, as -o json prints it\n"
