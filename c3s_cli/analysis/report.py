"""Samples → Report: join, filter, group, sum, sort and cut, in this order.

The server has already applied the selectors. --where filters objects before --by groups them; --limit comes last, so
totals and conditions (--fail-if, --until) include the rows that --limit leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from c3s_cli.amounts.totals import sum_known
from c3s_cli.analysis.gpus import with_gpu
from c3s_cli.analysis.joining import JoinPods, node_rows, pod_rows
from c3s_cli.analysis.rollup import grouped, sum_nodes, sum_pods
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import COMMON, Column, Kind, json_name
from c3s_cli.model.rows import Group, Node
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.report import ALL, LeftOut, Report
from c3s_cli.request.namespaces import is_pattern
from c3s_cli.request.query import Query, sort_by

if TYPE_CHECKING:
    from c3s_cli.model.fit_rows import Row
    from c3s_cli.model.prices import CostTerms

EXTENDED_FIELDS: Final = (
    *("requests", "requestsPercentOfAllocatable", "limits"),
    *("allocatable", "free", "schedulableFree"),
)


def make_report(
    samples: Sequence[Sample],
    query: Query,
    *,
    failures: Sequence[Failure] = (),
    contexts: bool = False,
    join_pods: JoinPods = pod_rows,
) -> Report:
    """Make the Report for `query` from the Samples of one or more contexts, in their order.

    failures: those of contexts without a Sample. contexts: whether several contexts were requested. join_pods: how to
    join the pods of a Sample, for a watch.
    """
    query = with_gpu(query, samples).at_time(latest(samples))
    if query.containers:
        from c3s_cli.analysis.containers import of_lines  # only --containers shows them

        query = of_lines(query)
    unfiltered: list[Row] = []
    rows, totals = rows_of(samples, query, join_pods, unfiltered, contexts=contexts)
    left_out = LeftOut(unfiltered, others=query.having is not None)
    objects: Sequence[Row] = ()
    if query.where and not rows:
        from c3s_cli.analysis.judging import are_named  # only conditions need it

        objects = _lines(_objects(samples, query, join_pods), query)
        left_out = LeftOut(unfiltered, are_named(query.where, objects))
    report = report_of(samples, query, rows, totals, failures=failures, contexts=contexts, left_out=left_out)
    if query.labels or query.label_columns:
        from c3s_cli.analysis.absent_labels import about_labels  # only labels need it

        report = about_labels(report, query, lambda: _objects(samples, query, join_pods))
    if not (query.where or query.having or query.fail_if or query.until):
        return report
    from c3s_cli.analysis.advice import with_advice  # only conditions need it
    from c3s_cli.analysis.bare_pods import about_bare_pods

    report = about_bare_pods(report, query, samples)
    return with_advice(report, query, _lines(rows, query), objects, unfiltered, samples)


def latest(samples: Sequence[Sample]) -> datetime:
    """Return the time of a report: that of its latest Sample."""
    return max(sample.now for sample in samples)


def report_of(
    samples: Sequence[Sample],
    query: Query,
    rows: Sequence[Row],
    totals: Group | None,
    *,
    failures: Sequence[Failure] = (),
    contexts: bool = False,
    left_out: LeftOut = ALL,
) -> Report:
    """Make a Report from unsorted rows: sort, judge and cut. failures, contexts: as for `make_report`."""
    every = _ordered(rows, query, samples)
    empty = _empty_namespaces(query, samples) if every else ()
    shown, omitted = _cut(every, query)
    unread = (*failures, *(failure for sample in samples for failure in sample.failures))
    fail_if = until = None
    if query.fail_if or query.until:
        from c3s_cli.analysis.judging import judge_fail_if, judge_until  # only conditions need it

        lines = _lines(every, query)
        fail_if = judge_fail_if(lines, query, left_out, contexts=contexts, empty=empty)
        until = judge_until(lines, query, left_out, contexts=contexts, empty=empty, failures=unread)
    return Report(
        now=latest(samples),
        source=", ".join(dict.fromkeys(sample.source for sample in samples)),
        kind=query.kind,
        columns=_columns(query, totals),
        rows=shown,
        totals=totals,
        keys=query.keys,
        contexts=contexts,
        namespaces=query.of_several_namespaces and not query.by,
        containers=query.containers,
        failures=unread,
        remarks=(
            *dict.fromkeys(remark for sample in samples for remark in sample.remarks),
            *(f"no resources found in namespace {name}" for name in empty),
            *(_about_coverage(shown, query, contexts=contexts) if query.period else ()),
        ),
        omitted=omitted,
        fail_if=fail_if,
        until=until,
        empty_message="" if every else _empty_message(query, samples),
        moment=next(filter(None, (sample.moment for sample in samples)), ""),
        usage_time=max(filter(None, (sample.usage_time for sample in samples)), default=None),
        absence="" if every else next(filter(None, (sample.absence for sample in samples)), _meant(query)),
        costs=_cost_terms(samples, query),
    )


def rows_of(
    samples: Sequence[Sample], query: Query, join_pods: JoinPods, unfiltered: list[Row] | None, *, contexts: bool
) -> tuple[Sequence[Row], Group | None]:
    """Return the unsorted rows, and the totals of the objects behind them if needed; fill `unfiltered`."""
    # Totals of several contexts have no context of their own.
    context = "" if contexts else samples[0].context
    if query.objects is Kind.CLUSTER:
        clusters = where(_objects(samples, query, join_pods), query, unfiltered)
        shown = {cluster.context for cluster in clusters}
        behind = [sample for sample in samples if sample.context in shown] if contexts else samples
        return clusters, _cluster(_joined(node_rows, behind), behind, context, query)
    objects = _objects(samples, query, partial(join_pods, containers=query.containers))
    if query.objects is Kind.VOLUME:
        return where(objects, query, unfiltered), None
    rows = where(_priced(objects, query), query, unfiltered)
    together = _together(query)
    groups = _with_source_totals(grouped(rows, query.by, together), samples) if query.by else ()
    if query.having:
        from c3s_cli.analysis.sums import having  # few conditions are on sums

        groups, rows = having(groups, rows, query, unfiltered)
    totals = _with_group_totals(together(_summed(rows, query), context), samples) if query.totals else None
    return (groups if query.by else rows), totals


def _priced(rows: Sequence[Any], query: Query) -> Sequence[Any]:
    """Add the costs to nodes or pods, with --prices."""
    if query.prices is None:
        return rows
    from c3s_cli.analysis.costs import priced  # only --prices needs it

    return priced(rows, query.prices)


def _together(query: Query) -> Callable[..., Group]:
    """Return the function that sums nodes or pods, with what only some queries ask for."""
    together: Callable[..., Group] = sum_pods if query.objects is Kind.POD else sum_nodes
    if query.prices is not None:
        from c3s_cli.analysis.costs import with_costs  # only --prices needs it

        together = with_costs(together)
    if query.by and any(column.name.endswith(".unused") for column in query.all_columns):
        from c3s_cli.analysis.unused import with_unused  # few groups show it

        together = with_unused(together)
    return together


def _cost_terms(samples: Sequence[Sample], query: Query) -> CostTerms | None:
    if query.prices is None:
        return None
    from c3s_cli.analysis.costs import cost_terms  # only --prices needs it

    return cost_terms(samples, query.prices)


def _objects(samples: Sequence[Sample], query: Query, join_pods: JoinPods) -> Sequence[Row]:
    """Return what --where filters."""
    match query.objects:
        case Kind.POD:
            return _joined(join_pods, samples)
        case Kind.NODE:
            return _joined(node_rows, samples)
        case Kind.VOLUME:
            return [volume for sample in samples for volume in sample.volumes]
        case _:
            return [_cluster(node_rows(sample), [sample], sample.context, query) for sample in samples]


def _joined(join: Callable[[Sample], Sequence[Any]], samples: Sequence[Sample]) -> Sequence[Any]:
    return join(samples[0]) if len(samples) == 1 else [row for sample in samples for row in join(sample)]


def _cluster(nodes: Sequence[Node], samples: Sequence[Sample], context: str, query: Query) -> Group:
    return structs.replace(
        _with_group_totals(_together(query)(_priced(nodes, query), context), samples),
        existing_pod_count=sum_known(sample.pod_count for sample in samples),
    )


def _with_source_totals(groups: Sequence[Group], samples: Sequence[Sample]) -> Sequence[Group]:
    """Add a source's figures of whole groups to the sums of their members' figures."""
    source_figures = {
        (sample.context, keys): figures for sample in samples for keys, figures in sample.group_figures.items()
    }
    if not source_figures:
        return groups
    return [
        structs.replace(group, figures={**(group.figures or {}), **source_figures.get((group.context, group.keys), {})})
        for group in groups
    ]


def _with_group_totals(group: Group, samples: Sequence[Sample]) -> Group:
    """Add a source's figures of the whole context to its totals."""
    return _with_source_totals([group], samples)[0] if len(samples) == 1 else group


