"""The words and flags of `c3s diff` → what each side is, what is read of it, and what is compared."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

from msgspec import Struct, structs

from c3s_cli.columns.kinds import kind_named, rollup
from c3s_cli.columns.naming import ANY_GPU, Naming
from c3s_cli.columns.vocabulary import COMPARED, Column, Kind, flat, json_name, split_change
from c3s_cli.errors import UsageError
from c3s_cli.flags import options
from c3s_cli.flags.diff_options import Diff
from c3s_cli.request.condition import Condition
from c3s_cli.request.from_flags import request_of
from c3s_cli.request.moment import is_moment, read_moment
from c3s_cli.request.period import NUMBER, Period, period_of
from c3s_cli.request.query import Query
from c3s_cli.request.view import View

CHANGES: Final = {kind: change for change, kind in COMPARED.items()}
OWNERS: Final = ("owners", "owner")
PERCENT: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)%?")
IDENTITY: Final = ("context", "namespace", "name", "change")
USAGE: Final = "c3s diff [nodes | pods | cluster | owners] BEFORE [AFTER]"


class Side(Struct, frozen=True):
    """One side. text: as it was typed. file: a recording or a document, "-" for stdin, "" for the cluster now.

    period: the time or the range in it, None for the last reading.
    """

    text: str = ""
    file: str = ""
    period: Period | None = None


class DiffRequest(Struct, frozen=True):
    """What to compare.

    query: the rows of changes, and their columns. base: what to read of each side. columns: the columns of `base` that
    are compared; read: those, and the ones that are only judged or sorted by. selected: which changes to show. least:
    the percentage above which a row has changed. namespaced: whether the flags say which namespaces.
    """

    before: Side
    after: Side
    query: Query
    base: Query
    columns: tuple[Column, ...]
    read: tuple[Column, ...]
    selected: Condition | None
    least: Fraction
    namespaced: bool


def diff_request_of(
    words: Sequence[str],
    flags: Diff,
    pods: options.Pods,
    rows: options.Selection,
    display: options.Display,
    connection: options.Connection,
) -> tuple[DiffRequest, View]:
    """Make the request and the View. UsageError for mistakes, before anything is read."""
    kind, by, workload, sides = _words(words, pods)
    if by and rows.by:
        raise UsageError(f"only one of {words[0]} or --by can be provided")
    rows, pods = structs.replace(rows, by=by or rows.by), structs.replace(pods, workload=workload or pods.workload)
    times = [flag for flag in ("before", "after") if getattr(flags, flag)]
    if not 1 <= len(sides) + len(times) <= 2:
        raise UsageError(
            f"c3s diff compares one or two files, not {len(sides)}"
            if not times
            else f"too many to compare: --{times[0]} is one side, {' and '.join(sides)} the other",
            hint=USAGE if sides else _example(words, flags.since),
        )
    # Path.exists() raises if a name is too long.
    there = bool(sides) and os.path.exists(sides[0])  # noqa: PTH110
    if times and sides and {*sides[0]}.isdisjoint("./@") and sides[0] != "-" and not there:
        raise UsageError(f"{sides[0]} is no file", hint=f"did you mean --where 'name = {sides[0]}'?")
    if times == ["after"] and not sides:
        raise UsageError("--after goes with --before or BEFORE", hint=f"did you mean --before {flags.after}?")
    before, after = _sides(sides, flags)
    if before.file == after.file == "-":
        raise UsageError("stdin can be read only once")
    of_pods = pods if kind is Kind.POD else None
    query, view = request_of(CHANGES[kind], None, connection, rows, display, pods=of_pods, period=before.period)
    return _request(before, after, structs.replace(query, period=None, totals=False), flags, connection), view


def _example(words: Sequence[str], since: str | None) -> str:
    """Return a command that compares the rows of the first word, by default pods, with those of some time ago."""
    kind = words[0].partition("/")[0] if words else "pods"
    return f"c3s diff {kind} --before {since or '2h'} reads both times from a Prometheus"


def _words(words: Sequence[str], pods: options.Pods) -> tuple[Kind, str | None, str | None, Sequence[str]]:
    """Return the kind of row, the keys and the workload that the first word means, and the words after it."""
    first = words[0] if words else ""
    if first in OWNERS:
        return Kind.POD, "owner", None, words[1:]
    kind = kind_named(first)
    if kind in (Kind.NODE, Kind.POD, Kind.CLUSTER):
        return kind, None, None, words[1:]
    named = rollup(first, None, ["-A"] if pods.all_namespaces else [])
    if named is None:
        return Kind.POD, None, None, words
    meant = dict(zip(named[::2], named[1::2], strict=False))
    return Kind.POD, meant.get("--by"), meant.get("--workload"), words[1:]


def _sides(words: Sequence[str], flags: Diff) -> Iterator[Side]:
    """Yield both sides: a time, if a flag names it, or the next word."""
    left = list(words)
    for flag, time in (("--before", flags.before), ("--after", flags.after)):
        if time is None:
            yield _side(left.pop(0) if left else "", flags.since)
            continue
        read_moment(time, flag)  # its error names the flag
        yield Side(time, "", _range(flags.since, time) if flags.since else period_of(None, None, None, time, None))


def _side(text: str, since: str | None) -> Side:
    """Read FILE or FILE@TIME; "" is the cluster now."""
    file, at, time = text.rpartition("@")
    if not (at and file and (is_moment(time) or NUMBER.fullmatch(time) or file.endswith(".c3s"))):
        file, time = text, ""
    if since and NUMBER.fullmatch(time):
        period: Period | None = structs.replace(_range(since, None), number=int(time[1:]))
    else:
        period = _range(since, time or None) if since else period_of(None, None, None, time or None, None)
    return Side(text, file.removeprefix("file:"), period)


def _range(since: str, end: str | None) -> Period:
    return period_of(since, None, end, None, None) or Period()


def _request(before: Side, after: Side, query: Query, flags: Diff, connection: options.Connection) -> DiffRequest:
    percent = PERCENT.fullmatch(flags.min_change)
    if percent is None:
        raise UsageError(f"--min-change takes a percentage such as 5%, not {flags.min_change!r}")
    objects, rows = Naming(COMPARED[query.objects]), Naming(COMPARED[query.kind])
    shown = flat(query.columns)
    columns = [*shown, *(key.column for key in query.sort), *(query.fail_if.columns if query.fail_if else ())]
    plain, selected = _split(query.where)
    if selected:
        selected = selected.with_columns(lambda column: Naming(query.kind, keys=query.keys).find(column.name))
        columns += selected.columns
    own = {*IDENTITY, *(key.name for key in query.keys)}

    def bases(some: Iterable[Column]) -> dict[str, Column]:
        columns = (rows.find(split_change(each.name)[0]) for each in some if each.name not in own)
        return {column.name: column for column in columns}

    # Whoever shows no numbers at all wants to know what changed by the usual ones.
    compared = bases(shown) or bases(Naming(query.kind).expand(["default"]))
    read = compared | bases(columns)
    if any(name.startswith(f"{json_name(ANY_GPU)}.") for name in read):
        raise UsageError("c3s diff needs the name of a resource", hint='such as resources["nvidia.com/gpu"].requests')
    base = structs.replace(
        query,
        objects=objects.kind,
        kind=rows.kind,
        columns=tuple(read.values()),
        by=tuple(objects.find(column.name) for column in query.by),
        where=plain and plain.with_columns(lambda column: objects.find(column.name)),
        sort=(),
        fail_if=None,
        limit=None,
        totals=False,
    )
    visible = tuple(each for each in query.columns if not any(o.name.startswith(f"{each.name}.") for o in shown))
    return DiffRequest(
        before,
        after,
        structs.replace(query, columns=visible),
        base,
        tuple(compared.values()),
        tuple(read.values()),
        selected,
        Fraction(percent[1]),
        bool(query.namespaces or query.all_namespaces or connection.namespace),
    )


def _split(where: Condition | None) -> tuple[Condition | None, Condition | None]:
    """Split --where into what selects rows on each side, and what selects changes."""
    if where is None:
        return None, None
    of_changes = [[_is_of_change(test.columns) for test in tests] for tests in where.alternatives]
    if not any(map(any, of_changes)):
        return where, None
    if all(map(all, of_changes)):
        return None, where
    if len(where.alternatives) > 1:
        raise UsageError(
            "--where cannot join conditions on rows and on changes by or",
            hint="join them with commas in one --where, or compare changes with --fail-if",
        )
    pairs = list(zip(where.alternatives[0], of_changes[0], strict=True))
    plain, selected = (tuple(test for test, is_change in pairs if is_change is wanted) for wanted in (False, True))
    return Condition((plain,)), Condition((selected,))


def _is_of_change(columns: Sequence[Column]) -> bool:
    return any(column.name == "change" or split_change(column.name)[1] for column in columns)
