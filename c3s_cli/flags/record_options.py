"""The flags of `c3s record` and `c3s recordings`. As in options.py, Typer reads the annotations."""

from typing import Annotated

from msgspec import Struct

from c3s_cli.flags.flag import CONDITIONS, OFTEN, OUTPUT, ROWS, Many, Text, flag


class Record(Struct, frozen=True):
    """How often to record, when to stop, and what to keep."""

    interval: Annotated[
        str,
        flag(
            "-i",
            "--interval",
            metavar="DURATION",
            help="The time between two readings: seconds, or 15s, 1m. Default: 30s.",
            section=OFTEN,
        ),
    ] = "30"
    duration: Annotated[
        Text, flag("--duration", metavar="DURATION", help="Stop after this long, such as 8h.", section=OFTEN)
    ] = None
    count: Annotated[int | None, flag("--count", metavar="N", help="Stop after this many readings.", section=OFTEN)] = (
        None
    )
    until: Annotated[
        Many,
        flag(
            "--until",
            metavar="EXPR",
            help="Stop once any pod matches, such as 'memory%limits > 90'. Repeat the flag for OR. The exit code is 4 "
            "if --duration or --count ends first.",
            section=CONDITIONS,
        ),
    ] = None
    keep: Annotated[
        Text,
        flag("--keep", metavar="DURATION", help="Drop readings that are older than this, such as 7d.", section=OUTPUT),
    ] = None
    labels: Annotated[
        bool, flag("--labels/--no-labels", help="Whether to store the labels of nodes and pods.", section=OUTPUT)
    ] = True
    for_fit: Annotated[
        bool,
        flag(
            "--for-fit",
            help="Also store where pods may run, for c3s fit --from FILE: affinity, tolerations, priorities.",
            section=OUTPUT,
        ),
    ] = False
    all_namespaces: Annotated[
        bool,
        flag("-A", "--all-namespaces", help="Record the pods of all namespaces, which is the default.", section=ROWS),
    ] = False


class Recordings(Struct, frozen=True):
    """What to do with a recording."""

    copy: Annotated[
        Text,
        flag(
            "--copy",
            metavar="FILE",
            help="Copy the recording to a new file, also while it is being written.",
            section=OUTPUT,
        ),
    ] = None
