"""The rules of the scheduler for a single node, from the JSON of the API alone. See simulated.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
UNITS = {"m": Fraction(1, 1000), "": Fraction(1), "Mi": Fraction(1 << 20), "Gi": Fraction(1 << 30)}
NODE_STATES = {"not-ready": "NotReady", "unreachable": "NotReady", "unschedulable": "cordoned"}
OF_DAEMONS = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
    for key, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    )
]
OF_EVERY_POD = OF_DAEMONS[:2]
ANY_ADDRESS = "0.0.0.0"  # noqa: S104  what the API server writes


def amount(text: str) -> Fraction:
    number = text.rstrip("mMGi")
    return int(number) * UNITS[text.removeprefix(number)]


def meets(expression: Json, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values", [])
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and value.isdigit() and int(value) > int(values[0])
        case "Lt":
            return value is not None and value.isdigit() and int(value) < int(values[0])
        case _:
            raise AssertionError(expression)


def selects(selector: Json | None, labels: Mapping[str, str]) -> bool:
    if selector is None:
        return False
    equal = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return equal and all(meets(each, labels) for each in selector.get("matchExpressions", []))


def states(node: Json) -> list[Json]:
    """Give the taints of a node, with those that the controllers would add."""
    taints = list(node["spec"].get("taints", []))
    keys = {taint["key"] for taint in taints if taint["effect"] == "NoSchedule"}
    if node["spec"].get("unschedulable") and "node.kubernetes.io/unschedulable" not in keys:
        taints.append({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})
    ready = next(each["status"] for each in node["status"]["conditions"] if each["type"] == "Ready")
    if ready != "True" and not keys & {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}:
        taints.append({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"})
    return [taint for taint in taints if taint["effect"] != "PreferNoSchedule"]


def tolerated(taint: Json, tolerations: Sequence[Json]) -> bool:
    for each in tolerations:
        if each.get("effect") and each["effect"] != taint["effect"]:
            continue
        if each.get("operator", "Equal") == "Exists":
            if not each.get("key") or each["key"] == taint["key"]:
                return True
        elif each.get("key") == taint["key"] and each.get("value", "") == taint.get("value", ""):
            return True
    return False


def word(taint: Json) -> str:
    for key, said in NODE_STATES.items():
        if taint["key"] == f"node.kubernetes.io/{key}":
            return said
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"taint {taint['key']}{value}:{taint['effect']}"


def required(spec: Json, kind: str) -> Any:
    return spec.get("affinity", {}).get(kind, {}).get("requiredDuringSchedulingIgnoredDuringExecution")


def likes(node: Json, spec: Json) -> list[str]:
    labels, problems = node["metadata"]["labels"], []
    if not spec.get("nodeSelector", {}).items() <= labels.items():
        problems.append("selector")
    terms = required(spec, "nodeAffinity")
    if terms is not None and not any(
        (term.get("matchExpressions") or term.get("matchFields"))
        and all(meets(each, labels) for each in term.get("matchExpressions", []))
        and all(meets(each, {"metadata.name": node["metadata"]["name"]}) for each in term.get("matchFields", []))
        for term in terms["nodeSelectorTerms"]
    ):
        problems.append("affinity")
    return problems


def bound(pod: Json) -> bool:
    return any(owner["kind"] in ("DaemonSet", "Node") for owner in pod["metadata"].get("ownerReferences", []))


def host_ports(spec: Json) -> list[tuple[int, str, str]]:
    every = [port for container in spec["containers"] for port in container.get("ports", [])]
    own = "containerPort" if spec.get("hostNetwork") else "hostPort"
    found = [(port.get("hostPort") or port.get(own), port) for port in every]
    return [
        (number, port.get("protocol", "TCP"), port.get("hostIP") or ANY_ADDRESS) for number, port in found if number
    ]


def labels(pod: Json) -> Json:
    found: Json = pod["metadata"].get("labels", {})
    return found


def requested(pod: Json, resource: str) -> Fraction:
    return sum(
        (amount(each["resources"].get("requests", {}).get(resource, "0")) for each in pod["spec"]["containers"]),
        amount(pod["spec"].get("overhead", {}).get(resource, "0")),
    )
