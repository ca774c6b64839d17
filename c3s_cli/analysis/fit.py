"""Check whether pods fit: Samples and a FitRequest → a Report with one row per workload and node of each cluster.

Without workloads, the rows are the pods of drained nodes.

Nodes are drained first: their pods, except for those of DaemonSets and static pods, are placed on the remaining nodes,
by priority. Then the workloads are placed one after the other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from msgspec import structs

from c3s_cli.analysis.admission import Admission, scaled
from c3s_cli.analysis.attachments import with_attachments
from c3s_cli.analysis.draining import drain, nodes_to_drain
from c3s_cli.analysis.eligibility import met
from c3s_cli.analysis.gpus import with_gpu
from c3s_cli.analysis.missing import missing_nodes
from c3s_cli.analysis.numbered import fit_numbered, keys_of
from c3s_cli.analysis.own import own_pods, without_pods
from c3s_cli.analysis.report import latest, report_of, where
from c3s_cli.analysis.rollout import roll_out
from c3s_cli.analysis.rollup import add_amounts, grouped, sum_nodes
from c3s_cli.analysis.scheduler import SLOTS, UNCOUNTED, Outcome, Scheduler
from c3s_cli.analysis.volumes import with_volumes
from c3s_cli.columns.fitting import WORKLOAD
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import COMMON, Column, Kind, json_name
from c3s_cli.model.fit_rows import Fit, Move
from c3s_cli.model.placing import ENDED, KEPT, FitRequest, FitResult, MissingNodes, Workload
from c3s_cli.model.rows import Group
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.model.surroundings import EMPTY
from c3s_cli.report import Report
from c3s_cli.request.query import Query
from c3s_cli.terminal.stderr import named

# A taint that keeps nodes for some pods: no state of a node, and no control plane.
TAINT: Final = re.compile(r"taint (?!node(?:-role)?\.kubernetes\.io/).*")


def make_fit(
    samples: Sequence[Sample],
    query: Query,
    request: FitRequest,
    *,
    failures: Sequence[Failure] = (),
    contexts: bool = False,
) -> Report:
    """Place the workloads in each cluster separately, and return the Report for `query`.

    failures, contexts: as for `make_report`.
    """
    query = with_gpu(query, samples).at_time(latest(samples))
    existing = [each for sample in samples for each in (sample.surroundings or EMPTY).workloads]
    drains = query.objects is Kind.MOVE
    sum_rows: Callable[..., Group] = sum_moves if drains else sum_fits
    rows: list[Fit] | list[Move] = []
    fit_results: list[FitResult] = []
    missing: list[MissingNodes] = []
    for sample in samples:
        fits, moves, results = _place(sample, query, request)
        missing += missing_nodes(sample, query, request, results, _place) if request.missing else ()
        rows = [*rows, *(moves if drains else fits)]
        fit_results += [structs.replace(each, context=sample.context) for each in results] if contexts else results
    shown = where(rows, query, [])
    totals = sum_rows(shown, "" if contexts else samples[0].context) if query.totals else None
    report = report_of(
        samples,
        _with_columns(query, (*request.workloads, *existing)),
        grouped(shown, query.by, sum_rows) if query.by else shown,
        totals,
        failures=failures,
        contexts=contexts,
    )
    return structs.replace(report, fit_results=tuple(fit_results), missing=tuple(missing) if request.missing else None)


def _place(sample: Sample, query: Query, request: FitRequest) -> tuple[list[Fit], list[Move], list[FitResult]]:
    """Drain the nodes of one cluster, and place the workloads in it."""
    surroundings = sample.surroundings or EMPTY
    workloads = [scaled(each, surroundings.scalers, sample.namespaces[0]) for each in request.workloads]
    request = structs.replace(request, workloads=(*workloads, *surroundings.workloads))
    own = own_pods(sample, request.workloads)
    ended = [pod for each in request.workloads if _ends_first(each, request) for pod in own.get(each.name, ())]
    sample = without_pods(sample, ended)
    sample = with_volumes(sample, nodes_to_drain(sample, query, request), pending=request.with_pending)
    sample = with_attachments(sample)
    drained = drain(sample, query, request)
    scheduler, results = drained.scheduler, drained.results
    if request.with_pending:
        from c3s_cli.analysis.pending import place_pending  # only needed with the flag

        results.append(place_pending(sample, scheduler))
    admission = Admission(sample, scheduler.drained)
    rows: list[Fit] = []
    selecting_keys: set[str] = set()
    if any(each.numbered for each in request.workloads):
        rules = (pod.placing for pod in (sample.pod_facts or {}).values() if pod.placing)
        selecting_keys = keys_of((*rules, *(each.placing for each in request.workloads)))
    for each in request.workloads:
        running = [] if _ends_first(each, request) else own.get(each.name, [])
        kept = running if each.own == KEPT and each.replicas is not None else []
        workload = admission.admit(_without(each, len(kept)))
        stay: list[str] = []
        if request.rollout and running:
            outcome, stay = roll_out(scheduler, workload, running, each.strategy)
        elif selecting_keys.isdisjoint(workload.numbered) and not admission.has_claims(workload):
            outcome = scheduler.fit(workload)
        else:
            outcome = fit_numbered(scheduler, workload, partial(admission.one, _without(each, len(kept))))
        admission.quotas.charge(workload, outcome.wanted)
        rows += _rows(scheduler, workload, outcome, Counter(facts.node for _, facts in kept))
        remarks = [each.note] if each.note else []
        remarks += () if request.rollout else _about_running(each, len(running), outcome)
        remarks += [f"the rollout stops; old pods that stay: {named(stay)}"] if stay else []
        remarks += _remarks(sample, scheduler, workload, outcome)
        wanted = each.replicas or 0 if kept else outcome.wanted
        placed = sum(outcome.placed) + min(len(kept), each.replicas or 0)
        result = FitResult(workload.name, workload.namespace, wanted, placed, remarks=tuple(remarks))
        results.append(structs.replace(result, not_considered=workload.placing.ignored))
    return rows, drained.moves, results


def _ends_first(workload: Workload, request: FitRequest) -> bool:
    """Return whether the running pods of a workload end before the new ones start."""
    at_once = workload.replicas is None or workload.strategy.at_once
    return workload.own == ENDED or request.replace or (request.rollout and at_once)


def _without(workload: Workload, kept: int) -> Workload:
    """Return a workload without the pods that run already."""
    if not kept:
        return workload
    return structs.replace(workload, replicas=max(0, (workload.replicas or 0) - kept), first=workload.first + kept)


def _about_running(workload: Workload, running: int, outcome: Outcome) -> Iterator[str]:
    """Yield that pods of a workload run already, and how many more would fit."""
    if not running or workload.replicas == 0:
        return
    pods, more, placed = f"{running} pod{'s' * (running != 1)}", outcome.wanted, sum(outcome.placed)
    would = "would not fit" if not placed else "would fit"
    if 0 < placed < more:
        would = f"would fit only in part: {placed}"
    if workload.own == KEPT:
        yield f"{pods} of {workload.name} run{'s' * (running == 1)}" + (f"; {more} more {would}" if more else "")
    else:
        yield f"{pods} of {workload.name} run{'s' * (running == 1)} and stay{'s' * (running == 1)}; {more} more {would}"


def _remarks(sample: Sample, scheduler: Scheduler, workload: Workload, outcome: Outcome) -> Iterator[str]:
    """Yield why pods are not placed, if that is no matter of nodes, and which pods they would preempt."""
    yield from (f"no pod fits: {why}" for why in workload.placing.refused)
    if not any(workload.requests.values()):
        yield "the pods request nothing: a node has room as long as it has pod slots"
    cap, placed = workload.cap, sum(outcome.placed)
    if cap and cap.pods < outcome.wanted:
        yield f"at most {cap.pods} of {outcome.wanted} pods: {cap.why}"
    elif placed < outcome.wanted:
        leaving = [
            f"{namespace}/{name}"
            for (namespace, name), facts in (sample.pod_facts or {}).items()
            if facts.status == "Terminating" and facts.node in scheduler.places and facts.node not in scheduler.drained
        ]
        if leaving:
            yield f"terminating pods count until they are gone: {named(leaving)}"
        yield from _nowhere(scheduler, workload)
        yield from _behind_taints(outcome, by_flags=workload.template is None)
        from c3s_cli.analysis.preemption import preempted  # only if something does not fit

        if victims := preempted(sample, scheduler, workload):
            node, pods = victims
            yield f"one more would preempt pods of lower priority on {node}: {', '.join(pods)}"


def _nowhere(scheduler: Scheduler, workload: Workload) -> Iterator[str]:
    """Yield which of the labels that pods ask of their node no node has."""
    labels = [node.labels or {} for node in scheduler.nodes]
    lacking = [str(each) for each in workload.placing.node_labels if not any(met([each], own) for own in labels)]
    if lacking:
        yield f"no node matches {'; none matches '.join(lacking)}"


def _behind_taints(outcome: Outcome, *, by_flags: bool) -> Iterator[str]:
    """Yield the taints that alone keep the pods off nodes. by_flags: whether flags describe the pods."""
    flag = "--tolerate " if by_flags else ""
    kept_off = Counter(why for why in outcome.limited_by if why and all(map(TAINT.fullmatch, why)))
    if kept_off:
        sets = (" ".join(flag + taint.removeprefix("taint ") for taint in why) for why, _ in kept_off.most_common(3))
        nodes = f"{kept_off.total()} node{'s have' if kept_off.total() > 1 else ' has'}"
        yield f"{nodes} room for pods that tolerate the taints: {' or '.join(sets)}"


def _rows(scheduler: Scheduler, workload: Workload, outcome: Outcome, running: Mapping[str, int]) -> list[Fit]:
    """Return a row for each node. running: how many of the replicas are there already."""
    rows = []
    for place, node in enumerate(scheduler.nodes):
        if node.name in scheduler.drained:
            continue
        allocatable = node.allocatable or {}
        free = {resource: left for resource, left in outcome.free[place].items() if left < UNCOUNTED // 2}
        taken = {resource: allocatable.get(resource, 0) - left for resource, left in free.items()}
        pod_count = taken.pop(SLOTS)
        rows.append(
            Fit(
                node.context,
                node.name,
                None,
                None,
                facts=node.facts,
                requests=taken,
                pod_count=pod_count,
                workload=workload.name,
                fits=outcome.fits[place],
                placed=outcome.placed[place] + running.get(node.name, 0),
                limited_by=outcome.limited_by[place],
            )
        )
    return rows


def sum_fits(rows: Sequence[Fit], context: str, keys: tuple[str | None, ...] = ()) -> Group:
    """Sum several rows. A node counts once, even if it has a row per workload: the first, with the most free."""
    nodes: dict[tuple[str, str], Fit] = {}
    fitting: set[tuple[str, str]] = set()
    for row in rows:
        nodes.setdefault((row.context, row.name), row)
        if row.fits:
            fitting.add((row.context, row.name))
    return structs.replace(
        sum_nodes(list(nodes.values()), context, keys),
        fitting_node_count=len(fitting),
        fits=sum(row.fits for row in rows),
        placed=sum(row.placed for row in rows),
        limited_by=tuple(dict.fromkeys(word for row in rows for word in row.limited_by)),
    )


def sum_moves(rows: Sequence[Move], context: str, keys: tuple[str | None, ...] = ()) -> Group:
    """Sum several pods that must move."""
    return Group(
        context,
        keys,
        None,
        None,
        pod_count=len(rows),
        placed=sum(row.to_node is not None for row in rows),
        requests=add_amounts(row.requests for row in rows) or {},
        limited_by=tuple(dict.fromkeys(reason for row in rows for reason in row.reasons)),
    )


def _with_columns(query: Query, workloads: Iterable[Workload]) -> Query:
    """Add the workload column if there are several workloads, and `free` of the extended resources they request."""
    columns = list(query.columns)
    if query.extended:
        naming = Naming(query.kind)
        extended = {resource for each in workloads for resource in each.requests} - set(COMMON)
        names = [f"{json_name(resource)}.free" for resource in sorted(extended)]
        names += ["ephemeralStorage.free"] if any("ephemeral-storage" in each.requests for each in workloads) else []
        place = next((number for number, column in enumerate(columns) if column.name == "pods.free"), len(columns))
        columns[place:place] = [naming.find(name) for name in names]
    several = len({each.name for each in workloads}) > 1
    if query.kind is Kind.FIT and several:
        columns.insert(0, WORKLOAD)
    unique: dict[str, Column] = {}
    for column in columns:
        unique.setdefault(column.name, column)
    return structs.replace(query, columns=tuple(unique.values()), extended=False)
