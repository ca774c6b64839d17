"""Heading and cell of every column in a table: the only place where values are rounded, as kubectl rounds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from c3s_cli.amounts.duration import age
from c3s_cli.amounts.quantity import cpu_percent, format_bytes, format_cpu, memory_percent
from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.terminal.printable import printable

UNKNOWN: Final = "<unknown>"
NONE: Final = "<none>"

# kubectl's own headings; the others follow from the names.
HEADINGS: Final = {
    "cpu.usage": "CPU(cores)",
    "memory.usage": "MEMORY(bytes)",
    "swap.usage": "SWAP(bytes)",
    "swap.usagePercentOfCapacity": "SWAP(%)",
    "instanceType": "INSTANCE-TYPE",
    "qosClass": "QOS",
    "oomKills": "OOM-KILLS",
    "throttled": "THROTTLED(%)",
    "volume.used": "USED(bytes)",
    "volume.capacity": "CAPACITY(bytes)",
    "volume.usagePercentOfCapacity": "USED(%)",
}
RATIO: Final = re.compile(r"(?P<of>.+)\.(?P<part>usage|requests|limits|avg|min|max|p[0-9]+)PercentOf(?P<whole>\w+)")
FIELD: Final = re.compile(r"(?P<of>.+)\.(?P<field>\w+)")


def heading(column: Column) -> str:
    """Give the heading of a column: `CPU(cores)`, `MEMORY-REQUESTS`, `CPU(%REQUESTS)`."""
    if column.name in HEADINGS:
        return HEADINGS[column.name]
    if match := RATIO.fullmatch(column.name):
        of = _resource(match["of"])
        if match["part"] in ("requests", "limits"):
            return f"{of}-{match['part'].upper()}(%)"
        if match["part"] != "usage":
            of = f"{of}-{match['part'].upper()}"
        return f"{of}(%)" if match["whole"] in ("Allocatable", "Capacity") else f"{of}(%{match['whole'].upper()})"
    if column.name.startswith("labels["):
        return column.path[-1].upper()
    if match := FIELD.fullmatch(column.name):
        return f"{_resource(match['of'])}-{_words(match['field'])}"
    return _words(column.name)


def headings(columns: Sequence[Column]) -> list[str]:
    """Give the headings of columns; where two would be the same `CPU(%)`, the second says of what."""
    titles: list[str] = []
    for column in columns:
        title = heading(column)
        match = RATIO.fullmatch(column.name)
        titles.append(f"{title[:-1]}{match['whole'].upper()})" if match and title in titles else title)
    return titles


def _resource(name: str) -> str:
    return name.removeprefix('resources["').removesuffix('"]').upper() if "[" in name else _words(name)


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).upper()


def cells(column: Column, rows: Iterable[Any]) -> list[str]:
    """Give the cells of a column."""
    if column.parts:
        return ["/".join(pair) for pair in zip(*(cells(part, rows) for part in column.parts), strict=True)]
    if column.ratio:
        part, whole = column.ratio
        percent = percent_cell(column)
        return [percent(part(row), whole(row)) for row in rows]
    cell = cell_of(column)
    return [UNKNOWN if value is None else cell(value) for value in map(column.value, rows)]


def cell_of(column: Column) -> Callable[[Any], str]:
    """Say how a known value of a column is written."""
    if column.name.endswith(".limits"):
        amount = AMOUNTS[column.unit]
        return lambda value: amount(value) if value else NONE
    if column.unit is Unit.SECONDS and column.name != "window":
        return age
    return AMOUNTS[column.unit]


def _text(value: str) -> str:
    return printable(value) or NONE


def _texts(values: Iterable[str]) -> str:
    return printable(",".join(values)) or NONE


AMOUNTS: Final[dict[Unit, Callable[[Any], str]]] = {
    Unit.NANOCORES: format_cpu,
    Unit.BYTES: format_bytes,
    Unit.COUNT: str,
    Unit.TEXT: _text,
    Unit.TIME: _text,
    Unit.TEXTS: _texts,
    Unit.SECONDS: "{:g}s".format,
}


def percent_cell(column: Column) -> Callable[[int | None, int | None], str]:
    """Say how a percentage is written, from its part and whole: kubectl's arithmetic, to the bit.

    Over nothing it is 0% where kubectl says so (a node that offers nothing), and <none> elsewhere.
    """
    percent = cpu_percent if column.name.startswith("cpu.") else memory_percent
    over_nothing = "0%" if column.name.endswith(("OfAllocatable", "OfCapacity")) else NONE

    def cell(part: int | None, whole: int | None) -> str:
        if part is None or whole is None:
            return UNKNOWN
        return f"{percent(part, whole)}%" if whole else over_nothing

    return cell
