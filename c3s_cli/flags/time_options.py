"""The flags for a time range, or a time in the past.

No `from __future__ import annotations` here: Typer reads the annotations when the program runs.
"""

from typing import Annotated

from msgspec import Struct

from c3s_cli.flags.flag import TIME, Text, flag

At = Annotated[
    Text,
    flag(
        "--at",
        metavar="TIME",
        help="Usage at this time in the past: 14:00, 'yesterday 14:00', -2h, or RFC 3339 (UTC without a zone).",
        section=TIME,
    ),
]


class Time(Struct, frozen=True):
    """A time range, or a time in the past."""

    since: Annotated[
        Text,
        flag(
            "--since",
            metavar="DURATION",
            help="Statistics over this range until now, such as 24h, 7d or 2w: columns cpu.avg, cpu.p95, memory.max "
            "and so on.",
            section=TIME,
        ),
    ] = None
    start: Annotated[
        Text, flag("--start", metavar="TIME", help="Statistics since this time, written as for --at.", section=TIME)
    ] = None
    end: Annotated[
        Text,
        flag(
            "--end",
            metavar="TIME",
            help="With --since or --start: end of the range, written as for --at. Default: now.",
            section=TIME,
        ),
    ] = None
    at: At = None
    step: Annotated[
        Text,
        flag(
            "--step",
            metavar="DURATION",
            help="Time between the points of the range. Default: 5m up to a week, more for longer ranges.",
            section=TIME,
        ),
    ] = None
    series: Annotated[
        bool,
        flag(
            "--series",
            help="The rows of every reading in the range, each with its time, instead of statistics: of a recording, "
            "or of every step of a Prometheus.",
            section=TIME,
        ),
    ] = False
