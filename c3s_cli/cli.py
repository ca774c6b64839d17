"""The command line: the table of commands, and main(), the only place where an error becomes an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from c3s_cli import __version__
from c3s_cli.errors import C3sError, ExitCode, InternalError, UsageError
from c3s_cli.terminal.printable import printable
from c3s_cli.terminal.stderr import tell

if TYPE_CHECKING:
    from c3s_cli.flags.argv import Line
    from c3s_cli.flags.help import Page
    from c3s_cli.flags.typer_bridge import ParseError

# Every command by its words: the module in c3s_cli.commands and the function in it.
COMMANDS: Final[dict[tuple[str, ...], tuple[str, str]]] = {
    ("top", "nodes"): ("nodes", "nodes"),
    ("top", "pods"): ("pods", "pods"),
    ("top", "cluster"): ("cluster", "cluster"),
    ("top", "volumes"): ("volumes", "volumes"),
    ("watch", "nodes"): ("watch", "watch_nodes"),
    ("watch", "pods"): ("watch", "watch_pods"),
    ("watch", "cluster"): ("watch", "watch_cluster"),
    ("nodes",): ("nodes", "nodes"),
    ("pods",): ("pods", "pods"),
    ("cluster",): ("cluster", "cluster"),
    ("volumes",): ("volumes", "volumes"),
    ("fit",): ("fit", "fit"),
    ("diff",): ("diff", "diff"),
    ("rightsize",): ("rightsize", "rightsize"),
    ("record",): ("record", "record"),
    ("recordings",): ("recordings", "recordings"),
    ("contexts",): ("contexts", "contexts"),
    ("doctor",): ("doctor", "doctor"),
    ("columns",): ("columns", "columns"),
    ("demo",): ("demo", "demo"),
    ("completion",): ("completion", "completion"),
}
GROUPS: Final = ("top", "watch")
# The default command of a group; the other group prints its help.
DEFAULT_SUBCOMMAND: Final = {"watch": "nodes"}
# Bytes. An error where so little is not to be had is one of memory.
SPARE: Final = 32 << 20
# Commands that are answered here.
BUILTINS: Final = (("help",), ("man",), ("version",))


def _load(module: str, function: str) -> Callable[..., ExitCode]:
    from importlib import import_module  # cheap, but not needed for --version

    command: Callable[..., ExitCode] = getattr(import_module(f"c3s_cli.commands.{module}"), function)
    return command


def program_name() -> str:
    """Return the program's name as the user calls it: c3s, or kubectl c3s."""
    return "kubectl c3s" if os.path.basename(sys.argv[0]) == "kubectl-c3s" else "c3s"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code. All errors are reported here, including bugs.

    Raises OSError if stdout cannot be written; c3s_cli.__main__ turns that into an exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words == ["--version"]:
            sys.stdout.write(f"c3s {__version__}\n")
            return ExitCode.OK
        if words[:1] == ["__complete"]:
            from c3s_cli.commands.complete import complete  # only needed by shells

            sys.stdout.write(complete(words[1:], (*COMMANDS, *BUILTINS), flags_of))
            return ExitCode.OK
        return run(words)
    except C3sError as expected:
        problem = expected
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except MemoryError:
        problem = C3sError("out of memory")
    except Exception as unexpected:
        if isinstance(unexpected, OSError) and unexpected.filename is None and unexpected.errno:
            raise
        problem = _missing(unexpected) or InternalError(unexpected)
        if wants_traces(words):
            tell(InternalError(unexpected).trace())
    if problem.instead:
        problem.hint = _line_with(words, problem.instead)
    say_error(problem)
    return problem.code


