"""Report → text, in one of the formats. Pure: no clock, no terminal, no sorting; pieces of text come out."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Final

from c3s_cli.request import Format

if TYPE_CHECKING:
    from c3s_cli.model import Report
    from c3s_cli.request import View

MODULES: Final = {
    Format.TABLE: "table",
    Format.WIDE: "table",
    Format.MARKDOWN: "table",
    Format.JSON: "document",
    Format.YAML: "document",
    Format.CSV: "delimited",
    Format.TSV: "delimited",
    Format.NAME: "names",
    Format.PROMETHEUS: "prometheus",
    Format.CUSTOM_COLUMNS: "templated",
    Format.JSONPATH: "templated",
}


def prepare(format_: Format) -> None:
    """Import what rendering a format will need."""
    import_module(f"c3s_cli.output.{MODULES[format_]}")
    if MODULES[format_] == "table":
        import_module("tabulate")


def render(report: Report, view: View) -> Iterator[str]:
    """Give the text of a report, piece by piece. Each format is imported only when it is asked for."""
    match view.format:
        case Format.TABLE | Format.WIDE:
            from c3s_cli.output.table import table  # noqa: PLC0415

            return table(report, view)
        case Format.MARKDOWN:
            from c3s_cli.output.table import markdown  # noqa: PLC0415

            return markdown(report, view)
        case Format.JSON:
            from c3s_cli.output.document import json_document  # noqa: PLC0415

            return json_document(report, view)
        case Format.YAML:
            from c3s_cli.output.document import yaml_document  # noqa: PLC0415

            return yaml_document(report, view)
        case Format.CSV | Format.TSV:
            from c3s_cli.output.delimited import delimited  # noqa: PLC0415

            return delimited(report, view)
        case Format.NAME:
            from c3s_cli.output.names import names  # noqa: PLC0415

            return names(report, view)
        case Format.PROMETHEUS:
            from c3s_cli.output.prometheus import exposition  # noqa: PLC0415

            return exposition(report, view)
        case Format.CUSTOM_COLUMNS:
            from c3s_cli.output.templated import custom_columns  # noqa: PLC0415

            return custom_columns(report, view)
        case Format.JSONPATH:
            from c3s_cli.output.templated import jsonpath  # noqa: PLC0415

            return jsonpath(report, view)
