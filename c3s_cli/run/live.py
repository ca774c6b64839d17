"""The live view of watch: reads in the background, reacts to keys at once, and redraws frames in place."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from c3s_cli.amounts.duration import age
from c3s_cli.columns.vocabulary import Needs
from c3s_cli.errors import ApiError, C3sError, ExitCode
from c3s_cli.model.sample import WHOLE
from c3s_cli.output import render
from c3s_cli.request.command_line import command_line
from c3s_cli.request.view import Format
from c3s_cli.run.failures import line_of
from c3s_cli.run.garbage import collect
from c3s_cli.run.kubectl_command import kubectl_command
from c3s_cli.run.saving import save
from c3s_cli.run.verdict import verdict
from c3s_cli.sources.cluster_reader import NAMES
from c3s_cli.terminal.colour import wants_colour
from c3s_cli.terminal.frame import Foot
from c3s_cli.terminal.keys import BACK, LEVELS, STEPS
from c3s_cli.terminal.lines import Line, ansi, plain
from c3s_cli.terminal.printable import printable
from c3s_cli.terminal.stderr import divert
from c3s_cli.terminal.svg import picture
from c3s_cli.terminal.viewing import Viewing, action_of, is_filtered

if TYPE_CHECKING:
    from c3s_cli.report import Report
    from c3s_cli.request.pace import Pace
    from c3s_cli.request.target import Target
    from c3s_cli.run.level import Level
    from c3s_cli.run.levels import Levels
    from c3s_cli.run.poll import Poll
    from c3s_cli.run.schedule import Schedule
    from c3s_cli.terminal.console import Console

# How often the age in the header is redrawn: every second if the numbers are stale, else every CALM seconds.
REDRAW: Final = 1.0
CALM: Final = 5.0
# After this many seconds the header shows that the server has not answered.
SLOW: Final = 3.0
# How many lines of a plugin are shown, and for how many seconds at least.
PLUGIN_LINES: Final = 3
PLUGIN_SECONDS: Final = 30.0


class Ended(Struct, frozen=True):
    """How a live watch ended. report: the last one. by_key: the user pressed q, so the table is not printed again."""

    code: ExitCode
    report: Report | None
    timed_out: bool = False
    by_key: bool = False


class Live:
    """The screen: its levels, of which the last one is shown, and the reading that is under way."""

    def __init__(self, levels: Levels, console: Console, pace: Pace, target: Target) -> None:
        self.levels = levels
        self.console, self.pace = console, pace
        # The level that is being read, and since when; whether it is read between two ticks.
        self.asked: Level | None = None
        self.asked_at: float | None = None
        self.extra = False
        # Whether to read the level that is shown at once.
        self.fresh = False
        self._target = target
        self._drawn: list[Line] = []
        # The answer to the last key.
        self._notice = ""
        # Whether a key has led to another reading than the one that is under way.
        self.outdated = False
        self._messages: deque[str] = deque(maxlen=PLUGIN_LINES)
        # When they were first drawn, None if that is yet to come.
        self._messages_at: float | None = None
        self._colour = wants_colour(self.level.view.color, os.environ, is_terminal=True)

    @property
    def level(self) -> Level:
        """The level that is shown."""
        return self.levels.shown

    @property
    def root(self) -> Level:
        """The level of the command, which the conditions are about."""
        return self.levels.stack[0]

    @property
    def _has_time(self) -> bool:
        """Whether nothing but a key ends the watch."""
        return self.pace.count is None and self.pace.timeout is None and self.root.query.until is None

    def ask(self, poll: Poll, schedule: Schedule, now: float) -> None:
        """Begin to read the level that is shown; if the command has conditions, its own level first at every tick."""
        paused = schedule.is_replay and self.level.viewing.paused
        self.extra = paused or now < self._due(schedule)
        if not self.extra:
            schedule.begins(now)
        judges = self.root.query.fail_if or self.root.query.until
        self.asked = self.root if judges and not self.extra else self.level
        self.fresh = self.asked is not self.level
        self.asked_at = now
        poll.begin(partial(schedule.read, self.asked), self.console.wake)

    def take(self, outcome: Report | C3sError, schedule: Schedule, now: float) -> None:
        """Take the result of a reading: a new report, or the reason why the last one stays.

        Raises an error without which there would never be a report.
        """
        level, self.asked, self.asked_at = self.asked or self.level, None, None
        if self.outdated:
            self.outdated = False
            return
        if isinstance(outcome, C3sError):
            if level is self.root and level.report is None and not (outcome.may_pass and self._has_time):
                raise outcome
            level.problem = outcome
            schedule.failed(now, outcome.retry_after if isinstance(outcome, ApiError) else None)
            return
        if not self.extra or schedule.failures:
            schedule.succeeded(now)
        # A level that a key has left behind needs no rows any more.
        if level in self.levels.stack:
            level.take(outcome, now)

    def take_message(self, text: str) -> None:
        """Take what would go to stderr, from any thread: lines of a plugin, and what c3s waits for."""
        self._messages.extend(filter(None, text.splitlines()))
        self._messages_at = None
        self.console.resized = True
        self.console.wake()

    def _recent_messages(self, now: float) -> tuple[str, ...]:
        """Return what plugins have said, for a while, and as long as the reading takes."""
        if self._messages_at is None:
            self._messages_at = now
        elif now - self._messages_at > PLUGIN_SECONDS and self.asked_at is None:
            self._messages.clear()
        return tuple(self._messages)

    def ended(self, readings: int, spent: float) -> Ended | None:
        """Return how the latest reading ends the watch, None if it does not."""
        problem, report = self.root.problem, self.root.report
        if report is None:
            return None
        code = problem.code if problem else verdict(report)
        if not problem and (code is ExitCode.CONDITION_MET or (report.until and report.until.met)):
            return Ended(code if code is ExitCode.CONDITION_MET else ExitCode.OK, report)
        if self.pace.timeout is not None and spent >= self.pace.timeout:
            return Ended(code, report, timed_out=True)
        return Ended(code, report) if readings == self.pace.count else None

    def is_due(self, schedule: Schedule, now: float) -> bool:
        """Return whether to read now."""
        timed_out = self.pace.timeout is not None and now - schedule.begun >= self.pace.timeout
        if self.level.viewing.paused:
            # What is recorded can be read while time stands still.
            return timed_out or (self.fresh and schedule.is_replay)
        return timed_out or self.fresh or now >= self._due(schedule)

    def _due(self, schedule: Schedule) -> float:
        if self.pace.timeout is None:
            return schedule.due
        # One last reading when the time is over.
        return min(schedule.due, schedule.begun + self.pace.timeout)

    def pause(self, schedule: Schedule, poll: Poll, now: float) -> float:
        """Return how long to wait for keys before something else is due."""
        if poll.under_way or self.level.viewing.paused:
            return REDRAW
        return min(max(0.0, self._due(schedule) - now), REDRAW if self.level.problem else CALM)

    def command_line(self, schedule: Schedule) -> str:
        """Return the command line that shows what the screen shows."""
        level, target = self.level, self._target
        if len(level.fleet.members) < len(self.root.fleet.members):
            names = tuple(member.name for member in level.fleet.members)
            target = structs.replace(target, contexts=names, all_contexts=False)
        return command_line(target, level.query, level.view, schedule.pace(self.pace), level.sorted_by)

    def press(self, key: str, schedule: Schedule, now: float) -> None:
        """Handle a key."""
        before, viewing = self.level, self.level.viewing
        action = action_of(viewing, key)
        if action == "redraw":
            self.console.resized = True
        elif action in ("slower", "faster"):
            schedule.change_pace(action, now)
        elif action in STEPS:
            self._step(action, schedule)
        elif action == "enter":
            self.levels.enter()
        elif action == "wide":
            self.fresh |= self.levels.widen()
        elif action == "trend":
            self.level.view = structs.replace(self.level.view, trend=not self.level.view.trend)
            self.level.show_again()
        elif action in LEVELS:
            self.levels.show(action)
        elif action != "back" or is_filtered(self.level.viewing) or not self.levels.back():
            self.level.press(key)
        self.fresh |= self.level is not before
        means = bool(action or self._is_typed(key, viewing))
        self._notice = "" if means else f"{key} means nothing here: ? lists the keys"
        self._notice = self._notice or self._answer(action, waits=self.level.viewing.paused and not schedule.is_replay)

    @staticmethod
    def _is_typed(key: str, before: Viewing) -> bool:
        """Return whether a key without an action needs no answer: a letter of a filter, or one that closes a panel."""
        return len(key) != 1 or before.typing is not None or bool(before.panel)

    def _answer(self, action: str, *, waits: bool) -> str:
        """Do what a key asks for outside of the screen; return what to say about it, "" for nothing.

        waits: whether nothing is read now.
        """
        level, report = self.level, self.level.shown
        if action == "trend" and level.view.trend and not level.has_trends:
            return "only nodes, pods and their groups have trends"
        if action == "wide" and self.fresh and waits:
            return "these columns are read when it goes on"
        if action not in ("save", "kubectl") or report is None:
            return ""
        if action == "kubectl":
            row, several = level.row, report.contexts
            command = "" if row is None else kubectl_command(row, report, level.query, self._target, several=several)
            return command or "kubectl knows nothing like this row"
        csv = structs.replace(level.view, format=Format.CSV, headers=True)
        table = "".join(render(level.table or report, csv))
        screen = "".join(f"{plain(line)}\n" for line in self._drawn)
        return save({"csv": table, "svg": picture(self._drawn, self.console.size()[0]), "txt": screen}, report.now)

    def _step(self, action: str, schedule: Schedule) -> None:
        """Go to another reading of a recording. Nothing is compared with what was later."""
        if schedule.step(action):
            self.fresh = True
            self.outdated = self.asked_at is not None
            if action in BACK:
                self.levels.forget()

    def draw(self, schedule: Schedule, now: float) -> None:
        """Draw the frame; only changed lines are written."""
        level, report = self.level, self.level.shown
        waited = now - (now if self.asked_at is None else self.asked_at)
        header = level.heading.header(
            level.view,
            report.now if report else None,
            0.0 if schedule.is_replay else now - level.read_at,
            schedule.words,
            waiting=f"no answer for {age(waited)}" if waited >= SLOW else "",
            words=self._recent_messages(now),
            banner=self._banner(schedule, now),
        )
        header = structs.replace(header, title=printable(level.title), reading=self._unread(schedule, now))
        is_old = level.viewing.paused and report and not schedule.is_replay
        paused = age(now - level.read_at) if is_old else ""
        foot = Foot(paused, self._notice, report.empty_message if report else self._instead())
        body = level.draw(header, self.console.size(), foot)
        self._drawn = body.lines
        anew, self.console.resized = self.console.resized, False
        self.console.screen.draw([ansi(line, colour=self._colour) for line in body.lines], anew=anew)

    def _unread(self, schedule: Schedule, now: float) -> str:
        """Return what has not been read of what is shown, and why, for the title; "" if all has."""
        report = self.level.report
        if report is not None:
            # Rows of a cluster that does not answer have a mark; why one pod is not measured stands below it.
            known = (WHOLE, NAMES[Needs.POD_METRICS]) if self.level.query.name else (WHOLE,)
            failures = [line_of(each) for each in report.failures if each.source not in known]
            more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
            return printable(failures[0].split("\n", 1)[0] + more) if failures else ""
        if self.level.viewing.paused and self.asked is None:
            return "not read while paused"
        return f"not read, {self._next_try(schedule, now)}" if self.level.problem else "reading…"

    def _instead(self) -> str:
        """Return the text for rows that were never read: the problem, unless the banner or the title shows it."""
        problem, titled = self.level.problem, bool(self.level.title)
        if problem is not None:
            return problem.first_line if titled else ""
        return "" if titled else self.levels.awaited

    def _banner(self, schedule: Schedule, now: float) -> tuple[str, ...]:
        """Return how old the numbers are, when the next try is, and why. What was never read has no numbers."""
        problem, report = self.level.problem, self.level.shown
        if problem is None or (report is None and self.level.title):
            return ()
        next_try = self._next_try(schedule, now)
        if report is None:
            return f"nothing read yet, {next_try}", problem.first_line
        if schedule.is_replay:
            rows = f"{schedule.words}, with the rows of {report.now:%H:%M:%SZ}"
            return rows, problem.first_line.removeprefix(problem.prefix)
        return f"STALE {age(now - self.level.read_at)} (since {report.now:%H:%M:%SZ}), {next_try}", problem.first_line

    def _next_try(self, schedule: Schedule, now: float) -> str:
        if self.asked_at is not None:
            return "trying now"
        return "paused" if self.level.viewing.paused else f"next try in {age(max(0, round(schedule.due - now)))}"


def show_live(live: Live, poll: Poll, schedule: Schedule, now: Callable[[], float]) -> Ended:
    """Read at every tick until a key, a condition, --count or --timeout ends the watch.

    Raises the error of a first reading that cannot succeed later, or that has no time to.
    """
    with live.console.opened(), divert(live.take_message):
        outcome: Report | C3sError | None = None
        readings = 0
        keys: list[str] = []
        while True:
            if outcome is not None:
                readings += not live.extra
                live.take(outcome, schedule, now())
                collect(readings)
                if ended := live.ended(readings, now() - schedule.begun):
                    return ended
            begins = live.is_due(schedule, now()) and not poll.under_way
            if begins:
                live.ask(poll, schedule, now())
            if not poll.over:
                # A reading that begins changes nothing on the screen, unless a banner says "trying now".
                if not begins or outcome or keys or live.level.problem or live.console.resized:
                    live.draw(schedule, now())
                keys = live.console.wait(live.pause(schedule, poll, now()))
                for key in keys:
                    live.press(key, schedule, now())
                if live.level.viewing.quit:
                    return Ended(ExitCode.OK, live.root.report, by_key=True)
            outcome = poll.result()
