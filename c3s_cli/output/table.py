"""Tables in kubectl's layout, for terminals and scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from msgspec import Struct, structs

from c3s_cli.columns.catalogue import CONTAINER, IDENTITY
from c3s_cli.columns.headings import heading, headings
from c3s_cli.columns.naming import totals_of
from c3s_cli.columns.vocabulary import Column, Kind, Unit, by_name, split_path
from c3s_cli.output.cells import cells
from c3s_cli.output.identity import times_of
from c3s_cli.report import Report
from c3s_cli.request.view import Format, View
from c3s_cli.terminal.printable import printable

# kubectl pads every column to its longest cell plus three spaces, at least six in total.
GAP: Final = "   "
LEAST: Final = 3
PIECE: Final = 5000
# A shorter name is no longer recognizable.
SHORTEST: Final = 9
RULE: Final = "________"

TableColumns = list[tuple[str, list[str]]]


def table(report: Report, view: View) -> Iterator[str]:
    """Write kubectl's table; nothing if there are no rows."""
    if not report.rows:
        return iter(())
    columns = shown_table(report, view)
    headings = [title for title, _ in columns] if view.headers else None
    return layout(headings, [column for _, column in columns])


def shown_table(report: Report, view: View) -> TableColumns:
    """Return the headings and cells of a table, with the sums below if requested."""
    columns = _by_resource(report, view) if is_pivoted(report, view) else with_footer(report, view)
    return columns if view.width is None or view.format is Format.WIDE else _narrowed(columns, report, view)


def _narrowed(columns: TableColumns, report: Report, view: View) -> TableColumns:
    """Shorten names in the middle, the longest first, until the table fits the window. Numbers are never shortened."""
    # A pivoted cluster has other columns than the report; its context and resource names are text.
    texts = {0, 1} if is_pivoted(report, view) else text_places(table_columns(report, view))
    widths = dict(enumerate(widths_of(columns, view)))
    excess = sum(widths.values()) + len(GAP) * (len(widths) - 1) - (view.width or 0)
    if excess <= 0:
        return columns
    from c3s_cli.terminal.lines import middle, shorten  # only tables that do not fit need them

    least = {place: max(SHORTEST, len(columns[place][0]) if view.headers else 0) for place in texts}
    shorten(widths, least, excess)
    return [
        (title, [middle(cell, widths[place]) for cell in cells] if place in texts else cells)
        for place, (title, cells) in enumerate(columns)
    ]


def widths_of(columns: TableColumns, view: View) -> list[int]:
    """Return the width of each column: that of its longest cell, or heading."""
    return [max(LEAST, *map(len, [title, *cells] if view.headers else cells)) for title, cells in columns]


def text_places(columns: Sequence[TableColumn]) -> set[int]:
    """Return which columns may be shortened: names and other text."""
    return {
        place for place, each in enumerate(columns) if each.identifies or each.column.unit in (Unit.TEXT, Unit.TEXTS)
    }


class TableColumn(Struct, frozen=True):
    """A column of a table. rows: the object behind each line. identifies: whether it tells the lines apart."""

    title: str
    column: Column
    rows: Sequence[Any]
    identifies: bool = False


def table_columns(report: Report, view: View) -> list[TableColumn]:
    """Return the columns of a report: those that identify a line among the requested ones, as the view says."""
    titles = headings(report.columns)
    own = [TableColumn(titles[place], each, lines(report, each)) for place, each in enumerate(report.columns)]
    times = [TableColumn("TIME", each, lines(report, each), identifies=True) for each in times_of(report)]
    if view.identity is None:
        return [*times, *own]
    who = [TableColumn(title, column, lines(report, column), identifies=True) for title, column in _identity(report)]
    names = {each.column.name for each in who}
    before, after = (
        [each for each in some if each.column.name not in names]
        for some in (own[: view.identity], own[view.identity :])
    )
    return [*times, *before, *who, *after]


def _identity(report: Report) -> Iterator[tuple[str, Column]]:
    """Yield the columns that identify a line, with their headings: of a container after those of its pod."""
    of_clusters = report.kind in (Kind.CLUSTER, Kind.CLUSTER_CHANGE)
    if of_clusters or (report.contexts and "context" not in {key.name for key in report.keys}):
        yield "CONTEXT", IDENTITY["context"]
    if report.namespaces:
        yield "NAMESPACE", IDENTITY["namespace"]
    if report.keys:
        yield from ((heading(key), key) for key in report.keys)
    elif report.containers:
        yield from (("POD", IDENTITY["name"]), ("NAME", CONTAINER))
    elif report.kind is Kind.RIGHTSIZE:
        from c3s_cli.columns import rightsizing  # only c3s rightsize has them

        yield from ((heading(each), each) for each in (rightsizing.OWNER, rightsizing.CONTAINER))
    elif not of_clusters:
        yield "NAME", IDENTITY["name"]


