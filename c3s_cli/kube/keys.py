"""Names of files for inline certificates and keys, since OpenSSL reads them from files only.

On Linux these are files in memory. Elsewhere each is in a directory that only the user may open, for as long as OpenSSL
reads it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Final

from c3s_cli.errors import ConfigError
from c3s_cli.signals import LEAVING, on_exit

# The directories that exist now. A signal may come while OpenSSL reads from one.
DIRECTORIES: Final[list[str]] = []
# Held while a directory is made, and for ever once c3s ends. A signal may interrupt the thread that holds it.
MAKING: Final = RLock()
FILE: Final = "pem"
# How many seconds the end of c3s waits for a directory that is being made.
LONGEST_WAIT: Final = 0.5


@contextmanager
def file_of(content: bytes) -> Iterator[str]:
    """Yield the name of a file with this content, which exists until then. ConfigError if there is no place for it."""
    try:
        descriptor = os.memfd_create("c3s")
    except (AttributeError, OSError):
        descriptor = -1
    path = f"/proc/self/fd/{descriptor}"
    try:
        if os.path.exists(path):
            os.write(descriptor, content)
            yield path
        else:
            with on_exit(remove_keys):
                yield from _temporary_file(content)
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _temporary_file(content: bytes) -> Iterator[str]:
    why = None
    # Not tempfile.gettempdir(), which may return the working directory.
    for parent in filter(None, (os.environ.get("TMPDIR"), "/tmp", "/var/tmp")):  # noqa: S108  a private directory in it
        directory = os.path.join(parent, f"c3s-{os.getpid()}-{os.urandom(8).hex()}")
        path = os.path.join(directory, FILE)
        # Before it is made, since a signal may arrive in between.
        DIRECTORIES.append(directory)
        try:
            with MAKING:
                if LEAVING:
                    raise ConfigError("c3s ends")
                os.mkdir(directory, 0o700)
                with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(content)
        except OSError as problem:
            why = problem.strerror
            _remove(directory)
            continue
        try:
            yield path
        finally:
            _remove(directory)
        return
    hint = "set $TMPDIR to a directory in which c3s can write"
    raise ConfigError(f"no place for the client's certificate and key: {why}", hint=hint)


def remove_keys() -> None:
    """Remove the files that still exist, on the way out of c3s."""
    MAKING.acquire(timeout=LONGEST_WAIT)
    for directory in tuple(DIRECTORIES):
        _remove(directory)


def _remove(directory: str) -> None:
    with suppress(OSError):  # it was never made
        os.unlink(os.path.join(directory, FILE))
    with suppress(OSError):
        os.rmdir(directory)
    if directory in DIRECTORIES:
        DIRECTORIES.remove(directory)
