"""Judge metrics by their age and by the nodes without any, to find problems of metrics-server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.amounts.duration import age
from c3s_cli.amounts.timestamp import epoch
from c3s_cli.doctor.findings import BROKEN, LOGS, OK, WARNING, Finding
from c3s_cli.model.rows import Node, NodeFacts
from c3s_cli.terminal.stderr import named

# metrics-server measures every 15 s by default; some clusters set a few minutes.
STALE: Final = 180
# How far metrics may be ahead of the API server's clock, in seconds.
AHEAD: Final = 30
# How long a new node may take to report, in seconds.
YOUNG: Final = 120


def about_figures(
    measured: Sequence[Node], known: Sequence[NodeFacts] | None, now: float, source: str = ""
) -> Iterator[Finding]:
    """Report how old the metrics are, and which nodes have old ones or none.

    known: the nodes, None if not read. source: what measures, "" for metrics-server, whose logs give reasons.
    """
    for each in _about(measured, known, now):
        is_of_logs = source and LOGS in each.hint
        yield structs.replace(each, hint=f"is the node up, and can {source} read its kubelet?") if is_of_logs else each


def _about(measured: Sequence[Node], known: Sequence[NodeFacts] | None, now: float) -> Iterator[Finding]:
    ages = {node.name: now - (epoch(node.timestamp) or 0.0) for node in measured if node.timestamp}
    if not ages:
        hint = f"metrics-server needs a minute after it starts; if there are still none, see its logs: {LOGS}"
        yield Finding("node metrics", BROKEN, "metrics not available yet: no node reports usage", hint)
        return
    youngest = min(ages.values())
    yield _newest(youngest)
    if old := {name: each for name, each in ages.items() if each > STALE >= youngest}:
        behind = [f"{name} ({age(each)})" for name, each in old.items()]
        hint = f"metrics-server no longer reads their kubelets: {LOGS}"
        yield Finding("node metrics", WARNING, f"{len(old)} of {len(ages)} with old metrics: {named(behind)}", hint)
    if known:
        yield from _silent(known, {node.name for node in measured}, now)


def _newest(seconds: float) -> Finding:
    if seconds < -AHEAD:
        hint = "the clocks of the nodes and of the API server differ: is NTP running on them?"
        return Finding(
            "node metrics", WARNING, f"the newest metrics are {-seconds:.0f}s ahead of the server's clock", hint
        )
    if seconds <= STALE:
        return Finding("node metrics", OK, f"the newest metrics are {max(0, seconds):.0f}s old")
    hint = f"metrics-server has stopped measuring: {LOGS}"
    return Finding("node metrics", BROKEN, f"the newest metrics are {seconds:.0f}s old", hint)


def _silent(facts: Sequence[NodeFacts], measured: set[str], now: float) -> Iterator[Finding]:
    """Report the nodes without usage, grouped by what to do about them."""
    silent = [node for node in facts if node.name not in measured]
    if not silent:
        yield Finding("nodes", OK, f"all {len(facts)} report usage")
        return
    sick = [node for node in silent if node.details and "NotReady" in (node.details.status or "")]
    young = [
        node
        for node in silent
        if node not in sick and now - ((node.details and node.details.created_at) or 0.0) <= YOUNG
    ]
    mute = [node for node in silent if node not in sick and node not in young]
    if sick:
        hint = f"see why: kubectl describe node {sick[0].name}"
        yield Finding("nodes", BROKEN, f"not ready, and without usage: {_names(sick)}", hint)
    if mute:
        hint = f"metrics-server cannot read their kubelets: {LOGS}"
        yield Finding("nodes", BROKEN, f"{len(mute)} of {len(facts)} without usage: {_names(mute)}", hint)
    if young:
        yield Finding("nodes", OK, f"new, and without usage yet: {_names(young)}")


def _names(nodes: Sequence[NodeFacts]) -> str:
    return named([node.name for node in nodes])
