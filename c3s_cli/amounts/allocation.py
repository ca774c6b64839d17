"""The effective requests and limits of a pod, as the scheduler computes them, and the terms of the sum.

Containers and sidecars (init containers with restartPolicy Always) run at the same time, so they add up. Other init
containers run one at a time before them, each together with the sidecars started earlier, so only the largest of them
counts, and only if it exceeds the sum of the containers. Pod-level CPU, memory or huge pages replace the result.
Overhead is added. During an in-place resize the request of a container, or of the pod, is the largest of its spec, its
allocation and its actual resources. Its limits are those of its spec, but what bounds it now are the actual ones.

The scheduler counts resizes since 1.33 (1.37 takes the largest of three sums, not the sum of the largest), pod-level
resources since 1.34. `kubectl describe node` ignores pod-level resources before 1.36, and resizes since then. Without
resizes and pod-level resources all versions agree; limits differ only for pod-level resources.

Amounts map a resource to nanocores ("cpu"), bytes or a count. Nothing here reads JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.totals import added

Amounts = Mapping[str, int]
COMPUTE: Final = ("cpu", "memory")


class ContainerResources(Struct, frozen=True, gc=False):
    """Requests and limits of one container. restartable: a sidecar. allocated, actual_requests: from its status.

    infeasible: the resize in its spec was refused, so only the status counts. actual_limits: of CPU and memory, from
    its status; kubectl ignores them.
    """

    name: str
    requests: Amounts
    limits: Amounts
    restartable: bool = False
    allocated: Amounts | None = None
    actual_requests: Amounts | None = None
    infeasible: bool = False
    actual_limits: Amounts | None = None

    @property
    def limits_now(self) -> Amounts:
        """The limits that are in force, also during a resize."""
        return _in_force(self.limits, self.actual_limits)

    def effective_requests(self) -> Amounts:
        """Return the requests that count, including any resize in progress."""
        had = [each for each in (self.actual_requests, self.allocated) if each is not None]
        if not had:
            return self.requests
        return largest(had if self.infeasible else (self.requests, *had))


class PodResources(Struct, frozen=True, gc=False):
    """The parts of a pod that determine its requests and limits.

    pod_allocated, pod_actual: of the whole pod with its overhead, from its status. infeasible, pod_actual_limits: as of
    a container.
    """

    containers: Sequence[ContainerResources]
    init_containers: Sequence[ContainerResources] = ()
    overhead: Amounts | None = None
    pod_requests: Amounts | None = None
    pod_limits: Amounts | None = None
    pod_allocated: Amounts | None = None
    pod_actual: Amounts | None = None
    infeasible: bool = False
    pod_actual_limits: Amounts | None = None


class Term(Struct, frozen=True):
    """One line of --explain. how: `+` adds, `max` competes with the sum above, `=` replaces it or is the total."""

    how: str
    what: str
    requests: Amounts
    limits: Amounts


def largest(parts: Iterable[Amounts]) -> Amounts:
    """Return the largest amount of each resource."""
    most: dict[str, int] = {}
    for part in parts:
        for resource, amount in part.items():
            if resource not in most or amount > most[resource]:
                most[resource] = amount
    return most


def requests_of(pod: PodResources) -> Amounts:
    """Return the effective requests of a pod."""
    total = _largest_moment(
        [each.effective_requests() for each in pod.containers],
        [(each.restartable, _requests_at_start(each)) for each in pod.init_containers],
    )
    if pod.pod_requests:
        total = {**total, **_stated_requests(pod)}
    elif pod.pod_allocated or pod.pod_actual:
        total = largest((total, *_had(pod)))
    return added([total, pod.overhead]) if pod.overhead else total


def _stated_requests(pod: PodResources) -> Amounts:
    """Return the pod-level requests that count, including any resize in progress."""
    had, spec = _had(pod), pod.pod_requests or {}
    return _stated(largest(had if had and pod.infeasible else (spec, *had))) if spec else {}


def _had(pod: PodResources) -> list[Amounts]:
    """Return what the status says that the whole pod has, without its overhead."""
    return [
        {resource: max(0, amount - (pod.overhead or {}).get(resource, 0)) for resource, amount in each.items()}
        for each in (pod.pod_actual, pod.pod_allocated)
        if each
    ]


def limits_of(pod: PodResources) -> Amounts:
    """Return the effective limits of a pod; a missing resource is unlimited. Overhead is added to set limits only."""
    total = _largest_moment(
        [each.limits for each in pod.containers],
        [(each.restartable, each.limits) for each in pod.init_containers],
    )
    total = {**total, **_stated(pod.pod_limits)} if pod.pod_limits else total
    return added([total, _of_limits(pod.overhead, total)]) if pod.overhead else total


def _largest_moment(running: Sequence[Amounts], initial: Sequence[tuple[bool, Amounts]]) -> Amounts:
    """Return the peak amount of each resource over time. initial: (is a sidecar, amounts) in start order."""
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
    """Return the requests of an init container; only a sidecar can be resized."""
    return container.effective_requests() if container.restartable else container.requests


def _stated(of_pod: Amounts | None) -> Amounts:
    """Keep the pod-level resources that Kubernetes supports: CPU, memory and huge pages."""
    return {
        resource: amount
        for resource, amount in (of_pod or {}).items()
        if resource in ("cpu", "memory") or resource.startswith("hugepages-")
    }


def binding_limits_of(pod: PodResources) -> Amounts:
    """Return the limits that bound the pod's usage now: of resources limited by the pod or by every running container.

    A container without a limit can use the whole node. Init containers have ended, and overhead is not the containers'.
    """
    running = _running(pod)
    limits = [each.limits_now for each in running]
    limited = [{name for name, amount in each.items() if amount} for each in limits]
    everywhere = set.intersection(*limited) if limited else set()
    total = limits[0] if len(limits) == 1 else added(limits)
    return {**{name: amount for name, amount in total.items() if name in everywhere}, **_pod_limits_now(pod)}


def _pod_limits_now(pod: PodResources) -> Amounts:
    return _in_force(_stated(pod.pod_limits), _stated(pod.pod_actual_limits) if pod.pod_actual_limits else None)


def _in_force(limits: Amounts, actual: Amounts | None) -> Amounts:
    """Return limits with those of CPU and memory as the status has them; only these can be resized."""
    if actual is None:
        return limits
    kept = {name: amount for name, amount in limits.items() if name not in COMPUTE}
    return kept | {name: amount for name, amount in actual.items() if name in COMPUTE}


def _running(pod: PodResources) -> list[ContainerResources]:
    """Return the containers that run at the same time: sidecars, too."""
    return [*pod.containers, *(each for each in pod.init_containers if each.restartable)]


def _of_limits(overhead: Amounts, limits: Amounts) -> Amounts:
    """Return the overhead of the resources that have a limit."""
    return {resource: amount for resource, amount in overhead.items() if limits.get(resource)}


def terms_of(pod: PodResources) -> tuple[Term, ...]:
    """Return the terms of the sum, in the order in which they apply."""
    terms = [_running_term("container", each) for each in pod.containers]
    terms += [_running_term("sidecar", each) for each in pod.init_containers if each.restartable]
    terms += _moments(pod.init_containers)
    if not pod.pod_requests and _had(pod):
        terms.append(Term("max", "pod being resized", largest(_had(pod)), {}))
    stated = _stated_requests(pod), _stated(pod.pod_limits)
    if any(stated):
        terms.append(Term("=", "pod-level resources", *stated))
    limits = limits_of(pod)
    if pod.overhead:
        terms.append(Term("+", "overhead", pod.overhead, _of_limits(pod.overhead, limits)))
    return (*terms, Term("=", "total", requests_of(pod), limits), *_bound_terms(pod, limits))


def _bound_terms(pod: PodResources, limits: Amounts) -> list[Term]:
    """Return a term with what bounds the pod now, and why, if that is not the total of its limits."""
    binding = binding_limits_of(pod)
    if binding == {name: amount for name, amount in limits.items() if amount}:
        return []
    unbound = []
    for resource in sorted({"cpu", "memory", *limits} - set(binding)):
        without = [each.name for each in _running(pod) if not each.limits_now.get(resource)]
        unbound.append(f"no {resource} limit: {', '.join(without)}")
    resized = [each.name for each in _running(pod) if each.limits_now != each.limits]
    resized += ["the pod"] if _pod_limits_now(pod) != _stated(pod.pod_limits) else []
    if resized:
        why = "resize refused" if pod.infeasible else "not resized yet"
        unbound.append(f"limits in force, {why}: {', '.join(resized)}")
    head = "bound now" if resized else "bound now, without what has ended"
    return [Term("<=", "; ".join([head, *unbound]), {}, binding)]


def _running_term(kind: str, container: ContainerResources) -> Term:
    requests = container.effective_requests()
    resize = "" if requests == container.requests else ", resize refused" if container.infeasible else ", being resized"
    return Term("+", f"{kind} {container.name}{resize}", requests, container.limits)


def _moments(init_containers: Sequence[ContainerResources]) -> list[Term]:
    """Return a term for each init container that is not a sidecar: it and the sidecars already running."""
    terms = []
    sidecars: list[ContainerResources] = []
    for each in init_containers:
        if each.restartable:
            sidecars.append(each)
            continue
        beside = f" beside {', '.join(other.name for other in sidecars)}" if sidecars else ""
        together = [*sidecars, each]
        requests, limits = added(map(_requests_at_start, together)), added(one.limits for one in together)
        terms.append(Term("max", f"init container {each.name}{beside}", requests, limits))
    return terms
