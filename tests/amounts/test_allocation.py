from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.amounts.allocation import (
    Amounts,
    ContainerResources,
    PodResources,
    Term,
    binding_limits_of,
    largest,
    limits_of,
    requests_of,
    terms_of,
)
from c3s_cli.amounts.totals import added

RESOURCES = ("cpu", "memory", "nvidia.com/gpu")
amounts = st.dictionaries(st.sampled_from(RESOURCES), st.integers(0, 1000))
maybe = st.none() | amounts
flags = st.booleans()
containers = st.builds(ContainerResources, st.just("c"), amounts, amounts, st.just(value=False), maybe, maybe)
initial = st.builds(ContainerResources, st.just("i"), amounts, amounts, flags, maybe, maybe, flags)
pods = st.builds(
    PodResources,
    st.lists(containers, max_size=2),
    st.lists(initial, max_size=3),
    maybe,
    pod_requests=maybe,
    pod_actual=maybe,
    infeasible=flags,
)


def asked(container: ContainerResources) -> Amounts:
    """Return a container's requests during a resize: the slow and obvious reference."""
    sources = [each for each in (container.actual_requests, container.allocated) if each is not None]
    if not container.infeasible or not sources:
        sources.append(container.requests)
    return {resource: max(source.get(resource, 0) for source in sources) for resource in RESOURCES}


def peak(pod: PodResources, resource: str, running: Callable[[ContainerResources], Amounts], spec: str) -> int:
    """Simulate the life of a pod step by step, and return the peak amounts."""
    sidecars: list[Amounts] = []
    most = 0
    for each in pod.init_containers:
        if each.restartable:
            sidecars.append(running(each))
            most = max(most, sum(one.get(resource, 0) for one in sidecars))
        else:
            alone: Amounts = getattr(each, spec)
            most = max(most, sum(one.get(resource, 0) for one in [*sidecars, alone]))
    return max(most, sum(one.get(resource, 0) for one in [*sidecars, *map(running, pod.containers)]))


@given(pods)
def test_requests_are_the_peak_or_the_pod_level_ones_plus_overhead(pod: PodResources) -> None:
    requests = requests_of(pod)
    for resource in RESOURCES:
        expected = peak(pod, resource, asked, "requests")
        had = (pod.pod_actual or {}).get(resource)
        had = None if had is None else max(0, had - (pod.overhead or {}).get(resource, 0))
        if not pod.pod_requests:
            expected = max(expected, had or 0)
        elif resource != "nvidia.com/gpu":
            stated = pod.pod_requests.get(resource)
            spoken = [had] if pod.infeasible and pod.pod_actual else [had, stated]
            expected = max((each for each in spoken if each is not None), default=expected)
        assert requests.get(resource, 0) == expected + (pod.overhead or {}).get(resource, 0)


@given(pods)
def test_limits_are_those_of_the_specs(pod: PodResources) -> None:
    limits = limits_of(pod)
    for resource in RESOURCES:
        expected = peak(pod, resource, lambda each: each.limits, "limits")
        overhead = (pod.overhead or {}).get(resource, 0) if expected else 0
        assert limits.get(resource, 0) == expected + overhead


@given(pods, containers)
def test_adding_a_container_never_lowers_the_requests(pod: PodResources, more: ContainerResources) -> None:
    larger = msgspec.structs.replace(pod, containers=[*pod.containers, more])
    for resource in RESOURCES:
        assert requests_of(larger).get(resource, 0) >= requests_of(pod).get(resource, 0)


@pytest.mark.slow
@given(pods, initial, initial)
def test_starting_a_sidecar_earlier_never_lowers_the_requests(
    pod: PodResources, one: ContainerResources, other: ContainerResources
) -> None:
    sidecar = msgspec.structs.replace(one, restartable=True)
    ordinary = msgspec.structs.replace(other, restartable=False)
    before, after = (
        requests_of(msgspec.structs.replace(pod, init_containers=[*first, *pod.init_containers]))
        for first in ([sidecar, ordinary], [ordinary, sidecar])
    )
    for resource in RESOURCES:
        assert before.get(resource, 0) >= after.get(resource, 0)


