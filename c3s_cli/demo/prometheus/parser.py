"""The text of a query -> its syntax."""

from __future__ import annotations

import re
from dataclasses import replace

from c3s_cli.demo.prometheus.lexer import Token, problem, seconds, tokens, unquoted
from c3s_cli.demo.prometheus.signatures import AGGREGATIONS, FUNCTIONS, PARAMETERS, kind
from c3s_cli.demo.prometheus.syntax import (
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
)

_LEVELS = (
    ("or",),
    ("and", "unless"),
    ("==", "!=", "<=", "<", ">=", ">"),
    ("+", "-"),
    ("*", "/", "%"),
    ("^",),
)
_COMPARISONS = _LEVELS[2]
_NAMES = {"v": "instant vector", "r": "range vector", "s": "scalar", "t": "string"}


def parse(text: str) -> Node:
    """Read a query."""
    if not text.strip():
        raise BadQuery("unknown position: parse error: no expression found in input")
    reader = _Reader(text)
    found = reader.expression(0)
    if reader.token.kind != "end":
        raise reader.wrong(f"unexpected {reader.said()}")
    return found


class _Reader:
    """The tokens of a query, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._place = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._place]

    def said(self) -> str:
        """Describe what comes next."""
        return "end of input" if self.token.kind == "end" else f'"{self.token.text}"'

    def wrong(self, message: str) -> BadQuery:
        return problem(self._text, self.token.place, message)

    def take(self) -> Token:
        token = self.token
        self._place += 1
        return token

    def skip(self, *texts: str) -> bool:
        """Pass over one of these, if it comes next."""
        if self.token.kind in ("operator", "name") and self.token.text.lower() in texts:
            self._place += 1
            return True
        return False

    def need(self, text: str, where: str) -> None:
        if not self.skip(text):
            raise self.wrong(f'unexpected {self.said()} in {where}, expected "{text}"')

    # Operators.

    def expression(self, level: int) -> Node:
        """Read what operators of a level and above connect."""
        if level == len(_LEVELS):
            return self.signed()
        left = self.expression(level + 1)
        while self.token.kind in ("operator", "name") and self.token.text.lower() in _LEVELS[level]:
            place = self._place
            operator = self.take().text.lower()
            matching = self.matching(operator)
            # A power of a power is read from the right.
            right = self.expression(level if operator == "^" else level + 1)
            left = self.checked(Binary(operator, left, right, matching), place)
        return left

    def checked(self, found: Binary, place: int) -> Binary:
        kinds = kind(found.left), kind(found.right)
        self._place, back = place, self._place
        if not set(kinds) <= {"s", "v"}:
            raise self.wrong("binary expression must contain only scalar and instant vector types")
        if found.operator in ("and", "or", "unless") and kinds != ("v", "v"):
            raise self.wrong(f'set operator "{found.operator}" not allowed in binary scalar expression')
        if found.operator in _COMPARISONS and kinds == ("s", "s") and not found.matching.boolean:
            raise self.wrong("comparisons between scalars must use BOOL modifier")
        self._place = back
        return found

    def matching(self, operator: str) -> Matching:
        boolean = operator in _COMPARISONS and self.skip("bool")
        result = Matching(boolean=boolean)
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
                raise self.wrong(f"unexpected {self.said()} in grouping opts, expected label")
            result.append(self.take().text)
            if not self.skip(",") and self.token.text != ")":
                raise self.wrong(f'unexpected {self.said()} in grouping opts, expected "," or ")"')
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

    def modified(self, found: Node) -> Node:
        while True:
            if self.token.text == "[" and self.token.kind == "operator":
                found = self.ranged(found)
            elif self.skip("offset"):
                sign = -1 if self.skip("-") else 1
                if not isinstance(found, (Selector, Subquery)):
                    raise self.wrong(
                        "offset modifier must be preceded by an instant vector selector or range vector "
                        "selector or a subquery"
                    )
                found = replace(found, offset=sign * self.duration())
            elif self.skip("@"):
                if not isinstance(found, (Selector, Subquery)):
                    raise self.wrong(
                        "@ modifier must be preceded by an instant vector selector or range vector "
                        "selector or a subquery"
                    )
                found = replace(found, at=self.moment())
            else:
                return found

    def ranged(self, found: Node) -> Node:
        self.need("[", "range")
        span = self.duration()
        if self.skip(":"):
            step = 0.0 if self.token.text == "]" else self.duration()
            self.close("subquery")
            if kind(found) not in ("v", "s"):
                raise self.wrong("subquery is only allowed on instant vector")
            return Subquery(found, span, step)
        self.close("range")
        if not isinstance(found, Selector) or found.span:
            raise self.wrong("ranges only allowed for vector selectors")
        return replace(found, span=span)

    def close(self, where: str) -> None:
        """Pass over the end of a range."""
        if self.token.kind == "end":
            raise self.wrong("unclosed left bracket")
        self.need("]", where)

    def duration(self) -> float:
        token = self.take()
        if token.kind == "duration":
            return seconds(token.text)
        if token.kind == "number":
            return float(token.text)
        self._place -= 1
        raise self.wrong(f"unexpected {self.said()}, expected number or duration")

    def moment(self) -> float | str:
        sign = -1 if self.skip("-") else 1
        if self.token.kind == "number":
            return sign * float(self.take().text)
        word = self.take().text
        if word not in ("start", "end"):
            raise self.wrong('unexpected token in @, expected timestamp, "start()" or "end()"')
        self.need("(", "@")
        self.need(")", "@")
        return word

    def operand(self) -> Node:
        token = self.token
        if self.skip("("):
            inner = self.expression(0)
            if not self.skip(")"):
                raise self.wrong("unclosed left parenthesis")
            return inner
        if token.text == "{":
            return self.selector("")
        match token.kind:
            case "duration":
                return Number(seconds(self.take().text))
            case "number":
                self.take()
                return Number(float(int(token.text, 16)) if token.text[:2].lower() == "0x" else float(token.text))
            case "string":
                return Text(unquoted(self.take().text))
            case "name":
                return self.named(self.take().text)
            case _:
                raise self.wrong(f"unexpected {self.said()}")

    def named(self, name: str) -> Node:
        """Read what begins with a name."""
        word = name.lower()
        if word in ("inf", "nan"):
            return Number(float(word))
        if word in AGGREGATIONS and self.token.text in ("(", "by", "without"):
            return self.aggregation(word)
        return self.call(name) if self.token.text == "(" else self.selector(name)

    def call(self, name: str) -> Node:
        place = self._place
        if name not in FUNCTIONS:
            self._place -= 1
            raise self.wrong(f'unknown function with name "{name}"')
        arguments = self.arguments()
        wanted = FUNCTIONS[name]
        kinds, least = wanted.replace("?", ""), len(wanted.partition("?")[0]) - wanted.count("?")
        self._place, back = place - 1, self._place
        if not least <= len(arguments) <= len(kinds):
            raise self.wrong(f'expected {len(kinds)} argument(s) in call to "{name}", got {len(arguments)}')
        for argument, one in zip(arguments, kinds, strict=False):
            self.expected(argument, one, f'call to function "{name}"')
        self._place = back
        return Call(name, tuple(arguments))

    def expected(self, argument: Node, wanted: str, where: str) -> None:
        if kind(argument) != wanted:
            raise self.wrong(f"expected type {_NAMES[wanted]} in {where}, got {_NAMES[kind(argument)]}")

    def arguments(self) -> list[Node]:
        self.need("(", "function call")
        result: list[Node] = []
        while not self.skip(")"):
            if self.token.kind == "end":
                raise self.wrong("unclosed left parenthesis")
            result.append(self.expression(0))
            if not self.skip(",") and self.token.text != ")":
                raise self.wrong(
                    "unclosed left parenthesis" if self.token.kind == "end" else f"unexpected {self.said()}"
                )
        return result

    def aggregation(self, name: str) -> Node:
        grouping = self.grouping()
        place = self._place
        arguments = self.arguments()
        grouping = grouping or self.grouping() or (frozenset(), False)
        self._place, back = place, self._place
        count = 2 if name in PARAMETERS else 1
        if len(arguments) != count:
            raise self.wrong(
                f"wrong number of arguments for aggregate expression provided, expected {count}, got {len(arguments)}"
            )
        self.expected(arguments[-1], "v", "aggregation expression")
        parameter = arguments[0] if count == 2 else None
        if parameter is not None:
            self.expected(parameter, "s", "aggregation parameter")
        self._place = back
        return Aggregation(name, arguments[-1], *grouping, parameter)

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
                    raise self.wrong(f'unexpected {self.said()} in label matching, expected "," or "}}"')
        if all(empty(matcher) for matcher in matchers):
            raise self.wrong("vector selector must contain at least one non-empty matcher")
        return Selector(tuple(matchers))

    def matcher(self) -> Matcher:
        if self.token.kind != "name":
            raise self.wrong(f'unexpected {self.said()} in label matching, expected identifier or "}}"')
        label = self.take().text
        operator = self.take().text
        if operator not in ("=", "!=", "=~", "!~"):
            self._place -= 1
            raise self.wrong(f"unexpected {self.said()} in label matching, expected label matching operator")
        if self.token.kind != "string":
            raise self.wrong(f"unexpected {self.said()} in label matching, expected string")
        value = unquoted(self.token.text)
        if operator in ("=~", "!~"):
            try:
                re.compile(value)
            except re.error as error:
                raise self.wrong(f"error parsing regexp: {error}: `{value}`") from None
        self.take()
        return Matcher(label, operator, value)


def empty(matcher: Matcher) -> bool:
    """Return whether a matcher matches a missing label."""
    match matcher.operator:
        case "=":
            return not matcher.value
        case "!=":
            return bool(matcher.value)
        case "=~":
            return re.fullmatch(matcher.value, "") is not None
        case _:
            return re.fullmatch(matcher.value, "") is None
