"""One cluster of a command: connected on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import C3sError
from c3s_cli.metrics import reader_of, scope_of
from c3s_cli.sources.calls import Calls, open_reading

if TYPE_CHECKING:
    from c3s_cli.kube.access import Access
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.model.sample import Sample
    from c3s_cli.request.query import Query
    from c3s_cli.request.target import Target
    from c3s_cli.run.stages import Stages
    from c3s_cli.sources.cluster_reader import ClusterReader


class Member:
    """One context of a fleet. It connects when it is first needed, and again if that failed.

    tap: what reads through its reader. stages: where to count the time and the progress of readings.
    """

    is_recorded = False

    def __init__(
        self,
        name: str,
        target: Target,
        find: Callable[[], Access],
        connect: Callable[[Access], Cluster],
        stages: Stages,
    ) -> None:
        self.name = name
        self.follows = False
        self.tap: Callable[[ClusterReader], Any] | None = None
        self._target = target
        self._find = find
        self._connect = connect
        self._stages = stages
        self._lock = threading.Lock()
        self._access: Access | None = None
        self._cluster: Cluster | None = None
        self._reader: ClusterReader | None = None
        self._closing: list[Callable[[], None]] = []

    def access(self) -> Access:
        """Return how to reach the cluster. ConfigError if that is not defined."""
        if self._access is None:
            self._access = self._find()
        return self._access

    def cluster(self) -> Cluster:
        """Return the connected cluster. Raises ConfigError or Unreachable."""
        with self._lock:
            if self._cluster is None:
                self._cluster = self._connect(self.access())
            return self._cluster

    def reader(self) -> ClusterReader:
        """Return the reader of the cluster, the same until it is closed. Raises like `cluster`."""
        cluster = self.cluster()
        if self._reader is None:
            reader = self._new_reader(cluster)
            self._reader = self.tap(reader) if self.tap else reader
        return self._reader

    def _new_reader(self, cluster: Cluster) -> ClusterReader:
        origin = self._target.origin
        server: Cluster | None = None
        if origin.url and origin.facts:
            server = cluster
        elif origin.url:
            from c3s_cli.kube.endpoint import open_endpoint  # only --from URL needs one

            server = open_endpoint(self._target, cluster.trace)
            self._closing.append(server.close)
        if self.follows and not origin.facts:
            from c3s_cli.sources.following.lists import Following  # only watch follows

            following = Following(cluster)
            self._closing.append(following.close)
            return reader_of(cluster, origin, self._stages.count, self._stages.progress.count, following.core, server)
        return reader_of(cluster, origin, self._stages.count, self._stages.progress.count, server=server)

    def read(self, query: Query) -> Sample:
        """Read what a query needs. Raises what the reader raises."""
        reader = self.reader()
        return reader.read(query.needs, scope_of(query, reader.cluster.namespace))

    def open_reading(self) -> Calls:
        """Begin a reading of single objects. Raises like `cluster`."""
        return open_reading(self.cluster(), self._stages.progress.count)

    def version(self) -> str:
        """Return the version of the server. Raises like `cluster`, and if it does not answer."""
        from c3s_cli.sources.server import server_version  # only a header shows it

        return server_version(self.cluster())

    def notes(self) -> tuple[str, ...]:
        """Return the remarks about the connection; none before it is made."""
        return self._cluster.notes if self._cluster else ()

    def identity(self, query: Query | None = None) -> bytes:
        """Encode everything that a reading depends on: members with the same key read the same. Raises ConfigError."""
        access = self.access()
        namespaces: tuple[str, ...] = ()
        if query is not None and query.objects is Kind.POD:
            namespaces = scope_of(query, access.namespace or "default").namespaces
        return msgspec.json.encode(
            (access.server, access.cluster, access.user, namespaces, self._target.origin.match_of(self.name)),
            order="deterministic",
        )

    def disconnect(self) -> None:
        """Close the connections, but keep the remarks about them."""
        for close in self._closing:
            close()
        if self._cluster is not None:
            self._cluster.close()

    def close(self) -> None:
        """Close the connections."""
        self.disconnect()
        self._cluster, self._reader, self._closing = None, None, []


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
