"""The syntax tree of a query."""

from __future__ import annotations

from dataclasses import dataclass


class BadQuery(ValueError):
    """An invalid query or parameter; the message is Prometheus', or close to it."""


class CannotExecute(ValueError):
    """A query that is well-formed and cannot be answered."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Any part of a query. Each is itself only, so that what is found for it can be kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    """A number."""

    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Text(Node):
    """A string."""

    value: str


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label matcher."""

    label: str
    operator: str  # =, !=, =~ or !~
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Selector(Node):
    """An instant vector selector, or with a range (in seconds) a range vector selector."""

    matchers: tuple[Matcher, ...]
    span: float = 0.0
    offset: float = 0.0
    at: float | str | None = None  # seconds since 1970, or start or end


@dataclass(frozen=True, slots=True, eq=False)
class Subquery(Node):
    """An expression at many times."""

    inner: Node
    span: float
    step: float
    offset: float = 0.0
    at: float | str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """A function of expressions."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Aggregation(Node):
    """Many elements made one for each group."""

    name: str
    inner: Node
    labels: frozenset[str]
    without: bool
    parameter: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """Which elements of two vectors belong together."""

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
