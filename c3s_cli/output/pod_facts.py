"""The facts that explain a pod, as labelled lines of text: below its containers in a live view. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from c3s_cli.amounts.duration import ago
from c3s_cli.amounts.timestamp import epoch
from c3s_cli.columns.of_resources import CPU_AND_MEMORY
from c3s_cli.columns.vocabulary import unit_of
from c3s_cli.output.cells import AMOUNTS
from c3s_cli.terminal.printable import NONE, UNKNOWN

if TYPE_CHECKING:
    from c3s_cli.amounts.allocation import Amounts, Term
    from c3s_cli.model.pod_details import PodCondition, PodDetails
    from c3s_cli.model.rows import Container, Pod, PodFacts


def pod_facts(pod: Pod, details: PodDetails | None, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield labels and texts; what was not read is left out."""
    facts, at = pod.facts, now.timestamp()
    if facts is None:
        return
    yield "status", _status(facts, at)
    if facts.pending:
        yield "pending", facts.pending
    yield "node", facts.node or NONE
    if facts.owner is not None:
        yield "owner", facts.owner or NONE
    for container in pod.containers:
        yield from _container(container, at)
    if details is None:
        return
    for condition in details.conditions:
        yield "condition", _condition(condition, at)
    for term in details.terms:
        yield "req/lim", _term(term)


def _status(facts: PodFacts, at: float) -> str:
    restarts = "restarts unknown" if facts.restarts is None else f"{facts.restarts} restarts"
    since = "" if facts.created_at is None else f", created {ago(facts.created_at, at)}"
    return f"{facts.status or UNKNOWN}, {restarts}{since}{f', {facts.qos_class}' if facts.qos_class else ''}"


def _container(container: Container, at: float) -> Iterator[tuple[str, str]]:
    states = container.states
    if states is None:
        return
    if states.waiting:
        yield "waiting", f"{container.name}: {', '.join(states.waiting)}"
    if states.terminated_because:
        ended = epoch(states.terminated_at)
        when = "" if ended is None else f" {ago(ended, at)}"
        yield "last ended", f"{container.name}: {states.terminated_because}{when}"


def _condition(condition: PodCondition, at: float) -> str:
    since = "" if condition.since is None else f" since {ago(condition.since, at).removesuffix(' ago')}"
    why = ", ".join(filter(None, (condition.reason, condition.message)))
    return f"{condition.type} {condition.status}{since}{f': {why}' if why else ''}"


def _term(term: Term) -> str:
    """Write one term, such as `+ container app: cpu 200m/1000m, memory 512Mi/<none>`: requests/limits."""
    named = (*CPU_AND_MEMORY, *sorted({*term.requests, *term.limits}.difference(CPU_AND_MEMORY)))
    amounts = [
        f"{resource} {_amount(term.requests, resource)}/{_amount(term.limits, resource)}"
        for resource in named
        if resource in CPU_AND_MEMORY or term.requests.get(resource) or term.limits.get(resource)
    ]
    return f"{term.how} {term.what}: {', '.join(amounts)}"


def _amount(amounts: Amounts, resource: str) -> str:
    value = amounts.get(resource)
    return AMOUNTS[unit_of(resource)](value) if value else "-"
