"""-o name: one `kind/name` per line, for xargs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from c3s_cli.columns.kinds import RESOURCES
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.report import Report
from c3s_cli.request.view import View
from c3s_cli.terminal.printable import printable

PIECE: Final = 5000


def names(report: Report, view: View) -> Iterator[str]:
    """Write the rows as kubectl's -o name does; the kind of a group is its first key.

    With several contexts, each line begins with the context and a tab: many clusters have the same names.
    """
    if report.kind is Kind.RIGHTSIZE:
        yield from _workloads(report)
        return
    own = "persistentvolumeclaim" if report.kind is Kind.VOLUME else report.kind.object.value.lower()
    prefix = report.keys[0].name if report.keys else own
    if view.objects:
        rows: Sequence[Any] = report.rows
        place = next(place for place, key in enumerate(report.keys) if key.name == "owner")
        yield from (_workload(report, row.context, row.labels_or_placeholders[place]) for row in rows)
        return
    if report.contexts and report.kind not in (Kind.CLUSTER, Kind.CLUSTER_CHANGE):
        lines = (f"{printable(row.context)}\t{prefix}/{printable(row.name)}\n" for row in report.each_once)
    else:
        lines = (f"{prefix}/{printable(row.name)}\n" for row in report.each_once)
    while piece := "".join(islice(lines, PIECE)):
        yield piece


def _workloads(report: Report) -> Iterator[str]:
    """Yield each workload once, however many containers it has."""
    rows: Sequence[Any] = report.rows
    owners = dict.fromkeys((row.context, row.namespace, row.owner) for row in rows)
    yield from (_workload(report, context, owner) for context, _, owner in owners)


def _workload(report: Report, context: str, owner: str) -> str:
    kind, _, name = owner.partition("/")
    before = f"{printable(context)}\t" if report.contexts else ""
    return f"{before}{RESOURCES.get(kind, kind.casefold())}/{printable(name)}\n"
