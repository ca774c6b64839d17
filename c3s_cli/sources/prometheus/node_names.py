"""Map the labels of node series to node names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Final

from msgspec import Struct

from c3s_cli.errors import C3sError
from c3s_cli.sources.calls import Memoized
from c3s_cli.sources.prometheus.decoding import Labels
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.promql import NODE_LABELS, braces, look_step

# kube-state-metrics has the address of each node.
ADDRESSES: Final = "max by (node, internal_ip) (kube_node_info%s)"


class NodeNames(Struct):
    """The names of nodes. The label that holds them depends on the scrape job; some jobs only have addresses.

    range: the start and the end of what is read. addresses: asks the API server for the node of each address.
    strangers: names that no node has, in order.
    """

    engine: Engine
    match: str
    time: Callable[[], float]
    range: Callable[[], tuple[float, float]]
    addresses: Callable[[], Mapping[str, str]]
    strangers: dict[str, None] = {}
    _of_address: Callable[[], Mapping[str, str]] = dict
    _of_former: Callable[[], Mapping[str, str]] = dict

    def __post_init__(self) -> None:
        self.addresses = Memoized(self.addresses)
        self._of_address = Memoized(self._ask_addresses)
        self._of_former = Memoized(self._ask_former)

    def name(self, labels: Labels, known: Collection[str]) -> str:
        """Return the name of the node that labels name. known: the names of all nodes, as far as they are known."""
        values = [value for label in NODE_LABELS if (value := labels.get(label))]
        hosts = [host_of(value) for value in values]
        for value in (*values, *hosts):
            if value in known:
                return value
        of_address = dict.fromkeys(name for host in hosts if (name := self._of_address().get(host)))
        for name in of_address:
            if not known or name in known:
                return name
        of_api = self.addresses() if known and hosts else {}
        for host in hosts:
            if host in of_api:
                return of_api[host]
        of_former = [name for host in hosts if not of_address and (name := self._of_former().get(host))]
        if of_former and of_former[0] in known:
            return of_former[0]
        name = next(iter((*of_address, *of_former, *hosts)), "")
        if known and name:
            self.strangers[name] = None
        return name

    def _ask_addresses(self) -> Mapping[str, str]:
        try:
            query = ADDRESSES % (braces(self.match) if self.match else "")
            vector = self.engine.vector(query, self.time())
        except C3sError:
            return {}
        return {labels.get("internal_ip", ""): labels.get("node", "") for labels, _ in vector}

    def _ask_former(self) -> Mapping[str, str]:
        """Return the last node that had each address in the range: of machines that are gone."""
        start, end = self.range()
        if end <= start:
            return {}
        seconds = int(end - start)
        series = f"timestamp(kube_node_info{braces(self.match) if self.match else ''})"
        query = f"max by (node, internal_ip) (max_over_time({series}[{seconds}s:{look_step(seconds)}s]))"
        with suppress(C3sError):
            vector = sorted(self.engine.vector(query, end), key=lambda each: each[1])
            return {labels.get("internal_ip", ""): labels.get("node", "") for labels, _ in vector}
        return {}


def host_of(value: str) -> str:
    """Remove the port from an address: 10.0.0.1:10250, [fd00::1]:10250."""
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.rpartition(":")[0] if value.count(":") == 1 else value
