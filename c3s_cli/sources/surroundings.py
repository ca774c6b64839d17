"""What `c3s fit` reads besides nodes and pods, if some pod depends on it: namespaces, budgets, volumes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from msgspec import Struct

from c3s_cli.errors import ApiError, C3sError
from c3s_cli.model.placing import ANYWHERE, Budget, Placing, Surroundings, Workload
from c3s_cli.model.rows import PodFacts
from c3s_cli.model.sample import Failure
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.core_api import NAMESPACES
from c3s_cli.sources.decode.placing import LabelSelector, selector_of
from c3s_cli.sources.decode.shapes import Listing, Meta, decode_items
from c3s_cli.sources.requests import METADATA_LIST, Requests

BUDGETS = "/apis/policy/v1/poddisruptionbudgets"


class _Labelled(Struct, gc=False):
    metadata: Meta


class _BudgetSpec(Struct, rename="camel", gc=False):
    selector: LabelSelector | None = None
    unhealthy_pod_eviction_policy: str | None = None


class _BudgetStatus(Struct, rename="camel", gc=False):
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0


class _Budget(Struct, gc=False):
    metadata: Meta
    spec: _BudgetSpec | None = None
    status: _BudgetStatus | None = None


def surroundings_of(
    requests: Requests, workloads: Collection[Workload], pods: Mapping[Any, PodFacts], *, drains: bool
) -> tuple[Surroundings, list[Failure]]:
    """Read what the pods depend on. drains: whether nodes are drained. A list that cannot be read is a Failure."""
    placings = {facts.placing or ANYWHERE for facts in pods.values()} | {each.placing for each in workloads}
    jobs: dict[str, Callable[[], Any]] = {}
    if any(map(_selects_namespaces, placings)):
        jobs["namespaces"] = lambda: requests.pages(NAMESPACES, [], _labels, METADATA_LIST)
    if drains:
        jobs["pod disruption budgets"] = lambda: requests.pages(BUDGETS, [], _budgets)
    answers = in_parallel(jobs) if jobs else {}
    failures = [
        Failure(requests.cluster.context, name, str(answer))
        for name, answer in answers.items()
        if isinstance(answer, C3sError) and not _is_absent(answer)
    ]
    known = {name: {} if isinstance(answer, C3sError) else answer for name, answer in answers.items()}
    return Surroundings(known.get("namespaces", {}), tuple(known.get("pod disruption budgets", {}).values())), failures


def _is_absent(problem: C3sError) -> bool:
    """Return whether the cluster does not have such objects at all."""
    return isinstance(problem, ApiError) and problem.status == 404


def _selects_namespaces(placing: Placing) -> bool:
    return any(term.namespace_selector for term in (*placing.affinities, *placing.anti_affinities))


def _labels(listing: Listing) -> Iterator[tuple[str, Mapping[str, str]]]:
    for each in decode_items(listing, _Labelled, "namespaces"):
        yield each.metadata.name, each.metadata.labels or {}


def _budgets(listing: Listing) -> Iterator[tuple[tuple[str, str], Budget]]:
    for each in decode_items(listing, _Budget, "pod disruption budgets"):
        meta, spec, state = each.metadata, each.spec or _BudgetSpec(), each.status or _BudgetStatus()
        yield (
            (meta.namespace, meta.name),
            Budget(
                meta.namespace,
                meta.name,
                selector_of(spec.selector),
                state.disruptions_allowed,
                spec.unhealthy_pod_eviction_policy == "AlwaysAllow"
                or state.current_healthy >= state.desired_healthy > 0,
            ),
        )
