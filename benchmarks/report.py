"""Measurements → Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from cases import SIZES, TICKS, Case
from measure import Pairs

Result = tuple[Case, Pairs]
HEAD: Final = (
    "| | c3s | kubectl | wall | target | CPU | peak memory | target | | the time of c3s goes into |",
    "|---|---|---|---|---|---|---|---|---|---|",
)
# The cost per pod may grow by this factor from one size to the next.
CONSTANT: Final = 1.3


def table(results: Sequence[Result]) -> list[str]:
    """Return the table: one row per case."""
    return [*HEAD, *(_line(case, pairs) for case, pairs in results)]


def _line(case: Case, pairs: Pairs) -> str:
    cells = [
        case.where,
        _code(case.shown) + (", one tick" if case.is_watch else ""),
        _code(case.kubectl),
        _ratio(pairs, "wall"),
        _most(case.wall),
        _ratio(pairs, "cpu") + (f", target {_most(case.cpu)}" if case.cpu else ""),
        _memory(case, pairs),
        f"≤ {case.memory_mib:g} MiB" if case.memory_mib else "flat" if case.growth else _most(case.memory),
        verdict(case, pairs),
        case.bounds,
    ]
    return f"| {' | '.join(cells)} |"


def _code(command: str) -> str:
    escaped = command.replace("|", "\\|")
    return f"`{escaped}`"


def _memory(case: Case, pairs: Pairs) -> str:
    if case.growth:
        return f"x {median(pairs.growth):.2f} in {TICKS} ticks: {pairs.median('c3s', 'memory'):.0f} MiB"
    ours, theirs = pairs.median("c3s", "memory"), pairs.median("kubectl", "memory")
    return f"**{ours / theirs:.2f}**: {ours:.0f} / {theirs:.0f} MiB"


def _ratio(pairs: Pairs, what: str) -> str:
    low, high = pairs.spread(what)
    ours, theirs = (pairs.median(who, what) * 1000 for who in ("c3s", "kubectl"))
    return f"**{pairs.ratio(what):.2f}** ({low:.2f}-{high:.2f}): {ours:.0f} / {theirs:.0f} ms"


def _most(target: float | None) -> str:
    return "" if target is None else f"≤ {target:g}"


def verdict(case: Case, pairs: Pairs) -> str:
    """Return "met", or by how much each target is missed; "" without targets."""
    checks = [
        ("wall", pairs.ratio("wall"), case.wall, ""),
        ("CPU", pairs.ratio("cpu"), case.cpu, ""),
        ("memory", pairs.ratio("memory"), case.memory, ""),
        ("memory", pairs.median("c3s", "memory"), case.memory_mib, " MiB"),
        ("growth", median(pairs.growth), case.growth, ""),
    ]
    asked = [(what, is_, most, unit) for what, is_, most, unit in checks if most is not None]
    missed = [f"{what} missed by {is_ - most:.2f}{unit}" for what, is_, most, unit in asked if is_ > most]
    return "; ".join(missed) or ("met" if asked else "")


def per_pod(results: Sequence[Result]) -> str:
    """Return the cost of one more pod at each size; "" unless `top pods -A` was measured at all sizes."""
    walls = {case.size: pairs.median("c3s", "wall") for case, pairs in results if _is_plain_reading(case)}
    if not {"M", "L", "XL"} <= set(walls):
        return ""
    (from_m, _), (from_l, _) = steps = list(_steps(walls))
    factor = from_l / from_m
    words = " and ".join(f"{cost * 1e6:.1f} µs {between}" for cost, between in steps)
    return f"One more pod costs `top pods -A` {words}: a factor of {factor:.2f} (target ≤ {CONSTANT:g})."


def _is_plain_reading(case: Case) -> bool:
    return case.c3s == "top pods -A" and not case.network and not case.first_line


def _steps(walls: dict[str, float]) -> Iterator[tuple[float, str]]:
    for small, large in (("M", "L"), ("L", "XL")):
        more = pods_of(large) - pods_of(small)
        yield (walls[large] - walls[small]) / more, f"from {small} to {large}"


def pods_of(size: str) -> int:
    """Return the number of pods of a size."""
    nodes, pods = SIZES[size]
    return nodes * pods


def stages(lines: Sequence[tuple[Case, str]]) -> list[str]:
    """Return a table of the timings that c3s itself logs with `-v`."""
    rows = (f"| {case.where} | {_code(case.c3s)} | {said} |" for case, said in lines if not case.first_line)
    return ["| | c3s | its last line with `-v` |", "|---|---|---|", *rows]
