"""Everything that depends on how Typer works inside: what it says about declared flags, and its errors.

Typer brings its own copy of click, whose names are private; its errors are known by the names of their classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, get_args

import typer

from c3s_cli.errors import ExitCode, ReaderGone


class ParseError(Exception):
    """An invalid command line. option: the unknown flag; extra: unexpected words; missing: an argument is missing."""

    def __init__(self, message: str, *, option: str = "", extra: str = "", missing: bool = False) -> None:
        super().__init__(message)
        self.option, self.extra, self.missing = option, extra, missing


def run_command(name: str, command: Callable[..., ExitCode], words: Sequence[str], program: str) -> int:
    """Run one command. Raises ParseError."""
    usage_error: Any = typer.BadParameter.__base__
    try:
        return int(_built(name, command).main(list(words), prog_name=program, standalone_mode=False) or 0)
    except usage_error as problem:
        raise _parse_error(problem) from problem
    except typer.Abort as problem:
        raise KeyboardInterrupt from problem
    except SystemExit as ended:
        # Typer itself exits with 1 if it cannot print a help text because the pipe is closed.
        if isinstance(ended.__context__, BrokenPipeError):
            raise ReaderGone("") from ended
        raise


@cache
def _built(name: str, command: Callable[..., ExitCode]) -> Any:
    """Build the Typer application of one command: building all commands would take longer."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, add_help_option=False)(command)
    return typer.main.get_command(app)


def _parse_error(problem: Any) -> ParseError:
    message = problem.format_message()
    kind = type(problem).__name__
    if kind == "NoSuchOption":
        return ParseError(message, option=problem.option_name)
    extra = problem.message.partition("unexpected extra argument")[2].partition("(s) (")[2].removesuffix(")")
    return ParseError(message, extra=extra, missing=kind == "MissingParameter")


def declarations(annotations: Sequence[Any]) -> list[Any]:
    """Return what the annotations of parameters declare: a Typer Option or Argument each."""
    return [get_args(annotation)[1] for annotation in annotations]


def is_argument(declared: Any) -> bool:
    """Return whether a parameter is an argument, not a flag."""
    return isinstance(declared, typer.models.ArgumentInfo)


def names_of(declared: Any) -> tuple[str, ...]:
    """Return every name of a declared flag, the short one first."""
    return (declared.default, *declared.param_decls)
