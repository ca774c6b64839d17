"""Gaps in the data that are shorter than a step, or than the window of a rate: scrapes that were lost. No I/O."""

from __future__ import annotations

import math
from typing import Final

from c3s_cli.sources.prometheus.decoding import Points
from c3s_cli.sources.prometheus.promql import Range

# So many scrapes may be missing, and such a part of all, before that is a gap.
FEW: Final = 2.5
PART: Final = 0.03
# At the least so many scrapes are counted together.
TOGETHER: Final = 4


def counts_of(series: str, period: Range) -> str:
    """Return the query for the number of samples in each step: the most that any of some series has."""
    return f"max(count_over_time({series}[{max(period.step, math.ceil(TOGETHER * period.interval))}s]))"


def lost(counts: Points, start: float, period: Range) -> dict[int, float]:
    """Return the share of scrapes that are missing in the steps before points of a range, by their places."""
    usual = sorted(counts.values)[len(counts.values) * 3 // 4]
    enough = usual - FEW - PART * usual
    found = {round((time - start) / period.step): count for time, count in zip(*counts, strict=True)}
    # Before the first full step, the data may not have begun.
    full = [place for place, count in found.items() if count >= enough]
    missing = {place: usual - found.get(place, 0.0) for place in range(full[0], max(found) + 1)}
    return {place: number / usual for place, number in missing.items() if usual - number < enough}
