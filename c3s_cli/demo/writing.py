"""Write objects of a collection in the forms that clients request, alone or in a list."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from c3s_cli.demo.answer import Answer
from c3s_cli.demo.templates import Json, compact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from c3s_cli.demo.collection import Collection
    from c3s_cli.demo.discovery import Resource

# Longer lists are sent in pieces, so that they are never in memory as a whole.
_PIECE = 500


def whole(resource: Resource, text: str) -> str:
    """Add kind and apiVersion to a single object; in a list, the list has them."""
    return f'{{"kind":"{resource.kind}","apiVersion":"{resource.api_version}",{text[1:]}'


def partial(collection: Collection[Any], item: Any) -> str:
    """Return only the metadata of an object."""
    return f'{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{collection.metadata(item)}}}'


def columns_of(collection: Collection[Any], metadata: Json) -> str:
    """Return a Table up to its first row."""
    head = f'{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{compact(metadata)},'
    return f'{head}"columnDefinitions":{compact(list(collection.columns))},"rows":['


def row(resource: Resource, collection: Collection[Any], item: Any, now: int, include: str) -> str:
    """Return a row of a Table, with as much of the object as is wanted."""
    cells = compact(collection.cells(item, now))
    if include == "None":
        return f'{{"cells":{cells}}}'
    alone = include == "Object"
    shown = whole(resource, collection.text(item, now)) if alone else partial(collection, item)
    return f'{{"cells":{cells},"object":{shown}}}'


def joined(head: str, texts: Iterator[str]) -> Answer:
    """Return a list as one body, or as pieces if it is long."""
    first = list(islice(texts, 4 * _PIECE))
    if len(first) < 4 * _PIECE:
        return Answer((head + ",".join(first) + "]}\n").encode())
    answer = Answer(b"")
    answer.pieces = _pieces(head, first, texts)
    return answer


def _pieces(head: str, first: list[str], texts: Iterator[str]) -> Iterator[bytes]:
    yield (head + ",".join(first)).encode()
    first.clear()
    while piece := list(islice(texts, _PIECE)):
        yield ("," + ",".join(piece)).encode()
    yield b"]}\n"
