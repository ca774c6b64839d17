"""Durations: Go's ("1m30s"), kubectl's ages ("5d3h"), the windows of metrics ("14.992s")."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final

SECOND: Final = 10**9
UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
TERM: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")


def parse_nanoseconds(text: str) -> int:
    """Read a Go duration ("1h2m3.5s", "0") as nanoseconds. ValueError if it is none."""
    body = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    if body == "0":
        return 0
    if not body or len(body) > 100 or not re.fullmatch(f"(?:{TERM.pattern})+", body):
        raise ValueError(f'time: invalid duration "{text[:100]}"')
    total = sum((Fraction(number) * UNITS[unit] for number, unit in TERM.findall(body)), Fraction(0))
    return int(-total if text.startswith("-") else total)


def parse_duration(text: str) -> float:
    """Read the value of --request-timeout, in seconds: a Go duration, or a number of seconds alone."""
    if text.isdecimal() and text.isascii() and len(text) < 19:
        return float(text)
    try:
        nanoseconds = parse_nanoseconds(text)
    except ValueError:
        raise ValueError(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer "
            "followed by a corresponding time unit (e.g. 1s | 2m | 3h)"
        ) from None
    return nanoseconds / SECOND


@lru_cache(maxsize=4096)
def parse_window(text: str) -> int:
    """Read the window of a metric as nanoseconds. ValueError if it is none."""
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
