"""Bytes from a keyboard → the names of keys."""

from __future__ import annotations

import re
from typing import Final

SEQUENCES: Final = {
    "\x1b[A": "up",
    "\x1bOA": "up",
    "\x1b[B": "down",
    "\x1bOB": "down",
    "\x1b[C": "right",
    "\x1bOC": "right",
    "\x1b[D": "left",
    "\x1bOD": "left",
    "\x1b[5~": "page-up",
    "\x1b[6~": "page-down",
    "\x1b[H": "home",
    "\x1bOH": "home",
    "\x1b[1~": "home",
    "\x1b[7~": "home",
    "\x1b[F": "end",
    "\x1bOF": "end",
    "\x1b[4~": "end",
    "\x1b[8~": "end",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\r": "enter",
    "\n": "enter",
    "\x1b": "escape",
    "\x0c": "redraw",
    " ": "space",
}
# An escape sequence as of cursor and function keys, or a single character.
KEY: Final = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O[@-~])|[\s\S]")


def keys_in(text: str) -> list[str]:
    """Return the typed keys: names or characters. Unknown sequences are dropped."""
    keys = [SEQUENCES.get(piece) or (piece if piece.isprintable() else "") for piece in KEY.findall(text)]
    return [key for key in keys if key]
