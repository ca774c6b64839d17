"""The command line: the table of commands, and main(), the only place where an error becomes an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, NoReturn

from c3s_cli import __version__
from c3s_cli.errors import C3sError, ExitCode, UsageError
from c3s_cli.terminal.printable import printable

if TYPE_CHECKING:
    import typer

# Every command by its words: the module below c3s_cli.commands, and the function there. A group's own entry (its
# words without a command) is what the bare group means; "" gives its help.
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
    ("columns",): ("columns", "columns"),
    ("demo",): ("demo", "demo"),
    ("completion",): ("completion", "completion"),
}
GROUPS: Final = {
    "top": "Display resource (CPU/memory) usage of nodes, pods or the cluster.",
    "watch": "Refresh resource usage at an interval (default: the cluster).",
}
ALIASES: Final = {"node": "nodes", "no": "nodes", "pod": "pods", "po": "pods"}
HELP: Final = "kubectl top for scripts: usage, requests and limits as tables, JSON, CSV."


def application(only: tuple[str, ...] | None = None) -> typer.Typer:
    """Build the Typer app: all of it, or just the one command that is about to run.

    A command's 40 flags take Typer 2 ms, so that building all commands would cost more than reading a small
    cluster.
    """
    import typer  # `c3s --version` answers without it (45 ms)

    def new(text: str, **settings: Any) -> typer.Typer:
        return typer.Typer(
            help=text,
            add_completion=False,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
            **settings,
        )

    app = new(HELP)
    groups = {name: new(text) for name, text in GROUPS.items()}
    for words, (module, function) in COMMANDS.items():
        if only is not None and words != only:
            continue
        parent = groups[words[0]] if len(words) > 1 else app
        parent.command(words[-1])(_load(module, function))
    for name, group in groups.items():
        if group.registered_commands:
            app.add_typer(group, name=name)
    shown = typer.Option(False, "--version", help="Show the version and exit.")  # noqa: FBT003  Typer's order

    def nothing(version: bool = shown) -> None:  # noqa: FBT001  as Typer wants it
        """Make Typer keep the name of a command even where it is the only one; main() has seen to --version."""

    app.callback(help=HELP)(nothing)
    return app


def _load(module: str, function: str) -> Callable[..., ExitCode]:
    from importlib import import_module  # cheap, but not needed for --version

    command: Callable[..., ExitCode] = getattr(import_module(f"c3s_cli.commands.{module}"), function)
    return command


def program_name() -> str:
    """Give the name that the user calls: c3s, or kubectl's plugin."""
    return "kubectl c3s" if os.path.basename(sys.argv[0]) == "kubectl-c3s" else "c3s"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; give its exit code. Every error that a user or a server can cause is said here."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words == ["--version"]:
            sys.stdout.write(f"c3s {__version__}\n")
            return ExitCode.OK
        if words[:1] == ["__complete"]:
            return complete(words[1:])
        return run(words)
    except C3sError as problem:
        say_error(problem)
        return problem.code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def complete(words: list[str]) -> int:
    """Say what could stand next. A completion that cannot be found is no error."""
    from c3s_cli.commands.complete import complete  # only a shell asks for it

    sys.stdout.write(complete(words, COMMANDS, ALIASES))
    return ExitCode.OK


def complete_plugin() -> NoReturn:
    """Run as kubectl_complete-c3s: kubectl asks what could stand next after `kubectl c3s`."""
    sys.argv[1:1] = ["__complete"]
    entry_point()


def run(argv: list[str]) -> int:
    """Hand a command line to Typer. Raises C3sError, in kubectl's words for what Typer finds wrong."""
    from c3s_cli.words.argv import translate  # needs typer

    try:
        words = translate(argv)
    except UsageError as problem:
        raise UsageError(f"{problem.message}\n{_see(_likely_command(argv))}", hint=problem.hint) from problem
    path, rest = _command(words)
    if path is None and words and not words[0].startswith("-"):
        return _bare_or_unknown(words)
    words = [*(path or ()), *rest] or ["--help"]
    import typer  # `c3s --version` answers without it

    command = typer.main.get_command(application(path))
    usage_error: Any = typer.BadParameter.__base__
    try:
        return int(command.main(words, prog_name=program_name(), standalone_mode=False) or 0)
    except usage_error as problem:
        raise _usage(problem, path) from problem
    except typer.Abort as problem:
        raise KeyboardInterrupt from problem


