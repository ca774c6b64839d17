"""The cluster at one time. States are immutable: every change makes a new state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from c3s_cli.demo.catalogue import MEASURABLE
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.things import Group, Members, Node, Pod

# The resourceVersion of the cluster when it was created.
FIRST_VERSION = 5_300_000


class State:
    """The nodes, pods and groups; `keys` are those of the pods, in the same order."""

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
        """Return whether metrics-server has metrics of a pod at a time."""
        return (
            pod.state in MEASURABLE
            and pod.node is not None
            and when >= pod.measured_from
            and not self.by_name[pod.node.name].silent
        )

    def running(self, node: Node, when: int) -> Iterator[Pod]:
        """Return the pods of a node that have metrics."""
        return (pod for pod in self.on_node[node.name] if self.measured(pod, when))


def first_state(cluster: Cluster) -> State:
    """Return the initial state of the cluster."""
    return State(
        cluster,
        FIRST_VERSION,
        cluster.nodes,
        cluster.pods,
        [pod.key for pod in cluster.pods],
        {node.name: node.pods for node in cluster.nodes},
        {group: Members(tuple(group.pods), len(group.pods)) for group in cluster.groups},
    )
