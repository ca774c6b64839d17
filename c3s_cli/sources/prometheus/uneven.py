"""Growth of counters whose samples come at uneven times, are missing, or are in several series. No I/O.

Engines extrapolate what grew between the samples in a window to the ends of the window, but only half a scrape if the
next sample is further away than usual: with samples that kubelets stamp themselves, they lose 2 % on average, and 10 %
of a single window; of a window at whose end a scrape was missed, 10 to 20 %, and of one whose samples were lost on
their way, nearly all. The growth between the last samples before both ends, over the time between these, has no such
error. One run of a container has one counter, however many jobs or agents scrape it.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from c3s_cli.sources.prometheus.decoding import Labels, Matrix, Points
from c3s_cli.sources.prometheus.history import History
from c3s_cli.sources.prometheus.lines import join_lines
from c3s_cli.sources.prometheus.promql import INSTANCE, NEAR, SCRAPE, who
from c3s_cli.sources.prometheus.samples import Key, target_of

# If it is that much less, the counter began again in the window: then only the engine is right, which sees each sample.
# One that has so many times as much as it grew did not. Containers that take turns need the same windows.
LESS: Final = 0.25
MORE: Final = 1.0
OLD: Final = 2.0
Identity = frozenset[tuple[str, str]]
# The time and the value of a sample.
Sample = tuple[float, float]


class LastSamples(Struct):
    """The last samples before some times: those of each series, in order, and when each target was scraped."""

    series: dict[Identity, list[Sample]]
    scrapes: dict[Key, list[float]]


def last_samples(answers: Iterable[tuple[Matrix, Matrix]]) -> LastSamples:
    """Return the last samples. answers: pairs of their values and their times."""
    series: dict[Identity, set[Sample]] = {}
    scrapes: dict[Key, set[float]] = {}
    for values, times in answers:
        known = {identity_of(labels): dict(zip(*points, strict=True)) for labels, points in times}
        for labels, points in values:
            identity = identity_of(labels)
            stamps = known.get(identity, {})
            pairs = {(stamps[time], value) for time, value in zip(*points, strict=True) if time in stamps}
            series.setdefault(identity, set()).update(pairs)
            scrapes.setdefault(target_of(labels), set()).update(time for time, _ in pairs)
    return LastSamples(
        {identity: sorted(found) for identity, found in series.items()},
        {target: sorted(found) for target, found in scrapes.items()},
    )


def counter_of(labels: Labels) -> Any:
    """Return what tells apart counters: an instance of a container, which several series may have, or the series."""
    instance = tuple([labels.get(label) for label in INSTANCE.split(", ")])
    return (who(labels), instance) if labels.get("id") else identity_of(labels)


def even_out(matrix: Matrix, samples: LastSamples, history: History, doubt: Callable[[Labels, int], None]) -> Matrix:
    """Return growth in windows, from the last samples before the starts and ends of these; one series of a counter.

    doubt: is told the places of windows of which so many samples are missing that only their average is known.
    """
    period = history.range
    places = array("d", [history.start + place * period.step for place in range(history.count + 1)])
    counters: dict[Any, list[tuple[Labels, Points]]] = {}
    for labels, points in matrix:
        counters.setdefault(counter_of(labels), []).append((labels, points))
    series = []
    for several in counters.values():
        labels = min((each for each, _ in several), key=target_of)
        counter = _counter(several, samples)
        line = array("d", _joined(several, history))
        for place in _correct(line, places, counter, history) if counter.samples else ():
            doubt(labels, place)
        series.append((labels, Points(places, line)))
    return series


def spans_of(matrix: Matrix, samples: LastSamples, step: int) -> Iterator[tuple[Labels, Sample]]:
    """Yield from when until when instances of containers, and nodes, ran at least, with the labels of their series."""
    for labels, _ in matrix:
        known = samples.series.get(identity_of(labels))
        if known and labels.get("id"):
            yield labels, (known[0][0], known[-1][0])
        elif known and not who(labels)[1]:
            times = [time for time, _ in known]
            cuts = [place for place in range(1, len(times)) if times[place] - times[place - 1] > 1.5 * step]
            yield from ((labels, (times[first], times[end - 1])) for first, end in pairwise((0, *cuts, len(times))))


class _Counter(Struct):
    """A counter. samples: some of it, in order. scrapes: some times at which its targets were scraped, in order.

    single: whether it is of one run, so that it only grows.
    """

    samples: list[Sample]
    scrapes: list[float]
    single: bool


def _counter(several: Sequence[tuple[Labels, Points]], known: LastSamples) -> _Counter:
    labels = several[0][0]
    samples = known.series.get(identity_of(labels), [])
    scrapes = known.scrapes.get(target_of(labels), [])
    if len(several) > 1:
        samples = sorted({each for labels, _ in several for each in known.series.get(identity_of(labels), ())})
        targets = {target_of(labels) for labels, _ in several}
        scrapes = sorted({time for target in targets for time in known.scrapes.get(target, ())})
    began_again = any(later < value * (1 - LESS) for (_, value), (_, later) in pairwise(samples))
    return _Counter(samples, scrapes, bool(labels.get("id")) and not began_again)


def _correct(line: array[float], places: array[float], counter: _Counter, history: History) -> Iterator[int]:
    """Replace the growth in the windows at whose ends a counter is known. Yield those in doubt."""
    window = history.range.window
    ends = _edges(counter, places, history, end=True)
    starts = _edges(counter, [place - window for place in places], history)
    for place, (first, last) in enumerate(zip(starts, ends, strict=True)):
        if first is None or last is None:
            continue
        (start, low, sure), (end, high, certain), grown = first, last, line[place]
        if end <= start or (high < low and not counter.single):
            continue
        better = max(0.0, high - low) * window / (end - start)
        more = better - grown
        old = high > OLD * better if math.isnan(grown) else high > OLD * max(better, grown)
        if counter.single or old or -LESS * grown <= more <= MORE * grown:
            line[place] = better
            if not (sure and certain):
                yield place


def _edges(
    counter: _Counter, moments: Sequence[float], history: History, *, end: bool = False
) -> Iterator[tuple[float, float, bool] | None]:
    """Yield the last sample before each moment, or what the counter had then if samples are missing.

    Also whether that is sure. None where it did not exist, as far as known. end: whether windows end there.
    """
    period, samples, scrapes = history.range, counter.samples, counter.scrapes
    grace = period.lookback if period.uneven else period.interval / 2
    fresh = period.lookback if period.uneven else NEAR * period.interval
    final = scrapes[-1]
    near = period.lookback if period.uneven or final >= history.end - period.lookback else fresh
    place = -1
    for moment in moments:
        while place + 1 < len(samples) and samples[place + 1][0] <= moment:
            place += 1
        if place < 0:
            yield None
            continue
        time, value = samples[place]
        if place + 1 < len(samples):
            later, more = samples[place + 1]
            # Had it begun again, it would not have that much.
            if counter.single or value > OLD * (more - value) >= 0:
                between = value + (more - value) * (moment - time) / (later - time)
                sure = later - time <= period.window / 2
                yield (moment, between, sure) if moment - time > fresh else (time, value, True)
                continue
        # What ended before the last scrape has grown no more; a target that is never scraped again may have.
        scraped = scrapes[bisect_right(scrapes, moment) - 1]
        lives = time >= scraped - grace and not (end and final <= scraped and moment - scraped > near)
        yield (time, value, True) if lives else None


def _joined(several: Sequence[tuple[Labels, Points]], history: History) -> array[float]:
    """Return the growth that the engine has computed of the series of a counter: the most that a job has seen."""
    jobs: dict[Any, list[array[float]]] = {}
    for labels, points in several:
        jobs.setdefault(tuple([labels.get(each) for each in SCRAPE.split(", ")]), []).append(history.line(points))
    lines = [history.unite("cpu", parts, same=True) for parts in jobs.values()]
    return reduce(lambda one, other: join_lines(one, other, max), lines)


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


def identity_of(labels: Labels) -> Identity:
    """Return what tells apart the series of one name."""
    return frozenset(pair for pair in labels.items() if pair[0] != "__name__")
