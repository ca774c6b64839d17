"""Answers of the server, long lists in pieces, the Status objects of errors, and content negotiation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from c3s_cli.demo.templates import Json, compact

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
_REASONS = {
    400: "BadRequest", 404: "NotFound", 405: "MethodNotAllowed", 406: "NotAcceptable", 410: "Expired",
    503: "ServiceUnavailable",
}  # fmt: skip
# as=KIND of an Accept clause -> the versions of its group that are served.
_FORMS = {
    "Table": ("meta.k8s.io", ("v1",)),
    "PartialObjectMetadata": ("meta.k8s.io", ("v1",)),
    "PartialObjectMetadataList": ("meta.k8s.io", ("v1",)),
    "APIGroupDiscoveryList": ("apidiscovery.k8s.io", ("v2", "v2beta1")),
}
# Objects in a block of a list, and in a piece of a list that is too long to be in memory as a whole.
_BLOCK, _PIECE = 16, 512
_FEW_BLOCKS, _MOST_BLOCKS = 4, 4 * _PIECE // _BLOCK
_OFFER = (
    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
    "application/vnd.kubernetes.protobuf, application/json;stream=watch, "
    "application/vnd.kubernetes.protobuf;stream=watch"
)


@dataclass(slots=True)
class Answer:
    """A status, a content type and a body: bytes, or pieces of a long body."""

    body: bytes = b""
    status: int = 200
    content_type: str = JSON
    pieces: Iterator[bytes] | None = None
    length: int | None = None  # of all pieces; None if they are too many to be made before the first one is sent
    live: bool = False  # whether the pieces arrive over time
    packed: bytes | None = None  # the gzipped body, kept if the answer is used again


def of_json(value: Json, *, status: int = 200, content_type: str = JSON) -> Answer:
    """Answer a dictionary."""
    return Answer(compact(value).encode() + b"\n", status, content_type)


class Refusal(Exception):
    """An error: the request is answered with a Status object."""

    def __init__(self, code: int, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        status: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
        status |= {"reason": _REASONS[code]} | ({} if details is None else {"details": details}) | {"code": code}
        self.answer = of_json(status, status=code)


def no_such_resource() -> Refusal:
    """Refuse an unknown path."""
    return Refusal(404, "the server could not find the requested resource", {})


def no_such_page() -> Answer:
    """Refuse a path of an API group that the server does not have."""
    return Answer(b"404 page not found\n", 404, TEXT)


def not_allowed() -> Refusal:
    """Refuse a method."""
    return Refusal(405, "the server does not allow this method on the requested resource", {})


def form(header: str, *possible: str) -> tuple[str, str]:
    """(kind, version) of the first form in an Accept header that is possible; ("", "") is the plain object as JSON.

    Clauses for other media types (protobuf, YAML) or other forms are skipped.
    """
    if not header.strip():
        return "", ""
    for clause in header.split(","):
        medium, *parameters = (part.strip() for part in clause.split(";"))
        if medium not in (JSON, "application/*", "*/*"):
            continue
        values = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        kind = values.get("as", "")
        if not kind:
            return "", ""
        group, versions = _FORMS.get(kind, ("", ()))
        if kind in possible and values.get("g") == group and values.get("v") in versions:
            return kind, values["v"]
    raise Refusal(406, _OFFER, {})


def joined(head: str, texts: Iterator[str]) -> Answer:
    """Return a list: as one body, as blocks if it is longer, or as pieces of unknown length if it is very long."""
    blocks = _blocks(head, texts)
    first = list(islice(blocks, _MOST_BLOCKS))
    if len(first) <= _FEW_BLOCKS:
        return Answer(b"".join(first))
    if len(first) < _MOST_BLOCKS:
        return Answer(pieces=iter(first), length=sum(map(len, first)))
    return Answer(pieces=_pieces(first, blocks))


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
