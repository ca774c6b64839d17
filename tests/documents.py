"""Check documents against the schema that the docs publish."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema

from tools.schema import schema

published = cache(schema)


def validate(document: dict[str, Any]) -> None:
    """Check a document against its own kind of list only: a failure then says where it is, and so soon.

    That the schema as a whole is one is a test of its own.
    """
    whole = published()
    one = {"$schema": whole["$schema"], "$defs": whole["$defs"], "$ref": f"#/$defs/{document['kind']}"}
    jsonschema.Draft202012Validator(one).validate(document)
    assert document["items"] or document["kind"] == "PodUsageList"
