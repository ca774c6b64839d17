"""The directory for inline certificates and keys: OpenSSL reads them from files only."""

from __future__ import annotations

import os
from functools import cache


@cache
def folder_for_keys() -> str:
    """Return a directory that only the user may open, and that is removed at exit.

    The client also removes its files at exit, but misses one if a signal arrives just after creating it.
    """
    import atexit
    import tempfile

    path = os.path.join(tempfile.gettempdir(), f"c3s-{os.getpid()}-{os.urandom(8).hex()}")
    # Before creating the directory, since a signal may arrive in between.
    atexit.register(_remove, path)
    os.mkdir(path, 0o700)
    return path


def file_with_key(text: str) -> str:
    """Write a file in that directory and return its name."""
    path = os.path.join(folder_for_keys(), os.urandom(8).hex())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _remove(path: str) -> None:
    try:
        for name in os.listdir(path):
            os.unlink(os.path.join(path, name))
        os.rmdir(path)
    except OSError:
        pass  # it was never created, or has already been removed
