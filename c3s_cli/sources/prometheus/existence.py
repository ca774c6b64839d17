"""When pods and nodes existed, also those that are known by the same name before and after: kube-state-metrics knows.

A container that is down belongs to a pod that exists, and used nothing. A pod that was deleted and made again later did
not exist meanwhile.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from itertools import compress, count, pairwise
from typing import Final

from msgspec import Struct

from c3s_cli.errors import C3sError
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.averages import EDGES
from c3s_cli.sources.prometheus.decoding import Labels, Matrix
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.history import History, Key, Life

# The series that each object has as long as it exists.
OF_PODS: Final = ("kube_pod_info",)
OF_NODES: Final = ("kube_node_info", "kube_node_status_condition", "kube_node_status_allocatable")
# For so many seconds, something may be down before anybody asks whether it exists.
LONG: Final = 150
# For how many samples of a range the times are asked.
MOST_TIMES: Final = 5_000_000


class Existence(Struct):
    """Fills in the lives and absences of a History. end: of its range."""

    engine: Engine
    history: History
    match: str
    end: float

    def find(self) -> None:
        """Find when objects without any data for a while did not exist."""
        hollow = [key for key in self.history.objects() if self._is_hollow(key)]
        names = sorted({key[1] if len(key) > 1 else key[0] for key in hollow})
        if not hollow or len(names) > promql.MOST_NAMES:
            return
        of_pods = len(hollow[0]) > 1
        named = promql.one_of("pod" if of_pods else "node", names)
        by, series = (promql.OF_POD, OF_PODS) if of_pods else ("node", OF_NODES)
        with suppress(C3sError):  # then they count as there
            scraped = self._times("", series, "")
            (everything,) = [set(points.times) for _, points in scraped] or [set[float]()]
            known: dict[Key, Sequence[float]] = {
                promql.who(labels)[:2] if of_pods else (labels.get("node", ""),): points.times
                for labels, points in self._times(by, series, named)
            }
            for key in hollow:
                if times := known.get(key[:2]):
                    self.history.absences[key] = [*self._between(times, everything)]
                    first, last = self.history.lives.get(key, (math.inf, 0.0))
                    if first < self.history.start < times[0] - LONG and self.history.start in everything:
                        # The one that had its name before has ended before the range.
                        self.history.lives[key] = times[0] - self._step / 2, last

    def extend(self, series: str, by: str, key_of: Callable[[Labels], Key], rows: int) -> None:
        """Find the first and last samples of objects where steps are so long that the number of samples is too vague.

        An object that restarts again and again has fewer samples than its life has scrapes.
        """
        period = self.history.range
        every = max(math.ceil(self.history.intervals.shortest), period.step // 60)
        if period.step <= promql.WINDOW or rows * period.seconds / every > MOST_TIMES:
            return
        for edge in EDGES:
            times = f"{edge}_over_time(timestamp({series})[{period.seconds}s:{every}s])"
            with suppress(C3sError):  # the counts will do
                for labels, time in self.engine.vector(f"{edge} by ({by}) ({times})", self.end):
                    self.history.extend(key_of(labels), time)

    @property
    def _step(self) -> int:
        return min(self.history.range.step, promql.look_step(self.history.range.seconds))

    def _times(self, by: str, series: Sequence[str], named: str) -> Matrix:
        """Return the times at which each object existed; with by="", at which any did."""
        lookback = self.history.range.lookback
        each = " or ".join(f"last_over_time({name}{promql.braces(named, self.match)}[{lookback}s])" for name in series)
        return self.engine.points(f"group by ({by}) ({each})", self.history.start, self.end, self._step)

    def _between(self, times: Sequence[float], everything: Collection[float]) -> Iterator[Life]:
        """Yield the times between some at which an object did not exist while others did."""
        step, interval = self._step, self.history.range.interval
        for before, after in pairwise(times):
            missing = range(round(before) + step, round(after), step)
            if after - before > LONG + step and all(time in everything for time in missing):
                # It was still found for a while, and had been there for half a step when it was found again.
                yield before + step / 2 - self.history.range.lookback + interval / 2, after - step / 2

    def _is_hollow(self, key: Key) -> bool:
        """Return whether an object has no data for a while between two points with some."""
        lines = [lines[key] for lines in self.history.lines.values() if key in lines]
        if not any(map(math.isnan, map(sum, lines))):
            return False
        # Windows of CPU reach over what is missing.
        gauges: Sequence[array[float]] = (
            [self.history.lines["memory"][key]] if key in self.history.lines["memory"] else lines
        )
        known = (not all(map(math.isnan, values)) for values in zip(*gauges, strict=True))
        places = [*compress(count(), known)]
        if places and self.history.lives.get(key, (math.inf,))[0] < self.history.start:
            places = [0, *places]  # there may have been another of its name
        most = max((later - earlier - 1 for earlier, later in pairwise(places)), default=0)
        least = LONG / self.history.range.step if key in self.history.lines["memory"] else 1
        return most >= max(1, least)
