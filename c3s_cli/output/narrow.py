"""Which columns of a wide table fit the terminal: names are never cut, columns are left out from the right."""

from __future__ import annotations

from msgspec import structs

from c3s_cli.output.table import GAP, PIVOT, is_pivoted, shown_table, table_columns, widths_of
from c3s_cli.report import Report
from c3s_cli.request.view import Format, View


def fit_columns(report: Report, view: View) -> tuple[Report, tuple[str, ...]]:
    """Return the report with the columns that fit, and the headings of those that do not."""
    if view.width is None or view.format is not Format.WIDE or not report.rows:
        return report, ()
    table = shown_table(report, view)
    # What identifies a line stays, and one more column.
    pivoted = is_pivoted(report, view)
    first = (
        2
        if pivoted
        else max((n for n, each in enumerate(table_columns(report, view), 1) if each.identifies), default=0)
    )
    widths = widths_of(table, view)
    count = len(table)
    while count > first + 1 and sum(widths[:count]) + len(GAP) * (count - 1) > view.width:
        count -= 1
    left_out = tuple(title for title, _ in table[count:])
    if pivoted:
        fields = {PIVOT[title] for title in left_out}
        shown = [each for each in report.columns if each.name.rpartition(".")[2] not in fields]
    else:
        names = {each.column.name for each in table_columns(report, view)[count:]}
        shown = [each for each in report.columns if each.name not in names]
    return structs.replace(report, columns=tuple(shown)), left_out
