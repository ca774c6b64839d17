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
        text = "".join(_written_nodes(read_template(view.template), whole))
    except OutOfBounds as problem:
        message = f'error executing jsonpath "{view.template}": Error executing template: {problem.message}'
        raise C3sError(message) from problem
    return iter(("\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n")),))


def _written_nodes(nodes: Sequence[Node], value: Any) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, Range):
            for each in follow(node.path, [value]):
                yield from _written_nodes(node.body, each)
        else:
            # Text from a cluster stays on one line; the template may have several lines.
            yield printable(" ".join(map(written, follow(node, [value]))))


def custom_columns(report: Report, view: View) -> Iterator[str]:
    """Write the table; no match is `<none>`, several matches are joined by commas."""
    columns = read_spec(view.template)
    rows = [[_cell(path, item) for _, path in columns] for item in items(report, view)]
    headings = [heading for heading, _ in columns] if view.headers else None
    return layout(headings, [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns])


def _cell(path: Path, item: dict[str, Any]) -> str:
    found = follow(path, [item])
    texts = [NONE if value is None else written(value) for value in found]
    return printable(",".join(texts)) or NONE


# --- following a path -----------------------------------------------------------------------------------------


def follow(path: Path, values: list[Any]) -> list[Any]:
    """Return everything that a path finds from the given values."""
    for step in path:
        values = [found for part in step for value in values for found in _found(part, value)]
    return values


def _found(part: Part, value: Any) -> list[Any]:
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
            return [value, *(inner for member in _members(value) for inner in _found(part, member))]
        case Filter(path, None):
            return [each for each in _members(value) if follow(path, [each])]
        case Filter(path, operator, wanted):
            return [
                each
                for each in _members(value)
                if any(_holds(found, operator, wanted) for found in follow(path, [each]))
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


def written(value: Any) -> str:
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
