"""Query: which rows to show, and which columns of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from c3s_cli.columns.vocabulary import Column, Kind, Needs, flat
from c3s_cli.request.selectors import FieldSelector, LabelSelector

if TYPE_CHECKING:
    from c3s_cli.request.period import Period
    from c3s_cli.request.where import Condition


class SortKey(Struct, frozen=True):
    """One key of an order. `value` is what is compared; unknown values come last in either direction."""

    column: Column
    value: Callable[[Any], Any]
    descending: bool


class Query(Struct, frozen=True):
    """The rows to show and their columns.

    objects: the kind of object that is read. kind: the kind of row that is shown (a group, with `by`). keys: the
    columns that --by made. namespace: that of -n, None for the context's own; all_namespaces overrides it. period: the
    range of time or the moment, None for now. totals: whether totals of all rows are needed; sum: whether they are
    shown in a table, too. extended: whether to add columns for every extended resource that is found.
    """

    objects: Kind
    kind: Kind
    columns: tuple[Column, ...]
    name: str | None = None
    namespace: str | None = None
    all_namespaces: bool = False
    labels: LabelSelector | None = None
    fields: FieldSelector | None = None
    containers: bool = False
    by: tuple[Column, ...] = ()
    keys: tuple[Column, ...] = ()
    where: Condition | None = None
    sort: tuple[SortKey, ...] = ()
    fail_if: Condition | None = None
    until: Condition | None = None
    limit: int | None = None
    totals: bool = False
    sum: bool = False
    extended: bool = False
    period: Period | None = None

    @property
    def needs(self) -> Needs:
        """Everything that must be read: for the rows, and for every column that is shown, sorted or filtered by."""
        needs = BASE_NEEDS[self.objects]
        columns = [*self.columns, *self.by, *(key.column for key in self.sort)]
        for condition in filter(None, (self.where, self.fail_if, self.until)):
            columns += condition.columns
            # A pod with unknown usage is not in the metrics API: only the core API lists it.
            needs |= Needs.PODS if self.objects is Kind.POD and condition.seeks_unknown else Needs.NOTHING
        for column in columns:
            needs |= column.needs
        return needs

    @property
    def row_figures(self) -> tuple[str, ...]:
        """The figures that are needed of each object: those of a group's own are not, unless they add up."""
        where = self.where.columns if self.where and self.objects is not Kind.CLUSTER else ()
        if self.kind is self.objects and self.kind is not Kind.CLUSTER:
            return _figures([*where, *self._result_columns])
        from c3s_cli.columns.statistics import is_statistic  # only groups need it

        return _figures(where) + tuple(each for each in _figures(self._result_columns) if not is_statistic(each))

    @property
    def group_figures(self) -> tuple[str, ...]:
        """The figures that are needed of groups: those of the rows, or of the totals below them."""
        if self.kind is not self.objects or self.kind is Kind.CLUSTER:
            where = self.where.columns if self.where and self.objects is Kind.CLUSTER else ()
            return _figures([*where, *self._result_columns])
        return _figures(self.columns) if self.sum else ()

    @property
    def _result_columns(self) -> list[Column]:
        columns = [*self.columns, *(key.column for key in self.sort)]
        for condition in filter(None, (self.fail_if, self.until)):
            columns += condition.columns
        return columns


def _figures(columns: Iterable[Column]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(figure for column in flat(columns) for figure in column.figures))


BASE_NEEDS: Final = {
    Kind.NODE: Needs.NODE_METRICS | Needs.NODES,
    Kind.POD: Needs.POD_METRICS,
    Kind.CLUSTER: Needs.NODE_METRICS | Needs.NODES,
    Kind.VOLUME: Needs.VOLUMES,
}
