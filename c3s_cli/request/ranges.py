"""What a range of time means for the other flags: which sources have it, which columns it shows, which need one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c3s_cli.columns.statistics import default_statistics, statistics_of
from c3s_cli.errors import UsageError
from c3s_cli.request.origin import origin_of

if TYPE_CHECKING:
    from c3s_cli.columns.naming import Naming
    from c3s_cli.request.period import Period
    from c3s_cli.request.query import Query
    from c3s_cli.words import options
    from c3s_cli.words.time_options import Time


def asked_for(time: Time | None, connection: options.Connection) -> Period | None:
    """Return the range of time, or the moment; None for now. UsageError if the source does not know the past."""
    given = [flag for flag in time.__struct_fields__ if getattr(time, flag)] if time else []
    if not given or time is None:
        return None
    from c3s_cli.request.period import period_of  # most readings are of now

    period = period_of(time.since, time.start, time.end, time.at, time.step)
    if origin_of(connection).kind != "prometheus":
        raise UsageError(
            f"--{given[0]} goes with --from prometheus or --from URL", hint="no other source has past usage"
        )
    return period


def in_range(words: list[str], naming: Naming, period: Period | None) -> list[str]:
    """With a range of time, show statistics by default, and the number of members of a group."""
    if period is None or not period.is_range:
        return words
    counts = [column.name for column in naming.expand(["default"]) if column.parts]
    instead = [*counts, *default_statistics()]
    return [each for word in words for each in (instead if word == "default" else [word])]


def check(query: Query) -> None:
    """Refuse statistics without a range of time that they are of."""
    statistics = statistics_of((*query.row_figures, *query.group_figures))
    if statistics and not (query.period and query.period.is_range):
        raise UsageError(f"{statistics[0]} is a statistic over time", hint="--since 7d sets the range")