def lines(report: Report, column: Column) -> Sequence[Any]:
    """Return the object behind each line: a row, or with containers each of them, or its pod."""
    rows: Sequence[Any] = report.rows
    if not report.containers:
        return rows
    if column.of_containers:
        return [container for pod in rows for container in pod.containers]
    return [pod for pod in rows for _ in pod.containers]


def with_footer(report: Report, view: View) -> TableColumns:
    """Return the columns, with the sums below them if --sum is set."""
    columns = table_columns(report, view)
    table = [(each.title, cells(each.column, each.rows)) for each in columns]
    return _with_sum(table, columns, report) if view.sum else table


def is_pivoted(report: Report, view: View) -> bool:
    """Return whether to show a cluster with one row per resource, because its wide columns do not fit on a line."""
    return view.format is Format.WIDE and report.kind is Kind.CLUSTER and report.time is None


PIVOT: Final = {
    "USED-AVG": "avg",
    "USED-P95": "p95",
    "USED-MAX": "max",
    "USED-P95(%)": "p95PercentOfAllocatable",
    "USED": "usage",
    "USED(%)": "usagePercentOfAllocatable",
    "REQUESTED": "requests",
    "REQUESTED(%)": "requestsPercentOfAllocatable",
    "LIMIT": "limits",
    "ALLOCATABLE": "allocatable",
    "FREE": "free",
    "SCHEDULABLE-FREE": "schedulableFree",
}


def pivoted_resources(report: Report) -> list[str]:
    """Return the resources that have a line each for every cluster of a pivoted table."""
    places = [column.name.rpartition(".") for column in report.columns]
    return list(dict.fromkeys(resource for resource, _, field in places if field in PIVOT.values()))


def _by_resource(report: Report, view: View) -> TableColumns:
    """Pivot the wide columns of clusters: one row per resource, one column per field; sums only for several of them."""
    known = by_name(report.columns)
    places = [name.rpartition(".") for name in known]
    resources = pivoted_resources(report)
    titles = [json_path[-1] if (json_path := split_path(resource)) else resource for resource in resources]
    columns = [("CONTEXT", [printable(row.context) for row in report.rows for _ in resources])]
    columns.append(("RESOURCE", [printable(title) for _ in report.rows for title in titles]))
    fields = {field for _, _, field in places}
    pivot = {title: field for title, field in PIVOT.items() if field in fields}
    for title, field in pivot.items():
        shown = [known.get(f"{resource}.{field}") for resource in resources]
        columns.append((title, [cells(column, [row])[0] if column else "-" for row in report.rows for column in shown]))
    if not (view.sum and report.contexts):
        return columns
    sums: list[list[str]] = [["" for _ in resources], [printable(title) for title in titles]]
    for field in pivot.values():
        shown = [known.get(f"{resource}.{field}") for resource in resources]
        sums.append([cells(column, [report.totals])[0] if column else "-" for column in shown])
    rules = ["", "", *(RULE for _ in pivot)]
    return [(title, [*own, rule, *sum_]) for (title, own), rule, sum_ in zip(columns, rules, sums, strict=True)]


def _with_sum(table: TableColumns, columns: Sequence[TableColumn], report: Report) -> TableColumns:
    """Add kubectl's footer: a rule, then the sum of all rows."""
    summable = by_name(totals_of(report.kind, report.columns))
    sums = ["" if each.identifies else _sum_cell(each.column, summable, report) for each in columns]
    if not any(sums):
        return table
    return [(title, [*column, RULE if sum_ else "", sum_]) for (title, column), sum_ in zip(table, sums, strict=True)]


def _sum_cell(column: Column, summable: dict[str, Column], report: Report) -> str:
    parts = [summable.get(part.name) for part in column.parts or (column,)]
    known = [part for part in parts if part]
    if len(known) != len(parts):
        return ""
    whole = structs.replace(column, parts=tuple(known)) if column.parts else known[0]
    return cells(whole, [report.totals])[0]


def line_form(widths: Sequence[int]) -> str:
    """Return the template of a line, for the cells of these widths."""
    return GAP.join([*(f"%-{width}s" for width in widths[:-1]), "%s"]) + "\n"


def layout(headings: Sequence[str] | None, columns: Sequence[list[str]]) -> Iterator[str]:
    """Lay out columns of cells as kubectl does, without its trailing spaces: one `%` per line, which runs in C."""
    if not headings and not columns[0]:
        return
    titled = [[*([headings[place]] if headings else []), *column] for place, column in enumerate(columns)]
    widths = [max(LEAST, *map(len, column)) for column in titled]
    form = line_form(widths)
    lines = map(form.__mod__, zip(*titled, strict=True))
    ends = "\n".join(["", *titled[-1], ""])
    if "\n\n" in ends or " \n" in ends:
        lines = map("{}\n".format, (line.rstrip(" \n") for line in lines))
    while piece := "".join(islice(lines, PIECE)):
        yield piece
