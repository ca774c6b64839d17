"""The alternate screen of a terminal: redraws only the lines that have changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TextIO

from c3s_cli.terminal.encoding import PLAIN

# Enter the alternate screen, without cursor and line wrapping; and leave it.
ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J\x1b[H"
LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
CLEAR_LINE: Final = "\x1b[K"
CLEAR: Final = "\x1b[2J"
# Synchronized output: terminals that support it show everything in between at once, others ignore it.
BEGIN: Final = "\x1b[?2026h"
END: Final = "\x1b[?2026l"


class Screen:
    """Draws frames. Between `enter` and `leave`, nothing else may write to the terminal."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.entered = False
        self._drawn: list[str] = []
        self._characters = {} if out.encoding.lower() == "utf-8" else PLAIN

    def enter(self) -> None:
        """Switch to the alternate screen."""
        self.entered = True
        self._drawn = []
        self.out.write(ENTER)
        self.out.flush()

    def leave(self) -> None:
        """Switch back, if it was entered."""
        if self.entered:
            self.entered = False
            self.out.write(LEAVE)
            self.out.flush()

    def draw(self, lines: Sequence[str], *, anew: bool = False) -> None:
        """Show these lines only. anew: redraw all of them, as after a resize."""
        if anew:
            self._drawn = []
        before = self._drawn
        pieces = [CLEAR] if not before else []
        for place, text in enumerate(lines):
            if place >= len(before) or before[place] != text:
                # Clear first: after a line as wide as the window, clearing would erase its last character.
                pieces.append(f"\x1b[{place + 1};1H{CLEAR_LINE}{text}")
        pieces += [f"\x1b[{place + 1};1H{CLEAR_LINE}" for place in range(len(lines), len(before))]
        if pieces:
            self.out.write(BEGIN + "".join(pieces).translate(self._characters) + END)
            self.out.flush()
        self._drawn = list(lines)
