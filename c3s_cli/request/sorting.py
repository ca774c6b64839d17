"""The value of --sort-by: columns with directions."""

from __future__ import annotations

import re
from typing import Any, Final

from c3s_cli.amounts.quantity import millicores
from c3s_cli.columns.naming import Naming, split_names
from c3s_cli.columns.vocabulary import Column
from c3s_cli.errors import UsageError
from c3s_cli.request.query import SortKey

# `cpu desc` of SQL, and `cpu,desc`.
SPOKEN: Final = r"(?i)[\s,]\s*(asc|desc)(?=\s*(?:,|$))"
DIRECTED: Final = r'([^:\[\]"]+):(\w*)'


def sort_keys(text: str | None, naming: Naming) -> tuple[SortKey, ...]:
    """Parse --sort-by. `cpu` and `memory` alone sort as in kubectl: descending, CPU by whole millicores."""
    text = re.sub(SPOKEN, lambda match: f":{match[1].casefold()}", text or "")
    return tuple(_sort_key(word, naming) for word in split_names(text))


def _sort_key(word: str, naming: Naming) -> SortKey:
    """Parse `COLUMN`, `COLUMN:asc` or `+COLUMN`, `COLUMN:desc` or `-COLUMN`."""
    name, _, direction = word.rpartition(":") if word.endswith((":asc", ":desc")) else (word, "", "")
    if name.startswith("+") and not direction:
        name, direction = name[1:], "asc"
    if name.startswith("-"):
        if direction:
            raise UsageError(f"two directions in {word!r} in --sort-by", hint=f"{name[1:]}:asc or {name[1:]}:desc")
        name, direction = name[1:], "desc"
    column = _sort_column(name, naming)
    value = column.value
    if name == "cpu":
        usage = column.value

        def value(row: Any) -> int | None:
            nanocores = usage(row)
            return None if nanocores is None else millicores(nanocores)

    return SortKey(column, value, descending=direction == "desc" if direction else column.descending)


def _sort_column(name: str, naming: Naming) -> Column:
    if not name.startswith("label:") and (match := re.fullmatch(DIRECTED, name)):
        naming.find(match[1])
        raise UsageError(f"unknown direction {match[2]!r} in --sort-by", hint=f"{match[1]}:asc or {match[1]}:desc")
    return naming.find(name)
