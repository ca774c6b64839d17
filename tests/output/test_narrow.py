"""Tables on narrow terminals: names are shortened, figures are not."""

from __future__ import annotations

import io
import re
import sys

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, node, node_metrics


class Terminal(io.StringIO):
    """A terminal, as far as somebody who asks can tell."""

    def isatty(self) -> bool:
        return True


def shown(run: Run, words: str, columns: int) -> list[str]:
    """Run a command at a terminal of that many columns; return its lines."""
    terminal = Terminal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        patch.setenv("COLUMNS", str(columns))
        assert run(f"{words} --color never").out == ""
    return terminal.getvalue().splitlines()


MARK = "\N{HORIZONTAL ELLIPSIS}"
FIGURE = re.compile(r"-?[0-9]+(?:m|Mi|%)?|[0-9]+/[0-9]+|<unknown>")
COMMANDS = [
    "top pods -A",
    "top pods -A --columns default,node,owner,status",
    "top nodes",
    "top pods -A --by owner --sum",
]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_terminal_that_is_wide_enough_changes_nothing(demo: Run, words: str) -> None:
    piped = demo(words).out.splitlines()
    width = max(map(len, piped))
    # The last column is padded too, where it is counted.
    assert shown(demo, words, width + 12) == piped


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("columns", [70, 80, 90, 120])
def test_names_make_room_and_figures_stay(demo: Run, words: str, columns: int) -> None:
    piped, narrow = demo(words).out.splitlines(), shown(demo, words, columns)
    assert len(piped) == len(narrow)
    for wide, line in zip(piped, narrow, strict=True):
        figures = [word for word in wide.split() if FIGURE.fullmatch(word)]
        assert [word for word in line.split() if FIGURE.fullmatch(word)] == figures
        for short in (word for word in line.split() if MARK in word):
            before, after = short.split(MARK)
            assert any(word.startswith(before) and word.endswith(after) for word in wide.split())


def test_a_table_fits_the_window_if_names_can_make_it_fit(demo: Run) -> None:
    assert shown(demo, "top pods -n batch --columns default,node --where 'cpu > 0'", 60) == [
        "NAME                     CPU(cores)   MEMORY(bytes)   NODE",
        "etl-backfill-zcpgd       1667m        1431Mi          spot-1",
        f"nightly-rep{MARK}0700-wtzz8   1373m        1520Mi          spot-1",
    ]


def test_what_cannot_fit_is_left_to_the_terminal(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a-node-with-a-name"))
    api.nodes(node("a-node-with-a-name"))
    lines = shown(run, f"top nodes --server {api.url}", 20)
    assert lines == [
        "NAME        CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)",
        f"a-no{MARK}name   1000m        25%      1024Mi          12%",
    ]


def test_a_figure_is_whole_however_long_it_is(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a-node-with-a-name", memory="1024Ei"))
    api.nodes(node("a-node-with-a-name"))
    (line,) = shown(run, f"top nodes --columns memory,memory.capacity --no-headers --server {api.url}", 20)
    assert line.split() == [f"a-no{MARK}name", "1125899906842624Mi", "8192Mi"]


def test_other_formats_are_never_shortened(demo: Run) -> None:
    for format_ in ("csv", "name", "markdown", "grid", "json"):
        piped = demo(f"top pods -A -o {format_}").out.splitlines()
        assert shown(demo, f"top pods -A -o {format_}", 40) == piped
