"""Values as other tools write them, in the form of c3s: globs such as `web-*`, and shares such as 0.95."""

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


def percent(share: str) -> str:
    """Return a share such as 0.95 or p95 as a percentage."""
    try:
        return f"{float(share) * 100:g}" if share.startswith("0.") else share.removeprefix("p")
    except ValueError:
        return share
