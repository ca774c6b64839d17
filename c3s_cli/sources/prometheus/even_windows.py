"""Read the last samples before windows of CPU growth, where scrapes come at uneven times or are missing.

If the interval changes within a window, engines extrapolate by too little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, Final

from msgspec import Struct

from c3s_cli.amounts.totals import by_key
from c3s_cli.errors import C3sError
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Labels, Matrix
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.history import History, Life
from c3s_cli.sources.prometheus.lost_scrapes import misses, whole_series
from c3s_cli.sources.prometheus.uneven import counter_of, even_out, identity_of, last_samples, spans_of

# For how many points the growth is corrected.
MOST_POINTS: Final = 2_000_000


class EvenWindows(Struct):
    """Corrects the growth in the windows of a History.

    query: reads points of the range, as Past does. unsure: by which share windows may be wrong that are too many.
    missed: whether scrapes were, and windows are right nevertheless. spans: from when until when instances of
    containers, and nodes, ran at least, if so. doubts: the windows of which only the average is known, by their places.
    """

    engine: Engine
    history: History
    match: str
    end: float
    query: Callable[..., Matrix]
    unsure: float = 0.0
    missed: bool = False
    spans: list[tuple[Labels, Life]] = []
    doubts: list[tuple[Labels, int]] = []

    def of_pods(self, matrix: Matrix, selector: str, rows: int) -> Matrix:
        """Return the growth of the series of containers. rows: how many there are."""
        whole, of_pod = whole_series(matrix), by_key((promql.who(labels)[1], labels) for labels, _ in matrix)
        names = [*dict.fromkeys([promql.who(labels)[1] for labels, _ in whole] + [*of_pod])][: promql.MOST_NAMES]
        label = "exported_pod" if any("exported_pod" in labels for labels, _ in matrix) else "pod"
        few = promql.one_of(label, sorted(names)) if len(of_pod) > len(names) else ""
        series = f"{promql.CPU}{promql.braces(selector, few, self.match)}"
        several = len({counter_of(labels) for labels, _ in matrix}) < len(matrix)

        def present(some: Sequence[Labels]) -> Collection[Any]:
            names = promql.few_of(label, sorted({promql.who(labels)[1] for labels in some}))
            recent = f"[{math.ceil(2 * self.history.range.interval)}s]"
            query = f"last_over_time({promql.CPU}{promql.braces(selector, names, self.match)}{recent})"
            found = {identity_of(labels) for labels, _ in self.engine.vector(query, self.end)}
            return found.intersection(map(identity_of, some))

        missed = self._misses(matrix, self._counts(series), present) if matrix else 0.0
        return self._even_out(matrix, promql.last_of_containers, selector, rows, missed=missed, several=several)

    def of_nodes(self, matrix: Matrix, kind: promql.Kind, rows: int) -> Matrix:
        """Return the growth of nodes."""
        counts = self._counts(f"{kind.cpu}{promql.braces(kind.match, self.match)}")
        missed = self._misses(matrix, f"max by ({promql.NODE}, job) ({counts})", lambda some: some)
        return self._even_out(matrix, partial(promql.last_of_nodes, kind), "", rows, missed=missed)

    def _counts(self, series: str) -> str:
        return f"count_over_time({series}[{self.history.range.seconds}s])"

    def _even_out(
        self,
        matrix: Matrix,
        last: Callable[..., tuple[str, str]],
        matcher: str,
        rows: int,
        *,
        missed: float,
        several: bool = False,
    ) -> Matrix:
        """Return the growth. last: makes the queries. missed: the seconds of which samples are missing.

        several: whether there are several series of a counter.
        """
        history, period = self.history, self.history.range
        wrong = period.uneven or missed or history.intervals.ends
        if not wrong and not several:
            return matrix
        if rows * period.points > MOST_POINTS:
            share = min(1.0, max(1.5 * period.interval, missed) / period.window)
            self.unsure = max(self.unsure, share if wrong else 0.0)
            return matrix
        self.missed = self.missed or bool(missed)
        # If windows consist of steps, those before a window are among the last ones before others.
        tiles, rest = divmod(period.window, period.step)

        def read(which: int, offset: int, before: int) -> Matrix:
            def query(match: str, period: promql.Range) -> str:
                return last(match, period, offset)[which]

            return self.query("samples", query, [matcher], rows, before)

        offsets = [(0, 0), (period.window, 0)] if rest else [(0, tiles)]
        samples = last_samples([(read(0, *each), read(1, *each)) for each in offsets])
        if missed:
            self.spans += spans_of(matrix, samples, period.step)
        return even_out(matrix, samples, history, lambda labels, place: self.doubts.append((labels, place)))

    def _misses(self, matrix: Matrix, counts: str, present: Callable[[Sequence[Labels]], Collection[Any]]) -> float:
        try:
            return misses(self.engine.vector(counts, self.end), matrix, self.history.range, present)
        except C3sError:  # then nobody knows
            return 0.0
