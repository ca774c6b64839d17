"""The flags of `c3s demo`.

No `from __future__ import annotations` here: Typer reads the annotations when the program runs.
"""

from typing import Annotated

from msgspec import Struct

from c3s_cli.flags.flag import SERVING, Text
from c3s_cli.flags.flag import flag as _flag


class Serve(Struct, frozen=True):
    """What `c3s demo` serves, and on which port."""

    port: Annotated[
        int,
        _flag("--port", metavar="PORT", help="Port on loopback; 0 for any free port. Default: 8001.", section=SERVING),
    ] = 8001
    nodes: Annotated[int | None, _flag("--nodes", metavar="N", help="Number of nodes.", section=SERVING)] = None
    pods_per_node: Annotated[
        int | None, _flag("--pods-per-node", metavar="M", help="Number of pods per node.", section=SERVING)
    ] = None
    seed: Annotated[int, _flag("--seed", metavar="S", help="Seed of the generated cluster.", section=SERVING)] = 0
    resources: Annotated[
        Text,
        _flag(
            "--resources",
            metavar="FILE",
            help="Give workloads these requests and limits, as printed by `c3s rightsize -o resources`.",
            section=SERVING,
        ),
    ] = None
    at: Annotated[
        Text, _flag("--at", metavar="TIME", help="Freeze the demo at this time (RFC 3339).", section=SERVING)
    ] = None
