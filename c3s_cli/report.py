"""Sample → Report: joined, filtered, grouped, summed, ordered and cut, in this order.

Selectors have been applied by the server. Then: --where on the objects, --by, the sums, --sort-by, --fail-if over
all rows, and --limit last; so totals cover what --limit leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, Final

from msgspec import structs

from c3s_cli.columns import COMMON, Column, Kind, Naming, json_name
from c3s_cli.model import Group, Node, NodeDetails, NodeFacts, Pod, PodFacts, Report, Row, Sample
from c3s_cli.request import Query, SortKey
from c3s_cli.rollup import add_amounts, add_shared, grouped, nodes_together, pods_together

EXTENDED_FIELDS: Final = ("requests", "requestsPercentOfAllocatable", "limits", "allocatable", "free")


def make_report(sample: Sample, query: Query, namespace: str) -> Report:
    """Make of a Sample what `query` asks for. `namespace` is the one read, for the words when it is empty."""
    rows, totals = _rows(sample, query)
    ordered = _ordered(rows, query)
    matched = [row for row in ordered if query.fail_if.matches(row)] if query.fail_if else []
    shown = ordered if query.limit is None else ordered[: query.limit]
    return Report(
        now=sample.now,
        source=sample.source,
        columns=_columns(query, totals),
        rows=shown,
        totals=totals,
        failures=sample.failures,
        omitted=len(ordered) - len(shown),
        matched=tuple(_full_name(row) for row in matched),
        met=query.until is not None and any(map(query.until.matches, ordered)),
        nothing="" if ordered else _nothing(query, namespace),
    )


def _rows(sample: Sample, query: Query) -> tuple[Sequence[Row], Group | None]:
    """Give the rows in no particular order, and the totals of the objects behind them if they are wanted."""
    match query.objects:
        case Kind.POD:
            pods = _where(pod_rows(sample), query)
            totals = pods_together(pods, sample.context) if query.totals else None
            return (grouped(pods, query.by, pods_together) if query.by else pods), totals
        case Kind.NODE:
            nodes = _where(node_rows(sample), query)
            totals = nodes_together(nodes, sample.context) if query.totals else None
            return (grouped(nodes, query.by, nodes_together) if query.by else nodes), totals
        case _:
            cluster = nodes_together(node_rows(sample), sample.context)
            cluster = structs.replace(cluster, existing_pod_count=sample.pod_count)
            rows = [cluster] if query.where is None or query.where.matches(cluster) else []
            return rows, cluster


def _where(rows: Sequence[Any], query: Query) -> Sequence[Any]:
    return [row for row in rows if query.where.matches(row)] if query.where else rows


# --- joins ----------------------------------------------------------------------------------------------------


def node_rows(sample: Sample) -> list[Node]:
    """Join each node's usage with its facts and with what its pods ask for.

    A node without metrics is a row without usage; metrics without a node are a row without facts.
    """
    facts_of = sample.node_facts or {}
    asked = _asked_of_nodes(sample.pod_facts)
    measured = {node.name: node for node in sample.nodes}
    unmeasured = [Node(sample.context, name, None, None) for name in facts_of if name not in measured]
    rows = [_node_row(node, facts_of.get(node.name), sample.now) for node in (*measured.values(), *unmeasured)]
    return [_with_asked(row, asked) for row in rows] if asked is not None else rows


def _node_row(node: Node, facts: NodeFacts | None, now: datetime) -> Node:
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
    )


NOTHING_ASKED: Final[Mapping[str, Any]] = {"requests": {}, "limits": {}, "bounds": {}, "pod_count": 0}


def _with_asked(node: Node, asked: Mapping[str, Mapping[str, Any]]) -> Node:
    row: Node = structs.replace(node, **asked.get(node.name, NOTHING_ASKED))
    return row


def _asked_of_nodes(pod_facts: Mapping[tuple[str, str], PodFacts] | None) -> dict[str, Mapping[str, Any]] | None:
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
            "bounds": add_shared([pod.bounds for pod in pods]),
            "pod_count": len(pods),
        }
        for node, pods in pods_of.items()
    }


def pod_rows(sample: Sample) -> Sequence[Pod]:
    """Join each pod's usage with its facts; every unfinished pod is a row as soon as core pods are known."""
    if sample.pod_facts is None:
        return sample.pods
    measured = {(pod.namespace, pod.name): pod for pod in sample.pods}
    homes = {name: node.details for name, node in (sample.node_facts or {}).items()}
    rows = [
        _pod_row(measured.get(of) or Pod(sample.context, *of, None, None), facts, homes.get(facts.node), sample.now)
        for of, facts in sample.pod_facts.items()
    ]
    rows += [pod for of, pod in measured.items() if of not in sample.pod_facts]
    return rows


