"""`c3s fit`: read nodes and pods, place the requested pods, print."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from c3s_cli.errors import ApiError, ExitCode
from c3s_cli.metrics import nodes_and_pods
from c3s_cli.output import prepare, unmatched_paths
from c3s_cli.request.view import TABLES
from c3s_cli.run.fleet import opened
from c3s_cli.run.once import write
from c3s_cli.run.reading import progress_of
from c3s_cli.run.stages import Stages
from c3s_cli.run.verdict import NAMED, remarks, verdict
from c3s_cli.terminal.words import say

if TYPE_CHECKING:
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.model import Report, Sample
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import Target
    from c3s_cli.request.view import Format, View
    from c3s_cli.request.workloads import FitRequest, FitResult


def fit(target: Target, query: Query, view: View, request: FitRequest) -> ExitCode:
    """Place the pods and print the nodes. Return CONDITION_MET if not all pods fit."""
    stages = Stages(target.verbosity)
    with opened(target, stages, connections=2) as fleet:
        cluster = fleet.sole("fit").cluster()
        threading.Thread(target=_prepare, args=(view.format,), daemon=True).start()
        with progress_of(fleet, stages):
            report = _report(cluster, query, request, stages)
        write(report, view, stages)
    if report.omitted and view.format in TABLES:
        say(f"{report.omitted} more rows are not shown")
    for remark in (*unmatched_paths(report, view), *remarks(report), *_remarks(report.fit_results)):
        say(remark)
    stages.summarize()
    complete = all(each.placed == each.replicas for each in report.fit_results)
    return verdict(report) if complete else ExitCode.CONDITION_MET


def _prepare(format_: Format) -> None:
    """Import the modules for computing and printing while the requests are under way."""
    import c3s_cli.analysis.fit  # noqa: F401  for `_report`, which imports it again

    prepare(format_)


def _report(cluster: Cluster, query: Query, request: FitRequest, stages: Stages) -> Report:
    with stages.stage("reading"):
        sample = nodes_and_pods(cluster, labels=request.looks_at_pods)
    _check_names(request.without, sample)
    home = query.namespace or cluster.namespace
    workloads = tuple(structs.replace(each, namespace=each.namespace or home) for each in request.workloads)
    with stages.stage("computing"):
        from c3s_cli.analysis.fit import make_fit  # imported while waiting for the answers

        return make_fit(sample, query, structs.replace(request, workloads=workloads))


def _check_names(names: Sequence[str], sample: Sample) -> None:
    """Raise the error of kubectl for the first node that does not exist."""
    for name in names:
        if name not in (sample.node_facts or {}):
            raise ApiError(404, "NotFound", f'nodes "{name}" not found')


def _remarks(fit_results: Sequence[FitResult]) -> Iterator[str]:
    """Yield how many pods fit, and what was not considered."""
    workloads = [each for each in fit_results if each.namespace is not None]
    for each in fit_results:
        if each.namespace is None:
            yield f"{each.placed} of {each.replicas} pods of {each.workload} fit elsewhere{_left(each.unplaced)}"
    for each in (each for each in workloads if each.replicas or len(workloads) == len(fit_results)):
        prefix = f"{each.workload}: " if len(workloads) > 1 else ""
        yield f"{prefix}{each.placed} of {each.replicas} replicas fit"
    for each in workloads:
        if each.not_considered:
            yield f"not considered: {', '.join(each.not_considered)} ({each.workload})"


def _left(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"; no room for {', '.join(names[:NAMED])}{more}"
