"""--having: the groups whose sums meet a condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import structs

from c3s_cli.analysis.report import where
from c3s_cli.model.rows import Group
from c3s_cli.terminal.stderr import counted, named, with_share

if TYPE_CHECKING:
    from c3s_cli.model.fit_rows import Row
    from c3s_cli.request.query import Query


def having(
    groups: Sequence[Group], rows: Sequence[Any], query: Query, unfiltered: list[Row] | None
) -> tuple[Sequence[Group], Sequence[Any]]:
    """Keep the groups that meet --having, and their members; add the groups that it cannot judge to `unfiltered`."""
    kept = where(groups, structs.replace(query, where=query.having, containers=False), unfiltered)
    names = {(group.context, group.keys) for group in kept}
    return kept, [row for row in rows if (row.context, tuple(column.value(row) for column in query.by)) in names]


def undecided(groups: Sequence[Row]) -> Iterator[str]:
    """Say which groups are no rows because that depends on members that are not measured."""
    names = [with_share(group.name, group.measured_share) for group in groups if isinstance(group, Group)]
    if names:
        yield f"{counted(len(names), 'group')} may meet the condition, too: {named(names)}"
