"""Make text from a cluster safe to print on a terminal, and the words for missing values."""

from typing import Final

# Could not be read; known not to exist.
UNKNOWN: Final = "<unknown>"
NONE: Final = "<none>"


def all_printable(texts: list[str]) -> list[str]:
    """Apply `printable` to many texts, with one check for the usual case that none needs it."""
    return texts if "".join(texts).isprintable() else [printable(text) for text in texts]


def printable(text: str) -> str:
    r"""Spell out every character of `text` that is not printable.

    Covers control characters (C0, C1, DEL, newlines), bidirectional and zero-width marks and lone
    surrogates: an escape sequence becomes `\x1b[2J` in plain letters. Printable text stays as it is,
    whatever its script.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )
