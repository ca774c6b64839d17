"""Drain nodes: their pods, highest priority first, are placed on the other nodes.

The nodes are cordoned but not deleted: they remain domains of spread constraints, and the pods of DaemonSets and static
pods stay on them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from msgspec import Struct, structs

from c3s_cli.amounts.totals import by_key
from c3s_cli.analysis.eligibility import met, tolerates_cordon
from c3s_cli.analysis.joining import node_rows
from c3s_cli.analysis.running import RunningPod
from c3s_cli.analysis.scheduler import MILLICORE, Scheduler
from c3s_cli.model.fit_rows import Move
from c3s_cli.model.placing import ANYWHERE, FitRequest, FitResult, Placing, Workload
from c3s_cli.model.rows import PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.model.surroundings import EMPTY, Budget, Key
from c3s_cli.request.query import Query

# Pods with these owners are not rescheduled. A static pod is owned by its node.
DAEMON: Final = "DaemonSet"
STATIC: Final = "Node"
# What comes before the reasons for which `kubectl drain` refuses to evict a pod.
REFUSED: Final = "drain refuses: "
Pod = tuple[Key, PodFacts]


class Drained(Struct):
    """A cluster after a drain. moves: a row for each pod that had to move."""

    scheduler: Scheduler
    moves: list[Move]
    results: list[FitResult]


def drain(sample: Sample, query: Query, request: FitRequest) -> Drained:
    """Drain the nodes of a request that the cluster has, and return the cluster afterwards."""
    surroundings = sample.surroundings or EMPTY
    scheduler = Scheduler(node_rows(sample), _running(sample), surroundings.namespaces, surroundings.served)
    drained = Drained(scheduler, [], [])
    names = nodes_to_drain(sample, query, request)
    on_nodes = by_key((facts.node, (key, facts)) for key, facts in (sample.pod_facts or {}).items())
    for together in [[name] for name in names] if request.one_by_one else [names] if names else []:
        pods = [pod for name in together for pod in on_nodes.get(name, ())]
        leaving = [pod for pod in pods if _must_move(pod[1])]
        leaving.sort(key=lambda pod: (-rules_of(pod[1]).priority, pod[0]))
        scheduler.drain(
            together, [(facts.node, as_running(key, facts)) for key, facts in pods if _kind_that_stays(facts)]
        )
        moves = list(_moves(sample, leaving, scheduler))
        after = None if request.one_by_one else _unplaced_after_deletion(sample, leaving, names)
        staying = [pod for pod in pods if not _must_move(pod[1])]
        drained.results += [_result(name, leaving, staying, moves, after) for name in together]
        drained.moves += moves
        if request.one_by_one:
            for (key, facts), move in zip(leaving, moves, strict=True):
                on_nodes.setdefault(move.to_node or "", []).append(
                    (key, structs.replace(facts, node=move.to_node or ""))
                )
    return drained


def nodes_to_drain(sample: Sample, query: Query, request: FitRequest) -> list[str]:
    """Return the names of the nodes that a request drains."""
    chosen = sorted(node.name for node in node_rows(sample) if query.drain.matches(node)) if query.drain else []
    named = [name for name in request.without if name in (sample.node_facts or {})]
    return list(dict.fromkeys((*named, *chosen)))


def _kind_that_stays(facts: PodFacts) -> str | None:
    """Return the kind of the pod's owner if a drain leaves such pods; None if not."""
    kind = (facts.owner or "").partition("/")[0]
    return kind if kind in (DAEMON, STATIC) else None


def _must_move(facts: PodFacts) -> bool:
    return not _kind_that_stays(facts) and facts.status != "Terminating"


def rules_of(facts: PodFacts) -> Placing:
    """Return where a pod may run; anywhere if that was not read."""
    return facts.placing or ANYWHERE


def _running(sample: Sample, without: Collection[str] = ()) -> Iterator[tuple[str, RunningPod]]:
    """Yield the pods with the names of their nodes. without: nodes whose pods are left out."""
    for key, facts in (sample.pod_facts or {}).items():
        if facts.node not in without:
            yield facts.node, as_running(key, facts)


def as_running(key: Key, facts: PodFacts) -> RunningPod:
    """Return what the rules of other pods see of a pod."""
    placing = rules_of(facts)
    rest = -facts.requests.get("cpu", 0) % MILLICORE
    leaving = facts.status == "Terminating"
    return RunningPod(key[0], facts.labels, placing.anti_affinities, placing.host_ports, leaving, rest)


def workloads_of(leaving: Sequence[Pod]) -> Iterator[tuple[Workload, list[Pod]]]:
    """Yield pods that are alike and follow each other, as a workload."""
    for _, several in groupby(leaving, key=lambda pod: (pod[0][0], pod[1].requests, pod[1].labels, pod[1].placing)):
        alike = list(several)
        (namespace, name), facts = alike[0]
        yield Workload(name, facts.requests, len(alike), namespace, facts.labels, rules_of(facts)), alike


