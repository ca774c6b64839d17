"""The functions of queries, on the samples of a range and on single values."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from c3s_cli.demo.prometheus.series import labels_of
from c3s_cli.demo.prometheus.syntax import CannotExecute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from c3s_cli.demo.prometheus.values import Samples, Vector


def quantile(fraction: float, values: Sequence[float]) -> float:
    """Return a quantile, between two values by their distance from it."""
    if not values or math.isnan(fraction):
        return math.nan
    if fraction < 0:
        return -math.inf
    if fraction > 1:
        return math.inf
    ordered = sorted(values)
    rank = fraction * (len(ordered) - 1)
    low = max(0, math.floor(rank))
    high = min(len(ordered) - 1, low + 1)
    weight = rank - low
    return ordered[low] * (1 - weight) + ordered[high] * weight


def _increase(samples: Samples, *, counter: bool, by_second: bool) -> float | None:
    """Return the growth over a range, as if its ends had been sampled: Prometheus' extrapolation."""
    times, values = samples.times, samples.values
    if len(times) < 2:
        return None
    grown = values[-1] - values[0]
    if counter:
        # A counter that falls was reset.
        grown += sum(before for before, after in pairwise(values) if after < before)
    sampled = times[-1] - times[0]
    between = sampled / (samples.size - 1)
    to_start, to_end = times[0] - samples.begin, samples.end - times[-1]
    if to_start >= between * 1.1:
        to_start = between / 2
    if counter and grown > 0 and values[0] >= 0:
        # It cannot have been below zero.
        to_start = min(to_start, sampled * (values[0] / grown))
    if to_end >= between * 1.1:
        to_end = between / 2
    factor = (sampled + to_start + to_end) / sampled
    return grown * factor / (samples.end - samples.begin if by_second else 1)


def _irate(samples: Samples) -> float | None:
    if len(samples.times) < 2:
        return None
    before, after = samples.values[-2:]
    grown = after - before if after >= before else after
    return grown / (samples.times[-1] - samples.times[-2])


OVER_RANGE: dict[str, Callable[[Samples], float | None]] = {
    "rate": lambda samples: _increase(samples, counter=True, by_second=True),
    "increase": lambda samples: _increase(samples, counter=True, by_second=False),
    "delta": lambda samples: _increase(samples, counter=False, by_second=False),
    "irate": _irate,
    "avg_over_time": lambda samples: math.fsum(samples.values) / len(samples.values),
    "sum_over_time": lambda samples: math.fsum(samples.values),
    "max_over_time": lambda samples: max(samples.values),
    "min_over_time": lambda samples: min(samples.values),
    "count_over_time": lambda samples: float(len(samples.values)),
    "last_over_time": lambda samples: samples.values[-1],
}
# Those that look at no more than the first and the last value of what never falls.
BY_ENDS = frozenset({"rate", "increase"})
# Those whose result is still the metric of that name.
KEEP_NAME = frozenset({"last_over_time"})

ON_VALUES: dict[str, Callable[[float], float]] = {"abs": abs, "ceil": math.ceil, "floor": math.floor}


def label_replace(vector: Vector, target: str, replacement: str, source: str, pattern: str) -> Vector:
    """Set a label to what a pattern finds in another one."""
    try:
        expression = re.compile(pattern)
    except re.error:
        raise CannotExecute(f"invalid regular expression in label_replace(): {pattern}") from None
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", target):
        raise CannotExecute(f"invalid destination label name in label_replace(): {target}")
    result = []
    seen = set()
    for labels, value in vector:
        known = dict(labels)
        if found := expression.fullmatch(known.get(source, "")):
            known[target] = _expanded(found, replacement)
        changed = labels_of(known)
        if changed in seen:
            raise CannotExecute("vector cannot contain metrics with the same labelset")
        seen.add(changed)
        result.append((changed, value))
    return result


def _expanded(found: re.Match[str], replacement: str) -> str:
    """Put what was found into $1, ${1} and ${name}; what was not found is nothing."""

    def part(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name == "$":
            return "$"
        try:
            return found[int(name) if name.isdecimal() else name] or ""
        except IndexError:
            return ""

    return re.sub(r"\$(?:\{(\w+)\}|(\w+|\$))", part, replacement)
