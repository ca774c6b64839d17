"""The points of a range → averages, extremes and percentiles of objects and of groups of them. No I/O.

A line has one point per step of the range, and one before the first. A point of CPU is the growth of the counters in
the window that ends there, in core seconds; a point of memory is the bytes at that time. NaN stands for no data.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from msgspec import Struct, field

from c3s_cli.sources.prometheus.decoding import Points
from c3s_cli.sources.prometheus.intervals import Intervals
from c3s_cli.sources.prometheus.lines import add_up, average_of, gauges, join_growth, join_spans, put_line, statistic_of
from c3s_cli.sources.prometheus.promql import NEAR, Range

Key = tuple[str, ...]
Lines = Sequence["array[float]"]
# First and last second of an object's life.
Life = tuple[float, float]
# The times of the first and the last sample of counters, and their values.
Ends = tuple[float, float, float, float]
# If the last value differs more from the growth, the counter began again.
CLOSE: Final = 0.25
# As many points make extremes and percentiles of an object; with fewer, points of parts of a window are used as well.
FEW: Final = 3
WHOLE: Final = 0.999
# If this many objects have no data at a point, there is none.
SEVERAL: Final = 10


class History(Struct):
    """The lines of all objects, by resource. start: the time of the point before the first one of the range.

    lives: of the objects that began or ended in the range, as far as known. exact: whose begin is known to the second.
    absences: when objects did not exist in their lives. gaps: the points without any data; before: those before the
    range, and at its start. grown: how much the counters of objects grew between the gaps, in core seconds, as far as
    known. measured: the seconds before which points that is. estimated: of what was started again, how much of it no
    sample shows, and for how many seconds. late: whether the data begins within the first step.
    unseen: the points at which nobody knows whether an object was there. vague: what it may have used, and when.
    doubts: the windows of which only the average is known.
    """

    range: Range
    start: float
    lines: dict[str, dict[Key, array[float]]] = field(default_factory=lambda: {"cpu": {}, "memory": {}})
    lives: dict[Key, Life] = field(default_factory=dict)
    exact: set[Key] = field(default_factory=set)
    absences: dict[Key, list[Life]] = field(default_factory=dict)
    gaps: frozenset[int] = frozenset()
    before: Collection[int] = ()
    grown: dict[Key, float] = field(default_factory=dict)
    measured: Collection[int] = ()
    estimated: dict[Key, tuple[float, float]] = field(default_factory=dict)
    late: bool = False
    intervals: Intervals = Intervals(0.0)
    unseen: dict[Key, set[int]] = field(default_factory=dict)
    vague: dict[Key, list[tuple[float, float]]] = field(default_factory=dict)
    doubts: dict[Key, set[int]] = field(default_factory=dict)

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

    def unite(self, resource: str, parts: Lines, *, same: bool = False, better: Sequence[Any] = ()) -> array[float]:
        """Unite the series of one object: alternatives in time share at most a window, duplicates share more.

        same: whether they are of one instance, which two targets have: one that lived shortly shares all it has.
        better: for each further part, where those before it count rather than the larger.
        """
        line = parts[0]
        most = math.ceil(self.range.window / self.range.step) + 1 if resource == "cpu" else 0
        for place, part in enumerate(parts[1:]):
            line = join_growth(line, part, most, same=same, better=better[place] if better else ())
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

    def hide(self, key: Key, time: float) -> None:
        """Note that nobody knows whether a container was there at a point."""
        for each in (key, key[:2]):
            self.unseen.setdefault(each, set()).add(round((time - self.start) / self.range.step))

    def limit(self, key: Key, counts: Points) -> None:
        """Find out when an object began and ended. counts: its samples in the step before each point."""
        step, interval_at = self.range.step, self.intervals.at
        begin, end = counts.times[0], counts.times[-1] - step
        first = begin - min(step, counts.values[0] * interval_at(begin))
        last = end + min(step, counts.values[-1] * interval_at(end)) if end >= begin else begin
        known = self.lives.get(key, (first, last))
        self.lives[key] = min(first, known[0]), max(last, known[1])

    def extend(self, key: Key, time: float) -> None:
        """Extend the life of an object to the time of a sample."""
        first, last = self.lives.get(key, (time, time))
        self.lives[key] = min(first, time - self.intervals.at(time)), max(last, time)

    def refine(self, key: Key, samples: Ends, start: float | None) -> None:
        """Set the life of an object to the time in which it grew. start: when its counters began at 0, if known."""
        first, last, value, latest = samples
        interval, grown = self.intervals.at(first), None if self.has_gaps() else self.grown.get(key)
        if grown is None and self.measured and not self.has_gaps():
            grown = self.grown_in_windows([key])
            grown = grown if abs(latest - grown) <= CLOSE * latest else None
        near, half = NEAR * interval, interval / 2
        late = self.intervals.at(last)
        end = self.end if self.end - last <= NEAR * late else last + late / 2
        rate = (latest - value) / (last - first) if last > first else 0.0
        simple = bool(grown) and rate > 0 and abs(latest - (grown or 0.0)) <= CLOSE * latest
        counted = begun = half
        for _ in range(3 if grown else 0):  # the rate depends on how far back the engine has gone, and the other way
            rate = rate if simple else (grown or 0.0) / (end - first + counted)
            age = value / rate
            begun = age if age <= near else half
            counted = min(begun, half) if self.range.extrapolates else begun  # Prometheus: half a scrape at most
        known = start is not None and 0 <= first - start <= near
        if start is not None and known:
            begun = first - start
        if grown:
            # Where there is a single run, its own samples tell how much it grew.
            middle = latest - value + rate * (end - last) if simple else rate * (end - first)
            self.grown[key] = middle + (value if known else rate * begun)
        self.lives[key] = first - begun, end
        if known or (grown and begun != half):
            self.exact.add(key)

    def keep_lives(self, keys: Collection[Key]) -> None:
        """Forget the lives of all other objects, which had samples all the time.

        What was scraped just before the end is still there. Of what ended before the range, windows reach into it.
        """
        near = self.end - NEAR * self.range.interval
        for key in keys:
            if self.lives.get(key, (0.0, self.start))[1] <= self.start and self._is_echo(key):
                for lines in self.lines.values():
                    lines.pop(key, None)
        lives = [(key, *self.lives[key]) for key in keys if key in self.lives]
        self.lives = {key: (first, self.end if last >= near else last) for key, first, last in lives}

    def _is_echo(self, key: Key) -> bool:
        """Return whether an object has no points but in windows that began before the range."""
        reach = math.ceil(self.range.window / self.range.step)
        return all(math.isnan(value) for lines in self.lines.values() for value in lines.get(key, ())[reach:])

    def partial(self) -> list[Key]:
        """Return the objects that begin or end in the range: without any data at one of its ends.

        Windows of CPU find what has ended, or what was there before and began again later; memory does not.
        """
        places = [place for place in range(self.count + 1) if place not in self.gaps] or [0, self.count]
        partial = []
        for key in {**self.lines["cpu"], **self.lines["memory"]}:
            line = self.lines["memory"].get(key, self.lines["cpu"].get(key, ()))
            if any(math.isnan(line[edge]) for edge in (places[0], places[-1])):
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
        grown = self.grown_in_windows(keys)
        used, seconds = (sum(each) for each in zip(*mine, strict=True))
        return (min(1.0, used / grown) if grown else 0.0), seconds / len(mine) * (len(mine) == len(keys))

    def grown_in_windows(self, keys: Sequence[Key]) -> float:
        """Return the sum of the points of CPU whose windows follow each other in the range."""
        tiles = slice(None, 0, -max(1, self.range.window // self.range.step))
        lines = [self.lines["cpu"][key][tiles] for key in keys if key in self.lines["cpu"]]
        return sum(value for line in lines for value in line if not math.isnan(value))

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
            average, points, sure = points_of(resource)
            if points:
                chosen = sure if statistic in ("min", "max") else points
                figures[name] = average if statistic == "avg" else statistic_of(statistic, chosen)
        return figures

    def _points(self, resource: str, keys: Sequence[Key]) -> tuple[float, list[float], list[float]]:
        """Return the average, and the sorted points, of the sum of objects; no points if there is no data.

        Then those that are not in doubt, if these are most.
        """
        if resource == "cpu":
            average, total, windows = self.windows(keys)
            doubts = set[int]().union(*(self.doubts.get(key, ()) for key in keys))
            points = sorted([total[place] / seconds for place, seconds in windows])
            sure = sorted([total[place] / seconds for place, seconds in windows if place not in doubts])
            return average, points, sure if 2 * len(sure) > len(points) else points
        lines = {key: self.lines[resource][key] for key in keys if key in self.lines[resource]}
        hidden = set(self.near(self.gaps)).union(*(self.unseen.get(key, ()) for key in keys))
        average, known = gauges(lines, hidden, None if self.lives.keys().isdisjoint(lines) else self.lived)
        return average, known, known

    def windows(self, keys: Sequence[Key]) -> tuple[float, Sequence[float], list[tuple[int, float]]]:
        """Return the average and the line of the CPU of the sum of objects, and the windows that count.

        These are by their places, with the seconds that they cover; none if there is no data.
        """
        lines = self.lines["cpu"]
        mine = [(key, lines[key]) for key in keys if key in lines]
        total, present = add_up([line for _, line in mine])
        if not any(present[1:]):
            return 0.0, total, []
        places, window = range(1, self.count + 1), self.range.window
        # At the edges of a gap, some targets are scraped and others are not.
        missing = self.gaps.union(self.before)
        near = self.near(missing) if missing else frozenset()
        overlap = self._overlap([key for key, _ in mine], window)
        counted = [place for place in places if place not in near and overlap[place] > 0]
        if not counted:
            counted = [place for place in places if overlap[place] > 0 and present[place]]
        average = self._average_of([key for key, _ in mine])
        if average is None:
            average = average_of(total, overlap, counted, window / self.range.step)
        if all(present) and not near and min(overlap[1:]) >= WHOLE * window:
            return average, total, [(place, window) for place in places]
        edges = [place for place in range(self.count + 1) if present[place]]
        inner = range(edges[0], edges[-1]) if all(key in self.exact for key, _ in mine) else range(self.count + 1)
        absent = self.near([place for place in inner if not present[place]])
        seen = self._overlap([key for key, _ in mine], window, seen=True)
        whole = [place for place in counted if place not in absent and seen[place] >= WHOLE * window]
        if len(whole) >= FEW:
            return average, total, [(place, window) for place in whole]
        most = max((overlap[place] for place in counted if present[place]), default=0.0)
        parts = [place for place in counted if present[place] and overlap[place] >= min(window / 2, most)]
        return average, total, [(place, overlap[place]) for place in parts]

    def _average_of(self, keys: Sequence[Key]) -> float | None:
        """Return growth over time of the sum of objects; None if it is not known how much all of them grew."""
        grown = [self.grown.get(key, self._rest(key)) for key in keys]
        if None in grown:
            return None
        overlap = self._overlap(keys, self.range.step)
        seconds = sum(overlap[place] for place in self.measured)
        return sum(filter(None, grown)) / seconds if seconds else None

    def _rest(self, key: Key) -> float | None:
        """Return how much an object grew that ended a few scrapes after the begin of the range; None of others.

        Engines need two samples in the range to tell it.
        """
        first, last = self.lives.get(key, (self.start, math.inf))
        if not self.measured or first > self.start or last - self.start > FEW * self.range.interval:
            return None
        value = self.lines["cpu"][key][min(self.measured)] if min(self.measured) == 1 else math.nan
        return None if math.isnan(value) else value / self.range.window * (last - self.start)

    def near(self, absent: Collection[int]) -> frozenset[int]:
        """Return the points whose windows reach into one without data, on either side."""
        reach = math.ceil(self.range.window / self.range.step)
        missing = sorted(absent)
        if missing[:1] == [0] and missing[1:2] != [1] and reach == 1 and not self.late:
            del missing[0]  # the data may begin with the range
        return frozenset(near for place in missing for near in range(place - reach, place + reach + 1))

    def _parts(self, key: Key) -> Iterator[Life]:
        """Yield the parts of the life of an object in which it existed."""
        first, last = self.lives.get(key, (self.start - self.range.window, self.end))
        for begin, end in self.absences.get(key, ()):
            if first < begin < last:
                yield first, begin
                first = end
        yield first, max(first, last)

    def _overlap(self, keys: Iterable[Key], window: float, *, seen: bool = False) -> list[float]:
        """Return for how many of the seconds before each point at least one of the objects existed.

        seen: only until its last sample, not for half a scrape more.
        """
        keys = list(keys)
        if any(key not in self.lives and key not in self.absences for key in keys):
            return [window] * (self.count + 1)
        step = self.range.step
        seconds = [0.0] * (self.count + 1)
        for first, end_of_life in join_spans(part for key in keys for part in self._parts(key)):
            last = end_of_life - (self.range.interval / 2 if seen and end_of_life < self.end else 0.0)
            begin = max(0, math.floor((first - self.start) / step))
            end = min(self.count, math.ceil((last + window - self.start) / step))
            for place in range(begin, end + 1):
                time = self.start + place * step
                seconds[place] += max(0.0, min(last, time) - max(first, time - window))
        return seconds
