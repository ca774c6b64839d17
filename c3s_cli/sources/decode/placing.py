"""The scheduling rules of a pod's spec → Placing: node selector, affinity, tolerations, spread constraints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, structs

from c3s_cli.model.placing import GATES, HostPort, NodeTerm, Placing, PodTerm, Selector, Spread, Toleration
from c3s_cli.model.requirement import Requirement
from c3s_cli.sources.decode.claims import claim_names
from c3s_cli.sources.decode.podspec import RuledSpec
from c3s_cli.sources.decode.shapes import NULL, decode_one

OPERATORS: Final = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!", "Gt": ">", "Lt": "<"}


class _Port(Struct, rename="camel", gc=False):
    container_port: int = 0
    host_port: int | None = None
    protocol: str | None = None
    host_ip: str | None = msgspec.field(default=None, name="hostIP")


class _Expression(Struct, gc=False):
    key: str = ""
    operator: str = ""
    values: list[str] | None = None


class LabelSelector(Struct, rename="camel", gc=False):
    """A label selector of the API."""

    match_labels: dict[str, str] | None = None
    match_expressions: list[_Expression] | None = None


class _NodeTerm(Struct, rename="camel", gc=False):
    match_expressions: list[_Expression] | None = None
    match_fields: list[_Expression] | None = None


class NodeTerms(Struct, rename="camel", gc=False):
    """A node selector of the API."""

    node_selector_terms: list[_NodeTerm] | None = None


class _NodeAffinity(Struct, gc=False):
    required: NodeTerms | None = msgspec.field(default=None, name="requiredDuringSchedulingIgnoredDuringExecution")


class _PodTerm(Struct, rename="camel", gc=False):
    topology_key: str = ""
    label_selector: LabelSelector | None = None
    namespaces: list[str] | None = None
    namespace_selector: LabelSelector | None = None
    match_label_keys: list[str] | None = None
    mismatch_label_keys: list[str] | None = None


class _PodAffinity(Struct, gc=False):
    required: list[_PodTerm] | None = msgspec.field(default=None, name="requiredDuringSchedulingIgnoredDuringExecution")


class _Affinity(Struct, rename="camel", gc=False):
    node_affinity: _NodeAffinity | None = None
    pod_affinity: _PodAffinity | None = None
    pod_anti_affinity: _PodAffinity | None = None


class TolerationShape(Struct, gc=False):
    """A toleration of the API."""

    key: str | None = None
    operator: str | None = None
    value: str | None = None
    effect: str | None = None


class _Spread(Struct, rename="camel", gc=False):
    topology_key: str = ""
    when_unsatisfiable: str = "DoNotSchedule"
    label_selector: LabelSelector | None = None
    max_skew: int = 1
    min_domains: int | None = None
    node_affinity_policy: str | None = None
    node_taints_policy: str | None = None
    match_label_keys: list[str] | None = None


# The names of the default scheduler.
USUAL: Final = (None, "", "default-scheduler")
ANY_ADDRESS: Final = HostPort(0).ip
Labels: Any = dict[str, str] | None
Wishes: Any = _Affinity | None
Tolerations: Any = list[TolerationShape] | None
Spreads: Any = list[_Spread] | None
Ports: Any = list[_Port] | None


def placing_of(rules: RuledSpec) -> Placing:
    """Decode the scheduling rules of a pod. InvalidAnswer if they do not have the expected shape."""
    shared = (rules.node_selector, rules.affinity, rules.tolerations, rules.topology_spread_constraints)
    return _placing(*map(_text, shared), rules.priority or 0, _ports(rules))


def _ports(rules: RuledSpec) -> tuple[bytes, ...]:
    """Return the lists of ports that may take a port of the node; all with the node's network."""
    ports = rules.container_ports
    if not ports:
        return ()
    if rules.host_network:
        return tuple(b"h" + _text(raw) for raw in ports)
    taken = [text for text in map(_text, ports) if b"hostPort" in text]
    return tuple(taken) if taken else ()


def _host_ports(texts: Iterable[bytes]) -> Iterator[HostPort]:
    for text in texts:
        shared = text.startswith(b"h")
        for each in decode_one(text[shared:], Ports, "pods") or ():
            # With the network of the node, the API server makes every port of a container one of the node.
            if port := each.host_port or (each.container_port if shared else 0):
                yield HostPort(port, each.protocol or "TCP", each.host_ip or ANY_ADDRESS)


