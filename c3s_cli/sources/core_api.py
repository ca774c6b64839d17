"""The core API: nodes, pods, and the owners of pods, listed on demand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec import Raw, Struct

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import C3sError
from c3s_cli.kube.cluster import segment
from c3s_cli.parallel import all_results
from c3s_cli.sources.calls import JSON, METADATA_LIST, Calls
from c3s_cli.sources.decode.shapes import Body, Rows, decode_list

if TYPE_CHECKING:
    from c3s_cli.amounts.allocation import PodResources
    from c3s_cli.model.pod_details import PodDetails
    from c3s_cli.model.rows import NodeFacts, PodFacts
    from c3s_cli.sources.decode.owners import Owners
    from c3s_cli.sources.prometheus.state_metrics import StateMetrics
    from c3s_cli.sources.source import Claims, Pairs, Scope

NODES = "/api/v1/nodes"
NAMESPACES: Final = "/api/v1/namespaces"
PODS = "/api/v1/pods"
# Kinds that own pods and may have an owner themselves: group and version, resource, kind.
OWNING: Final = (("apps/v1", "replicasets", "ReplicaSet"), ("batch/v1", "jobs", "Job"))


class Stale(Struct, frozen=True):
    """A list that is out of date: its name, since how many seconds, and why."""

    name: str
    seconds: float
    problem: C3sError


class CoreApi(Struct):
    """The core API of one cluster. Methods raise a C3sError if the objects cannot be read.

    problems: the quantities that could not be read, in words. details: whether to keep what nodes are besides
    allocatable and capacity. labels: whether to keep the labels of pods. placing: whether to read where they may run.
    states: whether to read the states of their containers.
    """

    calls: Calls
    scope: Scope
    problems: list[str]
    details: bool = False
    labels: bool = False
    placing: bool = False
    states: bool = False

    def nodes(self) -> dict[str, NodeFacts]:
        """Read the node objects, by name: those in scope, or all nodes if the scope is pods."""
        from c3s_cli.sources.decode import nodes as decode_nodes  # not needed for pods

        in_scope = self.scope.objects is Kind.NODE
        if in_scope and self.scope.name:
            body = self.calls.get(f"{NODES}/{segment(self.scope.name)}")
            facts = decode_nodes.one_node_facts(body, self.problems)
            return {facts.name: facts}
        decode = partial(decode_nodes.node_facts, problems=self.problems, details=self.details)
        return {
            node.name: node for node in self.calls.whole(NODES, self.scope.label_query() if in_scope else [], decode)
        }

    def node_names(self) -> dict[str, str]:
        """Read the names of all nodes, with the path of their metrics that an annotation names, or ""."""
        from c3s_cli.sources.decode.nodes import metrics_paths  # not needed for pods

        return self.calls.pages(NODES, [], metrics_paths, METADATA_LIST)

    def addresses(self) -> dict[str, str]:
        """Read the name of the node that has each address."""
        from c3s_cli.sources.decode import nodes as decode_nodes  # only needed if series have no names of nodes

        return decode_nodes.addresses(self.calls.get(NODES))

    def pods(self) -> dict[tuple[str, str], PodFacts]:
        """Read the unfinished pods, by namespace and name: those in scope, or those of the nodes in scope."""
        from c3s_cli.sources.decode.pods import PodDecoder  # not needed for nodes

        decoder = PodDecoder(self.problems, labels=self.labels, placing=self.placing, states=self.states)
        if self.scope.objects is Kind.POD and self.scope.name:
            return dict(decoder.one(self._one_pod()))
        return self._pods_in_scope(decoder.page)

    def claims(self) -> Claims:
        """Read which PersistentVolumeClaims the pods in scope mount."""
        from c3s_cli.sources.decode.claims import claims_of  # only needed for volumes

        return self._pods_in_scope(claims_of)

    def pods_in_scope(self) -> tuple[Sequence[str], Pairs]:
        """Return the paths and the query of the lists of the pods in scope, one for each namespace."""
        if self.scope.objects.namespaced:
            return [f"/api/v1/{pods}" for pods in self.scope.namespaced("pods")], self.scope.selectors()
        return [PODS], [("fieldSelector", f"spec.nodeName={self.scope.name}")] if self.scope.name else []

    def _pods_in_scope(self, rows: Rows, accept: str = JSON) -> dict[Any, Any]:
        return self.calls.pages_of(*self.pods_in_scope(), rows, accept)

    def _one_pod(self) -> Body:
        (pods,) = self.scope.namespaced("pods")
        return self.calls.get(f"/api/v1/{pods}/{segment(self.scope.name or '')}")

    def pod_resources(self) -> PodResources:
        """Read the terms of the requests and limits of the pod in scope."""
        from c3s_cli.sources.decode.pods import PodDecoder  # only needed for --explain

        return PodDecoder(self.problems).resources(self._one_pod())

    def pod_details(self) -> PodDetails:
        """Read what explains the pod in scope."""
        from c3s_cli.sources.decode.pod_details import pod_details  # only a live view of one pod shows them

        return pod_details(self._one_pod())

    def pod_names(self) -> dict[tuple[str, str], None]:
        """Read the names of the pods in scope, by namespace and name."""
        from c3s_cli.sources.decode.owners import names  # few readings need names alone

        return self._pods_in_scope(names, METADATA_LIST)

    def owners(self) -> Owners:
        """Read the owners of the ReplicaSets and Jobs that own pods, both in parallel. Raises the first error."""
        paths = {
            kind: [f"/apis/{group}/{each}" for each in self.scope.namespaced(all_of)] for group, all_of, kind in OWNING
        }
        replica_sets, jobs = all_results([partial(self.owners_at, paths[kind], kind) for kind in paths])
        return {**replica_sets, **jobs}

    def owners_at(self, paths: Sequence[str], kind: str) -> dict[tuple[str, str, str], str]:
        """Read the owners of the objects of one kind in lists."""
        from c3s_cli.sources.decode.owners import controllers  # not needed for nodes

        return self.calls.pages_of(paths, [], partial(controllers, kind=kind), METADATA_LIST)

    def count_pods(self) -> int:
        """Count all pods without listing them."""
        metadata, pods = decode_list(self.calls.get(PODS, [("limit", "1")]), Raw, "pods")
        return len(pods) + ((metadata.remaining_item_count if metadata else None) or 0)

    def namespaces(self) -> list[str]:
        """Read the names of all namespaces."""
        from c3s_cli.sources.decode.owners import names  # only patterns need them

        return [name for _, name in self.calls.pages(NAMESPACES, [], names, METADATA_LIST)]

    def stale(self) -> list[Stale]:
        """Return the lists of this reading that are out of date: none, as they were read just now."""
        return []


def unknown_namespaces(core: CoreApi | StateMetrics, scope: Scope) -> str:
    """Name the namespaces in scope that are not known, in words; "" if all are, or if they may not be listed."""
    if not (scope.objects.namespaced and scope.namespaces):
        return ""
    try:
        known = core.namespaces()
    except C3sError:
        return ""
    unknown = [name for name in scope.namespaces if name not in known]
    return f"no namespace {' or '.join(unknown)} is known" if unknown else ""
