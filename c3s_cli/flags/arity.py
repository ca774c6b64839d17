"""Which flags take a value: used to parse and to complete a command line, before its command is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from c3s_cli.flags.habits import FLAGS, Hint, Read
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
def _placeholders(group: Any) -> dict[str, str]:
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
    return next((_placeholders(group)[name] for group in _groups() if name in _placeholders(group)), None)


def takes_value(name: str) -> bool | None:
    """Return whether the flag of that name takes a value; None if there is no such flag."""
    metavar = metavar_of(name)
    return None if metavar is None else bool(metavar)


def typed_names(typed: str) -> list[tuple[str, str]]:
    """Return the names in a row, each with the value that it has there; "" for none."""
    return [(name, value) for name, _, value in (each.partition("=") for each in typed.split(", "))]


def _by_name(rows: Iterable[Read | Hint]) -> dict[str, list[tuple[str, Read | Hint]]]:
    """Map the name of each flag to its rows, with the value that it has there."""
    by_name: dict[str, list[tuple[str, Read | Hint]]] = {}
    for row in rows:
        for name, value in typed_names(row.typed):
            by_name.setdefault(name, []).append((value, row))
    return by_name


@cache
def _reads() -> dict[str, list[tuple[str, Read | Hint]]]:
    return _by_name(FLAGS)


@cache
def _hints() -> dict[str, list[tuple[str, Read | Hint]]]:
    from c3s_cli.flags.flag_hints import FLAG_HINTS  # most flags are those of c3s

    return _by_name(FLAG_HINTS)


def reads_of(name: str) -> list[tuple[str, Read | Hint]]:
    """Return the rows by which a flag is read as another one, with the value that it has there."""
    return _reads().get("--output" if name == "-o" else name, [])


def rows_of(name: str) -> list[tuple[str, Read | Hint]]:
    """Return all rows for a flag, with the value that it has there."""
    return [*reads_of(name), *_hints().get(name, [])]


def row_takes_value(row: Read | Hint, value: str = "") -> bool:
    """Return whether the flag of a row takes a value. value: the one that it has there."""
    return bool(value) or (isinstance(row, Read) and any(each in row.c3s for each in ("{}", "{,}", "{%}", "{*}")))


def is_valued(name: str) -> bool | None:
    """Return whether a flag of another tool takes a value; None if it is not known."""
    rows = [row_takes_value(row, value) for value, row in rows_of(name)]
    return any(rows) if rows else None


def is_optional(name: str) -> bool:
    """Return whether the value of a flag of another tool may be left out."""
    return len({row_takes_value(row, value) for value, row in rows_of(name)}) > 1


def fits(pattern: str, value: str) -> bool:
    """Return whether a flag has the value of a row: any, if the row has none."""
    return value.startswith(pattern.removesuffix("{}")) if pattern.endswith("{}") else pattern in ("", value)
