"""Which pods of lower priority the scheduler would evict to make room for one more pod."""

from __future__ import annotations

from collections.abc import Sequence

from c3s_cli.amounts.totals import added
from c3s_cli.analysis.scheduler import SLOTS, Scheduler, need_of
from c3s_cli.model.placing import ANYWHERE, Workload
from c3s_cli.model.rows import Amounts
from c3s_cli.model.sample import Sample

# The name of a pod, its priority and what it requests.
Victim = tuple[str, int, Amounts]


def preempted(sample: Sample, scheduler: Scheduler, workload: Workload) -> tuple[str, tuple[str, ...]] | None:
    """Return a node and the pods there that one more pod of a workload would preempt; None if that does not help.

    Only pods that keep it off by their requests are considered; as in the scheduler, as few as possible of as low a
    priority as possible are evicted.
    """
    placing = workload.placing
    lower = _lower(sample, placing.priority) if placing.preempts else {}
    if not lower:
        return None
    need = need_of(workload)
    choices = []
    for place, why in enumerate(scheduler.why_not(workload)):
        node = scheduler.nodes[place].name
        if node in lower and set(why) <= set(need):
            victims = _victims(scheduler.free[place], need, lower[node])
            if victims:
                priorities = [priority for _, priority, _ in victims]
                choices.append((max(priorities), sum(priorities), len(victims), node, victims))
    if not choices:
        return None
    *_, node, victims = min(choices, key=lambda choice: choice[:4])
    return node, tuple(name for name, _, _ in victims)


def _lower(sample: Sample, priority: int) -> dict[str, list[Victim]]:
    """Return the pods of lower priority by node, highest first."""
    victims: dict[str, list[Victim]] = {}
    for (namespace, name), facts in (sample.pod_facts or {}).items():
        own = (facts.placing or ANYWHERE).priority
        if facts.node and own < priority and facts.status != "Terminating":
            victims.setdefault(facts.node, []).append((f"{namespace}/{name}", own, {**facts.requests, SLOTS: 1}))
    return {node: sorted(pods, key=lambda pod: (-pod[1], pod[0])) for node, pods in victims.items()}


def _victims(free: Amounts, need: Amounts, pods: Sequence[Victim]) -> list[Victim]:
    """Return the fewest pods to evict: all of them if need be, except those that may stay; [] if that is too little."""
    freed = added(requests for _, _, requests in pods)
    left = {resource: free.get(resource, 0) + freed.get(resource, 0) - amount for resource, amount in need.items()}
    if min(left.values()) < 0:
        return []
    victims = []
    for pod in pods:
        after = {resource: amount - pod[2].get(resource, 0) for resource, amount in left.items()}
        if min(after.values()) < 0:
            victims.append(pod)
        else:
            left = after
    return victims
