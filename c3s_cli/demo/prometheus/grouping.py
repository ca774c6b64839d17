"""Aggregations: many elements made one for each group, or the largest of each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from c3s_cli.demo.prometheus.functions import quantile

if TYPE_CHECKING:
    from collections.abc import Callable

    from c3s_cli.demo.prometheus.series import Labels
    from c3s_cli.demo.prometheus.syntax import Aggregation
    from c3s_cli.demo.prometheus.values import Vector

_REDUCE: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "avg": lambda values: math.fsum(values) / len(values),
    "max": max,
    "min": min,
    "count": lambda values: float(len(values)),
    "group": lambda _: 1.0,
}


def _key(labels: Labels, node: Aggregation) -> Labels:
    if node.without:
        return tuple(pair for pair in labels if pair[0] not in node.labels and pair[0] != "__name__")
    return tuple(pair for pair in labels if pair[0] in node.labels)


class Groups:
    """Finds the group of an element; the same elements come at every time."""

    def __init__(self) -> None:
        self._known: dict[Aggregation, dict[Labels, Labels]] = {}

    def reduce(self, node: Aggregation, vector: Vector, parameter: float) -> Vector:
        """Carry out an aggregation."""
        known = self._known.setdefault(node, {})
        groups: dict[Labels, list[tuple[Labels, float]]] = {}
        for element in vector:
            labels = element[0]
            key = known.get(labels)
            if key is None:
                key = known[labels] = _key(labels, node)
            groups.setdefault(key, []).append(element)
        if node.name in ("topk", "bottomk"):
            sign = -1 if node.name == "topk" else 1
            count = max(0, int(parameter))
            ordered = (sorted(members, key=lambda one: (sign * one[1], one[0])) for members in groups.values())
            return [one for members in ordered for one in members[:count]]
        if node.name == "quantile":
            return [(key, quantile(parameter, [value for _, value in members])) for key, members in groups.items()]
        reduce = _REDUCE[node.name]
        return [(key, reduce([value for _, value in members])) for key, members in groups.items()]
