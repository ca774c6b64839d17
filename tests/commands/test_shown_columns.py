"""Which columns are shown: those of --columns, and those that other flags use."""

from __future__ import annotations

import pytest

from tests.conftest import Run


@pytest.mark.slow
def test_wide_has_no_effect_with_columns(demo: Run) -> None:
    for words in ("cluster", "cluster --no-headers", "nodes", "pods -A"):
        for columns in ("cpu%", 'resources["nvidia.com/gpu"].requests,cpu%'):
            wide = demo("top", *words.split(), "-o", "wide", "--columns", columns)
            assert wide == demo("top", *words.split(), "--columns", columns)
            assert wide.out


def test_a_column_is_shown_once(demo: Run) -> None:
    assert demo("top nodes --columns name,cpu").out.split("\n")[0].split() == ["NAME", "CPU(cores)"]
    assert demo("top pods -A --columns namespace,name,cpu").out.split("\n")[0].split() == [
        "NAMESPACE",
        "NAME",
        "CPU(cores)",
    ]
    assert demo("top pods --columns namespace").out.split("\n")[0].split() == ["NAMESPACE"]
    assert demo("top pods -A --by namespace,namespace").out == demo("top pods -A --by namespace").out
    percentages = "cpu.usagePercentOfAllocatable,cpu.usagePercentOfCapacity"
    assert demo(f"top nodes --columns {percentages}").out.split("\n")[0].split() == ["NAME", "CPU(%)", "CPU(%CAPACITY)"]


def test_sums_of_columns_shown_as_a_pair(demo: Run) -> None:
    *_, rule, sums = demo("top nodes --by pool --sum").out.splitlines()
    assert rule.split() == ["________"] * 5
    assert sums.split()[0] == "9/10"
    assert demo("top nodes --columns status --sum").out == demo("top nodes --columns status").out
    *_, last = demo("top nodes -o markdown --sum").out.splitlines()
    *_, total = demo("top nodes --sum").out.splitlines()
    assert last.replace("|", " ").split() == total.split()


@pytest.mark.slow
def test_a_label_is_a_column_under_its_short_name_too(demo: Run) -> None:
    key = "app.kubernetes.io/name"
    for short in (
        f"top pods -A --columns default,label:{key}",
        f"top pods -A --sort-by label:{key}",
        f"top pods -A --sort-by label:{key}:desc",
        f"top pods -A --where 'label:{key} in (indexer, redis)' -o json",
        f"top nodes --fail-if 'label:{key} = none'",
        f"top pods -A --by label:{key} --sort-by label:{key}",
    ):
        # Quotes outside quotes are the shell's.
        quote = '"' if "'" in short else '\\"'
        assert demo(short) == demo(short.replace(f"label:{key}", f"labels[{quote}{key}{quote}]"))
    assert "indexer" in demo(f"top pods -A --columns label:{key}").out
    # A key without dots is not taken for a column with a direction.
    assert demo("top pods -A --sort-by label:component") == demo('top pods -A --sort-by labels[\\"component\\"]')
    assert demo("top pods -A --sort-by label:component").code == 0


@pytest.mark.parametrize(
    ("flags", "headings"),
    [
        ("--sort-by memory.limits", "NAME CPU(cores) MEMORY(bytes) MEMORY-LIMITS"),
        ("--where 'restarts = 0' --sort-by age", "NAME CPU(cores) MEMORY(bytes) AGE RESTARTS"),
        ("--sort-by cpu", "NAME CPU(cores) MEMORY(bytes)"),
        ("--sort-by memory", "NAME CPU(cores) MEMORY(bytes)"),
        ("--sort-by name --where 'namespace = default'", "NAME CPU(cores) MEMORY(bytes)"),
        ("--sort-by memory.limits --where 'restarts = 0' --columns cpu", "NAME CPU(cores)"),
        ("--sort-by memory.limits --columns default", "NAME CPU(cores) MEMORY(bytes)"),
        # What is judged is not shown: it may be the same for all rows.
        ("--fail-if 'restarts > 99'", "NAME CPU(cores) MEMORY(bytes)"),
    ],
)
def test_a_column_that_is_used_is_shown_unless_columns_says_otherwise(demo: Run, flags: str, headings: str) -> None:
    assert demo(f"top pods -n default {flags}").out.splitlines()[0].split() == headings.split()


@pytest.mark.parametrize("by", ["pool", "owner", "status", "label:app.kubernetes.io/name"])
def test_a_key_that_groups_are_sorted_by_is_shown_once(demo: Run, by: str) -> None:
    plain, ordered = demo(f"top pods -A --by {by}"), demo(f"top pods -A --by {by} --sort-by {by}")
    assert ordered.out.splitlines()[0].split() == plain.out.splitlines()[0].split()
    assert sorted(ordered.out.splitlines()) == sorted(plain.out.splitlines())


def test_the_columns_are_listed(run: Run) -> None:
    nodes = run("columns nodes").out
    assert "cpu.usagePercentOfAllocatable" in nodes
    assert "cpu%" in nodes
    assert run("columns foo").code == 2
