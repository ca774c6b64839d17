"""Sums of numbers of which some may be unknown, and values by what they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def sum_known(values: Iterable[int | None]) -> int | None:
    """Sum the known values; None if none is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def sum_all(values: Sequence[int | None]) -> int | None:
    """Sum values; None if one is unknown, since a partial sum would mislead."""
    return None if None in values else sum(values)  # type: ignore[arg-type]  # None has been ruled out


def added(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add amounts, resource by resource."""
    total: dict[str, int] = {}
    for part in parts:
        for resource, amount in part.items():
            total[resource] = total.get(resource, 0) + amount
    return total


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Return the time covered by spans (begin, end) that may overlap."""
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total


def by_key(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """Return the values of each key, in the order of the pairs."""
    groups: dict[Key, list[Value]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
