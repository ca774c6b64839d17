"""What a command line means: Target (where), Query (what), View (how). The rules across flags live here.

Nothing is read yet: whatever is wrong with the words is found here, as a UsageError in kubectl's words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from c3s_cli.columns import CPU_AND_MEMORY, IDENTITY, Column, Kind, Naming, Needs, Unit
from c3s_cli.duration import parse_duration
from c3s_cli.errors import UsageError
from c3s_cli.quantity import millicores
from c3s_cli.selectors import FieldSelector, LabelSelector, parse_fields, parse_labels

if TYPE_CHECKING:
    from c3s_cli import options
    from c3s_cli.where import Condition


class DemoOptions(Struct, frozen=True):
    """The simulated cluster to read instead of a real one. `at` is an RFC 3339 time that freezes it."""

    nodes: int | None = None
    pods_per_node: int | None = None
    seed: int = 0
    at: str | None = None


class Target(Struct, frozen=True):
    """Where: which cluster to read, and as whom. `None` and "" mean what they mean to kubectl: not given.

    request_timeout: seconds for each request; None for c3s's own bounds (10 s of silence, 5 minutes in all),
    0 for no bound. verbosity: the number after -v.
    """

    contexts: tuple[str, ...] = ()
    kubeconfig: str | None = None
    cluster: str | None = None
    user: str | None = None
    server: str | None = None
    token: str | None = None
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    as_uid: str | None = None
    certificate_authority: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    insecure_skip_tls_verify: bool | None = None
    tls_server_name: str | None = None
    disable_compression: bool = False
    request_timeout: float | None = None
    verbosity: int = 0
    demo: DemoOptions | None = None


class SortKey(Struct, frozen=True):
    """One key of an order. `value` is what is compared; unknown values come last either way."""

    column: Column
    value: Callable[[Any], Any]
    descending: bool


class Query(Struct, frozen=True):
    """What: the rows to show and the columns in them.

    objects: the kind of object that is read; kind: the kind of row that is shown (a group, with `by`).
    namespace: the one given with -n, None for the context's own; all_namespaces wins over it. totals: whether the sums
    of all rows are shown. extended: whether columns of every extended resource that is found are wanted too.
    """

    objects: Kind
    kind: Kind
    columns: tuple[Column, ...]
    name: str | None = None
    namespace: str | None = None
    all_namespaces: bool = False
    labels: LabelSelector | None = None
    fields: FieldSelector | None = None
    containers: bool = False
    by: tuple[Column, ...] = ()
    where: Condition | None = None
    sort: tuple[SortKey, ...] = ()
    fail_if: Condition | None = None
    until: Condition | None = None
    limit: int | None = None
    totals: bool = False
    extended: bool = False

    @property
    def needs(self) -> Needs:
        """Everything that must be read: for the rows themselves, and for every column that plays a part."""
        needs = BASE_NEEDS[self.objects]
        columns = [*self.columns, *self.by, *(key.column for key in self.sort)]
        for condition in filter(None, (self.where, self.fail_if, self.until)):
            columns += condition.columns
            # A pod whose usage is unknown is none of the pods that the metrics API knows.
            needs |= Needs.PODS if self.objects is Kind.POD and condition.seeks_unknown else Needs.NOTHING
        for column in columns:
            needs |= column.needs
        return needs


BASE_NEEDS = {
    Kind.NODE: Needs.NODE_METRICS | Needs.NODES,
    Kind.POD: Needs.POD_METRICS,
    Kind.CLUSTER: Needs.NODE_METRICS | Needs.NODES,
}


class Format(Enum):
    """The value of -o, up to its `=`."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    TSV = "tsv"
    NAME = "name"
    MARKDOWN = "markdown"
    PROMETHEUS = "prometheus"
    CUSTOM_COLUMNS = "custom-columns"
    JSONPATH = "jsonpath"


WITH_TEMPLATE = (Format.CUSTOM_COLUMNS, Format.JSONPATH)
WITH_TOTALS = (Format.JSON, Format.YAML, Format.JSONPATH)


