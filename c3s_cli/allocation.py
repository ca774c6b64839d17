"""What a pod asks for, as the scheduler counts it, and the terms of that sum.

Containers and sidecars (init containers that restart always) run side by side, so they add up. Ordinary init
containers run one at a time before them, each beside the sidecars that were started earlier, so only the largest
moment counts. Of both, the larger; where the pod states resources for itself they take the place of that; overhead
comes on top. During an in-place resize a container counts as the largest of what it asks, was allocated and has.

Amounts map a resource to nanocores ("cpu"), bytes or a count. Nothing here reads JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Amounts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ContainerResources:
    """What one container asks for. restartable: a sidecar. allocated, actual_…: from its status, if a kubelet says.

    infeasible: the resize that its spec asks for was refused, so that only what it has counts.
    """

    name: str
    requests: Amounts
    limits: Amounts
    restartable: bool = False
    allocated: Amounts | None = None
    actual_requests: Amounts | None = None
    actual_limits: Amounts | None = None
    infeasible: bool = False

    def effective_requests(self) -> Amounts:
        """Give the requests that count, a resize under way included."""
        if self.actual_requests is None:
            return self.requests
        own = () if self.infeasible else (self.requests,)
        return largest([*own, self.actual_requests, self.allocated or {}])

    def effective_limits(self) -> Amounts:
        """Give the limits that count, a resize under way included."""
        if self.actual_limits is None:
            return self.limits
        return self.actual_limits if self.infeasible else largest([self.limits, self.actual_limits])


@dataclass(frozen=True, slots=True)
class PodResources:
    """Everything of a pod that its requests and limits are made of."""

    containers: Sequence[ContainerResources]
    init_containers: Sequence[ContainerResources] = ()
    overhead: Amounts | None = None
    pod_requests: Amounts | None = None
    pod_limits: Amounts | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One line of the explanation. how: `+` adds, `max` competes with what stands above, `=` replaces or totals."""

    how: str
    what: str
    requests: Amounts
    limits: Amounts


def added(parts: Iterable[Amounts]) -> Amounts:
    """Add amounts, resource by resource."""
    total: dict[str, int] = {}
    for part in parts:
        for resource, amount in part.items():
            total[resource] = total.get(resource, 0) + amount
    return total


def largest(parts: Iterable[Amounts]) -> Amounts:
    """Take the largest amount of every resource."""
    most: dict[str, int] = {}
    for part in parts:
        for resource, amount in part.items():
            if amount > most.get(resource, -1):
                most[resource] = amount
    return most


def requests_of(pod: PodResources) -> Amounts:
    """Give the effective requests of a pod."""
    side_by_side = [container.effective_requests() for container in pod.containers]
    initial = [(container, container.effective_requests()) for container in pod.init_containers]
    return _effective(side_by_side, initial, pod.pod_requests, pod.overhead)


def limits_of(pod: PodResources) -> Amounts:
    """Give the effective limits of a pod; a resource that is missing has none. Overhead counts where one is set."""
    side_by_side = [container.effective_limits() for container in pod.containers]
    initial = [(container, container.effective_limits()) for container in pod.init_containers]
    limits = _effective(side_by_side, initial, pod.pod_limits, None)
    overhead = {resource: amount for resource, amount in (pod.overhead or {}).items() if limits.get(resource)}
    return added([limits, overhead])


def _effective(
    side_by_side: list[Amounts],
    initial: list[tuple[ContainerResources, Amounts]],
    of_pod: Amounts | None,
    overhead: Amounts | None,
) -> Amounts:
    sidecars: list[Amounts] = []
    moments: list[Amounts] = []
    for container, amounts in initial:
        if container.restartable:
            sidecars.append(amounts)
            moments.append(added(sidecars))
        else:
            moments.append(added([*sidecars, amounts]))
    running = added([*side_by_side, *sidecars])
    total = largest([running, *moments]) if moments else running
    if of_pod:
        total = {**total, **of_pod}
    return added([total, overhead]) if overhead else total


def explain(pod: PodResources) -> tuple[Term, ...]:
    """Give the terms of the sum, in the order in which they count."""
    terms = [
        Term("+", f"container {each.name}", each.effective_requests(), each.effective_limits())
        for each in pod.containers
    ]
    sidecars = [each for each in pod.init_containers if each.restartable]
    terms += [
        Term("+", f"sidecar {each.name}", each.effective_requests(), each.effective_limits()) for each in sidecars
    ]
    started: list[ContainerResources] = []
    for each in pod.init_containers:
        if each.restartable:
            started.append(each)
            continue
        beside = f" beside {', '.join(other.name for other in started)}" if started else ""
        together = [*started, each]
        terms.append(
            Term(
                "max",
                f"init container {each.name}{beside}",
                added(one.effective_requests() for one in together),
                added(one.effective_limits() for one in together),
            )
        )
    if pod.pod_requests or pod.pod_limits:
        terms.append(Term("=", "stated for the pod", pod.pod_requests or {}, pod.pod_limits or {}))
    if pod.overhead:
        limits = limits_of(pod)
        of_limits = {resource: amount for resource, amount in pod.overhead.items() if resource in limits}
        terms.append(Term("+", "overhead", pod.overhead, of_limits))
    return (*terms, Term("=", "in all", requests_of(pod), limits_of(pod)))
