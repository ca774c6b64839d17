"""A recording → Sample: what a query would have read at one of its moments, or over several."""

from __future__ import annotations

from msgspec import Struct

from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import C3sError, MetricsUnavailable
from c3s_cli.model.rows import Node, Pod
from c3s_cli.model.sample import WHOLE, Reading, Sample
from c3s_cli.request.period import Period
from c3s_cli.sources.recording.facts import Facts
from c3s_cli.sources.recording.recording import Recorded, Recording, StoredReading
from c3s_cli.sources.recording.selection import Selection
from c3s_cli.sources.source import CLUSTER, TOTALS, Scope


class RecordingReader(Struct):
    """Reads one cluster of a recording as a ClusterReader reads a live one. when: of queries that have no time."""

    recording: Recording
    cluster: Recorded
    when: Period | None = None

    def read(self, needs: Needs, scope: Scope) -> Sample:
        """Return what was recorded of what is needed. C3sError in the words of the live command."""
        if scope.objects is Kind.VOLUME:
            raise MetricsUnavailable("a recording has no volumes", hint="use --from kubelet or --from prometheus")
        if scope.histories:
            from c3s_cli.sources.recording.histories import read_histories  # only rightsize needs them

            return read_histories(self.recording, self.cluster, needs, scope, scope.histories)
        if scope.period and scope.period.is_range:
            from c3s_cli.sources.recording.range import read_range  # only a range needs it

            return read_range(self.recording, self.cluster, needs, scope)
        moment, facts, nodes, pods = self._reading(scope.period or self.when)
        return Selection(moment, needs, scope, self.cluster.context).sample(facts, nodes, pods)

    def _reading(self, when: Period | None) -> tuple[StoredReading, Facts, list[Node], list[Pod]]:
        moment = self.recording.moment(self.cluster, when)
        moment.check((WHOLE,))
        facts = self.recording.facts(self.cluster, moment)
        return moment, facts, *self.recording.usage(moment.usage_of, self.cluster.context)

    def moments(self, period: Period) -> dict[Period, float]:
        """Return the readings in a range, with their times. C3sError if there are none."""
        return {Period(number=each.number): each.time for each in self.recording.moments(self.cluster, period)}

    def read_with_totals(self, needs: Needs, scope: Scope) -> Reading:
        """Return the rows, and the totals of the cluster. Raises the error of the rows if there are no totals."""
        moment, facts, nodes, pods = self._reading(scope.period or self.when)
        parts: list[Sample | C3sError] = []
        for part in ((needs, scope), (TOTALS, CLUSTER)):
            try:
                parts.append(Selection(moment, *part, self.cluster.context).sample(facts, nodes, pods))
            except C3sError as problem:
                parts.append(problem)
        rows, totals = parts
        if isinstance(rows, C3sError) and isinstance(totals, C3sError):
            raise rows
        return Reading(rows, totals)
