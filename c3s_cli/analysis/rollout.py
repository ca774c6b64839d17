"""Replace the running pods of a workload step by step, as its controller would, within maxSurge and maxUnavailable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from operator import add

from msgspec import structs

from c3s_cli.analysis.draining import Pod, as_running
from c3s_cli.analysis.scheduler import Outcome, Scheduler
from c3s_cli.model.placing import Strategy, Workload


def roll_out(
    scheduler: Scheduler, workload: Workload, own: Iterable[Pod], strategy: Strategy
) -> tuple[Outcome, list[str]]:
    """Place the new pods of a workload while its old ones end. Return the placement, and the old ones that stay.

    A controller creates pods as long as no more than maxSurge are too many, and ends old ones as long as no more than
    maxUnavailable are missing.
    """
    wanted = workload.replicas or 0
    surge, unavailable = strategy.surge(wanted), strategy.unavailable(wanted)
    if not surge and not unavailable:
        unavailable = 1
    before, placed = scheduler.free, [0] * len(scheduler.nodes)
    scheduler.free = [dict(have) for have in before]
    old = list(_in_order_of_ending([pod for pod in own if pod[1].node in scheduler.places]))
    while True:
        new = sum(placed)
        more = min(wanted - new, wanted + surge - len(old) - new)
        places = scheduler.place(structs.replace(workload, replicas=more)) if more > 0 else []
        for place in places:
            placed[place] += 1
        ending = min(len(old), max(0, len(old) + sum(placed) - (wanted - unavailable)))
        if strategy.all_first and sum(placed) < wanted:
            ending = 0
        for key, facts in old[:ending]:
            scheduler.remove(facts.node, as_running(key, facts), facts.requests)
        old = old[ending:]
        if not places and not ending:
            break
    rest = scheduler.fit(structs.replace(workload, replicas=0))
    outcome = Outcome(before, list(map(add, placed, rest.fits)), placed, rest.limited_by, wanted)
    return outcome, [name for (_, name), _ in old]


def _in_order_of_ending(pods: list[Pod]) -> Iterator[Pod]:
    """Yield pods in the order in which a ReplicaSet ends them: unready ones, then from full nodes, then young ones."""
    left = Counter(facts.node for _, facts in pods)
    remaining = sorted(pods, key=lambda pod: (pod[1].ready, -(pod[1].created_at or 0), pod[0]))
    while remaining:
        pod = min(remaining, key=lambda pod: (pod[1].ready, -left[pod[1].node]))
        remaining.remove(pod)
        left[pod[1].node] -= 1
        yield pod
