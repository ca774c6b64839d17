"""Every column: its name (its path in the JSON), unit, value, and what must be read to compute it.

Tables, JSON keys, CSV headings, --columns, --sort-by, --where, completion and the docs all read this list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from operator import attrgetter
from typing import Final

from msgspec import Struct, structs

from c3s_cli.columns.fitting import ROOM, default_fit_names, fit_columns, wide_fit_names
from c3s_cli.columns.getters import amount, difference, fact, percentage, unknown, window_seconds
from c3s_cli.columns.obstacles import schedulable
from c3s_cli.columns.vocabulary import FITTING, Column, Getter, Kind, Needs, Unit, json_name, unit_of

# --- columns of a resource ------------------------------------------------------------------------------------

CPU_AND_MEMORY: Final = ("cpu", "memory")
RESOURCES: Final = (*CPU_AND_MEMORY, "ephemeral-storage", "pods")
WITH_NODES: Final = (Kind.NODE, Kind.NODE_GROUP, Kind.CLUSTER, *FITTING)
OF_NODES: Final = (Kind.NODE_GROUP, Kind.CLUSTER)
GROUPED: Final = (Kind.NODE_GROUP, Kind.POD_GROUP, Kind.CLUSTER)

USAGE: Final[dict[str, Getter]] = {
    "cpu": attrgetter("cpu_nanocores"),
    "memory": attrgetter("memory_bytes"),
    "pods": attrgetter("pod_count"),
}
# Usage of a group, summed over the same members as the measured_… amounts.
COMPARABLE_USAGE: Final[dict[str, Getter]] = {
    "cpu": attrgetter("comparable_cpu_nanocores"),
    "memory": attrgetter("comparable_memory_bytes"),
}
WORDS: Final = {"cpu": "CPU", "ephemeral-storage": "ephemeral storage", "pods": "pod slots"}


class Field(Struct, frozen=True):
    """A column that each resource has. `terms` are its operands, as `_term` names them.

    kinds: the kinds of row that have it; None for all. measured: only groups have it; it sums the members that report
    usage. of_pods: whether the resource "pods" (pod slots) has it.
    """

    name: str
    words: str
    terms: tuple[str, ...]
    kinds: tuple[Kind, ...] | None = None
    measured: bool = False
    of_pods: bool = True


FIELDS: Final = (
    Field("usage", "{r} used", ("usage",)),
    Field("requests", "{r} requested by pods", ("requests",)),
    Field("limits", "{r} limit; 0 for none", ("limits",), of_pods=False),
    Field("unused", "{r} requested and not used", ("measured_requests", "comparable_usage"), of_pods=False),
    Field("usagePercentOfRequests", "", ("comparable_usage", "measured_requests"), of_pods=False),
    Field("usagePercentOfLimits", "", ("comparable_usage", "measured_limits"), of_pods=False),
    Field("allocatable", "{r} that pods may request", ("allocatable",), WITH_NODES),
    Field("capacity", "{r} of the machine", ("capacity",), WITH_NODES),
    Field(
        "measuredAllocatable",
        "{r} that pods may request, on the nodes that report usage",
        ("measured_allocatable", "usage"),
        WITH_NODES,
        measured=True,
    ),
    Field("free", "{r} allocatable and not requested", ("allocatable", "requests"), WITH_NODES),
    Field("schedulableFree", "{r} free on schedulable nodes", ("schedulable_free",), OF_NODES),
    Field("usagePercentOfAllocatable", "", ("comparable_usage", "measured_allocatable"), WITH_NODES),
    Field("usagePercentOfCapacity", "", ("comparable_usage", "measured_capacity"), WITH_NODES),
    Field("requestsPercentOfAllocatable", "", ("requests", "allocatable"), WITH_NODES),
    Field("limitsPercentOfAllocatable", "", ("limits", "allocatable"), WITH_NODES, of_pods=False),
)


def resource_columns(resource: str, kind: Kind) -> Iterator[Column]:
    """Yield the columns of one resource for one kind of row."""
    for field in FIELDS:
        if field.kinds is not None and kind not in field.kinds:
            continue
        if kind in FITTING and field.name not in ROOM:
            continue
        if resource == "pods" and not field.of_pods:
            continue
        if field.measured and not (kind in GROUPED and resource in CPU_AND_MEMORY):
            continue
        yield _resource_column(field, resource, kind)


def _resource_column(field: Field, resource: str, kind: Kind) -> Column:
    prefix = json_name(resource)
    name = f"{prefix}.{field.name}"
    values, needs = zip(*(_term(term, resource, kind) for term in field.terms), strict=True)
    needed = needs[0] | needs[-1]
    part, percent, basis = field.name.partition("PercentOf")
    if percent:
        summary = f"{prefix}.{part} as a percentage of {prefix}.{basis.lower()}"
        return Column(name, Unit.PERCENT, percentage(*values), summary, needed, ratio=values)
    summary = field.words.format(r=WORDS.get(resource, resource))
    value = difference(*values) if field.name in ("unused", "free") else values[0]
    return Column(name, unit_of(resource), value, summary, needed)


def _term(term: str, resource: str, kind: Kind) -> tuple[Getter, Needs]:
    """Return the getter of a term, and what must be read for it.

    A measured_… amount sums the members of a group that report usage. Single rows, and resources whose usage no source
    reports, only have the plain amount; measured limits are the exception, as they leave out resources that some
    container does not limit.
    """
    if term == "usage":
        return USAGE.get(resource, unknown), _usage_needs(resource, kind)
    if term == "comparable_usage":
        grouped = kind in GROUPED and resource in CPU_AND_MEMORY
        return (COMPARABLE_USAGE if grouped else USAGE).get(resource, unknown), _usage_needs(resource, kind)
    if term == "requests" and resource == "pods":
        return USAGE["pods"], Needs.PODS
    if term == "schedulable_free":
        return amount(term, resource), Needs.NODES | Needs.NODE_DETAILS | Needs.PODS
    plain = term.removeprefix("measured_")
    comparable = plain == "limits" or (kind in GROUPED and resource in CPU_AND_MEMORY)
    needs = Needs.NODES if plain in ("allocatable", "capacity") else Needs.PODS
    return amount(term if comparable else plain, resource), needs


def _usage_needs(resource: str, kind: Kind) -> Needs:
    if resource == "pods":
        return Needs.PODS
    if resource not in USAGE:
        return Needs.NOTHING
    return Needs.POD_METRICS if kind.group is Kind.POD_GROUP else Needs.NODE_METRICS


# --- the other columns ----------------------------------------------------------------------------------------

IDENTITY: Final = {
    "context": Column("context", Unit.TEXT, attrgetter("context"), "kubeconfig context, or the server's address"),
    "namespace": Column("namespace", Unit.TEXT, attrgetter("namespace"), "namespace of the pod"),
    "name": Column("name", Unit.TEXT, attrgetter("name"), "name of the object"),
    "timestamp": Column("timestamp", Unit.TIME, attrgetter("timestamp"), "when the usage was measured"),
    "window": Column("window", Unit.SECONDS, window_seconds, "seconds that the usage is averaged over"),
}

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
    Column("age", Unit.SECONDS, attrgetter("age_seconds"), "time since the node was created", DETAILS),
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
    Column("restarts", Unit.COUNT, fact("restarts"), "restarts of its containers", Needs.PODS),
    Column("age", Unit.SECONDS, attrgetter("age_seconds"), "time since the pod was created", Needs.PODS),
    Column("qosClass", Unit.TEXT, fact("qos_class"), "Guaranteed, Burstable or BestEffort", Needs.PODS),
    Column("pool", Unit.TEXT, fact("pool", "node_details"), "pool of the pod's node", ON_NODE),
    Column("zone", Unit.TEXT, fact("zone", "node_details"), "zone of the pod's node", ON_NODE),
    Column("instanceType", Unit.TEXT, fact("instance_type", "node_details"), "machine type of the pod's node", ON_NODE),
)

SWAP_RATIO: Final = (attrgetter("swap_bytes"), fact("swap_capacity_bytes"))
SWAP_USAGE: Final = Column("swap.usage", Unit.BYTES, SWAP_RATIO[0], "swap used")
SWAP: Final = (
    SWAP_USAGE,
    Column("swap.capacity", Unit.BYTES, SWAP_RATIO[1], "swap of the machine", Needs.NODES),
    Column(
        "swap.usagePercentOfCapacity",
        Unit.PERCENT,
        percentage(*SWAP_RATIO),
        "swap.usage as a percentage of swap.capacity",
        Needs.NODES,
        ratio=SWAP_RATIO,
    ),
)

EXISTING: Final = Column(
    "pods.count",
    Unit.COUNT,
    attrgetter("existing_pod_count"),
    "all pods that the API server has, finished ones included: counted, not listed",
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


def _pair(name: str, above: Column, below: Column, summary: str) -> Column:
    return Column(name, above.unit, above.value, summary, above.needs | below.needs, parts=(above, below))


def _node_counts() -> tuple[Column, ...]:
    measured, count = _counts("nodes", Needs.NODE_METRICS | Needs.NODES)
    return measured, count, _pair("nodes", measured, count, "nodes that report usage / nodes")


def _pod_counts() -> tuple[Column, ...]:
    measured, count = _counts("pods", Needs.POD_METRICS)
    pair = _pair("pods", measured, count, "pods that report usage / pods (all pods where pods are listed)")
    # As part of `pods` the count may be of measured pods only; requested by name, it must be complete.
    return measured, structs.replace(count, needs=count.needs | Needs.PODS), pair


OWN: Final[Mapping[Kind, Callable[[], tuple[Column, ...]]]] = {
    Kind.NODE: lambda: NODE_FACTS,
    Kind.POD: lambda: POD_FACTS,
    Kind.NODE_GROUP: _node_counts,
    Kind.POD_GROUP: _pod_counts,
    Kind.CLUSTER: _node_counts,
}


@cache
def table_of(kind: Kind) -> Mapping[str, Column]:
    """Return the columns of one kind of row by name, in the order of the docs."""
    if kind in FITTING:
        return {column.name: column for column in _fit_table(kind)}
    columns = [column for column in IDENTITY.values() if kind is Kind.POD or column.name != "namespace"]
    columns += OWN[kind]()
    for resource in RESOURCES:
        if resource != "pods" or kind in WITH_NODES:
            columns += resource_columns(resource, kind)
    table = {column.name: column for column in columns}
    if kind is Kind.CLUSTER:
        table[EXISTING.name] = EXISTING
    if "pods.allocatable" in table:
        count = table["pods.count" if kind is Kind.CLUSTER else "pods.usage"]
        table["pods"] = _pair("pods", count, table["pods.allocatable"], "pods / pod slots")
    if kind is Kind.NODE:
        table |= {column.name: column for column in SWAP}
    elif kind is not Kind.CLUSTER:
        table[SWAP_USAGE.name] = SWAP_USAGE
    return table


def _fit_table(kind: Kind) -> Iterator[Column]:
    yield from (IDENTITY["context"], IDENTITY["name"])
    yield from fit_columns(kind)
    yield from NODE_FACTS if kind is Kind.FIT else ()
    for resource in RESOURCES:
        yield from resource_columns(resource, kind)


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
        case Kind.FIT | Kind.FIT_GROUP:
            return default_fit_names(kind)


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
            names = [f"{json_name(r)}.{field}" for r in RESOURCES for field in (*fields, "allocatable", "free")]
            return ("nodes", *(name for name in names if name in table_of(kind)))
        case Kind.FIT | Kind.FIT_GROUP:
            return wide_fit_names(kind)


def _each(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.format(r=resource) for resource in CPU_AND_MEMORY for name in names)
