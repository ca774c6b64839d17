"""By how much figures of sums may be wrong, as nobody knows when a container ended. No I/O.

Between its last scrape and the next one, a container may have ended at any time: half of what it would have used
counts. In the sum of a few pods, that is some percent of a window; in the average of a few that lived shortly, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from c3s_cli.sources.prometheus.history import History, Key
from c3s_cli.sources.prometheus.lines import statistic_of

# A smaller share of the time does not matter. Lives that hardly overlap follow each other.
SMALL: Final = 0.005
ALONE: Final = 1.05
# Errors of more lives than that cancel each other out.
MANY: Final = 200
# The errors of several lives are hardly ever larger than twice what they are on average.
MOST: Final = 2 / math.sqrt(3)


def vague_figures(history: History, keys: Sequence[Key], wanted: Iterable[str]) -> dict[str, int]:
    """Return how many parts per thousand extremes (vague) and averages (short) of an object may be off, if any."""
    shares = {"vague": vague_share(history, keys, wanted), "short": vague_averages(history, keys, wanted)}
    return {f"coverage.{what}": round(1000 * share) for what, share in shares.items() if round(1000 * share)}


def vague_share(history: History, keys: Sequence[Key], wanted: Iterable[str]) -> float:
    """Return by which share statistics of the sum of objects may be wrong. wanted: such as `cpu.min`."""
    names = [name.removeprefix("cpu.") for name in wanted if name.startswith("cpu.") and name != "cpu.avg"]
    moments = [*_moments(history, keys)] if names else []
    if not moments:
        return 0.0
    vague = _in_windows(history, moments)
    _, total, windows = history.windows(keys)
    if not any(vague[place] for place, _ in windows):
        return 0.0
    usual, least, most = (
        sorted([max(0.0, total[place] + sign * vague[place]) / seconds for place, seconds in windows])
        for sign in (0, -1, 1)
    )
    figures = [[statistic_of(name, points) for points in (usual, least, most)] for name in names]
    return max((max(high - known, known - low) / known for known, low, high in figures if known), default=0.0)


def vague_averages(history: History, keys: Sequence[Key], wanted: Iterable[str]) -> float:
    """Return by which share averages of the sum of several short lives may be wrong. wanted: such as `cpu.avg`."""
    lives = {key: history.lives[key] for key in keys if key in history.lives}
    if len({key[:2] for key in keys}) < 2 or not lives:
        return 0.0
    half = history.range.interval / 2
    ends = {
        key: (first > history.start and key not in history.exact) + (last < history.end)
        for key, (first, last) in lives.items()
    }
    together = history.lived(keys)
    if not 0 < SMALL * together < half * sum(ends.values()) < half * MANY:
        return 0.0
    alone = sum(history.lived([key]) for key in keys) < together * ALONE
    shares = [0.0]
    for name in [each for each in wanted if each.endswith(".avg")]:
        if average := history.figures(keys, [name]).get(name, 0.0):
            known = {key: history.figures([key], [name]).get(name, 0.0) for key in lives}
            errors = [known[key] - average * alone for key, count in ends.items() for _ in range(count)]
            shares.append(MOST * half * math.hypot(*errors) / together / average)
    return max(shares)


def _moments(history: History, keys: Sequence[Key]) -> Iterator[tuple[float, float]]:
    """Yield the times at which some CPU may have been used as well as not, and how much, in core seconds."""
    half = history.range.interval / 2
    for key in keys:
        if key in history.vague:
            yield from history.vague[key]
        elif key in history.lives and len(keys) > 1 and (line := history.lines["cpu"].get(key)):
            used = max((value for value in line if not math.isnan(value)), default=0.0) / history.range.window * half
            yield from ((time, used) for time in history.lives[key] if history.start < time < history.end)


def _in_windows(history: History, moments: Iterable[tuple[float, float]]) -> list[float]:
    """Return how much of the window before each point is vague."""
    step, start = history.range.step, history.start
    line = [0.0] * (history.count + 1)
    for time, amount in moments:
        first, last = math.floor((time - start) / step) + 1, math.ceil((time + history.range.window - start) / step)
        for place in range(max(0, first), min(len(line), last)):
            line[place] += amount
    return line
