"""Growth of counters whose samples come at uneven times, or are missing. No I/O.

Engines extrapolate what grew between the samples in a window to the ends of the window, but only half a scrape if the
next sample is further away than usual: with samples that kubelets stamp themselves, they lose 2 % on average, and 10 %
of a single window; of a window at whose end a scrape was missed, 10 to 20 %. The growth between the last samples before
both ends, over the time between these, has no such error.
"""

from __future__ import annotations

import math
from array import array
from itertools import pairwise
from typing import Final

from msgspec import Struct

from c3s_cli.sources.prometheus.decoding import Labels, Matrix, Points
from c3s_cli.sources.prometheus.history import History
from c3s_cli.sources.prometheus.lines import join_lines
from c3s_cli.sources.prometheus.promql import NEAR, who
from c3s_cli.sources.prometheus.samples import Key, target_of

# If it is that much less, the counter began again in the window: then only the engine is right, which sees each sample.
# One that has so many times as much as it grew did not. Containers that take turns need the same windows.
LESS: Final = 0.25
MORE: Final = 1.0
OLD: Final = 2.0
Identity = frozenset[tuple[str, str]]


class LastSamples(Struct):
    """The last samples of counters before each point of a range, and those of their targets."""

    values: dict[Identity, array[float]]
    times: dict[Identity, array[float]]
    newest: dict[Key, array[float]]


def last_samples(values: Matrix, times: Matrix, history: History, before: float = 0.0) -> LastSamples:
    """Return the last samples before points, which are some seconds before those of the range."""
    start = history.start - before
    newest: dict[Key, array[float]] = {}
    lines: dict[Identity, array[float]] = {}
    for labels, points in times:
        line = lines[_identity(labels)] = _line(points, start, history)
        target = target_of(labels)
        known = newest.get(target)
        newest[target] = line if known is None else join_lines(known, line, max)
    return LastSamples({_identity(labels): _line(points, start, history) for labels, points in values}, lines, newest)


def even_out(matrix: Matrix, starts: LastSamples, ends: LastSamples, history: History) -> Matrix:
    """Return growth in windows, from the last samples before the starts and ends of these."""
    period = history.range
    window, grace = period.window, period.lookback if period.uneven else period.interval / 2
    places = array("d", [history.start + place * period.step for place in range(history.count + 1)])
    series = []
    for labels, points in matrix:
        identity, target = _identity(labels), target_of(labels)
        grown = history.line(points)
        parts = [
            each
            for last in (starts, ends)
            for each in (last.values.get(identity), last.times.get(identity), last.newest.get(target))
        ]
        if None not in parts:
            grown = array("d", grown)
            scraped = ends.newest[target]
            final = max((time for time in scraped if not math.isnan(time)), default=0.0)
            near = period.lookback if period.uneven or final >= places[-1] - period.lookback else NEAR * period.interval
            for place, (low, start, first, high, end, last) in enumerate(zip(*parts, strict=True)):
                # What ended before the last scrape has grown no more; a target that is never scraped again may have.
                lives = start >= first - grace and end >= last - grace
                if not (lives and (final > last or places[place] - last <= near)):
                    continue
                if end > start and high >= low:
                    better = (high - low) * window / (end - start)
                    more = better - grown[place]
                    if high > OLD * max(better, grown[place]) or -LESS * grown[place] <= more <= MORE * grown[place]:
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


def _line(points: Points, start: float, history: History) -> array[float]:
    """Return values at each point of a range that starts at a time; NaN where there is none."""
    line = array("d", [math.nan]) * (history.count + 1)
    for time, value in zip(*points, strict=True):
        place = round((time - start) / history.range.step)
        if 0 <= place < len(line):
            line[place] = value
    return line


def _identity(labels: Labels) -> Identity:
    return frozenset(pair for pair in labels.items() if pair[0] != "__name__")
