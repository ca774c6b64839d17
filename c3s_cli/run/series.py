"""--series: read every moment of a range, one after another, and print the rows of all as one text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from msgspec import structs

from c3s_cli.amounts.timestamp import utc
from c3s_cli.analysis.report import make_report
from c3s_cli.errors import C3sError, ExitCode, UsageError, is_absence
from c3s_cli.metrics import calls_at_once
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.output.series import render_series
from c3s_cli.report import Report, Series
from c3s_cli.request.period import Period
from c3s_cli.request.query import Query
from c3s_cli.request.target import Target
from c3s_cli.request.view import TABLES, View
from c3s_cli.run.failures import failure_of, line_of
from c3s_cli.run.fleet import Fleet, open_fleet, run_all, say_notes
from c3s_cli.run.footnotes import about_data
from c3s_cli.run.garbage import collect
from c3s_cli.run.member import Member
from c3s_cli.run.printing import emit
from c3s_cli.run.stages import Stages
from c3s_cli.terminal.stderr import say


def show_series(target: Target, query: Query, period: Period, view: View) -> ExitCode:
    """Print the rows of every reading in a range. INCOMPLETE if some could not be read."""
    stages = Stages(target.verbosity)
    with open_fleet(target, stages, calls_at_once(query), period) as fleet:
        # What does not depend on the moment is read once.
        fleet.follow()
        readings = _Readings(fleet, query, period, view)
        series = readings.series()
        emit(render_series(series, view))
    if view.format in TABLES:
        say(f"usage of {series.readings} readings from {utc(series.start)} to {utc(series.end)}")
    for line in readings.remarks():
        say(line)
    stages.summarize()
    return ExitCode.INCOMPLETE if series.failures else ExitCode.OK


class _Readings:
    """The readings of a range, each of the clusters that have one at its moment."""

    def __init__(self, fleet: Fleet, query: Query, period: Period, view: View) -> None:
        self.fleet = fleet
        self.view = view
        self.query = query
        self.failures: list[Failure] = []
        self.notes: dict[str, None] = {}
        self.rows = 0
        self.with_rows = 0
        self.in_part = 0
        self.absence: C3sError | None = None
        self.moments = self._moments(period)

    def _moments(self, period: Period) -> Sequence[tuple[Period, float, list[Member]]]:
        """Return the moments in their order, with the time and the clusters of each."""
        jobs = [partial(_moments_of, period, member) for member in self.fleet.members]
        moments: dict[Period, dict[Member, float]] = {}
        answers = run_all(self.fleet, jobs)
        say_notes(self.fleet)
        for member, answer in zip(self.fleet.members, answers, strict=True):
            if isinstance(answer, C3sError):
                if not self.fleet.several or isinstance(answer, UsageError):
                    raise answer
                self.failures.append(failure_of(member.name, answer))
                continue
            for each, time in answer.items():
                moments.setdefault(each, {})[member] = time
        if not moments:
            raise next(answer for answer in answers if isinstance(answer, C3sError))
        several = [(each, max(times.values()), list(times)) for each, times in moments.items()]
        return sorted(several, key=lambda pair: (pair[0].number or 0, pair[1]))

    def series(self) -> Series:
        """Return the reports of the readings. C3sError if none of them can be read."""
        reports = self._reports()
        first = next(reports, None)
        if first is None:
            raise self.absence or C3sError(f"no reading can be shown: {line_of(self.failures[0], with_context=True)}")
        start, end = (datetime.fromtimestamp(self.moments[place][1], UTC) for place in (0, -1))
        return Series(chain([first], reports), start, end, len(self.moments), self.failures)

    def _reports(self) -> Iterator[Report]:
        query = self.query
        for place, (when, time, members) in enumerate(self.moments):
            self.fleet.deadline.renew()
            samples = self._samples(structs.replace(query, period=when), members)
            if samples:
                report = make_report(samples, query, contexts=self.fleet.several)
                self.failures += report.failures
                self.notes |= dict.fromkeys(report.remarks)
                self.rows += len(report.rows)
                self.with_rows += bool(report.rows)
                self.in_part += self.view.format not in TABLES and any(about_data(report, self.view))
                if query.extended:
                    # All readings have the columns of the first.
                    query = structs.replace(query, columns=report.columns, extended=False)
                yield structs.replace(report, time=datetime.fromtimestamp(time, UTC))
            collect(place + 1)

    def _samples(self, query: Query, members: Sequence[Member]) -> list[Sample]:
        """Return what could be read at a moment. What is not there yet, or no more, is no failure."""
        samples = []
        answers = run_all(self.fleet, [partial(member.read, query) for member in members])
        for member, answer in zip(members, answers, strict=True):
            if isinstance(answer, UsageError):
                raise answer
            if is_absence(answer):
                self.absence = self.absence or answer
            elif isinstance(answer, C3sError):
                self.failures.append(failure_of(member.name, answer))
            else:
                samples.append(answer)
        return samples

    def remarks(self) -> Iterator[str]:
        """Return the lines for stderr, each once."""
        yield from self.query.remarks
        if not self.rows:
            yield "No resources found"
        elif not self.failures and self.with_rows < len(self.moments):
            yield f"note: {len(self.moments) - self.with_rows} of {len(self.moments)} readings have no rows"
        if self.in_part:
            yield f"note: usage is of what is measured only in {self.in_part} of {len(self.moments)} readings"
        yield from (f"note: {note}" for note in self.notes)
        lines = Counter(line_of(each, with_context=self.fleet.several) for each in self.failures)
        for line, count in lines.items():
            yield f"warning: {line}{f' ({count} readings)' if count > 1 else ''}"


def _moments_of(period: Period, member: Member) -> Mapping[Period, float]:
    return member.reader().moments(period)
