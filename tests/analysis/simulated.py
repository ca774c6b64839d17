"""A reference scheduler: it looks at every pod of the cluster anew for every node and every pod placed.

Works on the JSON of the API alone and shares no code with c3s. Slow, and short enough to be read. A drained node stays,
cordoned, with the pods of its DaemonSets and its static pods.
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
OF_EVERY_POD = OF_DAEMONS[:2]
ANY_ADDRESS = "0.0.0.0"  # noqa: S104  what the API server writes


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

    def __init__(self, nodes: Sequence[Json], pods: Sequence[Json], namespaces: Mapping[str, Json]) -> None:
        self.namespaces = namespaces
        self.drained: list[str] = []
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
        if node["metadata"]["name"] in self.drained:
            return ["drained"]
        found = self.barred(node, pod)
        wanted = {"pods": Fraction(1)} | {r: requested(pod, r) for r in ("cpu", "memory", "gpu")}
        short = [r for r, need in wanted.items() if need > 0 and self.free(node, r) < need]
        if found:
            return found + short
        rules = {
            "host-ports": self.port_taken(node, pod),
            "pod-affinity": self.lonely(node, pod),
            "anti-affinity": self.repelled(node, pod),
            "spread": self.unbalanced(node, pod),
        }
        return short + [rule for rule, broken in rules.items() if broken]

    def placed(self) -> list[tuple[Json, Json]]:
        """Give every pod that stands on a node, with the node."""
        return [(pod, node) for node in self.nodes for pod in self.on(node)]

    def port_taken(self, node: Json, pod: Json) -> bool:
        taken = [port for other in self.on(node) for port in host_ports(other["spec"])]
        return any(
            (one[0], one[1]) == (two[0], two[1]) and (one[2] == two[2] or ANY_ADDRESS in (one[2], two[2]))
            for one in host_ports(pod["spec"])
            for two in taken
        )

    def looks_at(self, term: Json, home: str, namespace: str) -> bool:
        """Say whether the term of a pod at home concerns the pods of a namespace."""
        named, selector = term.get("namespaces") or [], term.get("namespaceSelector")
        if selector is None:
            return namespace in (named or [home])
        return namespace in named or selects(selector, self.namespaces[namespace])

    def wants(self, term: Json, pod: Json, other: Json) -> bool:
        selector = dict(term.get("labelSelector") or {})
        more = [
            {"key": key, "operator": operator, "values": [labels(pod)[key]]}
            for field, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn"))
            for key in term.get(field, [])
            if key in labels(pod)
        ]
        selector["matchExpressions"] = [*selector.get("matchExpressions", []), *more]
        if term.get("labelSelector") is None or not selects(selector, labels(other)):
            return False
        return self.looks_at(term, pod["metadata"]["namespace"], other["metadata"]["namespace"])

    def lonely(self, node: Json, pod: Json) -> bool:
        """Say whether a pod must be near others and is not; the first of a group that wants itself may be alone."""
        terms = required(pod["spec"], "podAffinity") or []
        here = node["metadata"]["labels"]
        if any(term["topologyKey"] not in here for term in terms):
            return True
        liked = [there for other, there in self.placed() if terms and all(self.wants(t, pod, other) for t in terms)]
        anyone = any(t["topologyKey"] in there["metadata"]["labels"] for t in terms for there in liked)
        if not anyone and all(self.wants(term, pod, pod) for term in terms):
            return False
        return not all(
            any(there["metadata"]["labels"].get(t["topologyKey"]) == here[t["topologyKey"]] for there in liked)
            for t in terms
        )

    def repelled(self, node: Json, pod: Json) -> bool:
        for other in self.pods:
            home = next(
                (each for each in self.nodes if each["metadata"]["name"] == other["spec"].get("nodeName")), None
            )
            if home is None:
                continue
            for one, two in ((pod, other), (other, pod)):
                for term in required(one["spec"], "podAntiAffinity") or []:
                    here = node["metadata"]["labels"].get(term["topologyKey"])
                    there = home["metadata"]["labels"].get(term["topologyKey"])
                    if here is not None and here == there and self.wants(term, one, two):
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
                    and self.counts(each, pod, other)
                ]
                where = one["metadata"]["labels"][each["topologyKey"]]
                sizes[where] = sizes.get(where, 0) + len(alike)
            least = min(sizes.values(), default=0) if len(sizes) >= each.get("minDomains", 1) else 0
            own = 1 if self.counts(each, pod, pod) else 0
            if sizes.get(domain, 0) + own - least > each["maxSkew"]:
                return True
        return False

    def counts(self, rule: Json, pod: Json, other: Json) -> bool:
        keys = [key for key in rule.get("matchLabelKeys", []) if key in labels(pod)]
        selector = rule.get("labelSelector") or {}
        if not any(selector.values()) and (not keys or rule.get("labelSelector") is None):
            return False
        return all(labels(pod)[key] == labels(other).get(key) for key in keys) and selects(selector, labels(other))

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

    def drain(self, names: Sequence[str]) -> list[list[str]]:
        """Move the pods of the drained nodes; return by node those that find no other."""
        gone = [pod for pod in self.pods if pod["spec"].get("nodeName") in names and not bound(pod)]
        self.pods = [pod for pod in self.pods if pod["spec"].get("nodeName") not in names or bound(pod)]
        gone = [pod for pod in gone if "deletionTimestamp" not in pod["metadata"]]
        gone.sort(
            key=lambda pod: (-pod["spec"].get("priority", 0), pod["metadata"]["namespace"], pod["metadata"]["name"])
        )
        left = [pod for pod in gone if self.place(pod) is None]
        return [
            [
                f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
                for pod in left
                if pod["spec"]["nodeName"] == name
            ]
            for name in names
        ]


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
        Fraction(0),
    )


def simulate(
    nodes: Sequence[Json],
    pods: Sequence[Json],
    pod: Json,
    replicas: int | None,
    without: Sequence[str],
    namespaces: Mapping[str, Json],
) -> tuple[dict[str, tuple[int, int, list[str]]], list[list[str]]]:
    """Give (fits, placed, what stops one more) by node, and the pods that each drained node leaves without a place.

    replicas: None for a DaemonSet.
    """
    cluster = Simulation(nodes, pods, namespaces)
    left = _drained(cluster, without)
    more = OF_DAEMONS if replicas is None else OF_EVERY_POD
    pod = {**pod, "spec": {**pod["spec"], "tolerations": [*pod["spec"].get("tolerations", []), *more]}}
    if replicas is None:
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
        if name in without:
            continue
        reasons = cluster.problems(node, pod) + (["one-per-node"] if replicas is None and name in chosen else [])
        found[name] = (chosen.count(name), first.count(name), sorted(reasons))
    return found, left


def _drained(cluster: Simulation, without: Sequence[str]) -> list[list[str]]:
    """Drain all nodes together, then say node by node which pods are left over."""
    cluster.drained = list(without)
    cluster.nodes = [
        {**node, "spec": {**node["spec"], "unschedulable": True}} if node["metadata"]["name"] in without else node
        for node in cluster.nodes
    ]
    return cluster.drain(without)
