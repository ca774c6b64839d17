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
                raise UsageError(f"{flag}: {NAMES[origin.kind]} does not report {column.name}", hint=_advice(known))
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
    advice = f": {_advice(known)}" if known else ""
    return f"{NAMES[source]} does not report {', '.join(missing)}{advice}"


def _advice(known: Sequence[str]) -> str:
    flags = " or ".join(f"--from {source}" for source in known)
    if not known:
        return "no source measures it"
    return f"{flags} {'does' if len(known) == 1 else 'do'}"
