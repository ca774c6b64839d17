"""Decode the bytes of a watch stream into events, one per line of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Raw, Struct

from c3s_cli.errors import ApiError, InvalidAnswer
from c3s_cli.sources.decode.shapes import NULL, Body, decode_one

# etcd limits objects to 1.5 MiB by default.
LONGEST: Final = 32 << 20


class Event(Struct, gc=False):
    """An event: ADDED, MODIFIED, DELETED, ERROR, or BOOKMARK, which carries only a resource version."""

    type: str = ""
    object: Raw = NULL


class Identity(Struct, gc=False):
    """The identity and resource version of an object."""

    name: str = ""
    namespace: str = ""
    resourceVersion: str = ""  # noqa: N815  as in the JSON: renaming would slow down decoding


class _Identified(Struct, gc=False):
    metadata: Identity


class _Status(Struct, gc=False):
    code: int = 0
    reason: str = ""
    message: str = ""


def lines(chunks: Iterable[Body]) -> Iterator[bytes]:
    """Join chunks, which may end anywhere, into lines. An incomplete last line is dropped.

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
    """Decode the events of a watch. InvalidAnswer if something else is sent."""
    for line in lines(chunks):
        if line.strip():
            yield decode_one(line, Event, "a watch")


def identity(event: Event) -> Identity:
    """Return which object an event is about. InvalidAnswer if it names none."""
    return decode_one(event.object, _Identified, "a watch").metadata


def error_of(event: Event) -> ApiError:
    """Turn an ERROR event into an ApiError."""
    status = decode_one(event.object, _Status, "a watch")
    return ApiError(status.code, status.reason, status.message)
