"""Which sources of usage can know a column: the metrics API, kubelets, Prometheus."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import structs

from c3s_cli.columns.statistics import is_statistic
from c3s_cli.columns.vocabulary import COMPARED, RIGHTSIZING, Column, Kind, split_change

SOURCES: Final[tuple[str, ...]] = ("metrics", "kubelet", "prometheus")
# Those whose columns have definitions.
DEFINED: Final = (*SOURCES, "recording")
# The sources of the figures that not all of them have.
OF_FIGURES: Final[Mapping[str, tuple[str, ...]]] = {
    "ephemeralStorage.usage": ("kubelet",),
    "volumes.used": ("kubelet", "prometheus"),
    "volumes.capacity": ("kubelet", "prometheus"),
    "cfs.throttled": ("prometheus",),
    "cfs.periods": ("prometheus",),
    "oomKills": ("prometheus",),
    "coverage.seconds": ("prometheus",),
    "coverage.range": ("prometheus",),
}
# Other figures that a recording has over a range.
IN_RECORDINGS: Final = ("coverage.seconds", "coverage.range")
# Kubelets and metrics-servers report swap, cAdvisor's series in a Prometheus do not.
SWAP: Final = ("swap.usage", "swap.usagePercentOfCapacity")
# Nothing measures the use of extended resources.
UNMEASURED: Final = r'resources\["[^"]*"\]\.(?:usage\w*|unused)'


def sources_of(column: Column, kind: Kind) -> tuple[str, ...]:
    """Return the sources that can know a column of a kind of row, in the order of SOURCES."""
    if kind in COMPARED:
        compared = structs.replace(column, name=split_change(column.name)[0])
        return sources_of(compared, COMPARED[kind])
    if re.fullmatch(UNMEASURED, column.name):
        return ()
    if kind is Kind.VOLUME:
        # They are looked at once.
        return ("kubelet", "prometheus") if column.name != "window" else ()
    if kind in RIGHTSIZING:
        from c3s_cli.columns.rightsizing import WITHOUT_PAST  # only c3s rightsize has such columns

        return SOURCES if column.name in WITHOUT_PAST else ("prometheus",)
    known = ("metrics", "kubelet") if column.name in SWAP else SOURCES
    for figure in column.figures:
        has_it = ("prometheus",) if is_statistic(figure) else OF_FIGURES.get(figure, SOURCES)
        known = tuple(source for source in known if source in has_it)
    return known


def is_known(column: Column, kind: Kind, source: str) -> bool:
    """Return whether a source can know a column. source: one of SOURCES, or "recording".

    A recording has what the metrics API reports, and statistics of it.
    """
    if source != "recording":
        return source in sources_of(column, kind)
    if kind in RIGHTSIZING:
        return column.name != "throttled"
    over_time = all(is_statistic(figure) or figure in IN_RECORDINGS for figure in column.figures)
    return "metrics" in sources_of(column, kind) or (bool(column.figures) and over_time)
