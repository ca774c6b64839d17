"""The state of the view (sort, filter, scroll position), and how keys change it. Pure: state and key in, state out."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct, structs

SCROLLING: Final = ("up", "down", "page-up", "page-down", "home", "end")
SORTS: Final = {"c": "cpu", "m": "memory", "n": "name"}
HELP: Final = (
    ("q", "quit"),
    ("space", "pause, go on"),
    ("c m n", "by CPU, memory, name; again: reverse"),
    ("/", "filter by name (a pattern), then Enter"),
    ("Esc", "all rows, in their own order"),
    ("↑ ↓", "scroll; also PgUp PgDn Home End"),
    ("← →", "columns that do not fit"),
    ("Ctrl-L", "draw again"),
    ("h ?", "this help; any other key closes it"),
)
# Marks before rows of a cluster that does not answer, and before rows that have changed.
LOST: Final = "?"
MARKS: Final = (
    ("+", "appeared"),
    ("-", "vanished"),
    ("!", "restarted (-o wide)"),
    ("↑ ↓", "usage moved by over a tenth"),
    (LOST, "its cluster does not answer: the last figures"),
)


class Viewing(Struct, frozen=True):
    """Which rows and columns are shown.

    top: the first row. left: how many columns after the names are hidden. sort: "cpu", "memory" or "name", "" for the
    command's order. pattern: the filter. typing: the filter being typed, None otherwise. quit: whether to end.
    """

    top: int = 0
    left: int = 0
    sort: str = ""
    reverse: bool = False
    pattern: str = ""
    typing: str | None = None
    paused: bool = False
    help: bool = False
    quit: bool = False


def pressed(view: Viewing, key: str, *, total: int, page: int) -> Viewing:
    """Return the view after a key. total: how many rows pass the filter; page: how many fit."""
    if view.typing is not None:
        return _typed(view, key)
    if view.help:
        if key in SCROLLING:
            return structs.replace(view, top=scrolled(view.top, key, total=len(HELP) + len(MARKS) + 2, page=page))
        return structs.replace(view, help=False, top=0, quit=key == "q")
    match key:
        case "q":
            return structs.replace(view, quit=True)
        case "h" | "?":
            return structs.replace(view, help=True, top=0)
        case "space":
            return structs.replace(view, paused=not view.paused)
        case "/":
            return structs.replace(view, typing=view.pattern)
        case "escape":
            return structs.replace(view, pattern="", sort="", reverse=False, top=0)
        case "c" | "m" | "n":
            sort = SORTS[key]
            return structs.replace(view, sort=sort, reverse=view.sort == sort and not view.reverse, top=0)
        case _:
            left = max(0, view.left + {"left": -1, "right": 1}.get(key, 0))
            return structs.replace(view, left=left, top=scrolled(view.top, key, total=total, page=page))


def _typed(view: Viewing, key: str) -> Viewing:
    typing = view.typing or ""
    match key:
        case "enter":
            return structs.replace(view, pattern=typing, typing=None, top=0)
        case "escape":
            return structs.replace(view, typing=None)
        case "backspace":
            return structs.replace(view, typing=typing[:-1])
        case _:
            letter = " " if key == "space" else key
            return structs.replace(view, typing=typing + letter) if len(letter) == 1 else view


def scrolled(top: int, key: str, *, total: int, page: int) -> int:
    """Return the first row after a key; never beyond the last page."""
    steps = {"up": -1, "down": 1, "page-up": -page, "page-down": page, "home": -total, "end": total}
    return max(0, min(top + steps.get(key, 0), total - page))


def matcher(pattern: str) -> re.Pattern[str]:
    """Compile a name pattern; an invalid regular expression is searched for literally."""
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError):
        return re.compile(re.escape(pattern), re.IGNORECASE)
