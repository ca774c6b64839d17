"""-o resources: the `resources:` of containers, for the values of a chart, by namespace, workload and container."""

from __future__ import annotations

from collections.abc import Iterator

from c3s_cli.output.changes import of_one_context
from c3s_cli.output.document import yaml_text
from c3s_cli.report import Report
from c3s_cli.request.view import View

Containers = dict[str, dict[str, dict[str, dict[str, str]]]]


def resources(report: Report, _view: View) -> Iterator[str]:
    """Write a map of what should change; `c3s demo --resources FILE` reads it, too. Nothing if all may stay."""
    tree: dict[str, dict[str, Containers]] = {}
    for change in of_one_context(report):
        containers = tree.setdefault(change.namespace, {}).setdefault(f"{change.kind}/{change.name}", {})
        for each in change.containers:
            containers[each.name] = {"resources": {field: dict(amounts) for field, amounts in each.whole.items()}}
    if tree:
        yield yaml_text(tree)
