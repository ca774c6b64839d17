"""Rules of a time range for other flags: which sources support it, which columns it shows or requires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from c3s_cli.columns.statistics import default_statistics, statistics_of
from c3s_cli.columns.vocabulary import COMPARED, RIGHTSIZING, Column
from c3s_cli.errors import UsageError
from c3s_cli.request.origin import origin_of

if TYPE_CHECKING:
    from c3s_cli.columns.naming import Naming
    from c3s_cli.flags import options
    from c3s_cli.flags.time_options import Time
    from c3s_cli.request.period import Period
    from c3s_cli.request.query import Query


# The statistic whose percentage `wide` shows.
OF_PERCENTAGES: Final = "p95"
NO_HISTORY: Final = "no other source has history"


def read_period(time: Time | None, connection: options.Connection) -> Period | None:
    """Return the time or time range; None for now. UsageError if the source has no history."""
    flags = [flag for flag in time.__struct_fields__ if getattr(time, flag)] if time else []
    if not flags or time is None:
        return None
    from c3s_cli.request.period import period_of  # most readings have no time flags

    period = period_of(time.since, time.start, time.end, time.at, time.step)
    kind = origin_of(connection).kind
    if kind not in ("prometheus", "recording"):
        raise UsageError(f"--{flags[0]} goes with --from prometheus, --from URL or --from FILE", hint=NO_HISTORY)
    if kind == "recording" and time.step:
        raise UsageError("--step does not go with --from FILE: every reading counts, for as long as it stands for")
    if kind == "prometheus" and period and period.number is not None:
        raise UsageError("--at '#N' goes with --from FILE: a Prometheus does not count readings")
    return period


def in_range(words: list[str], naming: Naming, period: Period | None) -> list[str]:
    """With a time range, replace sets by statistics: of usage, and in `wide` of its percentages.

    `default` has nothing else but the number of members of groups; `all` keeps the usage of one time, too.
    """
    if period is None or not period.is_range or naming.kind in RIGHTSIZING:
        return words
    if naming.kind in COMPARED:
        from c3s_cli.columns.changing import IN_RANGE  # only c3s diff compares

        return [each for word in words for each in (IN_RANGE if word == "default" else [word])]
    counts = [column.name for column in naming.expand(["default"]) if column.parts]
    sets = {"default": [*counts, *default_statistics()], "all": [*default_statistics(), "all"]}
    if "wide" in words:
        sets["wide"] = [name for column in naming.expand(["wide"]) for name in _over_range(column, naming)]
    return [each for word in words for each in sets.get(word, [word])]


def _over_range(column: Column, naming: Naming) -> list[str]:
    """Return the statistics that take the place of a column of usage; the column itself if it has none.

    What is unused at one time has no place in a range.
    """
    resource, _, field = column.name.partition(".")
    if field == "unused":
        return []
    if field == "usage":
        return [name for name in default_statistics() if name.startswith(f"{resource}.")] or [column.name]
    name = f"{resource}.{field.replace('usage', OF_PERCENTAGES, 1)}"
    return [name if field.startswith("usagePercentOf") and naming.open_ended(name) else column.name]


def check(query: Query) -> None:
    """Refuse statistics without a time range."""
    statistics = statistics_of((*query.row_figures, *query.group_figures))
    if statistics and query.series:
        raise UsageError(f"{statistics[0]} is a statistic over time, and --series shows each reading")
    if statistics and not (query.period and query.period.is_range):
        raise UsageError(f"{statistics[0]} is a statistic over time", hint="set a time range, such as --since 7d")
