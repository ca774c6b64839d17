"""Blocks of namespaces: as many pods as one query can answer for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.totals import by_key
from c3s_cli.model.rows import PodFacts
from c3s_cli.sources.prometheus.slices import Letters

Pods = Mapping[tuple[str, str], "PodFacts"]
# A block has so many pods and workloads, as far as namespaces can be put together.
MOST_PODS: Final = 1000
WORKLOADS: Final = 100
# Characters of namespaces in one query, which some engines refuse beyond 16 KiB.
LONGEST: Final = 5000


class Block(Struct, frozen=True):
    """The pods of some namespaces, () for all; letters: a part of them."""

    namespaces: tuple[str, ...] = ()
    letters: Letters = Letters()

    def __str__(self) -> str:
        """Name it in a message."""
        return f"namespaces {', '.join(self.namespaces)}" if self.namespaces else str(self.letters)

    def halves(self) -> Sequence[Block]:
        """Return two halves of the namespaces, or of the names of pods in a single one."""
        if len(self.namespaces) < 2:
            return [Block(self.namespaces, each) for each in self.letters.halves()]
        middle = len(self.namespaces) // 2
        return [Block(self.namespaces[:middle]), Block(self.namespaces[middle:])]


def blocks_of(pods: Pods) -> list[Block]:
    """Put the namespaces of pods together to blocks that one query can answer."""
    members = by_key((namespace, facts.owner) for (namespace, _), facts in pods.items())
    blocks: list[Block] = []
    names: list[str] = []
    size, workloads = 0, 0
    for namespace, owners in sorted(members.items()):
        full = size + len(owners) > MOST_PODS or sum(map(len, names)) > LONGEST
        if full and workloads >= WORKLOADS:
            blocks.append(Block(tuple(names)))
            names, size, workloads = [], 0, 0
        names.append(namespace)
        size += len(owners)
        workloads += len(set(owners))
    return [*blocks, Block(tuple(names))] if names else []
