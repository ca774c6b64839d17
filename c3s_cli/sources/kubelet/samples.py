"""The last two samples of every counter of a kubelet, and CPU rates computed from them as metrics-server does.

A kubelet looks at each container at its own moment, every 10 to 20 seconds: they never have new samples all at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct, field

from c3s_cli.sources.kubelet.exposition import Samples

# Older samples do not show current usage, in ms.
OLDEST: Final = 120_000
# A container with one sample is measured from its start if its age is between these, in ms. metrics-server has the
# first one, too; the second is as long as c3s waits for a second sample.
YOUNGEST: Final = 10_000
YOUNG: Final = 25_000

CPU: Final = "container_cpu_usage_seconds_total"
MEMORY: Final = "container_memory_working_set_bytes"
START: Final = "container_start_time_seconds"
SWAP: Final = "container_swap_usage_bytes"
NODE_CPU: Final = "node_cpu_usage_seconds_total"
NODE_MEMORY: Final = "node_memory_working_set_bytes"
NODE_SWAP: Final = "node_swap_usage_bytes"
COUNTERS: Final = (NODE_CPU, CPU)

Page = Mapping[str, Samples]
Rates = Mapping[tuple[str, str, str], int]
# The family and the labels of a counter.
Key = tuple[str, bytes]


class KubeletSamples(Struct):
    """The samples of one kubelet: its last page, and of each counter the sample before it.

    waiting: the counters of the first page without a second sample. rates: the kubelet's own, if asked: nanocores by
    namespace, pod and container; the node's under ("", "", "").
    """

    last: Page
    before: dict[Key, tuple[float, int]] = field(default_factory=dict)
    waiting: set[Key] = field(default_factory=set)
    rates: Rates | None = None

    def add(self, page: Page) -> None:
        """Add a page. A counter with the same sample as before stays as it is; one that began again has none before."""
        before, renewed = {}, set()
        for key, (value, millis) in counters(page):
            old = self.last[key[0]].get(key[1])
            if old is None or old[1] is None or millis is None:
                continue
            if value < old[0] or self._started(page, key[1]):
                renewed.add(key)
            elif millis > old[1]:
                if millis - old[1] <= OLDEST:
                    before[key] = old[0], old[1]
            elif key in self.before:
                before[key] = self.before[key]
        present = {key for key, _ in counters(page)}
        self.waiting = (self.waiting & present) - before.keys() - renewed
        self.before, self.last = before, page

    def _started(self, page: Page, labels: bytes) -> bool:
        """Return whether a container has a later start on this page."""
        old, new = (each.get(START, {}).get(labels) for each in (self.last, page))
        return bool(old and new and new[0] > old[0])

    @property
    def complete(self) -> bool:
        """Whether CPU is known."""
        return self.rates is not None or not self.waiting

    @property
    def untimed(self) -> bool:
        """Whether a sample has no time."""
        return self.rates is None and any(millis is None for _, (_, millis) in counters(self.last))

    def rate(self, family: str, labels: bytes, who: tuple[str, str, str]) -> tuple[int | None, int | None]:
        """Return nanocores and the window in ms; None if unknown."""
        value, millis = self.last[family][labels]
        before = self.before.get((family, labels))
        if before and millis is not None:
            return int((_nanos(value) - _nanos(before[0])) / ((millis - before[1]) / 1000)), millis - before[1]
        if self.rates and who in self.rates:
            return self.rates[who], None
        started = self.last.get(START, {}).get(labels)
        age = millis - int(started[0] * 1000) if started and millis is not None else 0
        return (int(_nanos(value) / (age / 1000)), age) if YOUNGEST <= age <= YOUNG else (None, None)


def first_samples(page: Page) -> KubeletSamples:
    """Return the samples of a kubelet's first page."""
    return KubeletSamples(page, waiting={key for key, (_, millis) in counters(page) if millis is not None})


def counters(page: Page) -> Iterator[tuple[Key, tuple[float, int | None]]]:
    """Yield the counters of CPU on a page."""
    for family in COUNTERS:
        for labels, sample in page.get(family, {}).items():
            yield (family, labels), sample


def _nanos(seconds: float) -> int:
    return int(seconds * 1e9)
