"""Histories of containers over a range, computed by the server: one query for each figure and block of namespaces.

An answer has one number for each container, so that a range of weeks is as small as one of minutes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from msgspec import Struct

from c3s_cli.model.rightsizing import Histories, Replica
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.blocks import Block, Pods, blocks_of
from c3s_cli.sources.prometheus.clusters import LOOKS, TENANTS, is_chosen, refuse_mixed_points, refuse_mixture
from c3s_cli.sources.prometheus.decoding import Matrix, Vector
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.history_series import OF_PODS, Series, series_and_interval
from c3s_cli.sources.prometheus.kills import Kills
from c3s_cli.sources.prometheus.promql import Who
from c3s_cli.sources.prometheus.range_edges import Edges
from c3s_cli.sources.prometheus.range_remarks import SHORT, words_of_gap
from c3s_cli.sources.prometheus.restarts import Restarts
from c3s_cli.sources.prometheus.scaled import scaled_workloads
from c3s_cli.sources.prometheus.statistics import COUNTERS
from c3s_cli.sources.source import Wanted
from c3s_cli.terminal.stderr import named

# The names of pods or containers written out in one query.
MOST_NAMES: Final = 100
# The times between two points of CPU, for ranges up to so many seconds.
STEPS: Final = ((promql.SHORT, 60), (31 * 86_400, promql.WINDOW), (math.inf, 900))
# What the first minutes of a replica are, and how long its data may be missing without being a start.
START: Final = 300
LONGEST_GAP: Final = 86_400
# Lives of so many steps or fewer are measured by their samples.
FEW_STEPS: Final = 13
OF_CLUSTERS: Final = "the clusters over the range"
PERIODS: Final = {"periods": COUNTERS["cfs.periods"], "throttled_periods": COUNTERS["cfs.throttled"]}


class ContainerHistories(Struct):
    """Reads the histories of the containers of pods. gather: queries in pieces, as PrometheusUsage does.

    match: matchers added to every selector. edges: of the range. interval: between two scrapes. renamed: whether
    to select by exported_namespace. queries: one for each figure. often: the pods that restart
    so often that percentiles depend on it.
    """

    engine: Engine
    gather: Callable[..., Any]
    match: str
    edges: Edges
    wanted: Wanted
    interval: float = 0.0
    series: Series = Series()
    renamed: bool = False
    queries: dict[str, str] = {}
    often: Sequence[str] = ()
    _done: int = 0
    _total: int = 0

    @property
    def start(self) -> float:
        """The start of the range."""
        return self.edges.start

    @property
    def end(self) -> float:
        """The end of the range."""
        return self.edges.end

    @property
    def seconds(self) -> int:
        """The length of the range."""
        return int(self.end - self.start)

    def read(self, pods: Pods) -> Histories:
        """Return the histories of all containers in the namespaces of some pods. MetricsUnavailable if there are none.

        pods: those that exist; workloads that have none are not looked for.
        """
        self.series, self.interval = series_and_interval(self.engine, self.match, self.end)
        blocks = blocks_of(pods)
        self._find_renamed(blocks)
        self._refuse_mixture(blocks)
        containers = [each for facts in pods.values() for each in facts.containers]
        limited = sorted({each.name for each in containers if (each.limits or {}).get("cpu")})
        figures = self._figures()
        self._total = (len(figures) + 4) * len(blocks)
        values = {name: self._ask(blocks, name, query) for name, query in figures.items()}
        kills = Kills(self.engine, self._matcher, self.edges).by_container(blocks, self.gather)
        restarts = self._restarts(blocks, pods)
        samples = values["samples"]
        edges = self._edges(blocks, values["steps"])
        cpu_unit = 10**9 / (1 if self.series.is_rule else self._range.window)
        starts = self._starts(blocks, limited, edges["first"])
        replicas = {
            (named := _named(who, pods)): Replica(
                pod=who[1],
                seconds=self._measured(values["steps"].get(who, 0), count),
                first=max(self.start, edges["first"].get(who, self.start) - self.interval),
                last=edges["last"].get(who, self.end),
                samples=round(count),
                cpu=_scaled(values.get("cpu", {}).get(who), cpu_unit),
                cpu_start=_scaled(starts.get(who), 10**9),
                memory=_scaled(values.get("memory", {}).get(who)),
                throttled_periods=_scaled(values["throttled_periods"].get(who)),
                periods=_scaled(values["periods"].get(who)),
                oom_kills=kills.count_of(named, restarts.get(named)) if named[2] else None,
                oom_limit=kills.limits.get(named),
                restarts=restarts.get(named),
            )
            for who, count in samples.items()
        }
        few = (1 - self.wanted.percentile / 100) * self.seconds
        self.often = sorted(
            {"/".join(who[:2]) for who, each in replicas.items() if (each.restarts or 0) * self._range.window > few}
        )
        self.queries |= kills.queries
        ended = frozenset(who[:2] for who in replicas if who[:2] not in pods)
        scaled = scaled_workloads(self.engine, self.match, self.end)
        return Histories(self.start, self.end, replicas, ended, self.queries, scaled)

    def remarks(self) -> Iterator[str]:
        """Yield what to say of the histories that were read: what serves as series, and of gaps."""
        if self.series.remark:
            yield self.series.remark
        missing = self.edges.missing(self._step, self._fresh)
        if missing > max(promql.WINDOW, SHORT * self.seconds):
            yield words_of_gap(missing, self.seconds)
        if self.often:
            yield f"CPU is partial, of what restarts so often that it ends between two scrapes: {named(self.often)}"

    # --- queries ------------------------------------------------------------------------------------------------

    def _find_renamed(self, blocks: Sequence[Block]) -> None:
        """Find out whether the namespaces are in labels that a scrape job has renamed."""
        if not blocks:
            return
        names = [name for block in blocks for name in block.namespaces][:MOST_NAMES]
        for label in ("namespace", "exported_namespace"):
            # The namespace of the exporter may be one of them, too.
            own = 'exported_namespace=""' if label == "namespace" else ""
            chosen = promql.braces(self.series.chosen, promql.one_of(label, names), own, self.match)
            series = f"{self.series.sampled}{chosen}[{self.seconds}s]"
            if self.engine.vector(f"count(last_over_time({series}))", self.end):
                self.renamed = label != "namespace"
                return

    def _refuse_mixture(self, blocks: Sequence[Block]) -> None:
        """Raise MixedClusters if the containers are of several clusters, at the end or at one time of the range."""
        if is_chosen(self.match):
            return
        step = max(1, self.seconds // LOOKS)

        def series(block: Block) -> str:
            return f"{self.series.sampled}{self._matcher(block, self.series.chosen)}"

        def at_the_end(block: Block) -> Vector:
            by = ", ".join((promql.OF_CONTAINER, promql.BY_CLUSTER, *TENANTS))
            return self.engine.vector(f"group by ({by}) ({series(block)})", self.end)

        def in_the_range(block: Block) -> Matrix:
            return self.engine.points(f"group by ({promql.BY_CLUSTER}) ({series(block)})", self.start, self.end, step)

        refuse_mixture((promql.who(labels), labels) for labels, _ in self.gather(blocks, at_the_end, OF_CLUSTERS))
        matrix = self.gather(blocks, in_the_range, OF_CLUSTERS)
        refuse_mixed_points((labels, points.times) for labels, points in matrix)

    def _matcher(self, block: Block, *more: str) -> str:
        """Return the matchers of a block, in braces."""
        label = "exported_namespace" if self.renamed else "namespace"
        pods = block.letters.matcher()
        if self.wanted.workload:
            pods = f"pod=~{promql.quote(promql.escape(self.wanted.workload) + '(-.*)?')}"
        where = promql.match_labels({label: block.namespaces})
        return promql.braces(*more, where, "" if self.renamed else pods, self.match)

    def _figures(self) -> dict[str, Callable[[str], str]]:
        """Return the query for each figure of containers."""
        span, step, fresh = self.seconds, self._step, self._fresh
        series, by = self.series, promql.OF_CONTAINER
        fraction = f"{self.wanted.percentile / 100:g}"

        def cores(where: str) -> str:
            if series.is_rule:
                return f"max by ({by}) ({series.cpu}{where})"
            return _summed(promql.growth_of(f"{series.cpu}{where}", self._range))

        job = f"{by}, {promql.SCRAPE}"
        figures: dict[str, Callable[[str], str]] = {
            "samples": lambda where: (
                f"max by ({by}) (sum by ({job}) (count_over_time({series.sampled}{where}[{span}s])))"
            ),
            # Whoever scraped it, and however often.
            "steps": lambda where: (
                f"count_over_time((group by ({by}) (last_over_time({series.sampled}{where}[{fresh}s])))"
                f"[{span}s:{step}s])"
            ),
        }
        if series.memory:
            figures["memory"] = lambda where: f"max by ({by}) (max_over_time({series.memory}{where}[{span}s]))"
        if series.cpu:
            figures["cpu"] = lambda where: f"quantile_over_time({fraction}, ({cores(where)})[{span}s:{step}s])"
        for name, counter in PERIODS.items():
            figures[name] = lambda where, counter=counter: (  # type: ignore[misc]  # the default binds the name
                f"sum by ({by}) (max by ({by}, id) (increase({counter}{where}[{span}s])))"
            )
        return figures

    def _starts(
        self, blocks: Sequence[Block], limited: Sequence[str], first: Mapping[Who, float]
    ) -> Mapping[Who, float]:
        """Return the most CPU in the first minutes of the containers that began in the range and may have a CPU limit.

        limited: the names of those. first: the times of first samples.
        """
        of_pods = self.series is OF_PODS
        late = {(pod, name) for (_, pod, name), time in first.items() if time > self.start + START}
        late_pods = sorted({pod for pod, name in late if name in limited or (of_pods and limited)})
        if not late_pods or self.series.is_rule:
            return {}
        containers = "" if of_pods else promql.few_of("container", limited, MOST_NAMES)
        chosen = promql.all_of(containers, self._few_pods(late_pods))
        return self._ask(blocks, "cpu_start", partial(self._start_query, chosen))

    def _few_pods(self, names: Sequence[str]) -> str:
        """Return the matcher of pods; "" if they are many, or if the label with their names was renamed."""
        return "" if self.renamed else promql.few_of("pod", names, MOST_NAMES)

    def _start_query(self, named: str, where: str) -> str:
        """Return the query for the most CPU between two scrapes in the first minutes of a replica.

        A series that had a sample in the day before these minutes does not start: its scrapes may have been missed.
        """
        series = f"{promql.CPU}{promql.braces(where[1:-1], named)}"
        pair, every = math.ceil(2.5 * self.interval), max(15, round(self.interval))
        usage = _summed(f"irate({series}[{pair}s])")
        before = f"max by ({promql.OF_CONTAINER}) (last_over_time({series}[{LONGEST_GAP}s] offset {START}s))"
        return f"max_over_time(({usage} unless {before})[{self.seconds}s:{every}s])"

    def _edges(self, blocks: Sequence[Block], steps: Mapping[Who, float]) -> dict[str, dict[Who, float]]:
        """Return the times of the first and last samples of containers that did not live all the time."""
        full = self.seconds // self._step
        partly = sorted({pod for (_, pod, _), count in steps.items() if count < full})
        if not partly:
            return {"first": {}, "last": {}}
        chosen = self._few_pods(partly)

        def query(function: str, where: str) -> str:
            times = f"timestamp({self.series.sampled}{promql.braces(where[1:-1], chosen)})"
            edge = f"{function}_over_time(({times})[{self.seconds}s:{self._step}s])"
            return f"{function} by ({promql.OF_CONTAINER}) ({edge})"

        return {
            name: self._ask(blocks, name, partial(query, function))
            for name, function in (("first", "min"), ("last", "max"))
        }

    def _restarts(self, blocks: Sequence[Block], pods: Pods) -> Mapping[Who, int]:
        """Return how often containers were started again."""

        def one(block: Block) -> Iterable[tuple[Who, int]]:
            restarts = Restarts(self.engine, self._matcher(block)[1:-1], self.edges)
            self.queries.setdefault("restarts", restarts.query())
            return restarts.counts(pod for pod in pods if pod[0] in block.namespaces).items()

        return dict(self.gather(blocks, one, "restarts of containers"))

    @property
    def _range(self) -> promql.Range:
        return promql.Range(self.seconds, self._step, self.interval, extrapolates=self.engine.extrapolates())

    @property
    def _fresh(self) -> int:
        return max(self._step, math.ceil(1.5 * self.interval))

    def _measured(self, steps: float, samples: float) -> float:
        """Return for how many seconds there was data: what lived for few steps is measured by its samples."""
        seconds = min(steps * self._step, self.end - self.start)
        return seconds if steps > FEW_STEPS else min(seconds, samples * self.interval)

    @property
    def _step(self) -> int:
        return next(step for most, step in STEPS if self.seconds <= most)

    def _ask(self, blocks: Sequence[Block], name: str, query: Callable[[str], str]) -> dict[Who, float]:
        """Return a figure of every container."""

        def one(block: Block) -> Vector:
            text = query(self._matcher(block, self.series.chosen))
            self.queries.setdefault(name, text)
            answer = self.engine.vector(text, self.end)
            self._done += 1
            self.engine.calls.progress("histories", min(self._done, self._total - 1), self._total)
            return answer

        named = ((promql.who(labels), number) for labels, number in self.gather(blocks, one, f"{name} of containers"))
        # The series of pods name no container.
        return {who: number for who, number in named if all(who[:2]) and (who[2] or self.series is OF_PODS)}


def _summed(usage: str) -> str:
    """Return the CPU of each container: instances before and after a restart are added up, two jobs count once."""
    by = promql.OF_CONTAINER
    each = f"max by ({by}, {promql.INSTANCE}, {promql.SCRAPE}) ({usage})"
    return f"max by ({by}) (sum by ({by}, {promql.SCRAPE}) ({each}))"


def _named(who: Who, pods: Pods) -> Who:
    """Return a container by its name: what was measured of a pod as a whole is that of its only container."""
    facts = None if who[2] else pods.get(who[:2])
    return (*who[:2], facts.containers[0].name) if facts and len(facts.containers) == 1 else who


def _scaled(number: float | None, unit: float = 1) -> int | None:
    return None if number is None else round(number * unit)
