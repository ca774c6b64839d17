"""What a pod asks for, as the scheduler counts it, and the terms of that sum.

Containers and sidecars (init containers that restart always) run side by side, so they add up. Ordinary init
containers run one at a time before them, each beside the sidecars that were started earlier, so only the largest
moment counts. Of both, the larger; where the pod states CPU, memory or huge pages for itself they take the place of
that; overhead comes on top. During an in-place resize a container asks for the largest of what its spec says, what it
was allocated and what it has; its limits are those of its spec.

So counts the scheduler: resizes since 1.33 (1.37 takes the largest of three sums, not the sum of the largest), the
pod's own resources since 1.34. `kubectl describe node` leaves out the pod's own resources before 1.36, and ignores
resizes in its sums from then on. Where a pod has neither, all agree; on limits they agree anyway, but for the former.

Amounts map a resource to nanocores ("cpu"), bytes or a count. Nothing here reads JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

Amounts = Mapping[str, int]


class ContainerResources(Struct, frozen=True, gc=False):
    """What one container asks for. restartable: a sidecar. allocated, actual_requests: from its status, if it says.

    infeasible: the resize that its spec asks for was refused, so that only what it has counts. The limits that the
    status tells count nowhere, as in the sums of kubectl.
    """

    name: str
    requests: Amounts
    limits: Amounts
    restartable: bool = False
    allocated: Amounts | None = None
    actual_requests: Amounts | None = None
    infeasible: bool = False

    def effective_requests(self) -> Amounts:
        """Give the requests that count, a resize under way included."""
        if self.actual_requests is None:
            return self.requests
        had = (self.actual_requests, self.allocated or {})
        return largest(had if self.infeasible else (self.requests, *had))

    def effective_limits(self) -> Amounts:
        """Give the limits that count."""
        return self.limits


class PodResources(Struct, frozen=True, gc=False):
    """Everything of a pod that its requests and limits are made of."""

    containers: Sequence[ContainerResources]
    init_containers: Sequence[ContainerResources] = ()
    overhead: Amounts | None = None
    pod_requests: Amounts | None = None
    pod_limits: Amounts | None = None


class Term(Struct, frozen=True):
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
            if resource not in most or amount > most[resource]:
                most[resource] = amount
    return most


def requests_of(pod: PodResources) -> Amounts:
    """Give the effective requests of a pod."""
    total = _largest_moment(
        [each.effective_requests() for each in pod.containers],
        [(each.restartable, _requests_at_start(each)) for each in pod.init_containers],
    )
    total = {**total, **_stated(pod.pod_requests)} if pod.pod_requests else total
    return added([total, pod.overhead]) if pod.overhead else total


def limits_of(pod: PodResources) -> Amounts:
    """Give the effective limits of a pod; a resource that is missing has none. Overhead counts where one is set."""
    total = _largest_moment(
        [each.effective_limits() for each in pod.containers],
        [(each.restartable, each.effective_limits()) for each in pod.init_containers],
    )
    total = {**total, **_stated(pod.pod_limits)} if pod.pod_limits else total
    return added([total, _of_limits(pod.overhead, total)]) if pod.overhead else total


def _largest_moment(running: Sequence[Amounts], initial: Sequence[tuple[bool, Amounts]]) -> Amounts:
    """Give the most that runs at once, resource by resource. initial: (sidecar?, amounts) in the order of starting."""
    if not initial:
        return running[0] if len(running) == 1 else added(running)
    sidecars: Amounts = {}
    moments: list[Amounts] = []
    for stays, amounts in initial:
        moment = added((sidecars, amounts))
        if stays:
            sidecars = moment
        else:
            moments.append(moment)
    return largest((added((*running, sidecars)), *moments))


def _requests_at_start(container: ContainerResources) -> Amounts:
    """Give the requests of an init container; only a sidecar can be resized."""
    return container.effective_requests() if container.restartable else container.requests


def _stated(of_pod: Amounts | None) -> Amounts:
    """Keep of a pod's own resources what Kubernetes lets a pod state: CPU, memory and huge pages."""
    return {
        resource: amount
        for resource, amount in (of_pod or {}).items()
        if resource in ("cpu", "memory") or resource.startswith("hugepages-")
    }


def bounds_of(pod: PodResources) -> Amounts:
    """Give the limits that bound a pod: of the resources that each of its containers limits, or the pod itself.

    One container without a limit may use all there is, so that a percentage of the others' limits means nothing.
    """
    running = [*pod.containers, *(each for each in pod.init_containers if each.restartable)]
    limited = [{name for name, amount in each.limits.items() if amount} for each in running]
    everywhere = set.intersection(*limited) if limited else set()
    everywhere |= set(_stated(pod.pod_limits)) if pod.pod_limits else set()
    return {resource: amount for resource, amount in limits_of(pod).items() if resource in everywhere}


def _of_limits(overhead: Amounts, limits: Amounts) -> Amounts:
    """Keep the overhead of those resources that have a limit."""
    return {resource: amount for resource, amount in overhead.items() if limits.get(resource)}


def explain(pod: PodResources) -> tuple[Term, ...]:
    """Give the terms of the sum, in the order in which they count."""
    terms = [_running_term("container", each) for each in pod.containers]
    terms += [_running_term("sidecar", each) for each in pod.init_containers if each.restartable]
    terms += _moments(pod.init_containers)
    stated = _stated(pod.pod_requests), _stated(pod.pod_limits)
    if any(stated):
        terms.append(Term("=", "stated for the pod", *stated))
    limits = limits_of(pod)
    if pod.overhead:
        terms.append(Term("+", "overhead", pod.overhead, _of_limits(pod.overhead, limits)))
    return (*terms, Term("=", "in all", requests_of(pod), limits))


def _running_term(kind: str, container: ContainerResources) -> Term:
    requests = container.effective_requests()
    resize = "" if requests == container.requests else ", resize refused" if container.infeasible else ", being resized"
    return Term("+", f"{kind} {container.name}{resize}", requests, container.effective_limits())


def _moments(init_containers: Sequence[ContainerResources]) -> list[Term]:
    """Give one term for every ordinary init container: itself and the sidecars that run beside it."""
    terms = []
    sidecars: list[ContainerResources] = []
    for each in init_containers:
        if each.restartable:
            sidecars.append(each)
            continue
        beside = f" beside {', '.join(other.name for other in sidecars)}" if sidecars else ""
        together = [*sidecars, each]
        terms.append(
            Term(
                "max",
                f"init container {each.name}{beside}",
                added(map(_requests_at_start, together)),
                added(one.effective_limits() for one in together),
            )
        )
    return terms