class View(Struct, frozen=True):
    """How: the format, and what of the rows it shows beside the columns.

    keys: the columns that --by made. namespaces: whether a table begins with NAMESPACE. template: what follows
    `custom-columns=` or `jsonpath=`. compact: one document a line, for a watch. explain: the terms of one sum instead.
    """

    format: Format
    kind: Kind
    headers: bool = True
    namespaces: bool = False
    containers: bool = False
    sum: bool = False
    keys: tuple[Column, ...] = ()
    template: str = ""
    compact: bool = False
    explain: bool = False


class Pace(Struct, frozen=True):
    """How often to read, and until when. Seconds; None for no end."""

    interval: float
    count: int | None = None
    timeout: float | None = None


# --- from flags -----------------------------------------------------------------------------------------------


def target_of(flags: options.Connection) -> Target:
    """Say where to read."""
    for flag in ("server", "context", "cluster", "kubeconfig"):
        if getattr(flags, flag) and (flags.demo or flags.demo_at):
            raise UsageError(f"only one of --demo or --{flag} can be provided")
    return Target(
        contexts=(flags.context,) if flags.context else (),
        kubeconfig=flags.kubeconfig,
        cluster=flags.cluster,
        user=flags.user,
        server=flags.server,
        token=flags.token,
        as_user=flags.as_user,
        as_groups=tuple(flags.as_group or ()),
        as_uid=flags.as_uid,
        certificate_authority=flags.certificate_authority,
        client_certificate=flags.client_certificate,
        client_key=flags.client_key,
        insecure_skip_tls_verify=flags.insecure_skip_tls_verify or None,
        tls_server_name=flags.tls_server_name,
        disable_compression=flags.disable_compression,
        request_timeout=_timeout(flags.request_timeout),
        verbosity=flags.verbosity,
        demo=DemoOptions(at=flags.demo_at) if flags.demo or flags.demo_at else None,
    )


# What a socket can wait, and no one will: eleven days.
LONGEST = 1e6


