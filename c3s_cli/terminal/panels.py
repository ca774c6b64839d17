"""Texts that take the place of the rows: the help, and paragraphs of any other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Final

from msgspec import Struct

from c3s_cli.terminal.keys import KEYS, MARKS
from c3s_cli.terminal.lines import Line, Span, cut, line, pad
from c3s_cli.terminal.printable import printable

# How wide the names of keys are, and how narrow a text beside them may get.
NAMES: Final = 8
NARROW: Final = 12
TREND: Final = (
    "The trend of a row is drawn from 0 to its limit or allocatable, if c3s has read it; else from its lowest \
value to its highest. A gap is a reading that lacks members."
)


class Panel(Struct, frozen=True):
    """A text in place of the rows. name: for the status line."""

    name: str
    lines: Sequence[Line]


def help_panel(columns: int) -> Panel:
    """Return the help, wrapped to the width of the window."""
    return Panel("help", list(_help(columns)))


def _help(columns: int) -> Iterator[Line]:
    yield cut(line(Span("Keys", "title")), columns)
    yield from _table(((each.shown, each.words) for each in KEYS), columns)
    yield cut(line(Span("Marks before a row", "title")), columns)
    yield from _table(MARKS, columns)
    yield cut(line(Span("Trends", "title")), columns)
    yield from (cut(line(f"  {text}"), columns) for text in wrap(TREND, max(NARROW, columns - 2)))


def paragraphs(entries: Iterable[tuple[str, str]], columns: int) -> list[Line]:
    """Return labelled texts, each wrapped beside its label; a label is not repeated."""
    known = [(printable(name), printable(about)) for name, about in entries]
    names = max((len(name) for name, _ in known), default=0) + 2
    before = ["", *(name for name, _ in known)]
    return [
        each
        for last, (name, about) in zip(before, known, strict=False)
        for each in _table([("" if name == last else name, about)], columns, names)
    ]


def _table(entries: Iterable[tuple[str, str]], columns: int, names: int = NAMES) -> Iterator[Line]:
    for name, about in entries:
        first, *rest = wrap(about, max(NARROW, columns - names - 2), break_on_hyphens=False) or [""]
        yield cut(line(Span(f"  {pad(name, names)}", "bold"), first), columns)
        yield from (cut(line(" " * (names + 2) + text), columns) for text in rest)
