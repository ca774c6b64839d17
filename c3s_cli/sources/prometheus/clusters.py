"""Several clusters in one store: the labels of their series distinguish them, and they are never added up."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Final

from c3s_cli.errors import MixedClusters
from c3s_cli.request.target import CONTEXT
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Labels
from c3s_cli.sources.prometheus.promql import CLUSTERS

# Labels that may separate clusters: they do if one object exists under two of their values.
TENANT: Final = re.compile(r"(?i).*(?:cluster|tenant|account|datacenter|region|project).*|env|environment")
# The usual ones of these, where series are grouped by them.
TENANTS: Final = (
    *("k8s_cluster", "k8s_cluster_name", "kubernetes_cluster", "cluster_id", "clusterName", "tenant", "tenant_id"),
    *("environment", "env", "datacenter", "region", "account", "project", "project_id"),
)
CHOSEN: Final = re.compile(r"(?:^|[,\s])cluster(?:_name)?\s*=\s*\"")
MOST_WRITTEN: Final = 3
# At how many moments of a range the clusters are looked at.
LOOKS: Final = 24


def refuse_mixture(series: Iterable[tuple[Hashable, Labels]]) -> None:
    """Raise MixedClusters if series are of several clusters. series: those that are scraped now, with their objects."""
    series = list(series)
    for label in CLUSTERS:
        _refuse(label, {labels.get(label, "") for _, labels in series} - {""})
    names = {name for _, labels in series for name in labels}
    for label in (*CLUSTERS, *sorted(filter(TENANT.fullmatch, names - {*CLUSTERS}))):
        values: dict[Hashable, str] = {}
        for key, labels in series:
            value = labels.get(label, "")
            if values.setdefault(key, value) != value:
                _refuse(label, {value, values[key]})


def refuse_several(label: str, series: Iterable[Labels]) -> None:
    """Raise MixedClusters if a label has several values: its values are clusters."""
    _refuse(label, {labels.get(label, "") for labels in series} - {""})


def refuse_mixed_points(points: Iterable[tuple[Labels, Iterable[float]]]) -> None:
    """Raise MixedClusters if there are several clusters at one time. points: the times at which each has series."""
    at: dict[tuple[str, float], str] = {}
    for labels, times in points:
        for label in CLUSTERS:
            if value := labels.get(label, ""):
                for time in times:
                    if at.setdefault((label, time), value) != value:
                        _refuse(label, {value, at[label, time]})


def is_chosen(match: str) -> bool:
    """Return whether matchers choose one cluster."""
    return bool(CHOSEN.search(match))


def matchers(names: Iterable[Mapping[str, str]], match: str) -> dict[str, str]:
    """Return the matchers of each cluster, by its name. names: the labels of the clusters."""
    by_name: dict[str, str] = {}
    for labels in names:
        if label := next((label for label in CLUSTERS if labels.get(label)), ""):
            by_name.setdefault(labels[label], promql.all_of(match, promql.one_of(label, [labels[label]])))
    return dict(sorted(by_name.items()))


def _refuse(label: str, values: Iterable[str]) -> None:
    names = sorted(values)
    if len(names) < 2:
        return
    some = ", ".join(map(promql.quote, names[:MOST_WRITTEN])) + (", …" if len(names) > MOST_WRITTEN else "")
    example = f"--prometheus-match '{label}={promql.quote(names[-1] if not names[0] else names[0])}'"
    template = f"--prometheus-match '{label}=\"{CONTEXT}\"' if contexts have these names"
    raise MixedClusters(
        f"this Prometheus has several clusters here, which cannot be added up: {label} is {some}",
        hint=f"choose one with {example}, or with {template}",
    )
