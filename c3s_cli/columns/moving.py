"""The columns of a drain: which pods must move, from which node to which, and why that may fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Final

from c3s_cli.columns.catalogue import IDENTITY
from c3s_cli.columns.of_resources import resource_columns
from c3s_cli.columns.vocabulary import Column, Kind, Needs, Unit

PODS_AND_NODES: Final = Needs.PODS | Needs.NODES | Needs.NODE_DETAILS

_PLACED: Final = Column("pods.placed", Unit.COUNT, attrgetter("placed"), "pods that fit on another node")
_COUNT: Final = Column("pods.count", Unit.COUNT, attrgetter("pod_count"), "pods that must move")
_PODS: Final = Column(
    "pods",
    Unit.COUNT,
    attrgetter("pod_count"),
    "pods that fit on another node / pods that must move",
    parts=(_PLACED, _COUNT),
)
REASONS: Final = "why it fits nowhere, why a drain would refuse it, or why it may come back"


def own_columns(kind: Kind) -> Iterator[Column]:
    """Yield the columns of pods that move, or of groups of them, apart from context and namespace."""
    yield IDENTITY["name"]
    yield from _group_columns() if kind is Kind.MOVE_GROUP else _pod_columns()
    for resource in ("cpu", "memory", "ephemeral-storage"):
        yield from resource_columns(resource, kind)


def _group_columns() -> Iterator[Column]:
    yield from (_PLACED, _COUNT, _PODS)
    yield Column("reason", Unit.TEXTS, attrgetter("limited_by"), REASONS)


def _pod_columns() -> Iterator[Column]:
    yield Column("from", Unit.TEXT, attrgetter("from_node"), "node the pod must leave", Needs.PODS)
    yield Column("to", Unit.TEXT, lambda move: move.to_node or "", "node where it fits", PODS_AND_NODES)
    yield Column("reason", Unit.TEXTS, attrgetter("reasons"), REASONS, PODS_AND_NODES)
    yield Column(
        "owner",
        Unit.TEXT,
        attrgetter("owner"),
        "the workload, as Kind/name: the Deployment, not its ReplicaSet",
        Needs.PODS | Needs.OWNERS,
    )
    yield Column("pool", Unit.TEXT, _of_target("pool"), "pool of the node where it fits", PODS_AND_NODES)
    yield Column("zone", Unit.TEXT, _of_target("zone"), "zone of the node where it fits", PODS_AND_NODES)
    yield Column(
        "instanceType", Unit.TEXT, _of_target("instance_type"), "machine type of the node where it fits", PODS_AND_NODES
    )


def _of_target(name: str) -> Callable[[Any], str | None]:
    def value(move: Any) -> str | None:
        return getattr(move.details, name) if move.details else "" if not move.to_node else None

    return value


def default_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the default columns."""
    return (
        ("pods", "cpu.requests", "memory.requests", "reason") if kind is Kind.MOVE_GROUP else ("from", "to", "reason")
    )


def wide_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the columns of -o wide."""
    if kind is Kind.MOVE_GROUP:
        return default_names(kind)
    return ("from", "to", "pool", "zone", "cpu.requests", "memory.requests", "owner", "reason")
