"""All columns: name (the path in the JSON), unit, value, and what must be read to compute it.

Tables, JSON keys, CSV headings, --columns, --sort-by, --where, completion and the docs all read this list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from operator import attrgetter
from typing import Any, Final

from msgspec import structs

from c3s_cli.columns.getters import Age, fact, share, window_seconds
from c3s_cli.columns.of_costs import cost_columns
from c3s_cli.columns.of_resources import CPU_AND_MEMORY, RESOURCES, WITH_NODES, resource_columns
from c3s_cli.columns.of_sources import COVERAGE, MORE_OF_PODS
from c3s_cli.columns.of_states import OF_STATES
from c3s_cli.columns.vocabulary import (
    COMPARED,
    FITTING,
    MOVING,
    RIGHTSIZING,
    Column,
    Kind,
    Needs,
    Unit,
    by_name,
    joined,
    json_name,
    pair,
)
from c3s_cli.model.obstacles import schedulable

IDENTITY: Final = {
    "context": Column("context", Unit.TEXT, attrgetter("context"), "kubeconfig context, or the server's address"),
    "namespace": Column("namespace", Unit.TEXT, attrgetter("namespace"), "namespace of the pod"),
    "name": Column("name", Unit.TEXT, attrgetter("name"), "name of the object"),
    "timestamp": Column("timestamp", Unit.TIME, attrgetter("timestamp"), "when the usage was measured"),
    "window": Column("window", Unit.SECONDS, window_seconds, "period that usage is averaged over"),
}

CONTAINER: Final = Column("container", Unit.TEXT, attrgetter("name"), "name of the container")

DETAILS: Final = Needs.NODES | Needs.NODE_DETAILS
ON_NODE: Final = Needs.PODS | DETAILS

NODE_FACTS: Final = (
    Column("status", Unit.TEXT, fact("status", "details"), "Ready, NotReady, SchedulingDisabled", DETAILS),
    Column(
        "schedulable",
        Unit.TEXT,
        schedulable,
        "yes, or why not: cordoned, NotReady, taint KEY=VALUE:EFFECT",
        DETAILS,
    ),
    Column("roles", Unit.TEXTS, fact("roles", "details"), "roles, from the node's labels", DETAILS),
    Column("version", Unit.TEXT, fact("version", "details"), "version of the kubelet", DETAILS),
    Column("pool", Unit.TEXT, fact("pool", "details"), "node pool: Karpenter, GKE, EKS, AKS, kOps", DETAILS),
    Column("zone", Unit.TEXT, fact("zone", "details"), "topology zone", DETAILS),
    Column("instanceType", Unit.TEXT, fact("instance_type", "details"), "type of the machine", DETAILS),
    Column("taints", Unit.TEXTS, fact("taints", "details"), "taints, as key=value:effect", DETAILS),
    Column("age", Unit.SECONDS, Age(), "time since the node was created", DETAILS),
)

POD_FACTS: Final = (
    Column("node", Unit.TEXT, fact("node"), "node the pod runs on", Needs.PODS),
    Column(
        "owner",
        Unit.TEXT,
        fact("owner"),
        "the workload, as Kind/name: the Deployment, not its ReplicaSet",
        Needs.PODS | Needs.OWNERS,
    ),
    Column("status", Unit.TEXT, fact("status"), "as in `kubectl get pods`", Needs.PODS),
    Column("phase", Unit.TEXT, fact("phase"), "Pending (also while images are pulled), Running, Unknown", Needs.PODS),
    Column(
        "restarts",
        Unit.COUNT,
        attrgetter("restarts"),
        "restarts of its containers; with --since, those in the range",
        Needs.PODS | Needs.RESTARTS,
    ),
    Column("age", Unit.SECONDS, Age(), "time since the pod was created", Needs.PODS),
    Column("qosClass", Unit.TEXT, fact("qos_class"), "Guaranteed, Burstable or BestEffort", Needs.PODS),
    *OF_STATES,
    Column("pool", Unit.TEXT, fact("pool", "node_details"), "pool of the pod's node", ON_NODE),
    Column("zone", Unit.TEXT, fact("zone", "node_details"), "zone of the pod's node", ON_NODE),
    Column("instanceType", Unit.TEXT, fact("instance_type", "node_details"), "machine type of the pod's node", ON_NODE),
)

SWAP_RATIO: Final = (attrgetter("swap_bytes"), fact("swap_capacity_bytes"))
SWAP_USAGE: Final = Column("swap.usage", Unit.BYTES, SWAP_RATIO[0], "swap used")
SWAP: Final = (
    SWAP_USAGE,
    Column("swap.capacity", Unit.BYTES, SWAP_RATIO[1], "swap of the machine", Needs.NODES),
    share("swap.usagePercentOfCapacity", SWAP_RATIO, "swap.usage as a percentage of swap.capacity", Needs.NODES),
)

EXISTING: Final = Column(
    "pods.count",
    Unit.COUNT,
    attrgetter("existing_pod_count"),
    "all pods in the API server, including finished ones: counted without listing them",
    Needs.POD_COUNT,
)


def _counts(things: str, needs: Needs) -> tuple[Column, Column]:
    thing = things.removesuffix("s")
    measured = attrgetter(f"measured_{thing}_count")
    count = attrgetter(f"{thing}_count")
    return (
        Column(f"{things}.measured", Unit.COUNT, measured, f"{things} that report usage", needs),
        Column(f"{things}.count", Unit.COUNT, count, f"number of {things}", needs),
    )


def _node_counts() -> tuple[Column, ...]:
    measured, count = _counts("nodes", Needs.NODE_METRICS | Needs.NODES)
    return measured, count, pair("nodes", measured, count, "nodes that report usage / nodes")


def _pod_counts() -> tuple[Column, ...]:
    measured, count = _counts("pods", Needs.POD_METRICS)
    both = pair("pods", measured, count, "pods that report usage / pods; without the second where pods are not listed")
    # As part of `pods` the count may include measured pods only; requested by name, it must be complete.
    return measured, structs.replace(count, needs=count.needs | Needs.PODS), structs.replace(both, alone=_is_unlisted)


RESTARTS_OF_GROUP: Final = Column(
    "restarts",
    Unit.COUNT,
    attrgetter("restarts"),
    "restarts of its pods; with --since, those in the range",
    Needs.PODS | Needs.RESTARTS,
    in_part=attrgetter("unknown_restarts"),
    floor=(attrgetter("restarts"),),
)


def _is_unlisted(group: Any) -> bool:
    """Return whether pods are not listed, so that only the measured ones are known."""
    return group.pod_count is None


OWN: Final = {
    Kind.NODE: NODE_FACTS,
    Kind.POD: POD_FACTS,
    Kind.NODE_GROUP: _node_counts(),
    Kind.POD_GROUP: (*_pod_counts(), RESTARTS_OF_GROUP),
    Kind.CLUSTER: _node_counts(),
}


# The modules of kinds that only one command has. Each has the functions own_columns, default_names and wide_names.
MODULES: Final = {
    **dict.fromkeys(FITTING, "fitting"),
    **dict.fromkeys(MOVING, "moving"),
    **dict.fromkeys(RIGHTSIZING, "rightsizing"),
    **dict.fromkeys(COMPARED, "changing"),
    Kind.VOLUME: "volumes",
}


def _module_of(kind: Kind) -> Any:
    return import_module(f"c3s_cli.columns.{MODULES[kind]}")


@cache
def table_of(kind: Kind) -> Mapping[str, Column]:
    """Return the columns of one kind of row by name, in the order of the docs."""
    if kind not in MODULES:
        return _usage_table(kind)
    place = [IDENTITY["context"], *([IDENTITY["namespace"]] if kind.namespaced else [])]
    return by_name((*place, *_module_of(kind).own_columns(kind)))


def _usage_table(kind: Kind) -> dict[str, Column]:
    resources = [each for each in RESOURCES if each != "pods" or kind in WITH_NODES]
    columns = (column for resource in resources for column in resource_columns(resource, kind))
    identity = (column for column in IDENTITY.values() if kind.namespaced or column.name != "namespace")
    table = by_name((*identity, *OWN[kind], *columns))
    table |= by_name(_pods(kind, table))
    if kind is Kind.NODE:
        table |= by_name(SWAP)
    elif kind is not Kind.CLUSTER:
        table[SWAP_USAGE.name] = SWAP_USAGE
    table[COVERAGE.name] = COVERAGE
    table |= by_name((*_compact(table), *cost_columns(kind)))
    if kind.group is Kind.POD_GROUP:
        table |= by_name(MORE_OF_PODS)
    return table


def _pods(kind: Kind, table: Mapping[str, Column]) -> Iterator[Column]:
    """Yield what nodes have of pods: how many there are, and of how many slots."""
    if kind not in WITH_NODES:
        return
    slots = table["pods.allocatable"]
    if kind is not Kind.CLUSTER:
        yield pair("pods", table["pods.usage"], slots, "taken pod slots / pod slots")
        return
    yield EXISTING
    # Finished pods take no slot, so these are no share of the slots.
    pods = pair("pods", EXISTING, slots, f"{EXISTING.summary}; the structured formats add pod slots")
    yield structs.replace(pods, alone=lambda _row: True)


def _compact(table: Mapping[str, Column]) -> Iterator[Column]:
    for resource in CPU_AND_MEMORY:
        parts = tuple(table[f"{resource}.{field}"] for field in ("usage", "requests", "limits"))
        yield joined(f"{resource}.compact", parts, f"{resource} usage/request/limit, for narrow tables")


# --- the sets default and wide --------------------------------------------------------------------------------


def default_names(kind: Kind, basis: str = "Allocatable") -> tuple[str, ...]:
    """Return the names of the columns shown by default, which are kubectl's."""
    with_percent = ("{r}.usage", f"{{r}}.usagePercentOf{basis}")
    match kind:
        case Kind.NODE:
            return _each(with_percent)
        case Kind.POD:
            return _each(("{r}.usage",))
        case Kind.NODE_GROUP:
            return ("nodes", *_each(with_percent))
        case Kind.POD_GROUP:
            return ("pods", *_each(("{r}.usage",)))
        case Kind.CLUSTER:
            return ("nodes", "pods", *_each(with_percent))
        case _:
            names: tuple[str, ...] = _module_of(kind).default_names(kind)
            return names


