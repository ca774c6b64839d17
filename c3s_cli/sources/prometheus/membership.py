"""Find the members of each group, which a source needs for statistics of the group as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.totals import by_key
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.model.rows import Pod
from c3s_cli.model.sample import Sample
from c3s_cli.sources.groups import rows_by_group
from c3s_cli.sources.source import Groups, Keys, Scope

# The letters and digits of Kubernetes' generated names, without vowels so that they form no words.
LETTERS: Final = "[b-df-hj-np-tv-xz2456789]"
SUFFIX: Final = f"{LETTERS}{{5}}"
HASH: Final = f"{LETTERS}{{5,10}}"
# How the names of a workload's pods, including deleted ones, derive from its own name.
AFTER: Final = {
    "Deployment": f"-{HASH}-{SUFFIX}",
    "Rollout": f"-{HASH}-{SUFFIX}",
    "ReplicaSet": f"-{SUFFIX}",
    "DaemonSet": f"-{SUFFIX}",
    "StatefulSet": "-[0-9]+",
    "Job": f"(-[0-9]+)?-{SUFFIX}",
    "CronJob": f"-[0-9]+(-[0-9]+)?-{SUFFIX}",
}
# Conditions on these columns hold for the former pods of a workload as well as for its current ones.
OF_WORKLOADS: Final = ("context", "namespace", "owner")


class PodSet(Struct, frozen=True):
    """Pods of one namespace: by names, by a pattern, or all former and current ones (neither)."""

    namespace: str
    names: tuple[str, ...] = ()
    pattern: str = ""


class Members(Struct, frozen=True):
    """The pods or nodes of a group. size: how many there are now."""

    pods: tuple[PodSet, ...] = ()
    nodes: tuple[str, ...] = ()
    size: int = 0


# What was measured, (namespace, pod) with or without a container, by namespace.
Measured = Mapping[str, Sequence[tuple[str, ...]]]


def keys_of(members: Members, measured: Measured) -> list[tuple[str, ...]]:
    """Return the keys of members that were measured: (node,), (namespace, pod) or with a container."""
    keys: list[tuple[str, ...]] = [(name,) for name in members.nodes]
    for each in members.pods:
        names, pattern = set(each.names), re.compile(each.pattern) if each.pattern else None
        keys += [
            key
            for key in measured.get(each.namespace, ())
            if len(key) > 1 and (key[1] in names if names else pattern is None or pattern.fullmatch(key[1]))
        ]
    return keys


def members_of(sample: Sample, groups: Groups, scope: Scope) -> dict[Keys, Members]:
    """Return the members of every group of a report; those of the total, if it is needed, under an empty key."""
    members = rows_by_group(sample, groups, scope)
    if scope.objects is Kind.POD:
        return _of_pods(members, groups, scope, sample)
    return {keys: Members(nodes=tuple(row.name for row in group), size=len(group)) for keys, group in members.items()}


def _of_pods(
    members: Mapping[Keys, Sequence[Pod]], groups: Groups, scope: Scope, sample: Sample
) -> dict[Keys, Members]:
    """Choose the pods of groups. Namespaces and workloads include former pods if there is no other selection."""
    by = {column.name for column in groups.by}
    conditions = () if groups.where is None else groups.where.columns
    selects = scope.name or scope.labels or scope.fields
    former = not selects and all(column.name in OF_WORKLOADS for column in conditions)
    known = by_namespace(
        {
            *(sample.pod_facts or {}),
            *((pod.namespace, pod.name) for group in members.values() for pod in group),
        }
    )
    members_of_group = {}
    for keys, pods in members.items():
        if former and not conditions and (not keys or by == {"namespace"}):
            members_of_group[keys] = _whole(pods)
        elif former and keys and "owner" in by and by <= {"namespace", "owner"}:
            members_of_group[keys] = _workload(pods, known)
        else:
            members_of_group[keys] = _listed(pods)
    return members_of_group


def _whole(pods: Sequence[Pod]) -> Members:
    return Members(tuple(PodSet(namespace) for namespace in sorted({pod.namespace for pod in pods})), size=len(pods))


def _listed(pods: Sequence[Pod]) -> Members:
    names = by_namespace((pod.namespace, pod.name) for pod in pods)
    return Members(
        tuple(PodSet(namespace, tuple(group)) for namespace, group in sorted(names.items())),
        size=len(pods),
    )


def by_namespace(pods: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the sorted names of pods by namespace."""
    return by_key(sorted(pods))


def _workload(pods: Sequence[Pod], known: Mapping[str, Sequence[str]]) -> Members:
    owner = next((pod.facts.owner for pod in pods if pod.facts), None) or ""
    sets = []
    for namespace, names in sorted(by_namespace((pod.namespace, pod.name) for pod in pods).items()):
        pattern = _pattern(owner, set(names), known[namespace])
        sets.append(PodSet(namespace, pattern=pattern) if pattern else PodSet(namespace, tuple(names)))
    return Members(tuple(sets), size=len(pods))


def _pattern(owner: str, names: set[str], known: Sequence[str]) -> str:
    """Return a pattern that matches all pods of a workload and of no other one; "" if there is none."""
    kind, _, name = owner.partition("/")
    if kind not in AFTER:
        return ""
    pattern = re.escape(name).replace("\\-", "-") + AFTER[kind]
    matched = {each for each in known if re.fullmatch(pattern, each)}
    return pattern if matched == names else ""
