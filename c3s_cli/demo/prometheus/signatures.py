"""Which functions and aggregations there are, and of what kind expressions are."""

from __future__ import annotations

from c3s_cli.demo.prometheus.syntax import Binary, Call, Negated, Node, Number, Selector, Subquery, Text

AGGREGATIONS = frozenset({"sum", "avg", "max", "min", "count", "topk", "bottomk", "quantile", "group"})
PARAMETERS = frozenset({"topk", "bottomk", "quantile"})
OVER_TIME = frozenset(f"{what}_over_time" for what in ("avg", "max", "min", "sum", "count", "last"))
# Name -> kinds of its arguments: v(ector), r(ange), s(calar), t(ext); a question mark is one that may be missing.
FUNCTIONS = {
    **dict.fromkeys(OVER_TIME, "r"),
    **dict.fromkeys(("rate", "increase", "irate", "delta"), "r"),
    "quantile_over_time": "sr",
    "label_replace": "vtttt",
    "clamp_min": "vs",
    "clamp_max": "vs",
    "vector": "s",
    "scalar": "v",
    "time": "",
    "timestamp": "v",
    "abs": "v",
    "ceil": "v",
    "floor": "v",
    "round": "vs?",
    "absent": "v",
}


def kind(node: Node) -> str:
    """Return the kind of an expression: v, r, s or t."""
    match node:
        case Number():
            return "s"
        case Text():
            return "t"
        case Selector(span=span):
            return "r" if span else "v"
        case Subquery():
            return "r"
        case Call(name="time" | "scalar"):
            return "s"
        case Binary(left=left, right=right):
            return "s" if kind(left) == kind(right) == "s" else "v"
        case Negated(inner=inner):
            return kind(inner)
        case _:
            return "v"
