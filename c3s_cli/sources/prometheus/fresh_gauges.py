"""Read the points of gauges that are still true: engines find the last value of what has ended for two scrapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct, structs

from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Matrix
from c3s_cli.sources.prometheus.history import History
from c3s_cli.sources.prometheus.stale import (
    bridge_holes,
    ended_series,
    fill_holes,
    longest_series,
    pods_of,
    unseen_points,
    with_holes,
    without_stale,
)


class FreshGauges(Struct):
    """Corrects the points of memory of a History, which is told when pods were unseen.

    query: reads points of the range, as Past does. end: of the range. points: of the pods, corrected.
    """

    history: History
    end: float
    query: Callable[..., Matrix]
    points: Matrix = []

    def of_nodes(self, matrix: Matrix, query: Callable[..., str], rows: int) -> Matrix:
        """Return the points of nodes. query: makes theirs. rows: how many there are."""
        step = self.history.range.step
        series = ended_series(matrix, self.end, step)
        if not series:
            return matrix
        fresh = self._read(query, [""], rows, only_fresh=True)
        kept = bridge_holes(without_stale(matrix, fresh, series, step), step, instances=False)
        if step <= promql.WINDOW or not with_holes(kept, step, instances=False):
            return kept
        return fill_holes(kept, self._read(query, [""], rows, patient=True))

    def of_pods(self, matrix: Matrix, query: Callable[..., str], selector: str, rows: int) -> Matrix:
        """Return the points of the series of containers, which a selector selects."""
        kept = self._of_pods(matrix, query, selector, rows)
        self.points += kept
        return kept

    def _of_pods(self, matrix: Matrix, query: Callable[..., str], selector: str, rows: int) -> Matrix:
        history, step = self.history, self.history.range.step
        series = ended_series(matrix, self.end, step)
        # One more pod of each target tells when that was scraped.
        scraped = longest_series(matrix)
        names = pods_of([*series, *scraped], promql.MOST_NAMES)
        begins = bool(names) and any(points.times[0] > history.start + step / 2 for _, points in matrix)
        if not series and not begins:
            return matrix
        matchers = [selector, promql.one_of("pod", names) if names else ""]
        fresh = self._read(query, matchers, rows, pods=True, only_fresh=True)
        kept = bridge_holes(without_stale(matrix, fresh, series, step), step, instances=True)
        for labels, time in unseen_points(kept, fresh, history.start, step):
            history.hide(promql.who(labels), time)
        if step <= promql.WINDOW or not (holes := with_holes(kept, step, instances=True)):
            return kept
        if names:
            matchers[1] = promql.few_of("pod", pods_of(holes, promql.MOST_NAMES))
        return fill_holes(kept, self._read(query, matchers, rows, pods=True, patient=True))

    def _read(
        self, query: Callable[..., str], matchers: Sequence[str], rows: int, *, pods: bool = False, **how: bool
    ) -> Matrix:
        """Read points that are found in another way. how: of Range."""
        period = structs.replace(self.history.range, **how)
        return self.query("memory", lambda match, _: query(match, period), matchers, rows, pods=pods)
