"""What each member of a group leaves unused, beside the difference of the sums, from which over-use is taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from msgspec import structs

from c3s_cli.amounts.quantity import format_bytes, format_cpu
from c3s_cli.analysis.rollup import USAGE, Keys
from c3s_cli.columns.vocabulary import flat
from c3s_cli.model.rows import Group
from c3s_cli.report import Report
from c3s_cli.terminal.stderr import SOME, named

# A difference of less than this part of what is left unused is not worth a line.
TENTH: Final = 10
CELLS: Final = {"cpu": format_cpu, "memory": format_bytes}


def with_unused(together: Callable[..., Group]) -> Callable[..., Group]:
    """Return a function that makes a group as `together` does, with what each of its members leaves unused."""

    def summed(members: Sequence[Any], context: str, keys: Keys = ()) -> Group:
        left = {resource: sum(_left(members, resource)) for resource in USAGE}
        return structs.replace(together(members, context, keys), left_unused=left)

    return summed


def _left(members: Sequence[Any], resource: str) -> Iterator[int]:
    usage_of = USAGE[resource]
    for member in members:
        usage, requests = usage_of(member), member.requests
        if None not in (usage, requests) and not (member.unscheduled_requests or member.unmeasured_containers):
            yield max(0, requests.get(resource, 0) - usage)


def netted(report: Report) -> Iterator[str]:
    """Say how much members leave unused where that is hidden by what others use above their requests.

    report: one of groups.
    """
    groups: Sequence[Any] = report.rows
    for column in flat(report.columns):
        resource, _, field = column.name.partition(".")
        if field != "unused" or resource not in CELLS:
            continue
        left = [(row.left_unused.get(resource, 0), column.value(row), row.name) for row in groups]
        hidden = [(most - value, most, name) for most, value, name in left if value is not None and most > 0]
        hidden.sort(key=lambda each: -each[0])
        shown = [f"{name} ({CELLS[resource](most)})" for less, most, name in hidden if less * TENTH > most]
        if shown:
            yield f"{column.name} is net of what others use above their requests; without that: {named(shown, SOME)}"
