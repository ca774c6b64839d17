r"""The language of --where, --fail-if and --until: comparisons such as `memory% > 80, namespace ~ ^team-`.

A comma, `and` and `&&` mean and; a repeated flag, `or` and `||` mean or, and bind less. A value is parsed by the
unit of its column. A value with a comma, a quote, a blank or parentheses needs double quotes, in which `\"` is a quote
and `\\` a backslash; other backslashes stay, for regular expressions. `none`, `unknown` and `null` without quotes stand
for missing values: see request/condition.py.
`COLUMN in (A, B)` and `COLUMN not in (A, B)` compare with several values.

Regular expressions are Python's. Their length is limited, their running time is not: catastrophic backtracking hangs.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, partial
from typing import Any, Final

from c3s_cli.amounts.duration import parse_long
from c3s_cli.amounts.quantity import InvalidQuantity, nanos, whole
from c3s_cli.amounts.timestamp import epoch, utc
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.of_resources import CPU_AND_MEMORY
from c3s_cli.columns.vocabulary import Column, Unit
from c3s_cli.errors import UsageError
from c3s_cli.flags.values import is_glob, regular
from c3s_cli.request.condition import Comparison, Condition, Membership, Test, Word, may_be_none
from c3s_cli.request.shares import (
    check_group,
    check_ratio,
    check_word,
    hint_of_arithmetic,
    hint_of_rest,
    hint_of_units,
    hint_of_words,
    share_of,
)
from c3s_cli.terminal.printable import NONE, UNKNOWN

ORDERING: Final = ("=", "!=", ">", ">=", "<", "<=")
MATCHING: Final = ("=", "!=", "~", "!~")
TEXTUAL: Final = (Unit.TEXT, Unit.TEXTS, Unit.TIME)
WORDS: Final = {
    "null": Word.NULL,
    "none": Word.NONE,
    NONE: Word.NONE,
    "unknown": Word.UNKNOWN,
    UNKNOWN: Word.UNKNOWN,
}
LONGEST_PATTERN: Final = 1000
EXAMPLE: Final = "write it as COLUMN OPERATOR VALUE, such as 'memory% > 80' or 'name ~ ^web-'"

UNQUOTED: Final = "write the condition in single quotes: a shell takes < and > for files, as in --where 'cpu > 1'"

# Everything before the operator, valid or not, so that messages quote a wrong name as a whole.
# Blanks around a slash are part of it: `mem / limit`.
COLUMN: Final = re.compile(r"""\s*((?:\["[^"]*"\]|[^\s=!<>~,"]|\s+(?=/)|(?<=/)\s+)+)\s*""")
# Everything that looks like an operator, so that `=>` is an error, not `=` with the value `>`; except in `=<none>`.
OPERATOR: Final = re.compile(r"([=!~]+(?=<(?:none|unknown)>)|[=!<>~]+)\s*")
MEMBERSHIP: Final = re.compile(r"(in|not\s+in|notin)\b\s*", re.IGNORECASE)
# A value is in one of three groups: in double quotes, in single quotes, or bare.
QUOTED: Final = r"""(?:"((?:\\.|[^"\\])*)"|'([^']*)'|"""
VALUE: Final = re.compile(QUOTED + r"""([^,"'\s][^,"\s]*))\s*""", re.DOTALL)
CHOICE: Final = re.compile(r"\s*" + QUOTED + r"""([^,"'\s()][^,"\s()]*))\s*""", re.DOTALL)
ESCAPE: Final = re.compile(r'\\(["\\])')
TIME: Final = re.compile(
    r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2}(?:T[0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?Z?)?)?)?)?)?"
)
ZONE: Final = re.compile(r"T.*[+-][0-9]{2}:?[0-9]{2}$")


def parse(texts: Sequence[str], naming: Naming) -> Condition:
    """Parse expressions, one alternative each. UsageError if one is invalid."""
    read = partial(test_at, naming=naming)
    return Condition(tuple(tuple(tests) for text in texts for tests in alternatives(text, read)))


def alternatives(text: str, read: Callable[[str, int], tuple[Test, int]]) -> list[list[Test]]:
    """Parse one expression: `and` is a comma, and binds closer than `or`. read: parses the test at a position."""
    parsed: list[list[Test]] = [[]]
    place = 0
    while True:
        test, place = read(text, place)
        parsed[-1].append(test)
        if place == len(text):
            return parsed
        joined = JOINED.match(text, place)
        if joined is None:
            rest = text[place:]
            raise UsageError(f"expected a comma before {rest!r} in {text!r}", hint=hint_of_rest(rest, text) or QUOTING)
        if joined["or"]:
            parsed.append([])
        place = joined.end()


QUOTING: Final = "a value with a comma, a quote or a blank needs double quotes, such as 'name ~ \"^a{1,2}\"'"
JOINED: Final = re.compile(r",|(?:and\b|&&)|(?P<or>or\b|\|\|)", re.IGNORECASE)


