"""What `c3s fit` reads: nodes, pods with their scheduling rules, and what else the placement depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec import structs

from c3s_cli.analysis.draining import nodes_to_drain
from c3s_cli.analysis.gpus import with_gpu
from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import C3sError
from c3s_cli.model.placing import FitRequest
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.parallel import in_parallel
from c3s_cli.request.query import Query
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.core_api import CoreApi
from c3s_cli.sources.decode.owner_resolver import OwnerResolver
from c3s_cli.sources.existing import existing_workloads
from c3s_cli.sources.source import Scope
from c3s_cli.sources.surroundings import surroundings_of


def unplaced(context: str, request: FitRequest) -> Iterator[Failure]:
    """Yield a Failure for each object of the manifests whose pods cannot be placed."""
    message = "its pods were not placed, as c3s does not know this kind"
    return (Failure(context, name, message, partial=True) for name in request.unknown)


def room_for(calls: Calls, query: Query, request: FitRequest) -> Sample:
    """Read all nodes, and all pods with their scheduling rules. C3sError if one of them cannot be read.

    What else the placement depends on is read if some pod needs it.
    """
    drains = bool(request.without or query.drain)
    labels = drains or request.looks_at_pods
    problems: list[str] = []
    context = calls.cluster.context
    api = CoreApi(calls, Scope(Kind.FIT), problems, details=True, labels=labels, placing=True)
    jobs: dict[str, Callable[[], Any]] = {"nodes": api.nodes, "pods": api.pods}
    if Needs.OWNERS in query.needs:
        jobs["owners"] = api.owners
    namespace = next(iter(query.namespaces), calls.cluster.namespace)
    if request.references:
        jobs["workloads"] = partial(existing_workloads, calls, request.references, namespace)
    answers = in_parallel(jobs)
    owners = answers.pop("owners", None)
    for answer in answers.values():
        if isinstance(answer, C3sError):
            raise answer
    failures = [Failure(context, "owners", str(owners))] if isinstance(owners, C3sError) else []
    existing, unread = answers.get("workloads", ((), ()))
    failures += unread
    pods = answers["pods"]
    if Needs.OWNERS in query.needs:
        pods = OwnerResolver().pods(pods, None if isinstance(owners, C3sError) else owners)
    sample = Sample(
        context=context,
        now=max(calls.dates, default=datetime.now(UTC)),
        source="v1",
        node_facts=answers["nodes"],
        pod_facts=pods,
        failures=(
            *(Failure(context, "quantity", problem) for problem in problems),
            *failures,
            *unplaced(context, request),
        ),
        namespaces=(namespace,),
    )
    request = structs.replace(request, workloads=(*request.workloads, *existing))
    drained = nodes_to_drain(sample, with_gpu(query, [sample]).at_time(sample.now), request)
    surroundings, unread = surroundings_of(calls, request, sample, drained)
    surroundings = structs.replace(surroundings, workloads=tuple(existing))
    return structs.replace(sample, surroundings=surroundings, failures=(*sample.failures, *unread))
