"""The functions of queries: on the samples of a range, on labels, and on groups of elements."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from c3s_cli.demo.prometheus.series import Labels, labels_of
from c3s_cli.demo.prometheus.syntax import Aggregation, CannotExecute

# The elements of an instant vector.
Vector = list[tuple[Labels, float]]


class Samples(NamedTuple):
    """One element of a range vector: a range (begin, end] and what a function needs of what lies in it."""

    labels: Labels  # without a name
    times: list[float]
    values: list[float]
    begin: float
    end: float
    size: int  # how many samples lie in it


def quantile(fraction: float, values: Sequence[float]) -> float:
    """Return a quantile, between two values by their distance from it."""
    if not values or math.isnan(fraction):
        return math.nan
    if not 0 <= fraction <= 1:
        return math.copysign(math.inf, fraction)
    ordered = sorted(values)
    rank = fraction * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(len(ordered) - 1, low + 1)
    weight = rank - low
    return ordered[low] * (1 - weight) + ordered[high] * weight


def _increase(samples: Samples) -> float | None:
    """Return the growth over a range, as if its ends had been sampled: Prometheus' extrapolation."""
    times, values = samples.times, samples.values
    if len(times) < 2:
        return None
    # A counter that falls was reset.
    grown = values[-1] - values[0] + sum(before for before, after in pairwise(values) if after < before)
    sampled = times[-1] - times[0]
    between = sampled / (samples.size - 1)
    to_start, to_end = times[0] - samples.begin, samples.end - times[-1]
    if to_start >= between * 1.1:
        to_start = between / 2
    if grown > 0 and values[0] >= 0:
        # It cannot have been below zero.
        to_start = min(to_start, sampled * (values[0] / grown))
    if to_end >= between * 1.1:
        to_end = between / 2
    return grown * ((sampled + to_start + to_end) / sampled)


def _rate(samples: Samples) -> float | None:
    grown = _increase(samples)
    return None if grown is None else grown / (samples.end - samples.begin)


def _irate(samples: Samples) -> float | None:
    if len(samples.times) < 2:
        return None
    before, after = samples.values[-2:]
    grown = after - before if after >= before else after
    return grown / (samples.times[-1] - samples.times[-2])


def _deriv(samples: Samples) -> float | None:
    """Return the slope of the least-squares line through the samples."""
    if len(samples.times) < 2:
        return None
    middle, first = math.fsum(samples.times) / len(samples.times), samples.values[0]
    distances = [time - middle for time in samples.times]
    product = math.fsum(distance * (value - first) for distance, value in zip(distances, samples.values, strict=True))
    return product / math.fsum(distance * distance for distance in distances)


OVER_RANGE: dict[str, Callable[[Samples], float | None]] = {
    "rate": _rate,
    "increase": _increase,
    "irate": _irate,
    "deriv": _deriv,
    "avg_over_time": lambda samples: math.fsum(samples.values) / len(samples.values),
    "max_over_time": lambda samples: max(samples.values),
    "min_over_time": lambda samples: min(samples.values),
    "count_over_time": lambda samples: float(samples.size),
    "last_over_time": lambda samples: samples.values[-1],
    "changes": lambda samples: float(sum(before != after for before, after in pairwise(samples.values))),
    "resets": lambda samples: float(sum(after < before for before, after in pairwise(samples.values))),
}
# Functions that need only the first and the last value of a counter that never falls.
BY_ENDS = frozenset({"rate", "increase", "resets"})


def unique(vector: Vector) -> Vector:
    """Refuse elements that nothing tells apart."""
    if len({labels for labels, _ in vector}) < len(vector):
        raise CannotExecute("vector cannot contain metrics with the same labelset")
    return vector


def label_replace(vector: Vector, target: str, replacement: str, source: str, pattern: str) -> Vector:
    """Set a label to what a pattern finds in another one."""
    try:
        expression = re.compile(pattern)
    except re.error:
        raise CannotExecute(f"invalid regular expression in label_replace(): {pattern}") from None
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", target):
        raise CannotExecute(f"invalid destination label name in label_replace(): {target}")
    result: Vector = []
    for labels, value in vector:
        known = dict(labels)
        if match := expression.fullmatch(known.get(source, "")):
            known[target] = _expanded(match, replacement)
        result.append((labels_of(known), value))
    return unique(result)


def _expanded(match: re.Match[str], replacement: str) -> str:
    """Put the groups of a match into $1, ${1} and ${name}; a group that is missing is empty."""

    def part(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name == "$":
            return "$"
        try:
            return match[int(name) if name.isdecimal() else name] or ""
        except IndexError:
            return ""

    return re.sub(r"\$(?:\{(\w+)\}|(\w+|\$))", part, replacement)


_REDUCE: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "avg": lambda values: math.fsum(values) / len(values),
    "max": max,
    "min": min,
    "count": lambda values: float(len(values)),
    "group": lambda _: 1.0,
}


class Groups:
    """Finds the group of an element; the same elements come at every time."""

    def __init__(self) -> None:
        self._known: dict[Aggregation, dict[Labels, Labels]] = {}

    def reduce(self, node: Aggregation, vector: Vector) -> Vector:
        """Carry out an aggregation."""
        reduce = _REDUCE.get(node.name)
        if reduce is None:
            raise CannotExecute(f"unhandled aggregation operator: {node.name}")
        known = self._known.setdefault(node, {})
        groups: dict[Labels, list[float]] = {}
        for labels, value in vector:
            key = known.get(labels)
            if key is None:
                hidden = node.labels | {"__name__"} if node.without else node.labels
                key = known[labels] = tuple(pair for pair in labels if (pair[0] in hidden) != node.without)
            groups.setdefault(key, []).append(value)
        return [(key, reduce(values)) for key, values in groups.items()]