def test_at(text: str, place: int, naming: Naming) -> tuple[Test, int]:
    """Parse the comparison at a position; return it, and the position after it. UsageError if it is invalid."""
    name = COLUMN.match(text, place)
    if name is None:
        raise UsageError(f"expected the name of a column at {text[place:]!r} in {text!r}", hint=EXAMPLE)
    check_group(name[1], text)
    column = _column(name[1], naming)
    if words := MEMBERSHIP.match(text, name.end()):
        negated = words[1].casefold() != "in"
        choices, end = _choices(text, words.end(), column, "!=" if negated else "=", name[1])
        return Membership(column, negated, choices), end
    operator = OPERATOR.match(text, name.end())
    if operator is None:
        # `--where cpu>1` without quotes: the shell took the rest as a file name.
        hint = UNQUOTED if name.end() == len(text) else hint_of_words(name[1], text[name.end() :]) or EXAMPLE
        if column.unit is Unit.BOOLEAN:
            hint = f"write it as '{name[1]} = true'"
        allowed = ", ".join((*_operators(column), "in", "not in"))
        raise UsageError(f"expected one of {allowed} after {name[1]} in {text!r}", hint=hint)
    if other := _other_column(text, operator.end(), column, naming):
        meaning, end = other
        sign = SAME.get(operator[1], operator[1])
        _check_operator(sign, column, None)
        return Comparison(column, sign, meaning.name, meaning), end
    value = VALUE.match(text, operator.end())
    if value is None:
        raise UsageError(f"expected a value after {text[: operator.end()].strip()!r}", hint=QUOTING)
    check_ratio(name[1], column, operator[1], value[3] or "")
    column = share_of(column, value[3] or "", naming)
    return _comparison(column, SAME.get(operator[1], operator[1]), value), value.end()


def _other_column(text: str, place: int, column: Column, naming: Naming) -> tuple[Column, int] | None:
    """Return the column to compare with, and the position after its name; None if the value is a number or text.

    UsageError for a column of another unit.
    """
    name = COLUMN.match(text, place)
    if column.unit in TEXTUAL or name is None or name[1] in WORDS or _is_number(column.unit, name[1]):
        return None
    try:
        other = _column(name[1], naming)
    except UsageError:
        return None  # the message about values is clearer
    if other.unit is not column.unit:
        raise UsageError(
            f"{column.name} ({column.unit.value}) cannot be compared with {other.name} ({other.unit.value})",
            hint=f"compare it with a column in {column.unit.value}, or with {SAMPLES[column.unit]}",
        )
    return other, name.end()


def _is_number(unit: Unit, text: str) -> bool:
    try:
        _number(unit, text)
    except (ValueError, InvalidQuantity):
        return False
    return True


LISTED: Final = (
    "write it as 'status in (Running, Pending)'; a value with a comma, a blank or parentheses in double quotes"
)


def _choices(text: str, place: int, column: Column, operator: str, name: str) -> tuple[tuple[Comparison, ...], int]:
    """Parse a list of values in parentheses; return a comparison for each, and the position after the list."""
    choices = []
    separator = "("
    while text.startswith(separator, place) and (value := CHOICE.match(text, place + 1)):
        check_ratio(name, column, operator, value[3] or "")
        choices.append(_comparison(column, operator, value))
        place = value.end()
        separator = ","
        if text.startswith(")", place):
            blank = re.compile(r"\s*").match(text, place + 1)
            return tuple(choices), blank.end() if blank else place + 1
    raise UsageError(f"expected values in parentheses after {text[:place].strip()!r}", hint=LISTED)


def _comparison(column: Column, operator: str, value: re.Match[str]) -> Comparison:
    """Return the comparison of a column with a value."""
    word = None
    if value[1] is not None:
        raw = ESCAPE.sub(r"\1", value[1])
    elif value[2] is not None:
        raw = value[2]
    else:
        raw, word = value[3], _word(value[3], operator)
    _check_operator(operator, column, word)
    if word:
        return Comparison(column, operator, word.value, word)
    return Comparison(column, operator, raw, _meaning(column, operator, raw))


def _word(text: str, operator: str) -> Word | None:
    """Return the word for a missing value; in `~ none` it is a pattern instead."""
    return None if operator.endswith("~") and text in ("none", "unknown") else WORDS.get(text)


@cache  # cached, so that a column made on demand, such as a GPU's, is the same object each time
def _column(name: str, naming: Naming) -> Column:
    """Find a column that can be compared. UsageError for any other."""
    column = naming.find(name)
    if column.parts:
        parts = " or ".join(part.name for part in column.parts)
        both = " < ".join(part.name for part in column.parts[:2])
        raise UsageError(
            f"{column.name} shows {COUNTS[len(column.parts)]} columns and cannot be compared",
            hint=f"compare {parts}, or both: '{both}'",
        )
    return column


COUNTS: Final = {2: "two", 3: "three"}
SAME: Final = {"==": "="}
MEANT: Final = {
    "===": "=",
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "=!": "!=",
    "!==": "!=",
    "=~": "~",
    "~=": "~",
}


