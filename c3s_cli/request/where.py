r"""The language of --where, --fail-if and --until: comparisons of columns, as `memory% > 80, namespace ~ ^team-`.

A comma means and, a repeated flag means or. A value is read by the unit of its column; one that holds a comma, a
quote or a blank stands in double quotes, where `\"` is a quote and `\\` a backslash; any other backslash stays as it
is, for regular expressions. An unknown value meets nothing but `= null`; percentages compare exactly.

Regular expressions are Python's. Their length is bounded, their running time is not: who writes one that backtracks
without end waits for it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any, Final

from msgspec import Struct

from c3s_cli.amounts.duration import parse_nanoseconds
from c3s_cli.amounts.quantity import InvalidQuantity, nanos, whole
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.errors import UsageError

ORDERING: Final = ("=", "!=", ">", ">=", "<", "<=")
MATCHING: Final = ("=", "!=", "~", "!~")
TEXTUAL: Final = (Unit.TEXT, Unit.TEXTS, Unit.TIME)
NULL: Final = "null"
LONGEST_PATTERN: Final = 1000
EXAMPLE: Final = "write it as COLUMN OPERATOR VALUE, such as 'memory% > 80' or 'name ~ ^web-'"

# What stands before the operator, right or wrong, so that a wrong name is said as a whole.
COLUMN: Final = re.compile(r"""\s*((?:\["[^"]*"\]|[^\s=!<>~,"])+)\s*""")
# Everything that looks like an operator, so that `==` is a mistake and not `=` with the value `=`.
OPERATOR: Final = re.compile(r"([=!<>~]+)\s*")
VALUE: Final = re.compile(r'(?:"((?:\\.|[^"\\])*)"|([^,"\s]+))\s*', re.DOTALL)
ESCAPE: Final = re.compile(r'\\(["\\])')
DAYS: Final = re.compile(r"(?:([0-9]+)y)?(?:([0-9]+)d)?(.*)", re.DOTALL)


class Comparison(Struct, frozen=True):
    """One comparison. value: what the text of it means to the column; None for null."""

    column: Column
    operator: str
    text: str
    value: Any

    def __str__(self) -> str:
        """Write the comparison so that it reads back as the same."""
        escaped = self.text.replace("\\", "\\\\").replace('"', '\\"')
        quoted = self.text if self.value is None else f'"{escaped}"'
        return f"{self.column.name} {self.operator} {quoted}"

    def matches(self, row: Any) -> bool:
        """Say whether a row meets it."""
        have, value = self._sides(row)
        if self.value is None:
            return (have is None) is (self.operator == "=")
        if have is None:
            return False
        if self.column.unit is Unit.TEXTS:
            negative = self.operator.startswith("!")
            return any(_compare(each, self.operator.lstrip("!"), value) for each in have) is not negative
        return _compare(have, self.operator, value)

    def _sides(self, row: Any) -> tuple[Any, Any]:
        """Give what a row has, None for unknown, and what it is compared with; neither is rounded.

        A percentage is unknown if a side is, or over nothing. Whole numbers are multiplied out: part / whole against
        a fraction, without dividing.
        """
        column, value = self.column, self.value
        if column.ratio:
            part, below = (side(row) for side in column.ratio)
            if part is None or not below:
                return None, value
            return (part, value) if value is None else (100 * part * value.denominator, value.numerator * below)
        have = column.value(row)
        # A window is a float; what it is the nearest float of is its shortest decimal.
        return (Fraction(str(have)) if isinstance(have, float) else have), value


class Condition(Struct, frozen=True):
    """Several lists of comparisons: met where all of any one list are."""

    alternatives: tuple[tuple[Comparison, ...], ...]

    def __str__(self) -> str:
        """Write the condition for people; `texts` reads back."""
        return " or ".join(self.texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """Give the expressions, one an alternative, that `parse` makes an equal condition of."""
        return tuple(", ".join(map(str, comparisons)) for comparisons in self.alternatives)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Give the columns that are compared."""
        return tuple(comparison.column for comparisons in self.alternatives for comparison in comparisons)

    @property
    def seeks_unknown(self) -> bool:
        """Whether a comparison is met by what is not known."""
        return any(each.value is None and each.operator == "=" for together in self.alternatives for each in together)

    def matches(self, row: Any) -> bool:
        """Say whether a row meets it."""
        return any(all(each.matches(row) for each in comparisons) for comparisons in self.alternatives)


def parse(texts: Sequence[str], naming: Naming) -> Condition:
    """Read expressions, one alternative each. UsageError for whatever is wrong with them."""
    return Condition(tuple(tuple(_comparisons(text, naming)) for text in texts))


def _comparisons(text: str, naming: Naming) -> list[Comparison]:
    found = []
    place = 0
    while True:
        comparison, place = _comparison(text, place, naming)
        found.append(comparison)
        if place == len(text):
            return found
        if text[place] != ",":
            rest = text[place:]
            raise UsageError(f"expected a comma before {rest!r} in {text!r}", hint=_joined(rest))
        place += 1


QUOTING: Final = "a value with a comma, a quote or a blank in it stands in double quotes, such as 'name ~ \"^a{1,2}\"'"
JOINING: Final = "a comma means and; for or, repeat the flag"