def _summed(rows: Sequence[Any], query: Query) -> Sequence[Any]:
    """Return what the totals are the sum of: only the containers that --where has left of a pod."""
    if not (query.containers and query.where):
        return rows
    from c3s_cli.analysis.containers import summed  # only --containers shows them

    return list(map(summed, rows))


def where(rows: Sequence[Any], query: Query, unfiltered: list[Row] | None) -> Sequence[Any]:
    """Keep the rows that meet --where. Add those that it cannot judge to `unfiltered`, unless that is None."""
    if query.where is None:
        return rows
    judged = [(row, query.where.judge(row)) for row in _lines(rows, query)]
    if unfiltered is not None:
        unfiltered += [row for row, truth in judged if truth is None]
    kept = [row for row, truth in judged if truth]
    if not query.containers:
        return kept
    from c3s_cli.analysis.containers import pods_of  # only --containers shows them

    return pods_of(kept)


# --- order ----------------------------------------------------------------------------------------------------


def _ordered(rows: Sequence[Row], query: Query, samples: Sequence[Sample]) -> Sequence[Row]:
    """Sort by --sort-by, ties by context, namespace and name. Unmeasured nodes come last, as in kubectl.

    Contexts have the order of the samples.
    """
    every: list[Any] = sorted(rows, key=_identity(query))
    if not query.sort and query.kind is Kind.NODE:
        every.sort(key=lambda row: row.timestamp is None)
    if len(samples) > 1:
        place = {sample.context: place for place, sample in enumerate(samples)}
        every.sort(key=lambda row: place[row.context])
    if query.containers:
        from c3s_cli.analysis.containers import ordered  # only --containers shows them

        return ordered(every, query)
    sort_by(every, query.sort)
    return every


