"""Requests -> answers of Prometheus' HTTP API."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, unquote

from c3s_cli.demo.answer import Answer, of_json
from c3s_cli.demo.load import Load
from c3s_cli.demo.prometheus.engine import Engine
from c3s_cli.demo.prometheus.functions import Samples
from c3s_cli.demo.prometheus.parser import parse, seconds
from c3s_cli.demo.prometheus.series import INTERVAL, Labels, Series
from c3s_cli.demo.prometheus.storage import Storage
from c3s_cli.demo.prometheus.syntax import BadQuery, CannotExecute, Selector, kind
from c3s_cli.demo.templates import Json
from c3s_cli.demo.world import World

_BUILD: Json = {
    "version": "3.4.1",
    "revision": "aea6503d9bbaad6c5faff3ecf6f1025213356c92",
    "branch": "HEAD",
    "buildUser": "root@16f976c24db1",
    "buildDate": "20250531-10:44:38",
    "goVersion": "go1.24.3",
}
_MOST_POINTS = 11_000
_PLAIN = "text/plain; charset=utf-8"
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


def _success(data: Any) -> Answer:
    return of_json({"status": "success", "data": data})


def _error(status: int, kind_of_error: str, message: str) -> Answer:
    return of_json({"status": "error", "errorType": kind_of_error, "error": message}, status=status)


def _element(samples: Samples) -> Json:
    points = zip(samples.times, samples.values, strict=True)
    written = [[_moment(time), _number(value)] for time, value in points]
    return {"metric": dict(samples.labels), "values": written}


class Prometheus:
    """The API of a Prometheus server."""

    def __init__(self, world: World, load: Load) -> None:
        self._lock = Lock()
        self._storage = Storage(world, load)
        self._paths: dict[str, Callable[[Parameters], Answer]] = {
            "query": self._query,
            "query_range": self._range,
            "series": self._series,
            "labels": self._labels,
            "metadata": lambda given: _success(self._metadata(given)),
            "status/buildinfo": lambda _: _success(_BUILD),
        }

    def answer(self, method: str, path: str, query: str, body: bytes) -> Answer:
        """Answer a request; form fields count like query parameters."""
        given = parse_qs(query, keep_blank_values=True)
        if method == "POST":
            for name, more in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items():
                given.setdefault(name, []).extend(more)
        try:
            # Sums are kept for the next query, so queries run one after another.
            with self._lock:
                return self._answer(method, path, given)
        except BadQuery as problem:
            return _error(400, "bad_data", str(problem))
        except CannotExecute as problem:
            return _error(422, "execution", str(problem))

    def _answer(self, method: str, path: str, given: Parameters) -> Answer:
        if path in ("/-/healthy", "/-/ready"):
            return Answer(f"Prometheus Server is {path[3:].capitalize()}.\n".encode(), content_type=_PLAIN)
        base, _, rest = path.removeprefix("/api/v1/").partition("/")
        posts = base in ("query", "query_range", "series", "labels") and not rest
        if method not in ("GET", "HEAD") and not (method == "POST" and posts):
            return Answer(b"Method Not Allowed\n", status=405, content_type=_PLAIN)
        found = self._paths.get(path.removeprefix("/api/v1/"))
        if found is not None:
            return found(given)
        if base == "label" and rest.endswith("/values"):
            return self._values(unquote(rest.removesuffix("/values")), given)
        return Answer(b"404 page not found\n", status=404, content_type=_PLAIN)

    def _series(self, given: Parameters) -> Answer:
        if not given.get("match[]"):
            raise BadQuery("no match[] parameter provided")
        return _success([dict(series.labels) for series in self._matching(given)])

    def _labels(self, given: Parameters) -> Answer:
        return _success(sorted({name for series in self._matching(given) for name, _ in series.labels}))

    def _values(self, name: str, given: Parameters) -> Answer:
        if name == "__name__" and not given.get("match[]"):
            return _success(self._storage.names)
        pairs = {pair for series in self._matching(given) for pair in series.labels}
        return _success(sorted(value for label, value in pairs if label == name))

    def _query(self, given: Parameters) -> Answer:
        when = self._time(given, "time", self._storage.now())
        node = self._parsed(given, "query")
        engine = Engine(self._storage, when, when)
        at = _moment(when)
        said = kind(node)
        if said == "s":
            return _success({"resultType": "scalar", "result": [at, _number(engine.value(node, when))]})
        if said == "t":
            return _success({"resultType": "string", "result": [at, engine.value(node, when)]})
        if said == "r":
            ranges = engine.matrix(node, when, named=True)
            return _success({"resultType": "matrix", "result": [_element(one) for one in ranges]})
        vector = engine.vector(node, when)
        result = [{"metric": dict(labels), "value": [at, _number(value)]} for labels, value in vector]
        return _success({"resultType": "vector", "result": result})

    def _range(self, given: Parameters) -> Answer:
        start, end = self._time(given, "start"), self._time(given, "end")
        if end < start:
            raise BadQuery('invalid parameter "end": end timestamp must not be before start time')
        step = self._step(given)
        if (end - start) / step > _MOST_POINTS:
            raise BadQuery(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution "
                "(?step=XX)"
            )
        node = self._parsed(given, "query")
        if kind(node) not in ("s", "v"):
            said = "range vector" if kind(node) == "r" else "string"
            raise BadQuery(
                f'invalid parameter "query": invalid expression type "{said}" for range query, must be Scalar or '
                "instant Vector"
            )
        engine = Engine(self._storage, start, end)
        found: dict[object, tuple[Json, list[list[Any]]]] = {}
        for number in range(int((end - start) / step + 1e-9) + 1):
            when = start + number * step
            for labels, value in engine.vector(node, when):
                point = [_moment(when), _number(value)]
                found.setdefault(labels, (dict(labels), []))[1].append(point)
        result = [{"metric": labels, "values": points} for labels, points in found.values()]
        return _success({"resultType": "matrix", "result": result})

    # Parameters.

    def _parsed(self, given: Parameters, name: str) -> Any:
        try:
            return parse(given.get(name, [""])[0])
        except BadQuery as problem:
            raise BadQuery(f'invalid parameter "{name}": {problem}') from None

    def _time(self, given: Parameters, name: str, otherwise: float | None = None) -> float:
        text = given.get(name, [""])[0]
        if not text and otherwise is not None:
            return otherwise
        try:
            return float(text)
        except ValueError:
            pass
        try:
            return datetime.fromisoformat(text).timestamp()
        except ValueError:
            said = f'cannot parse "{text}" to a valid timestamp'
            raise BadQuery(f'invalid parameter "{name}": {said}') from None

    def _step(self, given: Parameters) -> float:
        text = given.get("step", [""])[0]
        try:
            step = float(text)
        except ValueError:
            step = seconds(text)
            if not step:
                raise BadQuery(f'invalid parameter "step": cannot parse "{text}" to a valid duration') from None
        if step <= 0:
            raise BadQuery(
                'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a '
                "positive integer"
            )
        return step

    def _matching(self, given: Parameters) -> list[Series]:
        """Return the series of all match[] parameters that had samples between start and end."""
        start, end = self._time(given, "start", 0.0), self._time(given, "end", self._storage.now())
        texts = given.get("match[]") or ['{__name__!=""}']
        found: dict[Labels, Series] = {}
        for text in texts:
            try:
                node = parse(text)
            except BadQuery as problem:
                raise BadQuery(f'invalid parameter "match[]": {problem}') from None
            if not isinstance(node, Selector) or node.span:
                raise BadQuery('invalid parameter "match[]": parse error: unexpected expression, expected a selector')
            for series in self._storage.select(node.matchers):
                if series.first * INTERVAL <= end and series.last * INTERVAL >= start:
                    found[series.labels] = series
        return [found[labels] for labels in sorted(found)]

    def _metadata(self, given: Parameters) -> Json:
        wanted = given.get("metric", [""])[0]
        return {
            name: [{"type": "counter" if name.endswith("_total") else "gauge", "help": "", "unit": ""}]
            for name in self._storage.names
            if wanted in ("", name)
        }
