from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.allocation import ContainerResources, PodResources, added, explain, largest, limits_of, requests_of

RESOURCES = ("cpu", "memory", "nvidia.com/gpu")
amounts = st.dictionaries(st.sampled_from(RESOURCES), st.integers(0, 1000))
containers = st.builds(ContainerResources, st.just("c"), amounts, amounts)
initial = st.builds(ContainerResources, st.just("i"), amounts, amounts, st.booleans())
pods = st.builds(PodResources, st.lists(containers, max_size=4), st.lists(initial, max_size=4), st.none() | amounts)


def moments(pod: PodResources) -> list[dict[str, int]]:
    """List all that runs at once, moment by moment: the slow and obvious reference."""
    sidecars: list[ContainerResources] = []
    seen = []
    for each in pod.init_containers:
        seen.append([*sidecars, each])
        if each.restartable:
            sidecars.append(each)
    seen.append([*sidecars, *pod.containers])
    return [
        {resource: sum(one.requests.get(resource, 0) for one in moment) for resource in RESOURCES} for moment in seen
    ]


@given(pods)
def test_a_pod_asks_for_its_largest_moment_and_its_overhead(pod: PodResources) -> None:
    asked = requests_of(pod)
    for resource in RESOURCES:
        expected = max(moment[resource] for moment in moments(pod)) + (pod.overhead or {}).get(resource, 0)
        assert asked.get(resource, 0) == expected


@given(pods, containers)
def test_one_container_more_never_asks_for_less(pod: PodResources, more: ContainerResources) -> None:
    larger = PodResources([*pod.containers, more], pod.init_containers, pod.overhead)
    for resource in RESOURCES:
        assert requests_of(larger).get(resource, 0) >= requests_of(pod).get(resource, 0)


def test_resources_stated_for_the_pod_take_the_place_of_the_sum() -> None:
    pod = PodResources([ContainerResources("a", {"cpu": 100, "memory": 5}, {})], pod_requests={"cpu": 500})
    assert requests_of(pod) == {"cpu": 500, "memory": 5}


def test_a_resize_counts_as_the_most_of_what_is_asked_allocated_and_had() -> None:
    growing = ContainerResources("a", {"cpu": 100}, {}, allocated={"cpu": 300}, actual_requests={"cpu": 200})
    refused = ContainerResources("a", {"cpu": 900}, {}, actual_requests={"cpu": 200}, infeasible=True)
    assert requests_of(PodResources([growing])) == {"cpu": 300}
    assert requests_of(PodResources([refused])) == {"cpu": 200}


def test_overhead_counts_as_a_limit_only_where_one_is_set() -> None:
    pod = PodResources([ContainerResources("a", {}, {"cpu": 100})], overhead={"cpu": 10, "memory": 7})
    assert limits_of(pod) == {"cpu": 110}
    assert requests_of(pod) == {"cpu": 10, "memory": 7}


@given(pods)
def test_the_explanation_ends_with_the_sum(pod: PodResources) -> None:
    *terms, total = explain(pod)
    assert (total.requests, total.limits) == (requests_of(pod), limits_of(pod))
    running = added(term.requests for term in terms if term.how == "+" and term.what != "overhead")
    most = largest([running, *(term.requests for term in terms if term.how == "max")])
    whole = added([most, *(term.requests for term in terms if term.what == "overhead")])
    # Sidecars alone, before anything else starts, never ask for more than sidecars and containers together.
    assert {key: value for key, value in whole.items() if value} == {
        key: value for key, value in total.requests.items() if value
    }
