"""Flags → Target, Query, View, Pace. The rules that involve several flags are here.

Nothing is read yet: every mistake on the command line is found here, as a UsageError in kubectl's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from c3s_cli.amounts.duration import parse_duration
from c3s_cli.columns.catalogue import CPU_AND_MEMORY, IDENTITY
from c3s_cli.columns.naming import Naming, split_names
from c3s_cli.columns.vocabulary import Column, Kind, flat
from c3s_cli.errors import UsageError
from c3s_cli.request.formats import read_format
from c3s_cli.request.grouping import key_column, keys_of
from c3s_cli.request.origin import origin_of
from c3s_cli.request.pace import Pace
from c3s_cli.request.query import Query, SortKey
from c3s_cli.request.ranges import asked_for, check, in_range
from c3s_cli.request.selectors import parse_fields, parse_labels
from c3s_cli.request.sorting import sort_keys
from c3s_cli.request.target import PARALLEL, DemoOptions, Origin, Target
from c3s_cli.request.view import COLORS, DELIMITED, METRICS, TABLES, WITH_TEMPLATE, WITH_TOTALS, Format, View

if TYPE_CHECKING:
    from c3s_cli.request.condition import Condition
    from c3s_cli.words import options
    from c3s_cli.words.lists import Listing
    from c3s_cli.words.time_options import Time

# --- where ----------------------------------------------------------------------------------------------------


def target_of(flags: options.Connection, *, usage: bool = True) -> Target:
    """Make the Target of the connection flags. usage: whether it is asked for, so that it matters who tells it."""
    for flag in ("server", "context", "cluster", "kubeconfig", "all_contexts"):
        if getattr(flags, flag) and (flags.demo or flags.demo_at):
            raise UsageError(f"only one of --demo or --{flag.replace('_', '-')} can be provided")
    if flags.all_contexts and flags.context:
        raise UsageError("only one of --context or --all-contexts can be provided")
    if flags.parallel is not None and flags.parallel < 1:
        raise UsageError(f"--parallel takes a number from 1 on, not {flags.parallel}")
    return Target(
        contexts=tuple(filter(None, flags.context or ())),
        all_contexts=flags.all_contexts,
        parallel=flags.parallel or PARALLEL,
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
        request_timeout=_seconds(flags.request_timeout),
        verbosity=flags.verbosity,
        demo=DemoOptions(at=flags.demo_at) if flags.demo or flags.demo_at else None,
        origin=origin_of(flags) if usage else Origin(),
    )


# The longest wait that a socket accepts: eleven days.
LONGEST_WAIT: Final = 1e6


def _seconds(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return min(parse_duration(text), LONGEST_WAIT)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem


def listing_of(flags: Listing, formats: Sequence[str]) -> str:
    """Return the format of a list. UsageError if it is not one of `formats`."""
    if flags.output not in formats:
        raise UsageError(f"unknown format {flags.output!r}", hint=f"one of: {', '.join(formats)}")
    return flags.output


def pace_of(flags: options.Repeat) -> Pace:
    """Make the Pace of watch's flags."""
    interval = _interval(flags.interval)
    if not 0 < interval <= LONGEST_WAIT:
        raise UsageError(f"--interval takes a time above 0, such as 2, 500ms or 1m, not {flags.interval!r}")
    if flags.count is not None and flags.count < 1:
        raise UsageError(f"--count takes a number from 1 on, not {flags.count}")
    if flags.timeout and not _until(flags):
        raise UsageError("--timeout goes with --until or --until-all")
    return Pace(interval, flags.count, _seconds(flags.timeout))


def _interval(text: str) -> float:
    """Read seconds or a duration; 0 for what is neither."""
    for read in (float, parse_duration):
        try:
            return read(text)
        except ValueError:
            continue
    return 0.0


def _refuse_interval_as_namespace(objects: Kind, namespace: str | None) -> None:
    """Refuse the -n of watch(1), which is an interval, where a namespace means nothing."""
    if objects is Kind.POD or not namespace or not _interval(namespace):
        return
    raise UsageError(
        f"-n {namespace} is a namespace, and nodes have none", hint=f"--interval {namespace} sets the pace"
    )