def _moves(sample: Sample, leaving: Sequence[Pod], scheduler: Scheduler) -> Iterator[Move]:
    for workload, alike in workloads_of(leaving):
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
                reasons=(
                    *(() if target else why),
                    *_refusals(namespace, facts, (sample.surroundings or EMPTY).budgets),
                ),
                details=target.details if target else None,
                labels=facts.labels,
                owner=facts.owner,
                requests=facts.requests,
            )


def _refusals(namespace: str, facts: PodFacts, budgets: Sequence[Budget]) -> Iterator[str]:
    """Yield why `kubectl drain` would refuse to evict a pod, or why evicting it may not help, in words."""
    if facts.owner == "":  # None is unknown
        yield f"{REFUSED}no controller"
    if facts.local_storage:
        yield f"{REFUSED}local storage"
    if budget := _refusing_budget(namespace, facts, budgets):
        yield f"{REFUSED}{budget}"
    if tolerates_cordon(rules_of(facts)):
        yield "may come back: tolerates the cordon"


def _refusing_budget(namespace: str, facts: PodFacts, budgets: Sequence[Budget]) -> str:
    """Return why the API server would not evict a pod, by its rules for budgets; "" if it would."""
    own = [
        each
        for each in budgets
        if each.namespace == namespace and each.selector is not None and met(each.selector, facts.labels)
    ]
    if not own or not facts.started:
        return ""
    if len(own) > 1:
        return f"more than one budget: {', '.join(each.name for each in own)}"
    (budget,) = own
    evictable = budget.disruptions_allowed > 0 or (not facts.ready and budget.lets_unready_pods_go)
    return "" if evictable else f"budget {budget.name} allows no disruption"


def _reasons(scheduler: Scheduler, workload: Workload) -> tuple[str, ...]:
    """Return the reasons why no node has room, most frequent first, each with the number of nodes."""
    counts: dict[str, int] = {}
    for place, words in enumerate(scheduler.why_not(workload)):
        for word in () if scheduler.nodes[place].name in scheduler.drained else words:
            counts[word] = counts.get(word, 0) + 1
    ordered = sorted(counts.items(), key=lambda each: -each[1])
    return tuple(f"{word} ({count} node{'s' * (count != 1)})" for word, count in ordered) or ("no other node",)


def _unplaced_after_deletion(
    sample: Sample, leaving: Sequence[Pod], names: Sequence[str]
) -> dict[str, list[str]] | None:
    """Return the pods of each node that find no other once the nodes are deleted; None if that changes nothing."""
    if not any(
        placing.spreads or placing.affinities or placing.anti_affinities
        for placing in {rules_of(facts) for _, facts in leaving}
    ):
        return None
    nodes = [node for node in node_rows(sample) if node.name not in names]
    surroundings = sample.surroundings or EMPTY
    scheduler = Scheduler(nodes, _running(sample, without=names), surroundings.namespaces, surroundings.served)
    unplaced: dict[str, list[str]] = {name: [] for name in names}
    for workload, alike in workloads_of(leaving):
        for (namespace, name), facts in alike[len(scheduler.place(workload)) :]:
            unplaced[facts.node].append(f"{namespace}/{name}")
    return unplaced


def _result(
    node: str,
    leaving: Sequence[Pod],
    staying: Sequence[Pod],
    moves: Sequence[Move],
    unplaced_after: Mapping[str, list[str]] | None,
) -> FitResult:
    own = [facts for _, facts in leaving if facts.node == node]
    own_moves = [move for move in moves if move.from_node == node]
    unplaced = tuple(f"{move.namespace}/{move.name}" for move in own_moves if not move.to_node)
    ignored = dict.fromkeys(rule for facts in own for rule in rules_of(facts).ignored)
    after = None if unplaced_after is None else len(own) - len(unplaced_after[node])
    stay = [(key, _kind_that_stays(facts)) for key, facts in staying if facts.node == node]
    kinds = [kind for _, kind in stay]
    return FitResult(
        node,
        None,
        len(own),
        len(own) - len(unplaced),
        unplaced,
        tuple(ignored),
        placed_after_deletion=after if after != len(own) - len(unplaced) else None,
        daemon_pods=kinds.count(DAEMON),
        static_pods=kinds.count(STATIC),
        ending=tuple(["/".join(key) for key, kind in stay if kind is None]),
        refused=tuple(_refused(own_moves)),
    )


def _refused(moves: Sequence[Move]) -> Iterator[str]:
    """Yield the pods that a drain would refuse, each with the reasons."""
    for move in moves:
        if why := [reason.removeprefix(REFUSED) for reason in move.reasons if reason.startswith(REFUSED)]:
            yield f"{move.namespace}/{move.name} ({'; '.join(why)})"
