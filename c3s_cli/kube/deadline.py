"""How long a reading may take: one deadline for everything that is waited for, from the kubeconfig to the last byte."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from c3s_cli.terminal.words import say

# c3s's own bounds where --request-timeout gives none, in seconds: without a byte, and in total.
SILENCE: Final = 10.0
TOTAL: Final = 300.0
# When a person who waits at a terminal is told for what, in seconds.
PATIENCE: Final = 2.0
HINT: Final = "--request-timeout sets how long to wait"
FOREVER: Final = float("inf")

Result = TypeVar("Result")


class Deadline:
    """When to give up. `request_timeout`, in seconds: None means c3s's own bounds, 0 means none."""

    def __init__(self, request_timeout: float | None = None) -> None:
        self._silence = SILENCE if request_timeout is None else FOREVER
        self._total = TOTAL if request_timeout is None else request_timeout or FOREVER
        self._end = time.monotonic() + self._total

    def renew(self) -> None:
        """Begin anew, for the next reading of a watch."""
        self._end = time.monotonic() + self._total

    def left(self) -> float:
        """Return the seconds that are left; infinity if there is no bound. TimeoutError if there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._end

    def wait(self) -> float | None:
        """Return how long to wait for the next byte, in seconds; None for ever. TimeoutError if the time is over."""
        wait = min(self.left(), self._silence)
        return None if wait == FOREVER else wait

    def allows(self, pause: float) -> bool:
        """Whether a pause, in seconds, is short and over before the deadline."""
        return pause < SILENCE and time.monotonic() + pause < self._end


def within(seconds: float | None, job: Callable[[], Result]) -> Result:
    """Do a job that cannot be told when to stop. TimeoutError after so many seconds; it then goes on by itself."""
    return _Job(job).result(seconds)


def waited(deadline: Deadline, job: Callable[[], Result], what: str) -> Result:
    """Do a job that may wait for something outside. TimeoutError at the deadline; a person is told after a while."""
    begun = _Job(job)
    left = deadline.left()
    if left > PATIENCE:
        try:
            return begun.result(PATIENCE)
        except TimeoutError:
            announce(what)
    left = deadline.left()
    return begun.result(None if left == FOREVER else left)


def announce(what: str) -> None:
    """Tell a person at a terminal what is waited for."""
    if sys.stderr is not None and sys.stderr.isatty():
        say(f"waiting for {what}")


class _Job(Generic[Result]):
    """A function that runs in a thread of its own."""

    def __init__(self, job: Callable[[], Result]) -> None:
        self._job = job
        self._results: list[Result] = []
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._job())
        except BaseException as problem:  # noqa: BLE001  raised again by the thread that waits
            self._problem = problem

    def result(self, seconds: float | None) -> Result:
        """Wait for the result; TimeoutError if it is not there in time."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            raise TimeoutError
        if self._problem is not None:
            raise self._problem
        return self._results[0]
