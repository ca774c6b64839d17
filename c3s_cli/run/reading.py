"""Read the clusters of a fleet into one Report. A cluster that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from c3s_cli.errors import C3sError, NoSuchNamespace, UsageError, is_absence
from c3s_cli.metrics import core_api, scope_of
from c3s_cli.model.sample import Failure, Reading, Sample
from c3s_cli.parallel import in_parallel
from c3s_cli.run.failures import failure_of, line_of
from c3s_cli.run.fleet import Fleet, run_all, say_notes
from c3s_cli.run.member import Member, distinct
from c3s_cli.signals import on_exit
from c3s_cli.terminal.stderr import say

if TYPE_CHECKING:
    from c3s_cli.model.pod_details import PodDetails
    from c3s_cli.report import Report
    from c3s_cli.request.query import Query
    from c3s_cli.run.heading import Heading
    from c3s_cli.run.rounds import Rounds
    from c3s_cli.run.stages import Stages


@contextmanager
def progress_of(fleet: Fleet, stages: Stages) -> Iterator[None]:
    """Show the progress of reading one cluster on a terminal, if it takes long; not with -v, which shows more."""
    if not (fleet.several or stages.verbose):
        stages.progress.start()
    try:
        with on_exit(stages.progress.erase_at_once):
            yield
    finally:
        stages.progress.stop()


def compute_report(samples: Sequence[Sample], query: Query, stages: Stages, **how: Any) -> Report:
    """Compute a Report. how: the other parameters of make_report."""
    with stages.stage("computing"):
        from c3s_cli.analysis.report import make_report  # imported while waiting for the answer

        report = make_report(samples, query, **how)
        if query.of_source is None:
            return report
        from c3s_cli.analysis.unknown_facts import about_facts  # the API server tells all facts

        return about_facts(report, samples, query)


def _read(query: Query, heading: Heading | None, member: Member) -> Reading:
    if heading is None or not heading.wants(member):
        return Reading(member.read(query))
    reader = member.reader()
    return reader.read_with_totals(query.needs, scope_of(query, reader.cluster.namespace))


class Clusters:
    """Reads the clusters of a fleet, once or repeatedly; contexts of the same cluster and user are read once.

    job: reads one of them. heading, once, again: as for `Reader`.
    """

    def __init__(
        self,
        fleet: Fleet,
        query: Query,
        stages: Stages,
        job: Callable[[Member], Reading],
        heading: Heading | None = None,
        *,
        once: bool,
        again: bool = False,
    ) -> None:
        self.fleet = fleet
        self.query = query
        self.stages = stages
        self.job = job
        self.heading = heading
        self.members = fleet.members
        self.noted = again
        self.rounds: Rounds | None = None
        if fleet.several:
            self.members, alike = distinct(fleet.members, query)
            for name, others in alike.items() if not again else ():
                say(f"the same cluster and user as {name}, shown once: {', '.join(others)}")
            if not once:
                from c3s_cli.run.rounds import Rounds  # only a watch asks again

                self.rounds = Rounds(self.members, job, fleet.parallel, fleet.deadline)

    def read(self) -> tuple[list[Sample], tuple[Failure, ...]]:
        """Read all clusters; return the results of some and the errors of others. C3sError if none could be read."""
        self.fleet.plugins.forget_failures()
        if self.noted:
            # A connection that is made anew, and what all clusters may take.
            self.fleet.deadline.renew()
        readings = self._read_several() if self.fleet.several else [self._read_one()]
        if self.heading is not None:
            self.heading.update(dict(zip((each.name for each in self.members), readings, strict=True)))
        results = [each if isinstance(each, C3sError) else each.rows for each in readings]
        failures = self._failures(results)
        return [result for result in results if not isinstance(result, C3sError)], failures

    def read_once(self) -> tuple[list[Sample], tuple[Failure, ...]]:
        """Do the same, and count the time that a single cluster takes as one stage."""
        with nullcontext() if self.fleet.several else self.stages.stage("reading"):
            return self.read()

    def _read_one(self) -> Reading | C3sError:
        version = {} if self.heading is None else {"version": self.heading.read_version}
        reading: Reading | C3sError = in_parallel({**version, "reading": partial(self.job, self.members[0])})["reading"]
        return reading

    def _read_several(self) -> list[Any]:
        with self.stages.stage("reading"):
            jobs = [partial(self._read_and_close, member) for member in self.members]
            progress = not self.stages.verbose
            readings = self.rounds.ask() if self.rounds else run_all(self.fleet, jobs, progress=progress)
        if not self.noted:
            say_notes(self.fleet)
            self.noted = True
        return readings

    def _read_and_close(self, member: Member) -> Reading:
        try:
            return self.job(member)
        finally:
            member.disconnect()

    def _failures(self, results: Sequence[Sample | C3sError]) -> tuple[Failure, ...]:
        """Return the errors of clusters that could not be read. Raises C3sError if none could be."""
        if not self.fleet.several and isinstance(results[0], C3sError):
            raise results[0]
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
            reasons = "\n".join(
                line_of(failure_of(name, problem), with_context=True) for name, problem in problems.items()
            )
            none_read = C3sError(f"none of the {len(results)} clusters could be read\n{reasons}")
            none_read.may_pass = any(problem.may_pass for problem in problems.values())
            raise none_read
        # A NAME is looked up in every cluster, but need not exist in all of them.
        return tuple(failure_of(name, problem) for name, problem in problems.items() if name not in missing)

    def _is_absent(self, problem: C3sError) -> bool:
        """Return whether a cluster answered that it does not have the object NAME, or a namespace that matches."""
        return is_absence(problem) and (bool(self.query.name) or isinstance(problem, NoSuchNamespace))


class Reader(Clusters):
    """Reads the clusters and computes a Report.

    heading: takes the totals of each reading, for the header of a watch. once: whether it is called only once:
    connections are then closed as early as possible, and on a terminal stderr shows how many clusters have answered.
    again: whether remarks about the fleet have been made. samples: what the last reading for a header brought; details:
    what it brought of a single pod.
    """

    def __init__(
        self,
        fleet: Fleet,
        query: Query,
        stages: Stages,
        heading: Heading | None = None,
        *,
        once: bool = False,
        again: bool = False,
    ) -> None:
        super().__init__(fleet, query, stages, partial(_read, query, heading), heading, once=once, again=again)
        self.samples: Sequence[Sample] = ()
        self.details: PodDetails | None = None
        self.joining: dict[str, Any] = {}
        if not once:
            from c3s_cli.analysis.joining import Joiner  # only a watch joins more than once

            self.joining["join_pods"] = Joiner()

    def __call__(self) -> Report:
        """Read. C3sError if there is nothing to show."""
        samples, failures = self.read()
        if self.heading is not None:
            self.samples = samples
        several = self.fleet.several
        report = compute_report(samples, self.query, self.stages, failures=failures, contexts=several, **self.joining)
        if self.query.workload not in ("", "*") and not several and (not report.rows or "," in self.query.workload):
            from c3s_cli.run.missing_workload import refuse_missing  # only workloads can be missing

            refuse_missing(self.fleet.members[0], self.query, samples)
        return report


class PodReader(Reader):
    """Reads one pod, and what explains it: None if the source does not tell."""

    def __call__(self) -> Report:
        """Read both at the same time."""
        results = in_parallel({"details": self._read_details, "report": super().__call__})
        report, details = results["report"], results["details"]
        if isinstance(report, C3sError):
            raise report
        self.details = None if isinstance(details, C3sError) else details
        answer: Report = report
        return answer

    def _read_details(self) -> PodDetails:
        return core_api(self.fleet.members[0].open_reading(), self.query).pod_details()
