"""Translate kubectl's way of writing a command line into Typer's.

As in kubectl, flags may come before the command, switches accept `=true` and `=false`, and a short flag accepts its
value after `=`. c3s also accepts -v without a level. Everything else is left to Typer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from c3s_cli.errors import UsageError
from c3s_cli.flags.arity import takes_value

# The values that Go's strconv.ParseBool accepts.
TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})
# kubectl's messages give both names of a switch that has a short one.
BOTH_NAMES: Final = dict.fromkeys(("-A", "--all-namespaces"), "-A, --all-namespaces")
DEFAULT_VERBOSITY: Final = "6"


def translate(argv: Sequence[str]) -> list[str]:
    """Put the words (command, names) first and the flags after them, each in the form that Typer expects."""
    words, flags, rest = _apart(argv)
    return [*words, *(word for flag in flags for word in flag), *(["--", *rest] if rest else ())]


def words_of(argv: Sequence[str]) -> list[str]:
    """Return the words of a command line, without flags and their values."""
    words, _, rest = _apart(argv)
    return [*words, *rest]


def flags_in(argv: Sequence[str]) -> list[str]:
    """Return the names of the flags on a command line."""
    return [flag[0].partition("=")[0] for flag in _apart(argv)[1]]


def _apart(argv: Sequence[str]) -> tuple[list[str], list[list[str]], list[str]]:
    """Return the words, the flags with their values, and everything after `--`."""
    words: list[str] = []
    flags: list[list[str]] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return words, flags, rest
        if not word.startswith("-") or word == "-":
            words.append(word)
        elif word.startswith("--"):
            _long(word, rest, flags)
        else:
            _short(word, rest, flags)
    return words, flags, []


def _long(word: str, rest: list[str], flags: list[list[str]]) -> None:
    name, equals, value = word.partition("=")
    if name in ("--", "---"):
        raise UsageError(f"bad flag syntax: {word}")
    valued = takes_value(name)
    if name == "--v":
        flags.append(["-v", value if equals else _level(rest)])
    elif valued is False and equals:
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
        valued = takes_value(name)
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
