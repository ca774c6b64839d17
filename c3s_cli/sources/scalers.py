"""Who scales workloads on CPU or memory: HorizontalPodAutoscalers, which KEDA makes, too, and vertical ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from msgspec import Struct

from c3s_cli.errors import ApiError, C3sError
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.decode.shapes import Listing, Meta, decode_items
from c3s_cli.sources.source import Scope

# The names of the lists in messages, with their paths.
VERTICAL: Final = "vertical pod autoscalers"
LISTS: Final = {
    "horizontal pod autoscalers": ("autoscaling/v2", "horizontalpodautoscalers"),
    VERTICAL: ("autoscaling.k8s.io/v1", "verticalpodautoscalers"),
}
BOTH: Final = ("cpu", "memory")
# By namespace and "Kind/name": who scales it, by resource.
Scaled = dict[tuple[str, str], dict[str, str]]


class _Target(Struct, gc=False):
    kind: str = ""
    name: str = ""


class _Resource(Struct, gc=False):
    name: str = ""


class _Metric(Struct, rename="camel", gc=False):
    resource: _Resource | None = None
    container_resource: _Resource | None = None


class _Policy(Struct, rename="camel", gc=False):
    mode: str = "Auto"
    controlled_resources: list[str] | None = None


class _Policies(Struct, rename="camel", gc=False):
    container_policies: list[_Policy] | None = None


class _Update(Struct, rename="camel", gc=False):
    update_mode: str = "Auto"


class _Spec(Struct, rename="camel", gc=False):
    scale_target_ref: _Target | None = None
    target_ref: _Target | None = None
    metrics: list[_Metric] | None = None
    update_policy: _Update | None = None
    resource_policy: _Policies | None = None


class _Scaler(Struct, gc=False):
    metadata: Meta
    spec: _Spec | None = None


def read_scalers(calls: Calls, scope: Scope) -> tuple[Scaled, dict[str, C3sError]]:
    """Return who scales the workloads in scope, and the lists that could not be read. Few clusters have the second."""
    wanted = {
        name: ([f"/apis/{group}/{each}" for each in scope.namespaced(resource)], partial(_scalers, name))
        for name, (group, resource) in LISTS.items()
    }
    lists, problems = calls.lists(wanted)
    scaled: Scaled = {}
    for scalers in lists.values():
        for (namespace, by), (target, resources) in scalers.items():
            scaled.setdefault((namespace, target), {}).update(dict.fromkeys(resources, by))
    absent = [name for name, problem in problems.items() if isinstance(problem, ApiError) and problem.status == 404]
    return scaled, {name: problem for name, problem in problems.items() if name not in absent}


def _scalers(name: str, listing: Listing) -> Iterator[tuple[Any, tuple[str, tuple[str, ...]]]]:
    """Yield the target and the resources of each autoscaler, by its namespace and "Kind/name"."""
    horizontal = name.startswith("horizontal")
    for each in decode_items(listing, _Scaler, name):
        spec = each.spec or _Spec()
        target = (spec.scale_target_ref if horizontal else spec.target_ref) or _Target()
        resources = _of_metrics(spec) if horizontal else _of_policies(spec)
        if resources:
            kind = "HorizontalPodAutoscaler" if horizontal else "VerticalPodAutoscaler"
            yield (each.metadata.namespace, f"{kind}/{each.metadata.name}"), (f"{target.kind}/{target.name}", resources)


def _of_metrics(spec: _Spec) -> tuple[str, ...]:
    """Return the resources whose usage decides; without metrics it is CPU, as the API server fills in."""
    if spec.metrics is None:
        return ("cpu",)
    names = [each.name for metric in spec.metrics for each in (metric.resource, metric.container_resource) if each]
    return tuple(name for name in BOTH if name in names)


def _of_policies(spec: _Spec) -> tuple[str, ...]:
    """Return the resources whose requests are set; none if the autoscaler only recommends."""
    if spec.update_policy and spec.update_policy.update_mode == "Off":
        return ()
    policies = (spec.resource_policy.container_policies if spec.resource_policy else None) or [_Policy()]
    names = [name for each in policies if each.mode != "Off" for name in each.controlled_resources or BOTH]
    return tuple(name for name in BOTH if name in names)
