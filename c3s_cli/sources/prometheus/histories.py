"""Histories of containers over a range, computed by the server: one query for each figure and block of namespaces.

An answer has one number for each container, so that a range of weeks is as small as one of minutes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.errors import MetricsUnavailable
from c3s_cli.model.rightsizing import Histories, Replica
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.blocks import Block, Pods, blocks_of
from c3s_cli.sources.prometheus.kills import Kills
from c3s_cli.sources.prometheus.restarts import Restarts
from c3s_cli.sources.prometheus.scaled import scaled_workloads
from c3s_cli.sources.prometheus.statistics import COUNTERS

if TYPE_CHECKING:
    from c3s_cli.sources.prometheus.decoding import Vector
    from c3s_cli.sources.prometheus.engine import Engine
    from c3s_cli.sources.source import Wanted

Who = tuple[str, str, str]
# The names of pods or containers written out in one query.
MOST_NAMES: Final = 100
# The times between two points of CPU, for ranges up to so many seconds.
STEPS: Final = ((promql.SHORT, 60), (31 * 86_400, promql.WINDOW), (math.inf, 900))
# What the first minutes of a replica are, and how long its data may be missing without being a start.
START: Final = 300
LONGEST_GAP: Final = 86_400
# Where the interval between two scrapes is looked for, in seconds before the end. A second less, so that n samples are
# n intervals.
LOOK: Final = (3599, 86_399)
PERIODS: Final = {"periods": COUNTERS["cfs.periods"], "throttled_periods": COUNTERS["cfs.throttled"]}


class ContainerHistories:
    """Reads the histories of the containers of pods. gather: queries in pieces, as PrometheusUsage does.

    match: matchers added to every selector. start, end: of the range.
    """

    def __init__(
        self, engine: Engine, gather: Callable[..., Any], match: str, start: float, end: float, wanted: Wanted
    ) -> None:
        self.engine = engine
        self.gather = gather
        self.match = match
        self.start = start
        self.end = end
        self.wanted = wanted
        self.seconds = int(end - start)
        self.interval = 0.0
        self.renamed = False
        self.queries: dict[str, str] = {}
        self._done = 0
        self._total = 0

    def read(self, pods: Pods) -> Histories:
        """Return the histories of all containers in the namespaces of some pods. MetricsUnavailable if there are none.

        pods: those that exist; workloads that have none are not looked for.
        """
        self.interval = self._interval()
        blocks = blocks_of(pods)
        self._find_renamed(blocks)
        containers = [each for facts in pods.values() for each in facts.containers]
        limited = sorted({each.name for each in containers if (each.limits or {}).get("cpu")})
        figures = self._figures()
        self._total = (len(figures) + 4) * len(blocks)
        found: dict[str, dict[Who, float]] = {name: self._ask(blocks, name, query) for name, query in figures.items()}
        kills = Kills(self.engine, self._matcher, self.start, self.end).by_container(blocks, self.gather)
        restarts = self._restarts(blocks, pods)
        samples = found["samples"]
        edges = self._edges(blocks, samples)
        starts = self._starts(blocks, limited, edges["first"])
        replicas = {
            who: Replica(
                pod=who[1],
                seconds=count * self.interval,
                first=max(self.start, edges["first"].get(who, self.start) - self.interval),
                last=edges["last"].get(who, self.end),
                samples=round(count),
                cpu=_scaled(found["cpu"].get(who), 10**9),
                cpu_start=_scaled(starts.get(who), 10**9),
                memory=_scaled(found["memory"].get(who)),
                throttled_periods=_scaled(found["throttled_periods"].get(who)),
                periods=_scaled(found["periods"].get(who)),
                oom_kills=kills.counted(who),
                oom_limit=kills.limits.get(who),
                restarts=restarts.get(who),
            )
            for who, count in samples.items()
        }
        self.queries |= kills.queries
        ended = frozenset(who[:2] for who in replicas if who[:2] not in pods)
        scaled = scaled_workloads(self.engine, self.match, self.end)
        return Histories(self.start, self.end, replicas, ended, self.queries, scaled)

    # --- queries ------------------------------------------------------------------------------------------------

    def _interval(self) -> float:
        """Return the time between two scrapes of a container near the end of the range."""
        for seconds in LOOK:
            series = f"{promql.MEMORY}{promql.braces(promql.CONTAINERS, self.match)}"
            for _, number in self.engine.vector(f"max(count_over_time({series}[{seconds}s]))", self.end):
                return max(1.0, round((seconds + 1) / number))
        raise MetricsUnavailable(
            f"this Prometheus has no metrics of containers at the end of the range: {promql.SCRAPED}"
        )

    def _find_renamed(self, blocks: Sequence[Block]) -> None:
        """Find out whether the namespaces are in labels that a scrape job has renamed."""
        if not blocks:
            return
        names = [name for block in blocks for name in block.namespaces][:MOST_NAMES]
        for label in ("namespace", "exported_namespace"):
            series = f"{promql.MEMORY}{promql.braces(promql.CONTAINERS, promql.one_of(label, names), self.match)}"
            if self.engine.vector(f"count(last_over_time({series}[{self.seconds}s]))", self.end):
                self.renamed = label != "namespace"
                return

    def _matcher(self, block: Block, *more: str) -> str:
        """Return the matchers of a block, in braces."""
        label = "exported_namespace" if self.renamed else "namespace"
        pods = block.letters.matcher()
        if self.wanted.workload:
            pods = f"pod=~{promql.quoted(promql.escaped(self.wanted.workload) + '(-.*)?')}"
        where = promql.joined({label: block.namespaces})
        return promql.braces(*more, where, "" if self.renamed else pods, self.match)

    def _figures(self) -> dict[str, Callable[[str], str]]:
        """Return the query for each figure of containers."""
        span, window, step = self.seconds, self._window, self._step
        memory, by = promql.MEMORY, promql.OF_CONTAINER
        one = f"{by}, instance, {promql.SCRAPE}"
        fraction = f"{self.wanted.percentile / 100:g}"
        figures: dict[str, Callable[[str], str]] = {
            "samples": lambda where: f"max by ({by}) (sum by ({one}) (count_over_time({memory}{where}[{span}s])))",
            "memory": lambda where: f"max by ({by}) (max_over_time({memory}{where}[{span}s]))",
            "cpu": lambda where: (
                f"quantile_over_time({fraction}, ({_summed(f'rate({promql.CPU}{where}[{window}s])')})[{span}s:{step}s])"
            ),
        }
        for name, series in PERIODS.items():
            figures[name] = lambda where, series=series: (  # type: ignore[misc]  # the default binds the name
                f"sum by ({by}) (max by ({by}, id) (increase({series}{where}[{span}s])))"
            )
        return figures

    def _starts(
        self, blocks: Sequence[Block], limited: Sequence[str], first: Mapping[Who, float]
    ) -> Mapping[Who, float]:
        """Return the most CPU in the first minutes of the containers that began in the range and may have a CPU limit.

        limited: the names of those. first: the times of first samples.
        """
        begun = sorted({pod for (_, pod, name), time in first.items() if name in limited and time > self.start + START})
        if not begun:
            return {}
        named = [promql.one_of("container", limited)] if len(limited) <= MOST_NAMES else []
        named += [promql.one_of("pod", begun)] if len(begun) <= MOST_NAMES and not self.renamed else []
        return self._ask(blocks, "cpu_start", partial(self._start_query, ",".join(named)))

    def _start_query(self, named: str, where: str) -> str:
        """Return the query for the most CPU between two scrapes in the first minutes of a replica.

        A series that had a sample in the day before these minutes does not start: its scrapes may have been missed.
        """
        series = f"{promql.CPU}{promql.braces(where[1:-1], named)}"
        pair, every = math.ceil(2.5 * self.interval), max(15, round(self.interval))
        usage = _summed(f"irate({series}[{pair}s])")
        before = f"max by ({promql.OF_CONTAINER}) (last_over_time({series}[{LONGEST_GAP}s] offset {START}s))"
        return f"max_over_time(({usage} unless {before})[{self.seconds}s:{every}s])"

    def _edges(self, blocks: Sequence[Block], samples: Mapping[Who, float]) -> dict[str, dict[Who, float]]:
        """Return the times of the first and last samples of containers that did not live all the time."""
        full = self.seconds / self.interval
        partly = sorted({pod for (_, pod, _), count in samples.items() if count < full - 2})
        if not partly:
            return {"first": {}, "last": {}}
        named = promql.one_of("pod", partly) if len(partly) <= MOST_NAMES and not self.renamed else ""

        def query(function: str, where: str) -> str:
            times = f"timestamp({promql.MEMORY}{promql.braces(where[1:-1], named)})"
            edge = f"{function}_over_time(({times})[{self.seconds}s:{self._step}s])"
            return f"{function} by ({promql.OF_CONTAINER}) ({edge})"

        return {
            name: self._ask(blocks, name, partial(query, function))
            for name, function in (("first", "min"), ("last", "max"))
        }

    def _restarts(self, blocks: Sequence[Block], pods: Pods) -> Mapping[Who, int]:
        """Return how often containers were started again."""

        def one(block: Block) -> Iterable[tuple[Who, int]]:
            restarts = Restarts(self.engine, self._matcher(block)[1:-1], self.start, self.end)
            self.queries.setdefault("restarts", restarts.query())
            return restarts.counted(of for of in pods if of[0] in block.namespaces).items()

        return dict(self.gather(blocks, one, "restarts of containers"))

    @property
    def _window(self) -> int:
        return max(promql.WINDOW, self._step, math.ceil(2.5 * self.interval))

    @property
    def _step(self) -> int:
        return next(step for most, step in STEPS if self.seconds <= most)

    def _ask(self, blocks: Sequence[Block], name: str, query: Callable[[str], str]) -> dict[Who, float]:
        """Return a figure of every container."""

        def one(block: Block) -> Vector:
            text = query(self._matcher(block, promql.CONTAINERS))
            self.queries.setdefault(name, text)
            answer = self.engine.vector(text, self.end)
            self._done += 1
            self.engine.requests.progress("histories", min(self._done, self._total - 1), self._total)
            return answer

        return dict(_by_container(self.gather(blocks, one, f"{name} of containers")))


def _summed(usage: str) -> str:
    """Return the CPU of each container: instances before and after a restart are added up, two jobs count once."""
    by = promql.OF_CONTAINER
    each = f"max by ({by}, {promql.INSTANCE}, {promql.SCRAPE}) ({usage})"
    return f"max by ({by}) (sum by ({by}, {promql.SCRAPE}) ({each}))"


def _by_container(vector: Vector) -> Iterator[tuple[Who, float]]:
    for labels, number in vector:
        who = promql.who(labels)
        if all(who):
            yield who, number


def _scaled(number: float | None, unit: int = 1) -> int | None:
    return None if number is None else round(number * unit)
