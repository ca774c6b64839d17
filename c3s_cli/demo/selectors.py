"""Label and field selectors as the API server reads them, with its words for what it cannot read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_TOKEN = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)")
_NAME = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_SPECIAL = frozenset({"==", "!=", "=", "!", "(", ")", ",", "<", ">"})
_OPERATORS = "in, notin, =, ==, !=, gt, lt"


class BadSelector(ValueError):
    """The text is no selector; the message is the API server's."""


class Field(NamedTuple):
    """One term of a field selector."""

    label: str
    value: str
    equal: bool


class _Reader:
    """The tokens of a label selector, one after the other; "" is its end."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.place = 0

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.place += 1
        return token

    def is_identifier(self) -> bool:
        return self.peek() != "" and self.peek() not in _SPECIAL


def _requirement_error(message: str) -> BadSelector:
    return BadSelector(f"unable to parse requirement: {message}")


def _values(reader: _Reader) -> set[str]:
    """Read the parenthesis of `in` and `notin`."""
    if (found := reader.take()) != "(":
        raise _requirement_error(f"found '{found}' expected: '('")
    values: set[str] = set()
    while True:
        values.add(reader.take() if reader.is_identifier() else "")
        found = reader.take()
        if found == ")":
            return values
        if found != ",":
            raise _requirement_error(f"found '{found}', expected: ',' or ')'")


def _value(reader: _Reader) -> str:
    if reader.peek() in ("", ","):
        return ""
    if not reader.is_identifier():
        raise _requirement_error(f"found '{reader.peek()}', expected: identifier")
    return reader.take()


def _requirement(reader: _Reader) -> Callable[[Mapping[str, str]], bool]:
    absent = reader.peek() == "!"
    if absent:
        reader.take()
    if not reader.is_identifier():
        raise _requirement_error(f"found '{reader.peek()}', expected: identifier")
    key = reader.take()
    if not _KEY.fullmatch(key):
        raise _requirement_error(
            f"key: Invalid value: \"{key}\": name part must consist of alphanumeric characters, '-', '_' or '.', "
            "and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
            "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        )
    if absent:
        return lambda labels: key not in labels
    if reader.peek() in ("", ","):
        return lambda labels: key in labels
    operator = reader.take()
    return _comparison(key, operator, reader)


def _comparison(key: str, operator: str, reader: _Reader) -> Callable[[Mapping[str, str]], bool]:
    if operator in ("in", "notin"):
        values = _values(reader)
        _check(values)
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if operator not in ("=", "==", "!=", "<", ">"):
        raise _requirement_error(f"found '{operator}', expected: {_OPERATORS}")
    value = _value(reader)
    _check({value})
    if operator == "!=":
        return lambda labels: labels.get(key) != value
    if operator in ("=", "=="):
        return lambda labels: labels.get(key) == value
    if not re.fullmatch(r"[+-]?\d+", value):
        raise _requirement_error(
            f"values[0][{key}]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
        )
    number = int(value)
    sign = 1 if operator == ">" else -1
    return lambda labels: labels.get(key, "").lstrip("+-").isdecimal() and sign * int(labels[key]) > sign * number


def _check(values: set[str]) -> None:
    for value in values:
        if len(value) > 63 or not _NAME.fullmatch(value):
            raise _requirement_error(f'values[0]: Invalid value: "{value}": must be a valid label value')


def label_selector(text: str) -> Callable[[Mapping[str, str]], bool] | None:
    """Return a test of labels; None when everything matches."""
    reader = _Reader(text)
    tests = []
    while reader.peek():
        if not reader.is_identifier() and reader.peek() != "!":
            raise BadSelector(f"found '{reader.peek()}', expected: !, identifier, or 'end of string'")
        tests.append(_requirement(reader))
        if reader.peek() == "":
            break
        if (found := reader.take()) != ",":
            raise BadSelector(f"found '{found}', expected: ',' or 'end of string'")
        if not reader.is_identifier() and reader.peek() != "!":
            raise BadSelector(f"found '{reader.peek()}', expected: identifier after ','")
    if not tests:
        return None
    return lambda labels: all(test(labels) for test in tests)


def field_selector(text: str) -> list[Field]:
    """Return the terms of a field selector."""
    result = []
    for term in text.split(","):
        if not term:
            continue
        found = re.search(r"!=|==|=", term)
        if not found:
            raise BadSelector(f"invalid selector: '{text}'; can't understand '{term}'")
        result.append(Field(term[: found.start()], term[found.end() :], found.group() != "!="))
    return result
