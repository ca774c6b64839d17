"""Syntax and a time -> values."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from c3s_cli.demo.prometheus import functions
from c3s_cli.demo.prometheus.functions import Samples, Vector
from c3s_cli.demo.prometheus.operators import connected
from c3s_cli.demo.prometheus.series import INTERVAL, Labels, Series, without_name
from c3s_cli.demo.prometheus.storage import Storage
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
    Timed,
)

# How far back the newest sample of what has not ended may be.
_LOOKBACK = 300
_MOST_SAMPLES = 50_000_000
# Of a subquery that names no step: the interval at which rules are evaluated.
_STEP = 60.0


class Engine:
    """Evaluates one query, at one time or many."""

    def __init__(self, storage: Storage, start: float, end: float) -> None:
        self._start, self._end = start, end
        self._newest = int(storage.now()) // INTERVAL
        self._select = cache(lambda node: storage.select(node.matchers))
        # Most series have the same: two weeks are 40,320 scrapes.
        self._times = cache(lambda first, last: [float(scrape * INTERVAL) for scrape in range(first, last + 1)])
        self._groups = functions.Groups()
        self._samples = 0

    def vector(self, node: Node, when: float) -> Vector:
        """Return an instant vector; a number is one without labels."""
        value = self.value(node, when)
        return [((), value)] if isinstance(value, float) else value

    def value(self, node: Node, when: float) -> Any:
        """Return the value of an expression at a time: a number, a text or an instant vector."""
        match node:
            case Number(value=value) | Text(value=value):
                return value
            case Selector():
                return self._instant(node, when)
            case Negated(inner=inner):
                positive = self.value(inner, when)
                if isinstance(positive, float):
                    return -positive
                return [(without_name(labels), -value) for labels, value in positive]
            case Aggregation(name="count" | "group", inner=Selector() as inner):
                # What the values are does not matter.
                return self._groups.reduce(node, [(series.labels, 1.0) for series, _ in self._present(inner, when)])
            case Aggregation(inner=inner):
                return self._groups.reduce(node, self.vector(inner, when))
            case Binary(left=left, right=right):
                return connected(node, self.value(left, when), self.value(right, when))
            case Call():
                return self._call(node, when)
            case _:
                raise CannotExecute("a range vector is no instant vector")

    def _call(self, node: Call, when: float) -> Any:
        name, arguments = node.name, node.arguments
        if name == "time":
            return when
        if name == "label_replace":
            first, *texts = (self.value(argument, when) for argument in arguments)
            return functions.label_replace(first, *texts)
        if name == "timestamp":
            return self._timestamps(arguments[0], when)
        ranges = self.matrix(arguments[-1], when, name)
        if name == "quantile_over_time":
            fraction = self.value(arguments[0], when)
            return functions.unique([(one.labels, functions.quantile(fraction, one.values)) for one in ranges])
        apply = functions.OVER_RANGE[name]
        values = ((samples.labels, apply(samples)) for samples in ranges)
        return functions.unique([(labels, value) for labels, value in values if value is not None])

    def _timestamps(self, node: Node, when: float) -> Vector:
        """Return when the samples of an instant vector were taken; of what is no selector, the time of the query."""
        if not isinstance(node, Selector):
            return [(without_name(labels), when) for labels, _ in self.vector(node, when)]
        at = float(math.floor(self._moment(node, when) / INTERVAL) * INTERVAL)
        return functions.unique([(series.bare, at) for series, _ in self._present(node, when)])

    def matrix(self, node: Node, when: float, function: str = "", *, named: bool = False) -> list[Samples]:
        """Return a range vector, with as many of its samples as a function needs; without one, with all."""
        if isinstance(node, Subquery):
            return self._subquery(node, when, named=named)
        assert isinstance(node, Selector)  # noqa: S101  the parser has seen to it
        end = self._moment(node, when)
        begin = end - node.span
        low, high = math.floor(begin / INTERVAL) + 1, math.floor(end / INTERVAL)
        result: list[Samples] = []
        for series in self._select(node):
            first, last = series.first, series.last
            # A subquery asks thousands of times for what has mostly ended.
            if last < low or first > high:
                continue
            first, last = max(low, first), min(high, last)
            count = last - first + 1
            self._count(count)
            if function == "count_over_time":
                times, values = [], []
            elif function == "last_over_time":
                times, values = [float(last * INTERVAL)], series.values(last, last)
            elif function in functions.BY_ENDS and series.grows and count > 2:
                values = series.values(first, first) + series.values(last, last)
                times = [float(first * INTERVAL), float(last * INTERVAL)]
            else:
                values = series.values(first, last)
                times = self._times(first, last)
            result.append(Samples(series.labels if named else series.bare, times, values, begin, end, count))
        return result

    def _count(self, samples: int) -> None:
        self._samples += samples
        if self._samples > _MOST_SAMPLES:
            raise CannotExecute("query processing would load too many samples into memory in query execution")

    def _moment(self, node: Timed, when: float) -> float:
        if node.at is not None:
            when = {"start": self._start, "end": self._end}[node.at] if isinstance(node.at, str) else node.at
        return when - node.offset

    def _instant(self, node: Selector, when: float) -> Vector:
        return [(series.labels, series.values(at, at)[0]) for series, at in self._present(node, when)]

    def _present(self, node: Selector, when: float) -> list[tuple[Series, int]]:
        """Return the series that have a sample at a time, each with the scrape that took it."""
        when = self._moment(node, when)
        scrape = math.floor(when / INTERVAL)
        result = []
        for series in self._select(node):
            at = scrape
            if at > series.last and series.last == self._newest and when - series.last * INTERVAL < _LOOKBACK:
                at = series.last
            if series.first <= at <= series.last:
                result.append((series, at))
        self._count(len(result))
        return result

    def _subquery(self, node: Subquery, when: float, *, named: bool) -> list[Samples]:
        end = self._moment(node, when)
        begin = end - node.span
        step = node.step or _STEP
        elements: dict[Labels, tuple[list[float], list[float]]] = {}
        # Its times are multiples of the step, whatever the time of the query.
        number = math.floor(begin / step) + 1
        before = self._samples
        points = 0
        while (at := number * step) <= end:
            for labels, value in self.vector(node.inner, at):
                times, values = elements.setdefault(labels, ([], []))
                times.append(at)
                values.append(value)
                points += 1
            # Release the samples of a step; keep its results.
            self._samples = before + points
            number += 1
        return [
            Samples(labels if named else without_name(labels), times, values, begin, end, len(times))
            for labels, (times, values) in elements.items()
        ]
