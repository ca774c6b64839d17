"""Series of containers over a range → one line for each container or pod, as an engine would aggregate them. No I/O.

Engines take ten times as long to aggregate series at each point as to send them.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any, Final

from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Matrix, Points, Vector
from c3s_cli.sources.prometheus.history import Key
from c3s_cli.sources.prometheus.lines import join_lines, put_line

# The labels that tell apart the instances of a container, the jobs that scrape it, and how they name it.
INSTANCE: Final = tuple(promql.INSTANCE.split(", "))
SCRAPE: Final = tuple(promql.SCRAPE.split(", "))
NAMES: Final = tuple(promql.OF_CONTAINER.split(", "))
# A target that has so much less of all objects than another one at a time has missed scrapes.
MISSED: Final = 0.05
KNOWN: Final = {*INSTANCE, *SCRAPE, *NAMES, "__name__", "image", "name"}


def largest(lines: Sequence[array[float]], **_: bool) -> array[float]:
    """Return the larger points of duplicates."""
    return reduce(lambda one, other: join_lines(one, other, max), lines)


def reduce_series(
    matrix: Matrix,
    resource: str,
    line: Callable[[Points], array[float]],
    *,
    containers: bool,
    jobs: bool,
    unite: Callable[..., array[float]] = largest,
    follow: bool = False,
) -> dict[Key, array[float]]:
    """Return the lines of containers, or of pods, by their names.

    A container that two jobs scrape counts once; instances before and after a restart, and CPUs, are added up.
    line: makes the line of a series. jobs: whether several jobs scrape them. unite: makes one line of those of several
    targets, which are duplicates or follow each other. follow: whether series with other labels are other targets.
    """
    cpu = resource == "cpu"
    # Series of the same key are parts of one series, or duplicates. A target may move from one agent to another, which
    # writes a label of its own.
    series: dict[tuple[Any, ...], dict[Any, array[float]]] = {}
    for labels, points in matrix:
        instance = tuple([labels.get(label) for label in INSTANCE]) if cpu else ()
        scrape = tuple([labels.get(label) for label in (*NAMES, *SCRAPE * jobs)])
        targets = series.setdefault((promql.who(labels), scrape, instance), {})
        target = tuple(sorted(pair for pair in labels.items() if pair[0] not in KNOWN)) if cpu and follow else None
        put_line(targets, target or (labels.get("instance") if cpu else None), line(points), max)
    better = better_targets([each for each in series.values() if len(each) > 1]) if cpu and follow else {}
    scraped: dict[tuple[Any, ...], array[float]] = {}
    for (who, scrape, instance), targets in series.items():
        several = [targets[each] for each in sorted(targets, key=str)] if better else [*targets.values()]
        chosen = {"better": better[frozenset(targets)]} if len(several) > 1 and better else {}
        line_of = unite(several, same=bool(instance and instance[0]), **chosen) if len(several) > 1 else several[0]
        put_line(scraped, (who, scrape), line_of, add)
    lines: dict[Key, array[float]] = {}
    for (who, _), each in scraped.items():
        put_line(lines, who, each, max)
    if containers:
        return lines
    pods: dict[Key, array[float]] = {}
    for who, each in lines.items():
        put_line(pods, who[:2], each, add)
    return pods


def better_targets(rivals: Sequence[Mapping[Any, array[float]]]) -> dict[frozenset[Any], list[list[bool]]]:
    """Return for each set of targets, and each target but the first, at which points those before it count instead.

    rivals: the lines of each object by targets. The windows of two Prometheus servers end at other scrapes: the larger
    of each object would make sums too large. One that has much less of all has missed scrapes.
    """
    sums: dict[frozenset[Any], list[array[float]]] = {}
    for targets in rivals:
        lines = [targets[each] for each in sorted(targets, key=str)]
        known = sums.setdefault(frozenset(targets), [array("d", bytes(8 * len(line))) for line in lines])
        if any(map(math.isnan, map(sum, lines))):
            shared = [not math.isnan(sum(points)) for points in zip(*lines, strict=True)]
            lines = [
                array("d", [value if both else 0.0 for value, both in zip(line, shared, strict=True)]) for line in lines
            ]
        known[:] = [array("d", map(add, *both)) for both in zip(known, lines, strict=True)]
    found = {}
    for names, (first, *others) in sums.items():
        better, best = [], first
        for other in others:
            better.append([one * (1 + MISSED) >= two for one, two in zip(best, other, strict=True)])
            best = array("d", [one if first else two for first, one, two in zip(better[-1], best, other, strict=True)])
        found[names] = better
    return found


def as_points(vector: Vector, time: float) -> Matrix:
    """Return the values of series at one time as lines of one point."""
    return [(labels, Points(array("d", [time]), array("d", [value]))) for labels, value in vector]
