"""What keys change on one level of the live view: cursor, sort, filter, scroll position. Pure: state in, state out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct, structs

from c3s_cli.terminal.keys import ACTIONS, KEYS, MARKS

MOVES: Final = ("up", "down", "page-up", "page-down", "home", "end")


class Viewing(Struct, frozen=True):
    """Which rows and columns of a level are shown.

    cursor: the place of the cursor among the rows that pass the filter. follows: whether it stays on its row when rows
    move; otherwise it stays at the top. top: the first row in sight. left: how many columns after the names are hidden.
    sort: "cpu", "memory" or "name", "" for the command's order. pattern: the filter. typing: the filter being typed,
    None otherwise. paused, help, quit: of the whole screen. help_top: the first line of the help in sight.
    """

    cursor: int = 0
    follows: bool = False
    top: int = 0
    left: int = 0
    sort: str = ""
    reverse: bool = False
    pattern: str = ""
    typing: str | None = None
    paused: bool = False
    help: bool = False
    help_top: int = 0
    quit: bool = False


def action_of(view: Viewing, key: str) -> str:
    """Return what a key means now; "" if it is a letter of a filter, closes the help, or means nothing."""
    action = ACTIONS.get(key, "")
    if view.typing is not None:
        return ""
    return action if not view.help or action in MOVES else ""


def pressed(view: Viewing, key: str, *, total: int, page: int) -> Viewing:
    """Return the view after a key. total: how many rows pass the filter; page: how many fit."""
    if view.typing is not None:
        return _typed(view, key)
    action = action_of(view, key)
    if view.help:
        if action:
            lines = len(KEYS) + len(MARKS) + 2
            return structs.replace(view, help_top=max(0, min(moved(view.help_top, action, lines, page), lines - page)))
        return structs.replace(view, help=False, quit=key == "q")
    if action in MOVES:
        cursor = max(0, min(moved(view.cursor, action, total, page), total - 1))
        top = view.top + {"page-up": -page, "page-down": page}.get(action, 0)
        top = first_in_sight(top, cursor, total=total, page=page)
        return structs.replace(view, cursor=cursor, top=top, follows=action != "home")
    return structs.replace(view, **CHANGES[action](view)) if action in CHANGES else view


def _sorted(view: Viewing, sort: str) -> dict[str, Any]:
    return {"sort": sort, "reverse": view.sort == sort and not view.reverse}


# What an action changes, apart from moves.
CHANGES: Final[Mapping[str, Callable[[Viewing], Mapping[str, Any]]]] = {
    "quit": lambda _: {"quit": True},
    "help": lambda _: {"help": True, "help_top": 0},
    "pause": lambda view: {"paused": not view.paused},
    "filter": lambda view: {"typing": view.pattern},
    "back": lambda view: {"pattern": ""} if view.pattern else {"sort": "", "reverse": False},
    "sort-cpu": lambda view: _sorted(view, "cpu"),
    "sort-memory": lambda view: _sorted(view, "memory"),
    "sort-name": lambda view: _sorted(view, "name"),
    "left": lambda view: {"left": max(0, view.left - 1)},
    "right": lambda view: {"left": view.left + 1},
}


def _typed(view: Viewing, key: str) -> Viewing:
    typing = view.typing or ""
    match key:
        case "enter":
            return structs.replace(view, pattern=typing, typing=None)
        case "escape":
            return structs.replace(view, typing=None)
        case "backspace":
            return structs.replace(view, typing=typing[:-1])
        case _:
            letter = " " if key == "space" else key
            return structs.replace(view, typing=typing + letter) if len(letter) == 1 else view


def moved(place: int, action: str, total: int, page: int) -> int:
    """Return the place after a move, which may be beyond the first or last one."""
    return place + {"up": -1, "down": 1, "page-up": -page, "page-down": page, "home": -total, "end": total}[action]


def first_in_sight(top: int, cursor: int, *, total: int, page: int) -> int:
    """Return the first row in sight: as before, unless the cursor would be out of sight; never beyond the last page."""
    return max(0, min(max(min(top, cursor), cursor - page + 1), total - page))


def matcher(pattern: str) -> re.Pattern[str]:
    """Compile a name pattern; an invalid regular expression is searched for literally."""
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError):
        return re.compile(re.escape(pattern), re.IGNORECASE)
