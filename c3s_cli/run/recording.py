"""`c3s record`: read at an interval, and add every reading to a recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from shlex import quote
from typing import Final

from msgspec import structs

from c3s_cli.amounts.duration import age, go_duration
from c3s_cli.analysis.joining import Joiner
from c3s_cli.analysis.report import make_report
from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import C3sError, ExitCode, UsageError
from c3s_cli.model.sample import Failure, Reading, Sample
from c3s_cli.report import Judgement
from c3s_cli.request.query import Query
from c3s_cli.request.recording import RecordRequest
from c3s_cli.request.target import Target
from c3s_cli.run.failures import failure_of
from c3s_cli.run.fleet import Fleet, open_fleet
from c3s_cli.run.garbage import collect
from c3s_cli.run.reading import Clusters
from c3s_cli.run.schedule import Clock, Schedule
from c3s_cli.run.stages import Stages
from c3s_cli.run.verdict import judgement_lines
from c3s_cli.signals import held
from c3s_cli.sources.recording.recorder import Recorder
from c3s_cli.sources.source import Scope
from c3s_cli.terminal.printable import printable
from c3s_cli.terminal.stderr import CLEAR_LINE, counted, is_terminal, say, say_alone, tell

# Everything that a later question may need.
NEEDS: Final = (
    Needs.NODE_METRICS
    | Needs.POD_METRICS
    | Needs.NODES
    | Needs.NODE_DETAILS
    | Needs.PODS
    | Needs.POD_STATES
    | Needs.OWNERS
    | Needs.POD_COUNT
    | Needs.POD_LABELS
)
# What the names of other files end in.
DOCUMENTS: Final = (".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".csv")
# In a log, how many seconds between two lines.
SILENCE: Final = 600.0
# Old readings are dropped this often within the time that is kept.
DROPS: Final = 50


def record(target: Target, request: RecordRequest, clock: Clock | None = None) -> ExitCode:
    """Record until a limit or --until is reached. INCOMPLETE if readings failed, TIMED_OUT if --until was not met."""
    if target.origin.file:
        raise UsageError("a recording cannot be recorded", hint="--from FILE goes with the commands that read")
    if target.origin.facts and request.for_fit:
        raise UsageError("--for-fit does not go with --facts source: no Prometheus knows where pods may run")
    stages = Stages(target.verbosity)
    with open_fleet(target, stages, CALLS) as fleet:
        fleet.follow()
        source = target.origin.kind
        selector = request.labels.text if request.labels else ""
        with closing(Recorder(request.file, request.pace.interval, request.namespaces, selector, source)) as recorder:
            return _Loop(fleet, request, recorder, clock or Clock(), stages).run()


# Metrics of nodes and pods, nodes, pods, the owners and the count.
CALLS: Final = 6


class _Loop:
    """The readings of one `c3s record`."""

    def __init__(self, fleet: Fleet, request: RecordRequest, recorder: Recorder, clock: Clock, stages: Stages) -> None:
        query = Query(
            Kind.POD,
            Kind.POD,
            (),
            namespaces=request.namespaces,
            all_namespaces=not request.namespaces,
            until=request.until,
        )
        needs = NEEDS | Needs.PLACING if request.for_fit else NEEDS
        scope = Scope(Kind.POD, namespaces=request.namespaces, labels=request.labels)
        self.clusters = Clusters(
            fleet, query, stages, lambda member: Reading(member.reader().read(needs, scope)), once=False
        )
        self.request = request
        self.recorder = recorder
        self.clock = clock
        self.failed = 0
        self.readings = 0
        self.problem = ""
        self.warned = ""
        self.unwritable = False
        # When the last line of a log was written: the first of several readings has one, too.
        self.line_at = clock.now() if request.pace.count == 1 else -SILENCE
        self.query = query
        self.joiner = Joiner() if request.until else None
        self.until: Judgement | None = None
        self.members = {member.name: member for member in fleet.members}

    def run(self) -> ExitCode:
        """Read and store until the end. The first reading must succeed."""
        pace, now = self.request.pace, self.clock.now
        for line in self._begins():
            say(line)
        begun = now()
        schedule = Schedule(pace.interval, begun, begun)
        dropped = begun
        while True:
            try:
                self._once()
                schedule.succeeded(now())
            except C3sError as problem:
                if not self.readings:
                    raise
                self._note(problem)
                schedule.failed(now())
            self.readings += 1
            if self.request.keep and now() - dropped >= max(pace.interval, self.request.keep / DROPS):
                dropped = now()
                self._drop(self.request.keep)
            self._show()
            collect(self.readings)
            if self.until and self.until.met:
                return self._finish()
            if self.readings == pace.count or (pace.timeout is not None and now() - begun >= pace.timeout):
                return self._finish()
            end = schedule.due if pace.timeout is None else min(schedule.due, begun + pace.timeout)
            self.clock.sleep(max(0.0, end - now()))

    def _begins(self) -> Iterator[str]:
        """Yield what the file will be, unless its name says so, and on a terminal how the recording ends."""
        file, pace = self.request.file, self.request.pace
        if file.endswith(DOCUMENTS):
            path = file if "/" in file else f"./{file}"
            yield f"note: {file} is a recording, not text: c3s top pods --from {quote(path)} reads it"
        if is_terminal() and pace.count is None and pace.timeout is None and not self.request.until:
            every = go_duration(round(pace.interval * 10**9))
            yield f"a reading every {every}, until Ctrl-C: --count 1 makes one reading, --duration 8h ends it"

    def _once(self) -> None:
        try:
            samples, failures = self.clusters.read()
        except C3sError as problem:
            if not self.readings:
                raise
            self._store([], [failure_of(name, problem) for name in self.members])
            raise
        if failures or any(sample.failures for sample in samples):
            self.failed += 1
            first = next(iter([*failures, *(each for sample in samples for each in sample.failures)]))
            self.problem = f"{first.source}: {first.message}"
        self._store([self._reduced(sample) for sample in samples], failures)
        if self.joiner:
            several = len(self.members) > 1
            self.until = make_report(samples, self.query, contexts=several, join_pods=self.joiner).until

    def _reduced(self, sample: Sample) -> Sample:
        """Return the sample that is stored: without labels, if they are not wanted."""
        named = structs.replace(sample, nodes=sorted(sample.nodes, key=lambda node: node.name))
        if self.request.with_labels:
            return named
        nodes = sample.node_facts and {
            name: structs.replace(node, details=node.details and structs.replace(node.details, labels={}))
            for name, node in sample.node_facts.items()
        }
        pods = sample.pod_facts and {key: structs.replace(pod, labels={}) for key, pod in sample.pod_facts.items()}
        return structs.replace(named, node_facts=nodes, pod_facts=pods)

    def _store(self, samples: Sequence[Sample], failures: Sequence[Failure]) -> None:
        try:
            # No journal may be left beside the file.
            with held():
                remarks = self.recorder.add(samples, failures, self.clock.time(), self._namespace_of)
        except C3sError as problem:
            if not self.readings:
                raise
            self._note(problem)
            self.unwritable = True
            return
        if self.unwritable:
            self.unwritable, self.warned = False, ""
            say_alone(f"{self.request.file} can be written again")
        for remark in remarks:
            say_alone(f"note: {remark}")

    def _namespace_of(self, context: str) -> str:
        member = self.members.get(context) or next(iter(self.members.values()))
        try:
            return member.cluster().namespace
        except C3sError:
            return ""

    def _note(self, problem: C3sError) -> None:
        self.failed += 1
        words = problem.first_line.removeprefix("error: ")
        self.problem = words
        if words != self.warned:
            self.warned = words
            say_alone(f"warning: {words}")

    def _drop(self, keep: float) -> None:
        try:
            dropped = self.recorder.drop_before(self.clock.time() - keep)
        except C3sError as problem:
            self._note(problem)
            return
        if dropped:
            say_alone(f"dropped {dropped} readings older than {age(keep)}")

    def _status(self) -> str:
        failed = f", {self.failed} failed, the last: {self.problem}" if self.failed else ""
        size = self.recorder.size() / (1 << 20)
        return f"{self.request.file}: {counted(self.readings, 'reading')}{failed}, {size:.1f} MiB"

    def _show(self) -> None:
        """Refresh the line of a terminal; in a log, write one every ten minutes."""
        if is_terminal():
            tell(CLEAR_LINE + printable(self._status()))
        elif self.clock.now() - self.line_at >= SILENCE:
            self.line_at = self.clock.now()
            say(self._status())

    def _finish(self) -> ExitCode:
        """Say how it ended, and return the exit code."""
        if is_terminal():
            tell(CLEAR_LINE)
        say(self._status())
        met = bool(self.until and self.until.met)
        if self.request.until and not met:
            say("the condition was not met")
        for line in judgement_lines(self.until) if self.until else ():
            say(line)
        if self.request.until and not met:
            return ExitCode.TIMED_OUT
        return ExitCode.INCOMPLETE if self.failed and not met else ExitCode.OK
