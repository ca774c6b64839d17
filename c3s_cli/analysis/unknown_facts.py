"""With --facts source: what the Prometheus does not tell of any object, so that nothing can be decided by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from c3s_cli.analysis.joining import node_rows, pod_rows
from c3s_cli.columns.vocabulary import METRICS, Column, Kind, Needs, flat
from c3s_cli.errors import UsageError
from c3s_cli.report import Report
from c3s_cli.request.condition import Word

if TYPE_CHECKING:
    from c3s_cli.model.sample import Sample
    from c3s_cli.request.condition import Condition
    from c3s_cli.request.query import Query

FACTS: Final = Needs.NODES | Needs.NODE_DETAILS | Needs.PODS | Needs.POD_LABELS | Needs.POD_STATES | Needs.OWNERS
HINT: Final = "--facts api reads it from the API server"


def about_facts(report: Report, samples: Sequence[Sample], query: Query) -> Report:
    """Say which named columns are unknown of all objects. UsageError if a condition or an order is by such a column."""
    if any(sample.failures for sample in samples):
        return report  # what could not be read is said already
    objects = _objects(report, samples, query)
    # Of rows that are left out nobody knows here.
    rows = objects if query.kind is query.objects else () if report.omitted else report.rows
    conditions = ((query.where, objects), (query.having, rows), (query.fail_if, rows), (query.until, rows))
    used = [(column, of) for condition, of in conditions if condition for column in _decisive(condition)]
    used += [(key.column, rows) for key in query.sort]
    if missing := _unknown(used):
        raise UsageError(f"this Prometheus does not tell {missing}, which a condition or the order needs", hint=HINT)
    named = [column for column in flat(query.columns) if column.name in (query.of_source or ())]
    missing = _unknown((column, rows) for column in named)
    return (
        structs.replace(report, remarks=(*report.remarks, f"this Prometheus does not tell {missing}: {HINT}"))
        if missing
        else report
    )


def _decisive(condition: Condition) -> list[Column]:
    """Return the columns whose values a condition needs, unless it looks for those that are unknown."""
    needed = (test for test in condition.comparisons() if test.value not in (Word.UNKNOWN, Word.NULL))
    return [column for test in needed for column in test.columns]


def _objects(report: Report, samples: Sequence[Sample], query: Query) -> Sequence[Any]:
    """Return what was read, before --where."""
    if query.objects not in (Kind.NODE, Kind.POD):
        return report.rows
    join: Any = pod_rows if query.objects is Kind.POD else node_rows
    return [row for sample in samples for row in join(sample)]


def _unknown(columns: Iterable[tuple[Column, Sequence[Any]]]) -> str:
    """Return the names of the columns of facts whose values are unknown of all rows, if there are any."""
    return ", ".join(dict.fromkeys(column.name for column, rows in columns if _is_unknown(column, rows)))


def _is_unknown(column: Column, rows: Sequence[Any]) -> bool:
    if not (rows and column.needs & FACTS) or column.figures or (column.needs & METRICS and not column.ratio):
        return False
    fact = column.ratio[1] if column.ratio else column.value
    return all(fact(row) is None for row in rows)
