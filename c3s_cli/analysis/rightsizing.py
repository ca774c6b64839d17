"""The rule of `c3s rightsize`: the history of a container → what it should request, and why. No I/O.

Integers only: nanocores and bytes. docs/rightsize.md says where each part of the rule comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.amounts.totals import by_key, sum_known
from c3s_cli.model.rightsizing import Advice, ContainerHistory, Finding, Recommendation, Rule

WHOLE: Final = 10_000
# Shorter lives say little about CPU: a start is not the usual load.
LEAST_LIFE: Final = 3600
# Steps of quantities that people write: 25m and 64Mi.
STEPS: Final = {"cpu": 25_000_000, "memory": 64 << 20}
# The share of throttled periods above which the Kubernetes mixin alerts, and that of a limit that is near it.
THROTTLED: Final = 2500
# The share from which the limit is too low for bursts that the percentile does not show.
HELD: Final = 500
NEAR: Final = 9000
NO_HISTORY: Final = "no history"


def recommend(history: ContainerHistory, rule: Rule) -> Recommendation:
    """Return the row of one container of a workload."""
    past = history.replicas
    return Recommendation(
        context=history.context,
        namespace=history.namespace,
        owner=history.owner,
        container=history.container,
        role=history.role,
        replicas=history.count,
        cpu=_advise("cpu", history, rule),
        memory=_advise("memory", history, rule),
        cpu_start=_most(each.cpu_start for each in past),
        start=history.start,
        end=history.end,
        samples=sum(each.samples for each in past),
        seconds=history.seconds,
        throttled_periods=sum_known(each.throttled_periods for each in past),
        periods=sum_known(each.periods for each in past),
        oom_kills=sum_known(each.oom_kills for each in past),
        restarts=sum_known(each.restarts for each in past),
        autoscaled=history.autoscaled,
        qos_class=history.qos_class,
        recommended_qos_class=history.qos_class,
        place=history.place,
        declared_requests=history.requests,
        declared_limits=history.limits,
        nodes=history.nodes,
        running=history.running,
    )


def recommend_all(histories: Iterable[ContainerHistory], rule: Rule) -> list[Recommendation]:
    """Return the rows of containers, with the quality of service that the pods of each workload would have."""
    rows = [recommend(history, rule) for history in histories]
    by_workload = by_key(((row.context, row.namespace, row.owner), row) for row in rows)
    classes = {key: _qos_class(several) for key, several in by_workload.items()}
    return [
        structs.replace(row, recommended_qos_class=qos_class)
        if row.qos_class and (qos_class := classes[row.context, row.namespace, row.owner])
        else row
        for row in rows
    ]


# --- one resource ---------------------------------------------------------------------------------------------


def _advise(resource: str, history: ContainerHistory, rule: Rule) -> Advice:
    requests, limits = _declared(history, resource)
    used, throttled = _used(resource, history), _throttled(resource, history)
    said = [f"throttled {throttled // 100}%"] if throttled >= HELD else []
    notes = said if throttled >= THROTTLED else []
    known = Advice(requests, limits, used, None, None, Finding.UNKNOWN, "")
    if resource in history.autoscaled and not rule.include_autoscaled:
        reason, notes = f"autoscaled on {resource}: left alone", notes + _dangers(resource, known, history)
        return _judge(known, Finding.RISK if notes else Finding.FINE, reason, notes)
    if resource in history.of_pod and not requests:
        return _judge(structs.replace(known, change=0), Finding.FINE, "requested for the whole pod: left alone", notes)
    if why := _too_little(history, used, rule):
        notes += _dangers(resource, known, history)
        known = structs.replace(known, unknown=why)
        return _judge(known, Finding.RISK if notes else Finding.UNKNOWN, why, notes)
    need, why_needed = need_of(resource, history, used or 0, rule)
    value, reason = _amount(resource, need, why_needed, rule)
    if requests is None or limits is None:
        advice = structs.replace(known, recommended_requests=value, unknown="requests are unknown")
        return _judge(advice, Finding.RISK if notes else Finding.UNKNOWN, f"{reason}, requests are unknown", notes)
    limit, needed = value, need
    if resource == "cpu":
        limit = _cpu_limit(history, requests, limits, value, rule)
        needed = _cpu_limit(history, requests, limits, need, structs.replace(rule, exact=True))
    if limits and throttled >= HELD:
        limit = max(limit, limits)
    # What covers the need stays: a floor or rounding alone raises nothing.
    grows = need > requests and _exceeds(value, requests, rule)
    grows = grows or (0 < limits < needed and _exceeds(limit, limits, rule))
    shrinks = not grows and requests - value >= _least(requests, rule) and requests > value
    if not (grows or shrinks) and value > requests:
        value, limit, reason = requests, limits, why_needed
    finding = Finding.RISK if grows or notes else Finding.WASTE if shrinks else Finding.FINE
    advice = structs.replace(
        known,
        recommended_requests=value,
        recommended_limits=limit,
        changes=grows or shrinks,
        change=value - requests if grows or shrinks else 0,
    )
    return _judge(advice, finding, reason, [*([] if requests else ["no request now"]), *said])


def _judge(advice: Advice, finding: Finding, reason: str, notes: Sequence[str]) -> Advice:
    return structs.replace(advice, finding=finding, reason=", ".join([reason, *notes]))


def _declared(history: ContainerHistory, resource: str) -> tuple[int | None, int | None]:
    requests, limits = (None if each is None else each.get(resource, 0) for each in (history.requests, history.limits))
    return requests, limits


def _used(resource: str, history: ContainerHistory) -> int | None:
    """Return the amount to start from: the largest of the percentiles of CPU, or the most memory of any replica."""
    if resource == "memory":
        return _most(each.memory for each in history.replicas)
    return _most(each.cpu for each in history.replicas if history.by_runs or each.seconds >= LEAST_LIFE)


def _throttled(resource: str, history: ContainerHistory) -> int:
    """Return the share of CPU periods that were throttled; 0 if that is unknown."""
    if resource != "cpu":
        return 0
    periods = sum_known(each.periods for each in history.replicas)
    return WHOLE * (sum_known(each.throttled_periods for each in history.replicas) or 0) // periods if periods else 0


def _dangers(resource: str, now: Advice, history: ContainerHistory) -> list[str]:
    """Return what is wrong without any recommendation."""
    dangers = []
    if now.requests == 0:
        dangers.append("no request now")
    if resource == "memory":
        if sum_known(each.oom_kills for each in history.replicas):
            dangers.append("OOM-killed")
        elif now.limits and now.used and now.used * WHOLE >= now.limits * NEAR:
            dangers.append("near its limit")
    return dangers


def _too_little(history: ContainerHistory, used: int | None, rule: Rule) -> str:
    """Return why there is no recommendation; "" if there is enough history."""
    if history.end <= history.start:
        return NO_HISTORY
    if not history.replicas:
        return "no history in the range"
    seconds = history.end - min(each.first for each in history.replicas) if history.by_runs else history.seconds
    if seconds < rule.min_history:
        return f"too little history: {_hours(seconds)} of {_hours(rule.min_history)}"
    if used is None:
        short = any(each.cpu is not None for each in history.replicas)
        return "too little history: no replica lived an hour" if short else "no usage is known"
    return ""


def _hours(seconds: float) -> str:
    return f"{int(seconds) // 3600}h" if seconds >= 3600 else f"{int(seconds) // 60}m"


def need_of(resource: str, history: ContainerHistory, used: int, rule: Rule) -> tuple[int, str]:
    """Return what a replica needs, and why it is that much."""
    if resource == "cpu":
        return used, f"p{rule.cpu_percentile}"
    value, reason = _share(used, WHOLE + rule.memory_buffer), f"max + {rule.memory_buffer / 100:g}%"
    kills = [each.oom_limit for each in history.replicas if each.oom_kills and each.oom_limit]
    after = _share(max(kills, default=0), rule.oom_buffer)
    return (after, f"{reason}, raised after OOM") if after > value else (value, reason)


def _amount(resource: str, value: int, reason: str, rule: Rule) -> tuple[int, str]:
    """Return the request to recommend for a need: within the floor and the ceiling, as people write it."""
    least, most = (rule.cpu_min, rule.cpu_max) if resource == "cpu" else (rule.memory_min, rule.memory_max)
    if value < least:
        value, reason = least, "floor"
    value = rounded(resource, value, rule)
    if most is not None and value > most:
        value, reason = most, "ceiling"
    return value, reason


def _cpu_limit(history: ContainerHistory, requests: int, limits: int, value: int, rule: Rule) -> int:
    """Return the CPU limit: none if there is none, else in the same proportion to the request, but enough to start."""
    if not limits:
        return 0
    scaled = -(-limits * value // requests) if requests else limits
    enough = max(scaled, value, _most(each.cpu_start for each in history.replicas) or 0)
    return max(value, rounded("cpu", enough, rule))


def rounded(resource: str, value: int, rule: Rule) -> int:
    """Round up to what people write."""
    step = STEPS[resource]
    return value if rule.exact else -(-value // step) * step


def _share(value: int, points: int) -> int:
    """Return a share of a value in basis points, rounded up."""
    return -(-value * points // WHOLE)


def _exceeds(value: int, now: int, rule: Rule) -> bool:
    return value > now and value - now >= _least(now, rule)


def _least(now: int, rule: Rule) -> int:
    """Return the least change that counts."""
    return _share(now, rule.min_change)


def _most(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


# --- the quality of service -----------------------------------------------------------------------------------


def _qos_class(rows: Sequence[Recommendation]) -> str:
    """Return the class that pods with these containers would have; the one they have if that is unknown."""
    now = rows[0].qos_class
    before = [(each.requests, each.limits) for row in rows for each in (row.cpu, row.memory)]
    after = [
        (each.recommended_requests, each.recommended_limits) if each.changes else (each.requests, each.limits)
        for row in rows
        for each in (row.cpu, row.memory)
    ]
    # If the containers alone do not give the pods their class, pod-level resources do.
    return (_class_of(after) or now) if _class_of(before) == now else now


def _class_of(amounts: Sequence[tuple[int | None, int | None]]) -> str:
    if any(None in both for both in amounts):
        return ""
    if not any(requests or limits for requests, limits in amounts):
        return "BestEffort"
    return "Guaranteed" if all(limits and requests == limits for requests, limits in amounts) else "Burstable"
