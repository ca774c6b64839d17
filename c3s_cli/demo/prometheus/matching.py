"""Operators between two expressions: which elements belong together, and what becomes of them."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

from c3s_cli.demo.prometheus.series import labels_of
from c3s_cli.demo.prometheus.syntax import CannotExecute
from c3s_cli.demo.prometheus.values import Vector, shown, without_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from c3s_cli.demo.prometheus.series import Labels
    from c3s_cli.demo.prometheus.syntax import Binary, Matching


def _divide(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def _remainder(a: float, b: float) -> float:
    return math.nan if b == 0 or math.isinf(a) else math.fmod(a, b)


def _power(a: float, b: float) -> float:
    try:
        result = a**b
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return result if isinstance(result, float) else math.nan


ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _remainder,
    "^": _power,
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def of_numbers(node: Binary, left: float, right: float) -> float:
    """Connect two numbers."""
    compare = COMPARISONS.get(node.operator)
    return float(compare(left, right)) if compare else ARITHMETIC[node.operator](left, right)


def with_number(node: Binary, vector: Vector, value: float, *, left: bool) -> Vector:
    """Connect every element with a number, which stands on the left or on the right."""
    compare = COMPARISONS.get(node.operator)
    result: Vector = []
    for labels, element in vector:
        pair = (value, element) if left else (element, value)
        if compare is None:
            result.append((without_name(labels), ARITHMETIC[node.operator](*pair)))
        elif node.matching.boolean:
            result.append((without_name(labels), float(compare(*pair))))
        elif compare(*pair):
            result.append((labels, element))
    return result


def key_of(labels: Labels, matching: Matching) -> Labels:
    """Return the labels by which an element finds its partner."""
    if matching.on:
        return tuple(pair for pair in labels if pair[0] in matching.labels)
    return tuple(pair for pair in labels if pair[0] not in matching.labels and pair[0] != "__name__")


def of_sets(node: Binary, left: Vector, right: Vector) -> Vector:
    """Connect two vectors as sets."""
    if node.operator == "or":
        known = {key_of(labels, node.matching) for labels, _ in left}
        return left + [one for one in right if key_of(one[0], node.matching) not in known]
    known = {key_of(labels, node.matching) for labels, _ in right}
    return [one for one in left if (key_of(one[0], node.matching) in known) == (node.operator == "and")]


def of_vectors(node: Binary, left: Vector, right: Vector) -> Vector:
    """Connect the elements of two vectors that match."""
    matching = node.matching
    many, one = (right, left) if matching.side == "right" else (left, right)
    side = "left" if matching.side == "right" else "right"
    partners: dict[Labels, tuple[Labels, float]] = {}
    for labels, value in one:
        key = key_of(labels, matching)
        if key in partners:
            raise CannotExecute(
                f"found duplicate series for the match group {shown(key)} on the {side} hand-side of the operation: "
                f"[{shown(labels)}, {shown(partners[key][0])}];many-to-many matching not allowed: matching labels must "
                "be unique on one side"
            )
        partners[key] = labels, value
    compare = COMPARISONS.get(node.operator)
    result: Vector = []
    seen: set[Labels] = set()
    for labels, value in many:
        key = key_of(labels, matching)
        found = partners.get(key)
        if found is None:
            continue
        pair = (found[1], value) if matching.side == "right" else (value, found[1])
        shows = _labels(labels, found[0], key, matching, keep=compare is not None and not matching.boolean)
        if compare is not None and not compare(*pair) and not matching.boolean:
            continue
        if shows in seen:
            raise CannotExecute(
                "multiple matches for labels: grouping labels must ensure unique matches"
                if matching.side
                else "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
            )
        seen.add(shows)
        if compare is None:
            result.append((shows, ARITHMETIC[node.operator](*pair)))
        else:
            result.append((shows, float(compare(*pair)) if matching.boolean else pair[0]))
    return result


def _labels(many: Labels, one: Labels, key: Labels, matching: Matching, *, keep: bool) -> Labels:
    """Return the labels of the result: those that match, or all of the side with many."""
    kept = many if keep else without_name(many)
    if not matching.side:
        return key if matching.on else tuple(pair for pair in kept if pair[0] not in matching.labels)
    if not matching.include:
        return kept
    other = dict(one)
    return labels_of(dict(kept) | {name: other.get(name, "") for name in matching.include})
