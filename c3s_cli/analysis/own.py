"""The running pods of a workload: those of a Deployment belong to its ReplicaSets, those of a CronJob to its Jobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import structs

from c3s_cli.amounts.totals import by_key
from c3s_cli.model.placing import Workload
from c3s_cli.model.rows import PodFacts
from c3s_cli.model.sample import Sample

Key = tuple[str, str]
OwnPods = Mapping[str, list[tuple[Key, PodFacts]]]
# The names of the objects between a workload and its pods: a hash in the letters that Kubernetes uses, or a time.
BETWEEN: Final = {
    "Deployment": r"ReplicaSet/{name}-[bcdfghjklmnpqrstvwxz2456789]{{1,10}}",
    "Rollout": r"ReplicaSet/{name}-[bcdfghjklmnpqrstvwxz2456789]{{1,10}}",
    "CronJob": r"Job/{name}-[0-9]+",
}


def own_pods(sample: Sample, workloads: Iterable[Workload]) -> OwnPods:
    """Return the pods of workloads that are on a node and not being deleted, by the names of the workloads."""
    named = [each for each in workloads if "/" in each.name]
    pods_of = (sample.pod_facts or {}) if named else {}
    by_namespace = by_key(
        (key[0], (key, facts)) for key, facts in pods_of.items() if facts.node and facts.status != "Terminating"
    )
    pods_by_workload = {}
    for each in named:
        owns = _owns(*each.kind_and_name.split("/"))
        pods = by_namespace.get(each.namespace or sample.namespaces[0], ())
        pods_by_workload[each.name] = [(key, facts) for key, facts in pods if owns(key[1], facts)]
    return pods_by_workload


def without_pods(sample: Sample, pods: Iterable[tuple[Key, PodFacts]]) -> Sample:
    """Return a cluster in which these pods have ended."""
    ended = {key for key, _ in pods}
    rest = {key: facts for key, facts in (sample.pod_facts or {}).items() if key not in ended}
    return structs.replace(sample, pod_facts=rest) if ended else sample


def _owns(kind: str, name: str) -> Callable[[str, PodFacts], bool]:
    if kind == "Pod":
        return lambda pod, facts: pod == name and not facts.owner
    between = re.compile(BETWEEN[kind].format(name=re.escape(name))) if kind in BETWEEN else None
    own = f"{kind}/{name}"
    return lambda _, facts: facts.owner == own or bool(between and between.fullmatch(facts.owner or ""))
