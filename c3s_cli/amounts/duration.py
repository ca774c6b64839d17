"""Durations: Go's ("1m30s"), kubectl's ages ("5d3h"), metric windows ("14.992s")."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

SECOND: Final = 10**9
LARGEST: Final = 2**63 - 1
LONGEST: Final = 100
UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,  # the micro sign
    "\u03bcs": 10**3,  # the Greek letter
    "ms": 10**6,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
TERM: Final = rf"(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?({'|'.join(UNITS)})"
TERMS: Final = rf"[+-]?(?:{TERM})+"
LONG: Final = r"(?:([0-9]{1,4})y)?(?:([0-9]{1,4})w)?(?:([0-9]{1,5})d)?(.*)"


def parse_nanoseconds(text: str) -> int:
    """Read a Go duration ("1h2m3.5s", "-1.5h", "0") as nanoseconds. ValueError if invalid, or beyond 292 years."""
    if text in ("0", "+0", "-0"):
        return 0
    if len(text) > LONGEST or not re.fullmatch(TERMS, text):
        raise ValueError(f'time: invalid duration "{text[:LONGEST]}"')
    total = sum(_term(*term) for term in re.findall(TERM, text))
    if total > LARGEST:
        raise ValueError(f'time: invalid duration "{text}"')
    return -total if text.startswith("-") else total


def _term(whole: str, part: str, unit: str) -> int:
    """Return one term in nanoseconds. The fraction goes through a float and is truncated, as in Go."""
    size = UNITS[unit]
    digits = part[:18]  # further digits are below a nanosecond
    fraction = int(float(digits) * (size / 10.0 ** len(digits))) if digits else 0
    return int(whole or "0") * size + fraction


def parse_duration(text: str) -> float:
    """Read the value of --request-timeout, in seconds: a Go duration, or a bare number of seconds.

    Zero or a negative value means no limit, as in kubectl. ValueError in kubectl's words.
    """
    if re.fullmatch(r"\+?[0-9]{1,19}", text) and int(text) <= LARGEST:
        return float(text)
    try:
        nanoseconds = parse_nanoseconds(text)
    except ValueError:
        raise ValueError(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer "
            "followed by a corresponding time unit (e.g. 1s | 2m | 3h)"
        ) from None
    return max(0.0, nanoseconds / SECOND)


def parse_long(text: str) -> int:
    """Read a Go duration that may begin with years, weeks and days ("1w2d12h"), as nanoseconds. ValueError."""
    match = re.fullmatch(LONG, text, re.DOTALL)
    if not match or not text:
        raise ValueError(text)
    years, weeks, days = (int(each or 0) for each in match.groups()[:3])
    rest = parse_nanoseconds(match[4]) if match[4] else 0
    return (years * 365 + weeks * 7 + days) * 86400 * SECOND + rest


@lru_cache(maxsize=4096)
def parse_window(text: str) -> int:
    """Read the window of a metric as nanoseconds. ValueError if invalid."""
    return parse_nanoseconds(text)


def go_duration(nanoseconds: int) -> str:
    """Write a duration as Go does: "7826h15m47.382035706s", "1.5s", "100ms", "0s"."""
    if nanoseconds < 0:
        return f"-{go_duration(-nanoseconds)}"
    if nanoseconds < SECOND:
        for unit, size in (("ms", 10**6), ("µs", 10**3), ("ns", 1)):
            if nanoseconds >= size:
                return f"{_decimal(nanoseconds, size)}{unit}"
        return "0s"
    minutes, rest = divmod(nanoseconds, 60 * SECOND)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_decimal(rest, SECOND)}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _decimal(number: int, size: int) -> str:
    """Write number / size without trailing zeros; size is a power of ten."""
    above, below = divmod(number, size)
    digits = str(below).rjust(len(str(size)) - 1, "0").rstrip("0") if below else ""
    return f"{above}.{digits}" if digits else str(above)


def ago(then: float, now: float) -> str:
    """Write how long ago a time was. A clock that is ahead gives no negative age."""
    return f"{age(max(0.0, now - then))} ago"


def age(seconds: float) -> str:
    """Write an age as `kubectl get` does: "45s", "5m3s", "5d3h", "2y34d"."""
    whole = int(seconds)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    years = days // 365
    if whole < 0:
        return "<invalid>" if whole < -1 else "0s"
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return f"{minutes}m{whole % 60}s" if whole % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if days < 365 * 2:
        return f"{days}d"
    if days < 365 * 8:
        return f"{years}y{days % 365}d" if days % 365 else f"{years}y"
    return f"{years}y"
