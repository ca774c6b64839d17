"""What the API server applies to new pods: runtime and priority classes, quotas, limit ranges, device classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct, field

from c3s_cli.model.requirement import Requirement
from c3s_cli.model.surroundings import Key, LimitRange, PriorityClass, Quota, RuntimeClass, Scaler
from c3s_cli.sources.decode.placing import OPERATORS, TolerationShape, equal, toleration
from c3s_cli.sources.decode.shapes import Listing, Meta, Quantity, amount_of, amounts_of, decode_items

Amounts = dict[str, Quantity] | None
# What a device class serves without a name of its own.
IMPLICIT: Final = "deviceclass.resource.kubernetes.io/"


class _Overhead(Struct, rename="camel", gc=False):
    pod_fixed: Amounts = None


class _Scheduling(Struct, rename="camel", gc=False):
    node_selector: dict[str, str] | None = None
    tolerations: list[TolerationShape] | None = None


class _RuntimeClass(Struct, gc=False):
    metadata: Meta
    overhead: _Overhead | None = None
    scheduling: _Scheduling | None = None


class _Target(Struct, gc=False):
    kind: str
    name: str


class _ScalerSpec(Struct, rename="camel", gc=False):
    scale_target_ref: _Target
    max_replicas: int
    min_replicas: int | None = None


class _Scaler(Struct, gc=False):
    metadata: Meta
    spec: _ScalerSpec


class _PriorityClass(Struct, rename="camel", gc=False):
    metadata: Meta
    value: int = 0
    preemption_policy: str | None = None


class _Scope(Struct, rename="camel", gc=False):
    scope_name: str = ""
    operator: str = ""
    values: list[str] | None = None


class _ScopeSelector(Struct, rename="camel", gc=False):
    match_expressions: list[_Scope] | None = None


class _QuotaSpec(Struct, rename="camel", gc=False):
    hard: Amounts = None
    scopes: list[str] | None = None
    scope_selector: _ScopeSelector | None = None


class _QuotaStatus(Struct, gc=False):
    hard: Amounts = None
    used: Amounts = None


class _Quota(Struct, gc=False):
    metadata: Meta
    spec: _QuotaSpec | None = None
    status: _QuotaStatus | None = None


class _Limit(Struct, rename="camel", gc=False):
    type: str = ""
    default: Amounts = None
    default_request: Amounts = None
    min: Amounts = None
    max: Amounts = None
    max_limit_request_ratio: Amounts = None


class _Limits(Struct, gc=False):
    limits: list[_Limit] | None = None


class _LimitRange(Struct, gc=False):
    metadata: Meta
    spec: _Limits | None = None


class _Devices(Struct, gc=False):
    resource: str | None = field(default=None, name="extendedResourceName")


class _DeviceClass(Struct, gc=False):
    metadata: Meta
    spec: _Devices | None = None


def runtime_classes(listing: Listing) -> Iterator[tuple[str, RuntimeClass]]:
    """Yield the runtime classes of a list by name."""
    for each in decode_items(listing, _RuntimeClass, "runtimeclasses"):
        scheduling = each.scheduling or _Scheduling()
        overhead = amounts_of(each.overhead.pod_fixed if each.overhead else None, [], "")
        tolerations = tuple(map(toleration, scheduling.tolerations or ()))
        yield each.metadata.name, RuntimeClass(overhead, equal(scheduling.node_selector or {}), tolerations)


def priority_classes(listing: Listing) -> Iterator[tuple[str, PriorityClass]]:
    """Yield the priority classes of a list by name."""
    for each in decode_items(listing, _PriorityClass, "priorityclasses"):
        yield each.metadata.name, PriorityClass(each.value, each.preemption_policy != "Never")


def quotas(listing: Listing) -> Iterator[tuple[Key, Quota]]:
    """Yield what the quotas of a list have left."""
    for each in decode_items(listing, _Quota, "resourcequotas"):
        meta, spec, status = each.metadata, each.spec or _QuotaSpec(), each.status or _QuotaStatus()
        used = _counted(status.used)
        left = {name: most - used.get(name, 0) for name, most in _counted(status.hard or spec.hard).items()}
        chosen = (spec.scope_selector.match_expressions if spec.scope_selector else None) or ()
        scopes = [Requirement(name, "exists") for name in spec.scopes or ()]
        scopes += [
            Requirement(one.scope_name, OPERATORS.get(one.operator, one.operator), tuple(one.values or ()))
            for one in chosen
        ]
        yield (meta.namespace, meta.name), Quota(meta.namespace, meta.name, left, tuple(scopes))


def _counted(amounts: Amounts) -> Mapping[str, int]:
    """Return amounts in the units of pods, where CPU may have a prefix."""
    return {
        name: number
        for name, amount in (amounts or {}).items()
        if (number := amount_of(name.removeprefix("requests.").removeprefix("limits."), amount, [], "")) is not None
    }


def limit_ranges(listing: Listing) -> Iterator[tuple[tuple[str, str, int], LimitRange]]:
    """Yield the items of limit ranges."""
    for each in decode_items(listing, _LimitRange, "limitranges"):
        meta = each.metadata
        for number, one in enumerate((each.spec.limits if each.spec else None) or ()):
            ratios = {
                name: amount_of("cpu", ratio, [], "") or 0
                for name, ratio in (one.max_limit_request_ratio or {}).items()
            }
            yield (
                (meta.namespace, meta.name, number),
                LimitRange(
                    meta.namespace,
                    meta.name,
                    one.type,
                    amounts_of(one.default, [], ""),
                    amounts_of(one.default_request, [], ""),
                    amounts_of(one.min, [], ""),
                    amounts_of(one.max, [], ""),
                    ratios,
                ),
            )


def scalers(listing: Listing) -> Iterator[tuple[Key, Scaler]]:
    """Yield the HorizontalPodAutoscalers of a list, by namespace and name."""
    for each in decode_items(listing, _Scaler, "horizontal pod autoscalers"):
        meta, spec, target = each.metadata, each.spec, each.spec.scale_target_ref
        least = 1 if spec.min_replicas is None else spec.min_replicas
        key = meta.namespace, meta.name
        yield key, Scaler(*key, f"{target.kind}/{target.name}", least, spec.max_replicas)


def device_classes(listing: Listing) -> Iterator[tuple[str, str]]:
    """Yield the extended resources that device classes serve, each with the name of a class."""
    for each in decode_items(listing, _DeviceClass, "deviceclasses"):
        name = each.metadata.name
        yield f"{IMPLICIT}{name}", name
        if each.spec and each.spec.resource:
            yield each.spec.resource, name
