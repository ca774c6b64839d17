"""The headings of columns in a table: kubectl's where they exist, else derived from the names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import structs

from c3s_cli.columns.vocabulary import Column, split_change
from c3s_cli.terminal.printable import printable

# kubectl's headings; the others are derived from the names.
HEADINGS: Final = {
    "cpu.usage": "CPU(cores)",
    "memory.usage": "MEMORY(bytes)",
    "swap.usage": "SWAP(bytes)",
    "swap.usagePercentOfCapacity": "SWAP(%)",
    "instanceType": "INSTANCE-TYPE",
    "qosClass": "QOS",
    "oomKills": "OOM-KILLS",
    "throttled": "THROTTLED(%)",
    "cpu.compact": "CPU(USE/REQ/LIM)",
    "memory.compact": "MEMORY(USE/REQ/LIM)",
    "cpu.recommended.requests": "CPU-RECOMMENDED",
    "memory.recommended.requests": "MEMORY-RECOMMENDED",
    "cpu.recommended.limits": "CPU-RECOMMENDED-LIMITS",
    "memory.recommended.limits": "MEMORY-RECOMMENDED-LIMITS",
    "recommended.qosClass": "RECOMMENDED-QOS",
    "evidence.from": "FROM",
    "evidence.to": "TO",
    "evidence.samples": "SAMPLES",
    "evidence.seconds": "EVIDENCE",
    "evidence.coverage": "COVERAGE(%)",
    **{f"containers.{finding}": finding.upper() for finding in ("risk", "unknown", "waste", "fine")},
    "containers.count": "CONTAINERS",
    "workloads.count": "WORKLOADS",
    "volume.used": "USED(bytes)",
    "volume.capacity": "CAPACITY(bytes)",
    "volume.usagePercentOfCapacity": "USED(%)",
}
RATIO: Final = r"(?P<of>.+)\.(?P<part>usage|requests|limits|avg|min|max|p[0-9]+)PercentOf(?P<whole>\w+)"
FIELD: Final = r"(?P<of>.+)\.(?P<field>\w+)"


def heading(column: Column) -> str:
    """Return the heading of a column: `CPU(cores)`, `MEMORY-REQUESTS`, `CPU(%REQUESTS)`."""
    # Extended resources may have any name.
    return printable(_heading(column))


def _heading(column: Column) -> str:
    base, field = split_change(column.name)
    if field:
        compared = _heading(structs.replace(column, name=base))
        return f"{compared}-CHANGE(%)" if field == "changePercent" else f"{compared}-{field.upper()}"
    if column.parts and column.parts[0].name == "pods.measured":
        return "MEASURED"
    if column.name in HEADINGS:
        return HEADINGS[column.name]
    if match := re.fullmatch(RATIO, column.name):
        amount = _resource(match["of"])
        if match["part"] in ("requests", "limits"):
            return f"{amount}-{match['part'].upper()}(%{match['whole'].upper()})"
        if match["part"] != "usage":
            amount = f"{amount}-{match['part'].upper()}"
        return (
            f"{amount}(%)" if match["whole"] in ("Allocatable", "Capacity") else f"{amount}(%{match['whole'].upper()})"
        )
    if column.name.startswith("labels["):
        return column.path[-1].upper()
    if match := re.fullmatch(FIELD, column.name):
        return f"{_resource(match['of'])}-{_words(match['field'])}"
    return _words(column.name)


def headings(columns: Sequence[Column]) -> list[str]:
    """Return the headings of columns; a repeated `CPU(%)` becomes `CPU(%CAPACITY)` or the like."""
    titles: list[str] = []
    for column in columns:
        title = heading(column)
        titles.append(full_heading(column) if title in titles else title)
    return titles


def full_heading(column: Column) -> str:
    """Return the heading of a percentage with its basis: `CPU(%CAPACITY)`."""
    title = heading(column)
    match = re.fullmatch(RATIO, column.name)
    return f"{title[:-1]}{match['whole'].upper()})" if match and title.endswith("(%)") else title


def _resource(name: str) -> str:
    return name.removeprefix('resources["').removesuffix('"]').upper() if "[" in name else _words(name)


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).upper()
