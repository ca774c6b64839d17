"""Label and field selectors as an API server applies them. Written apart from the client's, on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

Test = Callable[[Mapping[str, str]], bool]

TERM: Final = re.compile(
    r"\s*(?:(?P<absent>!)\s*)?(?P<key>[-A-Za-z0-9_./]+)\s*"
    r"(?:(?P<set>in|notin)\s*\((?P<values>[^()]*)\)|(?P<operator>==|=|!=|<|>)\s*(?P<value>[-A-Za-z0-9_.]*))?\s*(?:,|$)"
)


class BadSelector(ValueError):
    """The selector cannot be read."""


def label_test(text: str) -> Test:
    """Make a test of a label selector. BadSelector if it is none."""
    tests = []
    place = 0
    while place < len(text):
        match = TERM.match(text, place)
        if match is None or match.end() == place:
            raise BadSelector(text)
        tests.append(_term(match))
        place = match.end()
    return lambda labels: all(test(labels) for test in tests)


def _term(match: re.Match[str]) -> Test:
    key, operator, value = match["key"], match["operator"], match["value"] or ""
    if match["absent"]:
        return lambda labels: key not in labels
    if match["set"]:
        values = {each.strip() for each in match["values"].split(",")}
        if match["set"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    match operator:
        case None:
            return lambda labels: key in labels
        case "!=":
            return lambda labels: labels.get(key) != value
        case "<" | ">":
            return lambda labels: _compare(labels.get(key), operator, value)
        case _:
            return lambda labels: labels.get(key) == value


def _compare(have: str | None, operator: str, bound: str) -> bool:
    try:
        number, limit = int(have or "x"), int(bound)
    except ValueError:
        return False
    return number > limit if operator == ">" else number < limit


def field_terms(text: str) -> list[tuple[str, bool, str]]:
    """Read a field selector as (field, whether it must be equal, value). BadSelector if it is none."""
    terms = []
    for term in filter(None, text.split(",")):
        match = re.fullmatch(r"([^=!]+)(!=|==|=)(.*)", term)
        if match is None:
            raise BadSelector(term)
        terms.append((match[1], match[2] != "!=", match[3]))
    return terms
