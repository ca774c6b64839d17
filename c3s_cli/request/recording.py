"""What `c3s record` records, how often and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Kind, Unit
from c3s_cli.errors import UsageError
from c3s_cli.request.namespaces import read_namespaces
from c3s_cli.request.numbers import at_least
from c3s_cli.request.pace import Pace, interval_of
from c3s_cli.request.period import duration_of
from c3s_cli.request.selectors import LabelSelector, parse_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c3s_cli.flags.record_options import Record
    from c3s_cli.request.condition import Condition


class RecordRequest(Struct, frozen=True):
    """What to record into `file`. namespaces: empty for all. keep: how many seconds to keep, None for ever.

    until: the condition on pods that ends it. for_fit: whether to record where pods may run.
    """

    file: str
    pace: Pace
    namespaces: tuple[str, ...] = ()
    labels: LabelSelector | None = None
    keep: float | None = None
    with_labels: bool = True
    until: Condition | None = None
    for_fit: bool = False


def recorded_of(file: str, flags: Record, selector: str | None, namespace: str | None) -> RecordRequest:
    """Make the request from the flags. UsageError for values that make no sense."""
    if flags.for_fit and not flags.labels:
        raise UsageError("--for-fit does not go with --no-labels: where pods may run depends on labels")
    interval = interval_of(flags.interval)
    if not interval > 0:
        raise UsageError(f"--interval takes a time above 0, such as 30, 15s or 1m, not {flags.interval!r}")
    at_least("--count", flags.count)
    return RecordRequest(
        file,
        Pace(interval, flags.count, _above_0(flags.duration, "--duration")),
        () if flags.all_namespaces else read_namespaces(namespace),
        parse_labels(selector) if selector else None,
        _above_0(flags.keep, "--keep"),
        flags.labels,
        _condition(flags.until) if flags.until else None,
        flags.for_fit,
    )


def _condition(texts: Sequence[str]) -> Condition:
    """Parse --until. UsageError for a column that is not recorded."""
    from c3s_cli.request.where import parse  # only --until needs them

    condition = parse(texts, Naming(Kind.POD))
    for column in condition.columns:
        if column.figures or column.unit is Unit.MONEY:
            raise UsageError(f"--until: c3s record does not read {column.name}")
    return condition


def _above_0(text: str | None, flag: str) -> float | None:
    if text is None:
        return None
    seconds = duration_of(text, flag)
    if not seconds:
        raise UsageError(f"{flag} takes a time above 0, not {text}")
    return seconds
