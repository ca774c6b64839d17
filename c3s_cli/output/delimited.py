"""CSV and TSV: the columns of the JSON, with their names as headings and exact values in the same units."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from operator import attrgetter
from typing import Any, Final

from c3s_cli.columns.catalogue import IDENTITY
from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.output.document import moment, shown_columns
from c3s_cli.report import Report
from c3s_cli.request.view import Format, View
from c3s_cli.terminal.printable import printable

PIECE: Final = 2000
# Spreadsheets take cells that begin like this as formulas.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CONTAINER: Final = Column("container", Unit.TEXT, attrgetter("name"), "name of the container")


def delimited(report: Report, view: View) -> Iterator[str]:
    """Write one line per row, or per container with --containers. Unknown values are empty cells."""
    dialect = "excel-tab" if view.format is Format.TSV else "excel"
    return (lines(piece, dialect) for piece in _pieces(report, view))


def lines(rows: Iterable[Iterable[Any]], dialect: str = "excel") -> str:
    """Write rows of values; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text, dialect, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _pieces(report: Report, view: View) -> Iterator[Iterable[Sequence[Any]]]:
    columns = shown_columns(report)
    if report.containers:
        columns.insert(columns.index(IDENTITY["name"]) + 1, CONTAINER)
    if view.compact:
        # Readings form one continuous table: each row has the time of its reading.
        read_at = moment(report.now)
        columns.insert(0, Column("time", Unit.TIME, lambda _row: read_at, "when the reading was made"))
    if view.headers:
        yield [[safe(_heading(column) if view.units else column.name) for column in columns]]
    rows = iter(report.rows)
    while piece := list(islice(rows, PIECE)):
        values = [_cells(column, _objects(column, piece, nested=report.containers)) for column in columns]
        yield zip(*(map(_in_units, columns, values) if view.units else values), strict=True)


# Units for people, and the divisor that converts a JSON value to them.
UNITS: Final = {
    Unit.NANOCORES: ("millicores", 10**6),
    Unit.BYTES: ("MiB", 1 << 20),
    Unit.PERCENT: ("%", 1),
    Unit.SECONDS: ("seconds", 1),
}


def _heading(column: Column) -> str:
    unit, _ = UNITS.get(column.unit, ("", 1))
    return f"{column.name} ({unit})" if unit else column.name


def _in_units(column: Column, values: list[Any]) -> list[Any]:
    """Divide exact values, and round them to three decimals."""
    if column.unit not in UNITS:
        return values
    _, divisor = UNITS[column.unit]
    return [None if value is None else _decimal(value, divisor) for value in values]


def _decimal(value: float, divisor: int) -> str:
    text = f"{Decimal(value) / divisor:.3f}"
    return text.rstrip("0").rstrip(".")


def _objects(column: Column, rows: Sequence[Any], *, nested: bool) -> Sequence[Any]:
    """Return the object of each line: rows, or containers with their pods."""
    if not nested:
        return rows
    if column is CONTAINER or column.of_containers:
        return [container for pod in rows for container in pod.containers]
    return [pod for pod in rows for _ in pod.containers]


def _cells(column: Column, rows: Sequence[Any]) -> list[Any]:
    """Return the values of a column for the csv module, which writes None as an empty cell."""
    values = list(map(column.value, rows))
    if column.unit not in (Unit.TEXT, Unit.TEXTS, Unit.TIME):
        return values
    return [None if value is None else safe(value if isinstance(value, str) else ",".join(value)) for value in values]


def safe(value: str) -> str:
    """Make text safe for terminals and spreadsheets."""
    text = printable(value)
    return f"'{text}" if text.startswith(FORMULA) else text
