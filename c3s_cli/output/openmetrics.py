"""-o prometheus and -o openmetrics: one gauge per column, in base units; text columns are labels of an `_info` gauge.

Prometheus' text format (version 0.0.4) and OpenMetrics are almost the same: times are milliseconds in the former,
seconds in the latter; only OpenMetrics has units and ends in `# EOF`. Names, types and help texts are valid in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, count
from typing import Any, Final

from c3s_cli.amounts.timestamp import epoch
from c3s_cli.columns.vocabulary import FITTING, MOVING, Column, Getter, Kind, Unit, flat
from c3s_cli.output.identity import own_identity
from c3s_cli.report import Report
from c3s_cli.request.view import Format, View
from c3s_cli.terminal.printable import printable

UNITS: Final = {
    Unit.NANOCORES: "cores",
    Unit.BYTES: "bytes",
    Unit.PERCENT: "ratio",
    Unit.SECONDS: "seconds",
    Unit.TIME: "seconds",
}
TEXTUAL: Final = (Unit.TEXT, Unit.TEXTS)
END: Final = "# EOF\n"


Label = tuple[str, str]


def exposition(report: Report, view: View) -> Iterator[str]:
    """Write every column as a metric family, and in OpenMetrics the end of the document."""
    for head, lines in families(report, view):
        yield head
        yield from lines
    if view.format is Format.OPENMETRICS:
        yield END


def families(report: Report, view: View) -> Iterator[tuple[str, list[str]]]:
    """Yield the metadata and the samples of each metric family that has samples."""
    columns = flat(report.columns)
    numbers = [column for column in columns if column.unit not in TEXTUAL]
    things = ["container" if report.containers and column.of_containers else _thing(report.kind) for column in numbers]
    names = unique(_metric_name(thing, column) for thing, column in zip(things, numbers, strict=True))
    for name, column in zip(names, numbers, strict=True):
        if lines := _samples(name, column, report, view):
            unit = UNITS.get(column.unit, "") if view.format is Format.OPENMETRICS else ""
            yield _head(name, unit, column.summary.replace("as a percentage of", "divided by")), lines
    texts = [column for column in columns if column.unit in TEXTUAL]
    if texts and report.rows:
        yield _info(texts, report)


def _samples(name: str, column: Column, report: Report, view: View) -> list[str]:
    """Write one gauge: of the rows, or of their containers if the column has values for those."""
    nested = report.containers and column.of_containers
    keys = _label_names(report.keys)
    lines = []
    for row in report.each_once:
        moment = _time(row, report) if view.timestamps else ""
        # Milliseconds, except in OpenMetrics.
        time = f" {moment}{'' if view.format is Format.OPENMETRICS else '000'}" if moment else ""
        labels = _labels(row, report, keys)
        for each in getattr(row, "containers", ()) if nested else (row,):
            value = _value(column, each)
            if value is not None:
                own = [*labels, ("container", each.name)] if nested else labels
                lines.append(f"{name}{_braces(own)} {value}{time}\n")
    return lines


def _time(row: Any, report: Report) -> str:
    """Return the time of a sample: in a series that of the reading, else that of the measurement."""
    return f"{report.time.timestamp():.0f}" if report.time else _epoch(getattr(row, "timestamp", None))


def _head(name: str, unit: str, summary: str) -> str:
    """Write the metadata of a family. Only one of the two formats escapes quotes and backslashes."""
    about = printable(summary).replace("\\", "/").replace('"', "'")
    unit_line = f"# UNIT {name} {unit}\n" if unit else ""
    return f"# TYPE {name} gauge\n{unit_line}# HELP {name} {about}\n"


def _metric_name(thing: str, column: Column) -> tuple[str, str]:
    """Turn `cpu.usagePercentOfAllocatable` into `c3s_node_cpu_usage_of_allocatable` and the unit's `_ratio`."""
    # Names that end in _count belong to histograms: `pods.count` is `c3s_cluster_pods`.
    words = _snake(column.name.removesuffix(".count").replace("Percent", ""))
    unit = UNITS.get(column.unit, "")
    return f"c3s_{thing}_{words}", f"_{unit}" if unit else ""


