"""Answers of the server, and the Status objects of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c3s_cli.demo.templates import Json, compact

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = "application/json"
_REASONS = {
    400: "BadRequest",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    410: "Expired",
    503: "ServiceUnavailable",
}


class Answer:
    """A status, a content type and a body: bytes, or pieces of a long body.

    length: that of all pieces together, None if they are too many to be made before the first one is sent.
    """

    __slots__ = ("body", "content_type", "length", "live", "packed", "pieces", "status")

    def __init__(self, body: bytes, *, status: int = 200, content_type: str = JSON) -> None:
        self.body = body
        self.status = status
        self.content_type = content_type
        self.pieces: Iterator[bytes] | None = None
        self.length: int | None = None
        self.live = False  # whether the pieces arrive over time
        self.packed: bytes | None = None  # the gzipped body, kept if the answer is used again


def of_json(value: Json, *, status: int = 200, content_type: str = JSON) -> Answer:
    """Answer a dictionary."""
    return Answer(compact(value).encode() + b"\n", status=status, content_type=content_type)


def of_text(text: str) -> Answer:
    """Answer plain text."""
    return Answer(text.encode(), content_type="text/plain; charset=utf-8")


class Refusal(Exception):
    """An error: the request is answered with a Status object."""

    def __init__(self, code: int, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def answer(self) -> Answer:
        """Return the answer with the Status object."""
        status: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        status["reason"] = _REASONS[self.code]
        if self.details is not None:
            status["details"] = self.details
        return of_json(status | {"code": self.code}, status=self.code)


def no_such_resource() -> Refusal:
    """Refuse an unknown path."""
    return Refusal(404, "the server could not find the requested resource", {})


def no_such_page() -> Answer:
    """Refuse a path of an API group that the server does not have."""
    return Answer(b"404 page not found\n", status=404, content_type="text/plain; charset=utf-8")


def not_allowed() -> Refusal:
    """Refuse a method."""
    return Refusal(405, "the server does not allow this method on the requested resource", {})


def expired(message: str) -> Refusal:
    """Refuse a version that is too old."""
    return Refusal(410, message)


def unavailable(message: str) -> Refusal:
    """Refuse to proxy a request to a backend that does not answer."""
    return Refusal(503, message)


def bad_request(message: str) -> Refusal:
    """Refuse invalid parameters."""
    return Refusal(400, message)
