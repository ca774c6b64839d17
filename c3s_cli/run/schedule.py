"""When the next reading is: at fixed intervals, with growing pauses while the server does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import random
from typing import Final

from msgspec import Struct

# The longest pause between two tries, in seconds, unless the interval is longer.
LONGEST_PAUSE: Final = 60.0
# Jitter, so that several watches of one server do not retry at the same moment.
JITTER: Final = 0.2


class Clock(Struct, frozen=True):
    """The clock of a loop, in seconds. time: since 1970."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    time: Callable[[], float] = time.time


class Schedule(Struct):
    """The times of the readings, in seconds by the same clock as `begun`. due: when the next reading is."""

    interval: float
    begun: float
    due: float
    tick: int = 0
    failures: int = 0
    chance: Callable[[], float] = random

    def succeeded(self, now: float) -> None:
        """Schedule the next tick. A reading that took longer than an interval skips the missed ticks."""
        self.failures = 0
        self._next_tick(now)

    def failed(self, now: float, retry_after: float | None = None) -> None:
        """Schedule a retry: at the next tick, then with growing pauses. retry_after: from the server, in seconds."""
        self.failures += 1
        self._next_tick(now)
        pause = retry_after or 0.0
        if self.failures > 1:
            doubled = min(self.interval * 2.0 ** min(self.failures - 1, 30), max(LONGEST_PAUSE, self.interval))
            pause = max(pause, doubled * (1 - JITTER + 2 * JITTER * self.chance()))
        self.due = max(self.due, now + pause)

    def set_interval(self, interval: float, now: float) -> None:
        """Read at another interval from now on, in seconds."""
        self.interval = interval
        self.tick = int((now - self.begun) // interval) + 1
        self.due = self.begun + self.tick * interval

    def _next_tick(self, now: float) -> None:
        """Move to the next tick: the one after the last, or the first that has not passed."""
        spent = now - self.begun
        whole, rest = divmod(spent, self.interval)
        self.tick = max(self.tick + 1, int(whole) + (rest > 0))
        self.due = self.begun + self.tick * self.interval
