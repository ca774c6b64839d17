"""Ranges that begin or end in a gap: the first and the last moment with data, which stand for their edges."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.timestamp import utc
from c3s_cli.errors import C3sError
from c3s_cli.sources.calls import Memoized
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Points
from c3s_cli.sources.prometheus.engine import Engine

# If no more than one of so many series is left, scraping has failed.
FEW: Final = 10
# How far back the last data is looked for, in seconds, if there is none at a single time.
BACK: Final = 7 * 86_400
# What kube-state-metrics always has.
STATES: Final = ("kube_node_info", "kube_pod_info", "kube_node_status_allocatable")
Moment = Callable[[], "float | None"]


class Edges(Struct):
    """The edges of a range: each is None if there is data there, or never any. Computed when first asked for.

    first_usage, last_usage: of the series of nodes or containers. first_states, last_states: of kube-state-metrics.
    """

    engine: Engine
    match: str
    start: float
    end: float
    first_usage: Moment = float
    first_states: Moment = float
    last_usage: Moment = float
    last_states: Moment = float

    def __post_init__(self) -> None:
        states = [f"{name}{promql.braces(self.match)}" for name in STATES]
        usage = promql.of_others(self.match)
        self.first_usage = Memoized(partial(self._first, usage))
        self.first_states = Memoized(partial(self._first, states))
        self.last_usage = Memoized(
            lambda: self._last(usage, 0) if self._has(states) else self._last(usage, FEW, gone=not self._has(usage))
        )
        self.last_states = Memoized(lambda: None if self._has(states) else self._last(states, 0, gone=True))

    def _has(self, selectors: list[str]) -> bool:
        """Return whether there is data at the end."""
        with suppress(C3sError):
            return any(self.engine.vector(f"count({series})", self.end) for series in selectors[:2])
        return False

    @property
    def _step(self) -> int:
        return min(promql.WINDOW, promql.look_step(self.end - self.start))

    def _counts(self, series: str) -> Points | None:
        """Return how many series there are at the steps of the range that have any; None if none has."""
        matrix = self.engine.points(f"count({series})", self.start, self.end, self._step)
        return next((counts for _, counts in matrix), None)

    def missing(self, step: int, fresh: int) -> float:
        """Return the seconds of all gaps before the last data of the range.

        step: how finely to look, in seconds. fresh: how old the last sample may be before a gap begins, in seconds.
        """
        for series in promql.of_others(self.match):
            with suppress(C3sError):  # nobody knows
                query = f"count(last_over_time({series}[{fresh}s]))"
                for _, (times, _) in self.engine.points(query, self.start, self.end, step):
                    holes = [later - time - step for time, later in pairwise(times)]
                    return times[0] - self.start + sum(hole + fresh for hole in holes if hole > 0)
        return 0.0

    def _first(self, selectors: list[str]) -> float | None:
        for series in selectors:
            with suppress(C3sError):  # nobody knows
                if counts := self._counts(series):
                    # A step later, all have been scraped.
                    begin = counts.times[0]
                    return begin + self._step if begin > self.start else None
        return None

    def _last(self, selectors: list[str], few: int, *, gone: bool = False) -> float | None:
        """Return it. few: if one of so many series is left, that counts as none; 0 if each counts.

        gone: whether there is none at the end, as far as known.
        """
        for series in selectors:
            with suppress(C3sError):  # nobody knows
                if counts := self._counts(series):
                    found = counts.times[-1] if gone else self._before_gap(counts, few)
                    # The last samples are found for a few minutes; those of most series count.
                    samples = self.engine.vector(f"quantile(0.5, timestamp({series}))", found) if found else []
                    return next((float(int(time)) for _, time in samples if time < self.end - promql.WINDOW), None)
        return None

    def _before_gap(self, counts: Points, few: int) -> float | None:
        """Return the last step with many more series than any step later; None if there is none."""
        times, values = counts
        if times[-1] <= self.end - self._step:
            return times[-1]
        later, place = 0.0, len(times)
        for time, number in zip(reversed(times), reversed(values), strict=True):
            if not few or later > number:
                return None
            while place and times[place - 1] >= time + promql.WINDOW:
                place -= 1
                later = max(later, values[place])
            if later and later * few <= number:
                return time
        return None


def end_of_data(engine: Engine, match: str, end: float, newest: float, interval: float) -> float:
    """Return the time of the last scrape of anything, if more are missing before the end of a range; else the end.

    Engines do not extrapolate that far: averages over the whole range would be too low. newest: the time of the newest
    sample of what is shown, which may have ended while other things are scraped; 0 if there is none.
    """
    near = end - promql.NEAR * interval + 1
    if not newest or newest >= near:
        return end
    span = f"[{math.ceil(end - newest + interval)}s:{math.ceil(interval / 2)}s]"
    for series in promql.of_others(match):
        try:
            last = engine.vector(f"max(max_over_time(timestamp({series}){span}))", end)
        except C3sError:  # nobody knows
            return end
        if last:
            newest = max(newest, last[0][1])
            break
    return end if newest >= near else float(math.ceil(newest))


def words(last: float, end: float, of: str = "") -> str:
    """Say that a range ends in a gap. of: what has no data, if only that."""
    gap = f"a gap {of} from" if of else "a gap from"
    return f"the range ends in {gap} {utc(last)} to {utc(end)}: the last data before it stands for its end"
