"""Growth of counters whose samples come at uneven times. No I/O.

Engines extrapolate what grew between the samples in a window to the ends of the window, but only half a scrape if the
next sample is further away than usual: with samples that kubelets stamp themselves, they lose 2 % on average, and 10 %
of a single window. The growth between the last samples before both ends, over the time between these, has no such
error.
"""

from __future__ import annotations

import math
from array import array
from itertools import pairwise
from typing import Final

from c3s_cli.sources.prometheus.decoding import Labels, Matrix, Points
from c3s_cli.sources.prometheus.history import History
from c3s_cli.sources.prometheus.promql import who

# If the two differ more, the counter began again in the window: then only the engine, which sees each sample, is right.
CLOSE: Final = 0.25


def even_out(matrix: Matrix, values: Matrix, times: Matrix, history: History) -> Matrix:
    """Return growth in windows, from the last values of counters before both ends, and the times of these.

    values, times: at each point of the range, and of the window before it.
    """
    period = history.range
    size, window = period.window // period.step, period.window
    places = array("d", [history.start + place * period.step for place in range(history.count + 1)])
    last = [{_identity(labels): _line(points, history, size) for labels, points in each} for each in (values, times)]
    series = []
    for labels, points in matrix:
        grown = history.line(points)
        value, time = (each.get(_identity(labels)) for each in last)
        if value is not None and time is not None:
            grown = array("d", grown)
            ends = zip(value, value[size:], time, time[size:], strict=False)
            for place, (earlier, later, start, end) in enumerate(ends):
                if end > start and later >= earlier:
                    better = (later - earlier) * window / (end - start)
                    if abs(better - grown[place]) <= CLOSE * grown[place]:
                        grown[place] = better
        series.append((labels, Points(places, grown)))
    return series


def swings_of(matrix: Matrix, history: History) -> dict[tuple[str, ...], float]:
    """Return by which share windows of pods may be wrong, as the growth at their edges is not known to the second.

    matrix: the growth in windows.
    """
    period = history.range
    swings: dict[tuple[str, ...], float] = {}
    for labels, points in matrix:
        known = [value for value in history.line(points) if not math.isnan(value)]
        if total := sum(known):
            jump = max((abs(later - earlier) for earlier, later in pairwise(known)), default=0.0)
            pod = who(labels)[:2]
            swings[pod] = max(swings.get(pod, 0.0), jump / period.step * period.interval / 2 * len(known) / total)
    return swings


def _line(points: Points, history: History, before: int) -> array[float]:
    """Return values at each point, and at some before; NaN where there is none."""
    start, step = history.start - before * history.range.step, history.range.step
    line = array("d", [math.nan]) * (history.count + 1 + before)
    for time, value in zip(*points, strict=True):
        place = round((time - start) / step)
        if 0 <= place < len(line):
            line[place] = value
    return line


def _identity(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset(pair for pair in labels.items() if pair[0] != "__name__")
