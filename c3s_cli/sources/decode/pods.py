"""Core pods → PodFacts: requests and limits, node, status, owner.

Pods of one owner are alike, so their amounts are computed once and shared: a list of 30,000 pods stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from sys import intern
from typing import TYPE_CHECKING, Any, Final

from msgspec import Raw, Struct, structs

from c3s_cli.amounts.allocation import ContainerResources, PodResources, binding_limits_of, limits_of, requests_of
from c3s_cli.amounts.timestamp import epoch
from c3s_cli.model.rows import Amounts, Container, PodFacts
from c3s_cli.sources.decode.claims import has_local_storage
from c3s_cli.sources.decode.owners import Reference, controller
from c3s_cli.sources.decode.podspec import Container as ContainerSpec
from c3s_cli.sources.decode.podspec import RuledSpec, Spec
from c3s_cli.sources.decode.podstatus import (
    NOBODY,
    ContainerStatus,
    PodState,
    has_condition,
    has_started,
    is_ready,
    status_and_restarts,
    stopped_in,
    with_restarts,
)
from c3s_cli.sources.decode.shapes import NULL, Body, Listing, Quantity, Resources, amounts_of, decode_items, decode_one

if TYPE_CHECKING:
    from c3s_cli.model.placing import Placing

FINISHED: Final = ("Succeeded", "Failed")
# Far more than the different pod specs in a cluster. A watch of many days may still see more.
MOST_SHARED: Final = 20_000


class _Meta(Struct, rename="camel", gc=False):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    labels: Raw = NULL
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    owner_references: list[Reference] | None = None


class _Pod(Struct, gc=False):
    metadata: _Meta
    spec: Spec | None = None
    status: PodState | None = None


class _RuledPod(_Pod, gc=False):
    spec: RuledSpec | None = None


Key = tuple[str, str]
# Requests, limits, binding limits and containers.
Shared = tuple[Amounts, Amounts, Amounts, tuple[Container, ...]]


class PodDecoder:
    """Decodes pages of core pods; shared amounts are kept between pages.

    labels: whether to keep labels, which take most of a pod's memory. placing: whether to read where pods may run.
    states: whether to read the states of containers.
    """

    def __init__(
        self, problems: list[str], *, labels: bool = False, placing: bool = False, states: bool = False
    ) -> None:
        self.problems = problems
        self.labels = labels
        self.states = states
        self.placing_of: Callable[..., Placing] | None = None
        if placing:
            from c3s_cli.sources.decode.placing import placing_of_pod  # only fit asks where pods may run

            self.placing_of = placing_of_pod
        self.shared: dict[object, Shared] = {}

    def page(self, listing: Listing) -> Iterator[tuple[Key, PodFacts]]:
        """Yield the unfinished pods of a list, by namespace and name."""
        for pod in decode_items(listing, _RuledPod if self.placing_of else _Pod, "pods"):
            if pod.status is None or pod.status.phase not in FINISHED:
                yield (intern(pod.metadata.namespace), pod.metadata.name), self._facts(pod)

    def one(self, body: Body) -> Iterator[tuple[Key, PodFacts]]:
        """Yield a single pod, or nothing if it has finished."""
        pod = decode_one(body, _Pod, "pods")
        if pod.status is None or pod.status.phase not in FINISHED:
            yield (pod.metadata.namespace, pod.metadata.name), self._facts(pod)

    def resources(self, body: Body) -> PodResources:
        """Return the inputs of a single pod's requests and limits."""
        pod = decode_one(body, _Pod, "pods")
        return self._resources(pod, pod.spec or NO_SPEC, pod.status or NO_STATE)

    def _facts(self, pod: _Pod) -> PodFacts:
        meta, spec, state = pod.metadata, pod.spec or NO_SPEC, pod.status or NO_STATE
        init_containers = spec.init_containers or ()
        init_count = len(init_containers)
        sidecars = {each.name for each in init_containers if each.restart_policy == "Always"} if init_count else NOBODY
        deleted = meta.deletion_timestamp is not None
        status, restarts = status_and_restarts(state, sidecars, init_count, deleted=deleted)
        requests, limits, binding_limits, containers = self._amounts(pod, spec, state)
        if restarts or state.init_container_statuses:
            containers = with_restarts(state, containers, restarts)
        owner = controller(meta.owner_references)
        states, unscheduled = None, None
        if self.states:
            from c3s_cli.sources.decode.containerstates import pending, states_of  # only some columns need them

            unscheduled = pending(state, spec.node_name)
            known = states_of(state, [each.name for each in containers], {each.name for each in init_containers})
            containers = tuple([structs.replace(each, states=known[each.name]) for each in containers])
            states = known[""]
        return PodFacts(
            uid=meta.uid,
            node=intern(spec.node_name),
            owner=intern(f"{owner.kind}/{owner.name}") if owner else "",
            status=intern(status),
            phase=intern(state.phase) or None,
            restarts=restarts,
            created_at=epoch(meta.creation_timestamp),
            qos_class=intern(state.qos_class),
            labels=decode_one(meta.labels, Labels, "pods") or {} if self.labels else {},
            requests=requests,
            limits=limits,
            binding_limits=binding_limits,
            containers=containers,
            placing=self.placing_of(spec, meta.name) if self.placing_of and isinstance(spec, RuledSpec) else None,
            started=has_started(state),
            pending=unscheduled,
            states=states,
            # Only drains ask for these; they ask for labels, too.
            local_storage=self.labels and isinstance(spec, RuledSpec) and has_local_storage(spec.volumes),
            ready=not self.labels or self.placing_of is None or is_ready(state),
            stopped=stopped_in(state, containers) if len(containers) > 1 or init_count else (),
        )

    def _amounts(self, pod: _Pod, spec: Spec, state: PodState) -> Shared:
        """Compute a pod's requests and limits, once for all pods with the same spec."""
        key = _key(spec, state)
        known = self.shared.get(key)
        if known is None:
            before = len(self.problems)
            resources = self._resources(pod, spec, state)
            sidecars = ((each, place) for place, each in enumerate(resources.init_containers) if each.restartable)
            containers = tuple(
                Container(
                    *(each.name, None, None, None, each.effective_requests(), each.limits_now),
                    sidecar_at=place,
                    declared_limits=each.limits,
                    restarts=0,
                )
                for each, place in (*((each, None) for each in resources.containers), *sidecars)
            )
            known = (requests_of(resources), limits_of(resources), binding_limits_of(resources), containers)
            if len(self.problems) == before:
                if len(self.shared) >= MOST_SHARED:
                    self.shared.clear()
                self.shared[key] = known
        return known

    def _resources(self, pod: _Pod, spec: Spec, state: PodState) -> PodResources:
        subject = f"pod {pod.metadata.namespace}/{pod.metadata.name}"
        statuses = {
            status.name: status
            for status in (*(state.container_statuses or ()), *(state.init_container_statuses or ()))
        }
        infeasible = _infeasible(state)

        def one(container: ContainerSpec) -> ContainerResources:
            status = statuses.get(container.name)
            declared = decode_one(container.resources, Declared, "pods") or NO_RESOURCES
            actual = decode_one(status.resources, Declared, "pods") if status else None
            allocated = decode_one(status.allocated_resources, Allocated, "pods") if status else None
            where = f"{subject}, container {container.name}"
            return ContainerResources(
                name=intern(container.name),
                requests=amounts_of(declared.requests, self.problems, where),
                limits=amounts_of(declared.limits, self.problems, where),
                restartable=container.restart_policy == "Always",
                allocated=amounts_of(allocated, self.problems, where) if status else None,
                actual_requests=amounts_of(actual.requests, self.problems, where) if actual else None,
                infeasible=infeasible,
                actual_limits=amounts_of(actual.limits, self.problems, where) if actual and actual.limits else None,
            )

        own = spec.resources
        actual = decode_one(state.resources, Declared, "pods")
        allocated = decode_one(state.allocated_resources, Allocated, "pods")
        return PodResources(
            containers=[one(container) for container in spec.containers or ()],
            init_containers=[one(container) for container in spec.init_containers or ()],
            overhead=amounts_of(spec.overhead, self.problems, subject) or None,
            pod_requests=amounts_of(own.requests, self.problems, subject) if own else None,
            pod_limits=amounts_of(own.limits, self.problems, subject) if own else None,
            pod_allocated=amounts_of(allocated, self.problems, subject) or None,
            pod_actual=amounts_of(actual.requests, self.problems, subject) or None if actual else None,
            infeasible=infeasible,
            pod_actual_limits=amounts_of(actual.limits, self.problems, subject) if actual and actual.limits else None,
        )


