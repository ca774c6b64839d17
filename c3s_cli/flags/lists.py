"""The flags of commands that do not show usage (contexts, doctor). As in options.py, Typer reads the annotations."""

from typing import Annotated

import typer
from msgspec import Struct

from c3s_cli.flags.flag import OUTPUT, SHOW


class Listing(Struct, frozen=True):
    """The format of a list."""

    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="FORMAT",
            help="One of: table, json, yaml, csv, markdown; and name for contexts.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = "table"


class Contexts(Struct, frozen=True):
    """What `c3s contexts` shows about each context."""

    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Ask each cluster for its version and its metrics API.",
            show_default=False,
            rich_help_panel=SHOW,
        ),
    ] = False
