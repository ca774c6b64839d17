"""The directory for inline certificates and keys: OpenSSL reads them from files only."""

from __future__ import annotations

import os
from typing import Final

# The directories that were made: at most one, unless this process is a test.
FOLDERS: Final[list[str]] = []


def folder_for_keys() -> str:
    """Return a directory that only the user may open, for the files of this process. `remove_keys` removes it."""
    if not FOLDERS:
        import tempfile

        # Known before it exists, since a signal may arrive in between.
        FOLDERS.append(os.path.join(tempfile.gettempdir(), f"c3s-{os.getpid()}-{os.urandom(8).hex()}"))
        os.mkdir(FOLDERS[0], 0o700)
    return FOLDERS[0]


def file_with_key(text: str) -> str:
    """Write a file in that directory and return its name."""
    path = os.path.join(folder_for_keys(), os.urandom(8).hex())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def remove_keys() -> None:
    """Remove the directory and its files; call it on every way out of the process."""
    while FOLDERS:
        path = FOLDERS.pop()
        try:
            for name in os.listdir(path):
                os.unlink(os.path.join(path, name))
            os.rmdir(path)
        except OSError:
            pass  # it was never created
