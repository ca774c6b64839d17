"""Save what a screen shows into new files of the working directory, which only their owner can read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

MODE: Final = 0o600


def save(texts: Mapping[str, str], at: datetime) -> str:
    """Write each text into a file with its suffix, named after the time that is shown; return what was done, in words.

    Existing files and links are never written to: the names get a number instead.
    """
    for number in count(1):
        stem = f"c3s-{at:%Y%m%d-%H%M%S}" + (f"-{number}" if number > 1 else "")
        names = [f"{stem}.{suffix}" for suffix in texts]
        try:
            _write(dict(zip(names, texts.values(), strict=True)))
        except FileExistsError:
            continue
        except OSError as problem:
            return f"not saved: {problem.strerror}"
        return f"saved {' '.join((names[0], *(f'.{suffix}' for suffix in list(texts)[1:])))}"
    raise AssertionError


def _write(texts: Mapping[str, str]) -> None:
    """Write all files or, if one of them cannot be written, none."""
    with ExitStack() as undo:
        for name, text in texts.items():
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
            undo.callback(_remove, name)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                file.write(text)
        undo.pop_all()


def _remove(name: str) -> None:
    with suppress(OSError):
        Path(name).unlink()
