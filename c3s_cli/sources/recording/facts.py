"""The facts in a Sample ↔ bytes: those of the first reading whole, then what has changed since the reading before."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from c3s_cli.model.container_states import ContainerStates
from c3s_cli.model.placing import Placing
from c3s_cli.model.rows import Amounts, Container, NodeDetails, NodeFacts, PodFacts
from c3s_cli.sources.recording.planes import inflate, pack, unpack

Key = tuple[str, str]
Kept = TypeVar("Kept")
# What pods have in common, by its encoding.
Shapes = dict[bytes, tuple[dict[str, Any], tuple[Container, ...]]]
# The most bytes of facts: those of 150,000 pods take 30 MB.
LARGEST: Final = 1 << 27


class _Container(Struct, array_like=True):
    """A container: its name, requests, limits and states."""

    name: str
    requests: Amounts | None
    limits: Amounts | None
    states: ContainerStates | None
    # None in old recordings, for the same as `limits`.
    declared_limits: Amounts | None = None
    # Old recordings have the sum of a pod only.
    restarts: int | None = None


class _Shape(Struct, array_like=True):
    """What many pods have in common, such as those of one workload."""

    owner: str | None
    status: str | None
    restarts: int | None
    qos_class: str | None
    labels: Mapping[str, str]
    requests: Amounts
    limits: Amounts
    containers: tuple[_Container, ...]
    binding_limits: Amounts
    started: bool
    pending: str | None
    states: ContainerStates | None
    # With --for-fit.
    placing: Placing | None = None
    ready: bool = True
    local_storage: bool = False
    stopped: tuple[str, ...] = ()
    phase: str | None = None


FIELDS: Final = attrgetter(*_Shape.__struct_fields__)
CONTAINERS: Final = _Shape.__struct_fields__.index("containers")
# Fields that _Shape and PodFacts share.
SHARED: Final = tuple(field for field in _Shape.__struct_fields__ if field != "containers")


class _Pods(Struct, array_like=True):
    """Pods that are new or different, in columns, and those that are gone. shape_of: which of the shapes each has."""

    namespaces: list[str]
    names: list[str]
    uids: list[str]
    nodes: list[str]
    created: list[float | None]
    shape_of: bytes
    shapes: list[Raw]
    gone: list[tuple[str, str]]


class _Node(Struct, array_like=True):
    """The facts of a node."""

    allocatable: Amounts
    capacity: Amounts
    swap_capacity_bytes: int | None
    details: NodeDetails | None


STORED: Final = attrgetter(*_Node.__struct_fields__)


class Facts(Struct):
    """The facts of one reading; None for what was not read. pod_count: all pods that the API server has."""

    nodes: Mapping[str, NodeFacts] | None = None
    pods: Mapping[Key, PodFacts] | None = None
    pod_count: int | None = None


class _Change(Struct, array_like=True):
    """What changed. nodes: those that are new or different, None for those that are gone."""

    nodes: dict[str, _Node | None] | None
    pods: _Pods | None
    pod_count: int | None


def encode_facts(facts: Facts, before: Facts) -> bytes:
    """Encode what has changed since the reading before; everything if that has no facts."""
    nodes = _changed(facts.nodes, before.nodes)
    pods = _changed(facts.pods, before.pods)
    change = _Change(
        None
        if nodes is None
        else {name: None if each is None else _Node(*STORED(each)) for name, each in nodes.items()},
        None if pods is None else _stored_pods(pods),
        facts.pod_count,
    )
    return zlib.compress(msgspec.msgpack.encode(change), 6)


def _changed(now: Mapping[Any, Kept] | None, before: Mapping[Any, Kept] | None) -> dict[Any, Kept | None] | None:
    if now is None:
        return None
    known = before or {}
    gone = dict.fromkeys(key for key in known if key not in now)
    # Most facts are the same objects as before.
    return {key: each for key, each in now.items() if (old := known.get(key)) is not each and old != each} | gone


def with_change(content: bytes, before: Facts) -> Facts:
    """Return the facts after a change. Raises zlib.error, MsgspecError, ValueError or LookupError if damaged."""
    facts = Facts(before.nodes and dict(before.nodes), before.pods and dict(before.pods))
    return apply_change(content, facts)


def apply_change(
    content: bytes, facts: Facts, gone: dict[Key, PodFacts] | None = None, shapes: Shapes | None = None
) -> Facts:
    """Change facts, which are in dicts, in place, and return them. Errors as in `with_change`.

    gone: takes the pods that are no longer there. shapes: those known so far, which pods of several readings share.
    """
    change = msgspec.msgpack.decode(inflate(content, LARGEST), type=_Change)
    nodes: Any = {} if facts.nodes is None else facts.nodes
    for name, node in (change.nodes or {}).items():
        if node is None:
            nodes.pop(name, None)
        else:
            nodes[name] = NodeFacts(name, node.allocatable, node.capacity, node.swap_capacity_bytes, node.details)
    pods: Any = {} if facts.pods is None else facts.pods
    for key in change.pods.gone if change.pods else ():
        old = pods.pop(key, None)
        if gone is not None and old is not None:
            gone[key] = old
    if change.pods:
        pods.update(_pods(change.pods, {} if shapes is None else shapes))
    return Facts(None if change.nodes is None else nodes, None if change.pods is None else pods, change.pod_count)


def _stored_pods(pods: Mapping[Key, PodFacts | None]) -> _Pods:
    known = [(*key, each) for key, each in pods.items() if each is not None]
    # Equal shapes have equal encodings.
    shapes: dict[bytes, int] = {}
    encode = msgspec.msgpack.Encoder().encode
    shape_of = array("q", [shapes.setdefault(encode(_shape(each)), len(shapes)) for *_, each in known])
    return _Pods(
        [namespace for namespace, _, _ in known],
        [name for _, name, _ in known],
        [each.uid for *_, each in known],
        [each.node for *_, each in known],
        [each.created_at for *_, each in known],
        pack(shape_of),
        [*map(Raw, shapes)],
        [key for key, each in pods.items() if each is None],
    )


def _shape(pod: PodFacts) -> _Shape:
    fields = list(FIELDS(pod))
    fields[CONTAINERS] = tuple(
        [
            _Container(each.name, each.requests, each.limits, each.states, each.declared_limits, each.restarts)
            for each in pod.containers
        ]
    )
    return _Shape(*fields)


def _pods(stored: _Pods, known: Shapes) -> Iterator[tuple[Key, PodFacts]]:
    of_shapes = [known.get(bytes(raw)) or known.setdefault(bytes(raw), _fields(raw)) for raw in stored.shapes]
    keys = zip(stored.namespaces, stored.names, strict=True)
    shapes = unpack(stored.shape_of, len(stored.names))
    for key, uid, node, created, place in zip(keys, stored.uids, stored.nodes, stored.created, shapes, strict=True):
        shared, containers = of_shapes[place]
        yield key, PodFacts(uid=uid, node=node, created_at=created, containers=containers, **shared)


def _fields(raw: Raw) -> tuple[dict[str, Any], tuple[Container, ...]]:
    """Decode a shape: the fields that it has in common with PodFacts, and the containers."""
    shape = msgspec.msgpack.decode(raw, type=_Shape)
    containers = tuple(
        [
            Container(
                *(own.name, None, None, None, own.requests, own.limits),
                states=own.states,
                declared_limits=own.limits if own.declared_limits is None else own.declared_limits,
                restarts=_restarts(shape, own),
            )
            for own in shape.containers
        ]
    )
    fields = {field: getattr(shape, field) for field in SHARED}
    # Old recordings have no phase; this status is one.
    return fields if shape.phase or shape.status != "Pending" else {**fields, "phase": shape.status}, containers


def _restarts(shape: _Shape, container: _Container) -> int | None:
    """Return the restarts of a container: in old recordings of one that never was restarted, or that is alone."""
    alone = shape.restarts == 0 or (len(shape.containers) == 1 and not (shape.status or "").startswith("Init:"))
    return shape.restarts if container.restarts is None and alone else container.restarts
