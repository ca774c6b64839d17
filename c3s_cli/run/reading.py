"""Read the clusters of a fleet into one Report. A cluster that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from c3s_cli.errors import ApiError, C3sError, UsageError
from c3s_cli.metrics import read
from c3s_cli.run.failures import failure_of, said
from c3s_cli.run.fleet import all_of, say_notes
from c3s_cli.terminal.progress import Progress
from c3s_cli.terminal.stderr import say

if TYPE_CHECKING:
    from c3s_cli.model.sample import Failure, Sample
    from c3s_cli.report import Report
    from c3s_cli.request.query import Query
    from c3s_cli.run.fleet import Fleet, Member
    from c3s_cli.run.rounds import Rounds
    from c3s_cli.run.stages import Stages


def reader(fleet: Fleet, query: Query, stages: Stages, *, once: bool = False) -> Callable[[], Report]:
    """Return a function that reads the clusters and computes a Report.

    once: whether the function is called only once: connections are then closed as early as possible, and on a terminal
    stderr shows how many clusters have answered.
    """
    joining: dict[str, Any] = {}
    if not once:
        from c3s_cli.analysis.joining import Joiner  # only a watch joins more than once

        joining["join_pods"] = Joiner()
    if fleet.several:
        asked = Several(fleet, query, stages, partial(_read, query), once=once)

        def report_of_several() -> Report:
            samples, failures = asked.read()
            return _computed(samples, query, stages, failures=failures, contexts=True, **joining)

        return report_of_several
    member = fleet.members[0]

    def report() -> Report:
        fleet.plugins.forget_failures()
        source = member.source(stages.count)
        samples = [read(source, query, source.cluster.namespace)]
        return _computed(samples, query, stages, **joining)

    return report


@contextmanager
def progress_of(fleet: Fleet, stages: Stages) -> Iterator[None]:
    """Show the progress of reading one cluster on a terminal, if it takes long; not with -v, which shows more."""
    shown = Progress()
    if not (fleet.several or stages.verbose):
        fleet.members[0].cluster().progress = shown.count
        shown.start()
    try:
        yield
    finally:
        shown.stop()


def _computed(samples: Sequence[Sample], query: Query, stages: Stages, **how: Any) -> Report:
    with stages.stage("computing"):
        from c3s_cli.analysis.report import make_report  # imported while waiting for the answer

        return make_report(samples, query, **how)


def _read(query: Query, member: Member) -> Sample:
    source = member.source()
    return read(source, query, source.cluster.namespace)


class Several:
    """Reads several clusters, once or repeatedly; contexts of the same cluster and user are read once.

    job: reads one of them. once: as for `reader`.
    """

    def __init__(
        self, fleet: Fleet, query: Query, stages: Stages, job: Callable[[Member], Sample], *, once: bool
    ) -> None:
        self.fleet = fleet
        self.query = query
        self.stages = stages
        self.job = job
        self.members, alike = distinct(fleet.members, query)
        for name, others in alike.items():
            say(f"the same cluster and user as {name}, shown once: {', '.join(others)}")
        self.noted = False
        self.rounds: Rounds | None = None
        if not once:
            from c3s_cli.run.rounds import Rounds  # only a watch asks again

            self.rounds = Rounds(self.members, job, fleet.parallel)

    def read(self) -> tuple[list[Sample], tuple[Failure, ...]]:
        """Read all clusters; return the results of some and the errors of others. C3sError if none could be read."""
        self.fleet.plugins.forget_failures()
        with self.stages.stage("reading"):
            results = self.rounds.ask() if self.rounds else self._read_once()
        if not self.noted:
            say_notes(self.fleet)
            self.noted = True
        failures = self._failures(results)
        return [result for result in results if not isinstance(result, C3sError)], failures

    def _read_once(self) -> list[Any]:
        jobs = [partial(self._read_and_close, member) for member in self.members]
        return all_of(jobs, self.fleet.parallel, progress=not self.stages.verbose)

    def _read_and_close(self, member: Member) -> Sample:
        try:
            return self.job(member)
        finally:
            member.disconnect()

    def _failures(self, results: Sequence[Sample | C3sError]) -> tuple[Failure, ...]:
        """Return the errors of clusters that could not be read. Raises C3sError if none could be."""
        problems = {
            member.name: result
            for member, result in zip(self.members, results, strict=True)
            if isinstance(result, C3sError)
        }
        for problem in problems.values():
            if isinstance(problem, UsageError):
                raise problem
        missing = {name: problem for name, problem in problems.items() if self._is_absent(problem)}
        if len(missing) == len(results):
            raise next(iter(missing.values()))
        if len(problems) == len(results):
            reasons = "\n".join(said(failure_of(name, problem)) for name, problem in problems.items())
            raise C3sError(f"none of the {len(results)} clusters could be read\n{reasons}")
        # A NAME is looked up in every cluster, but need not exist in all of them.
        return tuple(failure_of(name, problem) for name, problem in problems.items() if name not in missing)

    def _is_absent(self, problem: C3sError) -> bool:
        """Return whether a cluster answered that it does not have the object NAME."""
        return bool(self.query.name) and isinstance(problem, ApiError) and problem.reason == "NotFound"


def distinct(members: Sequence[Member], query: Query | None) -> tuple[Sequence[Member], dict[str, list[str]]]:
    """Leave out members that would read the same as an earlier one; return their names by the name of that one.

    query: None if the reading does not depend on a namespace.
    """
    first: dict[bytes, Member] = {}
    alike: dict[str, list[str]] = {}
    different = []
    for member in members:
        try:
            identity = member.identity(query)
        except C3sError:
            # The reading will report the error.
            different.append(member)
            continue
        if identity in first:
            alike.setdefault(first[identity].name, []).append(member.name)
        else:
            first[identity] = member
            different.append(member)
    return different, alike
