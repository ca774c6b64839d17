"""One reading of a Prometheus: usage at one time, and statistics over a range."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec import structs

from c3s_cli.amounts.timestamp import utc
from c3s_cli.amounts.totals import by_key
from c3s_cli.columns.statistics import statistics_of
from c3s_cli.errors import C3sError
from c3s_cli.model.rows import Figures, Node, NodeFacts, Pod, PodFacts
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.model.volume_rows import Volume
from c3s_cli.request.period import Period
from c3s_cli.sources.calls import Memoized
from c3s_cli.sources.decode.owners import Owners
from c3s_cli.sources.prometheus import promql, range_edges
from c3s_cli.sources.prometheus import statistics as prometheus_figures
from c3s_cli.sources.prometheus.current import NO_NODES, OTHER_LABELS, Current, Used
from c3s_cli.sources.prometheus.decoding import Vector
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.former import former_facts, former_nodes
from c3s_cli.sources.prometheus.history import History, Key
from c3s_cli.sources.prometheus.intervals import intervals_in
from c3s_cli.sources.prometheus.node_names import NodeNames
from c3s_cli.sources.prometheus.past import Past
from c3s_cli.sources.prometheus.range_remarks import remarks_on
from c3s_cli.sources.prometheus.rules import remark_on
from c3s_cli.sources.prometheus.silent import nodes_without_data, pods_without_data, still_there
from c3s_cli.sources.prometheus.usage_rows import UsageRows, in_units
from c3s_cli.sources.source import Groups, Keys, Lists, Scope, Usage, Wanted
from c3s_cli.sources.source import Past as HistoriesAndFormer
from c3s_cli.sources.unmeasured import refuse_absence


class PrometheusUsage(Usage):
    """One reading."""

    name = "prometheus"
    absence = ""

    def __init__(self, engine: Engine, context: str, scope: Scope, lists: Lists, match: str) -> None:
        self.engine = engine
        self.context = context
        self.scope = scope
        self.lists = lists
        self.match = match
        self.missing: list[Failure] = []
        self._former: list[tuple[str, str]] = []
        self._silent: set[tuple[str, ...]] = set()
        self._times = Memoized(self._bounds)
        self._edges = Memoized(lambda: range_edges.Edges(engine, match, *self._times()))
        # The last moment with data stands for the end of a range that ends in a gap.
        self._last: float | None = None
        self.names = NodeNames(engine, match, self._moment, self._times, lists.addresses)
        self._current = Memoized(lambda: Current(engine, self._moment(), self._matching, self._gather))
        self._past = Memoized(self._new_past)

    @property
    def failures(self) -> list[Failure]:
        """The failures, and the server's warnings."""
        warned = [Failure(self.context, self.name, warning, partial=True) for warning in self.engine.warnings]
        return [*self.missing, *warned]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to say about the figures and the facts."""
        return tuple(self.engine.remarks)

    @property
    def moment(self) -> str:
        """The time or the range in words; "" for now."""
        period = self.scope.period
        return period.words(*self._times()) if period else ""

    @property
    def time(self) -> datetime | None:
        """The time, or the end of the range; None for now."""
        return datetime.fromtimestamp(self._times()[1], UTC) if self.moment else None

    def nodes(self) -> list[Node]:
        """Read the usage of the nodes, and the statistics that are needed."""
        known = self.lists.nodes()
        used, past = self._measured(
            lambda: self._current().nodes(self.names, known),
            lambda past, _: past.read_nodes(self.names, known, self._current().kinds),
        )
        ended = [name for (name,) in past.ended_objects([(name,) for name in used])] if past else []
        if any(promql.OWN in kinds for kinds in self._current().kinds.values()):
            self.engine.remarks[remark_on({"cpu": promql.OWN.cpu, "memory": promql.OWN.memory})] = None
        if not used and not ended:
            self.absence = self._why_nothing() or NO_NODES
        elif known and used and not any(name in known for name in used):
            names = " and ".join(list(self.names.strangers)[:2])
            self.absence = f"no node has the names in its series, such as {names}; is it of another cluster?"
        # Of nodes that are not known any more, no selector can tell whether they are meant.
        selects = self.scope.name or self.scope.labels or self.scope.fields
        gone = [(name, name not in known) for name in ended if name in known or not selects]
        if past:
            silent = [name for name, is_gone in gone if not is_gone]
            self.engine.remarks |= dict.fromkeys(nodes_without_data(past.history, silent))
        rows = UsageRows(self.context, self._times(), past)
        running = [rows.node(name, used[name], ended=False) for name in used if not known or name in known]
        return [*running, *(rows.node(name, {}, ended=is_gone) for name, is_gone in gone)]

    def pods(self) -> list[Pod]:
        """Read the usage of the pods that run at that time, and the statistics that are needed.

        Over a range, pods that ended in it follow.
        """
        scope = self.scope
        selected = self.lists.pods() if scope.labels or scope.fields else None

        def read() -> dict[tuple[str, str], dict[str, Used]]:
            used: dict[tuple[str, str], dict[str, Used]] = self._current().pods(scope.namespaces, scope.name)
            return used if selected is None else {pod: each for pod, each in used.items() if pod in selected}

        def read_past(past: Past, used: Mapping[Key, dict[str, Used]]) -> None:
            current = self._current()
            where = current.scope(scope.namespaces, scope.name)
            selectors = [promql.all_of(each, where) for each in current.selectors]
            past.read_pods(selectors, used, current.sizes, containers=scope.containers, jobs=len(current.jobs) > 1)

        used, past = self._measured(read, read_past)
        current = self._current()
        absent: list[Any] = []
        silent: set[tuple[str, ...]] = set()
        if past and selected is None:
            absent = [pod for pod in past.ended_objects(used) if self._is_meant(pod)]
            silent = still_there(self.engine, self.match, self._times()[1], absent)
            self.engine.remarks |= dict.fromkeys(pods_without_data(past.history, silent))
        if not used and not absent:
            self.absence = self._why_nothing()
        if current.rules:
            self.engine.remarks[remark_on(current.rules)] = None
        self._former = absent
        self._silent = silent
        figures: dict[Key, dict[str, int]] = {}
        for who, more in self._prometheus_figures():
            figures.setdefault(who, {}).update(more)
        rows = UsageRows(self.context, self._times(), past)
        return [
            *(rows.pod(pod, containers, figures, ended=False) for pod, containers in used.items()),
            *(rows.former(pod, figures, ended=pod not in silent) for pod in absent),
        ]

    def _is_meant(self, pod: Key) -> bool:
        """Return whether a pod is in scope: a job that renames labels has all namespaces under its own."""
        namespaces, name = self.scope.namespaces, self.scope.name
        return (not namespaces or pod[0] in namespaces) and (name is None or pod[1] == name)

    def volumes(self) -> list[Volume]:
        """Read the claims in scope. The API server knows which pods mount them."""
        try:
            claims = self.lists.claims()
        except C3sError as problem:
            claims = None
            self.missing.append(Failure(self.context, "who mounts the volumes", str(problem)))
        selector = self._matching(self._scope())
        rows = prometheus_figures.volumes(self._ask, self.context, utc(self._times()[1]), claims, selector)
        if self.moment and not rows:
            self.absence = self._why_nothing()
        return rows

    def former(self, known: Mapping[tuple[str, str], PodFacts]) -> tuple[Mapping[tuple[str, str], PodFacts], Owners]:
        """Return the facts of pods that ended in the range, and their owners. known: the pods that exist."""
        if not self._former:
            return {}, {}
        start, end = self._times()
        facts, owners = former_facts(self._ask, self._former, self._matching(self._scope()), int(end - start), known)
        # Of those that have not ended, only their kubelet could tell more: kubectl's word for that.
        still = {key: structs.replace(each, status="Unknown") for key, each in facts.items() if key in self._silent}
        return {**facts, **still}, owners

    def former_nodes(self, names: Sequence[str]) -> tuple[Mapping[str, NodeFacts], Sequence[str]]:
        """Return the details of nodes that were there in the range, by name, and what to say about the others."""
        start, end = self._times()
        return former_nodes(self._ask, names, self.match, int(end - start))

    def restarts(self, known: Mapping[tuple[str, str], PodFacts]) -> Mapping[tuple[str, str], PodFacts]:
        """Return the facts of pods, with restarts in the range; None where they are unknown."""
        from c3s_cli.sources.prometheus.restarts import restarts_of, with_restarts  # few ranges show them

        try:
            counts = restarts_of(self.engine, self._gather, self.scope, self.match, self._edges(), known)
        except C3sError as problem:
            self.missing.append(Failure(self.context, "restarts", str(problem)))
            counts = {}
        return with_restarts(known, counts, self._times()[0], self.scope)

    def sums(self, sample: Sample, groups: Groups) -> dict[Keys, Figures]:
        """Return statistics of groups as a whole: of the sum of their members at each point of the range."""
        # Only statistics of groups need it.
        from c3s_cli.sources.prometheus.membership import keys_of, members_of

        history = self._past().history
        measured = by_key((key[0], key) for key in history.objects())
        wanted = statistics_of(groups.figures)
        sums: dict[Keys, Figures] = {}
        for keys, members in members_of(sample, groups, self.scope).items():
            objects: list[Any] = keys_of(members, measured)
            sums[keys] = in_units(history.figures(objects, wanted)) | self._past().coverage(objects)
        return sums

    def histories(self, wanted: Wanted, known: Mapping[tuple[str, str], PodFacts]) -> HistoriesAndFormer:
        """Read the histories of containers. known: the pods that exist."""
        from c3s_cli.sources.prometheus.histories import ContainerHistories  # only rightsize needs them

        self._ends_in_gap()
        reader = ContainerHistories(self.engine, self._gather, self.match, self._edges(), wanted)
        histories = reader.read(known)
        self.engine.remarks |= dict.fromkeys(reader.remarks())
        self._former = sorted(histories.ended)
        return (histories, *self.former(known))

    # --- queries ------------------------------------------------------------------------------------------------

    def _matching(self, *matchers: str) -> str:
        return promql.all_of(*matchers, self.match)

    def _scope(self) -> str:
        return str(self._current().scope(self.scope.namespaces, self.scope.name))

    def _gather(self, pieces: Sequence[Any], ask: Callable[[Any], Any], what: str) -> list[Any]:
        """Query in pieces. A piece that cannot be read is a failure; if none can, its error is raised."""
        answers, problems = self.engine.gather(pieces, ask)
        if problems and not answers:
            raise problems[0][1]
        for piece, problem in problems:
            words = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
            self.missing.append(Failure(self.context, f"{what} of {piece}", words))
        return [element for _, answer in answers for element in answer]

    def _prometheus_figures(self) -> Iterator[tuple[Key, Mapping[str, int]]]:
        """Read other figures of pods. Pods can be shown without them, so errors become failures."""
        wanted, selector, edges = self.scope.figures, self._matching(self._scope()), self._edges()
        start, end = self._times()
        if start == end:
            edges = range_edges.Edges(self.engine, self.match, end - promql.WINDOW, end)
        jobs: dict[str, Callable[[], Mapping[Any, Figures]]] = {}
        if not set(wanted).isdisjoint(prometheus_figures.COUNTERS):
            counters = prometheus_figures.Counters(self.engine, selector, edges, self.scope.containers)
            jobs["counters"] = partial(counters.counts, wanted)
        if "oomKills" in wanted:
            jobs["OOM kills"] = partial(self._kills, selector, edges)
        if not {"volumes.used", "volumes.capacity"}.isdisjoint(wanted):
            jobs["volumes"] = lambda: prometheus_figures.volume_usage(self._ask, self.lists.claims(), selector)
        for what, job in jobs.items():
            try:
                yield from job().items()
            except C3sError as problem:
                self.missing.append(Failure(self.context, f"the {what} of pods", str(problem)))

    def _kills(self, selector: str, edges: range_edges.Edges) -> Mapping[tuple[str, ...], Figures]:
        from c3s_cli.sources.prometheus.pod_kills import PodKills  # few readings show them

        of = (PodKills(self.engine, selector, self.match, edges, size) for size in (2, 3)[: 1 + self.scope.containers])
        return {who: {"oomKills": number} for kills in of for who, number in kills.counts().items()}

    def _ask(self, query: str) -> Vector:
        return self.engine.vector(query, self._moment())

    # --- the past -----------------------------------------------------------------------------------------------

    def _past_is_needed(self) -> bool:
        """Whether there is a range, and a column that needs its points."""
        return self._times()[1] > self._times()[0] and bool(self._wanted())

    def _wanted(self) -> tuple[str, ...]:
        """Return the figures of rows and groups."""
        return (*self.scope.figures, *(self.scope.groups.figures if self.scope.groups else ()))

    def _new_past(self) -> Past:
        current = self._current()
        interval, longest = current.interval or promql.WINDOW / 5, current.longest
        wanted = statistics_of(self._wanted())
        start, end = self._times()
        seconds = max(end - start, 60.0)
        far = max(interval, longest)
        last = self._last or range_edges.end_of_data(self.engine, self.match, end, current.newest, far)
        end = last if last - start >= promql.STEPS[0] else end
        step = self.scope.period.step if self.scope.period else None
        extrapolates = self.engine.extrapolates()
        intervals = intervals_in(self.engine, self.match, start, end, interval)
        interval, longest = (each * intervals.share for each in (interval, longest))
        period = promql.range_of(max(end - start, 60.0), step, interval, extrapolates=extrapolates, longest=longest)
        history, sums = History(period, end - period.points * period.step, intervals=intervals), bool(self.scope.groups)
        return Past(self.engine, self._gather, self.match, end, history, wanted, current.rules, int(seconds), sums=sums)

    def _measured(self, read: Callable[[], dict[Any, Any]], read_past: Callable[[Past, Any], None]) -> tuple[Any, Any]:
        """Read usage at the end of a range, or before the gap in which it ends, and the points that are needed."""
        used = read()
        if not used and self._ends_in_gap():
            used = read()
        if not self._past_is_needed():
            return used, None
        past: Past = self._past()
        read_past(past, used)
        if len(used) * range_edges.FEW <= len({key[:2] for key in past.history.objects()}) and self._ends_in_gap():
            used = read()
        self.engine.remarks |= dict.fromkeys(remarks_on(past, self._moment(), self._current(), used))
        return used, past

    def _ends_in_gap(self) -> bool:
        """Return whether a range turns out to end in a gap: then its end is read before that."""
        period = self.scope.period
        if period is None or not period.is_range or self._last is not None:
            return False
        self._last = self._edges().last_usage()
        if self._last is None:
            return False
        self._current = Memoized(lambda: Current(self.engine, self._moment(), self._matching, self._gather))
        self.engine.remarks[range_edges.words(self._last, self._times()[1])] = None
        return True

    # --- time ---------------------------------------------------------------------------------------------------

    def _moment(self) -> float:
        """Return the time that is shown: the end of the range, or the last moment with data before it."""
        return float(self._times()[1] if self._last is None else self._last)

    def _bounds(self) -> tuple[float, float]:
        """Return the start and the end of the range, by the server's clock."""
        period = self.scope.period or Period()
        return period.bounds(self.engine.now() if period.end is None else 0.0)

    def explain_absence(self, now: datetime) -> None:  # noqa: ARG002  the time of the series counts
        """Raise what kubectl raises if no pod has series now, although some run."""
        if not self.moment:
            refuse_absence(self.lists.pods, self.engine.now(), promql.WIDER[0], self.absence or OTHER_LABELS)

    def _why_nothing(self) -> str:
        """Return a message if the server has no container metrics, now or at the time in question; "" if it has."""
        words = self._current().explain_nothing()
        if not words:
            return ""
        end = self._times()[1]
        if last := range_edges.Edges(self.engine, self.match, end - range_edges.BACK, end).last_usage():
            return f"this Prometheus has no data {self.moment or 'now'}: the last before that is of {utc(last)}"
        if self.moment:
            now = Current(self.engine, self.engine.now(), self._matching, self._gather)
            if not now.explain_nothing():
                return f"this Prometheus has no data {self.moment}"
        return f"{words}: {promql.SCRAPED}"
