"""What to say of the rows of a range that have data for little of it: their statistics tell less than they seem to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from c3s_cli.amounts.duration import go_duration
from c3s_cli.analysis.judging import full_name
from c3s_cli.columns.of_sources import PRECISE
from c3s_cli.request.query import Query

# Rows with data for fewer steps have no maxima and percentiles to trust.
FEW: Final = 3
# Rows with data for less than this part of a range do not tell how the whole of it was.
QUARTER: Final = 4
# How many rows are named.
NAMED: Final = 10


def little_covered(rows: Sequence[Any], query: Query) -> Iterator[str]:
    """Yield a line about rows with data for a few steps of the range, or one about those with data for little of it."""
    covered = [figures for _, figures in _figures(rows, query) if figures.get("coverage.seconds")]
    short = [figures["coverage.step"] for figures in covered if _has_few_steps(figures)]
    if short:
        step = go_duration(max(short) * 10**9)
        lived = f"{_rows(len(short))} lived for less than {FEW} steps of {step}"
        yield f"{lived}: for maxima and percentiles, use a shorter --step"
    little = [figures for figures in covered if _has_little(figures) and not _has_few_steps(figures)]
    if little and "coverage" not in {column.name for column in query.columns}:
        has = f"{_rows(len(little))} {'has' if len(little) == 1 else 'have'}"
        yield f"{has} data for less than a quarter of the range: --columns default,coverage says for how much"


def partly_estimated(rows: Sequence[Any], query: Query, *, contexts: bool) -> Iterator[str]:
    """Yield lines about rows of whose CPU more than a little is estimated, and about vague extremes or averages."""
    estimated, vague, short = (
        {
            full_name(row, contexts=contexts): share
            for row, figures in _figures(rows, query)
            if (share := figures.get(f"coverage.{kind}", 0)) > PRECISE
        }
        for kind in ("estimated", "vague", "short")
    )
    if estimated:
        yield (
            f"CPU is partial, up to {_percent(estimated)} is estimated, of what restarts so often that it ends between "
            f"two scrapes: {_named(estimated)}"
        )
    if vague := {name: share for name, share in vague.items() if name not in estimated}:
        yield (
            f"CPU is partial, minima, maxima and percentiles may be up to {_percent(vague)} off, of what ends between "
            f"two scrapes: {_named(vague)}"
        )
    if short:
        yield (
            f"averages are partial, up to {_percent(short)} off, of groups with pods that lived shortly, and ended "
            f"between two scrapes: {_named(short)}"
        )


def _percent(shares: Mapping[str, int]) -> str:
    return f"{math.ceil(max(shares.values()) / 10)}%"


def _named(shares: Mapping[str, int]) -> str:
    """Return the names of rows, the greatest shares first."""
    names = sorted(shares, key=lambda name: -shares[name])
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _figures(rows: Sequence[Any], query: Query) -> Iterator[tuple[Any, Mapping[str, int]]]:
    """Yield the figures of each row, or with --containers of each of its containers, with the row."""
    for row in rows:
        for each in row.containers if query.containers else (row,):
            yield row, getattr(each, "figures", None) or {}


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _has_few_steps(figures: Mapping[str, int]) -> bool:
    return figures["coverage.seconds"] < FEW * figures.get("coverage.step", 0)


def _has_little(figures: Mapping[str, int]) -> bool:
    return figures["coverage.seconds"] * QUARTER < figures["coverage.range"]
