"""The text of --help: usage, flags in groups, examples. Plain text, as wide as the terminal and at most 100 columns."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, get_args

from msgspec import Struct

WIDEST: Final = 100
NARROWEST: Final = 40
# How far the names of flags may reach before their help begins on the next line.
NAMES: Final = 32
EXAMPLES: Final = "Examples:"
CONNECTION: Final = "Connection"
# The groups of flags in the order of the help; a flag without a group is about the connection.
SECTIONS: Final = (
    "Which pods",
    "What to show",
    "Which rows",
    "Time range",
    "Conditions",
    "How often",
    "Output",
    "Source",
    "Serving",
    CONNECTION,
)


class Entry(Struct, frozen=True):
    """A flag, an argument or a command, and what it is for."""

    name: str
    about: str
    section: str = ""


class Page(Struct, frozen=True):
    """What a help says. usage: the line without the program's name. text: paragraphs, then maybe examples."""

    usage: str
    text: str
    sections: tuple[tuple[str, tuple[Entry, ...]], ...] = ()


def page_of_command(path: Sequence[str], command: Callable[..., Any]) -> Page:
    """Describe a command by its signature and its docstring."""
    arguments: list[Entry] = []
    flags: dict[str, list[Entry]] = {section: [] for section in SECTIONS}
    for parameter in inspect.signature(command).parameters.values():
        _, declared = get_args(parameter.annotation)
        if type(declared).__name__ == "ArgumentInfo":
            arguments.append(Entry(declared.metavar, declared.help))
        else:
            flags[declared.rich_help_panel or CONNECTION].append(_flag(declared))
    flags[CONNECTION].append(Entry("-h, --help", "Show this help."))
    usage = " ".join([*path, *(argument.name for argument in arguments), "[flags]"])
    if len(flags[CONNECTION]) == 1:
        flags["Flags"] = flags.pop(CONNECTION)
    sections = [("Arguments", arguments), *flags.items()]
    return Page(usage, inspect.getdoc(command) or "", tuple((title, tuple(each)) for title, each in sections if each))


def first_line(command: Callable[..., Any]) -> str:
    """Give the first line of a command's help."""
    return (inspect.getdoc(command) or "").partition("\n")[0]


def flags_of(command: Callable[..., Any]) -> list[str]:
    """Give every name of every flag of a command."""
    declared = [get_args(parameter.annotation)[1] for parameter in inspect.signature(command).parameters.values()]
    flags = [flag for flag in declared if type(flag).__name__ == "OptionInfo"]
    return [name for flag in flags for name in (flag.default, *flag.param_decls)] + ["-h", "--help"]


def _flag(declared: Any) -> Entry:
    names = (declared.default, *declared.param_decls)
    # Long flags stand below each other, whether there is a letter or not.
    name = ", ".join(names) if len(names[0]) == 2 else f"    {names[0]}"
    return Entry(f"{name} {declared.metavar or ''}".rstrip(), declared.help)


def written(page: Page, program: str) -> str:
    """Write a help, fitted to the terminal."""
    width = max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))
    return "\n".join(_lines(page, program, width)) + "\n"


def _lines(page: Page, program: str, width: int) -> Iterator[str]:
    text, _, examples = page.text.partition(EXAMPLES)
    yield f"Usage: {program} {page.usage}".rstrip()
    for paragraph in text.strip().split("\n\n"):
        yield ""
        yield from _wrapped(" ".join(paragraph.split()), width, "")
    for title, entries in page.sections:
        yield ""
        yield f"{title}:"
        yield from _table(entries, width)
    if examples:
        yield ""
        yield EXAMPLES
        yield from (f"  {_for_program(line.strip(), program)}".rstrip() for line in examples.strip().split("\n"))


def _table(entries: Iterable[Entry], width: int) -> Iterator[str]:
    entries = tuple(entries)
    longest = min(NAMES, width // 2, max(len(entry.name) for entry in entries))
    for entry in entries:
        about = list(_wrapped(entry.about, width - longest - 4, ""))
        if len(entry.name) > longest:
            yield f"  {entry.name}"
            first = ""
        else:
            first = entry.name
        for line in about:
            yield f"  {first:{longest}}  {line}".rstrip()
            first = ""


def _wrapped(text: str, width: int, indent: str) -> Iterator[str]:
    """Break a text into lines, never at the hyphens of a flag or a name."""
    from textwrap import wrap

    yield from wrap(text, width, subsequent_indent=indent, break_on_hyphens=False) or [""]


def _for_program(line: str, program: str) -> str:
    """Call the program in an example as the user does."""
    return f"{program} {line.removeprefix('c3s ')}" if line.startswith("c3s ") else line
