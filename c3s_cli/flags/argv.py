"""Translate kubectl's way of writing a command line into Typer's.

As in kubectl, flags may come before the command, switches accept `=true` and `=false`, and a short flag accepts its
value after `=`. c3s also accepts -v without a level. Everything else is left to Typer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.errors import UsageError
from c3s_cli.flags.arity import is_optional, is_valued, takes_value

# The values that Go's strconv.ParseBool accepts.
TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})
# How a condition goes on after its column, and so the value of a flag that is named like one: --cpu '>1'.
COMPARING: Final = tuple("<>=!~")
# A number with a unit, a comparison, or a word that no object can have as its name, such as CrashLoopBackOff.
VALUE: Final = r"[0-9]+(?:\.[0-9]+)?(?:%|[a-zA-Z]{1,2})?|[<>=!~].*|[A-Z]\w+"
# Units of amounts, which --unit takes.
UNITS: Final = r"(?i)(?:(?:nano|milli)?cores?|[mn]|[kmg]i?b?|bytes)(?:,(?:(?:nano|milli)?cores?|[mn]|[kmg]i?b?|bytes))?"
# kubectl's messages give both names of a switch that has a short one.
BOTH_NAMES: Final = dict.fromkeys(("-A", "--all-namespaces"), "-A, --all-namespaces")
DEFAULT_VERBOSITY: Final = "6"
# Flags with secrets, and what stands for these.
HIDDEN: Final = {"--token": "TOKEN", "--prometheus-header": "HEADER"}


class Line(Struct, frozen=True):
    """A command line: its words (command, names), its flags with their values, and everything after `--`."""

    words: tuple[str, ...]
    flags: tuple[tuple[str, ...], ...] = ()
    rest: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """Return the names of the flags."""
        return [flag[0].partition("=")[0] for flag in self.flags]

    def argv(self) -> list[str]:
        """Return the words first and the flags after them, each in the form that Typer expects."""
        flags = (word for flag in self.flags for word in flag)
        return [*self.words, *flags, *(["--", *self.rest] if self.rest else ())]

    def text(self) -> str:
        """Return the line for a shell, without secrets."""
        import shlex  # only needed for what people read

        words = list(self.words)
        for flag in self.flags:
            name, equals, value = flag[0].partition("=")
            value = HIDDEN.get(name, value if equals else "".join(flag[1:]))
            words += [name, value] if equals or len(flag) > 1 else [name]
        return shlex.join([*words, *(["--", *self.rest] if self.rest else ())])


def value_of(flag: Sequence[str]) -> str:
    """Return the value of a flag of a Line; "" if it has none."""
    return flag[1] if len(flag) > 1 else flag[0].partition("=")[2]


def words_of(argv: Sequence[str]) -> list[str]:
    """Return the words of a command line, without flags and their values."""
    line = line_of(argv)
    return [*line.words, *line.rest]


def line_of_text(text: str) -> Line:
    """Take apart a command line as a shell reads it."""
    import shlex

    return line_of(shlex.split(text))


def line_of(argv: Sequence[str]) -> Line:
    """Take a command line apart. UsageError, in kubectl's words, for flags that make no sense."""
    words: list[str] = []
    flags: list[list[str]] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            words.append(word)
        elif word.startswith("--"):
            _long(word, rest, flags)
        else:
            _short(word, rest, flags)
    return Line(tuple(words), tuple(map(tuple, flags)), tuple(rest))


def _takes_value(name: str, rest: Sequence[str]) -> bool | None:
    """Return whether a flag takes a value; a flag of another tool does only if one may follow."""
    own = takes_value(name)
    if own is None and is_valued(name) is None and name.startswith("--"):
        # It may be the name of a column: what no object is named is its value.
        return True if rest and re.fullmatch(VALUE, rest[0]) else None
    if own is not None or not is_valued(name):
        return is_valued(name) if own is None else own
    if not rest or (rest[0].startswith("-") and not rest[0][1:2].isdecimal()):
        return False
    # Where it may be left out, a value looks like one: an address, an assignment, a number.
    return (
        not is_optional(name) or bool({":", "="} & {*rest[0]}) or re.fullmatch(rf"[0-9].*|{VALUE}", rest[0]) is not None
    )


def _long(word: str, rest: list[str], flags: list[list[str]]) -> None:
    name, equals, value = word.partition("=")
    if name in ("--", "---"):
        raise UsageError(f"bad flag syntax: {word}")
    valued = _takes_value(name, [value] if equals else rest)
    if name == "--units" and (value not in (*TRUE, *FALSE) if equals else rest and re.fullmatch(UNITS, rest[0])):
        flags.append([f"{name}={value if equals else rest.pop(0)}"])  # --unit is meant
    elif name == "--v":
        flags.append(["-v", value if equals else _level(rest)])
    elif valued is False and equals and takes_value(name) is not None:
        _switch(name, value, flags)
    elif valued and not equals:
        if not rest:
            raise UsageError(f"flag needs an argument: {name}")
        flags.append([f"{name}={rest.pop(0)}"])
    else:
        flags.append([word])


def _short(word: str, rest: list[str], flags: list[list[str]]) -> None:
    """Split a word of short flags: switches, and at most one flag with a value, which is the rest of the word."""
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        name = f"-{letter}"
        valued = _takes_value(name, [letters] if letters else rest)
        if valued is None:
            raise UsageError(f"unknown shorthand flag: {letter!r} in -{letter}{letters}")
        if valued is False and letters.startswith("="):
            _switch(name, letters[1:], flags)
            return
        if valued is False:
            flags.append([name])
            continue
        value = letters.removeprefix("=")
        if name == "-v":
            value = value or _level(rest)
        elif not letters:
            if not rest:
                raise UsageError(f"flag needs an argument: {letter!r} in -{letter}")
            value = rest.pop(0)
        flags.append([name, value])
        return


def _level(rest: list[str]) -> str:
    """Return the level after -v, if a number follows. Without a level, -v means what -v 6 means in kubectl."""
    return rest.pop(0) if rest and rest[0].isdecimal() else DEFAULT_VERBOSITY


def _switch(name: str, value: str, flags: list[list[str]]) -> None:
    """Turn a switch on, or off by removing earlier occurrences."""
    if value in TRUE:
        flags.append([name])
    elif value in FALSE:
        flags[:] = [flag for flag in flags if flag != [name]]
    else:
        name = BOTH_NAMES.get(name, name)
        raise UsageError(
            f'invalid argument "{value}" for "{name}" flag: strconv.ParseBool: parsing "{value}": invalid syntax'
        )


def without_same(line: Line, text: str) -> Line:
    """Return the line without its format and columns, if flags name others instead."""
    names = {"-o", *line_of_text(text).names()} if text.startswith("--output") else ()
    flags = tuple(flag for flag, name in zip(line.flags, line.names(), strict=True) if name not in names)
    return Line(line.words, flags, line.rest)


def without_workload(line: Line) -> Line:
    """Return the line without the flag that words such as `deploy/web` have become; the same if it has none."""
    others = tuple(flag for flag in line.flags if not (flag[0].startswith("--workload") and "/" in value_of(flag)))
    return line if others == line.flags else Line(line.words, others, line.rest)
