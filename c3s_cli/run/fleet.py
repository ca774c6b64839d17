"""The clusters of one command, one or many: found by the flags, connected on demand, asked in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from c3s_cli.errors import C3sError, ConfigError, NoCluster, TimedOut, UsageError
from c3s_cli.kube.access import access_of
from c3s_cli.kube.cluster import connect
from c3s_cli.kube.contexts import choose, may_be_several, selected
from c3s_cli.kube.deadline import HINT, Deadline
from c3s_cli.kube.kubeconfig import merge
from c3s_cli.kube.plugins import Plugins
from c3s_cli.metrics import clusters_of
from c3s_cli.parallel import in_parallel
from c3s_cli.run.member import Member
from c3s_cli.run.stages import Stages
from c3s_cli.terminal.progress import Progress
from c3s_cli.terminal.stderr import say

if TYPE_CHECKING:
    from c3s_cli.demo.server import DemoServer
    from c3s_cli.request.period import Period
    from c3s_cli.request.target import DemoOptions, Target


class Fleet(Struct):
    """The clusters of one command, in the order in which they are shown. parallel: how many to read at once.

    deadline: for reading all of them.
    """

    members: Sequence[Member]
    plugins: Plugins
    deadline: Deadline
    parallel: int = 1

    @property
    def several(self) -> bool:
        """Whether the rows of the output need the name of their context."""
        return len(self.members) > 1

    def follow(self) -> None:
        """List core objects once and then follow them with watches, for repeated readings."""
        for member in self.members:
            member.follows = True

    def sole(self, what: str) -> Member:
        """Return the only member. UsageError if there are several."""
        if self.several:
            raise UsageError(f"{what} takes one context, not {len(self.members)}")
        return self.members[0]

    def close(self) -> None:
        """Close all connections."""
        for member in self.members:
            member.close()


@contextmanager
def open_fleet(
    target: Target, stages: Stages, connections: int = 1, period: Period | None = None, *, quiet: bool = False
) -> Iterator[Fleet]:
    """Find the contexts of a target, or start a demo that runs until the block ends.

    A single cluster is connected right away, several when they are read. connections: how many parallel requests will
    be made to each. period: that of the query.
    """
    with find_fleet(target, stages, connections, period) as fleet:
        if not fleet.several:
            with stages.stage("connection"):
                fleet.members[0].cluster()
        if not quiet:
            say_notes(fleet)
        yield fleet


@contextmanager
def find_fleet(target: Target, stages: Stages, connections: int = 1, period: Period | None = None) -> Iterator[Fleet]:
    """Do what `open_fleet` does, but without connecting yet."""
    with ExitStack() as stack:
        if target.demo:
            server = stack.enter_context(_demo(target.demo))
            target = structs.replace(target, server=server.url, contexts=(), kubeconfig=None)
        with stages.stage("connection"):
            fleet = _fleet(target, stages, connections, period)
        stack.callback(fleet.close)
        yield fleet


def _fleet(target: Target, stages: Stages, connections: int, period: Period | None) -> Fleet:
    plugins, deadline = Plugins(), Deadline(target.request_timeout)
    if target.origin.url and not target.origin.facts and _has_no_cluster(target):
        say("there is no kubeconfig: nodes, requests and owners come from this Prometheus, too (--facts source)")
        target = structs.replace(target, origin=structs.replace(target.origin, facts=True))
    if target.origin.file:
        from c3s_cli.run.recorded import members_of  # only --from FILE needs it

        return Fleet(members_of(target, stages), plugins, deadline, target.parallel)
    if target.origin.url and target.origin.facts:
        return Fleet(_of_source(target, stages, period), plugins, deadline, target.parallel)
    join = partial(connect, target, trace=stages.trace, connections=connections, plugins=plugins, deadline=deadline)
    if not may_be_several(target):
        name = target.contexts[0] if target.contexts else None
        return Fleet([Member(name or "", target, partial(access_of, target, name), join, stages)], plugins, deadline)
    merged = merge(target.kubeconfig, deadline)
    names = choose(target, merged)
    plugins.prompts.several = len(names) > 1
    if len(names) > 1:
        _refuse_what_is_of_one(target)
    stages = stages if len(names) == 1 else Stages(0)
    members = [Member(name, target, partial(access_of, target, name, merged), join, stages) for name in names]
    return Fleet(members, plugins, deadline, target.parallel)


def _has_no_cluster(target: Target) -> bool:
    """Return whether nothing names a cluster. Other mistakes are reported when the cluster is read."""
    try:
        access_of(target, target.contexts[0] if target.contexts else None)
    except NoCluster:
        return True
    except C3sError:
        return False
    return False


def _of_source(target: Target, stages: Stages, period: Period | None) -> list[Member]:
    """Return a member for each cluster in a Prometheus (--facts source): no API server is needed."""
    from c3s_cli.kube.endpoint import open_endpoint  # only --from URL needs one

    endpoint = open_endpoint(target, stages.trace)
    try:
        origins = clusters_of(endpoint, target.origin, period)
        if target.contexts and all(origin.cluster for origin in origins.values()):
            origins = {name: origins[name] for name in selected(target.contexts, origins, _unknown)}
    except BaseException:
        endpoint.close()
        raise
    # Each closes the shared connections; closing twice is harmless.
    stages = stages if len(origins) == 1 else Stages(0)
    return [
        Member(name, structs.replace(target, origin=origin), lambda: endpoint.access, lambda _: endpoint, stages)
        for name, origin in origins.items()
    ]


def _unknown(name: str) -> ConfigError:
    return ConfigError(f'no cluster of this Prometheus is called "{name}"', hint="list them without --context")


def _refuse_what_is_of_one(target: Target) -> None:
    """Raise a UsageError for flags that apply to one cluster only: a token must not be sent to all of them."""
    for flag in ("server", "cluster", "token", "tls_server_name"):
        if getattr(target, flag):
            raise UsageError(f"--{flag.replace('_', '-')} goes with one context, not with several")
    if target.origin.url and target.origin.match == target.origin.match_of(""):
        raise UsageError(
            "--from URL goes with one context, not with several",
            hint="add --prometheus-match 'cluster=\"{context}\"' if clusters have the names of contexts; "
            "with --facts source it shows every cluster in that Prometheus",
        )


def _demo(options: DemoOptions) -> DemoServer:
    from c3s_cli.demo.server import start  # only --demo needs a server
    from c3s_cli.request.content import demo_resources

    resources = demo_resources(options.resources)
    try:
        return start(at=options.at, resources=resources)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
    except OSError as problem:
        raise C3sError(f"the demo cannot start: {problem}") from problem


def say_notes(fleet: Fleet) -> None:
    """Print the remarks about the connections to stderr."""
    for note in dict.fromkeys(note for member in fleet.members for note in member.notes()):
        say(note)


def run_all(fleet: Fleet, jobs: Sequence[Callable[[], Any]], *, progress: bool = False) -> list[Any]:
    """Run the jobs of clusters, as many at once as the fleet allows; return the result or C3sError of each, in order.

    One that cannot begin before the deadline of all is an error. progress: whether to show on a terminal how many have
    answered, if it takes long.
    """
    shown = Progress()
    shown.count("clusters", 0, len(jobs))
    if progress:
        shown.start()
    try:
        finished = partial(shown.count, "clusters", total=len(jobs))
        in_time = {place: partial(_in_time, fleet.deadline, job) for place, job in enumerate(jobs)}
        return list(in_parallel(in_time, fleet.parallel, finished).values())
    finally:
        shown.stop()


def _in_time(deadline: Deadline, job: Callable[[], Any]) -> Any:
    try:
        deadline.left()
    except TimeoutError:
        raise not_asked() from None
    return job()


def not_asked() -> TimedOut:
    """Return the error of a cluster that could not be asked: others took all of the time."""
    return TimedOut("not asked: the time was over before its turn", hint=f"{HINT}, or more at once: --parallel")
