"""The flags that say of when: a range of time, or a moment of the past.

No `from __future__ import annotations` here: Typer reads the annotations when the program runs.
"""

from typing import Annotated

from msgspec import Struct

from c3s_cli.words.flag import TIME, Text, flag

At = Annotated[Text, flag("--at", metavar="TIME", help="Usage at this moment of the past.", section=TIME)]


class Time(Struct, frozen=True):
    """Of when: a range of time, or a moment of the past."""

    since: Annotated[
        Text,
        flag(
            "--since",
            metavar="DURATION",
            help="Statistics over so long a time until now, such as 24h, 7d or 2w: columns cpu.avg, cpu.p95, "
            "memory.max and the like.",
            section=TIME,
        ),
    ] = None
    start: Annotated[
        Text, flag("--start", metavar="TIME", help="Statistics from this time on (RFC 3339, or a date).", section=TIME)
    ] = None
    end: Annotated[
        Text,
        flag(
            "--end", metavar="TIME", help="With --since or --start: where the range ends, instead of now.", section=TIME
        ),
    ] = None
    at: At = None
    step: Annotated[
        Text,
        flag(
            "--step",
            metavar="DURATION",
            help="How far apart the points of the range are. Default: 5m for a week, more for longer ranges.",
            section=TIME,
        ),
    ] = None
