"""How far apart scrapes are in a range: the interval may change within it, and its end tells only of the end."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import groupby
from statistics import median
from typing import Final

from msgspec import Struct

from c3s_cli.errors import C3sError
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.engine import Engine

# Samples are counted in windows of so many seconds, or of so many scrapes. A second less, so that n samples are n
# intervals.
SECONDS: Final = 899
SCRAPES: Final = 4
# So many windows in a row, all further from usual than this, are a change of the interval; fewer may have gaps.
ROW: Final = 3
CHANGED: Final = 1.4


class Intervals(Struct, frozen=True):
    """The times between two scrapes.

    usual: at the end of the range. ends, shares: in the windows before these times, as shares of the usual one; none if
    it never changed.
    """

    usual: float
    ends: Sequence[float] = ()
    shares: Sequence[float] = ()

    @property
    def shortest(self) -> float:
        """The shortest interval."""
        return self.usual * min(self.shares, default=1.0)

    @property
    def share(self) -> float:
        """The longest interval, as a share of the usual one."""
        return max(self.shares, default=1.0)

    def at(self, time: float) -> float:
        """Return the interval at a time."""
        if not self.ends:
            return self.usual
        return self.usual * self._share(time)

    def changes(self, begin: float, end: float) -> bool:
        """Return whether the interval may have changed between two times."""
        return bool(self.ends) and self._share(begin - SECONDS) != self._share(end + SECONDS)

    def _share(self, time: float) -> float:
        return self.shares[min(bisect_left(self.ends, time), len(self.ends) - 1)]


def intervals_in(engine: Engine, match: str, start: float, end: float, usual: float) -> Intervals:
    """Read how far apart scrapes were in a range. usual: at its end."""
    window = max(SECONDS, math.ceil(SCRAPES * usual) - 1)
    if end - start < (ROW + 1) * window:
        return Intervals(usual)
    step = max(window + 1, promql.look_step(end - start))
    for series in promql.of_others(match):
        try:
            matrix = engine.points(f"max(count_over_time({series}[{window}s]))", start + step, end, step)
        except C3sError:  # then nobody knows
            break
        for _, counts in matrix:
            return _changes(usual, counts.times, counts.values)
    return Intervals(usual)


def _changes(usual: float, times: Sequence[float], counts: Sequence[float]) -> Intervals:
    """Return the intervals. counts: of samples in the windows before some times."""
    last = median(counts[-ROW:])
    shares = [last / max(1.0, count) for count in counts]
    changes = [(share >= CHANGED) - (share <= 1 / CHANGED) for share in shares]
    found = [1.0] * len(shares)
    for change, group in groupby(range(len(shares)), key=changes.__getitem__):
        places = [*group]
        if change and len(places) >= ROW:
            found[places[0] : places[-1] + 1] = [median(map(shares.__getitem__, places))] * len(places)
    return Intervals(usual, times, found) if any(share != 1 for share in found) else Intervals(usual)
