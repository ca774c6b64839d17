"""Report → text, one file for each format. Pure: no clock, no terminal, no sorting. Yields pieces of text.

render(report, view): the formats, which are table (with cells, grid, painted), bordered, markdown, document, delimited,
names, openmetrics and templated, and for changes patches, kustomization and resources; unmatched_paths(report, view):
mistakes in templates; listing: other lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Final

from c3s_cli.request.view import WITH_TEMPLATE, Format, View

if TYPE_CHECKING:
    from c3s_cli.report import Report

# The module and function that write each format.
WRITERS: Final = {
    Format.TABLE: ("table", "table"),
    Format.WIDE: ("table", "table"),
    Format.MARKDOWN: ("markdown", "markdown"),
    Format.GRID: ("bordered", "grid"),
    Format.JSON: ("document", "json_document"),
    Format.YAML: ("document", "yaml_document"),
    Format.CSV: ("delimited", "delimited"),
    Format.TSV: ("delimited", "delimited"),
    Format.VALUE: ("delimited", "values"),
    Format.NAME: ("names", "names"),
    Format.PROMETHEUS: ("openmetrics", "exposition"),
    Format.OPENMETRICS: ("openmetrics", "exposition"),
    Format.CUSTOM_COLUMNS: ("templated", "custom_columns"),
    Format.JSONPATH: ("templated", "jsonpath"),
    Format.PATCH: ("patches", "patches"),
    Format.KUSTOMIZE: ("kustomization", "kustomization"),
    Format.RESOURCES: ("resources", "resources"),
}


def render(report: Report, view: View) -> Iterator[str]:
    """Yield the text of a report in pieces. A format's module is imported only when it is used."""
    if view.color == "always" and view.format in (Format.TABLE, Format.WIDE):
        from c3s_cli.output.painted import painted

        return painted(report, view)
    module, function = WRITERS[view.format]
    write: Callable[[Report, View], Iterator[str]] = getattr(import_module(f"c3s_cli.output.{module}"), function)
    return write(report, view)


def unmatched_paths(report: Report, view: View) -> Iterator[str]:
    """Return messages about paths of a template that no row has."""
    if view.format not in WITH_TEMPLATE:
        return iter(())
    from c3s_cli.output.unmatched import unmatched  # only for templates

    return unmatched(report, view)
