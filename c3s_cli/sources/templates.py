"""The pod templates of workloads: what is declared, whatever their pods have at the moment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from msgspec import Struct

from c3s_cli.columns.kinds import LISTS
from c3s_cli.errors import C3sError
from c3s_cli.model.rightsizing import CONTAINER, INIT, SIDECAR, Declared
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.decode.shapes import Listing, Meta, Resources, amounts_of, decode_items
from c3s_cli.sources.source import Scope

KINDS: Final = {kind: LISTS[kind] for kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob")}
BOTH: Final = ("cpu", "memory")


class _Container(Struct, rename="camel", gc=False):
    name: str = ""
    resources: Resources | None = None
    restart_policy: str | None = None


class _PodSpec(Struct, rename="camel", gc=False):
    containers: list[_Container] | None = None
    init_containers: list[_Container] | None = None
    resources: Resources | None = None


class _Template(Struct, gc=False):
    spec: _PodSpec | None = None


class _JobSpec(Struct, gc=False):
    template: _Template | None = None


class _JobTemplate(Struct, gc=False):
    spec: _JobSpec | None = None


class _Spec(Struct, rename="camel", gc=False):
    replicas: int | None = None
    template: _Template | None = None
    job_template: _JobTemplate | None = None


class _Workload(Struct, gc=False):
    metadata: Meta
    spec: _Spec | None = None


def read_templates(
    calls: Calls, scope: Scope
) -> tuple[dict[tuple[str, str], tuple[Declared, ...]], dict[str, C3sError]]:
    """Return the containers that workloads in scope declare, and the lists that could not be read."""
    lists, problems = calls.lists(
        {
            resource: ([f"/apis/{group}/{each}" for each in scope.namespaced(resource)], partial(templates, kind=kind))
            for kind, (group, resource) in KINDS.items()
        }
    )
    declared: dict[tuple[str, str], tuple[Declared, ...]] = {}
    for templates_of in lists.values():
        declared |= templates_of
    return declared, problems


def templates(listing: Listing, kind: str) -> Iterator[tuple[tuple[str, str], tuple[Declared, ...]]]:
    """Yield the containers, sidecars and init containers of each workload of a kind, by namespace and Kind/name."""
    for each in decode_items(listing, _Workload, f"{kind}s"):
        spec = each.spec or _Spec()
        of_job = spec.job_template.spec if spec.job_template else None
        template = (of_job.template if of_job else spec.template) or _Template()
        pod, where = template.spec or _PodSpec(), (each.metadata.namespace, f"{kind}/{each.metadata.name}")
        of_pod = {
            **((pod.resources and pod.resources.requests) or {}),
            **((pod.resources and pod.resources.limits) or {}),
        }
        whole = tuple(resource for resource in BOTH if resource in of_pod)
        yield where, tuple(_declared(pod, where, spec.replicas, whole))


def _declared(
    pod: _PodSpec, where: tuple[str, str], replicas: int | None, whole: tuple[str, ...]
) -> Iterator[Declared]:
    for of_init, containers in ((False, pod.containers), (True, pod.init_containers)):
        for place, each in enumerate(containers or ()):
            role = CONTAINER if not of_init else SIDECAR if each.restart_policy == "Always" else INIT
            resources, about = each.resources or Resources(), "/".join(where)
            requests, limits = (amounts_of(each, [], about) for each in (resources.requests, resources.limits))
            yield Declared(*where, each.name, role, place, replicas, requests, limits, whole)
