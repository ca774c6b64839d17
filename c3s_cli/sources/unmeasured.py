"""Why the one pod that was named is not measured: it waits, has not started, has just started, has ended.

And whether anything should be measured where nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from c3s_cli.amounts.duration import age, go_duration
from c3s_cli.amounts.timestamp import epoch
from c3s_cli.errors import ApiError, C3sError, MetricsUnavailable
from c3s_cli.model.rows import PodFacts
from c3s_cli.sources.metrics_api import YOUNG


def is_unmeasured(pods: Any) -> bool:
    """Return whether an answer about a pod has no usage of it; not if it could not be read, or does not exist."""
    if isinstance(pods, C3sError):
        return isinstance(pods, ApiError) and pods.reason == "NotFound" and "podmetrics" in pods.detail
    return pods is not None and all(pod.cpu_nanocores is None and pod.memory_bytes is None for pod in pods)


def why_unmeasured(read: Callable[[], Mapping[Any, PodFacts]], now: datetime) -> str:
    """Return why a pod is not measured; "" if its status cannot be read. ApiError if there is no such pod.

    read: reads the pod, with the states of its containers; nothing if it has finished.
    """
    try:
        facts = next(iter(read().values()), None)
    except C3sError as problem:
        if isinstance(problem, ApiError) and problem.reason == "NotFound":
            raise
        return ""
    return "the pod has finished" if facts is None else _why(facts, now.timestamp())


def no_such_pod(name: str) -> str:
    """Return what to say of a name that no pod has."""
    return f"there is no such pod; c3s top pods -A --where 'name ~ {name}' looks for a part of the name everywhere"


def _why(facts: PodFacts, now: float) -> str:
    if facts.pending:
        return f"the pod is Pending: {facts.pending}"
    if not facts.node:
        return f"the pod is {facts.status}: it has no node yet"
    if not facts.started:
        return f"the pod has not started: {facts.status}"
    states = facts.states
    ended_at = epoch(states.terminated_at) if states else None
    last = f"a container ended {_age(now, ended_at)} ago: {states.terminated_because}" if states and ended_at else ""
    if states and states.waiting:
        return f"the pod waits: {', '.join(states.waiting)}{'; ' if last else ''}{last}"
    if facts.created_at is not None and now - facts.created_at <= YOUNG:
        return f"the pod was created {_age(now, facts.created_at)} ago: metrics follow within two minutes"
    if ended_at and now - ended_at <= YOUNG:
        return f"{last}; metrics follow within two minutes"
    return f"the pod is {facts.status} on node {facts.node}, but nothing measures it: c3s doctor looks for the cause"


def _age(now: float, since: float) -> str:
    # The clock of a node may be ahead.
    return age(max(0, int(now - since)))


def refuse_absence(read: Callable[[], Mapping[tuple[str, str], PodFacts]], now: float, young: float, hint: str) -> None:
    """Raise MetricsUnavailable, as kubectl words it, if there are pods that should have usage, and none has.

    read: reads the pods in scope. young: until which age pods need not have any, in seconds.
    """
    try:
        pods = read()
    except C3sError:
        return
    for (namespace, name), facts in pods.items():
        old = now - (facts.created_at or now)
        if facts.node and facts.started and old > young:
            raise MetricsUnavailable(
                f"Metrics not available for pod {namespace}/{name}, age: {go_duration(round(old * 10**9))}", hint=hint
            )
