"""Kubernetes quantities: "250m", "123456789n", "1.5Gi" ↔ exact integers, and the arithmetic of kubectl's cells.

Two units only: nanocores (a quantity times 10⁹) and whole numbers (bytes, counts). Whatever is finer is rounded away
from zero, as apimachinery does. Unlike Go's parser this one never overflows, takes no time on absurd exponents, and
rejects what has no digits.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

LONGEST: Final = 64
LARGEST_EXPONENT: Final = 30
NANO: Final = 10**9
MEBI: Final = 1 << 20

GRAMMAR: Final = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]*))?|\.(?P<only>[0-9]+))"
    r"(?:(?P<suffix>[numkMGTPE]|[KMGTPE]i)|[eE](?P<exponent>[+-]?[0-9]+))?"
)
SUFFIXES: Final[dict[str, Fraction]] = {
    **{
        suffix: Fraction(10) ** (3 * power)
        for power, suffix in enumerate("numxkMGTPE", start=-3)
        if suffix != "x"
    },
    **{f"{suffix}i": Fraction(1 << 10 * power) for power, suffix in enumerate("KMGTPE", start=1)},
}

# What metrics-server and the kubelet send, in nanocores and in bytes for each digit before the suffix.
NANOS_OF: Final = {"n": 1, "u": 10**3, "m": 10**6}
BYTES_OF: Final = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


class InvalidQuantity(ValueError):
    """The text is no Kubernetes quantity."""


def nanos(text: str) -> int:
    """Give a quantity times 10⁹, exactly; finer than that is rounded away from zero. "250m" → 250000000."""
    digits = text[:-1]
    if digits.isdecimal() and digits.isascii() and len(text) < LONGEST:
        times = NANOS_OF.get(text[-1])
        if times is not None:
            return int(digits) * times
    return _away_from_zero(_parse(text) * NANO)


def whole(text: str) -> int:
    """Give a quantity as a whole number, rounded away from zero. "1Ki" → 1024, "1500m" → 2."""
    digits = text[:-2]
    if digits.isdecimal() and digits.isascii() and len(text) < LONGEST:
        times = BYTES_OF.get(text[-2:])
        if times is not None:
            return int(digits) * times
        if text.isdecimal() and text.isascii():
            return int(text)
    return _away_from_zero(_parse(text))


def _parse(text: str) -> Fraction:
    """Give the exact value. InvalidQuantity for anything outside the grammar, too long or beyond 10³⁰."""
    match = GRAMMAR.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        raise InvalidQuantity(f"{text[:LONGEST]!r} is not a quantity")
    part = match["only"] or match["part"] or ""
    value = Fraction(int((match["whole"] or "") + part), 10 ** len(part))
    if match["suffix"]:
        value *= SUFFIXES[match["suffix"]]
    if match["exponent"]:
        exponent = int(match["exponent"])
        if abs(exponent) > LARGEST_EXPONENT:
            raise InvalidQuantity(f"{text!r} is out of range")
        value *= Fraction(10) ** exponent
    return -value if match["sign"] == "-" else value


def _away_from_zero(value: Fraction) -> int:
    above, below = value.numerator, value.denominator
    return -(above // -below) if above >= 0 else above // below


# --- kubectl's cells ------------------------------------------------------------------------------------------


def millicores(nanocores: int) -> int:
    """Give whole millicores, rounded up as kubectl does."""
    return -(nanocores // -1_000_000)


def mebibytes(number: int) -> int:
    """Give whole Mi, rounded down as kubectl does."""
    return number // MEBI


def format_cpu(nanocores: int) -> str:
    """Write CPU as kubectl does: `124m`."""
    return f"{-(nanocores // -1_000_000)}m"


def format_bytes(number: int) -> str:
    """Write memory as kubectl does: `1024Mi`."""
    return f"{number // MEBI}Mi"


def percent(use: int, available: int) -> int:
    """Give kubectl's percentage: divide as floats, then times 100, then cut. 580 of 2000 is 28, as there."""
    return int(float(use) / float(available) * 100) if available else 0


def cpu_percent(use_nanocores: int, available_nanocores: int) -> int:
    """Give kubectl's percentage of CPU, which compares whole millicores."""
    return percent(millicores(use_nanocores), millicores(available_nanocores))


def memory_percent(use_bytes: int, available_bytes: int) -> int:
    """Give kubectl's percentage of memory, which compares thousandths of a byte."""
    return percent(use_bytes * 1000, available_bytes * 1000)


def exact_ratio(part: int, whole: int) -> float | None:
    """Give 100 · part / whole, rounded once; None over 0."""
    return 100 * part / whole if whole else None