def _joined(rest: str) -> str:
    """Say what to do about what follows a value: words that join, or a value without its quotes."""
    return JOINING if re.match(r"(?:and|or|&&|\|\|)\b|&&|\|\||;", rest, re.IGNORECASE) else QUOTING


def _comparison(text: str, place: int, naming: Naming) -> tuple[Comparison, int]:
    name = COLUMN.match(text, place)
    if name is None:
        raise UsageError(f"expected the name of a column at {text[place:]!r} in {text!r}", hint=EXAMPLE)
    column = _column(name[1], naming)
    operator = OPERATOR.match(text, name.end())
    if operator is None:
        raise UsageError(f"expected one of {' '.join(_operators(column))} after {name[1]} in {text!r}", hint=EXAMPLE)
    value = VALUE.match(text, operator.end())
    if value is None:
        raise UsageError(f"expected a value after {text[: operator.end()].strip()!r}", hint=QUOTING)
    is_quoted = value[1] is not None
    raw = ESCAPE.sub(r"\1", value[1]) if is_quoted else value[2]
    null = raw == NULL and not is_quoted
    _check_operator(operator[1], column, null=null)
    meaning = None if null else _meaning(column, operator[1], raw)
    return Comparison(column, operator[1], raw, meaning), value.end()


@cache  # a column that is made for its name, such as a GPU's, is the same one each time, and equal to itself
def _column(name: str, naming: Naming) -> Column:
    """Find a column that can be compared. UsageError for any other."""
    column = naming.find(name)
    if column.parts:
        parts = " or ".join(part.name for part in column.parts)
        raise UsageError(f"{column.name} shows two columns, and cannot be compared", hint=f"compare {parts}")
    return column


MEANT: Final = {
    "==": "=",
    "===": "=",
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "=!": "!=",
    "!==": "!=",
    "=~": "~",
    "~=": "~",
}


def _check_operator(operator: str, column: Column, *, null: bool) -> None:
    """Raise a UsageError, with the operators that would do, for one that does not."""
    allowed = ("=", "!=") if null else _operators(column)
    if operator in allowed:
        return
    what = "null" if null else f"{column.name} ({column.unit.value})"
    known = operator in (*ORDERING, *MATCHING)
    problem = f"{operator} does not go with {what}" if known else f"{operator} is no operator"
    meant = MEANT.get(operator)
    advice = f"did you mean {meant}?" if meant in allowed else f"use one of: {' '.join(allowed)}"
    raise UsageError(problem, hint=advice)


def _operators(column: Column) -> tuple[str, ...]:
    if column.unit is Unit.TEXTS:
        return MATCHING
    return (*ORDERING, "~", "!~") if column.unit is Unit.TIME else MATCHING if column.unit is Unit.TEXT else ORDERING


def _meaning(column: Column, operator: str, text: str) -> Any:
    """Read a value by the unit of its column. UsageError, with an example, if it cannot be."""
    if column.unit in TEXTUAL:
        return _pattern(text) if operator.endswith("~") else text
    try:
        return _number(column.unit, text)
    except (ValueError, InvalidQuantity):
        raise UsageError(
            f"{text[:64]!r} is no value for {column.name} ({column.unit.value})",
            hint=f"write it as {SAMPLES[column.unit]}",
        ) from None


SAMPLES: Final = {
    Unit.NANOCORES: "250m or 2",
    Unit.BYTES: "512Mi or 2Gi",
    Unit.COUNT: "a whole number",
    Unit.PERCENT: "80, 80% or 33.3",
    Unit.SECONDS: "90s, 5m, 2h30m or 3d",
}


def _pattern(text: str) -> re.Pattern[str]:
    if len(text) > LONGEST_PATTERN:
        raise UsageError(f"a pattern may have {LONGEST_PATTERN} characters, not {len(text)}")
    try:
        with warnings.catch_warnings():
            # Python warns of sets that it may read differently one day; to whoever asks for rows that is noise.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(text)
    except (re.error, OverflowError, RecursionError) as problem:
        raise UsageError(f"{text!r} is no regular expression: {problem}") from None


def _number(unit: Unit, text: str) -> int | Fraction:
    match unit:
        case Unit.NANOCORES:
            return nanos(text)
        case Unit.BYTES:
            return whole(text)
        case Unit.PERCENT:
            number = text.removesuffix("%").strip()
            if not re.fullmatch(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})", number):
                raise ValueError(text)
            return Fraction(number)
        case Unit.SECONDS:
            return _seconds(text)
        case _:
            if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
                raise ValueError(text)
            return int(text)


def _seconds(text: str) -> Fraction:
    """Read an age: a Go duration that may begin with years and days, or a number of seconds."""
    if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", text):
        return Fraction(text)
    match = DAYS.fullmatch(text)
    if match is None or not text or len(text) > 64:
        raise ValueError(text)
    days = int(match[1] or 0) * 365 + int(match[2] or 0)
    rest = parse_nanoseconds(match[3]) if match[3] else 0
    return Fraction(days * 86400) + Fraction(rest, 10**9)


def _compare(have: Any, operator: str, value: Any) -> bool:
    match operator:
        case "=":
            return bool(have == value)
        case "!=":
            return bool(have != value)
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
