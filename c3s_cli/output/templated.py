"""-o jsonpath=… and -o custom-columns=…: what a template makes of the document that -o json prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from c3s_cli.model import Report
from c3s_cli.output.document import document, items
from c3s_cli.output.table import layout
from c3s_cli.printable import printable
from c3s_cli.request import View
from c3s_cli.templates import Node, Range, Step, follow, read_spec, read_template, written

NONE: Final = "<none>"


def jsonpath(report: Report, view: View) -> Iterator[str]:
    """Write what the template makes of the document. Nothing in it can be a terminal's command."""
    whole = document(report, view)
    text = "".join(_written_nodes(read_template(view.template), whole, whole))
    return iter(("\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n")),))


def _written_nodes(nodes: Sequence[Node], value: Any, root: Any) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, Range):
            for each in follow(node.path, [value], root):
                yield from _written_nodes(node.body, each, root)
        else:
            yield " ".join(map(written, follow(node, [value], root)))


def custom_columns(report: Report, view: View) -> Iterator[str]:
    """Write the table; a path that finds nothing is `<none>`, one that finds several is joined by commas."""
    columns = read_spec(view.template)
    rows = [[_cell(path, item) for _, path in columns] for item in items(report, view)]
    headings = [heading for heading, _ in columns] if view.headers else None
    return layout(headings, [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns])


def _cell(path: list[Step], item: dict[str, Any]) -> str:
    found = follow(path, [item], item)
    texts = [NONE if value is None else written(value) for value in found]
    return printable(",".join(texts)) or NONE
