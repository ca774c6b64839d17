"""Flags of other tools → the flags of c3s that they stand for, by the rows of `flags/habits.py`."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.columns.kinds import KINDS
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.errors import UsageError
from c3s_cli.flags.argv import COMPARING, Line, line_of_text, value_of
from c3s_cli.flags.arity import fits, row_takes_value, rows_of, typed_names
from c3s_cli.flags.habits import FLAGS, Hint, Read

Path = tuple[str, ...]
Flag = tuple[str, ...]
NOTHING: Final = "c3s changes nothing"
# Other tools show columns by flags such as --show-limits.
SHOWN: Final = r"--(?:show|with|include)-(\w+)"
# Bare numbers from SMALL to HUNDRED are rather percentages than cores or bytes.
SMALL: Final = 20
HUNDRED: Final = 100
WORDY: Final = (Unit.TEXT, Unit.TEXTS, Unit.BOOLEAN)
WIDE: Final = "--output wide"
NO_ROW: Final = Read("", "")


def with_flags(line: Line, path: Path, own: Collection[str] | None) -> tuple[Line, list[str]]:
    """Replace flags that a command does not have by its own.

    own: the names of the command's flags; None for a command of another tool: only the rows for it count.
    """
    flags, words, remarks = list[Flag](), line.words, list[str]()
    columns, conditions, directions, statistic = list[str](), list[str](), list[str](), ""
    base = "wide" if _is_wide(line, path, own) else "default"
    for flag in line.flags:
        name, value = flag[0].partition("=")[0], _given(flag)
        row, text = _reading(name, value, structs.replace(line, words=words), path, own)
        if text is None:
            flags.append(flag)
            continue
        statistic = _statistic_of(text) or statistic
        instead = line_of_text(text)
        is_new = bool(instead.words) and instead.words != words
        words = instead.words or words
        if not _is_renamed(row) and any(flag[0].startswith("--sort-by=") for flag in flags):
            # An order that came before counts.
            others = tuple(each for each in instead.flags if not each[0].startswith("--sort-by=c"))
            instead = structs.replace(instead, flags=others or instead.flags)
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
        new_words = instead.words if is_new else ()
        shown = f"{'c3s ' if is_new else ''}{structs.replace(instead, words=new_words).text()}"
        if instead.words and not is_new and shown in ("", typed):
            continue
        shown = shown.replace("--columns +", f"--columns {base},")
        shown = shown.replace("--sort-by :", "--sort-by COLUMN:").replace(",:", " or COLUMN:")
        also = f"{shown}; {row.remark}" if shown and row.remark else shown
        remarks.append(f"{typed} is read as {also or f'nothing: {row.remark or NOTHING}'}")
    flags, of_order = _with_statistic(flags, statistic)
    remarks += of_order
    remarks += _kept(flags, directions)
    flags = _with_directions(path, list(with_conditions(flags, conditions)), directions)
    return Line(words, (*flags, *_with_columns(flags, columns, base)), line.rest), remarks


def _given(flag: Flag) -> str | None:
    """Return the value of a flag, None if it has none."""
    return value_of(flag) if len(flag) > 1 or "=" in flag[0] else None


def _is_wide(line: Line, path: Path, own: Collection[str] | None) -> bool:
    """Return whether -o wide, or a flag that is read as this, shows more than the default columns."""
    for name, flag in zip(line.names(), line.flags, strict=True):
        value = _given(flag)
        if (name in ("-o", "--output") and value == "wide") or _reading(name, value, line, path, own)[1] == WIDE:
            return True
    return False


def _reading(
    name: str, value: str | None, line: Line, path: Path, own: Collection[str] | None
) -> tuple[Read, str | None]:
    """Return the first row that fits a flag, and its text; None as the text if there is none."""
    names = line.words[2 if line.words[:1] in (("top",), ("watch",)) else 1 :]
    for pattern, row in rows_of(name):
        if isinstance(row, Hint) or (path[-1] not in row.of.split(", ") if row.of or own is None else False):
            continue
        if (own and name in own and not pattern) or not fits(pattern, value or ""):
            continue
        if (row.c3s and row_takes_value(row, pattern) != (value is not None)) or not has_one_of(line, row.having):
            continue
        text = filled(row, name, (value or "").removeprefix(pattern.removesuffix("{}")), names, path)
        if text is None:
            continue
        instead = line_of_text(text)
        # Other words stand for the command and its names.
        if (names and "{" not in row.c3s) if instead.words else own and not {*instead.names()} <= {*own}:
            continue
        return row, text
    if own and name.startswith("--mem-") and (long := name.replace("--mem-", "--memory-")) in own:
        return NO_ROW, f"{long} {shlex.quote(value or '')}"
    if own and name not in own and (match := re.fullmatch(SHOWN, name)):
        return _reading(f"--{match[1]}", value, line, path, own)
    if own and name not in own and _is_column(path, name):
        return NO_ROW, _of_column(path, name.removeprefix("--"), value)
    return NO_ROW, None


def _of_column(path: Path, name: str, value: str | None) -> str | None:
    """Return the flags for a flag that is named like a column; None for a number, which may be a bound or a value."""
    if value is None:
        return f"--columns +{name}"
    column = _column(path, name)
    if column and value[:1] in COMPARING:
        return f"--where {shlex.quote(f'{compared(name, column.unit, value)} {value}')}"
    return f"--where '{name} = {_quoted(value)}'" if column and column.unit in WORDY else None


def compared(name: str, unit: Unit, value: str) -> str:
    """Return the name of the column that a value compares with: that of the percentage of an amount for 80 or 80%."""
    number = value.strip("<>=!~ ").removesuffix("%")
    is_percent = value.endswith("%") or (number.isdecimal() and SMALL <= int(number) <= HUNDRED)
    return f"{name}%" if is_percent and unit in (Unit.NANOCORES, Unit.BYTES) else name


def filled(row: Read | Hint, name: str, value: str, names: Sequence[str], path: Path = ()) -> str | None:
    """Return the words and flags of a row for a flag and its value; None if they need another number of names.

    names, path: the names on the line and its command.
    """
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
    if "label:{}" in text:
        return text.replace("label:{}", shlex.quote(",".join(f"label:{each}" for each in parts)))
    if "({})" in text:
        return text.replace("{}", ", ".join(map(_quoted, value.split(","))))
    return text.replace("{}", _quoted(value) if "'" in row.c3s else shlex.quote(value))


def _quoted(text: str) -> str:
    """Quote a value for a condition, which itself stands in single quotes; quantities need none."""
    if text[:1].isdecimal():
        return text
    return ('"' + text.strip().replace("\\", "\\\\").replace('"', '\\"') + '"').replace("'", "'\"'\"'")


def _is_column(path: Path, name: str) -> bool:
    """Return whether a flag is the name of a column, such as `--restarts`."""
    return (
        name.startswith("--") and path[-1] in ("nodes", "pods") and _column(path, name.removeprefix("--")) is not None
    )


def _column(path: Path, name: str) -> Column | None:
    """Return the column of a command's rows that a name means; None if there is none."""
    try:
        return Naming(KINDS[path[-1]]).find(name)
    except (UsageError, KeyError):
        return None


