"""Answers of Prometheus' HTTP API → labels and numbers."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from msgspec import Raw, Struct

from c3s_cli.errors import InvalidAnswer
from c3s_cli.sources.decode.shapes import NULL, USUAL, Body, decode_one

Labels = dict[str, str]
Vector = list[tuple[Labels, float]]


class Points(NamedTuple):
    """The samples of a series: their times in seconds since 1970, in order, and their values. Never empty."""

    times: array[float]
    values: array[float]

    def after(self, time: float) -> Points:
        """Return the samples after a time."""
        first = bisect_right(self.times, time)
        return Points(self.times[first:], self.values[first:]) if first else self


Matrix = list[tuple[Labels, Points]]


class _Element(Struct, gc=False):
    metric: Labels
    value: tuple[float, str]


class _Series(Struct, gc=False):
    metric: Labels
    values: Raw


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

# Differences of sums may be a little below 0; nothing that is asked for is less.
LEAST: Final = -1e-6
# The characters of numbers, of NaN and of infinity.
DIGITS: Final = b"0123456789.,+-eENaInf"

# After so many series, the time may be over.
OFTEN: Final = 1000
# How warnings begin that are about the query, not about missing data.
REMARK: Final = "PromQL "

Scalar: Any = tuple[float, str]
Elements: Any = list[_Element]
Ranges: Any = list[_Series]


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


def clock_of(body: Body) -> tuple[tuple[Vector, bool], list[str]]:
    """Return the elements of the server's time, whether it is a scalar, and the server's warnings."""
    elements, warnings = vector_of(body)
    return (elements, _data_of(body)[0].kind == "scalar"), warnings


def matrix_of(body: Body, check: Callable[[], object] = float) -> tuple[Matrix, list[str]]:
    """Return the samples of each series that can be true: no NaN, infinity, less than nothing; and the warnings.

    check: called again and again, and may raise: there can be a million series.
    """
    data, warnings = _data_of(body)
    matrix: Matrix = []
    for place, each in enumerate(decode_one(data.result, Ranges, "a query")):
        if place % OFTEN == 0:
            check()
        if (points := _points(bytes(each.values))).times:
            matrix.append((each.metric, points))
    return matrix, warnings


def _points(text: bytes) -> Points:
    """Read [[time,"value"],…]: there can be millions, so this takes no object for each."""
    plain = text.translate(None, b'[]" \n\t\r')
    if plain.translate(None, DIGITS):
        raise InvalidAnswer(f"the server's answer for a query is not valid: {text[:64]!r} are no samples")
    try:
        numbers = array("d", map(float, plain.split(b","))) if plain else array("d")
    except ValueError as problem:
        raise InvalidAnswer(f"the server's answer for a query is not valid: {problem}") from None
    times, values = numbers[0::2], numbers[1::2]
    if len(times) != len(values):
        raise InvalidAnswer("the server's answer for a query is not valid: a sample has no value")
    if all(LEAST < value < USUAL for value in values):
        return Points(times, values)
    known = [(time, value) for time, value in zip(times, values, strict=True) if LEAST < value < USUAL]
    return Points(array("d", [time for time, _ in known]), array("d", [value for _, value in known]))


def _data_of(body: Body) -> tuple[_Data, list[str]]:
    answer = decode_one(body, _Answer, "a query")
    if answer.status != "success" or answer.data is None:
        raise InvalidAnswer("the server's answer for a query is not that of a Prometheus")
    warnings = [text for text in answer.warnings or () if not text.startswith(REMARK)]
    if answer.partial:
        warnings.append("some of the storage nodes did not answer")
    return answer.data, [f"the answer is partial: {text}" for text in warnings]


def _number(text: str) -> float:
    if NUMBER.fullmatch(text) is None:
        raise InvalidAnswer(f"the server's answer for a query is not valid: {text[:64]!r} is not a number")
    return float(text)
