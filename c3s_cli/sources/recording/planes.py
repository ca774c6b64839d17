"""Integers as bytes that compress well: the lowest bytes of all numbers, then the second bytes of all, and so on."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

# The bytes of an integer in memory.
WIDTH: Final = 8
LEVEL: Final = 6


def inflated(content: bytes | memoryview, most: int) -> bytes:
    """Inflate a zlib stream. ValueError if it is cut or has more than `most` bytes, zlib.error if it is damaged."""
    inflater = zlib.decompressobj()
    whole = inflater.decompress(content, most + 1)
    if len(whole) > most or not inflater.eof:
        raise ValueError("a reading is too large or cut short")
    return whole


def packed(numbers: array[int]) -> bytes:
    """Encode integers of 64 bits: how many bytes each takes, then a zlib stream of their planes."""
    if not numbers:
        return b""
    width = WIDTH if min(numbers) < 0 else max(1, (max(numbers).bit_length() + 7) // 8)
    raw = _little(numbers).tobytes()
    return bytes([width]) + zlib.compress(b"".join([raw[place::WIDTH] for place in range(width)]), LEVEL)


def unpacked(content: bytes, most: int) -> array[int]:
    """Decode what `packed` has encoded. ValueError or zlib.error if it is damaged, or has more than `most` numbers."""
    numbers = array("q")
    if not content:
        return numbers
    width = content[0]
    if not 1 <= width <= WIDTH:
        raise ValueError("no such width")
    planes = inflated(memoryview(content)[1:], most * width)
    count, rest = divmod(len(planes), width)
    if rest:
        raise ValueError("planes of different lengths")
    raw = bytearray(count * WIDTH)
    for place in range(width):
        raw[place::WIDTH] = planes[place * count : (place + 1) * count]
    numbers.frombytes(raw)
    return _little(numbers)


def _little(numbers: array[int]) -> array[int]:
    """Return numbers whose lowest byte is the first."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers


def packed_places(places: Iterable[int]) -> bytes:
    """Encode ascending places by their distances."""
    ordered = list(places)
    return packed(array("q", [after - before for before, after in zip([0, *ordered], ordered, strict=False)]))


def unpacked_places(content: bytes, size: int) -> Sequence[int]:
    """Decode places, which are below `size`. ValueError or zlib.error if they are damaged."""
    places = list(accumulate(unpacked(content, size)))
    if places and not 0 <= min(places) <= max(places) < size:
        raise ValueError("no such place")
    return places
