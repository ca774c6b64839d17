"""What averages need to be exact: the growth of counters in a whole range, and when short lives began and ended."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from msgspec import Struct, structs

from c3s_cli.errors import C3sError
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Matrix
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.history import History, Key
from c3s_cli.sources.prometheus.lines import runs
from c3s_cli.sources.prometheus.promql import Range
from c3s_cli.sources.prometheus.reduction import as_points, reduce_series
from c3s_cli.sources.prometheus.slices import Letters

# The most samples of counters over a range that are read to find how much they grew.
MOST_SAMPLES: Final = 30_000_000
# Between more gaps, the growth is not asked for.
MOST_STRETCHES: Final = 6
# Of so many scrapes, half a one at each end is below one percent.
PRECISE: Final = 120
# When a pod was created, by kube-state-metrics.
CREATED: Final = "kube_pod_created"
EDGES: Final = ("min", "max")
# So much of the sum of its windows a counter has grown at least, also if windows near gaps are left out.
LEAST: Final = 0.95
LEAST_WITH_GAPS: Final = 0.7


class Averages(Struct):
    """Fills in a History. containers: whether its objects are containers. jobs: whether several jobs scrape them."""

    engine: Engine
    history: History
    match: str
    end: float
    containers: bool
    jobs: bool

    def measure(self, selectors: Sequence[str], rows: int, *, growth: bool, renamed: bool) -> None:
        """Read it. rows: how many series there are. growth: whether it matters. renamed: whether labels were."""
        stretches = _between_gaps(self.history)
        if growth and len(stretches) <= MOST_STRETCHES:
            for selector in selectors:
                self._read_growth(selector, rows, stretches)
            # Of several series that follow each other, the largest has too little.
            least = LEAST_WITH_GAPS if self.history.has_gaps() else LEAST
            for key, grown in [*self.history.grown.items()]:
                if math.isinf(grown) or grown < least * self.history.grown_in_windows([key]):
                    del self.history.grown[key]
        if not renamed:
            self._refine_short_lives(selectors)

    def _read_growth(self, selector: str, rows: int, stretches: Sequence[tuple[int, int]]) -> None:
        """Read how much the counters grew between gaps: windows of points have an error at each of their ends.

        Without it, the sum of the windows serves.
        """
        history = self.history
        if rows * history.range.seconds / history.range.interval > MOST_SAMPLES:
            return
        growth: dict[Key, float] = {}
        for first, last in stretches:
            whole = structs.replace(history.range, step=(last - first) * history.range.step)
            end = history.start + last * history.range.step

            def ask(piece: Letters, whole: Range = whole, end: float = end) -> Matrix:
                match = promql.all_of(selector, piece.matcher(), self.match)
                return as_points(self.engine.vector(promql.of_containers("cpu", match, whole), end), end)

            answers, problems = self.engine.gather([Letters()], ask)
            if problems:
                return
            matrix = [series for _, answer in answers for series in answer]
            lines = reduce_series(
                matrix,
                "cpu",
                lambda points: points.values,
                containers=self.containers,
                jobs=self.jobs,
                unite=_unsure,
                follow=True,
            )
            for key, (grown,) in lines.items():
                growth[key] = growth.get(key, 0.0) + grown
        # What was on a node with series of containers and then on one without has two growths, which may overlap.
        twice = growth.keys() & history.grown.keys()
        for key, grown in growth.items():
            history.grown[key] = math.inf if key in twice else grown
        history.measured = [place for first, last in stretches for place in range(first + 1, last + 1)]

    def _refine_short_lives(self, selectors: Sequence[str]) -> None:
        """Ask for the first and last samples of what lived so shortly that counting its samples is too vague."""
        interval_at = self.history.intervals.at
        short = [key for key, (first, last) in self.history.lives.items() if last - first < PRECISE * interval_at(last)]
        if not short or len(short) > promql.MOST_NAMES:
            return
        named = promql.one_of("pod", sorted({key[1] for key in short}))
        by = promql.OF_CONTAINER if self.containers else promql.OF_POD
        size, every = self.history.range.seconds, math.ceil(self.history.intervals.shortest / 2)
        for selector in selectors:
            series = f"{promql.CPU}{promql.braces(selector, named, self.match)}"
            queries = [f"{edge} by ({by}) ({edge}_over_time(timestamp({series})[{size}s:{every}s]))" for edge in EDGES]
            values = (("min", "min"), ("max", "last"))
            # Of two jobs, one may write the CPU in a label.
            each = promql.OF_CONTAINER if self.jobs else f"{promql.OF_CONTAINER}, cpu"
            queries += [
                f"sum by ({by}) ({edge} by ({each}) ({which}_over_time({series}[{size}s])))" for edge, which in values
            ]
            with suppress(C3sError):  # the counts will do
                started = self._starts(named, len(short[0]))
                first, last, value, latest = (self._by_key(query, len(short[0])) for query in queries)
                for key in short:
                    if key in first and key in last:
                        start = started.get(key, started.get(key[:2]))
                        samples = first[key], last[key], value.get(key, 0.0), latest.get(key, 0.0)
                        self.history.refine(key, samples, start)

    def _starts(self, named: str, size: int) -> dict[Key, float]:
        """Return when containers were started, else when pods were created. named: the matcher of the pods."""
        match, seconds = promql.braces(named, self.match), self.history.range.seconds
        created = f"max by ({promql.OF_POD}) (last_over_time({CREATED}{match}[{seconds}s]))"
        by = promql.OF_CONTAINER if self.containers else promql.OF_POD
        started = f"min by ({by}) (min_over_time({promql.STARTED}{match}[{seconds}s]))"
        return self._by_key(created, 2) | self._by_key(started, size)

    def _by_key(self, query: str, size: int) -> dict[Key, float]:
        return {who[:size]: number for who, number in self.engine.by_container(query, self.end).items()}


def _unsure(_parts: Sequence[array[float]], **_: bool) -> array[float]:
    """Return that it is unknown whether several targets had an object at the same time, or one after another."""
    return array("d", [math.inf])


def _between_gaps(history: History) -> list[tuple[int, int]]:
    """Return the first and the last point of the stretches in which all data is there."""
    step, window = history.range.step, history.range.window
    stretches = []
    for first, last in runs([place for place in range(history.count + 1) if place not in history.gaps]):
        begin = first + math.ceil(history.range.interval / step) if first else 0
        # Windows find what was scraped before a gap.
        end = last if last == history.count else last - math.ceil(window / step)
        if (end - begin) * step >= window:
            stretches.append((begin, end))
    return stretches