def of(name: str, *, restartable: bool = False, **requests: int) -> ContainerResources:
    return ContainerResources(name, requests, {}, restartable)


def test_sidecars_add_to_the_init_containers_that_start_later() -> None:
    early = PodResources([of("app", cpu=100)], [of("proxy", cpu=50, restartable=True), of("init", cpu=200)])
    late = PodResources([of("app", cpu=100)], [of("init", cpu=200), of("proxy", cpu=50, restartable=True)])
    assert requests_of(early) == {"cpu": 250}
    assert requests_of(late) == {"cpu": 200}


def test_pod_level_resources_replace_the_sum() -> None:
    pod = PodResources(
        [ContainerResources("a", {"cpu": 100, "memory": 5, "nvidia.com/gpu": 1}, {"memory": 9})],
        overhead={"cpu": 10, "memory": 1},
        # Kubernetes lets a pod state CPU, memory and huge pages only.
        pod_requests={"cpu": 500, "hugepages-2Mi": 4, "nvidia.com/gpu": 7},
        pod_limits={"cpu": 700},
    )
    assert requests_of(pod) == {"cpu": 510, "memory": 6, "nvidia.com/gpu": 1, "hugepages-2Mi": 4}
    assert limits_of(pod) == {"memory": 10, "cpu": 710}


def test_a_resize_counts_as_the_largest_of_spec_allocated_and_actual() -> None:
    growing = ContainerResources("a", {"cpu": 100}, {}, allocated={"cpu": 300}, actual_requests={"cpu": 200})
    asking = ContainerResources("a", {"cpu": 400}, {}, allocated={"cpu": 300}, actual_requests={"cpu": 200})
    refused = ContainerResources("a", {"cpu": 900}, {}, actual_requests={"cpu": 200}, infeasible=True)
    untold = ContainerResources("a", {"cpu": 100}, {}, allocated={"cpu": 300})
    assert requests_of(PodResources([growing])) == {"cpu": 300}
    assert requests_of(PodResources([asking])) == {"cpu": 400}
    assert requests_of(PodResources([refused])) == {"cpu": 200}
    assert requests_of(PodResources([untold])) == {"cpu": 300}


def test_a_resize_of_the_whole_pod_counts_too() -> None:
    pod = PodResources(
        [of("a", cpu=100, gpu=1)], overhead={"cpu": 5}, pod_allocated={"cpu": 305}, pod_actual={"cpu": 205, "gpu": 1}
    )
    assert requests_of(pod) == {"cpu": 305, "gpu": 1}
    stated = msgspec.structs.replace(pod, pod_requests={"cpu": 400})
    assert requests_of(stated) == {"cpu": 405, "gpu": 1}
    assert requests_of(msgspec.structs.replace(stated, infeasible=True)) == {"cpu": 305, "gpu": 1}


def test_overhead_counts_as_a_limit_only_where_one_is_set() -> None:
    pod = PodResources(
        [ContainerResources("a", {}, {"cpu": 100, "ephemeral-storage": 0})],
        overhead={"cpu": 10, "memory": 7, "ephemeral-storage": 5},
    )
    assert limits_of(pod) == {"cpu": 110, "ephemeral-storage": 0}
    assert requests_of(pod) == {"cpu": 10, "memory": 7, "ephemeral-storage": 5}


