"""A watch: bytes as they come → events, one a line of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Raw, Struct

from c3s_cli.errors import ApiError, InvalidAnswer
from c3s_cli.sources.decode.shapes import NULL, Body, decode_one

# No object is larger than what etcd takes, which is 1.5 MiB unless somebody has raised it.
LONGEST: Final = 32 << 20


class Event(Struct, gc=False):
    """What has happened to an object: ADDED, MODIFIED, DELETED; BOOKMARK, which says only a version; or ERROR."""

    type: str = ""
    object: Raw = NULL


class Identity(Struct, gc=False):
    """Which object it is, in which version."""

    name: str = ""
    namespace: str = ""
    resourceVersion: str = ""  # noqa: N815  as in the JSON, so that it is read as fast as can be


class _Identified(Struct, gc=False):
    metadata: Identity


class _Status(Struct, gc=False):
    code: int = 0
    reason: str = ""
    message: str = ""


def lines(chunks: Iterable[Body]) -> Iterator[bytes]:
    """Put lines together from chunks, which may end anywhere. What has no end is left out.

    InvalidAnswer if a line is longer than any object can be.
    """
    rest = bytearray()
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        rest += first
        if others:
            yield bytes(rest)
            yield from map(bytes, others[:-1])
            rest = bytearray(others[-1])
        if len(rest) > LONGEST:
            raise InvalidAnswer(f"the server sent an event larger than {LONGEST >> 20} MiB")


def events(chunks: Iterable[Body]) -> Iterator[Event]:
    """Decode the events of a watch. InvalidAnswer if one is none."""
    for line in lines(chunks):
        if line.strip():
            yield decode_one(line, Event, "a watch")


def identity(event: Event) -> Identity:
    """Say which object an event is about. InvalidAnswer if it is about none."""
    return decode_one(event.object, _Identified, "a watch").metadata


def error_of(event: Event) -> ApiError:
    """Make an ApiError of an ERROR event."""
    told = decode_one(event.object, _Status, "a watch")
    return ApiError(told.code, told.reason, told.message)
