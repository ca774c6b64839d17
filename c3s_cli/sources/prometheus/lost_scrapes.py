"""Gaps in the data that are shorter than a step, or than the window of a rate: scrapes that were lost. No I/O."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from c3s_cli.sources.prometheus.decoding import Labels, Matrix, Points, Vector
from c3s_cli.sources.prometheus.intervals import Intervals
from c3s_cli.sources.prometheus.promql import Range
from c3s_cli.sources.prometheus.samples import Key, target_of
from c3s_cli.sources.prometheus.uneven import identity_of

# So many scrapes may be missing, and such a part of all, before that is a gap.
FEW: Final = 2.5
PART: Final = 0.03
# At the least so many scrapes are counted together.
TOGETHER: Final = 4
# If a larger share of the scrapes in a short step is missing, the point does not count.
HALF: Final = 0.5
# A scrape may be just outside of a range; fewer samples are missing.
EDGE: Final = 0.9


def counts_of(series: str, period: Range) -> str:
    """Return the query for the number of samples in each step: the most that any of some series has."""
    return f"max(count_over_time({series}[{_window(period)}s]))"


def _window(period: Range) -> int:
    return max(period.step, math.ceil(TOGETHER * period.interval))


def lost(counts: Points, start: float, period: Range, intervals: Intervals) -> dict[int, float]:
    """Return the share of scrapes that are missing in the steps before points of a range, by their places."""
    values = [
        count * intervals.at(time - period.step / 2) / intervals.usual for time, count in zip(*counts, strict=True)
    ]
    usual = sorted(values)[len(values) * 3 // 4] if values else 0.0
    if usual <= 0:
        return {}
    enough = usual - FEW - PART * usual
    found = {round((time - start) / period.step): count for time, count in zip(counts.times, values, strict=True)}
    # Before the first full step, there may have been no data yet, or a gap that ends in the first step of the range.
    full = next(place for place, count in found.items() if count >= enough)
    missing = {place: usual - found.get(place, 0.0) for place in range(1 if full == 2 else full, max(found) + 1)}
    window = _window(period)

    def changes(place: int) -> bool:
        time = start + place * period.step
        return intervals.changes(time - window, time)

    return {
        place: number / usual for place, number in missing.items() if usual - number < enough and not changes(place)
    }


def lost_before(counts: Points, start: float, period: Range) -> frozenset[int]:
    """Return the places of points before a range, and of its start, at which most scrapes were missing.

    Windows of the first points reach back to these.
    """
    usual = sorted(counts.values)[len(counts.values) * 3 // 4]
    found = {round((time - start) / period.step): count for time, count in zip(*counts, strict=True)}
    return frozenset(place for place in range(-reach(period), 1) if found.get(place, 0.0) < HALF * usual)


def reach(period: Range) -> int:
    """Return how many steps the window of the first point reaches back beyond a range."""
    return math.ceil(period.window / period.step) - 1


def whole_series(matrix: Matrix) -> list[tuple[Labels, Points]]:
    """Return a series of each target that has all points that any has."""
    found: dict[Key, tuple[Labels, Points]] = {}
    times = {time for _, points in matrix for time in points.times}
    for labels, points in matrix:
        if len(points.times) == len(times):
            found.setdefault(target_of(labels), (labels, points))
    return [*found.values()]


def misses(
    counts: Vector, matrix: Matrix, period: Range, present: Callable[[Sequence[Labels]], Collection[Any]]
) -> float:
    """Return the most seconds of which a target missed scrapes, or of which samples of a series were lost.

    counts: samples in the range. matrix: its points. present: returns which of some series have samples at its end.
    """
    most: dict[Key, float] = {}
    own: dict[Any, float] = {}
    for labels, number in counts:
        own[identity_of(labels)] = number
        target = target_of(labels)
        most[target] = max(number, most.get(target, 0.0))
    size = max((len(points.times) for _, points in matrix), default=0)
    whole = min(period.seconds, (size - 1) * period.step)

    def lost_of(labels: Labels, points: Points) -> float:
        """Return how many samples are missing of a series, between its first point and its last."""
        times, number = points.times, own.get(identity_of(labels), math.inf)
        seconds = whole if len(times) == size else times[-1] - times[0] - period.window
        # An instance was there between its points.
        holes = (times[-1] - times[0]) / period.step + 1 - len(times) if labels.get("id") else 0.0
        return max(seconds / period.interval - number, holes * period.step / period.interval * (number < math.inf))

    scrapes = [
        min(period.seconds, (len(points.times) - 1) * period.step) / period.interval
        - most.get(target_of(labels), math.inf)
        for labels, points in whole_series(matrix)
    ]
    lost = [(labels, number) for labels, points in matrix if (number := lost_of(labels, points)) > EDGE]
    # What has ended in the last window has all points, too.
    perhaps = [labels for labels, number in lost if number <= period.window / period.interval]
    missing = max([*scrapes, *(number for _, number in lost)], default=0.0)
    if missing <= EDGE or (len(perhaps) == len(lost) and max(scrapes, default=0.0) <= EDGE and not present(perhaps)):
        return 0.0
    return missing * period.interval
