"""The flags of `c3s top volumes`.

No `from __future__ import annotations` here: Typer reads the annotations when the program runs.
"""

from typing import Annotated

from msgspec import Struct

from c3s_cli.words.flag import CONDITIONS, ROWS, SHOW, Many, Text, flag
from c3s_cli.words.time_options import At


class Volumes(Struct, frozen=True):
    """Flags for volumes: which rows, in which order, judged how, and of when."""

    all_namespaces: Annotated[
        bool, flag("-A", "--all-namespaces", help="List the claims of all namespaces; -n is ignored.", section=ROWS)
    ] = False
    where: Annotated[
        Many,
        flag(
            "--where",
            metavar="EXPR",
            help="Only rows that match every comparison, such as 'used% > 80, name ~ ^data-'. Repeat the flag for OR.",
            section=ROWS,
        ),
    ] = None
    sort_by: Annotated[
        Text,
        flag(
            "--sort-by",
            metavar="KEYS",
            help="Columns, as 'used%:desc,name'.",
            section=SHOW,
        ),
    ] = None
    limit: Annotated[
        int | None, flag("--limit", metavar="N", help="Show only the first N rows of the sorted list.", section=ROWS)
    ] = None
    fail_if: Annotated[
        Many,
        flag(
            "--fail-if",
            metavar="EXPR",
            help="Print as usual, then exit with code 3 if any row matches. Repeat the flag for OR.",
            section=CONDITIONS,
        ),
    ] = None
    fail_if_unknown: Annotated[
        bool,
        flag(
            "--fail-if-unknown",
            help="Exit with code 3 also if the condition cannot be judged for want of metrics.",
            section=CONDITIONS,
        ),
    ] = False
    at: At = None
