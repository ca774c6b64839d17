"""Numbers without a unit that were probably meant as percentages: `cpu > 90` compares with 90 cores."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.request.condition import Comparison, Condition

BARE: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]+)?")
ORDERING: Final = (">", ">=", "<", "<=")
# With a percentage there is a column of the same name: cpu%, memory%, cpu.p95%.
MEASURED: Final = re.compile(r"(?P<resource>cpu|memory)\.(?:usage|(?P<statistic>avg|min|max|p[0-9]+))")
# Pods that use so many cores are rare, and most thresholds in percent are above.
MANY_CORES: Final = 20 * 10**9


def bare_numbers(condition: Condition, rows: Sequence[Any]) -> Iterator[str]:
    """Say of numbers without a unit what they mean, if they look like percentages: 90 cores that no row can have."""
    for test in (test for tests in condition.alternatives for test in tests):
        if isinstance(test, Comparison) and test.operator in ORDERING and not isinstance(test.value, Column):
            measured = MEASURED.fullmatch(test.column.name)
            if measured and BARE.fullmatch(test.text) and 1 < float(test.text) <= 100:
                yield from _meaning(test, rows, ".".join(filter(None, measured.groups())))


def _meaning(test: Comparison, rows: Sequence[Any], name: str) -> Iterator[str]:
    written = f"{test.column.name} {test.operator} {test.text}"
    percentage = f"for a percentage: {name}% {test.operator} {test.text}"
    if test.column.unit is Unit.BYTES:
        yield f"{written} means {test.text} bytes; {percentage}"
    elif why := _out_of_reach(test, rows):
        yield f"{written} means {test.text} cores, more than {why}; {percentage}"


def _out_of_reach(test: Comparison, rows: Sequence[Any]) -> str:
    """Return what so many cores are more than: the size of every row, or what they use together; "" if they are not."""
    sizes: list[Any] = [(getattr(row, "allocatable", None) or {}).get("cpu") for row in rows]
    if rows and None not in sizes:
        return "any row has" if max(sizes) < test.value else ""
    used = sum(test.column.value(row) or 0 for row in rows)
    return "all rows together use" if test.value >= MANY_CORES and used < test.value else ""
