"""Prometheus as a source: a server at a URL or a service of the cluster, and the clusters in its data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from c3s_cli.kube.headers import header_of
from c3s_cli.request.period import Period
from c3s_cli.sources.calls import Calls, open_reading
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.clusters import matchers
from c3s_cli.sources.prometheus.engine import AT_ONCE, Engine
from c3s_cli.sources.prometheus.usage import PrometheusUsage

if TYPE_CHECKING:
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.request.target import Origin
    from c3s_cli.sources.prometheus.discovery import Candidate
    from c3s_cli.sources.prometheus.state_metrics import StateMetrics
    from c3s_cli.sources.source import Lists, Scope


def headers_of(origin: Origin) -> list[tuple[str, str]]:
    """Return the headers of queries to a service; ConfigError if one is not valid. A server at a URL has its own."""
    return [] if origin.url else [header_of(text) for text in origin.headers]


class Prometheus(Struct):
    """A Prometheus, for any number of readings.

    server: the server at a URL; None for a service, read through the API server. service: which one, "" to find it.
    match: matchers added to every selector. context: the name of the cluster, if it differs from the connection's.
    headers: of requests to a service. queries: how many at once. candidate: the service, once it is known. current:
    the reading that goes on, and its API.
    """

    server: Cluster | None
    service: str = ""
    match: str = ""
    context: str = ""
    headers: Sequence[tuple[str, str]] = ()
    queries: int = AT_ONCE
    candidate: Candidate | None = None
    current: tuple[Calls, Engine] | None = None

    def engine(self, calls: Calls) -> Engine:
        """Return the API for one reading. calls: those to the API server. C3sError if there is no such service.

        All parts of a reading share one object, which collects the warnings and limits parallel queries.
        """
        if self.current is None or self.current[0] is not calls:
            self.current = calls, self._new_engine(calls)
        return self.current[1]

    def _new_engine(self, calls: Calls) -> Engine:
        if self.server is not None:
            return Engine(open_reading(self.server, calls.progress), at_once=self.queries)
        if self.candidate is None:
            from c3s_cli.sources.prometheus.discovery import find  # not needed with a URL

            self.candidate = find(calls, self.service)
        return Engine(calls, self.candidate, self.headers, at_once=self.queries)

    def usage(self, calls: Calls, scope: Scope, _problems: list[str], lists: Lists) -> PrometheusUsage:
        """Return the usage in scope, in one reading."""
        engine = self.engine(calls)
        context = self.context or calls.cluster.context
        return PrometheusUsage(
            engine, context, structs.replace(scope, period=_known(scope.period, engine)), lists, self.match
        )

    def facts(
        self,
        calls: Calls,
        scope: Scope,
        _problems: list[str],
        *,
        details: bool,
        labels: bool = False,
        states: bool = False,
    ) -> StateMetrics:
        """Return what reads core objects from kube-state-metrics."""
        from c3s_cli.sources.prometheus.state_metrics import StateMetrics  # only --facts source needs it

        engine = self.engine(calls)
        period = _known(scope.period, engine)
        time = period.bounds(0)[1] if period and period.end is not None else None
        scope = structs.replace(scope, period=period)
        return StateMetrics(engine, self.match, time, scope, details=details, labels=labels, states=states)

    def moments(self, calls: Calls, period: Period) -> dict[Period, float]:
        """Return every step of a range, with its time."""
        engine = self.engine(calls)
        start, end = (_known(period, engine) or period).bounds(engine.now() if period.end is None else 0)
        steps = promql.range_of(end - start, period.step, promql.STEPS[0], extrapolates=True)
        times = (end - place * steps.step for place in reversed(range(steps.points)))
        return {Period(end=time): time for time in times}

    def clusters(self, calls: Calls, period: Period | None = None) -> dict[str, str]:
        """Return the matchers of each cluster in a period, by its name; nothing if clusters have no names."""
        engine = self.engine(calls)
        period = _known(period, engine) or Period()
        start, end = period.bounds(engine.now() if period.start is not None and period.end is None else 0)
        nodes = f"kube_node_info{promql.braces(self.match)}"
        if end > start:
            nodes = f"last_over_time({nodes}[{int(end - start)}s])"
        vector = engine.vector(f"group by ({promql.BY_CLUSTER}) ({nodes})", end or None)
        return matchers((labels for labels, _ in vector), self.match)


def _known(period: Period | None, engine: Engine) -> Period | None:
    """Replace times that depend on now, by the clock of the server. UsageError if they are in the future."""
    return period.at(engine.now()) if period and period.depends_on_now else period
