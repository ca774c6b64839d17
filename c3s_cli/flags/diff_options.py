"""The flags of `c3s diff`. As in options.py, Typer reads the annotations."""

from typing import Annotated

import typer
from msgspec import Struct

from c3s_cli.flags.flag import ROWS, TIME, Many, Text, flag
from c3s_cli.flags.options import Pods, Selection

Words = Annotated[
    Many,
    typer.Argument(
        metavar="BEFORE [AFTER]",
        help="A recording, FILE@TIME, or a document that c3s printed with -o json (- for stdin). Without AFTER: the "
        "cluster now. Before them: nodes, pods (the default), cluster, or owners and other groups of pods.",
        show_default=False,
    ),
]


class Diff(Struct, frozen=True):
    """What to compare, and which changes to show."""

    min_change: Annotated[
        str,
        flag(
            "--min-change",
            metavar="PERCENT",
            help="Leave out rows that changed by no more than this. Default: 1%.",
            section=ROWS,
        ),
    ] = "1%"
    before: Annotated[
        Text,
        flag(
            "--before",
            metavar="TIME",
            help="BEFORE is this time in a Prometheus: -2h, 14:00, 'yesterday 14:00' or RFC 3339.",
            section=TIME,
        ),
    ] = None
    after: Annotated[Text, flag("--after", metavar="TIME", help="AFTER is this time. Default: now.", section=TIME)] = (
        None
    )
    since: Annotated[
        Text,
        flag(
            "--since",
            metavar="DURATION",
            help="Compare statistics over this range, until the time of each side: columns cpu.p95, memory.max and "
            "so on.",
            section=TIME,
        ),
    ] = None


DiffFlags = Annotated[Selection, ("selector", "where", "by", "sort_by", "limit", "fail_if", "fail_if_unknown")]
DiffPods = Annotated[Pods, ("all_namespaces", "field_selector", "workload")]