def _timeout(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return min(parse_duration(text), LONGEST)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem


def pace_of(flags: options.Repeat) -> Pace:
    """Say how often to read."""
    if not 0 < flags.interval < math.inf:
        raise UsageError(f"--interval takes a number of seconds above 0, not {flags.interval:g}")
    if flags.count is not None and flags.count < 1:
        raise UsageError(f"--count takes a number from 1 on, not {flags.count}")
    if flags.timeout and not flags.until:
        raise UsageError("--timeout goes with --until")
    return Pace(flags.interval, flags.count, _timeout(flags.timeout))


def request_of(  # noqa: PLR0913  a command line has that many parts
    objects: Kind,
    names: Sequence[str] | None,
    connection: options.Connection,
    rows: options.Rows,
    look: options.Look,
    *,
    nodes: options.Nodes | None = None,
    pods: options.Pods | None = None,
    until: Sequence[str] | None = None,
) -> tuple[Query, View]:
    """Say what to read and how to show it. The checks come in kubectl's order."""
    name = _name(objects, names or ())
    format_, template = _format(look.output)
    basis = "Capacity" if nodes and nodes.show_capacity else "Allocatable"
    if rows.explain and (rows.by or rows.where or rows.fail_if or format_ not in (Format.TABLE, Format.JSON)):
        raise UsageError("--explain goes with the NAME of one pod or node, and with -o table or json, only")
    of_objects = Naming(objects, basis)
    everywhere = bool(pods and pods.all_namespaces)
    by = tuple(of_objects.find(key) for key in _by(objects, rows.by, everywhere=everywhere))
    keys = tuple(_key(column, place) for place, column in enumerate(by))
    kind = {Kind.NODE: Kind.NODE_GROUP, Kind.POD: Kind.POD_GROUP}[objects] if by else objects
    naming = Naming(kind, basis, keys)
    sort = _sort(rows.sort_by, naming)
    containers = bool(pods and pods.containers) and not by
    _one_of_name_and_selector(objects, name, rows, pods)
    words = _words(look.columns) or (["wide"] if format_ is Format.WIDE else ["default"])
    said = _said(kind, keys, everywhere=everywhere)
    columns = tuple(column for column in naming.expand(words) if column.name not in said)
    if rows.show_swap:
        columns += tuple(column for column in _swap(naming) if column not in columns)
    if not look.columns and format_ not in (Format.TABLE, Format.WIDE, Format.MARKDOWN):
        columns += tuple(column for column in _beside(naming) if column not in columns)
    columns += tuple(column for column in _mentioned(format_, template, naming) if column not in columns)
    query = Query(
        objects=objects,
        kind=kind,
        columns=columns,
        name=name,
        namespace=connection.namespace or None,
        all_namespaces=everywhere,
        labels=parse_labels(rows.selector) if rows.selector else None,
        fields=parse_fields(pods.field_selector) if pods and pods.field_selector else None,
        containers=containers,
        by=by,
        where=_condition(rows.where, of_objects),
        sort=sort,
        fail_if=_condition(rows.fail_if, naming),
        until=_condition(until, naming),
        limit=_limit(rows.limit),
        totals=rows.sum or format_ in WITH_TOTALS,
        extended=kind is Kind.CLUSTER and not {"wide", "all"}.isdisjoint(words),
    )
    view = View(
        # With columns of one's own, "wide" has nothing more to say.
        format=Format.TABLE if format_ is Format.WIDE and look.columns else format_,
        kind=kind,
        headers=not look.no_headers,
        namespaces=query.all_namespaces and not by,
        containers=containers,
        sum=rows.sum,
        keys=keys,
        template=template,
        explain=rows.explain,
    )
    return query, view


def _said(kind: Kind, keys: Sequence[Column], *, everywhere: bool) -> set[str]:
    """Name the columns that every row begins with, and that --columns need not repeat."""
    if keys:
        return {key.name for key in keys}
    if kind is Kind.CLUSTER:
        return {"context"}
    return {"name", "namespace"} if everywhere else {"name"}


def _name(objects: Kind, names: Sequence[str]) -> str | None:
    if len(names) > 1:
        thing = objects.value.lower()
        raise UsageError(f"{thing} [NAME | -l label]\nSee 'c3s top {thing} -h' for help and examples")
    return names[0] if names else None


def _one_of_name_and_selector(objects: Kind, name: str | None, rows: options.Rows, pods: options.Pods | None) -> None:
    if not name:
        return
    if objects is Kind.NODE and rows.selector:
        raise UsageError("only one of NAME or --selector can be provided")
    if rows.selector or (pods and pods.field_selector):
        raise UsageError("only one of NAME or selector can be provided")


def _format(text: str) -> tuple[Format, str]:
    word, equals, template = text.partition("=")
    try:
        format_ = Format(word)
    except ValueError:
        format_ = None
    if format_ is None or (equals and format_ not in WITH_TEMPLATE):
        allowed = ",".join(sorted(each.value for each in Format))
        raise UsageError(
            f'unable to match a printer suitable for the output format "{text}", allowed formats are: {allowed}'
        )
    if format_ in WITH_TEMPLATE and not template:
        what = "custom columns" if format_ is Format.CUSTOM_COLUMNS else "template"
        raise UsageError(
            f"{word} format specified but no {what} given",
            hint="for example -o custom-columns=NAME:.name,CPU:.cpu.usage or -o jsonpath='{.items[*].name}'",
        )
    _check_template(format_, template)
    return format_, template


def _check_template(format_: Format, template: str) -> None:
    """Find what is wrong with a template before anything is read."""
    if format_ is Format.CUSTOM_COLUMNS:
        from c3s_cli.templates import read_spec  # noqa: PLC0415  only this format pays for it

        read_spec(template)
    elif format_ is Format.JSONPATH:
        from c3s_cli.templates import read_template  # noqa: PLC0415  as above

        read_template(template)


def _mentioned(format_: Format, template: str, naming: Naming) -> list[Column]:
    """Find the columns that a template asks for, so that they are read."""
    if format_ not in WITH_TEMPLATE:
        return []
    from c3s_cli.templates import paths_in_spec, paths_in_template  # noqa: PLC0415  as above

    paths = paths_in_spec(template) if format_ is Format.CUSTOM_COLUMNS else paths_in_template(template)
    found = [naming.at(path) for path in sorted(paths)]
    return [column for column in found if column and column.name not in IDENTITY]


# A comma separates, except inside ["…"].
WORD = re.compile(r'(?:\["[^"]*"\]|[^,])+')


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in WORD.findall(text or "") if word.strip()]


