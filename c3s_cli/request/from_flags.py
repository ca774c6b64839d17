"""Flags → Target, Query, View, with the rules that involve several flags.

Nothing is read yet: all mistakes on the command line are found here and raised as a UsageError in kubectl's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import structs

from c3s_cli.columns.kinds import OWNED, WORKLOADS, kind_named
from c3s_cli.columns.naming import SETS, Naming
from c3s_cli.columns.vocabulary import COMPARED, Column, Kind, flat
from c3s_cli.errors import UsageError
from c3s_cli.request.columns import (
    named_columns,
    refuse_costs,
    structured_columns,
    swap_columns,
    template_columns,
    unique,
    used_columns,
    with_extended,
    words_of,
)
from c3s_cli.request.formats import read_format, read_units, unused_unit
from c3s_cli.request.grouping import filter_remark, key_column, keys_of, label_remark
from c3s_cli.request.namespaces import read_namespaces, several
from c3s_cli.request.numbers import at_least, read_seconds
from c3s_cli.request.origin import origin_of
from c3s_cli.request.query import Query
from c3s_cli.request.ranges import check, read_period
from c3s_cli.request.sorting import sort_keys
from c3s_cli.request.target import PARALLEL, DemoOptions, Origin, Target
from c3s_cli.request.view import COLORS, TABLES, WITH_TOTALS, Format, View

if TYPE_CHECKING:
    from c3s_cli.flags import options
    from c3s_cli.flags.lists import Listing
    from c3s_cli.flags.source_options import Costs
    from c3s_cli.flags.time_options import Time
    from c3s_cli.flags.watch_options import Repeat
    from c3s_cli.request.condition import Condition
    from c3s_cli.request.period import Period
    from c3s_cli.request.selectors import FieldSelector, LabelSelector

WITHOUT_NAMESPACE: Final = "-n does nothing here: the row is the whole cluster; c3s top ns NAME is a namespace"
WITHOUT_CONTAINERS: Final = "--containers does nothing here: the rows are groups of pods"

# --- where ----------------------------------------------------------------------------------------------------


def target_of(flags: options.Connection, *, usage: bool = True) -> Target:
    """Make the Target from the connection flags. usage: whether usage is read, so that its source matters."""
    for flag in ("server", "context", "cluster", "kubeconfig", "all_contexts"):
        if getattr(flags, flag) and (flags.demo or flags.demo_at):
            raise UsageError(f"only one of --demo or --{flag.replace('_', '-')} can be provided")
    if flags.resources and not (flags.demo or flags.demo_at):
        raise UsageError("--resources goes with --demo: c3s changes no real cluster")
    if flags.all_contexts and flags.context:
        raise UsageError("only one of --context or --all-contexts can be provided")
    at_least("--parallel", flags.parallel)
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
        request_timeout=read_seconds(flags.request_timeout),
        verbosity=flags.verbosity,
        demo=DemoOptions(at=flags.demo_at, resources=flags.resources) if flags.demo or flags.demo_at else None,
        origin=origin_of(flags) if usage else Origin(),
    )


def listing_of(flags: Listing, formats: Sequence[str]) -> str:
    """Return the format of a list. UsageError if it is not one of `formats`."""
    if flags.output not in formats:
        raise UsageError(f"unknown format {flags.output!r}", hint=f"one of: {', '.join(formats)}")
    return flags.output


# --- what and how ---------------------------------------------------------------------------------------------


def request_of(  # noqa: PLR0913  one parameter per group of flags
    objects: Kind,
    names: Sequence[str] | None,
    connection: options.Connection,
    rows: options.Selection,
    display: options.Display,
    *,
    nodes: options.Nodes | None = None,
    pods: options.Pods | None = None,
    time: Time | None = None,
    repeat: Repeat | None = None,
    period: Period | None = None,
    costs: Costs | None = None,
) -> tuple[Query, View]:
    """Make the Query and View of a command line. Mistakes are found in kubectl's order.

    period: that of both sides of a comparison.
    """
    name = _name(objects, names or ())
    format_, template = read_format(display.output, objects, rows, display)
    namespaces = read_namespaces(connection.namespace)
    all_namespaces = objects is Kind.MOVE or bool(pods and pods.all_namespaces)
    everywhere = all_namespaces or bool(pods and several(namespaces))
    of_objects = Naming(objects, "Capacity" if nodes and nodes.show_capacity else "Allocatable")
    by, naming = _grouped(of_objects, rows.by, everywhere=everywhere)
    containers = bool(pods and pods.containers) and not by
    of_lines = structs.replace(naming, containers=containers)
    sort = sort_keys(rows.sort_by, of_lines)
    _one_of_name_and_selector(objects, name, rows, pods)
    period, series = period or read_period(time, connection), None
    if time and time.series:
        from c3s_cli.request.series import series_of  # only --series needs it

        period, series = None, series_of(period, format_, connection, rows, display)
    words = words_of(display.columns, format_)
    shown, identity = named_columns(words, of_lines, period, everywhere=everywhere, exact=format_ is Format.VALUE)
    where = _condition(rows.where, structs.replace(of_objects, containers=containers))
    selected, having = _having(rows, where, naming, of_objects)
    workload = pods.workload if pods else None
    prefix, _, workload_name = (name or "").partition("/")
    if workload_name and objects is Kind.POD and prefix in WORKLOADS:
        name, workload = None, name
    if objects.namespaced and not all_namespaces:
        _refuse_name_in_several(name, namespaces)
    until = None
    if repeat:
        from c3s_cli.request.pace import refuse_as_namespace, until_of  # only watch repeats

        until = until_of(repeat)
        refuse_as_namespace(objects, connection.namespace)
    if rows.fail_if_unknown and not (rows.fail_if or until):
        raise UsageError("--fail-if-unknown goes with --fail-if, --until or --until-all")
    if workload:
        # Its rows need no column that says which one.
        from c3s_cli.request.workloads import named_workloads, of_workloads  # few commands name workloads

        workload = named_workloads(workload)
        selected = of_workloads(workload, of_objects).joined_with(selected)
    labels, fields = _selectors(rows, pods)
    query = Query(
        objects=objects,
        kind=naming.kind,
        columns=unique(
            shown,
            swap_columns(naming) if rows.show_swap else (),
            structured_columns(naming) if not display.columns and format_ not in TABLES else (),
            used_columns(sort, having if by else where, (*shown, *naming.keys)) if not display.columns else (),
            template_columns(format_, template, naming),
        ),
        name=name,
        namespaces=namespaces,
        all_namespaces=all_namespaces,
        labels=labels,
        fields=fields,
        containers=containers,
        by=by,
        keys=naming.keys,
        workload=workload if workload and ("/" in workload or (workload == "*" and not (where or having))) else "",
        where=selected,
        having=having,
        sort=sort,
        fail_if=_condition(rows.fail_if, of_lines),
        fail_if_unknown=rows.fail_if_unknown,
        until=_condition(until, of_lines),
        until_all=bool(repeat and repeat.until_all),
        limit=at_least("--limit", rows.limit, 0),
        totals=rows.sum or format_ in WITH_TOTALS,
        sum=rows.sum,
        period=period,
        series=series,
        extended=with_extended(naming.kind, words),
        members=format_ is Format.VALUE and naming.kind is Kind.POD_GROUP and any(each.in_part for each in shown),
    )
    if objects not in COMPARED:
        check(query)
    refuse_costs(query, priced=costs is not None and costs.prices is not None)
    if objects not in (Kind.FIT, Kind.MOVE, *COMPARED):
        named, origin = of_lines.expand(word for word in words if word not in SETS), origin_of(connection)
        notes = (
            _unknowable(query, (*named, *template_columns(format_, template, naming)), origin),
            *_ambiguous(
                query,
                named,
                origin,
                (*(rows.where or ()), *(rows.having or ()), *(rows.fail_if or ()), *(until or ())),
            ),
            unused_unit(display.unit, flat(named)),
            label_remark(rows.by, by),
            filter_remark(where, objects) if by else "",
            OWNED.get(workload or ""),
            WITHOUT_NAMESPACE if objects is Kind.CLUSTER and connection.namespace else "",
            WITHOUT_CONTAINERS if pods and pods.containers and by else "",
        )
        query = structs.replace(
            query,
            remarks=tuple(filter(None, notes)),
            of_source=_names((*named, *template_columns(format_, template, naming))) if origin.facts else None,
        )
    elif objects not in COMPARED:
        query = structs.replace(query, remarks=tuple(filter(None, [label_remark(rows.by, by)])))
    view = _view(format_, template, display, query, has_keys=identity is None)
    return query, structs.replace(
        view,
        identity=identity if display.columns else 0,
        context=bool(connection.context),
        objects=bool(workload and "owner" in {column.name for column in by}),
    )


def _names(columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in flat(columns))


def _unknowable(query: Query, named: Sequence[Column], origin: Origin) -> str:
    """Say which named columns the source cannot know. UsageError for conditions and orders by such columns."""
    if not (named or query.sort or query.where or query.having or query.fail_if or query.until):
        return ""
    from c3s_cli.request import knowable  # plain readings ask for what all sources know

    knowable.check_knowable(query, origin)
    return knowable.unknowable(named, query.kind, origin) or knowable.kills_of_minutes(query, named, origin)


def _ambiguous(query: Query, named: Sequence[Column], origin: Origin, conditions: Sequence[str]) -> tuple[str, ...]:
    """Say which columns may mean something else than one thinks: in the past, or in a condition."""
    if not (query.period or query.series or conditions):
        return ()
    from c3s_cli.request import remarks  # plain readings have neither

    return (
        *remarks.of_now(query, named),
        remarks.states_of_now(query, origin),
        remarks.of_requests(conditions, query.kind),
        remarks.of_ended(query),
        remarks.of_each_pod(query),
    )


def _selectors(rows: options.Selection, pods: options.Pods | None) -> tuple[LabelSelector | None, FieldSelector | None]:
    fields = pods.field_selector if pods else None
    if not (rows.selector or fields):
        return None, None
    from c3s_cli.request.selectors import parse_fields, parse_labels  # most commands select by none

    return parse_labels(rows.selector) if rows.selector else None, parse_fields(fields) if fields else None


def _grouped(of_objects: Naming, by: str | None, *, everywhere: bool) -> tuple[tuple[Column, ...], Naming]:
    """Return the columns that --by names, and the naming of the rows: of objects, or of their groups."""
    columns = tuple(of_objects.find(key) for key in keys_of(of_objects.kind, by, everywhere=everywhere))
    keys = tuple(key_column(column, place) for place, column in enumerate(columns))
    kind = of_objects.kind.group if columns else of_objects.kind
    return columns, Naming(kind, of_objects.basis, keys)


def _view(format_: Format, template: str, display: options.Display, query: Query, *, has_keys: bool) -> View:
    """Make the View. With --columns, wide is the same as table."""
    if display.color not in COLORS:
        raise UsageError(f"--color takes auto, always or never, not {display.color!r}")
    return View(
        Format.TABLE if format_ is Format.WIDE and display.columns else format_,
        headers=not display.no_headers,
        sum=query.sum,
        template=template,
        color=display.color,
        warn=display.warn,
        critical=display.critical,
        units=display.units,
        quiet=display.quiet,
        named=bool(display.columns),
        unit=read_units(display.unit, format_, query, has_keys=has_keys) if display.unit else (),
        timestamps=display.timestamps if format_ is Format.PROMETHEUS else not display.no_timestamps,
    )


def _name(objects: Kind, names: Sequence[str]) -> str | None:
    """Return the NAME; also accepts `node/NAME` and `pod/NAME`, the form of -o name."""
    thing = objects.value.lower()
    if len(names) > 1:
        problem = UsageError(f"{thing} [NAME | -l label]\nSee 'c3s top {thing} -h' for help and examples")
        problem.instead = f"--where 'name in ({', '.join(names)})'"
        raise problem
    if not names:
        return None
    prefix, slash, rest = names[0].partition("/")
    return rest if slash and rest and kind_named(prefix) is objects else names[0]


def _one_of_name_and_selector(
    objects: Kind, name: str | None, rows: options.Selection, pods: options.Pods | None
) -> None:
    if not name:
        return
    if objects is Kind.NODE and rows.selector:
        raise UsageError("only one of NAME or --selector can be provided")
    if rows.selector or (pods and pods.field_selector):
        raise UsageError("only one of NAME or selector can be provided")


def _refuse_name_in_several(name: str | None, namespaces: Sequence[str]) -> None:
    if name and several(namespaces):
        raise UsageError(
            f"NAME goes with one namespace, not with -n {','.join(namespaces)}",
            hint=f"--where 'name = {name}' looks in several",
        )


# --- conditions ----------------------------------------------------------------------------------------------


def _having(
    rows: options.Selection, where: Condition | None, groups: Naming, objects: Naming
) -> tuple[Condition | None, Condition | None]:
    """Return the condition on objects, of --where and --having, and that on their sums. UsageError without --by."""
    if not rows.having:
        return where, None
    from c3s_cli.request.sums import parse_having  # few conditions are on sums

    if not rows.by:
        raise UsageError("--having goes with --by", hint="--where compares the rows")
    members, sums = parse_having(rows.having, groups, objects)
    return members.joined_with(where) if members else where, sums


def _condition(texts: Sequence[str] | None, naming: Naming) -> Condition | None:
    if not texts:
        return None
    from c3s_cli.request.where import parse  # only conditions need the parser

    return parse(texts, naming)
