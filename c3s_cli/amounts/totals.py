"""Sums of numbers of which some may be unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def sum_known(values: Iterable[int | None]) -> int | None:
    """Sum the known values; None if none is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def sum_all(values: Sequence[int | None]) -> int | None:
    """Sum values; None if one is unknown, since a partial sum would mislead."""
    return None if None in values else sum(values)  # type: ignore[arg-type]  # None has been ruled out


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Return the time covered by spans (begin, end) that may overlap."""
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total
