"""Query: which rows to show, and which columns of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from c3s_cli.columns.getters import Age, at_time
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.statistics import is_statistic
from c3s_cli.columns.vocabulary import COMPARED, METRICS, Column, Kind, Needs, flat
from c3s_cli.request.namespaces import several

if TYPE_CHECKING:
    from datetime import datetime

    from c3s_cli.model.prices import Prices
    from c3s_cli.model.rightsizing import RightsizeRequest
    from c3s_cli.request.condition import Condition
    from c3s_cli.request.period import Period
    from c3s_cli.request.selectors import FieldSelector, LabelSelector


class SortKey(Struct, frozen=True):
    """One sort key. `value` returns the value to compare; unknown values come last in either direction."""

    column: Column
    value: Callable[[Any], Any]
    descending: bool


def sort_by(rows: list[Any], keys: Sequence[SortKey]) -> None:
    """Sort by several keys, of which the first counts most."""
    for key in reversed(keys):
        _sort(rows, key)


def _sort(rows: list[Any], key: SortKey) -> None:
    """Sort by one key, stably; unknown values come last in either direction."""
    values = list(map(key.value, rows))
    if None in values:
        known = [(row, value) for row, value in zip(rows, values, strict=True) if value is not None]
        unknown = [row for row, value in zip(rows, values, strict=True) if value is None]
    else:
        known, unknown = list(zip(rows, values, strict=True)), []
    known.sort(key=itemgetter(1), reverse=key.descending)
    rows[:] = [*(row for row, _ in known), *unknown]


class Query(Struct, frozen=True):
    """The rows to show and their columns.

    objects: the kind of object to read. kind: the kind of row to show (a group, with `by`). keys: the columns of --by.
    where: which objects count; having: which groups of them are rows.
    workload: the one of which pods are shown, as Kind/name; * for those of all, if nothing else filters pods; "" for
    those of a kind, or if any pod is shown.
    namespaces: from -n, names or patterns, empty for the context's; all_namespaces overrides them. period: the time or
    time range, None for now. series: the range of which every reading is shown, instead. totals: whether totals of all
    rows are needed; sum: whether a table shows them.
    extended: whether to add columns for every extended resource that is found. fail_if_unknown: whether a row that
    cannot be judged fails. until_all: whether all rows must meet `until`, not just any. drain: which nodes to drain.
    rightsize: what `c3s rightsize` is asked, None in other commands.
    remarks: what to say on stderr about columns that the source cannot know, or that may mean something else.
    members: whether all members of groups are looked for, since nothing else would show that some are not measured.
    of_source: with --facts source, the columns that are named to be shown; None if the API server tells the facts.
    prices: what nodes cost; None without --prices.
    """

    objects: Kind
    kind: Kind
    columns: tuple[Column, ...]
    name: str | None = None
    namespaces: tuple[str, ...] = ()
    all_namespaces: bool = False
    labels: LabelSelector | None = None
    fields: FieldSelector | None = None
    containers: bool = False
    by: tuple[Column, ...] = ()
    keys: tuple[Column, ...] = ()
    workload: str = ""
    where: Condition | None = None
    having: Condition | None = None
    sort: tuple[SortKey, ...] = ()
    fail_if: Condition | None = None
    fail_if_unknown: bool = False
    until: Condition | None = None
    until_all: bool = False
    drain: Condition | None = None
    limit: int | None = None
    totals: bool = False
    sum: bool = False
    extended: bool = False
    period: Period | None = None
    series: Period | None = None
    remarks: tuple[str, ...] = ()
    members: bool = False
    of_source: tuple[str, ...] | None = None
    prices: Prices | None = None
    rightsize: RightsizeRequest | None = None

    @property
    def of_several_namespaces(self) -> bool:
        """Whether rows need the name of their namespace."""
        return self.all_namespaces or several(self.namespaces)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Every column that is shown, grouped by, sorted by or compared."""
        conditions = filter(None, (self.where, self.having, self.fail_if, self.until, self.drain))
        compared = [column for condition in conditions for column in condition.columns]
        return (*self.columns, *self.by, *(key.column for key in self.sort), *compared)

    @property
    def label_columns(self) -> tuple[Column, ...]:
        """The columns of labels that rows are grouped by, or compared by."""
        conditions = filter(None, (self.where, self.fail_if, self.until))
        columns = [*self.by, *(column for condition in conditions for column in condition.columns)]
        return tuple(column for column in columns if column.name.startswith("labels["))

    def with_columns(self, named: Callable[[Column, Naming], Column]) -> Query:
        """Replace the columns. `named` is called with each column and the Naming to find the new one with."""
        objects, rows = Naming(self.objects), Naming(self.kind)
        return structs.replace(
            self,
            columns=tuple(named(column, rows) for column in self.columns),
            sort=tuple(_sorted_by(key, named(key.column, rows)) for key in self.sort),
            where=self.where and self.where.with_columns(lambda column: named(column, objects)),
            having=self.having and self.having.with_columns(lambda column: named(column, rows)),
            fail_if=self.fail_if and self.fail_if.with_columns(lambda column: named(column, rows)),
            until=self.until and self.until.with_columns(lambda column: named(column, rows)),
            drain=self.drain and self.drain.with_columns(lambda column: named(column, Naming(Kind.NODE))),
        )

    def at_time(self, now: datetime) -> Query:
        """Return the query for a report of some time."""
        if not any(isinstance(column.value, Age) for column in self.all_columns):
            return self
        return self.with_columns(lambda column, _naming: at_time(column, now))

    @property
    def needs(self) -> Needs:
        """Everything that must be read: for the rows, and for every column that is shown, sorted or filtered by."""
        needs = BASE_NEEDS[self.objects]
        if self.rightsize and not self.rightsize.past:
            needs |= Needs.POD_METRICS
        for condition in filter(None, (self.where, self.having, self.fail_if, self.until)):
            # A pod with unknown usage is not in the metrics API: only the core API lists it.
            seeks_unknown = condition.seeks_unknown or (
                self.fail_if_unknown and condition not in (self.where, self.having)
            )
            # It belongs to all, and to its group.
            of_groups = self.kind is not self.objects and condition is not self.where
            seeks_unknown |= self.until_all and condition is self.until
            seeks_unknown |= of_groups and condition.depends_on_all
            needs |= Needs.PODS if self.objects is Kind.POD and seeks_unknown else Needs.NOTHING
        for column in self.all_columns:
            needs |= column.needs
        return needs | (Needs.PODS if self.members else Needs.NOTHING)

    @property
    def dispensable(self) -> Needs:
        """The metrics that no column needs: without them the rows of the core API can still be shown."""
        rows = Needs.PODS if self.objects is Kind.POD else Needs.NODES
        if rows not in self.needs or self.objects not in (Kind.NODE, Kind.POD, Kind.CLUSTER):
            return Needs.NOTHING
        used = Needs.NOTHING
        for column in self.all_columns:
            used |= column.needs
        return METRICS & ~used

    @property
    def row_figures(self) -> tuple[str, ...]:
        """The figures needed for each object. Figures of whole groups are not, unless they are sums."""
        where = self.where.columns if self.where and self.objects is not Kind.CLUSTER else ()
        if self.kind is self.objects and self.kind is not Kind.CLUSTER:
            return _figures([*where, *self._result_columns])
        return _figures(where) + tuple(each for each in _figures(self._result_columns) if not is_statistic(each))

    @property
    def group_figures(self) -> tuple[str, ...]:
        """The figures needed for whole groups: those of the rows, or of the totals below them."""
        if self.kind is not self.objects or self.kind is Kind.CLUSTER:
            where = self.where.columns if self.where and self.objects is Kind.CLUSTER else ()
            return _figures([*where, *self._result_columns])
        return _figures(self.columns) if self.sum else ()

    @property
    def _result_columns(self) -> list[Column]:
        columns = [*self.columns, *(key.column for key in self.sort)]
        for condition in filter(None, (self.having, self.fail_if, self.until)):
            columns += condition.columns
        return columns


def _figures(columns: Iterable[Column]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(figure for column in flat(columns) for figure in column.figures))


def _sorted_by(key: SortKey, column: Column) -> SortKey:
    return key if column is key.column else SortKey(column, column.value, key.descending)


BASE_NEEDS: Final = {
    Kind.NODE: Needs.NODE_METRICS | Needs.NODES,
    Kind.POD: Needs.POD_METRICS,
    Kind.CLUSTER: Needs.NODE_METRICS | Needs.NODES,
    Kind.MOVE: Needs.NODES | Needs.NODE_DETAILS | Needs.PODS,
    Kind.FIT: Needs.NODES | Needs.NODE_DETAILS | Needs.PODS,
    Kind.VOLUME: Needs.VOLUMES,
    # What is compared is read by queries of their own.
    **dict.fromkeys(COMPARED, Needs.NOTHING),
    Kind.RIGHTSIZE: Needs.PODS | Needs.OWNERS | Needs.POD_STATES,
}
