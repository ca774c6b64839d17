"""Reads a cluster: usage from the metrics API, kubelets or Prometheus, and facts, in parallel, into one Sample."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import ApiError, C3sError, MetricsUnavailable, MixedClusters, NoSuchNamespace
from c3s_cli.model.sample import Failure, Reading, Sample
from c3s_cli.parallel import in_parallel
from c3s_cli.request.namespaces import is_pattern, matching
from c3s_cli.sources.calls import Calls, Memoized, Progress, open_reading
from c3s_cli.sources.core_api import CoreApi, Stale, unknown_namespaces
from c3s_cli.sources.decode.owner_resolver import OwnerResolver
from c3s_cli.sources.metrics_api import MetricsApi
from c3s_cli.sources.source import CLUSTER, TOTALS, Lists, Scope, Usage

if TYPE_CHECKING:
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.model.rows import Pod
    from c3s_cli.request.period import Period
    from c3s_cli.sources.prometheus.state_metrics import StateMetrics

# Called with the name of a stage and its seconds.
Count = Callable[[str, float], None]
# Makes what reads the core objects of one reading; the parameters are those of CoreApi.
MakeCore = Callable[..., "CoreApi | StateMetrics"]
# Makes the Usage of one reading.
MakeUsage = Callable[["Calls", Scope, list[str], Lists], "Usage"]
# Returns the moments in a range that have readings of their own.
Moments = Callable[["Calls", "Period"], Mapping["Period", float]]

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
LIST_THEM: Final = "only a pattern needs this right: -n team-a,team-b names the namespaces"


def plan(needs: Needs, scope: Scope) -> list[Needs]:
    """Return the parts to read in parallel: what is needed, and the pods that a field selector selects."""
    wanted = needs | Needs.PODS if scope.fields else needs
    return [need for need in NAMES if need in wanted]


class Part(Struct):
    """What a reading asks for in one scope. jobs: what answers each need. problems: quantities that are unreadable."""

    needs: Needs
    scope: Scope
    core: CoreApi | StateMetrics
    usage: Usage
    jobs: Mapping[Needs, Callable[[], Any]]
    problems: list[str]


class ClusterReader:
    """Reads one cluster, any number of times.

    count: called with the seconds of each stage of a reading. progress: as in Calls. core: makes the reader of core
    objects. usage: that of usage, the metrics API by default. context: the name of the cluster. moments: of a past.
    """

    def __init__(
        self,
        cluster: Cluster,
        count: Count = lambda _stage, _seconds: None,
        progress: Progress = lambda _what, _done, _total: None,
        core: MakeCore = CoreApi,
        usage: MakeUsage | None = None,
        context: str = "",
        moments: Moments | None = None,
    ) -> None:
        self.cluster = cluster
        self.context = context or cluster.context
        self._count = count
        self._progress = progress
        self._core = core
        self._usage = usage or MetricsApi(repeated=core is not CoreApi).usage
        self._moments = moments
        self._owners = OwnerResolver()

    def moments(self, period: Period) -> Mapping[Period, float]:
        """Return the moments in a range that have readings of their own, with their times, if the source has a past."""
        return self._moments(open_reading(self.cluster), period) if self._moments else {}

    def read(self, needs: Needs, scope: Scope) -> Sample:
        """Read everything that is needed, in parallel.

        Raises a C3sError if there is nothing to show without it, in the order of kubectl's requests; anything else that
        cannot be read is a Failure in the Sample.
        """
        sample, _ = self._read(needs, scope, totals=False)
        if isinstance(sample, C3sError):
            raise sample
        return sample

    def read_with_totals(self, needs: Needs, scope: Scope) -> Reading:
        """Read everything that is needed, and the totals of the cluster. What both need is requested once.

        Raises the error of the rows if the totals cannot be read, either.
        """
        rows, whole = self._read(needs, scope, totals=True)
        if isinstance(rows, C3sError) and isinstance(whole, C3sError):
            raise rows
        return Reading(rows, whole)

    def _read(self, needs: Needs, scope: Scope, *, totals: bool) -> tuple[Sample | C3sError, Sample | C3sError | None]:
        start = time.perf_counter()
        calls = open_reading(self.cluster, self._progress)
        if scope.objects.namespaced and any(map(is_pattern, scope.namespaces)):
            scope = self._matched(scope, calls)
        parts = self._parts(calls, needs, scope) if totals else [self._part(calls, needs, scope)]
        jobs = {part.jobs[need]: None for part in parts for need in plan(part.needs, part.scope)}
        # The last job runs in this thread: the metrics, which always take a request; lists may already be in memory.
        answers = in_parallel({job: job for job in reversed(jobs)})
        now = max(calls.dates, default=datetime.now(UTC))
        samples: list[Sample | C3sError] = []
        for part in parts:
            try:
                samples.append(self._sample(part, answers, now))
            except C3sError as problem:
                samples.append(problem)
        seconds = calls.seconds()
        self._count("requests", seconds)
        self._count("decoding", time.perf_counter() - start - seconds)
        return samples[0], samples[1] if totals else None

    def _matched(self, scope: Scope, calls: Calls) -> Scope:
        """Replace patterns of namespaces by those that match. NoSuchNamespace if none does."""
        try:
            known = self._core(calls, scope, [], details=False).namespaces()
        except ApiError as problem:
            problem.hint = LIST_THEM if problem.status == 403 else problem.hint
            raise
        names = matching(scope.namespaces, known)
        if not names:
            raise NoSuchNamespace(f"no namespace matches {','.join(scope.namespaces)}")
        return structs.replace(scope, namespaces=names)

    def _parts(self, calls: Calls, needs: Needs, scope: Scope) -> list[Part]:
        """Return the part of the rows and that of the totals, which share what they can."""
        if scope.all_nodes and Needs.NODES in needs:
            rows = self._part(calls, needs | Needs.NODE_DETAILS, scope, totals=True)
            core, nodes = rows.core, rows.jobs[Needs.NODES]
        else:
            core = self._core(calls, CLUSTER, [], details=True)
            nodes = Memoized(core.nodes)
            rows = self._part(calls, needs, scope, nodes, totals=True)
        if scope.all_nodes and scope.objects in (Kind.NODE, Kind.CLUSTER):
            usage = rows.usage
        else:
            usage = self._usage(calls, CLUSTER, [], Lists(nodes, core.pods, core.claims, nodes))
        jobs = {
            Needs.NODE_METRICS: usage.nodes,
            Needs.NODES: nodes,
            Needs.POD_COUNT: rows.jobs[Needs.POD_COUNT],
        }
        return [rows, Part(TOTALS, CLUSTER, core, usage, jobs, [])]

    def _part(
        self,
        calls: Calls,
        needs: Needs,
        scope: Scope,
        everyone: Memoized | None = None,
        *,
        totals: bool = False,
    ) -> Part:
        """Return the jobs for what is needed in a scope. everyone: reads all nodes. totals: whether they are needed."""
        problems: list[str] = []
        core = self._core(
            calls,
            scope,
            problems,
            details=Needs.NODE_DETAILS in needs,
            labels=Needs.POD_LABELS in needs,
            **({"placing": True} if Needs.PLACING in needs else {}),
            # Why one pod is not measured depends on them.
            states=Needs.POD_STATES in needs or (scope.objects is Kind.POD and bool(scope.name)),
        )
        nodes = Memoized(core.nodes if Needs.NODES in needs else core.node_names)
        if everyone and scope.all_nodes:
            nodes = everyone
        pods = Memoized(core.pods)
        lists = Lists(nodes, pods, Memoized(core.claims), (everyone or nodes) if totals else None, core.addresses)
        usage = self._usage(calls, scope, problems, lists)
        jobs: dict[Needs, Callable[[], Any]] = {
            Needs.NODE_METRICS: usage.nodes,
            Needs.POD_METRICS: usage.pods,
            Needs.NODES: nodes,
            # The metrics API ignores field selectors, so the core API lists the selected pods.
            Needs.PODS: pods if Needs.PODS in needs else core.pod_names,
            Needs.OWNERS: core.owners,
            Needs.POD_COUNT: core.count_pods,
            Needs.VOLUMES: usage.volumes,
        }
        return Part(needs, scope, core, usage, jobs, problems)

    def _sample(self, part: Part, results: Mapping[Any, Any], now: datetime) -> Sample:
        """Make the Sample of a part. Raises the first error of a need without which nothing can be shown."""
        scope, usage = part.scope, part.usage
        answers = {need: results[part.jobs[need]] for need in plan(part.needs, scope)}
        for need in scope.dispensable:
            if isinstance(answers.get(need), ApiError | MetricsUnavailable):
                del answers[need]
        why = _why_unmeasured(part, answers, now)
        failures = self._failures(answers, _required(answers, scope))
        known = {need: answer for need, answer in answers.items() if not isinstance(answer, C3sError)}
        pods, facts = _pods(known, part.needs, scope, self._owners)
        pods, facts = self._with_former(pods, facts, known.get(Needs.OWNERS), usage)
        if Needs.RESTARTS in part.needs and scope.period and scope.period.is_range and facts is not None:
            facts = usage.restarts(facts)
        histories = None
        if scope.histories and facts is not None:
            histories, former, more = usage.histories(scope.histories, facts)
            facts = {**self._owners.pods(former, {**more, **(known.get(Needs.OWNERS) or {})}), **facts}
        absence = ""
        if scope.objects is Kind.POD and not pods and facts is None:
            if why:
                pod = "/".join((*scope.namespaces, scope.name or ""))
                raise MetricsUnavailable(f"no metrics of pod {pod}", hint=why)
            usage.explain_absence(now)
        if scope.objects is Kind.VOLUME:
            absence = usage.absence
        elif usage.absence:
            need = Needs.POD_METRICS if scope.objects is Kind.POD else Needs.NODE_METRICS
            failures.append(Failure(self.context, NAMES[need], usage.absence))
        if scope.judged and not (pods or facts or known.get(Needs.VOLUMES)):
            absence = absence or unknown_namespaces(part.core, scope)
        failures += [*usage.failures, *(_stale(self.context, each, now) for each in part.core.stale())]
        failures += [Failure(self.context, "quantity", problem) for problem in part.problems]
        sample = Sample(
            context=self.context,
            now=now,
            source=usage.name,
            namespaces=scope.namespaces,
            nodes=known.get(Needs.NODE_METRICS) or [],
            pods=pods,
            volumes=known.get(Needs.VOLUMES) or [],
            node_facts=known.get(Needs.NODES),
            pod_facts=facts,
            pod_count=known.get(Needs.POD_COUNT),
            absence=absence,
            moment=usage.moment,
            usage_time=usage.time,
            failures=tuple(failures),
            remarks=(*usage.remarks, *filter(None, [why])),
            histories=histories,
        )
        return _with_past(sample, part, usage)

    def _with_former(self, pods: list[Pod], facts: Any, owners: Any, usage: Usage) -> tuple[list[Pod], Any]:
        """Add facts of pods that ended in the range. A pod that still exists only has no running containers."""
        former, more = ({}, {}) if facts is None else usage.former(facts)
        if not former:
            return pods, facts
        gone = {key: each for key, each in former.items() if key not in facts}
        pods = [structs.replace(pod, ended=(pod.namespace, pod.name) in gone) if pod.ended else pod for pod in pods]
        return pods, {**self._owners.pods(gone, {**more, **(owners or {})}), **facts}

    def _failures(self, answers: Mapping[Needs, Any], required: Needs) -> list[Failure]:
        """Return the optional parts that could not be read. Raises the first error of a required part."""
        failures: list[Failure] = []
        for need, answer in answers.items():
            if isinstance(answer, C3sError):
                if need in required or isinstance(answer, MixedClusters):
                    raise answer
                failures.append(Failure(self.context, NAMES[need], str(answer)))
        return failures


def _why_unmeasured(part: Part, answers: Mapping[Needs, Any], now: datetime) -> str:
    """Return why the pod that was named is not measured, unless it is; add that to the error about it."""
    pods, scope = answers.get(Needs.POD_METRICS), part.scope
    if scope.objects is not Kind.POD or not scope.name or scope.period:
        return ""
    from c3s_cli.sources.unmeasured import is_unmeasured, no_such_pod, why_unmeasured  # only needed for a NAME

    if not is_unmeasured(pods):
        return ""
    facts = answers.get(Needs.PODS)
    try:
        why = why_unmeasured((lambda: facts) if isinstance(facts, dict) else part.core.pods, now)
    except ApiError:
        if not pods:
            raise
        why = no_such_pod(scope.name) if isinstance(pods, ApiError) else ""
    if isinstance(pods, C3sError):
        pods.hint = pods.hint or why or None
    return why


def _with_past(sample: Sample, part: Part, usage: Usage) -> Sample:
    """Add the details of nodes that are gone at the end of a range, and the statistics of the groups of its rows."""
    scope = part.scope
    if Needs.NODE_DETAILS in part.needs and scope.period and scope.period.is_range:
        from c3s_cli.sources.former_nodes import with_former_nodes  # only a range has nodes that are gone

        sample = with_former_nodes(sample, usage)
    if scope.groups is None:
        return sample
    known = tuple(usage.failures)
    figures = usage.sums(sample, scope.groups)
    missing = (failure for failure in usage.failures if failure not in known)
    return structs.replace(sample, group_figures=figures, failures=(*sample.failures, *missing))


def _stale(context: str, stale: Stale, now: datetime) -> Failure:
    """Report that facts are out of date, and since when; or that a watch was given up, if they are not."""
    if not stale.seconds:
        return Failure(context, stale.name, stale.problem.message)
    since = f"{now - timedelta(seconds=round(stale.seconds)):%H:%M:%SZ}"
    words = f"the watch was interrupted, the list is from {since}: {stale.problem.first_line}"
    return Failure(context, stale.name, words)


def _pods(known: Mapping[Needs, Any], needs: Needs, scope: Scope, owned: OwnerResolver) -> tuple[list[Any], Any]:
    """Return the usage of the pods that a field selector selects, and their facts; None if these are not needed."""
    pods = known.get(Needs.POD_METRICS) or []
    facts = known.get(Needs.PODS)
    if scope.fields and facts is not None:
        pods = [pod for pod in pods if (pod.namespace, pod.name) in facts]
    return pods, None if Needs.PODS not in needs or facts is None else owned.pods(facts, known.get(Needs.OWNERS))


def _required(answers: Mapping[Needs, Any], scope: Scope) -> Needs:
    """Return the needs without which nothing can be shown. A pod with a known spec can be shown without usage."""
    if scope.objects is Kind.VOLUME:
        return Needs.VOLUMES
    if scope.objects is not Kind.POD:
        return Needs.NODE_METRICS | Needs.NODES
    if scope.histories:
        return Needs.PODS
    if scope.fields:
        return Needs.POD_METRICS | Needs.PODS
    pods = answers.get(Needs.PODS)
    return Needs.POD_METRICS if pods is None or isinstance(pods, C3sError) else Needs.NOTHING
