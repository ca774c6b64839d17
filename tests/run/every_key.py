"""Every key of the live view on a real terminal, with the whole screen after each: a script, and its recorded screens.

`python -m tests.run.every_key` records the screens anew; read the difference before you keep it.
"""

from __future__ import annotations

import os
import re
import select
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.conftest import AT
from tests.patience import PATIENT
from tests.run.test_terminal import C3S, Session

SIZES = ((120, 40), (80, 24), (60, 15), (40, 10))
SCREENS = Path(__file__).parent / "screens"
COMMAND = ("watch", "--demo-at", AT, "--interval", "60")
BYTES = {
    "Esc": "\x1b",
    "Enter": "\r",
    "Backspace": "\x7f",
    "space": " ",
    "Ctrl-L": "\x0c",
    "Up": "\x1b[A",
    "Down": "\x1b[B",
    "Right": "\x1b[C",
    "Left": "\x1b[D",
    "PgUp": "\x1b[5~",
    "PgDn": "\x1b[6~",
    "Home": "\x1b[H",
    "End": "\x1b[F",
}
# Nothing more comes after so many seconds, where screens are recorded.
QUIET = 0.8
# What to press, one after the other; the first screen comes without a key.
SCRIPT = (
    *("h", "PgDn", "End", "h", "?", "x"),
    *("j", "Down", "k", "Up", "G", "g", "End", "Home", "PgDn", "PgUp"),
    *("c", "c", "m", "n", "n", ">", ">", "<", "r", "Esc"),
    *("Right", "Right", "Left", "Left", "w", "Right", "w", "t", "t"),
    *("/", "g", "p", "x", "Backspace", "Enter", "Esc", "/", "!", "s", "Esc", "Esc"),
    *("a", "Esc", "space", "space", "+", "-", "e", "e", "y", "s", "Ctrl-L"),
    *("Enter", "m", "Enter", "y", "Esc", "Esc"),
    *("1", "2", "3", "4", "5", "e", "w", "a", "<", "r", "Esc", "6", "Esc"),
)


class Player:
    """Presses keys in a session, and reads its screen."""

    def __init__(self, size: tuple[int, int], directory: Path) -> None:
        self.session = Session(*C3S, *COMMAND, size=size, cwd=directory)

    def press(self, key: str) -> None:
        os.write(self.session.controller, BYTES.get(key, key).encode())

    def read(self, seconds: float) -> bool:
        """Draw what comes next; return whether anything came in time."""
        if not select.select([self.session.controller], [], [], seconds)[0]:
            return False
        data = os.read(self.session.controller, 65536)
        self.session.written += data
        self.session.stream.feed(data)
        return True

    def screen(self) -> list[str]:
        """Return the lines of the screen, `>` on that of the cursor, without what the clock of the machine changes."""
        screen = self.session.screen
        last = screen.columns - 1
        lit = [screen.buffer[row][0].reverse and screen.buffer[row][last].reverse for row in range(screen.lines)]
        return [
            steady(f"{line[:1]}>{line[2:]}" if cursor else line).rstrip()
            for line, cursor in zip(screen.display, lit, strict=True)
        ]

    def until(self, wanted: Sequence[str]) -> list[str]:
        """Read until the screen is as wanted, or for very long; return it."""
        look, end = self.screen(), time.monotonic() + PATIENT
        while look != wanted and time.monotonic() < end:
            self.read(1.0)
            look = self.screen()
        return look

    def settled(self) -> list[str]:
        """Read until the screen has not changed for a while; return it."""
        look, end = self.screen(), time.monotonic() + QUIET
        while time.monotonic() < end:
            self.read(QUIET / 4)
            if self.screen() != look:
                look, end = self.screen(), time.monotonic() + QUIET
        return look


def steady(line: str) -> str:
    line = re.sub(r"sampled \S+ ago", "sampled 0s ago", line)
    if not line.startswith("PAUSED"):
        return line
    # How much room there is before the hint depends on the age.
    return re.sub(" +h help", "  h help", re.sub(r"PAUSED, \S+ old", "PAUSED, 0s old", line))


def recorded(size: tuple[int, int]) -> Iterator[tuple[str, list[str]]]:
    """Yield the keys with the screens after them. A file has only the lines that a key changed."""
    lines = [""] * size[1]
    blocks = (SCREENS / name_of(size)).read_text(encoding="utf-8").split("\n=== ")
    for block in blocks[1:]:
        key, *changed = block.rstrip("\n").split("\n")
        for each in changed:
            place, _, text = each.partition("|")
            lines[int(place)] = text
        yield key, list(lines)


def name_of(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}.txt"


def record(size: tuple[int, int]) -> None:
    """Write the screens of a size."""
    blocks = [f"{' '.join(('c3s', *COMMAND))}\n"]
    before = [""] * size[1]
    with tempfile.TemporaryDirectory() as directory:
        player = Player(size, Path(directory))
        player.session.until(" of 10")
        for key in ("", *SCRIPT):
            if key:
                player.press(key)
            look = player.settled()
            changed = (f"{place:02}|{text}\n" for place, text in enumerate(look) if text != before[place])
            blocks.append(f"=== {key}\n{''.join(changed)}")
            before = look
        player.press("q")
        player.session.ended()
        player.session.close()
    (SCREENS / name_of(size)).write_text("".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    SCREENS.mkdir(exist_ok=True)
    for each in SIZES:
        record(each)
