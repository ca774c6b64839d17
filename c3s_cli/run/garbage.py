"""Garbage collection of a process that runs for days. The process of c3s starts without the collector."""

from __future__ import annotations

import gc


def collect() -> None:
    """Collect what a reading left behind, if the collector is off, as in a process of c3s.

    Freezing keeps what has survived so far out of the next collection.
    """
    if not gc.isenabled():
        gc.collect()
        gc.freeze()
