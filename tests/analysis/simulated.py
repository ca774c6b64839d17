"""A reference scheduler: it looks at every pod of the cluster anew for every node and every pod placed.

Works on the JSON of the API alone and shares no code with c3s. Slow, and short enough to be read. A drained node stays,
cordoned, with the pods of its DaemonSets and its static pods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tests.analysis.simulated_admission import admitted, pod_of, refusals
from tests.analysis.simulated_rules import (
    ANY_ADDRESS,
    Json,
    amount,
    bound,
    host_ports,
    labels,
    likes,
    requested,
    required,
    selects,
    states,
    tolerated,
    word,
)
from tests.analysis.simulated_volumes import Storage, claimed


class Simulation:
    """Nodes and pods as JSON. A pod stands on the node that its spec names."""

    def __init__(self, cluster: Json, namespaces: Mapping[str, Json]) -> None:
        nodes, pods = cluster["nodes"], cluster["pods"]
        self.namespaces = namespaces
        self.storage = Storage(*(cluster.get(kind, []) for kind in ("claims", "volumes", "classes")))
        self.waiting: list[Json] = []
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
        unreachable = [] if self.storage.reach(node, pod) else ["volume"]
        return list(dict.fromkeys(repelled)) + likes(node, pod["spec"]) + unreachable

    def used(self, pod: Json, name: str) -> bool:
        """Say whether a pod of the cluster uses a claim, or waits to use it again."""
        everyone = [*(other for other in self.pods if other["spec"].get("nodeName")), *self.waiting]
        return any(
            name in claimed(other) and other["metadata"]["namespace"] == pod["metadata"]["namespace"]
            for other in everyone
        )

    def problems(self, node: Json, pod: Json) -> list[str]:
        """Say what keeps one more such pod off a node."""
        if node["metadata"]["name"] in self.drained:
            return ["drained"]
        found = pod.get("refused") or self.storage.refusals(pod) or self.barred(node, pod)
        wanted = {"pods": Fraction(1)} | {r: requested(pod, r) for r in ("cpu", "memory", "gpu")}
        short = [r for r, need in wanted.items() if need > 0 and self.free(node, r) < need]
        if found:
            return found + short
        rules = {
            "host-ports": self.port_taken(node, pod),
            "pod-affinity": self.lonely(node, pod),
            "anti-affinity": self.repelled(node, pod),
            "spread": self.unbalanced(node, pod),
            **dict.fromkeys(
                (f"claim {name} in use" for name in self.storage.exclusive(pod) if self.used(pod, name)), True
            ),
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
        self.waiting += left
        return [
            [
                f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
                for pod in left
                if pod["spec"]["nodeName"] == name
            ]
            for name in names
        ]


def simulate(
    cluster: Json, manifest: Json, replicas: int | None, without: Sequence[str], namespaces: Mapping[str, Json]
) -> tuple[dict[str, tuple[int, int, list[str]]], list[list[str]]]:
    """Give (fits, placed, what stops one more) by node, and the pods that each drained node leaves without a place.

    replicas: None for a DaemonSet. Pods beyond the replicas all have the next number.
    """
    simulation = Simulation(cluster, namespaces)
    left = _drained(simulation, without)
    first, chosen = _placed(simulation, cluster, manifest, replicas)
    pod = _created(cluster, manifest, len(first))
    cap = admitted(pod, cluster)
    found = {}
    for node in simulation.nodes:
        name = node["metadata"]["name"]
        if name in without:
            continue
        reasons = simulation.problems(node, pod) + (["one-per-node"] if replicas is None and name in chosen else [])
        barred = pod["refused"] or simulation.storage.refusals(pod) or simulation.barred(node, pod)
        reasons += [cap[1]] if cap and len(chosen) >= cap[0] and not barred else []
        found[name] = (chosen.count(name), first.count(name), sorted(reasons))
    return found, left


def _created(cluster: Json, manifest: Json, number: int) -> Json:
    pod = pod_of(manifest, cluster, number)
    return {**pod, "refused": refusals(pod, cluster)}


def _placed(simulation: Simulation, cluster: Json, manifest: Json, replicas: int | None) -> tuple[list[str], list[str]]:
    """Place the replicas one after the other, then as many more as fit; return the nodes of both."""
    cap = admitted(pod_of(manifest, cluster, 0), cluster)
    most = 10**6 if cap is None else cap[0]
    if replicas is None:
        pod, chosen = _created(cluster, manifest, 0), list[str]()
        while len(chosen) < most:
            among = [node for node in simulation.nodes if node["metadata"]["name"] not in chosen]
            name = simulation.place(pod, among)
            if name is None:
                break
            chosen.append(name)
        return chosen, chosen
    first = [simulation.place(_created(cluster, manifest, number)) for number in range(min(most, replicas))]
    placed = [name for name in first if name]
    after, pod = list(placed), _created(cluster, manifest, len(placed))
    while len(after) < most and (name := simulation.place(pod)):
        after.append(name)
    return placed, after


def _drained(cluster: Simulation, without: Sequence[str]) -> list[list[str]]:
    """Drain all nodes together, then say node by node which pods are left over."""
    cluster.drained = list(without)
    cluster.nodes = [
        {**node, "spec": {**node["spec"], "unschedulable": True}} if node["metadata"]["name"] in without else node
        for node in cluster.nodes
    ]
    return cluster.drain(without)
