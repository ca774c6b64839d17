"""The text of --help: usage, flags in groups, examples. Plain text, as wide as the terminal and at most 100 columns."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from c3s_cli.flags.flag import CONDITIONS, OFTEN, OUTPUT, PODS, ROWS, RULE, SERVING, SHOW, SOURCE, TIME
from c3s_cli.flags.typer_bridge import declarations, is_argument, names_of

WIDEST: Final = 100
NARROWEST: Final = 40
# If the names of a flag are wider than this, its help begins on the next line.
NAMES: Final = 32
ARGUMENTS: Final = "Arguments"
EXAMPLES: Final = "Examples:"
ON_SCREEN: Final = "Keys on a terminal"
CONNECTION: Final = "Connection"
# Stands for the keys of --by, which depend on the kind of the rows.
KEYS_OF_KIND: Final = "{keys}"
# Stands for the formats of changes, which only recommendations have.
CHANGES: Final = "{changes}"
# What -h shows of a command with many flags: the first of these that it has.
MOST_USED: Final = (
    *("--filename", "--cpu", "--memory", "--replicas", "--without", "--check"),
    *("--all-namespaces", "--namespace", "--selector", "--until", "--interval", "--containers", "--sort-by", "--by"),
    *("--columns", "--output", "--fail-if", "--from", "--where", "--limit", "--context", "--all-contexts"),
    *("--kubeconfig", "--request-timeout", "--demo"),
)
# These read what has no namespace.
WITHOUT_NAMESPACE: Final = ("nodes", "cluster", "contexts")
MANY: Final = 12
SHOWN: Final = 10
# The groups of flags in the order of the help. Flags without a group are listed under Connection.
SECTIONS: Final = (PODS, SHOW, ROWS, TIME, CONDITIONS, RULE, OFTEN, OUTPUT, SOURCE, SERVING, CONNECTION)


class Entry(Struct, frozen=True):
    """A flag, an argument or a command, with its description."""

    name: str
    about: str
    section: str = ""


class Page(Struct, frozen=True):
    """The parts of a help text. usage: without the program's name. text: paragraphs, then examples if any.

    more: the last line, without the program's name.
    """

    usage: str
    text: str
    sections: tuple[tuple[str, tuple[Entry, ...]], ...] = ()
    more: str = ""


def short_page(path: Sequence[str], command: Callable[..., Any]) -> Page:
    """Describe a command with the flags that people use; in full if it has only a few."""
    page = page_of_command(path, command)
    entries = {
        name: entry for _, each in page.sections for entry in each for name in entry.name.replace(",", "").split()
    }
    count = sum(len(each) for title, each in page.sections if title not in (ARGUMENTS, ON_SCREEN))
    if count <= MANY:
        return page
    often = [
        name for name in MOST_USED if name in entries and not (name == "--namespace" and path[-1] in WITHOUT_NAMESPACE)
    ]
    shown = tuple(entries[name] for name in often[:SHOWN])
    first, _, rest = page.text.partition("\n")
    text = f"{first}\n\n{EXAMPLES}{rest.partition(EXAMPLES)[2]}"
    return Page(page.usage, text, (("Flags used most", shown),), f"{' '.join(path)} --help shows all {count} flags.")


def page_of_command(path: Sequence[str], command: Callable[..., Any]) -> Page:
    """Describe a command by its signature and its docstring."""
    arguments: list[Entry] = []
    keys = _keys_of(path)
    formats = ", patch, kustomize, resources" if path[-1] in ("rightsize", "recommend") else ""
    flags: dict[str, list[Entry]] = {section: [] for section in SECTIONS}
    for declared in _declarations(command):
        if is_argument(declared):
            arguments.append(Entry(declared.metavar, declared.help))
        else:
            flags[declared.rich_help_panel or CONNECTION].append(_flag(declared, keys, formats))
    flags[CONNECTION].append(Entry("-h, --help", "Show the flags used most, or all of them."))
    usage = " ".join([*path, *(argument.name for argument in arguments), "[flags]"])
    if len(flags[CONNECTION]) == 1:
        flags["Flags"] = flags.pop(CONNECTION)
    sections: list[tuple[str, Sequence[Entry]]] = [
        (ARGUMENTS, arguments),
        *flags.items(),
        (ON_SCREEN, screen_keys(path)),
    ]
    shown = tuple((title, tuple(each)) for title, each in sections if each)
    return Page(usage, inspect.getdoc(command) or "", shown)


def screen_keys(path: Sequence[str]) -> Sequence[Entry]:
    """Return the keys of a command that has a screen, or of a group of such commands."""
    if not path or path[0] != "watch":
        return ()
    from c3s_cli.terminal.keys import KEYS  # most commands have no keys

    return [Entry(each.shown, each.words) for each in KEYS]


def first_line(command: Callable[..., Any]) -> str:
    """Return the first line of a command's help."""
    return (inspect.getdoc(command) or "").partition("\n")[0]


