"""Workloads that the cluster has already: read, then converted like manifests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from c3s_cli.columns.kinds import LISTS
from c3s_cli.errors import C3sError, UsageError
from c3s_cli.kube.cluster import segment
from c3s_cli.model.placing import BESIDE, ENDED, KEPT, Reference, Workload
from c3s_cli.model.sample import Failure
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.decode.shapes import decode_one
from c3s_cli.sources.manifests.workloads import read_manifests


def existing_workloads(
    calls: Calls, references: Sequence[Reference], namespace: str
) -> tuple[list[Workload], list[Failure]]:
    """Read workloads. C3sError if one that was asked for cannot be read; for others, that is a Failure.

    namespace: the default of the references.
    """
    workloads, failures = [], []
    for each in references:
        try:
            workloads.append(_workload(calls, each, each.namespace or namespace))
        except C3sError as problem:
            if not each.used_by:
                raise
            message = f"its pods were not placed, as {each.kind}/{each.name} could not be read: {problem}"
            failures.append(Failure(calls.cluster.context, each.used_by, message, partial=True))
    return workloads, failures


def _workload(calls: Calls, reference: Reference, namespace: str) -> Workload:
    if reference.kind not in LISTS:
        raise UsageError(f"unknown kind {reference.kind}")
    group, plural = LISTS[reference.kind]
    path = f"/apis/{group}/namespaces/{segment(namespace)}/{plural}/{segment(reference.name)}"
    manifest: dict[str, Any] = decode_one(calls.get(path), dict[str, Any], "workloads")
    read = read_manifests([(calls.cluster.context, {**manifest, "kind": reference.kind})])
    # A Rollout may have the template of a Deployment.
    workload = read.workloads[0] if read.workloads else _workload(calls, read.references[0], namespace)
    replicas = workload.replicas if reference.replicas is None or workload.replicas is None else reference.replicas
    if reference.used_by:
        return structs.replace(
            workload,
            name=reference.used_by,
            replicas=replicas,
            own=BESIDE,
            strategy=reference.strategy,
            fixed=reference.fixed,
        )
    # The pods of a DaemonSet run on their nodes already: they are placed anew.
    own = ENDED if workload.replicas is None or workload.own == ENDED else KEPT
    return structs.replace(workload, namespace=namespace, replicas=replicas, own=own, fixed=True)
