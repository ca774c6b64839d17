"""The language of --having: the conditions of --where on groups, whose amounts are sums."""

from __future__ import annotations

from collections.abc import Sequence

from c3s_cli.columns.naming import Naming
from c3s_cli.errors import UsageError
from c3s_cli.request.condition import Condition, Test
from c3s_cli.request.grouping import compares_amounts
from c3s_cli.request.where import alternatives, test_at


def parse_having(texts: Sequence[str], groups: Naming, objects: Naming) -> tuple[Condition | None, Condition | None]:
    """Parse conditions; return that on the members of groups, and that on their sums.

    Amounts are compared as sums; what only members have, such as a name or a status, is compared before.
    UsageError if an expression is invalid, or if it joins both by or.
    """
    of_sums = list[Test]()

    def read(text: str, place: int) -> tuple[Test, int]:
        try:
            summed, end = test_at(text, place, groups)
        except UsageError as problem:
            if "unknown column" not in str(problem):
                raise
            return test_at(text, place, objects)
        if not compares_amounts(summed):
            try:
                return test_at(text, place, objects)
            except UsageError:
                pass  # only groups have it, such as pods.count
        of_sums.append(summed)
        return summed, end

    parsed = [tests for text in texts for tests in alternatives(text, read)]
    split = [
        tuple(
            tuple(test for test in tests if any(test is each for each in of_sums) is wanted) for wanted in (False, True)
        )
        for tests in parsed
    ]
    members, sums = zip(*split, strict=True)
    if len(parsed) > 1 and any(members) and any(sums):
        raise UsageError(
            "conditions on sums and on their members cannot be joined by or",
            hint="join them with commas, or see c3s top pods --by, where --where compares members and --having sums",
        )
    return Condition(members) if any(members) else None, Condition(sums) if any(sums) else None
