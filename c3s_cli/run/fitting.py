"""`c3s fit`: read nodes and pods, place the requested pods, print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Final

from msgspec import structs

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ApiError, C3sError, ExitCode
from c3s_cli.model.placing import FitRequest, FitResult
from c3s_cli.model.sample import Reading, Sample
from c3s_cli.report import Report
from c3s_cli.request.query import Query
from c3s_cli.request.target import Target
from c3s_cli.request.view import TABLES, View
from c3s_cli.run.fleet import Fleet, open_fleet
from c3s_cli.run.member import Member
from c3s_cli.run.printing import write
from c3s_cli.run.reading import Clusters, progress_of
from c3s_cli.run.stages import Stages
from c3s_cli.run.verdict import say_about, verdict
from c3s_cli.terminal.printable import NONE
from c3s_cli.terminal.stderr import counted, named

# Nodes and pods are read at the same time.
CALLS: Final = 2


def fit(target: Target, query: Query, view: View, request: FitRequest) -> ExitCode:
    """Place the pods in each cluster and print the nodes. Return CONDITION_MET if one has no room for all of them."""
    stages = Stages(target.verbosity)
    with open_fleet(target, stages, CALLS) as fleet:
        with progress_of(fleet, stages):
            job = partial(_read_recorded if target.origin.file else _read, query, request)
            report = _report(fleet, query, request, stages, job)
        write(report, view, stages)
    moment = [report.moment.removeprefix("of ")] if report.moment and view.format in TABLES else []
    say_about(report, view, moment, (*_remarks(query, report.fit_results), *_missing(report)), query.remarks)
    stages.summarize()
    if not all(each.placed == each.replicas for each in report.fit_results if not each.pending):
        return ExitCode.CONDITION_MET
    unsure = request.strict and (target.origin.file or any(each.not_considered for each in report.fit_results))
    return verdict(report, unsure=unsure)


def _report(
    fleet: Fleet, query: Query, request: FitRequest, stages: Stages, job: Callable[[Member], Reading]
) -> Report:
    samples, failures = Clusters(fleet, query, stages, job, once=True).read_once()
    _check_names(request.without, samples)
    with stages.stage("computing"):
        from c3s_cli.analysis.fit import make_fit

        report = make_fit(samples, query, request, failures=failures, contexts=fleet.several)
    if query.drain and all(each.namespace is not None for each in report.fit_results):
        raise C3sError("no node meets --without-where", hint="c3s top nodes --where shows which nodes meet a condition")
    return report


def _read(query: Query, request: FitRequest, member: Member) -> Reading:
    from c3s_cli.sources.room import room_for  # imported while connecting

    return Reading(room_for(member.open_reading(), query, request))


def _read_recorded(query: Query, request: FitRequest, member: Member) -> Reading:
    from c3s_cli.sources.recording.room import recorded_room  # only --from FILE needs it
    from c3s_cli.sources.room import unplaced

    reader: Any = member.reader()
    room = recorded_room(reader, query, request)
    return Reading(structs.replace(room, failures=tuple(unplaced(room.context, request))))


def _check_names(names: Sequence[str], samples: Sequence[Sample]) -> None:
    """Raise kubectl's error for the first node that no cluster has."""
    for name in names:
        if not any(name in (sample.node_facts or {}) for sample in samples):
            raise ApiError(404, "NotFound", f'nodes "{name}" not found')


def _remarks(query: Query, fit_results: Sequence[FitResult]) -> Iterator[str]:
    """Yield how many pods fit, and what was not considered; with several clusters, prefixed by the context."""
    for context, of_context in groupby(fit_results, key=lambda each: each.context):
        where = f"{context}: " if context else ""
        results = list(of_context)
        yield from (f"{where}{remark}" for remark in _of_context(results))
        if query.objects is Kind.MOVE:
            yield from (f"{where}{remark}" for remark in _of_drain(results))
    known: set[tuple[str, tuple[str, ...]]] = set()
    for each in fit_results:
        # Most workloads have the same rules in every context.
        if each.not_considered and (each.workload, each.not_considered) not in known:
            known.add((each.workload, each.not_considered))
            where = f"{each.context}: " if each.namespace is None or each.context != fit_results[0].context else ""
            whose = f"pods of {each.workload}" if each.namespace is None else each.workload
            yield f"{where if each.context else ''}not considered: {', '.join(each.not_considered)} ({whose})"


def _of_context(fit_results: Sequence[FitResult]) -> Iterator[str]:
    workloads = [each for each in fit_results if each.namespace is not None and not each.pending]
    for each in fit_results:
        if each.namespace is None:
            yield f"{each.placed} of {each.replicas} pods of {each.workload} fit elsewhere{_no_room(each.unplaced)}"
            if each.placed_after_deletion is not None:
                fit = f"{each.placed_after_deletion} of {each.replicas} pods of {each.workload} fit elsewhere"
                yield f"{fit} once it is deleted"
        elif each.pending:
            yield f"{each.placed} of {each.replicas} pending pods fit{_no_room(each.unplaced)}"
    for each in workloads:
        prefix = f"{each.workload}: " if len(workloads) > 1 else ""
        yield f"{prefix}{each.placed} of {each.replicas} replicas fit"
        yield from (f"{prefix}{remark}" for remark in each.remarks)


def _of_drain(results: Sequence[FitResult]) -> Iterator[str]:
    """Yield the totals of a drain, which pods stay, and which a drain would refuse."""
    drained = [each for each in results if each.namespace is None]
    if len(drained) > 1:
        placed, replicas = sum(each.placed for each in drained), sum(each.replicas for each in drained)
        yield f"{placed} of {replicas} pods of {len(drained)} nodes fit elsewhere"
    daemons, statics = sum(each.daemon_pods for each in drained), sum(each.static_pods for each in drained)
    of_daemons = [f"{counted(daemons, 'pod')} of DaemonSets"] if daemons else []
    ending = [name for each in drained for name in each.ending]
    of_statics = [counted(statics, "static pod")] if statics else []
    if staying := [*of_daemons, *of_statics, *([counted(len(ending), "Terminating pod")] if ending else [])]:
        yield f"not moved: {' and '.join(staying)}{f' ({named(ending)})' if ending else ''}"
    if refused := [name for each in drained for name in each.refused]:
        yield f"kubectl drain refuses {counted(len(refused), 'pod')}: {named(refused)}"


def _missing(report: Report) -> Iterator[str]:
    """Yield how many more nodes of each pool would make everything fit."""
    if report.missing is None:
        return
    if not report.missing:
        yield "no nodes are missing"
    for each in report.missing:
        where = f"{each.context}: " if report.contexts else ""
        nodes = "no number of nodes" if each.nodes is None else counted(each.nodes, "more node")
        yield f"{where}{nodes} of pool {each.pool or NONE} would make everything fit"


def _no_room(names: Sequence[str]) -> str:
    return f"; no room for {named(names)}" if names else ""
