"""Bars and sparklines made of block characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

FULL: Final = "█"
EIGHTHS: Final = " ▏▎▍▌▋▊▉"
EMPTY: Final = "·"
LEVELS: Final = "▁▂▃▄▅▆▇█"
STEADY: Final = "▄"


def bar(percent: float | None, cells: int) -> str:
    """Draw a percentage as a bar of some cells. Over 100 fills it; unknown is drawn as question marks."""
    if percent is None:
        return "?" * cells
    eighths = round(max(0.0, min(100.0, percent)) / 100 * cells * 8)
    full, part = divmod(eighths, 8)
    drawn = FULL * full + (EIGHTHS[part] if part else "")
    return drawn + EMPTY * (cells - len(drawn))


def sparkline(values: Sequence[float | None], cells: int, top: float | None = None) -> str:
    """Draw the last values as one character each, the newest on the right; unknown values are blank.

    top: the value of a full block, above 0. Without it, the values set the range; values within a tenth of the largest
    one are drawn as a line in the middle.
    """
    shown = list(values[-cells:]) if cells > 0 else []
    known = [value for value in shown if value is not None]
    high = max(known, default=0.0) if top is None else top
    low = min(known, default=0.0) if top is None else 0.0
    if top is None and high - low <= abs(high) / 10:
        return "".join(" " if value is None else STEADY for value in shown).rjust(cells)
    return "".join(" " if value is None else _level((value - low) / (high - low)) for value in shown).rjust(cells)


def _level(share: float) -> str:
    return LEVELS[max(0, min(len(LEVELS) - 1, int(share * len(LEVELS))))]
