"""-o jsonpath=… and -o custom-columns=…: templates applied to the document that -o json prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from c3s_cli.errors import C3sError
from c3s_cli.output.document import document, items
from c3s_cli.output.table import layout
from c3s_cli.report import Report
from c3s_cli.request.jsonpath import (
    Descend,
    Filter,
    Index,
    Key,
    Node,
    Part,
    Path,
    Range,
    Slice,
    Wildcard,
    read_spec,
    read_template,
)
from c3s_cli.request.view import View
from c3s_cli.terminal.printable import NONE, printable


def jsonpath(report: Report, view: View) -> Iterator[str]:
    """Apply the template to the document. Control characters are escaped."""
    whole = document(report)
    try:
        text = "".join(_write_nodes(read_template(view.template), whole, Budget()))
    except OutOfBounds as problem:
        message = f'error executing jsonpath "{view.template}": Error executing template: {problem.message}'
        raise C3sError(message) from problem
    return iter(("\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n")),))


def _write_nodes(nodes: Sequence[Node], value: Any, budget: Budget) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, Range):
            for each in follow(node.path, [value], budget):
                yield from _write_nodes(node.body, each, budget)
        else:
            # Text from a cluster stays on one line; the template may have several lines.
            yield printable(" ".join(budget.write(each) for each in follow(node, [value], budget)))


def custom_columns(report: Report, view: View) -> Iterator[str]:
    """Write the table; no match is `<none>`, several matches are joined by commas."""
    columns, budget = read_spec(view.template), Budget()
    rows = [[_cell(path, item, budget) for _, path in columns] for item in items(report, view)]
    headings = [heading for heading, _ in columns] if view.headers else None
    return layout(headings, [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns])


def _cell(path: Path, item: dict[str, Any], budget: Budget) -> str:
    values = follow(path, [item], budget)
    texts = [NONE if value is None else budget.write(value) for value in values]
    return printable(",".join(texts)) or NONE


# --- following a path -----------------------------------------------------------------------------------------


# How many values a template may find by anything but a name, and how long its text may be: enough for `..` over 150,000
# pods.
MOST: Final = 5_000_000
LONGEST: Final = 512 << 20


class Budget:
    """What a template may still find and write: with several `..` it may ask for more than anybody waits for."""

    def __init__(self) -> None:
        self._left, self._letters = MOST, LONGEST

    def spend(self, values: list[Any]) -> list[Any]:
        """Count what was found. C3sError if it is too much."""
        self._left -= len(values)
        if self._left < 0:
            raise C3sError(f"the template finds more than {MOST:,} values")
        return values

    def write(self, value: Any) -> str:
        """Write a value. C3sError if the whole text is too long."""
        text = text_of(value)
        self._letters -= len(text)
        if self._letters < 0:
            raise C3sError(f"the template writes more than {LONGEST >> 20} MiB")
        return text


def follow(path: Path, values: list[Any], budget: Budget) -> list[Any]:
    """Return everything that a path finds from the given values. C3sError if that is too much."""
    for step in path:
        if len(step) == 1 and isinstance(step[0], Key):
            values = [each for value in values for each in _find(step[0], value, budget)]
        else:
            values = [each for part in step for value in values for each in budget.spend(_find(part, value, budget))]
    return values


def _find(part: Part, value: Any, budget: Budget) -> list[Any]:
    match part:
        case Key(key):
            return [value[key]] if isinstance(value, dict) and key in value else []
        case Index(place):
            return _slice(value, place, place + 1 or None, 1) if isinstance(value, list) else []
        case Slice(start, stop, step):
            return _slice(value, start, stop, step) if isinstance(value, list) else []
        case Wildcard():
            return _members(value)
        case Descend():
            return [value, *(inner for member in _members(value) for inner in _find(part, member, budget))]
        case Filter(path, None):
            return [each for each in _members(value) if follow(path, [each], budget)]
        case Filter(path, operator, wanted):
            return [
                each
                for each in _members(value)
                if any(_holds(have, operator, wanted) for have in follow(path, [each], budget))
            ]


class OutOfBounds(C3sError):
    """A template asks for an item that a list does not have."""


def _slice(values: list[Any], start: int | None, stop: int | None, step: int | None) -> list[Any]:
    """Return a slice of a list. OutOfBounds, in kubectl's words, where Python returns less."""
    length = len(values)
    first = (start or 0) + (length if (start or 0) < 0 else 0)
    end = length if stop is None else stop + (length if stop < 0 else 0)
    if first == end:
        return []
    for place, inside in ((first, 0 <= first < length), (end - 1, 0 <= end <= length)):
        if not inside:
            raise OutOfBounds(f"array index out of bounds: index {place}, length {length}")
    if first > end:
        raise OutOfBounds(f"starting index {first} is greater than ending index {end}")
    return values[first:end:step]


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _holds(have: Any, operator: str | None, wanted: Any) -> bool:
    if operator in ("==", "!="):
        return (have == wanted) is (operator == "==")
    comparable = (isinstance(have, (int, float)) and isinstance(wanted, float)) or (
        isinstance(have, str) and isinstance(wanted, str)
    )
    if not comparable:
        return False
    return bool({"<": have < wanted, "<=": have <= wanted, ">": have > wanted, ">=": have >= wanted}[operator or "=="])


# --- writing --------------------------------------------------------------------------------------------------


def text_of(value: Any) -> str:
    """Write a value as kubectl does: text unquoted, anything else as JSON with sorted keys."""
    if isinstance(value, str):
        return value
    return json.dumps(_whole(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


# From this value on, both kubectl and Python write an exponent.
LARGEST: Final = 1e21


def _whole(value: Any) -> Any:
    """Turn whole floats into integers: 100, not 100.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST:
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value
