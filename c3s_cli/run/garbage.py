"""Garbage collection for a process that runs for days. c3s starts with the collector switched off."""

from __future__ import annotations

import gc


def collect() -> None:
    """Collect the garbage of a reading, if the automatic collector is off, as in a c3s process.

    Freezing excludes surviving objects from the next collection.
    """
    if not gc.isenabled():
        gc.collect()
        gc.freeze()
