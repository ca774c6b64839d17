"""By how much extremes and percentiles of CPU may be wrong, as nobody knows when a container ended. No I/O.

Between its last scrape and the next one, a container may have ended at any time: half of what it would have used
counts. In the sum of a few pods, that is some percent of a window.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from c3s_cli.sources.prometheus.history import History, Key
from c3s_cli.sources.prometheus.lines import statistic_of


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
