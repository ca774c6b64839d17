"""Answers of Prometheus' HTTP API → labels and numbers."""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import Raw, Struct

from c3s_cli.errors import InvalidAnswer
from c3s_cli.sources.decode.shapes import NULL, USUAL, Body, decode_one

Labels = dict[str, str]
Vector = list[tuple[Labels, float]]
# Time → value.
Points = dict[float, float]


class _Element(Struct, gc=False):
    metric: Labels
    value: tuple[float, str]


class _Series(Struct, gc=False):
    values: list[tuple[float, str]]


class _Data(Struct, rename={"kind": "resultType"}, gc=False):
    kind: str = ""
    result: Raw = NULL


class _Answer(Struct, rename={"partial": "isPartial"}, gc=False):
    status: str = ""
    data: _Data | None = None
    warnings: list[str] | None = None
    partial: bool = False


# Values as servers write them. Python's float() would also accept blanks, underscores and non-ASCII digits.
NUMBER: Final = re.compile(r"[+-]?(?:NaN|Inf|[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?)", re.ASCII | re.IGNORECASE)

Scalar: Any = tuple[float, str]
Elements: Any = list[_Element]
Matrix: Any = list[_Series]


def vector_of(body: Body) -> tuple[Vector, list[str]]:
    """Return the elements of an instant vector (a scalar counts as one without labels), and the server's warnings.

    NaN, infinity and impossibly large values are left out. InvalidAnswer if the answer has another shape.
    """
    data, warnings = _data_of(body)
    if data.kind == "scalar":
        elements: list[tuple[Labels, str]] = [({}, decode_one(data.result, Scalar, "a query")[1])]
    else:
        elements = [(each.metric, each.value[1]) for each in decode_one(data.result, Elements, "a query")]
    numbers = ((labels, _number(text)) for labels, text in elements)
    return [(labels, number) for labels, number in numbers if abs(number) < USUAL], warnings


def points_of(body: Body) -> tuple[Points, list[str]]:
    """Return the points of the only series of a range query, if any, and the server's warnings."""
    data, warnings = _data_of(body)
    series = decode_one(data.result, Matrix, "a query")
    numbers = ((time, _number(text)) for each in series for time, text in each.values)
    return {time: number for time, number in numbers if abs(number) < USUAL}, warnings


def _data_of(body: Body) -> tuple[_Data, list[str]]:
    answer = decode_one(body, _Answer, "a query")
    if answer.status != "success" or answer.data is None:
        raise InvalidAnswer("the server's answer for a query is not that of a Prometheus")
    warnings = list(answer.warnings or ())
    if answer.partial:
        warnings.append("the answer is partial: some of the storage nodes did not answer")
    return answer.data, warnings


def _number(text: str) -> float:
    if NUMBER.fullmatch(text) is None:
        raise InvalidAnswer(f"the server's answer for a query is not valid: {text[:64]!r} is not a number")
    return float(text)
