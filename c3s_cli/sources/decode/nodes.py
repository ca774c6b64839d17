"""Core nodes → NodeFacts: allocatable and capacity; with `details` also status, roles, pool, zone and so on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from msgspec import Raw, Struct, field

from c3s_cli.amounts.timestamp import epoch
from c3s_cli.model.rows import Amounts, NodeDetails, NodeFacts
from c3s_cli.sources.decode.shapes import (
    NULL,
    Body,
    Listing,
    ListMeta,
    Meta,
    Quantity,
    amount_of,
    amounts_of,
    declared,
    decode_items,
    decode_list,
    decode_one,
)

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
HOSTNAME: Final = "kubernetes.io/hostname"
ROLE_PREFIX: Final = "node-role.kubernetes.io/"

Declared: Any = dict[str, Quantity] | None


class _Annotations(Struct, gc=False):
    metrics_path: str = field(default="", name="metrics.k8s.io/resource-metrics-path")


class _Name(Struct, gc=False):
    name: str = ""
    annotations: _Annotations | None = None


class _Meta(Meta, gc=False):
    annotations: _Annotations | None = None


class _Named(Struct, gc=False):
    metadata: _Name


class _Swap(Struct, gc=False):
    capacity: Quantity = None


class _Swapping(Struct, gc=False):
    swap: _Swap | None = None


class _Offered(Struct, rename="camel", gc=False):
    allocatable: Raw = NULL
    capacity: Raw = NULL
    node_info: _Swapping | None = None


class _Address(Struct, gc=False):
    address: str = ""


class _Addresses(Struct, gc=False):
    addresses: list[_Address] | None = None


class _Addressed(Struct, gc=False):
    metadata: Meta
    status: _Addresses | None = None


class _Offer(Struct, gc=False):
    """A node's allocatable and capacity only: takes a quarter of the time of decoding a whole node."""

    metadata: _Name
    status: _Offered | None = None


class _Taint(Struct, gc=False):
    key: str = ""
    value: str = ""
    effect: str = ""


class _Spec(Struct, gc=False):
    taints: list[_Taint] | None = None
    unschedulable: bool = False


class _Condition(Struct, rename="camel", gc=False):
    type: str = ""
    status: str = ""
    last_transition_time: str | None = None


class _Info(_Swapping, rename="camel", gc=False):
    kubelet_version: str = ""


class _Status(_Offered, rename="camel", gc=False):
    conditions: list[_Condition] | None = None
    node_info: _Info | None = None


class _Node(Struct, gc=False):
    metadata: _Meta
    spec: _Spec | None = None
    status: _Status | None = None


def node_facts(body: Body, problems: list[str], *, details: bool) -> tuple[ListMeta | None, list[NodeFacts]]:
    """Decode a NodeList; `details` adds everything besides allocatable and capacity."""
    if details:
        metadata, nodes = decode_list(body, _Node, "nodes")
        return metadata, [_facts(node, problems, _details(node)) for node in nodes]
    metadata, offers = decode_list(body, _Offer, "nodes")
    return metadata, [_facts(offer, problems) for offer in offers]


def node_rows(listing: Listing, problems: list[str]) -> Iterator[tuple[str, NodeFacts]]:
    """Return the nodes of a list with their details, by name."""
    for item in decode_items(listing, _Node, "nodes"):
        yield item.metadata.name, _facts(item, problems, _details(item))


def metrics_paths(listing: Listing) -> Iterator[tuple[str, str]]:
    """Yield the name of each node, and the path of its metrics that an annotation names, or ""."""
    for item in decode_items(listing, _Named, "nodes"):
        yield item.metadata.name, item.metadata.annotations.metrics_path if item.metadata.annotations else ""


def one_node_facts(body: Body, problems: list[str]) -> NodeFacts:
    """Decode a single Node."""
    item = decode_one(body, _Node, "nodes")
    return _facts(item, problems, _details(item))


def _facts(item: _Offer | _Node, problems: list[str], details: NodeDetails | None = None) -> NodeFacts:
    name, status, annotations = item.metadata.name, item.status, item.metadata.annotations
    path = annotations.metrics_path if annotations else ""
    if status is None:
        return NodeFacts(name, {}, {}, None, details, path)
    swap = status.node_info.swap if status.node_info else None
    return NodeFacts(
        name,
        _amounts(status.allocatable, problems, name, "allocatable"),
        _amounts(status.capacity, problems, name, "capacity"),
        amount_of("swap", swap.capacity, problems, f"node {name}") if swap else None,
        details,
        path,
    )


def _amounts(quantities: Raw, problems: list[str], name: str, what: str) -> Amounts:
    """Return a node's quantities as integers. Similar nodes send identical text, so results are cached."""
    try:
        return _declared(bytes(quantities))
    except (TypeError, ValueError):
        return amounts_of(decode_one(quantities, Declared, "nodes"), problems, f"node {name}, {what}")


@lru_cache(maxsize=4096)
def _declared(text: bytes) -> Amounts:
    """Return the amounts of a map of quantities. TypeError or ValueError if one is not a valid quantity."""
    return {r: declared(r, quantity) for r, quantity in (decode_one(text, Declared, "nodes") or {}).items()}


def _details(item: _Node) -> NodeDetails:
    spec, conditions = item.spec or _Spec(), (item.status.conditions if item.status else None) or ()
    info = (item.status.node_info if item.status else None) or _Info()
    labels = item.metadata.labels or {}
    ready = next((condition for condition in conditions if condition.type == "Ready"), None)
    return NodeDetails(
        labels=labels,
        status=_condition(ready, unschedulable=spec.unschedulable),
        roles=_roles(labels),
        version=info.kubelet_version,
        taints=tuple(_taint(taint) for taint in spec.taints or ()),
        created_at=epoch(item.metadata.creation_timestamp),
        pool=_first(labels, POOL_LABELS),
        zone=_first(labels, ZONE_LABELS),
        instance_type=_first(labels, TYPE_LABELS),
        turned_at=epoch(ready.last_transition_time) if ready else None,
    )


def _condition(ready: _Condition | None, *, unschedulable: bool) -> str:
    """Return a node's status as `kubectl get nodes` shows it."""
    state = {"True": "Ready", None: "Unknown"}.get(ready.status if ready else None, "NotReady")
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


def addresses(body: Body) -> dict[str, str]:
    """Return the name of the node that has each address, or each host name as its label, from a list of nodes."""
    _, nodes = decode_list(body, _Addressed, "nodes")
    hosts = {(node.metadata.labels or {}).get(HOSTNAME, ""): node.metadata.name for node in nodes}
    return hosts | {
        each.address: node.metadata.name
        for node in nodes
        for each in (node.status.addresses if node.status else None) or ()
    }
