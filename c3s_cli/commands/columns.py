"""`c3s columns`: every column, so that nobody has to guess a name."""

import sys
from typing import Annotated

import typer

from c3s_cli.columns import Kind, Naming
from c3s_cli.errors import ExitCode, UsageError
from c3s_cli.output.table import layout

KINDS = {
    "nodes": Kind.NODE,
    "pods": Kind.POD,
    "node-groups": Kind.NODE_GROUP,
    "pod-groups": Kind.POD_GROUP,
    "cluster": Kind.CLUSTER,
}

Of = Annotated[str | None, typer.Argument(metavar="[KIND]", help=f"One of: {', '.join(KINDS)}.", show_default=False)]


def columns(of: Of = None) -> ExitCode:
    """List the columns of nodes, pods, their groups (--by) and the cluster: name, unit, meaning.

    Beside these there are, for any extended resource and any label, resources["nvidia.com/gpu"].requests (and the
    other fields) and labels["app"].
    """
    if of is not None and of not in KINDS:
        raise UsageError(f"unknown kind {of!r}", hint=f"one of: {', '.join(KINDS)}")
    rows: list[tuple[str, str, str, str]] = []
    for kind in (of,) if of else KINDS:
        naming = Naming(KINDS[kind])
        aliases = {name: alias for alias, name in naming.aliases().items()}
        rows += [
            (kind, column.name, aliases.get(column.name, "-"), f"{column.unit.value}: {column.summary}")
            for column in naming.table().values()
        ]
    cells = [list(column) for column in zip(*rows, strict=True)]
    for piece in layout(("OF", "COLUMN", "ALIAS", "UNIT AND MEANING"), cells):
        sys.stdout.write(piece)
    return ExitCode.OK
