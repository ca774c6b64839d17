"""Cells of a table: exact values rounded as kubectl rounds them, by amounts/quantity.py. No other format rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from c3s_cli.amounts.duration import age
from c3s_cli.amounts.quantity import MEBI, MILLI, cpu_percent, format_bytes, format_cpu, memory_percent, millicores
from c3s_cli.columns.getters import Change
from c3s_cli.columns.vocabulary import Column, Unit, split_change
from c3s_cli.terminal.printable import NONE, UNKNOWN, all_printable, printable

if TYPE_CHECKING:
    from fractions import Fraction


def cells(column: Column, rows: Iterable[Any]) -> list[str]:
    """Return the cells of a column."""
    if column.parts:
        rows = list(rows)
        several = zip(*(cells(part, rows) for part in column.parts), strict=True)
        if column.name.endswith(".compact"):
            return ["/".join(map(_short, each)) for each in several]
        alone = map(column.alone, rows) if column.alone else repeat(None)
        return [each[0] if only else "/".join(each) for each, only in zip(several, alone, strict=False)]
    if column.absent:
        rows = list(rows)
        own = cells(structs.replace(column, absent=None), rows)
        return [NONE if column.absent(row) else cell for row, cell in zip(rows, own, strict=True)]
    if column.ratio:
        part, whole = column.ratio
        percent = percent_cell(column)
        return [percent(part(row), whole(row)) for row in rows]
    if column.name in ("name", "container"):
        return [name or NONE for name in all_printable(list(map(column.value, rows)))]
    if column.name.endswith(".usage"):
        # Nearly every row has a different value.
        cell = cell_of(column)
        return [UNKNOWN if value is None else cell(value) for value in map(column.value, rows)]
    texts = _Texts(cell_of(column))
    if isinstance(column.value, Change) and (step := STEPS.get(column.unit)):
        return [texts[column.value.of_rounded(row, step)] for row in rows]
    return [texts[value] for value in map(column.value, rows)]


def _short(cell: str) -> str:
    """Write whole cores and gibibytes as such: `1` for `1000m`, `2Gi` for `2048Mi`."""
    if cell.endswith("000m"):
        return cell[:-4]
    if cell.endswith("Mi") and cell[:-2].isdecimal() and cell != "0Mi" and not int(cell[:-2]) % 1024:
        return f"{int(cell[:-2]) // 1024}Gi"
    return cell


class _Texts(dict[Any, str]):
    """A cache of cells by value: most columns have few different values, however many rows there are."""

    def __init__(self, cell: Callable[[Any], str]) -> None:
        super().__init__({None: UNKNOWN})
        self._cell = cell

    def __missing__(self, value: Any) -> str:
        """Format a new value."""
        text = self[value] = self._cell(value)
        return text


def cell_of(column: Column) -> Callable[[Any], str]:
    """Return the formatter of a column's known values."""
    if column.signed:
        unsigned = cell_of(structs.replace(column, signed=False))
        return lambda value: _signed(value, unsigned(abs(value)))
    if split_change(column.name)[0].endswith((".limits", ".declaredLimits")):
        amount = AMOUNTS[column.unit]
        return lambda value: amount(value) if value else NONE
    if column.unit is Unit.TEXTS and column.name == "reason":
        return lambda reasons: printable(", ".join(reasons)) or NONE
    if column.unit is Unit.SECONDS and column.name != "window":
        return age
    return AMOUNTS[column.unit]


def _signed(value: float, size: str) -> str:
    """Write a change with its sign; none if there is none, or if it is rounded to none."""
    if not any(digit in size for digit in "123456789"):
        return size
    return f"+{size}" if value > 0 else f"-{size}" if value < 0 else size


def _text(value: str) -> str:
    return printable(value) or NONE


def _texts(values: Iterable[str]) -> str:
    return printable(",".join(values)) or NONE


def _money(value: Fraction) -> str:
    from c3s_cli.amounts.money import format_money  # only --prices needs it

    return format_money(value)


AMOUNTS: Final[dict[Unit, Callable[[Any], str]]] = {
    Unit.NANOCORES: format_cpu,
    Unit.BYTES: format_bytes,
    Unit.COUNT: str,
    Unit.MONEY: _money,
    Unit.TEXT: _text,
    Unit.TIME: _text,
    Unit.TEXTS: _texts,
    Unit.SECONDS: "{:g}s".format,
    Unit.PERCENT: lambda value: f"{int(value)}%",
    Unit.BOOLEAN: lambda value: "true" if value else "false",
}


# Rounds exact amounts as the cells above do.
STEPS: Final[dict[Unit, Callable[[int], int]]] = {
    Unit.NANOCORES: lambda value: millicores(value) * MILLI,
    Unit.BYTES: lambda value: value // MEBI * MEBI,
}


def _rounded_down(part: int, whole: int) -> int:
    return 100 * part // whole


def _rounded(part: float, whole: float) -> int:
    """Divide, and round halves up."""
    return int((2 * part + whole) // (2 * whole))


def percent_cell(column: Column) -> Callable[[int | None, int | None], str]:
    """Return the formatter of a percentage, which takes part and whole.

    Of allocatable or capacity it rounds exactly like kubectl, and is `0%` if the whole is 0. Of anything else it is
    rounded down, a change to the nearest, and `<none>` if the whole is 0.
    """
    percent: Callable[[int, int], int] = _rounded_down
    over_nothing = NONE
    if column.name.endswith(("OfAllocatable", "OfCapacity")):
        percent, over_nothing = cpu_percent if column.name.startswith("cpu.") else memory_percent, "0%"

    def cell(part: int | None, whole: int | None) -> str:
        if whole is None or (part is None and (whole or over_nothing != NONE or column.signed)):
            return UNKNOWN
        if part is None:
            return NONE  # of no limit, whatever is used
        if column.signed:
            return _signed(part * whole, f"{_rounded(100 * abs(part), abs(whole))}%") if whole else over_nothing
        return f"{percent(part, whole)}%" if whole else over_nothing

    return cell
