"""A reference scheduler: it looks at every pod of the cluster anew for every node and every pod placed.

Works on the JSON of the API alone and shares no code with c3s. Slow, and short enough to be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
UNITS = {"m": Fraction(1, 1000), "": Fraction(1), "Mi": Fraction(1 << 20)}
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


def amount(text: str) -> Fraction:
    number = text.rstrip("mMi")
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


class Simulation:
    """Nodes and pods as JSON. A pod stands on the node that its spec names."""

    def __init__(self, nodes: Sequence[Json], pods: Sequence[Json]) -> None:
        self.nodes = sorted(nodes, key=lambda node: node["metadata"]["name"])
        self.pods = [pod for pod in pods if pod["status"]["phase"] not in ("Succeeded", "Failed")]

    def on(self, node: Json) -> list[Json]:
        return [pod for pod in self.pods if pod["spec"].get("nodeName") == node["metadata"]["name"]]

    def free(self, node: Json, resource: str) -> Fraction:
        offered = amount(node["status"]["allocatable"].get(resource, "0"))
        if resource == "pods":
            return offered - len(self.on(node))
        return offered - sum((requested(pod, resource) for pod in self.on(node)), Fraction(0))

    def barred(self, node: Json, pod: Json) -> list[str]:
        tolerations = pod["spec"].get("tolerations", [])
        repelled = [word(taint) for taint in states(node) if not tolerated(taint, tolerations)]
        return list(dict.fromkeys(repelled)) + likes(node, pod["spec"])

    def problems(self, node: Json, pod: Json) -> list[str]:
        """Say what keeps one more such pod off a node."""
        found = self.barred(node, pod)
        wanted = {"pods": Fraction(1)} | {r: requested(pod, r) for r in ("cpu", "memory", "gpu")}
        short = [r for r, need in wanted.items() if need > 0 and self.free(node, r) < need]
        if found:
            return found + short
        apart = ["anti-affinity"] if self.repelled(node, pod) else []
        return short + apart + (["spread"] if self.unbalanced(node, pod) else [])

    def repelled(self, node: Json, pod: Json) -> bool:
        for other in self.pods:
            home = next(
                (each for each in self.nodes if each["metadata"]["name"] == other["spec"].get("nodeName")), None
            )
            if home is None:
                continue
            for one, two in ((pod, other), (other, pod)):
                for term in required(one["spec"], "podAntiAffinity") or []:
                    spaces = term.get("namespaces") or [one["metadata"]["namespace"]]
                    if "namespaceSelector" not in term and two["metadata"]["namespace"] not in spaces:
                        continue
                    here = node["metadata"]["labels"].get(term["topologyKey"])
                    there = home["metadata"]["labels"].get(term["topologyKey"])
                    if here is not None and here == there and selects(term.get("labelSelector"), labels(two)):
                        return True
        return False

    def unbalanced(self, node: Json, pod: Json) -> bool:
        strict = [
            each
            for each in pod["spec"].get("topologySpreadConstraints", [])
            if each["whenUnsatisfiable"] == "DoNotSchedule"
        ]
        keys = [each["topologyKey"] for each in strict]
        for each in strict:
            counted = [
                one
                for one in self.nodes
                if all(key in one["metadata"]["labels"] for key in keys)
                and (each.get("nodeAffinityPolicy") == "Ignore" or not likes(one, pod["spec"]))
                and (
                    each.get("nodeTaintsPolicy") != "Honor"
                    or all(tolerated(taint, pod["spec"].get("tolerations", [])) for taint in states(one))
                )
            ]
            domain = node["metadata"]["labels"].get(each["topologyKey"])
            if domain is None:
                return True
            sizes: dict[str, int] = {}
            for one in counted:
                alike = [
                    other
                    for other in self.on(one)
                    if other["metadata"]["namespace"] == pod["metadata"]["namespace"]
                    and "deletionTimestamp" not in other["metadata"]
                    and selects(each.get("labelSelector"), labels(other))
                ]
                where = one["metadata"]["labels"][each["topologyKey"]]
                sizes[where] = sizes.get(where, 0) + len(alike)
            least = min(sizes.values(), default=0) if len(sizes) >= each.get("minDomains", 1) else 0
            own = 1 if selects(each.get("labelSelector"), labels(pod)) else 0
            if sizes.get(domain, 0) + own - least > each["maxSkew"]:
                return True
        return False

    def best(self, pod: Json, among: Sequence[Json]) -> Json | None:
        """Choose the node that stays the emptiest; of equals the first by name."""
        possible = [node for node in among if not self.problems(node, pod)]
        return max(possible, key=lambda node: self.emptiness(node, pod), default=None)

    def emptiness(self, node: Json, pod: Json) -> int:
        offered = node["status"]["allocatable"]
        return sum(
            int((self.free(node, r) - requested(pod, r)) * 10**6 // amount(offered[r]))
            for r in ("cpu", "memory")
            if amount(offered.get(r, "0"))
        )

    def place(self, pod: Json, among: Sequence[Json] | None = None) -> str | None:
        node = self.best(pod, self.nodes if among is None else among)
        if node is None:
            return None
        name: str = node["metadata"]["name"]
        self.pods.append({**pod, "spec": {**pod["spec"], "nodeName": name}})
        return name

    def drain(self, name: str) -> list[str]:
        """Take a node away; return the pods that find no other."""
        self.nodes = [node for node in self.nodes if node["metadata"]["name"] != name]
        gone = [pod for pod in self.pods if pod["spec"].get("nodeName") == name]
        self.pods = [pod for pod in self.pods if pod["spec"].get("nodeName") != name]
        gone = [
            pod
            for pod in gone
            if "deletionTimestamp" not in pod["metadata"]
            and not any(owner["kind"] in ("DaemonSet", "Node") for owner in pod["metadata"].get("ownerReferences", []))
        ]
        gone.sort(
            key=lambda pod: (-pod["spec"].get("priority", 0), pod["metadata"]["namespace"], pod["metadata"]["name"])
        )
        return [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in gone if self.place(pod) is None]


def labels(pod: Json) -> Json:
    found: Json = pod["metadata"].get("labels", {})
    return found


def requested(pod: Json, resource: str) -> Fraction:
    return sum(
        (amount(each["resources"].get("requests", {}).get(resource, "0")) for each in pod["spec"]["containers"]),
        Fraction(0),
    )


def simulate(
    nodes: Sequence[Json], pods: Sequence[Json], pod: Json, replicas: int | None, without: Sequence[str]
) -> tuple[dict[str, tuple[int, int, list[str]]], list[list[str]]]:
    """Give (fits, placed, what stops one more) by node, and the pods that each drained node leaves without a place.

    replicas: None for a DaemonSet.
    """
    cluster = Simulation(nodes, pods)
    left = _drained(cluster, without)
    if replicas is None:
        pod = {**pod, "spec": {**pod["spec"], "tolerations": [*pod["spec"].get("tolerations", []), *OF_DAEMONS]}}
        pod["spec"].pop("topologySpreadConstraints", None)
    chosen: list[str] = []
    while True:
        among = cluster.nodes
        if replicas is None:
            among = [node for node in among if node["metadata"]["name"] not in chosen]
        name = cluster.place(pod, among)
        if name is None:
            break
        chosen.append(name)
    first = chosen if replicas is None else chosen[:replicas]
    found = {}
    for node in cluster.nodes:
        name = node["metadata"]["name"]
        reasons = cluster.problems(node, pod) + (["one-per-node"] if replicas is None and name in chosen else [])
        found[name] = (chosen.count(name), first.count(name), sorted(reasons))
    return found, left


def _drained(cluster: Simulation, without: Sequence[str]) -> list[list[str]]:
    """Drain all nodes together, then say node by node which pods are left over."""
    cluster.nodes = [node for node in cluster.nodes if node["metadata"]["name"] not in without]
    return [cluster.drain(name) for name in without]
