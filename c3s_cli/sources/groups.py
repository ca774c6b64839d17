"""The groups whose statistics a source knows as a whole: which rows of a sample form them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c3s_cli.amounts.totals import by_key
from c3s_cli.analysis.joining import node_rows, pod_rows
from c3s_cli.columns.getters import at_time
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.model.sample import Sample
from c3s_cli.sources.source import Groups, Keys, Scope


def rows_by_group(sample: Sample, groups: Groups, scope: Scope) -> dict[Keys, list[Any]]:
    """Return the nodes or pods of every group of a report; all of them, if the total is needed, under an empty key."""
    rows: Sequence[Any] = pod_rows(sample, containers=False) if scope.objects is Kind.POD else node_rows(sample)
    if groups.where is not None and scope.objects is not Kind.CLUSTER:
        where = groups.where.with_columns(lambda column: at_time(column, sample.now))
        rows = [row for row in rows if where.matches(row)]
    members: dict[Keys, list[Any]] = {}
    if groups.by:
        members = by_key((tuple([column.value(row) for column in groups.by]), row) for row in rows)
    return {**members, (): list(rows)} if groups.total else members
