"""Answers and refusals, as Kubernetes words them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a type and a body. lasting: the same bytes will be asked for again."""

    status: int
    body: bytes
    content_type: str = JSON
    lasting: bool = False


def of_json(value: Any, content_type: str = JSON) -> Answer:
    """Answer with a value."""
    return Answer(200, json.dumps(value, separators=(",", ":")).encode() + b"\n", content_type)


class Refusal(Exception):
    """An answer that is an error. details: what a Status says of the object."""

    def __init__(self, code: int, reason: str, message: str, **details: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details

    def answer(self) -> Answer:
        """Give the Status."""
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }
        return Answer(self.code, json.dumps(status).encode() + b"\n")


def not_found(resource: str, name: str) -> Refusal:
    """Say that there is no such object."""
    return Refusal(404, "NotFound", f'{resource} "{name}" not found', name=name, kind=resource)


def no_resource() -> Refusal:
    """Say that there is nothing of that kind."""
    return Refusal(404, "NotFound", "the server could not find the requested resource")


def bad_request(message: str) -> Refusal:
    """Say that the request makes no sense."""
    return Refusal(400, "BadRequest", message)
