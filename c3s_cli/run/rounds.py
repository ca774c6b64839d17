"""Ask the clusters of a watch repeatedly. A slow or unreachable cluster does not delay the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from c3s_cli.amounts.duration import age
from c3s_cli.errors import C3sError, Unreachable
from c3s_cli.kube.deadline import FOREVER, Deadline
from c3s_cli.parallel import in_background
from c3s_cli.run.fleet import not_asked
from c3s_cli.run.member import Member

# How long to wait for a cluster after another one has answered, in seconds; longer if that one was slow, too.
PATIENCE: Final = 2.0
SLOWER: Final = 2
# The same for a cluster that could not be read last time.
IMPATIENCE: Final = 1.0
# How long to wait after the deadline, in seconds: those that are asked notice it themselves, and say why they failed.
GRACE: Final = 0.5
# For how long the last answer of a slow cluster is used, in seconds.
KEPT: Final = 15.0
# A cluster that keeps failing skips rounds: at most this many, and at most for this long, in seconds.
LEAST_OFTEN: Final = 16
RETRIED: Final = 30.0


class _ClusterState:
    """The state of one cluster. outcome: its last result or C3sError. begun: when the current reading began, if any."""

    def __init__(self) -> None:
        self.outcome: Any = None
        self.at = time.monotonic()
        self.begun: float | None = None
        self.spent = 0.0
        self.failures = 0
        self.pauses = 0

    @property
    def failed(self) -> bool:
        return isinstance(self.outcome, BaseException)

    def take(self, outcome: Any, begun: float) -> None:
        """Store an outcome and its duration."""
        self.outcome, self.at, self.begun = outcome, time.monotonic(), None
        self.spent = self.at - begun
        self.failures = self.failures + 1 if self.failed else 0
        self.pauses = min(2 ** max(0, self.failures - 1), LEAST_OFTEN) - 1

    def is_due(self, now: float) -> bool:
        """Return whether to ask in this round."""
        if self.begun is not None:
            return False
        if self.pauses <= 0 or now - self.at >= RETRIED:
            return True
        self.pauses -= 1
        return False

    def result(self, now: float) -> Any:
        """Return the last outcome, or an error if an answer is overdue."""
        if self.begun is None and self.outcome is None:
            return not_asked()
        if self.begun is None or self.failed or (self.outcome is not None and now - self.at < KEPT):
            return self.outcome
        return Unreachable(f"no answer for {age(now - (self.begun if self.outcome is None else self.at))}")


class Rounds:
    """Runs the same job for each cluster in its own thread, at most `parallel` at once.

    deadline: of each round, renewed by whoever asks.
    """

    def __init__(
        self, members: Sequence[Member], job: Callable[[Member], Any], parallel: int, deadline: Deadline
    ) -> None:
        self._members = members
        self._deadline = deadline
        self._job = job
        self._parallel = parallel
        self._states = [_ClusterState() for _ in members]
        self._changed = threading.Condition()

    def ask(self) -> list[Any]:
        """Ask all clusters; return the result or C3sError of each, in order.

        After the first answer, it waits a little for the others. Late ones continue in the background.
        """
        with self._changed:
            now = time.monotonic()
            # If all fail, the schedule of the watch already backs off.
            everyone = all(state.failed for state in self._states)
            waiting = [
                place
                for place, state in enumerate(self._states)
                if state.is_due(now) or (everyone and state.begun is None)
            ]
            running: dict[int, float] = {}
            slowest: float | None = None
            end = self._end()
            while waiting or running:
                if now >= end:
                    waiting.clear()
                if now >= end + GRACE:
                    break
                # Those that hang do not keep the others from being asked.
                while waiting and len(self._fresh(running)) < self._parallel:
                    place = waiting.pop(0)
                    running[place] = self._begin(place)
                # Without another thread, the answer is there already.
                if all(self._states[each].begun is not None for each in running):
                    pause = min(self._pause(running, slowest, more=bool(waiting)), end + GRACE - now)
                    self._changed.wait(None if pause == FOREVER else max(0.0, pause))
                for place in [place for place in running if self._states[place].begun is None]:
                    del running[place]
                    if not self._states[place].failed:
                        slowest = max(slowest or 0.0, self._states[place].spent)
                now = time.monotonic()
                running = {place: begun for place, begun in running.items() if self._left(place, begun, slowest) > 0}
            results = [state.result(time.monotonic()) for state in self._states]
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, C3sError):
                raise result
        return results

    def _begin(self, place: int) -> float:
        state, member = self._states[place], self._members[place]
        state.begun = begun = time.monotonic()

        def work() -> None:
            try:
                outcome = self._job(member)
            except BaseException as problem:  # noqa: BLE001  raised again by the thread that asks
                outcome = problem
            with self._changed:
                state.take(outcome, begun)
                self._changed.notify_all()

        in_background(work)
        return begun

    @staticmethod
    def _fresh(running: dict[int, float]) -> list[float]:
        """Return how long each cluster may still take before the next one is asked, too."""
        now = time.monotonic()
        return [begun + PATIENCE - now for begun in running.values() if begun + PATIENCE > now]

    def _pause(self, running: dict[int, float], slowest: float | None, *, more: bool) -> float:
        """Return how long to wait for an answer, infinity without a limit. more: whether others are to be asked."""
        if slowest is None:
            return min(self._fresh(running), default=0.0) if more else FOREVER
        return min(self._left(place, begun, slowest) for place, begun in running.items())

    def _end(self) -> float:
        """Return when this round ends, whoever has not answered."""
        try:
            return time.monotonic() + self._deadline.left()
        except TimeoutError:
            return 0.0

    def _left(self, place: int, begun: float, slowest: float | None) -> float:
        """Return how long a cluster may still take."""
        if slowest is None:
            return PATIENCE
        allowed = IMPATIENCE if self._states[place].failed else max(PATIENCE, SLOWER * slowest)
        return begun + allowed - time.monotonic()
