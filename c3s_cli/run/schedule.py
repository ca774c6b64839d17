"""When the next reading is: at fixed intervals, with growing pauses while the server does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from random import random
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

if TYPE_CHECKING:
    from c3s_cli.report import Report
    from c3s_cli.request.pace import Pace
    from c3s_cli.run.level import Level

# The longest pause between two tries, in seconds, unless the interval is longer.
LONGEST_PAUSE: Final = 60.0
# Jitter, so that several watches of one server do not retry at the same moment.
JITTER: Final = 0.2


# The intervals that + and - choose from, in seconds.
PACES: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)


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

    @property
    def words(self) -> str:
        """When the readings are, for the header."""
        return f"every {self.interval:g}s"

    @property
    def is_replay(self) -> bool:
        """Whether the readings are those of a recording."""
        return False

    @property
    def over(self) -> bool:
        """Whether no reading follows."""
        return False

    def pace(self, pace: Pace) -> Pace:
        """Return a pace as it is now."""
        return structs.replace(pace, interval=self.interval)

    def begins(self, now: float) -> None:
        """Note that the reading that is due begins."""

    def step(self, action: str) -> bool:  # noqa: ARG002  only a replay has steps
        """Go to another reading by a key; return whether there is one."""
        return False

    def read(self, level: Level) -> Report:
        """Read what a level shows."""
        return level.read()

    def change_pace(self, action: str, now: float) -> None:
        """Read less often ("slower") or more often ("faster")."""
        self.set_interval(next_pace(PACES, self.interval, longer=action == "slower"), now)

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


def next_pace(paces: Sequence[float], pace: float, *, longer: bool) -> float:
    """Return the next longer or shorter of some paces; the same if there is none."""
    if longer:
        return next((each for each in paces if each > pace), pace)
    return next((each for each in reversed(paces) if each < pace), pace)
