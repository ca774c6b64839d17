"""Growth of counters whose samples come at uneven times. No I/O.

Engines extrapolate what grew between the samples in a window to the ends of the window, but only half a scrape if the
next sample is further away than usual: with samples that kubelets stamp themselves, they lose 2 % on average, and 10 %
of a single window. The growth between the last samples before both ends, over the time between these, has no such
error.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Final

from c3s_cli.sources.prometheus.decoding import Labels, Matrix, Points
from c3s_cli.sources.prometheus.promql import Range

# If the two differ more, the counter began again in the window: then only the engine, which sees each sample, is right.
CLOSE: Final = 0.25
Line = Callable[[Points], "array[float]"]


def evened(matrix: Matrix, values: Matrix, times: Matrix, line: Line, places: array[float], period: Range) -> Matrix:
    """Return growth in windows, from the last values of counters before both ends, and the times of these.

    line: makes the line of a series, which has a point at each of the places.
    """
    size, window = period.window // period.step, period.window
    last = [{_identity(labels): line(points) for labels, points in each} for each in (values, times)]
    found = []
    for labels, points in matrix:
        grown = line(points)
        value, time = (each.get(_identity(labels)) for each in last)
        if value is not None and time is not None:
            grown = array("d", grown)
            ends = zip(value, value[size:], time, time[size:], strict=False)
            for place, (earlier, later, start, end) in enumerate(ends, size):
                if end > start and later >= earlier:
                    better = (later - earlier) * window / (end - start)
                    if abs(better - grown[place]) <= CLOSE * grown[place]:
                        grown[place] = better
        found.append((labels, Points(places, grown)))
    return found


def _identity(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset(pair for pair in labels.items() if pair[0] != "__name__")