def _check_operator(operator: str, column: Column, word: Word | None) -> None:
    """Raise a UsageError for an operator that the column does not support, with those that it does."""
    about = f"{column.name} ({column.unit.value})"
    if word is Word.NONE and not may_be_none(column):
        raise UsageError(f"none does not go with {about}", hint=f"for what could not be read: {column.name} = unknown")
    allowed = ("=", "!=") if word else _operators(column)
    if operator in allowed:
        return
    known = operator in (*ORDERING, *MATCHING)
    problem = f"{operator} does not go with {word.value if word else about}" if known else f"{operator} is no operator"
    meant = MEANT.get(operator)
    advice = f"did you mean {meant}?" if meant in allowed else f"use one of: {' '.join(allowed)}"
    if column.unit is Unit.BOOLEAN and not word:
        advice = f"did you mean {column.name} = true?"
    raise UsageError(problem, hint=advice)


def _operators(column: Column) -> tuple[str, ...]:
    if column.unit is Unit.TEXTS:
        return MATCHING
    if column.unit is Unit.BOOLEAN:
        return ("=", "!=")
    return (*ORDERING, "~", "!~") if column.unit is Unit.TIME else MATCHING if column.unit is Unit.TEXT else ORDERING


def _meaning(column: Column, operator: str, text: str) -> Any:
    """Parse a value by the unit of its column. UsageError with an example if it is invalid."""
    if column.unit in TEXTUAL:
        check_word(column, text)
        if operator.endswith("~"):
            return _pattern(text)
        if column.unit is Unit.TIME:
            return _time(column, text)
        return _pattern(regular(text)) if "*" in text and is_glob(text) else text
    try:
        return _number(column.unit, text)
    except (ValueError, InvalidQuantity):
        raise UsageError(
            f"{text[:64]!r} is no value for {column.name} ({column.unit.value})",
            hint=hint_of_arithmetic(f"{column.name} {operator} {text}") if "*" in text else _sample(column, text),
        ) from None


def _time(column: Column, text: str) -> str:
    """Return a time, or how one begins, as text that compares with times in UTC. UsageError for anything else."""
    seconds = epoch(text)
    if seconds is not None and ZONE.search(text):
        return utc(seconds)
    if not TIME.fullmatch(text):
        raise UsageError(
            f"{text[:64]!r} is no value for {column.name} (time)", hint="write it as 2026-03-02T09:00:00Z or 2026-03-02"
        )
    return text


def _sample(column: Column, text: str) -> str:
    """Return a hint with an example of a value; for a percentage, suggest the percentage column."""
    resource, _, field = column.name.partition(".")
    if text.endswith("%") and field in PERCENTAGES and resource in CPU_AND_MEMORY:
        return f"for a percentage compare {resource}{PERCENTAGES[field]}"
    if text.endswith("%"):
        return f"{column.name} is no percentage: `c3s columns` lists those that are"
    return hint_of_units(column, text) or f"write it as {SAMPLES[column.unit]}"


# `memory.limits%` is what is used of the limits of pods, and what limits are of a node.
PERCENTAGES: Final = {"usage": "%", "requests": ".requests%", "limits": ".limits%"}
BOOLEANS: Final = {"true": True, "false": False}
SAMPLES: Final = {
    Unit.NANOCORES: "250m or 2",
    Unit.BYTES: "512Mi or 2Gi",
    Unit.COUNT: "a whole number",
    Unit.PERCENT: "80, 80% or 33.3",
    Unit.MONEY: "100 or 12.50",
    Unit.SECONDS: "90s, 5m, 2h30m or 3d",
    Unit.BOOLEAN: "true or false",
}


def _pattern(text: str) -> re.Pattern[str]:
    if len(text) > LONGEST_PATTERN:
        raise UsageError(f"a pattern may have {LONGEST_PATTERN} characters, not {len(text)}")
    try:
        with warnings.catch_warnings():
            # Python warns about patterns whose meaning may change in a later version; users need not see that.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(text)
    except (re.error, OverflowError, RecursionError) as problem:
        hint = f"as a regular expression, it is '{regular(text)}'" if is_glob(text) else None
        raise UsageError(f"{text!r} is no regular expression: {problem}", hint=hint) from None


def _number(unit: Unit, text: str) -> int | Fraction | bool:
    match unit:
        case Unit.NANOCORES:
            return nanos(text)
        case Unit.BYTES:
            return whole(text)
        case Unit.PERCENT | Unit.MONEY:
            number = text.removesuffix("%").strip() if unit is Unit.PERCENT else text
            if not re.fullmatch(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})", number):
                raise ValueError(text)
            return Fraction(number)
        case Unit.SECONDS:
            return _seconds(text)
        case Unit.BOOLEAN:
            if text not in BOOLEANS:
                raise ValueError(text)
            return BOOLEANS[text]
        case _:
            if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
                raise ValueError(text)
            return int(text)


def _seconds(text: str) -> Fraction:
    """Parse an age: a Go duration that may begin with years, weeks and days, or a number of seconds."""
    if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", text):
        return Fraction(text)
    return Fraction(parse_long(text), 10**9)
