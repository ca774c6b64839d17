"""Plain characters for streams whose encoding is not UTF-8, as in a C locale."""

from __future__ import annotations

import codecs
from typing import Final

# Each takes one cell, as what it stands for: bars, arrows, and marks of what was left out.
PLAIN: Final = str.maketrans("▏▎▍▌▋▊▉█·▁▂▃▄▅▆▇←→↑↓▲▼…–", "|||#####._.-=+*%<>^v^v~-")
HANDLER: Final = "c3s.plain"


def error_handler() -> str:
    """Return the name of the handler of what a stream cannot encode: plain characters for ours, else backslashes."""
    codecs.register_error(HANDLER, _plain)
    return HANDLER


def _plain(problem: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    lacking = problem.object[problem.start : problem.end].translate(PLAIN)
    return lacking.encode("ascii", "backslashreplace").decode(), problem.end
