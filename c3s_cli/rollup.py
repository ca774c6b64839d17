"""Several rows as one: sums that say what they are the sum of.

A usage is the sum over the members that report one. What it is compared with (the measured_… amounts) is summed over
the same members, so that a node or pod without metrics is never counted as idle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from c3s_cli.columns import Column
from c3s_cli.model import Amounts, Group, Node, Pod

Member = TypeVar("Member", Node, Pod)
Keys = tuple[str | None, ...]


def add(values: Iterable[int | None]) -> int | None:
    """Sum the known values; unknown if none is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def add_amounts(values: Iterable[Amounts | None]) -> Amounts | None:
    """Sum the known amounts, resource by resource; unknown if none is."""
    total: dict[str, int] = {}
    nothing = True
    for amounts in values:
        if amounts is None:
            continue
        nothing = False
        for resource, amount in amounts.items():
            total[resource] = total.get(resource, 0) + amount
    return None if nothing else total


def add_shared(values: Sequence[Amounts | None]) -> Amounts | None:
    """Sum the known amounts of the resources that all of them have; unknown if none is known."""
    known = [amounts for amounts in values if amounts is not None]
    if not known:
        return None
    shared = set.intersection(*map(set, known))
    return {resource: sum(amounts[resource] for amounts in known) for resource in shared}


def earliest(times: Iterable[str | None]) -> str | None:
    """Give the oldest of some timestamps (RFC 3339 in UTC, so text order is time order)."""
    return min((time for time in times if time), default=None)


def nodes_together(nodes: Sequence[Node], context: str, keys: Keys = ()) -> Group:
    """Make one row of nodes."""
    measured = [node for node in nodes if node.measured]
    return Group(
        context=context,
        keys=keys,
        cpu_nanocores=add(node.cpu_nanocores for node in measured),
        memory_bytes=add(node.memory_bytes for node in measured),
        swap_bytes=add(node.swap_bytes for node in measured),
        timestamp=earliest(node.timestamp for node in measured),
        window=next((node.window for node in measured), None),
        node_count=len(nodes),
        measured_node_count=len(measured),
        pod_count=add(node.pod_count for node in nodes),
        requests=add_amounts(node.requests for node in nodes),
        limits=add_amounts(node.limits for node in nodes),
        allocatable=add_amounts(node.allocatable for node in nodes),
        capacity=add_amounts(node.capacity for node in nodes),
        measured_requests=add_amounts(node.requests for node in measured),
        measured_limits=add_shared([node.bounds for node in measured]),
        measured_allocatable=add_amounts(node.allocatable for node in measured),
        measured_capacity=add_amounts(node.capacity for node in measured),
        swap_capacity_bytes=add(node.facts.swap_capacity_bytes for node in nodes if node.facts),
    )


def pods_together(pods: Sequence[Pod], context: str, keys: Keys = ()) -> Group:
    """Make one row of pods."""
    measured = [pod for pod in pods if pod.timestamp is not None]
    asking = [pod for pod in pods if pod.facts is not None]
    both = measured if len(asking) == len(pods) else [pod for pod in measured if pod.facts is not None]
    return Group(
        context=context,
        keys=keys,
        cpu_nanocores=add([pod.cpu_nanocores for pod in measured]),
        memory_bytes=add([pod.memory_bytes for pod in measured]),
        swap_bytes=add([pod.swap_bytes for pod in measured]),
        timestamp=earliest({pod.timestamp for pod in measured}),
        window=next((pod.window for pod in measured), None),
        pod_count=len(pods),
        measured_pod_count=len(measured),
        requests=add_amounts(pod.requests for pod in asking),
        limits=add_amounts(pod.limits for pod in asking),
        measured_requests=add_amounts(pod.requests for pod in both),
        measured_limits=add_shared([pod.measured_limits for pod in both]),
    )


def grouped(
    rows: Sequence[Member],
    by: Sequence[Column],
    together: Callable[[Sequence[Member], str, Keys], Group],
) -> list[Group]:
    """Make one row of all rows that share the values of the `by` columns."""
    members: dict[tuple[str, Keys], list[Member]] = {}
    for row in rows:
        members.setdefault((row.context, tuple([column.value(row) for column in by])), []).append(row)
    return [together(of, *who) for who, of in members.items()]
