"""The flags of `c3s fit` that describe pods. See options for the groups that commands share."""

from typing import Annotated

import typer
from msgspec import Struct

from c3s_cli.flags.flag import PODS, Many, Text, flag

Workloads = Annotated[
    Many,
    typer.Argument(
        metavar="[KIND/NAME]",
        help="Place the pods of this workload of the cluster; its running pods are some of them.",
        show_default=False,
    ),
]


class Fit(Struct, frozen=True):
    """The pods that `c3s fit` places, and the nodes that it drains first."""

    filename: Annotated[
        Many,
        flag(
            "-f",
            "--filename",
            metavar="FILE",
            help="Place the pods of a manifest (YAML or JSON), of a directory of these, or of stdin (-). Repeatable.",
            section=PODS,
        ),
    ] = None
    recursive: Annotated[
        bool,
        flag("-R", "--recursive", help="With -f: read the directories of a directory, too.", section=PODS),
    ] = False
    cpu: Annotated[
        Text, flag("--cpu", metavar="QUANTITY", help="CPU request of each pod, such as 500m or 2.", section=PODS)
    ] = None
    memory: Annotated[
        Text,
        flag("--memory", metavar="QUANTITY", help="Memory request of each pod, such as 512Mi or 4Gi.", section=PODS),
    ] = None
    resource: Annotated[
        Many,
        flag(
            "--resource",
            metavar="NAME=QUANTITY",
            help="Another request of each pod, such as nvidia.com/gpu=1. Repeatable.",
            section=PODS,
        ),
    ] = None
    replicas: Annotated[
        Text,
        flag(
            "--replicas",
            metavar="N",
            help="Number of pods, +N: so many more than the workload has. [default: 1; with -f, those of the manifest]",
            section=PODS,
        ),
    ] = None
    node_selector: Annotated[
        Text,
        flag(
            "-l",
            "--selector",
            metavar="QUERY",
            help="Place pods only on nodes that match this label query, such as 'disk=ssd'.",
            section=PODS,
        ),
    ] = None
    tolerate: Annotated[
        Many,
        flag(
            "--tolerate",
            metavar="KEY[=VALUE][:EFFECT]",
            help="A taint that the pods tolerate, such as 'dedicated=gpu:NoSchedule'. Repeatable.",
            section=PODS,
        ),
    ] = None
    with_pending: Annotated[
        bool, flag("--with-pending", help="Place the pods that are pending now first, by priority.", section=PODS)
    ] = False
    strict: Annotated[
        bool, flag("--strict", help="Exit with 5 if a rule of some pod was not considered.", section=PODS)
    ] = False
    replace: Annotated[
        bool,
        flag("--replace", help="Do not count the running pods of the workloads: they end first.", section=PODS),
    ] = False
    rollout: Annotated[
        bool,
        flag(
            "--rollout",
            help="Replace the running pods of the workloads step by step, within maxSurge and maxUnavailable.",
            section=PODS,
        ),
    ] = False
    without: Annotated[
        Many,
        flag(
            "--without",
            metavar="NODE",
            help="Drain this node first: place its pods on the other nodes. Repeatable, or a list with commas.",
            section=PODS,
        ),
    ] = None
    without_where: Annotated[
        Many,
        flag(
            "--without-where",
            metavar="EXPRESSION",
            help="Drain the nodes that meet this condition, such as 'pool = spot', written as in --where.",
            section=PODS,
        ),
    ] = None
    one_by_one: Annotated[
        bool,
        flag("--one-by-one", help="Drain the nodes one after the other, by name, not all at once.", section=PODS),
    ] = False
    missing: Annotated[
        bool,
        flag(
            "--missing",
            help="Say how many more nodes of the kind of each pool would make everything fit.",
            section=PODS,
        ),
    ] = False
