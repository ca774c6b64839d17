"""Reading the clusters of a fleet into one Report. A cluster that fails does not stop the others."""

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
from c3s_cli.terminal.words import say

if TYPE_CHECKING:
    from c3s_cli.model import Failure, Report, Sample
    from c3s_cli.request.query import Query
    from c3s_cli.run.fleet import Fleet, Member
    from c3s_cli.run.stages import Stages


def reader(fleet: Fleet, query: Query, stages: Stages, *, once: bool = False) -> Callable[[], Report]:
    """Return a function that reads the clusters and computes a Report.

    once: whether it is called only once: connections are closed as soon as they are not needed, and on a terminal
    stderr shows how many clusters have answered.
    """
    if fleet.several:
        return _Reader(fleet, query, stages, once=once).report
    member = fleet.members[0]

    def report() -> Report:
        fleet.plugins.forget_failures()
        source = member.source(stages.count)
        samples = [read(source, query, source.cluster.namespace)]
        return _computed(samples, query, stages)

    return report


@contextmanager
def progress_of(fleet: Fleet, stages: Stages) -> Iterator[None]:
    """Show on a terminal how far the reading of one cluster is, if it takes long; -v says more than that."""
    shown = Progress()
    if not (fleet.several or stages.verbose):
        fleet.members[0].cluster().progress = shown.count
        shown.start()
    try:
        yield
    finally:
        shown.stop()


def _computed(samples: Sequence[Sample], query: Query, stages: Stages, **several: Any) -> Report:
    with stages.stage("computing"):
        from c3s_cli.analysis.report import make_report  # imported while waiting for the answer

        return make_report(samples, query, **several)


class _Reader:
    """Reads several clusters again and again; those that are alike are read once."""

    def __init__(self, fleet: Fleet, query: Query, stages: Stages, *, once: bool) -> None:
        self.fleet = fleet
        self.query = query
        self.stages = stages
        self.once = once
        self.members, alike = distinct(fleet.members, query)
        for name, others in alike.items():
            say(f"the same cluster and user as {name}, shown once: {', '.join(others)}")
        self.noted = False

    def report(self) -> Report:
        """Read all clusters, and compute a Report of those that answered. C3sError if none did."""
        self.fleet.plugins.forget_failures()
        with self.stages.stage("reading"):
            jobs = [partial(self._read, member) for member in self.members]
            results = all_of(jobs, self.fleet.parallel, progress=self.once and not self.stages.verbose)
        if not self.noted:
            say_notes(self.fleet)
            self.noted = True
        samples = [result for result in results if not isinstance(result, C3sError)]
        failures = self._failures(results)
        return _computed(samples, self.query, self.stages, failures=failures, contexts=True)

    def _read(self, member: Member) -> Sample:
        source = member.source()
        try:
            return read(source, self.query, source.cluster.namespace)
        finally:
            if self.once:
                source.cluster.close()

    def _failures(self, results: Sequence[Sample | C3sError]) -> tuple[Failure, ...]:
        """Return why clusters could not be read. Raises C3sError if none could."""
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
        # A NAME is looked for everywhere; it need not be everywhere.
        return tuple(failure_of(name, problem) for name, problem in problems.items() if name not in missing)

    def _is_absent(self, problem: C3sError) -> bool:
        """Return whether a cluster answered that it does not have the object of that NAME."""
        return bool(self.query.name) and isinstance(problem, ApiError) and problem.reason == "NotFound"


def distinct(members: Sequence[Member], query: Query | None) -> tuple[Sequence[Member], dict[str, list[str]]]:
    """Leave out the members that would read what an earlier one reads; return the names of those by its name.

    query: None for what does not depend on a namespace.
    """
    first: dict[bytes, Member] = {}
    alike: dict[str, list[str]] = {}
    different = []
    for member in members:
        try:
            identity = member.identity(query)
        except C3sError:
            # What is wrong with it is said when it is read.
            different.append(member)
            continue
        if identity in first:
            alike.setdefault(first[identity].name, []).append(member.name)
        else:
            first[identity] = member
            different.append(member)
    return different, alike