@given(pods)
def test_the_explanation_adds_up(pod: PodResources) -> None:
    *terms, total = (term for term in terms_of(pod) if term.how != "<=")
    bounds = [term.limits for term in terms_of(pod) if term.how == "<="]
    assert bounds in ([], [binding_limits_of(pod)])
    assert (total.requests, total.limits) == (requests_of(pod), limits_of(pod))
    running: Amounts = {}
    for term in terms:
        match term.how:
            case "+":
                running = added([running, term.requests])
            case "max":
                running = largest([running, term.requests])
            case _:
                running = {**running, **term.requests}
    # Terms stand in the order in which they count, so that a person can follow them with a finger.
    assert {key: value for key, value in running.items() if value} == {
        key: value for key, value in total.requests.items() if value
    }


def test_explains_every_term() -> None:
    pod = PodResources(
        [
            ContainerResources("app", {"cpu": 100}, {"cpu": 400}, allocated={"cpu": 300}, actual_requests={"cpu": 200}),
            ContainerResources("big", {"cpu": 900}, {}, actual_requests={"cpu": 50}, infeasible=True),
        ],
        [
            of("first", cpu=10),
            of("proxy", cpu=50, restartable=True),
            of("second", cpu=700),
            of("logs", restartable=True),
            of("third", cpu=1),
        ],
        overhead={"cpu": 5},
        pod_requests={"memory": 64},
        pod_limits={"memory": 128},
    )
    assert terms_of(pod) == (
        Term("+", "container app, being resized", {"cpu": 300}, {"cpu": 400}),
        Term("+", "container big, resize refused", {"cpu": 50}, {}),
        Term("+", "sidecar proxy", {"cpu": 50}, {}),
        Term("+", "sidecar logs", {}, {}),
        Term("max", "init container first", {"cpu": 10}, {}),
        Term("max", "init container second beside proxy", {"cpu": 750}, {}),
        Term("max", "init container third beside proxy, logs", {"cpu": 51}, {}),
        Term("=", "pod-level resources", {"memory": 64}, {"memory": 128}),
        Term("+", "overhead", {"cpu": 5}, {"cpu": 5}),
        Term("=", "total", {"cpu": 755, "memory": 64}, {"cpu": 405, "memory": 128}),
        Term("<=", "bound now, without what has ended; no cpu limit: big, proxy, logs", {}, {"memory": 128}),
    )


def test_a_limit_bounds_a_pod_only_if_every_container_has_it() -> None:
    both = ContainerResources("a", {}, {"cpu": 100, "memory": 7})
    half = ContainerResources("b", {}, {"memory": 5})
    assert binding_limits_of(PodResources([both, half])) == {"memory": 12}
    assert binding_limits_of(PodResources([both], [ContainerResources("s", {}, {"cpu": 1}, restartable=True)])) == {
        "cpu": 101
    }
    assert binding_limits_of(PodResources([both], [ContainerResources("init", {}, {})])) == {"cpu": 100, "memory": 7}
    assert binding_limits_of(PodResources([half], pod_limits={"cpu": 300})) == {"cpu": 300, "memory": 5}


def test_a_limit_of_zero_bounds_nothing() -> None:
    """Kubernetes treats a limit of 0 as no limit."""
    tied = ContainerResources("a", {}, {"cpu": 100, "memory": 7})
    free = ContainerResources("b", {}, {"cpu": 0, "memory": 5})
    assert binding_limits_of(PodResources([tied, free])) == {"memory": 12}
    assert binding_limits_of(PodResources([free])) == {"memory": 5}
    assert binding_limits_of(PodResources([tied], [ContainerResources("s", {}, {"cpu": 0}, restartable=True)])) == {}


@given(pods)
def test_bounds_are_the_limits_that_every_container_has(pod: PodResources) -> None:
    bounds = binding_limits_of(pod)
    running = [*pod.containers, *(each for each in pod.init_containers if each.restartable)]
    for resource in RESOURCES:
        everywhere = bool(running) and all(each.limits.get(resource, 0) > 0 for each in running)
        limit = sum(each.limits[resource] for each in running) if everywhere else None
        stated = (pod.pod_limits or {}).get(resource) if resource in ("cpu", "memory") else None
        assert bounds.get(resource) == (limit if stated is None else stated)
