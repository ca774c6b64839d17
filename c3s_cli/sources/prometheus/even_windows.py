"""Read the last samples before windows of CPU growth, where scrapes come at uneven times or are missing.

If the interval changes within a window, engines extrapolate by too little.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import Struct

from c3s_cli.errors import C3sError
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Matrix
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.history import History
from c3s_cli.sources.prometheus.lost_scrapes import misses, whole_series
from c3s_cli.sources.prometheus.uneven import even_out, last_samples

# For how many points the growth is corrected.
MOST_POINTS: Final = 2_000_000


class EvenWindows(Struct):
    """Corrects the growth in the windows of a History.

    query: reads points of the range, as Past does. unsure: by which share windows may be wrong that are too many.
    missed: whether scrapes were, and windows are right nevertheless.
    """

    engine: Engine
    history: History
    match: str
    end: float
    query: Callable[..., Matrix]
    unsure: float = 0.0
    missed: bool = False

    def of_pods(self, matrix: Matrix, selector: str, rows: int) -> Matrix:
        """Return the growth of the series of containers. rows: how many there are."""
        whole = whole_series(matrix)
        names = sorted({promql.who(labels)[1] for labels, _ in whole})[: promql.MOST_NAMES]
        label = "exported_pod" if any("exported_pod" in labels for labels, _ in whole) else "pod"
        named = promql.one_of(label, names) if names else ""
        counts = self._counts(f"{promql.CPU}{promql.braces(selector, named, self.match)}") if names else ""
        return self._even_out(matrix, promql.last_of_containers, counts, selector, rows)

    def of_nodes(self, matrix: Matrix, kind: promql.Kind, rows: int) -> Matrix:
        """Return the growth of nodes."""
        counts = self._counts(f"{kind.cpu}{promql.braces(kind.match, self.match)}")
        counts = f"max by ({promql.NODE}, job) ({counts})"
        return self._even_out(matrix, partial(promql.last_of_nodes, kind), counts, "", rows)

    def _counts(self, series: str) -> str:
        return f"count_over_time({series}[{self.history.range.seconds}s])"

    def _even_out(
        self, matrix: Matrix, last: Callable[..., tuple[str, str]], counts: str, matcher: str, rows: int
    ) -> Matrix:
        """Return the growth. last: makes the queries. counts: the query for the samples in the range."""
        history, period = self.history, self.history.range
        missed = bool(counts) and self._misses(matrix, counts)
        if not period.uneven and not missed and not history.intervals.ends:
            return matrix
        if rows * period.points > MOST_POINTS:
            self.unsure = max(self.unsure, 1.5 * period.interval / period.window)
            return matrix
        self.missed = missed
        # If windows consist of steps, those before a window are among the last ones before others.
        tiles, rest = divmod(period.window, period.step)

        def read(which: int, offset: int, before: int) -> Matrix:
            def query(match: str, period: promql.Range) -> str:
                return last(match, period, offset)[which]

            return self.query("samples", query, [matcher], rows, before)

        values, times = (read(which, 0, 0 if rest else tiles) for which in (0, 1))
        ends = last_samples(values, times, history)
        if rest:
            values, times = (read(which, period.window, 0) for which in (0, 1))
        starts = last_samples(values, times, history, 0 if rest else period.window)
        return even_out(matrix, starts, ends, history)

    def _misses(self, matrix: Matrix, counts: str) -> bool:
        try:
            answer = self.engine.vector(counts, self.end)
        except C3sError:  # then nobody knows
            return False
        return misses(answer, matrix, self.history.range)