def _identity(query: Query) -> Callable[[Any], Any]:
    if query.kind is Kind.FIT:
        return attrgetter("context")  # by workload, in order of placement, then by name
    if query.by:
        return attrgetter("labels_or_placeholders")
    return attrgetter("namespace", "name") if query.kind.namespaced else attrgetter("name")


def _lines(rows: Sequence[Any], query: Query) -> Sequence[Any]:
    """Return what conditions judge, and --limit counts: the rows, or with --containers each container with its pod."""
    if not query.containers:
        return rows
    from c3s_cli.analysis.containers import lines_of  # only --containers shows them

    return lines_of(rows)


def _cut(rows: Sequence[Any], query: Query) -> tuple[Sequence[Any], int]:
    """Return the rows that --limit leaves, and how many lines it cuts off."""
    if query.limit is None:
        return rows, 0
    if not query.containers:
        return rows[: query.limit], max(0, len(rows) - query.limit)
    from c3s_cli.analysis.containers import limited  # only --containers shows them

    return limited(rows, query.limit)


# --- the rest -------------------------------------------------------------------------------------------------


def _columns(query: Query, totals: Group | None) -> tuple[Column, ...]:
    """Return the columns to show; for clusters, -o wide adds their extended resources."""
    if not query.extended or totals is None:
        return query.columns
    naming = Naming(query.kind)
    offered = {*(totals.allocatable or {}), *(totals.requests or {})} - set(COMMON)
    present = [r for r in sorted(offered) if (totals.allocatable or {}).get(r) or (totals.requests or {}).get(r)]
    names = [f"{json_name(r)}.{field}" for r in present for field in EXTENDED_FIELDS]
    more = [column for name in names if (column := naming.open_ended(name))]
    return (*query.columns, *(column for column in more if column.name not in {shown.name for shown in query.columns}))


def _empty_namespaces(query: Query, samples: Sequence[Sample]) -> Sequence[str]:
    """Return those of several namespaces that have nothing, which may be a mistake in their names."""
    names = [name for name in query.namespaces if not is_pattern(name)] if len(query.namespaces) > 1 else []
    if not (names and query.objects.namespaced) or query.all_namespaces:
        return ()
    inhabited = {pod.namespace for sample in samples for pod in sample.pods}
    inhabited |= {volume.namespace for sample in samples for volume in sample.volumes}
    inhabited |= {namespace for sample in samples for namespace, _ in sample.pod_facts or ()}
    return [name for name in names if name not in inhabited]


def _about_coverage(rows: Sequence[Row], query: Query, *, contexts: bool) -> Iterable[str]:
    from c3s_cli.analysis.coverage import little_covered, partly_estimated  # only a range needs it

    return (*little_covered(rows, query), *partly_estimated(rows, query, contexts=contexts))


def _meant(query: Query) -> str:
    """Return what was probably meant by a namespace without pods."""
    is_all = query.namespaces == ("all",) and not query.all_namespaces
    return "-A reads all namespaces; this is the namespace with the name all" if is_all else ""


def _empty_message(query: Query, samples: Sequence[Sample]) -> str:
    namespaces = dict.fromkeys(name for sample in samples for name in sample.namespaces)
    known = query.objects.namespaced and not query.all_namespaces and namespaces
    if not known or len({sample.namespaces for sample in samples}) > 1:
        return "No resources found"
    return f"No resources found in {', '.join(namespaces)} namespace{'s' * (len(namespaces) > 1)}."
