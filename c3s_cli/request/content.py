"""Small files that flags name: their content, and what the demo makes of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from c3s_cli.errors import UsageError

if TYPE_CHECKING:
    from c3s_cli.demo.resources import Resources

LARGEST: Final = 1 << 20


def content_of(file: str, hint: str | None = None) -> bytes:
    """Return the content of a file. UsageError if it cannot be read or is too large. hint: if there is none."""
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except FileNotFoundError:
        raise UsageError(f'the path "{file}" does not exist', hint=hint) from None
    except (OSError, ValueError) as problem:
        raise UsageError(f"{file} cannot be read: {getattr(problem, 'strerror', None) or problem}") from problem
    if len(content) > LARGEST:
        raise UsageError(f"{file} is larger than {LARGEST >> 20} MiB")
    return content


def demo_resources(file: str | None) -> Resources:
    """Return the requests and limits that the demo takes from a file. UsageError if it is invalid."""
    if file is None:
        return {}
    from c3s_cli.demo.resources import read_resources  # needs YAML

    try:
        return read_resources(content_of(file))
    except ValueError as problem:
        raise UsageError(f"{file}: {problem}", hint="c3s rightsize -o resources prints such a file") from problem
