"""The header of watch, above the rows: the state of the cluster. Turns values into lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.terminal.bars import bar, sparkline
from c3s_cli.terminal.colour import style_of
from c3s_cli.terminal.lines import Line, Span, cut, fit, line, middle, width

# In a terminal with fewer lines, the rows need the space more than the header.
SMALL: Final = 16
GAP: Final = "   "
GAP_SHORT: Final = "  "
# The width of a bar in a small window.
BAR: Final = 6


class Gauge(Struct, frozen=True):
    """One resource of the cluster: percent of allocatable, used and allocatable as text, recent percentages."""

    name: str
    percent: float | None
    used: str
    allocatable: str
    history: Sequence[float | None] = ()

    @property
    def amounts(self) -> str:
        """Used and allocatable as text."""
        return f"{self.used} / {self.allocatable}"


class Fact(Struct, frozen=True):
    """A fact about the cluster. short: the value for a small window, "" to leave it out there."""

    label: str
    value: str
    style: str = "bold"
    short: str = ""


class Header(Struct, frozen=True):
    """The content of the header. missing: why there are no totals, in two words; "" if there are.

    trouble: the nodes that are not ready, each with the time since then. status: the interval, the time of the reading,
    and the age of the newest sample; what does not fit is dropped from the left. waiting: for how long the server has
    not answered, "" if not long. words: what plugins say, line by line. banner: how old the numbers are, and why; empty
    if they are current. title: what the rows are, "" if the command says it. reading: why they are not read yet.
    """

    facts: tuple[Fact, ...]
    gauges: tuple[Gauge, ...]
    status: tuple[str, ...]
    missing: str = ""
    trouble: tuple[str, ...] = ()
    waiting: str = ""
    words: tuple[str, ...] = ()
    banner: tuple[str, ...] = ()
    title: str = ""
    reading: str = ""
    warn: float = 70
    critical: float = 90


def header_lines(header: Header, columns: int, lines: int) -> list[Line]:
    """Lay out the header for the size of the window."""
    top = [_short(header, columns)] if lines < SMALL else [*_facts(header, columns), *_gauges(header, columns)]
    return [
        *top,
        *_trouble(header, columns),
        *_words(header, columns),
        *_status(header, columns),
        *_title(header, columns),
    ]


def _gauges(header: Header, columns: int) -> list[Line]:
    """Draw the resources, and say why there are none."""
    amounts = max((len(gauge.amounts) for gauge in header.gauges), default=0)
    gauges = [_gauge(gauge, header, columns, amounts) for gauge in header.gauges]
    # The banner already says that the totals are old.
    if header.missing and not header.banner:
        gauges.append(cut(line(Span(f"cluster totals: {header.missing}", "warn")), columns))
    return gauges


def _facts(header: Header, columns: int) -> list[Line]:
    """Wrap the facts into lines."""
    rows: list[list[Span]] = [[]]
    used = 0
    for fact in header.facts:
        size = width(fact.label) + 1 + width(fact.value)
        if rows[-1] and used + len(GAP) + size > columns:
            rows.append([])
            used = 0
        if rows[-1]:
            rows[-1].append(Span(GAP))
            used += len(GAP)
        rows[-1] += [Span(f"{fact.label} ", "dim"), Span(fact.value, fact.style)]
        used += size
    return [cut(row, columns) for row in rows if row]


def _gauge(gauge: Gauge, header: Header, columns: int, amounts: int) -> Line:
    """Draw one resource. amounts: the cells for used and allocatable."""
    percent = "?" if gauge.percent is None else f"{gauge.percent:.0f}%"
    # name, bar, percent, amounts, history: the bar and the history share the remaining width, up to a maximum.
    left = columns - 7 - 2 - 6 - amounts - 4
    bar_cells = max(4, min(30, left if not gauge.history else left * 3 // 5))
    history_cells = max(0, min(30, left - bar_cells - 2))
    style = style_of(gauge.percent, header.warn, header.critical)
    return cut(
        line(
            Span(f"{gauge.name:<7}", "dim"),
            Span(bar(gauge.percent, bar_cells), style),
            Span(f" {percent:>5}", style),
            f"  {gauge.amounts:<{amounts}}",
            "  " if history_cells else "",
            Span(sparkline(gauge.history, history_cells, 100) if history_cells else "", "dim"),
        ),
        columns,
    )


def _short(header: Header, columns: int) -> Line:
    """Put gauges and facts into one line, without bars if there is no room, and without facts that do not fit."""
    facts = [
        [Span(GAP_SHORT), Span(f"{each.label} ", "dim"), Span(each.short, each.style)]
        for each in header.facts
        if each.short
    ]
    spans = _in_short(header, BAR)
    if _width([*spans, *(facts[0] if facts else ())]) > columns:
        spans = _in_short(header, 0)
    for fact in facts:
        if _width([*spans, *fact]) <= columns:
            spans += fact
    return cut(spans, columns)


def _width(spans: Sequence[Span]) -> int:
    return sum(width(span.text) for span in spans)


def _in_short(header: Header, bar_cells: int) -> list[Span]:
    spans: list[Span] = []
    for gauge in header.gauges:
        percent = "?" if gauge.percent is None else f"{gauge.percent:.0f}%"
        style = style_of(gauge.percent, header.warn, header.critical)
        drawn = f"{bar(gauge.percent, bar_cells)} " if bar_cells else ""
        spans += [Span(GAP_SHORT), Span(f"{gauge.name} ", "dim"), Span(f"{drawn}{percent}", style)]
    if header.missing:
        spans += [Span(GAP_SHORT), Span(header.missing, "warn")]
    return spans[1:]


def _trouble(header: Header, columns: int) -> list[Line]:
    """Name the nodes that are not ready, as many as fit, and how many more there are."""
    if not header.trouble:
        return []
    text = ""
    for shown in range(1, len(header.trouble) + 1):
        more = len(header.trouble) - shown
        longer = f"not ready: {', '.join(header.trouble[:shown])}{f' and {more} more' if more else ''}"
        if text and width(longer) > columns:
            break
        text = longer
    return [line(Span(fit(text, columns), "critical"))]


def _words(header: Header, columns: int) -> list[Line]:
    return [line(Span(fit(text, columns), "warn")) for text in header.words]


def _status(header: Header, columns: int) -> list[Line]:
    """Return the status line, or the banner with the reason why the numbers are old, in two lines if necessary."""
    if header.banner:
        whole = ": ".join(header.banner)
        texts = [whole] if width(whole) <= columns else header.banner
        return [line(Span(fit(text, columns), "inverse")) for text in texts]
    parts = list(header.status)
    waiting = [header.waiting] if header.waiting else []
    while len(parts) > 1 and width(GAP.join([*parts, *waiting])) > columns:
        parts.pop(0)
    spans = [Span(GAP.join(parts), "dim"), *(Span(text, "warn") for each in waiting for text in (GAP, each))]
    return [cut(spans, columns)]


def _title(header: Header, columns: int) -> list[Line]:
    """Return the title, on a line of its own; if it is too long, its end stays in sight."""
    if not header.title:
        return []
    reading = f"{GAP}{header.reading}" if header.reading else ""
    room = max(columns - width(reading), columns // 2)
    return [cut(line(Span(middle(header.title, room), "bold"), Span(reading, "warn")), columns)]
