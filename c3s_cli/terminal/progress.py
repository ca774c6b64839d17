"""The progress of a long reading: one line on stderr, shown after a second and then removed."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Final

from c3s_cli.terminal.printable import printable
from c3s_cli.terminal.stderr import CLEAR_LINE, is_free, is_terminal, tell, write_at_once

# Shorter readings show nothing.
AFTER: Final = 1.0
EVERY: Final = 0.2


class Progress:
    """Shows counts of what is being read, if stderr is a terminal."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int | None]] = {}
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown = False

    def start(self) -> None:
        """Start the timer."""
        if is_terminal() and os.environ.get("TERM") != "dumb":
            thread = threading.Thread(target=self._run, daemon=True)
            with suppress(RuntimeError):  # a limit allows no more threads
                thread.start()
                self._thread = thread

    def count(self, what: str, done: int, total: int | None) -> None:
        """Record how many of `what` have been read. total: None if unknown. If all have been read, it is finished."""
        self._counts[what] = (done, total)

    @property
    def text(self) -> str:
        """The counts in words."""
        return text_of(self._counts)

    def stop(self) -> None:
        """End, and erase the line. Before that, nothing else may write to the terminal."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(EVERY)
            self._thread = None
        if self._shown:
            tell(CLEAR_LINE)

    def erase_at_once(self) -> None:
        """Erase the line from a signal handler."""
        if self._shown:
            write_at_once(2, CLEAR_LINE)

    def _run(self) -> None:
        pause = AFTER
        while not self._over.wait(pause):
            pause = EVERY
            if not is_free():
                continue
            self._shown = True
            tell(CLEAR_LINE + printable(self.text))


def text_of(counts: dict[str, tuple[int, int | None]]) -> str:
    """Write counts as one line: `reading pods … 12,000 of 150,000`."""
    unfinished = {what: each for what, each in list(counts.items()) if each[1] is None or each[0] < each[1]}
    if not unfinished:
        return "computing …" if counts else "waiting for the server …"
    return f"reading {', '.join(f'{what} …{_of(*each)}' for what, each in unfinished.items())}"


def _of(done: int, total: int | None) -> str:
    if total is None:
        return f" {done:,}" if done else ""
    return f" {done:,} of {total:,}"
