"""The limit ranges of a namespace: what they add to new pods, and which pods they refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.amounts.allocation import Amounts, ContainerResources, PodResources, limits_of, requests_of
from c3s_cli.model.surroundings import LimitRange

# Ratios are in billionths.
ONE: Final = 10**9


def with_defaults(pod: PodResources, ranges: Sequence[LimitRange]) -> PodResources:
    """Return a pod with the requests and limits that limit ranges add."""
    defaults = [_defaults(each) for each in ranges if each.kind == "Container"]
    if not defaults:
        return pod

    def one(container: ContainerResources) -> ContainerResources:
        requests, limits = container.requests, container.limits
        for more_requests, more_limits in defaults:
            requests, limits = {**more_requests, **requests}, {**more_limits, **limits}
        return structs.replace(container, requests=requests, limits=limits)

    return structs.replace(
        pod,
        containers=[one(each) for each in pod.containers],
        init_containers=[one(each) for each in pod.init_containers],
    )


def _defaults(each: LimitRange) -> tuple[Amounts, Amounts]:
    """Return the default requests and limits, which the API server takes from the limits if they are not stated."""
    limits = {**each.most, **each.defaults}
    return {**each.least, **limits, **each.default_requests}, limits


def refusals(pod: PodResources, ranges: Sequence[LimitRange]) -> Iterator[str]:
    """Yield why limit ranges refuse a pod: `limit range NAME: RESOURCE`."""
    containers = [(each.requests, each.limits) for each in (*pod.containers, *pod.init_containers)]
    for each in ranges:
        subjects = containers if each.kind == "Container" else [_amounts_of_pod(pod)] if each.kind == "Pod" else []
        for resource in {**each.least, **each.most, **each.ratios}:
            if any(_breaks(each, resource, *amounts) for amounts in subjects):
                yield f"limit range {each.name}: {resource}"


def _amounts_of_pod(pod: PodResources) -> tuple[Amounts, Amounts]:
    """Return the requests and limits of a pod without its overhead."""
    bare = structs.replace(pod, overhead=None)
    return requests_of(bare), limits_of(bare)


def _breaks(each: LimitRange, resource: str, requests: Mapping[str, int], limits: Mapping[str, int]) -> bool:
    request, limit = requests.get(resource), limits.get(resource)
    if resource in each.least:
        smallest = None if request is None else request if limit is None else min(request, limit)
        if smallest is None or smallest < each.least[resource]:
            return True
    if resource in each.most and (limit is None or max(limit, request or 0) > each.most[resource]):
        return True
    if resource in each.ratios:
        return not request or not limit or limit * ONE > each.ratios[resource] * request
    return False
