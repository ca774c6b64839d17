"""Whether to use colour, and the thresholds for it."""

from __future__ import annotations

from collections.abc import Mapping


def wants_colour(choice: str, environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Decide by convention: the flag, then NO_COLOR, then CLICOLOR_FORCE, then TERM and the terminal."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return is_terminal and environ.get("TERM") != "dumb" and environ.get("CLICOLOR") != "0"


def style_of(percent: float | None, warn: float, critical: float) -> str:
    """Return the style of a percentage; "" below both thresholds."""
    if percent is None or percent < min(warn, critical):
        return ""
    return "critical" if percent >= critical else "warn"
