"""A run of a container -> what it had used at every scrape. It is added up where somebody asks, and kept."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Callable
from functools import partial
from itertools import accumulate

from c3s_cli.demo.counters import Counters
from c3s_cli.demo.load import TICK, Load
from c3s_cli.demo.prometheus.series import INTERVAL, Values
from c3s_cli.demo.runs import Run
from c3s_cli.demo.things import Node

# Scrapes that are added up at once: two hours.
_CHUNK = 240
_TICKS = INTERVAL // TICK
# Up to so many scrapes are looked at one by one.
_FEW = 40


class Total:
    """A number of nanoseconds that grows with every tick; `anchor` is what it was at one of them."""

    __slots__ = ("_anchor", "_bases", "_chunks", "_usage")

    def __init__(self, usage: Callable[[int, int], list[int]], anchor: tuple[int, int]) -> None:
        self._usage = usage
        self._chunks: dict[int, array[int]] = {}
        self._anchor = anchor
        self._bases: dict[int, int] = {}

    def _chunk(self, number: int) -> array[int]:
        """Return the growth since the beginning of a chunk, at each of its scrapes and at its end."""
        chunk = self._chunks.get(number)
        if chunk is None:
            first = number * _CHUNK * _TICKS
            usage = self._usage(first + 1, first + _CHUNK * _TICKS + 1)
            grown = accumulate(map(operator.add, usage[::2], usage[1::2]))
            chunk = self._chunks[number] = array("q", [0, *(TICK * value for value in grown)])
        return chunk

    def _base(self, number: int) -> int:
        """Return the nanoseconds at the beginning of a chunk, added up from the nearest one that is known."""
        bases = self._bases
        if number in bases:
            return bases[number]
        if not bases:
            tick, value = self._anchor
            chunk = tick // (_CHUNK * _TICKS)
            bases[chunk] = value - TICK * sum(self._usage(chunk * _CHUNK * _TICKS + 1, tick + 1))
        # They are known without gaps.
        for newest in range(max(bases), number):
            bases[newest + 1] = bases[newest] + self._growth(newest)
        for oldest in range(min(bases), number, -1):
            bases[oldest - 1] = bases[oldest] - self._growth(oldest - 1)
        return bases[number]

    def _growth(self, number: int) -> int:
        """Return the growth in a chunk."""
        chunk = self._chunks.get(number)
        first = number * _CHUNK * _TICKS
        return chunk[-1] if chunk else TICK * sum(self._usage(first + 1, first + _CHUNK * _TICKS + 1))

    def at(self, scrape: int) -> int:
        """Return the nanoseconds at a scrape."""
        number, place = divmod(scrape, _CHUNK)
        base = self._bases.get(number)
        return (self._base(number) if base is None else base) + self._chunk(number)[place]

    def values(self, first: int, last: int) -> list[float]:
        """Return the seconds at each scrape, from the first to the last."""
        if first == last:
            return [self.at(first) / 1e9]
        result: list[float] = []
        for number in range(first // _CHUNK, last // _CHUNK + 1):
            base, chunk = self._base(number), self._chunk(number)
            begin = max(first - number * _CHUNK, 0)
            end = min(last - number * _CHUNK, _CHUNK - 1)
            result += [(base + grown) / 1e9 for grown in chunk[begin : end + 1]]
        return result


class History:
    """The totals of all runs."""

    def __init__(self, load: Load, counters: Counters) -> None:
        self.load = load
        self._counters = counters
        self._totals: dict[Run, Total] = {}
        self._systems: dict[str, Total] = {}

    def total(self, run: Run) -> Total:
        """Return what a run has used."""
        if run not in self._totals:
            usage = partial(self.load.cpu, run.pod, run.place)
            self._totals[run] = Total(usage, self._counters.anchor(run))
        return self._totals[run]

    def system(self, node: Node, first: int) -> Total:
        """Return what all but the pods of a node have used since a scrape, which is always the same."""
        if node.name not in self._systems:
            self._systems[node.name] = Total(partial(self.load.system_cpu, node), (first * _TICKS, 0))
        return self._systems[node.name]

    def memory(self, run: Run) -> Values:
        """Return the bytes a run has in use at scrapes."""
        load, pod, place = self.load, run.pod, run.place
        loop: list[float] = []
        single = 0

        def values(first: int, last: int) -> list[float]:
            nonlocal single
            # It moves once in four ticks, which are two scrapes. A query asks for single ones at every step.
            single += last - first + 1
            if single < _FEW:
                return [float(load.memory(pod, place, scrape // 2 * 4)) for scrape in range(first, last + 1)]
            if not loop:
                loop.extend(float(value) for value in load.memories(pod, place))
            count = len(loop)
            return [loop[scrape // 2 % count] for scrape in range(first, last + 1)]

        return values
