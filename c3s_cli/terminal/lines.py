"""Styled lines: spans of text, measured in terminal cells, shortened with a mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Final
from unicodedata import combining, east_asian_width

from msgspec import Struct

from c3s_cli.terminal.printable import printable

MARK: Final = "…"
# SGR parameters from the 16 basic colours, which are readable in every theme.
SGR: Final = {
    "warn": "33",
    "critical": "31",
    "good": "32",
    "dim": "2",
    "bold": "1",
    "title": "1",
    "inverse": "7",
    "cursor": "7",
}
RESET: Final = "\x1b[0m"


class Span(Struct, frozen=True):
    """Text in one style, "" for no style."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


def line(*parts: Span | str) -> Line:
    """Make a line from spans and plain text."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def width(text: str) -> int:
    """Return how many cells a text takes: wide East Asian characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(letter) in "WF" else not combining(letter) for letter in text)


def fit(text: str, cells: int) -> str:
    """Cut a text to a number of cells; `…` marks the cut."""
    if width(text) <= cells:
        return text
    if text.isascii():
        return text[: max(0, cells - 1)] + MARK * (cells > 0)
    kept, left = "", cells - 1
    for letter in text:
        left -= width(letter)
        if left < 0:
            break
        kept += letter
    return kept + MARK * (cells > 0)


def pad(text: str, cells: int) -> str:
    """Pad a text with blanks to a number of cells."""
    return text + " " * (cells - width(text))


def cut(spans: Iterable[Span], cells: int) -> Line:
    """Cut a line to a number of cells."""
    kept: list[Span] = []
    left = cells
    spans = list(spans)
    whole = sum(width(span.text) for span in spans)
    if whole <= cells:
        return tuple(spans)
    for span in spans:
        # The mark takes the last cell.
        if width(span.text) >= left:
            kept.append(Span(fit(span.text + " ", left), span.style))
            break
        kept.append(span)
        left -= width(span.text)
    return tuple(kept)


CURSOR: Final = "cursor"


def under_cursor(spans: Line, cells: int) -> Line:
    """Mark a line over its whole width as that of the cursor."""
    styled = (Span(span.text, f"{span.style} {CURSOR}".strip()) for span in spans)
    return (*styled, Span(" " * (cells - sum(width(span.text) for span in spans)), CURSOR))


def plain(spans: Iterable[Span]) -> str:
    """Return the text of a line, without styles or trailing blanks, safe to print."""
    return printable("".join(span.text for span in spans)).rstrip(" ")


def ansi(spans: Iterable[Span], *, colour: bool) -> str:
    """Return a line with escape sequences for its styles, and for nothing else; as plain text without colour."""
    spans = tuple(spans)
    if not colour:
        text = plain(spans)
        # Without styles, a character between the mark and the name shows where the cursor is.
        return f"{text[:1]}>{text[2:]}" if spans and spans[-1].style == CURSOR else text
    texts = [(";".join(SGR[each] for each in span.style.split()), printable(span.text)) for span in spans]
    return "".join(f"\x1b[{codes}m{text}{RESET}" if codes else text for codes, text in texts).rstrip(" ")


def shorten(widths: MutableMapping[int, int], least: Mapping[int, int], excess: int) -> None:
    """Take cells from the widest columns until the excess is gone. least: the columns, and how narrow each may get."""
    while excess > 0:
        longest = max((each for each in least if widths[each] > least[each]), key=widths.__getitem__, default=None)
        if longest is None:
            return
        widths[longest] -= 1
        excess -= 1


def middle(text: str, cells: int) -> str:
    """Shorten a text in the middle: names differ at the beginning and the end."""
    if width(text) <= cells:
        return text
    if cells < 3 or not text.isascii():
        return fit(text, cells)
    tail = (cells - 1) // 2
    return f"{text[: cells - 1 - tail]}{MARK}{text[len(text) - tail :]}"
