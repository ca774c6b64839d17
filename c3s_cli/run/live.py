"""The live view of watch: reads in the background, reacts to keys at once, and redraws frames in place."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from c3s_cli.amounts.duration import age
from c3s_cli.analysis.changes import Changes
from c3s_cli.analysis.events import EventLog, Thresholds, percentages
from c3s_cli.errors import ApiError, C3sError, ExitCode
from c3s_cli.output.grid import grid, marks_rows
from c3s_cli.run.failures import lost_contexts
from c3s_cli.run.garbage import collect
from c3s_cli.run.verdict import verdict
from c3s_cli.terminal.colour import wants_colour
from c3s_cli.terminal.frame import Grid, frame, grid_of
from c3s_cli.terminal.lines import ansi
from c3s_cli.terminal.stderr import diverted
from c3s_cli.terminal.viewing import LOST, Viewing, pressed

if TYPE_CHECKING:
    from c3s_cli.report import Report
    from c3s_cli.request.pace import Pace
    from c3s_cli.request.view import View
    from c3s_cli.run.heading import Heading
    from c3s_cli.run.schedule import Schedule
    from c3s_cli.terminal.console import Console

# How often the age in the header is redrawn: every second if the numbers are stale, else every CALM seconds.
REDRAW: Final = 1.0
CALM: Final = 5.0
# After this many seconds the header shows that the server has not answered.
SLOW: Final = 3.0
# What a plugin says: how many lines of it are shown, and for how many seconds at least.
WORDS: Final = 3
HEARD: Final = 30.0


class Ended(Struct, frozen=True):
    """How a live watch ended. report: the last one. by_key: the user pressed q, so the table is not printed again."""

    code: ExitCode
    report: Report
    timed_out: bool = False
    by_key: bool = False


class Poll:
    """Runs one reading at a time. `start` runs a job: in a thread, or directly in tests."""

    def __init__(self, read: Callable[[], Report], start: Callable[[Callable[[], None]], None]) -> None:
        self._read = read
        self._start = start
        self._outcome: list[Report | BaseException] = []
        self._finished = threading.Event()
        self.under_way = False

    def begin(self, wake: Callable[[], None]) -> None:
        """Start a reading; `wake` is called when it ends."""
        self.under_way = True

        def job() -> None:
            try:
                self._outcome.append(self._read())
            except BaseException as problem:  # noqa: BLE001  raised again by `result`
                self._outcome.append(problem)
            finally:
                self._finished.set()
                wake()

        self._start(job)

    def wait(self) -> Report:
        """Wait for the first reading; raise its error."""
        while not self._finished.wait(REDRAW):
            pass  # in steps, so that a signal does not wait for the server
        outcome = self.result()
        if isinstance(outcome, C3sError) or outcome is None:
            raise outcome or AssertionError
        return outcome

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


class Live:
    """The state of the screen: the last report, what changed in it, and the view that the user has chosen."""

    def __init__(self, first: Report, console: Console, heading: Heading, view: View, pace: Pace) -> None:
        self.console, self.heading, self.view, self.pace = console, heading, view, pace
        self.viewing = Viewing()
        self.changes = Changes(with_trends=view.trend)
        self.log = EventLog()
        self.report = first
        self.problem: C3sError | None = None
        self.read_at = 0.0
        self.asked_at: float | None = None
        self._words: deque[str] = deque(maxlen=WORDS)
        # When they were first drawn, None if that is yet to come.
        self._heard_at: float | None = None
        self._rows: Sequence[Any] = ()
        self._grid: Grid = grid_of([], [])
        self._order: list[int] = []
        self._page = 1
        self._colour = wants_colour(view.color, os.environ, is_terminal=True)

    def take(self, outcome: Report | C3sError, schedule: Schedule, now: float) -> None:
        """Take the result of a reading: a new report, or the reason why the last one stays."""
        self.asked_at = None
        if isinstance(outcome, C3sError):
            self.problem = outcome
            schedule.failed(now, outcome.retry_after if isinstance(outcome, ApiError) else None)
            return
        schedule.succeeded(now)
        # The rows of a cluster that does not answer stay, at the end of the list.
        lost = lost_contexts(outcome) if marks_rows(outcome, self.view) else set()
        self._rows = [*outcome.rows, *(row for row in self._rows if row.context in lost)]
        self.changes.update(self._rows)
        thresholds = Thresholds(percentages(outcome.columns), self.view.warn, self.view.critical)
        self.log.update(self._rows, outcome.now.timestamp(), thresholds)
        self.report, self.problem, self.read_at = outcome, None, now
        vanished = [] if outcome.containers else self.changes.vanished
        shown = structs.replace(outcome, rows=[*self._rows, *vanished])

        def mark(row: Any) -> str:
            return LOST if row.context in lost else self.changes.mark(row)

        before = self._grid
        self._grid = grid(shown, self.view, mark, self.changes.trends if self.view.trend else None)
        if before.headings == self._grid.headings:
            widths = [max(each) for each in zip(before.widths, self._grid.widths, strict=True)]
            self._grid = structs.replace(self._grid, widths=widths)
        self._order = self._grid.chosen(self.viewing)

    def hear(self, text: str) -> None:
        """Take what would go to stderr, from any thread: lines of a plugin, and what c3s waits for."""
        self._words.extend(filter(None, text.splitlines()))
        self._heard_at = None
        self.console.resized = True
        self.console.wake()

    def _heard(self, now: float) -> tuple[str, ...]:
        """Return what plugins have said, for a while, and as long as the reading takes."""
        if self._heard_at is None:
            self._heard_at = now
        elif now - self._heard_at > HEARD and self.asked_at is None:
            self._words.clear()
        return tuple(self._words)

    def ended(self, readings: int, spent: float) -> Ended | None:
        """Return how the latest reading ends the watch, None if it does not."""
        code = self.problem.code if self.problem else verdict(self.report)
        if not self.problem and (code is ExitCode.CONDITION_MET or (self.report.until and self.report.until.met)):
            return Ended(code if code is ExitCode.CONDITION_MET else ExitCode.OK, self.report)
        if self.pace.timeout is not None and spent >= self.pace.timeout:
            return Ended(code, self.report, timed_out=True)
        return Ended(code, self.report) if readings == self.pace.count else None

    def is_due(self, schedule: Schedule, now: float) -> bool:
        """Return whether to read now."""
        timed_out = self.pace.timeout is not None and now - schedule.begun >= self.pace.timeout
        return timed_out or (now >= self._due(schedule) and not self.viewing.paused)

    def _due(self, schedule: Schedule) -> float:
        if self.pace.timeout is None:
            return schedule.due
        # One last reading when the time is over.
        return min(schedule.due, schedule.begun + self.pace.timeout)

    def pause(self, schedule: Schedule, poll: Poll, now: float) -> float:
        """Return how long to wait for keys before something else is due."""
        if poll.under_way or self.viewing.paused:
            return REDRAW
        return min(max(0.0, self._due(schedule) - now), REDRAW if self.problem else CALM)

    def press(self, key: str) -> None:
        """Handle a key."""
        before = self.viewing
        self.viewing = pressed(before, key, total=len(self._order), page=self._page)
        if key == "redraw":
            self.console.resized = True
        if _choice(before) != _choice(self.viewing):
            self._order = self._grid.chosen(self.viewing)

    def draw(self, schedule: Schedule, now: float) -> None:
        """Draw the frame; only changed lines are written."""
        pace, waited = f"every {self.pace.interval:g}s", now - (now if self.asked_at is None else self.asked_at)
        waiting = f"no answer for {age(waited)}" if waited >= SLOW else ""
        header = self.heading.header(
            self.view,
            self.report.now,
            now - self.read_at,
            pace,
            waiting=waiting,
            words=self._heard(now),
            banner=self._banner(schedule, now),
        )
        size = self.console.size()
        body = frame(header, self._grid, self._order, self.viewing, size, self.report.empty_message)
        self._page = body.page
        self._grid = structs.replace(self._grid, widths=body.widths)
        self.viewing = structs.replace(self.viewing, top=body.top, left=body.left)
        anew, self.console.resized = self.console.resized, False
        self.console.screen.draw([ansi(line, colour=self._colour) for line in body.lines], anew=anew)

    def _banner(self, schedule: Schedule, now: float) -> tuple[str, ...]:
        """Return how old the numbers are, when the next try is, and why."""
        if self.problem is None:
            return ()
        old = f"STALE {age(now - self.read_at)} (since {self.report.now:%H:%M:%SZ})"
        paused = self.viewing.paused and self.asked_at is None
        next_try = f"next try in {age(max(0, round(schedule.due - now)))}" if self.asked_at is None else "trying now"
        return f"{old}, {'paused' if paused else next_try}", str(self.problem).split("\n", 1)[0]


def _choice(viewing: Viewing) -> tuple[str, bool, str]:
    return viewing.sort, viewing.reverse, viewing.pattern


def show_live(first: Report, live: Live, poll: Poll, schedule: Schedule, now: Callable[[], float]) -> Ended:
    """Show the first report, then read at every tick until a key, a condition, --count or --timeout ends the watch."""
    with live.console.opened(), diverted(live.hear):
        outcome: Report | C3sError | None = first
        readings = 0
        keys: list[str] = []
        while True:
            if outcome is not None:
                readings += 1
                live.take(outcome, schedule, now())
                collect(readings)
                if ended := live.ended(readings, now() - schedule.begun):
                    return ended
            begins = live.is_due(schedule, now()) and not poll.under_way
            if begins:
                live.asked_at = now()
                poll.begin(live.console.wake)
            if not poll.over:
                # A reading that begins changes nothing on the screen, unless a banner says "trying now".
                if not begins or keys or live.problem or live.console.resized:
                    live.draw(schedule, now())
                keys = live.console.wait(live.pause(schedule, poll, now()))
                for key in keys:
                    live.press(key)
                if live.viewing.quit:
                    return Ended(ExitCode.OK, live.report, by_key=True)
            outcome = poll.result()
