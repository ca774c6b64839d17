"""Lists of plain values, such as contexts and findings: as a table, JSON, YAML, CSV, Markdown or names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from c3s_cli import API_VERSION
from c3s_cli.terminal.printable import NONE, printable

FORMATS: Final = ("table", "json", "yaml", "csv", "markdown", "name")

Rows = Sequence[Mapping[str, Any]]


def listing(rows: Rows, headings: Mapping[str, str], kind: str, format_: str) -> Iterator[str]:
    """Write rows with the same keys. headings: the keys that a table shows, with their headings.

    kind: the kind of a row in the structured formats. `name` is the key that -o name prints.
    """
    match format_:
        case "json":
            import json  # only this format needs it

            yield json.dumps(_document(rows, kind), indent=2) + "\n"
        case "yaml":
            from c3s_cli.output.document import yaml_text  # only this format needs it

            yield yaml_text(_document(rows, kind))
        case "csv":
            yield _csv(rows)
        case "name":
            yield from (f"{printable(row['name'])}\n" for row in rows)
        case _:
            cells = [[_cell(row[key]) for row in rows] for key in headings]
            yield from lay_out(list(headings.values()), cells, format_)


def lay_out(headings: Sequence[str], columns: Sequence[list[str]], format_: str) -> Iterator[str]:
    """Write columns of cells as a table, or in Markdown."""
    if format_ == "table":
        from c3s_cli.output.table import layout  # not needed for the structured formats

        return layout(headings, columns)
    from c3s_cli.output.markdown import markdown_table

    return markdown_table(zip(headings, columns, strict=True))


def _document(rows: Rows, kind: str) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": f"{kind}List", "items": [dict(row) for row in rows]}


def _csv(rows: Rows) -> str:
    from c3s_cli.output.delimited import csv_text, safe  # only this format needs it

    def exact(value: Any) -> Any:
        if isinstance(value, bool):
            return str(value).lower()
        return safe(value) if isinstance(value, str) else value

    return csv_text([list(rows[0]), *(map(exact, row.values()) for row in rows)])


def _cell(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(f"{value:.0f}" if isinstance(value, float) else str(value))
