"""JSON texts with gaps: made from a dictionary once, filled for each object.

A value "@@name@@" anywhere in the dictionary is a gap for text, "@@#name@@" (as a whole value) one for a number.
"""

from __future__ import annotations

import json
import re
from typing import Any

Json = dict[str, Any]
_TEXT = re.compile(r"@@(\w+)@@")
_NUMBER = re.compile(r'"@@#(\w+)@@"')


def compact(value: object) -> str:
    """Write JSON as the API server does: without blanks."""
    return json.dumps(value, separators=(",", ":"))


def template(value: object) -> str:
    """Return the text of a value with %(name)s where its gaps are."""
    text = compact(value).replace("%", "%%")
    return _TEXT.sub(r"%(\1)s", _NUMBER.sub(r"%(\1)s", text))
