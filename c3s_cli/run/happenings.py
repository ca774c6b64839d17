"""The events of a screen as text: when, what, which row, and why; the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from c3s_cli.analysis.events import CRITICAL, GONE, NOT_READY, OOM_KILLED, PENDING, RESTARTED, WARN, Event
from c3s_cli.columns.headings import heading
from c3s_cli.terminal.lines import Line, Span, cut, line, middle, pad, width
from c3s_cli.terminal.panels import Panel
from c3s_cli.terminal.printable import printable

if TYPE_CHECKING:
    from c3s_cli.report import Report

STYLES: Final = {
    **dict.fromkeys((OOM_KILLED, NOT_READY, CRITICAL), "critical"),
    **dict.fromkeys((RESTARTED, PENDING, WARN), "warn"),
    GONE: "dim",
}
GAP: Final = "  "
WORDS: Final = 16
# A name is not shortened further.
SHORTEST: Final = 12
NOTHING: Final = "nothing has happened since this screen was opened"


def events_panel(events: Iterable[Event], columns: int, report: Report | None) -> Panel:
    """Return the events; today's without a date."""
    newest = list(reversed(list(events)))
    today = report.now.date() if report else None
    with_context = bool(report and report.contexts)
    lines = [text for each in newest for text in _lines(each, columns, today, with_context=with_context)]
    return Panel("events", lines or [cut(line(f"  {NOTHING}"), columns)])


def _lines(event: Event, columns: int, today: object, *, with_context: bool) -> Iterator[Line]:
    """Yield the line of an event; what does not fit beside the name follows below it."""
    at = datetime.fromtimestamp(event.at, UTC)
    time = f"{at:%H:%M:%SZ}" if at.date() == today else f"{at:%m-%dT%H:%MZ}"
    context, namespace, name = event.row
    path = "/".join(printable(each) for each in ((context,) if with_context else ()) + (namespace, name) if each)
    why = f"{heading(event.column)} {event.value:.0f}%" if event.column and event.value is not None else event.because
    why = printable(why)
    before = f"  {time}{GAP}"
    what = Span(pad(event.what, WORDS) + GAP, STYLES.get(event.what, ""))
    room = columns - len(before) - WORDS - len(GAP)
    beside = why and width(path) + len(GAP) + width(why) <= room
    path = middle(path, max(SHORTEST, room))
    yield cut(line(Span(before, "dim"), what, path, Span(f"{GAP}{why}" if beside else "", "dim")), columns)
    if why and not beside:
        indent = " " * min(len(before), columns // 4)
        yield from (cut(line(Span(indent + text, "dim")), columns) for text in wrap(why, columns - len(indent)))
