"""A line with the words and flags of other tools → the same line in those of c3s, and what to say of it.

Only what c3s does not have itself is replaced (`flags/habits.py` says by what), and each replacement is a line on
stderr.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from typing import Final

from msgspec import structs

from c3s_cli.columns.kinds import ALIASES, rollup
from c3s_cli.flags.argv import Line, line_of, value_of
from c3s_cli.flags.arity import fits, rows_of, takes_value

Path = tuple[str, ...]
Flag = tuple[str, ...]
GROUPS: Final = ("top", "watch")
# Flags that ask for the past, and the commands that take its source.
OF_THE_PAST: Final = ("--since", "--start", "--at")
OF_SIDES: Final = ("--before", "--after")
WITH_PAST: Final = ("nodes", "pods", "cluster", "rightsize", "diff")
# The formats of `rightsize` that need the past.
CHANGES: Final = ("patch", "kustomize", "resources")


def translated(
    line: Line, path_of: Callable[[Line], Path | None], flags_of: Callable[[Path], Collection[str]]
) -> tuple[Line, list[str]]:
    """Return the line in the words of c3s, and a remark for each replacement.

    path_of: returns the command of a line, None if it has none. flags_of: returns the names of a command's flags.
    """
    remarks = list[str]()
    if line.words and path_of(_with_kind(line)) is None:
        # First the command, since it decides what flags mean; the flags that only its own tool has come with it.
        from c3s_cli.flags.foreign_words import with_command  # most lines begin with a command

        line, remarks = with_command(line, lambda each: path_of(_with_kind(each)))
    # Then the kind of rows, since it brings flags of c3s; then flags, again if one of these is another command.
    line = _with_kind(line)
    path, before = path_of(line), None
    while path and path != before and any(map(_is_foreign, line.flags)):
        from c3s_cli.flags.foreign_flags import with_flags  # most lines have flags of c3s alone

        line, more = with_flags(line, path, flags_of(path))
        remarks += more
        path, before = path_of(line), path
    if path is None:
        return line, remarks
    # Last the source, since the flags of the past may be those of other tools.
    line, more = _with_source(line, path)
    return line, [*remarks, *more]


def _with_kind(line: Line) -> Line:
    """Replace a kind such as `deployments` or `ns` after `top` or `watch` by the pods that it sums up.

    `pod/NAME` and `node/NAME` become the command and the name.
    """
    start = 1 if line.words[:1] in (("help",), ("man",)) else 0
    group, rest = line.words[start : start + 1], line.words[start + 1 :]
    if not (group and group[0] in GROUPS and 1 <= len(rest) <= 2):
        return line
    kind, _, name = rest[0].partition("/")
    if name and "/" not in name and not start and len(rest) == 1 and ALIASES.get(kind, kind) in ("nodes", "pods"):
        return structs.replace(line, words=(*group, ALIASES.get(kind, kind), name))
    pods = rollup(rest[0], rest[1] if len(rest) == 2 else None, line.names())
    if pods is None:
        return line
    flags = (*line_of(pods).flags, *line.flags)
    return structs.replace(line, words=(*line.words[: start + 1], "pods"), flags=flags)


def _is_foreign(flag: Flag) -> bool:
    """Return whether a flag may be one of another tool, or have a value that only another tool knows."""
    name = flag[0].partition("=")[0]
    return takes_value(name) is None or any(fits(value, value_of(flag)) for value, _ in rows_of(name))


def _with_source(line: Line, path: Path) -> tuple[Line, list[str]]:
    """Read the past from the Prometheus of the cluster, unless a source is named: no other knows it."""
    names = line.names()
    past = [name for name in names if name in (OF_SIDES if path == ("diff",) else OF_THE_PAST)]
    if path == ("rightsize",):
        changes = any(value_of(flag) in CHANGES for flag in line.flags if flag[0][:8] in ("-o", "--output"))
        # The formats of changes refuse --by and --columns.
        if {"--by", "--columns"}.isdisjoint(names) if changes else "--demo" in names:
            past = past or ["rightsize"]
    if not past or path[-1] not in WITH_PAST or "--from" in names or os.environ.get("C3S_FROM"):
        return line, []
    remark = f"{past[0]} without --from is read as --from prometheus, the one in the cluster"
    return structs.replace(line, flags=(*line.flags, ("--from=prometheus",))), [remark]
