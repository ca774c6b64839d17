"""The header of watch: the cluster at a glance, above the rows. A function from values to lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.terminal.bars import bar, sparkline
from c3s_cli.terminal.colour import style_of
from c3s_cli.terminal.lines import Line, Span, cut, fit, line, width

# Below this many lines of terminal the rows need the place more than the header.
SMALL: Final = 16
GAP: Final = "   "


class Gauge(Struct, frozen=True):
    """One resource of the cluster: percent of allocatable, used and allocatable as text, the last percentages."""

    name: str
    percent: float | None
    used: str
    allocatable: str
    history: Sequence[float | None] = ()

    @property
    def amounts(self) -> str:
        """Used and allocatable as text."""
        return f"{self.used} / {self.allocatable}"


class Header(Struct, frozen=True):
    """What the header shows. facts: (label, value) pairs; missing: what cannot be read, in two words; "" if nothing.

    status: the pace and the age of the newest sample. banner: why the numbers are old, "" if they are not.
    """

    facts: tuple[tuple[str, str], ...]
    gauges: tuple[Gauge, ...]
    status: str
    missing: str = ""
    banner: str = ""
    warn: float = 70
    critical: float = 90


def header_lines(header: Header, columns: int, lines: int) -> list[Line]:
    """Lay the header out for a window of some columns and lines."""
    if lines < SMALL:
        return [_short(header, columns), _status(header, columns)]
    top = _facts(header, columns)
    amounts = max((len(gauge.amounts) for gauge in header.gauges), default=0)
    gauges = [_gauge(gauge, header, columns, amounts) for gauge in header.gauges]
    # Under a banner the totals are old like everything else: one reason is enough.
    is_missing = header.missing and not header.banner
    missing = [cut(line(Span(f"cluster totals: {header.missing}", "warn")), columns)] if is_missing else []
    return [*top, *gauges, *missing, _status(header, columns)]


def _facts(header: Header, columns: int) -> list[Line]:
    """Put the facts into as many lines as they need."""
    rows: list[list[Span]] = [[]]
    used = 0
    for label, value in header.facts:
        size = width(label) + 1 + width(value)
        if rows[-1] and used + len(GAP) + size > columns:
            rows.append([])
            used = 0
        if rows[-1]:
            rows[-1].append(Span(GAP))
            used += len(GAP)
        rows[-1] += [Span(f"{label} ", "dim"), Span(value, "bold")]
        used += size
    return [cut(row, columns) for row in rows if row]


def _gauge(gauge: Gauge, header: Header, columns: int, amounts: int) -> Line:
    """Draw one resource. amounts: the cells for used and allocatable."""
    percent = "?" if gauge.percent is None else f"{gauge.percent:.0f}%"
    # name, bar, percent, amounts, history: the bar and the history take what is left, up to a size that reads well.
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
    spans: list[Span] = []
    for gauge in header.gauges:
        percent = "?" if gauge.percent is None else f"{gauge.percent:.0f}%"
        style = style_of(gauge.percent, header.warn, header.critical)
        spans += [Span(f"{gauge.name} ", "dim"), Span(f"{bar(gauge.percent, 6)} {percent}", style), Span("  ")]
    if header.missing:
        spans.append(Span(header.missing, "warn"))
    spans += [Span(f"{label} {value}  ") for label, value in header.facts if label in ("nodes", "pods")]
    return cut(spans, columns)


def _status(header: Header, columns: int) -> Line:
    if header.banner:
        return line(Span(fit(header.banner, columns), "inverse"))
    return cut(line(Span(header.status, "dim")), columns)
