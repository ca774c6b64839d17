"""Numbers without a unit that were probably meant as percentages: `cpu > 90` compares with 90 cores."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.request.condition import Comparison, Condition

BARE: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]+)?")
HUNDRED: Final = 100
ORDERING: Final = (">", ">=", "<", "<=")
# The columns that have a percentage of the same name: cpu%, swap%, cpu.p95%, used%.
PERCENTAGES: Final = (
    (re.compile(r"(cpu|memory|swap)\.usage"), r"\1%"),
    (re.compile(r"((?:cpu|memory)\.(?:avg|min|max|p[0-9]+))"), r"\1%"),
    (re.compile(r"volume\.used"), "used%"),
)
# Pods that use so many cores are rare, and most thresholds in percent are above.
MANY_CORES: Final = 20 * 10**9


def bare_numbers(condition: Condition, rows: Sequence[Any]) -> Iterator[str]:
    """Say of numbers without a unit what they mean, if they look like percentages: 90 cores that no row can have."""
    for test in condition.tests():
        if isinstance(test, Comparison) and not isinstance(test.value, Column) and _looks_like_percent(test):
            yield from _meaning(test, rows)


def _looks_like_percent(test: Comparison) -> bool:
    return test.operator in ORDERING and BARE.fullmatch(test.text) is not None and 1 < float(test.text) <= HUNDRED


def _meaning(test: Comparison, rows: Sequence[Any]) -> Iterator[str]:
    name = next((match.expand(to) for of, to in PERCENTAGES if (match := of.fullmatch(test.column.name))), "")
    written, number = f"{test.column.name} {test.operator} {test.text}", test.text
    percentage = f"for a percentage: {name} {test.operator} {number}"
    if test.column.unit is Unit.BYTES:
        yield f"{written} means {number} bytes; {percentage if name else f'write {number}Mi or {number}Gi'}"
    elif test.column.unit is Unit.NANOCORES and name and (why := _out_of_reach(test, rows)):
        yield f"{written} means {number} cores, more than {why}; {percentage}"


def _out_of_reach(test: Comparison, rows: Sequence[Any]) -> str:
    """Return what so many cores are more than: the size of every row, or what they use together; "" if they are not."""
    sizes: list[Any] = [(getattr(row, "allocatable", None) or {}).get("cpu") for row in rows]
    if rows and None not in sizes:
        return "any row has" if max(sizes) < test.value else ""
    used = [usage for usage in map(test.column.value, rows) if usage is not None]
    return "all rows together use" if used and test.value >= MANY_CORES and sum(used) < test.value else ""
