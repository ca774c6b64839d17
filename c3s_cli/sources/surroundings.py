"""What `c3s fit` reads besides nodes and pods, if some pod depends on it: namespaces, volumes, classes, quotas."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from msgspec import Struct, json, structs

from c3s_cli.errors import ApiError, C3sError, InvalidAnswer, UsageError
from c3s_cli.kube.cluster import segment
from c3s_cli.model.placing import ANYWHERE, Claim, FitRequest, Placing, Workload
from c3s_cli.model.rows import NodeFacts, PodFacts
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.model.surroundings import Budget, Surroundings
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.calls import METADATA_LIST, Calls
from c3s_cli.sources.core_api import NAMESPACES
from c3s_cli.sources.decode.placing import LabelSelector, selector_of
from c3s_cli.sources.decode.shapes import Listing, Meta, Object, Rows, decode_items

BUDGETS_NAME: Final = "pod disruption budgets"
BUDGETS: Final = "/apis/policy/v1/poddisruptionbudgets"
OF_VOLUMES: Final = ("persistent volume claims", "persistent volumes", "storage classes", "CSI nodes")
SCALERS: Final = "horizontal pod autoscalers"


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
    calls: Calls, request: FitRequest, sample: Sample, drained: Collection[str]
) -> tuple[Surroundings, list[Failure]]:
    """Read what the pods depend on, in parallel. drained: the nodes whose pods move. A list not read is a Failure."""
    (namespace,) = sample.namespaces
    jobs = dict(_jobs(calls, request, sample, drained))
    answers = in_parallel(jobs) if jobs else {}
    context = calls.cluster.context
    failures = [
        Failure(context, name if isinstance(name, str) else f"{name[0]} of {name[1]}", str(answer))
        for name, answer in answers.items()
        if isinstance(answer, C3sError) and not _is_absent(answer)
    ]
    surroundings = Surroundings(
        namespaces=_read(answers.get("namespaces")), budgets=tuple(_read(answers.get(BUDGETS_NAME)).values())
    )
    if not (request.beside or set(answers) - {"namespaces", BUDGETS_NAME}):
        return surroundings, failures
    return _with_lists(surroundings, request, namespace, answers), failures


def _read(answer: Any) -> Mapping[Any, Any]:
    return {} if answer is None or isinstance(answer, C3sError) else answer


def _with_lists(
    surroundings: Surroundings, request: FitRequest, namespace: str, answers: Mapping[Any, Any]
) -> Surroundings:
    """Add the lists that only some pods need, and the objects of manifests."""
    from c3s_cli.sources.decisive_lists import SPACED, WHOLE  # most pods described by flags need none

    known = {name: None if isinstance(answer, C3sError) else answer for name, answer in answers.items()}

    def every(what: str) -> tuple[Any, ...]:
        _, kind, decode = SPACED[what]
        new = _beside(request, kind, decode, namespace)
        rows = dict(new)
        for name, answer in known.items():
            rows |= (answer or {}) if name[0] == what else {}
        # The cluster knows what is left of a quota; an autoscaler will be as its manifest says.
        return tuple((rows | new if what == SCALERS else rows).values())

    def one(what: str) -> Any:
        kind, _, decode = WHOLE[what]
        objects = known.get(what, {})
        return objects if objects is None else {**_beside(request, kind, decode, namespace), **objects}

    return structs.replace(
        surroundings,
        namespaces={**surroundings.namespaces, **_beside(request, "Namespace", _labels, "")},
        claims=one("persistent volume claims"),
        volumes=one("persistent volumes"),
        storage_classes=one("storage classes"),
        volume_counts=one("CSI nodes") or {},
        runtime_classes=one("runtime classes"),
        priority_classes=one("priority classes"),
        quotas=every("resource quotas"),
        limit_ranges=every("limit ranges"),
        scalers=every(SCALERS),
        served=one("device classes") or {},
    )


def _is_absent(problem: C3sError) -> bool:
    """Return whether the cluster does not have such objects at all."""
    return isinstance(problem, ApiError) and problem.status == 404


def _jobs(
    calls: Calls, request: FitRequest, sample: Sample, drained: Collection[str]
) -> Iterator[tuple[Any, Callable[[], Any]]]:
    """Yield the lists to read, by their names in messages, or these and the namespace."""
    workloads, pods, nodes = request.workloads, (sample.pod_facts or {}).values(), sample.node_facts or {}
    moving = [facts for facts in pods if (facts.node in drained if facts.node else request.with_pending)]
    if any(map(_selects_namespaces, _placings(workloads, pods))):
        yield "namespaces", partial(calls.pages, NAMESPACES, [], _labels, METADATA_LIST)
    if drained:
        yield BUDGETS_NAME, partial(calls.pages, BUDGETS, [], _budgets)
    needed = dict.fromkeys(_needed(workloads, moving, nodes))
    spaces = dict.fromkeys(each.namespace or sample.namespaces[0] for each in workloads if each.template)
    scaled = {each.namespace or sample.namespaces[0] for each in workloads if each.is_scalable}
    if not (needed or spaces or scaled):
        return
    from c3s_cli.sources.decisive_lists import SPACED, WHOLE  # most pods described by flags need none

    for name in needed:
        _, path, decode = WHOLE[name]
        yield name, partial(calls.pages, path, [], decode)
    for space in (*spaces, *(scaled - set(spaces))):
        for name, (path, _, decode) in SPACED.items():
            if space in (scaled if name == SCALERS else spaces):
                yield (name, space), partial(calls.pages, path.format(segment(space)), [], decode)


def _needed(
    workloads: Sequence[Workload], moving: Collection[PodFacts], nodes: Mapping[str, NodeFacts]
) -> Iterator[str]:
    """Yield the names of the lists of the whole cluster that some pod needs."""
    templates = [each.template for each in workloads if each.template]
    placings = [*(each.placing for each in workloads), *(facts.placing or ANYWHERE for facts in moving)]
    if any(placing.claims for placing in placings) or any(each.new_claims for each in templates):
        yield from OF_VOLUMES
    if any(each.runtime_class for each in templates):
        yield "runtime classes"
    if any(each.priority_class and not each.priority_class.startswith("system-") for each in templates):
        yield "priority classes"
    requests = [*(each.requests for each in workloads), *(facts.requests for facts in moving)]
    wanted = {resource for each in requests for resource, amount in each.items() if amount}
    extended = [resource for resource in wanted if "/" in resource]
    if any(not (node.allocatable or {}).get(resource) for resource in extended for node in nodes.values()):
        yield "device classes"


def _placings(workloads: Iterable[Workload], pods: Iterable[PodFacts]) -> list[Placing]:
    """Return the different rules of pods; those of one owner are the same object."""
    placings = [each.placing for each in workloads]
    placings += [facts.placing for facts in pods if facts.placing]
    return list({id(placing): placing for placing in placings}.values())


def _selects_namespaces(placing: Placing) -> bool:
    return any(term.namespace_selector for term in (*placing.affinities, *placing.anti_affinities))


def _beside(request: FitRequest, kind: str, decode: Rows, namespace: str) -> dict[Any, Any]:
    """Return the objects of a kind that the manifests contain, in a namespace unless they have one."""
    items = [
        {**each, "metadata": {"namespace": namespace, **(each.get("metadata") or {})}}
        for each in request.beside.get(kind, ())
    ]
    try:
        rows = dict(decode(Listing(json.encode({"items": items}))))
    except InvalidAnswer as problem:
        raise UsageError(f"a {kind} of the manifests is not valid: {problem.__cause__}") from problem
    return {key: structs.replace(row, new=True) if isinstance(row, Claim) else row for key, row in rows.items()}


def _labels(listing: Listing) -> Iterator[tuple[str, Mapping[str, str]]]:
    for each in decode_items(listing, Object, "namespaces"):
        yield each.metadata.name, each.metadata.labels or {}


def _budgets(listing: Listing) -> Iterator[tuple[tuple[str, str], Budget]]:
    for each in decode_items(listing, _Budget, "pod disruption budgets"):
        meta, spec, state = each.metadata, each.spec or _BudgetSpec(), each.status or _BudgetStatus()
        key, healthy = (meta.namespace, meta.name), state.current_healthy >= state.desired_healthy > 0
        lets_go = healthy or spec.unhealthy_pod_eviction_policy == "AlwaysAllow"
        yield key, Budget(*key, selector_of(spec.selector), state.disruptions_allowed, lets_go)