def _until(flags: options.Repeat | None) -> Sequence[str] | None:
    """Return what watch waits for."""
    if flags is None:
        return None
    if flags.until and flags.until_all:
        raise UsageError("only one of --until or --until-all can be provided")
    return flags.until or flags.until_all


# --- what and how ---------------------------------------------------------------------------------------------


def request_of(  # noqa: PLR0913  a command line has that many groups of flags
    objects: Kind,
    names: Sequence[str] | None,
    connection: options.Connection,
    rows: options.Selection,
    display: options.Display,
    *,
    nodes: options.Nodes | None = None,
    pods: options.Pods | None = None,
    time: Time | None = None,
    repeat: options.Repeat | None = None,
) -> tuple[Query, View]:
    """Make the Query and the View of one command line. Mistakes are found in kubectl's order."""
    name = _name(objects, names or ())
    format_, template = read_format(display.output)
    if display.units and format_ not in DELIMITED:
        raise UsageError("--units goes with -o csv or tsv")
    if display.no_timestamps and format_ not in METRICS:
        raise UsageError("--no-timestamps goes with -o openmetrics")
    if rows.explain and (rows.by or rows.where or rows.fail_if or format_ not in (Format.TABLE, Format.JSON)):
        raise UsageError("--explain goes with the NAME of one pod or node, and with -o table or json, only")
    basis = "Capacity" if nodes and nodes.show_capacity else "Allocatable"
    everywhere = bool(pods and pods.all_namespaces)
    of_objects = Naming(objects, basis)
    by = tuple(of_objects.find(key) for key in keys_of(objects, rows.by, everywhere=everywhere))
    keys = tuple(key_column(column, place) for place, column in enumerate(by))
    naming = Naming(objects.group if by else objects, basis, keys)
    sort = sort_keys(rows.sort_by, naming)
    _one_of_name_and_selector(objects, name, rows, pods)
    period = asked_for(time, connection)
    words = split_names(display.columns) or (["wide"] if format_ is Format.WIDE else ["default"])
    implied = _implied_columns(naming.kind, keys, everywhere=everywhere)
    shown = [column for column in naming.expand(in_range(words, naming, period)) if column.name not in implied]
    where = _condition(rows.where, of_objects)
    until = _until(repeat)
    if repeat:
        _refuse_interval_as_namespace(objects, connection.namespace)
    if rows.fail_if_unknown and not (rows.fail_if or until):
        raise UsageError("--fail-if-unknown goes with --fail-if, --until or --until-all")
    query = Query(
        objects=objects,
        kind=naming.kind,
        columns=_unique(
            shown,
            _swap_columns(naming) if rows.show_swap else (),
            _denominator_columns(naming) if not display.columns and format_ not in TABLES else (),
            used_columns(sort, where if not by else None, shown) if not display.columns else (),
            _template_columns(format_, template, naming),
        ),
        name=name,
        namespace=connection.namespace or None,
        all_namespaces=everywhere,
        labels=parse_labels(rows.selector) if rows.selector else None,
        fields=parse_fields(pods.field_selector) if pods and pods.field_selector else None,
        containers=bool(pods and pods.containers) and not by,
        by=by,
        keys=keys,
        where=where,
        sort=sort,
        fail_if=_condition(rows.fail_if, naming),
        fail_if_unknown=rows.fail_if_unknown,
        until=_condition(until, naming),
        until_all=bool(repeat and repeat.until_all),
        limit=_limit(rows.limit),
        totals=rows.sum or format_ in WITH_TOTALS,
        sum=rows.sum,
        period=period,
        extended=naming.kind in WITH_EXTENDED and not WITH_EXTENDED[naming.kind].isdisjoint(words),
    )
    check(query)
    # With --columns, wide means no more than table.
    format_ = Format.TABLE if format_ is Format.WIDE and display.columns else format_
    return query, View(
        format_,
        headers=not display.no_headers,
        sum=rows.sum,
        template=template,
        color=_color(display.color),
        warn=display.warn,
        critical=display.critical,
        units=display.units,
        timestamps=not display.no_timestamps,
    )


def _color(text: str) -> str:
    if text not in COLORS:
        raise UsageError(f"--color takes auto, always or never, not {text!r}")
    return text


