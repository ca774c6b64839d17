"""Sum several nodes or pods into one row.

Usage is summed over the members that report it. Percentages compare the same members on both sides: the comparable_…
and measured_… sums leave out members with unknown usage or facts, so that these never count as idle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import structs

from c3s_cli.amounts.totals import added, by_key, sum_known
from c3s_cli.columns.vocabulary import Column
from c3s_cli.model.obstacles import obstacles
from c3s_cli.model.rows import Amounts, Figures, Group, Node, Pod

if TYPE_CHECKING:
    from c3s_cli.model.rightsizing import Recommendation

Member = TypeVar("Member", Node, Pod, "Recommendation")
Keys = tuple[str | None, ...]

# Figures that every member has: if one is unknown, so is the sum.
NEVER_IN_PART: Final = ("ephemeralStorage.usage",)
# Figures of which some members suffice for an alarm, but not for its absence: then 0 is unknown.
NEVER_ZERO_IN_PART: Final = ("oomKills",)
USAGE: Final = {"cpu": attrgetter("cpu_nanocores"), "memory": attrgetter("memory_bytes")}


def add_amounts(values: Iterable[Amounts | None]) -> Amounts | None:
    """Sum the known amounts, resource by resource; unknown if none is known."""
    known = [amounts for amounts in values if amounts is not None]
    return added(known) if known else None


def add_all(values: Iterable[Amounts | None]) -> Amounts | None:
    """Sum amounts, resource by resource; unknown if one is unknown, or if there are none."""
    every = list(values)
    return None if None in every else add_amounts(every)


def share_all(values: Iterable[Amounts | None]) -> Amounts | None:
    """Sum the resources that all amounts have; unknown if one of them is unknown, or if there are none."""
    every = list(values)
    return None if None in every else add_shared(every)


def add_figures(members: Sequence[Any]) -> Figures | None:
    """Sum the figures of rows, except for statistics over time, which do not add up; unknown if none is known."""
    known = [member.figures for member in members if member.figures is not None]
    if not known:
        return None
    from c3s_cli.columns.statistics import is_statistic  # most rows have no figures

    total = add_amounts(known) or {}
    never = (*NEVER_IN_PART, *(name for name in NEVER_ZERO_IN_PART if not total.get(name)))
    partly = {name for name in never if any(name not in (member.figures or {}) for member in members)}
    # No sums: each member has the same, or shares.
    partly |= {"coverage.step", "coverage.estimated", "coverage.vague", "coverage.short", "coverage.rough"}
    return {name: amount for name, amount in total.items() if not is_statistic(name) and name not in partly}


def add_shared(values: Iterable[Amounts | None]) -> Amounts | None:
    """Sum the known amounts of the resources that all of them have; unknown if none is known."""
    known = [amounts for amounts in values if amounts is not None]
    if not known:
        return None
    shared = set.intersection(*map(set, known))
    return {resource: sum(amounts[resource] for amounts in known) for resource in shared}


def earliest(times: Iterable[str | None]) -> str | None:
    """Return the oldest of several timestamps (RFC 3339 in UTC, so text order is time order)."""
    return min((time for time in times if time), default=None)


class _Compared:
    """The members that a percentage compares: those with known facts, and per resource those with known usage.

    Over a range, what does not run at its end has usage, too. nothing: the usage if none of them is measured.
    """

    def __init__(self, members: Sequence[Any], nothing: int | None = None) -> None:
        self.members = members
        self.nothing = nothing
        self.incomplete = {
            resource: [member for member in members if usage(member) is not None or _has_range(member, resource)]
            for resource, usage in USAGE.items()
            if None in map(usage, members)
        }

    def usage(self, resource: str) -> int | None:
        measured = (member for member in self.members if member.timestamp is not None)
        return sum_known([self.nothing, *map(USAGE[resource], measured)])

    def sum(self, amounts: str, together: Callable[[Iterable[Amounts | None]], Amounts | None]) -> Amounts | None:
        """Sum an amount of the members, for each resource only over members that report its usage."""
        amounts_of = attrgetter(amounts)
        total = together(map(amounts_of, self.members))
        if total is None or not self.incomplete:
            return total
        total = {resource: amount for resource, amount in total.items() if resource not in self.incomplete}
        for resource, known in self.incomplete.items():
            part = (together(map(amounts_of, known)) or {}).get(resource)
            if part is not None:
                total[resource] = part
        return total


def _has_range(member: Any, resource: str) -> bool:
    return any(name.startswith(f"{resource}.") for name in member.figures or ())


def sum_nodes(nodes: Sequence[Node], context: str, keys: Keys = ()) -> Group:
    """Make one row of several nodes."""
    measured = [node for node in nodes if node.measured]
    compared = _Compared([node for node in measured if node.facts and not node.ended])
    return Group(
        context=context,
        keys=keys,
        cpu_nanocores=sum_known(node.cpu_nanocores for node in measured),
        memory_bytes=sum_known(node.memory_bytes for node in measured),
        swap_bytes=sum_known(node.swap_bytes for node in measured),
        timestamp=earliest(node.timestamp for node in measured),
        window=next((node.window for node in measured), None),
        node_count=len(nodes),
        measured_node_count=sum(map(is_measured, measured)),
        pod_count=sum_known(node.pod_count for node in nodes),
        requests=add_all(node.requests for node in nodes),
        limits=add_all(node.limits for node in nodes),
        allocatable=add_amounts(node.allocatable for node in nodes),
        capacity=add_amounts(node.capacity for node in nodes),
        comparable_cpu_nanocores=compared.usage("cpu"),
        comparable_memory_bytes=compared.usage("memory"),
        measured_requests=compared.sum("requests", add_amounts),
        measured_limits=compared.sum("binding_limits", add_shared),
        measured_allocatable=compared.sum("allocatable", add_amounts),
        measured_capacity=compared.sum("capacity", add_amounts),
        swap_capacity_bytes=sum_known(node.facts.swap_capacity_bytes for node in nodes if node.facts),
        schedulable_free=_schedulable_free(nodes),
        figures=add_figures(measured),
        unmeasured=_unmeasured(nodes),
        binding_limits=share_all(node.binding_limits for node in nodes),
        ended=bool(nodes) and all(node.ended for node in nodes),
    )


def _unmeasured(members: Sequence[Any]) -> dict[str, int]:
    """Count the members that lack usage, by resource; as `range` those without any data, as `members` all of them."""
    # What has ended uses nothing now.
    counts = {
        resource: sum(
            [not member.ended and (usage(member) is None or member.unmeasured_containers != ()) for member in members]
        )
        for resource, usage in USAGE.items()
    }
    counts["range"] = sum([member.timestamp is None for member in members])
    counts["members"] = sum([not is_measured(member) for member in members])
    for figure in NEVER_IN_PART:
        known = sum([figure in (member.figures or ()) for member in members])
        counts[figure] = len(members) - known if known else 0
    return {resource: count for resource, count in counts.items() if count}


def _schedulable_free(nodes: Sequence[Node]) -> Amounts | None:
    """Sum what is free on schedulable nodes; None if their details or pods were not read.

    An overcommitted node counts as 0, so that it takes nothing from the others.
    """
    known = [node for node in nodes if node.details and node.requests is not None]
    if not known:
        return None
    free: dict[str, int] = {}
    for node in known:
        if node.details and not obstacles(node.details):
            requested = {**(node.requests or {}), "pods": node.pod_count or 0}
            for resource in {*(node.allocatable or {}), *requested}:
                amount = (node.allocatable or {}).get(resource, 0) - requested.get(resource, 0)
                free[resource] = free.get(resource, 0) + max(0, amount)
    return free


def is_measured(member: Node | Pod) -> bool:
    """Return whether the usage of a node or pod is known, of a pod that of all containers that run."""
    if member.timestamp is None or member.unmeasured_containers:
        return False
    known = member.cpu_nanocores is not None or member.memory_bytes is not None
    return known or member.ended or any(_has_range(member, resource) for resource in USAGE)


def is_idle(pod: Pod) -> bool:
    """Return whether a pod has not started: then it is not measured, but is known to use nothing."""
    return pod.timestamp is None and pod.facts is not None and not pod.facts.started


def sum_pods(pods: Sequence[Pod], context: str, keys: Keys = ()) -> Group:
    """Make one row of several pods."""
    measured = [pod for pod in pods if pod.timestamp is not None]
    idle = [pod for pod in pods if is_idle(pod)]
    using = measured + idle
    known = [pod for pod in pods if pod.facts is not None]
    live = [pod for pod in known if not pod.ended]
    comparable = [_without_part(pod) for pod in using if pod.facts is not None and not pod.facts.unknown]
    restarts = [pod.facts.restarts for pod in known if pod.facts and pod.facts.restarts is not None]
    unscheduled = [amounts for pod in idle if (amounts := pod.unscheduled_requests)]
    # Of several pods, those that have not started tell nothing about the others.
    nothing = 0 if idle and len(idle) == len(pods) else None
    compared = _Compared(comparable, nothing)
    return Group(
        context=context,
        keys=keys,
        cpu_nanocores=sum_known([nothing, *(pod.cpu_nanocores for pod in measured)]),
        memory_bytes=sum_known([nothing, *(pod.memory_bytes for pod in measured)]),
        swap_bytes=sum_known([pod.swap_bytes for pod in measured]),
        timestamp=earliest({pod.timestamp for pod in measured}),
        window=next((pod.window for pod in measured), None),
        # Where pods are not listed, only those that are measured are known.
        pod_count=len(pods) if known or not pods else None,
        measured_pod_count=sum(map(is_measured, measured)),
        requests=add_all([pod.requests for pod in live]),
        limits=add_all([pod.declared_limits for pod in live]),
        comparable_cpu_nanocores=compared.usage("cpu"),
        comparable_memory_bytes=compared.usage("memory"),
        measured_requests=compared.sum("requests", add_amounts),
        measured_limits=compared.sum("measured_limits", add_shared),
        figures=add_figures(measured),
        unmeasured=_unmeasured([pod for pod in pods if pod.facts is None or pod.facts.started]),
        binding_limits=share_all([pod.measured_limits for pod in live]) if len(known) == len(pods) else None,
        ended=bool(pods) and all(pod.ended for pod in pods),
        unscheduled_requests=added(unscheduled) if unscheduled else {},
        unscheduled_pod_count=len(unscheduled),
        restarts=sum_known(restarts),
        unknown_restarts=len(pods) - len(restarts) if known else 0,
    )


def _without_part(pod: Pod) -> Pod:
    """Return a pod without its usage if that is only a part of it, which no percentage compares."""
    return structs.replace(pod, cpu_nanocores=None, memory_bytes=None) if pod.unmeasured_containers else pod


def grouped(
    rows: Sequence[Member],
    by: Sequence[Column],
    together: Callable[[Sequence[Member], str, Keys], Group],
) -> list[Group]:
    """Make one row from the rows of a context with the same values in the `by` columns."""
    members = by_key(((row.context, tuple([column.value(row) for column in by])), row) for row in rows)
    return [together(rows, *who) for who, rows in members.items()]
