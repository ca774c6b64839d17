"""Output formats: all have the same values."""

from __future__ import annotations

import csv
import io
import json
import re
from fractions import Fraction
from typing import Any

import pytest
import tabulate
import yaml
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from c3s_cli.output.table import layout
from tests.conftest import Run
from tests.servers import FakeApi, node, node_metrics

COMMANDS = (
    "top nodes",
    "top pods -A",
    "top cluster",
    "top pods -A --by namespace",
    "top nodes --by pool,zone",
    "top pods -n monitoring --containers",
)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("columns", ["default", "wide", "all"])
def test_yaml_and_csv_say_what_json_says(demo: Run, command: str, columns: str) -> None:
    document = json.loads(demo(f"{command} --columns {columns} -o json").out)
    assert from_yaml(demo(f"{command} --columns {columns} -o yaml").out) == document
    compact = demo(f"watch {command.removeprefix('top ')} --count 1 --columns {columns} -o json").out
    assert json.loads(compact) == document
    assert compact.count("\n") == 1
    if "--containers" in command:
        return
    for format_, delimiter in (("csv", ","), ("tsv", "\t")):
        text = demo(f"{command} --columns {columns} -o {format_}").out
        rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
        # These are not the named columns.
        left_out = {"context", "timestamp", "window"}
        assert [
            {key: value for key, value in flat(item).items() if key not in left_out} for item in document["items"]
        ] == [{key: value for key, value in row.items() if value} for row in rows]


