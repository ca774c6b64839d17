"""The Queries of the levels of a live view, each made from the one above. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import structs

from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.request.columns import unique, used_columns, with_extended
from c3s_cli.request.condition import Comparison, Condition, Test, Word
from c3s_cli.request.grouping import key_column
from c3s_cli.request.period import Period
from c3s_cli.request.query import Query
from c3s_cli.request.selectors import FieldSelector
from c3s_cli.request.view import Format, View

NODE_FIELD: Final = "spec.nodeName"
_BY: Final = {"namespaces": ("namespace",), "workloads": ("namespace", "owner"), "nodes": ("node",)}
# What a level shows without -o wide.
_SHOWN: Final = {
    "pods": ("default", "status", "restarts", "ready", "age"),
    "containers": ("cpu.compact", "memory.compact", "ready", "waiting", "lastTermination.reason"),
}
# Keys of groups of nodes that pods have as well.
_OF_NODES: Final = ("pool", "zone", "instanceType")


def level_of(query: Query) -> str:
    """Return which level a query is, as the keys call them; "" if it is another rollup."""
    if query.by:
        names = tuple(column.name for column in query.by)
        return next((level for level, by in _BY.items() if set(names) == set(by) or names == by[-1:]), "")
    if query.objects is Kind.POD:
        return "containers" if query.containers else "pods"
    return {Kind.NODE: "nodes", Kind.CLUSTER: "clusters"}.get(query.objects, "")


def level_within(above: Query, level: str, *, wide: bool, selects_fields: bool = True) -> Query:
    """Return a level within what `above` shows. wide: whether it has the columns of -o wide.

    selects_fields: whether the source knows field selectors.
    """
    objects = {"clusters": Kind.CLUSTER, "nodes": Kind.NODE}.get(level, Kind.POD)
    period = above.period
    if above.objects is Kind.POD and (objects is Kind.POD or (objects is Kind.NODE and _is_narrow(above))):
        if level == "namespaces" and not _is_narrow(above):
            above = _everywhere()
        # Which nodes have some pods is known from the pods.
        return _query(Kind.POD, level, period, wide=wide, within=above)
    if objects is Kind.POD:
        return _query(Kind.POD, level, period, wide=wide, within=_pods_of_nodes(above, fields=selects_fields))
    return _query(objects, level, period, wide=wide, within=above if above.objects is objects else None)


def _is_narrow(query: Query) -> bool:
    """Return whether a query of pods selects some of a cluster's, beyond what the context's namespace does."""
    return bool(query.name or query.namespaces or query.labels or query.fields or query.where)


def level_below(above: Query, row: Any, *, wide: bool, selects_fields: bool = True) -> Query | None:
    """Return what Enter on a row shows: its nodes, its pods, or its containers; None if there is nothing below.

    The context of a row is not part of it. selects_fields: whether the source knows field selectors.
    """
    period, fields = above.period, selects_fields
    if above.kind is Kind.CLUSTER:
        return _query(Kind.NODE, "nodes", period, wide=wide)
    if above.kind is Kind.NODE:
        return _query(Kind.POD, "pods", period, wide=wide, within=_on_node(_everywhere(), row.name, fields=fields))
    if above.kind is Kind.POD:
        within = structs.replace(_everywhere(), name=row.name, namespaces=(row.namespace,), all_namespaces=False)
        return None if above.containers else _query(Kind.POD, "containers", period, wide=wide, within=within)
    within = structs.replace(above, name=None)
    for column, value in zip(above.by, row.keys, strict=True):
        if column.name == "namespace" and value:
            within = structs.replace(within, namespaces=(value,), all_namespaces=False)
        elif column.name == "node" and value:
            within = _on_node(within, value, fields=fields)
        elif column.name != "context":
            within = structs.replace(within, where=_and(within.where, above.objects, column.name, value))
    return _query(above.objects, "nodes" if above.objects is Kind.NODE else "pods", period, wide=wide, within=within)


def view_of(above: View, query: Query) -> View:
    """Return how a level is shown, if the one above is shown like this: with the columns of -o wide, or its own."""
    level = level_of(query)
    named = level in _SHOWN and (above.format is not Format.WIDE or level == "containers")
    return structs.replace(
        above,
        format=Format.TABLE if named else above.format,
        sum=False,
        named=named,
        identity=None if level == "containers" and query.name else 0,
        objects=False,
    )


def widened(query: Query, *, wide: bool) -> Query:
    """Return the same rows with the columns of -o wide, or with those that the level shows without it."""
    naming = Naming(query.kind, keys=query.keys, containers=query.containers)
    words = ["wide"] if wide else list(_SHOWN.get(level_of(query), ("default",)))
    return structs.replace(query, columns=naming.expand(words), extended=with_extended(query.kind, words))


def words_of(query: Query, contexts: Sequence[str] = ()) -> str:
    """Return the title of a level, such as `pods on node a`. contexts: that of a single cluster among several."""
    level = level_of(query) or f"{query.objects.value.lower()}s by {', '.join(column.name for column in query.by)}"
    if query.name and level == "containers":
        return " ".join([f"pod {query.namespaces[0]}/{query.name}", *_in_context(contexts)])
    parts = [level]
    fields = query.fields.terms if query.fields else ()
    tests = query.where.alternatives[0] if query.where and len(query.where.alternatives) == 1 else ()
    owner = _value(tests, "owner")
    node = _value(tests, "node")
    if query.name:
        parts.append(f"of {query.objects.value.lower()} {query.name}")
    if owner is not None:
        parts.append("without an owner" if isinstance(owner.value, Word) else f"of {owner.text}")
    if query.objects is Kind.POD and not query.all_namespaces and query.namespaces:
        parts.append(f"in namespace {','.join(query.namespaces)}")
    on = [value for *name, value in fields if name == [NODE_FIELD, "="]] + ([node.text] if node is not None else [])
    if on:
        parts.append(f"on node {on[0]}")
    if query.labels:
        parts.append(f"with {query.labels.text}")
    parts += [f"with {''.join(term)}" for term in fields if term[:2] != (NODE_FIELD, "=")]
    others = [test for test in tests if test not in (owner, node)]
    if others:
        parts.append(f"where {', '.join(map(str, others))}")
    elif query.where and not tests:
        parts.append(f"where {query.where}")
    return " ".join([*parts, *_in_context(contexts)])


def _in_context(contexts: Sequence[str]) -> list[str]:
    return [f"in context {','.join(contexts)}"] if contexts else []


def _value(tests: Sequence[Test], name: str) -> Comparison | None:
    """Return the test that a column has one value."""
    for test in tests:
        if isinstance(test, Comparison) and test.column.name == name and test.operator == "=":
            return test
    return None


def _everywhere() -> Query:
    return Query(objects=Kind.POD, kind=Kind.POD, columns=(), all_namespaces=True)


def _on_node(within: Query, node: str, *, fields: bool) -> Query:
    """Add that pods are on a node."""
    if not fields:
        return structs.replace(within, where=_and(within.where, Kind.POD, "node", node))
    terms = {*(within.fields.terms if within.fields else ()), (NODE_FIELD, "=", node)}
    return structs.replace(within, fields=FieldSelector(tuple(sorted(terms))))


def _and(where: Condition | None, objects: Kind, column: str, value: str | None) -> Condition:
    """Add that a column has a value; "" stands for none, None for unknown."""
    from c3s_cli.request.where import parse  # only conditions need the parser

    escaped = (value or "").replace("\\", "\\\\").replace('"', '\\"')
    text = "unknown" if value is None else f'"{escaped}"' if value else "none"
    test = parse([f"{column} = {text}"], Naming(objects))
    return where.joined_with(test) if where else test


def _pods_of_nodes(above: Query, *, fields: bool) -> Query:
    """Return the pods of the nodes that a query selects, as far as pods can be selected by that."""
    within = _everywhere()
    if above.objects is Kind.NODE and above.name:
        return _on_node(within, above.name, fields=fields)
    where = above.where if above.objects is Kind.NODE else None
    if where is not None and {column.name for column in where.columns} <= set(_OF_NODES):
        naming = Naming(Kind.POD)
        return structs.replace(within, where=where.with_columns(lambda column: naming.find(column.name)))
    return within


def _query(objects: Kind, level: str, period: Period | None, *, wide: bool, within: Query | None = None) -> Query:
    """Return the Query of a level with its columns. within: what selects its objects."""
    of_objects = Naming(objects)
    scope = within or Query(objects=objects, kind=objects, columns=())
    names = [
        name
        for name in _BY.get(level, ())
        if name != "namespace" or level == "namespaces" or scope.of_several_namespaces
    ]
    by = tuple(of_objects.find(name) for name in names if objects is Kind.POD)
    keys = tuple(key_column(column, place) for place, column in enumerate(by))
    naming = Naming(objects.group if by else objects, keys=keys, containers=level == "containers")
    words = list(_SHOWN.get(level, ("default",))) if not wide or level == "containers" else ["wide"]
    if level == "containers" and scope.name:
        words.insert(0, "container")
    columns = naming.expand(words)
    if level not in _SHOWN or words == ["wide"]:
        columns = unique(columns, used_columns((), scope.where if not by else None, (*columns, *keys)))
    return Query(
        objects=objects,
        kind=naming.kind,
        columns=columns,
        name=scope.name,
        namespaces=scope.namespaces,
        all_namespaces=scope.all_namespaces,
        labels=scope.labels,
        fields=scope.fields,
        containers=level == "containers",
        by=by,
        keys=keys,
        where=scope.where,
        period=period,
    )
