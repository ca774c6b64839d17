"""One reading of a Prometheus: usage at one time, and statistics over a range, computed by the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.amounts.duration import go_duration
from c3s_cli.columns.statistics import statistics_of
from c3s_cli.errors import C3sError, InvalidAnswer, QueryFailed
from c3s_cli.model.rows import Container, Figures, Node, Pod, Volume
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.parallel import in_parallel
from c3s_cli.request.period import Period
from c3s_cli.sources.decode.metrics import total
from c3s_cli.sources.prometheus import large_groups, promql
from c3s_cli.sources.prometheus import statistics as prometheus_figures
from c3s_cli.sources.prometheus.node_names import NodeNames
from c3s_cli.sources.prometheus.slices import GroupSlice, Letters, PodSlice, group_slices, pod_slices
from c3s_cli.sources.requests import Memoized

if TYPE_CHECKING:
    from c3s_cli.sources.prometheus.decoding import Points, Vector
    from c3s_cli.sources.prometheus.engine import Engine
    from c3s_cli.sources.prometheus.membership import Members
    from c3s_cli.sources.source import Groups, Keys, Lists, Scope

# One unit of Prometheus in c3s's units: nanocores, bytes.
UNITS: Final = {"cpu": 10**9, "memory": 1}
POD: Final = "namespace, pod"
GROUP: Final = "c3s_group"
SCRAPED: Final = "it must scrape the kubelets' /metrics/cadvisor; --prometheus-match may select nothing"
NO_NODES: Final = "this Prometheus scrapes neither the kubelets' figures of nodes nor node_exporter"
Who = tuple[str, ...]


class PrometheusUsage:
    """One reading."""

    name = "prometheus"

    def __init__(self, engine: Engine, context: str, scope: Scope, lists: Lists, match: str) -> None:
        self.engine = engine
        self.context = context
        self.scope = scope
        self.lists = lists
        self.match = match
        self.missing: list[Failure] = []
        self._large: dict[tuple[Members, str], list[float]] = {}
        self.absence = ""
        self.node_series = promql.OF_NODES[0]
        self._times = Memoized(self._bounds)
        self.names = NodeNames(engine, match, lambda: self._times()[1])

    @property
    def failures(self) -> list[Failure]:
        """The failures, and the server's warnings."""
        warned = [Failure(self.context, self.name, warning) for warning in self.engine.warnings]
        return [*self.missing, *warned]

    def nodes(self) -> list[Node]:
        """Read the usage of the nodes, and the statistics that are needed."""
        answers = self._nodes_now()
        known = self.lists.nodes()
        used: dict[str, dict[str, int]] = {}
        for resource, vector in answers.items():
            for name, number in self.names.named(vector, known):
                # A node may be scraped by two jobs.
                mine = used.setdefault(name, {})
                mine[resource] = max(mine.get(resource, 0), _whole(resource, number))
        if not used:
            self.absence = self._why_nothing() or NO_NODES
        figures = self._node_figures(known)
        return [
            Node(
                self.context,
                name,
                mine.get("cpu"),
                mine.get("memory"),
                timestamp=self._timestamp(),
                window=self._window(),
                figures=figures.get(name),
            )
            for name, mine in used.items()
            if self.scope.everything or name in known
        ]

    def pods(self) -> list[Pod]:
        """Read the usage of the pods that run at that time, and the statistics that are needed."""
        answers = self._now(self._containers_now)
        selected = self.lists.pods() if self.scope.labels or self.scope.fields else None
        used: dict[tuple[str, str], dict[str, dict[str, int]]] = {}
        # A pod without memory has ended.
        for resource in ("memory", "cpu"):
            for labels, number in answers[resource]:
                key = labels.get("namespace", ""), labels.get("pod", "")
                if key[1] and (key in used or resource == "memory") and (selected is None or key in selected):
                    containers = used.setdefault(key, {})
                    containers.setdefault(labels.get("container", ""), {})[resource] = _whole(resource, number)
        if not used:
            self.absence = self._why_nothing()
        figures = self._pod_figures(used)
        for who, more in self._prometheus_figures():
            figures.setdefault(who, {}).update(more)
        return [self._pod(key, containers, figures) for key, containers in used.items()]

    def volumes(self) -> list[Volume]:
        """Read the claims in scope. The API server knows which pods mount them."""
        try:
            claims = self.lists.claims()
        except C3sError as problem:
            claims = None
            self.missing.append(Failure(self.context, "who mounts the volumes", str(problem)))
        selector = self._matching(self._scope())
        return prometheus_figures.volumes(self._ask, self.context, self._timestamp(), claims, selector)

    def explain_absence(self, _now: datetime) -> None:
        """Do nothing: there are no pods that were not scraped."""

    def sums(self, sample: Sample, groups: Groups) -> dict[Keys, Figures]:
        """Read statistics of groups as a whole: of the sum of their members at each point of the range."""
        from c3s_cli.sources.prometheus.membership import members_of  # only statistics of groups need it

        members = members_of(sample, groups, self.scope)
        marks = {str(place): keys for place, keys in enumerate(members)}
        statistics: dict[Keys, dict[str, int]] = {keys: {} for keys in members}
        slices = group_slices({mark: members[keys] for mark, keys in marks.items()})
        for wanted in statistics_of(groups.figures):
            resource, _, statistic = wanted.partition(".")

            def ask(piece: GroupSlice, resource: str = resource, statistic: str = statistic) -> Vector:
                return self._of_groups(piece, resource, statistic)

            for labels, number in self._gather(slices, ask, wanted):
                group = marks.get(labels.get(GROUP, ""))
                if group is None:
                    raise InvalidAnswer("the server's answer contains a group that was not in the query")
                statistics[group][wanted] = _whole(resource, number)
        return dict(statistics)

    # --- queries ------------------------------------------------------------------------------------------------

    def _matching(self, *matchers: str) -> str:
        return ",".join(filter(None, (self.match, *matchers)))

    def _scope(self) -> str:
        scope = self.scope
        return promql.joined(
            {
                "namespace": [scope.namespace] if scope.namespace else [],
                "pod": [scope.name] if scope.name and scope.namespace else [],
            }
        )

    def _nodes_now(self) -> Mapping[str, Vector]:
        """Find the first kind of series that has the nodes."""
        answers: Mapping[str, Vector] = {}
        for self.node_series in promql.OF_NODES:
            answers = self._now(partial(self._node_now, self.node_series))
            if any(answers.values()):
                break
        return answers

    def _now(self, ask: Callable[[str], Vector]) -> Mapping[str, Vector]:
        """Query CPU and memory at one time, or at the end of the range."""
        answers = in_parallel({resource: partial(ask, resource) for resource in UNITS})
        for answer in answers.values():
            if isinstance(answer, C3sError):
                raise answer
        return answers

    def _node_now(self, node_series: promql.Series, resource: str) -> Vector:
        return self._ask(promql.now_of(resource, [self._matching()], promql.NODE, node_series))

    def _containers_now(self, resource: str) -> Vector:
        def ask(piece: Letters) -> Vector:
            selector = self._matching(self._scope(), piece.matcher())
            return self._ask(promql.now_of(resource, [selector], promql.CONTAINER))

        return self._gather([Letters()], ask, f"{resource}.usage")

    def _of_groups(self, piece: GroupSlice, resource: str, statistic: str) -> Vector:
        """Query a statistic of the sum of each group. Groups that are too large for one query are added up here."""

        def query(members: Members) -> str:
            return promql.over_time(statistic, self._sum(large_groups.whole_of(members), resource), self._range())

        try:
            return self._ask(piece.query(query, GROUP))
        except QueryFailed as problem:
            if piece.halves() or not problem.too_large:
                raise
        ((mark, members),) = piece.groups
        points = self._points(members, resource)
        return [({GROUP: mark}, large_groups.statistic_of(statistic, points))] if points else []

    def _points(self, members: Members, resource: str) -> list[float]:
        """Read the points of the sum of a group in parts, once."""
        known = self._large.get((members, resource))
        if known is None:
            (start, end), step = self._times(), self._range().step
            # The times at which the server itself evaluates a range.
            start = (start // step + 1) * step

            def ask(part: large_groups.Part) -> Points:
                return self.engine.points(self._sum(part, resource), start, end, step)

            parts, problems = self.engine.gather(large_groups.whole_of(members).halves(), ask)
            for _, problem in problems:
                raise problem
            known = self._large[members, resource] = large_groups.added_up(points for _, points in parts)
        return known

    def _sum(self, part: large_groups.Part, resource: str) -> str:
        """Return the query for the sum of nodes or pods at a point of the range."""
        usage = promql.usage_of(
            resource,
            [self._matching(selector) for selector in part.selectors(self.names.selectors)],
            promql.NODE if part.nodes else promql.CONTAINER,
            self._range().window,
            self.node_series if part.nodes else promql.OF_CONTAINERS,
        )
        return f"sum({usage})"

    def _gather(self, pieces: Sequence[Any], ask: Callable[[Any], Vector], what: str) -> Vector:
        """Query in pieces. A piece that cannot be read is a failure; if none can, its error is raised."""
        answers, problems = self.engine.gather(pieces, ask)
        if problems and not answers:
            raise problems[0][1]
        for piece, problem in problems:
            words = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
            self.missing.append(Failure(self.context, f"{what} of {piece}", words))
        return [element for _, vector in answers for element in vector]

    def _node_figures(self, known: Mapping[str, Any]) -> dict[str, dict[str, int]]:
        """Read the statistics of the nodes."""
        statistics: dict[str, dict[str, int]] = {}
        for wanted in self._statistics():
            window = self._range()
            resource, _, statistic = wanted.partition(".")
            inner = promql.usage_of(resource, [self._matching()], promql.NODE, window.window, self.node_series)
            vector = self._ask(promql.over_time(statistic, inner, window))
            for name, number in self.names.named(vector, known):
                mine = statistics.setdefault(name, {})
                mine[wanted] = max(mine.get(wanted, 0), _whole(resource, number))
        return statistics

    def _pod_figures(self, used: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[Who, dict[str, int]]:
        """Read the statistics of pods by namespace and name, and of their containers where these are shown."""
        statistics: dict[Who, dict[str, int]] = {}
        if not self._statistics():
            return statistics
        narrow = bool(self.scope.name or self.scope.labels or self.scope.fields)
        sizes = {key: len(containers) for key, containers in used.items()}
        slices = pod_slices(sizes, self._range().points, narrow=narrow)
        for wanted in self._statistics():
            resource = wanted.partition(".")[0]
            for level in (promql.CONTAINER, POD) if self.scope.containers else (POD,):
                for labels, number in self._gather(slices, partial(self._of_pods, wanted, level), wanted):
                    who = tuple(labels.get(label, "") for label in level.split(", "))
                    statistics.setdefault(who, {})[wanted] = _whole(resource, number)
        return statistics

    def _prometheus_figures(self) -> Iterator[tuple[Who, Mapping[str, int]]]:
        """Read other figures of pods. Pods can be shown without them, so errors become failures."""
        wanted, selector = self.scope.figures, self._matching(self._scope())
        start, end = self._times()
        seconds = int(end - start) or promql.WINDOW
        jobs: dict[str, Callable[[], Mapping[tuple[str, str], Figures]]] = {}
        if not set(wanted).isdisjoint(prometheus_figures.COUNTERS):
            jobs["counters"] = partial(prometheus_figures.counted, self._ask, wanted, selector, seconds)
        if not {"volumes.used", "volumes.capacity"}.isdisjoint(wanted):
            jobs["volumes"] = lambda: prometheus_figures.claimed(self._ask, self.lists.claims(), selector)
        for what, job in jobs.items():
            try:
                yield from job().items()
            except C3sError as problem:
                self.missing.append(Failure(self.context, f"the {what} of pods", str(problem)))

    def _ask(self, query: str) -> Vector:
        return self.engine.vector(query, self._times()[1])

    def _of_pods(self, wanted: str, level: str, piece: PodSlice) -> Vector:
        """Query a statistic of each pod, or each container, of a slice."""
        window = self._range()
        resource, _, statistic = wanted.partition(".")
        selector = self._matching(promql.joined(piece.matchers()))
        inner = promql.usage_of(resource, [selector], promql.CONTAINER, window.window)
        usage = inner if level is promql.CONTAINER else f"sum by ({level}) ({inner})"
        return self._ask(promql.over_time(statistic, usage, window))

    def _statistics(self) -> tuple[str, ...]:
        return statistics_of(self.scope.figures)

    # --- time ---------------------------------------------------------------------------------------------------

    def _bounds(self) -> tuple[float, float]:
        """Return the start and the end of the range, by the server's clock."""
        period = self.scope.period or Period()
        return period.bounds(self.engine.now() if period.end is None else period.end)

    def _range(self) -> promql.Range:
        start, end = self._times()
        return promql.range_of(max(end - start, 60.0), self.scope.period.step if self.scope.period else None)

    def _timestamp(self) -> str:
        return datetime.fromtimestamp(self._times()[1], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _window(self) -> str | None:
        start, end = self._times()
        return go_duration(int(end - start) * 10**9) if end > start else None

    # --- rows ---------------------------------------------------------------------------------------------------

    def _pod(
        self,
        key: tuple[str, str],
        containers: Mapping[str, Mapping[str, int]],
        figures: Mapping[Who, Figures],
    ) -> Pod:
        rows = tuple(
            Container(name, used.get("cpu"), used.get("memory"), figures=figures.get((*key, name)))
            for name, used in sorted(containers.items())
        )
        return Pod(
            self.context,
            *key,
            total([row.cpu_nanocores for row in rows]),
            total([row.memory_bytes for row in rows]),
            timestamp=self._timestamp(),
            window=self._window(),
            containers=rows,
            figures=figures.get(key),
        )

    def _why_nothing(self) -> str:
        """Return a message if the server has no container metrics at all; "" if it has."""
        match = promql.braces([self.match] if self.match else [])
        if self._ask(f"count({promql.MEMORY}{match})"):
            return ""
        when = "" if self.scope.period is None else f" at {self._timestamp()}"
        return f"this Prometheus has no metrics of containers{when}: {SCRAPED}"


def _whole(resource: str, number: float) -> int:
    """Convert a number to whole nanocores or bytes."""
    return round(number * UNITS[resource])
