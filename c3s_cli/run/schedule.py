"""When watch reads next: on a steady grid; later and later while the server does not answer. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from random import random
from typing import Final

from msgspec import Struct

# No longer than this between two tries, in seconds, unless the interval is longer.
LONGEST_PAUSE: Final = 60.0
# Several watches of one server must not all come back at the same moment.
JITTER: Final = 0.2


class Schedule(Struct):
    """The times of the readings, in seconds of the clock that `begun` is of. due: when the next one is."""

    interval: float
    begun: float
    due: float
    tick: int = 0
    failures: int = 0
    chance: Callable[[], float] = random

    def succeeded(self, now: float) -> None:
        """Keep to the grid. A reading that took longer than an interval skips the ticks that it missed."""
        self.failures = 0
        self._next_tick(now)

    def failed(self, now: float, retry_after: float | None = None) -> None:
        """Try again at the next tick, then at growing distances. retry_after: what the server asks for, in seconds."""
        self.failures += 1
        self._next_tick(now)
        pause = retry_after or 0.0
        if self.failures > 1:
            doubled = min(self.interval * 2.0 ** min(self.failures - 1, 30), max(LONGEST_PAUSE, self.interval))
            pause = max(pause, doubled * (1 - JITTER + 2 * JITTER * self.chance()))
        self.due = max(self.due, now + pause)

    def _next_tick(self, now: float) -> None:
        """Move on to the next tick that is not over: the one after the last, or the first that can still be met."""
        spent = now - self.begun
        whole, rest = divmod(spent, self.interval)
        self.tick = max(self.tick + 1, int(whole) + (rest > 0))
        self.due = self.begun + self.tick * self.interval
