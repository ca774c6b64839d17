"""Words for the person at the terminal: on stderr, never on stdout."""

from __future__ import annotations

import sys

from c3s_cli.terminal.printable import printable


def say(line: str) -> None:
    """Write one line to stderr, with control characters made visible."""
    if sys.stderr is not None:
        sys.stderr.write(printable(line) + "\n")