def _pod_row(pod: Pod, facts: PodFacts, home: NodeDetails | None, now: datetime) -> Pod:
    asked = {container.name: container for container in facts.containers}
    containers = tuple(
        structs.replace(container, requests=spec.requests, limits=spec.limits)
        if (spec := asked.pop(container.name, None))
        else container
        for container in pod.containers
    )
    return Pod(
        pod.context,
        pod.namespace,
        pod.name,
        pod.cpu_nanocores,
        pod.memory_bytes,
        pod.swap_bytes,
        pod.timestamp,
        pod.window,
        (*containers, *asked.values()),
        facts,
        _age(facts.created_at, now),
        home,
    )


def _age(created_at: float | None, now: datetime) -> int | None:
    """Give an age in whole seconds; a clock that is ahead makes it 0, never negative."""
    return None if created_at is None else max(0, int(now.timestamp() - created_at))


# --- order ----------------------------------------------------------------------------------------------------


def _ordered(rows: Sequence[Row], query: Query) -> Sequence[Row]:
    """Sort by the keys asked for, ties by namespace and name; measured nodes before the others, as kubectl does."""
    ordered = sorted(rows, key=_identity(query))
    if not query.sort and query.kind is Kind.NODE:
        ordered.sort(key=_unmeasured)
    for key in reversed(query.sort):
        _sort(ordered, key)
    return [_with_ordered_containers(row, query) for row in ordered] if query.containers else ordered


def _identity(query: Query) -> Callable[[Any], Any]:
    if query.kind in (Kind.NODE_GROUP, Kind.POD_GROUP):
        return attrgetter("context", "words")
    return attrgetter("namespace", "name") if query.kind is Kind.POD else attrgetter("name")


def _unmeasured(row: Any) -> bool:
    return row.timestamp is None


def _sort(rows: list[Any], key: SortKey) -> None:
    """Sort by one key, ties as they were, the unknown ones last in either direction."""
    values = list(map(key.value, rows))
    if None in values:
        known = [(row, value) for row, value in zip(rows, values, strict=True) if value is not None]
        unknown = [row for row, value in zip(rows, values, strict=True) if value is None]
    else:
        known, unknown = list(zip(rows, values, strict=True)), []
    known.sort(key=itemgetter(1), reverse=key.descending)
    rows[:] = [*(row for row, _ in known), *unknown]


def _with_ordered_containers(pod: Any, query: Query) -> Pod:
    """Sort the containers of a pod: by name, or by the keys that a container has."""
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
    """Give the columns asked for; wide ones of a cluster go on with the extended resources that it has."""
    if not query.extended or totals is None:
        return query.columns
    naming = Naming(query.kind)
    offered = {*(totals.allocatable or {}), *(totals.requests or {})} - set(COMMON)
    present = [r for r in sorted(offered) if (totals.allocatable or {}).get(r) or (totals.requests or {}).get(r)]
    names = [f"{json_name(r)}.{field}" for r in present for field in EXTENDED_FIELDS]
    return (*query.columns, *(column for name in names if (column := naming.open_ended(name))))


def _full_name(row: Any) -> str:
    namespace = getattr(row, "namespace", "")
    return f"{namespace}/{row.name}" if namespace else row.name


def _nothing(query: Query, namespace: str) -> str:
    if query.objects is not Kind.POD or query.all_namespaces:
        return "No resources found"
    return f"No resources found in {namespace} namespace."