def _line_with(argv: Sequence[str], names: str) -> str:
    """Return a hint: the line that was typed, with other names."""
    import shlex

    from c3s_cli.flags.argv import line_of, without_same, without_workload
    from c3s_cli.flags.foreign_words import replaced
    from c3s_cli.flags.translation import translated

    line = without_same(translated(line_of(argv), _command_of, flags_of)[0], names)
    count = len(line.argv()) - len(_command(line.argv())[1])
    if (others := without_workload(line)) is not line:
        line, count = others, len(others.words)
        names = names if names.startswith("--") else f"--workload {names}"
    before = line.words[count:]
    if len(before) > 1 and "/" in "".join(before):
        return f"did you mean {names}?"  # for one of several names
    text = f"{shlex.join(line.words[:count])} {names}"
    return f"did you mean {program_name()} {replaced(line, text, len(line.words)).text()}?"


def _missing(problem: Exception) -> C3sError | None:
    """Return what the machine did not grant, if that explains an unexpected exception."""
    try:
        import mmap

        # Where memory is short, imports fail, and whatever needs them. This memory is not touched.
        mmap.mmap(-1, SPARE).close()
    except (MemoryError, OSError, ImportError):
        return C3sError("out of memory")
    if isinstance(problem, RuntimeError) and str(problem) == "can't start new thread":
        return C3sError("no thread can be started", hint="raise the limit of processes (ulimit -u, or the container's)")
    return None


def wants_traces(words: Sequence[str]) -> bool:
    """Return whether to print where an unexpected exception was raised: with -v, before the flags have been read."""
    return any(word.startswith(("-v", "--v")) for word in words)


def run(argv: list[str]) -> int:
    """Run the command of a command line. Raises C3sError, in kubectl's words for errors that Typer finds."""
    from c3s_cli.flags.argv import line_of  # needs typer
    from c3s_cli.flags.translation import rollup_of, translated

    try:
        line = line_of(argv)
    except UsageError as problem:
        raise _with_advice(problem, _likely_command(argv)) from problem
    line, remarks = translated(line, _command_of, flags_of)
    for remark in remarks:
        tell(f"{printable(remark)}\n")
    words, flags = line.argv(), line.names()
    plain = list(takewhile(lambda word: not word.startswith("-"), words))
    if plain[:1] == ["help"] or not {"-h", "--help"}.isdisjoint(flags) or not words:
        return _help(plain[1:] if plain[:1] == ["help"] else plain, flags)
    if plain == ["version"] or (not plain and "--version" in flags):
        sys.stdout.write(f"c3s {__version__}\n")
        return ExitCode.OK
    if plain[:1] == ["man"]:
        # `man c3s-top-pods` names a page, and so may `c3s man`.
        pages = plain[1].split("-")[1:] if plain[1:2] and plain[1].startswith("c3s") else plain[1:]
        sys.stdout.write(manual_page(_path_of(pages, flags)))
        return ExitCode.OK
    path, rest = _command(words)
    if path is None:
        return _no_command(line, plain)
    from c3s_cli.flags.typer_bridge import ParseError, run_command  # `c3s --version` answers without Typer

    try:
        return run_command(path[-1], _load(*COMMANDS[path]), rest, program_name())
    except ParseError as problem:
        raise _usage(problem, path, line, rollup_of(line_of(argv)) or path) from problem


def _command(words: Sequence[str]) -> tuple[tuple[str, ...] | None, Sequence[str]]:
    """Split off the command at the beginning of the words, by its full name; None if there is none."""
    from c3s_cli.columns.kinds import ALIASES  # needs msgspec

    plain = [ALIASES.get(word, word) for word in words[:2]]
    if plain and plain[0] in DEFAULT_SUBCOMMAND and (len(plain) < 2 or plain[1].startswith("-")):
        return (plain[0], DEFAULT_SUBCOMMAND[plain[0]]), words[1:]
    for path in (tuple(plain), tuple(plain[:1])):
        if path in COMMANDS:
            return path, words[len(path) :]
    return None, words


def _command_of(line: Line) -> tuple[str, ...] | None:
    """Return the command of a line; None if it has none."""
    return line.words[:1] if line.words[:1] in BUILTINS else _command(line.argv())[0]


