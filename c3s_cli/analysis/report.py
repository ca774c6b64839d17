"""Samples → Report: join, filter, group, sum, sort and cut, in this order.

The server has already applied the selectors. --where filters objects before --by groups them; --limit comes last, so
totals and conditions (--fail-if, --until) include the rows that --limit leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any, Final

from msgspec import structs

from c3s_cli.analysis.gpus import with_gpu
from c3s_cli.analysis.judging import judge_fail_if, judge_until
from c3s_cli.analysis.rollup import add, add_amounts, add_shared, grouped, sum_nodes, sum_pods
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import COMMON, Column, Kind, json_name
from c3s_cli.model import (
    Container,
    Failure,
    Group,
    Node,
    NodeFacts,
    Pod,
    PodFacts,
    Report,
    Row,
    Sample,
)
from c3s_cli.request.query import Query, SortKey

EXTENDED_FIELDS: Final = ("requests", "requestsPercentOfAllocatable", "limits", "allocatable", "free")


def make_report(
    samples: Sequence[Sample], query: Query, *, failures: Sequence[Failure] = (), contexts: bool = False
) -> Report:
    """Make the Report for `query` from the Samples of one or more contexts, in their order.

    failures: those of contexts without a Sample. contexts: whether several contexts were requested.
    """
    query = with_gpu(query, samples)
    rows, totals = _rows(samples, query, contexts=contexts)
    return report_of(samples, query, rows, totals, failures=failures, contexts=contexts)


def report_of(
    samples: Sequence[Sample],
    query: Query,
    rows: Sequence[Row],
    totals: Group | None,
    *,
    failures: Sequence[Failure] = (),
    contexts: bool = False,
) -> Report:
    """Make a Report from unsorted rows: sort, judge and cut. failures, contexts: as for `make_report`."""
    ordered = _ordered(rows, query, samples)
    shown = ordered if query.limit is None else ordered[: query.limit]
    return Report(
        now=max(sample.now for sample in samples),
        source=", ".join(dict.fromkeys(sample.source for sample in samples)),
        kind=query.kind,
        columns=_without_context(_columns(query, totals)) if contexts else _columns(query, totals),
        rows=shown,
        totals=totals,
        keys=query.keys,
        contexts=contexts,
        namespaces=query.all_namespaces and not query.by,
        containers=query.containers,
        failures=(*failures, *(failure for sample in samples for failure in sample.failures)),
        omitted=len(ordered) - len(shown),
        fail_if=judge_fail_if(ordered, query, contexts=contexts),
        until=judge_until(ordered, query, contexts=contexts),
        empty_message="" if ordered else _empty_message(query, samples),
        absence="" if ordered else next(filter(None, (sample.absence for sample in samples)), ""),
    )


def _rows(samples: Sequence[Sample], query: Query, *, contexts: bool) -> tuple[Sequence[Row], Group | None]:
    """Return the unsorted rows, and the totals of the objects behind them if needed."""
    # Totals of several contexts have no context of their own.
    context = "" if contexts else samples[0].context
    match query.objects:
        case Kind.POD:
            pods = where(_joined(partial(pod_rows, containers=query.containers), samples), query)
            totals = _told_one(sum_pods(pods, context), samples) if query.totals else None
            return (_told(grouped(pods, query.by, sum_pods), samples) if query.by else pods), totals
        case Kind.NODE:
            nodes = where(_joined(node_rows, samples), query)
            totals = _told_one(sum_nodes(nodes, context), samples) if query.totals else None
            return (_told(grouped(nodes, query.by, sum_nodes), samples) if query.by else nodes), totals
        case Kind.VOLUME:
            return where([volume for sample in samples for volume in sample.volumes], query), None
        case _:
            clusters = where([_cluster(node_rows(sample), [sample], sample.context) for sample in samples], query)
            shown = {cluster.context for cluster in clusters}
            behind = [sample for sample in samples if sample.context in shown] if contexts else samples
            return clusters, _cluster(_joined(node_rows, behind), behind, context)


def _joined(join: Callable[[Sample], Sequence[Any]], samples: Sequence[Sample]) -> Sequence[Any]:
    return join(samples[0]) if len(samples) == 1 else [row for sample in samples for row in join(sample)]


def _cluster(nodes: Sequence[Node], samples: Sequence[Sample], context: str) -> Group:
    counted: Group = structs.replace(
        _told_one(sum_nodes(nodes, context), samples), existing_pod_count=add(sample.pod_count for sample in samples)
    )
    return counted


def _told(groups: Sequence[Group], samples: Sequence[Sample]) -> Sequence[Group]:
    """Add a source's figures of whole groups to the sums of their members' figures."""
    told = {(sample.context, keys): figures for sample in samples for keys, figures in sample.group_figures.items()}
    if not told:
        return groups
    return [
        structs.replace(group, figures={**(group.figures or {}), **told.get((group.context, group.keys), {})})
        for group in groups
    ]


def _told_one(group: Group, samples: Sequence[Sample]) -> Group:
    """Add a source's figures of the whole context to its totals."""
    return _told([group], samples)[0] if len(samples) == 1 else group


