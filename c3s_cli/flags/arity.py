"""Which flags a command has, and which flags take a value: used to parse and to complete a command line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from c3s_cli.flags.groups import group_of
from c3s_cli.flags.options import Connection, Display, Nodes, Pods, Repeat, RowFlags, Selection, Serve


def flags_of(path: tuple[str, ...]) -> list[str]:
    """Return the long flags of a command, for completion."""
    from c3s_cli.flags.fit import Fit
    from c3s_cli.flags.lists import Contexts, Listing
    from c3s_cli.flags.time_options import Time
    from c3s_cli.flags.volume_options import ThresholdFlags, Volumes

    of_commands = {
        "nodes": (Selection, Nodes, Time, Display, Connection),
        "pods": (Pods, Selection, Time, Display, Connection),
        "cluster": (Selection, Nodes, Time, Display, Connection),
        "volumes": (Volumes, ThresholdFlags, Display, Connection),
        "fit": (Fit, RowFlags, Display, Connection),
        "demo": (Serve,),
        "contexts": (Contexts, Listing, Connection),
        "doctor": (Listing, Connection),
    }
    groups: list[Any] = list(of_commands.get(path[-1], ())) if path else []
    if path[:1] == ("watch",):
        groups = [Repeat, *(group for group in groups or of_commands["cluster"] if group is not Time)]
    names = {name for group in groups for flag in _flags(group) for name in flag if name.startswith("--")}
    return sorted({*names, "--help"})


def _flags(annotation: Any) -> list[tuple[str, ...]]:
    group, taken = group_of(annotation)
    of = get_type_hints(group, include_extras=True)
    hints = [get_args(of[name])[1] for name in taken]
    return [(hint.default, *hint.param_decls) for hint in hints]


def _groups() -> Iterator[Any]:
    """Yield the groups of flags; first those that most command lines use, since reading one takes a millisecond."""
    yield from (Connection, Display, Selection, Pods, Nodes, Repeat)
    from c3s_cli.flags.fit import Fit
    from c3s_cli.flags.lists import Contexts
    from c3s_cli.flags.time_options import Time
    from c3s_cli.flags.volume_options import Volumes

    yield from (Time, Fit, Volumes, Contexts, Serve)


@cache
def _arity(group: Any) -> dict[str, bool]:
    """Map every name of every flag in a group to whether it takes a value."""
    arity: dict[str, bool] = {}
    for hint in get_type_hints(group, include_extras=True).values():
        kind, flag = get_args(hint)
        arity |= dict.fromkeys((flag.default, *flag.param_decls), kind is not bool)
    return arity


def takes_value(name: str) -> bool | None:
    """Return whether the flag of that name takes a value; None if there is no such flag."""
    if name in ("--help", "-h", "--version"):
        return False
    return next((_arity(group)[name] for group in _groups() if name in _arity(group)), None)
