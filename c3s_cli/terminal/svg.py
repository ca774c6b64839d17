"""A screen as an SVG: what stands on it, in its colours, on a dark background. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from c3s_cli.terminal.lines import Line, plain, width
from c3s_cli.terminal.printable import printable

CELL: Final = (8.4, 18.0)
MARGIN: Final = 12.0
FONTS: Final = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
STYLES: Final = {
    "warn": "fill:#e3b341",
    "critical": "fill:#ff7b72",
    "good": "fill:#7ee787",
    "dim": "opacity:.65",
    "bold": "font-weight:bold",
    "title": "font-weight:bold",
    "inverse": "text-decoration:underline",
    "cursor": "text-decoration:underline",
}


def picture(lines: Sequence[Line], columns: int) -> str:
    """Return the SVG of a screen. columns: how wide it is."""
    return "\n".join(_parts(lines, columns)) + "\n"


def _parts(lines: Sequence[Line], columns: int) -> Iterator[str]:
    across, down = columns * CELL[0] + 2 * MARGIN, (len(lines) + 0.5) * CELL[1] + 2 * MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across:.0f} {down:.0f}" role="img">'
    yield f"<style>text{{font:14px {FONTS};fill:#e6edf3;white-space:pre}}</style>"
    yield f'<rect width="{across:.0f}" height="{down:.0f}" rx="8" fill="#0d1117"/>'
    yield from (_text(each, row) for row, each in enumerate(lines) if plain(each))
    yield "</svg>"


def _text(spans: Line, row: int) -> str:
    """Write one line, with its length, so that columns stay aligned in any font."""
    texts = [(printable(span.text), ";".join(STYLES[style] for style in span.style.split())) for span in spans]
    inner = "".join(
        f'<tspan style="{style}">{escape(text)}</tspan>' if style else escape(text) for text, style in texts
    )
    length = sum(width(text) for text, _ in texts) * CELL[0]
    y = MARGIN + (row + 1) * CELL[1]
    return f'<text x="{MARGIN:.0f}" y="{y:.0f}" textLength="{length:.1f}" xml:space="preserve">{inner}</text>'
