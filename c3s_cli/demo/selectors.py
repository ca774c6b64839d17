"""Label and field selectors as the API server reads them, with its words for what it cannot read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

Test = Callable[[Mapping[str, str]], bool]
_TOKEN = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)")
_NAME = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_SPECIAL = frozenset({"", "==", "!=", "=", "!", "(", ")", ",", "<", ">"})


class BadSelector(ValueError):
    """The text is no selector; the message is the API server's."""


class Field(NamedTuple):
    """One term of a field selector."""

    label: str
    value: str
    equal: bool


def _bad(message: str) -> BadSelector:
    return BadSelector(f"unable to parse requirement: {message}")


class _Reader:
    """The tokens of a label selector, one after the other; "" is its end."""

    def __init__(self, text: str) -> None:
        self._rest: list[str] = _TOKEN.findall(text)[::-1]

    def peek(self) -> str:
        return self._rest[-1] if self._rest else ""

    def take(self) -> str:
        return self._rest.pop() if self._rest else ""

    def is_identifier(self) -> bool:
        return self.peek() not in _SPECIAL

    def identifier(self) -> str:
        if not self.is_identifier():
            raise _bad(f"found '{self.peek()}', expected: identifier")
        return self.take()

    def value(self) -> str:
        return "" if self.peek() in ("", ",") else self.identifier()

    def values(self) -> set[str]:
        """Read the parenthesis of `in` and `notin`."""
        if (word := self.take()) != "(":
            raise _bad(f"found '{word}' expected: '('")
        values: set[str] = set()
        while word != ")":
            values.add(self.take() if self.is_identifier() else "")
            if (word := self.take()) not in (")", ","):
                raise _bad(f"found '{word}', expected: ',' or ')'")
        return values

    def requirement(self) -> Test:
        absent = self.peek() == "!"
        if absent:
            self.take()
        key = self.identifier()
        if not _KEY.fullmatch(key):
            raise _bad(
                f"key: Invalid value: \"{key}\": name part must consist of alphanumeric characters, '-', '_' or '.', "
                "and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
                "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            )
        if absent or self.peek() in ("", ","):
            return lambda labels: (key in labels) != absent
        match operator := self.take():
            case "in" | "notin":
                values = self.values()
            case "=" | "==" | "!=" | "<" | ">":
                values = {self.value()}
            case _:
                raise _bad(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")
        _check(values)
        if operator in ("<", ">"):
            return _ordered(key, values.pop(), 1 if operator == ">" else -1)
        equal = operator not in ("notin", "!=")
        return lambda labels: (labels.get(key) in values) == equal


def _check(values: Iterable[str]) -> None:
    for value in values:
        if len(value) > 63 or not _NAME.fullmatch(value):
            raise _bad(f'values[0]: Invalid value: "{value}": must be a valid label value')


def _ordered(key: str, value: str, sign: int) -> Test:
    if not re.fullmatch(r"[+-]?\d+", value):
        said = "for 'Gt', 'Lt' operators, the value must be an integer"
        raise _bad(f'values[0][{key}]: Invalid value: "{value}": {said}')
    number = int(value)
    return lambda labels: labels.get(key, "").lstrip("+-").isdecimal() and sign * int(labels[key]) > sign * number


def label_selector(text: str) -> Test | None:
    """Return a test of labels; None when everything matches."""
    reader = _Reader(text)
    tests: list[Test] = []
    expected = "expected: !, identifier, or 'end of string'"
    while reader.peek() or tests:
        if not reader.is_identifier() and reader.peek() != "!":
            raise BadSelector(f"found '{reader.peek()}', {expected}")
        tests.append(reader.requirement())
        if not (word := reader.take()):
            return lambda labels: all(test(labels) for test in tests)
        if word != ",":
            raise BadSelector(f"found '{word}', expected: ',' or 'end of string'")
        expected = "expected: identifier after ','"
    return None


def field_selector(text: str) -> list[Field]:
    """Return the terms of a field selector."""
    result = []
    for term in filter(None, text.split(",")):
        operator = re.search(r"!=|==|=", term)
        if not operator:
            raise BadSelector(f"invalid selector: '{text}'; can't understand '{term}'")
        result.append(Field(term[: operator.start()], term[operator.end() :], operator.group() != "!="))
    return result
