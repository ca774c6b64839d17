"""Remarks about columns that may not mean what somebody who names them expects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from c3s_cli.columns.statistics import statistics_of
from c3s_cli.columns.vocabulary import METRICS, Column, Kind, Unit, flat
from c3s_cli.request.condition import Membership
from c3s_cli.request.grouping import compares_amounts
from c3s_cli.request.query import Query
from c3s_cli.request.target import Origin

USAGE: Final = re.compile(r"(cpu|memory)\.usage(PercentOf\w+)?")
AMOUNTS: Final = (Unit.NANOCORES, Unit.BYTES, Unit.PERCENT)
STATES: Final = (
    *("status", "phase", "restarts", "ready", "waiting", "pending", "lastTermination.", "oomKilled"),
    *("schedulable", "taints"),
)
# What kubectl shows of pods that have ended.
STATUSES: Final = ("status", "phase")
ENDED: Final = ("Failed", "Succeeded", "Evicted")
BARE_PERCENT: Final = re.compile(r"(?i)(?<![\w.])(cpu|mem(?:ory)?)%(?!\w)")


def of_now(query: Query, named: Sequence[Column]) -> list[str]:
    """Say which named amounts and states are of one time although a range is read.

    named: the columns of --columns that are no part of a set.
    """
    if query.period is None or not query.period.is_range:
        return []
    conditions = filter(None, (query.where, query.having, query.fail_if, query.until))
    compared = [column for condition in conditions for column in condition.columns]
    columns = [*named, *(key.column for key in query.sort), *compared]
    measured = [each for each in flat(columns) if each.needs & METRICS and each.unit in AMOUNTS and not each.figures]
    names = dict.fromkeys(column.name for column in measured)
    shown = [column.name for column in flat(query.columns)]
    of_range = [_in_range(match, shown) for name in names if (match := USAGE.fullmatch(name))]
    notes = []
    if query.period.step:
        notes.append("--step is how finely the range is read: --series prints a row for each step")
    if names:
        time = "now" if query.period.end is None else "the end of the range"
        what = "the largest of" if all(".max" in name for name in of_range) else "of"
        also = f": {_listed(of_range)} {what} the range" if of_range else ""
        notes.append(f"{_listed(names)} of {time} alone{also}")
    if any(column.name == "oomKilled" for column in columns):
        notes.append("oomKilled also counts kills before the range: oomKills counts those in it")
    if "restarts" in {column.name for column in query.all_columns}:
        notes.append("restarts counts those in the range")
    return notes


def _in_range(usage: re.Match[str], shown: Sequence[str]) -> str:
    """Return the statistic of a usage: the only one that is shown of its resource, else the largest."""
    statistics = [name for name in statistics_of(shown) if re.fullmatch(rf"{usage[1]}\.\w{{3}}", name)]
    name = statistics[0] if len(statistics) == 1 else f"{usage[1]}.max"
    return f"{name}{usage[2] or ''}"


def states_of_now(query: Query, origin: Origin) -> str:
    """Say which states are of now beside usage of a time in the past: those that the API server tells."""
    past = query.series or (query.period and query.period.end)
    if not past or origin.kind != "prometheus" or origin.facts:
        return ""
    states = dict.fromkeys(each.name for each in query.all_columns if each.name.startswith(STATES))
    if query.period and query.period.is_range:
        states.pop("restarts", None)  # those in the range
    return f"{_listed(states)} of now: --facts source has what Prometheus knows of then" if states else ""


def _listed(names: Iterable[str]) -> str:
    words = list(names)
    return f"{', '.join(words)} {'is' if len(words) == 1 else 'are'}"


def of_ended(query: Query) -> str:
    """Say that conditions ask for pods that have ended, which have no rows now; "" if none does."""
    if query.objects is not Kind.POD or (query.period and query.period.is_range):
        return ""
    conditions = filter(None, (query.where, query.fail_if, query.until))
    tests = [test for condition in conditions for test in condition.tests() if test.columns[0].name in STATUSES]
    choices = [each for test in tests for each in (test.choices if isinstance(test, Membership) else (test,))]
    ended = {each.text: each.columns[0].name for each in choices if each.operator == "=" and each.text in ENDED}
    never = f"{next(iter(ended.values()), '')} is never {' or '.join(ended)}"
    return f"pods that have ended have no rows, so {never}" if ended else ""


def of_each_pod(query: Query) -> str:
    """Say that amounts are compared with each pod of the workload that is named, not with their sum."""
    if query.by or not query.workload or "," in query.workload:
        return ""
    flags = {"--fail-if": query.fail_if, "--until-all" if query.until_all else "--until": query.until}
    tests = {flag: condition.tests() if condition else () for flag, condition in flags.items()}
    kind, _, name = query.workload.partition("/")
    for flag, each in tests.items():
        if any(compares_amounts(test) and test.columns[0].unit is not Unit.PERCENT for test in each):
            verb = "top" if flag == "--fail-if" else "watch"
            return f"{flag} judges each pod: c3s {verb} {kind.lower()} {name} judges their sum"
    return ""


def of_requests(texts: Iterable[str], kind: Kind) -> str:
    """Say of what `memory%` is a percentage in conditions about pods, whose table does not tell; "" if none has it."""
    if kind not in (Kind.POD, Kind.POD_GROUP):
        return ""
    names = dict.fromkeys(name.lower() for text in texts for name in BARE_PERCENT.findall(text))
    return ", ".join(f"{name}% is of requests: write {name}%requests or {name}%limits" for name in names)
