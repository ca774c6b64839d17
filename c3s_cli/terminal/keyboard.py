"""Bytes from a keyboard → the names of keys."""

from __future__ import annotations

import re
from typing import Final

# What terminals send for each key.
KEYS: Final = {
    "up": ("\x1b[A", "\x1bOA"),
    "down": ("\x1b[B", "\x1bOB"),
    "right": ("\x1b[C", "\x1bOC"),
    "left": ("\x1b[D", "\x1bOD"),
    "page-up": ("\x1b[5~",),
    "page-down": ("\x1b[6~",),
    "home": ("\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"),
    "end": ("\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"),
    "backspace": ("\x7f", "\x08"),
    "enter": ("\r", "\n"),
    "escape": ("\x1b",),
    "redraw": ("\x0c",),
    "space": (" ",),
}
SEQUENCES: Final = {sequence: key for key, sequences in KEYS.items() for sequence in sequences}
# An escape sequence as of cursor and function keys, or a single character.
KEY: Final = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O[@-~])|[\s\S]")


def keys_in(text: str) -> list[str]:
    """Return the typed keys: names or characters. Unknown sequences are dropped."""
    keys = [SEQUENCES.get(piece) or (piece if piece.isprintable() else "") for piece in KEY.findall(text)]
    return [key for key in keys if key]
