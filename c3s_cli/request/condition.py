"""The conditions of --where, --fail-if and --until: comparisons joined by and, then by or. where.py parses them.

The logic has three values, as in Kleene's: a comparison with an unknown value is neither true nor false (None). With
and, one false comparison decides; with or, a true one. A row meets a condition only if it is true.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from fractions import Fraction
from itertools import product
from typing import Any, Final

from msgspec import Struct

from c3s_cli.columns.vocabulary import Column, Unit


class Word(Enum):
    """A value outside the column's unit. UNKNOWN: could not be read. NONE: known not to exist. NULL: either.

    Tables show them as `<unknown>` and `<none>`, the JSON as `null`.
    """

    NULL = "null"
    NONE = "none"
    UNKNOWN = "unknown"


# Amounts whose 0 means "not set", and times that may not have come.
COUNTED: Final = (".requests", ".limits", ".declaredLimits", ".allocatable", ".capacity", ".finishedAt")


def may_be_none(column: Column) -> bool:
    """Return whether a known value of the column can mean none: no limit, no owner, a percentage of nothing."""
    return bool(column.ratio or column.absent) or _zero_is_none(column)


def _zero_is_none(column: Column) -> bool:
    return column.unit in (Unit.TEXT, Unit.TEXTS) or column.name.endswith(COUNTED)


class Comparison(Struct, frozen=True):
    """One comparison. value: the text, converted to the unit of the column, or another column of that unit."""

    column: Column
    operator: str
    text: str
    value: Any

    def __str__(self) -> str:
        """Return the comparison as text that parses back to the same."""
        return f"{self.column.name} {self.operator} {self.value_text}"

    @property
    def value_text(self) -> str:
        """The value as written in a condition."""
        if isinstance(self.value, Column):
            return self.value.name
        escaped = self.text.replace("\\", "\\\\").replace('"', '\\"')
        return self.value.value if isinstance(self.value, Word) else f'"{escaped}"'

    @property
    def seeks_unknown(self) -> bool:
        """Whether an unknown value meets it."""
        return self.value in (Word.NULL, Word.UNKNOWN) and self.operator == "="

    @property
    def depends_on_all(self) -> bool:
        """Whether members of a group that are not measured may change the judgement."""
        return not isinstance(self.value, Word) and any(column.in_part for column in self.columns)

    def with_columns(self, named: Callable[[Column], Column]) -> Comparison:
        """Return the comparison of another column with the same value."""
        value = named(self.value) if isinstance(self.value, Column) else self.value
        return Comparison(named(self.column), self.operator, self.text, value)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns that are compared: one or two."""
        return (self.column, self.value) if isinstance(self.value, Column) else (self.column,)

    def undecided(self, row: Any) -> tuple[Column, ...]:
        """Return the columns whose unknown values leave a row unjudged."""
        if self.judge(row) is not None:
            return ()
        unknown = [each for each in self.columns if each.value(row) is None or (each.in_part and each.in_part(row))]
        return tuple(unknown) or (self.column,)

    def judge(self, row: Any) -> bool | None:
        """Return whether it is true for a row; None if a needed value is unknown."""
        if isinstance(self.value, Word):
            return self._judge_word(row, self.value)
        if self.column.in_part and self.column.in_part(row):
            return self._judge_in_part(row)
        if isinstance(self.value, Column):
            if self.value.in_part and self.value.in_part(row):
                return None
            sides = [_bound(column, row) for column in self.columns]
            return None if None in sides else _compare(sides[0], self.operator, sides[1])
        have, value = self._sides(row)
        if have is None:
            return False if self._is_none(row) else None
        if self.column.unit is Unit.TEXTS:
            negative = self.operator.startswith("!")
            return any(_compare(each, self.operator.lstrip("!"), value) for each in have) is not negative
        return _compare(have, self.operator, value)

    def _judge_in_part(self, row: Any) -> bool | None:
        """Judge a group of which some members are not measured: only what they cannot change is decided.

        What is measured is a lower bound of the usage.
        """
        if self.column.ratio and self.column.floor and self.column.floor[1](row) == 0:
            return False  # a percentage of nothing, whoever is measured
        if isinstance(self.value, Column):
            value = None if self.value.in_part and self.value.in_part(row) else _bound(self.value, row)
        else:
            value = self.value
        least = _floor(self.column, row)
        if least is None or value is None:
            return None
        match self.operator:
            case ">" | ">=":
                return _compare(least, self.operator, value) or None
            case "<" | "<=":
                return None if _compare(least, self.operator, value) else False
            case "=":
                return False if least > value else None
            case _:
                return True if least > value else None

    def _judge_word(self, row: Any, word: Word) -> bool | None:
        wanted = self.operator == "="
        is_none = self._is_none(row)
        is_unknown = is_none is None
        if word is Word.UNKNOWN:
            return is_unknown is wanted
        if word is Word.NULL:
            # In the JSON, a percentage of nothing is null, too; other missing values are 0, "" or [].
            return (is_unknown or bool(self.column.ratio and is_none)) is wanted
        return None if is_none is None else is_none is wanted

    def _is_none(self, row: Any) -> bool | None:
        """Return whether the value is known not to exist; None if it is unknown."""
        if self.column.absent and self.column.absent(row):
            return True
        if self.column.ratio:
            part, whole = (side(row) for side in self.column.ratio)
            if whole == 0 and not self.column.signed:
                return True  # a percentage of nothing, whatever is used
            return None if part is None or whole is None else not whole
        have = self.column.value(row)
        return None if have is None else _zero_is_none(self.column) and not have

    def _sides(self, row: Any) -> tuple[Any, Any]:
        """Return a row's value, None if there is nothing to compare, and the value to compare with, both unrounded.

        Percentages are compared without dividing: part times the denominator against whole times the numerator.
        """
        column, value = self.column, self.value
        if column.ratio:
            part, whole = (side(row) for side in column.ratio)
            if column.signed and part and whole == 0:
                return math.copysign(math.inf, part), value  # from nothing to something
            if part is None or not whole:
                return None, value
            return 100 * part * value.denominator, value.numerator * whole
        return _exact(column, row), value


