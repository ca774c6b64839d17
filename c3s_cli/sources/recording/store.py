"""The file of a recording: its schema, who may write it, and errors in words.

docs/recording.md describes the tables. The journal is a rollback journal: a file that nobody is writing is complete by
itself, also in a directory that cannot be written.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from c3s_cli.errors import C3sError
from c3s_cli.sources.recording.layout import Thing

# "c3s1" in the header of the file.
APPLICATION: Final = 0x63337331
VERSION: Final = 2
# The first version that was released.
OLDEST: Final = 2
# How many seconds to wait while another process writes or reads.
BUSY: Final = 10.0
# The bytes of a file that say how many pages of which size it has.
HEADER: Final = 100
# The most bytes of a value in the file: the usage of 150,000 pods takes 2 MB, their facts 10.
LARGEST: Final = 1 << 26
# A journal must be played back before the file is read, which a reader may not do.
UNFINISHED: Final = ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY", "SQLITE_CANTOPEN")
# Characters that have a meaning in the URI of a file.
SPECIAL: Final = "?#%"

TABLES: Final = (
    """CREATE TABLE sessions (
  id INTEGER PRIMARY KEY, began REAL NOT NULL, interval REAL NOT NULL, source TEXT NOT NULL,
  namespaces TEXT NOT NULL, selector TEXT NOT NULL, version TEXT NOT NULL
)""",
    "CREATE TABLE clusters (id INTEGER PRIMARY KEY, context TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL)",
    """CREATE TABLE things (
  layout INTEGER NOT NULL, place INTEGER NOT NULL, namespace TEXT, name TEXT NOT NULL, containers TEXT NOT NULL,
  PRIMARY KEY (layout, place)
) WITHOUT ROWID""",
    """CREATE TABLE readings (
  id INTEGER PRIMARY KEY, cluster INTEGER NOT NULL REFERENCES clusters, session INTEGER NOT NULL REFERENCES sessions,
  number INTEGER NOT NULL, time REAL NOT NULL, source TEXT NOT NULL, nodes INTEGER, pods INTEGER,
  cpu_nanocores INTEGER, memory_bytes INTEGER, failures TEXT NOT NULL, base INTEGER NOT NULL, usage_of INTEGER,
  node_layout INTEGER, pod_layout INTEGER, node_places BLOB, pod_places BLOB, node_usage BLOB, pod_usage BLOB,
  facts BLOB, all_facts BLOB
)""",
    "CREATE INDEX readings_by_time ON readings (cluster, time)",
    "CREATE INDEX readings_by_number ON readings (number)",
)


class DamagedError(C3sError):
    """A recording cannot be read."""


class BeingRecordedError(C3sError):
    """Another process records into the same file."""


def open_to_read(path: str) -> sqlite3.Connection:
    """Open a recording that may be written at the same time. C3sError if it is none."""
    if not os.path.exists(path):
        raise C3sError(f"no recording {path}: no such file", hint="c3s record FILE makes one")
    with named_errors(path):
        connection = _connected(path, "ro")
        if _is_unfinished(connection):
            # A recorder was killed while it wrote: SQLite takes back the half of a reading.
            connection.close()
            _is_unfinished(_connected(path, "rw"))
            connection = _connected(path, "ro")
        _check(connection, path)
    return connection


def open_to_write(path: str) -> tuple[sqlite3.Connection, int | None]:
    """Open a recording to add to it, or make a new one that only its owner can read, and lock it.

    Return the descriptor of the lock, too, None where files cannot be locked. C3sError if that is impossible.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as problem:
        raise C3sError(f"cannot write {path}: {(problem.strerror or '').lower()}") from None
    locked = lock(path)
    try:
        with named_errors(path, writes=True):
            connection = _connected(path, "rw")
            _is_unfinished(connection)
            if os.stat(path).st_size:
                _check(connection, path)
            else:
                _make(connection)
    except BaseException:
        if locked is not None:
            os.close(locked)
        raise
    return connection, locked