def flags_of(command: Callable[..., Any]) -> list[str]:
    """Return every name of every flag of a command."""
    flags = (declared for declared in _declarations(command) if not is_argument(declared))
    return [name for flag in flags for name in names_of(flag)] + ["-h", "--help"]


def _declarations(command: Callable[..., Any]) -> list[Any]:
    return declarations([parameter.annotation for parameter in inspect.signature(command).parameters.values()])


def _keys_of(path: Sequence[str]) -> str:
    """Return the keys of --by for the rows of a command."""
    from c3s_cli.columns.kinds import KEYS, kind_named
    from c3s_cli.columns.vocabulary import Kind

    kind = kind_named(path[-1])
    # `c3s diff` compares nodes or pods.
    kinds = (kind,) if kind in KEYS else (Kind.NODE, Kind.POD)
    return ", ".join(dict.fromkeys(key for each in kinds for key in KEYS[each]))


def _flag(declared: Any, keys: str, formats: str) -> Entry:
    names = names_of(declared)
    # Align long flags, with or without a short name.
    name = ", ".join(names) if len(names[0]) == 2 else f"    {names[0]}"
    text = declared.help.replace(KEYS_OF_KIND, keys).replace(CHANGES, formats)
    return Entry(f"{name} {declared.metavar or ''}".rstrip(), text)


def written(page: Page, program: str) -> str:
    """Format a help text for the width of the terminal."""
    width = max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))
    return "\n".join(_lines(page, program, width)) + "\n"


def _lines(page: Page, program: str, width: int) -> Iterator[str]:
    text, _, examples = page.text.partition(EXAMPLES)
    yield f"Usage: {program} {page.usage}".rstrip()
    for paragraph in text.strip().split("\n\n"):
        yield ""
        yield from _wrapped(" ".join(paragraph.split()), width)
    for title, entries in page.sections:
        yield ""
        yield f"{title}:"
        yield from _table(entries, width)
    if examples:
        yield ""
        yield EXAMPLES
        yield from (f"  {_for_program(line.strip(), program)}".rstrip() for line in examples.strip().split("\n"))
    if page.more:
        yield ""
        yield f"{program} {page.more}"


def _table(entries: Iterable[Entry], width: int) -> Iterator[str]:
    entries = tuple(entries)
    longest = min(NAMES, width // 2, max(len(entry.name) for entry in entries))
    for entry in entries:
        about = list(_wrapped(entry.about, width - longest - 4))
        if len(entry.name) > longest:
            yield f"  {entry.name}"
            first = ""
        else:
            first = entry.name
        for line in about:
            yield f"  {first:{longest}}  {line}".rstrip()
            first = ""


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Wrap a text, but never at the hyphens of a flag or a name."""
    from textwrap import wrap

    yield from wrap(text, width, break_on_hyphens=False) or [""]


def _for_program(line: str, program: str) -> str:
    """Replace the program's name in an example by the one that the user typed."""
    return f"{program} {line.removeprefix('c3s ')}" if line.startswith("c3s ") else line
