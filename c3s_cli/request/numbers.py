"""Numbers as values of flags: counts, waits, and quantities of resources."""

from __future__ import annotations

from typing import Final

from c3s_cli.amounts.duration import parse_duration
from c3s_cli.amounts.quantity import InvalidQuantity, nanos, whole
from c3s_cli.errors import UsageError

# The longest wait that a socket accepts: eleven days.
LONGEST_WAIT: Final = 1e6


def at_least(flag: str, number: int | None, least: int = 1) -> int | None:
    """Return a number. UsageError if it is below the least one; None is no number."""
    if number is not None and number < least:
        raise UsageError(f"{flag} takes a number from {least} on, not {number}")
    return number


def read_seconds(text: str | None) -> float | None:
    """Return a duration in seconds, None for none. UsageError if it is not one."""
    if not text:
        return None
    try:
        return min(parse_duration(text), LONGEST_WAIT)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem


def read_quantity(flag: str, resource: str, text: str) -> int:
    """Return a quantity in the unit of its resource. UsageError if it is none, or negative."""
    try:
        amount = nanos(text) if resource == "cpu" else whole(text)
    except InvalidQuantity:
        amount = -1
    if amount < 0:
        raise UsageError(f"{text[:64]!r} is not a quantity for {flag}", hint="write it as 500m or 2, 512Mi or 4Gi")
    return amount