def _name(objects: Kind, names: Sequence[str]) -> str | None:
    """Return the NAME; `node/NAME` and `pod/NAME`, which -o name prints, are names too."""
    thing = objects.value.lower()
    if len(names) > 1:
        raise UsageError(f"{thing} [NAME | -l label]\nSee 'c3s top {thing} -h' for help and examples")
    if not names:
        return None
    prefix, slash, rest = names[0].partition("/")
    return rest if slash and rest and prefix in RESOURCE_NAMES.get(objects, ()) else names[0]


RESOURCE_NAMES: Final = {Kind.NODE: ("node", "nodes", "no"), Kind.POD: ("pod", "pods", "po")}


def _one_of_name_and_selector(
    objects: Kind, name: str | None, rows: options.Selection, pods: options.Pods | None
) -> None:
    if not name:
        return
    if objects is Kind.NODE and rows.selector:
        raise UsageError("only one of NAME or --selector can be provided")
    if rows.selector or (pods and pods.field_selector):
        raise UsageError("only one of NAME or selector can be provided")


# The sets of columns to which extended resources are added: those of a cluster, those that fit is asked for.
WITH_EXTENDED: Final = {
    Kind.CLUSTER: frozenset({"wide", "all"}),
    Kind.FIT: frozenset({"default", "wide", "all"}),
    Kind.FIT_GROUP: frozenset({"default", "wide", "all"}),
}

# --- columns --------------------------------------------------------------------------------------------------


def _unique(*several: Iterable[Column]) -> tuple[Column, ...]:
    unique: dict[str, Column] = {}
    for column in (column for columns in several for column in columns):
        unique.setdefault(column.name, column)
    return tuple(unique.values())


def _implied_columns(kind: Kind, keys: Sequence[Column], *, everywhere: bool) -> set[str]:
    """Name the columns that every row starts with, so that --columns need not repeat them."""
    if keys:
        return {key.name for key in keys}
    if kind is Kind.CLUSTER:
        return {"context"}
    return {"name", "namespace"} if everywhere else {"name"}


def used_columns(sort: Sequence[SortKey], where: Condition | None, shown: Iterable[Column]) -> list[Column]:
    """Return the columns that rows are sorted or filtered by and that are not shown yet."""
    seen = {"name", "namespace", "context", *(column.name for column in flat(shown))}
    used = [*(key.column for key in sort), *(where.columns if where else ())]
    return [column for column in used if not seen.issuperset(part.name for part in flat([column]))]


def _swap_columns(naming: Naming) -> tuple[Column, ...]:
    match naming.kind:
        case Kind.NODE:
            return naming.expand(["swap.usage", "swap.usagePercentOfCapacity"])
        case Kind.CLUSTER:
            return ()
        case _:
            return naming.expand(["swap.usage"])


def _denominator_columns(naming: Naming) -> tuple[Column, ...]:
    """Return what a cluster's default percentages are percentages of; only the structured formats show it."""
    if naming.kind is not Kind.CLUSTER:
        return ()
    return naming.expand(
        f"{resource}.{field}" for resource in CPU_AND_MEMORY for field in ("allocatable", "measuredAllocatable")
    )


def _template_columns(format_: Format, template: str, naming: Naming) -> list[Column]:
    """Return the columns that a template uses, so that they are read."""
    if format_ not in WITH_TEMPLATE:
        return []
    from c3s_cli.request.jsonpath import paths_in_spec, paths_in_template  # only for templates

    paths = paths_in_spec(template) if format_ is Format.CUSTOM_COLUMNS else paths_in_template(template)
    found = [naming.at(path) for path in sorted(paths)]
    return [column for column in found if column and column.name not in IDENTITY]


# --- conditions ----------------------------------------------------------------------------------------------


def _condition(texts: Sequence[str] | None, naming: Naming) -> Condition | None:
    if not texts:
        return None
    from c3s_cli.request.where import parse  # only conditions need the parser

    return parse(texts, naming)


def _limit(limit: int | None) -> int | None:
    if limit is not None and limit < 0:
        raise UsageError(f"--limit takes a number from 0 on, not {limit}")
    return limit
