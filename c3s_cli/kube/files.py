"""Files that flags and kubeconfigs name: read without waiting for ever, and without filling the memory."""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import Final

from c3s_cli.errors import ConfigError
from c3s_cli.kube.deadline import HINT, Deadline, waited

# A kubeconfig of a thousand clusters with their certificates is 10 MiB.
LARGEST: Final = 32 << 20


def read_file(path: str, deadline: Deadline, what: str) -> bytes:
    """Read a whole file; `what` says in an error what it is.

    A FIFO (`<(…)` in a shell) is read, too, but not beyond the deadline. Raises OSError if the file cannot be read,
    ConfigError if it is too large or nothing comes in time.
    """
    if stat.S_ISREG(os.stat(path).st_mode):
        content = _read(path)
    else:
        try:
            content = waited(deadline, partial(_read, path), f"{what} {path}")
        except TimeoutError:
            raise ConfigError(f"timeout while reading the {what} {path!r}", hint=HINT) from None
    if len(content) > LARGEST:
        raise ConfigError(f"the {what} {path!r} is larger than {LARGEST >> 20} MiB")
    return content


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(LARGEST + 1)