def _command(words: Sequence[str]) -> tuple[tuple[str, ...] | None, Sequence[str]]:
    """Split off the command that the words begin with, by its full name; None if they begin with none."""
    plain = [ALIASES.get(word, word) for word in words[:2]]
    if plain[:1] == ["watch"] and (len(plain) < 2 or plain[1].startswith("-")):
        return ("watch", "cluster"), words[1:]
    for path in (tuple(plain), tuple(plain[:1])):
        if path in COMMANDS:
            return path, words[len(path) :]
    return None, words


def _likely_command(argv: Sequence[str]) -> tuple[str, ...]:
    """Guess the command of a line with a mistake in it: what stands before it may be the value of a flag."""
    plain = [word for word in argv if not word.startswith("-")]
    for place in range(len(plain)):
        path, _ = _command(plain[place:])
        if path is not None:
            return path
    return tuple(word for word in plain[:1] if word in GROUPS)


def _bare_or_unknown(words: list[str]) -> int:
    """Answer a group without a command with its help, as kubectl does: on stderr, exit code 1."""
    group = words[0]
    if group in GROUPS and (len(words) == 1 or words[1].startswith("-")):
        _refuse_unknown_flags(words[1:], (group,))
        import typer

        asked = any(word in ("-h", "--help") for word in words)
        whole: Any = typer.main.get_command(application())
        command = whole.get_command(None, group)
        context = typer.Context(command, info_name=f"{program_name()} {group}", **command.context_settings)
        text = command.get_help(context)
        (sys.stdout if asked else sys.stderr).write(f"{text}\n")
        return ExitCode.OK if asked else ExitCode.FAILURE
    name = program_name()
    if group in GROUPS:
        rest = " ".join(takewhile(lambda word: not word.startswith("-"), words[1:]))
        raise UsageError(f"unknown command \"{rest}\"\nSee '{name} {group} -h' for help and examples")
    raise UsageError(f'unknown command "{group}" for "{name}"', hint=f"{name} --help lists the commands")


def _refuse_unknown_flags(words: Sequence[str], path: tuple[str, ...]) -> None:
    from c3s_cli.words.options import takes_value  # needs typer

    for word in words:
        name = word.partition("=")[0]
        if name.startswith("--") and takes_value(name) is None:
            raise UsageError(f"unknown flag: {name}\n{_see(path)}")


def _see(path: Sequence[str] | None) -> str:
    return f"See '{' '.join((program_name(), *(path or ())))} --help' for usage."


def _usage(problem: Any, path: tuple[str, ...] | None) -> UsageError:
    """Say in kubectl's words what Typer found wrong with the flags."""
    option = str(getattr(problem, "option_name", None) or "")
    words = str(problem.format_message())
    if type(problem).__name__ == "NoSuchOption":
        words = (
            f"unknown flag: {option}"
            if option.startswith("--")
            else f"unknown shorthand flag: {option[1:]!r} in {option}"
        )
        nearest = getattr(problem, "possibilities", None)
        hint = f"did you mean {min(nearest)}?" if nearest else None
        return UsageError(f"{words}\n{_see(path)}", hint=hint)
    return UsageError(f"{words}\n{_see(path)}")


def say_error(problem: C3sError) -> None:
    """Write an error and its advice to stderr, with nothing in it that a terminal would obey."""
    if sys.stderr is None or not str(problem):
        return
    lines = [printable(line) for line in str(problem).split("\n")]
    if problem.hint:
        lines.append(f"hint: {printable(problem.hint)}")
    sys.stderr.write("\n".join(lines) + "\n")


def entry_point() -> NoReturn:
    """Run as a process: signals, the streams, the exit code."""
    import gc  # a test that calls main() keeps its collector

    # A process that lives for a second has no garbage worth collecting; watch collects once a tick itself.
    gc.disable()
    for number, code in ((signal.SIGTERM, ExitCode.TERMINATED), (signal.SIGHUP, ExitCode.HANGUP)):
        # An exception, so that files with private keys are removed on the way out.
        signal.signal(number, partial(_end, code))
    if sys.stdout is None:
        say_error(C3sError("stdout is closed"))
        sys.exit(ExitCode.FAILURE)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # the real streams have it
    ended = _finish(main)
    # Python collects once more when it ends, which takes longer than reading a small cluster: there is nothing to find.
    gc.freeze()
    sys.exit(ended)


def _end(code: ExitCode, _number: int, _frame: object) -> NoReturn:
    sys.exit(code)


def _finish(command: Callable[[], int]) -> int:
    """Run a command and write out what it printed; a reader that went away is no error to talk about."""
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit: let it, into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.BROKEN_PIPE
    except OSError as problem:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        say_error(C3sError(f"write error: {problem.strerror}"))
        return ExitCode.FAILURE
    return code
