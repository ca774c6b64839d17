"""Syntax and a time -> values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from c3s_cli.demo.prometheus import functions, matching
from c3s_cli.demo.prometheus.grouping import Groups
from c3s_cli.demo.prometheus.series import INTERVAL, labels_of
from c3s_cli.demo.prometheus.syntax import (
    Aggregation,
    Binary,
    Call,
    CannotExecute,
    Negated,
    Node,
    Number,
    Selector,
    Subquery,
    Text,
)
from c3s_cli.demo.prometheus.values import Matrix, Samples, Vector, without_name

if TYPE_CHECKING:
    from c3s_cli.demo.prometheus.series import Labels, Series
    from c3s_cli.demo.prometheus.storage import Storage

# How far back the newest sample of what has not ended may be.
_LOOKBACK = 300
_MOST_SAMPLES = 50_000_000
# Of a subquery that names no step: the interval at which rules are evaluated.
_STEP = 60.0


class Engine:
    """Evaluates one query, at one time or many."""

    def __init__(self, storage: Storage, start: float, end: float) -> None:
        self._storage = storage
        self._start, self._end = start, end
        self._newest = int(storage.now()) // INTERVAL
        self._selected: dict[Selector, list[Series]] = {}
        self._groups = Groups()
        self._samples = 0

    def vector(self, node: Node, when: float) -> Vector:
        """Return an instant vector; a number is one without labels."""
        found = self.value(node, when)
        return [((), found)] if isinstance(found, float) else found

    def value(self, node: Node, when: float) -> Any:
        """Return the value of an expression at a time: a number, a text or an instant vector."""
        match node:
            case Number(value=value) | Text(value=value):
                return value
            case Selector():
                return self._instant(node, when)
            case Negated(inner=inner):
                found = self.value(inner, when)
                if isinstance(found, float):
                    return -found
                return [(without_name(labels), -value) for labels, value in found]
            case Aggregation(inner=inner, parameter=parameter):
                number = self.value(parameter, when) if parameter is not None else 0.0
                return self._groups.reduce(node, self.vector(inner, when), number)
            case Binary():
                return self._binary(node, when)
            case Call():
                return self._call(node, when)
            case _:
                raise CannotExecute("a range vector is no instant vector")

    def matrix(self, node: Node, when: float, *, ends: bool = False, named: bool = False) -> Matrix:
        """Return a range vector, by name or without; with `ends` only those of what never falls."""
        if isinstance(node, Subquery):
            return self._subquery(node, when, named=named)
        assert isinstance(node, Selector)  # noqa: S101  the parser has seen to it
        end = self._moment(node, when)
        begin = end - node.span
        low, high = math.floor(begin / INTERVAL) + 1, math.floor(end / INTERVAL)
        result: Matrix = []
        for series in self._select(node):
            first, last = max(low, series.first), min(high, series.last)
            if first > last:
                continue
            self._count(last - first + 1)
            count = last - first + 1
            if ends and series.grows and count > 2:
                values = series.values(first, first) + series.values(last, last)
                times = [float(first * INTERVAL), float(last * INTERVAL)]
            else:
                values = series.values(first, last)
                times = [float(scrape * INTERVAL) for scrape in range(first, last + 1)]
            result.append(Samples(series.labels if named else series.bare, times, values, begin, end, count))
        return result

    def _count(self, samples: int) -> None:
        self._samples += samples
        if self._samples > _MOST_SAMPLES:
            raise CannotExecute("query processing would load too many samples into memory in query execution")

    def _moment(self, node: Selector | Subquery, when: float) -> float:
        if node.at is not None:
            when = {"start": self._start, "end": self._end}[node.at] if isinstance(node.at, str) else node.at
        return when - node.offset

    def _select(self, node: Selector) -> list[Series]:
        found = self._selected.get(node)
        if found is None:
            found = self._selected[node] = self._storage.select(node.matchers)
        return found

    def _instant(self, node: Selector, when: float) -> Vector:
        when = self._moment(node, when)
        scrape = math.floor(when / INTERVAL)
        result: Vector = []
        for series in self._select(node):
            at = scrape
            if at > series.last and series.last == self._newest and when - series.last * INTERVAL < _LOOKBACK:
                at = series.last
            if series.first <= at <= series.last:
                result.append((series.labels, series.values(at, at)[0]))
        self._count(len(result))
        return result

    def _subquery(self, node: Subquery, when: float, *, named: bool) -> Matrix:
        end = self._moment(node, when)
        begin = end - node.span
        step = node.step or _STEP
        found: dict[Labels, tuple[list[float], list[float]]] = {}
        # Its times are multiples of the step, whatever the time of the query.
        number = math.floor(begin / step) + 1
        before = self._samples
        points = 0
        while (at := number * step) <= end:
            for labels, value in self.vector(node.inner, at):
                times, values = found.setdefault(labels, ([], []))
                times.append(at)
                values.append(value)
                points += 1
            # Release the samples of a step; keep its results.
            self._samples = before + points
            number += 1
        return [
            Samples(labels if named else without_name(labels), times, values, begin, end, len(times))
            for labels, (times, values) in found.items()
        ]

    def _binary(self, node: Binary, when: float) -> Any:
        left, right = self.value(node.left, when), self.value(node.right, when)
        if isinstance(left, float):
            if isinstance(right, float):
                return matching.of_numbers(node, left, right)
            return matching.with_number(node, right, left, left=True)
        if isinstance(right, float):
            return matching.with_number(node, left, right, left=False)
        if node.operator in ("and", "or", "unless"):
            return matching.of_sets(node, left, right)
        return matching.of_vectors(node, left, right)

    def _call(self, node: Call, when: float) -> Any:
        name, arguments = node.name, node.arguments
        if name in functions.OVER_RANGE:
            return self._over(node, when)
        match name:
            case "quantile_over_time":
                fraction = self.value(arguments[0], when)
                ranges = self.matrix(arguments[1], when)
                return _unique([(one.labels, functions.quantile(fraction, one.values)) for one in ranges])
            case "label_replace":
                first, *texts = (self.value(argument, when) for argument in arguments)
                return functions.label_replace(first, *texts)
            case "time":
                return when
            case "vector":
                return [((), self.value(arguments[0], when))]
            case "scalar":
                found = self.value(arguments[0], when)
                return found[0][1] if len(found) == 1 else math.nan
            case "absent":
                found = self.value(arguments[0], when)
                selector = arguments[0]
                equal = (
                    {one.label: one.value for one in selector.matchers if one.operator == "="}
                    if isinstance(selector, Selector)
                    else {}
                )
                return [] if found else [(without_name(labels_of(equal)), 1.0)]
            case _:
                return self._of_values(node, when)

    def _over(self, node: Call, when: float) -> Vector:
        apply = functions.OVER_RANGE[node.name]
        argument = node.arguments[0]
        named = node.name in functions.KEEP_NAME
        result: Vector = []
        for samples in self.matrix(argument, when, ends=node.name in functions.BY_ENDS, named=named):
            value = apply(samples)
            if value is not None:
                result.append((samples.labels, value))
        return _unique(result)

    def _of_values(self, node: Call, when: float) -> Vector:
        vector: Vector = self.value(node.arguments[0], when)
        match node.name:
            case "clamp_min" | "clamp_max":
                bound = self.value(node.arguments[1], when)
                clamp = max if node.name == "clamp_min" else min
                return [(without_name(labels), clamp(value, bound)) for labels, value in vector]
            case "round":
                to = self.value(node.arguments[1], when) if len(node.arguments) > 1 else 1.0
                return [(without_name(labels), math.floor(value / to + 0.5) * to) for labels, value in vector]
            case "timestamp":
                seen = min(math.floor(when / INTERVAL), self._newest) * INTERVAL
                return [(without_name(labels), float(seen)) for labels, _ in vector]
            case _:
                apply = functions.ON_VALUES[node.name]
                return [(without_name(labels), float(apply(value))) for labels, value in vector]


def _unique(vector: Vector) -> Vector:
    """Refuse elements that nothing tells apart now that their names are gone."""
    if len({labels for labels, _ in vector}) < len(vector):
        raise CannotExecute("vector cannot contain metrics with the same labelset")
    return vector