def _likely_command(argv: Sequence[str]) -> tuple[str, ...]:
    """Guess the command of an invalid line, in which words before the command may be values of flags."""
    plain = [word for word in argv if not word.startswith("-")]
    paths = (_command(plain[place:])[0] for place in range(len(plain)))
    return next(filter(None, paths), tuple(word for word in plain[:1] if word in GROUPS))


def _help(words: Sequence[str], flags: Sequence[str]) -> int:
    """Print the help of a command, of a group, or of c3s."""
    path = _path_of(words, flags)
    from c3s_cli.flags.help import written

    sys.stdout.write(written(_page(path, short="-h" in flags and "--help" not in flags), program_name()))
    return ExitCode.OK


def _path_of(words: Sequence[str], flags: Sequence[str]) -> tuple[str, ...]:
    """Return the command, or the group, that words name; () for c3s itself."""
    path = tuple(words)
    if len(path) == 0 or (len(path) == 1 and path[0] in GROUPS):
        _refuse_unknown_flags(flags, path)
        return path
    command, _ = _command(words)
    if command is None:
        raise _unknown_command(words)
    return command


def manuals() -> list[tuple[str, ...]]:
    """Return what has a page in the manual: c3s, and every command by its first name."""
    first = {target: path for path, target in reversed(COMMANDS.items())}
    return [(), *(path for path, target in COMMANDS.items() if first[target] == path)]


def manual_page(path: tuple[str, ...]) -> str:
    """Return the manual page of a command, of a group, or of c3s."""
    from c3s_cli.flags.manual import manual

    return manual(path, _page(path), [other for other in manuals() if other != path])


def _page(path: tuple[str, ...], *, short: bool = False) -> Page:
    """Describe a command; or a group, or c3s, with its commands. short: only the flags that people use."""
    from c3s_cli.flags.help import ON_SCREEN, Entry, Page, first_line, page_of_command, screen_keys, short_page
    from c3s_cli.flags.pages import SUMMARIES, TEXTS

    if path in COMMANDS:
        return (short_page if short else page_of_command)(path, _load(*COMMANDS[path]))
    entries: dict[tuple[str, str] | tuple[str, ...], Entry] = {}
    for words, target in COMMANDS.items():
        # A command with several names is listed once, by its first name.
        if words[: len(path)] == path and target not in entries:
            entries[target] = Entry(" ".join(words[len(path) :]), first_line(_load(*target)))
    if not path:
        entries |= {words: Entry(" ".join(words), about) for words, about in SUMMARIES.items()}
    usage = " ".join([*path, "COMMAND [NAME] [flags]"])
    keys = tuple(screen_keys(path))
    return Page(usage, TEXTS[path], (("Commands", tuple(entries.values())), *([(ON_SCREEN, keys)] if keys else [])))


def _no_command(line: Line, words: Sequence[str]) -> int:
    """Handle a line without a command. A bare group prints its help on stderr with exit code 1, as in kubectl."""
    if len(words) > 1 or (words and words[0] not in GROUPS):
        raise _unknown_command(words, line)
    group, flags = tuple(words), line.names()
    _refuse_unknown_flags(flags, group)
    if not flags:
        from c3s_cli.flags.help import written

        tell(written(_page(group), program_name()))
        return ExitCode.FAILURE
    from msgspec import structs

    from c3s_cli.flags.suggestions import place_for

    name = " ".join((program_name(), *group))
    group = group or ("top",)
    places = place_for(flags, group, _flags_of_commands())
    right = structs.replace(line, words=places[0]).text() if len(places) == 1 else ""
    hint = f"did you mean {program_name()} {right}?" if right else None
    choices = dict.fromkeys(path[1] for path in COMMANDS if path[:1] == group)
    raise UsageError(f"{name} needs a command: {', '.join(choices)}", hint=hint or f"{name} --help lists the commands")


