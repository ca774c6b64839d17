"""Tables with lines between their cells, laid out by tabulate: -o grid, and the pipes of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from c3s_cli.output.table import with_footer
from c3s_cli.report import Report
from c3s_cli.request.view import View


def grid(report: Report, view: View) -> Iterator[str]:
    """Write the table of a report with a border around every cell; nothing if there are no rows."""
    return bordered(with_footer(report, view), "grid") if report.rows else iter(())


def bordered(columns: Sequence[tuple[str, Sequence[str]]], style: str) -> Iterator[str]:
    """Write headings with their cells, as they are, in one of tabulate's styles."""
    rows = list(zip(*(cells for _, cells in columns), strict=True))
    headings = [heading for heading, _ in columns]
    return iter((tabulate(rows, headings, tablefmt=style, disable_numparse=True, stralign="left"), "\n"))
