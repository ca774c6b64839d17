"""A time or a time range on the command line: --since, --start, --end, --at, --step."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.duration import parse_nanoseconds
from c3s_cli.errors import UsageError

LONG: Final = re.compile(r"(?:([0-9]{1,4})y)?(?:([0-9]{1,4})w)?(?:([0-9]{1,5})d)?(.*)", re.DOTALL)
DAY: Final = 86400
SHORTEST: Final = 60
LONGEST: Final = 10 * 365 * DAY


class Period(Struct, frozen=True):
    """A time, or a range that ends there. In seconds; times since 1970.

    end: None for now. since: the length of the range. start: its beginning, if given instead. step: between two points,
    None to choose it by the length.
    """

    since: float | None = None
    start: float | None = None
    end: float | None = None
    step: float | None = None

    @property
    def is_range(self) -> bool:
        """Whether this is a range, not a single time."""
        return self.since is not None or self.start is not None

    def bounds(self, now: float) -> tuple[float, float]:
        """Return the start and end in whole seconds; for a single time both are the same."""
        end = float(int(now if self.end is None else self.end))
        if self.start is not None:
            return self.start, end
        return end - (self.since or 0), end


def period_of(since: str | None, start: str | None, end: str | None, at: str | None, step: str | None) -> Period | None:
    """Make the Period from the flags; None if none is given. UsageError for contradictory flags."""
    if at and (since or start or end):
        raise UsageError("only one of --at or a time range can be provided")
    if since and start:
        raise UsageError("only one of --since or --start can be provided")
    if end and not (since or start):
        raise UsageError("--end goes with --since or --start", hint="for a single time, use --at")
    if step and not (since or start):
        raise UsageError("--step goes with --since or --start")
    if not (since or start or at):
        return None
    period = Period(
        since=span(since, "--since") if since else None,
        start=moment(start, "--start") if start else None,
        end=moment(end or at or "", "--end" if end else "--at") if end or at else None,
        step=span(step, "--step") if step else None,
    )
    if period.start is not None and period.end is not None and period.end - period.start < SHORTEST:
        raise UsageError("--end must be at least a minute after --start")
    return period


def span(text: str, flag: str) -> float:
    """Parse a duration such as 7d, 36h or 1w2d, in seconds. UsageError if it is invalid or below a minute."""
    match = LONG.fullmatch(text)
    try:
        years, weeks, days = (int(match[place] or 0) if match else 0 for place in (1, 2, 3))
        rest = parse_nanoseconds(match[4] or "0") / 10**9 if match else 0.0
    except ValueError:
        raise UsageError(f"{text[:64]!r} is not a duration for {flag}", hint="write it as 90m, 24h, 7d or 2w") from None
    seconds = (years * 365 + weeks * 7 + days) * DAY + rest
    if not SHORTEST <= seconds <= LONGEST:
        raise UsageError(f"{flag} takes from a minute to ten years, not {text}")
    return float(int(seconds))


def moment(text: str, flag: str) -> float:
    """Parse a time: RFC 3339, or a date for midnight UTC. UsageError if it is invalid."""
    try:
        time = datetime.fromisoformat(text.strip().upper().replace(" ", "T"))
    except ValueError:
        raise UsageError(
            f"{text[:64]!r} is not a time for {flag}", hint="write it as 2026-03-02T09:30:00Z or 2026-03-02"
        ) from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
