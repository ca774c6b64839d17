"""The flags of `c3s top volumes`.

No `from __future__ import annotations` here: Typer reads the annotations when the program runs.
"""

from typing import Annotated

from msgspec import Struct

from c3s_cli.flags.flag import ROWS, SHOW, Many, Text, flag
from c3s_cli.flags.options import Selection
from c3s_cli.flags.time_options import At


class Volumes(Struct, frozen=True):
    """Flags for volumes, with other examples than those for nodes and pods."""

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
            help="Columns, such as 'used%:desc,name'.",
            section=SHOW,
        ),
    ] = None
    at: At = None


# The flags of Selection that go with volumes.
ThresholdFlags = Annotated[Selection, ("limit", "fail_if", "fail_if_unknown")]
