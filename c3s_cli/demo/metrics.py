"""Load -> NodeMetrics and PodMetrics, as metrics-server writes them."""

from __future__ import annotations

from collections.abc import Iterable

from c3s_cli.demo import dice, nodes, pods
from c3s_cli.demo.clock import rfc3339
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.load import TICK, Load, in_bytes
from c3s_cli.demo.templates import compact
from c3s_cli.demo.things import Group, Node, Pod

# Scrapes are never exactly 15 s apart.
_WINDOWS = tuple(f"{14.985 + dice.mix(17, place) % 40 / 1000:.3f}s" for place in range(61))


def _memory(kib: int, bits: int) -> str:
    """Mostly KiB, sometimes bytes: metrics-server writes what the runtime gave it in the shortest exact form."""
    return f"{kib}Ki" if bits & 7 else str(in_bytes(kib, bits))


class Metrics:
    """Renders metrics at a tick."""

    def __init__(self, cluster: Cluster) -> None:
        self.load = Load(cluster)
        self._heads: dict[Group, str] = {}

    def node(self, node: Node, tick: int, running: Iterable[Pod]) -> str:
        """Return a NodeMetrics as in a list."""
        nano, kib = self.load.node(node, tick, running)
        when = rfc3339(tick * TICK)
        return (
            f'{{"metadata":{{"name":"{node.name}","creationTimestamp":"{when}","labels":{compact(nodes.labels(node))}}},'
            f'"timestamp":"{when}","window":"{_WINDOWS[(node.index + tick) % 61]}",'
            f'"usage":{{"cpu":"{nano}n","memory":"{_memory(kib, node.index)}"}}}}'
        )

    def _head(self, group: Group, labels: dict[str, str]) -> str:
        """Return the part of a PodMetrics up to its containers, with gaps for name, time, time and window."""
        text = compact(dict(sorted(labels.items()))).replace("%", "%%")
        return (
            f'{{"metadata":{{"name":"%s","namespace":"{group.namespace}","creationTimestamp":"%s",'
            f'"labels":{text}}},"timestamp":"%s","window":"%s","containers":['
        )

    def pod(self, pod: Pod, tick: int) -> str:
        """Return a PodMetrics as in a list."""
        group, when, bits = pod.group, rfc3339(tick * TICK), pod.bits
        head = self._heads.get(group)
        if group.workload.kind == "StatefulSet":
            head = self._head(group, pods.labels(pod))
        elif head is None:
            head = self._heads[group] = self._head(group, group.labels)
        text = head % (pod.name, when, when, _WINDOWS[(bits + tick) % 61])
        for place, (name, nano, kib) in enumerate(self.load.containers(pod, tick)):
            cpu = f"{nano}n" if nano else "0"
            memory = _memory(kib, bits + place)
            comma = "," if place else ""
            text += f'{comma}{{"name":"{name}","usage":{{"cpu":"{cpu}","memory":"{memory}"}}}}'
        return text + "]}"
