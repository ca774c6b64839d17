"""The simulated time, frozen or real, and the formats in which servers write it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from threading import Condition

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def parse(text: str) -> int:
    """Parse an RFC 3339 time to whole seconds since 1970; ValueError if it is invalid."""
    if not _RFC3339.fullmatch(text):
        raise ValueError(f"{text!r} is not an RFC 3339 time such as 2026-01-15T10:30:00Z")
    return int(datetime.fromisoformat(text.upper()).timestamp())


class Clock:
    """Gives the simulated now in seconds since 1970; `epoch` is the time when the cluster was created.

    Without arguments it is the real time. With `at` it is frozen at that time, unless there is a `pace`: then that many
    simulated seconds pass per real second (0 for none), and move() adds to them.
    """

    def __init__(self, at: str | None, pace: float | None = None) -> None:
        self.epoch = int(time.time()) if at is None else parse(at)
        self.moves = at is None or pace is not None
        self.stopped = False
        self._real = at is None and pace is None
        self._pace = pace or 0.0
        self._moved = 0
        self._began = time.monotonic()
        self._tick = Condition()

    def now(self) -> int:
        """Return the simulated now."""
        if self._real:
            return int(time.time())
        if not self.moves:
            return self.epoch
        return self.epoch + self._moved + int(self._pace * (time.monotonic() - self._began))

    def move(self, seconds: int) -> None:
        """Advance the time at once."""
        with self._tick:
            self._moved += seconds
            self._tick.notify_all()

    def stop(self) -> None:
        """Wake all waiting threads, permanently."""
        with self._tick:
            self.stopped = True
            self._tick.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait for some real seconds, or until the time is moved or stopped."""
        with self._tick:
            if not self.stopped:
                self._tick.wait(seconds)


_days: dict[int, str] = {}
# Long lists have a hundred thousand times: formatting each number anew takes twice as long.
_MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60))
_SECONDS = tuple(f"{second:02d}Z" for second in range(60))


def rfc3339(seconds: int) -> str:
    """Write seconds since 1970 as Kubernetes does: 2026-01-15T10:30:00Z."""
    day, rest = divmod(seconds, 86400)
    date = _days.get(day)
    if date is None:
        date = _days[day] = datetime.fromtimestamp(day * 86400, UTC).strftime("%Y-%m-%dT")
    return date + _MINUTES[rest // 60] + _SECONDS[rest % 60]


def http_date(seconds: int) -> str:
    """Write seconds since 1970 for a Date header (names of days and months in no locale but HTTP's)."""
    t = datetime.fromtimestamp(seconds, UTC)
    return f"{_DAYS[t.weekday()]}, {t.day:02d} {_MONTHS[t.month - 1]} {t.year} {t:%H:%M:%S} GMT"


def age(seconds: int) -> str:
    """Write an age as the API server does in its tables (`duration.HumanDuration` of apimachinery)."""
    if seconds < 0:
        return "0s" if seconds >= -1 else "<invalid>"
    if seconds < 120:
        return f"{seconds}s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    years = days // 365
    steps = (
        (minutes < 10, f"{minutes}m", seconds % 60, "s"), (hours < 3, f"{minutes}m", 0, ""),
        (hours < 8, f"{hours}h", minutes % 60, "m"), (hours < 48, f"{hours}h", 0, ""),
        (days < 8, f"{days}d", hours % 24, "h"), (years < 2, f"{days}d", 0, ""),
        (years < 8, f"{years}y", days % 365, "d"), (True, f"{years}y", 0, ""),
    )  # fmt: skip
    big, small, unit = next(step[1:] for step in steps if step[0])
    return f"{big}{small}{unit}" if small else big
