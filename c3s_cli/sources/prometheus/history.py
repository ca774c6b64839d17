"""The points of a range → averages, extremes and percentiles of objects and of groups of them. No I/O.

A line has one point per step of the range, and one before the first. A point of CPU is the growth of the counters in
the window that ends there, in core seconds; a point of memory is the bytes at that time. NaN stands for no data.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import add
from typing import Any, Final

from msgspec import Struct, field

from c3s_cli.sources.prometheus.decoding import Points
from c3s_cli.sources.prometheus.promql import NEAR, Range

Key = tuple[str, ...]
# First and last second of an object's life.
Life = tuple[float, float]
# One unit of Prometheus in c3s's units: nanocores, bytes.
UNITS: Final = {"cpu": 10**9, "memory": 1}
# As many points make extremes and percentiles of an object; with fewer, points of parts of a window are used as well.
FEW: Final = 3
WHOLE: Final = 0.999
# Of so many scrapes, half a one at each end is below one percent.
PRECISE: Final = 120
# If this many objects have no data at a point, there is none.
SEVERAL: Final = 10


class History(Struct):
    """The lines of all objects, by resource. start: the time of the point before the first one of the range.

    lives: of the objects that began or ended in the range, as far as known. gaps: the points without any data. grown:
    how much the counters of objects grew between the gaps, in core seconds, as far as known. measured: the seconds
    before which points that is. estimated: of what was started again, how much of it no sample shows, and for how many
    seconds.
    """

    range: Range
    start: float
    lines: dict[str, dict[Key, array[float]]] = field(default_factory=lambda: {"cpu": {}, "memory": {}})
    lives: dict[Key, Life] = field(default_factory=dict)
    gaps: frozenset[int] = frozenset()
    grown: dict[Key, float] = field(default_factory=dict)
    measured: Collection[int] = ()
    estimated: dict[Key, tuple[float, float]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of points in the range."""
        return self.range.points

    @property
    def end(self) -> float:
        """The time of the last point."""
        return self.start + self.count * self.range.step

    def add(self, resource: str, key: Key, several: Sequence[Points]) -> None:
        """Add the series that a job has of an object. Further jobs are duplicates: the larger point counts."""
        put_line(self.lines[resource], key, self.unite(resource, [self.line(points) for points in several]), max)

    def unite(self, resource: str, parts: Sequence[array[float]]) -> array[float]:
        """Unite the series of one object: alternatives in time share at most a window, duplicates share more."""
        line = parts[0]
        for part in parts[1:]:
            shared = sum(1 for one, other in zip(line, part, strict=True) if not (math.isnan(one) or math.isnan(other)))
            succeed = shared <= math.ceil(self.range.window / self.range.step) + 1
            line = join_lines(line, part, add if succeed and resource == "cpu" else max)
        return line

    def line(self, points: Points) -> array[float]:
        """Return the values of a series at each point of the range; NaN where it has none."""
        times, values = points
        if len(values) == self.count + 1 and abs(times[0] - self.start) < self.range.step / 2:
            return values
        line = array("d", [math.nan]) * (self.count + 1)
        start, step, last = self.start, self.range.step, self.count
        for time, value in zip(times, values, strict=True):
            place = round((time - start) / step)
            if 0 <= place <= last:
                line[place] = value
        return line

    def find_gaps(self, present: Callable[[], Iterable[float]]) -> None:
        """Find the points at which there is no data of any object.

        present: gives the times at which there is other data, for a few objects that may just not have existed.
        """
        missing = set(range(self.count + 1))
        for lines in self.lines.values():
            for line in lines.values():
                if not missing:
                    break
                missing = {place for place in missing if math.isnan(line[place])}
        if missing and max(map(len, self.lines.values())) < SEVERAL:
            missing.difference_update(round((time - self.start) / self.range.step) for time in present())
        self.gaps = frozenset(missing)

    def limit(self, key: Key, counts: Points) -> None:
        """Find out when an object began and ended. counts: its samples in the step before each point."""
        step, interval = self.range.step, self.range.interval
        begin, end = counts.times[0], counts.times[-1] - step
        first = begin - min(step, counts.values[0] * interval)
        last = end + min(step, counts.values[-1] * interval) if end >= begin else begin
        known = self.lives.get(key, (first, last))
        self.lives[key] = min(first, known[0]), max(last, known[1])

    def extend(self, key: Key, time: float) -> None:
        """Extend the life of an object to the time of a sample."""
        first, last = self.lives.get(key, (time, time))
        self.lives[key] = min(first, time - self.range.interval), max(last, time)

    def short(self) -> list[Key]:
        """Return the objects whose life is short enough that half a scrape at each end matters."""
        return [key for key, (first, last) in self.lives.items() if last - first < PRECISE * self.range.interval]

    def refine(self, key: Key, first: float, last: float, value: float, start: float | None) -> None:
        """Set the life of an object to the time in which it grew.

        first, last: times of samples. value: the first one, of counters that began at 0. start: when, if it is known.
        """
        interval, grown = self.range.interval, None if self.has_gaps() else self.grown.get(key)
        near, half = NEAR * interval, interval / 2
        end = self.end if self.end - last <= near else last + half
        counted = begun = half
        rate = 0.0
        for _ in range(3 if grown else 0):  # the rate depends on how far back the engine has gone, and the other way
            rate = (grown or 0.0) / (end - first + counted)
            age = value / rate
            begun = age if age <= near else half
            counted = min(begun, half) if self.range.extrapolates else begun  # Prometheus: half a scrape at most
        if start is not None and 0 <= first - start <= near:
            begun = first - start
            if grown:
                self.grown[key] = rate * (end - first) + value
        elif grown:
            self.grown[key] = rate * (end - first + begun)
        self.lives[key] = first - begun, end

    def keep_lives(self, keys: Iterable[Key]) -> None:
        """Forget the lives of all other objects, which had samples all the time."""
        wanted = set(keys)
        self.lives = {key: life for key, life in self.lives.items() if key in wanted}

    def partial(self) -> list[Key]:
        """Return the objects that begin or end in the range: without any data at one of its ends."""
        places = [place for place in range(self.count + 1) if place not in self.gaps] or [0, self.count]
        partial = []
        for key in {**self.lines["cpu"], **self.lines["memory"]}:
            lines = [lines[key] for lines in self.lines.values() if key in lines]
            if any(all(math.isnan(line[edge]) for line in lines) for edge in (places[0], places[-1])):
                partial.append(key)
        return partial

    def has_gaps(self) -> bool:
        """Return whether there are times without any data, apart from the point before the range."""
        return bool(self.gaps - {0})

    def objects(self) -> list[Key]:
        """Return all objects that have a point in the range."""
        keys: dict[Key, None] = {}
        for lines in self.lines.values():
            for key, line in lines.items():
                if key not in keys and any(not math.isnan(value) for value in line[1:]):
                    keys[key] = None
        return list(keys)

    def estimated_of(self, keys: Sequence[Key]) -> tuple[float, float]:
        """Return the share of the CPU of objects that is estimated, and for how many seconds if that is so of all."""
        mine = [self.estimated[key] for key in keys if key in self.estimated]
        if not mine:
            return 0.0, 0.0
        tiles = slice(None, None, -max(1, self.range.window // self.range.step))
        lines = [self.lines["cpu"][key][tiles] for key in keys if key in self.lines["cpu"]]
        grown = sum(value for line in lines for value in line if not math.isnan(value))
        used, seconds = (sum(each) for each in zip(*mine, strict=True))
        return (min(1.0, used / grown) if grown else 0.0), seconds / len(mine) * (len(mine) == len(keys))

    def lived(self, keys: Iterable[Key]) -> float:
        """Return for how many seconds of the range at least one of the objects existed and had data."""
        overlap = self._overlap(keys, self.range.step)
        return sum(overlap[place] for place in range(1, self.count + 1) if place not in self.gaps)

    def figures(self, keys: Sequence[Key], wanted: Iterable[str]) -> dict[str, float]:
        """Return statistics such as `cpu.avg` of an object, or of the sum of several, in cores and bytes."""
        figures: dict[str, float] = {}
        points_of = cache(lambda resource: self._points(resource, keys))
        for name in wanted:
            resource, _, statistic = name.partition(".")
            average, points = points_of(resource)
            if points:
                figures[name] = average if statistic == "avg" else statistic_of(statistic, points)
        return figures

    def _points(self, resource: str, keys: Sequence[Key]) -> tuple[float, list[float]]:
        """Return the average, and the sorted points, of the sum of objects; no points if there is no data."""
        lines = self.lines[resource]
        mine = [(key, lines[key]) for key in keys if key in lines]
        total, present = _sum([line for _, line in mine])
        if not any(present[1:]):
            return 0.0, []
        places = range(1, self.count + 1)
        window = self.range.window
        # At the edges of a gap, some targets are scraped and others are not.
        near = self._near(self.gaps) if self.gaps else frozenset()
        if resource == "memory":
            whole = [place for place in places if present[place] and place not in near]
            known = sorted(total[place] for place in whole or places if present[place])
            return sum(known) / len(known), known
        overlap = self._overlap([key for key, _ in mine], window)
        counted = [place for place in places if place not in near and overlap[place] > 0]
        if not counted:
            counted = [place for place in places if overlap[place] > 0 and present[place]]
        average = self._average_of([key for key, _ in mine])
        if average is None:
            average = _average(total, overlap, counted, window / self.range.step)
        if all(present) and not near and min(overlap[1:]) >= WHOLE * window:
            return average, sorted([value / window for value in total[1:]])
        absent = self._near([place for place in range(self.count + 1) if not present[place]])
        whole = [place for place in counted if place not in absent and overlap[place] >= WHOLE * window]
        if len(whole) >= FEW:
            return average, sorted(total[place] / window for place in whole)
        most = max((overlap[place] for place in counted if present[place]), default=0.0)
        parts = [place for place in counted if present[place] and overlap[place] >= min(window / 2, most)]
        return average, sorted(total[place] / overlap[place] for place in parts)

    def _average_of(self, keys: Sequence[Key]) -> float | None:
        """Return growth over time of the sum of objects; None if it is not known how much all of them grew."""
        if not all(key in self.grown for key in keys):
            return None
        overlap = self._overlap(keys, self.range.step)
        seconds = sum(overlap[place] for place in self.measured)
        return sum(self.grown[key] for key in keys) / seconds if seconds else None

    def _near(self, absent: Collection[int]) -> frozenset[int]:
        """Return the points whose windows reach into one without data, on either side."""
        reach = math.ceil(self.range.window / self.range.step)
        missing = sorted(absent)
        if missing[:1] == [0] and missing[1:2] != [1] and 0 in self.gaps and reach == 1:
            del missing[0]  # the data may begin with the range
        return frozenset(near for place in missing for near in range(place - reach, place + reach + 1))

    def _overlap(self, keys: Iterable[Key], window: float) -> list[float]:
        """Return for how many of the seconds before each point at least one of the objects existed."""
        keys = list(keys)
        if any(key not in self.lives for key in keys):
            return [window] * (self.count + 1)
        merged: list[list[float]] = []
        for first, last in sorted(self.lives[key] for key in keys):
            if merged and first <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        step = self.range.step
        seconds = [0.0] * (self.count + 1)
        for first, last in merged:
            begin = max(0, math.floor((first - self.start) / step))
            end = min(self.count, math.ceil((last + window - self.start) / step))
            for place in range(begin, end + 1):
                time = self.start + place * step
                seconds[place] += max(0.0, min(last, time) - max(first, time - window))
        return seconds


def in_units(figures: Mapping[str, float]) -> dict[str, int]:
    """Convert statistics to whole nanocores or bytes."""
    return {name: round(number * UNITS[name.partition(".")[0]]) for name, number in figures.items()}


def join_lines(one: array[float], other: array[float], both: Callable[[float, float], float]) -> array[float]:
    """Join two lines point by point. both: joins two points; where one line has none, the other's counts."""
    if not (math.isnan(sum(one)) or math.isnan(sum(other))):
        return array("d", map(both, one, other))
    return array(
        "d",
        [
            second if math.isnan(first) else first if math.isnan(second) else both(first, second)
            for first, second in zip(one, other, strict=True)
        ],
    )


def put_line(
    lines: dict[Any, array[float]], key: Any, line: array[float], both: Callable[[float, float], float]
) -> None:
    """Set the line of a key, joined with the one that it has."""
    known = lines.get(key)
    lines[key] = line if known is None else join_lines(known, line, both)


def _sum(lines: Sequence[array[float]]) -> tuple[Sequence[float], Sequence[bool]]:
    """Add up lines. Return the sums, and where at least one line has a point."""
    whole = [line for line in lines if not any(map(math.isnan, line))]
    size = len(lines[0]) if lines else 0
    total: list[float] = [0.0] * size
    for line in whole:
        total = list(map(add, total, line))
    present = [bool(whole)] * size
    if len(whole) < len(lines):
        for line in lines:
            if any(map(math.isnan, line)):
                for place, value in enumerate(line):
                    if not math.isnan(value):
                        total[place] += value
                        present[place] = True
    return total, present


def _average(total: Sequence[float], overlap: Sequence[float], places: Sequence[int], size: float) -> float:
    """Return growth over time, of windows that tile the places. size: how many steps a window has.

    Windows longer than a step overlap: all of them together would count the ends of a range less than its middle.
    """
    grown = seconds = 0.0
    for first, last in runs(places):
        place, left = float(last), last - max(0.0, first - size)
        while left > 0:
            share = min(1.0, left / size)
            low = max(first, int(place))
            high, part = min(low + 1, last), max(0.0, place - low)
            grown += share * (total[low] * (1 - part) + total[high] * part)
            seconds += share * (overlap[low] * (1 - part) + overlap[high] * part)
            place -= size
            left -= size
    return grown / seconds if seconds else 0.0


def runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of successive places, which are sorted."""
    first = 0
    for place, each in enumerate(places):
        if place + 1 == len(places) or places[place + 1] != each + 1:
            yield places[first], each
            first = place + 1


def statistic_of(name: str, ordered: Sequence[float]) -> float:
    """Return min, max or a percentile of sorted numbers, interpolated as in Prometheus."""
    if name in ("min", "max"):
        return ordered[0 if name == "min" else -1]
    rank = int(name[1:]) / 100 * (len(ordered) - 1)
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
