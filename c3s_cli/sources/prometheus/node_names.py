"""Map the labels of node series to node names, and back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from c3s_cli.errors import C3sError
from c3s_cli.sources.prometheus.promql import NODE_LABELS, braces, one_of

if TYPE_CHECKING:
    from c3s_cli.sources.prometheus.decoding import Labels, Vector
    from c3s_cli.sources.prometheus.engine import Engine

# kube-state-metrics has the address of each node.
ADDRESSES: Final = "max by (node, internal_ip) (kube_node_info%s)"


class NodeNames:
    """The names of nodes. The label that holds them depends on the scrape job; some jobs only have addresses."""

    def __init__(self, engine: Engine, match: str, time: Callable[[], float]) -> None:
        self._engine = engine
        self._match = match
        self._time = time
        self._addresses: dict[str, str] | None = None
        self._labels: dict[str, dict[str, str]] = {}

    def named(self, vector: Vector, known: Collection[str]) -> Iterator[tuple[str, float]]:
        """Yield the node name and the number of each element."""
        for labels, number in vector:
            name = self._name(labels, known)
            label = next((each for each in NODE_LABELS if labels.get(each)), "instance")
            self._labels.setdefault(name, {})[labels.get(label, "")] = label
            yield name, number

    def _name(self, labels: Labels, known: Collection[str]) -> str:
        for label in NODE_LABELS[:-1]:
            if labels.get(label):
                return labels[label]
        instance = labels.get("instance", "")
        host = instance.rpartition(":")[0] if instance.count(":") == 1 else instance
        return host if host in known else self._of_address().get(host, host)

    def _of_address(self) -> Mapping[str, str]:
        if self._addresses is None:
            try:
                query = ADDRESSES % (braces([self._match]) if self._match else "")
                vector = self._engine.vector(query, self._time())
            except C3sError:
                vector = []
            self._addresses = {labels.get("internal_ip", ""): labels.get("node", "") for labels, _ in vector}
        return self._addresses

    def selectors(self, names: Iterable[str]) -> list[str]:
        """Return selectors for the series of nodes, by the labels seen in earlier answers."""
        values: dict[str, list[str]] = {}
        for name in names:
            for value, label in self._labels.get(name, {}).items():
                values.setdefault(label, []).append(value)
        return [one_of(label, sorted(known)) for label, known in values.items()] or [
            one_of(NODE_LABELS[0], sorted(names))
        ]
