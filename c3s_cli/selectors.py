"""Label and field selectors, read as kubectl reads them: a mistake is found before any request, in its words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from c3s_cli.errors import UsageError

SPECIAL: Final = "=!(),><"
BLANK: Final = " \t\r\n"
SYMBOLS: Final = frozenset({")", ",", "!", "==", "=", "<", ">", "!=", "("})
WORDS: Final = frozenset({"in", "notin"})
BINARY: Final = ("in", "notin", "=", "==", "!=", "gt", "lt")
END: Final = ""

NAME: Final = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
SUBDOMAIN: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
NAME_RULE: Final = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE_RULE: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
SUBDOMAIN_RULE: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One term of a label selector. operator: `exists`, `!`, `in`, `notin`, `=`, `==`, `!=`, `>` or `<`."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Write the term as kubectl sends it."""
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(self.values)})"
            case _:
                return f"{self.key}{self.operator}{self.values[0]}"

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether labels meet the term; `!=` and `notin` are met by an absent label."""
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "!":
                return value is None
            case "in" | "=" | "==":
                return value in self.values
            case "notin" | "!=":
                return value not in self.values
            case _:
                number = None if value is None else _integer(value)
                if number is None:
                    return False
                bound = int(self.values[0])
                return number > bound if self.operator == ">" else number < bound


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """A label selector. `text` is what kubectl sends for it: sorted by key."""

    requirements: tuple[Requirement, ...]

    @property
    def text(self) -> str:
        """Give the canonical text."""
        return ",".join(map(str, self.requirements))

    def __bool__(self) -> bool:
        return bool(self.requirements)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether labels meet every term."""
        return all(requirement.matches(labels) for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """A field selector: (field, operator, value) terms in kubectl's order. `text` is what is sent for it."""

    terms: tuple[tuple[str, str, str], ...]

    @property
    def text(self) -> str:
        """Give the canonical text."""
        return ",".join(f"{name}{operator}{_escaped(value)}" for name, operator, value in self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)


def parse_labels(text: str) -> LabelSelector:
    """Read a label selector. UsageError in kubectl's words."""
    return _LabelParser(_tokens(text)).selector()


def parse_fields(text: str) -> FieldSelector:
    """Read a field selector. UsageError in kubectl's words."""
    terms = []
    for part in sorted(_split_terms(text)):
        if not part:
            continue
        found = _split_term(part)
        if found is None:
            raise UsageError(f"invalid selector: '{text}'; can't understand '{part}'")
        name, operator, value = found
        terms.append((name, "!=" if operator == "!=" else "=", _unescaped(value)))
    return FieldSelector(tuple(terms))


# --- labels ---------------------------------------------------------------------------------------------------


def _tokens(text: str) -> list[str]:
    """Split a selector into symbols and words, END last."""
    tokens = []
    place = 0
    while place < len(text):
        letter = text[place]
        if letter in BLANK:
            place += 1
            continue
        end = place + 1
        if letter in SPECIAL:
            while end < len(text) and text[place : end + 1] in SYMBOLS:
                end += 1
        else:
            while end < len(text) and text[end] not in SPECIAL + BLANK:
                end += 1
        tokens.append(text[place:end])
        place = end
    return [*tokens, END]


def _is_word(token: str) -> bool:
    return token != END and token not in SYMBOLS


class _LabelParser:
    """Reads the tokens of a label selector, one requirement after the other."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.place = 0

    def next(self) -> str:
        return self.tokens[min(self.place, len(self.tokens) - 1)]

    def take(self) -> str:
        word = self.next()
        self.place += 1
        return word

    def selector(self) -> LabelSelector:
        requirements = []
        while self.next() != END:
            if not (_is_word(self.next()) or self.next() == "!"):
                raise UsageError(f"found '{self.next()}', expected: !, identifier, or 'end of string'")
            try:
                requirements.append(self.requirement())
            except UsageError as problem:
                raise UsageError(f"unable to parse requirement: {problem.message}") from None
            separator = self.take()
            if separator == END:
                break
            if separator != ",":
                raise UsageError(f"found '{separator}', expected: ',' or 'end of string'")
            if not (_is_word(self.next()) or self.next() == "!"):
                raise UsageError(f"found '{self.next()}', expected: identifier after ','")
        return LabelSelector(tuple(sorted(requirements, key=lambda requirement: requirement.key)))

    def requirement(self) -> Requirement:
        word = self.take()
        absent = word == "!"
        if absent:
            word = self.take()
        if not _is_word(word):
            raise UsageError(f"found '{word}', expected: identifier")
        _check_key(word)
        if absent:
            return Requirement(word, "!")
        if self.next() in (END, ","):
            return Requirement(word, "exists")
        operator = self.take()
        if operator not in (*BINARY[:5], ">", "<"):
            raise UsageError(f"found '{operator}', expected: {', '.join(BINARY)}")
        values = self.values() if operator in WORDS else [self.exact_value()]
        _check_values(word, operator, values)
        return Requirement(word, operator, tuple(sorted(set(values))))

    def values(self) -> list[str]:  # noqa: C901  a grammar with a comma that may stand anywhere
        """Read a list in parentheses; nothing before, between or after a comma is an empty value."""
        opening = self.take()
        if opening != "(":
            raise UsageError(f"found '{opening}' expected: '('")
        if self.next() == ")":
            self.take()
            return [""]
        values = []
        while True:
            word = self.take()
            if _is_word(word):
                values.append(word)
                if self.next() not in (",", ")"):
                    raise UsageError(f"found '{self.next()}', expected: ',' or ')'")
                if self.take() == ")":
                    return values
                word = ","
            elif word == "," and not values:
                values.append("")
            elif not values:
                raise UsageError(f"found '{word}', expected: ',', ')' or identifier")
            if word == "," and self.next() in (")", ","):
                values.append("")
                if self.take() == ")":
                    return values
            elif not _is_word(self.next()):
                raise UsageError(f"found '{self.next()}', expected: ',', or identifier")

    def exact_value(self) -> str:
        if self.next() in (END, ","):
            return ""
        word = self.take()
        if not _is_word(word):
            raise UsageError(f"found '{word}', expected: identifier")
        return word


def _check_key(key: str) -> None:
    problems = _qualified_name_problems(key)
    if problems:
        raise UsageError(f"<nil>: Invalid value: {_go_quoted(key)}: {'; '.join(problems)}")


def _qualified_name_problems(key: str) -> list[str]:
    """Say, as apimachinery does, what keeps a text from being the key of a label."""
    parts = key.split("/")
    problems = []
    if len(parts) > 2:
        return [
            f"a qualified name {NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    if len(parts) == 2:
        prefix = parts[0]
        if not prefix:
            problems.append("prefix part must be non-empty")
        else:
            if len(prefix) > 253:
                problems.append("prefix part must be no more than 253 characters")
            if not SUBDOMAIN.fullmatch(prefix):
                problems.append(f"prefix part {SUBDOMAIN_RULE}")
    name = parts[-1]
    if not name:
        problems.append("name part must be non-empty")
    elif len(name.encode()) > 63:
        problems.append("name part must be no more than 63 characters")
    if not NAME.fullmatch(name):
        problems.append(f"name part {NAME_RULE}")
    return problems


def _check_values(key: str, operator: str, values: list[str]) -> None:
    if operator in (">", "<") and _integer(values[0]) is None:
        raise UsageError(
            f"values[0]: Invalid value: {_go_quoted(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer"
        )
    found = []
    for place, value in enumerate(sorted(set(values))):
        problems = []
        if len(value.encode()) > 63:
            problems.append("must be no more than 63 characters")
        if value and not NAME.fullmatch(value):
            problems.append(VALUE_RULE)
        if problems:
            found.append(f"values[{place}][{key}]: Invalid value: {_go_quoted(value)}: {'; '.join(problems)}")
    if found:
        raise UsageError(found[0] if len(found) == 1 else f"[{', '.join(found)}]")


def _go_quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _integer(text: str) -> int | None:
    """Read what Go's strconv.ParseInt reads, in 64 bits."""
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text):
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


