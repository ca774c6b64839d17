"""A signal ends c3s at once: what must be undone is undone, and nothing else runs any more.

Python's own handler raises an exception wherever the main thread is: in the import of a C module, which may crash; in
an import whose lock another thread then waits for, for ever; or in the middle of a clean-up.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

# When the program started, for the timings of -v: nothing else is imported before this file.
STARTED: Final = time.perf_counter()
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
# Seconds between two threads once c3s ends.
SWITCH: Final = 1e-4
# Seconds that children have between SIGTERM and SIGKILL.
GRACE: Final = 0.4
# What is undone on the way out, the last first. It must not wait: the thread that it interrupts may hold any lock.
UNDO: Final[list[Callable[[], None]]] = []
CHILDREN: Final[set[int]] = set()
# Not empty once c3s ends: another signal changes nothing then, and nothing new may be begun that would be left behind.
LEAVING: Final[list[int]] = []

# Where the numbers of signals can be read, once they are handled.
SOURCES: Final[list[int]] = []
# Seconds that the main thread has to handle a signal.
LATEST: Final = 0.2
# Not empty while signals wait, and the signals that do.
HOLDING: Final[list[bool]] = []
WAITING: Final[list[int]] = []


def handle() -> None:
    """End at signals from here on. nohup ignores SIGHUP, and so does c3s then."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def listen() -> None:
    """Let `watch` see the signals. The standard streams must be open: the pipe must not take their numbers."""
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    # Python writes the number of each signal that it will handle.
    signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
    SOURCES.append(source)


def watch() -> None:
    """Wait for signals in a thread of its own, and end c3s if the main thread does not.

    A signal that comes just before the main thread begins to wait, for a lock or an answer, does not wake it.
    """
    source = SOURCES[0]
    while True:
        for number in os.read(source, 1):
            time.sleep(LATEST)
            while HOLDING:
                time.sleep(LATEST)
            if number in ENDING and not LEAVING:
                leave(128 + number)


@contextmanager
def on_exit(undo: Callable[[], None]) -> Iterator[None]:
    """Undo something if c3s ends in this block, by a signal or otherwise. Not after the block, which does it itself."""
    UNDO.append(undo)
    try:
        yield
    finally:
        UNDO.remove(undo)


@contextmanager
def child(process: int) -> Iterator[None]:
    """End a process, by its number, if c3s ends in this block."""
    CHILDREN.add(process)
    try:
        yield
    finally:
        CHILDREN.discard(process)


@contextmanager
def held() -> Iterator[None]:
    """Let signals wait until the end of this block, which must be short. Of several threads, the last one ends c3s."""
    HOLDING.append(True)
    try:
        yield
    finally:
        HOLDING.pop()
        if WAITING and not HOLDING:
            leave(128 + WAITING[0])


def leave(code: int) -> None:
    """Undo, and exit. No handler, filled buffer or running thread changes the exit code any more."""
    LEAVING.append(code)
    # Twenty threads that compute would let this one wait 0.1 s for each call that it makes.
    sys.setswitchinterval(SWITCH)
    with suppress(Exception):
        _end_children()
    for undo in reversed(tuple(UNDO)):
        with suppress(Exception):
            undo()
    # Python would free every module first, and crash if a daemon thread waits for a lock.
    os._exit(code)


def _end(number: int, _frame: object) -> None:
    if HOLDING:
        WAITING.append(number)
    elif not LEAVING:
        leave(128 + number)


def _end_children() -> None:
    """Ask all children to end, and end those that do not."""
    for number in tuple(CHILDREN):
        with suppress(OSError):
            os.kill(number, signal.SIGTERM)
    until = time.monotonic() + GRACE
    for number in tuple(CHILDREN):
        # The thread that waits for it may be the one that learns of its end.
        with suppress(OSError):
            while os.waitpid(number, os.WNOHANG) == (0, 0):
                if time.monotonic() > until:
                    os.kill(number, signal.SIGKILL)
                    break
                time.sleep(0.01)
