"""The flags of commands that do not show usage (contexts, doctor). As in options.py, Typer reads the annotations."""

from typing import Annotated

from msgspec import Struct

from c3s_cli.flags.flag import OUTPUT, SHOW, flag


class Listing(Struct, frozen=True):
    """The format of a list."""

    output: Annotated[
        str,
        flag(
            "-o",
            "--output",
            metavar="FORMAT",
            help="One of: table, json, yaml, csv, markdown; and name for contexts.",
            section=OUTPUT,
        ),
    ] = "table"


class Quiet(Struct, frozen=True):
    """Whether the exit code of `c3s doctor` is enough."""

    quiet: Annotated[bool, flag("-q", "--quiet", help="Print nothing: the exit code says enough.", section=OUTPUT)] = (
        False
    )


class Contexts(Struct, frozen=True):
    """What `c3s contexts` shows about each context."""

    check: Annotated[
        bool, flag("--check", help="Ask each cluster for its version and its metrics API.", section=SHOW)
    ] = False
