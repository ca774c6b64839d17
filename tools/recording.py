"""docs/watch.svg: what `c3s watch` shows on a terminal, recorded from a run on the frozen demo."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from html import escape
from typing import Any, Final
from unittest.mock import patch

from c3s_cli.cli import main
from c3s_cli.run.schedule import Clock
from c3s_cli.run.watching import watch
from tools.samples import AT

COMMAND: Final = f"watch --demo-at {AT}"
SIZE: Final = (112, 24)
# The keys to type, and for how many seconds to show the frame after each.
KEYS: Final = ("", "c", "j", "j", "j", "j", "j", "enter", "", "m", "G", "enter", "", "", "escape", "escape")
SECONDS: Final = 1.2

CELL: Final = (8.4, 18.0)
MARGIN: Final = 12.0
# The basic colours on a dark background.
COLOURS: Final = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341"}
STYLES: Final = {"1": "font-weight:bold", "2": "opacity:.65", "7": "font-weight:bold"}
# Behind the line of the cursor.
LIT: Final = "#264f78"
SPAN: Final = re.compile(r"\x1b\[([\d;]+)m(.*?)\x1b\[0m")


class Terminal(io.StringIO):
    """A stdout that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


class Recorder:
    """A console that keeps every frame, and types KEYS."""

    def __init__(self) -> None:
        self.screen = self
        self.resized = False
        self.frames: list[Sequence[str]] = []
        self._keys = iter(KEYS)

    @contextmanager
    def opened(self) -> Iterator[Recorder]:
        """Record until the block ends."""
        yield self

    def size(self) -> tuple[int, int]:
        """Return the width and height of the window."""
        return SIZE

    def wake(self) -> None:
        """Do nothing: nobody is waiting."""

    def draw(self, lines: Sequence[str], *, anew: bool = False) -> None:  # noqa: ARG002  as Screen.draw
        """Keep a frame."""
        self.frames.append(lines)

    def wait(self, _seconds: float) -> list[str]:
        """Type the next key, `q` at the end."""
        return [key] if (key := next(self._keys, "q")) else []


def recorded() -> list[Sequence[str]]:
    """Run the command, and return its frames."""
    recorder: Any = Recorder()
    at_desk = partial(watch, clock=Clock(lambda: 0.0, lambda _: None), console=recorder)
    environment = {"TERM": "xterm-256color", "NO_COLOR": ""}
    with (
        patch("c3s_cli.commands.watch.watch", at_desk),
        patch.dict("os.environ", environment),
        redirect_stdout(Terminal()),
        redirect_stderr(io.StringIO()),
    ):
        main(COMMAND.split())
    frames: list[Sequence[str]] = recorder.frames
    return frames


def svg() -> str:
    """Return the recording as an animated SVG, the same for every run."""
    frames = recorded()
    width, height = SIZE[0] * CELL[0] + 2 * MARGIN, (SIZE[1] + 1) * CELL[1] + 2 * MARGIN
    total = len(frames) * SECONDS
    share = 100 / len(frames)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        "<title>c3s watch, on a simulated cluster: from its nodes down to what explains one pod</title>",
        "<style>",
        "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#e6edf3;white-space:pre}",
        f".f{{visibility:hidden;animation:show {total:.1f}s step-end infinite}}",
        ".f:first-of-type{visibility:visible}",
        f"@keyframes show{{0%{{visibility:visible}}{share:.4f}%{{visibility:hidden}}}}",
        "</style>",
        f'<rect width="{width:.0f}" height="{height:.0f}" rx="8" fill="#0d1117"/>',
    ]
    for place, lines in enumerate(frames):
        parts.append(f'<g class="f" style="animation-delay:{place * SECONDS:.1f}s">')
        parts += [_text(line, row) for row, line in enumerate(lines) if line]
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(line: str, row: int) -> str:
    """Write one line, with its length, so that columns stay aligned in any font."""
    plain = SPAN.sub(r"\2", line)
    # Styled spans split a line: text, code, styled text, text, …
    pieces = SPAN.split(line)
    inner = escape(pieces[0])
    for code, styled, after in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        inner += f'<tspan style="{_style(code)}">{escape(styled)}</tspan>{escape(after)}'
    length = len(plain) * CELL[0]
    y = MARGIN + (row + 1) * CELL[1]
    lit = len(plain) >= SIZE[0] and "7" in {code for codes in pieces[1::3] for code in codes.split(";")}
    behind = f'<rect x="{MARGIN:.0f}" y="{y - 14:.0f}" width="{length:.1f}" height="{CELL[1]:.0f}" fill="{LIT}"/>'
    return (
        behind if lit else ""
    ) + f'<text x="{MARGIN:.0f}" y="{y:.0f}" textLength="{length:.1f}" xml:space="preserve">{inner}</text>'


def _style(codes: str) -> str:
    styles = (f"fill:{COLOURS[code]}" if code in COLOURS else STYLES.get(code, "") for code in codes.split(";"))
    return ";".join(filter(None, styles))
