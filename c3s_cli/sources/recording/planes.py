"""Integers as bytes that compress well: the lowest bytes of all numbers, then the second bytes of all, and so on."""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

# The bytes of an integer in memory.
WIDTH: Final = 8
LEVEL: Final = 6
# Inflating takes time: it must save some of the bytes.
WORTH: Final = 0.93
HEADER: Final = struct.Struct("<BI")
LENGTH: Final = struct.Struct("<I")


def inflate(content: bytes, most: int) -> bytes:
    """Inflate a zlib stream. ValueError if it is cut or has more than `most` bytes, zlib.error if it is damaged."""
    inflater = zlib.decompressobj()
    whole = inflater.decompress(content, most + 1)
    if len(whole) > most or not inflater.eof:
        raise ValueError("a reading is too large or cut short")
    return whole


def pack(numbers: array[int]) -> bytes:
    """Encode integers of 64 bits: how many bytes each takes, how many there are, and each plane with its length.

    A plane is a zlib stream, or as it is if that would hardly be shorter.
    """
    if not numbers:
        return b""
    width = WIDTH if min(numbers) < 0 else max(1, (max(numbers).bit_length() + 7) // 8)
    raw = _little(numbers).tobytes()
    planes = [HEADER.pack(width, len(numbers))]
    for place in range(width):
        plane = raw[place::WIDTH]
        shorter = zlib.compress(plane, LEVEL)
        plane = shorter if len(shorter) < WORTH * len(plane) else plane
        planes += (LENGTH.pack(len(plane)), plane)
    return b"".join(planes)


def unpack(content: bytes, most: int) -> array[int]:
    """Decode what `pack` has encoded. ValueError or zlib.error if it is damaged, or has more than `most` numbers."""
    numbers = array("q")
    if not content:
        return numbers
    if len(content) < HEADER.size:
        raise ValueError("no header")
    width, count = HEADER.unpack_from(content)
    if not (1 <= width <= WIDTH and count <= most):
        raise ValueError("no such width, or too many numbers")
    raw = bytearray(count * WIDTH)
    begin = HEADER.size
    for place in range(width):
        length = int.from_bytes(content[begin : begin + LENGTH.size], "little")
        begin += LENGTH.size + length
        plane = content[begin - length : begin]
        # ValueError if the length is another.
        raw[place::WIDTH] = plane if len(plane) == count else inflate(plane, count)
    numbers.frombytes(raw)
    return _little(numbers)


def _little(numbers: array[int]) -> array[int]:
    """Return numbers whose lowest byte is the first."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers


def pack_places(places: Iterable[int]) -> bytes:
    """Encode ascending places by their distances."""
    ordered = list(places)
    return pack(array("q", [after - before for before, after in zip([0, *ordered], ordered, strict=False)]))


def unpack_places(content: bytes, size: int) -> Sequence[int]:
    """Decode places, which are below `size`. ValueError or zlib.error if they are damaged."""
    steps = unpack(content, size)
    places = list(accumulate(steps))
    if places and (min(steps) < 0 or places[-1] >= size):
        raise ValueError("no such place")
    return places
