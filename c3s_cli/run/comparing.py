"""`c3s diff`: read both sides, compare, print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from c3s_cli.amounts.timestamp import utc
from c3s_cli.analysis.comparing import SideRows, make_diff
from c3s_cli.analysis.joining import pod_rows
from c3s_cli.analysis.report import latest, rows_of
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ExitCode, MetricsUnavailable, UsageError
from c3s_cli.metrics import calls_at_once
from c3s_cli.model.sample import Reading, Sample
from c3s_cli.request.knowable import unknowable
from c3s_cli.request.namespaces import matching
from c3s_cli.request.period import Period
from c3s_cli.request.ranges import NO_HISTORY, check
from c3s_cli.request.selectors import parse_labels
from c3s_cli.request.target import Origin, Target
from c3s_cli.request.view import TABLES, View
from c3s_cli.run.fleet import open_fleet
from c3s_cli.run.printing import write
from c3s_cli.run.reading import Clusters, progress_of
from c3s_cli.run.stages import Stages
from c3s_cli.run.verdict import say_about, verdict
from c3s_cli.sources.documents import Document, at_paths, contexts_of, is_recording, read_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from c3s_cli.model.fit_rows import Row
    from c3s_cli.request.comparing import DiffRequest, Side
    from c3s_cli.request.query import Query
    from c3s_cli.sources.recording.recording import StoredReading

LIVE: Final = "the cluster"


def compare(target: Target, request: DiffRequest, view: View) -> ExitCode:
    """Read both sides and print what changed. INCOMPLETE if a part is unknown, or --fail-if could not be judged."""
    if target.origin.file:
        raise UsageError("c3s diff takes recordings as BEFORE and AFTER, not with --from")
    stages = Stages(target.verbosity)
    sides = [_Side(each, target, request) for each in (request.before, request.after)]
    base = _restricted(request, sides)
    before = sides[0].read(base, sides[1].selector, stages)
    after = sides[1].read(base, sides[0].selector, stages, may_be_missing=bool(before.rows or before.unfiltered))
    with stages.stage("computing"):
        query = structs.replace(request.query, namespaces=base.namespaces, all_namespaces=base.all_namespaces)
        report = make_diff(before, after, structs.replace(request, query=query))
    write(report, view, stages)
    moments = zip(("before", "after"), (side.moment for side in sides), strict=True)
    words = [f"{name}: {moment}" for name, moment in moments if view.format in TABLES]
    say_about(report, view, [*words, *_only_namespace(sides, base, before.samples)])
    stages.summarize()
    return verdict(report, view, unsure=report.fail_if and report.fail_if.unjudged)


def _restricted(request: DiffRequest, sides: list[_Side]) -> Query:
    """Return what to read of both sides: only what both cover."""
    base = request.base
    namespaces = [side.namespaces for side in sides if side.namespaces]
    if namespaces and base.objects is Kind.POD:
        first = namespaces[0] if len(namespaces) == 1 else tuple(n for n in namespaces[0] if n in namespaces[1])
        wanted = matching(base.namespaces, first) if base.namespaces and not base.all_namespaces else first
        base = structs.replace(base, namespaces=wanted or base.namespaces or first, all_namespaces=False)
    elif not request.namespaced and any(side.has_several_namespaces for side in sides):
        base = structs.replace(base, all_namespaces=True)
    return base


def _only_namespace(sides: Sequence[_Side], base: Query, samples: Sequence[Sample]) -> Iterator[str]:
    """Yield which namespace is compared, if recordings have all and no flag chose it."""
    if base.objects is not Kind.POD or base.namespaces or base.all_namespaces:
        return
    names = dict.fromkeys(name for sample in samples for name in sample.namespaces)
    if names and any(side.reading for side in sides):
        yield f"only namespace {', '.join(names)} is compared: -A compares all that the recording has"


class _Side:
    """One side: a recording, a document or the cluster. moment: what it is, for stderr."""

    def __init__(self, side: Side, target: Target, request: DiffRequest) -> None:
        self.side = side
        self.request = request
        self.document: Document | None = None
        self.reading: StoredReading | None = None
        self.moment = LIVE
        self.target = target
        if side.file and is_recording(side.file):
            origin = Origin("recording", file=side.file)
            self.target = structs.replace(target, origin=origin, demo=None)
            self._look(side.period)
        elif side.file:
            if side.period and not side.period.is_range:
                raise UsageError(f"{side.file} is a document, which has one time: {side.text} asks for another")
            self.document = read_document(side.file)
            self.moment = f"{self.document.file}, usage at {utc(self.document.now)}"
        elif side.period and target.origin.kind != "prometheus":
            what = "--since needs AFTER, or" if side.period.is_range else f"{side.text}: a time goes with"
            raise UsageError(f"{what} --from prometheus or URL for the cluster", hint=NO_HISTORY)

    def _look(self, period: Period | None) -> None:
        """Find out what the recording covers, and the time of a reading that is named by its number."""
        from c3s_cli.run.recorded import members_of  # only recordings need it
        from c3s_cli.sources.recording.recording import Recording

        recording = Recording(self.side.file)
        first: Any = members_of(self.target, Stages(0))[0].cluster()
        # A range without an end ends with the last reading.
        at = period and (period.end is not None or period.number is not None) and structs.replace(period, since=None)
        self.reading = recording.moment(first, at or None)
        if period and period.number is not None and period.is_range:
            period = structs.replace(period, number=None, end=float(int(self.reading.time)))
            self.side = structs.replace(self.side, period=period)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The only namespaces of pods that it covers; empty if it covers all, or if the flags say which."""
        if self.reading:
            return self.reading.namespaces
        known = self.document.namespaces if self.document and not self.request.namespaced else ()
        return known if len(known) == 1 else ()

    @property
    def has_several_namespaces(self) -> bool:
        """Whether it is a document of pods in several namespaces."""
        return self.document is not None and len(self.document.namespaces) > 1

    @property
    def selector(self) -> str:
        """The selector of the pods that it covers; "" if it covers all."""
        return self.reading.selector if self.reading else ""

    def read(self, base: Query, selector: str, stages: Stages, *, may_be_missing: bool = True) -> SideRows:
        """Read the rows of this side. Raises C3sError.

        selector: what the other side covers. may_be_missing: whether a workload without pods need not exist.
        """
        if self.document:
            return _of_document(self.document, structs.replace(base, columns=self.request.base.columns))
        labels = parse_labels(",".join(filter(None, (base.labels.text if base.labels else "", selector))))
        query = structs.replace(base, labels=labels or base.labels, period=self.side.period)
        if query.objects is Kind.POD:
            # A pod without usage is there, too.
            query = structs.replace(query, columns=(*query.columns, Naming(Kind.POD).find("status")))
        check(query)
        if unknown := unknowable(query.columns, query.kind, self.target.origin):
            raise UsageError(unknown)
        with open_fleet(self.target, stages, calls_at_once(query), query.period) as fleet:
            with progress_of(fleet, stages):
                samples, failures = Clusters(
                    fleet, query, stages, lambda member: Reading(member.read(query)), once=True
                ).read()
            several = fleet.several
            if not (may_be_missing or several) and query.workload not in ("", "*"):
                from c3s_cli.run.missing_workload import refuse_missing  # only workloads can be missing

                refuse_missing(fleet.members[0], query, samples)
        self.moment = self._words(samples)
        unfiltered: list[Row] = []
        rows, _ = rows_of(samples, query, pod_rows, unfiltered, contexts=several)
        absent = [failure for sample in samples for failure in sample.failures] if query.period and not rows else []
        if absent and not unfiltered and not any(sample.pod_facts for sample in samples):
            # All rows of the other side would seem to have come or gone.
            raise MetricsUnavailable(absent[0].message)
        listed = base.objects is not Kind.POD or all(sample.pod_facts is not None for sample in samples)
        return SideRows(samples, rows, unfiltered, failures, complete=listed)

    def _words(self, samples: Sequence[Sample]) -> str:
        moment = next(filter(None, (sample.moment for sample in samples)), "")
        now = utc(latest(samples))
        return f"{self.side.file or LIVE}, {f'usage {moment}' if moment else now}"


def _of_document(document: Document, query: Query) -> SideRows:
    """Return the rows of a document. Its columns are read at their paths."""
    rows = document.rows(query)
    where = query.where and query.where.with_columns(at_paths)
    judged = [(row, where.judge(row) if where else True) for row in rows]
    samples = [
        Sample(context, document.now, document.source, failures=document.failures if place == 0 else ())
        for place, context in enumerate(contexts_of(rows) or ("",))
    ]
    return SideRows(
        samples,
        [row for row, truth in judged if truth],
        [row for row, truth in judged if truth is None],
        complete=document.lists_all(query),
    )
