"""The core API for c3s watch: lists are read once, then followed and answered from memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from msgspec import field, structs

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ApiError, C3sError
from c3s_cli.kube.cluster import Cluster
from c3s_cli.model.rows import NodeFacts, PodFacts
from c3s_cli.parallel import all_results
from c3s_cli.sources.calls import JSON, METADATA, METADATA_LIST, Calls
from c3s_cli.sources.core_api import NODES, OWNING, CoreApi, Stale
from c3s_cli.sources.decode.nodes import node_rows
from c3s_cli.sources.decode.owners import Owners, controllers, names
from c3s_cli.sources.decode.pods import PodDecoder
from c3s_cli.sources.decode.shapes import Rows
from c3s_cli.sources.following.follower import End, Follower, Watched
from c3s_cli.sources.following.memory import Memory, Objects
from c3s_cli.sources.source import Scope

# A list without news for this many seconds is reported as stale: metrics may be that old, too.
LONG: Final = 15.0
# After how many seconds a refused watch is tried again.
AGAIN: Final = 600.0
# A server may ask for a pause, in seconds, but for no longer than this.
LONGEST_PAUSE: Final = 60.0
# A list that nothing has asked for in so many parts of readings is followed no longer: five minutes of a usual watch.
UNASKED: Final = 300
DEAF: Final = "the watch brings no events, so the list is read at every reading"


class Following:
    """The followed lists of one cluster, each with a thread, until this is closed."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._lists: dict[object, FollowedList] = {}
        self._lock = threading.Lock()
        # The number of the part of a reading.
        self._reading = 0

    def core(self, calls: Calls, scope: Scope, problems: list[str], **kept: Any) -> FollowedCore:
        """Return a CoreApi that answers from memory; the parameters are the same."""
        self._forget_unasked()
        return FollowedCore(calls, scope, problems, **kept, following=self)

    def list_of(self, watched: Watched, rows: str, make: Callable[[], Memory]) -> FollowedList:
        """Return the followed list for a watch; `rows` names the kind of rows made from its objects."""
        with self._lock:
            key = (watched.path, tuple(watched.query), rows)
            if key not in self._lists:
                self._lists[key] = FollowedList(self.cluster, watched, make())
            self._lists[key].last_reading = self._reading
            return self._lists[key]

    def _forget_unasked(self) -> None:
        """Close the lists of levels that a live view has left."""
        with self._lock:
            self._reading += 1
            left = [key for key, each in self._lists.items() if self._reading - each.last_reading > UNASKED]
            lists = [self._lists.pop(key) for key in left]
        for each in lists:
            each.close()

    def close(self) -> None:
        """End all threads."""
        for each in self._lists.values():
            each.close()


class FollowedList:
    """One list: read at the first request, and again whenever following it has ended.

    last_reading: the number of the last part of a reading that asked for it.
    """

    def __init__(self, cluster: Cluster, watched: Watched, memory: Memory) -> None:
        self.watched = watched
        self.last_reading = 0
        self._cluster, self._memory = cluster, memory
        self._lock = threading.Lock()
        self._follower: Follower | None = None
        self._refused: float | None = None
        self._deaf: Stale | None = None
        self._busy: tuple[float, ApiError] | None = None

    def ask(self, read: Callable[[Rows], Objects], plain: Callable[[], Objects], problems: list[str]) -> Objects:
        """Return the facts, and add their problems to `problems`. Raises what reading raises.

        read: reads the list so that it can be followed; plain: reads it if watching is refused.
        """
        with self._lock:
            if self._busy is not None and time.monotonic() < self._busy[0]:
                raise self._busy[1]
            self._deaf = self._busy = None
            if self._follower is not None and (self._follower.end is not None or self._follower.silent):
                self._forget(self._follower)
            if self._follower is None:
                try:
                    if self._refused is not None and time.monotonic() - self._refused < AGAIN:
                        return plain()
                    self._memory.fill(read)
                except ApiError as problem:
                    if problem.retry_after:
                        self._busy = (time.monotonic() + min(problem.retry_after, LONGEST_PAUSE), problem)
                    raise
                if self._memory.version:
                    self._follower = Follower(self._cluster, self.watched, self._memory)
            facts, wrong = self._memory.now()
            if self._follower is None:
                # Without a resource version the list cannot be followed.
                self._refused = time.monotonic()
                self._memory.clear()
            problems += wrong
            return facts

    def _forget(self, follower: Follower) -> None:
        """Drop the facts of a follower that has ended, or that may wait for bytes while its facts grow old.

        A watch that never brought an event, not even a bookmark, brings none next time either.
        """
        deaf = follower.silent and not follower.had_event
        if deaf:
            self._deaf = Stale(self.watched.name, 0, C3sError(DEAF))
        self._refused = time.monotonic() if deaf or follower.end is End.REFUSED else None
        follower.leave()
        self._follower = None
        self._memory.clear()

    def stale(self) -> Stale | None:
        """Return since when the list is stale, if it is, or that its watch was given up."""
        if self._deaf is not None:
            return self._deaf
        broken = self._follower.broken if self._follower else None
        seconds = time.monotonic() - broken.since if broken else 0.0
        return Stale(self.watched.name, seconds, broken.problem) if broken and seconds >= LONG else None

    def close(self) -> None:
        """End the thread."""
        if self._follower is not None:
            self._follower.close()


