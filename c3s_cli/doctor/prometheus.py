"""The part of `c3s doctor` that asks a Prometheus: which series it has, of which clusters, how far back, how dense."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.duration import age
from c3s_cli.doctor.findings import BROKEN, OK, WARNING, Finding, broken
from c3s_cli.errors import C3sError
from c3s_cli.kube.cluster import Cluster
from c3s_cli.request.target import Origin
from c3s_cli.sources.calls import open_reading
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.connection import Prometheus, headers_of
from c3s_cli.sources.prometheus.decoding import Vector
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.terminal.stderr import counted, named

DAY: Final = 86400
# How far back to look for samples, and how closely at the last day.
DAYS: Final = 400
CLOSELY: Final = 900
# How many names one finding shows.
MOST: Final = 5
CADVISOR: Final = "let it scrape the kubelets' /metrics/cadvisor; --prometheus-match may select nothing"
LABELS: Final = "relabel the kubelets' series: c3s needs namespace, pod, container"
NODES: Final = {
    "root cgroups": f'{promql.MEMORY}{{id="/"}}',
    "the kubelets' /metrics/resource": "node_memory_working_set_bytes",
    "node_exporter": "node_memory_MemTotal_bytes",
}


def examine_prometheus(cluster: Cluster, origin: Origin, context: str, where: str = "") -> Iterator[Finding]:
    """Check a Prometheus: the server at a URL, or a service of a cluster.

    context: its name, for the matchers. where: the address of the server, "" for a service, which has answered before.
    """
    server = cluster if where else None
    match = origin.match_of(context)
    engine = Prometheus(server, origin.service, match, headers=headers_of(origin)).engine(open_reading(cluster))
    return Examined(engine, match).findings(where)


class Examined(Struct, frozen=True):
    """A Prometheus. match: matchers added to every selector."""

    engine: Engine
    match: str

    def findings(self, where: str) -> Iterator[Finding]:
        """Check everything in order. where: as for `examine_prometheus`."""
        begun = time.monotonic()
        try:
            self.engine.now()
            milliseconds = (time.monotonic() - begun) * 1000
            if where:
                yield Finding("prometheus", OK, f"{where} answers in {milliseconds:.0f} ms")
        except C3sError as problem:
            yield broken("prometheus", problem, problem.hint or (f"is {where} the right address?" if where else ""))
            return
        checks: dict[str, Callable[[], Iterator[Finding]]] = {
            "container series": self._containers,
            "node series": self._nodes,
            "state metrics": self._facts,
            "clusters": self._clusters,
            "samples": self._samples,
            "history": self._history,
        }
        for name, check in checks.items():
            try:
                yield from check()
            except C3sError as problem:
                yield broken(name, problem)
        for warning in self.engine.warnings:
            yield Finding("prometheus", WARNING, warning)

    def _ask(self, function: str, series: str, *matchers: str) -> Vector:
        return self.engine.vector(f"{function}({series}{promql.braces(*matchers, self.match)})", self.engine.now())

    def _count(self, series: str, *matchers: str) -> int:
        return int(sum(number for _, number in self._ask("count", series, *matchers)))

    def _containers(self) -> Iterator[Finding]:
        check = "container series"
        jobs = self._ask("count by (job, metrics_path) ", promql.MEMORY, promql.CONTAINERS)
        if jobs:
            names = [" ".join(filter(None, (job.get("job"), job.get("metrics_path")))) or "no job" for job, _ in jobs]
            renamed = self._count(promql.MEMORY, promql.CONTAINERS, 'exported_pod!=""')
            labels = "exported_namespace and exported_pod" if renamed else "namespace, pod and container"
            count = int(sum(number for _, number in jobs))
            yield Finding(check, OK, f"{count} with the labels {labels}, scraped by {named(sorted(names), MOST)}")
            return
        if count := self._count(promql.MEMORY, promql.PODS):
            words = f"none, but {count} of pods: single containers are not known"
            yield Finding(check, WARNING, words, "the runtime reports no containers, or a rule drops their labels")
        elif count := self._count(promql.MEMORY, 'pod="",id!="/",id!=""'):
            yield Finding(check, BROKEN, f"{count} without the labels pod and container", LABELS)
        else:
            yield Finding(check, BROKEN, f"none: there is no {promql.MEMORY}", CADVISOR)

    def _nodes(self) -> Iterator[Finding]:
        names, labels = [], set()
        for name, selector in NODES.items():
            series, _, matcher = selector.rstrip("}").partition("{")
            nodes = self._ask(f"group by ({promql.NODE}) ", series, matcher)
            if nodes:
                names.append(f"{name} of {counted(len(nodes), 'node')}")
                labels.add(next((label for label in promql.NODE_LABELS if nodes[0][0].get(label)), "no label"))
        if names:
            yield Finding("node series", OK, f"{', '.join(names)}, named by {named(sorted(labels), MOST)}")
        else:
            hint = "let it scrape the kubelets' /metrics/cadvisor or /metrics/resource, or node_exporter"
            yield Finding("node series", BROKEN, "none: nodes have no usage", hint)

    def _facts(self) -> Iterator[Finding]:
        nodes, pods = self._count("kube_node_info"), self._count("kube_pod_info")
        if nodes and pods:
            yield Finding("state metrics", OK, f"{nodes} nodes and {pods} pods: --facts source works")
        else:
            words = "none: requests, owners and nodes come from the API server only"
            yield Finding("state metrics", WARNING, words, "let it scrape kube-state-metrics for --facts source")

    def _clusters(self) -> Iterator[Finding]:
        by = self._ask(f"group by ({promql.BY_CLUSTER}) ", promql.MEMORY)
        for label in promql.CLUSTERS:
            names = sorted({value for labels, _ in by if (value := labels.get(label))})
            if len(names) > 1:
                words = f"{len(names)} by the label {label}: {named(names, MOST)}"
                hint = f"choose one with --prometheus-match '{promql.one_of(label, names[:1])}'"
                yield Finding("clusters", WARNING, words, hint)
                return
            if names:
                yield Finding("clusters", OK, f"one, {label}={promql.quote(names[0])}")
                return
        if by:
            yield Finding("clusters", OK, "one: there is no label cluster")

    def _samples(self) -> Iterator[Finding]:
        """Say how far apart two samples are."""
        window = 12 * promql.WINDOW
        series = f"{promql.MEMORY}{promql.braces(promql.CONTAINERS, self.match)}"
        counts = self.engine.vector(f"max(count_over_time({series}[{window}s]))", self.engine.now())
        if not counts or counts[0][1] < 2:
            return
        apart = round(window / counts[0][1])
        words = f"one every {age(apart)}"
        if apart * 2.5 > promql.WINDOW:
            yield Finding("samples", WARNING, f"{words}: usage now is averaged over longer than five minutes")
        else:
            yield Finding("samples", OK, words)

    def _history(self) -> Iterator[Finding]:
        now = self.engine.now()
        query = f"count({promql.MEMORY}{promql.braces(promql.CONTAINERS, self.match)})"
        last = {time for _, points in self.engine.points(query, now - DAY, now, CLOSELY) for time in points.times}
        if not last:
            return
        days = [time for _, points in self.engine.points(query, now - DAYS * DAY, now, DAY) for time in points.times]
        first = min((*days, *last))
        since = f"{datetime.fromtimestamp(first, UTC):%Y-%m-%dT%H:%MZ}"
        words = f"samples since {since}, {age(now - first)} ago"
        steps = int(min(DAY, now - first)) // CLOSELY + 1
        absent = steps - len(last)
        whole = int(now - first) // DAY + 1
        if absent > 1:
            words += f"; none at {absent} of {steps} quarters of an hour of the last day"
        elif whole - len(set(days)) > 1:
            words += f"; none at {whole - len(set(days))} of {whole} days"
        else:
            yield Finding("history", OK, words)
            return
        yield Finding("history", WARNING, words, "statistics leave gaps out; see the column coverage")
