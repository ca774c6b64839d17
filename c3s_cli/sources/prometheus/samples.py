"""Raw samples of the last minutes → the usage of what runs now. No I/O.

Several series may be of one container: instances before and after a restart, CPUs, or scrapes by several jobs.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import pairwise
from statistics import median
from typing import Final

from msgspec import Struct

from c3s_cli.sources.prometheus.decoding import Labels, Matrix, Points

# Labels that tell apart the CPUs of one instance, and the instances of a container.
CPU: Final = "cpu"
TOTAL: Final = ("total", "")
TARGET: Final = ("job", "instance", "metrics_path")
# cAdvisor looks at a container every 10 to 20 seconds, and stamps it with that time.
JITTER: Final = 20.0
# The scrape interval to assume, in seconds, if no series has two samples.
INTERVAL: Final = 60.0
# So many times the usual one, a gap is no jitter: the container did not run.
DOWN: Final = 3
# So near to a multiple of the usual gap, a gap is one of missed scrapes.
EVEN: Final = 0.03

# Growth must be known so often in a row, and in all, to say how old values are; and oppose the growth before so much,
# or half of that if it is known far more often. In a longer row, the load itself changes.
ROW: Final = 6
LONGEST_ROW: Final = 20
MANY: Final = 60
PLENTY: Final = 600
OPPOSED: Final = -0.25
# So many times as old as usual, values may be: kubelets look every 10 to 20 seconds.
OLDEST: Final = 4 / 3

Key = tuple[str, ...]


class Reading(Struct, frozen=True):
    """The usage of one object: cores or bytes; None if unknown. window: the seconds that a rate covers."""

    value: float | None
    window: float | None = None


class _Instance(Struct):
    """One scraped instance: its series, one per CPU, and when the newest sample of them was taken."""

    target: Key
    series: dict[str, Points]
    last: float
    size: int


def interval_of(matrix: Matrix) -> float | None:
    """Return the usual time between two samples, in seconds; None if no series has two."""
    gaps = [later - earlier for _, points in matrix[:200] for earlier, later in pairwise(points.times)]
    return median(gaps) if gaps else None


def newest_of(matrix: Matrix, known: float) -> float:
    """Return the time of the newest sample. known: another one."""
    return max([known, *(points.times[-1] for _, points in matrix)])


def longest_of(matrix: Matrix) -> float:
    """Return the time between two samples that all but the longest gaps stay below, in seconds.

    Few samples may happen to have no long gaps: then the short ones tell. Where scrapes were missed, gaps are twice or
    three times as long.
    """
    gaps = sorted(later - earlier for _, points in matrix[:200] for earlier, later in pairwise(points.times))
    middle = median(gaps) if gaps else 0.0
    if middle <= 0:
        return 0.0
    usual = [gap for gap in gaps[: bisect_right(gaps, DOWN * middle)] if not _is_multiple(gap / middle)]
    return max(usual[len(usual) * 9 // 10], 2 * median(usual) - usual[len(usual) // 10]) if usual else 0.0


def _is_multiple(ratio: float) -> bool:
    return round(ratio) > 1 and abs(ratio - round(ratio)) < EVEN


def ages_of(matrix: Matrix) -> float:
    """Return up to how old values of counters are when they are scraped, at random, in seconds; 0.0 if they are fresh.

    Where Prometheus stamps the samples itself, their times do not tell. But a value that is old makes the growth before
    it smaller, and that after it greater by as much, which load does not do.
    """
    interval = interval_of(matrix) or INTERVAL
    pairs: list[tuple[float, float]] = []
    for _, points in matrix[:200]:
        growth = [later - earlier for earlier, later in pairwise(points.values)]
        for first in range(0, len(growth), LONGEST_ROW):
            grown = growth[first : first + LONGEST_ROW]
            if len(grown) < ROW or min(grown) < 0 or not (average := sum(grown) / len(grown)):
                continue
            pairs += pairwise(each / average - 1 for each in grown)
    # Only load changes by more than that.
    most = OLDEST * JITTER / interval
    pairs = [pair for pair in pairs if max(map(abs, pair)) < most]
    squares = sum(one * one for one, _ in pairs)
    opposed = OPPOSED / 2 if len(pairs) >= PLENTY else OPPOSED
    if len(pairs) < MANY or sum(one * other for one, other in pairs) > opposed * squares:
        return 0.0
    return min(JITTER, OLDEST * interval * math.sqrt(6 * squares / len(pairs)))


def still_scraped(matrix: Matrix) -> Matrix:
    """Return the series that are still scraped."""
    grace = 2 * (interval_of(matrix) or INTERVAL) + JITTER
    newest = max((points.times[-1] for _, points in matrix), default=0.0)
    return [(labels, points) for labels, points in matrix if points.times[-1] >= newest - grace]


def target_of(labels: Labels) -> Key:
    """Return what tells apart the targets of scrapes."""
    return tuple(labels.get(label, "") for label in TARGET)


def current_readings(
    matrix: Matrix,
    key_of: Callable[[Labels], Key],
    value: Callable[[Iterable[Points]], Reading],
    scrapes: Mapping[Key, float],
) -> dict[Key, Reading]:
    """Return the usage of each object by its key: that of its last instance, if that is still scraped.

    value: makes the usage from the series of an instance. scrapes: the time of the last sample of each target, if that
    may be none of these.
    """
    grace = 2 * (interval_of(matrix) or INTERVAL) + JITTER
    newest = dict(scrapes)
    objects: dict[Key, dict[Hashable, _Instance]] = {}
    for labels, points in matrix:
        target = target_of(labels)
        last = points.times[-1]
        newest[target] = max(newest.get(target, 0.0), last)
        identity = frozenset(pair for pair in labels.items() if pair[0] not in (CPU, "__name__"))
        instances = objects.setdefault(key_of(labels), {})
        instance = instances.setdefault(identity, _Instance(target, {}, last, 0))
        instance.series[labels.get(CPU, "")] = points
        instance.last = max(instance.last, last)
        instance.size = max(instance.size, len(points.times))
    readings = {}
    for key, instances in objects.items():
        chosen = max(instances.values(), key=lambda each: (each.last, each.size))
        if chosen.last >= newest[chosen.target] - grace:
            whole = [points for cpu, points in chosen.series.items() if cpu in TOTAL]
            readings[key] = value(whole[:1] or chosen.series.values())
    return readings


def gauge(series: Iterable[Points]) -> Reading:
    """Return the last value."""
    return Reading(sum(points.values[-1] for points in series))


def rate(series: Iterable[Points]) -> Reading:
    """Return the growth of counters per second, added up; unknown if one has a single sample."""
    slopes = [_slope(points) for points in series]
    known = [each for each in slopes if each is not None]
    if len(known) < len(slopes):
        return Reading(None)
    return Reading(sum(slope for slope, _ in known), min(window for _, window in known))


def _slope(points: Points) -> tuple[float, float] | None:
    """Return the slope of the least-squares line through the samples since the last reset, and the time they cover.

    Unlike the growth between two samples, it hardly depends on how old the values were when they were scraped.
    """
    times, values = points
    begin = max((place for place in range(1, len(values)) if values[place] < values[place - 1]), default=0)
    times, values = times[begin:], values[begin:]
    if times[-1] <= times[0]:
        return None
    if len(times) == 2:
        return (values[1] - values[0]) / (times[1] - times[0]), times[1] - times[0]
    first, middle = values[0], sum(times) / len(times)
    distances = [time - middle for time in times]
    product = sum(distance * (value - first) for distance, value in zip(distances, values, strict=True))
    return max(0.0, product / sum(distance * distance for distance in distances)), times[-1] - times[0]
