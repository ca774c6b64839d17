"""The API server as a source: usage from the metrics API, kubelets or Prometheus, and facts, joined in one Sample."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import C3sError
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.sources import metrics_api
from c3s_cli.sources.core_api import CoreApi
from c3s_cli.sources.decode.owner_resolver import OwnerResolver
from c3s_cli.sources.requests import Memoized, Requests, at_once
from c3s_cli.sources.source import Lists

if TYPE_CHECKING:
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.sources.core_api import MakeCore, Stale
    from c3s_cli.sources.source import Scope, Usage

# Starts a reading of the usage.
Reading = Callable[[Requests, "Scope", list[str], Lists], "Usage"]

# The name of each need in messages.
NAMES: Final = {
    Needs.NODE_METRICS: "node metrics",
    Needs.POD_METRICS: "pod metrics",
    Needs.NODES: "nodes",
    Needs.PODS: "pods",
    Needs.OWNERS: "owners",
    Needs.POD_COUNT: "pod count",
    Needs.VOLUMES: "volumes",
}


def plan(needs: Needs, scope: Scope) -> list[Needs]:
    """Return the parts to read in parallel: what is needed, and the pods that a field selector selects."""
    wanted = needs | Needs.PODS if scope.fields else needs
    return [need for need in NAMES if need in wanted]


class ClusterReader:
    """One cluster's API server, and the source of its usage: the metrics API by default.

    count: called with the seconds of each stage of a reading. core: makes the reader of core objects.
    context: what to call the cluster, if not by its connection.
    """

    def __init__(
        self,
        cluster: Cluster,
        count: Callable[[str, float], None] = lambda _stage, _seconds: None,
        core: MakeCore = CoreApi,
        reading: Reading = metrics_api.reading,
        context: str = "",
    ) -> None:
        self.cluster = cluster
        self.context = context or cluster.context
        self.count = count
        self.core = core
        self.reading = reading
        self._owned = OwnerResolver()

    def read(self, needs: Needs, scope: Scope) -> Sample:
        """Read everything that is needed, in parallel. Errors are raised in the order of kubectl's requests."""
        begun = time.perf_counter()
        problems: list[str] = []
        requests = Requests(self.cluster)
        core = self.core(
            requests, scope, problems, details=Needs.NODE_DETAILS in needs, labels=Needs.POD_LABELS in needs
        )
        nodes = Memoized(core.nodes if Needs.NODES in needs else core.node_names)
        pods_in_scope = Memoized(core.pods)
        usage = self.reading(requests, scope, problems, Lists(nodes, pods_in_scope, Memoized(core.claims)))
        jobs: dict[Needs, Callable[[], Any]] = {
            Needs.NODE_METRICS: usage.nodes,
            Needs.POD_METRICS: usage.pods,
            Needs.NODES: nodes,
            # The metrics API ignores field selectors, so the core API lists the selected pods.
            Needs.PODS: pods_in_scope if Needs.PODS in needs else core.pod_names,
            Needs.OWNERS: core.owners,
            Needs.POD_COUNT: core.count_pods,
            Needs.VOLUMES: usage.volumes,
        }
        wanted = plan(needs, scope)
        # The last job runs in this thread: the metrics, which always take a request; lists may already be in memory.
        ended = at_once({need: jobs[need] for need in reversed(wanted)})
        answers = {need: ended[need] for need in wanted}
        failures = self._failures(answers, _required(answers, scope))
        known = {need: answer for need, answer in answers.items() if not isinstance(answer, C3sError)}
        now = max(requests.dates, default=datetime.now(UTC))
        pods, facts = _pods(known, needs, scope, self._owned)
        absence = ""
        if scope.objects is Kind.POD and not pods and facts is None:
            usage.explain_absence(now)
            absence = usage.absence
        elif usage.absence:
            part = Needs.POD_METRICS if scope.objects is Kind.POD else Needs.NODE_METRICS
            failures.append(Failure(self.context, NAMES[part], usage.absence))
        failures += usage.failures
        failures += [_stale(self.context, each, now) for each in core.stale()]
        failures += [Failure(self.context, "quantity", problem) for problem in problems]
        seconds = requests.seconds()
        self.count("requests", seconds)
        self.count("decoding", time.perf_counter() - begun - seconds)
        sample = Sample(
            context=self.context,
            now=now,
            source=usage.name,
            namespace=scope.namespace or "",
            nodes=known.get(Needs.NODE_METRICS) or [],
            pods=pods,
            volumes=known.get(Needs.VOLUMES) or [],
            node_facts=known.get(Needs.NODES),
            pod_facts=facts,
            pod_count=known.get(Needs.POD_COUNT),
            absence=absence,
            failures=tuple(failures),
        )
        return _with_groups(sample, scope, usage)

    def _failures(self, answers: Mapping[Needs, Any], required: Needs) -> list[Failure]:
        """Return the optional parts that could not be read. Raises the first error of a required part."""
        failures: list[Failure] = []
        for need, answer in answers.items():
            if isinstance(answer, C3sError):
                if need in required:
                    raise answer
                failures.append(Failure(self.context, NAMES[need], str(answer)))
        return failures


def _with_groups(sample: Sample, scope: Scope, usage: Usage) -> Sample:
    """Read the statistics of the groups that the rows of the sample form."""
    if scope.groups is None:
        return sample
    known = tuple(usage.failures)
    figures = usage.sums(scope.groups(sample), scope.group_figures)
    missing = [failure for failure in usage.failures if failure not in known]
    return structs.replace(sample, group_figures=figures, failures=(*sample.failures, *missing))


def _stale(context: str, stale: Stale, now: datetime) -> Failure:
    """Report that facts are out of date, and since when; or that a watch was given up, if they are not."""
    if not stale.seconds:
        return Failure(context, stale.name, stale.problem.message)
    since = now - timedelta(seconds=round(stale.seconds))
    why = str(stale.problem).partition("\n")[0]
    return Failure(context, stale.name, f"the watch was interrupted, the list is from {since:%H:%M:%SZ}: {why}")


def _pods(known: Mapping[Needs, Any], needs: Needs, scope: Scope, owned: OwnerResolver) -> tuple[list[Any], Any]:
    """Return the usage of the pods that a field selector selects, and their facts; None if these are not needed."""
    pods = known.get(Needs.POD_METRICS) or []
    facts = known.get(Needs.PODS)
    if scope.fields and facts is not None:
        pods = [pod for pod in pods if (pod.namespace, pod.name) in facts]
    if Needs.PODS not in needs or facts is None:
        return pods, None
    return pods, owned.pods(facts, known.get(Needs.OWNERS))


def _required(answers: Mapping[Needs, Any], scope: Scope) -> Needs:
    """Return the needs without which nothing can be shown. A pod with a known spec can be shown without usage."""
    if scope.objects is Kind.VOLUME:
        return Needs.VOLUMES
    if scope.objects is not Kind.POD:
        return Needs.NODE_METRICS | Needs.NODES
    if scope.fields:
        return Needs.POD_METRICS | Needs.PODS
    pods = answers.get(Needs.PODS)
    return Needs.POD_METRICS if pods is None or isinstance(pods, C3sError) else Needs.NOTHING
