"""Drain nodes: their pods, highest priority first, are placed on the other nodes.

The nodes are cordoned but not deleted: they remain domains of spread constraints, and the pods of DaemonSets and static
pods stay on them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from msgspec import Struct, structs

from c3s_cli.analysis.eligibility import met, tolerates_cordon
from c3s_cli.analysis.joining import node_rows
from c3s_cli.analysis.running import RunningPod
from c3s_cli.analysis.scheduler import MILLICORE, Scheduler
from c3s_cli.model.placing import ANYWHERE, FitRequest, FitResult, Placing, Workload
from c3s_cli.model.rows import Move, Node, PodFacts
from c3s_cli.model.sample import Sample

# Pods with these owners are not rescheduled. A static pod is owned by its node.
BOUND: Final = ("DaemonSet", "Node")
CORDONED: Final = ",SchedulingDisabled"
Key = tuple[str, str]


class Drained(Struct):
    """A cluster after a drain. moves: a row for each pod that had to move."""

    scheduler: Scheduler
    moves: list[Move]
    results: list[FitResult]


def drain(sample: Sample, request: FitRequest) -> Drained:
    """Drain the nodes of a request that the cluster has, and return the cluster afterwards."""
    names = [name for name in request.without if name in (sample.node_facts or {})]
    pods = sample.pod_facts or {}
    leaving = [
        (of, facts)
        for of, facts in pods.items()
        if facts.node in names and not _stays(facts) and facts.status != "Terminating"
    ]
    leaving.sort(key=lambda pod: (-_placing(pod[1]).priority, pod[0]))
    scheduler = _scheduler(sample, names)
    moves = list(_moves(sample, leaving, scheduler))
    unplaced_after = _unplaced_after_deletion(sample, leaving, names)
    return Drained(scheduler, moves, [_result(name, leaving, moves, unplaced_after) for name in names])


def _stays(facts: PodFacts) -> bool:
    return (facts.owner or "").partition("/")[0] in BOUND


def _placing(facts: PodFacts) -> Placing:
    return facts.placing or ANYWHERE


def _scheduler(sample: Sample, cordoned: Collection[str], *, deleted: bool = False) -> Scheduler:
    """Return the cluster with its running pods. On cordoned nodes only those stay that a drain leaves."""
    rows = node_rows(sample)
    if deleted:
        nodes = [node for node in rows if node.name not in cordoned]
    else:
        nodes = [_cordoned(node) if node.name in cordoned else node for node in rows]
    running = (
        (facts.node, _running(namespace, facts))
        for (namespace, _), facts in (sample.pod_facts or {}).items()
        if facts.node not in cordoned or _stays(facts)
    )
    return Scheduler(nodes, running, sample.surroundings.namespaces, () if deleted else cordoned)


def _cordoned(node: Node) -> Node:
    if node.facts is None or node.facts.details is None or node.facts.details.status.endswith(CORDONED):
        return node
    details = structs.replace(node.facts.details, status=node.facts.details.status + CORDONED)
    row: Node = structs.replace(node, facts=structs.replace(node.facts, details=details))
    return row


def _running(namespace: str, facts: PodFacts) -> RunningPod:
    placing = _placing(facts)
    leaving = facts.status == "Terminating"
    rest = -facts.requests.get("cpu", 0) % MILLICORE
    return RunningPod(namespace, facts.labels, placing.anti_affinities, placing.host_ports, leaving, rest)


def _groups(leaving: Sequence[tuple[Key, PodFacts]]) -> Iterator[tuple[Workload, list[tuple[Key, PodFacts]]]]:
    """Yield pods that are alike and follow each other, as a workload."""
    for _, several in groupby(leaving, key=lambda pod: (pod[0][0], pod[1].requests, pod[1].labels, pod[1].placing)):
        alike = list(several)
        (namespace, name), facts = alike[0]
        yield Workload(name, facts.requests, len(alike), namespace, facts.labels, _placing(facts)), alike


def _moves(sample: Sample, leaving: Sequence[tuple[Key, PodFacts]], scheduler: Scheduler) -> Iterator[Move]:
    for workload, alike in _groups(leaving):
        places = scheduler.place(workload)
        why = _reasons(scheduler, workload) if len(places) < len(alike) else ()
        for number, ((namespace, name), facts) in enumerate(alike):
            target = scheduler.nodes[places[number]] if number < len(places) else None
            yield Move(
                sample.context,
                namespace,
                name,
                from_node=facts.node,
                to_node=target.name if target else None,
                reasons=(*(() if target else why), *_refusals(sample, namespace, facts)),
                details=target.details if target else None,
                labels=facts.labels,
                owner=facts.owner,
                requests=facts.requests,
            )


def _reasons(scheduler: Scheduler, workload: Workload) -> tuple[str, ...]:
    """Return the reasons why no node has room, most frequent first, each with the number of nodes."""
    counts: dict[str, int] = {}
    for place, words in enumerate(scheduler.why_not(workload)):
        for word in () if scheduler.nodes[place].name in scheduler.drained else words:
            counts[word] = counts.get(word, 0) + 1
    ordered = sorted(counts.items(), key=lambda each: -each[1])
    return tuple(f"{word} ({count} node{'s' * (count != 1)})" for word, count in ordered) or ("no other node",)


def _refusals(sample: Sample, namespace: str, facts: PodFacts) -> Iterator[str]:
    """Yield why `kubectl drain` would refuse to evict a pod, or why evicting it may not help, in words."""
    if not facts.owner:
        yield "drain refuses: no controller"
    for budget in sample.surroundings.budgets:
        if budget.namespace == namespace and budget.selector is not None and met(budget.selector, facts.labels):
            yield f"drain refuses: budget {budget.name} allows no disruption"
    if tolerates_cordon(_placing(facts)):
        yield "may come back: tolerates the cordon"


def _unplaced_after_deletion(
    sample: Sample, leaving: Sequence[tuple[Key, PodFacts]], names: Sequence[str]
) -> dict[str, list[str]] | None:
    """Return the pods of each node that find no other once the nodes are deleted; None if that changes nothing."""
    if not any(
        placing.spreads or placing.affinities or placing.anti_affinities
        for placing in {_placing(facts) for _, facts in leaving}
    ):
        return None
    scheduler = _scheduler(sample, names, deleted=True)
    unplaced: dict[str, list[str]] = {name: [] for name in names}
    for workload, alike in _groups(leaving):
        for (namespace, name), facts in alike[len(scheduler.place(workload)) :]:
            unplaced[facts.node].append(f"{namespace}/{name}")
    return unplaced


def _result(
    node: str,
    leaving: Sequence[tuple[Key, PodFacts]],
    moves: Sequence[Move],
    unplaced_after: Mapping[str, list[str]] | None,
) -> FitResult:
    unplaced = tuple(f"{move.namespace}/{move.name}" for move in moves if move.from_node == node and not move.to_node)
    own = [facts for _, facts in leaving if facts.node == node]
    ignored = dict.fromkeys(rule for facts in own for rule in _placing(facts).ignored)
    after = None if unplaced_after is None else len(own) - len(unplaced_after[node])
    return FitResult(
        node,
        None,
        len(own),
        len(own) - len(unplaced),
        unplaced,
        tuple(ignored),
        placed_after_deletion=after if after != len(own) - len(unplaced) else None,
    )
