"""The events of a screen as text: when, what, which row, and why; the newest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from c3s_cli.analysis.events import CRITICAL, GONE, NOT_READY, OOM_KILLED, RESTARTED, WARN, Event
from c3s_cli.columns.headings import heading
from c3s_cli.terminal.lines import Line, Span, cut, line, middle, pad, width
from c3s_cli.terminal.panels import Panel
from c3s_cli.terminal.printable import printable

if TYPE_CHECKING:
    from c3s_cli.report import Report

STYLES: Final = {
    OOM_KILLED: "critical",
    NOT_READY: "critical",
    CRITICAL: "critical",
    RESTARTED: "warn",
    WARN: "warn",
} | {GONE: "dim"}
GAP: Final = "  "
WORDS: Final = 16
# A name is not shortened further.
SHORTEST: Final = 12
NOTHING: Final = "nothing has happened since this screen was opened"


def events_panel(events: Iterable[Event], columns: int, report: Report | None) -> Panel:
    """Return the events, one on a line; today's without a date."""
    newest = list(reversed(list(events)))
    today = report.now.date() if report else None
    with_context = bool(report and report.contexts)
    lines = [_line(each, columns, today, with_context=with_context) for each in newest]
    return Panel("events", lines or [cut(line(f"  {NOTHING}"), columns)])


def _line(event: Event, columns: int, today: object, *, with_context: bool) -> Line:
    at = datetime.fromtimestamp(event.at, UTC)
    time = f"{at:%H:%M:%SZ}" if at.date() == today else f"{at:%m-%dT%H:%MZ}"
    context, namespace, name = event.row
    path = "/".join(printable(each) for each in ((context,) if with_context else ()) + (namespace, name) if each)
    why = f"{heading(event.column)} {event.value:.0f}%" if event.column and event.value is not None else event.because
    before = f"  {time}{GAP}"
    room = columns - len(before) - WORDS - len(GAP)
    why = printable(why)
    path = middle(path, max(SHORTEST, room - (width(why) + len(GAP) if why else 0)))
    what = Span(pad(event.what, WORDS), STYLES.get(event.what, ""))
    return cut(line(Span(before, "dim"), what, f"{GAP}{path}", Span(f"{GAP}{why}" if why else "", "dim")), columns)
