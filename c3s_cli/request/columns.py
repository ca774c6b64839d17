"""The value of --columns, and the columns that other flags add to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from c3s_cli.amounts.money import PRICE_SAMPLE
from c3s_cli.columns.catalogue import IDENTITY
from c3s_cli.columns.naming import SETS, Naming, split_names
from c3s_cli.columns.of_resources import CPU_AND_MEMORY
from c3s_cli.columns.vocabulary import Column, Kind, Unit, flat
from c3s_cli.errors import UsageError
from c3s_cli.request.ranges import in_range
from c3s_cli.request.view import WITH_TEMPLATE, Format

if TYPE_CHECKING:
    from c3s_cli.request.condition import Condition
    from c3s_cli.request.period import Period
    from c3s_cli.request.query import Query, SortKey


# The sets to which extended resources are added: those of a cluster, and for fit those that pods request.
WITH_EXTENDED: Final = {
    Kind.CLUSTER: frozenset({"wide", "all"}),
    Kind.FIT: frozenset({"default", "wide", "all"}),
    Kind.FIT_GROUP: frozenset({"default", "wide", "all"}),
}


def words_of(columns: str | None, format_: Format) -> list[str]:
    """Return the names and sets of --columns; without it, the set that the format shows."""
    return split_names(columns) or (["wide"] if format_ is Format.WIDE else ["default"])


def named_columns(
    words: list[str], naming: Naming, period: Period | None, *, everywhere: bool, exact: bool = False
) -> tuple[list[Column], int | None]:
    """Return the columns of these names and sets, and how many stand before those that identify a row.

    If the words name a column that identifies a row, they are all columns that a table has: None. A set brings those
    that identify a row, too. exact: whether the words are all columns in any case.
    """
    first = next((place for place, word in enumerate(words) if word in SETS), len(words))
    names = {column.name for column in naming.expand(word for word in words if word not in SETS)}
    exact = exact or (first == len(words) and not names.isdisjoint({*IDENTIFYING, *(key.name for key in naming.keys)}))
    implied = set() if exact else _implied_columns(naming.kind, naming.keys, everywhere=everywhere)
    before, columns = (
        [column for column in naming.expand(in_range(some, naming, period)) if column.name not in implied]
        for some in (words[:first], words)
    )
    if exact:
        return columns, None
    return columns, 0 if names.isdisjoint(IDENTIFYING) else len(before)


# Columns that identify a row. If --columns names one of them, it names all that a line begins with.
IDENTIFYING: Final = ("context", "namespace", "name", "node", "owner", "container")


def with_extended(kind: Kind, words: Sequence[str]) -> bool:
    """Return whether these words also include every extended resource that is found."""
    return kind in WITH_EXTENDED and not WITH_EXTENDED[kind].isdisjoint(words)


def refuse_costs(query: Query, *, priced: bool) -> None:
    """Raise a UsageError for costs without --prices, and for those of usage in a time range."""
    costs = [column.name for column in query.all_columns if column.unit is Unit.MONEY]
    if costs and not priced:
        raise UsageError(f"{costs[0]} needs --prices FILE", hint=PRICE_SAMPLE)
    of_usage = [name for name in costs if name in ("cost.usage", "cost.waste")]
    if of_usage and query.period and query.period.is_range:
        hint = "--at shows a time in the past; c3s rightsize says what a range would save"
        raise UsageError(f"{of_usage[0]} is of one time, not of a range", hint=hint)


def unique(*several: Iterable[Column]) -> tuple[Column, ...]:
    """Join several lists of columns; of columns with the same name, keep the first."""
    columns_by_name: dict[str, Column] = {}
    for columns in several:
        for column in columns:
            columns_by_name.setdefault(column.name, column)
    return tuple(columns_by_name.values())


def _implied_columns(kind: Kind, keys: Sequence[Column], *, everywhere: bool) -> set[str]:
    """Return the names of the columns that every row starts with, so that --columns need not repeat them."""
    if keys:
        return {key.name for key in keys}
    if kind in (Kind.CLUSTER, Kind.CLUSTER_CHANGE):
        return {"context"}
    if kind is Kind.RIGHTSIZE:
        return {"owner", "container", *(("namespace",) if everywhere else ())}
    return {"name", "namespace"} if everywhere else {"name"}


def used_columns(sort: Sequence[SortKey], where: Condition | None, shown: Iterable[Column]) -> list[Column]:
    """Return the columns for sorting and filtering that are not shown yet."""
    seen = {"name", "namespace", "context", "container", *(column.name for column in flat(shown))}
    used = [*(key.column for key in sort), *(where.columns if where else ())]
    return [column for column in used if not seen.issuperset(part.name for part in flat([column]))]


def swap_columns(naming: Naming) -> tuple[Column, ...]:
    """Return the columns of --show-swap."""
    match naming.kind:
        case Kind.NODE:
            return naming.expand(["swap.usage", "swap.usagePercentOfCapacity"])
        case Kind.CLUSTER:
            return ()
        case _:
            return naming.expand(["swap.usage"])


def structured_columns(naming: Naming) -> tuple[Column, ...]:
    """Return what only the structured formats show: the basis of a cluster's percentages, all of a recommendation."""
    if naming.kind is Kind.RIGHTSIZE:
        from c3s_cli.columns.rightsizing import DOCUMENT  # only c3s rightsize needs it

        return naming.expand(DOCUMENT)
    if naming.kind is not Kind.CLUSTER:
        return ()
    return naming.expand(
        f"{resource}.{field}" for resource in CPU_AND_MEMORY for field in ("allocatable", "measuredAllocatable")
    )


def template_columns(format_: Format, template: str, naming: Naming) -> list[Column]:
    """Return the columns that a template uses, so that they are read."""
    if format_ not in WITH_TEMPLATE:
        return []
    from c3s_cli.request.jsonpath import paths_in_spec, paths_in_template  # only for templates

    paths = paths_in_spec(template) if format_ is Format.CUSTOM_COLUMNS else paths_in_template(template)
    columns = [naming.at(path) for path in sorted(paths)]
    return [column for column in columns if column and column.name not in IDENTITY]
