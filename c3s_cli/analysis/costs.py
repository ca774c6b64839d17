"""What nodes, pods, containers and groups of them cost a month: figures of their rows, as exact integers.

A pod is priced by its node. The requests decide what it costs, as they decide how much of a node it takes from others:
what no pod requests is in no pod's cost. Nothing measures GPUs, so a GPU that is requested counts as used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import structs

from c3s_cli.analysis.rollup import Keys, is_idle
from c3s_cli.columns.of_costs import COMPARED
from c3s_cli.model.prices import FREE, CostTerms, Price, Prices, gpus
from c3s_cli.model.rows import Amounts, Group, Node, Pod
from c3s_cli.model.sample import Sample


def priced(rows: Sequence[Any], prices: Prices) -> list[Any]:
    """Add the costs to the figures of nodes, or of pods and their containers."""
    if rows and isinstance(rows[0], Node):
        return [_priced(node, node.requests, prices.of(node.details)) for node in rows]
    known: dict[tuple[str, str], Price | None] = {}
    return [_priced_pod(pod, prices, known) for pod in rows]


def _priced_pod(pod: Pod, prices: Prices, known: dict[tuple[str, str], Price | None]) -> Pod:
    """Add the costs to a pod. known: the prices of nodes, by context and name, filled here."""
    if pod.facts is None:
        return pod
    node = (pod.context, pod.facts.node)
    if node not in known:
        known[node] = prices.of(pod.node_details) if pod.facts.node else FREE
    row: Pod = _priced(pod, pod.requests, known[node])
    if row.containers:
        containers = tuple(_priced(each, each.requests, known[node]) for each in row.containers)
        row = structs.replace(row, containers=containers)
    return row


def _priced(row: Any, requests: Amounts | None, price: Price | None) -> Any:
    """Add the costs of a row to its figures, as far as they are known."""
    if price is None or requests is None:
        return row
    costs = {"cost.requests": price.of(requests)}
    if row.cpu_nanocores is not None and row.memory_bytes is not None:
        used = {"cpu": row.cpu_nanocores, "memory": row.memory_bytes, "gpu": gpus(requests)}
        costs["cost.usage"] = price.of(used)
    known = {name: cost for name, cost in costs.items() if cost is not None}
    return structs.replace(row, figures={**(row.figures or {}), **known})


def with_costs(together: Callable[..., Group]) -> Callable[..., Group]:
    """Return a function that makes a group as `together` does, with the costs of its members."""

    def summed(members: Sequence[Any], context: str, keys: Keys = ()) -> Group:
        group = together(members, context, keys)
        figures = {name: amount for name, amount in (group.figures or {}).items() if not name.startswith("cost.")}
        costs, unmeasured = _sums(members)
        counts = {**group.unmeasured, "cost.usage": unmeasured} if unmeasured else group.unmeasured
        return structs.replace(group, figures={**figures, **costs}, unmeasured=counts)

    return summed


def _sums(members: Sequence[Any]) -> tuple[dict[str, int], int]:
    """Sum the costs of members, and count those whose usage is unknown, or known in part.

    As with requests, one unknown cost makes the sum unknown; usage is summed over the members that are measured.
    """
    live = [member for member in members if not member.ended]
    requested = [_figure(member, "cost.requests") for member in live]
    sums = {} if None in requested or not live else {"cost.requests": sum(filter(None, requested))}
    measured = [member for member in live if None not in (member.cpu_nanocores, member.memory_bytes)]
    used = [_figure(member, "cost.usage") for member in measured]
    # Pods that have not started tell nothing about the others.
    tells = len(measured) == len(live) or not all(map(is_idle, measured))
    if measured and tells and None not in used:
        sums["cost.usage"] = sum(filter(None, used))
        compared = [_figure(member, "cost.requests") for member in measured]
        sums |= {} if None in compared else {COMPARED: sum(filter(None, compared))}
    return sums, len(live) - sum([not member.unmeasured_containers for member in measured])


def _figure(member: Any, name: str) -> int | None:
    return None if member.figures is None else member.figures.get(name)


def cost_terms(samples: Sequence[Sample], prices: Prices) -> CostTerms:
    """Return what the costs in a report are about, with the nodes that have no price, or none for their GPUs."""
    several = len(samples) > 1
    unpriced, without_gpu, count = list[str](), list[str](), 0
    for sample in samples:
        with_gpus = {pod.node for pod in (sample.pod_facts or {}).values() if gpus(pod.requests)}
        for node in (sample.node_facts or {}).values():
            name, price = f"{sample.context}/{node.name}" if several else node.name, prices.of(node.details)
            count += 1
            if price is None:
                unpriced.append(name)
            elif price.gpu is None and node.name in with_gpus:
                without_gpu.append(name)
    return CostTerms(prices.currency, prices.hours, prices.file, tuple(unpriced), count, tuple(without_gpu))
