"""Lines of points, NaN where there is none: joined, added up and reduced to one number. No I/O."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from operator import add
from typing import Any


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


def join_growth(
    line: array[float], part: array[float], most: int, *, same: bool, better: Sequence[bool] = ()
) -> array[float]:
    """Join the growth of two series of one object: of duplicates, the larger counts; others follow each other.

    most: at how many points windows reach over the end of one and the begin of the other; 0 of gauges. same: if they
    are of one instance. better: at which points the first counts; at the others the second does, not the larger.
    """
    there = [[not math.isnan(value) for value in each] for each in (line, part)]
    shared = [place for place, both in enumerate(zip(*there, strict=True)) if all(both)]
    whole = same and len(shared) == min(map(sum, there))
    joined = join_lines(line, part, max)
    for place in shared if better else ():
        joined[place] = line[place] if better[place] else part[place]
    for first, last in runs(shared):
        before, after = ([0 <= edge < len(line) and each[edge] for each in there] for edge in (first - 1, last + 1))
        # One ends where the other begins; a few points of one amid those of the other are duplicates.
        follows = before == after[::-1] and any(before)
        unsure = not (any(before) and any(after)) and not whole
        if last - first < most and (follows or unsure):
            joined[first : last + 1] = array("d", map(add, line[first : last + 1], part[first : last + 1]))
    return joined


def put_line(
    lines: dict[Any, array[float]], key: Any, line: array[float], both: Callable[[float, float], float]
) -> None:
    """Set the line of a key, joined with the one that it has."""
    known = lines.get(key)
    lines[key] = line if known is None else join_lines(known, line, both)


def add_up(lines: Sequence[array[float]]) -> tuple[Sequence[float], Sequence[bool]]:
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


def gauges(
    lines: Mapping[Any, array[float]], hidden: Container[int], lived: Callable[[Iterable[Any]], float] | None
) -> tuple[float, list[float]]:
    """Return the average of the sum of gauges, and its sorted points, but for the hidden ones if others are left.

    lived: for how many seconds at least one of some objects did, if the lives of all are known.
    """
    total, present = add_up([*lines.values()])
    places = [place for place in range(1, len(total)) if present[place]]
    seen = [place for place in places if place not in hidden]
    known = sorted(total[place] for place in seen or places)
    average = average_of_lives(lines, lived) if lived and len(seen) == len(places) else None
    return sum(known) / max(1, len(known)) if average is None else average, known


def average_of_lives(lines: Mapping[Any, Sequence[float]], lived: Callable[[Iterable[Any]], float]) -> float | None:
    """Return the average of the sum of several gauges, from the seconds that each lived; None if one has holes.

    The number of points of a short life is not its length. lived: for how many seconds at least one of some did.
    """
    averages: dict[Any, float] = {}
    for key, line in lines.items():
        places = [place for place in range(1, len(line)) if not math.isnan(line[place])]
        if places and places[-1] - places[0] >= len(places):
            return None
        if places:
            averages[key] = sum(map(line.__getitem__, places)) / len(places)
    if len(averages) < 2 or not (together := lived(averages)):
        return None
    return sum(average * lived([key]) for key, average in averages.items()) / together


def average_of(total: Sequence[float], overlap: Sequence[float], places: Sequence[int], size: float) -> float:
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


def join_spans(spans: Iterable[tuple[float, float]]) -> list[list[float]]:
    """Return the times in which there is at least one of some spans of time, in order."""
    joined: list[list[float]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return joined


def statistic_of(name: str, ordered: Sequence[float]) -> float:
    """Return min, max or a percentile of sorted numbers, interpolated as in Prometheus."""
    if name in ("min", "max"):
        return ordered[0 if name == "min" else -1]
    rank = int(name[1:]) / 100 * (len(ordered) - 1)
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
