"""Which flags take a value: used to parse and to complete a command line, before its command is known."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from c3s_cli.flags.options import Connection, Display, Nodes, Pods, Selection
from c3s_cli.flags.typer_bridge import names_of


def _groups() -> Iterator[Any]:
    """Yield the groups of flags; first those that most command lines use, since reading one takes a millisecond."""
    yield from (Connection, Display, Selection, Pods, Nodes)
    from c3s_cli.flags.diff_options import Diff
    from c3s_cli.flags.fit import Fit
    from c3s_cli.flags.lists import Contexts
    from c3s_cli.flags.record_options import Record, Recordings
    from c3s_cli.flags.rightsize import Rightsize
    from c3s_cli.flags.serve_options import Serve
    from c3s_cli.flags.source_options import Costs
    from c3s_cli.flags.time_options import Time
    from c3s_cli.flags.volume_options import Volumes
    from c3s_cli.flags.watch_options import Repeat

    yield from (Time, Repeat, Costs, Fit, Volumes, Contexts, Serve, Record, Recordings, Diff, Rightsize)


@cache
def _metavars(group: Any) -> dict[str, str]:
    """Map every name of every flag in a group to what the help calls its value, "" if it takes none."""
    metavars: dict[str, str] = {}
    for hint in get_type_hints(group, include_extras=True).values():
        kind, flag = get_args(hint)
        metavars |= dict.fromkeys(names_of(flag), "" if kind is bool else flag.metavar)
    return metavars


def metavar_of(name: str) -> str | None:
    """Return what the help calls the value of a flag, such as FILE: "" if it takes none, None without such a flag."""
    if name in ("--help", "-h", "--version"):
        return ""
    return next((_metavars(group)[name] for group in _groups() if name in _metavars(group)), None)


def takes_value(name: str) -> bool | None:
    """Return whether the flag of that name takes a value; None if there is no such flag."""
    metavar = metavar_of(name)
    return None if metavar is None else bool(metavar)