def from_yaml(text: str) -> Any:
    """Read YAML, if possible with the loader that is written in C."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe


def flat(item: Any, path: str = "") -> dict[str, str]:
    """Flatten an item as CSV does, without unknown values and empty texts."""
    if isinstance(item, dict):
        found: dict[str, str] = {}
        for key, value in item.items():
            inner = f".{key}" if path else key
            name = path + (inner if key.isalnum() else f'["{key}"]')
            found |= flat(value, name)
        return found
    if isinstance(item, list):
        item = ",".join(item)
    if isinstance(item, bool):
        item = json.dumps(item)
    return {} if item in (None, "") else {path: str(item)}


def test_containers_are_nested_in_json_and_rows_elsewhere(demo: Run) -> None:
    document = json.loads(demo("top pods prometheus-0 -n monitoring --containers -o json").out)
    (pod,) = document["items"]
    assert [container["name"] for container in pod["containers"]] == ["config-reloader", "prometheus"]
    assert sum(container["cpu"]["usage"] for container in pod["containers"]) == pod["cpu"]["usage"]
    rows = list(csv.DictReader(io.StringIO(demo("top pods prometheus-0 -n monitoring --containers -o csv").out)))
    assert [row["container"] for row in rows] == ["config-reloader", "prometheus"]
    assert "containers" not in json.loads(demo("top pods -o json").out)["items"][0]


def test_headings_carry_units_on_request(demo: Run) -> None:
    words = "top pods -A --columns default,cpu%,memory.limits,age,restarts,status"
    for format_, delimiter in (("csv", ","), ("tsv", "\t")):
        exact, people = (
            list(csv.DictReader(io.StringIO(demo(f"{words} -o {format_} {flag}").out), delimiter=delimiter))
            for flag in ("", "--units")
        )
        units = {
            "window": ("window (seconds)", 1),
            "cpu.usage": ("cpu.usage (millicores)", 10**6),
            "memory.usage": ("memory.usage (MiB)", 1 << 20),
            "cpu.usagePercentOfRequests": ("cpu.usagePercentOfRequests (%)", 1),
            "memory.limits": ("memory.limits (MiB)", 1 << 20),
            "age": ("age (seconds)", 1),
        }
        assert list(people[0]) == [units[name][0] if name in units else name for name in exact[0]]
        for one, other in zip(exact, people, strict=True):
            for name, value in one.items():
                title, divisor = units.get(name, (name, 0))
                if divisor and value:
                    assert abs(Fraction(other[title]) - Fraction(value) / divisor) <= Fraction(1, 2000)
                else:
                    assert other[title] == value
    hint = "hint: --unit bytes prints bytes, also with -o value\n"
    assert demo("top pods --units") == (2, "", f"error: --units goes with -o csv or tsv\n{hint}")


def test_amounts_in_units_have_three_decimals_at_most(demo: Run) -> None:
    words = (
        "top pods cart-djrthzc6vj-jcqdw -n team-checkout -o csv --units --columns cpu,cpu.limits,memory,memory.limits"
    )
    headings, values = demo(words).out.splitlines()
    assert headings.endswith("cpu.usage (millicores),cpu.limits (millicores),memory.usage (MiB),memory.limits (MiB)")
    assert values.endswith(",210.939,3000,358.334,1344")


def test_names_are_for_xargs(demo: Run) -> None:
    assert demo("top pods -o name -l app.kubernetes.io/name=redis").out == "pod/redis-0\n"
    assert demo("top nodes --by pool -o name --limit 1").out == "pool/<none>\n"


def test_markdown_is_a_table_that_survives_rendering(demo: Run) -> None:
    lines = demo("top nodes -o markdown").out.splitlines()
    assert lines[0].startswith("| NAME ")
    assert set(lines[1]) <= set("|-: ")
    assert "&lt;unknown>" in lines[-1]


@pytest.mark.parametrize("command", COMMANDS)
def test_prometheus_reads_it_back(demo: Run, command: str) -> None:
    text = demo(f"{command} --columns wide -o openmetrics").out
    families = {family.name: family for family in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]  # has no types
    document = json.loads(demo(f"{command} --columns wide -o json").out)
    (cpu,) = [family for name, family in families.items() if name.endswith("_cpu_usage_cores")]
    assert (cpu.type, cpu.unit) == ("gauge", "cores")
    if "--containers" not in command:
        known = [item["cpu"]["usage"] / 1e9 for item in document["items"] if item["cpu"]["usage"] is not None]
        assert [sample.value for sample in cpu.samples] == known
    assert all(sample.labels["context"] for sample in cpu.samples)
    assert text.endswith("# EOF\n")


GRID = """\
+---------+--------------+
| NAME    | CPU(cores)   |
+=========+==============+
| d\u00e9mon\\n | 40m          |
+---------+--------------+
| web     | 210m         |
+---------+--------------+
|         | ________     |
+---------+--------------+
|         | 250m         |
+---------+--------------+
"""


def test_a_grid_has_a_border_around_every_cell(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("web", cpu="210m"), node_metrics("d\u00e9mon\n", cpu="40m"))
    api.nodes(node("web"), node("d\u00e9mon\n"))
    assert run(f"top nodes --columns cpu --sum -o grid --server {api.url}").out == GRID
    api.node_metrics()
    assert run(f"top nodes -o grid --server {api.url}").out == ""


cell = st.text(alphabet=st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=12).filter(str.isprintable)


def tabulated(headings: list[str] | None, columns: list[list[str]]) -> str:
    """Lay out a table as kubectl does with tabulate: three spaces between columns, at least six for each."""
    between = tabulate.DataRow("", "   ", "")
    form = tabulate.TableFormat(None, None, None, None, between, between, 0, None)
    rows = [list(row) for row in zip(*columns, strict=True)]
    rows = [headings, *rows] if headings else rows
    rows[0] = [text.ljust(3) for text in rows[0]]
    text = tabulate.tabulate(rows, tablefmt=form, disable_numparse=True, stralign="left", preserve_whitespace=True)
    return "".join(f"{line.rstrip(' ')}\n" for line in text.split("\n"))


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=8)
    ),
    st.booleans(),
)
def test_a_table_is_what_tabulate_would_print(rows: list[list[str]], with_headings: bool) -> None:  # noqa: FBT001  a drawn value
    columns = [list(column) for column in zip(*rows, strict=True)]
    headings = [f"HEADING-{place}" for place in range(len(columns))] if with_headings else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tabulate, "WIDE_CHARS_MODE", False)  # kubectl counts characters
        assert "".join(layout(headings, columns)) == tabulated(headings, columns)


def test_json_spells_lists_and_extreme_numbers_as_python_does(run: Run, api: FakeApi) -> None:
    """Numbers beyond 64 bits, floats with an exponent, and keys that need escapes: on many lines and on one."""
    labels = {"node-role.kubernetes.io/x": "", "node-role.kubernetes.io/y": ""}
    amounts = {"cpu": "1n", "memory": "1", "e.com/\u2028\\": "7"}
    api.nodes(node("a", labels=labels, allocatable=amounts, capacity=amounts), node("b", memory="7Ei"))
    api.node_metrics(node_metrics("a", cpu="9E", memory="7Ei"), node_metrics("b", cpu="1", memory="1"))
    columns = 'default,roles,resources["e.com/\u2028\\"].capacity'
    where = ["top", "nodes", "--columns", columns, "--server", api.url, "-o"]
    text = run(*where, "json").out
    document = json.loads(text)
    percentages = [item["memory"]["usagePercentOfAllocatable"] for item in document["items"]]
    assert percentages == [100.0 * 7 * 2**60, 100 / (7 * 2**60)]
    one_line = r'\[\n +("[xy]",)\n +("[xy]")\n +\]'
    assert text == re.sub(one_line, r"[\1 \2]", json.dumps(document, indent=2) + "\n")
    assert document["items"][0]["roles"] == ["x", "y"]
    assert from_yaml(run(*where, "yaml").out)["items"] == document["items"]
