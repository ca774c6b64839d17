"""The pods on the nodes, and which of them the terms of an affinity select."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct, structs

from c3s_cli.analysis.eligibility import met
from c3s_cli.model.placing import HostPort, PodTerm, Selector
from c3s_cli.model.requirement import Requirement

NAME: str = "kubernetes.io/metadata.name"


class RunningPod(Struct, frozen=True, gc=False):
    """A pod on a node. leaving: whether it is being deleted. cpu_rest: nanocores up to the next millicore, if any."""

    namespace: str
    labels: Mapping[str, str]
    anti_affinities: tuple[PodTerm, ...] = ()
    host_ports: tuple[HostPort, ...] = ()
    leaving: bool = False
    cpu_rest: int = 0


class RunningPods(Struct):
    """The pods on the nodes, each with the index of its node.

    namespaces: the labels of namespaces by name. anti_affinities: the nodes of the pods with a term, by the term and
    the namespace of these pods.
    """

    namespaces: Mapping[str, Mapping[str, str]]
    by_namespace: dict[str, list[tuple[int, RunningPod]]] = {}
    anti_affinities: dict[tuple[PodTerm, str], list[int]] = {}
    host_ports: dict[int, list[HostPort]] = {}

    def add(self, place: int, pod: RunningPod) -> None:
        """Add a pod to a node."""
        self.by_namespace.setdefault(pod.namespace, []).append((place, pod))
        for term in pod.anti_affinities:
            self.anti_affinities.setdefault((term, pod.namespace), []).append(place)
        if pod.host_ports:
            self.host_ports.setdefault(place, []).extend(pod.host_ports)

    def remove(self, place: int, pod: RunningPod) -> None:
        """Remove a pod from a node."""
        self.by_namespace[pod.namespace].remove((place, pod))
        for term in pod.anti_affinities:
            self.anti_affinities[(term, pod.namespace)].remove(place)
        for port in pod.host_ports:
            self.host_ports[place].remove(port)

    def clear(self, places: Collection[int]) -> None:
        """Remove the pods of nodes."""
        for namespace, pods in self.by_namespace.items():
            self.by_namespace[namespace] = [each for each in pods if each[0] not in places]
        for term, others in self.anti_affinities.items():
            self.anti_affinities[term] = [place for place in others if place not in places]
        self.host_ports = {place: ports for place, ports in self.host_ports.items() if place not in places}

    def covers(self, term: PodTerm, home: str, namespace: str) -> bool:
        """Return whether a term of a pod in the namespace `home` looks at the pods of a namespace."""
        if term.namespace_selector is None:
            return namespace in (term.namespaces or (home,))
        labels = {NAME: namespace, **self.namespaces.get(namespace, {})}
        return namespace in term.namespaces or met(term.namespace_selector, labels)

    def matches(self, term: PodTerm, labels: Mapping[str, str]) -> bool:
        """Return whether a term selects pods with these labels, in the namespaces that it covers."""
        return term.selector is not None and met(term.selector, labels)

    def selects(self, term: PodTerm, home: str, namespace: str, labels: Mapping[str, str]) -> bool:
        """Return whether a term of a pod in the namespace `home` selects pods of a namespace with these labels."""
        return self.matches(term, labels) and self.covers(term, home, namespace)


def term_for(term: PodTerm, labels: Mapping[str, str]) -> PodTerm:
    """Return the term of a pod with these labels: its keys become requirements, as the API server makes them."""
    selector = with_keys(with_keys(term.selector, term.match_keys, labels, "in"), term.mismatch_keys, labels, "notin")
    return structs.replace(term, selector=selector, match_keys=(), mismatch_keys=())


def with_keys(selector: Selector, keys: tuple[str, ...], labels: Mapping[str, str], operator: str) -> Selector:
    """Add a requirement for each key that the labels have."""
    if selector is None:
        return None
    return (*selector, *(Requirement(key, operator, (labels[key],)) for key in keys if key in labels))
