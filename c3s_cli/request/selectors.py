"""Label and field selectors, parsed as in kubectl: errors are found before any request, and have its words."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.quantity import parse_int
from c3s_cli.errors import UsageError
from c3s_cli.model.requirement import Requirement


class LabelSelector(Struct, frozen=True):
    """A label selector, false if empty. `text` is what kubectl sends for it: sorted by key."""

    requirements: tuple[Requirement, ...]

    @property
    def text(self) -> str:
        """Return the canonical text."""
        return ",".join(map(str, self.requirements))

    def __bool__(self) -> bool:
        return bool(self.requirements)


class FieldSelector(Struct, frozen=True):
    """A field selector, false if empty: (field, operator, value) terms, sorted. `text` is what kubectl sends for it."""

    terms: tuple[tuple[str, str, str], ...]

    @property
    def text(self) -> str:
        """Return the canonical text."""
        return ",".join(f"{name}{operator}{_escaped(value)}" for name, operator, value in self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)


def parse_labels(text: str) -> LabelSelector:
    """Read a label selector. UsageError in kubectl's words."""
    return _LabelParser(text).selector()


def parse_fields(text: str) -> FieldSelector:
    """Read a field selector. UsageError in kubectl's words."""
    terms = []
    for part in sorted(_split_terms(text)):
        if not part:
            continue
        match = re.search(OPERATOR, part)
        if match is None:
            raise UsageError(f"invalid selector: '{text}'; can't understand '{part}'")
        name, value = part[: match.start()], _unescaped(part[match.end() :])
        if name or value:  # a lone operator is not a requirement
            terms.append((name, "!=" if match[0] == "!=" else "=", value))
    return FieldSelector(tuple(terms))


# --- labels ---------------------------------------------------------------------------------------------------

WORD: Final = r"==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+"
SYMBOLS: Final = frozenset({"==", "!=", "=", "!", "(", ")", ",", "<", ">"})
SETS: Final = ("in", "notin")
OPERATORS: Final = (*SETS, "=", "==", "!=", ">", "<")
END: Final = ""


