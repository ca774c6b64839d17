"""Check whether a node may run a pod, regardless of free resources: state, taints, labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.amounts.quantity import parse_int
from c3s_cli.model.obstacles import CORDON, REPELLING, Obstacle, obstacles
from c3s_cli.model.placing import NodeTerm, Placing, Toleration
from c3s_cli.model.requirement import Requirement
from c3s_cli.model.rows import Node

# The tolerations that the DaemonSet controller adds.
OF_DAEMONS: Final = tuple(
    Toleration(f"node.kubernetes.io/{key}", "Exists", "", effect)
    for effect, keys in {
        "NoExecute": ("not-ready", "unreachable"),
        "NoSchedule": ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"),
    }.items()
    for key in keys
)


# The tolerations that the API server adds to every new pod.
OF_EVERY_POD: Final = OF_DAEMONS[:2]
# What the DaemonSet controller adds for the network of the node.
OF_HOST_NETWORK: Final = Toleration("node.kubernetes.io/network-unavailable", "Exists", "", "NoSchedule")
CORDONED: Final = Obstacle(CORDON, "", "NoSchedule", "cordoned")
SCHEDULING_DISABLED: Final = ",SchedulingDisabled"


def barriers(node: Node, placing: Placing) -> tuple[str, ...]:
    """Return why a node cannot run a pod, regardless of other pods: its state, taints, labels; () if it can."""
    if placing.refused:
        return placing.refused
    if placing.node_name:
        # Such a pod is bound without the scheduler; the kubelet evicts it only for NoExecute.
        away = () if node.name == placing.node_name else ("node-name",)
        return (*away, *untolerated(node, placing.tolerations, ("NoExecute",)), *mismatches(node, placing))
    return (
        *untolerated(node, placing.tolerations),
        *mismatches(node, placing),
        *(unreachable_volumes(node, placing) if placing.volumes else ()),
    )


def cordoned(node: Node) -> Node:
    """Return the node as `kubectl cordon` leaves it."""
    details = node.facts.details if node.facts else None
    if node.facts is None or details is None or (details.status or "").endswith(SCHEDULING_DISABLED):
        return node
    details = structs.replace(details, status=f"{details.status or ''}{SCHEDULING_DISABLED}")
    return structs.replace(node, facts=structs.replace(node.facts, details=details))


def untolerated(node: Node, tolerations: Sequence[Toleration], effects: Sequence[str] = REPELLING) -> tuple[str, ...]:
    """Return the states and taints of a node that a pod does not tolerate, in words."""
    taints = [each for each in obstacles(node.details) if each.effect in effects] if node.details else ()
    return tuple(dict.fromkeys(each.words for each in taints if not any(_tolerates(one, each) for one in tolerations)))


def tolerates_cordon(placing: Placing) -> bool:
    """Return whether a pod may run on a cordoned node."""
    return any(_tolerates(each, CORDONED) for each in placing.tolerations)


def mismatches(node: Node, placing: Placing) -> tuple[str, ...]:
    """Return which rules of a pod the labels of a node do not match: `selector`, `affinity`."""
    labels = node.labels or {}
    problems = [] if met(placing.node_labels, labels) else ["selector"]
    terms = placing.node_terms
    if terms is not None and not any(_meets(term, node.name, labels) for term in terms):
        problems.append("affinity")
    return tuple(problems)


def unreachable_volumes(node: Node, placing: Placing) -> tuple[str, ...]:
    """Return `volume` if a node cannot reach one of a pod's volumes."""
    labels = node.labels or {}
    reached = all(any(_meets(term, node.name, labels) for term in terms) for terms in placing.volumes)
    return () if reached else ("volume",)


def _tolerates(toleration: Toleration, obstacle: Obstacle) -> bool:
    if toleration.effect not in ("", obstacle.effect):
        return False
    if toleration.key != obstacle.key and (toleration.key or toleration.operator != "Exists"):
        return False
    return toleration.operator == "Exists" or (toleration.operator == "Equal" and toleration.value == obstacle.value)


def _meets(term: NodeTerm, name: str, labels: Mapping[str, str]) -> bool:
    """Return whether a node matches one term. A term without requirements matches no node."""
    if not term.labels and not term.fields:
        return False
    return met(term.labels, labels) and met(term.fields, {"metadata.name": name})


def met(requirements: Iterable[Requirement], labels: Mapping[str, str]) -> bool:
    """Return whether labels match all requirements, with the semantics of the API server."""
    return all(_is_met(each, labels.get(each.key)) for each in requirements)


def _is_met(requirement: Requirement, value: str | None) -> bool:
    match requirement.operator:
        case "exists":
            return value is not None
        case "!":
            return value is None
        case "in" | "=" | "==":
            return value is not None and value in requirement.values
        case "notin" | "!=":
            return value is None or value not in requirement.values
        case ">" | "<":
            have, bound = parse_int(value), parse_int(next(iter(requirement.values), None))
            if have is None or bound is None:
                return False
            return have > bound if requirement.operator == ">" else have < bound
        case _:
            return False
