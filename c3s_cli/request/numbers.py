"""Numbers as values of flags: counts, and quantities of resources."""

from __future__ import annotations

from c3s_cli.amounts.quantity import InvalidQuantity, nanos, whole
from c3s_cli.errors import UsageError


def at_least(flag: str, number: int | None, least: int = 1) -> int | None:
    """Return a number. UsageError if it is below the least one; None is no number."""
    if number is not None and number < least:
        raise UsageError(f"{flag} takes a number from {least} on, not {number}")
    return number


def read_quantity(flag: str, resource: str, text: str) -> int:
    """Return a quantity in the unit of its resource. UsageError if it is none, or negative."""
    try:
        amount = nanos(text) if resource == "cpu" else whole(text)
    except InvalidQuantity:
        amount = -1
    if amount < 0:
        raise UsageError(f"{text[:64]!r} is not a quantity for {flag}", hint="write it as 500m or 2, 512Mi or 4Gi")
    return amount