class _LabelParser:
    """Parses the tokens of a label selector. `in` and `notin` may also be keys or values."""

    def __init__(self, text: str) -> None:
        self.rest = iter(re.findall(WORD, text))
        self.next: str = next(self.rest, END)

    def take(self) -> str:
        token, self.next = self.next, next(self.rest, END)
        return token

    def starts_requirement(self) -> bool:
        return _is_word(self.next) or self.next == "!"

    def selector(self) -> LabelSelector:
        requirements = []
        while self.next != END:
            if not self.starts_requirement():
                raise UsageError(f"found '{self.next}', expected: !, identifier, or 'end of string'")
            requirements.append(self.requirement())
            separator = self.take()
            if separator == END:
                break
            if separator != ",":
                raise UsageError(f"found '{separator}', expected: ',' or 'end of string'")
            if not self.starts_requirement():
                raise UsageError(f"found '{self.next}', expected: identifier after ','")
        return LabelSelector(tuple(sorted(requirements, key=lambda requirement: requirement.key)))

    def requirement(self) -> Requirement:
        absent = self.next == "!"
        if absent:
            self.take()
        key = self.word()
        problems = _key_problems(key)
        if problems:
            raise _refused(f"<nil>: Invalid value: {_quoted(key)}: {'; '.join(problems)}")
        if absent or self.next in (END, ","):
            return Requirement(key, "!" if absent else "exists")
        operator = self.take()
        if operator not in OPERATORS:
            raise _refused(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")
        values = self.values() if operator in SETS else [self.value()]
        problems = _values_problems(key, operator, values)
        if problems:
            raise _refused(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")
        return Requirement(key, operator, tuple(values))

    def word(self) -> str:
        token = self.take()
        if not _is_word(token):
            raise _refused(f"found '{token}', expected: identifier")
        return token

    def value(self) -> str:
        """Read the right side of a comparison; if missing, it is the empty value."""
        return "" if self.next in (END, ",") else self.word()

    def values(self) -> list[str]:
        """Read a list in parentheses, sorted. Nothing before, between or after commas is the empty value."""
        opening = self.take()
        if opening != "(":
            raise _refused(f"found '{opening}' expected: '('")
        if not (_is_word(self.next) or self.next in (")", ",")):
            raise _refused(f"found '{self.next}', expected: ',', ')' or identifier")
        values = {""} if self.next == ")" else set()
        while self.next != ")" or not values:
            item = self.take()
            if _is_word(item):
                values.add(item)
                if self.next not in (",", ")"):
                    raise _refused(f"found '{self.next}', expected: ',' or ')'")
                continue
            if item != ",":
                raise _not_in_list(item)
            if not values or self.next in (",", ")"):
                values.add("")
            if self.next == ",":
                self.take()  # two commas are one empty value; a word must follow them, or kubectl refuses the list
                if self.next == ")":
                    raise _not_in_list(self.next)
        self.take()
        return sorted(values)


def _is_word(token: str) -> bool:
    return token != END and token not in SYMBOLS


def _refused(problem: str) -> UsageError:
    return UsageError(f"unable to parse requirement: {problem}")


def _not_in_list(token: str) -> UsageError:
    return _refused(f"found '{token}', expected: ',', or identifier")


NAME: Final = r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
SUBDOMAIN: Final = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
NAME_RULE: Final = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
KEY_RULE: Final = (
    f"a qualified name {NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
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


def _key_problems(key: str) -> list[str]:
    """Return apimachinery's messages about an invalid label key; none if it is valid."""
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        return [KEY_RULE]
    problems = []
    if slash and not prefix:
        problems.append("prefix part must be non-empty")
    elif slash:
        if _size(prefix) > 253:
            problems.append("prefix part must be no more than 253 characters")
        if not re.fullmatch(SUBDOMAIN, prefix):
            problems.append(f"prefix part {SUBDOMAIN_RULE}")
    if not name:
        problems.append("name part must be non-empty")
    elif _size(name) > 63:
        problems.append("name part must be no more than 63 characters")
    if not re.fullmatch(NAME, name):
        problems.append(f"name part {NAME_RULE}")
    return problems


def _values_problems(key: str, operator: str, values: list[str]) -> list[str]:
    messages = []
    if operator in (">", "<") and parse_int(values[0]) is None:
        problem = "for 'Gt', 'Lt' operators, the value must be an integer"
        messages.append(f"values[0]: Invalid value: {_quoted(values[0])}: {problem}")
    for place, value in enumerate(values):
        problems = []
        if _size(value) > 63:
            problems.append("must be no more than 63 characters")
        if value and not re.fullmatch(NAME, value):
            problems.append(VALUE_RULE)
        if problems:
            messages.append(f"values[{place}][{key}]: Invalid value: {_quoted(value)}: {'; '.join(problems)}")
    return messages


def _size(text: str) -> int:
    """Count the bytes of a text, including bytes of the command line that are not UTF-8."""
    return len(text.encode("utf-8", "surrogateescape"))


ESCAPED: Final = {letter: f"\\{name}" for letter, name in zip('\a\b\f\n\r\t\v\\"', 'abfnrtv\\"', strict=True)}


def _quoted(text: str) -> str:
    """Write a text as Go's %q does."""
    return f'"{"".join(ESCAPED.get(letter) or _spelled(letter) for letter in text)}"'


def _spelled(letter: str) -> str:
    code = ord(letter)
    if letter.isprintable():
        return letter
    if code < 0x80:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:  # a byte of the command line that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


# --- fields ---------------------------------------------------------------------------------------------------

OPERATOR: Final = "!=|==|="


def _split_terms(text: str) -> list[str]:
    """Split at the commas that no backslash escapes."""
    return re.findall(r"(?:^|,)((?:\\.|\\$|[^,\\])*)", text, re.DOTALL)


def _unescaped(value: str) -> str:
    r"""Unescape `\,`, `\=` and `\\`. UsageError for any other escape, and for a bare comma or `=`."""
    letters = []
    rest = iter(value)
    for letter in rest:
        if letter == "\\":
            escaped = next(rest, "")
            if escaped not in ("\\", ",", "="):
                raise UsageError(f"invalid field selector: invalid escape sequence: \\{escaped}")
            letters.append(escaped)
        elif letter in ",=":
            raise UsageError(f"invalid field selector: unescaped character in value: {ord(letter)}")
        else:
            letters.append(letter)
    return "".join(letters)


def _escaped(value: str) -> str:
    return re.sub(r"([\\,=])", r"\\\1", value)
