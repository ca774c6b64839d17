"""Colour in tables: terminals only, thresholds only, no other byte changes."""

from __future__ import annotations

import json
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.terminal.colour import style_of, wants_colour
from tests.conftest import Run
from tests.run.terminal_session import Terminal

UNKNOWN = "\x1b[33m<unknown>\x1b[0m"
SGR = re.compile(r"\x1b\[[0-9]*m")


@pytest.mark.parametrize(
    "words",
    [
        "top nodes",
        "top nodes -o wide",
        "top nodes --sum",
        "top nodes --no-headers",
        "top pods -A -o wide",
        "top pods -A --containers --columns default,cpu%",
        "top pods -A --by namespace -o wide --sum",
        "top cluster",
        "top cluster -o wide",
        "top pods -n nothing",
    ],
)
def test_without_its_colours_a_table_is_the_same(demo: Run, words: str) -> None:
    plain, coloured = demo(f"{words} --color never"), demo(f"{words} --color always")
    assert SGR.sub("", coloured.out) == plain.out
    assert "\x1b" not in plain.out


def test_only_cells_above_a_threshold_have_a_colour(demo: Run) -> None:
    rows = demo("top nodes --color always --warn 35 --critical 55").out.splitlines()
    assert [row for row in rows if "\x1b" in row] == [
        "general-2   3229m        \x1b[33m40%\x1b[0m         5490Mi          17%",
        "memory-1    4668m        \x1b[31m59%\x1b[0m         38105Mi         \x1b[31m60%\x1b[0m",
        "spot-1      3164m        \x1b[33m40%\x1b[0m         3894Mi          27%",
        f"spot-2      {UNKNOWN}    {UNKNOWN}   {UNKNOWN}       {UNKNOWN}",
    ]


def test_a_row_for_each_resource_has_colours_too(demo: Run) -> None:
    rows = demo("top cluster -o wide --color always --warn 25 --critical 35").out.splitlines()
    assert [SGR.sub("|", row).split()[3:6:2] for row in rows[1:4]] == [
        ["|28%|", "|38%|"],
        ["23%", "|26%|"],
        ["|<unknown>|", "6%"],
    ]
    assert "\x1b[33m28%" in rows[1]
    assert "\x1b[31m38%" in rows[1]


def test_the_exact_percentage_counts_not_the_rounded_one(demo: Run) -> None:
    words = "top nodes memory-1 --columns cpu%"
    exact = json.loads(demo(f"{words} -o json").out)["items"][0]["cpu"]["usagePercentOfAllocatable"]
    assert 59 < exact < 60
    assert "\x1b[33m59%" in demo(f"{words} --color always --warn {exact}").out
    assert "\x1b" not in demo(f"{words} --color always --warn {exact + 0.001}").out


def test_states_that_are_bad_have_a_colour(demo: Run) -> None:
    out = demo("top pods -A --columns status --color always").out
    assert "\x1b[31mCrashLoopBackOff\x1b[0m" in out
    assert "\x1b[31mRunning" not in out


@pytest.mark.parametrize("format_", ["json", "yaml", "csv", "name", "markdown", "prometheus"])
def test_documents_have_no_colour(demo: Run, format_: str) -> None:
    assert "\x1b" not in demo(f"top nodes -o {format_} --color always").out


def test_a_terminal_gets_colour_and_a_pipe_does_not(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b" not in demo("top nodes").out
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    demo("top nodes")
    assert "\x1b[33m<unknown>\x1b[0m" in terminal.getvalue()


@pytest.mark.parametrize(
    ("choice", "environ", "is_terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"CLICOLOR": "0"}, True, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("never", {"CLICOLOR_FORCE": "1"}, True, False),
    ],
)
def test_who_decides_on_colour(choice: str, environ: dict[str, str], *, is_terminal: bool, expected: bool) -> None:
    assert wants_colour(choice, environ, is_terminal=is_terminal) is expected


def test_another_choice_is_a_usage_error(demo: Run) -> None:
    assert demo("top nodes --color red") == (2, "", "error: --color takes auto, always or never, not 'red'\n")


@pytest.mark.slow
@given(st.floats(0, 200), st.floats(0, 200), st.floats(0, 200))
def test_a_style_is_that_of_the_highest_threshold_reached(percent: float, warn: float, critical: float) -> None:
    expected = "critical" if percent >= critical else "warn" if percent >= warn else ""
    assert style_of(percent, warn, critical) == expected
