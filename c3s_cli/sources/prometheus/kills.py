"""Containers that were killed for lack of memory in a range, and their memory limits then.

Kubelets count kills, but the counter ends with the container, often before the kill was scraped; kube-state-metrics
knows why a container ended the last time. Of both, the larger number counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.blocks import Block
from c3s_cli.sources.prometheus.decoding import Vector
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.promql import Who
from c3s_cli.sources.prometheus.range_edges import Edges
from c3s_cli.sources.prometheus.statistics import (
    KILLED,
    LAST_OOM,
    OOM,
    kills_before,
    restarts_after_kills,
    step_of,
)

# The limits of containers, from kube-state-metrics and from the kubelets.
LIMITS: Final = (
    ("kube_pod_container_resource_limits", 'resource="memory"'),
    ("container_spec_memory_limit_bytes", promql.CONTAINERS),
)


class Kills(Struct):
    """The kills of containers. matcher: returns the matchers of a block of pods, in braces.

    limits: the largest memory limit at the time of a kill, by namespace, pod and container. queries: one a figure.
    """

    engine: Engine
    matcher: Callable[..., str]
    edges: Edges
    limits: dict[Who, int] = {}
    queries: dict[str, str] = {}
    _counts: dict[Who, int] = {}
    _counted: Collection[Who] = ()
    _reasons: bool = False

    def count_of(self, who: Who, restarts: int | None) -> int | None:
        """Return how often a container was killed; None if a kill would not have been seen.

        restarts: how often it was started again. What was not, was not killed; else kube-state-metrics knows why.
        """
        if self._counts.get(who) or restarts == 0:
            return self._counts.get(who, 0)
        return 0 if self._reasons or (who in self._counted and not restarts) else None

    def by_container(self, blocks: Sequence[Block], gather: Callable[..., Any]) -> Kills:
        """Read the kills of the containers in blocks of pods."""
        by = promql.OF_CONTAINER

        def events(block: Block) -> str:
            return f"sum by ({by}) (max by ({by}, id) ({self._most(block, OOM, promql.CONTAINERS)}))"

        def last_ends(block: Block) -> str:
            return f"max by ({by}) ({self._most(block, LAST_OOM, KILLED)})"

        counted = self._vector(blocks, gather, "oom_events", events)
        reasons = self._vector(blocks, gather, "oom_reasons", last_ends)
        self._counted, self._reasons = counted.keys(), bool(reasons) or self._has_reasons()
        killed = sorted({who for who, number in (*counted.items(), *reasons.items()) if number})
        if not killed:
            return self
        before = self._before(killed) if any(counted.values()) else {}
        for who in killed:
            self._counts[who] = max(0, round(counted.get(who, 0) - before.get(who, 0)))
        times = self._add_restarts(killed)
        self._find_limits([who for who in killed if self._counts[who]], times)
        return self

    def _most(self, block: Block, name: str, match: str) -> str:
        return f"max_over_time({name}{self.matcher(block, match)}[{int(self.edges.end - self.edges.start)}s])"

    def _has_reasons(self) -> bool:
        """Return whether kube-state-metrics tells why containers ended, of any container."""
        series = f"{LAST_OOM}{self.matcher(Block())}"
        return bool(self.engine.vector(f"count({series})", self.edges.end))

    def _vector(
        self, blocks: Sequence[Block], gather: Callable[..., Any], name: str, query: Callable[[Block], str]
    ) -> dict[Who, float]:
        def ask(block: Block) -> Vector:
            self.queries.setdefault(name, query(block))
            return self.engine.vector(query(block), self.edges.end)

        return {promql.who(labels): number for labels, number in gather(blocks, ask, f"{name} of containers")}

    def _before(self, killed: Sequence[Who]) -> Mapping[Who, float]:
        """Return the counts of kills at the start of the range, of the instances that ran then."""
        counts: dict[Who, float] = {}
        for (*who, _), number in kills_before(self.engine, self._selector_of(killed), self.edges).items():
            counts[who[0], who[1], who[2]] = counts.get((who[0], who[1], who[2]), 0) + number
        return counts

    def _selector_of(self, killed: Iterable[Who]) -> str:
        return promql.all_of(promql.few_of("pod", sorted({pod for _, pod, _ in killed})), self.matcher(Block())[1:-1])

    def _add_restarts(self, killed: Sequence[Who]) -> dict[Who, list[float]]:
        """Count how often containers were started again after they had been killed. Return when."""
        times: dict[Who, list[float]] = {}
        counts: dict[Who, int] = {}
        for who, time, number in restarts_after_kills(
            self.engine, self._selector_of(killed), self.edges.start, self.edges.end
        ):
            times.setdefault(who, []).append(time)
            counts[who] = counts.get(who, 0) + number
        for who in killed:
            self._counts[who] = max(self._counts[who], counts.get(who, 0))
        return times

    def _find_limits(self, killed: Sequence[Who], times: Mapping[Who, Sequence[float]]) -> None:
        """Find the memory limit of each container before its kills; at any time, if it is unknown when they were."""
        start, end = self.edges.start, self.edges.end
        step = step_of(start, end)
        for name, match in LIMITS:
            if not (left := [who for who in killed if who not in self.limits]):
                break
            series = f"{name}{promql.braces(match, self._selector_of(left))}"
            matrix = self.engine.points(f"max by ({promql.OF_CONTAINER}) ({series})", start, end, step)
            for labels, points in matrix:
                who = promql.who(labels)
                known = [
                    value
                    for time, value in zip(*points, strict=True)
                    if who not in times or any(kill - 2 * step <= time < kill for kill in times[who])
                ]
                if who in left and (largest := max(known or points.values)) > 0:
                    self.limits[who] = round(largest)
