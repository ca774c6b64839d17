"""How long tests wait, in seconds: none of them may fail because the machine is slow."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import TypeVar

Result = TypeVar("Result")

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


def at_last(attempt: Callable[[], Result], wanted: Result) -> Result:
    """Try until it comes out as wanted, since c3s gives up completing after a second; return the last outcome."""
    end = time.monotonic() + PATIENT
    while (outcome := attempt()) != wanted and time.monotonic() < end:
        pass
    return outcome


class Later(SimpleNamespace):
    """The module `time`, for a module of c3s: by `seconds` later than it is. Tests move it instead of waiting."""

    seconds = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.seconds
