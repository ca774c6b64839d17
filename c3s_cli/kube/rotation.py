"""Credentials that are replaced while a cluster is read: token files, certificates, and what plugins give."""

from __future__ import annotations

import os
import stat
import time
from typing import Final

from c3s_cli.errors import ApiError, BrokenOff, C3sError, Unreachable
from c3s_cli.kube.access import Access

# How often the files are looked at, in seconds; client-go does so as often.
EVERY: Final = 60.0
FILES: Final = ("tokenFile", "client-certificate", "client-key")

Stamp = tuple[object, ...]


class Rotation:
    """The files that the credentials of an Access were read from, and whether there are newer ones."""

    def __init__(self, access: Access) -> None:
        names = [access.cluster.get("certificate-authority"), *(access.user.get(key) for key in FILES)]
        self._secure = access.secure
        self._paths = [str(name) for name in names if name] if access.secure else []
        self._plugin = "exec" in access.user
        self._loaded: Stamp = ()
        self._due = 0.0

    def stamp(self) -> Stamp:
        """Return the modification times and sizes of the files, taken before they are read."""
        return tuple([_stamp(path) for path in self._paths])

    def loaded(self, stamp: Stamp) -> None:
        """Remember the files that were read."""
        self._loaded = stamp
        self._due = time.monotonic() + EVERY

    def due(self) -> bool:
        """Whether there are newer files. They are looked at once a minute."""
        if not self._paths or time.monotonic() < self._due:
            return False
        self._due = time.monotonic() + EVERY
        return self.stamp() != self._loaded

    def may_help(self, problem: C3sError) -> bool:
        """Whether a request may have failed for its credentials, and others be had: from files, or from a plugin.

        A server that refuses a certificate may say so in TLS, or just break off.
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
