"""Read the raw samples of containers for which the growth that the engine computes is not exact enough."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from c3s_cli.errors import C3sError
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.curves import Curve, curves, gauge
from c3s_cli.sources.prometheus.decoding import Labels, Matrix, Points, Vector
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.history import History, Key, Life
from c3s_cli.sources.prometheus.reduction import INSTANCE, reduce_series
from c3s_cli.sources.prometheus.slices import Letters
from c3s_cli.sources.prometheus.uneven import swings_of

# The most samples that are read.
MOST_SAMPLES: Final = 500_000
MOST_OF_SWINGS: Final = 200_000
MOST_OF_EDGES: Final = 200_000
# From such an error of a window on, samples are read.
SWING: Final = 0.005
# A smaller one of some windows of CPU is not worth a remark.
UNSURE: Final = 0.02
# How much less a counter may seem to have grown than it has.
MARGIN: Final = 0.1


class RawSamples(Struct):
    """Fills in a History. containers, jobs: as of Averages. renamed: whether the labels of pods were.

    sums: whether pods are added up, so that windows in which one begins or ends count.
    rough: pods that restarted, or may have, whose samples were not read: too many, or it failed.
    """

    engine: Engine
    history: History
    match: str
    end: float
    containers: bool
    jobs: bool
    renamed: bool
    sums: bool = False
    rough: set[Key] = field(default_factory=set)

    def complete(self, selector: str, matrix: Matrix, series: Mapping[str, int]) -> float:
        """Refine what was started again or swings. Return by which share windows may be wrong, 0.0 if by little.

        matrix: the points of CPU; nothing if the engine has added them up. series: how many there are.
        """
        if not self.history.lines["cpu"]:
            return 0.0
        share = series.get("containers", 0) / max(1, series.get("cpu", 0))
        swings = swings_of(matrix, self.history) if self.history.range.uneven else {}
        left: Collection[Key] = {key[:2] for key in self.history.lines["cpu"]}
        limit = int(MOST_SAMPLES * min(1, share or 1))
        try:
            left = restarts = self.restarted(selector, matrix)
            exact = self.refine(selector, restarts, limit)
            left = sorted(restarts, key=lambda pod: -restarts[pod])[self.most(limit) :]
            self.rough.update(left)
            others = {pod: share for pod, share in swings.items() if share > SWING and pod not in restarts}
            swings |= dict.fromkeys(exact, 0.0)
            swings |= self.refine(selector, others, MOST_OF_SWINGS, memory=False)
            edges = self._edges() if self.sums else {}
            more = {pod: share for pod, share in edges.items() if pod not in restarts and pod not in others}
            self.refine(selector, more, MOST_OF_EDGES, memory=False, whole=False)
        except C3sError:  # what the engine has computed will do
            self.rough.update(left)
        return max((share for share in swings.values() if share > UNSURE), default=0.0)

    def restarted(self, selector: str, matrix: Matrix) -> dict[Key, int]:
        """Return the pods with containers that were started again, and how often. matrix: the points of CPU."""
        instances: dict[Key, set[str]] = {}
        for labels, _ in matrix or self._instances(selector):
            instances.setdefault(promql.who(labels), set()).add(labels.get("id", ""))
        found: dict[Key, int] = {}
        for who, ids in instances.items():
            if len(ids) > 1:
                found[who[:2]] = max(found.get(who[:2], 0), len(ids) - 1)
        found = self._renamed(matrix) | found
        return found | self._resets(selector, matrix) if matrix else found

    def _renamed(self, matrix: Matrix) -> dict[Key, int]:
        """Return the pods that lived all the time, but not all of their containers: a restart may rename one."""
        whole: dict[Key, list[bool]] = {}
        partly: set[Key] = set()
        for labels, points in matrix:
            line = self.history.line(points)
            ends = [not math.isnan(line[edge]) for edge in (0, -1)]
            pod = promql.who(labels)[:2]
            whole[pod] = [known or end for known, end in zip(whole.get(pod, ends), ends, strict=True)]
            if not all(ends):
                partly.add(pod)
        return {pod: 1 for pod in partly if all(whole[pod])}

    def _edges(self) -> dict[Key, float]:
        """Return the pods that began or ended in the range, with the most that they used in a window."""
        lines = self.history.lines["cpu"]
        found: dict[Key, float] = {}
        for key in self.history.lives.keys() & lines.keys():
            most = max((value for value in lines[key] if not math.isnan(value)), default=0.0)
            found[key[:2]] = max(most, found.get(key[:2], 0.0))
        return found

    def _instances(self, selector: str) -> Vector:
        """Return the instances of containers, by the series of their memory: there is none for each CPU."""

        def query(piece: str) -> str:
            series = f"{promql.MEMORY}{promql.braces(selector, piece, self.match)}[{self.history.range.seconds}s]"
            return f"group by ({promql.OF_CONTAINER}, id) (last_over_time({series}))"

        return self._vector(query)

    def _resets(self, selector: str, matrix: Matrix) -> dict[Key, int]:
        """Return how often the counters of pods fell: of those whose instances share a series, or that began again."""
        names = self._perhaps_restarted(selector, matrix)
        if len(names) > promql.MOST_NAMES:
            self.rough.update(key for labels, _ in matrix if (key := promql.who(labels)[:2])[1] in names)
        if not names or len(names) > promql.MOST_NAMES:
            return {}

        def query(piece: str) -> str:
            named = promql.braces(selector, self._named(names), piece, self.match)
            return f"max by ({promql.OF_POD}) (resets({promql.CPU}{named}[{self.history.range.seconds}s])) > 0"

        return {promql.who(labels)[:2]: round(value) for labels, value in self._vector(query)}

    def _perhaps_restarted(self, selector: str, matrix: Matrix) -> list[str]:
        """Return the names of pods whose counters are not greater than what they have grown, or not there any more.

        To ask for the last values of all takes a hundredth of the time that it takes to ask for all resets.
        """
        vector = self._vector(lambda piece: f"{promql.CPU}{promql.braces(selector, piece, self.match)}")
        last = {(promql.who(labels), labels.get("id")): value for labels, value in vector}
        step = max(1, self.history.range.window // self.history.range.step)
        names = set()
        for labels, points in matrix:
            key = promql.who(labels), labels.get("id")
            grown = sum(value for value in self.history.line(points)[::-step] if not math.isnan(value))
            # One with an id has ended if it is gone.
            if last.get(key, math.inf) < grown * (1 - MARGIN) if key[1] else last.get(key, 0.0) <= grown * (1 + MARGIN):
                names.add(key[0][1])
        return sorted(names)

    def _vector(self, query: Callable[[str], str]) -> Vector:
        """Query in pieces if the whole is too large. query: makes it of the matcher of a piece of the pods."""

        def ask(piece: Letters) -> Vector:
            return self.engine.vector(query(piece.matcher()), self.end)

        answers, problems = self.engine.gather([Letters()], ask)
        if problems:
            raise problems[0][1]
        return [element for _, answer in answers for element in answer]

    def _named(self, names: Sequence[str]) -> str:
        return promql.one_of("exported_pod" if self.renamed else "pod", names)

    @property
    def _seconds(self) -> int:
        period = self.history.range
        return period.seconds + period.window + math.ceil(3 * period.interval)

    def most(self, limit: int) -> int:
        """Return of how many containers so many samples may be."""
        return min(promql.MOST_NAMES, int(limit * self.history.range.interval / self._seconds))

    def refine(
        self, selector: str, pods: Mapping[Key, float], limit: int, *, memory: bool = True, whole: bool = True
    ) -> dict[Key, float]:
        """Replace the points of pods. Return by which share windows of these may still be wrong.

        pods: the more important, the greater the number. limit: of samples. memory: whether to replace its points, too.
        whole: whether they restarted, so that some of it is estimated; else they began or ended in the range.
        """
        history, period, seconds = self.history, self.history.range, self._seconds
        chosen = sorted(pods, key=lambda pod: -pods[pod])[: self.most(limit)]
        if not chosen:
            return {}
        names = self._named(sorted({pod for _, pod in chosen}))

        def read(name: str) -> Matrix:
            def ask(piece: Letters) -> Matrix:
                match = promql.braces(selector, names, piece.matcher(), self.match)
                return self.engine.samples(f"{name}{match}[{seconds}s]", self.end)

            answers, problems = self.engine.gather([Letters()], ask)
            if problems:
                raise problems[0][1]
            return [series for _, found in answers for series in found if promql.who(series[0])[:2] in pods]

        samples = read(promql.CPU)
        found = curves(samples, period.interval, self.end, stamped=period.uneven)
        drawn = {promql.who(labels) for labels, _ in found}
        partly = {promql.who(labels)[:2] for labels, _ in samples if promql.who(labels) not in drawn}
        found = [(labels, curve) for labels, curve in found if promql.who(labels)[:2] not in partly]
        places = array("d", [history.start + place * period.step for place in range(history.count + 1)])
        if memory and history.lines["memory"]:
            self._put_memory(read(promql.MEMORY), found, places)
        self._put_cpu(found, places, whole=whole)
        self._put_vague(found)
        left: dict[Key, float] = {}
        for labels, curve in found:
            pod = promql.who(labels)[:2]
            left[pod] = max(left.get(pod, 0.0), curve.jump() * period.interval / 4 / period.window)
        return left

    def _put_cpu(self, found: Sequence[tuple[Labels, Curve]], places: array[float], *, whole: bool) -> None:
        """Replace the points of CPU, and how much there was in all."""
        history, window, span = self.history, self.history.range.window, array("d", [self.end])
        lines, grown, estimated, unseen = (
            reduce_series(matrix, "cpu", lambda points: points.values, containers=self.containers, jobs=self.jobs)
            for matrix in (
                [(labels, Points(places, curve.growth(places, window))) for labels, curve in found],
                [(labels, Points(span, self._grown(curve))) for labels, curve in found],
                [(labels, Points(span, array("d", [curve.estimated[0]]))) for labels, curve in found],
                # The time is the same for each CPU.
                [
                    ({**labels, **dict.fromkeys(INSTANCE, "")}, Points(span, array("d", [curve.estimated[1]])))
                    for labels, curve in found
                ],
            )
        )
        lives: dict[Key, Life] = {}
        for labels, curve in found:
            key = promql.who(labels)[: 3 if self.containers else 2]
            first, last = lives.get(key, (curve.times[0], curve.times[-1]))
            lives[key] = min(first, curve.times[0]), max(last, curve.times[-1])
        for key, line in lines.items():
            if key in history.lines["cpu"]:
                history.lines["cpu"][key] = self._without_gaps(line)
                if whole:
                    history.estimated[key] = estimated[key][0], unseen[key][0]
                elif key in history.exact:
                    continue
                else:
                    history.lives[key] = lives[key]
                if key in history.grown:
                    history.grown[key] = grown[key][0]

    def _put_vague(self, found: Sequence[tuple[Labels, Curve]]) -> None:
        """Note what may have been used at some times as well as not. The CPUs of one job are parts."""
        jobs: dict[Key, tuple[str | None, ...]] = {}
        for labels, curve in found:
            who, job = promql.who(labels), (labels.get("job"), labels.get("metrics_path"))
            if jobs.setdefault(who, job) == job:
                self.history.vague.setdefault(who if self.containers else who[:2], []).extend(curve.vague)

    def _grown(self, curve: Curve) -> array[float]:
        """Return how much a curve grew before the points for which that is known of others."""
        history = self.history
        ends = [history.start + place * history.range.step for place in sorted(history.measured)]
        return array("d", [sum(each for each in curve.growth(ends, history.range.step) if not math.isnan(each))])

    def _put_memory(self, matrix: Matrix, found: Sequence[tuple[Labels, Curve]], places: array[float]) -> None:
        """Replace the points of memory: engines still find a gauge for two scrapes after a run has ended."""
        samples: dict[Key, dict[float, float]] = {}
        for labels, points in matrix:
            samples.setdefault(promql.who(labels), {}).update(zip(*points, strict=True))
        runs = {promql.who(labels): curve.runs for labels, curve in found}
        gauges = []
        for who, values in samples.items():
            times = sorted(values)
            points = Points(array("d", times), array("d", [values[time] for time in times]))
            if who in runs:
                labels = dict(zip(promql.WHO, who, strict=True))
                gauges.append((labels, Points(places, gauge(runs[who], points, places))))
        lines = reduce_series(gauges, "memory", lambda points: points.values, containers=self.containers, jobs=False)
        for key, line in lines.items():
            self.history.lines["memory"][key] = self._without_gaps(line)

    def _without_gaps(self, line: array[float]) -> array[float]:
        for place in self.history.gaps:
            line[place] = math.nan
        return line
