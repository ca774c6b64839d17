"""The terminal of a live view: keys, resizes and suspends; restores the terminal afterwards."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any, Final, TextIO

from c3s_cli.signals import on_exit
from c3s_cli.terminal.keyboard import keys_in
from c3s_cli.terminal.screen import END, LEAVE, Screen
from c3s_cli.terminal.stderr import write_at_once

WINDOW_SIGNALS: Final = (signal.SIGWINCH, signal.SIGCONT)
READ_AT_ONCE: Final = 1024


class Console:
    """A terminal for output and keys. If stdin is not a terminal, it is for output only."""

    def __init__(self, out: TextIO) -> None:
        self.screen = Screen(out)
        self.resized = False
        self._keyboard: int | None = None
        self._modes: Any = None
        self._wake_reader, self._wake_writer = os.pipe()
        for end in (self._wake_reader, self._wake_writer):
            os.set_blocking(end, False)

    @contextmanager
    def opened(self) -> Iterator[Console]:
        """Set the terminal up, and restore it in any case."""
        handlers = {number: signal.signal(number, self._signalled) for number in WINDOW_SIGNALS}
        handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._suspend)
        woken = signal.set_wakeup_fd(self._wake_writer, warn_on_full_buffer=False)
        try:
            with on_exit(self._give_back_at_once):
                try:
                    self._take()
                    yield self
                finally:
                    self._give_back()
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            os.close(self._wake_reader)
            os.close(self._wake_writer)

    def size(self) -> tuple[int, int]:
        """Return the width and height of the window."""
        columns, lines = shutil.get_terminal_size()
        return columns, lines

    def wake(self) -> None:
        """End `wait` from another thread."""
        # A full pipe wakes anyway, and nobody waits on a closed one.
        with suppress(OSError):
            os.write(self._wake_writer, b"\0")

    def wait(self, seconds: float) -> list[str]:
        """Wait for keys, a resize, `wake`, or the end of the time. Return the keys."""
        ends = [self._wake_reader] if self._keyboard is None else [self._wake_reader, self._keyboard]
        ready, _, _ = select.select(ends, [], [], max(0.0, seconds))
        if self._wake_reader in ready:
            self._drain()
        if self._keyboard is None or self._keyboard not in ready:
            return []
        typed = self._typed()
        if not typed:
            self._keyboard = None  # the terminal is gone, or stdin was closed
        # The rest of an escape sequence that arrived in two parts.
        elif typed.endswith("\x1b") and select.select([self._keyboard], [], [], 0.02)[0]:
            typed += self._typed()
        return keys_in(typed)

    def _typed(self) -> str:
        try:
            return os.read(self._keyboard or 0, READ_AT_ONCE).decode("utf-8", "replace")
        except OSError:
            return ""

    def _drain(self) -> None:
        try:
            while os.read(self._wake_reader, READ_AT_ONCE):
                pass
        except BlockingIOError:
            pass

    def _take(self) -> None:
        if self._is_foreground():
            self._keyboard = sys.stdin.fileno()
            self._modes = termios.tcgetattr(self._keyboard)
            # Unbuffered keys without echo; Ctrl-C and Ctrl-Z stay signals.
            tty.setcbreak(self._keyboard, termios.TCSADRAIN)
        self.screen.enter()
        self.resized = True

    def _give_back(self) -> None:
        # A signal may interrupt writing a frame. Restoring the terminal must not fail because of that.
        for step in (self.screen.leave, self._restore_modes):
            _quietly(step)

    def _give_back_at_once(self) -> None:
        """Restore the terminal from a signal handler, without waiting for it."""
        if self._modes is not None and self._keyboard is not None:
            _quietly(partial(termios.tcsetattr, self._keyboard, termios.TCSANOW, self._modes))
        write_at_once(sys.stdout.fileno(), END + LEAVE)

    def _restore_modes(self) -> None:
        if self._modes is not None and self._keyboard is not None:
            termios.tcsetattr(self._keyboard, termios.TCSADRAIN, self._modes)
            self._modes = None

    @staticmethod
    def _is_foreground() -> bool:
        """Return whether stdin is a terminal that this process may change; a background job would be stopped."""
        try:
            return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        except (OSError, ValueError, AttributeError):
            return False

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        self.resized = True

    def _suspend(self, _number: int, _frame: FrameType | None) -> None:
        """Handle Ctrl-Z: restore the terminal, stop, and set it up again when the shell continues the process (fg)."""
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._suspend)
        self._take()


def _quietly(step: Callable[[], None]) -> None:
    with suppress(OSError, RuntimeError, ValueError, termios.error):
        step()
