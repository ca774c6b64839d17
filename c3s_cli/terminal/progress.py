"""How far a long reading is: one line on stderr that appears after a second and disappears."""

from __future__ import annotations

import sys
import threading
from typing import Final

from c3s_cli.terminal.printable import printable

# Readings that are shorter say nothing.
AFTER: Final = 1.0
EVERY: Final = 0.2
CLEAR_LINE: Final = "\r\x1b[K"


class Progress:
    """Counts of what is being read. Says nothing unless stderr is a terminal."""

    def __init__(self) -> None:
        self._text = ""
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown = False

    def start(self) -> None:
        """Begin to watch the time."""
        if sys.stderr is not None and sys.stderr.isatty():
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def count(self, what: str, done: int, total: int) -> None:
        """Note how many of `what` have been read."""
        self._text = f"reading {what} … {done:,} of {total:,}"

    def stop(self) -> None:
        """End, and leave no trace. Nothing else may be written to the terminal before."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._shown:
            sys.stderr.write(CLEAR_LINE)
            sys.stderr.flush()

    def _run(self) -> None:
        pause = AFTER
        while not self._over.wait(pause):
            pause = EVERY
            self._shown = True
            sys.stderr.write(CLEAR_LINE + printable(self._text))
            sys.stderr.flush()
