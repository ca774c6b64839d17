"""The flags of `watch`: its pace, when it ends, and what it records or replays.

No `from __future__ import annotations` here: Typer reads the annotations when the program runs.
"""

from typing import Annotated

from msgspec import Struct

from c3s_cli.flags.flag import CONDITIONS, OFTEN, OUTPUT, SHOW, TIME, Many, Text, flag


class Repeat(Struct, frozen=True):
    """How often to read, when to stop, where to keep what is read; and of a recording, what to replay."""

    record: Annotated[
        Text,
        flag(
            "--record",
            metavar="FILE",
            help="Also record what is read, as c3s record does, for --from FILE.",
            section=OUTPUT,
        ),
    ] = None
    speed: Annotated[
        float,
        flag(
            "--speed",
            metavar="N",
            help="With --from FILE: replay the recording N times as fast as it was recorded. Default: 1.",
            section=OFTEN,
        ),
    ] = 1.0
    at: Annotated[
        Text,
        flag(
            "--at", metavar="TIME", help="With --from FILE: begin at this time, or at '#17', a reading.", section=TIME
        ),
    ] = None
    start: Annotated[
        Text, flag("--start", metavar="TIME", help="With --from FILE: replay nothing before this time.", section=TIME)
    ] = None
    end: Annotated[
        Text, flag("--end", metavar="TIME", help="With --from FILE: replay nothing after this time.", section=TIME)
    ] = None
    interval: Annotated[
        str,
        flag(
            "-i",
            "--interval",
            metavar="DURATION",
            help="The time between two readings: seconds, or 500ms, 1s, 1m. Default: 2s.",
            section=OFTEN,
        ),
    ] = "2"
    count: Annotated[int | None, flag("--count", metavar="N", help="Stop after this many readings.", section=OFTEN)] = (
        None
    )
    until: Annotated[
        Many,
        flag(
            "--until",
            metavar="EXPR",
            help="Exit with code 0 once any row matches. Repeat the flag for OR.",
            section=CONDITIONS,
        ),
    ] = None
    until_all: Annotated[
        Many,
        flag(
            "--until-all",
            metavar="EXPR",
            help="Exit with code 0 once all rows match. Repeat the flag for OR.",
            section=CONDITIONS,
        ),
    ] = None
    timeout: Annotated[
        Text,
        flag(
            "--timeout",
            metavar="DURATION",
            help="With --until or --until-all: exit with code 4 after this long; 0 checks once.",
            section=CONDITIONS,
        ),
    ] = None
    trend: Annotated[
        bool,
        flag(
            "--trend",
            help="On a terminal: show the last values of CPU and memory as a sparkline in each row.",
            section=SHOW,
        ),
    ] = False
