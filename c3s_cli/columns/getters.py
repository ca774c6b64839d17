"""Getters: how columns read their values from a row. None means unknown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from msgspec import Struct, structs

from c3s_cli.amounts.duration import parse_window
from c3s_cli.amounts.quantity import exact_ratio
from c3s_cli.columns.vocabulary import Column, Getter, Needs, Unit
from c3s_cli.model.rows import Amounts


class Age(Struct, frozen=True):
    """How old a row is in whole seconds; 0, never negative, if a clock is ahead. now: in seconds since 1970."""

    now: float = 0.0

    def __call__(self, row: Any) -> int | None:
        """Return the age of a row."""
        created_at = row.created_at
        if created_at is None:
            return None
        return int(self.now - created_at) if self.now > created_at else 0


def at_time(column: Column, now: datetime) -> Column:
    """Return the column for rows of some time: ages end then. Other columns stay."""
    if not isinstance(column.value, Age):
        return column
    return structs.replace(column, value=Age(now.timestamp()))


def unknown(_row: object) -> None:
    """Return None: no source reports this value, such as ephemeral-storage usage."""


def amount(field: str, resource: str) -> Getter:
    """Read one resource of the row's `Amounts`; 0 if the map lacks it, also by the name that is left in a label."""
    amounts_of, label = attrgetter(field), re.sub(r"\W", "_", resource)

    def value(row: Any) -> int | None:
        amounts: Amounts | None = amounts_of(row)
        if amounts is None:
            return None
        return amounts[resource] if resource in amounts else amounts.get(label, 0)

    return value


def difference(minuend: Getter, subtrahend: Getter) -> Getter:
    """Subtract two values; None if either is unknown."""

    def value(row: Any) -> int | None:
        whole, part = minuend(row), subtrahend(row)
        return None if whole is None or part is None else whole - part

    return value


class Change(Struct, frozen=True):
    """How much a value of compared rows changed. What is not there uses nothing. value: the getter of each side."""

    value: Getter

    def __call__(self, row: Any) -> Any:
        """Return the exact change; None if a side is unknown."""
        before, after = self._sides(row)
        return None if before is None or after is None else after - before

    def of_rounded(self, row: Any, rounded: Callable[[Any], int]) -> int | None:
        """Return the change between the sides as they are shown, so that a reader can add up."""
        before, after = self._sides(row)
        return None if before is None or after is None else rounded(after) - rounded(before)

    def _sides(self, row: Any) -> list[Any]:
        return [0 if side is None else self.value(side) for side in (row.before, row.after)]


def percentage(part: Getter, whole: Getter) -> Getter:
    """Divide two values, as a percentage; None if either is unknown or the whole is 0."""

    def value(row: Any) -> float | None:
        above, below = part(row), whole(row)
        return None if above is None or below is None else exact_ratio(above, below)

    return value


def share(name: str, ratio: tuple[Getter, Getter], summary: str, needs: Needs = Needs.NOTHING, **more: Any) -> Column:
    """Return the column of a percentage. ratio: the exact part and whole. more: other fields of the column."""
    return Column(name, Unit.PERCENT, percentage(*ratio), summary, needs, ratio=ratio, **more)


@cache
def figure(name: str) -> Getter:
    """Read a figure that only some sources have."""

    def value(row: Any) -> int | None:
        return None if row.figures is None else row.figures.get(name)

    return value


@cache
def lacks(what: str) -> Getter:
    """Tell whether the usage of some members of a row is not known; `range`: of which there is no data in the range."""

    def lacking(row: Any) -> bool:
        return bool(row.unmeasured.get(what))

    return lacking


@cache
def label(key: str) -> Getter:
    """Read a label; "" if the object lacks it, None if its labels are unknown."""

    def value(row: Any) -> str | None:
        return None if row.labels is None else row.labels.get(key, "")

    return value


def fact(name: str, facts_field: str = "facts") -> Getter:
    """Read a field of the core object's facts; None if they were not read."""
    facts_of = attrgetter(facts_field)

    def value(row: Any) -> Any:
        facts = facts_of(row)
        return None if facts is None else getattr(facts, name)

    return value


def window_seconds(row: Any) -> float | None:
    """Return the length of the window that the usage is averaged over."""
    try:
        return None if row.window is None else parse_window(row.window) / 10**9
    except ValueError:
        return None
