"""The structured document: JSON and YAML.

A Kubernetes-style list. An item has its identity and exactly the requested columns, each at the path that is its name;
null means requested but unknown. Numbers are exact, in the units that the document states.

Items are written by filling a template, built once per report from the columns' paths. Text is escaped to ASCII, so
that nothing from a cluster can reach a terminal as a control character.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Final

from c3s_cli.columns.catalogue import IDENTITY
from c3s_cli.columns.fitting import WORKLOAD
from c3s_cli.columns.naming import totals_of
from c3s_cli.columns.vocabulary import FITTING, Column, Kind, Unit, flat, split_path
from c3s_cli.model.placing import FitResult
from c3s_cli.model.sample import WHOLE, Failure
from c3s_cli.report import Report
from c3s_cli.request.view import View

API_VERSION: Final = "c3s/v1"
STEP: Final = "  "
PIECE: Final = 1000


def json_document(report: Report, view: View) -> Iterator[str]:
    """Write the document as JSON: indented, or on a single line for a watch."""
    if view.compact:
        return _compact(report)
    return _indented(report)


def yaml_document(report: Report, view: View) -> Iterator[str]:
    """Write the document as YAML."""
    import yaml  # only needed for this format

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(document(report), Dumper=dumper, sort_keys=False, explicit_start=view.compact)
    return iter((text,))


def document(report: Report) -> dict[str, Any]:
    """Return the document as plain dictionaries and lists."""
    whole: dict[str, Any] = json.loads("".join(_compact(report)))
    return whole


def items(report: Report) -> Iterator[dict[str, Any]]:
    """Return the items as plain dictionaries."""
    return (json.loads(text) for text in _items(report, ""))


def _indented(report: Report) -> Iterator[str]:
    head, tail = _around(report)
    opening = json.dumps(head, indent=2)
    yield opening.removesuffix("\n}") + f',\n{STEP}"items": ['
    if report.rows:
        separator = "\n"
        texts = _items(report, "\n" + STEP * 2)
        while piece := list(islice(texts, PIECE)):
            yield separator + STEP * 2 + f",\n{STEP * 2}".join(piece)
            separator = ",\n"
        yield f"\n{STEP}"
    yield "]," + json.dumps(tail, indent=2).removeprefix("{") + "\n"


def _compact(report: Report) -> Iterator[str]:
    head, tail = _around(report)
    yield json.dumps(head, separators=(",", ":")).removesuffix("}") + ',"items":['
    separator = ""
    texts = _items(report, "")
    while piece := list(islice(texts, PIECE)):
        yield separator + ",".join(piece)
        separator = ","
    yield "]," + json.dumps(tail, separators=(",", ":")).removeprefix("{") + "\n"


def _around(report: Report) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members of the document before the items, and those after them."""
    columns = shown_columns(report)
    head = {
        "apiVersion": API_VERSION,
        "kind": f"{report.kind.item}List",
        "metadata": {
            "timestamp": moment(report.now),
            **_failed_contexts(report),
            **_fit_results(report),
            **_unjudged(report),
        },
        "source": report.source,
        "units": _units(columns),
    }
    tail = {
        "totals": None if report.totals is None else _totals(report),
        "failures": [_failure(failure) for failure in report.failures],
        "omitted": report.omitted,
    }
    return head, tail


def _failed_contexts(report: Report) -> dict[str, Any]:
    """Return the contexts whose cluster could not be read, if several contexts were requested."""
    if not report.contexts:
        return {}
    return {"failures": [_failure(failure) for failure in report.failures if failure.source == WHOLE]}


def _fit_results(report: Report) -> dict[str, Any]:
    """Return the results of `c3s fit`, for each workload and each drained node."""
    if report.kind not in FITTING:
        return {}
    return {
        "workloads": [
            {
                **_context(each),
                "workload": each.workload,
                "namespace": each.namespace,
                "replicas": each.replicas,
                "placed": each.placed,
                "notConsidered": list(each.not_considered),
            }
            for each in report.fit_results
            if each.namespace is not None
        ],
        "drained": [
            {
                **_context(each),
                "node": each.workload,
                "pods": each.replicas,
                "placed": each.placed,
                "unplaced": list(each.unplaced),
                "notConsidered": list(each.not_considered),
            }
            for each in report.fit_results
            if each.namespace is None
        ],
    }


def _context(result: FitResult) -> dict[str, str]:
    return {"context": result.context} if result.context else {}


def _unjudged(report: Report) -> dict[str, list[str]]:
    """Return the rows that --fail-if or --until could not judge, if there is a condition."""
    if not report.judgements:
        return {}
    return {"unjudged": list(dict.fromkeys(name for each in report.judgements for name in each.unjudged))}


