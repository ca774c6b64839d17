"""The metrics layer: reads what a Query needs from a source, as one Sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.sources.calls import Calls, Progress, open_reading
from c3s_cli.sources.cluster_reader import ClusterReader, Count, MakeCore, plan
from c3s_cli.sources.core_api import CoreApi
from c3s_cli.sources.source import Groups, Scope, Wanted

if TYPE_CHECKING:
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.request.period import Period
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import Origin


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
    # Then pods that have ended have rows, too.
    in_range = Needs.RESTARTS in query.needs and query.period is not None and query.period.is_range
    return Scope(
        objects=Kind.POD if query.objects is Kind.RIGHTSIZE else query.objects,
        name=query.name,
        namespaces=() if query.all_namespaces else query.namespaces or (namespace,),
        labels=query.labels,
        fields=query.fields,
        figures=(*query.row_figures, *(("restarts",) if in_range else ())),
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


def priced(query: Query, file: str | None, columns: str | None) -> Query:
    """Return a query with the prices of a file, if one is named. columns: the value of --columns."""
    if file is None:
        return query
    from c3s_cli.sources.prices import with_prices  # only --prices needs it

    return with_prices(query, file, columns)


def calls_at_once(query: Query) -> int:
    """Return how many requests a reading begins with. Owners count twice: ReplicaSets and Jobs are two lists."""
    wanted = plan(query.needs, scope_of(query, ""))
    return len(wanted) + (Needs.OWNERS in wanted)


def core_api(calls: Calls, query: Query) -> CoreApi:
    """Return what reads the one object that a query names."""
    return CoreApi(calls, scope_of(query, calls.cluster.namespace), [])
