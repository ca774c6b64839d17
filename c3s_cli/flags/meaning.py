"""What the words and flags of other tools mean here: the same line in those of c3s, and what to say of it.

Only what c3s does not have itself is replaced, and each replacement is one line on stderr.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.columns.kinds import ALIASES, KINDS, rollup
from c3s_cli.flags.argv import Line, line_of, value_of
from c3s_cli.flags.arity import takes_value
from c3s_cli.flags.habits import WATCHING, is_renamed, is_valued, stands_for

Path = tuple[str, ...]
Flag = tuple[str, ...]
GROUPS: Final = ("top", "watch")
WATCHED: Final = ("nodes", "pods", "cluster")
HELP: Final = ("-h", "--help")
# The values of `kubectl wait --for` that are no usage.
STATES: Final = ("condition=", "jsonpath=", "delete", "create")

# Where other tools say what file to write.
OF_FILES: Final = ("-o", "--output", "--file", "--filename")
# Flags that ask for the past, and the commands that take its source.
OF_THE_PAST: Final = ("--since", "--start", "--at")
WITH_PAST: Final = ("nodes", "pods", "cluster", "rightsize")
DIRECTIONS: Final = {"--asc": "asc", "--ascending": "asc", "--desc": "desc", "--descending": "desc", "--reverse": ""}
# The formats of `rightsize` that need the past.
CHANGES: Final = ("patch", "kustomize", "resources")
NOTHING: Final = "nothing: c3s changes nothing"


def with_rollup(line: Line) -> Line:
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
    meant = rollup(rest[0], rest[1] if len(rest) == 2 else None, line.names())
    if meant is None:
        return line
    flags = (*line_of(meant).flags, *line.flags)
    return structs.replace(line, words=(*line.words[: start + 1], "pods"), flags=flags)


def with_watch(line: Line) -> tuple[Line, list[str]]:
    """Read `top`, or a command of `top`, with a flag that repeats it as `watch`."""
    repeating = [name for name in line.names() if name in WATCHING]
    if repeating == ["--until"] and line.words[:1] == ("top",) and {*OF_THE_PAST} & {*line.names()}:
        flags = tuple(_renamed(flag, "--until", "--end") for flag in line.flags)
        return structs.replace(line, flags=flags), ["--until is read as --end"]
    words = line.words[1:] if line.words[:1] == ("top",) else line.words
    kind = ALIASES.get(words[0], words[0]) if words else "nodes"
    known = kind in WATCHED and (words or line.words)
    if not repeating or not known or {*HELP} & {*line.names()}:
        return line, []
    flags = tuple(flag for flag in line.flags if flag[0].partition("=")[0] not in ("-w", "--watch"))
    read = structs.replace(line, words=("watch", *words), flags=flags)
    return read, [f"{line.words[0]} with {repeating[0]} is read as c3s watch"]


def with_command(line: Line) -> tuple[Line, list[str]] | None:
    """Replace words that no command of c3s has, such as `oom`; None if they stand for none."""
    if not line.words or any(value_of(flag).startswith(STATES) for flag in line.flags if flag[0].startswith("--for")):
        return None
    import shlex

    from c3s_cli.flags.kubectl_equivalents import command_meant  # most lines begin with a command

    meant = command_meant(line.words, line.names())
    if meant is None:
        return None
    text, rest = meant
    instead = line_of(shlex.split(text))
    words = " ".join(line.words[: len(line.words) - len(rest)])
    flags = [flag for flag in instead.flags if not (flag == ("-A",) and {"-n", "--namespace"} & {*line.names()})]
    if line.words[0] == "wait":
        line = structs.replace(line, flags=tuple(_renamed(flag, "--for", "--until-all") for flag in line.flags))
    conditions = [value_of(flag) for flag in flags if flag[0].startswith("--where=")]
    flags = [*(flag for flag in flags if not flag[0].startswith("--where=")), *line.flags]
    read = Line((*instead.words, *rest), tuple(_with_conditions(flags, conditions)), line.rest)
    note = "; nothing is drained" if words.startswith("drain") else ""
    return read, [f"{words} is read as c3s {text}{note}"]


def with_flags(line: Line, path: Path, flags_of: Callable[[], Sequence[str]]) -> tuple[Line, list[str]]:
    """Replace flags that a command does not have by its own. flags_of: returns the names of its flags."""
    if all(takes_value(name) is not None and is_valued(name) is None for name in line.names()):
        return line, []
    own = flags_of()
    flags, words, remarks = list[Flag](), list(line.words), list[str]()
    columns, conditions = list[str](), list[str]()
    for flag in line.flags:
        name, value = flag[0].partition("=")[0], value_of(flag) if _has_value(flag) else None
        if path == ("record",) and name in OF_FILES and value and not words[1:]:
            words.append(value)
            continue
        meant = None if name in own else stands_for(path, name, value)
        meant = _column(path, name, value) if meant is None and name not in own else meant
        if name in DIRECTIONS and "--sort-by" in own:
            remarks.append(f"{name} is read as --sort-by COLUMN:{DIRECTIONS[name] or 'asc or COLUMN:desc'}")
            flags.append((name,))
            continue
        if meant is None or any(each not in own for each, _ in meant):
            flags.append(flag)
            continue
        for each, text in meant:
            if each == "--columns" and not is_renamed(path, name):
                columns.append(text or "")
            elif each == "--where" and not is_renamed(path, name):
                conditions.append(text or "")
            else:
                flags.append((each,) if text is None else (f"{each}={text}",))
        shown = " ".join(_shown(each, text) for each, text in meant)
        remarks.append(f"{_shown(name, value)} is read as {shown.replace('+', 'default,') or NOTHING}")
    flags = _with_direction(path, _with_conditions(flags, conditions))
    return Line(tuple(words), (*flags, *_with_columns(flags, columns)), line.rest), remarks


def with_source(line: Line, path: Path) -> tuple[Line, list[str]]:
    """Read the past from the Prometheus of the cluster, unless a source is named: no other knows it."""
    names = line.names()
    past = [name for name in names if name in OF_THE_PAST]
    if (
        path == ("rightsize",)
        and {"--by", "--columns"}.isdisjoint(names)
        and (
            "--demo" in names
            or any(value_of(flag) in CHANGES for flag in line.flags if flag[0][:8] in ("-o", "--output"))
        )
    ):
        past = past or ["rightsize"]
    if not past or path[-1] not in WITH_PAST or "--from" in names or os.environ.get("C3S_FROM"):
        return line, []
    remark = f"{past[0]} without --from is read as --from prometheus, the one in the cluster"
    return structs.replace(line, flags=(*line.flags, ("--from=prometheus",))), [remark]


def _with_direction(path: Path, flags: Sequence[Flag]) -> list[Flag]:
    """Give every column of --sort-by that has none the direction of --asc or --desc; without columns, it is the CPU."""
    given = [DIRECTIONS[flag[0]] for flag in flags if flag[0] in DIRECTIONS]
    others = [flag for flag in flags if flag[0] not in DIRECTIONS]
    if not given:
        return others
    if not any(flag[0].startswith("--sort-by=") for flag in others):
        others.append(("--sort-by=cpu",))
    return [
        (f"--sort-by={','.join(_directed(path, key, given[-1]) for key in value_of(flag).split(','))}",)
        if flag[0].startswith("--sort-by=")
        else flag
        for flag in others
    ]


def _directed(path: Path, key: str, direction: str) -> str:
    """Return a column of --sort-by with a direction; "" for the other one."""
    if key.endswith((":asc", ":desc")):
        return key
    return f"{key}:{direction or ('asc' if _descends(path, key) else 'desc')}"


def _descends(path: Path, key: str) -> bool:
    from c3s_cli.columns.naming import Naming  # needs time that most lines do not spend
    from c3s_cli.errors import UsageError

    try:
        return Naming(KINDS[path[-1]]).find(key).descending
    except (UsageError, KeyError):
        return True


def _with_conditions(flags: Sequence[Flag], conditions: Sequence[str]) -> list[Flag]:
    """Add conditions to each that is given: repeated, --where means or."""
    if not conditions:
        return list(flags)
    if not any(flag[0].startswith("--where=") for flag in flags):
        flags = [*flags, ("--where=",)]
    joined = ", ".join(conditions)
    return [
        (f"{flag[0]}, {joined}" if value_of(flag) else f"--where={joined}",) if flag[0].startswith("--where=") else flag
        for flag in flags
    ]


def _with_columns(flags: Sequence[Flag], columns: Sequence[str]) -> list[Flag]:
    """Return the flag that adds columns to those that are given, or to the default ones if `+` says so."""
    if not columns:
        return []
    present = [value_of(flag) for flag in flags if flag[0].startswith("--columns=")][-1:]
    default = [] if present or not any(each.startswith("+") for each in columns) else ["default"]
    return [(f"--columns={','.join((*present, *default, *(each.lstrip('+') for each in columns)))}",)]


def _column(path: Path, name: str, value: str | None) -> tuple[tuple[str, str], ...] | None:
    """Return the flag that adds a column, for its name as a flag, such as `--restarts`."""
    from c3s_cli.columns.naming import Naming  # needs time that most lines do not spend
    from c3s_cli.errors import UsageError

    column = name.removeprefix("--")
    if value is not None or column == name or path[-1] not in ("nodes", "pods"):
        return None
    try:
        Naming(KINDS[path[-1]]).find(column)
    except UsageError:
        return None
    return (("--columns", f"+{column}"),)


def _renamed(flag: Flag, old: str, new: str) -> Flag:
    return (f"{new}={value_of(flag)}",) if flag[0].partition("=")[0] == old else flag


def _has_value(flag: Flag) -> bool:
    return len(flag) > 1 or "=" in flag[0]


def _shown(name: str, value: str | None) -> str:
    import shlex

    return name if value is None else f"{name} {shlex.quote(value)}"
