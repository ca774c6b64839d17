"""Kill `c3s record` at random moments, and see that its file keeps every reading that was committed.

python -m tests.kills [TIMES]
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from c3s_cli.cli import main

TIMES: Final = 200
# Readings that a recorder adds before it is killed, at least, and the most seconds from then on.
ADDED: Final = 2
LATEST: Final = 0.3


def kill_recorders(path: str, times: int, seed: int = 7) -> Iterator[str]:
    """Record the demo and kill the recorder, again and again in one file. Yield what was lost or wrong each time."""
    chance = random.Random(seed)  # noqa: S311  a repeatable choice
    command = [sys.executable, "-m", "c3s_cli", "record", path, "--demo", "--interval", "1ms"]
    before: Mapping[int, str] = {}
    for _ in range(times):
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and _count(path) < len(before) + ADDED:
                time.sleep(0.01)
            time.sleep(chance.random() * LATEST)
            committed = _count(path)
            process.kill()
        # c3s is the first to open the file, and plays its journal back.
        if main(["recordings", path, "-o", "json"]) != 0:
            yield "c3s cannot read the file"
        after = _digests(path)
        if any(after.get(number) != digest for number, digest in before.items()):
            yield "a reading has changed"
        elif len(after) < committed:
            yield f"{committed - len(after)} readings are lost"
        elif _integrity(path) != "ok":
            yield _integrity(path)
        else:
            code = main(["top", "pods", "-A", "--from", path, "--at", f"#{max(after)}", "-o", "name"])
            yield f"the last reading ends with {code}" if code else ""
        before = after


def _count(path: str) -> int:
    if not Path(path).exists():
        return 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            (count,) = connection.execute("SELECT count(*) FROM readings").fetchone()
        except sqlite3.OperationalError:
            return 0
        return int(count)


def _digests(path: str) -> dict[int, str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT id, * FROM readings").fetchall()
        return {number: hashlib.sha256(repr(rest).encode()).hexdigest() for number, *rest in rows}


def _integrity(path: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    with TemporaryDirectory() as folder:
        problems = [*filter(None, kill_recorders(f"{folder}/r.c3s", count))]
        size = Path(f"{folder}/r.c3s").stat().st_size / (1 << 20)
        sys.stderr.write(f"{count} recorders killed, {size:.0f} MiB: {problems or 'nothing lost, nothing wrong'}\n")
    sys.exit(bool(problems))
