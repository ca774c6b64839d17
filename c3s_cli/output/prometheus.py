"""-o prometheus: OpenMetrics text. One gauge a column, in base units; what is text becomes labels of an info metric.

node_exporter's textfile collector takes no timestamps; `sed 's/ [0-9.]*$//'` behind the value takes them away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from c3s_cli.columns import IDENTITY, Column, Kind, Unit
from c3s_cli.model import Report
from c3s_cli.output.document import flat
from c3s_cli.printable import printable
from c3s_cli.request import View

UNITS: Final = {Unit.NANOCORES: "cores", Unit.BYTES: "bytes", Unit.PERCENT: "ratio", Unit.SECONDS: "seconds"}
THINGS: Final = {
    Kind.NODE: "node",
    Kind.POD: "pod",
    Kind.NODE_GROUP: "node_group",
    Kind.POD_GROUP: "pod_group",
    Kind.CLUSTER: "cluster",
}
TEXTUAL: Final = (Unit.TEXT, Unit.TEXTS)


def exposition(report: Report, view: View) -> Iterator[str]:
    """Write every column as a family of its own, then `# EOF`."""
    columns = flat(report.columns)
    for column in columns:
        if column.unit not in TEXTUAL:
            yield from _family(column, report, view)
    texts = [column for column in columns if column.unit in TEXTUAL]
    if texts:
        yield from _info(texts, report, view)
    yield "# EOF\n"


def _family(column: Column, report: Report, view: View) -> Iterator[str]:
    """Write one gauge: of the rows, or of their containers where the column has values of those."""
    nested = view.containers and column.of_containers
    thing = "container" if nested else THINGS[view.kind]
    unit = UNITS.get(column.unit, "")
    name = _metric_name(thing, column, unit)
    lines = []
    for row in report.rows:
        moment = _epoch(getattr(row, "timestamp", None))
        labels = _labels(row, view)
        for each in getattr(row, "containers", ()) if nested else (row,):
            value = column.value(each)
            if value is not None:
                own = [*labels, ("container", each.name)] if nested else labels
                lines.append(f"{name}{_braces(own)} {_number(value, column.unit)}{moment}\n")
    if lines:
        head = [f"# TYPE {name} gauge\n"]
        if unit:
            head.append(f"# UNIT {name} {unit}\n")
        head.append(f"# HELP {name} {_escaped(column.summary)}\n")
        yield "".join(head)
        yield from lines


def _metric_name(thing: str, column: Column, unit: str) -> str:
    """Turn `cpu.usagePercentOfAllocatable` into `c3s_node_cpu_usage_of_allocatable_ratio`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.name).lower().replace("_percent_", "_")
    words = re.sub(r"[^a-z0-9]+", "_", words).strip("_")
    return f"c3s_{thing}_{words}_{unit}" if unit else f"c3s_{thing}_{words}"


def _info(texts: Sequence[Column], report: Report, view: View) -> Iterator[str]:
    name = f"c3s_{THINGS[view.kind]}"
    yield f"# TYPE {name} info\n# HELP {name} what is not a number\n"
    for row in report.rows:
        told = []
        for column in texts:
            value = column.value(row)
            if value is not None:
                key = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.name).lower()).strip("_")
                told.append((key, ",".join(value) if column.unit is Unit.TEXTS else value))
        known = {key for key, _ in _labels(row, view)}
        yield f"{name}_info{_braces([*_labels(row, view), *(each for each in told if each[0] not in known)])} 1\n"


def _labels(row: Any, view: View) -> list[tuple[str, str]]:
    labels = [("context", row.context)]
    for key in view.keys:
        label = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key.name).lower()).strip("_")
        labels.append((label, key.value(row)))
    if view.kind is Kind.POD:
        labels.append(("namespace", row.namespace))
    if view.kind in (Kind.NODE, Kind.POD):
        labels.append((THINGS[view.kind], IDENTITY["name"].value(row)))
    return labels


def _braces(labels: Sequence[tuple[str, str]]) -> str:
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels) + "}"


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: Any, unit: Unit) -> str:
    """Write a value in its base unit, exactly."""
    match unit:
        case Unit.NANOCORES:
            return f"{Decimal(value).scaleb(-9):f}"
        case Unit.PERCENT:
            return repr(value / 100)
        case _:
            return str(value)


def _epoch(timestamp: str | None) -> str:
    if not timestamp:
        return ""
    try:
        return f" {datetime.fromisoformat(timestamp).timestamp():.0f}"
    except ValueError:
        return ""
