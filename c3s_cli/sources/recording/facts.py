"""The facts in a Sample ↔ bytes: those of the first reading whole, then what has changed since the reading before."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from c3s_cli.model.rows import Amounts, Container, ContainerStates, NodeDetails, NodeFacts, PodFacts
from c3s_cli.sources.recording.planes import inflated

Key = tuple[str, str]
Kept = TypeVar("Kept")


class _Container(Struct, array_like=True):
    """A container: its name, requests, limits and states."""

    name: str
    requests: Amounts | None
    limits: Amounts | None
    states: ContainerStates | None


class _Pod(Struct, array_like=True):
    """The facts of a pod, apart from where it may run."""

    uid: str
    node: str
    owner: str | None
    status: str
    restarts: int | None
    created_at: float | None
    qos_class: str
    labels: Mapping[str, str]
    requests: Amounts
    limits: Amounts
    containers: tuple[_Container, ...]
    binding_limits: Amounts
    started: bool
    pending: str | None
    states: ContainerStates | None


class _Node(Struct, array_like=True):
    """The facts of a node."""

    allocatable: Amounts
    capacity: Amounts
    swap_capacity_bytes: int | None
    details: NodeDetails | None


class Facts(Struct):
    """The facts of one reading; None for what was not read. pod_count: all pods that the API server has."""

    nodes: Mapping[str, NodeFacts] | None = None
    pods: Mapping[Key, PodFacts] | None = None
    pod_count: int | None = None


class _Change(Struct, array_like=True):
    """What changed. nodes, pods: those that are new or different, None for those that are gone."""

    nodes: dict[str, _Node | None] | None
    pods: list[tuple[str, str, _Pod | None]] | None
    pod_count: int | None


def encoded_facts(facts: Facts, before: Facts) -> bytes:
    """Encode what has changed since the reading before; everything if that has no facts."""
    nodes = _changed(facts.nodes, before.nodes)
    pods = _changed(facts.pods, before.pods)
    change = _Change(
        None if nodes is None else {name: None if each is None else _stored_node(each) for name, each in nodes.items()},
        None if pods is None else [(*key, None if each is None else _stored_pod(each)) for key, each in pods.items()],
        facts.pod_count,
    )
    return zlib.compress(msgspec.msgpack.encode(change), 6)


def _changed(now: Mapping[Any, Kept] | None, before: Mapping[Any, Kept] | None) -> dict[Any, Kept | None] | None:
    if now is None:
        return None
    known = before or {}
    gone = dict.fromkeys(key for key in known if key not in now)
    return {key: each for key, each in now.items() if known.get(key) != each} | gone


def applied(content: bytes, before: Facts) -> Facts:
    """Return the facts after a change. Raises zlib.error, msgspec.MsgspecError or ValueError if it is damaged."""
    change = msgspec.msgpack.decode(inflated(content), type=_Change)
    nodes: dict[str, NodeFacts] | None = None
    pods: dict[Key, PodFacts] | None = None
    if change.nodes is not None:
        nodes = dict(before.nodes or {})
        for name, node in change.nodes.items():
            if node is None:
                nodes.pop(name, None)
            else:
                nodes[name] = NodeFacts(name, node.allocatable, node.capacity, node.swap_capacity_bytes, node.details)
    if change.pods is not None:
        pods = dict(before.pods or {})
        for namespace, name, pod in change.pods:
            if pod is None:
                pods.pop((namespace, name), None)
            else:
                pods[namespace, name] = _pod(pod)
    return Facts(nodes, pods, change.pod_count)


def _stored_node(node: NodeFacts) -> _Node:
    return _Node(node.allocatable, node.capacity, node.swap_capacity_bytes, node.details)


def _stored_pod(pod: PodFacts) -> _Pod:
    containers = tuple(_Container(each.name, each.requests, each.limits, each.states) for each in pod.containers)
    same = {field: getattr(pod, field) for field in _Pod.__struct_fields__ if field != "containers"}
    return _Pod(containers=containers, **same)


def _pod(stored: _Pod) -> PodFacts:
    same = {field: getattr(stored, field) for field in _Pod.__struct_fields__ if field != "containers"}
    containers = tuple(
        Container(each.name, None, None, None, each.requests, each.limits, None, each.states)
        for each in stored.containers
    )
    return PodFacts(containers=containers, **same)
