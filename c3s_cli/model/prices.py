"""Prices of nodes: what cores, memory and GPUs cost, by the labels of the node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct

from c3s_cli.model.rows import Amounts, NodeDetails


class Price(Struct, frozen=True):
    """What the resources of a node cost a month, in parts of a unit of the currency (amounts/money.py).

    gpu: None if the file does not say it.
    """

    nanocore: int
    byte: int
    gpu: int | None

    def of(self, amounts: Amounts) -> int | None:
        """Return what amounts of resources cost; None if there is a GPU without a price."""
        cost = amounts.get("cpu", 0) * self.nanocore + amounts.get("memory", 0) * self.byte
        count = gpus(amounts)
        if not count:
            return cost
        return None if self.gpu is None else cost + count * self.gpu


def gpus(amounts: Amounts) -> int:
    """Count the GPUs: whatever has `gpu` in its name, as nothing else tells them from other devices."""
    return sum(amount for resource, amount in amounts.items() if "gpu" in resource.lower())


# A pod without a node takes no part of any.
FREE: Final = Price(0, 0, 0)


class PriceRule(Struct, frozen=True):
    """The price of the nodes whose labels, pool and instance type match; `*` stands for any text."""

    labels: Mapping[str, str]
    pool: str | None
    instance_type: str | None
    price: Price

    def matches(self, node: NodeDetails) -> bool:
        """Return whether it is about a node."""
        return all(value is not None and fnmatchcase(value, pattern) for value, pattern in self._pairs(node))

    def _pairs(self, node: NodeDetails) -> Iterator[tuple[str | None, str]]:
        for key, pattern in self.labels.items():
            yield node.labels.get(key), pattern
        if self.pool is not None:
            yield node.pool, self.pool
        if self.instance_type is not None:
            yield node.instance_type, self.instance_type


class Prices(Struct, frozen=True):
    """A price file. file: its name. hours: of a month, as written there. default: for nodes that no rule matches."""

    file: str
    currency: str
    hours: str
    rules: tuple[PriceRule, ...]
    default: Price | None

    def of(self, node: NodeDetails | None) -> Price | None:
        """Return the price of a node: of the first rule that matches; None if there is none or no labels are known."""
        if node is None:
            return None if self.rules else self.default
        return next((rule.price for rule in self.rules if rule.matches(node)), self.default)


class CostTerms(Struct, frozen=True):
    """What costs are about. unpriced: the nodes without a price; nodes: how many there are.

    without_gpu: the nodes whose price has no `gpuHour` although pods request GPUs there.
    """

    currency: str
    hours: str
    file: str
    unpriced: tuple[str, ...]
    nodes: int
    without_gpu: tuple[str, ...] = ()