def _snake(name: str) -> str:
    """Turn `labels["a.b/C"]` into a valid name: `labels_a_b_c`."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")


def unique(names: Iterable[tuple[str, str]]) -> list[str]:
    """Join stems and endings, with a number in between if the name is already taken.

    `a.b` and `a-b` are different labels or extended resources, but map to the same name.
    """
    joined: list[str] = []
    for stem, ending in names:
        choices = (f"{stem}{number}{ending}" for number in chain([""], (f"_{each}" for each in count(2))))
        joined.append(next(choice for choice in choices if choice not in joined))
    return joined


def _label_names(columns: Sequence[Column], *taken: str) -> list[str]:
    """Return the names of labels for columns, different from those in `taken`."""
    stems = [(_snake(column.name), "") for column in columns]
    return unique([*((name, "") for name in taken), *stems])[len(taken) :]


def _info(texts: Sequence[Column], report: Report) -> tuple[str, list[str]]:
    """Write one gauge that is always 1, with the columns that are not numbers as labels."""
    name = f"c3s_{_thing(report.kind)}_info"
    keys = _label_names(report.keys)
    covered = {*(key.name for key in report.keys), "context", "workload"}
    covered |= {"namespace"} if report.kind.namespaced else set()
    labelled = [column for column in texts if column.name not in covered]
    labels_of = _label_names(labelled, *(label for label, _ in _identity(report)), *keys)
    time = f" {_time(None, report)}" if report.time else ""
    lines = []
    for row in report.each_once:
        values = [(label, column.value(row), column.unit) for label, column in zip(labels_of, labelled, strict=True)]
        known = [
            (label, ",".join(value) if unit is Unit.TEXTS else value)
            for label, value, unit in values
            if value is not None
        ]
        lines.append(f"{name}{_braces([*_labels(row, report, keys), *known])} 1{time}\n")
    return _head(name, "", "the columns that are not numbers, as labels"), lines


def _thing(kind: Kind) -> str:
    """Return what metrics of such rows are about: `node_group`, `fit`."""
    return _snake(kind.name if kind in (*FITTING, *MOVING) else kind.value)


def _identity(report: Report) -> list[tuple[str, Getter]]:
    """Return the labels of every sample, with their values, except for the keys of --by."""
    names = {"name": report.kind.object.value.lower()}
    return [(names.get(each.name, each.name), each.value) for each in own_identity(report.kind)]


def _labels(row: Any, report: Report, keys: Sequence[str]) -> list[Label]:
    own = [(label, value(row)) for label, value in _identity(report)]
    grouped = zip(keys, row.labels_or_placeholders, strict=True) if keys else ()
    return [*own, *(label for label in grouped if label[0] != "context")]


def _braces(labels: Sequence[Label]) -> str:
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in labels) + "}"


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')


def _value(column: Column, row: Any) -> str | None:
    """Write a value in its base unit, exactly; None for unknown."""
    value = column.value(row)
    if value is None:
        return None
    if column.ratio:
        part, whole = (side(row) for side in column.ratio)
        return repr(part / whole) if whole else None
    match column.unit:
        case Unit.NANOCORES:
            return f"{Decimal(value).scaleb(-9):f}"
        case Unit.BOOLEAN:
            return str(int(value))
        case Unit.MONEY:
            return repr(float(value))
        case Unit.TIME:
            return _epoch(value) or None
        case _:
            return str(value)


def _epoch(timestamp: str | None) -> str:
    """Convert an RFC 3339 time to seconds since 1970; "" if it is missing or invalid."""
    seconds = epoch(timestamp)
    return "" if seconds is None else f"{seconds:.0f}"
