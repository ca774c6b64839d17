"""`python -m tests.conformance.render`: write docs/kubectl.md from the table of differences."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tests.conformance.cases import cases
from tests.conformance.differences import BESIDE, DIFFERENCES, EVERYWHERE, FIRST, LAST, Difference
from tests.conformance.judging import recorded
from tests.conformance.states import states

PAGE: Final = Path(__file__).parent.parent.parent / "docs" / "kubectl.md"

TEXT: Final = """\
# Compared with kubectl

<!-- Written by `python -m tests.conformance.render` from tests/conformance/differences.py: edit that. -->

`c3s top` is meant to be `kubectl top`: the same commands, flags, cells, order, messages and exit codes. The tests run
{cases} command lines, in {states} states of a cluster, through the real `kubectl` and through c3s, against the same API
server, and compare stdout, stderr and the exit code. The answers of kubectl {versions} are recorded, so that the
comparison also runs without kubectl. This page is generated from the table that the comparison uses: a difference
that is not in the table fails a test, and so does one that no longer exists.

## What differs

"From" and "to" are the first and the last minor version of kubectl that behaves so; "all" means all tested versions.

| kubectl | c3s | Why | kubectl versions |
|---|---|---|---|
{differences}

## What differs everywhere

| kubectl | c3s | Why |
|---|---|---|
{everywhere}

## What the output does not show

| kubectl | c3s | Why |
|---|---|---|
{beside}

## The tested cluster states

{listed}
"""


def page() -> str:
    """Return the whole page."""
    kubectls = sorted({asked for case in cases() for asked in recorded(case)})
    names = [f"{major}.{minor}" for major, minor in kubectls]
    return TEXT.format(
        cases=len({case.line for case in cases()}),
        states=len(states()),
        versions=" and ".join(filter(None, (", ".join(names[:-1]), *names[-1:]))),
        differences=_rows((each.kubectl, each.c3s, each.reason, _versions(each)) for each in DIFFERENCES),
        everywhere=_rows(EVERYWHERE),
        beside=_rows(BESIDE),
        listed="\n".join(f"- {state.summary}" for state in states().values()),
    )


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _versions(difference: Difference) -> str:
    since = "" if difference.since == FIRST else f"from {difference.since[0]}.{difference.since[1]}"
    until = "" if difference.until == LAST else f"to {difference.until[0]}.{difference.until[1]}"
    return " ".join(filter(None, (since, until))) or "all"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)
