"""Gauges of what has ended, and of what some scrapes missed. No I/O.

The last value of what has ended is still found for two scrapes, and must not count as present. If more scrapes fail,
what goes on is not found for a while, and must not count as absent.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from c3s_cli.sources.prometheus.decoding import Labels, Matrix, Points
from c3s_cli.sources.prometheus.promql import WINDOW, Who, who
from c3s_cli.sources.prometheus.samples import Key, target_of

Identity = frozenset[tuple[str, str]]


def ended_series(matrix: Matrix, end: float, step: int) -> list[Labels]:
    """Return the series that stop before the end of a range while others go on."""
    present = {time for _, points in matrix for time in points.times}
    return [
        labels
        for labels, points in matrix
        if any(
            time + step in present and later > time + 1.5 * step
            for time, later in pairwise((*points.times, end + 2 * step))
        )
    ]


def longest_series(matrix: Matrix) -> list[Labels]:
    """Return the labels of the series of each target that has the most points."""
    longest: dict[Key, tuple[Labels, Points]] = {}
    for labels, points in matrix:
        known = longest.setdefault(target_of(labels), (labels, points))
        if len(points.times) > len(known[1].times):
            longest[target_of(labels)] = labels, points
    return [labels for labels, _ in longest.values()]


def pods_of(series: list[Labels], most: int) -> list[str]:
    """Return the names of the pods of series; none if there are too many, or if their label was renamed."""
    names = {who(labels)[1] for labels in series}
    renamed = any("exported_pod" in labels for labels in series)
    return [] if renamed or len(names) > most else sorted(names - {""})


def without_stale(matrix: Matrix, fresh: Matrix, asked: list[Labels], step: int) -> Matrix:
    """Remove the last points of each run of points that are not fresh: no scrape was missed, but the object had ended.

    fresh: the points that are. asked: of which series they are.
    """
    times: dict[Identity, set[float]] = {frozenset(labels.items()): set() for labels in asked}
    for labels, points in fresh:
        if (known := times.get(frozenset(labels.items()))) is not None:
            known.update(points.times)
    kept = []
    for labels, points in matrix:
        known = times.get(frozenset(labels.items()))
        left = points if known is None else _trimmed(points, known, step)
        if left.times:
            kept.append((labels, left))
    return kept


def _trimmed(points: Points, fresh: set[float], step: int) -> Points:
    kept, later, lives = [], float("inf"), False
    for time, value in zip(reversed(points.times), reversed(points.values), strict=True):
        lives = time in fresh or (lives and later - time < 1.5 * step)
        if lives:
            kept.append((time, value))
        later = time
    return Points(array("d", [time for time, _ in reversed(kept)]), array("d", [value for _, value in reversed(kept)]))


def unseen_points(matrix: Matrix, fresh: Matrix, start: float, step: int) -> Iterator[tuple[Labels, float]]:
    """Yield the points next to those of series at which their target had missed a scrape, and the labels of these.

    What has ended then may have been there, and what begins as well: nobody knows.
    matrix: the points that are not stale. fresh: those of at least one series of each target. start: the first point.
    """
    scrapes: dict[Key, set[float]] = {}
    for labels, points in fresh:
        scrapes.setdefault(target_of(labels), set()).update(points.times)
    hidden: list[tuple[Labels, float]] = []
    for labels, points in matrix:
        if scraped := scrapes.get(target_of(labels)):
            hidden += [(labels, time) for time in _beside(points.times, scraped, max(start, min(scraped)), step)]
    if not hidden:
        return
    known: dict[Who, set[float]] = {who(labels): set() for labels, _ in hidden}
    for labels, points in matrix:
        if (times := known.get(who(labels))) is not None:
            times.update(points.times)
    yield from ((labels, time) for labels, time in hidden if time not in known[who(labels)])


def _beside(times: Sequence[float], scraped: Collection[float], start: float, step: int) -> Iterator[float]:
    """Yield the points before and after the runs of some at which nothing was scraped, but earlier and later."""
    final = max(scraped)
    edges = [(earlier, later) for earlier, later in pairwise(times) if later - earlier > 1.5 * step]
    for edge, way in [
        (times[0], -step),
        *((later, -step) for _, later in edges),
        *((earlier, step) for earlier, _ in edges),
        (times[-1], step),
    ]:
        time = edge + way
        while start <= time <= final and time not in scraped:
            yield time
            time += way


def with_holes(matrix: Matrix, step: int, *, instances: bool) -> list[Labels]:
    """Return the series that lack points between others. instances: as of bridge_holes."""
    return [
        labels
        for labels, points in matrix
        if (labels.get("id") or not instances)
        and any(later > time + 1.5 * step for time, later in pairwise(points.times))
    ]


def fill_holes(matrix: Matrix, older: Matrix) -> Matrix:
    """Add points between others. older: what is found if samples may be some minutes old."""
    known = {frozenset(labels.items()): points for labels, points in older}
    filled = []
    for labels, points in matrix:
        if more := known.get(frozenset(labels.items())):
            first, last = points.times[0], points.times[-1]
            values = {time: value for time, value in zip(*more, strict=True) if first < time < last}
            values |= dict(zip(*points, strict=True))
            times = sorted(values)
            points = Points(array("d", times), array("d", [values[time] for time in times]))  # noqa: PLW2901
        filled.append((labels, points))
    return filled


def bridge_holes(matrix: Matrix, step: int, *, instances: bool) -> Matrix:
    """Add the points at which scrapes of something had failed for a few minutes: its last value.

    instances: whether only series with an id are of one instance, so that it cannot have ended meanwhile.
    """
    return [
        (labels, points if instances and not labels.get("id") else _bridged(points, step)) for labels, points in matrix
    ]


def _bridged(points: Points, step: int) -> Points:
    times, values = array("d"), array("d")
    for time, value in zip(*points, strict=True):
        if times and 1.5 * step < time - times[-1] <= WINDOW + step:
            missing = [times[-1] + step * each for each in range(1, round((time - times[-1]) / step))]
            values.extend([values[-1]] * len(missing))
            times.extend(missing)
        times.append(time)
        values.append(value)
    return Points(times, values)
