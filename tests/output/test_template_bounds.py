"""Templates: however long, and whatever they ask for, they are refused or end in time."""

from __future__ import annotations

import time

import pytest

from tests.conftest import Run
from tests.patience import PATIENT

LONG = {
    "fields": f"jsonpath={{.items[0]{'.a' * 20_000}}}",
    "commas": f"custom-columns={',' * 120_000}",
    "text": f"jsonpath={'a' * 10_001}",
}


@pytest.mark.parametrize("output", LONG.values(), ids=LONG)
def test_a_template_that_is_too_long_is_refused(demo: Run, output: str) -> None:
    begun = time.monotonic()
    assert demo("top", "pods", "-o", output) == (2, "", "error: the template is longer than 10,000 characters\n")
    assert time.monotonic() - begun < PATIENT


BOUNDED = {
    "commas": f"custom-columns={','.join(['a:.name'] * 1200)}",
    "fields": f"jsonpath={{.items[0]{'.a' * 98}}}{{.name}}{'{.a}' * 2400}",
    "unions": f"jsonpath={{.items{'[0:3,0:3,0:3,0:3]' * 99}}}",
    "descents": "jsonpath={..[*]..[*]..name}",
}


@pytest.mark.slow
@pytest.mark.parametrize("output", BOUNDED.values(), ids=BOUNDED)
def test_the_longest_template_ends_in_time(demo: Run, output: str) -> None:
    begun = time.monotonic()
    assert demo("top", "pods", "-A", "-o", output).code in (0, 1)
    assert time.monotonic() - begun < PATIENT


def test_a_path_without_end_is_refused(demo: Run) -> None:
    template = "{" + ".a" * 101 + "}"
    said = f"error: error parsing jsonpath {template}, more than 100 steps in a path\n"
    assert demo("top", "nodes", "-o", f"jsonpath={template}") == (2, "", said)


def test_many_descents_in_a_path_are_refused(demo: Run) -> None:
    template = "{..a..b..c..d}"
    said = f"error: error parsing jsonpath {template}, more than 3 '..' in a path\n"
    assert demo("top", "nodes", "-o", f"jsonpath={template}") == (2, "", said)
    assert demo("top", "nodes", "-o", "jsonpath={..items..cpu..usage}").code == 0


@pytest.mark.parametrize(
    "template",
    [
        "{range ..items[*]}{range ..*}{range ..*}{.}{end}{end}{end}",
        f"{{['items',{','.join(['*'] * 1000)}]}}",
        f"{{{'[*,*,*,*,*,*,*,*,*,*]' * 3}}}",
    ],
)
def test_a_template_that_finds_too_much_ends(demo: Run, monkeypatch: pytest.MonkeyPatch, template: str) -> None:
    monkeypatch.setattr("c3s_cli.output.templated.MOST", 2000)
    result = demo("top", "pods", "-A", "-o", f"jsonpath={template}")
    assert result == (1, "", "error: the template finds more than 2,000 values\n")


def test_a_template_that_writes_too_much_ends(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("c3s_cli.output.templated.LONGEST", 1 << 20)
    template = f"{{[{','.join(['*'] * 900)}]}}"
    result = demo("top", "nodes", "-o", f"jsonpath={template}")
    assert result == (1, "", "error: the template writes more than 1 MiB\n")
