"""What recommendations save a month: their change times the price of the node of each replica."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from c3s_cli.amounts.totals import sum_all
from c3s_cli.model.prices import FREE, Price, Prices
from c3s_cli.model.rightsizing import Recommendation
from c3s_cli.model.sample import Sample


def with_savings(rows: Sequence[Recommendation], samples: Sequence[Sample], prices: Prices) -> list[Recommendation]:
    """Return the rows with what their replicas cost, and what the change saves; more than that cost is negative."""
    known: dict[tuple[str, str], Price | None] = {}
    for sample in samples:
        facts = sample.node_facts or {}
        known |= {(sample.context, name): prices.of(node.details) for name, node in facts.items()}
        known[sample.context, ""] = FREE
    return [_priced(row, [known.get((row.context, node)) for node in row.nodes]) for row in rows]


def _priced(row: Recommendation, nodes: Sequence[Price | None]) -> Recommendation:
    if not nodes and row.owner.startswith("CronJob/"):
        return structs.replace(row, cost=0, savings=_savings(row, [FREE], 0))
    of_nodes = [price for price in nodes if price is not None]
    if len(of_nodes) < len(nodes) or not of_nodes:
        return row
    # Of manifests, other numbers of replicas than there are: the average of their nodes.
    times = row.replicas
    return structs.replace(row, cost=_cost(row, of_nodes, times), savings=_savings(row, of_nodes, times))


def _cost(row: Recommendation, nodes: Sequence[Price], times: int) -> int | None:
    if row.declared_requests is None:
        return None
    cost = sum_all([price.of(row.declared_requests) for price in nodes])
    return None if cost is None else cost * times // len(nodes)


def _savings(row: Recommendation, nodes: Sequence[Price], times: int) -> int | None:
    """Return what the change of all replicas saves; None without a recommendation."""
    if row.cpu.change is None and row.memory.change is None and not row.autoscaled:
        return None
    change = {"cpu": row.cpu.change or 0, "memory": row.memory.change or 0}
    saved = -sum(change["cpu"] * price.nanocore + change["memory"] * price.byte for price in nodes)
    return saved * times // len(nodes)
