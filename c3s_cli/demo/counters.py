"""The load added up: how many nanoseconds of CPU a run of a container, or the system of a node, has used until a time.

Between two full ticks the usage is what metrics.k8s.io says at the second one, so the rate of a counter between them is
the same number.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from c3s_cli.demo.load import TICK, Load
from c3s_cli.demo.runs import Run
from c3s_cli.demo.things import Node

# Runs that started longer than this before the cluster was created are not added up from their start.
_YOUNG = 86400 // TICK
_BEFORE = 4


class Counters:
    """Counters, to be read at increasing times."""

    def __init__(self, load: Load, epoch: int) -> None:
        self.load = load
        self._epoch = epoch // TICK
        self._known: dict[object, tuple[int, int]] = {}

    def anchor(self, run: Run) -> tuple[int, int]:
        """(tick, nanoseconds): from where a run is added up, and what it had used by then."""
        start = run.start // TICK
        if self._epoch - start <= _YOUNG:
            return start, 0
        # What has ended is never added up beyond its end.
        tick = min(self._epoch - _BEFORE, run.end // TICK)
        # More than it can have used since, so that it has never been below zero.
        nano = run.pod.group.running[run.place][1]
        return tick, nano * 3 // 2 * (tick - start) * TICK

    def run(self, run: Run, when: int) -> int:
        """Nanoseconds that a run has used until a time."""
        if when <= run.start:
            return 0
        usage = partial(self.load.cpu, run.pod, run.place)
        return self._until(run, min(when, run.end), self.anchor(run), usage)

    def system(self, node: Node, when: int) -> int:
        """Nanoseconds that all but the pods of a node have used until a time."""
        anchor = self._epoch - _BEFORE, 90_000_000 * node.pool.age
        return self._until(node.name, when, anchor, partial(self.load.system_cpu, node))

    def _until(self, key: object, when: int, anchor: tuple[int, int], usage: Callable[[int, int], list[int]]) -> int:
        """Add up to a time: whole ticks, which are remembered, and a part of the next one."""
        full, part = divmod(when, TICK)
        tick, total = self._known.get(key, anchor)
        if tick > full:
            tick, total = anchor
        if full > tick:
            total += TICK * sum(usage(tick + 1, full + 1))
            self._known[key] = full, total
        elif full < tick:
            return max(0, total - TICK * sum(usage(full + 1, tick + 1)))
        return total + part * usage(full + 1, full + 2)[0] if part else total
