"""The columns of `c3s fit`: what a node has left, how many pods fit there, and what stops more."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from c3s_cli.columns.vocabulary import Column, Kind, Unit

# What a node offers, what is taken and what is left: the columns of a resource that fit has.
ROOM: Final = ("requests", "allocatable", "free", "requestsPercentOfAllocatable")

WORKLOAD: Final = Column("workload", Unit.TEXT, attrgetter("workload"), "whose pods, as Kind/name")
_FITTING: Final = Column(
    "nodes.fitting", Unit.COUNT, attrgetter("fitting_node_count"), "nodes that take at least one of the pods"
)
_COUNT: Final = Column("nodes.count", Unit.COUNT, attrgetter("node_count"), "number of nodes")
_NODES: Final = Column(
    "nodes", Unit.COUNT, attrgetter("node_count"), "nodes that take at least one / nodes", parts=(_FITTING, _COUNT)
)


def fit_columns(kind: Kind) -> Iterator[Column]:
    """Make the columns that only fit has."""
    if kind is Kind.FIT:
        yield WORKLOAD
    else:
        yield from (_FITTING, _COUNT, _NODES)
    yield Column("fits", Unit.COUNT, attrgetter("fits"), "how many such pods fit, beside those that run")
    yield Column("placed", Unit.COUNT, attrgetter("placed"), "how many of the replicas would be placed there")
    yield Column(
        "limitedBy",
        Unit.TEXTS,
        attrgetter("limited_by"),
        "what stops one more: cpu, memory, pods, taint KEY=VALUE:EFFECT, cordoned, NotReady, selector, affinity, "
        "anti-affinity, spread, one-per-node",
    )


def default_fit_names(kind: Kind) -> tuple[str, ...]:
    """Name the columns that fit shows by default."""
    first = ("nodes",) if kind is Kind.FIT_GROUP else ()
    return (*first, "cpu.free", "memory.free", "pods.free", "fits", "placed", "limitedBy")


def wide_fit_names(kind: Kind) -> tuple[str, ...]:
    """Name the columns of -o wide."""
    first = ("nodes",) if kind is Kind.FIT_GROUP else ()
    amounts = (f"{r}.{field}" for r in ("cpu", "memory", "pods") for field in ("allocatable", "requests", "free"))
    last = ("status", "pool", "zone") if kind is Kind.FIT else ()
    return (*first, *amounts, "fits", "placed", "limitedBy", *last)