KEY_COLUMNS = {"instance-type": "instanceType"}
KEYS = {
    Kind.NODE: ("pool", "zone", "instance-type", "status", "version"),
    Kind.POD: ("namespace", "node", "owner", "pool", "zone", "instance-type", "status"),
}


def _by(objects: Kind, text: str | None, *, everywhere: bool) -> list[str]:
    """Turn the keys of --by into names of columns. Owners of one name in two namespaces are two owners."""
    keys = KEYS.get(objects, ())
    if text and not keys:
        raise UsageError("--by takes nodes or pods apart, not the cluster")
    names = []
    for key in _words(text):
        if key.startswith("label:"):
            names.append(f'labels["{key.removeprefix("label:")}"]')
        elif key in keys or key in KEY_COLUMNS.values() or key.startswith("labels["):
            names.append(KEY_COLUMNS.get(key, key))
        else:
            raise UsageError(f"unknown key {key!r} in --by", hint=f"one of: {', '.join(keys)}, label:KEY")
    if everywhere and "owner" in names and "namespace" not in names:
        names.insert(names.index("owner"), "namespace")
    return list(dict.fromkeys(names))


def _key(column: Column, place: int) -> Column:
    return Column(column.name, Unit.TEXT, lambda group: group.keys[place], column.summary, column.needs)


def _sort(text: str | None, naming: Naming) -> tuple[SortKey, ...]:
    """Read --sort-by. `cpu` and `memory` alone sort as kubectl does: descending, CPU on whole millicores."""
    return tuple(_sort_key(word, naming) for word in _words(text))


def _sort_key(word: str, naming: Naming) -> SortKey:
    name, _, direction = word.rpartition(":") if word.endswith((":asc", ":desc")) else (word, "", "")
    column = _sorting(name, naming)
    value = column.value
    if name == "cpu":
        usage = column.value

        def value(row: Any) -> int | None:
            nanocores = usage(row)
            return None if nanocores is None else millicores(nanocores)

    return SortKey(column, value, descending=direction == "desc" if direction else column.descending)


DIRECTED = re.compile(r"([\w.%]+):(\w*)")


def _sorting(name: str, naming: Naming) -> Column:
    """Find the column to sort by. UsageError if there is none, or a direction that is none."""
    if match := DIRECTED.fullmatch(name):
        naming.find(match[1])
        raise UsageError(f"unknown direction {match[2]!r} in --sort-by", hint=f"{match[1]}:asc or {match[1]}:desc")
    return naming.find(name)


def _condition(texts: Sequence[str] | None, naming: Naming) -> Condition | None:
    if not texts:
        return None
    from c3s_cli.where import parse  # noqa: PLC0415  only those who ask for it pay for the parser

    return parse(texts, naming)


def _limit(limit: int | None) -> int | None:
    if limit is not None and limit < 0:
        raise UsageError(f"--limit takes a number from 0 on, not {limit}")
    return limit


def _swap(naming: Naming) -> tuple[Column, ...]:
    match naming.kind:
        case Kind.NODE:
            return naming.expand(["swap.usage", "swap.usagePercentOfCapacity"])
        case Kind.CLUSTER:
            return ()
        case _:
            return naming.expand(["swap.usage"])


def _beside(naming: Naming) -> tuple[Column, ...]:
    """Name what a machine gets beside a cluster's default columns: what its percentages are of."""
    if naming.kind is not Kind.CLUSTER:
        return ()
    return naming.expand(
        f"{resource}.{field}" for resource in CPU_AND_MEMORY for field in ("allocatable", "measuredAllocatable")
    )
