"""What is stored in a recording: clusters, readings, their facts and usage."""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from c3s_cli.amounts.timestamp import utc
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import C3sError
from c3s_cli.model.rows import Node, Pod, PodFacts
from c3s_cli.model.sample import Failure
from c3s_cli.request.period import Period
from c3s_cli.sources.recording.contents import OLDEST, Contents, contents_of, covered
from c3s_cli.sources.recording.facts import Facts, Key, Shapes, apply_change, with_change
from c3s_cli.sources.recording.layout import Layout
from c3s_cli.sources.recording.store import DamagedError, is_locked, named_errors, open_to_read, things_of
from c3s_cli.sources.recording.usage import Columns, Places, nodes_of, pods_of

# How many layouts are kept: those of 30,000 pods take 5 MB each.
LAYOUTS: Final = 2


READING: Final = (
    "SELECT readings.id, number, time, readings.source, failures, base, coalesce(usage_of, readings.id), namespaces, "
    "selector, interval FROM readings JOIN sessions ON sessions.id = session"
)

# Seconds since 1970, before the year 10000, and seconds between two readings.
Time = Annotated[float, Meta(ge=0, lt=253402300800)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Row = tuple[int, int, Time, str, str, int, int, str, str, Seconds]


class Recorded(Struct, frozen=True):
    """A cluster in a recording, in place of a connection. namespace: of its context."""

    context: str
    namespace: str
    number: int
    # Unknown: they are of a kubeconfig.
    cluster_name: str = ""
    user_name: str = ""


class StoredReading(Struct, frozen=True):
    """One reading of one cluster. count: its number in the recording. namespaces, selector: what was recorded."""

    number: int
    count: int
    time: float
    source: str
    failures: tuple[Failure, ...]
    base: int
    usage_of: int
    namespaces: tuple[str, ...]
    selector: str
    interval: float

    @property
    def covers(self) -> str:
        """What was recorded, in words; "" for everything."""
        return covered(self.namespaces, self.selector)

    def check(self, sources: Sequence[str]) -> None:
        """Raise a C3sError if one of some sources could not be read."""
        for failure in self.failures:
            if failure.source in sources:
                raise C3sError(f"the reading failed: {failure.message}")


class Moment(Struct, frozen=True):
    """When a reading was made. failed: whether nothing could be read. troubled: whether something could not."""

    number: int
    time: float
    failed: bool
    troubled: bool


class Recording:
    """A recording that may be written at the same time. C3sError if it cannot be read."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = open_to_read(path)
        self._facts: dict[int, tuple[int, Facts]] = {}
        self._layouts: dict[int, Layout] = {}

    def clusters(self) -> list[Recorded]:
        """Return the clusters in it, in the order in which they were first read."""
        rows = self._select(tuple[str, str, int], "SELECT context, namespace, id FROM clusters ORDER BY id")
        return [Recorded(*row) for row in rows]

    def moment(self, cluster: Recorded, period: Period | None) -> StoredReading:
        """Return the reading of a time, or of a number; the last one by default. C3sError if there is none."""
        number = period.number if period else None
        end = None if period is None or number is not None else period.bounds(time.time())[1]
        condition, order, values = "", "readings.id DESC", list[float]()
        if number is not None:
            condition, values = "AND number = ?", [number]
        elif end is not None:
            # A time is given in whole seconds.
            condition, order, values = "AND time < ?", "time DESC, readings.id DESC", [end + 1]
        row = self._row(cluster, f"{condition} ORDER BY {order} LIMIT 1", values)
        if row is None and number is not None:
            raise C3sError(f"{self.path} has no reading {number} of {cluster.context}{self._numbers(cluster)}")
        if row is None or (end is not None and end - row[2] > OLDEST * row[-1]):
            gap = self._gap(cluster, end or 0)
            raise C3sError(f"{self.path} has no reading of {cluster.context} at {utc(end or 0)}{gap}")
        return self._stored(row)

    def reading(self, cluster: Recorded, number: int) -> StoredReading:
        """Return a reading by its number in the file. C3sError if there is none."""
        row = self._row(cluster, "AND readings.id = ?", [number])
        if row is None:
            raise DamagedError(f"{self.path} is damaged: a reading is missing")
        return self._stored(row)

    def _stored(self, row: Any) -> StoredReading:
        id_, count, at, source, failures, base, usage_of, namespaces, selector, interval = row
        with self.decoding():
            failed = msgspec.json.decode(failures, type=tuple[Failure, ...])
        names = tuple(filter(None, namespaces.split(",")))
        return StoredReading(id_, count, at, source, failed, base, usage_of, names, selector, interval)

    def _select(self, row: Any, query: str, *values: float) -> list[Any]:
        """Return rows if they have the types that c3s stores. C3sError if not: a file may be anybody's."""
        with named_errors(self.path):
            rows = self._file.execute(query, values).fetchall()
        with self.decoding():
            return msgspec.convert(rows, list[row])

    def between(self, cluster: Recorded, period: Period) -> tuple[float, float, list[Any]]:
        """Return the bounds of a range, and (id, time, interval, usage: of which one) of its measured readings."""
        start, end = period.bounds(self.last(cluster))
        rows = self._select(
            tuple[int, Time, Seconds, int | None],
            "SELECT readings.id, time, interval, CASE WHEN pod_usage IS NULL THEN usage_of ELSE readings.id END "
            "FROM readings JOIN sessions ON sessions.id = session "
            "WHERE cluster = ? AND time > ? AND time < ? ORDER BY time, readings.id",
            *(cluster.number, start, end + 1),
        )
        if measured := [row for row in rows if row[3] is not None]:
            return start, end, measured
        raise self._nothing(cluster, start, end)

    def moments(self, cluster: Recorded, period: Period) -> list[Moment]:
        """Return when the readings in a range were made. C3sError if there are none."""
        start, end = period.bounds(self.last(cluster))
        rows = self._select(
            tuple[int, Time, int, int],
            "SELECT number, time, coalesce(node_usage, pod_usage, usage_of) IS NULL, failures <> '[]' "
            "FROM readings WHERE cluster = ? AND time > ? AND time < ? ORDER BY id",
            *(cluster.number, start, end + 1),
        )
        if not rows:
            raise self._nothing(cluster, start, end)
        return [Moment(number, time, bool(failed), bool(troubled)) for number, time, failed, troubled in rows]

    def _nothing(self, cluster: Recorded, start: float, end: float) -> C3sError:
        return C3sError(f"{self.path} has no reading of {cluster.context} from {utc(start)} to {utc(end)}")

    def last(self, cluster: Recorded) -> float:
        """Return the time of the last reading of a cluster; 0 if there is none."""
        row = self._row(cluster, "ORDER BY readings.id DESC LIMIT 1", [])
        return row[2] if row else 0.0

    def _row(self, cluster: Recorded, rest: str, values: Sequence[float]) -> Any:
        rows = self._select(Row, f"{READING} WHERE cluster = ? {rest}", cluster.number, *values)
        return rows[0] if rows else None

    def _numbers(self, cluster: Recorded) -> str:
        query = "SELECT min(number), max(number) FROM readings WHERE cluster = ?"
        ((first, last),) = self._select(tuple[int | None, int | None], query, cluster.number)
        return f": it has {first} to {last}" if first else ": it has none"

    def _gap(self, cluster: Recorded, end: float) -> str:
        """Describe the gap that a time is in, by the readings on both sides."""
        query = (
            "SELECT max(CASE WHEN time <= ? THEN time END), min(CASE WHEN time > ? THEN time END) "
            "FROM readings WHERE cluster = ?"
        )
        ((before, after),) = self._select(tuple[Time | None, Time | None], query, end, end, cluster.number)
        if before is None:
            return f": the first is of {utc(after)}" if after is not None else ": it is empty"
        then = f"the next of {utc(after)}" if after else "it is the last"
        return f": the one before is of {utc(before)}, {then}"

    def facts(self, cluster: Recorded, moment: StoredReading) -> Facts:
        """Return the facts of a reading: those of its base, or of the last one asked for, with every change since."""
        number, facts = self._facts.get(cluster.number, (0, Facts()))
        if moment.base <= number <= moment.number:
            with named_errors(self.path), self.decoding():
                for _, change, everything in self._changes(cluster, number + 1, moment.number):
                    facts = with_change(everything or b"", Facts()) if change is None else with_change(change, facts)
        else:
            facts, _ = self.facts_since(cluster, moment.base, moment.number, moment.number)
        self._facts[cluster.number] = moment.number, facts
        return facts

    def facts_since(self, cluster: Recorded, base: int, first: int, last: int) -> tuple[Facts, dict[Key, PodFacts]]:
        """Return the facts of a reading, and the last ones of pods that are gone, but were there since the first.

        base: a reading that has all facts, not after the first.
        """
        facts, known, shapes = Facts(), False, Shapes()
        gone: dict[Key, PodFacts] = {}
        with named_errors(self.path), self.decoding():
            for number, change, everything in self._changes(cluster, base, last):
                if not known and number != base:
                    raise ValueError("the facts that others are based on are missing")
                since, known = gone if number > first else None, True
                if change is None or number == base:
                    before = facts.pods or {}
                    facts = apply_change(everything or b"", Facts(), None, shapes)
                    if since is not None:
                        since.update((key, each) for key, each in before.items() if key not in (facts.pods or {}))
                else:
                    facts = apply_change(change, facts, since, shapes)
        return facts, {key: each for key, each in gone.items() if key not in (facts.pods or {})}

    def each_facts(self, cluster: Recorded, first: int, last: int) -> Iterator[tuple[int, Facts]]:
        """Yield the facts of each reading in which they changed, from one that has all facts, with its number."""
        facts = Facts()
        with named_errors(self.path), self.decoding():
            for number, change, everything in self._changes(cluster, first, last):
                whole = change is None or number == first
                facts = with_change(everything, Facts()) if whole else with_change(change, facts)
                yield number, facts

    def _changes(self, cluster: Recorded, first: int, last: int) -> Iterable[Any]:
        """Return (id, facts, all facts) of readings: what changed since the one before, and all if it is a base."""
        rows = self._file.execute(
            "SELECT id, facts, CASE WHEN facts IS NULL OR id = ? THEN all_facts END FROM readings "
            "WHERE cluster = ? AND id BETWEEN ? AND ? AND (facts IS NOT NULL OR all_facts IS NOT NULL) ORDER BY id",
            [first, cluster.number, first, last],
        )
        return (msgspec.convert(row, tuple[int, bytes | None, bytes | None]) for row in rows)

    def base_of(self, number: int) -> int:
        """Return the reading with all facts that a reading builds on."""
        rows = self._select(tuple[int], "SELECT base FROM readings WHERE id = ?", number)
        return int(rows[0][0]) if rows else number

    def usage(self, number: int, context: str) -> tuple[list[Node], list[Pod]]:
        """Return the usage of a reading, by its number in the file."""
        nodes, pods = self.columns(number, Kind.NODE), self.columns(number, Kind.POD)
        with self.decoding():
            return nodes_of(*nodes, context) if nodes else [], pods_of(*pods, context) if pods else []

    def columns(self, number: int, kind: Kind) -> tuple[Columns, Layout] | None:
        """Return the usage of nodes or pods of a reading, by its number in the file; None if it has none."""
        with named_errors(self.path), self.decoding():
            row = self._stored_of(kind, number, "layout", "places", "usage")
            if row is None:
                return None
            layout, places, usage = msgspec.convert(row, tuple[int, bytes, bytes])
            columns = Columns(places, usage)
            return columns, self._layout(layout, columns.size)

    def places(self, number: int, kind: Kind) -> tuple[Places, Layout] | None:
        """Return where a layout has values of nodes or pods in a reading, by its number in the file."""
        with named_errors(self.path), self.decoding():
            row = self._stored_of(kind, number, "layout", "places")
            if row is None:
                return None
            layout, content = msgspec.convert(row, tuple[int, bytes])
            places = msgspec.msgpack.decode(content, type=Places)
            return places, self._layout(layout, places.size)

    def _stored_of(self, kind: Kind, number: int, *what: str) -> Any:
        """Return what is stored of the nodes or pods of a reading; None if nothing is."""
        fields = ", ".join(f"{'pod' if kind is Kind.POD else 'node'}_{each}" for each in what)
        row = self._file.execute(f"SELECT {fields} FROM readings WHERE id = ?", [number]).fetchone()  # noqa: S608
        return row if row and row[-1] is not None else None

    def _layout(self, number: int, size: int) -> Layout:
        """Return a layout with all things that it has now. Others may be added while it is recorded."""
        known = self._layouts.get(number)
        if known is None or len(known.things) < size:
            if len(self._layouts) >= LAYOUTS:
                self._layouts.clear()
            known = self._layouts[number] = Layout(number, things_of(self._file, number))
        return known

    def contents(self) -> list[Contents]:
        """Return what is in it, by cluster."""
        query = (
            "SELECT time, interval, base = 0, namespaces, selector "
            "FROM readings JOIN sessions ON sessions.id = session WHERE cluster = ? ORDER BY readings.id"
        )
        kind = tuple[Time, Seconds, int, str, str]
        rows = {each.context: self._select(kind, query, each.number) for each in self.clusters()}
        return [contents_of(context, readings) for context, readings in rows.items() if readings]

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Turn errors of damaged values into a C3sError that names the file."""
        try:
            yield
        except (zlib.error, msgspec.MsgspecError, ValueError, LookupError, OverflowError):
            raise DamagedError(f"{self.path} is damaged: a reading cannot be decoded") from None

    def is_recorded(self) -> bool:
        """Return whether it is being recorded now."""
        return is_locked(self.path)

    def copy(self, path: str) -> None:
        """Copy all readings that are complete to a new file. C3sError if that exists or cannot be written."""
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as problem:
            raise C3sError(f"cannot write {path}: {(problem.strerror or '').lower()}") from None
        try:
            with named_errors(path, writes=True), closing(sqlite3.connect(path)) as target:
                # What fails is removed: no journal is needed.
                target.execute("PRAGMA journal_mode = OFF")
                self._file.backup(target)
        except C3sError:
            os.remove(path)
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()
