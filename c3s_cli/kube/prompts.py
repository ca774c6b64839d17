"""The terminal, as exec plugins may use it: one at a time, and none while a live view has it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from c3s_cli.kube.deadline import FOREVER, Deadline
from c3s_cli.signals import on_exit
from c3s_cli.terminal.stderr import say_alone, withhold


class Prompts:
    """Whose turn it is to ask on the terminal. several: whether plugins of several contexts may want to."""

    def __init__(self) -> None:
        self.several = False
        # Whether a live view has the terminal.
        self.closed = False
        self._changed = threading.Condition()
        self._askers = 0
        self._taken = False

    @contextmanager
    def turn(self, deadline: Deadline, who: str) -> Iterator[None]:
        """Wait for the terminal, say who has it, and give it back as it was. TimeoutError at the deadline."""
        with self._changed:
            self._askers += 1
        try:
            with self._changed:
                left = deadline.left()
                if not self._changed.wait_for(lambda: not self._taken, None if left == FOREVER else left):
                    raise TimeoutError
                self._taken = True
            try:
                say_alone(who)
                with withhold(), modes_kept():
                    yield
            finally:
                self._taken = False
        finally:
            with self._changed:
                self._askers -= 1
                self._changed.notify_all()

    @contextmanager
    def none(self) -> Iterator[None]:
        """Wait until no plugin asks, and let none ask in this block."""
        with self._changed:
            self._changed.wait_for(lambda: not self._askers)
            self.closed = True
        try:
            yield
        finally:
            self.closed = False


@contextmanager
def modes_kept() -> Iterator[None]:
    """Restore the terminal after this block: a prompt that is ended leaves it without echo."""
    import termios  # only plugins that ask need it

    try:
        modes = termios.tcgetattr(sys.stdin.fileno())
    except (termios.error, OSError, ValueError, AttributeError):
        yield
        return

    def restore() -> None:
        with suppress(termios.error, OSError, ValueError):
            if termios.tcgetattr(sys.stdin.fileno()) != modes:
                # Half a password must not be the shell's next command.
                termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, modes)

    with on_exit(restore):
        try:
            yield
        finally:
            restore()
