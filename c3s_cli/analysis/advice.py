"""What to say about the conditions of a report.

Values that were probably meant: of another case, or with a kind before a slash. Numbers without a unit that were
probably meant in another one: `cpu > 90` compares with 90 cores, `memory% > 0.8` with 0.8 %.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from c3s_cli.columns.vocabulary import Column, Kind, Unit
from c3s_cli.model.rows import Group
from c3s_cli.request.condition import Comparison, Condition, Membership, Word
from c3s_cli.request.shares import percentage_of

if TYPE_CHECKING:
    from c3s_cli.model.fit_rows import Row
    from c3s_cli.model.sample import Sample
    from c3s_cli.report import Report
    from c3s_cli.request.query import Query

# The most values that are proposed.
AT_MOST: Final = 3
BARE: Final = re.compile(r"[0-9]*\.?[0-9]+")
HUNDRED: Final = 100
ORDERING: Final = (">", ">=", "<", "<=")
MIB: Final = 1024**2
# Pods that use so many cores are rare, and most thresholds in percent are above.
MANY_CORES: Final = 20 * 10**9


def with_advice(
    report: Report,
    query: Query,
    rows: Sequence[Row],
    objects: Sequence[Row],
    unjudged: Sequence[Row] = (),
    samples: Sequence[Sample] = (),
) -> Report:
    """Add what to say to a report.

    objects: what --where filtered, if nothing is left of it. unjudged: of LeftOut. samples: what was read.
    """
    conditions = [each for each in (query.where, query.having, query.fail_if, query.until) if each]
    said = dict.fromkeys(words for condition in conditions for words in _bare_numbers(condition, rows or objects))
    if unjudged and not (query.fail_if or query.until):
        said |= dict.fromkeys(_left_out(unjudged, query, contexts=report.contexts))
    if (query.fail_if or query.until) and not report.moment:
        from c3s_cli.analysis.judging import old_metrics  # loaded for these already

        said |= dict.fromkeys(old_metrics(rows, report.now, contexts=report.contexts))
    if report.fail_if and not report.fail_if.fails and query.kind is Kind.POD:
        from c3s_cli.analysis.containers import closer_to_limits  # only gates on shares of limits need it

        said |= dict.fromkeys(closer_to_limits(rows, query, samples, contexts=report.contexts))
    if said:
        report = structs.replace(report, remarks=(*report.remarks, *said))
    if not rows and query.where and not report.absence:
        return _with_near_values(report, query.where, objects)
    if report.fail_if and not report.fail_if.matched and query.fail_if:
        return _with_near_values(report, query.fail_if, rows)
    return report


def _left_out(unjudged: Sequence[Row], query: Query, *, contexts: bool) -> Iterator[str]:
    """Say which rows are missing because --where or --having could not judge them: no judgement names them."""
    from c3s_cli.analysis.judging import not_filtered  # most conditions can judge all rows
    from c3s_cli.analysis.sums import undecided

    groups: list[Row] = []
    rows: list[Row] = []
    for row in unjudged:
        (groups if query.having and isinstance(row, Group) else rows).append(row)
    yield from undecided(groups)
    yield from not_filtered(rows, query, contexts=contexts)


def _with_near_values(report: Report, condition: Condition, rows: Sequence[Row]) -> Report:
    """Say which values the rows have instead of those that a condition asks for in vain."""
    hint = _near_values(condition, rows)
    if not hint:
        return report
    remarks = (*report.remarks, hint) if report.rows else report.remarks
    return structs.replace(report, absence="" if report.rows else hint, remarks=remarks)


# --- numbers ---------------------------------------------------------------------------------------------------


def _bare_numbers(condition: Condition, rows: Sequence[Any]) -> Iterator[str]:
    """Say of values without a unit what they mean, if something else was probably meant."""
    for test in condition.comparisons():
        if test.column.unit is Unit.TEXT and test.operator in ("=", "!=") and ".*" in test.text:
            yield f"{test.text} is compared as text; ~ compares with a regular expression"
        elif BARE.fullmatch(test.text) and not isinstance(test.value, Column):
            yield from _meaning(test, rows)


def _meaning(test: Comparison, rows: Sequence[Any]) -> Iterator[str]:
    """Say what a number means: 90 cores that no row can have were percent or millicores, 500 bytes mebibytes."""
    name = percentage_of(test.column.name)
    number = test.text
    if test.column.unit is Unit.PERCENT:
        share = f"{float(number) * 100:g}"
        if 0 < float(number) < 1:
            yield f"{number} means {number} %; for {share} %, write {share}"
        return
    if test.operator not in ORDERING or float(number) <= 1:
        return
    written, percentage = f"{test.column.name} {test.operator} {number}", ""
    if name and float(number) <= HUNDRED:
        percentage = f"for a percentage: {name} {test.operator} {number}"
    if test.column.unit is Unit.BYTES and test.value < MIB:
        yield f"{written} means {number} bytes; {percentage or f'write {number}Mi or {number}Gi'}"
    elif (
        test.column.unit is Unit.NANOCORES
        and (percentage or float(number) > HUNDRED)
        and (why := _out_of_reach(test, rows))
    ):
        yield f"{written} means {number} cores, more than {why}; {percentage or f'write {number}m for millicores'}"


def _out_of_reach(test: Comparison, rows: Sequence[Any]) -> str:
    """Return what so many cores are more than: the size of every row, or what they use together; "" if they are not."""
    sizes: list[Any] = [(getattr(row, "allocatable", None) or {}).get("cpu") for row in rows]
    if rows and None not in sizes:
        return "any row has" if max(sizes) < test.value else ""
    used = [usage for usage in map(test.column.value, rows) if usage is not None]
    return "all rows together use" if used and test.value >= MANY_CORES and sum(used) < test.value else ""


# --- values -----------------------------------------------------------------------------------------------------


def _near_values(condition: Condition, rows: Sequence[Any]) -> str:
    """Return a hint with the values that rows have instead, such as Deployment/web for web; "" if there are none."""
    for test in condition.tests():
        choices = test.choices if isinstance(test, Membership) else (test,)
        for each in choices:
            if near := _near(each, rows):
                return f"no row has {each}; did you mean {' or '.join(near)}?"
    return ""


def _near(test: Comparison, rows: Iterable[Any]) -> list[str]:
    column = test.column
    if test.operator != "=" or column.unit not in (Unit.TEXT, Unit.TEXTS) or isinstance(test.value, Word):
        return []
    values: set[str] = set()
    for row in rows:
        value = column.value(row)
        values.update((value,) if isinstance(value, str) else value or ())
    wanted = test.text.casefold()
    if column.name == "name" and test.text not in values:
        # The name of a workload, which pods do not have.
        owners = {getattr(getattr(row, "facts", None), "owner", None) or "" for row in rows}
        if named := [owner for owner in owners if owner.partition("/")[2].casefold() == wanted]:
            return [f"owner = {owner}" for owner in sorted(named)][:AT_MOST]
    if test.text in values:
        return []
    return sorted(each for each in values if wanted in (each.casefold(), each.rpartition("/")[2].casefold()))[:AT_MOST]
