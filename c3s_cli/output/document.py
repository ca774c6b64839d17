"""The structured document: JSON and YAML.

A Kubernetes-style list. An item has its identity and exactly the requested columns, each at the path that is its name;
null means requested but unknown. Numbers are exact, in the units that the document states.

Items are structs, whose types are made once per report from the columns' paths. JSON encodes them; YAML and templates
read them as dictionaries. JSON is ASCII, so that nothing from a cluster can reach a terminal as a control character.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import Any, Final

import msgspec

from c3s_cli import API_VERSION
from c3s_cli.amounts.timestamp import utc
from c3s_cli.columns.naming import totals_of
from c3s_cli.columns.of_sources import COVERAGE, ENDED, PARTIAL
from c3s_cli.columns.vocabulary import FITTING, MOVING, Column, Unit, by_name, flat, split_change, split_path
from c3s_cli.model.placing import FitResult
from c3s_cli.model.sample import WHOLE, Failure
from c3s_cli.output.identity import shown_columns
from c3s_cli.output.units import in_units
from c3s_cli.report import Report, Series
from c3s_cli.request.view import View

PIECE: Final = 1000
# Outside of these bounds, msgspec spells floats differently from Python, or refuses integers.
SMALLEST, LARGEST = 1e-4, 1e16
UNSAFE: Final = re.compile(r"[^\x00-\x7e]+")
# A list of text with a line for each element. No other line feeds follow a bracket or a comma.
LIST: Final = re.compile(r'\[\n +("[^\n]*"(?:,\n +"[^\n]*")*)\n +\]')
LINE_FEED: Final = re.compile(r"\n +")

# Turns rows into the values of one member of the items, in the same order.
Member = Callable[[Sequence[Any]], list[Any]]


def json_document(report: Report, view: View) -> Iterator[str]:
    """Write the document as JSON: indented, or on a single line for a watch."""
    return _json_list(_head(report), _json_items(report, view), lambda: _tail(report), view)


def json_series(series: Series, view: View) -> Iterator[str]:
    """Write the items of several reports as one document. The first report says what all have."""
    first = next(series.reports)
    about = {"start": utc(series.start), "end": utc(series.end), "readings": series.readings}
    head = {**_head(first), "kind": f"{first.kind.item}Series", "metadata": about}
    items = chain.from_iterable(_json_items(report, view) for report in chain([first], series.reports))
    return _json_list(head, items, lambda: {"failures": list(map(_failure, series.failures))}, view)


def _json_list(
    head: dict[str, Any], pieces: Iterable[str], tail: Callable[[], dict[str, Any]], view: View
) -> Iterator[str]:
    """Write a document with items. tail: returns the members after them, when all are written."""
    separators = (",", ":") if view.compact else (",", ": ")
    form = partial(json.dumps, indent=None if view.compact else 2, separators=separators)
    # Quotes inside of text are escaped: only the member itself looks like this.
    before, key, _ = form({**head, "items": []}).partition(f'"items"{separators[1]}')
    yield before + key + "["
    comma = ""
    for piece in pieces:
        yield comma + piece
        comma = ","
    *_, after = form({"items": [], **tail()}).partition(f'"items"{separators[1]}')
    yield ("" if view.compact or not comma else "\n  ") + after.removeprefix("[") + "\n"


def _json_items(report: Report, view: View) -> Iterator[str]:
    build = _item_builder(report, _as_python)
    return (_items_text(build(piece), view) for piece in _pieces(report.each_once))


def _items_text(items: list[Any], view: View) -> str:
    """Write items as they stand in the document, without the brackets around them."""
    # As deep inside as they are in the document, for the indentation.
    text = msgspec.json.encode({"": items}).decode()
    start, end = '{"":[', "]}"
    if not view.compact:
        text = msgspec.json.format(text, indent=2)
        start, end = '{\n  "": [', "\n  ]\n}"
        if text.find("[\n", len(start)) > 0:
            text = LIST.sub(lambda match: f"[{LINE_FEED.sub(' ', match[1])}]", text)
    if not text.isascii() or "\x7f" in text:
        text = UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text)
    return text[len(start) : -len(end)]


def yaml_document(report: Report, view: View) -> Iterator[str]:
    """Write the document as YAML."""
    return iter((yaml_text(document(report), separated=view.compact),))


def yaml_text(value: Any, *, separated: bool = False) -> str:
    """Return a value as YAML. separated: after a line that separates documents."""
    import yaml  # only needed for this format

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(value, Dumper=dumper, sort_keys=False, explicit_start=separated))


def document(report: Report) -> dict[str, Any]:
    """Return the document as plain dictionaries and lists."""
    return {**_head(report), "items": list(items(report)), **_tail(report)}


def items(report: Report, view: View | None = None) -> Iterator[dict[str, Any]]:
    """Yield the items as plain dictionaries; with a view, amounts in its units."""
    build = _item_builder(report, partial(in_units, view=view) if view else None)
    return chain.from_iterable(msgspec.to_builtins(build(piece)) for piece in _pieces(report.each_once))


def _pieces(rows: Iterable[Any]) -> Iterator[Sequence[Any]]:
    remaining = iter(rows)
    return iter(lambda: list(islice(remaining, PIECE)), [])


def _head(report: Report) -> dict[str, Any]:
    """Return the members of the document before the items."""
    return {
        "apiVersion": API_VERSION,
        "kind": f"{report.kind.item}List",
        "metadata": {
            "timestamp": utc(report.usage_time or report.now),
            **{f"{side}Timestamp": utc(time) for side, time in report.compared.items()},
            **_failed_contexts(report),
            **_fit_results(report),
            **({"rule": report.rule} if report.rule else {}),
            **_unjudged(report),
            **_prices(report),
            **({"remarks": words} if (words := [*_remarks(report)]) else {}),
        },
        "source": report.source,
        "units": _units(shown_columns(report)),
    }


def _remarks(report: Report) -> Iterator[str]:
    """Return what stderr says about a report as a whole."""
    yield from filter(None, [report.absence])
    yield from report.remarks
    yield from (f"{each.flag}: {each.nothing}" for each in report.judgements if each.nothing)


def _tail(report: Report) -> dict[str, Any]:
    """Return the members of the document after the items."""
    return {
        "totals": None if report.totals is None else _totals(report),
        "failures": [_failure(failure) for failure in report.failures],
        "omitted": report.omitted,
    }


def _failed_contexts(report: Report) -> dict[str, Any]:
    """Return the contexts whose cluster could not be read, if several contexts were requested."""
    if not report.contexts:
        return {}
    return {"failures": [_failure(failure) for failure in report.failures if failure.source == WHOLE]}


def _fit_results(report: Report) -> dict[str, Any]:
    """Return the results of `c3s fit`, for each workload and each drained node."""
    if report.kind not in (*FITTING, *MOVING):
        return {}
    pending = [_moved(each) for each in report.fit_results if each.pending]
    return {
        **_missing(report),
        "fits": all(each.placed == each.replicas for each in report.fit_results if not each.pending),
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
            if each.namespace is not None and not each.pending
        ],
        "drained": [_moved(each, node=each.workload) for each in report.fit_results if each.namespace is None],
        **({"pending": pending} if pending else {}),
    }


def _missing(report: Report) -> dict[str, Any]:
    """Return how many more nodes each pool needs, with --missing; null if they would not help."""
    if report.missing is None:
        return {}
    several = {"context"} if report.contexts else set()
    return {"missing": [{key: getattr(each, key) for key in (*several, "pool", "nodes")} for each in report.missing]}


def _moved(result: FitResult, **node: str) -> dict[str, Any]:
    """Return how many of the pods of a drained node, or of the pending ones, fit somewhere."""
    return {
        **_context(result),
        **node,
        "pods": result.replicas,
        "placed": result.placed,
        "unplaced": list(result.unplaced),
        "notConsidered": list(result.not_considered),
    }


def _context(result: FitResult) -> dict[str, str]:
    return {"context": result.context} if result.context else {}


def _unjudged(report: Report) -> dict[str, list[str]]:
    """Return the rows that --fail-if or --until could not judge, if there is a condition."""
    if not report.judgements:
        return {}
    return {"unjudged": list(dict.fromkeys(name for each in report.judgements for name in each.unjudged))}


def _prices(report: Report) -> dict[str, Any]:
    """Return what costs are about, with --prices."""
    costs = report.costs
    if costs is None:
        return {}
    prices = {
        "currency": costs.currency,
        "hoursPerMonth": float(costs.hours) if "." in costs.hours else int(costs.hours),
        "allocatedBy": "requests",
        "nodesWithoutPrice": list(costs.unpriced),
    }
    return {"prices": prices}


def _failure(failure: Failure) -> dict[str, str]:
    known = {"context": failure.context, "source": failure.source, "message": failure.message}
    return known | ({"hint": failure.hint} if failure.hint else {})


def _units(columns: Iterable[Column]) -> dict[str, Any]:
    """Return the unit of every number, under the key that holds it."""
    units: dict[str, Any] = {}
    for column in columns:
        if column.unit in (Unit.TEXT, Unit.TEXTS, Unit.TIME, Unit.PERCENT, Unit.BOOLEAN):
            continue
        path = split_path(split_change(column.name)[0])
        path = path[:-1] or path
        inner = units
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
            if isinstance(inner, str):
                break  # the unit of the whole, such as that of cpu for cpu.recommended.requests
        else:
            inner[path[-1]] = column.unit.value
    return units


def _totals(report: Report) -> dict[str, Any]:
    totals: list[dict[str, Any]] = msgspec.to_builtins(
        _builder(totals_of(report.kind, report.columns))([report.totals])
    )
    return totals[0]


# --- items --------------------------------------------------------------------------------------------------------


# Spells the values of a column.
Spell = Callable[[Column, list[Any]], list[Any]]


def _item_builder(report: Report, spell: Spell | None = None) -> Member:
    """Return the function that makes the items of rows."""
    columns = list(by_name((*shown_columns(report), *_of_range(report))).values())
    if not report.containers:
        return _builder(columns, spell)
    name = Column("name", Unit.TEXT, lambda container: container.name, "name of the container")
    build = _builder([name, *(column for column in flat(report.columns) if column.of_containers)], spell)

    def containers(pods: Sequence[Any]) -> list[Any]:
        built = iter(build([container for pod in pods for container in pod.containers]))
        return [list(islice(built, len(pod.containers))) for pod in pods]

    return _builder(columns, spell, containers=containers)


def _of_range(report: Report) -> Iterator[Column]:
    """Yield what is said of each row over a range: for which share there is data, if it ended, if it is partial."""
    if not any(column.figures for column in flat(report.columns)):
        return  # a range is read only for its figures
    if any("coverage.seconds" in (getattr(row, "figures", None) or ()) for row in report.rows):
        yield COVERAGE
    if any(getattr(row, "ended", False) for row in report.rows):
        yield ENDED
    if any(PARTIAL.value(row) for row in report.rows if hasattr(row, "figures")):
        yield PARTIAL


def _builder(columns: Iterable[Column], spell: Spell | None = None, **last: Member) -> Member:
    """Return a function that turns rows into structs, with the value of each column at its path.

    spell: how to write the values, None to leave them. last: members after those of the columns.
    """
    tree: dict[str, Any] = {}
    for column in columns:
        *path, key = split_path(column.name)
        inner = tree
        for each in path:
            inner = inner.setdefault(each, {})
        inner[key] = partial(_values, column, spell)
    return _struct_builder(tree | last)


def _struct_builder(tree: dict[str, Any]) -> Member:
    members = [_struct_builder(below) if isinstance(below, dict) else below for below in tree.values()]
    fields = [f"field{place}" for place in range(len(tree))]
    make: Callable[..., Any]
    try:
        make = msgspec.defstruct("Object", fields, rename=dict(zip(fields, tree, strict=True)), gc=False)
    except ValueError:  # a key that must be escaped, such as a resource with a quote in its name
        make = lambda *values: dict(zip(tree, values, strict=True))  # noqa: E731

    def build(rows: Sequence[Any]) -> list[Any]:
        return list(map(make, *(member(rows) for member in members)))

    return build


def _values(column: Column, spell: Spell | None, rows: Sequence[Any]) -> list[Any]:
    values = list(map(column.value, rows))
    if column.unit is Unit.MONEY:
        values = [None if value is None else float(value) for value in values]
    if column.unit is Unit.TEXTS:
        values = [None if value is None else list(value) for value in values]
    return spell(column, values) if spell else values


def _as_python(column: Column, values: list[Any]) -> list[Any]:
    """Spell lists and extreme numbers as Python does in JSON."""
    if column.unit in (Unit.TEXT, Unit.TIME, Unit.BOOLEAN):
        return values
    if column.unit is Unit.TEXTS:
        return [each and msgspec.Raw(json.dumps(each).encode()) for each in values]
    sizes = [abs(value) for value in values if value]
    if sizes and not SMALLEST <= min(sizes) <= max(sizes) < LARGEST:
        return [value and msgspec.Raw(repr(value).encode()) for value in values]
    return values
