"""The values of expressions, and how Prometheus writes them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from c3s_cli.demo.prometheus.series import Labels

# The elements of an instant vector.
Vector = list[tuple["Labels", float]]


class Samples(NamedTuple):
    """One element of a range vector: a range (begin, end] and what lies in it, or only the ends of that."""

    labels: Labels  # without a name
    times: list[float]
    values: list[float]
    begin: float
    end: float
    size: int  # how many samples lie in it


Matrix = list[Samples]


def number(value: float) -> str:
    """Write a value."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa.removesuffix('.0')}e{exponent}" if exponent else repr(value)
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def moment(value: float) -> float | int:
    """Return a time as it is written: in whole seconds if it is one."""
    rounded = round(value, 3)
    return int(rounded) if rounded == int(rounded) else rounded


def without_name(labels: Labels) -> Labels:
    """Return labels without the name of a metric."""
    return tuple(pair for pair in labels if pair[0] != "__name__")


def shown(labels: Labels) -> str:
    """Write labels for an error."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}"
