"""The syntax tree of a query, which functions and aggregations there are, and of what kind expressions are."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Name -> kind of the parameter; the grammar has these aggregations, the engine has not.
PARAMETERS = {"topk": "s", "bottomk": "s", "quantile": "s", "limitk": "s", "limit_ratio": "s", "count_values": "t"}
AGGREGATIONS = frozenset({"sum", "avg", "max", "min", "count", "group", "stddev", "stdvar", *PARAMETERS})
# Name -> kinds of its arguments: v(ector), r(ange), s(calar), t(ext).
FUNCTIONS = {
    "rate": "r", "increase": "r", "irate": "r", "deriv": "r", "changes": "r", "resets": "r",
    "avg_over_time": "r", "max_over_time": "r", "min_over_time": "r",
    "last_over_time": "r", "count_over_time": "r", "quantile_over_time": "sr", "label_replace": "vtttt", "time": "",
    "timestamp": "v",
}  # fmt: skip


class BadQuery(ValueError):
    """An invalid query or parameter; the message is Prometheus', or close to it."""


class CannotExecute(ValueError):
    """A query that is well-formed and cannot be answered."""


# No part of a query equals another one, so that results can be kept by part.
@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Any part of a query."""


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    """A number."""

    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Text(Node):
    """A string."""

    value: str


class Matcher:
    """A label matcher; re.error if it is no regular expression."""

    __slots__ = ("label", "negated", "pattern", "value")

    def __init__(self, label: str, operator: str, value: str) -> None:
        self.label = label
        self.value = value
        self.negated = operator[0] == "!"
        self.pattern = re.compile(value) if operator[1:] == "~" else None

    def test(self, value: str) -> bool:
        """Return whether it matches a label's value; a missing label is empty."""
        matches = value == self.value if self.pattern is None else self.pattern.fullmatch(value) is not None
        return matches != self.negated


@dataclass(frozen=True, slots=True, eq=False)
class Timed(Node):
    """What may be read at another time than that of the query."""

    span: float = 0.0  # seconds of a range vector, or 0
    offset: float = 0.0
    at: float | str | None = None  # seconds since 1970, or start or end


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Selector(Timed):
    """An instant vector selector, or with a range a range vector selector."""

    matchers: tuple[Matcher, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Subquery(Timed):
    """An expression at many times."""

    inner: Node
    step: float


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """A function of expressions."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Aggregation(Node):
    """An aggregation: one element for each group."""

    name: str
    inner: Node
    labels: frozenset[str]
    without: bool


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """How the elements of two vectors are matched."""

    labels: frozenset[str] = frozenset()
    on: bool = False
    side: str = ""  # left or right: where there may be many
    include: tuple[str, ...] = ()
    boolean: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """An operator between two expressions."""

    operator: str
    left: Node
    right: Node
    matching: Matching


@dataclass(frozen=True, slots=True, eq=False)
class Negated(Node):
    """A minus sign."""

    inner: Node


def kind(node: Node) -> str:
    """Return the kind of an expression: v, r, s or t."""
    match node:
        case Number() | Call(name="time"):
            return "s"
        case Text():
            return "t"
        case Timed(span=span):
            return "r" if span else "v"
        case Binary(left=left, right=right):
            return "s" if kind(left) == kind(right) == "s" else "v"
        case Negated(inner=inner):
            return kind(inner)
        case _:
            return "v"
