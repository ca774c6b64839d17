"""How many more pods the quotas of a namespace admit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from c3s_cli.amounts.allocation import PodResources, limits_of
from c3s_cli.analysis.eligibility import met
from c3s_cli.model.placing import Cap, Claim, Workload
from c3s_cli.model.requirement import Requirement
from c3s_cli.model.surroundings import Quota

# What every container must state if a quota counts it.
STATED: Final = ("cpu", "memory")


class Quotas:
    """What is left of the quotas of a cluster. Creating pods changes it."""

    def __init__(self, quotas: Iterable[Quota]) -> None:
        self.left = [(quota, dict(quota.left)) for quota in quotas]

    def cap(self, workload: Workload) -> Cap | None:
        """Return how many pods of a workload the strictest quota admits; None if no quota counts them."""
        caps = [
            Cap(max(0, left[name] // need) if need else 0, f"quota {quota.name}: {name}")
            for quota, left in self._counting(workload)
            for name, need in _counted(workload, left)
        ]
        return min(caps, key=lambda cap: cap.pods, default=None)

    def charge(self, workload: Workload, pods: int) -> None:
        """Take the pods that are created from what is left."""
        for _, left in self._counting(workload):
            for name, need in _counted(workload, left):
                left[name] -= pods * (need or 0)

    def _counting(self, workload: Workload) -> Iterator[tuple[Quota, dict[str, int]]]:
        if workload.template:
            for quota, left in self.left:
                if quota.namespace == workload.namespace and all(_in_scope(each, workload) for each in quota.scopes):
                    yield quota, left


def _counted(workload: Workload, left: Mapping[str, int]) -> Iterator[tuple[str, int | None]]:
    """Yield what a quota counts of one pod; None for what each container must state, and one does not."""
    uses = _uses(workload)
    pod = workload.template.resources if workload.template else PodResources(())
    for name in left:
        if uses.get(name):
            yield name, uses[name]
        if _is_unstated(name, pod):
            yield name, None


def _uses(workload: Workload) -> dict[str, int]:
    """Return what one pod uses, under the names of quotas."""
    template = workload.template
    uses = {"pods": 1, "count/pods": 1}
    for resource, amount in workload.requests.items():
        uses |= {f"requests.{resource}": amount, resource: amount}
    for resource, amount in (limits_of(template.resources) if template else {}).items():
        uses[f"limits.{resource}"] = amount
    for _, claim in template.new_claims if template else ():
        for name, amount in _uses_of(claim):
            uses[name] = uses.get(name, 0) + amount
    return uses


def _uses_of(claim: Claim) -> Iterator[tuple[str, int]]:
    yield from (("persistentvolumeclaims", 1), ("count/persistentvolumeclaims", 1), ("requests.storage", claim.size))
    if claim.storage_class:
        prefix = f"{claim.storage_class}.storageclass.storage.k8s.io/"
        yield from ((f"{prefix}persistentvolumeclaims", 1), (f"{prefix}requests.storage", claim.size))


def _is_unstated(name: str, pod: PodResources) -> bool:
    kind, _, resource = name.rpartition(".")
    if resource not in STATED or kind not in ("", "requests", "limits") or pod.pod_requests or pod.pod_limits:
        return False
    every = (*pod.containers, *pod.init_containers)
    return any(resource not in (each.limits if kind == "limits" else each.requests) for each in every)


def _in_scope(scope: Requirement, workload: Workload) -> bool:
    """Return whether a quota with this scope counts the pods."""
    template, placing = workload.template, workload.placing
    deadline = bool(template and template.deadline)
    pod = template.resources if template else PodResources(())
    amounts = [each for one in (*pod.containers, *pod.init_containers) for each in (one.requests, one.limits)]
    of_pod = [pod.pod_requests or {}, pod.pod_limits or {}]
    best_effort = not any(each.get(resource) for each in (*amounts, *of_pod) for resource in STATED)
    match scope.key:
        case "Terminating":
            return deadline
        case "NotTerminating":
            return not deadline
        case "BestEffort":
            return best_effort
        case "NotBestEffort":
            return not best_effort
        case "PriorityClass":
            name = template.priority_class if template else ""
            return met((scope,), {scope.key: name} if name else {})
        case "CrossNamespacePodAffinity":
            terms = (*placing.affinities, *placing.anti_affinities)
            return any(term.namespaces or term.namespace_selector is not None for term in terms)
        case _:
            return False