def _unknown_command(words: Sequence[str], line: Line | None = None) -> UsageError:
    from c3s_cli.flags.argv import Line
    from c3s_cli.flags.suggestions import command_hint

    name = program_name()
    hint = command_hint(line or Line(tuple(words)), words, (*COMMANDS, *BUILTINS), name)
    if words[0] in GROUPS:
        message = f"unknown command \"{' '.join(words[1:])}\"\nSee '{name} {words[0]} -h' for help and examples"
        return UsageError(message, hint=hint)
    return UsageError(f'unknown command "{words[0]}" for "{name}"', hint=hint or f"{name} --help lists the commands")


def _refuse_unknown_flags(flags: Sequence[str], path: tuple[str, ...]) -> None:
    from c3s_cli.flags.arity import takes_value  # needs typer

    for name in flags:
        if name.startswith("--") and takes_value(name) is None:
            raise UsageError(f"unknown flag: {name}\n{_see(path)}", hint=_flag_hint(name, path))


def _see(path: Sequence[str] | None) -> str:
    return f"See '{' '.join((program_name(), *(path or ())))} --help' for usage."


def _usage(problem: ParseError, path: tuple[str, ...], line: Line, typed: Sequence[str]) -> UsageError:
    """Turn Typer's errors about flags into kubectl's words. typed: the command as it was typed."""
    if problem.extra:
        hint = f"{program_name()} fit -f {problem.extra}" if path == ("fit",) and " " not in problem.extra else None
        return UsageError(f"unexpected arguments: {problem.extra}\n{_see(path)}", hint=hint)
    if problem.missing and path == ("completion",):
        return UsageError(f"Shell not specified.\n{_see(path)}", hint="one of: bash, zsh, fish, powershell")
    if not problem.option:
        return UsageError(f"{problem}\n{_see(path)}")
    option = problem.option
    long = option.startswith("--")
    words = f"unknown flag: {option}" if long else f"unknown shorthand flag: {option[1:]!r} in {option}"
    return UsageError(f"{words}\n{_see(typed)}", hint=_flag_hint(option, path, line))


def _with_advice(problem: UsageError, path: tuple[str, ...]) -> UsageError:
    """Return the lines below a flag error: where flags are listed, and a suggestion for an unknown short flag."""
    what, _, rest = problem.message.partition(": ")
    if what == "flag needs an argument" and rest.startswith("--") and path in COMMANDS and rest not in flags_of(path):
        # The flag exists in another command, where it takes a value.
        return UsageError(f"unknown flag: {rest}\n{_see(path)}", hint=_flag_hint(rest, path))
    hint = _flag_hint(f"-{rest[1:2]}", path) if what == "unknown shorthand flag" else None
    return UsageError(f"{problem.message}\n{_see(path)}", hint=problem.hint or hint)


def _flag_hint(flag: str, path: tuple[str, ...], line: Line | None = None) -> str | None:
    from c3s_cli.flags.argv import Line
    from c3s_cli.flags.suggestions import flag_hint

    return flag_hint(flag, line or Line(path), path, _flags_of_commands(), program_name()) if path else None


def flags_of(path: tuple[str, ...]) -> list[str]:
    """Return every name of every flag of a command, from its signature; only --help for other words."""
    from c3s_cli.flags.help import flags_of

    return flags_of(_load(*COMMANDS[path])) if path in COMMANDS else ["-h", "--help"]


def _flags_of_commands() -> dict[tuple[str, ...], list[str]]:
    return {path: flags_of(path) for path in COMMANDS}


def say_error(problem: C3sError) -> None:
    """Write an error and its hint to stderr, without control characters."""
    if not str(problem):
        return
    lines = [printable(line) for line in str(problem).split("\n")]
    if problem.hint:
        lines.append(f"hint: {printable(problem.hint)}")
    tell("\n".join(lines) + "\n")
