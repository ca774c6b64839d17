"""Statistics of usage over a time range as columns: `cpu.p95`, `memory.max`, `cpu.p95PercentOfRequests`.

There is a column for every percentile, so they are made on demand by name and are not in the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from c3s_cli.columns.getters import amount, figure, lacks, share
from c3s_cli.columns.of_resources import GROUPED
from c3s_cli.columns.vocabulary import Column, Getter, Kind, Needs, unit_of

BY_DEFAULT: Final = ("avg", "p95", "max")
BOUNDED: Final = ("min", "max")
WORDS: Final = {"avg": "average", "min": "least", "max": "most"}
NAME: Final = (
    r"(?P<resource>cpu|memory)\.(?P<statistic>avg|min|max|p[1-9][0-9]?)"
    r"(?:PercentOf(?P<whole>Requests|Limits|Allocatable|Capacity))?"
)
OF_NODES: Final = ("Allocatable", "Capacity")
WITH_NODES: Final = (Kind.NODE, Kind.NODE_GROUP, Kind.CLUSTER)


def statistic_column(name: str, kind: Kind) -> Column | None:
    """Return the column of a statistic; None for any other name."""
    match = re.fullmatch(NAME, name)
    if match is None or (match["whole"] in OF_NODES and kind not in WITH_NODES):
        return None
    resource, statistic, whole = match["resource"], match["statistic"], match["whole"]
    wanted = f"{resource}.{statistic}"
    value = figure(wanted)
    in_part = lacks("range") if kind in GROUPED else None
    # Members without data can only add to what a group uses at any time; averages and percentiles need them all.
    bounded = in_part is not None and statistic in BOUNDED
    if whole is None:
        words = WORDS.get(statistic) or f"{statistic[1:]}th percentile"
        summary = f"{words} of {resource}.usage over the range of --since"
        floor: tuple[Getter, ...] = (value,) if bounded else ()
        return Column(name, unit_of(resource), value, summary, figures=(wanted,), in_part=in_part, floor=floor)
    below = amount(f"measured_{whole.lower()}", resource)
    summary = f"{wanted} as a percentage of {resource}.{whole.lower()}"
    needs = Needs.NODES if whole in OF_NODES else Needs.PODS
    basis = amount("binding_limits" if whole == "Limits" else whole.lower(), resource)
    floor = (value, basis) if bounded else ()
    return share(name, (value, below), summary, needs, figures=(wanted,), in_part=in_part, floor=floor)


def is_statistic(figure: str) -> bool:
    """Return whether a figure is a statistic over time, which cannot be summed."""
    return re.fullmatch(NAME, figure) is not None


def default_statistics() -> tuple[str, ...]:
    """Return the names of the columns shown by default for a time range."""
    return tuple(f"{resource}.{statistic}" for resource in ("cpu", "memory") for statistic in BY_DEFAULT)


def statistics_of(figures: Iterable[str]) -> tuple[str, ...]:
    """Return the figures that are statistics, without duplicates."""
    return tuple(dict.fromkeys(filter(is_statistic, figures)))
