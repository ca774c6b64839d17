"""Documents that c3s printed with -o json, to be compared: a file or stdin → rows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from c3s_cli import API_VERSION
from c3s_cli.columns.vocabulary import Column, Kind, Needs, Unit
from c3s_cli.errors import C3sError
from c3s_cli.model.change_rows import DocumentRow
from c3s_cli.model.sample import Failure
from c3s_cli.request.namespaces import matching
from c3s_cli.request.query import Query

LARGEST: Final = 1 << 30
SQLITE: Final = b"SQLite format 3\0"
COMMANDS: Final = {Kind.NODE: "nodes", Kind.POD: "pods", Kind.CLUSTER: "cluster"}
TEXTUAL: Final = (Unit.TEXT, Unit.TIME)


class Document(Struct, frozen=True):
    """A list that c3s printed. file: where it was read."""

    file: str
    kind: str
    now: datetime
    source: str
    items: Sequence[Mapping[str, Any]]
    failures: tuple[Failure, ...]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces of its items, without duplicates."""
        return tuple(dict.fromkeys(name for item in self.items if (name := item.get("namespace"))))

    def lists_all(self, query: Query) -> bool:
        """Return whether it has the rows whose usage is unknown: a column needed the objects themselves."""
        from c3s_cli.columns.catalogue import table_of

        table = table_of(query.kind).values()
        return any(Needs.PODS in column.needs and self.has(column) for column in table)

    def has(self, column: Column) -> bool:
        """Return whether its items have a column."""
        if not self.items:
            return True
        row: Any = self.items[0]
        for key in column.path:
            if not isinstance(row, Mapping) or key not in row:
                return False
            row = row[key]
        return True

    def rows(self, query: Query) -> list[DocumentRow]:
        """Return the rows that a query selects. C3sError if they are of another kind, or lack a column."""
        if self.kind != f"{query.kind.item}List":
            raise C3sError(f"{self.file} has no {_words(query)}, but is a {self.kind}", hint=self._advice(query))
        # What is compared, and what selects it.
        compared = {column.name: column for column in (*query.columns, *(query.where.columns if query.where else ()))}
        missing = [column.name for column in (*query.by, *compared.values()) if not self.has(column)]
        if missing:
            hint = f"print it with --columns {','.join(compared)}"
            raise C3sError(f"{self.file} does not have {', '.join(missing)}", hint=None if query.by else hint)
        if query.labels or query.fields:
            raise C3sError(f"{self.file} cannot be selected by labels or fields", hint="select when it is printed")
        rows = [self._row(item, query) for item in self.items]
        if query.objects is Kind.POD and query.namespaces and not query.all_namespaces and self.namespaces:
            wanted = matching(query.namespaces, self.namespaces)
            rows = [row for row in rows if row.namespace in wanted or not row.namespace]
        return rows

    def _advice(self, query: Query) -> str | None:
        for kind, word in COMMANDS.items():
            if self.kind == f"{kind.item}List":
                if query.by and kind is query.objects:
                    return f"print it with --by {','.join(column.name for column in query.by)}"
                return f"c3s diff {word} {self.file}"
        return None

    def _row(self, item: Mapping[str, Any], query: Query) -> DocumentRow:
        for column in query.columns:
            _check(self.file, column, item)
        row = DocumentRow(_text(item, "context"), _text(item, "namespace"), _text(item, "name"), item)
        if not query.by:
            named = row.name if query.kind.named else row.context
            return msgspec.structs.replace(row, name=named)
        keys = tuple(row.at(column.path) for column in query.by)
        if not all(key is None or isinstance(key, str) for key in keys):
            raise C3sError(f"{self.file} has groups without names")
        return msgspec.structs.replace(row, name="/".join(key or "" for key in keys), keys=keys)


def _words(query: Query) -> str:
    things = {Kind.NODE: "nodes", Kind.POD: "pods", Kind.CLUSTER: "clusters"}[query.objects]
    return f"groups of {things} by {', '.join(column.name for column in query.by)}" if query.by else things


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key, "")
    return value if isinstance(value, str) else ""


def _check(file: str, column: Column, item: Mapping[str, Any]) -> None:
    """Raise C3sError for a value that is not of the column's unit."""
    value = DocumentRow("", "", "", item).at(column.path)
    match column.unit:
        case _ if value is None:
            return
        case unit if unit in TEXTUAL:
            right = isinstance(value, str)
        case Unit.TEXTS:
            right = isinstance(value, list) and all(isinstance(each, str) for each in value)
        case Unit.BOOLEAN:
            right = isinstance(value, bool)
        case _:
            right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right:
        raise C3sError(f"{file}: {column.name} of {_text(item, 'name') or 'an item'} is not a {column.unit.value}")


def is_recording(file: str) -> bool:
    """Return whether a file is a recording rather than a document. C3sError if it cannot be read."""
    path = Path(file)
    # Path.exists() raises if a name is too long.
    if file == "-" or (os.path.exists(file) and not path.is_file()):  # noqa: PTH110
        return False  # a pipe can be read only once
    try:
        with path.open("rb") as opened:
            start = opened.read(len(SQLITE))
    except OSError as problem:
        raise C3sError(f"{file} cannot be read: {problem.strerror}") from problem
    return start == SQLITE or (file.endswith(".c3s") and not start.lstrip().startswith(b"{"))


def read_document(file: str) -> Document:
    """Read a document; "-" is stdin. C3sError if it is none, or if rows are missing from it."""
    name = "stdin" if file == "-" else file
    try:
        if file == "-":
            text = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(file).open("rb") as opened:
                text = opened.read(LARGEST + 1)
    except OSError as problem:
        raise C3sError(f"{name} cannot be read: {problem.strerror}") from problem
    if len(text) > LARGEST:
        raise C3sError(f"{name} is larger than a GiB")
    try:
        whole: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        whole = None
    if not isinstance(whole, Mapping) or whole.get("apiVersion") != API_VERSION:
        raise C3sError(f"{name} is neither a recording nor a document of c3s", hint="print one with c3s top … -o json")
    return _document(name, whole)


def _document(name: str, whole: Mapping[str, Any]) -> Document:
    metadata, items = whole.get("metadata"), whole.get("items")
    try:
        now = datetime.fromisoformat(str(metadata["timestamp"] if isinstance(metadata, Mapping) else ""))
        failures = tuple(msgspec.convert(whole.get("failures", []), list[Failure]))
    except (ValueError, KeyError, msgspec.ValidationError):
        raise C3sError(f"{name} is not a document of c3s: it has no valid time") from None
    if now.tzinfo is None or not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise C3sError(f"{name} is not a document of c3s: it has no list of rows")
    if omitted := whole.get("omitted"):
        raise C3sError(f"{name} was printed with --limit: {omitted} rows are missing", hint="print it without --limit")
    return Document(name, str(whole.get("kind")), now, str(whole.get("source", "")), items, failures)


def at_paths(column: Column) -> Column:
    """Return a column of objects that reads items of documents instead."""
    path = column.path
    return msgspec.structs.replace(column, value=lambda row: row.at(path), ratio=None, in_part=None, floor=())


def contexts_of(rows: Iterable[DocumentRow]) -> tuple[str, ...]:
    """Return the contexts of rows, without duplicates."""
    return tuple(dict.fromkeys(row.context for row in rows))
