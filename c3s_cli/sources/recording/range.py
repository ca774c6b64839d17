"""A range of a recording → Sample, with statistics of its rows and of the groups that they form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from c3s_cli.amounts.duration import go_duration
from c3s_cli.columns.statistics import statistics_of
from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.request.moment import utc
from c3s_cli.request.period import Period
from c3s_cli.sources.recording.facts import Facts
from c3s_cli.sources.recording.history import History, Key, weights_of
from c3s_cli.sources.recording.reader import Selection
from c3s_cli.sources.recording.recording import OLDEST

if TYPE_CHECKING:
    from c3s_cli.model.rows import Container, Node, Pod, PodFacts
    from c3s_cli.model.sample import Sample
    from c3s_cli.sources.recording.recording import Recorded, Recording
    from c3s_cli.sources.source import Scope

# Gaps shorter than this share of the range are not worth a remark.
SHORT: Final = 0.02


def read_range(recording: Recording, cluster: Recorded, needs: Needs, scope: Scope) -> Sample:
    """Return what was recorded in a range, which ends with the last reading unless it says when."""
    period = scope.period or Period()
    start, end = period.bounds(recording.last(cluster))
    rows = [row for row in recording.between(cluster, start, end) if row[3] is not None]
    if not rows:
        raise recording.nothing(cluster, start, end)
    moment = recording.moment(cluster, Period(end=rows[-1][1]))
    whole = _Range(recording, cluster, scope, rows, start, end)
    facts = whole.facts(recording.base_of(rows[0][0]))
    nodes, pods = recording.usage(rows[-1][3], cluster.context)
    gone_nodes, gone_pods = whole.ended(nodes, pods)
    sample = Selection(moment, needs, scope, cluster.context).sample(
        Facts(facts.nodes, facts.pods, facts.pod_count), [*nodes, *gone_nodes], [*pods, *gone_pods]
    )
    return whole.with_figures(sample)


class _Range:
    """The readings of a range."""

    def __init__(
        self, recording: Recording, cluster: Recorded, scope: Scope, rows: list[Any], start: float, end: float
    ) -> None:
        self.recording = recording
        self.cluster = cluster
        self.scope = scope
        self.rows = rows
        self.seconds = end - start
        times, intervals = [row[1] for row in rows], [row[2] for row in rows]
        self.history = History(weights_of(times, intervals, start, OLDEST), end - start)
        self.last: dict[Key, Node | Pod] = {}
        self._read()

    def _read(self) -> None:
        of_pods, context = self.scope.objects is Kind.POD, self.cluster.context
        before = None
        nodes: list[Node] = []
        pods: list[Pod] = []
        for place, (_, _, _, usage_of) in enumerate(self.rows):
            if usage_of != before:
                nodes, pods = self.recording.usage(usage_of, context)
                before = usage_of
            rows: list[Any] = [*pods] if of_pods else [*nodes]
            self.history.add(place, [] if of_pods else nodes, pods if of_pods else [], containers=self.scope.containers)
            self.last.update((_key(row), row) for row in rows)

    def facts(self, base: int) -> Facts:
        """Return the facts of the last reading, and the last facts of the pods that ended before."""
        seen: dict[tuple[str, str], PodFacts] = {}
        first, last = self.rows[0][0], self.rows[-1][0]
        facts = Facts()
        for number, known in self.recording.each_facts(self.cluster, base, last):
            facts = known
            if number >= first:
                seen.update(known.pods or {})
        return Facts(facts.nodes, None if facts.pods is None else {**seen, **facts.pods}, facts.pod_count)

    def ended(self, nodes: list[Node], pods: list[Pod]) -> tuple[list[Any], list[Any]]:
        """Return the rows of nodes and pods that were measured in the range, but not at its end."""
        present = {*map(_key, nodes), *map(_key, pods)}
        gone = [_ended(row) for key, row in self.last.items() if key not in present]
        of_pods = self.scope.objects is Kind.POD
        return ([], gone) if of_pods else (gone, [])

    def with_figures(self, sample: Sample) -> Sample:
        """Add the statistics that the scope asks for."""
        wanted, groups = statistics_of(self.scope.figures), self.scope.groups
        nodes = [structs.replace(node, **self._of_row((node.name,), wanted)) for node in sample.nodes]
        pods = [self._pod(pod, wanted) for pod in sample.pods]
        known = {(pod.namespace, pod.name) for pod in pods}
        facts = sample.pod_facts
        if facts is not None:
            facts = {key: each for key, each in facts.items() if key in known or not self._is_gone(key)}
        made: Sample = structs.replace(
            sample, nodes=nodes, pods=pods, pod_facts=facts, moment=self._moment(), remarks=self._remarks(sample)
        )
        if groups is None:
            return made
        from c3s_cli.sources.prometheus.membership import keyed, keys_of, members_of  # only groups need it

        measured = keyed(self.history.objects())
        figures = {}
        for keys, members in members_of(made, groups, self.scope).items():
            mine = [key for key in keys_of(members, measured) if len(key) < len(("namespace", "pod", "container"))]
            figures[keys] = self.history.figures(mine, statistics_of(groups.figures)) | self.history.coverage(mine)
        with_groups: Sample = structs.replace(made, group_figures=figures)
        return with_groups

    def _is_gone(self, key: tuple[str, str]) -> bool:
        row = self.last.get(key)
        return row is not None and row.ended

    def _pod(self, pod: Pod, wanted: tuple[str, ...]) -> Pod:
        key = (pod.namespace, pod.name)
        containers = pod.containers
        if self.scope.containers:
            containers = tuple(self._container(key, each, wanted) for each in containers)
        row: Pod = structs.replace(pod, containers=containers, **self._of_row(key, wanted))
        return row

    def _container(self, key: Key, container: Container, wanted: tuple[str, ...]) -> Container:
        row: Container = structs.replace(container, figures=self._figures((*key, container.name), wanted))
        return row

    def _of_row(self, key: Key, wanted: tuple[str, ...]) -> dict[str, Any]:
        return {"figures": self._figures(key, wanted), "window": go_duration(int(self.seconds) * 10**9)}

    def _figures(self, key: Key, wanted: tuple[str, ...]) -> Mapping[str, int]:
        return self.history.figures([key], wanted) | self.history.coverage([key])

    def _moment(self) -> str:
        first, last = utc(self.rows[0][1]), utc(self.rows[-1][1])
        return f"of {len(self.rows)} readings from {first} to {last}"

    def _remarks(self, sample: Sample) -> tuple[str, ...]:
        covered = sum(self.history.weights)
        if covered >= self.seconds * (1 - SHORT):
            return sample.remarks
        return (*sample.remarks, f"the readings cover {covered / self.seconds:.0%} of the range")


def _key(row: Node | Pod) -> Key:
    return (row.namespace, row.name) if row.namespace else (row.name,)


def _ended(row: Node | Pod) -> Node | Pod:
    gone: Node | Pod = structs.replace(row, cpu_nanocores=None, memory_bytes=None, ended=True)
    return gone