def moment(time: datetime) -> str:
    """Write a time in RFC 3339, as Kubernetes does."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _failure(failure: Failure) -> dict[str, str]:
    known = {"context": failure.context, "source": failure.source, "message": failure.message}
    return known | ({"hint": failure.hint} if failure.hint else {})


def _units(columns: Iterable[Column]) -> dict[str, Any]:
    """Return the unit of every number, under the key that holds it."""
    units: dict[str, Any] = {}
    for column in columns:
        if column.unit in (Unit.TEXT, Unit.TEXTS, Unit.TIME, Unit.PERCENT):
            continue
        path = column.path[:-1] or column.path
        inner = units
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        inner[path[-1]] = column.unit.value
    return units


def _totals(report: Report) -> dict[str, Any]:
    columns = totals_of(report.kind, report.columns)
    template = Template(columns, "")
    (text,) = template.fill([report.totals])
    totals: dict[str, Any] = json.loads(text)
    return totals


def identity_columns(report: Report) -> list[Column]:
    """Return the columns that identify a row, and the time of its measurement."""
    who = [IDENTITY["context"]]
    if report.kind.namespaced:
        who.append(IDENTITY["namespace"])
    if report.kind.named:
        who.append(IDENTITY["name"])
    if report.kind is Kind.FIT:
        who.append(WORKLOAD)
    if report.kind in FITTING:
        return [*who, *report.keys]
    return [*who, *report.keys, IDENTITY["timestamp"], IDENTITY["window"]]


def shown_columns(report: Report) -> list[Column]:
    """Return all columns of the structured formats: the identity, then the requested ones, without duplicates."""
    columns = [*identity_columns(report), *flat(report.columns)]
    return list({column.name: column for column in columns}.values())


def _items(report: Report, newline: str) -> Iterator[str]:
    """Write each row as a JSON object. `newline` starts each line inside it; "" writes a single line."""
    columns = shown_columns(report)
    if not report.containers:
        return Template(columns, newline).fill(report.rows)
    containers = _containers_column(report, newline + STEP if newline else "")
    return Template([*columns, containers], newline).fill(report.rows)


def _containers_column(report: Report, newline: str) -> Column:
    name = Column("name", Unit.TEXT, lambda container: container.name, "name of the container")
    own = [column for column in flat(report.columns) if column.of_containers]
    template = Template([name, *own], newline + STEP if newline else "")

    def written(pod: Any) -> str:
        separator = f",{newline}{STEP}" if newline else ","
        inner = separator.join(template.fill(pod.containers))
        if not inner:
            return "[]"
        return f"[{newline}{STEP}{inner}{newline}]" if newline else f"[{inner}]"

    return Column(CONTAINERS, Unit.TEXT, written, "the containers")


CONTAINERS: Final = "containers"


class Template:
    """The text of an item, with a placeholder for every value."""

    def __init__(self, columns: Sequence[Column], newline: str) -> None:
        self.columns: list[Column] = []
        self.text = self._object(_tree(columns), newline)

    def fill(self, rows: Iterable[Any]) -> Iterator[str]:
        """Write rows in pieces, each built column by column on demand."""
        coming = iter(rows)
        while piece := list(islice(coming, PIECE)):
            yield from map(self.text.__mod__, zip(*(written(column, piece) for column in self.columns), strict=True))

    def _object(self, tree: dict[str, Any], newline: str) -> str:
        inner = newline + STEP if newline else ""
        colon = ": " if newline else ":"
        members = []
        for key, below in tree.items():
            if isinstance(below, dict):
                value = self._object(below, inner)
            else:
                self.columns.append(below)
                value = "%s"
            members.append(f"{inner}{quoted(key)}{colon}".replace("%", "%%") + value)
        return "{" + ",".join(members) + newline + "}"


def _tree(columns: Iterable[Column]) -> dict[str, Any]:
    """Nest columns by the keys of their paths."""
    tree: dict[str, Any] = {}
    for column in columns:
        *path, last = split_path(column.name)
        inner = tree
        for key in path:
            inner = inner.setdefault(key, {})
        inner[last] = column
    return tree


def written(column: Column, rows: Iterable[Any]) -> list[Any]:
    """Return the values of a column in a form that `%s` writes as JSON."""
    values = list(map(column.value, rows))
    if column.name == CONTAINERS:
        return values
    if column.unit in (Unit.TEXT, Unit.TIME):
        return ["null" if value is None else quoted(value) for value in values]
    if column.unit is Unit.TEXTS:
        return ["null" if value is None else json.dumps(list(value)) for value in values]
    return ["null" if value is None else value for value in values] if None in values else values
