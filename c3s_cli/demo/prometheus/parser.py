"""The text of a query -> its syntax."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from c3s_cli.demo.prometheus.syntax import (
    AGGREGATIONS,
    FUNCTIONS,
    PARAMETERS,
    Aggregation,
    BadQuery,
    Binary,
    Call,
    Matcher,
    Matching,
    Negated,
    Node,
    Number,
    Selector,
    Subquery,
    Text,
    Timed,
    kind,
)

_TOKENS = re.compile(
    r"(?P<space>\s+|\#[^\n]*)"
    r"|(?P<duration>(?:\d+(?:ms|[smhdwy]))+(?![a-zA-Z0-9_.]))"
    r"|(?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![a-zA-Z0-9_])"
    r"|(?P<name>[a-zA-Z_][a-zA-Z0-9_:]*)"
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)"""
    r"|(?P<operator>=~|!~|==|!=|<=|>=|[-+*/%^=<>(){}\[\],:@])"
)
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_COMPARISONS = ("==", "!=", "<=", "<", ">=", ">")
_LEVELS = (("or",), ("and", "unless"), _COMPARISONS, ("+", "-"), ("*", "/", "%"), ("^",))
_NAMES = {"v": "instant vector", "r": "range vector", "s": "scalar", "t": "string"}
_TIMED = "modifier must be preceded by an instant vector selector or range vector selector or a subquery"


class Token(NamedTuple):
    """A word of a query, and where it stands; the kind of the end is "end"."""

    kind: str
    text: str
    place: int


def seconds(text: str) -> float:
    """Read a duration such as 1h30m."""
    parts = re.findall(r"(\d+)(ms|[smhdwy])", text)
    return float(sum(int(count) * _UNITS[unit] for count, unit in parts))


def parse(text: str) -> Node:
    """Read a query."""
    if not text.strip():
        raise BadQuery("unknown position: parse error: no expression found in input")
    reader = _Reader(text)
    node = reader.expression(0)
    if reader.token.kind != "end":
        raise reader.unexpected("")
    return node


