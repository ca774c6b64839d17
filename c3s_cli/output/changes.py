"""Recommendations → the changes of workloads, which patches, kustomization and resources write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from c3s_cli.amounts.totals import by_key
from c3s_cli.columns.kinds import LISTS
from c3s_cli.errors import C3sError
from c3s_cli.model.rightsizing import CONTAINER, Advice, Recommendation
from c3s_cli.report import Report
from c3s_cli.terminal.printable import printable

Patch = dict[str, Any]
GIB, MIB = 1 << 30, 1 << 20
# The kinds that kubectl merges by the names of containers, with their API group.
MERGED: Final = {
    kind: LISTS[kind][0] for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob")
} | {"ReplicationController": "v1"}
# Kinds without a pod template that can be changed, and what to do instead.
UNCHANGEABLE: Final = {
    "Job": "the template of a Job cannot be changed",
    "Pod": "no workload owns it",
    "Node": "its manifest is a file on the node",
}
ELSEWHERE: Final = ("RayCluster", "RayJob", "Workflow", "PipelineRun", "TaskRun")
# Names that are one argument on one line; the API server accepts fewer.
NAME: Final = re.compile(r"[^\W_-][^\x00-\x1f\x7f-\x9f\u2028\u2029]*")


class ContainerChange(Struct, frozen=True):
    """A container to change. group: containers or initContainers; place: where in it.

    changed: the amounts that change. whole: all amounts after the change.
    """

    name: str
    group: str
    place: int
    changed: Mapping[str, Mapping[str, str | None]]
    whole: Mapping[str, Mapping[str, str]]


class WorkloadChange(Struct, frozen=True):
    """A workload to change. refused: why it cannot be, "" if it can."""

    context: str
    namespace: str
    kind: str
    name: str
    containers: tuple[ContainerChange, ...]
    refused: str

    @property
    def merged(self) -> bool:
        """Whether kubectl merges its containers by their names."""
        return self.kind in MERGED

    @property
    def path(self) -> tuple[str, ...]:
        """The keys down to the spec of its pods."""
        inner = ("spec", "template", "spec")
        return ("spec", "jobTemplate", *inner) if self.kind == "CronJob" else inner

    @property
    def comment(self) -> str:
        """The line in place of a change that is refused."""
        return printable(f"# {self.kind}/{self.name} in {self.namespace}: {self.refused}") + "\n"

    def merge_patch(self) -> Patch:
        """Return the strategic merge patch."""
        groups: dict[str, list[Patch]] = {}
        for each in self.containers:
            groups.setdefault(each.group, []).append({"name": each.name, "resources": dict(each.changed)})
        patch: Patch = dict(groups)
        for key in reversed(self.path):
            patch = {key: patch}
        return patch

    def json_patch(self) -> list[Patch]:
        """Return the JSON patch, which fails if a container is not where the pods have it."""
        operations: list[Patch] = []
        for each in self.containers:
            place = f"/{'/'.join(self.path)}/{each.group}/{each.place}"
            operations.append({"op": "test", "path": f"{place}/name", "value": each.name})
            operations.append({"op": "add", "path": f"{place}/resources", "value": dict(each.whole)})
        return operations


def changes(report: Report) -> Iterator[WorkloadChange]:
    """Yield the workloads of a report with something to change, in the order of the rows."""
    changed = [row for row in report.rows if isinstance(row, Recommendation) and row.changes]
    rows = by_key(((row.context, row.namespace, row.owner), row) for row in changed)
    for (context, namespace, owner), several in rows.items():
        kind, _, name = owner.partition("/")
        refused = _refusal(kind, namespace, name, context)
        yield WorkloadChange(context, namespace, kind, name, tuple(map(_container, several)), refused)


def without_advice(report: Report) -> Iterator[str]:
    """Yield a comment for each container of which too little is known, if there is a past to know it from."""
    for row in report.rows:
        if isinstance(row, Recommendation) and row.unknown and row.range_seconds:
            yield printable(f"# {row.owner} in {row.namespace}: {row.container}: {', '.join(row.unknown)}") + "\n"


def of_one_context(report: Report) -> list[WorkloadChange]:
    """Return the changes. C3sError if they are for several clusters, since a file is about one."""
    workloads = list(changes(report))
    if len({each.context for each in workloads}) > 1:
        raise C3sError("these changes are for several clusters", hint="--context NAME chooses one")
    return workloads


def _refusal(kind: str, namespace: str, name: str, context: str) -> str:
    """Return why a workload cannot be changed, "" if it can."""
    if not all(map(NAME.fullmatch, (kind, namespace, name))):
        return "its name is not valid"
    if kind in ELSEWHERE:
        return f"a {kind} has its pod templates elsewhere"
    valid = printable(context) == context
    return UNCHANGEABLE.get(kind) or ("" if valid else "the name of its context is not valid")


def _container(row: Recommendation) -> ContainerChange:
    group = "containers" if row.role == CONTAINER else "initContainers"
    changed: dict[str, dict[str, str | None]] = {}
    whole: dict[str, dict[str, str]] = {}
    for field, declared in (("requests", row.declared_requests), ("limits", row.declared_limits)):
        amounts = {resource: amount for resource, amount in (declared or {}).items() if amount}
        for resource, advice in (("cpu", row.cpu), ("memory", row.memory)):
            if not advice.changes:
                continue
            wanted, now = _amounts(advice, field)
            if wanted is not None and (wanted or now):
                amounts[resource] = wanted
                changed.setdefault(field, {})[resource] = quantity(resource, wanted) if wanted else None
        known = {resource: quantity(resource, amount) for resource, amount in sorted(amounts.items()) if amount}
        if known:
            whole[field] = known
    return ContainerChange(row.container, group, row.place, changed, whole)


def _amounts(advice: Advice, field: str) -> tuple[int | None, int | None]:
    """Return what is recommended and what is declared: 0 for none."""
    if field == "requests":
        return advice.recommended_requests, advice.requests
    return advice.recommended_limits, advice.limits


def quantity(resource: str, amount: int) -> str:
    """Write an exact amount as people do: 250m, 2, 512Mi, 4Gi; what is no multiple of these in the smallest unit."""
    if resource == "cpu":
        whole, rest = divmod(amount, 10**9)
        return str(whole) if not rest else f"{amount // 10**6}m" if not amount % 10**6 else f"{amount}n"
    if resource == "memory" or resource.startswith("hugepages-") or resource == "ephemeral-storage":
        for size, suffix in ((GIB, "Gi"), (MIB, "Mi")):
            if not amount % size:
                return f"{amount // size}{suffix}"
    return str(amount)
