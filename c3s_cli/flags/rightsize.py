"""The flags of `c3s rightsize`. See options for the groups that commands share.

No `from __future__ import annotations` here: Typer reads the annotations when the program runs.
"""

from typing import Annotated

import typer
from msgspec import Struct

from c3s_cli.flags.flag import ROWS, RULE, SHOW, SOURCE, Many, Text, flag

OneWorkload = Annotated[
    Many, typer.Argument(metavar="[KIND/NAME]", help="Show only this workload, such as deploy/web.", show_default=False)
]


class Rightsize(Struct, frozen=True):
    """Which workloads, and how to compute their recommendations."""

    all_namespaces: Annotated[
        bool, flag("-A", "--all-namespaces", help="Workloads of all namespaces; -n is ignored.", section=ROWS)
    ] = False
    filename: Annotated[
        Many,
        flag(
            "-f",
            "--filename",
            metavar="FILE",
            help="Compare the requests of a manifest (YAML or JSON), of a directory of these, or of stdin (-), with "
            "what the same workloads used. Repeatable.",
            section=ROWS,
        ),
    ] = None
    recursive: Annotated[
        bool, flag("-R", "--recursive", help="With -f: read the directories of a directory, too.", section=ROWS)
    ] = False
    cpu_percentile: Annotated[
        int, flag("--cpu-percentile", metavar="N", help="Percentile of CPU to request. Default: 95.", section=RULE)
    ] = 95
    memory_buffer: Annotated[
        str,
        flag(
            "--memory-buffer",
            metavar="PERCENT",
            help="What to add to the most memory that was used. Default: 15%.",
            section=RULE,
        ),
    ] = "15%"
    oom_buffer: Annotated[
        str,
        flag(
            "--oom-buffer",
            metavar="FACTOR",
            help="After an OOM kill, at least this many times the memory limit at that time. Default: 1.25.",
            section=RULE,
        ),
    ] = "1.25"
    cpu_min: Annotated[
        str, flag("--cpu-min", metavar="QUANTITY", help="The least CPU request. Default: 25m.", section=RULE)
    ] = "25m"
    cpu_max: Annotated[
        Text, flag("--cpu-max", metavar="QUANTITY", help="The largest CPU request, such as 8.", section=RULE)
    ] = None
    memory_min: Annotated[
        str, flag("--memory-min", metavar="QUANTITY", help="The least memory request. Default: 64Mi.", section=RULE)
    ] = "64Mi"
    memory_max: Annotated[
        Text, flag("--memory-max", metavar="QUANTITY", help="The largest memory request, such as 16Gi.", section=RULE)
    ] = None
    exact: Annotated[bool, flag("--exact", help="Do not round up to multiples of 25m and 64Mi.", section=RULE)] = False
    min_change: Annotated[
        str,
        flag(
            "--min-change",
            metavar="PERCENT",
            help="Requests that are this near to the recommended ones are fine. Default: 10%.",
            section=RULE,
        ),
    ] = "10%"
    min_history: Annotated[
        str,
        flag(
            "--min-history",
            metavar="DURATION",
            help="With less history there is no recommendation. Default: 1d; for a load test, such as 30m.",
            section=RULE,
        ),
    ] = "1d"
    include_autoscaled: Annotated[
        bool,
        flag(
            "--include-autoscaled",
            help="Also recommend what an autoscaler looks at: a HorizontalPodAutoscaler (KEDA), a "
            "VerticalPodAutoscaler.",
            section=RULE,
        ),
    ] = False
    queries: Annotated[
        int | None,
        flag("--queries", metavar="N", help="Send N queries to a Prometheus at once. Default: 4.", section=SOURCE),
    ] = None
    explain: Annotated[
        bool,
        flag(
            "--explain",
            help="Show every figure that led to the recommendation for one workload, and where it comes from.",
            section=SHOW,
        ),
    ] = False
