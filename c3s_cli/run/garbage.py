"""Garbage collection for a process that runs for days. c3s starts with the collector switched off."""

from __future__ import annotations

import gc
from typing import Final

# Most garbage needs no collector, so it need not run after every reading.
EVERY: Final = 5


def collect(readings: int) -> None:
    """Collect the garbage of some readings, if the automatic collector is off, as in a c3s process.

    readings: how many there have been. Freezing excludes surviving objects from the next collection.
    """
    if readings % EVERY == 1 and not gc.isenabled():
        gc.collect()
        gc.freeze()
