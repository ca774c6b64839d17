"""What a condition that finds nothing probably meant: values of another case, or with a kind before a slash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from c3s_cli.columns.vocabulary import Unit
from c3s_cli.request.condition import Comparison, Condition, Membership, Word

AT_MOST: Final = 3


def near_values(condition: Condition, rows: Sequence[Any]) -> str:
    """Return a hint with the values that rows have instead, such as Deployment/web for web; "" if there are none."""
    for test in condition.tests():
        choices = test.choices if isinstance(test, Membership) else (test,)
        for each in choices:
            if near := _near(each, rows):
                return f"no row has {each}; did you mean {' or '.join(near)}?"
    return ""


def _near(test: Comparison, rows: Iterable[Any]) -> list[str]:
    column = test.column
    if test.operator != "=" or column.unit not in (Unit.TEXT, Unit.TEXTS) or isinstance(test.value, Word):
        return []
    values: set[str] = set()
    for row in rows:
        value = column.value(row)
        values.update((value,) if isinstance(value, str) else value or ())
    wanted = test.text.casefold()
    if test.text in values:
        return []
    return sorted(each for each in values if wanted in (each.casefold(), each.rpartition("/")[2].casefold()))[:AT_MOST]
