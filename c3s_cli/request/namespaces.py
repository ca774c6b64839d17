"""The value of -n: the name of a namespace, a list of them, or patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from c3s_cli.errors import UsageError

# Signs of a regular expression.
REGULAR: Final = r"[|()^$+\\]|\.\*"
# Characters of patterns, which no name of a namespace has.
WILD: Final = frozenset("*?[")


def read_namespaces(text: str | None) -> tuple[str, ...]:
    """Parse -n; empty if it is not given."""
    names = [name.strip() for name in (text or "").split(",")]
    if text and text.startswith("!"):
        condition = f"namespace not in ({text.replace('!', '')})"
        raise UsageError(f"-n takes names to read, not {text!r}", hint=f"-A --where '{condition}' leaves them out")
    if text and any(re.search(REGULAR, name) for name in names):
        plain = ",".join(part.replace(".*", "*").strip("^$()") for name in names for part in name.split("|"))
        raise UsageError(f"-n takes names and patterns, not the regular expression {text!r}", hint=f"-n '{plain}'")
    return tuple(dict.fromkeys(filter(None, names)))


def read_one_namespace(text: str | None, command: str) -> str | None:
    """Parse -n for a command that takes one namespace. UsageError for several."""
    namespaces = read_namespaces(text)
    if several(namespaces):
        raise UsageError(f"{command} takes one namespace, not {text!r}")
    return namespaces[0] if namespaces else None


def is_pattern(namespace: str) -> bool:
    """Return whether this is a pattern of names."""
    return not WILD.isdisjoint(namespace)


def several(namespaces: Sequence[str]) -> bool:
    """Return whether these may be several namespaces: a list, or a pattern."""
    return len(namespaces) > 1 or any(map(is_pattern, namespaces))


def matching(namespaces: Sequence[str], known: Iterable[str]) -> tuple[str, ...]:
    """Replace patterns by the names that match, in alphabetical order. known: the names of all namespaces."""
    names = sorted(known)
    lists = [[name for name in names if fnmatchcase(name, each)] if is_pattern(each) else [each] for each in namespaces]
    return tuple(dict.fromkeys(name for each in lists for name in each))
