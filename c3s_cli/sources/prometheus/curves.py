"""Raw samples of CPU counters → how much grew in each window, also of containers that start again and again. No I/O.

A counter begins at 0, so its first sample has all that was used before it. What was used after the last sample of a
run is unknown: it is estimated, for half the time in which there might have been another one.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct, field

from c3s_cli.sources.prometheus.decoding import Labels, Matrix, Points
from c3s_cli.sources.prometheus.promql import NEAR, WINDOW, who

# How old the samples are, on average, at which a kubelet looks every 10 to 20 seconds.
AGE: Final = 7.5
# So much later than at the next scrape, the first sample of a run may come.
LATE: Final = 20
# What tells apart the jobs that scrape a container, and its CPUs; and also its instances.
SEQUENCE: Final = ("job", "metrics_path", "cpu")
INSTANCE: Final = (*SEQUENCE, "id", "node")


class Curve(Struct):
    """How much had been used by some times, since the first one.

    estimated: the part of it that no sample shows, and for how many seconds. runs: when each run began and ended.
    vague: what may have been used at some times as well as not, besides the half of it that counts.
    """

    times: list[float]
    sums: list[float]
    estimated: tuple[float, float] = (0.0, 0.0)
    runs: list[tuple[float, float]] = field(default_factory=list)
    vague: list[tuple[float, float]] = field(default_factory=list)

    def at(self, moments: Iterable[float]) -> list[float]:
        """Return how much had been used at moments, which ascend."""
        times, sums, last = self.times, self.sums, len(self.times) - 1
        found, place = [], 0
        for moment in moments:
            while place < last and times[place + 1] < moment:
                place += 1
            if place == last or moment <= times[0]:
                found.append(sums[place])
            else:
                share = (moment - times[place]) / (times[place + 1] - times[place])
                found.append(sums[place] + min(1.0, share) * (sums[place + 1] - sums[place]))
        return found

    def jump(self) -> float:
        """Return the greatest change from one sample to the next, as a share of the average."""
        knots = [*zip(self.times, self.sums, strict=True)]
        rates = [(high - low) / (end - start) for (start, low), (end, high) in pairwise(knots) if end > start]
        average = (self.sums[-1] - self.sums[0]) / max(1.0, self.times[-1] - self.times[0])
        return max((abs(later - earlier) for earlier, later in pairwise(rates)), default=0.0) / (average or 1.0)

    def growth(self, ends: Sequence[float], window: float) -> array[float]:
        """Return how much was used in the window before each of some times; NaN outside of its own times."""
        after, before = self.at(ends), self.at(end - window for end in ends)
        first, last = self.times[0], self.times[-1]
        return array(
            "d",
            [
                high - low if end > first and end - window < last else math.nan
                for end, high, low in zip(ends, after, before, strict=True)
            ],
        )


def gauge(runs: Sequence[tuple[float, float]], points: Points, moments: Sequence[float]) -> array[float]:
    """Return the last value of a gauge at each moment within a run, else NaN."""
    found, (times, values) = array("d"), points
    for moment in moments:
        run = bisect_left(runs, (moment, math.inf)) - 1
        value = math.nan
        if run >= 0 and moment <= runs[run][1]:
            place = bisect_right(times, moment) - 1
            place += place < 0 or times[place] < runs[run][0]  # its first sample comes later
            if place < len(times) and times[place] <= runs[run][1]:
                value = values[place]
        found.append(value)
    return found


def curves(matrix: Matrix, interval: float, end: float, *, stamped: bool) -> list[tuple[Labels, Curve]]:
    """Return the curve of each container, job and CPU, with the labels of one of its series.

    interval: between two scrapes. stamped: whether the kubelet stamps samples itself. Containers of which several
    instances run at a time have none.
    """
    parts: dict[tuple[Any, ...], dict[tuple[Any, ...], list[tuple[Labels, Points]]]] = {}
    for labels, points in matrix:
        sequence, instance = (tuple([labels.get(label) for label in names]) for names in (SEQUENCE, INSTANCE))
        parts.setdefault((who(labels), sequence), {}).setdefault(instance, []).append((labels, points))
    age = AGE * stamped
    found = []
    for instances in parts.values():
        chosen = [each for several in instances.values() for each in _merged(several, interval)]
        runs = [run for labels, points in chosen for run in _runs_of(labels, points, interval, age)]
        runs.sort(key=lambda run: run.times[0])
        if all(earlier.times[-1] <= later.times[0] for earlier, later in pairwise(runs)):
            found.append((chosen[0][0], _curve(runs, interval, end, age)))
    return found


def _runs_of(labels: Labels, points: Points, interval: float, age: float) -> list[Points]:
    runs = _runs(points, math.inf, 0.0)
    if "id" in labels or len(runs) == 1:
        return runs
    return _runs(points, 2 * (interval + age), _most(runs) * (NEAR * interval + LATE))


def _merged(several: list[tuple[Labels, Points]], interval: float) -> list[tuple[Labels, Points]]:
    """Merge the series of one instance: agents that take turns, or of which one has what the other has lost.

    Without an id, they may be of several instances.
    """
    labels = several[0][0]
    if len(several) == 1 or "id" not in labels:
        return _without_duplicates(several)
    times, values, last = array("d"), array("d"), -1
    samples = [(*sample, place) for place, (_, points) in enumerate(several) for sample in zip(*points, strict=True)]
    for time, value, place in sorted(samples):
        # What another one has scraped at about the same time may be a little older.
        if not times or (time - times[-1] >= interval / 2 and (value >= values[-1] or place == last)):
            times.append(time)
            values.append(value)
            last = place
    return [(labels, Points(times, values))]


def _without_duplicates(several: list[tuple[Labels, Points]]) -> list[tuple[Labels, Points]]:
    """Return the parts of one series, without what another Prometheus has scraped at the same time."""
    chosen: list[tuple[Labels, Points]] = []
    for labels, points in sorted(several, key=lambda each: -len(each[1].times)):
        if all(points.times[-1] < other.times[0] or points.times[0] > other.times[-1] for _, other in chosen):
            chosen.append((labels, points))
    return chosen


def _runs(points: Points, longest: float, most: float) -> list[Points]:
    """Cut samples where the counter began again.

    It may have grown beyond its last sample meanwhile: then there are none for longer than usual.
    most: what a counter may have at the first scrape after it began.
    """
    times, values = points
    cuts = [
        place
        for place in range(1, len(values))
        if values[place] < values[place - 1] or (times[place] - times[place - 1] > longest and values[place] <= most)
    ]
    return [Points(times[first:last], values[first:last]) for first, last in pairwise((0, *cuts, len(values)))]


def _curve(runs: Sequence[Points], interval: float, end: float, age: float) -> Curve:
    """Join the runs of one container to a curve. age: of its samples, on average."""
    near, half = NEAR * interval + LATE, interval / 2
    starts = _starts(runs, near, half)
    curve = Curve([], [])
    total = estimated = unseen = 0.0
    for place, run in enumerate(runs):
        first, last, start, later = run.times[0], run.times[-1], starts[place], (*starts, None)[place + 1]
        rate = _rate(run) or (0.0 if start is None else run.values[0] / half)
        # What ran before its first sample, nobody knows how long, has used as much as later.
        begin = max(first - half if start is None else start, curve.times[-1] if curve.times else -math.inf)
        curve.times += [begin, *run.times]
        head = rate * (first - begin) if start is None else run.values[0]
        if start is None:
            curve.vague.append((first, head))
        curve.sums += [total, *(total + head + value - run.values[0] for value in run.values)]
        left = half + age
        if place + 1 < len(runs):
            left = max(0.0, min(left, ((runs[place + 1].times[0] if later is None else later) - last) / 2))
        elif end - last <= near:
            left = end - last
        used = _rate(run, last=True) or rate
        if place + 1 < len(runs) or end - last > near:
            estimated, unseen = estimated + used * left, unseen + left
            curve.vague.append((last, used * left))
        total = curve.sums[-1] + used * left
        curve.times.append(last + left)
        curve.sums.append(total)
        curve.runs.append((begin, last + left))
    curve.estimated = estimated, unseen
    return curve


def _starts(runs: Sequence[Points], near: float, half: float) -> list[float | None]:
    """Return when each run began, None if its counter was not at 0 then, as far as known."""
    most = _most(runs) * near
    found = []
    for place, run in enumerate(runs):
        first, value, rate = run.times[0], run.values[0], _rate(run)
        # Scrapes may have been missed before its first sample.
        room = first - runs[place - 1].times[-1] if place else max(near, WINDOW)
        # Of a run with a single sample, the rate is unknown: it may have begun half a scrape before.
        since = value / rate if rate else half if value <= most else 0.0
        found.append(first if not value else first - since if 0 < since <= room else None)
    return found


def _most(runs: Sequence[Points]) -> float:
    return max((_rate(run) or 0.0 for run in runs), default=0.0)


def _rate(run: Points, *, last: bool = False) -> float | None:
    """Return the growth between the first three samples of a run, or the last; None if there is only one."""
    times, values = (part[-3:] if last else part[:3] for part in run)
    return (values[-1] - values[0]) / (times[-1] - times[0]) if len(times) > 1 else None
