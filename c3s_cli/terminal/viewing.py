"""What keys change on one level of the live view: cursor, sort, filter, scroll position. Pure: state in, state out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from c3s_cli.terminal.keys import ACTIONS

MOVES: Final = ("up", "down", "page-up", "page-down", "home", "end")
SIDES: Final = {"sort-left": -1, "sort-right": 1}
# Texts in place of the rows.
PANELS: Final = ("help", "events")


class Viewing(Struct, frozen=True):
    """Which rows and columns of a level are shown.

    cursor: the place of the cursor among the rows that pass the filter. follows: whether it stays on its row when rows
    move; otherwise it stays at the top. top: the first row in sight. left: how many columns after the names are hidden.
    sort: one of the grid's sorts, "cpu", "memory" or "name", "" for the command's order. reveal: whether to scroll to
    the sorted column. pattern: the filter. typing: the filter being typed, None otherwise. above: whether only rows
    above a threshold are shown. paused, quit: of the whole screen. panel: the text in place of the rows, "help" or
    "events", "" if there is none. panel_top: its first line in sight.
    """

    cursor: int = 0
    follows: bool = False
    top: int = 0
    left: int = 0
    sort: str = ""
    reverse: bool = False
    reveal: bool = False
    pattern: str = ""
    typing: str | None = None
    above: bool = False
    paused: bool = False
    panel: str = ""
    panel_top: int = 0
    quit: bool = False

    @property
    def wanted(self) -> str:
        """The filter that counts: the one being typed, or else the one that was."""
        return self.pattern if self.typing is None else self.typing


def action_of(view: Viewing, key: str) -> str:
    """Return what a key means now; "" if it is a letter of a filter, closes a panel, or means nothing."""
    action = ACTIONS.get(key, "")
    if view.typing is not None:
        return ""
    return action if not view.panel or action in (*MOVES, *PANELS, "save") else ""


def is_filtered(view: Viewing) -> bool:
    """Return whether rows are hidden, which Esc shows before it goes back."""
    return bool(view.pattern) or view.above


def press(view: Viewing, key: str, *, total: int, page: int, sorts: Sequence[str] = ()) -> Viewing:
    """Return the view after a key. total: how many rows pass the filter, or lines a panel has; page: how many fit.

    sorts: what sorting by each column is called, "" for one that is not sorted by.
    """
    if view.typing is not None:
        return _typed(view, key)
    action = action_of(view, key)
    if action in PANELS:
        return structs.replace(view, panel="" if view.panel == action else action, panel_top=0)
    if view.panel:
        if not action:
            return structs.replace(view, panel="", quit=key == "q")
        if action not in MOVES:
            return view
        return structs.replace(view, panel_top=max(0, min(move(view.panel_top, action, total, page), total - page)))
    if action in MOVES:
        cursor = max(0, min(move(view.cursor, action, total, page), total - 1))
        top = view.top + {"page-up": -page, "page-down": page}.get(action, 0)
        top = first_in_sight(top, cursor, total=total, page=page)
        return structs.replace(view, cursor=cursor, top=top, follows=action != "home")
    if action in SIDES:
        return structs.replace(view, sort=_next_sort(view.sort, sorts, SIDES[action]), reverse=False, reveal=True)
    return structs.replace(view, **CHANGES[action](view)) if action in CHANGES else view


def _sorted(view: Viewing, sort: str) -> dict[str, Any]:
    return {"sort": sort, "reverse": view.sort == sort and not view.reverse, "reveal": True}


def _next_sort(sort: str, sorts: Sequence[str], step: int) -> str:
    """Return the sorted column after a step to the left or right, which ends at the last one."""
    known = [each for each in sorts if each]
    if sort not in known:
        return (known or [sort])[0 if step > 0 else -1]
    return known[max(0, min(known.index(sort) + step, len(known) - 1))]


# What an action changes, apart from moves.
CHANGES: Final[Mapping[str, Callable[[Viewing], Mapping[str, Any]]]] = {
    "quit": lambda _: {"quit": True},
    "pause": lambda view: {"paused": not view.paused},
    "filter": lambda view: {"typing": view.pattern},
    "above": lambda view: {"above": not view.above},
    "reverse": lambda view: {"reverse": not view.reverse},
    "back": lambda view: {"pattern": "", "above": False} if is_filtered(view) else {"sort": "", "reverse": False},
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


def move(place: int, action: str, total: int, page: int) -> int:
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
