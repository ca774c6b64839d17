"""Times as people type them: RFC 3339, dates, 14:00, yesterday 14:00, -2h."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.duration import parse_long
from c3s_cli.errors import UsageError

DAY: Final = 86400
DAYS: Final = {"today": 0, "yesterday": 1}
OF_DAY: Final = re.compile(r"(?:(today|yesterday) *)?(?:(?:at +)?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?")
# `2 hours` for 2h.
UNITS: Final = re.compile(r"([0-9]) ?(s|m|h|d|w)(?:ec|econd|in|inute|our|r|ay|eek)s?\b")
LONG: Final = re.compile(r"(?:[0-9]+ ?)?(?:sec|min|hour|hr|day|week)[a-z]*")
EXAMPLES: Final = "write it as 14:00, 'yesterday 14:00', -2h, 2026-03-02T09:30:00Z or 2026-03-02"


class Moment(Struct, frozen=True):
    """A time that depends on now: a time of a day in the local zone, or so many seconds ago.

    text: as it was typed. days: how many days before today. clock: the time of that day, None for `ago`.
    """

    text: str
    days: int = 0
    clock: time | None = None
    ago: float = 0.0

    def at(self, now: float, flag: str) -> float:
        """Return the time in seconds since 1970. UsageError if it is in the future."""
        if self.clock is None:
            return float(int(now - self.ago))
        today = datetime.fromtimestamp(now).astimezone().date()
        when = datetime.combine(today - timedelta(days=self.days), self.clock).timestamp()
        if when > now:
            raise UsageError(
                f"{flag} {self.text} is in the future: it is {local(now)}",
                hint=f"did you mean {flag} 'yesterday {self.clock:%H:%M}'?",
            )
        return when


def read_moment(text: str, flag: str) -> float | Moment:
    """Parse a time: seconds since 1970 if it does not depend on now. UsageError if it is no time.

    RFC 3339 and dates without a zone are UTC.
    """
    words = UNITS.sub(r"\1\2", " ".join(text.casefold().split()))
    if words == "now":
        return Moment(text)
    if (match := OF_DAY.fullmatch(words)) and any(match.groups()):
        try:
            return Moment(text, DAYS.get(match[1], 0), time(int(match[2] or 0), int(match[3] or 0), int(match[4] or 0)))
        except ValueError:
            raise no_time(text, flag) from None
    if words.startswith("+"):
        raise UsageError(f"{flag} {text} is in the future", hint=EXAMPLES)
    ago = words.removeprefix("-") if words.startswith("-") else words.removesuffix(" ago")
    if ago != words:
        try:
            return Moment(text, ago=seconds_of(ago))
        except ValueError:
            raise no_time(text, flag) from None
    try:
        date = datetime.fromisoformat(text.strip().upper().replace(" ", "T"))
    except ValueError:
        return _ago(text, flag)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _ago(text: str, flag: str) -> Moment:
    """Read a duration as that long ago: for a flag that takes a time, it can mean nothing else."""
    if flag and text[-1:].isalpha():
        try:
            return Moment(text, ago=seconds_of(text))
        except ValueError:
            pass
    raise no_time(text, flag)


def no_time(text: str, flag: str) -> UsageError:
    """Return the error for a text that is no time."""
    return UsageError(f"{text[:64]!r} is not a time for {flag}", hint=EXAMPLES)


def is_moment(text: str) -> bool:
    """Return whether a text is a time, and no duration."""
    try:
        read_moment(text, "")
    except UsageError:
        return False
    return True


def abbreviated(text: str) -> str:
    """Write `2 hours`, `30 min` or `week` as 2h, 30m or 1w; any other text as it is."""
    words = text.casefold().strip()
    if not LONG.fullmatch(words):
        return text
    return UNITS.sub(r"\1\2", words if words[0].isdecimal() else f"1 {words}")


def seconds_of(text: str) -> float:
    """Parse a duration such as 7d, 36h or 1w2d. ValueError if it is none."""
    return parse_long(text) / 10**9


def local(seconds: float) -> str:
    """Write a time in the local zone, with its name."""
    when = datetime.fromtimestamp(seconds).astimezone()
    return f"{when:%Y-%m-%d %H:%M:%S %Z}"


def is_utc(seconds: float) -> bool:
    """Return whether the local zone is UTC at a time."""
    return datetime.fromtimestamp(seconds).astimezone().tzname() == "UTC"
