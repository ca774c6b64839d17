"""The clusters of one command, one or many, read at the same time. A cluster that fails does not stop the others."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, structs

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ApiError, C3sError, UsageError
from c3s_cli.kube.cluster import access_of, connect
from c3s_cli.kube.contexts import chosen, may_be_several
from c3s_cli.kube.plugins import Plugins
from c3s_cli.metrics import read, scope_of
from c3s_cli.model import Failure
from c3s_cli.sources.api_server import ApiServer
from c3s_cli.terminal.progress import Progress
from c3s_cli.terminal.words import say

if TYPE_CHECKING:
    from c3s_cli.demo.server import DemoServer
    from c3s_cli.kube.access import Access
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.model import Report, Sample
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import DemoOptions, Target
    from c3s_cli.run.stages import Stages

# What a cluster that could not be read is called among the failures.
WHOLE: Final = "cluster"


class Member:
    """One context of a fleet. It connects when it is first needed, and again if that failed."""

    def __init__(self, name: str, find: Callable[[], Access], connect: Callable[[Access], Cluster]) -> None:
        self.name = name
        self._find = find
        self._connect = connect
        self._access: Access | None = None
        self._cluster: Cluster | None = None

    def access(self) -> Access:
        """Return how to reach the cluster. ConfigError if that cannot be known."""
        if self._access is None:
            self._access = self._find()
        return self._access

    def cluster(self) -> Cluster:
        """Return the connected cluster. Raises ConfigError or Unreachable."""
        if self._cluster is None:
            self._cluster = self._connect(self.access())
        return self._cluster

    def notes(self) -> tuple[str, ...]:
        """Return what stderr should say about the connection, as far as there is one."""
        return self._cluster.notes if self._cluster else ()

    def identity(self, query: Query | None = None) -> bytes:
        """Encode what a reading depends on: members that are alike in it read the same. Raises ConfigError."""
        access = self.access()
        namespace = None
        if query is not None and query.objects is Kind.POD:
            namespace = scope_of(query, access.namespace or "default").namespace
        return msgspec.json.encode((access.server, access.cluster, access.user, namespace), order="deterministic")

    def close(self) -> None:
        """Close the connections."""
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None


class Fleet(Struct):
    """The clusters of one command, in the order in which they are shown. parallel: how many to read at once."""

    members: Sequence[Member]
    plugins: Plugins
    parallel: int = 1

    @property
    def several(self) -> bool:
        """Whether the rows of the output need the name of their context."""
        return len(self.members) > 1

    def sole(self, what: str) -> Member:
        """Return the one member, for what takes only one. UsageError if several are given."""
        if self.several:
            raise UsageError(f"{what} takes one context, not {len(self.members)}")
        return self.members[0]

    def close(self) -> None:
        """Close all connections."""
        for member in self.members:
            member.close()


@contextmanager
def opened(target: Target, stages: Stages, connections: int = 1, *, quiet: bool = False) -> Iterator[Fleet]:
    """Find the contexts of a target, or start a demo that runs until the block ends.

    A single cluster is connected at once, several when they are read. connections: how many requests will be made at
    once to each.
    """
    with found(target, stages, connections) as fleet:
        if not fleet.several:
            with stages.stage("connection"):
                fleet.members[0].cluster()
        if not quiet:
            _say_notes(fleet)
        yield fleet


@contextmanager
def found(target: Target, stages: Stages, connections: int = 1) -> Iterator[Fleet]:
    """Do what `opened` does, but connect to nothing yet."""
    with ExitStack() as stack:
        if target.demo:
            server = stack.enter_context(_demo(target.demo))
            target = structs.replace(target, server=server.url, contexts=(), kubeconfig=None)
        with stages.stage("connection"):
            fleet = _fleet(target, stages.trace, connections)
        stack.callback(fleet.close)
        yield fleet


def _fleet(target: Target, trace: Callable[[str], None], connections: int) -> Fleet:
    plugins = Plugins()
    join = partial(connect, target, trace=trace, connections=connections, plugins=plugins)
    if not may_be_several(target):
        name = target.contexts[0] if target.contexts else None
        return Fleet([Member(name or "", partial(access_of, target, name), join)], plugins)
    from c3s_cli.kube.kubeconfig import merge  # one context is found while it connects

    merged = merge(target.kubeconfig, os.environ)
    names = chosen(target, merged)
    if len(names) > 1:
        _refuse_what_is_of_one(target)
    members = [Member(name, partial(access_of, target, name, merged), join) for name in names]
    return Fleet(members, plugins, target.parallel)


def _refuse_what_is_of_one(target: Target) -> None:
    """Raise a UsageError for flags that can only be meant for one cluster: a token is not sent to all of them."""
    for flag in ("server", "cluster", "token", "tls_server_name"):
        if getattr(target, flag):
            raise UsageError(f"--{flag.replace('_', '-')} goes with one context, not with several")


def _demo(options: DemoOptions) -> DemoServer:
    from c3s_cli.demo.server import start  # only --demo needs a server

    try:
        return start(nodes=options.nodes, pods_per_node=options.pods_per_node, seed=options.seed, at=options.at)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
    except OSError as problem:
        raise C3sError(f"the demo cannot start: {problem}") from problem


def _say_notes(fleet: Fleet) -> None:
    for note in dict.fromkeys(note for member in fleet.members for note in member.notes()):
        say(note)


# --- reading --------------------------------------------------------------------------------------------------


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
        cluster = member.cluster()
        samples = [read(ApiServer(cluster, stages.count), query, cluster.namespace)]
        return _computed(samples, query, stages)

    return report


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
        self.members = _distinct(fleet.members, query)
        self.noted = False

    def report(self) -> Report:
        """Read all clusters, and compute a Report of those that answered. C3sError if none did."""
        self.fleet.plugins.forget_failures()
        with self.stages.stage("reading"):
            results = self._read_all()
        if not self.noted:
            _say_notes(self.fleet)
            self.noted = True
        samples = [result for result in results if not isinstance(result, C3sError)]
        failures = self._failures(results)
        return _computed(samples, self.query, self.stages, failures=failures, contexts=True)

    def _read_all(self) -> list[Any]:
        progress = Progress()
        if self.once and not self.stages.verbose:
            progress.start()
        try:
            jobs = [partial(self._read, member) for member in self.members]
            return all_of(jobs, self.fleet.parallel, lambda done: progress.count("clusters", done, len(jobs)))
        finally:
            progress.stop()

    def _read(self, member: Member) -> Sample:
        cluster = member.cluster()
        try:
            return read(ApiServer(cluster), self.query, cluster.namespace)
        finally:
            if self.once:
                cluster.close()

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


# Where a hint has a command that asks the cluster.
KUBECTL: Final = re.compile(r"\bkubectl (?=-n |auth |create |describe |get |version\b)")


def failure_of(context: str, problem: C3sError) -> Failure:
    """Make the Failure of a cluster that could not be read. What to do about it names the context."""
    message = str(problem).split("\n", 1)[0].removeprefix("error: ")
    hint = problem.hint or "c3s doctor looks for the cause"
    return Failure(context, WHOLE, message, of_context(hint, context))


def of_context(hint: str, context: str) -> str:
    """Name the context in the commands of a hint."""
    import shlex  # only a failure needs it

    flag = f"--context {shlex.quote(context)}"
    hint = hint.replace("c3s doctor ", f"c3s doctor {flag} ")
    return KUBECTL.sub(lambda _: f"kubectl {flag} ", hint)


def said(failure: Failure) -> str:
    """Put a Failure of one of several contexts into one line: who, what, and what to do."""
    if failure.source == WHOLE:
        return f"{failure.context}: {failure.message}; hint: {failure.hint}"
    part = "" if failure.source == "quantity" else f"{failure.source} could not be read: "
    return f"{failure.context}: {part}{failure.message}"


def _distinct(members: Sequence[Member], query: Query) -> Sequence[Member]:
    """Leave out the members that would read what an earlier one reads, and say so."""
    first: dict[bytes, Member] = {}
    alike: dict[str, list[str]] = {}
    distinct = []
    for member in members:
        try:
            identity = member.identity(query)
        except C3sError:
            # What is wrong with it is said when it is read.
            distinct.append(member)
            continue
        if identity in first:
            alike.setdefault(first[identity].name, []).append(member.name)
        else:
            first[identity] = member
            distinct.append(member)
    for name, others in alike.items():
        say(f"the same cluster and user as {name}, shown once: {', '.join(others)}")
    return distinct


def all_of(jobs: Sequence[Callable[[], Any]], parallel: int, answered: Callable[[int], None]) -> list[Any]:
    """Run jobs, no more than `parallel` at once. Return the result, or the C3sError, of each, in their order.

    answered: is told how many are done.
    """
    results: list[Any] = [None] * len(jobs)
    places = iter(range(len(jobs)))
    done = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal done
        while True:
            with lock:
                place = next(places, None)
            if place is None:
                return
            try:
                results[place] = jobs[place]()
            except BaseException as problem:  # noqa: BLE001  raised again by the thread that asked
                results[place] = problem
            with lock:
                done += 1
                answered(done)

    answered(0)
    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(parallel, len(jobs)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, C3sError):
            raise result
    return results
