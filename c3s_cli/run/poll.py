"""One reading at a time, in the background of the live view."""

from __future__ import annotations

from collections.abc import Callable

from c3s_cli.errors import C3sError
from c3s_cli.report import Report


class Poll:
    """Runs one reading at a time. `start` runs a job: in a thread, or directly in tests."""

    def __init__(self, start: Callable[[Callable[[], None]], None]) -> None:
        self._start = start
        self._outcome: list[Report | BaseException] = []
        self.under_way = False

    def begin(self, read: Callable[[], Report], wake: Callable[[], None]) -> None:
        """Start a reading; `wake` is called when it ends."""
        self.under_way = True

        def job() -> None:
            try:
                self._outcome.append(read())
            except BaseException as problem:  # noqa: BLE001  raised again by `result`
                self._outcome.append(problem)
            finally:
                wake()

        self._start(job)

    @property
    def over(self) -> bool:
        """Whether there is a result."""
        return bool(self._outcome)

    def result(self) -> Report | C3sError | None:
        """Return the result of the reading, None while it is running."""
        if not self._outcome:
            return None
        self.under_way = False
        outcome = self._outcome.pop()
        if isinstance(outcome, BaseException) and not isinstance(outcome, C3sError):
            raise outcome
        return outcome
