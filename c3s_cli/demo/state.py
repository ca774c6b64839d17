"""The cluster at a moment. Nothing in a state changes: what happens to the cluster makes another state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c3s_cli.demo.catalogue import MEASURABLE
from c3s_cli.demo.things import Members

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from c3s_cli.demo.cluster import Cluster
    from c3s_cli.demo.things import Group, Node, Pod

# The resourceVersion of the cluster as it was made up.
FIRST_VERSION = 5_300_000


class State:
    """Which nodes, pods and groups there are; `keys` are those of the pods, in the same order."""

    __slots__ = ("by_name", "cluster", "keys", "members", "nodes", "on_node", "pods", "version")

    def __init__(
        self,
        cluster: Cluster,
        version: int,
        nodes: list[Node],
        pods: list[Pod],
        keys: list[tuple[str, str]],
        on_node: Mapping[str, Sequence[Pod]],
        members: Mapping[Group, Members],
    ) -> None:
        self.cluster = cluster
        self.version = version
        self.nodes = nodes
        self.pods = pods
        self.keys = keys
        self.on_node = on_node
        self.members = members
        self.by_name = {node.name: node for node in nodes}

    def measured(self, pod: Pod, when: int) -> bool:
        """Tell whether metrics-server has something to say about a pod at a time."""
        return (
            pod.state in MEASURABLE
            and pod.node is not None
            and when >= pod.measured_from
            and not self.by_name[pod.node.name].silent
        )

    def running(self, node: Node, when: int) -> Iterator[Pod]:
        """Give the pods of a node that metrics-server has something to say about."""
        return (pod for pod in self.on_node[node.name] if self.measured(pod, when))


def first_state(cluster: Cluster) -> State:
    """Give the cluster as it was made up."""
    return State(
        cluster,
        FIRST_VERSION,
        cluster.nodes,
        cluster.pods,
        [pod.key for pod in cluster.pods],
        {node.name: node.pods for node in cluster.nodes},
        {group: Members(tuple(group.pods), len(group.pods)) for group in cluster.groups},
    )
