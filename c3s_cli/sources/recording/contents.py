"""What a recording has of a cluster, in numbers and words."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

# How many intervals old a reading may be for a moment.
OLDEST: Final = 2


class Contents(Struct, frozen=True):
    """What a recording has of one cluster. first, last: times. gaps: how often more than two intervals are missing."""

    context: str
    first: float
    last: float
    readings: int
    failures: int
    gaps: int
    covers: str


def contents_of(context: str, rows: Sequence[Any]) -> Contents:
    """Sum up the readings of a cluster: (time, interval, whether it failed, namespaces, selector) of each."""
    gaps = sum(after[0] - before[0] > OLDEST * after[1] for before, after in itertools.pairwise(rows))
    covers = {words for *_, namespaces, selector in rows if (words := covered(namespaces.split(","), selector))}
    failures = sum(bool(row[2]) for row in rows)
    times = [row[0] for row in rows]
    return Contents(context, min(times), max(times), len(rows), failures, gaps, "; ".join(sorted(covers)))


def covered(namespaces: Iterable[str], selector: str) -> str:
    """Return what was recorded, in words; "" for everything."""
    names = ", ".join(filter(None, namespaces))
    return " and ".join(filter(None, (names and f"namespaces {names}", selector and f"pods with {selector}")))
