"""The text of a query -> tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

from c3s_cli.demo.prometheus.syntax import BadQuery

_TOKENS = re.compile(
    r"(?P<space>\s+|\#[^\n]*)"
    r"|(?P<duration>(?:\d+(?:ms|[smhdwy]))+(?![a-zA-Z0-9_.]))"
    r"|(?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![a-zA-Z0-9_])"
    r"|(?P<name>[a-zA-Z_][a-zA-Z0-9_:]*)"
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)"""
    r"|(?P<operator>=~|!~|==|!=|<=|>=|[-+*/%^=<>(){}\[\],:@])"
)
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


class Token(NamedTuple):
    """A word of a query, and where it stands; the kind of the end is "end"."""

    kind: str
    text: str
    place: int


def tokens(text: str) -> list[Token]:
    """Take a query apart."""
    result = []
    place = 0
    while place < len(text):
        found = _TOKENS.match(text, place)
        if found is None or found.lastgroup is None:
            raise problem(text, place, f"unexpected character: {text[place]!r}")
        if found.lastgroup != "space":
            result.append(Token(found.lastgroup, found.group(), place))
        place = found.end()
    return [*result, Token("end", "", len(text))]


def problem(text: str, place: int, message: str) -> BadQuery:
    """Say where in a query something is wrong, as Prometheus does."""
    line = text.count("\n", 0, place) + 1
    column = place - (text.rfind("\n", 0, place) + 1) + 1
    return BadQuery(f"{line}:{column}: parse error: {message}")


def seconds(text: str) -> float:
    """Read a duration such as 1h30m."""
    parts = re.findall(r"(\d+)(ms|[smhdwy])", text)
    return float(sum(int(count) * _UNITS[unit] for count, unit in parts))


def unquoted(text: str) -> str:
    """Return what a string says."""
    if text[0] == "`":
        return text[1:-1]
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), text[1:-1])
