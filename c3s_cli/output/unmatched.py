"""Find paths of a template that no row has, or that only kubectl has, and suggest what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final

from c3s_cli.columns.naming import Naming
from c3s_cli.errors import UsageError
from c3s_cli.output.document import document, items
from c3s_cli.output.templated import Budget, follow
from c3s_cli.report import Report
from c3s_cli.request.jsonpath import (
    KUBECTLS,
    Descend,
    Filter,
    Index,
    Key,
    Node,
    Path,
    Range,
    Slice,
    Step,
    Wildcard,
    read_spec,
    read_template,
)
from c3s_cli.request.view import Format, View

COLUMNS: Final = "-o value --columns NAME prints columns, which `c3s columns` lists"
ITEMS: Final = re.compile(r"\.items\[[^]]*\]")
TOTAL: Final = re.compile(r"\.totals?\.")
# The exact units of resources.
UNITS: Final = {"cpu": ", in nanocores", "memory": ", in bytes"}
# What stands before the paths of an item in the document.
ANY_ITEM: Final = ".items[*]"


def unmatched(report: Report, view: View) -> Iterator[str]:
    """Return messages about the paths that no row has, or that are no values; none if there are no rows."""
    if not report.rows:
        return
    first = next(items(report))
    known = _paths(first)
    for kubectls, instead in KUBECTLS.items():
        theirs, ours = "".join(map(_key, kubectls)), "".join(map(_key, instead))
        if theirs in view.template and instead[0] in first:
            unit = "" if view.unit else UNITS.get(instead[0], "")
            yield f"{view.format.value}: {theirs} is read as {ours}, as -o json prints it{unit}"
    if view.format is Format.CUSTOM_COLUMNS:
        paths, budget = [path for _, path in read_spec(view.template)], Budget()
        yield from _objects(view, paths, [next(items(report))])
        for item in items(report):
            paths = [path for path in paths if not follow(_loose(path), [item], budget)]
            if not paths:
                return
        lost = {written_path(path): "" for path in paths}
    else:
        whole, nodes = document(report), read_template(view.template)
        yield from _objects(view, nodes, [whole])
        lost = {written_path(path): before for path, before in _missing(nodes, [whole], ANY_ITEM, Budget())}
    naming = Naming(report.kind, keys=report.keys)
    for path, before in lost.items():
        meant = _of_totals(path, report) or _by_alias(path, before, naming) or _meant(path, known, before)
        meant = meant or _of_groups(path, before, known)
        advice = f"did you mean {meant}?" if meant else COLUMNS
        yield f"{view.format.value}: no row has {path}; {advice}"


def _objects(view: View, nodes: Sequence[Node], values: list[Any]) -> Iterator[str]:
    """Yield a message for each path that finds a resource, such as `.cpu`, where its usage is probably meant."""
    for node in nodes:
        if isinstance(node, Range):
            yield from _objects(view, node.body, follow(_loose(node.path), values, Budget()))
        elif not isinstance(node, str):
            matches = follow(_loose(node), values, Budget())
            if matches and all(isinstance(each, dict) and "usage" in each for each in matches):
                path = written_path(node)
                yield f"{view.format.value}: {path} is an object; did you mean {path}.usage?"


def _missing(nodes: Sequence[Node], values: list[Any], before: str, budget: Budget) -> Iterator[tuple[Path, str]]:
    """Yield the paths that find nothing in any of the values, and what stands before a path inside of an item."""
    for node in nodes:
        if isinstance(node, str):
            continue
        path = node.path if isinstance(node, Range) else node
        for compared in _compared(path, values, budget):
            yield compared, ""
        matches = follow(_loose(path), values, budget)
        if path and values and not matches:
            yield path, before
        elif isinstance(node, Range):
            yield from _missing(node.body, matches, "" if path else before, budget)


def _compared(path: Path, values: list[Any], budget: Budget) -> Iterator[Path]:
    """Yield the paths that filters compare and that none of the filtered has."""
    for place, step in enumerate(path):
        for part in step:
            if isinstance(part, Filter) and part.operator:
                members = follow((*_loose(path[:place]), (Wildcard(),)), values, budget)
                if members and not follow(_loose(part.path), members, budget):
                    yield part.path


def _loose(path: Path) -> Path:
    """Make a path match all items: a filter without matches, or a short list, is not a mistake."""
    lists = Index | Slice | Filter
    return tuple(tuple(Wildcard() if isinstance(part, lists) else part for part in step) for step in path)


def _paths(item: Any, before: str = "") -> list[str]:
    """List the paths of all values in an item."""
    if not isinstance(item, dict):
        return [before]
    return [path for key, inner in item.items() for path in _paths(inner, before + _key(key))]


def _meant(path: str, known: Sequence[str], before: str) -> str | None:
    """Return the path of a similar name.

    before: what stands before the path of something inside of an item.
    """
    before, inside = _split(path, before)
    nearest = get_close_matches(inside, known, n=1, cutoff=0.7)
    return before + nearest[0] if nearest and before + nearest[0] != path else None


def _split(path: str, before: str) -> tuple[str, str]:
    """Cut a path at its items: what stands before a path inside of an item, and that path. before: as for `_meant`."""
    of_items = ITEMS.match(path)
    if of_items is None:
        return before, path
    return of_items[0] if before else "", path[of_items.end() :]


def _by_alias(path: str, before: str, naming: Naming) -> str | None:
    """Return the path of the column that a path calls by another name, such as `.memory.percent`.

    before: as for `_meant`.
    """
    before, inside = _split(path, before)
    try:
        name = naming.find(inside.removeprefix(".")).name
    except UsageError:
        return None
    return f"{before}.{name}" if name != inside[1:] and naming.at(tuple(name.split("."))) else None


def _of_totals(path: str, report: Report) -> str | None:
    """Return the path in the totals that a path such as `.total.memory` probably means."""
    match = TOTAL.match(path)
    if not (match and report.totals):
        return None
    try:
        name = Naming(report.kind).find(path[match.end() :]).name
    except UsageError:
        return None
    meant = f".totals.{name}"
    return meant if meant != path else None


def _of_groups(path: str, before: str, known: Sequence[str]) -> str | None:
    """Return the path of what groups of pods are named by, for `.name`."""
    before, inside = _split(path, before)
    instead = next((key for key in (".owner", ".namespace") if key in known), None)
    return f"{before}{instead}" if inside == ".name" and instead else None


def written_path(path: Path) -> str:
    """Format a path as in a template."""
    return "".join(map(_step, path))


def _step(step: Step) -> str:
    match step:
        case (Key(key),):
            return _key(key)
        case (Descend(),):
            return "."
        case (Index(place),):
            return f"[{place}]"
        case (Wildcard(),):
            return "[*]"
        case _:
            return "[…]"


def _key(key: str) -> str:
    return "." + key.replace(".", "\\.")
