"""The metrics layer: reads what a Query needs from a source, as one Sample."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import structs

from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import C3sError
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.cluster_reader import ClusterReader, plan
from c3s_cli.sources.core_api import CoreApi
from c3s_cli.sources.decode.owner_resolver import OwnerResolver
from c3s_cli.sources.requests import open_reading
from c3s_cli.sources.source import Groups, Scope, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from c3s_cli.amounts.allocation import PodResources
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.model.placing import FitRequest
    from c3s_cli.model.pod_details import PodDetails
    from c3s_cli.model.rows import PodFacts
    from c3s_cli.request.period import Period
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import Origin
    from c3s_cli.sources.cluster_reader import Count, MakeCore
    from c3s_cli.sources.requests import Progress, Requests


def reader_of(
    cluster: Cluster,
    origin: Origin,
    count: Count,
    progress: Progress,
    core: MakeCore = CoreApi,
    server: Cluster | None = None,
) -> ClusterReader:
    """Return the reader of a cluster, with usage from `origin`.

    count, progress: as for ClusterReader. core: makes what reads core objects, unless the source of usage also has the
    facts. server: the Prometheus, if it has its own URL.
    """
    if origin.kind == "kubelet":
        from c3s_cli.sources.kubelet.usage import Kubelets  # most readings use the metrics API

        return ClusterReader(cluster, count, progress, core, Kubelets().usage)
    if origin.kind == "prometheus":
        from c3s_cli.sources.prometheus.connection import Prometheus, headers_of

        match = origin.match_of(cluster.context)
        prometheus = Prometheus(server, origin.service, match, origin.cluster, headers_of(origin), origin.queries)
        core = prometheus.facts if origin.facts else core
        return ClusterReader(
            cluster, count, progress, core, prometheus.usage, origin.cluster, moments=prometheus.moments
        )
    return ClusterReader(cluster, count, progress, core)


def clusters_of(server: Cluster, origin: Origin, period: Period | None) -> dict[str, Origin]:
    """Return the origin for each cluster in a Prometheus in a period, by name; a single one without names."""
    from c3s_cli.sources.prometheus.connection import Prometheus  # only needed with --facts source

    names = Prometheus(server, origin.service, origin.match).clusters(open_reading(server), period)
    return {name: structs.replace(origin, cluster=name, match=match) for name, match in names.items()} or {
        server.context: origin
    }


def scope_of(query: Query, namespace: str) -> Scope:
    """Return which objects a query is about. namespace: the context's, used if the query has none."""
    groups = None
    if query.group_figures and query.period:
        groups = Groups(query.group_figures, query.by, query.where, total=query.sum or not query.by)
    return Scope(
        objects=Kind.POD if query.objects is Kind.RIGHTSIZE else query.objects,
        name=query.name,
        namespaces=() if query.all_namespaces else query.namespaces or (namespace,),
        labels=query.labels,
        fields=query.fields,
        figures=query.row_figures,
        containers=query.containers,
        period=query.period,
        groups=groups,
        dispensable=query.dispensable,
        histories=_wanted(query),
        judged=query.fail_if is not None,
    )


def _wanted(query: Query) -> Wanted | None:
    """Return which histories of containers are wanted; None for none."""
    asked = query.rightsize
    if asked is None or not asked.past:
        return None
    return Wanted(asked.rule.cpu_percentile, asked.workload.partition("/")[2])


def requests_at_once(query: Query) -> int:
    """Return how many requests a reading begins with. Owners count twice: ReplicaSets and Jobs are two lists."""
    wanted = plan(query.needs, scope_of(query, ""))
    return len(wanted) + (Needs.OWNERS in wanted)


def pod_resources(requests: Requests, query: Query) -> PodResources:
    """Read the terms of the requests and limits of the pod that `query` names."""
    return CoreApi(requests, scope_of(query, requests.cluster.namespace), []).pod_resources()


def pod_details(requests: Requests, query: Query) -> PodDetails:
    """Read what explains the pod that `query` names."""
    return CoreApi(requests, scope_of(query, requests.cluster.namespace), []).pod_details()


def pods_of_node(requests: Requests, query: Query) -> Mapping[tuple[str, str], PodFacts]:
    """Read the unfinished pods of the node that `query` names; ApiError if there is no such node."""
    api = CoreApi(requests, scope_of(query, ""), [])
    api.nodes()
    return api.pods()


def unplaced(context: str, request: FitRequest) -> Iterator[Failure]:
    """Yield a Failure for each object of the manifests whose pods cannot be placed."""
    message = "its pods were not placed, as c3s does not know this kind"
    return (Failure(context, name, message, partial=True) for name in request.unknown)


def room_for(requests: Requests, query: Query, request: FitRequest) -> Sample:
    """Read all nodes, and all pods with their scheduling rules. C3sError if one of them cannot be read.

    What else the placement depends on is read if some pod needs it.
    """
    from c3s_cli.analysis.draining import nodes_to_drain
    from c3s_cli.analysis.gpus import with_gpu
    from c3s_cli.sources.existing import existing_workloads
    from c3s_cli.sources.surroundings import surroundings_of  # only fit reads these

    drains = bool(request.without or query.drain)
    labels = drains or request.looks_at_pods
    problems: list[str] = []
    context = requests.cluster.context
    api = CoreApi(requests, Scope(Kind.FIT), problems, details=True, labels=labels, placing=True)
    jobs: dict[str, Callable[[], Any]] = {"nodes": api.nodes, "pods": api.pods}
    if Needs.OWNERS in query.needs:
        jobs["owners"] = api.owners
    namespace = next(iter(query.namespaces), requests.cluster.namespace)
    if request.references:
        jobs["workloads"] = partial(existing_workloads, requests, request.references, namespace)
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
        now=max(requests.dates, default=datetime.now(UTC)),
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
    surroundings, unread = surroundings_of(requests, request, sample, drained)
    surroundings = structs.replace(surroundings, workloads=tuple(existing))
    return structs.replace(sample, surroundings=surroundings, failures=(*sample.failures, *unread))