def wide_names(kind: Kind, basis: str = "Allocatable") -> tuple[str, ...]:
    """Return the names of the columns of -o wide: usage next to requests and limits, then details."""
    against_requests = (
        "{r}.usage",
        "{r}.requests",
        "{r}.usagePercentOfRequests",
        "{r}.limits",
        "{r}.usagePercentOfLimits",
    )
    against_node = (
        "{r}.usage",
        f"{{r}}.usagePercentOf{basis}",
        "{r}.requests",
        "{r}.requestsPercentOfAllocatable",
        "{r}.limits",
        "{r}.free",
    )
    match kind:
        case Kind.NODE:
            return (*_each(against_node), "pods", "status", "pool", "zone", "age")
        case Kind.POD:
            return (*_each(against_requests), "node", "owner", "status", "restarts", "age")
        case Kind.NODE_GROUP:
            return ("nodes", *_each(against_node), "pods")
        case Kind.POD_GROUP:
            return ("pods", *_each((*against_requests, "{r}.unused")))
        case Kind.CLUSTER:
            fields = ("usage", f"usagePercentOf{basis}", "requests", "requestsPercentOfAllocatable", "limits")
            every = [
                f"{json_name(r)}.{field}"
                for r in RESOURCES
                for field in (*fields, "allocatable", "free", "schedulableFree")
            ]
            return ("nodes", *(name for name in every if name in table_of(kind)))
        case _:
            names: tuple[str, ...] = _module_of(kind).wide_names(kind)
            return names


def _each(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.format(r=resource) for resource in CPU_AND_MEMORY for name in names)
