"""Bars and sparklines: numbers as blocks of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

FULL: Final = "█"
EIGHTHS: Final = " ▏▎▍▌▋▊▉"
EMPTY: Final = "·"
LEVELS: Final = "▁▂▃▄▅▆▇█"


def bar(percent: float | None, cells: int) -> str:
    """Draw a percentage as a bar of some cells; more than 100 fills it, unknown is all question marks."""
    if percent is None:
        return "?" * cells
    eighths = round(max(0.0, min(100.0, percent)) / 100 * cells * 8)
    full, part = divmod(eighths, 8)
    drawn = FULL * full + (EIGHTHS[part] if part else "")
    return drawn + EMPTY * (cells - len(drawn))


def sparkline(values: Sequence[float | None], cells: int, top: float | None = None) -> str:
    """Draw the last values as one character each, the newest at the right; a blank for unknown.

    top: the value of a full block; by default the largest of the values.
    """
    shown = list(values[-cells:]) if cells > 0 else []
    known = [value for value in shown if value is not None]
    highest = top or max(known, default=0.0)
    return "".join(" " if value is None else _level(value, highest) for value in shown).rjust(cells)


def _level(value: float, highest: float) -> str:
    share = value / highest if highest > 0 else 0.0
    return LEVELS[max(0, min(len(LEVELS) - 1, int(share * len(LEVELS))))]
