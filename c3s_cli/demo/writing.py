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

# Objects in a block of a list, and in a piece of a list that is too long to be in memory as a whole.
_BLOCK, _PIECE = 16, 512
_FEW_BLOCKS, _MOST_BLOCKS = 4, 4 * _PIECE // _BLOCK


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
    """Return a list: as one body, as blocks if it is longer, or as pieces of unknown length if it is very long."""
    blocks = _blocks(head, texts)
    first = list(islice(blocks, _MOST_BLOCKS))
    if len(first) <= _FEW_BLOCKS:
        return Answer(b"".join(first))
    answer = Answer(b"")
    if len(first) < _MOST_BLOCKS:
        answer.pieces, answer.length = iter(first), sum(map(len, first))
    else:
        answer.pieces = _pieces(first, blocks)
    return answer


def _blocks(head: str, texts: Iterator[str]) -> Iterator[bytes]:
    """Encode a list in blocks that fit into memory that is free already: fresh memory takes longer than all else."""
    between = head
    while block := list(islice(texts, _BLOCK)):
        yield (between + ",".join(block)).encode()
        between = ","
    yield (head if between == head else "").encode() + b"]}\n"


def _pieces(first: list[bytes], blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield b"".join(first)
    first.clear()
    while piece := b"".join(islice(blocks, _PIECE // _BLOCK)):
        yield piece
