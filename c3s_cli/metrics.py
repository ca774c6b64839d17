"""The metrics layer: reads what a Query needs from a source, as one Sample."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import structs

from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import C3sError
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.sources import metrics_api
from c3s_cli.sources.cluster_reader import ClusterReader, plan
from c3s_cli.sources.core_api import CoreApi
from c3s_cli.sources.requests import Requests, at_once
from c3s_cli.sources.source import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from c3s_cli.amounts.allocation import PodResources
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.model.rows import PodFacts
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import Origin
    from c3s_cli.sources.core_api import MakeCore
    from c3s_cli.sources.prometheus.membership import Keys, Members
    from c3s_cli.sources.source import Source


def source_of(
    cluster: Cluster, origin: Origin, count: Callable[[str, float], None], core: MakeCore = CoreApi
) -> ClusterReader:
    """Return the source of a cluster: its API server, with usage from `origin`.

    core: makes the Core of a reading, unless the source of usage also has the facts.
    """
    if origin.kind == "kubelet":
        from c3s_cli.sources.kubelet.usage import Kubelets  # most readings use the metrics API

        return ClusterReader(cluster, count, core, Kubelets().reading)
    if origin.kind == "prometheus":
        from c3s_cli.sources.prometheus.connection import Prometheus

        asked = Prometheus(cluster.engine, origin.service, origin.match, origin.cluster)
        return ClusterReader(cluster, count, asked.facts if origin.facts else core, asked.reading, origin.cluster)
    if core is not CoreApi:
        return ClusterReader(cluster, count, core, metrics_api.Repeated().reading)
    return ClusterReader(cluster, count, core)


def clusters_of(endpoint: Cluster, origin: Origin) -> dict[str, Origin]:
    """Return the origin for each cluster in a Prometheus, by name; a single one if clusters have no names."""
    from c3s_cli.sources.prometheus.connection import Prometheus  # only needed with --facts source

    names = Prometheus(endpoint, origin.service, origin.match).clusters(Requests(endpoint))
    return {name: structs.replace(origin, cluster=name, match=match) for name, match in names.items()} or {
        endpoint.context: origin
    }


def read(source: Source, query: Query, namespace: str) -> Sample:
    """Read what `query` needs. namespace: the context's, used if the query has none. Raises what Source.read raises."""
    return source.read(query.needs, scope_of(query, namespace))


def scope_of(query: Query, namespace: str) -> Scope:
    """Return which objects a query is about."""
    return Scope(
        objects=query.objects,
        name=query.name,
        namespace=None if query.all_namespaces else query.namespace or namespace,
        labels=query.labels,
        fields=query.fields,
        figures=query.row_figures,
        containers=query.containers,
        period=query.period,
        groups=_members(query) if query.group_figures and query.period else None,
        group_figures=query.group_figures,
    )


def _members(query: Query) -> Callable[[Sample], Mapping[Keys, Members]]:
    from c3s_cli.sources.prometheus.membership import members_of  # only statistics of groups need it

    return lambda sample: members_of(sample, query)


def requests_at_once(query: Query) -> int:
    """Return how many requests a reading begins with. Owners count twice: ReplicaSets and Jobs are two lists."""
    wanted = plan(query.needs, scope_of(query, ""))
    return len(wanted) + (Needs.OWNERS in wanted)


def pod_resources(cluster: Cluster, query: Query) -> PodResources:
    """Read the terms of the requests and limits of the pod that `query` names."""
    return _core_api(cluster, query).pod_resources()


def pods_of_node(cluster: Cluster, query: Query) -> Mapping[tuple[str, str], PodFacts]:
    """Read the unfinished pods of the node that `query` names; ApiError if there is no such node."""
    api = _core_api(cluster, query)
    api.nodes()
    return api.pods()


def nodes_and_pods(cluster: Cluster, namespace: str, *, labels: bool) -> Sample:
    """Read all nodes, and all pods with their scheduling rules. C3sError if one of them cannot be read.

    namespace: the default for pods without one. labels: whether to read pods' labels, which take most of their memory.
    """
    problems: list[str] = []
    requests = Requests(cluster)
    api = CoreApi(requests, Scope(Kind.FIT), problems, details=True, labels=labels, placing=True)
    answers = at_once({"nodes": api.nodes, "pods": api.pods})
    for answer in answers.values():
        if isinstance(answer, C3sError):
            raise answer
    return Sample(
        context=cluster.context,
        now=max(requests.dates, default=datetime.now(UTC)),
        source="v1",
        node_facts=answers["nodes"],
        pod_facts=answers["pods"],
        failures=tuple(Failure(cluster.context, "quantity", problem) for problem in problems),
        namespace=namespace,
    )


def _core_api(cluster: Cluster, query: Query) -> CoreApi:
    return CoreApi(Requests(cluster), scope_of(query, cluster.namespace), [])
