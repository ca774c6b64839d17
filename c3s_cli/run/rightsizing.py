"""`c3s rightsize`: read the past of workloads, apply the rule, print."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from msgspec import structs

from c3s_cli.amounts.duration import parse_long
from c3s_cli.columns.vocabulary import Needs, Unit
from c3s_cli.errors import ExitCode
from c3s_cli.metrics import calls_at_once, scope_of
from c3s_cli.model.rightsizing import Advice, Finding, Recommendation, RecommendationGroup, RightsizeRequest
from c3s_cli.model.sample import Failure, Reading, Sample
from c3s_cli.output.cells import AMOUNTS
from c3s_cli.report import Report
from c3s_cli.request.query import Query
from c3s_cli.request.rightsizing import words_of_rule
from c3s_cli.request.target import Origin, Target
from c3s_cli.request.view import CHANGES, TABLES, View
from c3s_cli.run.fleet import open_fleet
from c3s_cli.run.member import Member
from c3s_cli.run.missing_workload import not_found
from c3s_cli.run.printing import emit, write
from c3s_cli.run.reading import Clusters, progress_of
from c3s_cli.run.stages import Stages
from c3s_cli.run.verdict import say_about, verdict
from c3s_cli.terminal.stderr import counted, named

NAMES: Final = {"cpu": "CPU", "memory": "memory"}
UNITS: Final = {"cpu": Unit.NANOCORES, "memory": Unit.BYTES}
# Pods of these differ with the size of their nodes, which explains them.
DAEMONS: Final = "DaemonSet/"
NOT_EXPORTED: Final = "kube-state-metrics does not know vertical autoscalers and templates: what pods request counts"
NO_PAST: Final = (
    "there is no past to recommend from: name a Prometheus (--from prometheus), or record a day (c3s record load.c3s)"
)


def recommend(target: Target, query: Query, view: View) -> ExitCode:
    """Read each cluster once and print a row for each container of its workloads."""
    stages, request = Stages(target.verbosity), query.rightsize or RightsizeRequest()
    with open_fleet(target, stages, calls_at_once(query), query.period) as fleet:
        with progress_of(fleet, stages):
            job = partial(_read, query, target.origin, Needs.NOTHING)
            samples, failures = Clusters(fleet, query, stages, job, once=True).read_once()
        with stages.stage("computing"):
            from c3s_cli.analysis.recommending import make_recommendations

            rule = words_of_rule(request.rule)
            failures = (*failures, *_undescribed(request, samples))
            report = make_recommendations(samples, query, request, rule, failures=failures, contexts=fleet.several)
        if "/" in request.workload and not report.rows and query.where is None and query.limit is None:
            raise not_found(request.workload, samples)
        write(report, view, stages)
    moment = [f"usage {report.moment}"] if report.moment and view.format in TABLES else []
    last = [
        *(_without_advice(report) if request.past else ()),
        *(_added(report, samples) if view.format in CHANGES else ()),
    ]
    say_about(report, view, moment, (*_remarks(report, request, view), *last))
    stages.summarize()
    return verdict(report, view, unsure=any(_unknown(report, request)))


def explain(target: Target, query: Query, view: View) -> ExitCode:
    """Print every figure that leads to the recommendations for one workload, and where each comes from."""
    stages, request = Stages(target.verbosity), query.rightsize or RightsizeRequest()
    with open_fleet(target, stages, calls_at_once(query), query.period) as fleet:
        fleet.sole("--explain")
        with progress_of(fleet, stages):
            of_nodes = Needs.NODES if request.workload.startswith((DAEMONS, "*/")) else Needs.NOTHING
            job = partial(_read, query, target.origin, of_nodes)
            samples, _ = Clusters(fleet, query, stages, job, once=True).read_once()
        from c3s_cli.analysis.histories import container_histories
        from c3s_cli.run.explain_rightsize import explained

        histories = list(container_histories(samples[0], request.workload))
        if not histories:
            raise not_found(request.workload, samples)
        emit(explained(histories, samples[0], request.rule, view))
    return ExitCode.OK


def _read(query: Query, origin: Origin, more: Needs, member: Member) -> Reading:
    reader = member.reader()
    scope = scope_of(query, reader.cluster.namespace)
    sample = reader.read(query.needs | more, scope)
    if query.rightsize and query.rightsize.past:
        from c3s_cli.analysis.histories import without_data

        if pods := without_data(sample, query.rightsize.workload):
            note = f"running pods without data, which do not count: {named(pods)}"
            sample = structs.replace(sample, remarks=(*sample.remarks, note))
    if origin.file:
        return Reading(structs.replace(sample, remarks=(*sample.remarks, "a recording does not know autoscalers")))
    if origin.facts:
        return Reading(structs.replace(sample, remarks=(*sample.remarks, NOT_EXPORTED)))
    from c3s_cli.sources.scalers import read_scalers
    from c3s_cli.sources.templates import read_templates

    scope = structs.replace(scope, namespaces=sample.namespaces)
    scaled, problems = read_scalers(member.open_reading(), scope)
    templates, unread = read_templates(member.open_reading(), scope)
    failures = (Failure(sample.context, name, str(problem)) for name, problem in problems.items())
    # Without templates, the requests of pods count.
    notes = (
        f"{name} could not be read, so what their pods request counts: {problem}" for name, problem in unread.items()
    )
    return Reading(
        structs.replace(
            sample,
            scaled=scaled,
            templates=templates,
            failures=(*sample.failures, *failures),
            remarks=(*sample.remarks, *notes),
        )
    )


def _undescribed(request: RightsizeRequest, samples: Sequence[Sample]) -> Iterator[Failure]:
    """Yield a Failure for each object of the manifests whose pods these do not describe."""
    message = "its containers were not compared, as the manifests do not describe its pods"
    return (Failure(samples[0].context, name, message, partial=True) for name in request.unknown)


def _unknown(report: Report, request: RightsizeRequest) -> Iterator[int]:
    """Yield how many containers of each row have no recommendation; without a past, no finding."""
    for row in report.rows:
        if request.past:
            yield row.unknown_count if isinstance(row, RecommendationGroup) else len(getattr(row, "unknown", ()))
        else:
            findings = getattr(row, "findings", None) or {getattr(row, "finding", None): 1}
            yield findings.get(Finding.UNKNOWN, 0)


def _without_advice(report: Report) -> Iterator[str]:
    """Yield how many containers have no recommendation, and why."""
    rows: Sequence[Any] = report.rows
    groups = report.kind.group is report.kind
    # Some are at risk, whatever they need.
    unknown = sum(row.unknown_count if groups else bool(row.unknown) for row in rows)
    if not unknown:
        return
    if groups:
        yield f"{unknown} of {sum(row.container_count for row in rows)} containers have no recommendation"
        return
    # What all but the first begin with, too, is said once.
    common = "too little history: "
    reasons = sorted(dict.fromkeys(why for row in rows for why in row.unknown), key=lambda why: why.startswith(common))
    first = next((place for place, why in enumerate(reasons) if why.startswith(common)), 0)
    reasons[first + 1 :] = (why.removeprefix(common) for why in reasons[first + 1 :])
    less = f"; --min-history {least} takes less" if (least := _least(reasons)) else ""
    yield f"{unknown} of {len(rows)} containers have no recommendation: {named(reasons)}{less}"


def _added(report: Report, samples: Sequence[Sample]) -> Iterator[str]:
    """Yield which changes may name a container that a webhook has added to the pods, as nobody read the template."""
    from c3s_cli.output.changes import UNCHANGEABLE  # loaded for changes already

    rows: Sequence[Recommendation] = report.rows  # type: ignore[assignment]  # only containers have changes
    known = {(sample.context, *key) for sample in samples for key in sample.templates}
    several = Counter((row.context, row.namespace, row.owner) for row in rows)
    owners = dict.fromkeys(
        row.owner
        for row in rows
        if row.changes
        and row.owner.partition("/")[0] not in UNCHANGEABLE
        and several[key := (row.context, row.namespace, row.owner)] > 1
        and key not in known
    )
    if owners:
        yield (
            "note: templates were not read: changes of a container that a webhook has added are refused; "
            f"--where 'container != NAME' leaves one out: {named(list(owners))}"
        )


def _least(reasons: Sequence[str]) -> str:
    """Return the shortest history that there is, as in `19h of 24h`; "" if there is none."""
    known = [match[1] for why in reasons if (match := re.search("([1-9][0-9]*[hm]) of ", why))]
    return min(known, key=parse_long, default="")


def _remarks(report: Report, request: RightsizeRequest, view: View) -> Iterator[str]:
    """Yield what all changes amount to, and whose quality of service they would change."""
    if not request.past:
        yield f"hint: {NO_PAST}"
        return
    if report.kind.group is report.kind:
        return
    rows: Sequence[Recommendation] = report.rows  # type: ignore[assignment]  # these rows are of that kind
    yield from _sums(rows)
    yield from _resized(rows)
    limits = sum(any(_changes_limit(each) for each in (row.cpu, row.memory)) for row in rows)
    if limits and view.format in CHANGES:
        yield f"note: limits change too, of {counted(limits, 'container')}"
    elif limits and not any(column.name.endswith("recommended.limits") for column in report.columns):
        yield f"note: limits would change too, of {counted(limits, 'container')}: --columns wide shows them"
    changed = {
        f"{row.owner}: {row.qos_class} to {row.recommended_qos_class}": None
        for row in rows
        if row.recommended_qos_class != row.qos_class
    }
    if changed:
        yield f"note: the QoS class would change: {named(list(changed))}"


def _changes_limit(advice: Advice) -> bool:
    return advice.changes and advice.recommended_limits != advice.limits


def _resized(rows: Sequence[Recommendation]) -> Iterator[str]:
    """Yield what running pods request in all if that is not what their template declares, as after a resize."""
    for resource, unit in UNITS.items():
        differing = []
        for row in rows:
            more = _beyond_template(row, resource)
            if more and row.running:
                running = row.running.get(resource, 0)
                amounts = [AMOUNTS[unit](each) for each in (running, running - more)]
                differing.append(f"{row.name} ({amounts[0]}, not {amounts[1]})")
        if differing:
            yield (
                f"note: rows show what templates request, the sums above what running pods do, which differs in "
                f"{NAMES[resource]}: {named(differing)}"
            )


def _beyond_template(row: Recommendation, resource: str) -> int:
    """Return how much more the running pods of a row request in all than their template declares."""
    declared = getattr(row, resource).requests
    if row.running is None or declared is None or resource in row.autoscaled:
        return 0
    return row.running.get(resource, 0) - row.replicas * int(declared)


def _change(row: Recommendation, resource: str) -> int:
    """Return how much more all replicas would request than they do now, or less if negative."""
    change = (getattr(row, resource).change or 0) * row.replicas
    return change - _beyond_template(row, resource) if change else 0


def _sums(rows: Sequence[Recommendation]) -> Iterator[str]:
    for sign in (-1, 1):
        amounts = []
        for resource, unit in UNITS.items():
            changes = [sign * _change(row, resource) for row in rows]
            amount = AMOUNTS[unit](sum(change for change in changes if change > 0))
            if amount not in ("0m", "0Mi"):
                amounts.append(f"{amount} {NAMES[resource]}")
        if amounts:
            than_needed = "more" if sign < 0 else "less"
            yield f"{than_needed} is requested than needed: {' and '.join(amounts)}"
