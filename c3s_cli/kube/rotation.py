"""Credentials that change while a cluster is read: token files, certificates, and plugins' answers."""

from __future__ import annotations

import os
import stat
import time
from time import time as clock
from typing import Final

from c3s_cli.errors import ApiError, BrokenOff, C3sError, Unreachable
from c3s_cli.kube.access import Access

# How often to check the files, in seconds, as in client-go.
EVERY: Final = 60.0
FILES: Final = ("tokenFile", "client-certificate", "client-key")

Stamp = tuple[object, ...]


class Rotation:
    """Watches the files from which the credentials of an Access were read."""

    def __init__(self, access: Access) -> None:
        names = [access.cluster.get("certificate-authority"), *(access.user.get(key) for key in FILES)]
        self._secure = access.secure
        self._paths = [str(name) for name in names if name] if access.secure else []
        self._plugin = "exec" in access.user
        self._loaded: Stamp = ()
        self._due = 0.0
        self._expires = float("inf")

    def stamp(self) -> Stamp:
        """Return the modification times and sizes of the files, to be taken before reading them."""
        return tuple([_stamp(path) for path in self._paths])

    def loaded(self, stamp: Stamp, expires: float) -> None:
        """Remember the files that were read, and when a plugin's answer expires, in seconds since 1970."""
        self._loaded = stamp
        # A plugin whose answers have always expired is asked again when the server refuses one.
        self._expires = expires if expires > clock() else float("inf")
        self._due = time.monotonic() + EVERY

    def due(self) -> bool:
        """Return whether a plugin's answer has expired, or files have changed. These are checked once a minute."""
        if clock() >= self._expires:
            return True
        if not self._paths or time.monotonic() < self._due:
            return False
        self._due = time.monotonic() + EVERY
        return self.stamp() != self._loaded

    def may_help(self, problem: C3sError) -> bool:
        """Return whether a request may have failed because of old credentials that files or a plugin can replace.

        A server that refuses a certificate may send a TLS alert, or just close the connection.
        """
        if not self._secure or not isinstance(problem, ApiError | Unreachable):
            return False
        if isinstance(problem, ApiError):
            return problem.status == 401
        return self.stamp() != self._loaded or (self._plugin and isinstance(problem, BrokenOff))


def _stamp(path: str) -> object:
    """Return the modification time, size and inode; None for a missing file or a pipe, which can be read only once."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None
