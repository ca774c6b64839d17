"""Integers as bytes that compress well: the first bytes of all numbers, then the second bytes of all, and so on."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterable
from typing import Final

WIDTH: Final = 8
# The most bytes of a reading: those of 150,000 pods take 20 MB.
LARGEST: Final = 1 << 28
# Stands for an unknown value.
UNKNOWN: Final = -(1 << 63)


def inflated(content: bytes) -> bytes:
    """Inflate a reading. ValueError if it is too large, zlib.error if it is damaged."""
    inflater = zlib.decompressobj()
    whole = inflater.decompress(content, LARGEST)
    if inflater.unconsumed_tail:
        raise ValueError("a reading is too large")
    return whole


def packed(values: Iterable[int | None]) -> bytes:
    """Encode integers of 64 bits, of which some may be unknown."""
    numbers = array("q", (UNKNOWN if value is None else value for value in values))
    if sys.byteorder == "big":
        numbers.byteswap()
    raw = numbers.tobytes()
    return b"".join(raw[place::WIDTH] for place in range(WIDTH))


def unpacked(planes: bytes) -> list[int | None]:
    """Decode what `packed` has encoded. ValueError if it is no such thing."""
    raw = bytearray(len(planes))
    count, rest = divmod(len(planes), WIDTH)
    if rest:
        raise ValueError("planes of different lengths")
    for place in range(WIDTH):
        raw[place::WIDTH] = planes[place * count : (place + 1) * count]
    numbers = array("q", bytes(raw))
    if sys.byteorder == "big":
        numbers.byteswap()
    return [None if number == UNKNOWN else number for number in numbers]
