"""One deadline for everything that a reading waits for, from the kubeconfig to the last byte."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import copy
from typing import Final, Generic, TypeVar

from c3s_cli.parallel import start_thread
from c3s_cli.terminal.stderr import is_terminal, say

# The limits without --request-timeout, in seconds: for the next byte, and in total.
SILENCE: Final = 10.0
TOTAL: Final = 300.0
# After this many seconds c3s prints what it is waiting for, on a terminal.
ANNOUNCE_AFTER: Final = 2.0
HINT: Final = "set a longer --request-timeout"
FOREVER: Final = float("inf")

Result = TypeVar("Result")


class Deadline:
    """When a reading gives up. request_timeout: in seconds; None for the limits above, 0 for no limit."""

    def __init__(self, request_timeout: float | None = None) -> None:
        self._silence = SILENCE if request_timeout is None else FOREVER
        self._total = TOTAL if request_timeout is None else request_timeout or FOREVER
        self._end = time.monotonic() + self._total

    def of_one(self) -> Deadline:
        """Return the deadline of one of several clusters, which ends at the same time."""
        return copy(self)

    def of_stream(self) -> Deadline:
        """Return the deadline of a stream. It must begin within the time of a reading, and then has no limit."""
        deadline = Deadline(0)
        deadline._silence = min(self._silence, self._total, SILENCE)
        return deadline

    def drop_silence_limit(self) -> None:
        """Drop the separate limit for the next byte."""
        self._silence = FOREVER

    def allow_silence(self, seconds: float) -> None:
        """Set the limit for each next byte, in seconds."""
        self._silence = seconds

    def renew(self) -> None:
        """Start again, for the next reading of a watch."""
        self._end = time.monotonic() + self._total

    def left(self) -> float:
        """Return the seconds left, infinity without a limit. TimeoutError if the time is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def wait(self) -> float | None:
        """Return how many seconds to wait for the next byte, None without a limit. TimeoutError if the time is over."""
        wait = min(self.left(), self._silence)
        return None if wait == FOREVER else wait

    def allows(self, pause: float) -> bool:
        """Return whether a pause of some seconds is short and ends before the deadline."""
        return pause < SILENCE and time.monotonic() + pause < self._end


def within(seconds: float | None, job: Callable[[], Result]) -> Result:
    """Run a job that has no own timeout. TimeoutError after `seconds`; the job then continues in its thread."""
    running = Job(job)
    try:
        return running.result(seconds)
    except TimeoutError:
        running.drop()
        raise


def waited(deadline: Deadline, job: Callable[[], Result], what: str) -> Result:
    """Run a job that may hang. TimeoutError at the deadline. After ANNOUNCE_AFTER, print what c3s is waiting for."""
    running = Job(job)
    left = deadline.left()
    if left > ANNOUNCE_AFTER:
        try:
            return running.result(ANNOUNCE_AFTER)
        except TimeoutError:
            announce(what)
    left = deadline.left()
    return running.result(None if left == FOREVER else left)


def announce(what: str) -> None:
    """Print what c3s is waiting for, if stderr is a terminal."""
    if is_terminal():
        say(f"waiting for {what}")


class Job(Generic[Result]):
    """A function running in a thread of its own, if one can be started; else it runs when its result is asked for."""

    def __init__(self, job: Callable[[], Result]) -> None:
        self._job = job
        self._results: list[Result] = []
        self._problem: BaseException | None = None
        self._dropped = False
        self._thread = start_thread(self._run)

    def _run(self) -> None:
        try:
            self._results.append(self._job())
        except BaseException as problem:  # noqa: BLE001  raised again in the thread that waits
            self._problem = problem
        if self._dropped:
            self.drop()

    def drop(self) -> None:
        """Close a result, such as a connection, that nobody waits for any more; now, or as soon as it is there."""
        self._dropped = True
        if self._results and hasattr(self._results[0], "close"):
            self._results[0].close()

    def result(self, seconds: float | None) -> Result:
        """Wait for the result. TimeoutError if it takes longer than `seconds`; `drop` it then, or wait again."""
        if self._thread is None:
            self._run()  # without a limit of time is better than not at all
        else:
            self._thread.join(seconds)
            if self._thread.is_alive():
                raise TimeoutError
        if self._problem is not None:
            raise self._problem
        return self._results[0]
