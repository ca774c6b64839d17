"""Manifests → the containers that `c3s rightsize -f` compares with what the same workloads used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from c3s_cli.model.placing import Workload
from c3s_cli.model.rightsizing import CONTAINER, SIDECAR, Declared
from c3s_cli.sources.manifests.files import objects
from c3s_cli.sources.manifests.workloads import read_manifests


def read_declared(
    names: Sequence[str], timeout: float | None, *, recursive: bool
) -> tuple[tuple[Declared, ...], tuple[str, ...]]:
    """Read files. Return their containers and sidecars in order, and the objects whose pods they do not describe.

    timeout, recursive: as for `objects`. UsageError if one is invalid.
    """
    manifests = read_manifests(list(objects(names, timeout, recursive=recursive, command="rightsize")))
    containers = tuple(each for workload in manifests.workloads for each in _containers(workload))
    return containers, (*manifests.unknown, *(each.used_by for each in manifests.references))


def _containers(workload: Workload) -> Iterator[Declared]:
    if workload.template is None:
        return
    # Workloads of the same name in several namespaces have these before their names.
    owner = "/".join(workload.name.split("/")[-2:])
    resources = workload.template.resources
    groups = ((CONTAINER, enumerate(resources.containers)), (SIDECAR, enumerate(resources.init_containers)))
    for role, containers in groups:
        for place, each in containers:
            if role == CONTAINER or each.restartable:
                amounts = (dict(each.requests), dict(each.limits))
                yield Declared(workload.namespace, owner, each.name, role, place, workload.replicas, *amounts)
