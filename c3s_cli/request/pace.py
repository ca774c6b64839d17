"""Pace: how often watch reads, and when it stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from c3s_cli.amounts.duration import parse_duration

if TYPE_CHECKING:
    from c3s_cli.request.replay import ReplayRequest


class Pace(Struct, frozen=True):
    """How often to read, and when to stop. interval, timeout: seconds. None for no limit.

    replay: what of a recording to read, at its own pace.
    """

    interval: float
    count: int | None = None
    timeout: float | None = None
    replay: ReplayRequest | None = None


def interval_of(text: str) -> float:
    """Parse seconds or a duration; 0 if it is neither."""
    for read in (float, parse_duration):
        try:
            return read(text)
        except ValueError:
            continue
    return 0.0


def is_interval(namespace: str | None) -> bool:
    """Return whether a namespace looks like an interval, as -n of watch(1) takes it."""
    return bool(namespace and interval_of(namespace))
