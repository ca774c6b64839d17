"""Timestamps as servers and c3s write them: RFC 3339."""

from __future__ import annotations

from datetime import UTC, datetime


def epoch(timestamp: str | None) -> float | None:
    """Return a time in seconds since 1970, None if it is missing or invalid. Without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(timestamp or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def utc(time: float | datetime) -> str:
    """Write a time, or seconds since 1970, as RFC 3339 in whole seconds."""
    moment = time.astimezone(UTC) if isinstance(time, datetime) else datetime.fromtimestamp(time, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
