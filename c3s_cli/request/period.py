"""A time or a time range on the command line: --since, --start, --end, --at, --step."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct, structs

from c3s_cli.amounts.timestamp import utc
from c3s_cli.errors import UsageError
from c3s_cli.request.moment import DAY, Moment, abbreviated, is_moment, is_utc, local, read_moment, seconds_of

# A reading of a recording.
NUMBER: Final = re.compile(r"#([0-9]{1,9})")
SHORTEST: Final = 60
LONGEST: Final = 10 * 365 * DAY


class Period(Struct, frozen=True):
    """A time, or a range that ends there. In seconds; times since 1970, or a Moment that depends on now.

    end: None for now. since: the length of the range. start: its beginning, if given instead. step: between two points,
    None to choose it by the length. local: whether a time was given in the local zone. number: of a reading in a
    recording, instead of a time.
    """

    since: float | None = None
    start: float | Moment | None = None
    end: float | Moment | None = None
    step: float | None = None
    local: bool = False
    number: int | None = None

    @property
    def is_range(self) -> bool:
        """Whether this is a range, not a single time."""
        return self.since is not None or self.start is not None

    @property
    def depends_on_now(self) -> bool:
        """Whether the time of the server must be known to know the times."""
        return isinstance(self.start, Moment) or isinstance(self.end, Moment)

    def at(self, now: float) -> Period:
        """Replace times that depend on now. UsageError if they are in the future, or in the wrong order."""
        start, end = self._times(now)
        resolved = structs.replace(self, start=start, end=end)
        resolved.check(now)
        return resolved

    def _times(self, now: float) -> tuple[float | None, float | None]:
        start, end = self.start, self.end
        if isinstance(start, Moment):
            start = start.at(now, "--start")
        if isinstance(end, Moment):
            end = end.at(now, "--end" if self.is_range else "--at")
        return start, end

    def check(self, now: float | None = None) -> None:
        """Raise UsageError if a range begins less than a minute before its end, which is None for now."""
        end = now if self.end is None else self.end
        if isinstance(self.start, float | int) and isinstance(end, float | int) and end - self.start < SHORTEST:
            what = (
                "--end must be at least a minute after --start" if self.end else "--start must be at least a minute ago"
            )
            raise UsageError(what)

    def bounds(self, now: float) -> tuple[float, float]:
        """Return the start and end in whole seconds; for a single time both are the same."""
        start, known_end = self._times(now)
        end = float(int(now if known_end is None else known_end))
        return end - (self.since or 0) if start is None else start, end

    def words(self, start: float, end: float) -> str:
        """Write the times of a reading for people; "" for now and for a range until now."""
        if self.start is None and self.end is None:
            return ""
        times = [start, end] if self.is_range else [end]
        zoned = self.local and not all(is_utc(each) for each in times)
        shown = " to ".join(map(local if zoned else utc, times))
        also = f" ({' to '.join(map(utc, times))})" if zoned else ""
        return f"{'from' if self.is_range else 'at'} {shown}{also}"


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
    if number := NUMBER.fullmatch(at or ""):
        return Period(number=int(number[1]))
    begins = read_moment(start, "--start") if start else None
    ends = read_moment(end or at or "", "--end" if end else "--at") if end or at else None
    period = Period(
        since=span(since, "--since") if since else None,
        start=begins,
        end=ends,
        step=span(step, "--step") if step else None,
        local=isinstance(begins, Moment) or isinstance(ends, Moment),
    )
    period.check()
    return period


def span(text: str, flag: str) -> float:
    """Parse the length of a range in seconds. UsageError if it is invalid or below a minute."""
    seconds = duration_of(text, flag)
    if not SHORTEST <= seconds <= LONGEST:
        raise UsageError(f"{flag} takes from a minute to ten years, not {text}")
    return float(int(seconds))


def duration_of(text: str, flag: str) -> float:
    """Parse a duration such as 7d, 36h, 1w2d, `30 min` or `week`, in seconds. UsageError if it is none."""
    try:
        return seconds_of(abbreviated(text))
    except ValueError:
        hint = "write it as 90m, 24h, 7d or 2w"
        if text.isdecimal():
            hint = f"write its unit, too: {text}s, {text}m, {text}h or {text}d"
        if flag == "--since" and is_moment(text):
            word = f"'{text}'" if " " in text else text
            hint = f"did you mean --start {word}?"
        raise UsageError(f"{text[:64]!r} is not a duration for {flag}", hint=hint) from None