# --- fields ---------------------------------------------------------------------------------------------------


def _split_terms(text: str) -> list[str]:
    """Split at the commas that no backslash escapes."""
    return re.findall(r"(?:^|,)((?:\\.|\\$|[^,\\])*)", text, re.DOTALL) if text else []


def _split_term(term: str) -> tuple[str, str, str] | None:
    """Split at the first operator that no backslash escapes; None if there is none."""
    match = re.match(r"((?:\\.|(?!!=|=)[^\\])*)(!=|==|=)(.*)", term, re.DOTALL)
    return (match[1], match[2], match[3]) if match else None


def _unescaped(value: str) -> str:
    letters = []
    rest = iter(value)
    for letter in rest:
        if letter == "\\":
            escaped = next(rest, "")
            if escaped not in ("\\", ",", "="):
                raise UsageError(f"invalid field selector: invalid escape sequence: \\{escaped}")
            if not escaped:
                raise UsageError("invalid field selector: invalid escape sequence: \\")
            letters.append(escaped)
        elif letter in ",=":
            raise UsageError(f"invalid field selector: unescaped character in value: {ord(letter)}")
        else:
            letters.append(letter)
    return "".join(letters)


def _escaped(value: str) -> str:
    return re.sub(r"([\\,=])", r"\\\1", value)