def where(rows: Sequence[Any], query: Query) -> Sequence[Any]:
    """Keep the rows that meet --where."""
    return [row for row in rows if query.where.matches(row)] if query.where else rows


# --- joins ----------------------------------------------------------------------------------------------------


def node_rows(sample: Sample) -> list[Node]:
    """Join each node's usage with its facts and with the requests and limits of its pods.

    A node without metrics is a row without usage; metrics without a node are a row without facts.
    """
    facts_of = sample.node_facts or {}
    requested = _requests_by_node(sample.pod_facts)
    measured = {node.name: node for node in sample.nodes}
    unmeasured = [Node(sample.context, name, None, None) for name in facts_of if name not in measured]
    now = sample.now.timestamp()
    rows = [_node_row(node, facts_of.get(node.name), now) for node in (*measured.values(), *unmeasured)]
    return [_with_requests(row, requested) for row in rows] if requested is not None else rows


def _node_row(node: Node, facts: NodeFacts | None, now: float) -> Node:
    created_at = facts.details.created_at if facts and facts.details else None
    return Node(
        node.context,
        node.name,
        node.cpu_nanocores,
        node.memory_bytes,
        node.swap_bytes,
        node.timestamp,
        node.window,
        facts,
        _age(created_at, now),
        figures=node.figures,
    )


NO_PODS: Final[Mapping[str, Any]] = {"requests": {}, "limits": {}, "binding_limits": {}, "pod_count": 0}


def _with_requests(node: Node, requested: Mapping[str, Mapping[str, Any]]) -> Node:
    row: Node = structs.replace(node, **requested.get(node.name, NO_PODS))
    return row


def _requests_by_node(pod_facts: Mapping[tuple[str, str], PodFacts] | None) -> dict[str, Mapping[str, Any]] | None:
    """Sum requests, limits and pods by node; None where core pods were not read."""
    if pod_facts is None:
        return None
    pods_of: dict[str, list[PodFacts]] = {}
    for facts in pod_facts.values():
        pods_of.setdefault(facts.node, []).append(facts)
    return {
        node: {
            "requests": add_amounts(pod.requests for pod in pods),
            "limits": add_amounts(pod.limits for pod in pods),
            "binding_limits": add_shared([pod.binding_limits for pod in pods]),
            "pod_count": len(pods),
        }
        for node, pods in pods_of.items()
    }


def pod_rows(sample: Sample, *, containers: bool = True) -> Sequence[Pod]:
    """Join each pod's usage with its facts. Where core pods were read, every unfinished pod is a row.

    containers: whether to join the containers, too, which takes half of the time.
    """
    if sample.pod_facts is None:
        return sample.pods
    measured = {(pod.namespace, pod.name): pod for pod in sample.pods}
    details_of = {name: node.details for name, node in (sample.node_facts or {}).items()}
    now = sample.now.timestamp()
    rows = []
    both = 0
    # One loop without calls: a watch joins tens of thousands of pods at every reading.
    for of, facts in sample.pod_facts.items():
        pod = measured.get(of)
        if pod is None:
            pod = Pod(sample.context, *of, None, None)
        else:
            both += 1
        rows.append(
            Pod(
                pod.context,
                pod.namespace,
                pod.name,
                pod.cpu_nanocores,
                pod.memory_bytes,
                pod.swap_bytes,
                pod.timestamp,
                pod.window,
                _containers(pod.containers, facts.containers) if containers else (),
                facts,
                _age(facts.created_at, now),
                details_of.get(facts.node),
                pod.figures,
            )
        )
    if both < len(measured):
        rows += [pod for of, pod in measured.items() if of not in sample.pod_facts]
    return rows


