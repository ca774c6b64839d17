"""Messages for the user: on stderr, never on stdout.

They are optional: if stderr is closed, full or a broken pipe, the command continues, with the same exit code.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from c3s_cli.terminal.printable import printable

CLEAR_LINE: Final = "\r\x1b[K"
# Where text goes while something else has the terminal of stderr, the innermost last.
_ELSEWHERE: Final[list[Callable[[str], None]]] = []


def is_terminal() -> bool:
    """Return whether stderr is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def divert(take: Callable[[str], None]) -> Iterator[None]:
    """Pass text to a function in this block, if stderr is a terminal, instead of writing it there."""
    if not is_terminal():
        yield
        return
    _ELSEWHERE.append(take)
    try:
        yield
    finally:
        _ELSEWHERE.remove(take)


@contextmanager
def withhold() -> Iterator[None]:
    """Write text only after this block, if stderr is a terminal."""
    kept: list[str] = []
    try:
        with divert(kept.append):
            yield
    finally:
        for text in kept:
            tell(text)


def is_free() -> bool:
    """Return whether nothing else has the terminal of stderr."""
    return not _ELSEWHERE


def say(line: str) -> None:
    """Write one line to stderr, with control characters made visible."""
    tell(printable(line) + "\n")


def say_alone(line: str) -> None:
    """Write one line to stderr instead of the progress that may stand there."""
    if is_terminal():
        tell(CLEAR_LINE)
    say(line)


# How many rows a note names that is not about them alone.
SOME: Final = 3


def named(names: Sequence[str], most: int = 10) -> str:
    """Join names for a message: the first ones, and the number of the others."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def counted(number: int, thing: str) -> str:
    """Write a number of things: `1 row`, `2 rows`."""
    return f"{number} {thing}{'s' * (number != 1)}"


def with_share(name: str, share: str) -> str:
    """Write a name with how much of it is measured; share: "" if all is."""
    return f"{name} ({share})" if share else name


def tell(text: str) -> None:
    """Write text to stderr unchanged. Write errors are ignored."""
    if sys.stderr is None:
        return
    if _ELSEWHERE:
        _ELSEWHERE[-1](text)
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        _silence()


def _silence() -> None:
    """Discard the rest of the buffer. Python would write it again at exit and change the exit code if that fails."""
    try:
        silence(sys.stderr.fileno())
    except (OSError, ValueError):
        sys.stderr = None  # as Python itself does if stderr is closed


def silence(descriptor: int) -> None:
    """Redirect a file descriptor to /dev/null."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def write_at_once(descriptor: int, text: str) -> None:
    """Write to a terminal from a signal handler: without a buffer or lock, hardly waiting. OSError if not."""
    # A descriptor of its own: not to wait is a property of what is opened, which others share.
    terminal = os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        select.select([], [terminal], [], 0.2)
        os.write(terminal, text.encode())
    finally:
        os.close(terminal)
