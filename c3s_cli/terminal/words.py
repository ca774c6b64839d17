"""Words for the person at the terminal: on stderr, never on stdout.

Nobody has to listen: a stderr that is closed, full or a broken pipe changes nothing, least of all the exit code.
"""

from __future__ import annotations

import os
import sys

from c3s_cli.terminal.printable import printable


def say(line: str) -> None:
    """Write one line to stderr, with control characters made visible."""
    tell(printable(line) + "\n")


def tell(text: str) -> None:
    """Write text to stderr as it is, if somebody listens."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        _silence()


def _silence() -> None:
    """Let what is left in the buffer go nowhere: Python would try again at its end, and change the exit code."""
    try:
        silence(sys.stderr.fileno())
    except (OSError, ValueError):
        sys.stderr = None  # type: ignore[assignment]  # as Python itself leaves a closed one


def silence(descriptor: int) -> None:
    """Let everything that is still written to a descriptor go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
