"""Pace: how often watch reads, and when it ends."""

from __future__ import annotations

from msgspec import Struct


class Pace(Struct, frozen=True):
    """How often to read, and when to stop. interval, timeout: seconds. None for no limit."""

    interval: float
    count: int | None = None
    timeout: float | None = None
