"""CSV, TSV and plain values: exact values in the units of the JSON, or in those that the flags ask for."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from msgspec import structs

from c3s_cli.columns.catalogue import CONTAINER, IDENTITY
from c3s_cli.columns.vocabulary import Column, Unit, by_name, flat
from c3s_cli.output.identity import identity_columns, times_of
from c3s_cli.output.table import lines
from c3s_cli.output.units import in_units, unit_of
from c3s_cli.report import Report
from c3s_cli.request.view import Format, View
from c3s_cli.terminal.printable import printable

PIECE: Final = 2000
# Spreadsheets take cells that begin like this as formulas.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def delimited(report: Report, view: View) -> Iterator[str]:
    """Write one line per row, or per container with --containers. Unknown values are empty cells."""
    columns = _columns(report, view)
    dialect = "excel-tab" if view.format is Format.TSV else "excel"
    if view.headers:
        yield csv_text([[safe(_heading(column, view)) for column in columns]], dialect)
    for piece in _pieces(report):
        cells = [_cells(column, lines(piece, column), view, safe) for column in columns]
        yield csv_text(zip(*cells, strict=True), dialect)


def values(report: Report, view: View) -> Iterator[str]:
    """Write the values of the columns, separated by tabs. Unknown values are empty."""
    for piece in _pieces(report):
        cells = [_cells(column, lines(piece, column), view, printable) for column in flat(report.columns)]
        rows = zip(*cells, strict=True)
        yield "".join("\t".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)


def csv_text(rows: Iterable[Iterable[Any]], dialect: str = "excel") -> str:
    """Write rows of values; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text, dialect, lineterminator="\n").writerows(rows)
    return text.getvalue()


def safe(value: str) -> str:
    """Make text safe for terminals and spreadsheets."""
    text = printable(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _pieces(report: Report) -> Iterator[Report]:
    rows = iter(report.rows)
    while piece := list(islice(rows, PIECE)):
        yield structs.replace(report, rows=piece)


def _columns(report: Report, view: View) -> list[Column]:
    """Return all columns: with --columns the named ones, after or among those that identify a row if it names none."""
    own = flat(report.columns)
    if view.identity is None:
        return [*times_of(report), *own]
    who = identity_columns(report)
    if view.named:
        left_out = {"timestamp", "window", *(() if report.contexts else ("context",))}
        who = [column for column in who if column in report.keys or column.name not in left_out]
    if report.containers:
        who.insert(who.index(IDENTITY["name"]) + 1, CONTAINER)
    # Readings form one continuous table: each row has the time of its reading.
    times = times_of(structs.replace(report, time=report.now)) if view.compact else times_of(report)
    before = flat(report.columns[: view.identity])
    in_order = (*times, *before, *who, *own) if report.time else (*before, *times, *who, *own)
    return list(by_name(in_order).values())


def _heading(column: Column, view: View) -> str:
    unit = unit_of(column, view) if view.units else ""
    return f"{column.name} ({unit})" if unit else column.name


def _cells(column: Column, rows: Sequence[Any], view: View, text_of: Callable[[str], str]) -> list[Any]:
    """Return the values of a column; None is unknown."""
    known = list(map(column.value, rows))
    if column.unit is Unit.BOOLEAN:
        return [None if value is None else str(value).lower() for value in known]
    if column.unit not in (Unit.TEXT, Unit.TEXTS, Unit.TIME):
        return in_units(column, known, view)
    joined = (",".join(value) if isinstance(value, tuple | list) else value for value in known)
    return [None if value is None else text_of(value) for value in joined]
