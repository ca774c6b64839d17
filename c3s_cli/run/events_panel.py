"""The events of a screen as text: when, what, which row, and why; the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from textwrap import wrap
from typing import Final

from c3s_cli.analysis.events import CRITICAL, GONE, NOT_READY, OOM_KILLED, PENDING, RESTARTED, WARN, Event
from c3s_cli.columns.headings import heading
from c3s_cli.report import Report
from c3s_cli.terminal.lines import Line, Span, cut, line, pad, width
from c3s_cli.terminal.panels import Panel
from c3s_cli.terminal.printable import printable

STYLES: Final = {
    **dict.fromkeys((OOM_KILLED, NOT_READY, CRITICAL), "critical"),
    **dict.fromkeys((RESTARTED, PENDING, WARN), "warn"),
    GONE: "dim",
}
GAP: Final = "  "
NOTHING: Final = "nothing has happened to these rows so far"


def events_panel(events: Iterable[Event], columns: int, report: Report | None) -> Panel:
    """Return the events; today's without a date."""
    newest = list(reversed(list(events)))
    today = report.now.date() if report else None
    with_context = bool(report and report.contexts)
    words = max((len(each.what) for each in newest), default=0)
    lines = [text for each in newest for text in _lines(each, columns, words, today, with_context=with_context)]
    return Panel("events", lines or [cut(line(f"  {NOTHING}"), columns)])


def _lines(event: Event, columns: int, words: int, today: object, *, with_context: bool) -> Iterator[Line]:
    """Yield the line of an event; what does not fit beside the name follows below it."""
    at = datetime.fromtimestamp(event.at, UTC)
    time = f"{at:%H:%M:%SZ}" if at.date() == today else f"{at:%m-%dT%H:%MZ}"
    context, namespace, name = event.row
    path = "/".join(printable(each) for each in ((context,) if with_context else ()) + (namespace, name) if each)
    why = f"{heading(event.column)} {event.value:.0f}%" if event.column and event.value is not None else event.because
    before = f"  {time}{GAP}"
    what = Span(pad(event.what, words), STYLES.get(event.what, ""))
    # What does not fit beside the others follows below, so that no name is shortened.
    room = columns - len(before) - words
    rest, beside = list(filter(None, (path, printable(why)))), list[str]()
    while rest and len(GAP) + width(rest[0]) <= room:
        room -= len(GAP) + width(rest[0])
        beside.append(rest.pop(0))
    names = [Span(GAP + text, style) for text, style in zip(beside, ("", "dim"), strict=False)]
    yield cut(line(Span(before, "dim"), what, *names), columns)
    indent = " " * min(len(before), columns // 10)
    for text in wrap(GAP.join(rest), max(1, columns - len(indent)), break_on_hyphens=False):
        yield cut(line(indent, Span(text, "dim" if beside else "")), columns)
