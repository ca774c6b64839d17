"""The results of --fail-if and --until: which rows match, and which cannot be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.amounts.duration import age
from c3s_cli.amounts.timestamp import epoch
from c3s_cli.columns.vocabulary import METRICS, Column, Needs
from c3s_cli.model.rows import Group, Pod
from c3s_cli.model.sample import WHOLE
from c3s_cli.report import ALL, Judgement, LeftOut
from c3s_cli.terminal.stderr import SOME, counted, named

if TYPE_CHECKING:
    from datetime import datetime

    from c3s_cli.model.fit_rows import Row
    from c3s_cli.model.sample import Failure
    from c3s_cli.request.condition import Condition, Test
    from c3s_cli.request.query import Query

# Which object it is. Nothing with such a name may be a mistake; nothing in such a state is an answer.
NAMING: Final = ("context", "namespace", "name", "container", "owner", "node", "pool", "zone", "instanceType")

# Failures that hide no row: of what is read beside the rows, and of writing a recording.
HARMLESS: Final = ("quantity", "recording", "owners")


# Metrics of so many seconds ago are not of now.
OLD: Final = 300


def are_named(condition: Condition, rows: Iterable[Row]) -> bool:
    """Return whether any row has the name, owner or labels that a condition asks for, whatever its state."""
    tests = [[test for test in tests if _names(test)] for tests in condition.alternatives]
    return any(all(test.judge(row) for test in each) for row in rows for each in tests)


def _names(test: Test) -> bool:
    return all(column.name in NAMING or column.name.startswith("labels[") for column in test.columns)


def judge_fail_if(
    rows: Sequence[Row],
    query: Query,
    left_out: LeftOut = ALL,
    *,
    contexts: bool = False,
    empty: Sequence[str] = (),
) -> Judgement | None:
    """Judge --fail-if: it fails if a row matches, or with --fail-if-unknown if a row cannot be judged.

    empty: those of several namespaces that have nothing.
    """
    if query.fail_if is None:
        return None
    matched, unjudged = _judged(rows, query.fail_if)
    fails = bool(matched or ((unjudged or left_out.unjudged) and query.fail_if_unknown))
    nothing = _in_nothing(empty)
    if not empty and not (rows or left_out.unjudged or left_out.others):
        nothing = "nothing was judged"
    blind = bool(nothing) and query.fail_if_unknown
    named = _named(matched, unjudged, left_out.unjudged, query, query.fail_if, contexts=contexts)
    return Judgement("--fail-if", bool(matched), fails, len(rows), *named, nothing, blind)


def judge_until(
    rows: Sequence[Row],
    query: Query,
    left_out: LeftOut = ALL,
    *,
    contexts: bool = False,
    empty: Sequence[str] = (),
    failures: Sequence[Failure] = (),
) -> Judgement | None:
    """Judge --until, met if any row matches, or --until-all, met if there are rows and all match.

    empty: those of several namespaces that have nothing. failures: what could not be read. Both may lack rows of all.
    """
    if query.until is None:
        return None
    matched, unjudged = _judged(rows, query.until)
    lacking = ""
    if query.until_all:
        unread = (each.context if each.source == WHOLE else each.source for each in failures)
        names = ", ".join(dict.fromkeys(name for name in unread if name not in HARMLESS))
        lacking = f"there may be more rows: {names} could not be read" if names else _in_nothing(empty)
    # A row that --where could not judge may be one of all.
    every = len(matched) == len(rows) and not left_out.unjudged and not lacking
    met = bool(matched) and (every or not query.until_all)
    fails = bool(unjudged or left_out.unjudged) and query.fail_if_unknown and not met
    flag = "--until-all" if query.until_all else "--until"
    named = _named(matched, unjudged, left_out.unjudged, query, query.until, contexts=contexts)
    return Judgement(flag, met, fails, len(rows), *named, lacking)


def _in_nothing(empty: Sequence[str]) -> str:
    """Return in which namespaces there was nothing to judge; "" for none."""
    return f"nothing was judged in namespace{'s' * (len(empty) > 1)} {', '.join(empty)}" if empty else ""


def _judged(rows: Sequence[Row], condition: Condition) -> tuple[list[Row], list[Row]]:
    """Return the rows that match a condition, and those for which it is neither true nor false."""
    judged = [(row, condition.judge(row)) for row in rows]
    return [row for row, truth in judged if truth], [row for row, truth in judged if truth is None]


def _named(
    matched: Sequence[Row],
    unjudged: Sequence[Row],
    unfiltered: Sequence[Row],
    query: Query,
    condition: Condition,
    *,
    contexts: bool,
) -> tuple[tuple[str, ...], tuple[str, ...], str, tuple[str, ...]]:
    """Build the Judgement: the names of the rows, why some could not be judged, and their measured shares."""
    reasons = [_reason(row, column) for row in unjudged for column in condition.undecided(row)]
    for row in unfiltered:
        selection = query.having if isinstance(row, Group) and query.having else query.where
        reasons += [f"--where: {_reason(row, column)}" for column in selection.undecided(row)] if selection else []
    name = partial(full_name, contexts=contexts)
    unknown = (*unjudged, *unfiltered)
    shares = tuple(row.measured_share for row in unknown if isinstance(row, Group | Pod))
    return tuple(map(name, matched)), tuple(map(name, unknown)), ", ".join(dict.fromkeys(reasons)), shares


def not_filtered(rows: Sequence[Row], query: Query, *, contexts: bool) -> Iterator[str]:
    """Say which rows --where leaves out although they may match."""
    if rows and query.where:
        reasons = dict.fromkeys(_reason(row, column) for row in rows for column in query.where.undecided(row))
        names = named([full_name(row, contexts=contexts) for row in rows], SOME)
        thing = counted(len(rows), "container" if query.containers else query.objects.value.lower())
        yield f"--where could not judge {thing} ({', '.join(reasons)}): {names}"


def old_metrics(rows: Sequence[Any], now: datetime, *, contexts: bool) -> Iterator[str]:
    """Say which rows conditions judge by metrics of long ago, as if they were of now."""
    begin = now.timestamp() - OLD
    times = {each.timestamp: time for each in rows if each.timestamp and (time := epoch(each.timestamp)) is not None}
    old = [row for row in rows if row.timestamp in times and times[row.timestamp] < begin]
    if old:
        oldest = age(now.timestamp() - min(times.values()))
        names = named([full_name(row, contexts=contexts) for row in old], SOME)
        yield f"{counted(len(old), 'row')} judged by metrics that are up to {oldest} old: {names}"


def _reason(row: Any, column: Column) -> str:
    """Return why the value of a column is unknown, as far as the row shows it."""
    if column.in_part and column.in_part(row):
        if column.name == "restarts":
            return "restarts of some pods unknown"
        return f"not all {'containers' if isinstance(row, Pod) else 'members'} are measured"
    measured = column.needs & METRICS or column.needs is Needs.NOTHING
    return "no metrics" if row.timestamp is None and measured else f"{column.name} unknown"


def full_name(row: Any, *, contexts: bool) -> str:
    """Return the name of a row; with several contexts, prefixed by its context, unless that is the name."""
    parts = (row.context if contexts and row.name != row.context else "", getattr(row, "namespace", ""), row.name)
    return "/".join(filter(None, parts))