class FollowedCore(CoreApi, kw_only=True):
    """The core API with its lists in memory; everything else is read. lists: those of this reading."""

    following: Following
    lists: list[FollowedList] = field(default_factory=list)

    def nodes(self) -> dict[str, NodeFacts]:
        """Return the node objects, by name: those in scope, or all nodes if the scope is pods."""
        scope = self.scope
        in_scope = scope.objects is Kind.NODE
        if in_scope and scope.name:
            return super().nodes()
        watched = Watched("nodes", NODES, scope.label_query() if in_scope else [], JSON)
        objects = self.follow(watched, "nodes", _nodes, super().nodes)
        # The rows and the header of a watch share one list, even if only one of them needs the details.
        if self.details:
            return objects
        return {name: structs.replace(facts, details=None) for name, facts in objects.items()}

    def pods(self) -> dict[tuple[str, str], PodFacts]:
        """Return the unfinished pods, by namespace and name: those in scope, or those of the nodes in scope."""
        labels, states, placing = self.labels, self.states, self.placing
        if self.scope.objects is Kind.POD and self.scope.name:
            return super().pods()

        def memory() -> Memory:
            problems: list[str] = []
            return Memory(PodDecoder(problems, labels=labels, states=states, placing=placing).page, _pair, problems)

        def read(core: FollowedCore) -> Objects:
            rows = f"labels {labels}, states {states}, placing {placing}"
            return core.follow(_watched_pods(core, JSON), rows, memory, partial(CoreApi.pods, core))

        return self._of_namespaces(read)

    def pod_names(self) -> dict[tuple[str, str], None]:
        """Return the names of the pods in scope, by namespace and name."""

        def read(core: FollowedCore) -> Objects:
            memory, plain = partial(Memory, names, _pair, []), partial(CoreApi.pod_names, core)
            return core.follow(_watched_pods(core, METADATA), "names", memory, plain, METADATA_LIST)

        return self._of_namespaces(read)

    def owners(self) -> Owners:
        """Return the owners of the ReplicaSets and Jobs that own pods."""
        objects: dict[tuple[str, str, str], str] = {}
        for group, resource, kind in OWNING:
            for each in self.scope.namespaced(resource):
                path = f"/apis/{group}/{each}"
                watched, plain = Watched(resource, path, [], METADATA), partial(self.owners_at, [path], kind)
                objects |= self.follow(watched, kind, partial(_owners, kind), plain, METADATA_LIST)
        return objects

    def stale(self) -> list[Stale]:
        """Return the lists of this reading that are out of date."""
        return [stale for each in self.lists if (stale := each.stale())]

    def _of_namespaces(self, read: Callable[[FollowedCore], Objects]) -> Objects:
        """Follow a list of each namespace in scope; return their objects as one."""
        scopes = [structs.replace(self.scope, namespaces=(each,)) for each in self.scope.namespaces] or [self.scope]
        objects = all_results([partial(read, structs.replace(self, scope=each)) for each in scopes])
        return objects[0] if len(objects) == 1 else {key: facts for each in objects for key, facts in each.items()}

    def follow(
        self,
        watched: Watched,
        rows: str,
        memory: Callable[[], Memory],
        plain: Callable[[], dict[Any, Any]],
        accept: str = JSON,
    ) -> dict[Any, Any]:
        """Return the objects of a list. rows: the kind of their facts. plain: reads them if they cannot be followed."""
        followed = self.following.list_of(watched, rows, memory)
        self.lists.append(followed)

        def read(page: Rows) -> Objects:
            return self.calls.pages(watched.path, watched.query, page, accept)

        return followed.ask(read, plain, self.problems)


def _watched_pods(api: CoreApi, accept: str) -> Watched:
    (path,), query = api.pods_in_scope()
    return Watched("pods", path, query, accept)


def _pair(namespace: str, name: str) -> tuple[str, str]:
    return namespace, name


def _nodes() -> Memory:
    problems: list[str] = []
    return Memory(partial(node_rows, problems=problems), lambda _namespace, name: name, problems)


def _owners(kind: str) -> Memory:
    return Memory(partial(controllers, kind=kind), lambda namespace, name: (namespace, kind, name), [])
