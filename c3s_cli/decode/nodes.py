"""Core nodes → NodeFacts: what they offer, how they are, where they belong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from c3s_cli.decode.shapes import (
    Body,
    Listing,
    Meta,
    Quantity,
    amount_of,
    amounts_of,
    decode_items,
    decode_one,
    epoch,
)
from c3s_cli.model import NodeFacts

POOL_LABELS: Final = (
    "karpenter.sh/nodepool",
    "karpenter.sh/provisioner-name",
    "cloud.google.com/gke-nodepool",
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "kops.k8s.io/instancegroup",
)
ZONE_LABELS: Final = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
TYPE_LABELS: Final = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
ROLE_PREFIX: Final = "node-role.kubernetes.io/"


class _Taint(Struct, gc=False):
    key: str = ""
    value: str = ""
    effect: str = ""


class _Spec(Struct, gc=False):
    taints: list[_Taint] | None = None
    unschedulable: bool = False


class _Condition(Struct, gc=False):
    type: str = ""
    status: str = ""


class _Swap(Struct, gc=False):
    capacity: Quantity = None


class _Info(Struct, rename="camel", gc=False):
    kubelet_version: str = ""
    swap: _Swap | None = None


class _Status(Struct, rename="camel", gc=False):
    allocatable: dict[str, Quantity] | None = None
    capacity: dict[str, Quantity] | None = None
    conditions: list[_Condition] | None = None
    node_info: _Info | None = None


class _Node(Struct, gc=False):
    metadata: Meta
    spec: _Spec | None = None
    status: _Status | None = None


def node_facts(listing: Listing, problems: list[str]) -> Iterator[NodeFacts]:
    """Decode a NodeList."""
    for item in decode_items(listing, _Node, "nodes"):
        yield _facts(item, problems)


def one_node_facts(body: Body, problems: list[str]) -> NodeFacts:
    """Decode a single Node."""
    return _facts(decode_one(body, _Node, "nodes"), problems)


def _facts(item: _Node, problems: list[str]) -> NodeFacts:
    spec, status = item.spec or _Spec(), item.status or _Status()
    name, labels, info = item.metadata.name, item.metadata.labels or {}, status.node_info or _Info()
    of = f"node {name}"
    return NodeFacts(
        name=name,
        labels=labels,
        allocatable=amounts_of(status.allocatable, problems, f"{of}, allocatable"),
        capacity=amounts_of(status.capacity, problems, f"{of}, capacity"),
        swap_capacity_bytes=amount_of("swap", info.swap.capacity, problems, of) if info.swap else None,
        status=_condition(status.conditions or [], unschedulable=spec.unschedulable),
        roles=_roles(labels),
        version=info.kubelet_version,
        taints=tuple(_taint(taint) for taint in spec.taints or ()),
        created_at=epoch(item.metadata.creation_timestamp),
        pool=_first(labels, POOL_LABELS),
        zone=_first(labels, ZONE_LABELS),
        instance_type=_first(labels, TYPE_LABELS),
    )


def _condition(conditions: list[_Condition], *, unschedulable: bool) -> str:
    """Say a node's state as `kubectl get nodes` does."""
    ready = next((condition.status for condition in conditions if condition.type == "Ready"), None)
    state = {"True": "Ready", None: "Unknown"}.get(ready, "NotReady")
    return f"{state},SchedulingDisabled" if unschedulable else state


def _roles(labels: Mapping[str, str]) -> tuple[str, ...]:
    roles = {label.removeprefix(ROLE_PREFIX) for label in labels if label.startswith(ROLE_PREFIX)}
    roles.add(labels.get("kubernetes.io/role", ""))
    return tuple(sorted(roles - {""}))


def _taint(taint: _Taint) -> str:
    value = f"={taint.value}" if taint.value else ""
    return f"{taint.key}{value}:{taint.effect}"


def _first(labels: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((labels[key] for key in keys if key in labels), "")
