"""`c3s rightsize --explain`: the figures behind recommendations, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, to_builtins

from c3s_cli import API_VERSION
from c3s_cli.amounts.duration import age
from c3s_cli.analysis.histories import snapshot
from c3s_cli.analysis.rightsizing import LEAST_LIFE, STEPS, need_of, recommend_all, rounded
from c3s_cli.columns.vocabulary import Unit
from c3s_cli.model.rightsizing import Advice, ContainerHistory, Recommendation, Replica, Rule
from c3s_cli.model.sample import Sample
from c3s_cli.output.cells import AMOUNTS
from c3s_cli.output.table import layout
from c3s_cli.request.rightsizing import words_of_rule
from c3s_cli.request.view import Format, View
from c3s_cli.terminal.printable import printable
from c3s_cli.terminal.stderr import counted

UNITS: Final = {"cpu": Unit.NANOCORES, "memory": Unit.BYTES}
# The figures of a replica, by resource, with the names that sources give to how they were read.
OF_REPLICAS: Final = {
    "cpu": (("cpu", "p{percentile}"), ("cpu_start", "first 5 minutes")),
    "memory": (("memory", "max"), ("oom_limit", "limit when killed")),
}


class _Line(Struct, frozen=True):
    """One figure: of which container, resource and pod; what it is, its value in nanocores or bytes, and more words."""

    container: str
    resource: str
    what: str
    value: int | None
    of: str = ""


def explained(histories: Sequence[ContainerHistory], sample: Sample, rule: Rule, view: View) -> Iterator[str]:
    """Write the figures of the containers of one workload as tables, or as JSON."""
    rows = recommend_all(histories, rule)
    read = dict((sample.histories or snapshot(sample)).read)
    sizes = _sizes(sample)
    lines = [line for history, row in zip(histories, rows, strict=True) for line in _lines(history, row, rule, sizes)]
    if view.format is Format.JSON:
        document = {
            "apiVersion": API_VERSION,
            "kind": "Explanation",
            "metadata": {"namespace": rows[0].namespace, "owner": rows[0].owner, "rule": words_of_rule(rule)},
            "units": {resource: unit.value for resource, unit in UNITS.items()},
            "figures": to_builtins(lines),
            "read": read,
        }
        yield json.dumps(document, indent=2) + "\n"
        return
    cells = [
        [printable(each.container) for each in lines],
        [each.resource for each in lines],
        [printable(each.what) for each in lines],
        [AMOUNTS[UNITS[each.resource]](each.value) if each.value is not None else "-" for each in lines],
        [printable(each.of) or "-" for each in lines],
    ]
    yield from layout(["CONTAINER", "RESOURCE", "FIGURE", "VALUE", "OF"] if view.headers else None, cells)
    yield "\n"
    ways = [list(map(printable, each)) for each in zip(*sorted(read.items()), strict=True)]
    if ways:
        yield from layout(["READ", "HOW"] if view.headers else None, ways)


def _sizes(sample: Sample) -> dict[str, str]:
    """Return the size of the node of each pod, as far as it is known, by the pod's name."""
    nodes = {
        name: f"{facts.capacity.get('cpu', 0) / 10**9:g} cores, {facts.capacity.get('memory', 0) / 2**30:.0f} GiB"
        for name, facts in (sample.node_facts or {}).items()
    }
    return {name: nodes[facts.node] for (_, name), facts in (sample.pod_facts or {}).items() if facts.node in nodes}


def _by_size(history: ContainerHistory, resource: str, words: str, sizes: Mapping[str, str]) -> Iterator[_Line]:
    """Yield the most that replicas use on nodes of each size, the largest use first."""
    most: dict[str, list[int]] = {}
    for each in history.replicas:
        value: int | None = getattr(each, resource)
        if each.pod in sizes and value is not None and (resource == "memory" or each.seconds >= LEAST_LIFE):
            most.setdefault(sizes[each.pod], []).append(value)
    for size, values in sorted(most.items(), key=lambda item: -max(item[1])):
        yield _Line(
            history.container, resource, words, max(values), f"{counted(len(values), 'replica')} on nodes of {size}"
        )


def _lines(history: ContainerHistory, row: Recommendation, rule: Rule, sizes: Mapping[str, str]) -> Iterator[_Line]:
    for resource in UNITS:
        advice: Advice = getattr(row, resource)
        yield _Line(row.container, resource, "requests now", advice.requests)
        yield _Line(row.container, resource, "limits now", advice.limits)
        for each in sorted(history.replicas, key=lambda replica: replica.pod):
            yield from _of_replica(history, resource, each, rule)
        used = f"p{rule.cpu_percentile}" if resource == "cpu" else "max"
        yield from _by_size(history, resource, f"largest {used}", sizes)
        if resource == "cpu" and row.periods and row.throttled_periods is not None:
            share = f"{100 * row.throttled_periods // row.periods}% of {row.periods} periods"
            yield _Line(row.container, resource, "throttled", None, share)
        yield _Line(row.container, resource, f"largest {used}", advice.used, f"{len(history.replicas)} replicas")
        reason = f"{advice.reason}{_rounding(history, resource, advice, rule)}"
        yield _Line(row.container, resource, "recommended requests", advice.recommended_requests, reason)
        yield _Line(row.container, resource, "recommended limits", advice.recommended_limits)
        yield _Line(row.container, resource, f"finding: {advice.finding}", advice.change, "change of one replica")


def _rounding(history: ContainerHistory, resource: str, advice: Advice, rule: Rule) -> str:
    """Return what was rounded up to the recommendation, or why the request stays; "" if neither is so."""
    need, _ = need_of(resource, history, advice.used or 0, rule)
    value, written = rounded(resource, need, rule), AMOUNTS[UNITS[resource]]
    bounded = advice.reason.startswith(("floor", "ceiling"))
    if advice.requests is not None and advice.recommended_requests == advice.requests != value and not bounded:
        if need <= advice.requests:
            return f": {written(need)}, which the request covers: it stays"
        return f": {written(need)}, less than {rule.min_change / 100:g}% more than the request: it stays"
    if bounded or advice.recommended_requests != value or value == need:
        return ""
    return f": {written(need)}, rounded up to a multiple of {written(STEPS[resource])}"


def _of_replica(history: ContainerHistory, resource: str, replica: Replica, rule: Rule) -> Iterator[_Line]:
    for field, words in OF_REPLICAS[resource]:
        value: Any = getattr(replica, field)
        if value is None:
            continue
        details = f"{replica.pod}, {age(replica.seconds)}, {replica.samples} samples"
        if field == "cpu" and not history.by_runs and replica.seconds < LEAST_LIFE:
            details += ": less than an hour, not counted"
        if field == "oom_limit":
            details += f", {replica.oom_kills} OOM kills"
        yield _Line(history.container, resource, words.format(percentile=rule.cpu_percentile), value, details)