class _Reader:
    """The tokens of a query, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[Token] = []
        self._place = 0
        place = 0
        while place < len(text):
            match = _TOKENS.match(text, place)
            if match is None or match.lastgroup is None:
                raise self._problem(place, f"unexpected character: {text[place]!r}")
            if match.lastgroup != "space":
                self._tokens.append(Token(match.lastgroup, match.group(), place))
            place = match.end()
        self._tokens.append(Token("end", "", len(text)))

    @property
    def token(self) -> Token:
        return self._tokens[self._place]

    def _problem(self, place: int, message: str) -> BadQuery:
        """Say where in a query something is wrong, as Prometheus does."""
        line = self._text.count("\n", 0, place) + 1
        return BadQuery(f"{line}:{place - self._text.rfind(chr(10), 0, place)}: parse error: {message}")

    def wrong(self, message: str, place: int | None = None) -> BadQuery:
        """Say what is wrong with the next token, or with another one."""
        return self._problem(self._tokens[self._place if place is None else place].place, message)

    def unexpected(self, where: str) -> BadQuery:
        words = "end of input" if self.token.kind == "end" else f'"{self.token.text}"'
        return self.wrong(f"unexpected {words}{where}")

    def take(self) -> Token:
        token = self.token
        self._place += 1
        return token

    def comes(self, *texts: str) -> bool:
        return self.token.kind in ("operator", "name") and self.token.text.lower() in texts

    def skip(self, *texts: str) -> bool:
        """Pass over one of these, if it comes next."""
        comes = self.comes(*texts)
        self._place += comes
        return comes

    def need(self, text: str, where: str) -> None:
        if not self.skip(text):
            raise self.unexpected(f' in {where}, expected "{text}"')

    # Operators.

    def expression(self, level: int) -> Node:
        """Read what operators of a level and above connect."""
        if level == len(_LEVELS):
            return self.signed()
        left = self.expression(level + 1)
        while self.comes(*_LEVELS[level]):
            place = self._place
            operator = self.take().text.lower()
            matching = self.matching(operator)
            # A power of a power is read from the right.
            right = self.expression(level if operator == "^" else level + 1)
            left = self.checked(Binary(operator, left, right, matching), place)
        return left

    def checked(self, node: Binary, place: int) -> Binary:
        kinds = kind(node.left), kind(node.right)
        if not set(kinds) <= {"s", "v"}:
            raise self.wrong("binary expression must contain only scalar and instant vector types", place)
        if node.operator in ("and", "or", "unless") and kinds != ("v", "v"):
            raise self.wrong(f'set operator "{node.operator}" not allowed in binary scalar expression', place)
        if node.operator in _COMPARISONS and kinds == ("s", "s") and not node.matching.boolean:
            raise self.wrong("comparisons between scalars must use BOOL modifier", place)
        return node

    def matching(self, operator: str) -> Matching:
        result = Matching(boolean=operator in _COMPARISONS and self.skip("bool"))
        for word in ("on", "ignoring"):
            if self.skip(word):
                result = replace(result, on=word == "on", labels=frozenset(self.names()))
        for side in ("left", "right"):
            if self.skip(f"group_{side}"):
                include = self.names() if self.token.text == "(" else []
                result = replace(result, side=side, include=tuple(include))
        return result

    def names(self) -> list[str]:
        self.need("(", "grouping opts")
        result = []
        while not self.skip(")"):
            if self.token.kind != "name":
                raise self.unexpected(" in grouping opts, expected label")
            result.append(self.take().text)
            if not self.skip(",") and self.token.text != ")":
                raise self.unexpected(' in grouping opts, expected "," or ")"')
        return result

    # Operands.

    def signed(self) -> Node:
        if self.skip("-"):
            # A power binds more tightly than a sign.
            inner = self.expression(len(_LEVELS) - 1)
            return Number(-inner.value) if isinstance(inner, Number) else Negated(inner)
        if self.skip("+"):
            return self.expression(len(_LEVELS) - 1)
        return self.modified(self.operand())

    def modified(self, node: Node) -> Node:
        while True:
            if self.skip("["):
                node = self.ranged(node)
            elif self.skip("offset"):
                sign = -1 if self.skip("-") else 1
                node = replace(self.timed(node, "offset"), offset=sign * self.duration())
            elif self.skip("@"):
                node = replace(self.timed(node, "@"), at=self.moment())
            else:
                return node

    def timed(self, node: Node, word: str) -> Timed:
        if isinstance(node, Timed):
            return node
        raise self.wrong(f"{word} {_TIMED}")

    def ranged(self, node: Node) -> Node:
        span = self.duration()
        if self.skip(":"):
            step = 0.0 if self.token.text == "]" else self.duration()
            self.close("subquery")
            if kind(node) not in ("v", "s"):
                raise self.wrong("subquery is only allowed on instant vector")
            return Subquery(span=span, inner=node, step=step)
        self.close("range")
        if not isinstance(node, Selector) or node.span:
            raise self.wrong("ranges only allowed for vector selectors")
        return replace(node, span=span)

    def close(self, where: str) -> None:
        """Pass over the end of a range."""
        if self.token.kind == "end":
            raise self.wrong("unclosed left bracket")
        self.need("]", where)

    def duration(self) -> float:
        match self.token:
            case Token(kind="duration", text=text):
                length = seconds(text)
            case Token(kind="number", text=text):
                length = float(text)
            case _:
                raise self.unexpected(", expected number or duration")
        self.take()
        return length

    def moment(self) -> float | str:
        sign = -1 if self.skip("-") else 1
        if self.token.kind == "number":
            return sign * float(self.take().text)
        if not self.comes("start", "end"):
            raise self.wrong('unexpected token in @, expected timestamp, "start()" or "end()"')
        word = self.take().text
        self.need("(", "@")
        self.need(")", "@")
        return word

    def operand(self) -> Node:
        if self.skip("("):
            inner = self.expression(0)
            if not self.skip(")"):
                raise self.wrong("unclosed left parenthesis")
            return inner
        if self.comes("{"):
            return self.selector("")
        match self.token.kind, self.token.text:
            case "duration", text:
                node: Node = Number(seconds(text))
            case "number", text:
                node = Number(float(int(text, 16)) if text[:2].lower() == "0x" else float(text))
            case "string", text:
                node = Text(_unquoted(text))
            case "name", _:
                return self.named(self.take().text)
            case _:
                raise self.unexpected("")
        self.take()
        return node

    def named(self, name: str) -> Node:
        """Read what begins with a name."""
        word = name.lower()
        if word in ("inf", "nan"):
            return Number(float(word))
        if word in AGGREGATIONS and self.token.text in ("(", "by", "without"):
            return self.aggregation(word)
        return self.call(name) if self.token.text == "(" else self.selector(name)

    def call(self, name: str) -> Node:
        place = self._place - 1
        kinds = FUNCTIONS.get(name)
        if kinds is None:
            raise self.wrong(f'unknown function with name "{name}"', place)
        arguments = self.arguments()
        if len(arguments) != len(kinds):
            raise self.wrong(f'expected {len(kinds)} argument(s) in call to "{name}", got {len(arguments)}', place)
        for argument, wanted in zip(arguments, kinds, strict=True):
            self.expected(argument, wanted, f'call to function "{name}"', place)
        return Call(name, tuple(arguments))

    def expected(self, argument: Node, wanted: str, where: str, place: int) -> None:
        if (actual := kind(argument)) != wanted:
            raise self.wrong(f"expected type {_NAMES[wanted]} in {where}, got {_NAMES[actual]}", place)

    def arguments(self) -> list[Node]:
        self.need("(", "function call")
        result: list[Node] = []
        while not self.skip(")"):
            if self.token.kind == "end":
                raise self.wrong("unclosed left parenthesis")
            result.append(self.expression(0))
            if not self.skip(",") and self.token.text != ")":
                raise self.wrong("unclosed left parenthesis") if self.token.kind == "end" else self.unexpected("")
        return result

    def aggregation(self, name: str) -> Node:
        grouping = self.grouping()
        place = self._place
        arguments = self.arguments()
        grouping = grouping or self.grouping() or (frozenset(), False)
        count = 1 + (name in PARAMETERS)
        if len(arguments) != count:
            words = f"wrong number of arguments for aggregate expression provided, expected {count}"
            raise self.wrong(f"{words}, got {len(arguments)}", place)
        self.expected(arguments[-1], "v", "aggregation expression", place)
        if wanted := PARAMETERS.get(name):
            self.expected(arguments[0], wanted, "aggregation parameter", place)
        return Aggregation(name, arguments[-1], *grouping)

    def grouping(self) -> tuple[frozenset[str], bool] | None:
        for word in ("by", "without"):
            if self.skip(word):
                return frozenset(self.names()), word == "without"
        return None

    def selector(self, name: str) -> Node:
        matchers = [Matcher("__name__", "=", name)] if name else []
        if self.skip("{"):
            while not self.skip("}"):
                matchers.append(self.matcher())
                if not self.skip(",") and self.token.text != "}":
                    raise self.unexpected(' in label matching, expected "," or "}"')
        if all(matcher.test("") for matcher in matchers):
            raise self.wrong("vector selector must contain at least one non-empty matcher")
        return Selector(matchers=tuple(matchers))

    def matcher(self) -> Matcher:
        if self.token.kind != "name":
            raise self.unexpected(' in label matching, expected identifier or "}"')
        label = self.take().text
        if not self.comes("=", "!=", "=~", "!~"):
            raise self.unexpected(" in label matching, expected label matching operator")
        operator = self.take().text
        if self.token.kind != "string":
            raise self.unexpected(" in label matching, expected string")
        value = _unquoted(self.token.text)
        try:
            matcher = Matcher(label, operator, value)
        except re.error as error:
            raise self.wrong(f"error parsing regexp: {error}: `{value}`") from None
        self.take()
        return matcher


def _unquoted(text: str) -> str:
    """Return the text of a string literal."""
    if text[0] == "`":
        return text[1:-1]
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text[1:-1])
