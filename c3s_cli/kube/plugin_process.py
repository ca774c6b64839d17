"""The process of an exec plugin: it is started, heard, and ended at the deadline."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import Final

from msgspec import Struct

from c3s_cli.kube.deadline import ANNOUNCE_AFTER, FOREVER, Deadline, announce
from c3s_cli.parallel import start_thread
from c3s_cli.signals import CHILDREN, child, held
from c3s_cli.terminal.stderr import is_terminal

# Seconds between SIGTERM and SIGKILL.
GRACE: Final = 0.5
# How much of a plugin's stderr is kept: this many lines, each of at most this many bytes.
LINES: Final = 1000
LONGEST: Final = 4096


class Ended(Struct, frozen=True):
    """How a plugin ended. remarks: its lines on stderr; None if they went to that of c3s. shown: whether they were."""

    code: int
    printed: bytes
    remarks: list[str] | None
    shown: bool


def run_process(
    words: Sequence[str],
    path: str,
    environment: Mapping[str, str],
    deadline: Deadline,
    *,
    interactive: bool,
    detached: bool,
    show: Callable[[str], None],
) -> Ended:
    """Run a plugin until it ends. TimeoutError at the deadline, OSError or ValueError if it cannot be started.

    interactive: whether it may read from the terminal. detached: in a session of its own, in which no terminal can be
    opened; `show` gets its lines once it takes long, if somebody looks at stderr.
    """
    remarks = None
    watched = is_terminal()
    if detached or not (interactive or watched):
        # Where nobody looks at stderr, c3s reads it to quote it.
        remarks = _Remarks(show)
    try:
        # A signal that ends c3s here would not end what it does not know yet.
        with held():
            process = Popen(  # noqa: S603  as the kubeconfig says
                list(words),
                executable=path,
                env=environment,
                stdin=None if interactive else DEVNULL,
                stdout=PIPE,
                stderr=remarks.end if remarks else None,
                start_new_session=detached,
            )
            group = -process.pid if detached else process.pid
            CHILDREN.add(group)
    except BaseException:
        if remarks:
            remarks.close()
        raise
    with child(group):
        if remarks:
            remarks.listen()
        try:
            printed = _until_its_end(process, deadline, words[0], remarks if detached and watched else None)
        except BaseException:
            _end(process, group)
            raise
    return Ended(process.returncode, printed, remarks.lines() if remarks else None, bool(remarks and remarks.shown))


def _until_its_end(process: Popen[bytes], deadline: Deadline, command: str, remarks: _Remarks | None) -> bytes:
    """Return what a plugin printed. TimeoutError at the deadline."""
    try:
        try:
            return process.communicate(timeout=min(ANNOUNCE_AFTER, deadline.left()))[0]
        except TimeoutExpired:
            left = deadline.left()
        announce(f"exec plugin {command}")
        if remarks:
            remarks.show()
        return process.communicate(timeout=None if left == FOREVER else left)[0]
    except TimeoutExpired:
        raise TimeoutError from None


def _end(process: Popen[bytes], group: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(OSError):
            os.kill(group, number)
        with suppress(TimeoutExpired):
            process.wait(GRACE if number == signal.SIGTERM else None)
            break
    if process.stdout:
        process.stdout.close()


class _Remarks:
    """What a plugin writes to stderr, line by line. end: where it writes. shown: whether lines are shown at once."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._reader, self.end = os.pipe()
        self._show = show
        self.shown = False
        self._lines: deque[str] = deque(maxlen=LINES)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def listen(self) -> None:
        """Read, now that the plugin has its end."""
        os.close(self.end)
        self._thread = start_thread(self._read)

    def close(self) -> None:
        """Close both ends, if there is no plugin."""
        os.close(self.end)
        os.close(self._reader)

    def show(self) -> None:
        """Show the lines so far, and the others as they come."""
        with self._lock:
            self.shown = True
            for line in self._lines:
                self._show(line)

    def lines(self) -> list[str]:
        """Return the lines of a plugin that has ended. What it has started may write for ever."""
        if self._thread is not None:
            self._thread.join(GRACE)
        else:
            os.set_blocking(self._reader, False)
            self._read()
        with self._lock:
            return list(self._lines)

    def _read(self) -> None:
        with os.fdopen(self._reader, "rb") as stream:
            for line in iter(partial(stream.readline, LONGEST), b""):
                if text := line.decode("utf-8", "replace").strip():
                    with self._lock:
                        self._lines.append(text)
                        if self.shown:
                            self._show(text)
