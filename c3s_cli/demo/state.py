"""The cluster at one time. States are immutable: every change makes a new state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from c3s_cli.demo.catalogue import MEASURABLE
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.things import Group, Members, Node, Pod

# The resourceVersion of the cluster when it was created.
FIRST_VERSION = 5_300_000


@dataclass(slots=True)
class State:
    """The nodes, pods and groups, each sorted as the API server lists them."""

    cluster: Cluster
    version: int
    nodes: list[Node]
    pods: list[Pod]
    on_node: Mapping[str, Sequence[Pod]]
    members: Mapping[Group, Members]
    by_name: dict[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        self.by_name = {node.name: node for node in self.nodes}

    def measured(self, pod: Pod, when: int) -> bool:
        """Return whether metrics-server has metrics of a pod at a time."""
        if pod.state not in MEASURABLE or pod.node is None or when < pod.measured_from:
            return False
        return not self.by_name[pod.node.name].silent

    def running(self, node: Node, when: int) -> Iterator[Pod]:
        """Return the pods of a node that have metrics."""
        return (pod for pod in self.on_node[node.name] if self.measured(pod, when))


def first_state(cluster: Cluster) -> State:
    """Return the initial state of the cluster."""
    on_node = {node.name: node.pods for node in cluster.nodes}
    members = {group: Members(tuple(group.pods), len(group.pods)) for group in cluster.groups}
    return State(cluster, FIRST_VERSION, cluster.nodes, cluster.pods, on_node, members)