NO_SPEC: Final = Spec()
NO_STATE: Final = PodState()
NO_RESOURCES: Final = Resources()
Declared: Any = Resources | None
Allocated: Any = dict[str, Quantity] | None
Labels: Any = dict[str, str] | None


def _key(spec: Spec, state: PodState) -> object:
    """Return what a pod's amounts depend on as a cache key: its resources in the spec and in the status."""
    containers, statuses = spec.containers or (), state.container_statuses or ()
    of_pod = state.allocated_resources is not NULL or state.resources is not NULL
    others = spec.init_containers or spec.overhead or spec.resources or state.init_container_statuses or of_pod
    if len(containers) == len(statuses) == 1 and not others:
        # Most pods: half the time.
        declared, reported = containers[0], statuses[0]
        resources, actual = bytes(declared.resources), bytes(reported.resources)
        in_force = declared.name == reported.name and resources == actual
        return (
            declared.name,
            declared.restart_policy,
            resources,
            reported.name,
            bytes(reported.allocated_resources),
            actual,
            not in_force and _infeasible(state),
        )
    of_containers, of_statuses = _resources_keys(containers), _status_keys(statuses)
    may_be_refused = of_pod or spec.init_containers or not _in_force(of_containers, of_statuses)
    return (
        of_containers,
        _resources_keys(spec.init_containers) if spec.init_containers else None,
        _pairs(spec.overhead) if spec.overhead else None,
        (_pairs(spec.resources.requests), _pairs(spec.resources.limits)) if spec.resources else None,
        of_statuses,
        _status_keys(state.init_container_statuses) if state.init_container_statuses else None,
        (bytes(state.allocated_resources), bytes(state.resources)) if of_pod else None,
        bool(may_be_refused and _infeasible(state)),
    )


def _resources_keys(containers: Sequence[ContainerSpec]) -> tuple[tuple[str, str | None, bytes], ...]:
    return tuple([(each.name, each.restart_policy, bytes(each.resources)) for each in containers])


def _status_keys(statuses: Sequence[ContainerStatus]) -> tuple[tuple[str, bytes, bytes], ...]:
    """Return the resources that the containers' statuses report."""
    return tuple([(each.name, bytes(each.allocated_resources), bytes(each.resources)) for each in statuses])


def _pairs(quantities: Mapping[str, Quantity] | None) -> object:
    return None if quantities is None else tuple(quantities.items())


def _in_force(containers: Sequence[tuple[Any, ...]], statuses: Sequence[tuple[Any, ...]]) -> bool:
    """Return whether all containers report the resources in their spec, so that no resize of them can be refused.

    containers, statuses: their keys.
    """
    if len(containers) != len(statuses):
        return False
    for declared, reported in zip(containers, statuses, strict=True):
        if declared[0] != reported[0] or declared[2] != reported[2]:
            return False
    return True


def _infeasible(state: PodState) -> bool:
    return state.resize == "Infeasible" or has_condition(state, "PodResizePending", reason="Infeasible")