def _make(connection: sqlite3.Connection) -> None:
    connection.executescript("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; BEGIN")
    for table in TABLES:
        connection.execute(table)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.commit()


def _connected(path: str, mode: str) -> sqlite3.Connection:
    quoted = "".join(f"%{ord(letter):02x}" if letter in SPECIAL else letter for letter in os.path.abspath(path))
    connection = sqlite3.connect(
        f"file:{quoted}?mode={mode}", uri=True, timeout=BUSY, isolation_level=None, check_same_thread=False
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST)
    # Nothing in the file may call a function.
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def _is_unfinished(connection: sqlite3.Connection) -> bool:
    """Read the file for the first time; return whether its journal must be played back, but may not be.

    Other errors come up again when the file is checked.
    """
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as problem:
        return problem.sqlite_errorname in UNFINISHED
    return False


def _check(connection: sqlite3.Connection, path: str) -> None:
    """Raise a C3sError unless this is a whole recording of a version that c3s knows."""
    with open(path, "rb") as file:
        header = file.read(HEADER)
    size, pages = int.from_bytes(header[16:18], "big"), int.from_bytes(header[28:32], "big")
    if header.startswith(b"SQLite format 3") and os.stat(path).st_size < size * pages:
        raise DamagedError(f"{path} is cut short: {os.stat(path).st_size} of {size * pages} bytes")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise DamagedError(f"{path} is not a recording of c3s")
    if version > VERSION:
        raise DamagedError(f"{path} was recorded by a newer c3s (format {version}, this one reads {VERSION})")
    if version < OLDEST:
        raise DamagedError(f"{path} was recorded by a c3s that was never released (format {version})")
    # Triggers, views and expressions in a table would be SQL from the file.
    tables = connection.execute("SELECT sql FROM sqlite_master WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~'").fetchall()
    if sorted(tables, key=str) != sorted([(table,) for table in TABLES], key=str):
        raise DamagedError(f"{path} is not a recording of c3s: its tables are others")


def things_of(connection: sqlite3.Connection, layout: int) -> list[Thing]:
    """Return the things of a layout in their order. MsgspecError if they are damaged."""
    rows = connection.execute(
        "SELECT namespace, name, containers FROM things WHERE layout = ? ORDER BY place", [layout]
    )
    known: dict[str, tuple[str, ...]] = {}
    things = []
    for namespace, name, text in rows:
        if text not in known:
            known[text] = msgspec.json.decode(text, type=tuple[str, ...])
        things.append((namespace, name, known[text]))
    return msgspec.convert(things, list[Thing])


def lock(path: str) -> int | None:
    """Keep other recorders away from a file. C3sError if there is one. None where files cannot be locked."""
    try:
        import fcntl
    except ImportError:
        return None
    descriptor = os.open(path, os.O_RDONLY)
    try:
        # SQLite locks ranges of bytes, which is another kind of lock.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise BeingRecordedError(f"{path} is being recorded by another c3s", hint="record into another file") from None
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(path: str) -> bool:
    """Return whether a recorder is writing a file."""
    try:
        descriptor = lock(path)
    except BeingRecordedError:
        return True
    if descriptor is not None:
        os.close(descriptor)
    return False


@contextmanager
def named_errors(path: str, *, writes: bool = False) -> Iterator[None]:
    """Turn an error of SQLite into a C3sError that names the file."""
    try:
        yield
    except sqlite3.DatabaseError as problem:
        if problem.sqlite_errorname == "SQLITE_NOTADB":
            raise DamagedError(f"{path} is not a recording of c3s") from None
        if not writes:
            raise DamagedError(f"{path} cannot be read: {problem}") from None
        words = "no space left on device" if problem.sqlite_errorname == "SQLITE_FULL" else problem
        raise C3sError(f"cannot write {path}: {words}") from None
