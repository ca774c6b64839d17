"""OOM kills of pods in a range: 0 only where a kill would have been seen, else unknown."""

from __future__ import annotations

from msgspec import Struct

from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.range_edges import Edges
from c3s_cli.sources.prometheus.restarts import Restarts
from c3s_cli.sources.prometheus.statistics import (
    KILLED,
    LAST_OOM,
    OOM,
    RESTARTS,
    instance_of,
    kills_before,
    restarts_after_kills,
)

Key = tuple[str, ...]


class PodKills(Struct):
    """The kills of pods, by namespace and name. selector: the matchers of the pods; match: those of all series.

    size: of the keys; 3 for the kills of containers, by their names, too.
    """

    engine: Engine
    selector: str
    match: str
    edges: Edges
    size: int = 2

    def counts(self) -> dict[Key, int]:
        """Return the kills that the kubelets counted, but at least those that kube-state-metrics saw.

        A kubelet's counter ends with the container, often before the kill was scraped.
        """
        kills = self._kills_of_kubelets()
        for who, number in self._kills_of_state_metrics().items():
            kills[who] = max(kills.get(who, 0), number)
        return self._judged(kills)

    def _judged(self, kills: dict[Key, int]) -> dict[Key, int]:
        """Return the kills without those zeros that nobody can know, and with those that follow from restarts.

        What was not started again was not killed. Why something was, kube-state-metrics knows if it exports reasons.
        """
        if self.engine.vector(f"count({LAST_OOM}{promql.braces(self.match)})", self.edges.end):
            series = f"{RESTARTS}{promql.braces(self.selector)}[{self._seconds}s]"
            watched = self.engine.vector(f"group by ({promql.OF_CONTAINER}) (last_over_time({series}))", self.edges.end)
            return {**dict.fromkeys((promql.who(labels)[: self.size] for labels, _ in watched), 0), **kills}
        restarts: dict[Key, int] = {}
        for who, number in (
            Restarts(self.engine, self.selector, self.edges).counts({(who[0], who[1]) for who in kills}).items()
        ):
            restarts[who[: self.size]] = restarts.get(who[: self.size], 0) + number
        spared = {who: 0 for who, number in restarts.items() if not number}
        return {**spared, **{who: number for who, number in kills.items() if number or not restarts.get(who)}}

    def _kills_of_kubelets(self) -> dict[Key, int]:
        """Return the growth of the counters of each instance, which begin at 0."""
        series = f"{OOM}{promql.braces(promql.CONTAINERS, self.selector)}"
        by = f"{promql.OF_CONTAINER}, id"
        after = self.engine.vector(f"max by ({by}) (max_over_time({series}[{self._seconds}s]))", self.edges.end)
        killed = sorted({promql.who(labels)[1] for labels, number in after if number})
        chosen = promql.all_of(promql.few_of("pod", killed), self.selector)
        before = kills_before(self.engine, chosen, self.edges) if killed else {}
        kills: dict[Key, int] = {}
        for labels, number in after:
            who = promql.who(labels)[: self.size]
            grown = number - before.get(instance_of(labels), 0)
            kills[who] = kills.get(who, 0) + max(0, round(grown))
        return kills

    def _kills_of_state_metrics(self) -> dict[Key, int]:
        """Return how often a container was started again after it had been killed."""
        killed = f"{LAST_OOM}{promql.braces(KILLED, self.selector)}"
        by = promql.OF_CONTAINER
        known = self.engine.vector(f"max by ({by}) (max_over_time({killed}[{self._seconds}s])) > 0", self.edges.end)
        if not known:
            return {}
        pods = sorted({promql.who(labels)[1] for labels, _ in known})
        chosen = promql.all_of(promql.few_of("pod", pods), self.selector)
        counts: dict[Key, int] = {}
        for who, _, number in restarts_after_kills(self.engine, chosen, self.edges.start, self.edges.end):
            counts[who[: self.size]] = counts.get(who[: self.size], 0) + number
        return counts

    @property
    def _seconds(self) -> int:
        return int(self.edges.end - self.edges.start)
