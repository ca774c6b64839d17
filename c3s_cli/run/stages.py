"""Timings for -v: each request as it happens, the milliseconds of each stage at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from c3s_cli.signals import STARTED
from c3s_cli.terminal.progress import Progress
from c3s_cli.terminal.stderr import say


class Stages:
    """A stopwatch for the stages of one run, silent unless verbose, and the progress of its readings."""

    def __init__(self, verbosity: int) -> None:
        self.verbose = verbosity > 0
        self.progress = Progress()
        self.milliseconds = {"imports": (time.perf_counter() - STARTED) * 1000}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the duration of a block to a stage."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.count(name, time.perf_counter() - begin)

    def count(self, name: str, seconds: float) -> None:
        """Add seconds to a stage."""
        self.milliseconds[name] = self.milliseconds.get(name, 0.0) + seconds * 1000

    def trace(self, line: str) -> None:
        """Log a request as it happens."""
        if self.verbose:
            say(line)

    def summarize(self) -> None:
        """Log the milliseconds of each stage."""
        if self.verbose:
            say(", ".join(f"{name} {spent:.1f} ms" for name, spent in self.milliseconds.items()))
