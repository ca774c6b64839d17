"""Totals of clusters for the header of watch: Samples → Summary."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from c3s_cli.amounts.totals import sum_known
from c3s_cli.analysis.joining import node_rows
from c3s_cli.analysis.rollup import sum_nodes
from c3s_cli.model.rows import Group
from c3s_cli.model.sample import Sample


class Summary(Struct, frozen=True):
    """All nodes as one row. ready: how many nodes are Ready, None if their conditions were not read.

    unready: the names of the other nodes, and since when they are not ready (seconds since 1970, None if unknown), the
    latest first. newest: the timestamp of the newest usage. window: the period it is averaged over, as the API sent it.
    """

    cluster: Group
    ready: int | None
    unready: tuple[tuple[str, float | None], ...]
    pods: int | None
    newest: str | None
    window: str | None


def summary_of(samples: Sequence[Sample]) -> Summary:
    """Sum the nodes of one or more clusters."""
    nodes = [node for sample in samples for node in node_rows(sample)]
    known = [(node, node.details) for node in nodes if node.details is not None]
    unready = [
        (node, details.turned_at) for node, details in known if (details.status or "Ready").split(",")[0] != "Ready"
    ]
    unready.sort(key=lambda each: -(each[1] or 0.0))
    cluster = sum_nodes(nodes, ", ".join(sample.context for sample in samples))
    return Summary(
        cluster=cluster,
        ready=len(known) - len(unready) if known else None,
        unready=tuple((f"{node.context}/{node.name}" if len(samples) > 1 else node.name, at) for node, at in unready),
        pods=sum_known(sample.pod_count for sample in samples),
        newest=max((node.timestamp for node in nodes if node.timestamp), default=None),
        window=cluster.window,
    )
