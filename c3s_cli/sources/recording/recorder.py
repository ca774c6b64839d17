"""Samples → a recording, one transaction for each reading."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from msgspec import Struct

from c3s_cli import __version__
from c3s_cli.amounts.timestamp import utc
from c3s_cli.amounts.totals import sum_known
from c3s_cli.errors import C3sError
from c3s_cli.model.rows import Node, Pod
from c3s_cli.model.sample import Failure, Sample
from c3s_cli.sources.recording.facts import Facts, encode_facts
from c3s_cli.sources.recording.layout import GrowingLayout, thing_of
from c3s_cli.sources.recording.store import named_errors, open_to_write, things_of
from c3s_cli.sources.recording.usage import encode_usage

# How many seconds the clocks of several API servers of a cluster may differ.
CLOCKS: Final = 5.0
DROP: Final = """
DELETE FROM readings WHERE time < ? AND id < coalesce((
  SELECT min(nullif(base, 0)) FROM readings AS kept WHERE kept.cluster = readings.cluster AND kept.time >= ?
), id) AND id < coalesce((
  SELECT min(coalesce(usage_of, id)) FROM readings AS kept WHERE kept.cluster = readings.cluster AND kept.time >= ?
), id)"""
DROP_THINGS: Final = """
DELETE FROM things WHERE layout NOT IN (
  SELECT node_layout FROM readings WHERE node_layout IS NOT NULL
  UNION SELECT pod_layout FROM readings WHERE pod_layout IS NOT NULL
)"""
ABOUT: Final = ("began", "interval", "source", "namespaces", "selector", "version")
# After so many readings the facts are stored whole again, so that few have to be read for one moment.
WHOLE_EVERY: Final = 360


class _Last(Struct):
    """What the last reading of a cluster leaves to the next one.

    facts: the facts; base, age: the reading that has all facts, and how many have been since. usage: of the reading
    `usage_of`. layouts: of nodes and of pods.
    """

    layouts: tuple[GrowingLayout, GrowingLayout]
    facts: Facts | None = None
    base: int = 0
    age: int = 0
    usage: Any = None
    usage_of: int = 0


class Recorder:
    """Adds readings to a recording. interval: seconds between two. namespaces, selector, source: what they cover."""

    def __init__(
        self, path: str, interval: float, namespaces: Sequence[str] = (), selector: str = "", source: str = "metrics"
    ) -> None:
        self.path = path
        self._file, self._lock = open_to_write(path)
        self._last: dict[str, _Last] = {}
        with named_errors(path):
            (self.number,) = self._file.execute("SELECT coalesce(max(number), 0) FROM readings").fetchone()
        self._session: int | None = None
        self._newest = 0
        self._remarks: tuple[str, ...] = ()
        self._about = (interval, source, ",".join(namespaces), selector, __version__)

    def add(
        self,
        samples: Sequence[Sample],
        failures: Sequence[Failure],
        time: float,
        namespace_of: Callable[[str], str] = lambda _context: "",
    ) -> tuple[str, ...]:
        """Store one reading of all clusters, or nothing of it; return remarks. C3sError if the file cannot be written.

        failures: of clusters that could not be read at all. time: of this machine, for those. namespace_of: returns the
        namespace of a context.
        """
        session, self._remarks = self._session, ()
        try:
            with self._transaction():
                self._add(samples, failures, time, namespace_of)
        except BaseException as problem:
            # The next reading stores all that it needs.
            self._last, self._session = {}, session
            if isinstance(problem, OverflowError):
                raise C3sError(f"cannot write {self.path}: a number of the reading has more than 64 bits") from None
            raise
        self.number += 1
        return self._remarks

    def _add(
        self,
        samples: Sequence[Sample],
        failures: Sequence[Failure],
        time: float,
        namespace_of: Callable[[str], str],
    ) -> None:
        if self._session is None:
            self._session = self._insert("sessions", dict(zip(ABOUT, (time, *self._about), strict=True)))
        for sample in samples:
            self._add_sample(sample, self._cluster(sample.context, namespace_of(sample.context)))
        for failure in failures:
            cluster = self._cluster(failure.context, namespace_of(failure.context))
            self._insert("readings", self._reading(cluster, time, "", [failure]))

    def _reading(self, cluster: int, time: float, source: str, failures: Sequence[Failure]) -> dict[str, Any]:
        return {
            "cluster": cluster,
            "session": self._session,
            "number": self.number + 1,
            "time": time,
            "source": source,
            "failures": msgspec.json.encode(failures).decode(),
            "base": 0,
        }

    def _add_sample(self, sample: Sample, cluster: int) -> None:
        last = self._last.get(sample.context) or _Last(self._layouts(cluster))
        facts = Facts(sample.node_facts, sample.pod_facts, sample.pod_count)
        whole = last.facts is None or last.age >= WHOLE_EVERY
        self._compare_clocks(sample, cluster)
        values = self._reading(cluster, sample.now.timestamp(), sample.source, sample.failures)
        rows: Sequence[Node | Pod] = sample.nodes or sample.pods
        values |= {
            "nodes": len(sample.nodes),
            "pods": len(sample.pods),
            "cpu_nanocores": sum_known([row.cpu_nanocores for row in rows]),
            "memory_bytes": sum_known([row.memory_bytes for row in rows]),
            "base": last.base,
            "facts": None if last.facts is None else encode_facts(facts, last.facts),
            "all_facts": encode_facts(facts, Facts()) if whole else None,
        }
        same = last.usage == (sample.nodes, sample.pods)
        values |= {"usage_of": last.usage_of} if same else self._usage(sample, last)
        number = self._insert("readings", values)
        if whole:
            last.base, last.age = number, 0
            self._file.execute("UPDATE readings SET base = id WHERE id = ?", (number,))
        if not same:
            last.usage, last.usage_of = (sample.nodes, sample.pods), number
        last.facts, last.age = facts, last.age + 1
        self._last[sample.context] = last

    def _compare_clocks(self, sample: Sample, cluster: int) -> None:
        """Remark on a clock that went back: there will be several readings of the same time."""
        before = self._file.execute(
            "SELECT time FROM readings WHERE cluster = ? AND base > 0 ORDER BY id DESC LIMIT 1", (cluster,)
        ).fetchone()
        if before and sample.now.timestamp() < before[0] - CLOCKS:
            now = utc(sample.now)
            self._remarks += (f"the clock of {sample.context} went back from {utc(before[0])} to {now}",)

    def _usage(self, sample: Sample, last: _Last) -> dict[str, Any]:
        """Encode the usage, and store the things that are new in the layouts."""
        values: dict[str, Any] = {}
        layouts = []
        of_both: tuple[Sequence[Node | Pod], ...] = (sample.nodes, sample.pods)
        for kind, rows, layout in zip(("node", "pod"), of_both, last.layouts, strict=True):
            things = [*map(thing_of, rows)]
            if not layout.fits(things):
                layout = GrowingLayout(self._new_layout())  # noqa: PLW2901  the new one
            # Pods of one workload stand side by side.
            for thing in sorted({*things} - layout.places.keys()):
                layout.append(thing)
            places = [*map(layout.place, things)]
            new = enumerate(layout.things[layout.stored :], layout.stored)
            self._file.executemany(
                "INSERT INTO things VALUES (?, ?, ?, ?, ?)",
                [
                    (layout.number, place, namespace, name, msgspec.json.encode(containers).decode())
                    for place, (namespace, name, containers) in new
                ],
            )
            layout.stored = len(layout.things)
            layouts.append(layout)
            values |= {f"{kind}_layout": layout.number}
            values[f"{kind}_places"], values[f"{kind}_usage"] = encode_usage(rows, places, layout)
        last.layouts = (layouts[0], layouts[1])
        return values

    def _layouts(self, cluster: int) -> tuple[GrowingLayout, GrowingLayout]:
        """Return the layouts of the last reading of a cluster, or new ones."""
        row = self._file.execute(
            "SELECT node_layout, pod_layout FROM readings WHERE cluster = ? AND pod_layout IS NOT NULL "
            "ORDER BY id DESC LIMIT 1",
            (cluster,),
        ).fetchone()
        nodes, pods = [
            GrowingLayout(number, things := things_of(self._file, number), len(things)) for number in row or ()
        ] or [GrowingLayout(self._new_layout()), GrowingLayout(self._new_layout())]
        return nodes, pods

    def _new_layout(self) -> int:
        """Return a number that no layout has."""
        if not self._newest:
            (newest,) = self._file.execute(
                "SELECT max(coalesce(max(node_layout), 0), coalesce(max(pod_layout), 0)) FROM readings"
            ).fetchone()
            self._newest = int(newest)
        self._newest += 1
        return self._newest

    def _cluster(self, context: str, namespace: str) -> int:
        row = self._file.execute("SELECT id FROM clusters WHERE context = ?", (context,)).fetchone()
        if row:
            return int(row[0])
        return self._insert("clusters", {"context": context, "namespace": namespace})

    def _insert(self, table: str, values: Mapping[str, Any]) -> int:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  constants
        return self._file.execute(statement, tuple(values.values())).lastrowid or 0

    def drop_before(self, time: float) -> int:
        """Drop the readings before a time, but none that a later one needs. Return how many were dropped."""
        with self._transaction():
            dropped = self._file.execute(DROP, (time, time, time)).rowcount
            if dropped:
                self._file.execute(DROP_THINGS)
        if dropped:
            with named_errors(self.path, writes=True):
                self._file.execute("PRAGMA incremental_vacuum").fetchall()
        return dropped

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Write all that a block writes, or nothing of it."""
        with named_errors(self.path, writes=True):
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._file.execute("COMMIT")
            except BaseException:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise

    def size(self) -> int:
        """Return the size of the file in bytes."""
        return os.stat(self.path).st_size

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        if self._lock is not None:
            os.close(self._lock)
