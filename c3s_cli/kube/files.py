"""Read files named by flags and kubeconfigs: within the deadline, and up to a size limit."""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import Final

from c3s_cli.errors import ConfigError
from c3s_cli.kube.deadline import HINT, Deadline, waited

# A kubeconfig of a thousand clusters with certificates takes 10 MiB.
LARGEST: Final = 32 << 20


def read_file(path: str, deadline: Deadline, what: str) -> bytes:
    """Read a whole file. what: what error messages call it.

    A FIFO (`<(…)` in a shell) is read too, until the deadline. Raises OSError if the file cannot be read, ConfigError
    if it is too large or does not end in time.
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


def read_text(path: str, deadline: Deadline, what: str, advice: str = "") -> str:
    """Read a whole file as `read_file` does. ConfigError with `advice` if it cannot be read, too."""
    try:
        return read_file(path, deadline, what).decode()
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "it is not text"
        raise ConfigError(f"cannot read the {what} {path!r}: {why}", advice=advice) from None


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(LARGEST + 1)
