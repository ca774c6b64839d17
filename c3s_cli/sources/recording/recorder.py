"""Samples → a recording, one transaction for each reading."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from c3s_cli import __version__
from c3s_cli.sources.recording.facts import Facts, encoded_facts
from c3s_cli.sources.recording.store import lock, opened_to_write, reported
from c3s_cli.sources.recording.usage import Thing, encoded_usage

if TYPE_CHECKING:
    from c3s_cli.model.rows import Node, Pod
    from c3s_cli.model.sample import Failure, Sample

# After so many readings the facts are stored whole again, so that few have to be read for one moment.
WHOLE_EVERY: Final = 360


class Recorder:
    """Adds readings to a recording. interval: seconds between two. namespaces, selector, source: what they cover."""

    def __init__(
        self, path: str, interval: float, namespaces: Sequence[str] = (), selector: str = "", source: str = "metrics"
    ) -> None:
        self.path = path
        self._file = opened_to_write(path)
        self._lock = lock(path)
        self._before: dict[str, tuple[Facts, int, int]] = {}
        self._usage: dict[str, tuple[Any, int]] = {}
        self._things: dict[Thing, int] = {}
        with reported(path):
            for number, namespace, name, containers in self._file.execute("SELECT * FROM things"):
                self._things[namespace, name, msgspec.json.decode(containers, type=tuple[str, ...])] = number
            (self.number,) = self._file.execute("SELECT coalesce(max(number), 0) FROM readings").fetchone()
        self._session: int | None = None
        self._about = (interval, source, ",".join(namespaces), selector, __version__)

    def add(
        self,
        samples: Sequence[Sample],
        failures: Sequence[Failure],
        time: float,
        namespace_of: Callable[[str], str] = lambda _context: "",
    ) -> None:
        """Store one reading of all clusters, or nothing of it. C3sError if the file cannot be written.

        failures: of clusters that could not be read at all. time: of this machine, for those. namespace_of: returns the
        namespace of a context.
        """
        known = dict(self._things), dict(self._before), dict(self._usage), self._session
        try:
            with reported(self.path):
                self._file.execute("BEGIN IMMEDIATE")
                self._add(samples, failures, time, namespace_of)
                self._file.execute("COMMIT")
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            self._things, self._before, self._usage, self._session = known
            raise
        self.number += 1

    def _add(
        self,
        samples: Sequence[Sample],
        failures: Sequence[Failure],
        time: float,
        namespace_of: Callable[[str], str],
    ) -> None:
        if self._session is None:
            self._session = self._insert(
                "INSERT INTO sessions (began, interval, source, namespaces, selector, version) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (time, *self._about),
            )
        for sample in samples:
            self._add_sample(sample, self._cluster(sample.context, namespace_of(sample.context)))
        for failure in failures:
            cluster = self._cluster(failure.context, namespace_of(failure.context))
            values = (cluster, self._session, self.number + 1, time, "", _told([failure]), 0)
            self._insert(
                "INSERT INTO readings (cluster, session, number, time, source, failures, base) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )

    def _add_sample(self, sample: Sample, cluster: int) -> None:
        facts = Facts(sample.node_facts, sample.pod_facts, sample.pod_count)
        before, base, age = self._before.get(sample.context, (Facts(), 0, 0))
        whole = not base or age >= WHOLE_EVERY
        usage, same = self._usage_of(sample)
        rows: Sequence[Node | Pod] = sample.nodes or sample.pods
        number = self._insert(
            "INSERT INTO readings (cluster, session, number, time, source, nodes, pods, cpu_nanocores, memory_bytes, "
            "failures, base, facts, usage, usage_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                cluster,
                self._session,
                self.number + 1,
                sample.now.timestamp(),
                sample.source,
                len(sample.nodes),
                len(sample.pods),
                _total([row.cpu_nanocores for row in rows]),
                _total([row.memory_bytes for row in rows]),
                _told(sample.failures),
                0 if whole else base,
                encoded_facts(facts, Facts() if whole else before),
                usage,
                same,
            ),
        )
        if whole:
            self._file.execute("UPDATE readings SET base = id WHERE id = ?", (number,))
        if usage is not None:
            self._usage[sample.context] = ((sample.nodes, sample.pods), number)
        self._before[sample.context] = (facts, number if whole else base, 1 if whole else age + 1)

    def _usage_of(self, sample: Sample) -> tuple[bytes | None, int | None]:
        """Return the encoded usage; if it is that of an earlier reading, only which."""
        before, number = self._usage.get(sample.context, (None, 0))
        if before == (sample.nodes, sample.pods):
            return None, number
        return encoded_usage(sample.nodes, sample.pods, self._thing), None

    def _thing(self, thing: Thing) -> int:
        number = self._things.get(thing)
        if number is None:
            values = (thing[0], thing[1], msgspec.json.encode(thing[2]).decode())
            number = self._things[thing] = self._insert(
                "INSERT INTO things (namespace, name, containers) VALUES (?, ?, ?)", values
            )
        return number

    def _cluster(self, context: str, namespace: str) -> int:
        found = self._file.execute("SELECT id FROM clusters WHERE context = ?", (context,)).fetchone()
        if found:
            return int(found[0])
        return self._insert("INSERT INTO clusters (context, namespace) VALUES (?, ?)", (context, namespace))

    def _insert(self, statement: str, values: Sequence[Any]) -> int:
        return self._file.execute(statement, values).lastrowid or 0

    def drop_before(self, time: float) -> int:
        """Drop the readings before a time, but none that a later one needs. Return how many were dropped."""
        with reported(self.path):
            first = "SELECT min(base) FROM readings AS kept WHERE kept.cluster = readings.cluster AND kept.time >= ?"
            used = "SELECT min(coalesce(usage_of, id)) FROM readings AS kept WHERE kept.cluster = readings.cluster AND "
            dropped = self._file.execute(
                f"DELETE FROM readings WHERE time < ? AND id < coalesce(({first}), id) "  # noqa: S608  constants
                f"AND id < coalesce(({used} kept.time >= ?), id)",
                (time, time, time),
            ).rowcount
            if dropped:
                self._file.execute("PRAGMA incremental_vacuum")
        return dropped

    def size(self) -> int:
        """Return the size of the file in bytes."""
        return os.stat(self.path).st_size

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        if self._lock is not None:
            os.close(self._lock)


def _total(values: Sequence[int | None]) -> int | None:
    """Add up what is known; None if nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _told(failures: Sequence[Failure]) -> str:
    known: list[Mapping[str, Any]] = [msgspec.to_builtins(failure) for failure in failures]
    return msgspec.json.encode(known).decode()
