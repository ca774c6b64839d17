"""Queries -> answers of Prometheus' HTTP API."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

from c3s_cli.demo.answer import TEXT, Answer, no_such_page, of_json
from c3s_cli.demo.load import Load
from c3s_cli.demo.prometheus.engine import Engine
from c3s_cli.demo.prometheus.parser import parse, seconds
from c3s_cli.demo.prometheus.series import Labels
from c3s_cli.demo.prometheus.storage import Storage
from c3s_cli.demo.prometheus.syntax import BadQuery, CannotExecute, Node, kind
from c3s_cli.demo.world import World

_MOST_POINTS = 11_000
Parameters = dict[str, list[str]]


def _number(value: float) -> str:
    """Write a value."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa.removesuffix('.0')}e{exponent}" if exponent else repr(value)
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def _moment(value: float) -> float | int:
    """Return a time as it is written: in whole seconds if it is one."""
    rounded = round(value, 3)
    return int(rounded) if rounded == int(rounded) else rounded


def _error(status: int, kind_of_error: str, message: str) -> Answer:
    return of_json({"status": "error", "errorType": kind_of_error, "error": message}, status=status)


def _point(when: float, value: float) -> list[Any]:
    return [_moment(when), _number(value)]


class Prometheus:
    """The part of the API of a Prometheus server that answers queries."""

    def __init__(self, world: World, load: Load) -> None:
        self._lock = Lock()
        self._storage = Storage(world, load)
        # While the time stands still, the same question has the same answer.
        self._known = lru_cache(maxsize=64)(self._computed)

    def answer(self, method: str, path: str, query: str, body: bytes) -> Answer:
        """Answer a request; form fields count like query parameters."""
        if path not in ("/api/v1/query", "/api/v1/query_range"):
            return no_such_page()
        if method not in ("GET", "HEAD", "POST"):
            return Answer(b"Method Not Allowed\n", 405, TEXT)
        fields = f"{query}&{body.decode('utf-8', 'replace')}" if method == "POST" else query
        # Sums are kept for the next query, so queries run one after another.
        with self._lock:
            return self._known(path, fields, self._storage.now())

    def _computed(self, path: str, fields: str, _now: float) -> Answer:
        parameters = parse_qs(fields, keep_blank_values=True)
        try:
            kind_of_result, result = (self._range if path.endswith("_range") else self._query)(parameters)
        except BadQuery as problem:
            return _error(400, "bad_data", str(problem))
        except CannotExecute as problem:
            return _error(422, "execution", str(problem))
        return of_json({"status": "success", "data": {"resultType": kind_of_result, "result": result}})

    def _query(self, parameters: Parameters) -> tuple[str, list[Any]]:
        when = self._time(parameters, "time", self._storage.now())
        node = self._parsed(parameters)
        engine = Engine(self._storage, when, when)
        match kind(node):
            case "s":
                return "scalar", _point(when, engine.value(node, when))
            case "t":
                return "string", [_moment(when), engine.value(node, when)]
            case "r":
                result = []
                for one in engine.matrix(node, when, named=True):
                    points = [_point(*point) for point in zip(one.times, one.values, strict=True)]
                    result.append({"metric": dict(one.labels), "values": points})
                return "matrix", result
            case _:
                vector = engine.vector(node, when)
                return "vector", [{"metric": dict(labels), "value": _point(when, value)} for labels, value in vector]

    def _range(self, parameters: Parameters) -> tuple[str, list[Any]]:
        start, end = self._time(parameters, "start"), self._time(parameters, "end")
        if end < start:
            raise BadQuery('invalid parameter "end": end timestamp must not be before start time')
        step = self._step(parameters)
        if (end - start) / step > _MOST_POINTS:
            raise BadQuery(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution "
                "(?step=XX)"
            )
        node = self._parsed(parameters)
        if kind(node) not in ("s", "v"):
            words = "range vector" if kind(node) == "r" else "string"
            raise BadQuery(
                f'invalid parameter "query": invalid expression type "{words}" for range query, must be Scalar or '
                "instant Vector"
            )
        engine = Engine(self._storage, start, end)
        points_of: dict[Labels, list[list[Any]]] = {}
        for number in range(int((end - start) / step + 1e-9) + 1):
            when = start + number * step
            for labels, value in engine.vector(node, when):
                points_of.setdefault(labels, []).append(_point(when, value))
        return "matrix", [{"metric": dict(labels), "values": points} for labels, points in points_of.items()]

    # Parameters.

    def _parsed(self, parameters: Parameters) -> Node:
        try:
            return parse(parameters.get("query", [""])[0])
        except BadQuery as problem:
            raise BadQuery(f'invalid parameter "query": {problem}') from None

    def _time(self, parameters: Parameters, name: str, otherwise: float | None = None) -> float:
        text = parameters.get(name, [""])[0]
        if not text and otherwise is not None:
            return otherwise
        for read in (float, lambda written: datetime.fromisoformat(written).timestamp()):
            with suppress(ValueError):
                return read(text)
        raise BadQuery(f'invalid parameter "{name}": cannot parse "{text}" to a valid timestamp')

    def _step(self, parameters: Parameters) -> float:
        text = parameters.get("step", [""])[0]
        try:
            step = float(text)
        except ValueError:
            if not (step := seconds(text)):
                raise BadQuery(f'invalid parameter "step": cannot parse "{text}" to a valid duration') from None
        if step <= 0:
            raise BadQuery(
                'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a '
                "positive integer"
            )
        return step
