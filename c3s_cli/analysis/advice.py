"""What to say about the conditions of a report: values that were probably meant, and numbers without a unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from c3s_cli.analysis.bare_numbers import bare_numbers
from c3s_cli.analysis.near_values import near_values

if TYPE_CHECKING:
    from c3s_cli.model.fit_rows import Row
    from c3s_cli.report import Report
    from c3s_cli.request.condition import Condition
    from c3s_cli.request.query import Query


def with_advice(report: Report, query: Query, rows: Sequence[Row], objects: Sequence[Row]) -> Report:
    """Add what to say to a report. objects: what --where filtered, if nothing is left of it."""
    conditions = [each for each in (query.where, query.fail_if, query.until) if each]
    said = dict.fromkeys(words for condition in conditions for words in bare_numbers(condition, rows or objects))
    if said:
        report = structs.replace(report, remarks=(*report.remarks, *said))
    if not rows and query.where and not report.absence:
        return _with_near_values(report, query.where, objects)
    if report.fail_if and not report.fail_if.matched and query.fail_if:
        return _with_near_values(report, query.fail_if, rows)
    return report


def _with_near_values(report: Report, condition: Condition, rows: Sequence[Row]) -> Report:
    """Say which values the rows have instead of those that a condition asks for in vain."""
    hint = near_values(condition, rows)
    if not hint:
        return report
    remarks = (*report.remarks, hint) if report.rows else report.remarks
    return structs.replace(report, absence="" if report.rows else hint, remarks=remarks)
