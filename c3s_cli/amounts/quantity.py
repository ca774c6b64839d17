"""Kubernetes quantities: "250m", "123456789n", "1.5Gi" → exact integers, and kubectl's rounding in cells.

Two units only: nanocores (a quantity times 10⁹) and whole numbers (bytes, counts). Finer values are rounded away from
zero, as apimachinery does. Unlike Go's parser this one never overflows, is fast on absurd exponents, and rejects text
without digits.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

LONGEST: Final = 64
LARGEST_EXPONENT: Final = 30
MILLI: Final = 10**6  # nanos in a thousandth
MEBI: Final = 1 << 20

# quantity = [+-] (digits ["." digits*] | "." digits) (suffix | exponent)?, in ASCII digits only.
GRAMMAR: Final = (
    r"(?P<sign>[+-]?)(?:(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]*))?|\.(?P<only>[0-9]+))"
    r"(?:(?P<suffix>[numkMGTPE]|[KMGTPE]i)|[eE](?P<exponent>[+-]?[0-9]+))?"
)
INTEGER: Final = r"[+-]?[0-9]{1,63}"
POWERS_OF_TEN: Final = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
POWERS_OF_TWO: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

# The suffixes that metrics-server, the kubelet and most manifests use.
NANOS_OF: Final = {"n": 1, "u": 10**3, "m": 10**6}
BYTES_OF: Final = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


class InvalidQuantity(ValueError):
    """The text is not a Kubernetes quantity."""


def nanos(text: str) -> int:
    """Return a quantity times 10⁹; finer fractions are rounded away from zero. "250m" → 250000000.

    InvalidQuantity for text outside the grammar, longer than 64 characters or with an exponent beyond ±30.
    """
    digits = text[:-1]
    if digits.isdigit() and len(text) <= LONGEST and text.isascii():
        last = text[-1]
        if last == "n":
            return int(digits)
        if last in NANOS_OF:
            return int(digits) * NANOS_OF[last]
    return _scaled(text, 9)


def whole(text: str) -> int:
    """Return a quantity as a whole number, rounded away from zero. "1Ki" → 1024, "1500m" → 2.

    InvalidQuantity as for nanos.
    """
    digits = text[:-2]
    if digits.isdigit() and len(text) <= LONGEST and text.isascii():
        times = BYTES_OF.get(text[-2:])
        if times is not None:
            return int(digits) * times
        if text.isdigit():
            return int(text)
    return _scaled(text, 0)


@lru_cache(maxsize=4096)  # "0", "2", "100k": few distinct texts, repeated often
def _scaled(text: str, power: int) -> int:
    """Return the quantity times 10 to the `power`, rounded away from zero. InvalidQuantity as for nanos."""
    match = re.fullmatch(GRAMMAR, text) if len(text) <= LONGEST else None
    if match is None:
        raise InvalidQuantity(f"{text[:LONGEST]!r} is not a quantity")
    exponent = int(match["exponent"] or 0)
    if abs(exponent) > LARGEST_EXPONENT:
        raise InvalidQuantity(f"{text!r} is out of range")
    suffix, part = match["suffix"], match["only"] or match["part"] or ""
    number = int((match["whole"] or "") + part) << POWERS_OF_TWO.get(suffix, 0)
    power += exponent + POWERS_OF_TEN.get(suffix, 0) - len(part)
    size: int = number * 10**power if power >= 0 else -(number // -(10**-power))
    return -size if match["sign"] == "-" else size


def parse_int(text: str | None) -> int | None:
    """Return an integer as Go's ParseInt reads it: 64 bits, ASCII digits, any leading zeros; None if it is none."""
    number = int(text) if text is not None and re.fullmatch(INTEGER, text) else None
    return number if number is not None and -(1 << 63) <= number < 1 << 63 else None


# --- kubectl's cells ------------------------------------------------------------------------------------------


def millicores(nanocores: int) -> int:
    """Return whole millicores, rounded away from zero as kubectl does."""
    return -(nanocores // -MILLI) if nanocores >= 0 else nanocores // MILLI


def format_cpu(nanocores: int) -> str:
    """Write CPU as kubectl does: `124m`."""
    return f"{-(nanocores // -MILLI) if nanocores >= 0 else nanocores // MILLI}m"


def format_bytes(number: int) -> str:
    """Write memory as kubectl does: `1024Mi`."""
    return f"{number // MEBI}Mi"


def percent(use: int, available: int) -> int:
    """Return kubectl's percentage: divide as floats, multiply by 100, truncate. 580 of 2000 is 28, as in kubectl.

    Both in thousandths of the resource's unit. 0 if nothing is available, as in kubectl since 1.34.
    """
    return int(float(use) / float(available) * 100) if available else 0


def cpu_percent(use_nanocores: int, available_nanocores: int) -> int:
    """Return kubectl's percentage of CPU, computed from whole millicores."""
    return percent(millicores(use_nanocores), millicores(available_nanocores))


def memory_percent(use_bytes: int, available_bytes: int) -> int:
    """Return kubectl's percentage of memory, computed from thousandths of a byte."""
    return percent(use_bytes * 1000, available_bytes * 1000)


def exact_ratio(part: int, whole: int) -> float | None:
    """Return 100 · part / whole, rounded once; None if whole is 0."""
    return 100 * part / whole if whole else None
