"""A terminal that shows one thing at a time: each frame is drawn over the last one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

HOME: Final = "\x1b[H"
CLEAR: Final = "\x1b[2J"
CLEAR_LINE: Final = "\x1b[K"
CLEAR_BELOW: Final = "\x1b[J"


class Writer(Protocol):
    """Where the frames go."""

    def write(self, text: str, /) -> object:
        """Take a piece of text."""

    def flush(self) -> object:
        """Let it be seen."""


class Screen:
    """Draws frames. `size` gives columns and lines, asked anew for each frame, since windows change."""

    def __init__(self, out: Writer, size: Callable[[], tuple[int, int]]) -> None:
        self.out = out
        self.size = size
        self.begun = False

    def draw(self, title: str, text: str) -> None:
        """Show a title and lines of text, cut to the window; nothing scrolls, nothing flickers."""
        columns, lines = self.size()
        width, height = max(1, columns), max(2, lines)
        frame = [title, "", *text.rstrip("\n").split("\n")]
        if len(frame) > height - 1:
            hidden = len(frame) - (height - 2)
            frame = [*frame[: height - 2], f"… {hidden} more lines"]
        start = HOME if self.begun else CLEAR + HOME
        self.begun = True
        self.out.write(start + "".join(f"{line[:width]}{CLEAR_LINE}\n" for line in frame) + CLEAR_BELOW)
        self.out.flush()
