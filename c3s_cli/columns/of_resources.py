"""The columns that every resource has: usage, requests, limits, free, and percentages of each other."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from msgspec import Struct

from c3s_cli.columns.getters import amount, difference, figure, lacks, share, unknown
from c3s_cli.columns.vocabulary import (
    FITTING,
    MOVING,
    RIGHTSIZING,
    Column,
    Getter,
    Kind,
    Needs,
    json_name,
    unit_of,
)

CPU_AND_MEMORY: Final = ("cpu", "memory")
RESOURCES: Final = (*CPU_AND_MEMORY, "ephemeral-storage", "pods")
WITH_NODES: Final = (Kind.NODE, Kind.NODE_GROUP, Kind.CLUSTER, *FITTING)
OF_NODES: Final = (Kind.NODE_GROUP, Kind.CLUSTER)
GROUPED: Final = (Kind.NODE_GROUP, Kind.POD_GROUP, Kind.CLUSTER)
# The columns that fit has for each resource.
ROOM: Final = ("requests", "allocatable", "free", "requestsPercentOfAllocatable")

USAGE: Final[dict[str, Getter]] = {
    "cpu": attrgetter("cpu_nanocores"),
    "memory": attrgetter("memory_bytes"),
    "pods": attrgetter("pod_count"),
    "ephemeral-storage": figure("ephemeralStorage.usage"),
}
# What is measured, by its name among the unmeasured members of a group.
MEASURED: Final = {"cpu": "cpu", "memory": "memory", "ephemeral-storage": "ephemeralStorage.usage"}
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
    Field(
        "declaredLimits",
        "sum of the {r} limits in the spec, whether or not they bound the pod now; 0 for none",
        ("declared_limits",),
        (Kind.POD,),
        of_pods=False,
    ),
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
    Field("free", "{r} allocatable minus requested: arithmetic, on all nodes", ("allocatable", "requests"), WITH_NODES),
    Field("schedulableFree", "{r} free on schedulable nodes", ("schedulable_free",), OF_NODES),
    Field("usagePercentOfAllocatable", "", ("comparable_usage", "measured_allocatable"), WITH_NODES),
    Field("usagePercentOfCapacity", "", ("comparable_usage", "measured_capacity"), WITH_NODES),
    Field("requestsPercentOfAllocatable", "", ("requests", "allocatable"), WITH_NODES),
    Field("limitsPercentOfAllocatable", "", ("limits", "allocatable"), WITH_NODES, of_pods=False),
)


def resource_columns(resource: str, kind: Kind) -> Iterator[Column]:
    """Yield the columns of one resource for one kind of row."""
    if kind in RIGHTSIZING:
        return
    for field in FIELDS:
        if field.kinds is not None and kind not in field.kinds:
            continue
        if (kind in FITTING and field.name not in ROOM) or (kind in MOVING and field.name != "requests"):
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
    # Only some sources report disk usage.
    of_disk = resource == "ephemeral-storage" and {"usage", "comparable_usage"} & {*field.terms}
    figures = ("ephemeralStorage.usage",) if of_disk else ()
    part, percent, basis = field.name.partition("PercentOf")
    in_part, floor = _bounds(field, resource, kind, basis)
    if percent:
        summary = f"{prefix}.{part} as a percentage of {prefix}.{basis.lower()}"
        return share(name, values, summary, needed, figures=figures, in_part=in_part, floor=floor)
    summary = field.words.format(r=WORDS.get(resource, resource))
    value = difference(*values) if field.name in ("unused", "free") else values[0]
    if field.name == "unused":
        # What no node has room for reserves nothing.
        value = difference(value, amount("unscheduled_requests", resource))
    return Column(name, unit_of(resource), value, summary, needed, figures=figures, in_part=in_part, floor=floor)


def _bounds(field: Field, resource: str, kind: Kind, basis: str) -> tuple[Getter | None, tuple[Getter, ...]]:
    """Return whether usage lacks members, and what bounds it from below: what is measured, over all members.

    The members of a group are nodes or pods, those of a pod its containers. Nothing bounds what is unused.
    """
    of_usage = "usage" in field.terms or "comparable_usage" in field.terms
    summed = kind in GROUPED or (kind is Kind.POD and resource in CPU_AND_MEMORY)
    if not (of_usage and summed and resource in MEASURED) or field.measured:
        return None, ()
    lacking = lacks(MEASURED[resource])
    if basis == "Limits":
        return lacking, (USAGE[resource], amount("limits" if kind is Kind.POD else "binding_limits", resource))
    if basis:
        return lacking, (USAGE[resource], amount(basis.lower(), resource))
    return lacking, (USAGE[resource],) if field.name == "usage" else ()


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
    if resource not in CPU_AND_MEMORY:
        return Needs.NOTHING
    return Needs.POD_METRICS if kind.group is Kind.POD_GROUP else Needs.NODE_METRICS