class Membership(Struct, frozen=True):
    """`COLUMN in (A, B)`: one `=` for each value; or `not in`: one `!=`."""

    column: Column
    negated: bool
    choices: tuple[Comparison, ...]

    def __str__(self) -> str:
        """Return it as text that parses back to the same."""
        values = ", ".join(choice.value_text for choice in self.choices)
        return f"{self.column.name} {'not in' if self.negated else 'in'} ({values})"

    def with_columns(self, named: Callable[[Column], Column]) -> Membership:
        """Return the comparison of another column with the same values."""
        return Membership(
            named(self.column), self.negated, tuple(choice.with_columns(named) for choice in self.choices)
        )

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the column that is compared."""
        return (self.column,)

    def undecided(self, row: Any) -> tuple[Column, ...]:
        """Return the column if its unknown value leaves a row unjudged."""
        return (self.column,) if self.judge(row) is None else ()

    def judge(self, row: Any) -> bool | None:
        """Return whether it is true for a row; None if the value is unknown."""
        join = all_of if self.negated else any_of
        return join(choice.judge(row) for choice in self.choices)


Test = Comparison | Membership


class Condition(Struct, frozen=True):
    """Several lists of tests: met if all tests of any one list are met."""

    alternatives: tuple[tuple[Test, ...], ...]

    def __str__(self) -> str:
        """Return the condition for messages; use `texts` to parse it back."""
        return " or ".join(self.texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the expressions, one per alternative, from which `parse` makes an equal condition."""
        return tuple(", ".join(map(str, tests)) for tests in self.alternatives)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns that are compared."""
        return tuple(column for test in self.tests() for column in test.columns)

    @property
    def seeks_unknown(self) -> bool:
        """Whether an unknown value meets one of the tests."""
        return any(each.seeks_unknown for each in self.comparisons())

    @property
    def depends_on_all(self) -> bool:
        """Whether members of a group that are not measured may change the judgement of one of the tests."""
        return any(each.depends_on_all for each in self.comparisons())

    def matches(self, row: Any) -> bool:
        """Return whether a row meets it."""
        return self.judge(row) is True

    def with_columns(self, named: Callable[[Column], Column]) -> Condition:
        """Return the condition for other columns with the same values."""
        return Condition(tuple(tuple(test.with_columns(named) for test in tests) for tests in self.alternatives))

    def judge(self, row: Any) -> bool | None:
        """Return whether it is true for a row; None if that depends on unknown values."""
        return any_of(all_of(test.judge(row) for test in tests) for tests in self.alternatives)

    def undecided(self, row: Any) -> tuple[Column, ...]:
        """Return the columns whose unknown values leave a row unjudged."""
        return tuple(
            column
            for tests in self.alternatives
            if all_of(test.judge(row) for test in tests) is None
            for test in tests
            for column in test.undecided(row)
        )

    def tests(self) -> Iterator[Test]:
        """Yield the tests of all alternatives."""
        return (test for tests in self.alternatives for test in tests)

    def comparisons(self) -> Iterator[Comparison]:
        """Yield the comparisons of all tests."""
        return (each for test in self.tests() for each in (test.choices if isinstance(test, Membership) else (test,)))

    def joined_with(self, other: Condition | None) -> Condition:
        """Return the condition that both are met."""
        pairs = product(self.alternatives, other.alternatives if other else ((),))
        return Condition(tuple((*own, *others) for own, others in pairs))


def all_of(judgements: Iterable[bool | None]) -> bool | None:
    """Join by and: false if any is, else unknown if any is."""
    joined: bool | None = True
    for judgement in judgements:
        if judgement is False:
            return False
        joined = None if judgement is None else joined
    return joined


def any_of(judgements: Iterable[bool | None]) -> bool | None:
    """Join by or: true if any is, else unknown if any is."""
    joined: bool | None = False
    for judgement in judgements:
        if judgement:
            return True
        joined = None if judgement is None else joined
    return joined


def _exact(column: Column, row: Any) -> Any:
    """Return a row's unrounded value; None if it is unknown, or a percentage of nothing."""
    if column.ratio:
        part, whole = (side(row) for side in column.ratio)
        return None if part is None or not whole else Fraction(100 * part, whole)
    have = column.value(row)
    if column.unit is Unit.TIME:
        return have or None
    # A window is a float; take its shortest decimal as the exact value.
    return Fraction(str(have)) if isinstance(have, float) else have


def _floor(column: Column, row: Any) -> Any:
    """Return the least that the value can be, whatever is not measured; None if nothing bounds it."""
    bounds = [bound(row) for bound in column.floor]
    if not bounds or None in bounds:
        return None
    if not column.ratio:
        return bounds[0]
    part, whole = bounds
    return Fraction(100 * part, whole) if whole else None


def _bound(column: Column, row: Any) -> Any:
    """Return a row's unrounded value, infinity for a limit that is not set; None if it is unknown."""
    have = _exact(column, row)
    return math.inf if have == 0 and column.name.endswith((".limits", ".declaredLimits")) else have


def _compare(have: Any, operator: str, value: Any) -> bool:
    match operator:
        case "=":
            return _equals(have, value)
        case "!=":
            return not _equals(have, value)
        case ">":
            return bool(have > value)
        case ">=":
            return bool(have >= value)
        case "<":
            return bool(have < value)
        case "<=":
            return bool(have <= value)
        case "~":
            return value.search(have) is not None
        case _:
            return value.search(have) is None


def _equals(have: Any, value: Any) -> bool:
    """Return whether a value is another one, or all of it matches a glob such as `web-*`."""
    return bool(value.search(have) if isinstance(value, re.Pattern) else have == value)
