"""A range of a recording → Sample, with statistics of its rows and of the groups that they form."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from c3s_cli.amounts.duration import go_duration
from c3s_cli.amounts.timestamp import utc
from c3s_cli.columns.statistics import statistics_of
from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.model.rows import Container, Node, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.request.period import Period
from c3s_cli.sources.groups import rows_by_group
from c3s_cli.sources.recording.contents import OLDEST
from c3s_cli.sources.recording.facts import Facts
from c3s_cli.sources.recording.history import MILLIS, UNKNOWN, History, weights_of
from c3s_cli.sources.recording.recording import Recorded, Recording
from c3s_cli.sources.recording.restarts import Restarts, restarts_in
from c3s_cli.sources.recording.selection import Selection
from c3s_cli.sources.recording.sums import Key, Sums
from c3s_cli.sources.source import Groups, Scope

# Gaps shorter than this share of the range are not worth a remark.
SHORT: Final = 0.02
COVERAGE: Final = "coverage.seconds"


# How many values are held at a time; a larger range is read several times.
MOST: Final = 12_000_000


def read_range(recording: Recording, cluster: Recorded, needs: Needs, scope: Scope) -> Sample:
    """Return what was recorded in a range, which ends with the last reading unless it says when."""
    start, end, rows = recording.between(cluster, scope.period or Period())
    moment = recording.reading(cluster, rows[-1][0])
    weights = weights_of([row[1] for row in rows], [row[2] for row in rows], start, OLDEST)
    whole = _Range(recording, cluster, scope, rows, end - start, weights)
    first = min(row[0] for row in rows)
    facts, former = recording.facts_since(cluster, recording.base_of(first), first, rows[-1][0])
    nodes, pods = recording.usage(rows[-1][3], cluster.context)
    of_pods = scope.objects is Kind.POD
    known = (facts.pods if of_pods else facts.nodes) or {}
    gone = whole.unmeasured(known)
    if facts.pods is not None and of_pods:
        keys = [(row.namespace, row.name) for row in gone if row.ended]
        pods_of = {**{key: former[key] for key in keys if key in former}, **facts.pods}
        if Needs.RESTARTS in needs:
            restarts = restarts_in(recording, cluster, first, rows[-1][0])
            pods_of = {key: _with_restarts(key, each, restarts) for key, each in pods_of.items()}
        facts = Facts(facts.nodes, pods_of, facts.pod_count)
    sample = Selection(moment, needs, scope, cluster.context).sample(
        facts, [*nodes, *([] if of_pods else gone)], [*pods, *(gone if of_pods else [])]
    )
    return whole.with_figures(sample)


class _Range(Struct):
    """The readings of a range. weights: theirs.

    last: what was measured, with the last reading and time that it was, and its containers then.
    """

    recording: Recording
    cluster: Recorded
    scope: Scope
    rows: Sequence[Any]
    seconds: float
    weights: Sequence[int]
    last: dict[Key, tuple[int, float, tuple[str, ...]]] = {}

    @property
    def kind(self) -> Kind:
        """What the rows are."""
        return Kind.POD if self.scope.objects is Kind.POD else Kind.NODE

    def __post_init__(self) -> None:
        """Find out when each object was measured for the last time: from the last reading to the first."""
        layout, unseen = None, set[int]()
        for number, time, _, usage in reversed(self.rows):
            places_and_layout = self.recording.places(usage, self.kind)
            if places_and_layout is None:
                continue
            places, used_layout = places_and_layout
            if used_layout is not layout:
                layout, unseen = used_layout, {*range(len(used_layout.things))}
            with self.recording.decoding():
                measured = [place for place in unseen.difference(places.unmeasured()) if place < places.size]
            unseen.difference_update(measured)
            for place in measured:
                namespace, name, containers = used_layout.things[place]
                key = (name,) if namespace is None else (namespace, name)
                self.last.setdefault(key, (number, time, containers))

    def unmeasured(self, known: Mapping[Any, Any]) -> list[Any]:
        """Return the rows of objects that were measured in the range, but not at its end. known: those that existed."""
        until, context = self.rows[-1][0], self.cluster.context
        rows: list[Any] = []
        for key, (number, time, containers) in self.last.items():
            if number == until:
                continue
            if self.kind is Kind.POD:
                names = tuple([Container(name, None, None) for name in containers])
                ended = key not in known
                rows.append(Pod(context, key[0], key[1], None, None, None, utc(time), None, names, ended=ended))
            else:
                rows.append(Node(context, key[0], None, None, None, utc(time), ended=key[0] not in known))
        return rows

    def with_figures(self, sample: Sample) -> Sample:
        """Add the statistics that the scope asks for."""
        scope, groups = self.scope, self.scope.groups
        wanted = statistics_of(scope.figures)
        coverage = bool(wanted) or COVERAGE in scope.figures
        window = go_duration(int(self.seconds) * 10**9)
        rows: list[Any] = [*(sample.pods if self.kind is Kind.POD else sample.nodes)]
        if wanted or coverage:
            keys = [_key(row) for row in rows]
            figures = self._figures([[key] for key in keys], wanted, coverage=coverage)
            rows = [structs.replace(row, figures=each) for row, each in zip(rows, figures, strict=True)]
            if scope.containers:
                rows = self._with_containers(rows, wanted, coverage=coverage)
        rows = [structs.replace(row, window=window) for row in rows]
        changed = {"pods" if self.kind is Kind.POD else "nodes": rows}
        with_rows = structs.replace(sample, **changed, moment=self._moment(), remarks=self._remarks(sample))
        return with_rows if groups is None else self._with_groups(with_rows, groups)

    def _with_groups(self, sample: Sample, groups: Groups) -> Sample:
        """Add the statistics of groups: of the sum of all rows that belong to each, also of what has ended."""
        rows = rows_by_group(sample, groups, self.scope)
        members = {keys: [_key(row) for row in several] for keys, several in rows.items()}
        figures = self._figures([*members.values()], statistics_of(groups.figures), coverage=True)
        return structs.replace(sample, group_figures=dict(zip(members, figures, strict=True)))

    def _with_containers(self, pods: Sequence[Pod], wanted: Sequence[str], *, coverage: bool) -> list[Any]:
        keys = [(pod.namespace, pod.name, each.name) for pod in pods for each in pod.containers]
        figures = iter(self._figures([[key] for key in keys], wanted, coverage=coverage))
        return [
            structs.replace(
                pod,
                containers=tuple([structs.replace(each, figures=next(figures)) for each in pod.containers]),
            )
            for pod in pods
        ]

    def _figures(
        self, lines: Sequence[Sequence[Key]], wanted: Sequence[str], *, coverage: bool
    ) -> list[dict[str, int]]:
        """Return the statistics of lines, so many at a time that memory is bounded."""
        names = {name.partition(".")[0] for name in wanted} | ({"memory"} if coverage else set())
        most = max(1, MOST // (len(self.rows) * max(1, len(names))))
        all_figures: list[dict[str, int]] = []
        for begin in range(0, len(lines) if names else 0, most):
            history = self._history(lines[begin : begin + most], names)
            all_figures += [history.figures(line, wanted, coverage=coverage) for line in range(history.lines)]
        return all_figures or [{} for _ in lines]

    def _history(self, lines: Sequence[Sequence[Key]], resources: Iterable[str]) -> History:
        sums = Sums(lines)
        values = {resource: array("q") for resource in resources}
        before, latest = None, {}
        for _, _, _, usage in self.rows:
            if usage != before:
                columns = self.recording.columns(usage, self.kind)
                before = usage
                with self.recording.decoding():
                    latest = {
                        resource: array("q", sums.of(resource, *columns) if columns else [UNKNOWN] * len(lines))
                        for resource in resources
                    }
            for resource in resources:
                values[resource] += latest[resource]
        return History(self.weights, self.seconds, len(lines), values)

    def _moment(self) -> str:
        first, last = utc(self.rows[0][1]), utc(self.rows[-1][1])
        return f"of {len(self.rows)} readings from {first} to {last}"

    def _remarks(self, sample: Sample) -> tuple[str, ...]:
        covered = sum(self.weights) / MILLIS
        if covered >= self.seconds * (1 - SHORT):
            return sample.remarks
        return (*sample.remarks, f"the readings cover {covered / self.seconds:.0%} of the range")


def _with_restarts(key: tuple[str, str], pod: PodFacts, restarts: Restarts) -> PodFacts:
    of = restarts.by_container
    containers = [structs.replace(each, restarts=of.get((*key, each.name))) for each in pod.containers]
    return structs.replace(pod, restarts=restarts.by_pod.get(key), containers=tuple(containers))


def _key(row: Node | Pod) -> Key:
    return (row.namespace, row.name) if row.namespace else (row.name,)
