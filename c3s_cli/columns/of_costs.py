"""The columns of costs: what is requested, what is used, and the difference, a month, at the prices of --prices."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from c3s_cli.columns.getters import figure, lacks
from c3s_cli.columns.vocabulary import Column, Getter, Kind, Needs, Unit

if TYPE_CHECKING:
    from fractions import Fraction

COSTS: Final = ("cost.requests", "cost.usage", "cost.waste")
# The requests of those members of a group whose usage is known.
COMPARED: Final = "cost.compared"
GROUPED: Final = (Kind.NODE_GROUP, Kind.POD_GROUP, Kind.CLUSTER)


def _money(amount: int) -> Fraction:
    from c3s_cli.amounts.money import money  # only --prices needs it

    return money(amount)


def _cost(amount: Getter) -> Getter:
    def value(row: Any) -> Fraction | None:
        cost = amount(row)
        return None if cost is None else _money(cost)

    return value


def _waste(requested: str) -> Getter:
    requests, usage = figure(requested), figure("cost.usage")

    def value(row: Any) -> Fraction | None:
        above, below = requests(row), usage(row)
        return None if above is None or below is None else _money(max(0, above - below))

    return value


# The columns of recommendations.
SAVINGS: Final = ("cost.requests", "cost.savings")


def savings_columns() -> Iterator[Column]:
    """Yield the columns of costs of recommendations, and of groups of them."""
    read = Needs.NODES | Needs.NODE_DETAILS | Needs.PODS
    yield Column(
        "cost.requests", Unit.MONEY, _cost(attrgetter("cost")), "what the requests of all replicas cost a month", read
    )
    meaning = "what the recommended requests would save a month, or cost more if negative"
    yield Column("cost.savings", Unit.MONEY, _cost(attrgetter("savings")), meaning, read)


def cost_columns(kind: Kind) -> Iterator[Column]:
    """Yield the columns of costs for one kind of row."""
    read = Needs.NODES | Needs.NODE_DETAILS | Needs.PODS
    measured = read | (Needs.POD_METRICS if kind.group is Kind.POD_GROUP else Needs.NODE_METRICS)
    grouped = kind in GROUPED
    lacking = lacks("cost.usage") if grouped else lacks("cpu") if kind is Kind.POD else None
    usage = _cost(figure("cost.usage"))
    yield Column("cost.requests", Unit.MONEY, _cost(figure("cost.requests")), "what the requests cost a month", read)
    yield Column(
        "cost.usage",
        Unit.MONEY,
        usage,
        "what the CPU and memory used now, and the GPUs requested, would cost a month",
        measured,
        in_part=lacking,
        floor=(usage,) if lacking else (),
    )
    yield Column(
        "cost.waste",
        Unit.MONEY,
        _waste(COMPARED if grouped else "cost.requests"),
        "cost.requests minus cost.usage, at least 0",
        measured,
        in_part=lacking,
    )
