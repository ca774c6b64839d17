"""`c3s recordings`: list what recordings contain, and copy them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final

from c3s_cli.amounts.timestamp import utc
from c3s_cli.errors import C3sError, ExitCode, UsageError
from c3s_cli.output.listing import listing
from c3s_cli.run.printing import emit
from c3s_cli.sources.recording.recording import Recording
from c3s_cli.terminal.stderr import say

HEADINGS: Final = {
    "name": "FILE",
    "context": "CONTEXT",
    "from": "FROM",
    "to": "TO",
    "readings": "READINGS",
    "failures": "FAILED",
    "gaps": "GAPS",
    "covers": "COVERS",
    "mebibytes": "MIB",
    "recording": "RECORDING",
}


def show_recordings(paths: Sequence[str], format_: str) -> ExitCode:
    """Print a row for each cluster of each recording. INCOMPLETE if one of several cannot be read."""
    rows: list[dict[str, Any]] = []
    failed = 0
    for path in paths:
        try:
            rows += _rows(path)
        except C3sError as problem:
            if len(paths) == 1:
                raise
            failed += 1
            say(str(problem))
    if rows:
        emit(listing(rows, HEADINGS, "Recording", format_))
    if failed == len(paths):
        return ExitCode.FAILURE
    return ExitCode.INCOMPLETE if failed else ExitCode.OK


def _rows(path: str) -> list[dict[str, Any]]:
    with closing(Recording(path)) as recording:
        clusters = recording.contents()
        if not clusters:
            raise C3sError(f"{path} has no readings yet")
        size, recorded = os.stat(path).st_size / (1 << 20), recording.is_recorded()
        return [
            {
                "name": path,
                "context": contents.context,
                "from": utc(contents.first),
                "to": utc(contents.last),
                "readings": contents.readings,
                "failures": contents.failures,
                "gaps": contents.gaps,
                "covers": contents.covers or "everything",
                "mebibytes": round(size, 1),
                "recording": "yes" if recorded else "no",
            }
            for contents in clusters
        ]


def copy_recording(paths: Sequence[str], target: str) -> ExitCode:
    """Copy a recording that may be written at the same time."""
    if len(paths) != 1:
        raise UsageError("--copy takes one recording")
    with closing(Recording(paths[0])) as recording:
        recording.copy(target)
    return ExitCode.OK
