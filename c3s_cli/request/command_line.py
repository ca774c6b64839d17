"""Target, Query and View → the command line of the watch that shows the same."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

from c3s_cli.amounts.timestamp import utc
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Column, Kind, Unit
from c3s_cli.request.columns import IDENTIFYING, used_columns
from c3s_cli.request.condition import Condition
from c3s_cli.request.grouping import KEY_COLUMNS
from c3s_cli.request.moment import Moment
from c3s_cli.request.origin import OF_PROMETHEUS
from c3s_cli.request.pace import Pace, ReplayRequest
from c3s_cli.request.period import Period
from c3s_cli.request.query import Query, SortKey
from c3s_cli.request.target import PARALLEL, Origin, Target
from c3s_cli.request.view import Format, View

WORDS: Final = {Kind.NODE: "nodes", Kind.POD: "pods", Kind.CLUSTER: "cluster"}
KEYS: Final = {column: key for key, column in KEY_COLUMNS.items()}
LABEL: Final = re.compile(r'labels\["([^"]+)"\]')
# What stands for a secret: it is not shown on a terminal.
HIDDEN: Final = "TOKEN"
USER: Final = re.compile(r"(?<=://)[^/@]*@")
# The interval of a watch without --interval, in seconds.
USUAL: Final = 2.0

# Fields of the Target whose flags have their names.
PLAIN: Final = ("as_uid", "certificate_authority", "client_certificate", "client_key", "tls_server_name")

Flag = tuple[str, str | None]


def command_line(target: Target, query: Query, view: View, pace: Pace, sorted_by: str = "") -> str:
    """Return the command line, for a shell. sorted_by: an order that replaces the query's, as --sort-by takes it.

    Secrets are left out: a token, and the user and password of an address.
    """
    words = ["c3s", "watch", WORDS[query.objects], *([query.name] if query.name else [])]
    flags = [*_of_query(query, sorted_by), *_of_view(query, view), *_of_pace(pace), *_of_target(target)]
    return shlex.join(
        [*words, *(word for name, value in flags for word in ((name,) if value is None else (name, value)))]
    )


def _of_query(query: Query, sorted_by: str) -> Iterator[Flag]:
    yield from _scope(query)
    if query.prices and any(column.unit is Unit.MONEY for column in query.all_columns):
        yield "--prices", query.prices.file
    if query.by:
        yield "--by", ",".join(_key(column) for column in query.by)
    if query.containers:
        yield "--containers", None
    order = sorted_by or ",".join(map(_sort_word, query.sort))
    if order:
        yield "--sort-by", order
    if query.limit is not None:
        yield "--limit", str(query.limit)
    if query.sum:
        yield "--sum", None
    yield from _condition("--fail-if", query.fail_if)
    yield from _condition("--until-all" if query.until_all else "--until", query.until)
    if query.fail_if_unknown:
        yield "--fail-if-unknown", None


def _scope(query: Query) -> Iterator[Flag]:
    if query.all_namespaces:
        yield "-A", None
    elif query.namespaces:
        yield "-n", ",".join(query.namespaces)
    if query.labels:
        yield "-l", query.labels.text
    if query.fields:
        yield "--field-selector", query.fields.text
    yield from _condition("--where", query.where)
    yield from _condition("--having", query.having)


def _condition(flag: str, condition: Condition | None) -> Iterator[Flag]:
    return ((flag, text) for text in condition.texts) if condition else iter(())


def _key(column: Column) -> str:
    label = LABEL.fullmatch(column.name)
    return f"label:{label[1]}" if label else KEYS.get(column.name, column.name)


def _sort_word(key: SortKey) -> str:
    name = key.column.name
    if name == "memory.usage" or key.value is not key.column.value:
        name = name.removesuffix(".usage")  # CPU by whole millicores, as in kubectl
    direction = "" if key.descending is key.column.descending else ":desc" if key.descending else ":asc"
    return f"{name}{direction}"


def _of_view(query: Query, view: View) -> Iterator[Flag]:
    basis = _basis(query, view)
    if basis is None:
        yield "--columns", _columns(query, view)
    elif view.format is not Format.TABLE:
        yield "-o", view.format.value
    if basis == "Capacity":
        yield "--show-capacity", None
    if not view.headers:
        yield "--no-headers", None
    if view.trend:
        yield "--trend", None
    if view.color != "auto":
        yield "--color", view.color
    for name, value, usual in (("--warn", view.warn, 70), ("--critical", view.critical, 90)):
        if value != usual:
            yield name, f"{value:g}"


def _basis(query: Query, view: View) -> str | None:
    """Return of what the percentages are, if the format shows these columns without --columns; else None."""
    if view.named:
        return None
    # --prices adds the columns of costs.
    names = [column.name for column in query.columns if not (query.prices and column.unit is Unit.MONEY)]
    for basis in ("Allocatable", "Capacity"):
        naming = Naming(query.kind, basis, query.keys, query.containers)
        usual = naming.expand(["wide" if view.format is Format.WIDE else "default"])
        used = used_columns(query.sort, query.having if query.by else query.where, (*usual, *query.keys))
        plain = [each.name for each in (*usual, *used) if not (query.prices and each.unit is Unit.MONEY)]
        if names == plain:
            return basis
    return "Allocatable" if query.extended else None


def _columns(query: Query, view: View) -> str:
    """Return the value of --columns."""
    names = [column.name for column in query.columns]
    who = [column.name for column in query.keys] or (["namespace"] if query.of_several_namespaces else []) + ["name"]
    if view.identity is not None and not {*names}.isdisjoint({*IDENTIFYING, *who}):
        # Whoever names one of the columns that identify a row names them all.
        first = view.identity
        names = list(dict.fromkeys([*names[:first], *who, *names[first:]]))
    usual = [column.name for column in Naming(query.kind).expand(["default"])]
    if view.identity == 0 and names[: len(usual)] == usual:
        names[: len(usual)] = ["default"]
    return ",".join(names)


def _of_pace(pace: Pace) -> Iterator[Flag]:
    if pace.interval != USUAL:
        yield "--interval", f"{pace.interval:g}"
    if pace.count is not None:
        yield "--count", str(pace.count)
    if pace.timeout is not None:
        yield "--timeout", f"{pace.timeout:g}s"
    if pace.replay:
        yield from _of_replay(pace.replay)


def _of_replay(replay: ReplayRequest) -> Iterator[Flag]:
    if replay.speed != 1:
        yield "--speed", f"{replay.speed:g}"
    begin = replay.begin or Period()
    times = {"--start": replay.period.start or None, "--end": replay.period.end, "--at": begin.end}
    for name, time in times.items():
        if time is not None:
            yield name, time.text if isinstance(time, Moment) else utc(time)
    if begin.number is not None:
        yield "--at", f"#{begin.number}"


def _of_target(target: Target) -> Iterator[Flag]:
    yield from (("--context", name) for name in target.contexts)
    if target.all_contexts:
        yield "--all-contexts", None
    texts = {
        "--parallel": str(target.parallel) if target.parallel != PARALLEL else None,
        "--kubeconfig": target.kubeconfig,
        "--cluster": target.cluster,
        "--user": target.user,
        "--server": USER.sub("", target.server) if target.server else None,
        "--token": HIDDEN if target.token else None,
        "--as": target.as_user,
        **{f"--{field.replace('_', '-')}": getattr(target, field) for field in PLAIN},
        "--request-timeout": None if target.request_timeout is None else f"{target.request_timeout:g}s",
    }
    yield from ((name, value) for name, value in texts.items() if value)
    yield from (("--as-group", group) for group in target.as_groups)
    if target.insecure_skip_tls_verify:
        yield "--insecure-skip-tls-verify", None
    if target.disable_compression:
        yield "--disable-compression", None
    if target.demo:
        yield ("--demo-at", target.demo.at) if target.demo.at else ("--demo", None)
        if target.demo.resources:
            yield "--resources", target.demo.resources
    yield from _of_origin(target.origin)


def _of_origin(origin: Origin) -> Iterator[Flag]:
    address = USER.sub("", origin.url)
    if origin.parameters:
        address += f"?{urlencode(origin.parameters)}"
    service = f"prometheus:{origin.service}" if origin.service else ""
    path = origin.file if "/" in origin.file or origin.file.endswith(".c3s") else f"file:{origin.file}"
    source = address or service or (path if origin.file else origin.kind)
    if source != "metrics":
        yield "--from", source
    if origin.facts:
        yield "--facts", "source"
    yield from (("--prometheus-header", header) for header in origin.headers)
    for flag, field in OF_PROMETHEUS.items():
        if value := getattr(origin, field):
            yield f"--{flag.replace('_', '-')}", value
