"""The columns of `c3s fit`: free resources, how many pods fit, and what limits them."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from c3s_cli.columns.catalogue import IDENTITY, NODE_FACTS
from c3s_cli.columns.of_resources import RESOURCES, resource_columns
from c3s_cli.columns.vocabulary import Column, Kind, Unit

WORKLOAD: Final = Column(
    "workload", Unit.TEXT, attrgetter("workload"), "the workload, as Kind/name; `pods` for pods described by flags"
)
_FITTING: Final = Column(
    "nodes.fitting", Unit.COUNT, attrgetter("fitting_node_count"), "nodes where at least one pod fits"
)
_COUNT: Final = Column("nodes.count", Unit.COUNT, attrgetter("node_count"), "number of nodes")
_NODES: Final = Column(
    "nodes", Unit.COUNT, attrgetter("node_count"), "nodes where at least one pod fits / nodes", parts=(_FITTING, _COUNT)
)


def own_columns(kind: Kind) -> Iterator[Column]:
    """Yield the columns of nodes with room, or of groups of them, apart from the context."""
    yield IDENTITY["name"]
    if kind is Kind.FIT:
        yield WORKLOAD
    else:
        yield from (_FITTING, _COUNT, _NODES)
    yield Column("fits", Unit.COUNT, attrgetter("fits"), "how many of the pods fit next to the running ones")
    yield Column("placed", Unit.COUNT, attrgetter("placed"), "how many of the replicas are placed there")
    yield Column(
        "limitedBy",
        Unit.TEXTS,
        attrgetter("limited_by"),
        "why no more pods fit: cpu, memory, pods, taint KEY=VALUE:EFFECT, cordoned, NotReady, selector, affinity, "
        "host-ports, pod-affinity, anti-affinity, spread, one-per-node, node-name, scheduling-gates, volume, "
        "claim NAME missing, quota NAME: RESOURCE, …",
    )
    yield from NODE_FACTS if kind is Kind.FIT else ()
    for resource in RESOURCES:
        yield from resource_columns(resource, kind)


def default_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the default columns."""
    first = ("nodes",) if kind is Kind.FIT_GROUP else ()
    return (*first, "cpu.free", "memory.free", "pods.free", "fits", "placed", "limitedBy")


def wide_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the columns of -o wide."""
    first = ("nodes",) if kind is Kind.FIT_GROUP else ()
    amounts = (f"{r}.{field}" for r in ("cpu", "memory", "pods") for field in ("allocatable", "requests", "free"))
    last = ("status", "pool", "zone") if kind is Kind.FIT else ()
    return (*first, *amounts, "fits", "placed", "limitedBy", *last)