def _text(raw: Raw) -> bytes:
    return b"null" if raw is NULL else bytes(raw)


def placing_of_pod(rules: RuledSpec, name: str) -> Placing:
    """Decode the scheduling rules of an existing pod."""
    placing, claims = placing_of(rules), claim_names(name, rules.volumes)
    if not (claims or rules.scheduling_gates or rules.resource_claims) and rules.scheduler_name in USUAL:
        return placing
    refused = (GATES,) if rules.scheduling_gates else ()
    return structs.replace(placing, claims=claims, refused=refused, ignored=ignored_of(rules))


def ignored_of(rules: RuledSpec) -> tuple[str, ...]:
    """Return the rules of a pod that c3s does not consider, in words."""
    ignored = ("resource claims",) if rules.resource_claims else ()
    scheduler = rules.scheduler_name
    return ignored if scheduler in USUAL else (*ignored, f"scheduler {scheduler}")


@lru_cache(maxsize=4096)
def _placing(
    selector: bytes, affinity: bytes, tolerations: bytes, spreads: bytes, priority: int, ports: tuple[bytes, ...]
) -> Placing:
    labels = decode_one(selector, Labels, "pods") or {}
    affinities = decode_one(affinity, Wishes, "pods") or _Affinity()
    tolerated = decode_one(tolerations, Tolerations, "pods") or ()
    spread = decode_one(spreads, Spreads, "pods") or ()
    nodes = affinities.node_affinity.required if affinities.node_affinity else None
    near = (affinities.pod_affinity.required if affinities.pod_affinity else None) or ()
    apart = (affinities.pod_anti_affinity.required if affinities.pod_anti_affinity else None) or ()
    strict = [each for each in spread if each.when_unsatisfiable == "DoNotSchedule"]
    return Placing(
        node_labels=equal(labels),
        node_terms=node_terms(nodes) if nodes else None,
        tolerations=tuple(toleration(each) for each in tolerated),
        spreads=tuple(_spread(each) for each in strict),
        affinities=tuple(_pod_term(each) for each in near),
        anti_affinities=tuple(_pod_term(each) for each in apart),
        host_ports=tuple(dict.fromkeys(_host_ports(ports))),
        priority=priority,
    )


def equal(labels: Mapping[str, str]) -> tuple[Requirement, ...]:
    """Return the requirements of a map of labels."""
    return tuple(Requirement(key, "=", (value,)) for key, value in labels.items())


def _expressions(expressions: Iterable[_Expression] | None) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(each.key, OPERATORS.get(each.operator, each.operator), tuple(each.values or ()))
        for each in expressions or ()
    )


def node_terms(required: NodeTerms) -> tuple[NodeTerm, ...]:
    """Return the terms of a node selector."""
    return tuple(
        NodeTerm(_expressions(term.match_expressions), _expressions(term.match_fields))
        for term in required.node_selector_terms or ()
    )


def toleration(each: TolerationShape) -> Toleration:
    """Return a toleration."""
    return Toleration(each.key or "", each.operator or "Equal", each.value or "", each.effect or "")


def selector_of(selector: LabelSelector | None) -> Selector:
    """Return the requirements of a label selector; None for none."""
    if selector is None:
        return None
    return (*equal(selector.match_labels or {}), *_expressions(selector.match_expressions))


def _pod_term(term: _PodTerm) -> PodTerm:
    return PodTerm(
        term.topology_key,
        selector_of(term.label_selector),
        tuple(term.namespaces or ()),
        selector_of(term.namespace_selector),
        tuple(term.match_label_keys or ()),
        tuple(term.mismatch_label_keys or ()),
    )


def _spread(each: _Spread) -> Spread:
    return Spread(
        topology_key=each.topology_key,
        selector=selector_of(each.label_selector),
        max_skew=each.max_skew,
        min_domains=each.min_domains or 1,
        honors_affinity=each.node_affinity_policy != "Ignore",
        honors_taints=each.node_taints_policy == "Honor",
        match_keys=tuple(each.match_label_keys or ()),
    )
