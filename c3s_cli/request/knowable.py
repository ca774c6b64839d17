"""Refuse conditions and orders by columns that the source cannot know, and name such columns that are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from c3s_cli.columns.sources import is_known, sources_of
from c3s_cli.columns.vocabulary import Column, Kind
from c3s_cli.errors import UsageError
from c3s_cli.request.query import Query
from c3s_cli.request.target import Origin

NAMES: Final = {
    "metrics": "the metrics API",
    "kubelet": "a kubelet",
    "prometheus": "Prometheus",
    "recording": "a recording",
}


KILLS: Final = "oomKills"
# Facts of which kube-state-metrics has no series.
ONLY_API: Final = ("pending", "swap.capacity")


def check_knowable(query: Query, origin: Origin) -> None:
    """Raise a UsageError for a condition or an order that could never be decided: it would always look fine."""
    uses: list[tuple[str, Iterable[Column], Kind]] = [
        ("--sort-by", (key.column for key in query.sort), query.kind),
        ("--where", query.where.columns if query.where else (), query.objects),
        ("--having", query.having.columns if query.having else (), query.kind),
        ("--fail-if", query.fail_if.columns if query.fail_if else (), query.kind),
        ("--until-all" if query.until_all else "--until", query.until.columns if query.until else (), query.kind),
    ]
    for flag, columns, kind in uses:
        for column in columns:
            if not is_known(column, kind, origin.kind):
                known = sources_of(column, kind)
                kills = column.name == KILLS and not flag.startswith("--until")
                hint = _advice(known, kills=kills)
                raise UsageError(f"{flag}: {NAMES[origin.kind]} does not report {column.name}", hint=hint)
            if origin.facts and column.name in ONLY_API:
                raise UsageError(f"{flag}: --facts source does not tell {column.name}", hint="--facts api does")


def unknowable(columns: Sequence[Column], kind: Kind, origin: Origin) -> str:
    """Return a line about the columns that the source cannot know; "" if there are none."""
    source = origin.kind
    facts = [column.name for column in columns if origin.facts and column.name in ONLY_API]
    if facts:
        return f"--facts source does not tell {', '.join(facts)}: --facts api does"
    missing = {column.name: sources_of(column, kind) for column in columns if not is_known(column, kind, source)}
    if not missing:
        return ""
    known = tuple(each for each in NAMES if all(each in sources for sources in missing.values()))
    advice = f": {_advice(known, kills=KILLS in missing)}" if known else ""
    return f"{NAMES[source]} does not report {', '.join(missing)}{advice}"


def kills_of_minutes(query: Query, named: Sequence[Column], origin: Origin) -> str:
    """Say over how short a time oomKills counts without a range, since its zeros look like good news; "" if not."""
    is_range = query.series or (query.period and query.period.is_range)
    if origin.kind != "prometheus" or is_range or KILLS not in {each.name for each in (*named, *query.all_columns)}:
        return ""
    return "oomKills counts those of 5m: --since 24h counts those of a day"


def _advice(known: Sequence[str], *, kills: bool) -> str:
    """Return which flags help. kills: whether OOM kills are asked for, of which minutes have hardly any."""
    flags = " or ".join(f"--from {source}" for source in known)
    if not known:
        return "no source measures it"
    flags += " --since 24h" * kills
    return f"{flags} {'does' if len(known) == 1 else 'do'}"
