"""Clusters of any size: their nodes, and the workloads on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from c3s_cli.demo.catalogue import POOLS, WORKLOADS, Pool, Workload
from c3s_cli.demo.things import Node

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
REGION = "eu-west-1"
DEFAULT_NODES = 10
DEFAULT_PODS_PER_NODE = 15


def default_nodes() -> Iterator[Node]:
    """Return the nodes of the default cluster."""
    members = ((pool, number) for pool in POOLS for number in range(pool.count))
    for index, (pool, number) in enumerate(members):
        zone = ZONES[(number + len(pool.name)) % 3]
        yield Node(index, f"{pool.name}-{number + 1}", pool, zone, 58 if pool.cores < 16 else 234)


def scaled_nodes(count: int, per_node: int) -> Iterator[Node]:
    """Return the pools in proportion, their machines big enough for that many pods."""
    masters = 0 if count < 3 else 1 if count < 20 else 3
    left = count - masters
    shares = {pool.name: int(left * pool.share) for pool in POOLS[1:]}
    shares["general"] += left - sum(shares.values())
    shares["cp"] = masters
    slots = max(58, 2 * per_node + 20)
    members = ((pool, number) for pool in POOLS for number in range(shares[pool.name]))
    sizes = {pool.name: _sized(pool, per_node) for pool in POOLS}
    for index, (pool, number) in enumerate(members):
        name = f"{pool.name}-{number + 1:0{len(str(shares[pool.name]))}d}"
        yield Node(index, name, sizes[pool.name], ZONES[number % 3], slots)


def _sized(pool: Pool, per_node: int) -> Pool:
    """Return the same pool of machines for more (or fewer) pods each than the default cluster has."""
    if pool.gpus or pool.name == "cp":
        return pool
    factor = pool.cores // 4
    while factor * 15 < per_node * 3 and factor < 32:
        factor *= 2
    return replace(
        pool,
        instance=f"{factor if factor > 1 else ''}xlarge",
        cores=factor * 4,
        memory=pool.memory // (pool.cores // 4) * factor,
    )


def oddities(nodes: list[Node]) -> None:
    """Cordon the last node of the idle pool; let the last spot node report no metrics."""
    for pool, attribute, value in (("memory", "unschedulable", True), ("spot", "measured", False)):
        members = [node for node in nodes if node.pool.name == pool]
        if len(members) > 1:
            setattr(members[-1], attribute, value)


def spread(total: int) -> Iterator[tuple[Workload, int]]:
    """Return copies of the catalogue, with more replicas of what can grow, that add up to `total` pods.

    Workloads that show an exception (a crash, an eviction) or need a GPU keep their size in each copy.
    """
    base = sum(workload.replicas for workload in WORKLOADS)
    copies = max(1, int((total / base) ** 0.5))
    grows = [
        workload.replicas > len(workload.states) and workload.kind != "Pod" and not workload.gpus
        for workload in WORKLOADS
    ]
    counts, left = [0] * len(WORKLOADS), total
    if total >= base:
        fixed = sum(workload.replicas for workload, grow in zip(WORKLOADS, grows, strict=True) if not grow)
        left, growing = total - fixed * copies, (base - fixed) * copies
        counts = [
            left * workload.replicas // growing if grow else workload.replicas
            for workload, grow in zip(WORKLOADS, grows, strict=True)
        ] * copies
        left = total - sum(counts)
    place = 0
    while left > 0:
        if grows[place % len(WORKLOADS)] or total < base:
            counts[place % len(counts)] += 1
            left -= 1
        place += 1
    for place, count in enumerate(counts):
        copy, kind = divmod(place, len(WORKLOADS))
        workload = WORKLOADS[kind]
        yield (replace(workload, name=f"{workload.name}-{copy:03d}") if copy else workload), count
