"""A line with the words and flags of other tools → the same line in those of c3s, and what to say of it.

Only what c3s does not have itself is replaced (`flags/habits.py` says by what), and each replacement is a line on
stderr.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.columns.kinds import ALIASES, KINDS, is_rollup, rollup
from c3s_cli.flags.argv import Line, line_of, line_of_text, value_of
from c3s_cli.flags.arity import row_takes_value, rows_of, takes_value, typed_names
from c3s_cli.flags.habits import FLAGS, WORDS, Hint, Read

Path = tuple[str, ...]
Flag = tuple[str, ...]
GROUPS: Final = ("top", "watch")
# Verbs of other tools before the name of a resource: c3s shows its load.
SHOWING: Final = ("get", "list", "show", "describe")
# The values of `kubectl wait --for` that are no usage.
STATES: Final = ("condition=", "jsonpath=", "delete", "create")
# Flags that ask for the past, and the commands that take its source.
OF_THE_PAST: Final = ("--since", "--start", "--at")
WITH_PAST: Final = ("nodes", "pods", "cluster", "rightsize")
# The formats of `rightsize` that need the past.
CHANGES: Final = ("patch", "kustomize", "resources")
NOTHING: Final = "c3s changes nothing"
NO_ROW: Final = Read("", "")
EVERYWHERE: Final = ("-A", "--all-namespaces", "-n", "--namespace")


def translated(
    line: Line, path_of: Callable[[Line], Path | None], flags_of: Callable[[Path], Collection[str]]
) -> tuple[Line, list[str]]:
    """Return the line in the words of c3s, and a remark for each replacement.

    path_of: returns the command of a line, None if it has none. flags_of: returns the names of a command's flags.
    """
    remarks = list[str]()
    if line.words and path_of(_with_kind(line)) is None:
        # First the command, since it decides what flags mean; the flags that only its own tool has come with it.
        line, remarks = _with_command(line, path_of)
    # Then the kind of rows, since it brings flags of c3s; then flags, again if one of these is another command.
    line = _with_kind(line)
    path, before = path_of(line), None
    while path and path != before and any(map(_is_foreign, line.flags)):
        line, more = _with_flags(line, path, flags_of(path))
        remarks += more
        path, before = path_of(line), path
    if path is None:
        return line, remarks
    # Last the source, since the flags of the past may be those of other tools.
    line, more = _with_source(line, path)
    return line, [*remarks, *more]


def replaced(line: Line, text: str, count: int) -> Line:
    """Return the line with the words and flags of a text instead of its first words; flags that it has itself stay.

    count: the number of words that are replaced.
    """
    instead = _without(line, text)
    conditions = [value_of(flag) for flag in instead.flags if flag[0].startswith("--where=")]
    flags = [flag for flag in instead.flags if not flag[0].startswith("--where=")]
    return Line((*instead.words, *line.words[count:]), _with_conditions([*flags, *line.flags], conditions), line.rest)


def _without(line: Line, text: str) -> Line:
    """Return the line of a text without the flags that another line has: these are meant."""
    instead, names = line_of_text(text), {*line.names()} - {"--where"}
    names |= {*EVERYWHERE} if names & {*EVERYWHERE} else set()
    return structs.replace(
        instead, flags=tuple(flag for flag in instead.flags if flag[0].partition("=")[0] not in names)
    )


def filled(row: Read | Hint, name: str, value: str, names: Sequence[str], path: Path = ()) -> str | None:
    """Return the words and flags of a row for a flag and its value; None if they need another number of names.

    names, path: the names on the line and its command.
    """
    import shlex  # most lines are those of c3s

    command = shlex.join((*path[-1:], *names))
    text, parts = row.c3s.replace(" {-}", "").replace("{command}", command), value.split(",") if value else [*names]
    if "{NAME}" in text:
        if len(names) != 1:
            return None
        text = text.replace("{NAME}", _quoted(names[0]) if "'" in row.c3s else shlex.quote(names[0]))
    before, several, after = text.partition("{,}")
    if several:
        flag = before.split()[-1]
        text = f"{before.removesuffix(f'{flag} ')}{' '.join(f'{flag} {shlex.quote(part)}' for part in parts)}{after}"
        return text if parts else None
    bare = name.lstrip("-")
    text = text.replace("{name}", bare).replace("{rest}", bare.partition("-")[2])
    if "{*}" in text or "{%}" in text:
        from c3s_cli.flags.values import percent, regular  # few flags have such values

        return text.replace("{*}", _quoted(regular(value))).replace("{%}", shlex.quote(percent(value)))
    if "({})" in text:
        return text.replace("{}", ", ".join(map(_quoted, value.split(","))))
    return text.replace("{}", _quoted(value) if "'" in row.c3s else shlex.quote(value))


def _quoted(text: str) -> str:
    """Quote a value for a condition, which itself stands in single quotes; quantities need none."""
    if text[:1].isdecimal():
        return text
    return ('"' + text.strip().replace("\\", "\\\\").replace('"', '\\"') + '"').replace("'", "'\"'\"'")


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


def _with_command(line: Line, path_of: Callable[[Line], Path | None]) -> tuple[Line, list[str]]:
    """Replace words that no command of c3s has, such as `oom`, and the flags that only their tool has."""
    verb = line.words[0].casefold()
    if verb == "wait" and any(value_of(flag).startswith(STATES) for flag in line.flags if flag[0].startswith("--for")):
        return line, []
    own, remarks = _with_flags(line, (verb,), None)
    for text, count, remark in _phrases(own):
        new = replaced(own, text, count)
        if path_of(_with_kind(new)) is not None:
            typed = " ".join(line.words[:count])
            instead = _without(own, text).text()
            return new, [*remarks, f"{typed} is read as c3s {instead}{f'; {remark}' if remark else ''}"]
    return line, []


def with_flags_of_verb(line: Line) -> Line:
    """Replace the flags that only a command of another tool has."""
    return _with_flags(line, line.words[:1], None)[0] if line.words else line


def _phrases(line: Line) -> list[tuple[str, int, str]]:
    """Return what the first words of a line may stand for: the text, the number of these words, a remark."""
    verb, *others = line.words
    verb, thing = verb.casefold(), others[0].casefold() if others else ""
    thing = ALIASES.get(thing, thing)
    group = verb if verb in GROUPS else "top" if verb in SHOWING else ""
    phrases = [(f"{verb} {thing}", 2, "")] if others else []
    if group and thing:
        phrases.append((thing, 2, group))
    phrases.append((verb, 1, ""))
    found = list[tuple[str, int, str]]()
    for phrase, count, place in phrases:
        if (place or count == 1) and (is_rollup(phrase) or (verb in SHOWING and phrase in ("nodes", "pods"))):
            found.append((f"{place or 'top'} {phrase}", count, ""))
        for row in WORDS:
            if phrase in row.typed.split(", ") and _has(line, row.having):
                text = filled(row, "", "", line.words[count:])
                if text is None or (place and not text.startswith("top ")):
                    continue
                used = len(line.words) if {"{,}", "{NAME}", "{-}"} & {*row.c3s.split()} else count
                found.append((f"{place}{text.removeprefix('top')}" if place else text, used, row.remark))
    return found


def _has(line: Line, having: str) -> bool:
    """Return whether a line has one of several flags, be it under another name; C3S_FROM stands for --from."""
    if not having:
        return True
    names = {*line.names(), *(("--from",) if os.environ.get("C3S_FROM") else ())}
    names |= {row.c3s.removesuffix(" {}") for row in FLAGS if names & {name for name, _ in typed_names(row.typed)}}
    return not names.isdisjoint(having.split(", "))


def _is_foreign(flag: Flag) -> bool:
    """Return whether a flag may be one of another tool, or have a value that only another tool knows."""
    name = flag[0].partition("=")[0]
    return takes_value(name) is None or any(_fits(value, value_of(flag)) for value, _ in rows_of(name))


def _fits(pattern: str, value: str) -> bool:
    """Return whether a flag has the value of a row: any, if the row has none."""
    return value.startswith(pattern.removesuffix("{}")) if pattern.endswith("{}") else pattern in ("", value)


def _with_flags(line: Line, path: Path, own: Collection[str] | None) -> tuple[Line, list[str]]:
    """Replace flags that a command does not have by its own.

    own: the names of the command's flags; None for a command of another tool: only the rows for it count.
    """
    flags, words, remarks = list[Flag](), line.words, list[str]()
    columns, conditions, directions = list[str](), list[str](), list[str]()
    for flag in line.flags:
        name, value = flag[0].partition("=")[0], value_of(flag) if len(flag) > 1 or "=" in flag[0] else None
        row, text = _reading(name, value, structs.replace(line, words=words), path, own)
        if text is None:
            flags.append(flag)
            continue
        instead = line_of_text(text)
        if instead.words:
            words = instead.words
        for each in instead.flags:
            new, content = each[0].partition("=")[0], value_of(each)
            if new == "--columns" and not _is_renamed(row):
                columns.append(content)
            elif new == "--where" and not _is_renamed(row):
                conditions.append(content)
            elif new == "--sort-by" and content.startswith(":"):
                directions.append(content[1:])
            else:
                flags.append(each)
        typed = Line((), ((name,) if value is None else (name, value),)).text()
        shown = f"{'c3s ' if instead.words else ''}{instead.text()}".replace("--columns +", "--columns default,")
        shown = shown.replace("--sort-by :", "--sort-by COLUMN:").replace(",:", " or COLUMN:")
        remarks.append(f"{typed} is read as {shown or f'nothing: {row.remark or NOTHING}'}")
    flags = _with_directions(path, list(_with_conditions(flags, conditions)), directions)
    return Line(words, (*flags, *_with_columns(flags, columns)), line.rest), remarks


def _reading(
    name: str, value: str | None, line: Line, path: Path, own: Collection[str] | None
) -> tuple[Read, str | None]:
    """Return the first row that fits a flag, and its text; None as the text if there is none."""
    names = line.words[2 if line.words[:1] in (("top",), ("watch",)) else 1 :]
    for pattern, row in rows_of(name):
        if isinstance(row, Hint) or (path[-1] not in row.of.split(", ") if row.of or own is None else False):
            continue
        if (own and name in own and not pattern) or not _fits(pattern, value or ""):
            continue
        if (row.c3s and row_takes_value(row, pattern) != (value is not None)) or not _has(line, row.having):
            continue
        text = filled(row, name, (value or "").removeprefix(pattern.removesuffix("{}")), names, path)
        if text is None:
            continue
        instead = line_of_text(text)
        # Other words stand for the command and its names.
        if (names and "{" not in row.c3s) if instead.words else own and not {*instead.names()} <= {*own}:
            continue
        return row, text
    if own and name not in own and _is_column(path, name):
        column = name.removeprefix("--")
        return NO_ROW, f"--columns +{column}" if value is None else f"--where '{column} = {_quoted(value)}'"
    return NO_ROW, None


def _is_column(path: Path, name: str) -> bool:
    """Return whether a flag is the name of a column, such as `--restarts`."""
    from c3s_cli.columns.naming import Naming  # needs time that most lines do not spend
    from c3s_cli.errors import UsageError

    if not name.startswith("--") or path[-1] not in ("nodes", "pods"):
        return False
    try:
        Naming(KINDS[path[-1]]).find(name.removeprefix("--"))
    except UsageError:
        return False
    return True


def _with_source(line: Line, path: Path) -> tuple[Line, list[str]]:
    """Read the past from the Prometheus of the cluster, unless a source is named: no other knows it."""
    names = line.names()
    past = [name for name in names if name in OF_THE_PAST]
    if path == ("rightsize",):
        changes = any(value_of(flag) in CHANGES for flag in line.flags if flag[0][:8] in ("-o", "--output"))
        # The formats of changes refuse --by and --columns.
        if {"--by", "--columns"}.isdisjoint(names) if changes else "--demo" in names:
            past = past or ["rightsize"]
    if not past or path[-1] not in WITH_PAST or "--from" in names or os.environ.get("C3S_FROM"):
        return line, []
    remark = f"{past[0]} without --from is read as --from prometheus, the one in the cluster"
    return structs.replace(line, flags=(*line.flags, ("--from=prometheus",))), [remark]


def _with_directions(path: Path, flags: list[Flag], directions: Sequence[str]) -> list[Flag]:
    """Give every column of --sort-by that has none the direction of --asc or --desc; without columns, it is the CPU."""
    if not directions:
        return flags
    if not any(flag[0].startswith("--sort-by=") for flag in flags):
        flags = [*flags, ("--sort-by=cpu",)]
    return [
        (f"--sort-by={','.join(_directed(path, key, directions[-1]) for key in value_of(flag).split(','))}",)
        if flag[0].startswith("--sort-by=")
        else flag
        for flag in flags
    ]


def _directed(path: Path, key: str, direction: str) -> str:
    """Return a column of --sort-by with a direction: one of two is the other one than usual."""
    if key.endswith((":asc", ":desc")):
        return key
    if direction not in ("asc", "desc"):
        direction = "asc" if _descends(path, key) else "desc"
    return f"{key}:{direction}"


def _descends(path: Path, key: str) -> bool:
    from c3s_cli.columns.naming import Naming  # needs time that most lines do not spend
    from c3s_cli.errors import UsageError

    try:
        return Naming(KINDS[path[-1]]).find(key).descending
    except (UsageError, KeyError):
        return True


def _with_conditions(flags: Sequence[Flag], conditions: Sequence[str]) -> tuple[Flag, ...]:
    """Add conditions to each --where: repeated, it means or."""
    if not conditions:
        return tuple(flags)
    joined = ", ".join(conditions)
    if not any(flag[0].startswith("--where=") for flag in flags):
        return (*flags, (f"--where={joined}",))
    return tuple((f"{flag[0]}, {joined}",) if flag[0].startswith("--where=") else flag for flag in flags)


def _with_columns(flags: Sequence[Flag], columns: Sequence[str]) -> list[Flag]:
    """Return the flag that adds columns to those of the line, or to the default ones if `+` says so."""
    if not columns:
        return []
    present = [value_of(flag) for flag in flags if flag[0].startswith("--columns=")][-1:]
    default = [] if present or not any(each.startswith("+") for each in columns) else ["default"]
    return [(f"--columns={','.join((*present, *default, *(each.lstrip('+') for each in columns)))}",)]


def _is_renamed(row: Read) -> bool:
    """Return whether a flag only has another name here."""
    return row.c3s.endswith(" {}") and row.c3s.count(" ") == 1
