"""Money: exact integers in fractions of the currency of a price file, and how a table writes them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

NANO: Final = 10**9
GIB: Final = 1 << 30
# Prices have up to nine decimals and hours up to three, so that every cost is a whole number of such fractions.
PRICE_DECIMALS: Final = 9
HOUR_DECIMALS: Final = 3
PER_UNIT: Final = NANO * GIB * 10 ** (PRICE_DECIMALS + HOUR_DECIMALS)
PRICE_SAMPLE: Final = (
    "a sample: {currency: EUR, hoursPerMonth: 730, default: {coreHour: 0.034, gibHour: 0.0045, gpuHour: 1.10}}; "
    "hoursPerMonth 168 is a week, and docs/cost.md has prices by label"
)


def money(amount: int) -> Fraction:
    """Return an amount in units of the currency. amount: in parts of 1 / PER_UNIT."""
    return Fraction(amount, PER_UNIT)


def format_money(amount: Fraction) -> str:
    """Write an amount with two decimals, halves to even: `12.50`."""
    return f"{Decimal(round(amount * 100)).scaleb(-2):.2f}"
