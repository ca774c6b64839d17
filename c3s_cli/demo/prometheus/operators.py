"""Operators between two expressions: which elements belong together, and what becomes of them."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from c3s_cli.demo.prometheus.functions import Vector
from c3s_cli.demo.prometheus.series import Labels, labels_of, without_name
from c3s_cli.demo.prometheus.syntax import Binary, CannotExecute, Matching


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


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divide, "%": _remainder, "^": _power,
}  # fmt: skip
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _text(labels: Labels) -> str:
    """Write labels for an error."""
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}"


def connected(node: Binary, left: Vector | float, right: Vector | float) -> Vector | float:
    """Connect the values of two expressions."""
    if isinstance(left, float):
        if isinstance(right, float):
            return _of_numbers(node, left, right)
        return _with_number(node, right, left, left=True)
    if isinstance(right, float):
        return _with_number(node, left, right, left=False)
    return _of_sets(node, left, right) if node.operator in ("and", "or", "unless") else _of_vectors(node, left, right)


def _of_numbers(node: Binary, left: float, right: float) -> float:
    compare = _COMPARISONS.get(node.operator)
    return float(compare(left, right)) if compare else _ARITHMETIC[node.operator](left, right)


def _with_number(node: Binary, vector: Vector, value: float, *, left: bool) -> Vector:
    """Connect every element with a number, which stands on the left or on the right."""
    compare = _COMPARISONS.get(node.operator)
    result: Vector = []
    for labels, element in vector:
        pair = (value, element) if left else (element, value)
        if compare is None or node.matching.boolean:
            result.append((without_name(labels), _of_numbers(node, *pair)))
        elif compare(*pair):
            result.append((labels, element))
    return result


def _key(labels: Labels, matching: Matching) -> Labels:
    """Return the labels by which an element finds its partner."""
    if matching.on:
        return tuple(pair for pair in labels if pair[0] in matching.labels)
    return tuple(pair for pair in labels if pair[0] not in matching.labels and pair[0] != "__name__")


def _of_sets(node: Binary, left: Vector, right: Vector) -> Vector:
    other = left if node.operator == "or" else right
    known = {_key(labels, node.matching) for labels, _ in other}
    if node.operator == "or":
        return left + [one for one in right if _key(one[0], node.matching) not in known]
    return [one for one in left if (_key(one[0], node.matching) in known) == (node.operator == "and")]


def _of_vectors(node: Binary, left: Vector, right: Vector) -> Vector:
    """Connect the elements of two vectors that match."""
    matching, flipped = node.matching, node.matching.side == "right"
    many, one = (right, left) if flipped else (left, right)
    partners: dict[Labels, tuple[Labels, float]] = {}
    for labels, value in one:
        key = _key(labels, matching)
        if key in partners:
            raise CannotExecute(
                f"found duplicate series for the match group {_text(key)} on the {'left' if flipped else 'right'} "
                f"hand-side of the operation: [{_text(labels)}, {_text(partners[key][0])}];many-to-many matching not "
                "allowed: matching labels must be unique on one side"
            )
        partners[key] = labels, value
    compare = _COMPARISONS.get(node.operator)
    filters = compare is not None and not matching.boolean
    result: Vector = []
    used: set[Labels] = set()
    for labels, value in many:
        key = _key(labels, matching)
        if (partner := partners.get(key)) is None:
            continue
        pair = (partner[1], value) if flipped else (value, partner[1])
        of_result = _labels(labels, partner[0], key, matching, keep=filters)
        if filters and not _of_numbers(node, *pair):
            continue
        if of_result in used:
            why = "many-to-one matching must be explicit (group_left/group_right)"
            why = "grouping labels must ensure unique matches" if matching.side else why
            raise CannotExecute(f"multiple matches for labels: {why}")
        used.add(of_result)
        result.append((of_result, pair[0] if filters else _of_numbers(node, *pair)))
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
