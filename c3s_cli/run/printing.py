"""Reports and other text → stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import structs

from c3s_cli.errors import ReaderGone
from c3s_cli.output import render
from c3s_cli.terminal.colour import wants_colour
from c3s_cli.terminal.stderr import say

if TYPE_CHECKING:
    from c3s_cli.report import Report
    from c3s_cli.request.view import View
    from c3s_cli.run.stages import Stages


def write(report: Report, view: View, stages: Stages) -> None:
    """Render and print, unless -q leaves it to stderr. A closed pipe ends the rendering too."""
    if view.quiet:
        return
    colour = wants_colour(view.color, os.environ, is_terminal=sys.stdout.isatty())
    with stages.stage("rendering"):
        view = structs.replace(view, color="always" if colour else "never", width=_width())
        if view.width is None:
            emit(render(report, view))
        else:
            _write_for_eyes(report, view)


def _write_for_eyes(report: Report, view: View) -> None:
    """Print what fits the terminal, and on stderr what does not, and which sums lack members."""
    from c3s_cli.output.narrow import fit_columns  # not needed for pipes
    from c3s_cli.run.footnotes import footnotes

    shown, left_out = fit_columns(report, view)
    emit(render(shown, view))
    for line in footnotes(report, view, left_out):
        say(line)


def _width() -> int | None:
    """Return the width of the terminal; None for a pipe or file."""
    if not sys.stdout.isatty():
        return None
    import shutil  # not needed for pipes

    return shutil.get_terminal_size().columns


def emit(pieces: Iterable[str]) -> None:
    """Print pieces of text. ReaderGone if the pipe is closed, before Typer sets its own exit code for that."""
    try:
        for piece in pieces:
            sys.stdout.write(piece)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone("") from None
