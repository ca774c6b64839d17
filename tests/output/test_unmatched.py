"""jsonpath and custom columns: paths that match nothing."""

from __future__ import annotations

import pytest

from tests.conftest import Run


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("custom-columns=N:.name,C:.cpu.usage", []),
        ("custom-columns=N:.metadata.name", ["custom-columns: no row has .metadata.name; did you mean .name?"]),
        (
            "custom-columns=A:.metadata.name,B:.spec.nodeName,C:.cpu.usege,D:.nosuch",
            [
                "custom-columns: no row has .metadata.name; did you mean .name?",
                "custom-columns: no row has .spec.nodeName; did you mean .node?",
                "custom-columns: no row has .cpu.usege; did you mean .cpu.usage?",
                "custom-columns: no row has .nosuch",
            ],
        ),
        (
            "custom-columns=A:.metadata.labels.app",
            ["custom-columns: no row has .metadata.labels.app; did you mean .labels.app?"],
        ),
        ("custom-columns=A:.containers[*].name", ["custom-columns: no row has .containers[*].name"]),
        # What is unknown, empty or elsewhere in the list is there.
        ("custom-columns=A:.labels.nosuch,B:.cpu.limits,C:.owner", []),
        ("jsonpath={.items[*].name}", []),
        # The prefix is missing, or one too many.
        ("jsonpath={.cpu.usage}", ["jsonpath: no row has .cpu.usage; did you mean .items[*].cpu.usage?"]),
        ("jsonpath={.metadata.name}", ["jsonpath: no row has .metadata.name; did you mean .items[*].name?"]),
        (
            "jsonpath={range .items[*]}{.items[*].name}{end}",
            ["jsonpath: no row has .items[*].name; did you mean .name?"],
        ),
        ("custom-columns=A:.items[*].name", ["custom-columns: no row has .items[*].name; did you mean .name?"]),
        ("jsonpath={.items[?(@.cpu.usage>1e15)].name}", []),
        ("jsonpath={.totals.cpu.usage}{..usage}{@}", []),
        (
            "jsonpath={.items[*].metadata.name}",
            ["jsonpath: no row has .items[*].metadata.name; did you mean .items[*].name?"],
        ),
        (
            "jsonpath={.items[*].usage.cpu}",
            ["jsonpath: no row has .items[*].usage.cpu; did you mean .items[*].cpu.usage?"],
        ),
        (
            "jsonpath={.items[0].memory.usge}{.items[*].nosuch}",
            [
                "jsonpath: no row has .items[0].memory.usge; did you mean .items[0].memory.usage?",
                "jsonpath: no row has .items[*].nosuch",
            ],
        ),
        (
            'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{.metadata.name}{.name}{end}',
            ["jsonpath: no row has .metadata.name; did you mean .name?"],
        ),
        ("jsonpath={range .rows[*]}{.name}{end}", ["jsonpath: no row has .rows[*]"]),
    ],
)
def test_a_path_that_no_row_has_is_said(demo: Run, template: str, said: list[str]) -> None:
    result = demo("top", "pods", "-o", template)
    assert (result.code, result.err.splitlines()) == (0, said)
    watched = demo("watch", "pods", "--count", "2", "-i", "0.01", "-o", template)
    assert watched.err == result.err


def test_without_rows_no_path_is_wrong(demo: Run) -> None:
    result = demo("top pods -n nosuch -o custom-columns=N:.metadata.name")
    assert result.err == "No resources found in nosuch namespace.\n"
