"""Containers that were killed for lack of memory in a range, and their memory limits then.

Kubelets count kills, but the counter ends with the container, often before the kill was scraped; kube-state-metrics
knows why a container ended the last time. Of both, the larger number counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.blocks import Block
from c3s_cli.sources.prometheus.statistics import (
    COUNTERS,
    KILLED,
    LAST_OOM,
    MOST_NAMES,
    POINTS,
    RESTARTS,
    restarts_after_kills,
)

if TYPE_CHECKING:
    from c3s_cli.sources.prometheus.decoding import Matrix, Points, Vector
    from c3s_cli.sources.prometheus.engine import Engine

Who = tuple[str, str, str]
OOM: Final = COUNTERS["oomKills"]
# The limits of containers, from kube-state-metrics and from the kubelets.
LIMITS: Final = (
    ("kube_pod_container_resource_limits", 'resource="memory"'),
    ("container_spec_memory_limit_bytes", promql.CONTAINERS),
)


class Kills:
    """The kills of containers. matcher: returns the matchers of a block of pods, in braces.

    limits: the largest memory limit at the time of a kill, by namespace, pod and container. queries: one a figure.
    """

    def __init__(self, engine: Engine, matcher: Callable[..., str], start: float, end: float) -> None:
        self.engine = engine
        self.matcher = matcher
        self.start = start
        self.end = end
        self.seconds = int(end - start)
        self.step = max(15, math.ceil(self.seconds / POINTS))
        self.limits: dict[Who, int] = {}
        self.queries: dict[str, str] = {}
        self._counts: dict[Who, int] = {}
        self._known = False

    def counted(self, who: Who) -> int | None:
        """Return how often a container was killed; None if nothing counts kills."""
        return self._counts.get(who, 0) if self._known else None

    def by_container(self, blocks: Sequence[Block], gather: Callable[..., Any]) -> Kills:
        """Read the kills of the containers in blocks of pods."""
        times: dict[Who, list[float]] = {}
        counted = self._vector(
            blocks,
            gather,
            "oom_events",
            lambda block: (
                f"sum by ({promql.OF_CONTAINER}) (max by ({promql.OF_CONTAINER}, id) "
                f"(max_over_time({OOM}{self.matcher(block, promql.CONTAINERS)}[{self.seconds}s])))"
            ),
        )
        seen = self._vector(
            blocks,
            gather,
            "oom_reasons",
            lambda block: (
                f"max by ({promql.OF_CONTAINER}) "
                f"(max_over_time({LAST_OOM}{self.matcher(block, KILLED)}[{self.seconds}s]))"
            ),
        )
        self._known = bool(counted or seen) or bool(self._exists())
        killed = sorted({who for who, number in (*counted.items(), *seen.items()) if number})
        if not killed:
            return self
        before = self._before(killed) if any(counted.values()) else {}
        for who in killed:
            self._counts[who] = max(0, round(counted.get(who, 0) - before.get(who, 0)))
        self._add_seen(killed, times)
        self._find_limits([who for who in killed if self._counts[who]], times)
        return self

    def _exists(self) -> Vector:
        """Return something if there are series that would show kills, of any container."""
        names = promql.one_of("__name__", [OOM, RESTARTS])
        return self.engine.vector(f"count({promql.braces(names, self.matcher(Block())[1:-1])})", self.end)

    def _vector(
        self, blocks: Sequence[Block], gather: Callable[..., Any], name: str, query: Callable[[Block], str]
    ) -> dict[Who, float]:
        def ask(block: Block) -> Vector:
            self.queries.setdefault(name, query(block))
            return self.engine.vector(query(block), self.end)

        return {promql.who(labels): number for labels, number in gather(blocks, ask, f"{name} of containers")}

    def _before(self, killed: Sequence[Who]) -> Mapping[Who, float]:
        """Return the counts of kills at the start of the range, of the instances that ran then."""
        query = f"sum by ({promql.OF_CONTAINER}) ({OOM}{self._of(killed, promql.CONTAINERS)})"
        return {promql.who(labels): number for labels, number in self.engine.vector(query, self.start)}

    def _of(self, killed: Sequence[Who], *more: str) -> str:
        names = sorted({pod for _, pod, _ in killed})
        chosen = promql.one_of("pod", names) if len(names) <= MOST_NAMES else ""
        return promql.braces(*more, chosen, self.matcher(Block())[1:-1])

    def _points(self, killed: Sequence[Who], name: str, *more: str) -> dict[Who, Points]:
        query = f"max by ({promql.OF_CONTAINER}) ({name}{self._of(killed, *more)})"
        matrix: Matrix = self.engine.points(query, self.start, self.end, self.step)
        return {promql.who(labels): points for labels, points in matrix}

    def _add_seen(self, killed: Sequence[Who], times: dict[Who, list[float]]) -> None:
        """Count how often a container was started again after it had been killed, and when."""
        restarts, reasons = self._points(killed, RESTARTS), self._points(killed, LAST_OOM, KILLED)
        for who in killed:
            if who not in restarts:
                continue
            counted = list(restarts_after_kills(restarts[who], reasons.get(who), self.step))
            if counted:
                times.setdefault(who, []).extend(time for time, _ in counted)
            self._counts[who] = max(self._counts[who], sum(number for _, number in counted))

    def _find_limits(self, killed: Sequence[Who], times: Mapping[Who, Sequence[float]]) -> None:
        """Find the memory limit of each container before its kills; at any time, if it is unknown when they were."""
        for name, match in LIMITS:
            left = [who for who in killed if who not in self.limits]
            for who, points in (self._points(left, name, match) if left else {}).items():
                known = [
                    value
                    for time, value in zip(*points, strict=True)
                    if who not in times or any(time < kill and time >= kill - 2 * self.step for kill in times[who])
                ]
                if who in left and (known or points.values) and max(known or points.values) > 0:
                    self.limits[who] = round(max(known or points.values))
