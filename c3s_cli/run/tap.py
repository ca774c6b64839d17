"""`c3s watch --record FILE`: read all that a recording keeps, store it, and select from it what the watch shows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from msgspec import structs

from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import C3sError, UsageError
from c3s_cli.metrics import scope_of
from c3s_cli.model.sample import Failure, Reading, Sample
from c3s_cli.request.pace import Pace
from c3s_cli.request.query import Query
from c3s_cli.run.failures import failure_of
from c3s_cli.run.fleet import Fleet
from c3s_cli.run.recording import NEEDS
from c3s_cli.signals import held
from c3s_cli.sources.cluster_reader import ClusterReader
from c3s_cli.sources.recording.facts import Facts
from c3s_cli.sources.recording.recorder import Recorder
from c3s_cli.sources.recording.recording import StoredReading
from c3s_cli.sources.recording.selection import KNOWN_FIELDS, Selection
from c3s_cli.sources.source import CLUSTER, TOTALS, Scope


@contextmanager
def recorded_to(fleet: Fleet, query: Query, file: str, pace: Pace, source: str) -> Iterator[None]:
    """Record what the only cluster of a fleet reads, until the end of the block. C3sError if that cannot be written."""
    member = fleet.sole("--record")
    if unknown := [field for field, _, _ in query.fields.terms if field not in KNOWN_FIELDS] if query.fields else []:
        raise UsageError(f"--record does not go with --field-selector {unknown[0]}: it is not recorded")
    namespace = member.cluster().namespace
    of_pods = query.objects is Kind.POD
    scope = Scope(
        Kind.POD,
        namespaces=scope_of(query, namespace).namespaces if of_pods else (),
        labels=query.labels if of_pods else None,
    )
    selector = scope.labels.text if scope.labels else ""
    with closing(Recorder(file, pace.interval, scope.namespaces, selector, source)) as recorder:
        member.tap = lambda reader: TappedReader(reader, scope, recorder, pace.interval)
        yield


class TappedReader:
    """Reads a cluster like a ClusterReader, and records it. scope: the pods that are recorded."""

    def __init__(self, reader: ClusterReader, scope: Scope, recorder: Recorder, interval: float) -> None:
        self.cluster = reader.cluster
        self.context = reader.context
        self._reader = reader
        self._scope = scope
        self._recorder = recorder
        self._interval = interval
        # A live view may read in two threads.
        self._lock = threading.Lock()

    def read(self, needs: Needs, scope: Scope) -> Sample:
        """Read and record, and return what a query needs. C3sError as of a ClusterReader, or if the file is full."""
        return self._selected(self._read_all(needs, scope), needs, scope)

    def read_with_totals(self, needs: Needs, scope: Scope) -> Reading:
        """Do the same, with the totals of the cluster."""
        whole = self._read_all(needs, scope)
        return Reading(self._selected(whole, needs, scope), self._selected(whole, TOTALS, CLUSTER))

    def _read_all(self, needs: Needs, scope: Scope) -> Sample:
        wanted = structs.replace(self._scope, figures=scope.figures, containers=scope.containers)
        try:
            sample = self._reader.read(NEEDS | needs, wanted)
        except C3sError as problem:
            self._store([], [failure_of(self.context, problem)])
            raise
        lost = self._store([sample], [])
        return structs.replace(sample, failures=(*sample.failures, *lost))

    def _store(self, samples: Sequence[Sample], failures: Sequence[Failure]) -> list[Failure]:
        """Add a reading. A full disk is a Failure: the watch goes on, and so does the recording once there is room."""
        try:
            with self._lock, held():
                self._recorder.add(samples, failures, time.time(), lambda _context: self.cluster.namespace)
        except C3sError as problem:
            return [Failure(self.context, "recording", problem.message, partial=True)]
        return []

    def _selected(self, whole: Sample, needs: Needs, scope: Scope) -> Sample:
        stored = StoredReading(
            number=0,
            count=0,
            time=whole.now.timestamp(),
            source=whole.source,
            failures=whole.failures,
            base=0,
            usage_of=0,
            namespaces=self._scope.namespaces,
            selector=self._scope.labels.text if self._scope.labels else "",
            interval=self._interval,
        )
        facts = Facts(whole.node_facts, whole.pod_facts, whole.pod_count)
        sample = Selection(stored, needs, scope, self.context).sample(facts, whole.nodes, whole.pods)
        return structs.replace(sample, now=whole.now, moment="", remarks=whole.remarks, absence=whole.absence)
