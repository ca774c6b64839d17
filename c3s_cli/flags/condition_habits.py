"""Conditions and columns as other tools write them: `sum(cpu) > 4`, `name =~ "web.*"`, `--columns name,reason`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from msgspec import structs

from c3s_cli.flags.argv import Line, value_of

# Conditions on rows that may be sums, and all conditions.
JUDGED: Final = ("--fail-if=", "--until=", "--until-all=")
CONDITIONS: Final = (*JUDGED, "--where=", "--having=")
SUM: Final = r"\b(sum|total)\(\s*([^()\s]+)\s*\)"
JOINED: Final = r",|&&|\|\||\b(?:and|or)\b"
SUMMED: Final = ("nodes", "pods", "cluster")
# The operator of PromQL, between a column and a value.
MATCHES: Final = r"(?<=[\w%\])\s])=~(?!=)"
# A share in words: `mem > 80% of the limit`.
SHARE: Final = (
    r"\b(?P<resource>cpu|mem)(?:ory)?\s*(?P<operator>[<>]=?)\s*(?P<number>[0-9.]+)%\s+"
    r"(?:of\s+)?(?:its\s+|the\s+)?(?P<of>request|limit)s?\b"
)
# What is true or false, as a number.
KILLED: Final = r"\boom(?:s|[-_]?killed)?\s*(?:>\s*0|>=\s*1)(?![\w.])"
RANGES: Final = ("--since", "--start")
# What people call a reason, and which it is of pods in some state.
REASONS: Final = ("reason", "reasons", "why", "message")
REASON_OF: Final = {
    "pending": "pending",
    "oomkill": "lastTermination.reason",
    "restarts": "lastTermination.reason",
    "crashloop": "waiting",
    "ready": "waiting",
}


def with_conditions_of_c3s(line: Line, path: tuple[str, ...]) -> tuple[Line, list[str]]:
    """Return the line with the operators, sums and reasons of c3s, and what to say of these."""
    remarks = list[str]()
    for change in (_with_operators, _with_shares, _with_kills, _with_sums, _with_reason):
        line, more = change(line, path)
        remarks += more
    return line, remarks


def _replaced(
    line: Line, pattern: str, new: Callable[[re.Match[str]], str], names: tuple[str, ...] = CONDITIONS
) -> tuple[Line, list[str]]:
    """Replace a pattern in the conditions of a line, and say what is read for each place where it is."""
    remarks = list[str]()

    def read(match: re.Match[str]) -> str:
        remarks.append(f"{match[0]} is read as {new(match)}")
        return new(match)

    flags = tuple(
        (re.sub(pattern, read, flag[0], flags=re.IGNORECASE),) if flag[0].startswith(names) else flag
        for flag in line.flags
    )
    return structs.replace(line, flags=flags), [*dict.fromkeys(remarks)]


def _with_shares(line: Line, _path: tuple[str, ...]) -> tuple[Line, list[str]]:
    """Read a share in words as the column that has it."""

    def column(match: re.Match[str]) -> str:
        resource = "cpu" if match["resource"].casefold() == "cpu" else "memory"
        return f"{resource}%{match['of'].casefold()}s {match['operator']} {match['number']}"

    return _replaced(line, SHARE, column)


def _with_kills(line: Line, _path: tuple[str, ...]) -> tuple[Line, list[str]]:
    """Read `oom > 0` as the kills in a range, else as whether there was one."""
    instead = "oomKilled = true" if {*RANGES}.isdisjoint(line.names()) else "oomKills > 0"
    return _replaced(line, KILLED, lambda _: instead)


def _with_operators(line: Line, _path: tuple[str, ...]) -> tuple[Line, list[str]]:
    """Read `=~` as `~`. PromQL compares whole values with the pattern."""
    flags = tuple((re.sub(MATCHES, "~", flag[0]),) if flag[0].startswith(CONDITIONS) else flag for flag in line.flags)
    if flags == line.flags:
        return line, []
    return structs.replace(line, flags=flags), [
        "=~ is read as ~, which matches anywhere in a value; ^ and $ match its ends"
    ]


def _with_sums(line: Line, path: tuple[str, ...]) -> tuple[Line, list[str]]:
    """Read `sum(cpu)` in a condition as the column of the sum of all rows, unless --by names other sums.

    A condition that also compares what each row has would be about other rows then.
    """
    conditions = [value_of(flag) for flag in line.flags if flag[0].startswith(JUDGED)]
    typed = [name for condition in conditions for name in re.findall(SUM, condition)]
    are_sums = all(re.match(rf"\s*{SUM}", test) for condition in conditions for test in re.split(JOINED, condition))
    of_sums = "--by" in line.names() or path[-1] == "cluster"
    if not typed or path[-1] not in SUMMED or not (of_sums or are_sums):
        return line, []
    flags = [(re.sub(SUM, r"\2", flag[0]),) if flag[0].startswith(JUDGED) else flag for flag in line.flags]
    whole = [] if of_sums else [("--by=context",)]
    said = " with --by context, whose rows are sums" if whole else ", which is a sum"
    function, column = typed[0]
    return structs.replace(line, flags=(*flags, *whole)), [f"{function}({column}) is read as {column}{said}"]


def _with_reason(line: Line, path: tuple[str, ...]) -> tuple[Line, list[str]]:
    """Read `--columns reason` as the reason for what the rows are selected by."""
    named = [flag for flag in line.flags if flag[0].startswith("--columns=")]
    columns = value_of(named[-1]).split(",") if named and path[-1] == "pods" else []
    typed = [column for column in columns if column.casefold() in REASONS]
    selected = " ".join(value_of(flag) for flag in line.flags if flag[0].startswith(("--where=", "--field-selector=")))
    meant = next((column for what, column in REASON_OF.items() if what in selected.casefold()), None)
    if not typed or meant is None:
        return line, []
    read = ",".join(dict.fromkeys(meant if column in typed else column for column in columns))
    flags = tuple((f"--columns={read}",) if flag is named[-1] else flag for flag in line.flags)
    return structs.replace(line, flags=flags), [f"--columns {typed[0]} is read as --columns {meant}"]
