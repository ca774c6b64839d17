"""--series: the reports of many readings as one text, without holding them all in memory.

What can be written only at the end, the widths of a table and the families of OpenMetrics, waits in temporary files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Final

import msgspec
from msgspec import structs

from c3s_cli.report import Series
from c3s_cli.request.view import DELIMITED, Format, View

PIECE: Final = 1 << 16


def render_series(series: Series, view: View) -> Iterator[str]:
    """Yield the text of a series in pieces."""
    if view.format is Format.JSON:
        from c3s_cli.output.document import json_series  # only this format needs it

        return json_series(series, view)
    if view.format in DELIMITED:
        return _delimited(series, view)
    return _open_metrics(series, view) if view.format is Format.OPENMETRICS else _table(series, view)


def _delimited(series: Series, view: View) -> Iterator[str]:
    from c3s_cli.output.delimited import delimited  # only these formats need it

    for report in series.reports:
        yield from delimited(report, view)
        view = structs.replace(view, headers=False)


def _open_metrics(series: Series, view: View) -> Iterator[str]:
    """Write every family in one piece, with the samples of all readings in their order.

    A store takes one sample of a series at a time: a reading that is not later than the one before is left out.
    """
    from c3s_cli.output.openmetrics import END, families  # only this format needs it

    with ExitStack() as stack:
        samples: dict[str, IO[str]] = {}
        last: datetime | None = None
        for report in series.reports:
            if last and report.time and report.time <= last:
                continue
            last = report.time
            for head, lines in families(report, view):
                if head not in samples:
                    samples[head] = stack.enter_context(TemporaryFile("w+", encoding="utf-8"))
                samples[head].writelines(lines)
        for head, file in samples.items():
            yield head
            yield from _content(file)
    yield END


def _content(file: IO[str]) -> Iterator[str]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _table(series: Series, view: View) -> Iterator[str]:
    """Write one table, whose columns are as wide as the longest cell of all readings."""
    from c3s_cli.output.table import LEAST, line_form, shown_table  # only this format needs it

    titles: list[str] = []
    widths: list[int] = []
    with TemporaryFile("w+", encoding="utf-8") as file:
        for report in series.reports:
            if report.rows:
                columns = shown_table(report, view)
                titles = [title for title, _ in columns]
                widths = widths or [LEAST] * len(columns)
                widths = [max(width, *map(len, cells)) for width, (_, cells) in zip(widths, columns, strict=True)]
                rows = zip(*(cells for _, cells in columns), strict=True)
                file.writelines(msgspec.json.encode(row).decode() + "\n" for row in rows)
        if not titles:
            return
        if view.headers:
            widths = [max(width, len(title)) for width, title in zip(widths, titles, strict=True)]
        form = line_form(widths)
        if view.headers:
            yield (form % tuple(titles)).rstrip(" \n") + "\n"
        file.seek(0)
        for line in file:
            yield (form % tuple(msgspec.json.decode(line))).rstrip(" \n") + "\n"
