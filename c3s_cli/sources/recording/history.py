"""What was used at each reading of a range → averages, extremes and percentiles. No I/O; exact integers throughout.

The usage of a reading is that of the time since the reading before, but of at most two intervals. This is its weight.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from operator import add, mul
from typing import Final

from c3s_cli.amounts.totals import by_key

# Stands for an unknown value.
UNKNOWN: Final = -(1 << 63)
MILLIS: Final = 1000
EXACT: Final = 1 << 53


class History:
    """Lines, which are objects or groups, of a range. weights: of its readings, in milliseconds. seconds: its length.

    lines: how many there are. values: of all lines at the first reading, then of all at the second, and so on.
    """

    def __init__(self, weights: Sequence[int], seconds: float, lines: int, values: Mapping[str, array[int]]) -> None:
        self.weights = weights
        self.seconds = seconds
        self.lines = lines
        self.values = values
        self._by_weight = sorted(range(len(weights)), key=weights.__getitem__)
        self._millis = sum(weights)
        self._alike = len({*weights}) == 1

    def figures(self, line: int, wanted: Iterable[str], *, coverage: bool) -> dict[str, int]:
        """Return statistics such as `cpu.avg` of a line, in nanocores and bytes, and for how many seconds it has data.

        Nothing of what was never measured.
        """
        figures_of_row: dict[str, int] = {}
        by_resource = by_key((resource, statistic) for resource, statistic in (name.split(".", 1) for name in wanted))
        for resource, statistics in by_resource.items():
            values = self.values[resource][line :: self.lines]
            for statistic, value in self._statistics(values, statistics).items():
                figures_of_row[f"{resource}.{statistic}"] = value
        if coverage:
            memory = self.values["memory"][line :: self.lines]
            millis = self._millis
            if min(memory) == UNKNOWN:
                millis = sum([weight for value, weight in zip(memory, self.weights, strict=True) if value != UNKNOWN])
            figures_of_row |= {"coverage.seconds": round(millis / MILLIS), "coverage.range": round(self.seconds)}
        return figures_of_row

    def _statistics(self, values: array[int], names: Sequence[str]) -> dict[str, int]:
        """Return the avg, min, max or percentiles of the known values, rounded to integers; nothing if none is known.

        A percentile is interpolated between two values; with equal weights it is that of Prometheus. Values that are
        equal come in the order of their weights.
        """
        weights: Sequence[int] = self.weights
        by_weight: Sequence[int] = self._by_weight
        # UNKNOWN is below all numbers.
        if min(values) == UNKNOWN:
            weights = [weight for weight, value in zip(weights, values, strict=True) if value != UNKNOWN]
            values = array("q", [value for value in values if value != UNKNOWN])
            if not values:
                return {}
            by_weight = sorted(range(len(weights)), key=weights.__getitem__)
        statistics = {name: bound(values) for name, bound in (("min", min), ("max", max)) if name in names}
        if "avg" in names:
            statistics["avg"] = _rounded(sum(map(mul, values, weights)), sum(weights))
        percentiles = [name for name in names if name not in statistics]
        if percentiles:
            # Most numbers are exact as floats, which are sorted in a third of the time.
            numbers: list[float] = [*map(float, values)]
            if max(numbers) >= EXACT:
                numbers = [*values]
            places: Sequence[int] = range(0, 2 * len(values), 2)
            if self._alike:
                numbers.sort()
            else:
                order = sorted(by_weight, key=numbers.__getitem__)
                weights = [weights[place] for place in order]
                numbers = [numbers[place] for place in order]
                # Twice the time from the middle of the first value's to the middle of each one's.
                places = [0, *accumulate(map(add, weights, weights[1:]))]
            statistics |= {name: _percentile(int(name[1:]), numbers, places) for name in percentiles}
        return {name: statistics[name] for name in names}


def _percentile(percent: int, ordered: Sequence[float], places: Sequence[int]) -> int:
    """Interpolate between two of the values, which have these places."""
    rank = percent * places[-1]
    upper = bisect_left(places, -(-rank // 100))
    if upper == 0:
        return int(ordered[0])
    low, high = int(ordered[upper - 1]), int(ordered[upper])
    distance = 100 * (places[upper] - places[upper - 1])
    return _rounded(low * distance + (high - low) * (rank - 100 * places[upper - 1]), distance)


def _rounded(numerator: int, denominator: int) -> int:
    """Divide and round, halves to the even number."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))


def weights_of(times: Sequence[float], intervals: Sequence[float], start: float, most: float) -> list[int]:
    """Return the weight of each reading in milliseconds, at least 1: the clock may stand still or jump back.

    times, intervals: theirs. most: how many intervals a reading may stand for.
    """
    before = [start, *times]
    return [
        max(1, round(MILLIS * min(time - last, most * interval)))
        for time, last, interval in zip(times, before, intervals, strict=False)
    ]
