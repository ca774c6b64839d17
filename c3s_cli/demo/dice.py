"""Pseudo-random numbers that are the same on every machine and Python version."""

from __future__ import annotations

from zlib import crc32

_MASK = 0xFFFFFFFFFFFFFFFF
# The letters that Kubernetes uses in generated names: no vowels, nothing that looks like something else.
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def mix(a: int, b: int) -> int:
    """Mix two integers into 64 well-spread bits (the finalizer of splitmix64)."""
    z = (a + 0x9E3779B97F4A7C15 * (b + 1)) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def of_text(seed: int, text: str) -> int:
    """64 bits that depend on the seed and on a text."""
    data = text.encode()
    return mix(mix(seed, crc32(data)), len(data))


def letters(bits: int, count: int) -> str:
    """`count` letters as in the suffix of a generated pod name."""
    result = ""
    for _ in range(count):
        bits, digit = divmod(bits, 27)
        result += _LETTERS[digit]
    return result


def hexadecimal(bits: int) -> str:
    """32 hexadecimal digits."""
    return (mix(bits, 1) << 64 | mix(bits, 2)).to_bytes(16, "big").hex()  # half the time of a format


def uuid(digits: str) -> str:
    """Format 32 hexadecimal digits as a random UUID."""
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def uid(bits: int) -> str:
    """Return a random UUID."""
    return uuid(hexadecimal(bits))