def has_one_of(line: Line, having: str) -> bool:
    """Return whether a line has one of several flags, be it under another name; C3S_FROM stands for --from."""
    names = {*names_of(line), *(flag[0] for flag in line.flags), *(("--from",) if os.environ.get("C3S_FROM") else ())}
    return not having or not names.isdisjoint(having.split(", "))


def names_of(line: Line) -> set[str]:
    """Return the names of the flags of a line, and the names that these have in c3s."""
    names = {*line.names()}
    renamed = (row for row in FLAGS if _is_renamed(row) and names & {name for name, _ in typed_names(row.typed)})
    return names | {row.c3s.removesuffix(" {}") for row in renamed}


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


def _statistic_of(text: str) -> str:
    """Return the statistic that a row shows of CPU and memory, such as `max`; "" for none."""
    match = re.match(r"--columns cpu\.(avg|max|min|p\d+),memory\.\1\b", text)
    return match[1] if match else ""


def _with_statistic(flags: list[Flag], statistic: str) -> tuple[list[Flag], list[str]]:
    """Order by the statistic that is shown, instead of by the usage of now."""
    ordered, remarks = [*flags], list[str]()
    for place, flag in enumerate(flags if statistic else ()):
        if match := re.fullmatch(r"--sort-by=(cpu|mem(?:ory)?)", flag[0]):
            column = f"{'cpu' if match[1] == 'cpu' else 'memory'}.{statistic}"
            remarks.append(f"--sort-by {match[1]} is read as --sort-by {column}")
            ordered[place] = (f"--sort-by={column}",)
    return ordered, remarks


def _kept(flags: Sequence[Flag], directions: Sequence[str]) -> list[str]:
    """Say which columns of --sort-by keep a direction of their own, against that of --asc, --desc or --reverse."""
    keys = [key for flag in flags if flag[0].startswith("--sort-by=") for key in value_of(flag).split(",")]
    kept = [key for key in keys if directions and key.endswith((":asc", ":desc"))]
    against = [key for key in kept if not key.endswith(f":{directions[-1]}")]
    return (
        [f"{', '.join(against)} {'keeps its direction' if len(against) == 1 else 'keep their directions'}"]
        if against
        else []
    )


def _directed(path: Path, key: str, direction: str) -> str:
    """Return a column of --sort-by with a direction: one of two is the other one than usual."""
    if key.endswith((":asc", ":desc")):
        return key
    if direction not in ("asc", "desc"):
        column = _column(path, key)
        direction = "asc" if column is None or column.descending else "desc"
    return f"{key}:{direction}"


def with_conditions(flags: Sequence[Flag], conditions: Sequence[str]) -> tuple[Flag, ...]:
    """Add conditions to each --where: repeated, it means or."""
    if not conditions:
        return tuple(flags)
    joined = ", ".join(conditions)
    if not any(flag[0].startswith("--where=") for flag in flags):
        return (*flags, (f"--where={joined}",))
    return tuple((f"{flag[0]}, {joined}",) if flag[0].startswith("--where=") else flag for flag in flags)


def _with_columns(flags: Sequence[Flag], columns: Sequence[str], base: str) -> list[Flag]:
    """Return the flag that adds columns to those of the line, or to the set `base` if `+` says so."""
    if not columns:
        return []
    present = [value_of(flag) for flag in flags if flag[0].startswith("--columns=")][-1:]
    default = [] if present or not any(each.startswith("+") for each in columns) else [base]
    return [(f"--columns={','.join((*present, *default, *(each.lstrip('+') for each in columns)))}",)]


def _is_renamed(row: Read) -> bool:
    """Return whether a flag only has another name here."""
    return row.c3s.endswith(" {}") and row.c3s.count(" ") == 1
