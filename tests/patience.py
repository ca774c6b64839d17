"""How long tests wait, in seconds: none of them may fail because the machine is slow."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

# Whatever ends by itself has ended after this time, on any machine.
PATIENT = 60.0
# What hangs goes on for this long, so that PATIENT tells the two apart.
FOR_EVER = 600.0


def eventually(true: Callable[[], object], what: str = "it did not come true") -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENT
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.005)


class Later(SimpleNamespace):
    """The module `time`, for a module of c3s: by `seconds` later than it is. Tests move it instead of waiting."""

    seconds = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.seconds
