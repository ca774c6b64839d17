"""Amounts in units for people, on request: --units and --unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.request.view import AMOUNT_UNITS, View

# With --units: the unit, the divisor that converts a JSON value to it, and its decimals.
UNITS: Final = {
    Unit.NANOCORES: ("millicores", 10**6, 3),
    Unit.BYTES: ("MiB", 1 << 20, 3),
    Unit.PERCENT: ("%", 1, 3),
    Unit.SECONDS: ("seconds", 1, 3),
}


def unit_of(column: Column, view: View) -> str:
    """Return the unit of a column's values for a heading, "" if it has none."""
    return next((name for name in view.unit if AMOUNT_UNITS[name][0] is column.unit), UNITS.get(column.unit, ("",))[0])


def in_units(column: Column, values: list[Any], view: View) -> list[Any]:
    """Return the values of a column in the requested units, as text; unchanged if no unit is requested."""
    if column.unit is Unit.MONEY:
        return [None if value is None else float(value) for value in values]
    asked = [AMOUNT_UNITS[name] for name in view.unit if AMOUNT_UNITS[name][0] is column.unit]
    if not asked and not (view.units and column.unit in UNITS):
        return values
    _, divisor, decimals = asked[0] if asked else UNITS[column.unit]
    return [None if value is None else _decimal(value, divisor, decimals) for value in values]


def _decimal(value: float, divisor: int, decimals: int) -> str:
    text = f"{Decimal(value) / divisor:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text