def _containers(measured: tuple[Container, ...], requested: tuple[Container, ...]) -> tuple[Container, ...]:
    """Join the containers' usage with their requests and limits, by name; those without usage come last."""
    if not measured:
        return requested
    if len(measured) == len(requested) == 1 and measured[0].name == requested[0].name:
        return (_container(measured[0], requested[0]),)  # most pods: a third of the time
    left = {container.name: container for container in requested}
    joined = [_container(each, spec) if (spec := left.pop(each.name, None)) else each for each in measured]
    return (*joined, *left.values())


def _container(usage: Container, spec: Container) -> Container:
    return Container(
        usage.name,
        usage.cpu_nanocores,
        usage.memory_bytes,
        usage.swap_bytes,
        spec.requests,
        spec.limits,
        usage.figures,
    )


def _age(created_at: float | None, now: float) -> int | None:
    """Return an age in whole seconds; 0, never negative, if a clock is ahead. Both times: seconds since 1970."""
    if created_at is None:
        return None
    return int(now - created_at) if now > created_at else 0


# --- order ----------------------------------------------------------------------------------------------------


def _ordered(rows: Sequence[Row], query: Query, samples: Sequence[Sample]) -> Sequence[Row]:
    """Sort by --sort-by, ties by context, namespace and name. Unmeasured nodes come last, as in kubectl.

    Contexts have the order of the samples.
    """
    ordered = sorted(rows, key=_identity(query))
    if not query.sort and query.kind is Kind.NODE:
        ordered.sort(key=_unmeasured)
    if len(samples) > 1:
        place = {sample.context: place for place, sample in enumerate(samples)}
        ordered.sort(key=lambda row: place[row.context])
    for key in reversed(query.sort):
        _sort(ordered, key)
    return [_with_ordered_containers(row, query) for row in ordered] if query.containers else ordered


def _identity(query: Query) -> Callable[[Any], Any]:
    if query.kind is Kind.FIT:
        return attrgetter("context")  # by workload, in order of placement, then by name
    if query.kind in (Kind.NODE_GROUP, Kind.POD_GROUP, Kind.FIT_GROUP):
        return attrgetter("labels_or_placeholders")
    return attrgetter("namespace", "name") if query.kind.namespaced else attrgetter("name")


def _unmeasured(row: Any) -> bool:
    return row.timestamp is None


def _sort(rows: list[Any], key: SortKey) -> None:
    """Sort by one key, stably; unknown values come last in either direction."""
    values = list(map(key.value, rows))
    if None in values:
        known = [(row, value) for row, value in zip(rows, values, strict=True) if value is not None]
        unknown = [row for row, value in zip(rows, values, strict=True) if value is None]
    else:
        known, unknown = list(zip(rows, values, strict=True)), []
    known.sort(key=itemgetter(1), reverse=key.descending)
    rows[:] = [*(row for row, _ in known), *unknown]


def _with_ordered_containers(pod: Any, query: Query) -> Pod:
    """Sort the containers of a pod by those sort keys that containers have, ties by name."""
    if len(pod.containers) < 2:
        only: Pod = pod
        return only
    containers = sorted(pod.containers, key=lambda container: container.name)
    for key in reversed(query.sort):
        if key.column.of_containers:
            _sort(containers, key)
    row: Pod = structs.replace(pod, containers=tuple(containers))
    return row


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


def _without_context(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Remove the context column if rows already begin with it."""
    return tuple(column for column in columns if column.name != "context")


def _empty_message(query: Query, samples: Sequence[Sample]) -> str:
    namespaces = {sample.namespace for sample in samples}
    if not query.objects.namespaced or query.all_namespaces or len(namespaces) > 1:
        return "No resources found"
    return f"No resources found in {next(iter(namespaces))} namespace."
