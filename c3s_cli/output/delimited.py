"""CSV and TSV: the same columns as the JSON, their names as headings, exact values in the JSON's units."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from c3s_cli.columns import IDENTITY, Column, Unit
from c3s_cli.model import Report
from c3s_cli.output.document import shown_columns
from c3s_cli.printable import printable
from c3s_cli.request import Format, View

PIECE: Final = 2000
# A cell that begins so is a formula to a spreadsheet.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def delimited(report: Report, view: View) -> Iterator[str]:
    """Write one line a row; with --containers, one line a container. Unknown is an empty cell."""
    dialect = "excel-tab" if view.format is Format.TSV else "excel"
    lines = _lines(report, view)
    while piece := list(islice(lines, PIECE)):
        text = io.StringIO()
        csv.writer(text, dialect, lineterminator="\n").writerows(piece)
        yield text.getvalue()


def _lines(report: Report, view: View) -> Iterator[Sequence[str]]:
    columns = shown_columns(report, view)
    if view.containers:
        place = columns.index(IDENTITY["name"]) + 1
        columns.insert(place, Column("container", Unit.TEXT, lambda container: container.name, ""))
    if view.headers:
        yield [column.name for column in columns]
    for row in report.rows:
        for container in row.containers if view.containers else (row,):  # type: ignore[union-attr]  # pods only
            yield [
                _cell(column, container if column.of_containers or column.name == "container" else row)
                for column in columns
            ]


def _cell(column: Column, row: Any) -> str:
    value = column.value(row)
    if value is None:
        return ""
    if column.unit not in (Unit.TEXT, Unit.TEXTS, Unit.TIME):
        return str(value)
    text = printable(",".join(value) if column.unit is Unit.TEXTS else value)
    return f"'{text}" if text.startswith(FORMULA) else text
