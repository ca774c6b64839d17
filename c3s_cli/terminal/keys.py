"""The keys of the live view: one table for what they do and for the help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

# The levels that have a key of their own, from the outermost to the innermost.
LEVELS: Final = ("clusters", "nodes", "namespaces", "workloads", "pods", "containers")


# The steps of a replay, and those that lead back.
STEPS: Final = ("previous", "next", "previous-event", "next-event")
BACK: Final = ("previous", "previous-event")


class Binding(Struct, frozen=True):
    """One line of the help. actions: by key, as keyboard.py names them. shown, words: the keys and their help."""

    actions: Mapping[str, str]
    shown: str
    words: str


KEYS: Final = (
    Binding({"q": "quit"}, "q", "quit"),
    Binding({"space": "pause"}, "space", "pause, go on"),
    Binding(
        {
            "up": "up",
            "k": "up",
            "down": "down",
            "j": "down",
            "page-up": "page-up",
            "page-down": "page-down",
            "home": "home",
            "g": "home",
            "end": "end",
            "G": "end",
        },
        "↑ ↓",
        "move; also k j PgUp PgDn Home End g G",
    ),
    Binding({"enter": "enter"}, "Enter", "what the row consists of: nodes, pods, containers"),
    Binding(
        {str(place): level for place, level in enumerate(LEVELS, 1)},
        "1 … 6",
        "clusters, nodes, namespaces, workloads, pods, containers of it",
    ),
    Binding({"w": "wide", "t": "trend"}, "w t", "more columns, trends; again: without them"),
    Binding({"left": "left", "right": "right"}, "← →", "columns that do not fit"),
    Binding({"c": "sort-cpu", "m": "sort-memory", "n": "sort-name"}, "c m n", "by CPU, memory, name; again: reverse"),
    Binding({"<": "sort-left", ">": "sort-right"}, "< >", "by the column to the left, to the right"),
    Binding({"r": "reverse"}, "r", "reverse the order"),
    Binding({"/": "filter"}, "/", "filter every name by a pattern, !PATTERN excludes; Enter keeps it"),
    Binding({"a": "above"}, "a", "only rows above --warn or --critical"),
    Binding({"e": "events"}, "e", "what happened here: the last hundred events"),
    Binding({"s": "save"}, "s", "save the rows as CSV, the screen as SVG and text, in the working directory"),
    Binding({"y": "kubectl"}, "y", "the kubectl command for the row, to copy"),
    Binding({"+": "slower", "-": "faster"}, "+ -", "read less often, more often"),
    Binding(
        {"[": "previous", "]": "next", "{": "previous-event", "}": "next-event"},
        "[ ] { }",
        "of a recording: the reading before, after; where something happened",
    ),
    Binding({"escape": "back"}, "Esc", "without the filter; back to where Enter and 1 … 6 led from"),
    Binding({"redraw": "redraw"}, "Ctrl-L", "draw again"),
    Binding({"h": "help", "?": "help"}, "h ?", "this help; any other key closes it"),
)
ACTIONS: Final = {key: action for binding in KEYS for key, action in binding.actions.items()}
# Marks before rows of a cluster that does not answer, and before rows that have changed.
LOST: Final = "?"
MARKS: Final = (
    ("+", "appeared"),
    ("-", "vanished"),
    ("!", "restarted (-o wide)"),
    ("↑ ↓", "usage moved by over a tenth"),
    (LOST, "its cluster does not answer: the last figures"),
)
