"""Workloads that the cluster has already: read, then converted like manifests."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from msgspec import structs

from c3s_cli.columns.kinds import LISTS
from c3s_cli.errors import ApiError, C3sError, UsageError
from c3s_cli.kube.cluster import segment
from c3s_cli.model.placing import BESIDE, ENDED, KEPT, Reference, Workload
from c3s_cli.model.sample import Failure
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.decode.shapes import Body, decode_one
from c3s_cli.sources.manifests.workloads import read_manifests

NOT_FOUND: Final = 404


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
    try:
        answer = _object(calls, reference.kind, reference.name, namespace)
    except ApiError as problem:
        if problem.status == NOT_FOUND:
            problem.instead = _of_another_kind(calls, reference, namespace)
        raise
    manifest: dict[str, Any] = decode_one(answer, dict[str, Any], "workloads")
    read = read_manifests([(calls.cluster.context, {**manifest, "kind": reference.kind})])
    # A Rollout may have the template of a Deployment.
    workload = read.workloads[0] if read.workloads else _workload(calls, read.references[0], namespace)
    replicas = workload.replicas
    if replicas is not None:
        replicas = (replicas if reference.replicas is None else reference.replicas) + reference.more
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
    # The first line counts all of them.
    note = workload.note
    if reference.more and replicas is not None:
        note = f"{replicas} replicas are its {replicas - reference.more} and {reference.more} more"
    return structs.replace(workload, namespace=namespace, replicas=replicas, own=own, fixed=True, note=note)


def _object(calls: Calls, kind: str, name: str, namespace: str) -> Body:
    group, plural = LISTS[kind]
    return calls.get(f"/apis/{group}/namespaces/{segment(namespace)}/{plural}/{segment(name)}")


def _of_another_kind(calls: Calls, reference: Reference, namespace: str) -> str:
    """Return a workload of another kind with that name, as Kind/name; "" if there is none that can be read."""
    for kind in LISTS:
        with suppress(C3sError):
            if kind != reference.kind and _object(calls, kind, reference.name, namespace):
                return f"{kind}/{reference.name}"
    return ""
