"""--series: the range whose readings are shown one after another, and what does not go with it."""

from __future__ import annotations

from typing import Final

from c3s_cli.errors import UsageError
from c3s_cli.flags import options
from c3s_cli.request.origin import origin_of
from c3s_cli.request.period import Period
from c3s_cli.request.view import Format

FORMATS: Final = (Format.TABLE, Format.WIDE, Format.JSON, Format.CSV, Format.TSV, Format.OPENMETRICS)


def series_of(
    period: Period | None,
    format_: Format,
    connection: options.Connection,
    rows: options.Selection,
    display: options.Display,
) -> Period:
    """Return the range of --series: by default all of a recording. UsageError for flags that do not go with it."""
    if period and not period.is_range:
        raise UsageError("only one of --at or --series can be provided")
    if period is None and origin_of(connection).kind == "prometheus":
        raise UsageError(
            "--series from a Prometheus goes with --since or --start", hint="for example --series --since 1h --step 5m"
        )
    if format_ not in FORMATS:
        names = ", ".join(each.value for each in FORMATS)
        raise UsageError(f"--series does not go with -o {format_.value}", hint=f"it goes with -o {names}")
    if display.no_timestamps:
        raise UsageError("--no-timestamps does not go with --series")
    for flag in ("sum", "fail_if", "explain"):
        if getattr(rows, flag):
            raise UsageError(
                f"--{flag.replace('_', '-')} goes with one reading, not with --series",
                hint="--by prints sums, such as --by namespace; c3s top cluster has the whole"
                if flag == "sum"
                else None,
            )
    return period or Period(start=0.0)
