"""What takes the time: the -v of c3s. Requests as they happen, the milliseconds of each stage at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from c3s_cli import STARTED
from c3s_cli.printable import printable


class Stages:
    """A stop-watch for the stages of one run; silent unless verbose."""

    def __init__(self, verbosity: int) -> None:
        self.verbose = verbosity > 0
        self.milliseconds = {"imports": (time.perf_counter() - STARTED) * 1000}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of a block to the stage of that name."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.count(name, time.perf_counter() - begin)

    def count(self, name: str, seconds: float) -> None:
        """Count time to the stage of that name."""
        self.milliseconds[name] = self.milliseconds.get(name, 0.0) + seconds * 1000

    def trace(self, line: str) -> None:
        """Say what is requested, as it happens."""
        if self.verbose:
            say(line)

    def summarize(self) -> None:
        """Say what took the time."""
        if self.verbose:
            say(", ".join(f"{name} {spent:.1f} ms" for name, spent in self.milliseconds.items()))


def say(line: str) -> None:
    """Write a line of words to stderr, harmless whatever is in it."""
    if sys.stderr is not None:
        sys.stderr.write(printable(line) + "\n")
