"""Read the points of nodes or pods over a range: one range query for each resource, in pieces if they are too large."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from msgspec import Struct

from c3s_cli.amounts.totals import by_key
from c3s_cli.errors import C3sError
from c3s_cli.parallel import results_of
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.averages import Averages
from c3s_cli.sources.prometheus.clusters import LOOKS, is_chosen, refuse_mixed_points
from c3s_cli.sources.prometheus.decoding import Labels, Matrix
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.even_windows import EvenWindows
from c3s_cli.sources.prometheus.existence import Existence
from c3s_cli.sources.prometheus.fresh_gauges import FreshGauges
from c3s_cli.sources.prometheus.history import History, Key, Life
from c3s_cli.sources.prometheus.lost_samples import hide_lost, hide_nodes, keep_absences, note_doubts, seen_times
from c3s_cli.sources.prometheus.lost_scrapes import HALF, counts_of, lost, lost_before, reach
from c3s_cli.sources.prometheus.node_names import NodeNames
from c3s_cli.sources.prometheus.raw_samples import RawSamples
from c3s_cli.sources.prometheus.reduction import reduce_series
from c3s_cli.sources.prometheus.rules import points_of
from c3s_cli.sources.prometheus.slices import Letters, Stretch, stretches
from c3s_cli.sources.prometheus.vagueness import vague_figures

# Above so many series of one container, such as those of single CPUs, and so many points, the engine adds them up.
MOST_SERIES: Final = 3
FEW_POINTS: Final = 200_000
# With fewer objects, nobody knows whether a gap is theirs. Over more scrapes of each object, gaps are not looked for.
SEVERAL: Final = 10
MOST_SCRAPES: Final = 50_000
# Of so many scrapes, one or two at the ends are below half a percent.
PRECISE: Final = 500


class Past(Struct):
    """The points of a range. wanted: the statistics. rules: the recording rules that serve instead of containers.

    Objects are (node,), (namespace, pod) or with a container. seconds: of the range as it was asked for; its points may
    end with the last data before that. empty: the points without any data.
    lost: the seconds of gaps between these. unsure: by which share windows of CPU may be wrong.
    rough: pods that restarted, or may have, whose samples were not read. sums: whether pods are added up.
    """

    engine: Engine
    gather: Callable[..., Any]
    match: str
    end: float
    history: History
    wanted: Sequence[str]
    rules: Mapping[str, str]
    seconds: int
    containers: bool = False
    sums: bool = False
    renamed: bool = False
    empty: frozenset[int] = frozenset()
    lost: float = 0.0
    unsure: float = 0.0
    rough: Collection[Key] = ()
    windows: EvenWindows = None  # type: ignore[assignment]
    gauges: FreshGauges = None  # type: ignore[assignment]
    _members: dict[Key, list[Key]] = {}
    _spans: dict[Key, list[Life]] = {}

    def __post_init__(self) -> None:
        self.windows = EvenWindows(self.engine, self.history, self.match, self.end, self._matrix)
        self.gauges = FreshGauges(self.history, self.end, self._matrix)

    @property
    def period(self) -> promql.Range:
        """The range and its step."""
        return self.history.range

    @property
    def _existence(self) -> Existence:
        return Existence(self.engine, self.history, self.match, self.end)

    def read_nodes(
        self, names: NodeNames, known: Collection[str], kinds: Mapping[str, Sequence[promql.Kind | str]]
    ) -> None:
        """Read nodes. kinds: the kinds of series to use for each resource, the best first."""

        def read(resource: str) -> list[Matrix]:
            return [self._of_nodes(resource, kind, len(known)) for kind in kinds.get(resource) or promql.KUBELET[:1]]

        def key_of(labels: Labels) -> Key:
            return (names.name(labels, known),)

        found = self._both(read)
        self._note_losses([series for matrix in found.get("memory", ()) for series in matrix], key_of)
        for resource, matrices in found.items():
            better: set[Key] = set()
            for matrix in matrices:
                jobs: dict[tuple[str, Key], list[Any]] = {}
                for labels, points in matrix:
                    if (key := key_of(labels)) not in better:
                        jobs.setdefault((labels.get("job", ""), key), []).append(points)
                for (_, key), several in jobs.items():
                    self.history.add(resource, key, several)
                    better.add(key)
        hide_nodes(self.history)
        memory = [
            (each.memory, each.match) if isinstance(each, promql.Kind) else (promql.MACHINES, "")
            for each in kinds.get("memory") or promql.KUBELET[:1]
        ]
        for name, match in memory:
            self._refuse_mixture(name, match)
        for place, (name, match) in enumerate(memory):
            (self._find_lives if place else self._complete)(name, [match], promql.NODE, key_of)

    def _of_nodes(self, resource: str, kind: promql.Kind | str, rows: int) -> Matrix:
        query = partial(promql.of_nodes, resource, kind)
        matrix = self._matrix(resource, query, [""], rows)
        if resource == "memory":
            return self.gauges.of_nodes(matrix, query, rows)
        if isinstance(kind, promql.Kind) and not kind.own:
            return self.windows.of_nodes(matrix, kind, rows)
        return matrix

    def read_pods(
        self,
        selectors: Sequence[str],
        used: Mapping[Any, Mapping[str, Any]],
        series: Mapping[str, int],
        *,
        containers: bool,
        jobs: bool,
    ) -> None:
        """Read pods, and their containers if these are shown.

        selectors: the matchers of each kind of series. used: the containers of the pods that run now. series: how many
        series of each resource there are, and of how many containers. jobs: whether several jobs scrape them.
        """
        self.containers = containers
        rules = self.rules
        size = sum(len(each) for each in used.values())
        memory = rules.get("memory") or rules.get("cpu") or promql.MEMORY
        points: dict[str, Matrix] = {}

        def read(selector: str, resource: str) -> dict[Key, Any]:
            known = series.get(resource, 0)
            if rules:
                query = partial(points_of, resource, rules)
                matrix = self._matrix(resource, query, [selector], known, pods=True) if resource in rules else []
            elif known <= MOST_SERIES * series.get("containers", 0) or known * self.period.points <= FEW_POINTS:
                query = partial(promql.of_containers, resource)
                matrix = self._matrix(resource, query, [selector], known, pods=True)
                if resource == "cpu":
                    matrix = self.windows.of_pods(matrix, selector, known)
                    points[selector] = matrix
            else:
                points.setdefault(selector, [])
                query = partial(promql.of_pods, resource, containers=containers, jobs=jobs)
                matrix = self._matrix(resource, query, [selector], size if containers else len(used), pods=True)
            self.renamed = self.renamed or any("exported_pod" in labels for labels, _ in matrix)
            unite = partial(self.history.unite, resource)
            line = self.history.line
            lines = partial(
                reduce_series, resource=resource, line=line, unite=unite, containers=containers, jobs=jobs, follow=True
            )
            if resource == "cpu" or rules:
                return lines(matrix)
            # What had ended before the first point that finds it has nothing else.
            return {**lines(matrix), **lines(self.gauges.of_pods(matrix, query, selector, known))}

        for selector in selectors:
            for resource, lines in self._both(partial(read, selector)).items():
                known = self.history.lines[resource]
                for key, line in lines.items():
                    known[key] = self.history.unite(resource, [known[key], line]) if key in known else line
            self._refuse_mixture(memory, selector, pods=True)
        self._note_losses(self.gauges.points, promql.who)
        by = promql.OF_CONTAINER if containers else promql.OF_POD
        for selector in selectors:
            self._complete(memory, [selector], by, lambda labels: promql.who(labels)[: 3 if containers else 2])
        self._measure(points, selectors, series, jobs=jobs)

    def _measure(
        self, points: Mapping[str, Matrix], selectors: Sequence[str], series: Mapping[str, int], *, jobs: bool
    ) -> None:
        """Find what figures need to be exact. series: how many there are. points: of CPU, by selectors."""
        if not self.rules:
            averages = Averages(self.engine, self.history, self.match, self.end, self.containers, jobs)
            # At the ends of a short range, scrapes that were missed matter.
            short = self.windows.missed and self.period.seconds < PRECISE * self.period.interval
            growth = "cpu.avg" in self.wanted and not short
            averages.measure(selectors, series.get("cpu", 0), growth=growth, renamed=self.renamed)
            raw = RawSamples(
                self.engine, self.history, self.match, self.end, self.containers, jobs, self.renamed, self.sums
            )
            self.unsure = max((raw.complete(*each, series) for each in points.items()), default=0.0)
            self.rough = raw.rough

    def _note_losses(self, memory: Matrix, key_of: Callable[[Labels], Key]) -> None:
        """Note what is known of objects of which samples were lost."""
        self._spans = by_key((key_of(labels), span) for labels, span in self.windows.spans)
        hide_lost(self.history, self._spans, memory, key_of)
        note_doubts(self.history, self.windows.doubts, key_of)

    def _both(self, read: Callable[[str], Any]) -> dict[str, Any]:
        resources = dict.fromkeys(name.partition(".")[0] for name in self.wanted) or {"memory": None}
        if self.period.step > promql.WINDOW:
            resources |= {"memory": None}  # it tells when objects were there, which windows of CPU do not
        return results_of({resource: partial(read, resource) for resource in resources})

    def _matrix(
        self,
        resource: str,
        query: Callable[..., str],
        matchers: Sequence[str],
        rows: int,
        before: int = 0,
        *,
        pods: bool = False,
    ) -> Matrix:
        """Query the points of a range, and those before it. The parts of a series come one after another.

        before: how many there are, besides the one at its start.
        """

        def ask(piece: Stretch) -> Matrix:
            match = promql.all_of(*matchers, piece.matcher(), self.match)
            start, step = self.history.start - before * self.period.step, self.period.step
            first, last = start + piece.first * step, start + piece.last * step
            return self.engine.points(query(match, self.period), first, last, step)

        pieces = stretches(self.period.points + 1 + before, max(1, rows), pods=pods)
        matrix: Matrix = self.gather(pieces, ask, f"the {resource} over the range")
        return matrix

    def _complete(self, memory: str, matchers: Sequence[str], by: str, key_of: Callable[[Labels], Key]) -> None:
        """Find the gaps in the data, and when the objects began and ended that did not live all the time."""
        history = self.history
        history.find_gaps(self._presence)
        self.empty = history.gaps
        self._find_lost_scrapes(memory, matchers[0])
        self._find_lives(memory, matchers, by, key_of)
        self._existence.find()
        keep_absences(history, self._spans)

    def _find_lives(self, memory: str, matchers: Sequence[str], by: str, key_of: Callable[[Labels], Key]) -> None:
        """Find when the objects began and ended that did not live all the time."""
        history = self.history
        partly = history.partial()
        pods = sorted({key[1] for key in partly if len(key) > 1})
        if not partly:
            return
        # The names of pods are in one of two labels.
        if pods and not self.renamed:
            matchers = [*matchers, promql.few_of("pod", pods)]

        def query(match: str, period: promql.Range) -> str:
            return promql.samples_of(f"{memory}{promql.braces(match)}", by, period)

        for labels, points in self._matrix("samples", query, matchers, len(partly), pods=bool(pods)):
            history.limit(key_of(labels), points)
        self._existence.extend(f"{memory}{promql.braces(*matchers, self.match)}", by, key_of, len(partly))
        size = len(partly[0])
        for key, time in seen_times(self._spans, set(partly), size):
            history.extend(key, time)
        history.keep_lives(partly)

    def _find_lost_scrapes(self, memory: str, selector: str) -> None:
        """Find gaps that the points do not show: in steps that are longer, and in windows of CPU."""
        history, partly = self.history, set(self.history.partial())
        whole = [key for key in history.objects() if key not in partly]
        if self.period.seconds / self.period.interval > MOST_SCRAPES:
            return
        named, enough = "", len(whole) >= SEVERAL  # fewer may have been down
        if enough and len(whole[0]) > 1:
            names = sorted({key[1] for key in whole[:: len(whole) // SEVERAL]})
            named = promql.one_of("exported_pod" if self.renamed else "pod", names)
        several = [f"{memory}{promql.braces(selector, named, self.match)}"] if enough else promql.of_others(self.match)
        with suppress(C3sError):  # then nobody knows
            for series in several:
                start, step = history.start - reach(self.period) * self.period.step, self.period.step
                for _, counts in self.engine.points(counts_of(series, self.period), start, self.end, step):
                    history.before = lost_before(counts, history.start, self.period) if start < history.start else ()
                    points = counts.after(history.start - 1)
                    shares = lost(points, history.start, self.period, history.intervals)
                    history.late = 1 in shares and 0 in history.gaps
                    self.lost = self.period.step * sum(shares[place] for place in shares.keys() - history.gaps - {0})
                    if self.period.step <= promql.WINDOW:
                        history.gaps |= {place for place in shares if shares[place] > HALF and place > history.late}
                    return

    def _refuse_mixture(self, name: str, matchers: str, *, pods: bool = False) -> None:
        """Raise MixedClusters if there are series of several clusters at one time of the range."""
        if is_chosen(self.match):
            return
        start, step = self.history.start, max(self.period.step, self.period.seconds // LOOKS)

        def ask(piece: Stretch) -> Matrix:
            chosen = promql.braces(matchers, piece.matcher(), self.match)
            query = f"group by ({promql.BY_CLUSTER}) ({name}{chosen})"
            return self.engine.points(query, start + piece.first * step, start + piece.last * step, step)

        last = self.period.seconds // step
        matrix = self.gather([Stretch(Letters() if pods else None, 0, last)], ask, "the clusters over the range")
        refuse_mixed_points((labels, points.times) for labels, points in matrix)

    def _presence(self) -> list[float]:
        """Return the points at which there is data of nodes, of whatever kind; all, if there never is."""
        history, step = self.history, self.period.step
        for series in promql.of_others(self.match):
            query = f"count(last_over_time({series}[{self.period.lookback}s]))"
            with suppress(C3sError):
                matrix = self.engine.points(query, history.start, self.end, step)
                if times := {time for _, points in matrix for time in points.times}:
                    return list(times)
        return [history.start + place * step for place in range(history.count + 1)]

    # --- results ------------------------------------------------------------------------------------------------

    def ended_objects(self, running: Collection[Any]) -> list[Key]:
        """Return the nodes or pods that have points in the range, but do not run at its end.

        What had ended before its second scrape in the range is left out: nobody knows what it used.
        """
        lived = self.history.lived
        return sorted({key[:2] for key in self.history.objects() if lived([key]) > self.period.interval} - set(running))

    def members(self, who: Key) -> list[Key]:
        """Return the objects whose sum an object is: a pod's containers if these were read, else itself."""
        if not self.containers or len(who) > 2:
            return [who]
        self._members = self._members or by_key((key[:2], key) for key in self.history.objects())
        return self._members.get(who, [])

    def coverage(self, keys: Sequence[Key]) -> dict[str, int]:
        """Return for how many seconds of the range there is data of objects, and how many the range and a step have.

        Also how many parts per thousand of their CPU are estimated, if any, or vague, and how many restarted unread.
        """
        step = {"coverage.step": self.period.step} if self.period.step > promql.STEPS[0] else {}
        share, unseen = self.history.estimated_of(keys)
        estimated = {"coverage.estimated": round(share * 1000)} if share else {}
        if rough := len({key[:2] for key in keys}.intersection(self.rough)) if self.rough else 0:
            estimated["coverage.rough"] = rough
        estimated |= vague_figures(self.history, keys, self.wanted)
        seconds = round(self.history.lived(keys) - unseen)
        return {"coverage.seconds": max(0, seconds), "coverage.range": self.seconds, **step, **estimated}
