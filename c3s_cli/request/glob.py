"""Patterns of names as shells and -n have them, such as `web-*`, as regular expressions."""

from __future__ import annotations

import re
from typing import Final

# What regular expressions have and globs do not.
REGULAR: Final = r"[|()^$+\\{}\[\]]|\.[*?]"
PARTS: Final = {"*": ".*", "?": "."}


def is_glob(pattern: str) -> bool:
    """Return whether a pattern has wildcards, and nothing that only a regular expression has."""
    return not {"*", "?"}.isdisjoint(pattern) and re.search(REGULAR, pattern) is None


def regular(pattern: str) -> str:
    """Return the regular expression for all of a name; the pattern itself if it is no glob."""
    if not is_glob(pattern):
        return pattern
    return f"^{''.join(PARTS.get(letter) or letter.replace('.', re.escape('.')) for letter in pattern)}$"
